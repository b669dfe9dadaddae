//! Calls that somebody outside asks for: the first party is rung, then a flow runs or another party is rung, and whoever asked
//! hears how it goes.

use std::time::Duration;

use model::{
    CallSid, CallState, CallStatus, Cause, Connect, Direction, EndedBy, FlowId, Format, Playback, Record, StartCall,
    StatusCallback, Then, ToBot, ToFlow,
};
use sim::{Requested, Units, World, in_all_weathers};
use switch::StartError;

const FLOW: &str = "flow: survey
id: 11111
start: hello
nodes:
  hello: { applet: greeting, say: Hello., next: report }
  report: { applet: passthru, url: 'http://crm.example/calls', async: true, next: bye }
  bye: { applet: hangup }";

const SID: &str = "0f1e2d3c4b5a69788796a5b4c3d21abo";

fn callback(events: bool) -> Option<StatusCallback> {
    let url = "http://crm.example/status".into();
    Some(StatusCallback { url, answered: events, terminal: events, json: true })
}

fn wanted(then: Then, callback: Option<StatusCallback>) -> StartCall {
    StartCall {
        sid: CallSid::new(SID),
        from: "sip:alice@10.0.1.1".into(),
        caller_id: "+918011112222".into(),
        ring: Duration::from_secs(5),
        limit: None,
        custom_field: Some("order-17".into()),
        callback,
        then,
    }
}

fn to_flow(callback: Option<StatusCallback>) -> StartCall {
    wanted(Then::Flow(ToFlow { id: FlowId::new(11111).expect("a number"), record: None }), callback)
}

fn to_bob(callback: Option<StatusCallback>) -> StartCall {
    let connect = Connect { to: "sip:bob@10.0.1.2".into(), wait_url: None, record: None, playback: None, ears: None };
    wanted(Then::Connect(connect), callback)
}

/// A field of a report.
fn field(told: &Requested, path: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(&told.body).expect("JSON");
    value.pointer(path).map(ToString::to_string).unwrap_or_default().trim_matches('"').to_owned()
}

fn fields<const N: usize>(told: &Requested, paths: [&str; N]) -> [String; N] {
    paths.map(|path| field(told, path))
}

#[test]
fn the_first_party_is_rung_and_the_flow_runs_when_it_answers() {
    in_all_weathers(|w| {
        w.publish_flow(FLOW);
        let site = w.web("http://crm.example/calls").answers(200);
        let status = w.web("http://crm.example/status").answers(200);
        let alice = w.phone("alice").answers_after(2.s());
        assert_eq!(w.start(to_flow(callback(false))), Ok(()));
        w.until(alice.hears("Hello."));
        w.until(alice.is_free());
        w.settle();
        assert_eq!(w.walk(0), ["hello -> next", "report -> next", "bye"]);
        let report = site.requested().remove(0);
        for (name, value) in [
            ("CallSid", SID),
            ("Direction", "outbound-dial"),
            ("CallFrom", "sip%3Aalice%4010.0.1.1"),
            ("CallTo", "08011112222"),
            ("To", "08011112222"),
            ("CallStatus", "in-progress"),
            ("CustomField", "order-17"),
            ("flow_id", "11111"),
        ] {
            assert_eq!(report.parameter(name), Some(value), "{name}");
        }
        let record = w.records().remove(0);
        assert_eq!((record.state, record.direction), (CallState::Completed, Direction::Outgoing));
        let told = status.requested();
        assert_eq!(told.len(), 1, "the end, once");
        assert_eq!(fields(&told[0], ["/CallSid", "/Status", "/EventType"]), [SID, "completed", ""]);
    });
}

#[test]
fn two_numbers_are_joined_and_each_answer_is_told() {
    in_all_weathers(|w| {
        let status = w.web("http://crm.example/status").answers(200);
        let (alice, bob) = (w.phone("alice").answers_after(1.s()), w.phone("bob").answers_after(2.s()));
        assert_eq!(w.start(to_bob(callback(true))), Ok(()));
        w.until(alice.talks_to(&bob));
        w.passes(10.s());
        bob.hangs_up();
        w.until(alice.is_free());
        w.settle();
        let told = status.requested();
        let short = |told: &Requested| fields(told, ["/EventType", "/Status", "/Legs/0/Status", "/Legs/1/Status"]);
        assert_eq!(told.len(), 3);
        assert_eq!(short(&told[0]), ["answered", "in-progress", "in-progress", ""]);
        assert_eq!(short(&told[1]), ["answered", "in-progress", "in-progress", "in-progress"]);
        assert_eq!(short(&told[2]), ["terminal", "completed", "completed", "completed"]);
        let seconds: u64 = field(&told[2], "/ConversationDuration").parse().expect("seconds");
        assert!((9..=12).contains(&seconds), "{seconds}");
        assert_eq!(field(&told[2], "/CustomField"), "order-17");
    });
}

