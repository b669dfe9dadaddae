//! A URL says what is heard: the programmable greeting and gather, and texts with values of the call in them.

use std::fmt::Write as _;

use expect_test::expect;
use model::EventKind;
use sim::{Phone, Units, World, in_all_weathers};

const NUMBER: &str = "+918011112222";
const WORDS: &str = "http://crm.example/words";
const SPARE: &str = "http://spare.example/words";
const TONE: &str = "http://sounds.example/tone.wav";

/// A greeting by URL.
const GREETING: &str = "flow: words
start: words
nodes:
  words: { applet: greeting, url: 'http://crm.example/words?key=1', next: bye, on: { failed: sorry } }
  sorry: { applet: greeting, say: Sorry., next: bye }
  bye: { applet: hangup }";

/// A gather by URL, with one that is asked when that fails.
const GATHER: &str = "flow: ask
start: ask
nodes:
  ask:
    applet: gather
    url: 'http://crm.example/words'
    fallback_url: 'http://spare.example/words'
    on: { digits: thanks, none: bye, failed: sorry }
  thanks: { applet: greeting, say: 'You pressed {{ call.digits }}.', next: bye }
  sorry: { applet: greeting, say: Sorry., next: bye }
  bye: { applet: hangup }";

fn calls(w: &mut World, flow: &str) -> Phone {
    w.publish_flow(flow);
    let alice = w.phone("alice");
    alice.dials(NUMBER);
    alice
}

/// The same to its end.
fn call(w: &mut World, flow: &str) -> Phone {
    let alice = calls(w, flow);
    w.until(alice.is_free());
    w.settle();
    alice
}

fn gathered(w: &World) -> Vec<String> {
    let digits = |kind: &EventKind| if let EventKind::Gathered { digits } = kind { Some(digits.clone()) } else { None };
    w.kinds(0).filter_map(digits).collect()
}

#[test]
fn a_greeting_is_asked_for_by_head_then_get_and_heard() {
    let calm = in_all_weathers(|w| {
        let site = w.web(WORDS).says(200, "text/plain", "Hello, Asha.");
        let alice = call(w, GREETING);
        assert_eq!(alice.heard(), ["Hello, Asha."]);
        assert_eq!(w.walk(0), ["words -> next", "bye"]);
        let asked = site.requested().remove(0);
        assert_eq!(asked.decoded("From").as_deref(), Some("alice"));
        assert_eq!(asked.decoded("DialWhomNumber").as_deref(), Some(""));
    });
    let mut lines = String::new();
    for line in calm.ladder().lines() {
        writeln!(lines, "{}", line.split('?').next().unwrap_or_default()).expect("a string takes all");
    }
    expect![[r#"
        0.000    alice > switch    INVITE sip:+918011112222@10.0.0.1:5060  sdp 0,101
        0.001      flow            flow words
        0.001      flow            words: greeting
        0.001    switch > web      HEAD http://crm.example/words
        0.001    switch > alice    180 INVITE
        0.011    web > switch      200
        0.011    switch > web      GET http://crm.example/words
        0.021    web > switch      200
        0.021    switch > alice    200 INVITE  sdp 0,101
        0.021      flow            "Hello, Asha." is ready
        0.021      caller          plays "Hello, Asha."
        0.022    alice > switch    ACK sip:10.0.0.1:5060
        1.021      caller          played "Hello, Asha."
        1.021      flow            words -> next
        1.021      flow            bye: hangup
        1.021      caller          ended by us: NORMAL_CLEARING (16)
        1.021    switch > alice    BYE sip:alice@10.0.1.1:5060  Q.850;cause=16
        1.021      flow            call ended by us: NORMAL_CLEARING (16)
        1.022    alice > switch    200 BYE
    "#]]
    .assert_eq(&lines);
}

#[test]
fn a_list_of_files_is_fetched_and_heard_in_its_order() {
    in_all_weathers(|w| {
        let _first = w.web("http://sounds.example/1.wav").says(200, "audio/wav", "RIFF").after(900.ms());
        let _second = w.web("http://sounds.example/2.wav").says(200, "audio/wav", "RIFF");
        let files = "http://sounds.example/1.wav\r\nhttp://sounds.example/2.wav\r\n";
        let _site = w.web(WORDS).says(200, "text/plain; charset=utf-8", files);
        let alice = call(w, GREETING);
        assert_eq!(alice.heard(), ["http://sounds.example/1.wav", "http://sounds.example/2.wav"]);
    });
}

#[test]
fn a_greeting_that_cannot_be_had_goes_on_by_failed() {
    let rows = [
        (200, "text/html", "Hello.", "its Content-Type is text/html, not text/plain"),
        (404, "text/plain", "Hello.", "its status is 404, not 200"),
        (200, "text/plain", "", "it says nothing"),
        (200, "text/plain", &"x".repeat(70_000), "its body is too long"),
    ];
    for (status, kind, body, why) in rows {
        let mut w = World::new(1);
        let _site = w.web(WORDS).says(status, kind, body);
        assert_eq!(call(&mut w, GREETING).heard(), ["Sorry."]);
        assert_eq!(w.walk(0), ["words -> failed", "sorry -> next", "bye"]);
        assert_eq!(w.faults(0), [format!("{WORDS}?key=1 does not say what is to be heard: {why}")]);
    }
    let mut w = World::new(1);
    let _site = w.web(WORDS).is_silent();
    assert_eq!(call(&mut w, GREETING).heard(), ["Sorry."]);
    let mut w = World::new(1);
    let _site = w.web(WORDS).says(200, "text/plain", TONE);
    let _gone = w.web(TONE).answers(404);
    assert_eq!(call(&mut w, GREETING).heard(), ["Sorry."], "the only file is not there");
    assert_eq!(w.faults(0), [format!("{TONE} is left out: its status is 404, not 200")]);
}

#[test]
fn a_gather_is_as_the_url_says() {
    in_all_weathers(|w| {
        let body = format!(
            r#"{{"gather_prompt":{{"audio_url":"{TONE}"}},"max_input_digits":4,"finish_on_key":"*","input_timeout":3,
                "repeat_menu":1,"repeat_gather_prompt":{{"text":"Again."}}}}"#
        );
        let _site = w.web(WORDS).says(200, "application/json", &body);
        let _tone = w.web(TONE).says(200, "audio/wav", "RIFF").after(300.ms());
        let alice = calls(w, GATHER);
        w.until(alice.hears("Again."));
        alice.presses("12*");
        w.until(alice.is_free());
        w.settle();
        assert_eq!(gathered(w), ["12"]);
        assert_eq!(alice.heard(), [TONE, "Again.", "You pressed 12."]);
        assert_eq!(w.walk(0), ["ask -> digits", "thanks -> next", "bye"]);
    });
}

