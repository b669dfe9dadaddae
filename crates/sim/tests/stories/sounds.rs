//! Sounds that are known only while the call runs: fetched or spoken for it, slow, failing, given up.

use std::time::Duration;

use flow::{Applet, Audio, Component, Cx, Event, Exits, Node, NodeIndex, Program, Step, Visit};
use model::{CallEvent, Cause, EventKind};
use sim::{Phone, Units, World, in_all_weathers};

const NUMBER: &str = "+918011112222";
const TONE: &str = "http://sounds.example/tone.wav";

/// Plays sounds that no publication knows; prepares them first, if it is to.
#[derive(Debug)]
struct Unheard {
    audio: Vec<Audio>,
    prepares: bool,
}

#[derive(Debug)]
struct Hearing {
    audio: Vec<Audio>,
    waits_for: Component,
}

impl Applet for Unheard {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        cx.answer();
        let audio = self.audio.clone();
        let waits_for = if self.prepares { cx.prepare(audio.clone()) } else { cx.play(audio.clone(), false) };
        Step::wait(Hearing { audio, waits_for })
    }

    fn exits(&self) -> Exits {
        Exits { optional: vec!["key".into(), "missing".into()], ..Exits::next() }
    }
}

impl Visit for Hearing {
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step {
        match event {
            Event::Prepared { missing, .. } if missing.is_empty() => {
                self.waits_for = cx.play(self.audio.clone(), false);
                Step::Stay
            }
            Event::Prepared { missing, .. } => {
                missing.iter().for_each(|(audio, why)| cx.fault(format!("{audio}: {why}")));
                Step::exit("missing")
            }
            Event::PlayEnded { .. } => Step::exit("next"),
            Event::Digit { .. } => Step::exit("key"),
            _ => Step::Stay,
        }
    }
}

#[derive(Debug)]
struct Bye;

impl Applet for Bye {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        cx.hang_up(Cause::NORMAL_CLEARING);
        Step::End
    }

    fn exits(&self) -> Exits {
        Exits::default()
    }
}

/// A flow of that one node.
fn program(audio: &[Audio], prepares: bool) -> Program {
    let node = |name: &str, applet: Box<dyn Applet>, exits: &[&str]| Node {
        name: name.to_owned(),
        place: flow::Place { line: 1, column: 1 },
        kind: "test",
        applet,
        exits: exits.iter().map(|&exit| (exit.to_owned(), NodeIndex(1))).collect(),
    };
    let it = Unheard { audio: audio.to_vec(), prepares };
    let nodes = vec![node("it", Box::new(it), &["next", "key", "missing"]), node("bye", Box::new(Bye), &[])];
    Program::new("sounds", 1, NodeIndex(0), nodes)
}

fn url(url: &str) -> Audio {
    Audio::Url(url.into())
}

fn say(text: &str) -> Audio {
    Audio::Say(text.into())
}

/// A call to a flow that plays that, to its end.
fn call(w: &mut World, audio: &[Audio], prepares: bool) -> Phone {
    w.publish(program(audio, prepares));
    let alice = w.phone("alice");
    alice.dials(NUMBER);
    w.until(alice.is_free());
    w.settle();
    alice
}

/// What was made, why not, and how long it took.
fn rendered(journal: &[CallEvent]) -> Vec<(&str, Option<&str>, Duration)> {
    let made = journal.iter().filter_map(|event| match &event.kind {
        EventKind::Rendered { audio, failure, took } => Some((&**audio, failure.as_deref(), *took)),
        _ => None,
    });
    made.collect()
}

#[test]
fn a_file_is_fetched_and_heard_and_the_journal_says_how_long_it_took() {
    for prepares in [false, true] {
        in_all_weathers(|w| {
            let _site = w.web(TONE).says(200, "audio/wav", "RIFF").after(700.ms());
            let alice = call(w, &[say("Hello."), url(TONE)], prepares);
            assert_eq!(alice.heard(), ["Hello.", TONE]);
            assert_eq!(w.walk(0), ["it -> next", "bye"]);
            let hello = "\"Hello.\"";
            assert_eq!(rendered(w.journal()), [(hello, None, Duration::ZERO), (TONE, None, 700.ms())]);
            assert_eq!(w.faults(0), [""; 0]);
        });
    }
}