/// The end of a call whose first party does not answer.
fn unanswered(w: &mut World, word: &str, by: EndedBy) {
    w.publish_flow(FLOW);
    let status = w.web("http://crm.example/status").answers(200);
    assert_eq!(w.start(to_flow(callback(true))), Ok(()));
    w.settle();
    assert_eq!(w.walk(0), [""; 0], "the flow never runs");
    let told = status.requested();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(fields(&told[0], ["/EventType", "/Status"]), ["terminal", word]);
    let record = w.records().remove(0);
    assert_eq!((record.state, record.ended_by), (CallState::Unanswered, Some(by)));
    assert_eq!(record.called(), "+918011112222");
}

#[test]
fn a_first_party_that_does_not_answer_ends_the_call() {
    in_all_weathers(|w| {
        let _alice = w.phone("alice").rejects(486);
        unanswered(w, "busy", EndedBy::Caller);
    });
    in_all_weathers(|w| {
        let _alice = w.phone("alice").only_rings();
        unanswered(w, "no-answer", EndedBy::Us);
    });
    in_all_weathers(|w| {
        let _alice = w.phone("alice").rejects(404);
        unanswered(w, "failed", EndedBy::Caller);
    });
}

#[test]
fn a_first_party_that_leaves_before_the_other_answers_is_a_failed_call() {
    in_all_weathers(|w| {
        let status = w.web("http://crm.example/status").answers(200);
        let (alice, bob) = (w.phone("alice").answers_after(1.s()), w.phone("bob").only_rings());
        assert_eq!(w.start(to_bob(callback(false))), Ok(()));
        w.until(bob.is_rung());
        alice.hangs_up();
        w.settle();
        assert_eq!(fields(&status.requested()[0], ["/Status"]), ["failed"]);
    });
}

#[test]
fn the_other_party_s_refusal_is_the_call_s_outcome() {
    for (code, word) in [(486, "busy"), (480, "no-answer"), (404, "failed")] {
        in_all_weathers(|w| {
            let status = w.web("http://crm.example/status").answers(200);
            let (alice, _bob) = (w.phone("alice").answers_after(1.s()), w.phone("bob").rejects(code));
            assert_eq!(w.start(to_bob(callback(true))), Ok(()));
            w.until(alice.is_answered());
            w.until(alice.is_free());
            w.settle();
            let told = status.requested();
            let end = told.last().expect("it is told");
            assert_eq!(fields(end, ["/Status", "/Legs/0/Status", "/Legs/1/Status"]), [word, "completed", word]);
        });
    }
}

#[test]
fn a_call_ends_at_its_limit() {
    in_all_weathers(|w| {
        let (alice, bob) = (w.phone("alice").answers_after(1.s()), w.phone("bob").answers_after(1.s()));
        let wanted = StartCall { limit: Some(20.s()), ..to_bob(None) };
        assert_eq!(w.start(wanted), Ok(()));
        w.until(alice.talks_to(&bob));
        w.settle();
        let record = w.records().remove(0);
        assert_eq!((record.cause, record.ended_by), (Some(Cause::NORMAL_CLEARING), Some(EndedBy::Us)));
        let lasted = record.billable.expect("it is over");
        assert!((20.s()..21.s()).contains(&lasted), "{lasted:?}");
    });
}

#[test]
fn a_first_party_that_declines_or_never_says_a_word_ends_the_call() {
    in_all_weathers(|w| {
        let _alice = w.phone("alice").rejects(603);
        unanswered(w, "busy", EndedBy::Caller);
    });
    in_all_weathers(|w| {
        let _alice = w.phone("alice").speaks_early_and_rejects_after(2.s(), 480);
        unanswered(w, "no-answer", EndedBy::Caller);
    });
    let mut w = World::new(1);
    let _alice = w.phone("alice").is_silent();
    unanswered(&mut w, "no-answer", EndedBy::Us);
}