#[test]
fn the_other_url_is_asked_when_the_first_is_late_wrong_or_gone() {
    let bad = |w: &mut World, which: usize| match which {
        0 => w.web(WORDS).says(200, "application/json", "{}").after(6.s()),
        1 => w.web(WORDS).says(200, "text/plain", r#"{"gather_prompt":{"text":"Number?"}}"#),
        2 => w.web(WORDS).says(500, "application/json", r#"{"gather_prompt":{"text":"Number?"}}"#),
        _ => w.web(WORDS).says(200, "application/json", r#"{"gather_prompt":"Number?"}"#),
    };
    for which in 0..4 {
        let mut w = World::new(1);
        let _bad = bad(&mut w, which);
        let spare = w.web(SPARE).says(200, "application/json", r#"{"gather_prompt":{"text":"Number?"}}"#);
        assert_eq!(call(&mut w, GATHER).heard(), ["Number?"]);
        assert_eq!(w.walk(0), ["ask -> none", "bye"]);
        assert_eq!(spare.requested().len(), 1);
        assert_eq!(w.faults(0).len(), 1);
        let mut w = World::new(1);
        let _bad = bad(&mut w, which);
        let _spare = w.web(SPARE).answers(503);
        assert_eq!(call(&mut w, GATHER).heard(), ["Sorry."]);
        assert_eq!(w.walk(0), ["ask -> failed", "sorry -> next", "bye"]);
        assert_eq!(w.faults(0).len(), 2);
    }
}

#[test]
fn a_text_with_values_is_spoken_while_the_caller_waits() {
    const FLOW: &str = "flow: hi
start: hi
nodes:
  hi: { applet: greeting, say: ['Hello.', 'You call {{ call.to }}.'], next: bye }
  bye: { applet: hangup }";
    in_all_weathers(|w| {
        w.speech_takes(400.ms());
        assert_eq!(call(w, FLOW).heard(), ["Hello.", "You call +918011112222."]);
        let made = w.kinds(0).filter(|kind| matches!(kind, EventKind::Rendered { .. })).count();
        assert_eq!(made, 1, "what has no values in it was rendered when the flow was published");
    });
    let mut w = World::new(1);
    w.speech_fails("there is no voice");
    assert_eq!(call(&mut w, FLOW).heard(), ["Hello."]);
    assert_eq!(w.faults(0), ["\"You call +918011112222.\" is left out: there is no voice"]);
}
