//! What the server is known to send is read whole: no parameter of it is unknown to the types.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use model::{
    CallFacts, CallSid, Cause, DialFacts, DialStatus, Direction, EndedBy, FlowId, LegFacts, LegMoments, Tenant,
};
use passthru_app::Passthru;
use passthru_app::classic::{CallStatus, CallType, DialCallStatus, DisconnectedBy, LegType};
use passthru_app::extended::{CallDirection, CallOutcome, CallState, ConnectStatus, HangupBy, LegStatus};
use passthru_app::time::{india, moment};
use serde_json::Value;

/// The requests that `crates/server/tests/it/golden.rs` holds real calls against.
fn golden(name: &str) -> Passthru {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/tests/it/golden").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Passthru::from_form(text.trim_end()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_stage_of_a_classic_call_is_read() {
    use CallStatus as S;
    use CallType as T;
    let rows = [
        ("before_answer.txt", S::Ringing, T::CallAttempt, None, None, 0),
        ("after_greeting.txt", S::InProgress, T::CallAttempt, None, None, 0),
        ("after_ivr.txt", S::InProgress, T::CallAttempt, None, Some("1"), 0),
        ("after_gather.txt", S::InProgress, T::CallAttempt, None, Some("1"), 0),
        ("completed.txt", S::Completed, T::Completed, Some(DialCallStatus::Completed), None, 4),
        ("busy.txt", S::Ringing, T::Incomplete, Some(DialCallStatus::Busy), None, 0),
        ("no_answer.txt", S::Ringing, T::Incomplete, Some(DialCallStatus::NoAnswer), None, 0),
        ("failed.txt", S::Ringing, T::Incomplete, Some(DialCallStatus::Failed), None, 0),
        ("client_hangup.txt", S::Canceled, T::ClientHangup, Some(DialCallStatus::Canceled), None, 0),
        ("after_recorded_connect.txt", S::Completed, T::Completed, Some(DialCallStatus::Completed), None, 4),
    ];
    for (name, status, kind, dial, keys, seconds) in rows {
        let call = golden(name);
        let classic = &call.classic;
        assert_eq!(classic.call_status, Some(status), "{name}");
        assert_eq!(classic.call_type, kind, "{name}");
        assert_eq!(classic.dial_call_status, dial, "{name}");
        assert_eq!(classic.keys(), keys, "{name}");
        assert_eq!(classic.dial_call_duration, seconds, "{name}");
        assert_eq!(classic.legs.len(), usize::from(dial.is_some()), "{name}");
        assert_eq!((classic.call_from.as_str(), classic.to.as_str()), ("09900000001", "08011112222"), "{name}");
        assert_eq!(moment(&classic.created, &india()), "2026-11-24T04:30:00Z".parse().ok(), "{name}");
        assert_eq!(moment(&classic.end_time, &india()), None, "{name}");
        assert_eq!(call.extended, None, "{name}");
        assert_eq!(names(&serde_json::to_value(classic).expect("JSON")), sent(&call), "{name}");
    }
}

#[test]
fn a_leg_of_the_classic_profile_has_its_quirks() {
    let call = golden("client_hangup.txt");
    let [leg] = &call.classic.legs[..] else { panic!("one leg") };
    assert_eq!((leg.cause, leg.cause_code.as_deref()), (Some(1003), Some("RING_TIMEOUT")));
    assert_eq!((&leg.kind, &leg.disconnected_by), (&Some(LegType::Single), &Some(DisconnectedBy::Caller)));
    assert_eq!(call.classic.forwarded_from.as_deref(), Some("null"));
    assert_eq!(call.field("Legs[0][Number]"), Some("09900000003"));
}

/// The flat names of all that a value holds.
fn names(value: &Value) -> BTreeSet<String> {
    fn add(names: &mut BTreeSet<String>, name: &str, value: &Value) {
        let inner = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}[{key}]") };
        match value {
            Value::Null => {}
            Value::Object(map) => map.iter().for_each(|(key, value)| add(names, &inner(key), value)),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(i, value)| add(names, &inner(&i.to_string()), value));
            }
            _ => drop(names.insert(name.to_owned())),
        }
    }
    let mut all = BTreeSet::new();
    add(&mut all, "", value);
    all
}

