//! The extended profile, stage by stage, as literal text; and its page, which names every key and no other.

mod facts;

use std::collections::BTreeSet;
use std::time::Duration;

use exotel::extended::{fields, tells};
use exotel::passthru::{self, Profile};
use exotel::recording::{Links, VALIDITY};
use exotel::time::zone;
use expect_test::expect;
use facts::{ringing, time};
use model::{
    CallFacts, Cause, DialFacts, DialStatus, Direction, EndedBy, LegFacts, LegMoments, RecordingFacts, RecordingName,
};

const NOW: &str = "2024-07-31T11:14:30Z";

fn profile() -> Profile {
    let links = Links::new("https://voice.example", [7; 32], VALIDITY);
    Profile { tenant_id: 2222, recordings: Some(links), ..Profile::default() }
}

/// Two agents: the first rings in vain, the second talks for 58.9 s and hangs up. The caller, rung by the API, typed 1 before.
fn talked() -> CallFacts {
    let missed = LegFacts {
        number: "+919900000003".into(),
        status: DialStatus::NoAnswer,
        talk: Duration::ZERO,
        ring: Duration::from_secs(12),
        cause: Cause::RECOVERY_ON_TIMER_EXPIRY,
        by: EndedBy::Us,
        parallel: false,
        caller_id: "+918000000002".into(),
        moments: LegMoments {
            started: Some(time("2024-07-31T11:13:00Z")),
            answered: None,
            ended: Some(time("2024-07-31T11:13:15Z")),
        },
    };
    let talked = LegFacts {
        number: "sip:desk".into(),
        status: DialStatus::Completed,
        talk: Duration::from_millis(58_900),
        ring: Duration::from_millis(4_050),
        cause: Cause::NORMAL_CLEARING,
        by: EndedBy::Callee,
        parallel: true,
        moments: LegMoments {
            started: Some(time("2024-07-31T11:13:15Z")),
            answered: Some(time("2024-07-31T11:13:19.100Z")),
            ended: Some(time("2024-07-31T11:14:18Z")),
        },
        ..missed.clone()
    };
    let dial = DialFacts {
        status: DialStatus::Completed,
        duration: Duration::from_secs(63),
        caller_id: "+918000000002".into(),
        legs: vec![missed, talked],
    };
    CallFacts {
        direction: Direction::Outgoing,
        answered: true,
        answered_at: Some(time("2024-07-31T11:12:58.001Z")),
        ended: true,
        ended_at: Some(time("2024-07-31T11:14:20.5Z")),
        digits: Some("1".into()),
        custom_field: Some("order 7 & \"8\"".into()),
        recording: Some(RecordingFacts {
            name: RecordingName::new([1; 16]),
            mp3: true,
            duration: Duration::from_millis(58_860),
        }),
        dial: Some(dial),
        ..ringing()
    }
}

/// The keys that the classic profile has not, a line each.
fn own(facts: &CallFacts, profile: &Profile) -> String {
    let fields = fields(facts, profile, time(NOW));
    let own = fields.iter().skip_while(|(name, _)| name != "Profile");
    own.map(|(name, value)| format!("{name} = {value}\n")).collect()
}