#[test]
fn what_is_made_once_is_at_hand_for_the_rest_of_the_call() {
    let mut w = World::new(1);
    let site = w.web(TONE).says(200, "audio/wav", "RIFF");
    let alice = call(&mut w, &[url(TONE), say("Hello."), url(TONE)], true);
    assert_eq!(alice.heard(), [TONE, "Hello.", TONE]);
    assert_eq!(site.requested().len(), 1);
}

#[test]
fn what_cannot_be_had_is_left_out_and_told() {
    let rows = [
        ("404", "its status is 404, not 200"),
        ("silent", "no answer in time"),
        ("refused", "connection failed: refused, as the rehearsal says"),
    ];
    for (reply, why) in rows {
        let mut w = World::new(1);
        let _site = w.web(TONE).will(reply.parse().expect("a reply"));
        let alice = call(&mut w, &[url(TONE), say("Hello.")], false);
        assert_eq!(alice.heard(), ["Hello."]);
        assert_eq!(w.faults(0), [format!("{TONE} is left out: {why}")]);

        let mut w = World::new(1);
        let _site = w.web(TONE).will(reply.parse().expect("a reply"));
        call(&mut w, &[url(TONE), say("Hello.")], true);
        assert_eq!(w.walk(0), ["it -> missing", "bye"]);
        assert_eq!(w.faults(0), [format!("{TONE}: {why}")]);
    }
}

#[test]
fn a_file_has_2_mib_and_no_more() {
    for (bytes, heard) in [(2 * 1024 * 1024, vec![TONE]), (2 * 1024 * 1024 + 1, vec![])] {
        let mut w = World::new(1);
        let _site = w.web(TONE).says(200, "audio/wav", &"x".repeat(bytes));
        let alice = call(&mut w, &[url(TONE)], false);
        assert_eq!(alice.heard(), heard);
    }
}

#[test]
fn a_play_of_which_nothing_is_left_ends_unfinished() {
    let mut w = World::new(1);
    w.speech_fails("there is no voice");
    let alice = call(&mut w, &[say("Hello.")], false);
    assert_eq!(alice.heard(), [""; 0]);
    assert_eq!(w.faults(0), ["\"Hello.\" is left out: there is no voice"]);
    assert!(w.kinds(0).any(|kind| matches!(kind, EventKind::PlayEnded { finished: false, .. })), "{}", w.ladder());
    assert_eq!(w.walk(0), ["it -> next", "bye"]);
}

#[test]
fn a_sound_is_waited_for_10_s() {
    let mut w = World::new(1);
    w.speech_takes(11.s());
    let alice = call(&mut w, &[say("Hello.")], false);
    assert_eq!(alice.heard(), [""; 0]);
    assert_eq!(w.faults(0), ["\"Hello.\" is left out: it is not there after 10s"]);
    let mut w = World::new(1);
    w.speech_takes(9.s());
    assert_eq!(call(&mut w, &[say("Hello.")], false).heard(), ["Hello."]);
}

#[test]
fn a_key_or_a_hang_up_ends_the_waiting() {
    let waits = |w: &mut World, prepares: bool| {
        w.publish(program(&[url(TONE)], prepares));
        let site = w.web(TONE).says(200, "audio/wav", "RIFF").after(5.s());
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.until(site.is_asked(1));
        w.until(alice.is_answered());
        alice
    };
    for prepares in [false, true] {
        let mut w = World::new(1);
        let alice = waits(&mut w, prepares);
        alice.presses("1");
        w.until(alice.is_free());
        w.settle();
        assert_eq!(w.walk(0), ["it -> key", "bye"]);
        assert_eq!(alice.heard(), [""; 0]);
        let mut w = World::new(1);
        let alice = waits(&mut w, prepares);
        alice.hangs_up();
        w.settle();
        assert_eq!(w.walk(0), ["it"]);
        assert_eq!(rendered(w.journal()), [], "{}", w.ladder());
    }
}
