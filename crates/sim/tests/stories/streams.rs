//! Applications that hear calls and talk with callers: what both hear, what the journal and the next Passthru say.

use std::time::Duration;

use model::{EventKind, HttpFailure, StreamFailure};
use sim::{Heard, Requested, Units, World, in_all_weathers, nobody_listens};

const NUMBER: &str = "+918011112222";
const BOT: &str = "wss://bot.example/ws";

fn flow(fields: &str) -> String {
    format!(
        "flow: assistant
start: talk
nodes:
  talk: {{ applet: voicebot, url: '{BOT}', {fields} on: {{ next: report, failed: failed }} }}
  report: {{ applet: passthru, url: 'https://crm.example/calls', async: true, next: bye }}
  failed: {{ applet: passthru, url: 'https://crm.example/failed', async: true, next: bye }}
  bye: {{ applet: hangup }}"
    )
}

/// What the report says of the stream: its last parameters, without the id.
fn told(w: &World) -> (Requested, Vec<(String, String)>) {
    let [request] = w.requested() else { panic!("{:?}", w.requested()) };
    let names = request.names();
    let place = names.iter().position(|name| *name == "Stream%5BStreamSID%5D").expect("a stream");
    let value = |name: &str| {
        let name = name.replace("%5B", "[").replace("%5D", "]");
        (name.clone(), request.decoded(&name).unwrap_or_default())
    };
    (request.clone(), names[place + 1..].iter().map(|name| value(name)).collect())
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| (format!("Stream[{key}]"), (*value).to_owned())).collect()
}

fn lines(w: &World) -> Vec<&EventKind> {
    w.journal().iter().map(|event| &event.kind).collect()
}