#[test]
fn before_the_answer() {
    expect![[r#"
        Profile = extended
        SentAt = 2024-07-31T16:44:30.000+05:30
        CallDirection = inbound
        PartyNumber = +919900000001
        LineNumber = +918000000002
        CallState = ringing
        CallOutcome = none
        CreatedAt = 2024-07-31T16:42:56.700+05:30
        CallSeconds = 93.300
        FlowName = front-desk
        FlowId = 11111
        TenantId = 2222
    "#]]
    .assert_eq(&own(&ringing(), &profile()));
}

#[test]
fn after_a_conversation() {
    expect![[r#"
        Profile = extended
        SentAt = 2024-07-31T16:44:30.000+05:30
        CallDirection = outbound
        PartyNumber = +919900000001
        LineNumber = +918000000002
        CallState = ended
        CallOutcome = talked
        CreatedAt = 2024-07-31T16:42:56.700+05:30
        AnsweredAt = 2024-07-31T16:42:58.001+05:30
        EndedAt = 2024-07-31T16:44:20.500+05:30
        CallSeconds = 83.800
        FlowName = front-desk
        FlowId = 11111
        TenantId = 2222
        Keys = 1
        CustomText = order 7 & "8"
        RecordingSeconds = 58.860
        ConnectStatus = talked
        ShownNumber = +918000000002
        TalkedTo = sip:desk
        TalkSeconds = 58.900
        Legs[0][PartyNumber] = +919900000003
        Legs[0][ShownNumber] = +918000000002
        Legs[0][Status] = no-answer
        Legs[0][Parallel] = false
        Legs[0][StartedAt] = 2024-07-31T16:43:00.000+05:30
        Legs[0][EndedAt] = 2024-07-31T16:43:15.000+05:30
        Legs[0][RingSeconds] = 12.000
        Legs[0][TalkSeconds] = 0.000
        Legs[0][HangupCause] = 102
        Legs[0][HangupCauseName] = RECOVERY_ON_TIMER_EXPIRY
        Legs[0][HangupBy] = server
        Legs[1][PartyNumber] = sip:desk
        Legs[1][ShownNumber] = +918000000002
        Legs[1][Status] = talked
        Legs[1][Parallel] = true
        Legs[1][StartedAt] = 2024-07-31T16:43:15.000+05:30
        Legs[1][AnsweredAt] = 2024-07-31T16:43:19.100+05:30
        Legs[1][EndedAt] = 2024-07-31T16:44:18.000+05:30
        Legs[1][RingSeconds] = 4.050
        Legs[1][TalkSeconds] = 58.900
        Legs[1][HangupCause] = 16
        Legs[1][HangupCauseName] = NORMAL_CLEARING
        Legs[1][HangupBy] = callee
    "#]]
    .assert_eq(&own(&talked(), &profile()));
}

#[test]
fn what_became_of_a_connect_in_each_word() {
    use DialStatus::{Busy, Canceled, Completed, Failed, NoAnswer};
    let rows = [
        (Completed, EndedBy::Callee, "talked", "talked", "talked", "callee"),
        (Busy, EndedBy::Callee, "missed", "busy", "busy", "callee"),
        (NoAnswer, EndedBy::Us, "missed", "no-answer", "no-answer", "server"),
        (Failed, EndedBy::Network, "missed", "failed", "failed", "network"),
        (Canceled, EndedBy::Caller, "abandoned", "abandoned", "canceled", "caller"),
    ];
    for (status, by, outcome, connect, leg, who) in rows {
        let mut facts = talked();
        let dial = facts.dial.as_mut().expect("a connect");
        dial.status = status;
        dial.legs = vec![LegFacts { status, by, ..dial.legs[0].clone() }];
        let said = own(&facts, &profile());
        for line in [
            format!("CallOutcome = {outcome}\n"),
            format!("ConnectStatus = {connect}\n"),
            format!("Legs[0][Status] = {leg}\n"),
            format!("Legs[0][HangupBy] = {who}\n"),
        ] {
            assert!(said.contains(&line), "{line} is missing in\n{said}");
        }
        assert_eq!(said.contains("TalkedTo = +919900000003\n"), status == Completed, "{said}");
    }
}

#[test]
fn a_voicemail_is_told_alone() {
    let said = own(&CallFacts { voicemail: true, ..talked() }, &profile());
    assert!(said.contains("CallOutcome = voicemail\n") && said.contains("RecordingSeconds = 58.860\n"), "{said}");
    assert!(!said.contains("ConnectStatus") && !said.contains("Legs"), "{said}");
}

#[test]
fn the_account_decides_the_zone_alone() {
    let elsewhere = Profile { zone: zone("America/New_York").expect("a zone"), ..profile() };
    let said = own(&CallFacts { from: "09900000001".into(), ..ringing() }, &elsewhere);
    assert!(said.contains("CreatedAt = 2024-07-31T07:12:56.700-04:00\n"), "{said}");
    assert!(said.contains("PartyNumber = +919900000001\n"), "{said}");
}

/// As PHP and browsers encode forms.
fn encoded(fields: &[(String, String)]) -> String {
    let encode = |text: &str| -> String {
        let bytes = text.bytes().map(|byte| match byte {
            b' ' => "+".into(),
            b'-' | b'_' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        });
        bytes.collect()
    };
    fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}

#[test]
fn the_classic_parameters_come_first_and_unchanged_but_for_the_real_end() {
    let bare = Profile { send_status: false, send_deprecated: false, send_disconnected_by: false, ..profile() };
    let strange = CallFacts { from: "x&CallTo=1#\r\n+ %41ü".into(), ..talked() };
    for facts in [ringing(), talked(), CallFacts { voicemail: true, ..talked() }, strange] {
        for profile in [profile(), bare.clone()] {
            let classic = passthru::url("https://crm.example/", &facts, &profile, time(NOW));
            let all = fields(&facts, &profile, time(NOW));
            let at = all.iter().position(|(name, _)| name == "Profile").expect("it says what it is");
            let end = all.iter().find(|(name, _)| name == "EndTime").expect("it is there");
            let known = facts.ended_at.map_or("1970-01-01 05:30:00", |_| "2024-07-31 16:44:20");
            assert_eq!(end.1, known);
            let classic = classic.replace(
                "EndTime=1970-01-01+05%3A30%3A00",
                &format!("EndTime={}", known.replace(' ', "+").replace(':', "%3A")),
            );
            assert_eq!(format!("https://crm.example/?{}", encoded(&all[..at])), classic);
        }
    }
}

#[test]
fn no_name_is_sent_twice() {
    let mut seen = BTreeSet::new();
    for (name, _) in fields(&talked(), &profile(), time(NOW)) {
        assert!(seen.insert(name.clone()), "{name}");
    }
}

#[test]
fn the_page_has_every_key_and_no_other() {
    let page = include_str!("../../../docs/passthru-extended.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let told: BTreeSet<String> = rows.map(|(name, _)| name.to_owned()).collect();
    let sent = own(&talked(), &profile());
    let sent: BTreeSet<String> =
        sent.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| generic(name)).collect();
    assert_eq!(told, sent);
}

/// `Legs[1][Status]` as the page has it: `Legs[i][Status]`.
fn generic(name: &str) -> String {
    name.replace("Legs[0]", "Legs[i]").replace("Legs[1]", "Legs[i]")
}

#[test]
fn each_name_that_is_told_by_is_known_and_no_other() {
    for (name, _) in fields(&talked(), &profile(), time(NOW)) {
        assert!(tells(&name), "{name}");
    }
    for name in ["", "callsid", "Callsid", "Leg", "Tier", "x"] {
        assert!(!tells(name), "{name}");
    }
}
