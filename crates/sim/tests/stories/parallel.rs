//! Several targets ring at once: the first who answers has the call, and the others are let go.

use sim::{Phone, Requested, Units, World, in_all_weathers};

const NUMBER: &str = "+918011112222";

/// Three ring at once, then what became of it is reported.
const DESK: &str = "flow: desk
start: desk
nodes:
  desk:
    applet: connect
    to: ['sip:a@10.0.1.2:5060', { target: 'sip:b@10.0.1.3:5060', ring: 4s }, 'sip:c@10.0.1.4:5060']
    order: parallel
    ring: 9s
    on: { answered: report, missed: report }
  report: { applet: passthru, url: 'http://crm.example/calls', async: true, next: bye }
  bye: { applet: hangup }";

/// Dials the desk of three, each behaving so; yields what the site was asked when all is over.
fn at_the_desk(w: &mut World, phones: [Phone; 4], story: impl Fn(&mut World, &Phone, &[Phone; 3])) -> Requested {
    let site = w.web("http://crm.example/calls").answers(200);
    let [alice, desk @ ..] = phones;
    alice.dials(NUMBER);
    story(w, &alice, &desk);
    w.until(alice.is_free());
    w.settle();
    let mut asked = site.requested();
    assert_eq!(asked.len(), 1);
    asked.remove(0)
}

/// The caller's phone and those of the desk.
fn phones(w: &mut World, behave: [&dyn Fn(Phone) -> Phone; 3]) -> [Phone; 4] {
    let [a, b, c] = behave;
    [w.phone("alice"), a(w.phone("a")), b(w.phone("b")), c(w.phone("c"))]
}

/// What is said of each leg: type, cause, seconds talked.
fn legs(asked: &Requested) -> Vec<String> {
    let one = |leg: usize| {
        let part = |name: &str| asked.parameter(&format!("Legs%5B{leg}%5D%5B{name}%5D"));
        Some(format!("{} {} {}", part("Type")?, part("CauseCode")?, part("OnCallDuration")?))
    };
    (0..).map_while(one).collect()
}

#[test]
fn the_first_who_answers_has_the_call_and_the_others_are_cancelled() {
    let calm = in_all_weathers(|w| {
        w.publish_flow(DESK);
        let desk = phones(w, [&Phone::only_rings, &|b| b.answers_after(2.s()), &Phone::only_rings]);
        let asked = at_the_desk(w, desk, |w, alice, [a, b, c]| {
            w.until(alice.talks_to(b));
            w.until(a.is_free());
            w.until(c.is_free());
            assert_eq!((a.finals(), b.finals(), c.finals()), (vec![487], vec![200], vec![487]));
            w.passes(3.s());
            b.hangs_up();
        });
        let lost = "parallel NON_SELECTED_USER_CLEARING 0";
        assert_eq!(legs(&asked)[0], lost);
        assert_eq!(legs(&asked)[2], lost);
        assert!(legs(&asked)[1].starts_with("parallel NORMAL_CLEARING "), "{:?}", legs(&asked));
        assert_eq!(asked.parameter("DialCallStatus"), Some("completed"));
        assert_eq!(asked.parameter("DialWhomNumber"), Some("sip%3Ab%4010.0.1.3%3A5060"), "who talked, not who is last");
        if w.is_calm() {
            assert_eq!(asked.parameter("DialCallDuration"), Some("5"), "of the one who talked");
        }
    });
    let cancels = calm.ladder().lines().filter(|line| line.contains("CANCEL sip:")).count();
    assert_eq!(cancels, 2, "{}", calm.ladder());
    assert!(calm.ladder().contains("CANCEL sip:a@10.0.1.2:5060  Q.850;cause=26"), "{}", calm.ladder());
}