#[test]
fn caller_and_application_hear_each_other() {
    in_all_weathers(|w| {
        w.publish_flow(&flow(""));
        let bot = w.bot(BOT).speaks(500.ms(), "Hello.").closes(5.s(), 1000);
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.until(alice.hears("Hello."));
        w.until(bot.gets("media"));
        w.settle();
        let messages = bot.messages();
        assert_eq!(messages[0], r#"{"event":"connected"}"#);
        let call = w.records()[0].sid.to_string();
        let parties = r#""account_sid":"passthru","from":"alice","to":"08011112222""#;
        assert!(messages[1].contains(&format!(r#""call_sid":"{call}",{parties}"#)), "{}", messages[1]);
        let (request, told) = told(w);
        assert_eq!(request.address(), "https://crm.example/calls");
        let said = [("Status", "completed"), ("Duration", "5"), ("StreamUrl", BOT), ("DisconnectedBy", "bot")];
        assert_eq!(told, pairs(&said));
    });
}

#[test]
fn who_hangs_up_has_cancelled_it_and_the_application_is_told() {
    let mut w = World::new(1);
    w.publish_flow(&flow("record: dual,"));
    let bot = w.bot(BOT).echoes();
    let alice = w.phone("alice");
    alice.dials(NUMBER);
    w.until(alice.hears("alice"));
    alice.presses("7");
    w.until(bot.gets("dtmf"));
    w.passes(3.s());
    alice.hangs_up();
    w.settle();
    let messages = bot.messages();
    assert!(messages.last().is_some_and(|last| last.contains(r#""reason":"callended""#)), "{:?}", messages.last());
    assert!(messages.iter().any(|message| message.contains(r#""dtmf":{"digit":"7","duration":"#)));
    let (_, told) = told(&w);
    let keys: Vec<&str> = told.iter().map(|(key, _)| key.as_str()).collect();
    let expected =
        ["Stream[Status]", "Stream[Duration]", "Stream[RecordingUrl]", "Stream[StreamUrl]", "Stream[DisconnectedBy]"];
    assert_eq!((keys, told[0].1.as_str(), told[4].1.as_str()), (expected.to_vec(), "cancelled", "user"));
    let Heard { channels, name, .. } = w.recordings().remove(0);
    assert_eq!(channels, [["alice"], ["alice"]], "both of them, and the one is the other's echo");
    assert!(told[2].1.contains(&format!("/recordings/{name}.wav?")), "{}", told[2].1);
}

#[test]
fn what_cannot_be_had_is_an_exit_and_says_why() {
    let rows = [
        (nobody_listens(), "3009 no connection: connection failed: connection refused"),
        (StreamFailure::Refused { status: 403 }, "3009 the handshake was answered with 403 instead of 101"),
        (StreamFailure::Unreachable(HttpFailure::Timeout), "3009 no connection: no answer in time"),
    ];
    for (failure, words) in rows {
        let mut w = World::new(1);
        w.publish_flow(&flow(""));
        let _bot = w.bot(BOT).fails(failure);
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.settle();
        let (request, told) = told(&w);
        let said =
            [("Status", "failed"), ("Duration", "0"), ("StreamUrl", BOT), ("DisconnectedBy", "NA"), ("Error", words)];
        assert_eq!((request.address(), told), ("https://crm.example/failed", pairs(&said)));
    }
}

#[test]
fn an_application_that_breaks_off_has_failed() {
    let mut w = World::new(1);
    w.publish_flow(&flow(""));
    let _bot = w.bot(BOT).closes(2.s(), 1011);
    w.phone("alice").dials(NUMBER);
    w.settle();
    let (request, told) = told(&w);
    assert_eq!((request.address(), told[0].1.as_str()), ("https://crm.example/failed", "failed"));
    assert_eq!(told[4].1, "3009 the connection was closed with 1011");
}

#[test]
fn breaking_in_silences_the_application_at_once_and_marks_are_told() {
    let mut w = World::new(1);
    w.publish_flow(&flow(""));
    let bot = w
        .bot(BOT)
        .speaks(100.ms(), "Hello.")
        .sends(100.ms(), r#"{"event":"mark","mark":{"name":"first"}}"#)
        .speaks(2.s(), "And more.")
        .sends(2.s(), r#"{"event":"mark","mark":{"name":"second"}}"#)
        .sends(2.s() + 500.ms(), r#"{"event":"clear"}"#)
        .closes(4.s(), 1000);
    let alice = w.phone("alice");
    alice.dials(NUMBER);
    w.settle();
    let marks: Vec<String> =
        bot.messages().into_iter().filter(|message| message.contains(r#""event":"mark""#)).collect();
    assert!(matches!(&marks[..], [one, two] if one.contains("first") && two.contains("second")), "{marks:?}");
    let played = lines(&w).iter().any(|line| matches!(line, EventKind::StreamMarked { name, .. } if name == "first"));
    let dropped = lines(&w).into_iter().find_map(|line| match line {
        EventKind::StreamCleared { dropped, .. } => Some(*dropped),
        _ => None,
    });
    let dropped = dropped.expect("dropped");
    assert!(played && (440.ms()..600.ms()).contains(&dropped), "{dropped:?}");
}

#[test]
fn how_long_a_caller_waits_for_a_reply_is_kept() {
    let mut w = World::new(1);
    w.publish_flow(&flow(""));
    let bot = w.bot(BOT).speaks(4.s(), "I see.").closes(6.s(), 1000);
    let alice = w.phone("alice");
    alice.dials(NUMBER);
    w.until(bot.gets("media"));
    w.passes(1_900.ms());
    alice.falls_silent();
    w.settle();
    let replies: Vec<Duration> = lines(&w)
        .into_iter()
        .filter_map(|line| if let EventKind::StreamReplied { after, .. } = line { Some(*after) } else { None })
        .collect();
    assert!(matches!(replies[..], [after] if (1_900.ms()..2_400.ms()).contains(&after)), "{replies:?}");
}

#[test]
fn a_listener_hears_the_conversation_and_the_flow_goes_on() {
    let mut w = World::new(1);
    w.publish_flow(
        "flow: listened
start: listen
nodes:
  listen: { applet: stream, url: 'wss://ears.example/ws?lang=hi', next: desk }
  desk: { applet: connect, to: 'sip:sales@10.0.1.2:5060', on: { answered: enough, missed: enough, nobody: enough } }
  enough: { applet: stream, action: stop, next: report }
  report: { applet: passthru, url: 'https://crm.example/calls', on: { 200: bye, else: bye } }
  bye: { applet: hangup }",
    );
    let ears = w.bot("wss://ears.example/ws");
    let (alice, sales) = (w.phone("alice"), w.phone("sales").answers_after(1.s()));
    alice.dials(NUMBER);
    w.until(alice.hears("sales"));
    w.passes(2.s());
    sales.hangs_up();
    w.settle();
    let messages = ears.messages();
    assert!(messages[1].contains(r#""custom_parameters":{"lang":"hi"}"#), "{}", messages[1]);
    assert!(messages.last().is_some_and(|last| last.contains(r#""reason":"stopped""#)), "{:?}", messages.last());
    let (_, told) = told(&w);
    assert_eq!((told[0].1.as_str(), told[3].1.as_str()), ("completed", "NA"));
    let before = messages.iter().filter(|message| message.contains("media")).count();
    assert!((30..50).contains(&before), "from the answer to the end, in tenths of a second: {before}");
}

#[test]
fn a_stream_ends_with_its_call() {
    in_all_weathers(|w| {
        w.publish_flow(
            "flow: listened
start: listen
nodes:
  listen: { applet: stream, url: 'wss://ears.example/ws', next: say }
  say: { applet: greeting, say: Hello, next: bye }
  bye: { applet: hangup }",
        );
        let ears = w.bot("wss://ears.example/ws");
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.settle();
        assert!(ears.messages().last().is_some_and(|last| last.contains(r#""reason":"stopped""#)));
        assert!(
            matches!(
                lines(w)[..],
                [.., EventKind::StreamEnded { .. }, EventKind::MediaEnded(_), EventKind::Ended { .. }]
            ),
            "{:?}",
            lines(w)
        );
    });
}

#[test]
fn one_stream_too_many_is_throttled_and_those_there_are_go_on() {
    let mut w = World::with_streams(1, 1);
    w.publish_flow(&flow(""));
    let (site, failed) =
        (w.web("https://crm.example/calls").answers(200), w.web("https://crm.example/failed").answers(200));
    let bot = w.bot(BOT).speaks(8.s(), "Still there?").closes(20.s(), 1000);
    let (alice, bob, carol) = (w.phone("alice"), w.phone("bob"), w.phone("carol"));
    alice.dials(NUMBER);
    w.until(bot.gets("media"));
    bob.dials(NUMBER);
    w.until(failed.is_asked(1));
    let (request, told) = told(&w);
    let said = [
        ("Status", "failed"),
        ("Duration", "0"),
        ("StreamUrl", BOT),
        ("DisconnectedBy", "NA"),
        ("DetailedStatus", "Streaming_call_throttled"),
    ];
    assert_eq!((request.address(), told), ("https://crm.example/failed", pairs(&said)));
    let starts =
        |bot: &sim::Bot| bot.messages().iter().filter(|message| message.contains(r#""event":"start""#)).count();
    assert_eq!(starts(&bot), 1, "the application is not even asked");
    w.until(alice.hears("Still there?"));
    w.until(site.is_asked(1));
    assert_eq!((site.requested().len(), failed.requested().len()), (1, 1));
    carol.dials(NUMBER);
    w.until(carol.hears("Still there?"));
    w.settle();
    assert_eq!((starts(&bot), failed.requested().len()), (2, 1), "there is room again");
}
