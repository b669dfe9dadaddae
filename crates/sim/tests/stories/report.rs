//! A report that is told without waiting: in safe keeping before the flow goes on, and also when the caller has gone.

use expect_test::expect;
use model::{CallState, EndedBy, EventKind};
use sim::{Units, World, in_all_weathers};

const NUMBER: &str = "+918011112222";

const REPORT: &str = "flow: report
start: hello
nodes:
  hello: { applet: greeting, say: Welcome., next: report }
  report: { applet: passthru, url: 'http://crm.example/calls', async: true, next: thanks }
  thanks: { applet: greeting, say: Thanks., next: bye }
  bye: { applet: hangup }";

/// Where in the journal of the first call something first is.
fn place(w: &World, is_it: impl Fn(&EventKind) -> bool) -> Option<usize> {
    w.kinds(0).position(is_it)
}

#[test]
fn a_report_is_durable_before_the_flow_goes_on() {
    let calm = in_all_weathers(|w| {
        w.publish_flow(REPORT);
        let site = w.web("http://crm.example/calls").is_silent();
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.until(alice.is_free());
        w.settle();
        assert_eq!(alice.heard(), ["Welcome.", "Thanks."], "the site's silence does not matter");
        assert_eq!(site.requested().len(), 1);
        let durable = place(w, |kind| matches!(kind, EventKind::NotifyCommitted { failure: None, .. }));
        let left = place(w, |kind| matches!(kind, EventKind::NodeLeft { node, .. } if node == "report"));
        assert!(durable.is_some() && durable < left, "{durable:?} {left:?}");
    });
    expect![[r#"
        0.000    alice > switch    INVITE sip:+918011112222@10.0.0.1:5060  sdp 0,101
        0.001      flow            flow report
        0.001      flow            hello: greeting
        0.001      caller          plays "Welcome."
        0.001    switch > alice    200 INVITE  sdp 0,101
        0.002    alice > switch    ACK sip:10.0.0.1:5060
        1.001      caller          played "Welcome."
        1.001      flow            hello -> next
        1.001      flow            report: passthru
        1.001      flow            callout 1 queued
        1.001    outbox > web      GET http://crm.example/calls?CallSid=6b0512c8000564f879d27ae3c02c1abo&CallFrom=alice&CallTo=08011112222&CallStatus=in-progress&Direction=incoming&Created=Tue%2C+24+Nov+2026+10%3A00%3A00&DialCallDuration=0&StartTime=2026-11-24+10%3A00%3A00&EndTime=1970-01-01+05%3A30%3A00&CallType=call-attempt&DialWhomNumber=&flow_id=9508923&tenant_id=1&From=alice&To=08011112222&CurrentTime=2026-11-24+10%3A00%3A01
        1.002      flow            callout 1 is durable
        1.002      flow            report -> next
        1.002      flow            thanks: greeting
        1.002      caller          plays "Thanks."
        2.001      caller          played "Thanks."
        2.001      flow            thanks -> next
        2.001      flow            bye: hangup
        2.001      caller          ended by us: NORMAL_CLEARING (16)
        2.001    switch > alice    BYE sip:alice@10.0.1.1:5060  Q.850;cause=16
        2.001      flow            call ended by us: NORMAL_CLEARING (16)
        2.002    alice > switch    200 BYE
    "#]].assert_eq(calm.ladder());
}

#[test]
fn a_report_that_cannot_be_kept_is_a_fault_and_the_flow_goes_on() {
    in_all_weathers(|w| {
        w.publish_flow(REPORT);
        w.store_fails("the disk is full");
        let site = w.web("http://crm.example/calls").answers(200);
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.until(alice.is_free());
        w.settle();
        assert_eq!(alice.heard(), ["Welcome.", "Thanks."]);
        assert!(site.requested().is_empty());
        assert_eq!(w.faults(0), ["a report is lost, the outbox could not take it: the disk is full"]);
        assert_eq!(w.records()[0].state, CallState::Completed);
    });
}

#[test]
fn a_conversation_is_reported_though_the_caller_has_gone() {
    in_all_weathers(|w| {
        w.publish_flow(
            "flow: desk
start: desk
nodes:
  desk: { applet: connect, to: 'sip:sales@10.0.1.2:5060', on: { answered: report, missed: report } }
  report: { applet: passthru, url: 'http://crm.example/calls', async: true, next: sorry }
  sorry: { applet: greeting, say: Nobody hears this., next: bye }
  bye: { applet: hangup }",
        );
        let site = w.web("http://crm.example/calls").answers(200);
        let (alice, sales) = (w.phone("alice"), w.phone("sales"));
        alice.dials(NUMBER);
        w.until(alice.talks_to(&sales));
        w.passes(2.s());
        alice.hangs_up();
        w.until(sales.is_free());
        w.settle();
        assert_eq!(w.walk(0), ["desk -> answered", "report -> next", "sorry -> next", "bye"]);
        let asked = site.requested();
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0].parameter("CallStatus"), Some("completed"));
        assert_eq!(asked[0].parameter("DialCallStatus"), Some("completed"));
        assert_eq!(asked[0].parameter("Legs%5B0%5D%5BCauseCode%5D"), Some("NORMAL_CLEARING"));
        assert_eq!(w.records()[0].ended_by, Some(EndedBy::Caller));
    });
}