#[test]
fn the_other_party_that_does_not_answer_is_whom_the_call_was_to() {
    in_all_weathers(|w| {
        let status = w.web("http://crm.example/status").answers(200);
        let _alice = w.phone("alice").rejects(486);
        assert_eq!(w.start(to_bob(callback(true))), Ok(()));
        w.settle();
        let told = status.requested().remove(0);
        let paths = ["/To", "/PhoneNumberSid", "/Status", "/Legs/0/Status", "/Legs/1/Status"];
        assert_eq!(fields(&told, paths), ["sip:bob@10.0.1.2", "08011112222", "busy", "busy", ""]);
    });
}

#[test]
fn what_the_first_party_says_while_it_rings_is_its_answer_when_it_answers() {
    in_all_weathers(|w| {
        w.publish_flow(FLOW);
        let site = w.web("http://crm.example/calls").answers(200);
        let alice = w.phone("alice").speaks_early_and_answers_after(2.s());
        assert_eq!(w.start(to_flow(None)), Ok(()));
        w.until(alice.hears("Hello."));
        w.until(alice.is_free());
        w.settle();
        assert_eq!(site.requested().len(), 1);
    });
}

#[test]
fn a_user_is_rung_at_the_next_phone_if_one_does_not_take_it() {
    let mut w = World::with_users(1, &["alice"]);
    w.publish_flow(FLOW);
    let site = w.web("http://crm.example/calls").answers(200);
    let (mobile, desk) = (w.phone("alice"), w.phone("alice").rejects(486));
    w.registers(&mobile);
    w.registers(&desk);
    assert_eq!(w.start(StartCall { from: "sip:alice".into(), ..to_flow(None) }), Ok(()));
    w.until(mobile.hears("Hello."));
    w.until(mobile.is_free());
    w.settle();
    assert_eq!((desk.finals(), site.requested().len()), (vec![486], 1));
    assert_eq!(site.requested()[0].parameter("From"), Some("sip%3Aalice"));
}

#[test]
fn a_user_who_is_not_registered_cannot_be_rung() {
    let mut w = World::with_users(1, &["alice"]);
    w.publish_flow(FLOW);
    assert_eq!(w.start(StartCall { from: "sip:alice".into(), ..to_flow(None) }), Ok(()));
    w.settle();
    let record = w.records().remove(0);
    assert_eq!((record.state, record.cause), (CallState::Unanswered, Some(Cause::SUBSCRIBER_ABSENT)));
}

#[test]
fn the_server_stops_while_the_first_party_rings() {
    in_all_weathers(|w| {
        w.publish_flow(FLOW);
        let status = w.web("http://crm.example/status").answers(200);
        let alice = w.phone("alice").only_rings();
        assert_eq!(w.start(to_flow(callback(true))), Ok(()));
        w.until(alice.is_rung());
        w.stops_within(2.s());
        w.until(alice.is_free());
        let record = w.records().remove(0);
        assert_eq!((record.state, record.cause), (CallState::Unanswered, Some(Cause::TEMPORARY_FAILURE)));
        assert_eq!((alice.finals(), status.requested().len()), (vec![487], 1));
    });
}

#[test]
fn a_call_that_cannot_be_begun_says_why() {
    let mut w = World::new(1);
    let id = FlowId::new(11111).expect("a number");
    assert_eq!(w.start(to_flow(None)), Err(StartError::NoFlow(id)));
    let nobody = StartCall { from: "nobody".into(), ..to_bob(None) };
    assert_eq!(w.start(nobody), Err(StartError::Nobody("nobody".into())));
    let to_nobody = Connect { to: "{{ vars.x }}".into(), wait_url: None, record: None, playback: None, ears: None };
    let refused = w.start(wanted(Then::Connect(to_nobody), None));
    assert_eq!(refused, Err(StartError::Nobody("{{ vars.x }}".into())));
    let alice = w.phone("alice").only_rings();
    assert_eq!(w.start(to_bob(None)), Ok(()));
    w.until(alice.is_rung());
    assert_eq!(w.start(to_bob(None)), Err(StartError::Taken(CallSid::new(SID))));
    w.settle();
    assert_eq!(w.records().len(), 1);
    w.stops_within(1.s());
    assert_eq!(w.start(to_bob(None)), Err(StartError::Leaving));
    w.settle();
}

const WAIT: &str = "http://crm.example/wait.wav";
const WHISPER: &str = "http://crm.example/whisper.wav";

/// A call to Bob with sounds of the web.
fn to_bob_with_sounds() -> StartCall {
    let (wait_url, playback) = (Some(WAIT.into()), Some(Playback { to_both: true, url: WHISPER.into() }));
    wanted(Then::Connect(Connect { to: "sip:bob@10.0.1.2".into(), wait_url, record: None, playback, ears: None }), None)
}