fn sent(call: &Passthru) -> BTreeSet<String> {
    call.fields.iter().map(|(name, _)| name.clone()).collect()
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// An outgoing call whose party talked with an agent and has gone.
fn facts() -> CallFacts {
    let leg = LegFacts {
        number: "sip:desk".into(),
        status: DialStatus::Completed,
        talk: Duration::from_millis(58_900),
        ring: Duration::from_secs(12),
        cause: Cause::NORMAL_CLEARING,
        by: EndedBy::Us,
        parallel: true,
        caller_id: "+918000000002".into(),
        moments: LegMoments {
            started: Some(at("2024-07-31T11:13:00Z")),
            answered: Some(at("2024-07-31T11:13:12Z")),
            ended: Some(at("2024-07-31T11:14:10.9Z")),
        },
    };
    let dial = DialFacts {
        status: DialStatus::Completed,
        duration: Duration::from_secs(70),
        caller_id: "+918000000002".into(),
        legs: vec![leg],
    };
    CallFacts {
        sid: CallSid::new("0f1e2d3c4b5a69788796a5b4c3d2187v"),
        tenant: Tenant::default(),
        direction: Direction::Outgoing,
        from: "+919900000001".into(),
        to: "+918000000002".into(),
        created: at("2024-07-31T11:12:56.700Z"),
        answered: true,
        answered_at: Some(at("2024-07-31T11:12:58Z")),
        ended: true,
        ended_at: Some(at("2024-07-31T11:14:11Z")),
        digits: Some(String::new()),
        dial: Some(dial),
        recording: None,
        voicemail: false,
        stream: None,
        passthru: None,
        custom_field: Some("order 7".into()),
        flow: "front-desk".into(),
        flow_id: FlowId::new(11111).expect("five digits"),
    }
}

#[test]
fn the_extended_profile_is_read_whole() {
    let fields = exotel::extended::fields(&facts(), &Default::default(), at("2024-07-31T11:14:12Z"));
    let call = Passthru::from_fields(fields).expect("readable");
    let extended = call.extended.clone().expect("it says that it is");
    assert_eq!(extended.call_direction, CallDirection::Outbound);
    assert_eq!(extended.call_state, CallState::Ended);
    assert_eq!(extended.call_outcome, CallOutcome::Talked);
    assert_eq!((extended.party_number.as_str(), extended.line_number.as_str()), ("+919900000001", "+918000000002"));
    assert_eq!((extended.ended_at, extended.call_seconds), (facts().ended_at, 74.3));
    assert_eq!((extended.keys.as_deref(), call.classic.keys()), (Some(""), Some("")));
    assert_eq!((&extended.connect_status, extended.talk_seconds), (&Some(ConnectStatus::Talked), Some(58.9)));
    let [leg] = &extended.legs[..] else { panic!("one leg") };
    assert_eq!((&leg.status, leg.parallel, leg.hangup_cause), (&LegStatus::Talked, true, 16));
    assert_eq!((&leg.hangup_by, leg.answered_at), (&HangupBy::Server, Some(at("2024-07-31T11:13:12Z"))));
    let mut known = names(&serde_json::to_value(&extended).expect("JSON"));
    known.extend(names(&serde_json::to_value(&call.classic).expect("JSON")));
    assert_eq!(known, sent(&call));
}

#[test]
fn what_json_says_is_what_a_form_says() {
    let fields = exotel::extended::fields(&facts(), &Default::default(), at("2024-07-31T11:14:12Z"));
    let flat: serde_json::Map<String, Value> =
        fields.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let call = Passthru::from_fields(fields).expect("readable");
    assert_eq!(Passthru::from_json(Value::from(flat).to_string().as_bytes()), Ok(call.clone()));
    // Values within values, numbers and truth values as such.
    let mut nested = serde_json::to_value(&call.classic).expect("JSON");
    let legs = serde_json::to_value(&call.extended).expect("JSON");
    for (name, value) in legs.as_object().expect("a map") {
        if name != "Legs" {
            nested[name] = value.clone();
        }
    }
    for (name, value) in legs["Legs"][0].as_object().expect("a map") {
        nested["Legs"][0][name] = value.clone();
    }
    let read = Passthru::from_json(nested.to_string().as_bytes()).expect("readable");
    assert_eq!((read.classic, read.extended), (call.classic, call.extended));
}

#[test]
fn what_is_no_passthru_is_told_by_its_name() {
    let good = "CallSid=1&CallFrom=2&CallTo=3&Direction=incoming&Created=&StartTime=&EndTime=&CallType=x&DialWhomNumber=&From=&To=&CurrentTime=";
    let rows = [
        (String::new(), "missing field `CallSid`"),
        (good.to_owned(), "missing field `DialCallDuration`"),
        (format!("{good}&DialCallDuration=soon"), "DialCallDuration: `soon`: invalid digit found in string"),
        (
            format!("{good}&DialCallDuration=0&Legs[0][Number]=1&Legs[0][OnCallDuration]=0&Legs[0][Cause]=x"),
            "Legs[0].Cause: `x`: invalid digit found in string",
        ),
        (format!("{good}&DialCallDuration=0&Profile=extended"), "missing field `SentAt`"),
        ("a=1&".repeat(1001), "1001 fields, at most 1000 are read"),
    ];
    for (form, why) in rows {
        let error = Passthru::from_form(&form).expect_err(why).to_string();
        assert_eq!(error, format!("this is not the request of a Passthru: {why}"));
    }
    let error = Passthru::from_json(b"[1]").expect_err("a list").to_string();
    assert!(error.contains("expected a map"), "{error}");
    let read = Passthru::from_form(&format!("From=mine&{good}&DialCallDuration=7&Profile=other&key=s3cret"));
    let read = read.expect("readable");
    assert_eq!((read.classic.from.as_str(), read.classic.dial_call_duration), ("", 7), "the last of a name counts");
    assert_eq!((read.field("key"), read.field("Key"), &read.extended), (Some("s3cret"), None, &None));
    assert_eq!(read.classic.call_type, CallType::Other("x".into()));
}