#[test]
fn a_caller_who_gives_up_is_reported_past_all_that_needs_a_caller() {
    in_all_weathers(|w| {
        w.publish_flow(
            "flow: desk
start: sales
nodes:
  sales: { applet: connect, to: 'sip:sales@10.0.1.2:5060', on: { answered: report, missed: support } }
  support: { applet: connect, to: 'sip:support@10.0.1.3:5060', on: { answered: report, missed: sorry, nobody: sorry } }
  sorry: { applet: greeting, say: Nobody is free., next: again }
  again: { applet: ivr, say: Press 1 to try again., on: { 1: sales, none: decide, invalid: again } }
  decide: { applet: passthru, url: 'http://crm.example/decide', on: { 200: report, else: sales } }
  report: { applet: passthru, url: 'http://crm.example/calls', async: true, next: bye }
  bye: { applet: hangup }",
        );
        let decide = w.web("http://crm.example/decide").answers(200);
        let site = w.web("http://crm.example/calls").answers(200);
        let (alice, sales) = (w.phone("alice"), w.phone("sales").only_rings());
        let support = w.phone("support");
        alice.dials(NUMBER);
        w.until(sales.is_rung());
        w.until(alice.hears_ringing());
        alice.hangs_up();
        w.until(sales.is_free());
        w.settle();
        assert_eq!(support.finals(), [0; 0]);
        let steps = [
            "sales -> missed",
            "support -> nobody",
            "sorry -> next",
            "again -> none",
            "decide -> 200",
            "report -> next",
            "bye",
        ];
        assert_eq!(w.walk(0), steps);
        for asked in [&decide.requested()[..], &site.requested()[..]] {
            assert_eq!(asked.len(), 1);
            assert_eq!(asked[0].parameter("CallType"), Some("client-hangup"));
            assert_eq!(asked[0].parameter("DialCallStatus"), Some("canceled"));
        }
        assert_eq!(w.faults(0), [""; 0]);
    });
}

#[test]
fn a_caller_who_hangs_up_in_a_greeting_is_not_reported_by_a_node_after_it() {
    in_all_weathers(|w| {
        w.publish_flow(REPORT);
        let site = w.web("http://crm.example/calls").answers(200);
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.until(alice.is_answered());
        alice.hangs_up();
        w.settle();
        let told = w.walk(0).iter().any(|step| step.starts_with("report"));
        assert_eq!(site.requested().len(), usize::from(told), "in a storm the greeting may be over by then");
        assert!(!w.is_calm() || w.walk(0) == ["hello"], "{:?}", w.walk(0));
    });
}