#[test]
fn sounds_of_the_web_are_there_when_they_are_wanted() {
    in_all_weathers(|w| {
        let wait = w.web(WAIT).says(200, "audio/wav", "RIFF").after(800.ms());
        let whisper = w.web(WHISPER).says(200, "audio/wav", "RIFF").after(800.ms());
        let (alice, bob) = (w.phone("alice").answers_after(2.s()), w.phone("bob").answers_after(3.s()));
        assert_eq!(w.start(to_bob_with_sounds()), Ok(()));
        w.until(alice.talks_to(&bob));
        alice.hangs_up();
        w.until(bob.is_free());
        w.settle();
        if w.is_calm() {
            assert!(wait.requested()[0].at < 1.s(), "it is fetched while Alice's phone rings");
        }
        assert_eq!(alice.heard(), [WAIT, WHISPER, "bob"]);
        assert_eq!(bob.heard(), [WHISPER, "alice"]);
        assert_eq!((wait.requested().len(), whisper.requested().len(), w.faults(0)), (1, 1, Vec::new()));
    });
}

#[test]
fn sounds_that_cannot_be_had_hold_up_nobody() {
    in_all_weathers(|w| {
        let _wait = w.web(WAIT).answers(404);
        let _whisper = w.web(WHISPER).answers(404);
        let (alice, bob) = (w.phone("alice"), w.phone("bob").answers_after(3.s()));
        assert_eq!(w.start(to_bob_with_sounds()), Ok(()));
        w.until(alice.talks_to(&bob));
        alice.hangs_up();
        w.until(bob.is_free());
        w.settle();
        assert_eq!((alice.heard(), bob.heard()), (vec!["bob".to_owned()], vec!["alice".to_owned()]));
        let faults = w.faults(0);
        assert!(faults.iter().any(|what| what.starts_with(WAIT)), "{faults:?}");
        assert!(faults.iter().any(|what| what.starts_with(WHISPER)), "{faults:?}");
    });
}

#[test]
fn a_conversation_is_recorded_if_it_is_asked_for() {
    let mut w = World::new(1);
    let status = w.web("http://crm.example/status").answers(200);
    let (alice, bob) = (w.phone("alice"), w.phone("bob").answers_after(1.s()));
    let record = Some(Record { dual: true, format: Format::Wav });
    let connect = Connect { to: "sip:bob@10.0.1.2".into(), wait_url: None, record, playback: None, ears: None };
    assert_eq!(w.start(wanted(Then::Connect(connect), callback(false))), Ok(()));
    w.until(alice.talks_to(&bob));
    w.passes(5.s());
    alice.hangs_up();
    w.settle();
    let told = status.requested().remove(0);
    assert_eq!(field(&told, "/Status"), "completed");
    assert!(field(&told, "/RecordingUrl").starts_with("http"), "{}", told.body);
}

#[test]
fn a_flow_s_conversation_is_recorded_if_the_call_was_asked_for_so() {
    let desk = "flow: desk
id: 11111
start: sales
nodes:
  sales: { applet: connect, to: 'sip:bob@10.0.1.2', RECORD on: { answered: bye, missed: bye, nobody: bye } }
  bye: { applet: hangup }";
    let (mp3, wav) = (Record { dual: true, format: Format::Mp3 }, Record { dual: false, format: Format::Wav });
    let rows = [("", None, None), ("", Some(mp3), Some(mp3)), ("record: single,", Some(mp3), Some(wav))];
    for (flow_says, asked, recorded) in rows {
        let mut w = World::new(1);
        w.publish_flow(&desk.replace("RECORD", flow_says));
        let (alice, bob) = (w.phone("alice").answers_after(1.s()), w.phone("bob").answers_after(1.s()));
        let flow = ToFlow { id: FlowId::new(11111).expect("a number"), record: asked };
        assert_eq!(w.start(wanted(Then::Flow(flow), None)), Ok(()));
        w.until(alice.talks_to(&bob));
        w.passes(2.s());
        alice.hangs_up();
        w.settle();
        let heard: Vec<_> = w.recordings().iter().map(|heard| heard.record).collect();
        assert_eq!(heard, Vec::from_iter(recorded), "{flow_says} {asked:?}");
    }
}

const BOT: &str = "wss://bot.example/ws";

fn to_bot(two_way: bool, record: Option<Record>) -> StartCall {
    wanted(Then::Bot(ToBot { url: BOT.into(), two_way, record }), callback(true))
}

