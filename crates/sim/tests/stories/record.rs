//! Conversations and messages that are recorded, and what the next Passthru says of them.

use std::time::Duration;

use model::{EventKind, Format, Record};
use sim::{Heard, Phone, Requested, Units, World, in_all_weathers};

const NUMBER: &str = "+918011112222";
const REPORT: &str = "https://crm.example/calls";

fn desk(record: &str) -> String {
    format!(
        "flow: desk
start: desk
nodes:
  desk: {{ applet: connect, to: 'sip:sales@10.0.1.2:5060', {record} on: {{ answered: report, missed: report, nobody: report }} }}
  report: {{ applet: passthru, url: '{REPORT}', async: true, next: bye }}
  bye: {{ applet: hangup }}"
    )
}

const BOX: &str = "flow: box
start: box
nodes:
  box: { applet: voicemail, say: Speak, max: 10s, silence: 2s, on: { next: report, nothing: nobody } }
  report: { applet: passthru, url: 'https://crm.example/calls', async: true, next: bye }
  nobody: { applet: passthru, url: 'https://crm.example/nothing', async: true, next: bye }
  bye: { applet: hangup }";

/// The one report.
fn report(w: &World) -> Requested {
    assert_eq!(w.requested().len(), 1, "{:?}", w.requested());
    w.requested()[0].clone()
}

/// Alice talks with sales for five seconds, and hangs up.
fn talk(w: &mut World, record: &str) -> Vec<Heard> {
    w.publish_flow(&desk(record));
    let (alice, sales) = (w.phone("alice"), w.phone("sales").answers_after(1.s()));
    alice.dials(NUMBER);
    w.until(sales.hears("alice"));
    w.passes(5.s());
    alice.hangs_up();
    w.settle();
    w.recordings()
}

#[test]
fn a_conversation_is_recorded_with_a_channel_each() {
    let mut w = World::new(1);
    let heard = talk(&mut w, "record: dual,").remove(0);
    assert_eq!(heard.record, Record { dual: true, format: Format::Wav });
    assert_eq!(heard.channels, [["alice"], ["sales"]], "the caller is left");
    assert!((5.s()..6.s()).contains(&heard.length), "{:?}", heard.length);
    let report = report(&w);
    let link = format!("https%3A%2F%2Fvoice.example%2Frecordings%2F{}.wav%3Fexpires%3D", heard.name);
    assert!(report.parameter("RecordingUrl").is_some_and(|url| url.starts_with(&link)), "{report:?}");
    assert_eq!(report.parameter("CallType"), Some("completed"));
    let names = report.names();
    for (one, next) in
        [("DialCallDuration", "RecordingUrl"), ("RecordingUrl", "StartTime"), ("To", "RecordingAvailableBy")]
    {
        let place = names.iter().position(|name| *name == one).expect("it is there");
        assert_eq!(names[place + 1], next);
    }
    assert_eq!(w.records()[0].recording, Some(heard.name));
}

#[test]
fn both_are_mixed_into_one_channel_and_kept_as_mp3() {
    let mut w = World::new(2);
    let heard = talk(&mut w, "record: single, record_format: mp3,").remove(0);
    assert_eq!((heard.record, heard.channels.len()), (Record { dual: false, format: Format::Mp3 }, 1));
    assert!(report(&w).url.contains(&format!("{}.mp3%3Fexpires", heard.name)));
}

#[test]
fn nobody_is_recorded_unasked_or_unanswered() {
    let mut w = World::new(3);
    assert_eq!(talk(&mut w, ""), []);
    assert_eq!(report(&w).parameter("RecordingUrl"), None);
    let mut w = World::new(4);
    w.publish_flow(&desk("record: dual, ring: 2s,"));
    let (alice, _sales) = (w.phone("alice"), w.phone("sales").only_rings());
    alice.dials(NUMBER);
    w.until(alice.is_free());
    w.settle();
    assert_eq!(w.recordings(), []);
    let report = report(&w);
    assert_eq!(
        (report.parameter("RecordingUrl"), report.parameter("RecordingAvailableBy")),
        (None, None),
        "{report:?}"
    );
}

