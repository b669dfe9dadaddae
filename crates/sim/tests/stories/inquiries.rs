//! What is done for an answer, and what is made of it, in whole calls.

use std::time::Duration;

use model::{EventKind, HttpFailure, Way};
use sim::{Units, World, in_all_weathers};

const NUMBER: &str = "+918011112222";
const URL: &str = "http://crm.example/route";
const SPARE: &str = "http://spare.example/route";

/// Asks a URL before anybody is answered.
fn ask(fields: &str, exits: &str) -> String {
    format!(
        "flow: ask
start: ask
nodes:
  ask: {{ applet: passthru, url: '{URL}', {fields} on: {{ 200: known, else: unknown, {exits} }} }}
  known: {{ applet: greeting, say: Welcome back., next: bye }}
  unknown: {{ applet: greeting, say: Who are you?, next: bye }}
  bye: {{ applet: hangup }}"
    )
}

/// Why each request of the first call was made, and its status.
fn attempts(w: &World, call: usize) -> Vec<(Way, Option<u16>)> {
    let attempt = |kind: &EventKind| match kind {
        EventKind::CalloutAttempted { way, status, .. } => Some((*way, *status)),
        _ => None,
    };
    w.kinds(call).filter_map(attempt).collect()
}

/// How the callout of a call ended: what it came from, and how long the call waited.
fn end(w: &World, call: usize) -> (Way, Duration) {
    let ended = |kind: &EventKind| match kind {
        EventKind::CalloutEnded { way, took, .. } => Some((*way, *took)),
        _ => None,
    };
    w.kinds(call).find_map(ended).expect("it ended")
}

/// A call to that flow.
fn call(w: &mut World, flow: &str) {
    w.publish_flow(flow);
    let alice = w.phone("alice");
    alice.dials(NUMBER);
    w.until(alice.is_free());
    w.settle();
}

#[test]
fn a_server_that_comes_back_at_once_costs_the_caller_a_tenth_of_a_second() {
    in_all_weathers(|w| {
        let site = w.web(URL).answers(503).answers(200);
        call(w, &ask("retries: 2,", ""));
        assert_eq!(w.walk(0)[0], "ask -> 200");
        assert_eq!(attempts(w, 0), [(Way::First, Some(503)), (Way::Retry, Some(200))]);
        assert_eq!(site.requested().len(), 2);
        let (way, took) = end(w, 0);
        assert!(way == Way::Retry && took < 200.ms(), "{took:?}");
    });
}

#[test]
fn the_other_url_answers_when_the_first_is_silent() {
    in_all_weathers(|w| {
        let _silent = w.web(URL).is_silent();
        let spare = w.web(SPARE).answers(200);
        call(w, &ask(&format!("timeout: 6s, fallback_url: '{SPARE}',"), ""));
        assert_eq!(w.walk(0)[0], "ask -> 200");
        assert_eq!(attempts(w, 0), [(Way::First, None), (Way::Fallback, Some(200))]);
        assert_eq!(spare.requested().len(), 1);
        let (_, took) = end(w, 0);
        assert!((4.s()..5.s()).contains(&took), "{took:?}");
    });
}

#[test]
fn a_second_request_overtakes_a_slow_first_one() {
    in_all_weathers(|w| {
        let site = w.web(URL).will("200@4s".parse().expect("a reply")).will("302@10ms".parse().expect("a reply"));
        call(w, &ask("hedge: 300ms,", "302: unknown"));
        assert_eq!(w.walk(0)[0], "ask -> 302");
        assert_eq!(site.requested().len(), 2);
        let (way, took) = end(w, 0);
        assert!(way == Way::Hedge && took < 400.ms(), "{took:?}");
    });
}