#[test]
fn who_answers_talks_with_an_application_until_that_goes() {
    in_all_weathers(|w| {
        let status = w.web("http://crm.example/status").answers(200);
        let bot = w.bot(BOT).speaks(500.ms(), "Hello.").closes(5.s(), 1000);
        let alice = w.phone("alice").answers_after(2.s());
        assert_eq!(w.start(to_bot(true, None)), Ok(()));
        w.until(alice.hears("Hello."));
        w.until(alice.is_free());
        w.settle();
        let start = &bot.messages()[1];
        let parties = r#""from":"sip:alice@10.0.1.1","to":"08011112222""#;
        assert!(start.contains(&format!(r#""call_sid":"{SID}""#)) && start.contains(parties), "{start}");
        let told: Vec<_> = status
            .requested()
            .iter()
            .map(|told| fields(told, ["/EventType", "/Status", "/To", "/CustomField"]))
            .collect();
        let number = "08011112222";
        assert_eq!(told, [["answered", "in-progress", number, ""], ["terminal", "completed", number, "order-17"]]);
        let record = w.records().remove(0);
        assert_eq!((record.state, record.ended_by), (CallState::Completed, Some(EndedBy::Us)));
        assert_eq!((record.status(), record.called()), (CallStatus::Completed, "+918011112222"));
    });
}

#[test]
fn who_hangs_up_on_an_application_leaves_a_recording_of_both() {
    let mut w = World::new(1);
    let status = w.web("http://crm.example/status").answers(200);
    let bot = w.bot(BOT).echoes();
    let alice = w.phone("alice").answers_after(1.s());
    assert_eq!(w.start(to_bot(true, Some(Record { dual: true, format: Format::Mp3 }))), Ok(()));
    w.until(alice.hears("alice"));
    w.passes(3.s());
    alice.hangs_up();
    w.settle();
    assert!(bot.messages().last().is_some_and(|last| last.contains(r#""reason":"callended""#)));
    let recording = w.recordings().remove(0);
    assert_eq!(recording.channels, [["alice"], ["alice"]], "one is the other's echo");
    let told = status.requested().remove(1);
    assert!(field(&told, "/RecordingUrl").contains(&format!("/recordings/{}.mp3?", recording.name)), "{}", told.body);
}

#[test]
fn an_application_that_only_listens_holds_the_call_and_is_not_heard() {
    let mut w = World::new(1);
    let bot = w.bot(BOT).speaks(500.ms(), "Hello.").closes(5.s(), 1000);
    let alice = w.phone("alice").answers_after(1.s());
    assert_eq!(w.start(to_bot(false, None)), Ok(()));
    w.until(bot.gets("media"));
    w.until(alice.is_free());
    w.settle();
    assert_eq!(alice.heard(), [""; 0]);
    assert_eq!(w.walk(0), ["talk -> next", "bye"]);
}

#[test]
fn an_application_may_listen_to_a_talk_of_two() {
    in_all_weathers(|w| {
        let ears = w.bot("wss://ears.example/ws");
        let (alice, bob) = (w.phone("alice").answers_after(1.s()), w.phone("bob").answers_after(1.s()));
        let Then::Connect(connect) = to_bob(None).then else { unreachable!("two numbers") };
        let connect = Connect { ears: Some("wss://ears.example/ws".into()), ..connect };
        assert_eq!(w.start(wanted(Then::Connect(connect), None)), Ok(()));
        w.until(alice.talks_to(&bob));
        w.until(ears.gets("media"));
        bob.hangs_up();
        w.until(alice.is_free());
        w.settle();
        let last = ears.messages().pop().unwrap_or_default();
        assert!(last.contains(r#""event":"stop""#), "{last}");
        assert_eq!(w.records()[0].called(), "sip:bob@10.0.1.2");
    });
}

#[test]
fn a_call_whose_application_cannot_be_had_ends() {
    in_all_weathers(|w| {
        let status = w.web("http://crm.example/status").answers(200);
        let _bot = w.bot(BOT).fails(sim::nobody_listens());
        let alice = w.phone("alice").answers_after(1.s());
        assert_eq!(w.start(to_bot(true, None)), Ok(()));
        w.until(alice.is_answered());
        w.until(alice.is_free());
        w.settle();
        assert_eq!(fields(&status.requested()[1], ["/EventType", "/Status"]), ["terminal", "completed"]);
        assert_eq!(w.records()[0].status(), CallStatus::Completed, "the same");
    });
}
