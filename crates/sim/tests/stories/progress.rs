//! A flow hears how each party that it dials fares.

use std::collections::BTreeMap;
use std::time::Duration;

use flow::{
    Applet, Catalogue, Component, Cx, Dial, DialProgress, Event, Exits, Kind, Party, Step, Target, Visit, compile,
};
use sim::{Phone, Units, World, in_all_weathers};

/// Rings two and journals what it hears of them.
#[derive(Debug)]
struct Watch(Vec<Party>);

impl Applet for Watch {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        let (targets, ring) = (self.0.clone(), Duration::from_secs(5));
        Step::wait(Watching(cx.dial(Dial { targets, ring, ..Dial::default() })))
    }

    fn exits(&self) -> Exits {
        Exits::required(["done"])
    }
}

#[derive(Debug)]
struct Watching(Component);

impl Visit for Watching {
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step {
        match event {
            Event::DialProgress { leg, number, progress, .. } => {
                let what = match progress {
                    DialProgress::Dialled => "dialled".to_owned(),
                    DialProgress::Ringing => "rings".to_owned(),
                    DialProgress::Answered => "answered".to_owned(),
                    DialProgress::Ended(facts) => {
                        format!("{:?} by {} after {:.0?}, {:.0?}", facts.status, facts.by, facts.ring, facts.talk)
                    }
                };
                cx.fault(format!("{} {number}: {what}", leg.0));
                Step::Stay
            }
            Event::DialEnded { id, facts } if *id == self.0 => {
                cx.fault(format!("over: {:?}", facts.status));
                Step::exit("done")
            }
            _ => Step::Stay,
        }
    }

    fn on_caller_gone(&mut self, cx: &mut Cx<'_>) -> Step {
        cx.fault("the caller has gone");
        Step::Stay
    }
}

/// The caller dials two; yields what the flow heard of them in calm weather.
fn heard(first: impl Fn(Phone) -> Phone, story: impl Fn(&mut World, [&Phone; 3])) -> Vec<String> {
    let calm = in_all_weathers(|w| {
        let party =
            |host| Party { target: Target::Uri(format!("sip:desk@10.0.1.{host}:5060")), outside: false, ring: None };
        let kinds = vec![
            Kind::new("watch", "", move |_: BTreeMap<String, String>, _| Some(Watch(vec![party(2), party(3)]))),
            Kind::new("end", "", |_: BTreeMap<String, String>, _| Some(End)),
        ];
        let text = "{flow: f, start: a, nodes: {a: {applet: watch, on: {done: z}}, z: {applet: end}}}";
        w.publish(compile(text, &Catalogue::new(kinds), 1).0.expect("a program"));
        let (alice, one, two) = (w.phone("alice"), first(w.phone("one")), w.phone("two").answers_after(2.s()));
        alice.dials("+918011112222");
        story(w, [&alice, &one, &two]);
        w.until(alice.is_free());
    });
    calm.faults(0)
}

#[derive(Debug)]
struct End;

impl Applet for End {
    fn enter(&self, _: &mut Cx<'_>) -> Step {
        Step::End
    }

    fn exits(&self) -> Exits {
        Exits::default()
    }
}

#[test]
fn each_party_is_followed_from_its_invitation_to_its_end() {
    let heard = heard(Phone::only_rings, |w, [alice, _, two]| {
        w.until(alice.talks_to(two));
        w.passes(3.s());
        two.hangs_up();
    });
    let expected = [
        "1 sip:desk@10.0.1.2:5060: dialled",
        "1 sip:desk@10.0.1.2:5060: rings",
        "1 sip:desk@10.0.1.2:5060: NoAnswer by us after 5s, 0ns",
        "2 sip:desk@10.0.1.3:5060: dialled",
        "2 sip:desk@10.0.1.3:5060: rings",
        "2 sip:desk@10.0.1.3:5060: answered",
        "2 sip:desk@10.0.1.3:5060: Completed by callee after 2s, 3s",
        "over: Completed",
    ];
    assert_eq!(heard, expected);
}

#[test]
fn a_party_that_rings_is_followed_past_the_callers_end() {
    let heard = heard(Phone::only_rings, |w, [alice, one, _]| {
        w.until(one.is_rung());
        w.until(alice.hears_ringing());
        w.passes(1.s());
        alice.hangs_up();
    });
    let expected = [
        "1 sip:desk@10.0.1.2:5060: dialled",
        "1 sip:desk@10.0.1.2:5060: rings",
        "the caller has gone",
        "1 sip:desk@10.0.1.2:5060: Canceled by caller after 1s, 0ns",
        "over: Canceled",
    ];
    assert_eq!(heard, expected);
}

#[test]
fn a_silent_party_has_no_ringing() {
    let heard = heard(Phone::is_silent, |w, [alice, _, two]| {
        w.until(alice.talks_to(two));
        alice.hangs_up();
    });
    let expected = [
        "1 sip:desk@10.0.1.2:5060: dialled",
        "1 sip:desk@10.0.1.2:5060: NoAnswer by us after 0ns, 0ns",
        "2 sip:desk@10.0.1.3:5060: dialled",
    ];
    assert_eq!(heard[..3], expected);
}