#[test]
fn a_dead_url_holds_up_five_callers_and_no_more_until_it_is_looked_at_again() {
    let flow = ask("timeout: 1s, breaker: true,", "circuit-open: unknown");
    let mut w = World::new(1);
    let site = (0..5).fold(w.web(URL), |site, _| site.is_silent()).answers(200);
    w.publish_flow(&flow);
    for n in 0..7 {
        let caller = w.phone(&format!("caller{n}"));
        caller.dials(NUMBER);
        w.until(caller.hears("Who are you?"));
        let exit = if n < 5 { "ask -> else" } else { "ask -> circuit-open" };
        assert_eq!(w.walk(n)[0], exit, "caller {n}");
        if n >= 5 {
            assert_eq!(end(&w, n).1, Duration::ZERO);
        }
    }
    w.passes(5.s());
    call(&mut w, &flow);
    assert_eq!((w.walk(7)[0].as_str(), site.requested().len()), ("ask -> 200", 6));
}

#[test]
fn the_last_good_answer_for_this_caller_stands_in() {
    let flow = ask("last_good: 10m, set: { tier: $.tier },", "timeout: unknown");
    let mut w = World::new(1);
    let _good = w.web(URL).says(200, "application/json", r#"{"tier":"gold"}"#).fails(HttpFailure::Timeout);
    for way in [Way::First, Way::LastGood] {
        call(&mut w, &flow);
        let n = usize::from(way == Way::LastGood);
        assert_eq!((w.walk(n)[0].as_str(), end(&w, n).0), ("ask -> 200", way));
        let tier = |kind: &EventKind| matches!(kind, EventKind::VariableSet { value, .. } if value == "gold");
        assert!(w.kinds(n).any(tier));
    }
    w.publish_flow(&flow);
    let bob = w.phone("bob");
    bob.dials(NUMBER);
    w.until(bob.is_free());
    w.settle();
    assert_eq!(w.walk(2)[0], "ask -> timeout", "it was not given to bob");
}

#[test]
fn a_caller_who_hangs_up_takes_every_request_back_and_no_further_one_is_made() {
    in_all_weathers(|w| {
        let site = w.web(URL).is_silent();
        w.publish_flow(&ask("retries: 5, hedge: 500ms,", ""));
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.until(site.is_asked(2));
        alice.hangs_up();
        w.until(alice.is_free());
        w.settle();
        assert_eq!(site.requested().len(), 2);
    });
}

#[test]
fn a_copy_goes_to_a_new_version_and_nothing_comes_of_it() {
    in_all_weathers(|w| {
        let site = w.web(URL).answers(200);
        let copy = w.web(SPARE).is_silent();
        call(w, &ask(&format!("shadow_url: '{SPARE}',"), "timeout: unknown"));
        assert_eq!(w.walk(0), ["ask -> 200", "known -> next", "bye"]);
        let parts = |url: &str| url.split_once('?').expect("a query").1.to_owned();
        assert_eq!(parts(&copy.requested()[0].url), parts(&site.requested()[0].url));
        assert!(end(w, 0).1 < 100.ms());
    });
}

#[test]
fn the_copy_of_a_report_is_sent_once_and_stands_before_no_report() {
    in_all_weathers(|w| {
        let site = w.web(URL).answers(200);
        let copy = w.web(SPARE).answers(404);
        let flow = format!(
            "flow: tell
start: tell
nodes:
  tell: {{ applet: passthru, url: '{URL}', shadow_url: '{SPARE}', async: true, next: bye }}
  bye: {{ applet: hangup }}"
        );
        call(w, &flow);
        w.settle();
        let parts = |url: &str| url.split_once('?').expect("a query").1.to_owned();
        assert_eq!((site.requested().len(), copy.requested().len()), (1, 1));
        assert_eq!(parts(&copy.requested()[0].url), parts(&site.requested()[0].url));
        let mark = |asked: &sim::Requested| asked.mark.clone().expect("it says which it is");
        let (report, shadow) = (mark(&site.requested()[0]), mark(&copy.requested()[0]));
        assert_eq!((shadow.callout, shadow.way), (report.callout, Way::Shadow));
        let queued = w.journal().iter().filter(|event| matches!(event.kind, EventKind::NotifyQueued { .. })).count();
        assert_eq!(queued, 1, "the copy is not owed");
    });
}

#[test]
fn a_question_is_asked_early_and_decides_later() {
    let flow = format!(
        "flow: early
start: ask
nodes:
  ask: {{ applet: passthru, url: '{URL}', async: true, result: who, next: hello }}
  hello: {{ applet: greeting, say: Welcome to Acme., next: take }}
  take: {{ applet: wait_for_result, result: who, timeout: 2s, on: {{ 200: known, timeout: late, else: unknown }} }}
  known: {{ applet: greeting, say: Welcome back., next: bye }}
  late: {{ applet: hangup, cause: 41 }}
  unknown: {{ applet: hangup, cause: 17 }}
  bye: {{ applet: hangup }}"
    );
    in_all_weathers(|w| {
        let _site = w.web(URL).answers(200).after(500.ms());
        call(w, &flow);
        assert_eq!(w.walk(0), ["ask -> next", "hello -> next", "take -> 200", "known -> next", "bye"]);
        assert!(end(w, 0).1 < 1.s(), "it was there before the greeting was over");
    });
    in_all_weathers(|w| {
        let _site = w.web(URL).is_silent();
        call(w, &flow);
        assert_eq!(w.walk(0)[2..], ["take -> timeout", "late"]);
    });
}

#[test]
fn a_question_that_another_takes_the_place_of_is_over_though_its_url_is_left_alone() {
    let mut w = World::new(1);
    let _dead = w.web(URL).fails(HttpFailure::Timeout);
    w.publish_flow(&ask("breaker: true,", ""));
    for n in 0..5 {
        let caller = w.phone(&format!("caller{n}"));
        caller.dials(NUMBER);
        w.until(caller.hears("Who are you?"));
    }
    let _spare = w.web(SPARE).answers(200);
    let flow = format!(
        "flow: twice
start: first
nodes:
  first: {{ applet: passthru, url: '{URL}', breaker: true, async: true, result: who, next: second }}
  second: {{ applet: passthru, url: '{SPARE}', async: true, result: who, next: take }}
  take: {{ applet: wait_for_result, result: who, on: {{ 200: bye, else: bye }} }}
  bye: {{ applet: hangup }}"
    );
    call(&mut w, &flow);
    assert_eq!(w.walk(5)[2], "take -> 200");
    let of_the_first = |kind: &&EventKind| match kind {
        EventKind::CalloutAttempted { callout, .. } | EventKind::CalloutEnded { callout, .. } => callout.0 == 1,
        _ => false,
    };
    let lines: Vec<_> = w.kinds(5).filter(of_the_first).collect();
    assert!(matches!(lines[..], [EventKind::CalloutEnded { failure: Some(HttpFailure::Cancelled), .. }]), "{lines:?}");
}

#[test]
fn a_store_that_is_stuck_keeps_the_caller_for_five_seconds_and_loses_nothing() {
    in_all_weathers(|w| {
        w.store_takes(20.s());
        let site = w.web(URL).answers(200);
        let flow = format!(
            "flow: tell
start: tell
nodes:
  tell: {{ applet: passthru, url: '{URL}', async: true, next: hello }}
  hello: {{ applet: greeting, say: Hello., next: bye }}
  bye: {{ applet: hangup }}"
        );
        w.publish_flow(&flow);
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.until(alice.hears("Hello."));
        w.until(alice.is_free());
        w.settle();
        let at = |wanted: fn(&EventKind) -> bool| {
            let line = w.journal().iter().find(|event| wanted(&event.kind));
            line.expect("it is in the journal").at
        };
        let late = at(|kind| matches!(kind, EventKind::Fault { .. }));
        assert!((5.s()..6.s()).contains(&late), "{late:?}");
        let durable = at(|kind| matches!(kind, EventKind::NotifyCommitted { failure: None, .. }));
        let ended = at(|kind| matches!(kind, EventKind::Ended { .. }));
        assert!(durable >= 20.s() && ended >= durable, "{durable:?} {ended:?}");
        assert_eq!(site.requested().len(), 1);
    });
}