#[test]
fn of_two_who_answer_at_one_moment_the_second_is_hung_up() {
    let calm = in_all_weathers(|w| {
        w.publish_flow(DESK);
        let soon: &dyn Fn(Phone) -> Phone = &|phone| phone.answers_after(1.s());
        let desk = phones(w, [soon, soon, &|c| c.rejects(486)]);
        let is_calm = w.is_calm();
        let asked = at_the_desk(w, desk, |w, alice, [a, b, _]| {
            w.until(alice.is_answered());
            w.passes(2.s());
            if is_calm {
                assert_eq!((a.finals(), b.finals()), (vec![200], vec![200]));
                assert_eq!(b.reason().as_deref(), Some("Q.850;cause=26"));
            }
            alice.hangs_up();
            w.until(a.is_free());
            w.until(b.is_free());
        });
        assert_eq!(legs(&asked).len(), 3);
        let talked = legs(&asked).iter().filter(|leg| leg.contains("NORMAL_CLEARING")).count();
        let lost = legs(&asked).iter().filter(|leg| leg.contains("NON_SELECTED_USER_CLEARING")).count();
        // In a storm the refusal of the third may come too late.
        assert!(talked == 1 && (lost == 1 || !is_calm), "{:?}", legs(&asked));
    });
    assert!(calm.faults(0).is_empty());
}

#[test]
fn a_further_one_rings_for_each_that_does_not_want_to() {
    in_all_weathers(|w| {
        w.publish_flow(&DESK.replace("order: parallel", "order: parallel\n    at_once: 2"));
        let desk = phones(w, [&Phone::only_rings, &Phone::only_rings, &|c| c.answers_after(1.s())]);
        let asked = at_the_desk(w, desk, |w, alice, [a, b, c]| {
            w.until(b.is_rung());
            w.until(a.is_rung());
            w.passes(2.s());
            assert_eq!(c.finals(), [0; 0]);
            // The second has 4 s of its own, the first 9 s.
            w.until(c.is_rung());
            w.until(b.is_free());
            w.until(alice.talks_to(c));
            c.hangs_up();
        });
        let causes = ["NON_SELECTED_USER_CLEARING 0", "RING_TIMEOUT 0"];
        assert_eq!(legs(&asked)[..2], causes.map(|cause| format!("parallel {cause}")));
    });
}

#[test]
fn nobody_who_answers_is_missed_after_the_last() {
    in_all_weathers(|w| {
        w.publish_flow(DESK);
        let desk = phones(w, [&Phone::only_rings, &Phone::only_rings, &|c| c.rejects(486)]);
        let asked = at_the_desk(w, desk, |w, _, [a, _, _]| w.until(a.is_rung()));
        let causes = ["RING_TIMEOUT 0", "RING_TIMEOUT 0", "USER_BUSY 0"];
        assert_eq!(legs(&asked), causes.map(|cause| format!("parallel {cause}")));
        assert_eq!(asked.parameter("DialCallStatus"), Some("no-answer"), "what became of the last to give up");
        assert_eq!(asked.parameter("DialWhomNumber"), Some("sip%3Ac%4010.0.1.4%3A5060"), "the last dialled");
        assert_eq!(w.walk(0), ["desk -> missed", "report -> next", "bye"]);
    });
}

#[test]
fn a_caller_who_gives_up_ends_it_for_all() {
    in_all_weathers(|w| {
        w.publish_flow(DESK);
        let desk = phones(w, [&Phone::only_rings, &Phone::only_rings, &Phone::only_rings]);
        let asked = at_the_desk(w, desk, |w, alice, desk| {
            desk.iter().for_each(|phone| w.until(phone.is_rung()));
            alice.hangs_up();
            desk.iter().for_each(|phone| w.until(phone.is_free()));
        });
        assert_eq!(legs(&asked), ["parallel RING_TIMEOUT 0"; 3]);
        assert_eq!(asked.parameter("CallType"), Some("client-hangup"));
    });
}

#[test]
fn nobody_is_heard_early_while_several_ring() {
    in_all_weathers(|w| {
        w.publish_flow(DESK);
        let early: &dyn Fn(Phone) -> Phone = &|phone| phone.speaks_early_and_answers_after(7.s());
        let desk = phones(w, [early, &Phone::only_rings, &|c| c.rejects(486)]);
        at_the_desk(w, desk, |w, alice, [a, b, _]| {
            w.until(b.is_rung());
            w.passes(2.s());
            assert_eq!(alice.packets(), 0, "two ring");
            // The other gives up after 4 s: whoever is left is heard.
            w.until(alice.hears("a"));
            assert_eq!(alice.finals(), [0; 0], "and is not answered yet");
            w.until(alice.talks_to(a));
            a.hangs_up();
        });
    });
}