#[test]
fn a_full_disk_ends_the_recording_and_not_the_call() {
    let mut w = World::new(5);
    w.disk_fails("no space left on device");
    talk(&mut w, "record: dual,");
    let ends: Vec<&EventKind> = w
        .journal()
        .iter()
        .map(|event| &event.kind)
        .filter(|kind| matches!(kind, EventKind::RecordingEnded { .. }))
        .collect();
    let [EventKind::RecordingEnded { failure: Some(why), .. }] = ends[..] else { panic!("{ends:?}") };
    assert_eq!(why, "no space left on device");
    assert_eq!(report(&w).parameter("DialCallStatus"), Some("completed"));
    assert!(w.records()[0].duration > Some(5.s()), "they went on talking");
}

/// A caller at the box, who has heard the tone.
fn at_the_box(w: &mut World) -> Phone {
    w.publish_flow(BOX);
    let alice = w.phone("alice");
    alice.dials(NUMBER);
    w.until(alice.hears("beep"));
    // The tone lasts for a second, as every sound here.
    w.passes(2.s());
    alice
}

#[test]
fn who_hangs_up_has_left_a_message() {
    in_all_weathers(|w| {
        let alice = at_the_box(w);
        w.passes(4.s());
        alice.hangs_up();
        w.settle();
        let report = report(w);
        assert_eq!(report.address(), REPORT);
        assert_eq!(report.parameter("CallType"), Some("voicemail"), "{report:?}");
        assert!(report.parameter("RecordingUrl").is_some(), "{report:?}");
        assert_eq!((report.parameter("DialCallStatus"), report.parameter("DialCallDuration")), (None, Some("0")));
        let heard = w.recordings().remove(0);
        assert_eq!(heard.record, Record { dual: false, format: Format::Wav });
        if w.is_calm() {
            assert_eq!(heard.channels, [["alice"]], "and not the prompt");
        }
    });
}

#[test]
fn a_message_ends_with_the_finish_key_silence_or_its_length() {
    type Ends = fn(&mut World, &Phone);
    let rows: [(&str, Ends, Duration, Duration); 3] = [
        ("the key", |_, alice| alice.presses("#"), 1.s(), 2.s()),
        ("silence", |_, alice| alice.falls_silent(), 3.s(), 4.s()),
        ("its length", |_, _| (), 10.s(), 10.s() + 1.ms()),
    ];
    for (what, ends, least, most) in rows {
        let mut w = World::new(6);
        let alice = at_the_box(&mut w);
        ends(&mut w, &alice);
        w.until(alice.is_free());
        w.settle();
        let length = w.recordings().remove(0).length;
        assert!((least..=most).contains(&length), "{what}: {length:?}");
        assert_eq!(report(&w).parameter("CallType"), Some("voicemail"), "{what}");
    }
}

#[test]
fn nothing_said_is_no_message() {
    let mut w = World::new(7);
    w.publish_flow(BOX);
    let alice = w.phone("alice");
    alice.dials(NUMBER);
    w.until(alice.is_answered());
    alice.falls_silent();
    w.until(alice.is_free());
    w.settle();
    let report = report(&w);
    assert_eq!(report.address(), "https://crm.example/nothing");
    assert_eq!((report.parameter("CallType"), report.parameter("RecordingUrl")), (Some("voicemail"), None));
    assert_eq!((w.recordings(), w.records()[0].recording.clone()), (vec![], None), "nor is it kept or listed");
}

#[test]
fn a_message_after_a_connect_is_told_alone() {
    let mut w = World::new(8);
    w.publish_flow(
        "flow: desk
start: desk
nodes:
  desk: { applet: connect, to: 'sip:sales@10.0.1.2:5060', on: { answered: bye, missed: box, nobody: box } }
  box: { applet: voicemail, next: report }
  report: { applet: passthru, url: 'https://crm.example/calls', async: true, next: bye }
  bye: { applet: hangup }",
    );
    let (alice, _sales) = (w.phone("alice"), w.phone("sales").rejects(486));
    alice.dials(NUMBER);
    w.until(alice.hears("beep"));
    w.passes(2.s());
    alice.presses("#");
    w.until(alice.is_free());
    w.settle();
    let report = report(&w);
    assert_eq!(report.parameter("CallType"), Some("voicemail"), "{report:?}");
    assert!(report.parameter("RecordingUrl").is_some() && !report.url.contains("Legs"), "{report:?}");
}
