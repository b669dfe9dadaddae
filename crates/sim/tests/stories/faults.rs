//! Calls beside each other, flows that change or go wrong, media that stop.

use model::{CallState, Cause, EndedBy, EventKind};
use sim::{Units, in_all_weathers};

const NUMBER: &str = "+918011112222";

const MENU: &str = "flow: menu
start: menu
nodes:
  menu: { applet: ivr, say: Press one or two., timeout: 3s, on: { 1: one, 2: two, none: bye, invalid: bye } }
  one: { applet: greeting, say: One., next: bye }
  two: { applet: greeting, say: Two., next: bye }
  bye: { applet: hangup }";

#[test]
fn two_calls_at_once_do_not_disturb_each_other() {
    in_all_weathers(|w| {
        w.publish_flow(MENU);
        let (alice, bob) = (w.phone("alice"), w.phone("bob"));
        alice.dials(NUMBER);
        bob.dials(NUMBER);
        w.until(alice.hears("Press one or two."));
        w.until(bob.hears("Press one or two."));
        alice.presses("1");
        bob.presses("2");
        w.until(alice.is_free());
        w.until(bob.is_free());
        w.settle();
        assert_eq!(alice.heard(), ["Press one or two.", "One."]);
        assert_eq!(bob.heard(), ["Press one or two.", "Two."]);
        let records = w.records();
        assert_eq!(records.len(), 2);
        assert_ne!(records[0].sid, records[1].sid);
        assert!(records.iter().all(|record| record.state == CallState::Completed && record.faults == 0));
    });
}

#[test]
fn a_caller_hangs_up_and_the_other_call_goes_on() {
    in_all_weathers(|w| {
        w.publish_flow(MENU);
        let (alice, bob) = (w.phone("alice"), w.phone("bob"));
        alice.dials(NUMBER);
        w.until(alice.is_answered());
        bob.dials(NUMBER);
        w.until(bob.is_answered());
        alice.hangs_up();
        bob.presses("2");
        w.until(bob.hears("Two."));
        w.settle();
        let mut ended: Vec<_> = w.records().iter().map(|record| record.ended_by).collect();
        ended.sort_by_key(|by| *by != Some(EndedBy::Caller));
        assert_eq!(ended, [Some(EndedBy::Caller), Some(EndedBy::Us)]);
    });
}

#[test]
fn a_call_finishes_on_the_version_that_it_began_with() {
    let version = |text: &str| {
        format!(
            "flow: news
start: hello
nodes:
  hello: {{ applet: greeting, say: Welcome., next: news }}
  news: {{ applet: greeting, say: {text}, next: bye }}
  bye: {{ applet: hangup }}"
        )
    };
    in_all_weathers(|w| {
        w.publish_flow(&version("Old."));
        let (alice, bob) = (w.phone("alice"), w.phone("bob"));
        alice.dials(NUMBER);
        w.until(alice.hears("Welcome."));
        w.publish_flow(&version("New."));
        bob.dials(NUMBER);
        w.until(alice.is_free());
        w.until(bob.is_free());
        w.settle();
        assert_eq!(alice.heard(), ["Welcome.", "Old."]);
        assert_eq!(bob.heard(), ["Welcome.", "New."]);
        let versions = [0, 1].map(|call| {
            w.kinds(call).find_map(|kind| match kind {
                EventKind::FlowStarted { version, .. } => Some(*version),
                _ => None,
            })
        });
        assert_eq!(versions, [Some(1), Some(2)]);
    });
}

/// A greeting that a key interrupts waits, as far as anybody can tell beforehand. With a key typed and never taken it
/// does not.
#[test]
fn a_flow_that_loops_without_waiting_is_ended_with_a_fault() {
    in_all_weathers(|w| {
        w.publish_flow(
            "flow: round
start: hello
nodes:
  hello: { applet: greeting, say: Welcome., interrupt: true, next: hello }",
        );
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.until(alice.hears("Welcome."));
        alice.presses("1");
        w.until(alice.is_free());
        w.settle();
        assert_eq!(w.faults(0), ["the flow passed 100 nodes without waiting: it loops"]);
        let record = w.records().remove(0);
        assert_eq!((record.ended_by, record.cause), (Some(EndedBy::Us), Some(Cause::TEMPORARY_FAILURE)));
        assert_eq!(alice.reason().as_deref(), Some("Q.850;cause=41"));
    });
}

#[test]
fn a_caller_whose_media_stop_is_let_go() {
    in_all_weathers(|w| {
        w.publish_flow(
            "flow: wait
start: ask
nodes:
  ask: { applet: gather, say: Your number., timeout: 60s, on: { digits: bye, none: bye } }
  bye: { applet: hangup }",
        );
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.until(alice.is_answered());
        w.passes(500.ms());
        alice.falls_silent();
        w.until(alice.is_free());
        w.settle();
        let record = w.records().remove(0);
        assert_eq!((record.ended_by, record.cause), (Some(EndedBy::Network), Some(Cause::RECOVERY_ON_TIMER_EXPIRY)));
        assert_eq!(w.faults(0), ["no media from leg 0 for too long"]);
        let lasted = record.duration.expect("it is over");
        assert!(lasted >= 30.s() && lasted < 40.s(), "{lasted:?}");
    });
}

#[test]
fn a_party_whose_media_stop_ends_the_conversation_and_not_the_call() {
    in_all_weathers(|w| {
        w.publish_flow(
            "flow: desk
start: desk
nodes:
  desk: { applet: connect, to: 'sip:sales@10.0.1.2:5060', on: { answered: sorry, missed: bye } }
  sorry: { applet: greeting, say: The line broke., next: bye }
  bye: { applet: hangup }",
        );
        let (alice, sales) = (w.phone("alice"), w.phone("sales"));
        alice.dials(NUMBER);
        w.until(alice.talks_to(&sales));
        sales.falls_silent();
        w.until(sales.is_free());
        w.until(alice.hears("The line broke."));
        w.settle();
        assert_eq!(w.walk(0), ["desk -> answered", "sorry -> next", "bye"]);
        assert_eq!(w.records()[0].faults, 1);
    });
}

#[test]
fn while_the_store_is_stuck_calls_go_on_and_new_ones_are_refused() {
    in_all_weathers(|w| {
        w.publish_flow(MENU);
        let (alice, bob) = (w.phone("alice"), w.phone("bob"));
        alice.dials(NUMBER);
        w.until(alice.is_answered());
        w.store_is_stuck(true);
        bob.dials(NUMBER);
        w.passes(1.ms());
        w.until(bob.is_free());
        assert_eq!((bob.finals(), bob.reason().as_deref()), (vec![503], Some("Q.850;cause=42")));
        alice.presses("1");
        w.until(alice.hears("One."));
        w.store_is_stuck(false);
        bob.dials(NUMBER);
        w.until(bob.hears("Press one or two."));
        w.settle();
        assert_eq!(w.records().len(), 2);
    });
}
