//! A URL steers the call: what it is asked, what its answers do, and what happens when none comes.

use expect_test::expect;
use model::{CallState, EndedBy, EventKind, HttpFailure};
use sim::{Units, World, in_all_weathers};

const NUMBER: &str = "+918011112222";

/// Asks a URL after the caller has been greeted and has given a number.
const ASK: &str = "flow: ask
start: number
nodes:
  number: { applet: gather, say: Your number., on: { digits: ask, none: ask } }
  ask: { applet: passthru, url: 'http://crm.example/route?key=s3cret', on: { 200: known, else: unknown } }
  known: { applet: greeting, say: Welcome back., next: bye }
  unknown: { applet: greeting, say: Who are you?, next: bye }
  bye: { applet: hangup }";

/// How the callouts of the first call ended.
fn outcomes(w: &World) -> Vec<(Option<u16>, Option<HttpFailure>)> {
    let outcome = |kind: &EventKind| match kind {
        EventKind::CalloutEnded { status, failure, .. } => Some((*status, failure.clone())),
        _ => None,
    };
    w.kinds(0).filter_map(outcome).collect()
}

#[test]
fn a_url_that_says_200_is_told_the_digits_and_takes_its_exit() {
    let calm = in_all_weathers(|w| {
        w.publish_flow(ASK);
        let site = w.web("http://crm.example/route").answers(200);
        let alice = w.phone("+919900000001");
        alice.dials(NUMBER);
        w.until(alice.hears("Your number."));
        alice.presses("123#");
        w.until(alice.hears("Welcome back."));
        w.until(alice.is_free());
        w.settle();
        assert_eq!(w.walk(0), ["number -> digits", "ask -> 200", "known -> next", "bye"]);
        let asked = site.requested();
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0].parameter("digits"), Some("%22123%22"));
        assert_eq!(asked[0].parameter("CallStatus"), Some("in-progress"));
        assert_eq!(asked[0].parameter("CallFrom"), Some("09900000001"));
        if w.is_calm() {
            expect!["http://crm.example/route?key=s3cret&CallSid=6b0512c8000564f879d27ae3c02c1abo&CallFrom=09900000001&CallTo=08011112222&CallStatus=in-progress&Direction=incoming&Created=Tue%2C+24+Nov+2026+10%3A00%3A00&DialCallDuration=0&StartTime=2026-11-24+10%3A00%3A00&EndTime=1970-01-01+05%3A30%3A00&CallType=call-attempt&DialWhomNumber=&flow_id=2884034&tenant_id=1&From=09900000001&To=08011112222&CurrentTime=2026-11-24+10%3A00%3A00&digits=%22123%22"].assert_eq(&asked[0].url);
        }
    });
    expect![[r#"
        0.000    +919900000001 > switch  INVITE sip:+918011112222@10.0.0.1:5060  sdp 0,101
        0.001      flow            flow ask
        0.001      flow            number: gather
        0.001      caller          plays "Your number."
        0.001    switch > +919900000001  200 INVITE  sdp 0,101
        0.002    +919900000001 > switch  ACK sip:10.0.0.1:5060
        0.183      caller          digit 1
        0.183      caller          stopped "Your number."
        0.363      caller          digit 2
        0.543      caller          digit 3
        0.723      caller          digit #
        0.723      flow            gathered "123"
        0.723      flow            number -> digits
        0.723      flow            ask: passthru
        0.723    switch > web      GET http://crm.example/route?key=s3cret&CallSid=6b0512c8000564f879d27ae3c02c1abo&CallFrom=09900000001&CallTo=08011112222&CallStatus=in-progress&Direction=incoming&Created=Tue%2C+24+Nov+2026+10%3A00%3A00&DialCallDuration=0&StartTime=2026-11-24+10%3A00%3A00&EndTime=1970-01-01+05%3A30%3A00&CallType=call-attempt&DialWhomNumber=&flow_id=2884034&tenant_id=1&From=09900000001&To=08011112222&CurrentTime=2026-11-24+10%3A00%3A00&digits=%22123%22
        0.733    web > switch      200
        0.733      flow            ask -> 200
        0.733      flow            known: greeting
        0.733      caller          plays "Welcome back."
        1.733      caller          played "Welcome back."
        1.733      flow            known -> next
        1.733      flow            bye: hangup
        1.733      caller          ended by us: NORMAL_CLEARING (16)
        1.733    switch > +919900000001  BYE sip:+919900000001@10.0.1.1:5060  Q.850;cause=16
        1.733      flow            call ended by us: NORMAL_CLEARING (16)
        1.734    +919900000001 > switch  200 BYE
    "#]].assert_eq(calm.ladder());
}

#[test]
fn every_other_status_takes_else_and_no_redirect_is_followed() {
    for status in [302, 404] {
        in_all_weathers(|w| {
            w.publish_flow(ASK);
            let site = w.web("http://crm.example/route").answers(status);
            let alice = w.phone("alice");
            alice.dials(NUMBER);
            alice.presses("1#");
            w.until(alice.hears("Who are you?"));
            w.settle();
            assert_eq!(w.walk(0)[1], "ask -> else");
            assert_eq!(outcomes(w), [(Some(status), None)]);
            assert_eq!(site.requested().len(), 1);
        });
    }
}

#[test]
fn a_url_that_never_answers_costs_its_budget_and_takes_else() {
    in_all_weathers(|w| {
        w.publish_flow(ASK);
        let site = w.web("http://crm.example/route").is_silent();
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        alice.presses("1#");
        w.until(alice.hears("Who are you?"));
        w.settle();
        assert_eq!(site.requested().len(), 1, "it is not asked again");
        assert_eq!(outcomes(w), [(None, Some(HttpFailure::Timeout))]);
        let waited = w.kinds(0).find_map(|kind| match kind {
            EventKind::CalloutEnded { took, .. } => Some(*took),
            _ => None,
        });
        assert_eq!(waited, Some(5.s()));
        assert_eq!(w.records()[0].callouts_failed, 1);
    });
}

#[test]
fn an_answer_after_the_budget_comes_too_late() {
    in_all_weathers(|w| {
        w.publish_flow(ASK);
        let _site = w.web("http://crm.example/route").answers(200).after(5_500.ms());
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        alice.presses("1#");
        w.until(alice.is_free());
        w.settle();
        assert_eq!(w.walk(0), ["number -> digits", "ask -> else", "unknown -> next", "bye"]);
    });
}

#[test]
fn a_name_that_leads_nowhere_takes_else() {
    in_all_weathers(|w| {
        w.publish_flow(ASK);
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        alice.presses("1#");
        w.until(alice.hears("Who are you?"));
        w.settle();
        assert!(matches!(outcomes(w)[..], [(None, Some(HttpFailure::Dns(_)))]), "{:?}", outcomes(w));
    });
}

#[test]
fn a_url_may_decide_before_the_call_is_answered() {
    let calm = in_all_weathers(|w| {
        w.publish_flow(
            "flow: missed-call
start: ask
nodes:
  ask: { applet: passthru, url: 'http://crm.example/missed', on: { 200: bye, else: bye } }
  bye: { applet: hangup, cause: USER_BUSY }",
        );
        let site = w.web("http://crm.example/missed").answers(200).after(3.s());
        let alice = w.phone("+919900000001");
        alice.dials(NUMBER);
        w.until(alice.hears_ringing());
        w.until(alice.is_free());
        w.settle();
        assert_eq!(alice.finals(), [486]);
        assert_eq!(alice.packets(), 0, "nothing is heard but ringing");
        let asked = site.requested();
        assert_eq!(asked[0].parameter("CallStatus"), Some("ringing"));
        assert_eq!(asked[0].parameter("CallType"), Some("call-attempt"));
        let record = w.records().remove(0);
        assert_eq!((record.answered, record.ended_by), (None, Some(EndedBy::Us)));
        if w.is_calm() {
            expect!["http://crm.example/missed?CallSid=6b0512c8000564f879d27ae3c02c1abo&CallFrom=09900000001&CallTo=08011112222&CallStatus=ringing&Direction=incoming&Created=Tue%2C+24+Nov+2026+10%3A00%3A00&DialCallDuration=0&StartTime=2026-11-24+10%3A00%3A00&EndTime=1970-01-01+05%3A30%3A00&CallType=call-attempt&DialWhomNumber=&flow_id=8928807&tenant_id=1&From=09900000001&To=08011112222&CurrentTime=2026-11-24+10%3A00%3A00"].assert_eq(&asked[0].url);
        }
    });
    expect![[r#"
        0.000    +919900000001 > switch  INVITE sip:+918011112222@10.0.0.1:5060  sdp 0,101
        0.001      flow            flow missed-call
        0.001      flow            ask: passthru
        0.001    switch > web      GET http://crm.example/missed?CallSid=6b0512c8000564f879d27ae3c02c1abo&CallFrom=09900000001&CallTo=08011112222&CallStatus=ringing&Direction=incoming&Created=Tue%2C+24+Nov+2026+10%3A00%3A00&DialCallDuration=0&StartTime=2026-11-24+10%3A00%3A00&EndTime=1970-01-01+05%3A30%3A00&CallType=call-attempt&DialWhomNumber=&flow_id=8928807&tenant_id=1&From=09900000001&To=08011112222&CurrentTime=2026-11-24+10%3A00%3A00
        0.001    switch > +919900000001  180 INVITE
        3.001    web > switch      200
        3.001      flow            ask -> 200
        3.001      flow            bye: hangup
        3.001      caller          ended by us: USER_BUSY (17)
        3.001      flow            call ended by us: USER_BUSY (17)
        3.001    switch > +919900000001  486 INVITE  Q.850;cause=17
        3.002    +919900000001 > switch  ACK sip:+918011112222@10.0.0.1:5060
    "#]].assert_eq(calm.ladder());
}

#[test]
fn a_caller_who_waits_hears_the_filler_until_the_answer_comes() {
    in_all_weathers(|w| {
        w.publish_flow(
            "flow: patience
start: hello
nodes:
  hello: { applet: greeting, say: Welcome., next: ask }
  ask:
    applet: passthru
    url: 'http://crm.example/slow'
    filler: { after: 1s, play: hold.wav }
    on: { 200: known, else: bye }
  known: { applet: greeting, say: Found you., next: bye }
  bye: { applet: hangup }",
        );
        let _site = w.web("http://crm.example/slow").answers(200).after(3_500.ms());
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.until(alice.is_free());
        w.settle();
        assert_eq!(alice.heard(), ["Welcome.", "hold.wav", "Found you."]);
        let stopped = EventKind::PlayEnded { audio: "hold.wav".into(), finished: false };
        assert_eq!(w.kinds(0).filter(|kind| **kind == stopped).count(), 1);
    });
}

#[test]
fn a_quick_answer_leaves_no_time_for_the_filler() {
    in_all_weathers(|w| {
        w.publish_flow(
            "flow: quick
start: hello
nodes:
  hello: { applet: greeting, say: Welcome., next: ask }
  ask:
    applet: passthru
    url: 'http://crm.example/quick'
    filler: { after: 1s, play: hold.wav }
    on: { 200: bye, else: bye }
  bye: { applet: hangup }",
        );
        let _site = w.web("http://crm.example/quick").answers(200);
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.until(alice.is_free());
        w.settle();
        assert_eq!(alice.heard(), ["Welcome."]);
    });
}

#[test]
fn a_caller_who_hangs_up_while_a_url_thinks_ends_the_asking() {
    let calm = in_all_weathers(|w| {
        w.publish_flow(
            "flow: gone
start: hello
nodes:
  hello: { applet: greeting, say: Welcome., next: ask }
  ask: { applet: passthru, url: 'http://crm.example/slow', on: { 200: again, else: again } }
  again: { applet: passthru, url: 'http://crm.example/again', on: { 200: bye, else: bye } }
  bye: { applet: hangup }",
        );
        let slow = w.web("http://crm.example/slow").answers(200).after(4_500.ms());
        let again = w.web("http://crm.example/again").answers(200);
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.until(alice.is_answered());
        w.until(slow.is_asked(1));
        alice.hangs_up();
        w.settle();
        assert_eq!(outcomes(w), [(None, Some(HttpFailure::Cancelled))]);
        assert!(again.requested().is_empty());
        assert_eq!(w.walk(0), ["hello -> next", "ask"]);
        assert_eq!(w.records()[0].ended_by, Some(EndedBy::Caller));
    });
    expect![[r#"
        0.000    alice > switch    INVITE sip:+918011112222@10.0.0.1:5060  sdp 0,101
        0.001      flow            flow gone
        0.001      flow            hello: greeting
        0.001      caller          plays "Welcome."
        0.001    switch > alice    200 INVITE  sdp 0,101
        0.002    alice > switch    ACK sip:10.0.0.1:5060
        1.001      caller          played "Welcome."
        1.001      flow            hello -> next
        1.001      flow            ask: passthru
        1.001    switch > web      GET http://crm.example/slow?CallSid=6b0512c8000564f879d27ae3c02c1abo&CallFrom=alice&CallTo=08011112222&CallStatus=in-progress&Direction=incoming&Created=Tue%2C+24+Nov+2026+10%3A00%3A00&DialCallDuration=0&StartTime=2026-11-24+10%3A00%3A00&EndTime=1970-01-01+05%3A30%3A00&CallType=call-attempt&DialWhomNumber=&flow_id=6907822&tenant_id=1&From=alice&To=08011112222&CurrentTime=2026-11-24+10%3A00%3A01
        1.001    alice > switch    BYE sip:10.0.0.1:5060
        1.002      caller          ended by caller: NORMAL_CLEARING (16)
        1.002    switch > alice    200 BYE
        1.002      flow            call ended by caller: NORMAL_CLEARING (16)
    "#]].assert_eq(calm.ladder());
}

#[test]
fn a_caller_who_gives_up_before_the_answer_is_told_487() {
    in_all_weathers(|w| {
        w.publish_flow(
            "flow: early
start: ask
nodes:
  ask: { applet: passthru, url: 'http://crm.example/slow', on: { 200: bye, else: bye } }
  bye: { applet: hangup }",
        );
        let _slow = w.web("http://crm.example/slow").is_silent();
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.until(alice.hears_ringing());
        alice.hangs_up();
        w.until(alice.is_free());
        w.settle();
        assert_eq!(alice.finals(), [487]);
        let record = w.records().remove(0);
        assert_eq!((record.state, record.ended_by), (CallState::Unanswered, Some(EndedBy::Caller)));
        assert_eq!(outcomes(w), [(None, Some(HttpFailure::Cancelled))]);
    });
}

#[test]
fn the_body_selects_the_exit_of_a_switch_case() {
    for (body, exit, heard) in [
        (r#"{"select":"gold"}"#, "gold", "Dear customer."),
        (r#"{"select":"Gold"}"#, "default", "Hello."),
        ("gold", "default", "Hello."),
    ] {
        in_all_weathers(|w| {
            w.publish_flow(
                "flow: tiers
start: ask
nodes:
  ask: { applet: passthru, url: 'http://crm.example/tier', on: { 200: pick, else: pick } }
  pick: { applet: switch_case, on: { gold: vip, default: other } }
  vip: { applet: greeting, say: Dear customer., next: bye }
  other: { applet: greeting, say: Hello., next: bye }
  bye: { applet: hangup }",
            );
            let _site = w.web("http://crm.example/tier").says(200, "text/plain", body);
            let alice = w.phone("alice");
            alice.dials(NUMBER);
            w.until(alice.is_free());
            w.settle();
            assert_eq!(w.walk(0)[1], format!("pick -> {exit}"));
            assert_eq!(alice.heard(), [heard]);
        });
    }
}

#[test]
fn what_the_url_said_can_be_kept_and_asked_about() {
    in_all_weathers(|w| {
        w.publish_flow(
            "flow: names
start: ask
nodes:
  ask: { applet: passthru, url: 'http://crm.example/who', on: { 200: note, else: bye } }
  note: { applet: set, vars: { tier: '{{ passthru.json.tier }}', who: '{{ call.from }}' }, next: sort }
  sort:
    applet: branch
    cases:
      - { when: \"vars.tier == 'gold'\", exit: gold }
      - { when: \"vars.tier == 'silver'\", exit: silver }
    on: { gold: bye, silver: silver, else: bye }
  silver: { applet: greeting, say: Silver., next: bye }
  bye: { applet: hangup }",
        );
        let _site = w.web("http://crm.example/who").says(200, "application/json", r#"{"tier":"silver"}"#);
        let alice = w.phone("+919900000001");
        alice.dials(NUMBER);
        w.until(alice.is_free());
        w.settle();
        assert_eq!(w.walk(0), ["ask -> 200", "note -> next", "sort -> silver", "silver -> next", "bye"]);
        assert_eq!((alice.heard(), w.faults(0)), (vec!["Silver.".to_owned()], vec![]));
        let who = EventKind::VariableSet { name: "who".into(), value: "+919900000001".into() };
        assert!(w.kinds(0).any(|kind| *kind == who));
    });
}
