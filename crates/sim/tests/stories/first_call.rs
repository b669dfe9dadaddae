//! The smallest whole call: answered by a flow, heard, and ended by either side; in calm and in bad weather.

use std::time::Duration;

use expect_test::expect;
use flow::{Applet, Audio, Component, Cx, Event, Node, NodeIndex, Place, Program, Step, Visit};
use model::{CallState, Cause, EndedBy};
use sim::{Units, Weather, World};

/// Plays a prompt, then leaves.
#[derive(Debug)]
struct Says(&'static str);

#[derive(Debug)]
struct Playing(Component);

impl Applet for Says {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        Step::wait(Playing(cx.play(self.audio(), false)))
    }

    fn audio(&self) -> Vec<Audio> {
        vec![Audio::Say(self.0.into())]
    }
}

impl Visit for Playing {
    fn on_event(&mut self, event: &Event, _cx: &mut Cx<'_>) -> Step {
        match event {
            Event::PlayEnded { id, .. } if *id == self.0 => Step::exit("next"),
            _ => Step::Stay,
        }
    }
}

/// Ends the call, after a while.
#[derive(Debug)]
struct HangsUp(Duration);

#[derive(Debug)]
struct Waiting;

impl Applet for HangsUp {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        cx.start_timer(self.0);
        Step::wait(Waiting)
    }
}

impl Visit for Waiting {
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step {
        if matches!(event, Event::TimerFired { .. }) {
            cx.hang_up(Cause::NORMAL_CLEARING);
            return Step::End;
        }
        Step::Stay
    }
}

fn program(bye_after: Duration) -> Program {
    let place = Place::default();
    let node =
        |name: &str, kind, applet: Box<dyn Applet>, exits| Node { name: name.into(), place, kind, applet, exits };
    let nodes = vec![
        node("hello", "greeting", Box::new(Says("Welcome.")), vec![("next".to_owned(), NodeIndex(1))]),
        node("bye", "hangup", Box::new(HangsUp(bye_after)), Vec::new()),
    ];
    Program::new("hello", 1, NodeIndex(0), nodes)
}

#[test]
fn a_call_is_answered_heard_and_ended() {
    let mut world = World::new(1);
    world.publish(program(500.ms()));
    let alice = world.phone("alice");
    alice.dials("+918011112222");
    world.until(alice.hears("Welcome."));
    world.until(alice.is_free());
    world.settle();
    expect![[r#"
        0.000    alice > switch    INVITE sip:+918011112222@10.0.0.1:5060  sdp 0,101
        0.001      flow            flow hello
        0.001      flow            hello: greeting
        0.001      caller          plays "Welcome."
        0.001    switch > alice    200 INVITE  sdp 0,101
        0.002    alice > switch    ACK sip:10.0.0.1:5060
        1.001      caller          played "Welcome."
        1.001      flow            hello -> next
        1.001      flow            bye: hangup
        1.501      caller          ended by us: NORMAL_CLEARING (16)
        1.501    switch > alice    BYE sip:alice@10.0.1.1:5060  Q.850;cause=16
        1.501      flow            call ended by us: NORMAL_CLEARING (16)
        1.502    alice > switch    200 BYE
    "#]]
    .assert_eq(world.ladder());
    let record = world.records().remove(0);
    assert_eq!((record.state, record.ended_by), (CallState::Completed, Some(EndedBy::Us)));
    assert_eq!(alice.finals(), [200]);
}

#[test]
fn a_caller_may_hang_up_in_the_middle_of_a_prompt() {
    let mut world = World::new(2);
    world.publish(program(500.ms()));
    let alice = world.phone("alice");
    alice.dials("+918011112222");
    world.until(alice.hears("Welcome."));
    alice.hangs_up();
    world.settle();
    let record = world.records().remove(0);
    assert_eq!((record.ended_by, record.cause), (Some(EndedBy::Caller), Some(Cause::NORMAL_CLEARING)));
}

#[test]
fn a_number_without_a_flow_is_refused() {
    let mut world = World::new(3);
    let alice = world.phone("alice");
    alice.dials("+918011112222");
    world.until(alice.is_free());
    world.settle();
    assert_eq!(alice.finals(), [404]);
    assert!(world.journal().is_empty());
}

#[test]
fn fifty_storms_leave_the_call_whole() {
    for seed in 0..50 {
        let mut world = World::in_weather(Weather::STORM, seed);
        world.publish(program(500.ms()));
        let alice = world.phone("alice");
        alice.dials("+918011112222");
        world.until(alice.is_free());
        world.settle();
        let records = world.records();
        assert_eq!(records.len(), 1, "seed {seed}: one call, however often its INVITE came");
        assert_eq!(records[0].state, CallState::Completed, "seed {seed}");
        assert_eq!(alice.finals(), [200], "seed {seed}");
    }
}
