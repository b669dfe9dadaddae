//! The server is told to stop in the middle of calls.

use model::{CallState, Cause, EndedBy};
use sim::{Phone, Units, World, in_all_weathers};

const NUMBER: &str = "+918011112222";

/// Rings sales; says what became of it.
const DESK: &str = "flow: desk
start: desk
nodes:
  desk: { applet: connect, to: 'sip:sales@10.0.1.2:5060', ring: 60s, on: { answered: report, missed: report, nobody: report } }
  report: { applet: passthru, url: 'http://crm.example/calls', async: true, next: bye }
  bye: { applet: hangup }";

const TEMPORARY_FAILURE: Option<&str> = Some("Q.850;cause=41");

fn at_the_desk(w: &mut World, sales: impl Fn(Phone) -> Phone) -> (Phone, Phone) {
    w.publish_flow(DESK);
    let alice = w.phone("alice");
    let sales = sales(w.phone("sales"));
    alice.dials(NUMBER);
    (alice, sales)
}

/// How the first call ended, by its record.
fn end(w: &World) -> (CallState, Option<Cause>, Option<EndedBy>) {
    let record = w.records().remove(0);
    (record.state, record.cause, record.ended_by)
}

#[test]
fn both_sides_of_a_conversation_are_hung_up_and_the_flow_says_so() {
    in_all_weathers(|w| {
        let site = w.web("http://crm.example/calls").answers(200);
        let (alice, sales) = at_the_desk(w, |sales| sales.answers_after(1.s()));
        w.until(alice.talks_to(&sales));
        w.stops_within(2.s());
        assert_eq!(end(w), (CallState::Completed, Some(Cause::TEMPORARY_FAILURE), Some(EndedBy::Us)));
        w.until(alice.is_free());
        w.until(sales.is_free());
        assert_eq!([&alice, &sales].map(Phone::reason), [TEMPORARY_FAILURE; 2].map(|why| why.map(str::to_owned)));
        assert_eq!(site.requested().len(), 1);
        assert_eq!(w.faults(0), Vec::<String>::new());
    });
}

#[test]
fn who_only_rings_is_refused_and_whom_we_ring_is_let_go() {
    in_all_weathers(|w| {
        let site = w.web("http://crm.example/calls").answers(200);
        let (alice, sales) = at_the_desk(w, Phone::only_rings);
        w.until(alice.hears_ringing());
        w.until(sales.is_rung());
        w.stops_within(2.s());
        assert_eq!(end(w), (CallState::Unanswered, Some(Cause::TEMPORARY_FAILURE), Some(EndedBy::Us)));
        w.until(alice.is_free());
        w.until(sales.is_free());
        assert_eq!((alice.finals(), sales.finals()), (vec![503], vec![487]));
        assert_eq!(site.requested().len(), 1);
    });
}

#[test]
fn a_flow_that_takes_too_long_is_cut_off() {
    in_all_weathers(|w| {
        let (alice, sales) = at_the_desk(w, |sales| sales.answers_after(1.s()));
        w.until(alice.talks_to(&sales));
        w.stops_within(0.s());
        assert_eq!(end(w), (CallState::Completed, Some(Cause::TEMPORARY_FAILURE), Some(EndedBy::Us)));
        assert_eq!(w.walk(0), ["desk -> answered", "report"]);
        w.until(alice.is_free());
        w.until(sales.is_free());
    });
}

#[test]
fn a_call_that_comes_too_late_is_refused() {
    in_all_weathers(|w| {
        let (alice, _sales) = at_the_desk(w, Phone::only_rings);
        w.stops_within(2.s());
        w.settle();
        assert_eq!((alice.finals(), w.records().len()), (vec![503], 0));
    });
}
