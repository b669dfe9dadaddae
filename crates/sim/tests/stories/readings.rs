//! What a call came to is read in three places: in the StatusCallback, in the v1 API's call and its `Details`, and in the
//! parameters of a Passthru. They say the same (`exotel.md` 1.7, 4.5, 4.7).

use std::time::Duration;

use exotel::account::Account;
use exotel::call_object;
use exotel::passthru::Profile;
use model::{CallSid, Cdr, Connect, DialStatus, Playback, StartCall, StatusCallback, Then};
use serde_json::{Value, json};
use sim::{Phone, Requested, Units, World, in_all_weathers};

const NUMBER: &str = "+918011112222";
const WHISPER: &str = "http://crm.example/whisper.wav";

/// A call of Alice with Bob, who hears something first, told of with all that there is.
fn to_bob() -> StartCall {
    let playback = Some(Playback { to_both: false, url: WHISPER.into() });
    let connect = Connect { to: "sip:bob@10.0.1.2".into(), wait_url: None, record: None, playback, ears: None };
    StartCall {
        sid: CallSid::new("0f1e2d3c4b5a69788796a5b4c3d21abo"),
        from: "sip:alice@10.0.1.1".into(),
        caller_id: NUMBER.into(),
        ring: Duration::from_secs(5),
        limit: None,
        custom_field: None,
        callback: Some(StatusCallback {
            url: "http://crm.example/status".into(),
            answered: true,
            terminal: true,
            json: true,
        }),
        then: Then::Connect(connect),
    }
}

/// Plays a call between the two; what the API says of it, after it was found to agree with the callback of its end.
fn between(
    w: &mut World,
    phones: impl Fn(Phone, Phone) -> [Phone; 2],
    story: impl Fn(&mut World, [&Phone; 2]),
) -> Value {
    let _whisper = w.web(WHISPER).says(200, "audio/wav", "RIFF");
    let status = w.web("http://crm.example/status").answers(200);
    let [alice, bob] = phones(w.phone("alice"), w.phone("bob"));
    assert_eq!(w.start(to_bob()), Ok(()));
    story(w, [&alice, &bob]);
    w.settle();
    let shown = shown(&w.records().remove(0));
    let told = status.requested();
    let ends: Vec<Value> = told.iter().map(told_of).filter(|told| told["EventType"] == "terminal").collect();
    assert_eq!(ends.len(), 1, "the end, once");
    let details = &shown["Details"];
    let second = |told: &Value, name: &str| told["Legs"][1][name].clone();
    let rows = [
        ("Status", ends[0]["Status"].clone(), shown["Status"].clone()),
        ("StartTime", ends[0]["StartTime"].clone(), shown["StartTime"].clone()),
        ("EndTime", ends[0]["EndTime"].clone(), shown["EndTime"].clone()),
        ("Duration", json!(ends[0]["Duration"].to_string()), shown["Duration"].clone()),
        ("ConversationDuration", ends[0]["ConversationDuration"].clone(), details["ConversationDuration"].clone()),
        ("Leg1Status", ends[0]["Legs"][0]["Status"].clone(), details["Leg1Status"].clone()),
        ("Leg2Status", second(&ends[0], "Status"), details["Leg2Status"].as_str().unwrap_or_default().into()),
        ("leg 1", ends[0]["Legs"][0]["OnCallDuration"].clone(), on_call(details, 0)),
        ("leg 2", second(&ends[0], "OnCallDuration"), on_call(details, 1)),
    ];
    for (name, told, shown) in rows {
        assert_eq!(told, shown, "{name}: the callback and the API");
    }
    shown
}

fn told_of(told: &Requested) -> Value {
    serde_json::from_str(&told.body).expect("JSON")
}

fn shown(record: &Cdr) -> Value {
    let account = Account::new("acct1", Profile::default());
    let mut shown = call_object::one(record, &account, None);
    shown["Details"] = call_object::details(record, record.ended.expect("it is over"));
    shown
}

fn on_call(details: &Value, leg: usize) -> Value {
    details["Legs"].get(leg).map_or_else(|| json!(0), |leg| leg["Leg"]["OnCallDuration"].clone())
}

/// Status, the statuses of both legs, and how long they talked.
fn outcome(shown: &Value) -> [String; 4] {
    let details = &shown["Details"];
    [&shown["Status"], &details["Leg1Status"], &details["Leg2Status"], &details["ConversationDuration"]]
        .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

#[test]
fn a_conversation_counts_from_when_the_two_hear_each_other() {
    in_all_weathers(|w| {
        let shown = between(
            w,
            |alice, bob| [alice.answers_after(3.s()), bob.answers_after(2.s())],
            |w, [alice, bob]| {
                w.until(alice.talks_to(bob));
                w.passes(5.s());
                bob.hangs_up();
            },
        );
        assert_eq!(outcome(&shown)[..3], ["completed"; 3]);
        let details = &shown["Details"];
        assert_eq!(on_call(details, 1), details["ConversationDuration"]);
        let seconds = |value: &Value| value.as_u64().expect("seconds");
        let whole: u64 = shown["Duration"].as_str().and_then(|text| text.parse().ok()).expect("seconds");
        assert!(seconds(&on_call(details, 0)) >= seconds(&on_call(details, 1)) + 2, "Alice waited: {shown}");
        assert!(whole >= seconds(&on_call(details, 0)) + 3, "it began when Alice's phone was rung: {shown}");
    });
}

#[test]
fn who_hangs_up_while_the_whisper_sounds_has_declined() {
    in_all_weathers(|w| {
        let shown = between(
            w,
            |alice, bob| [alice, bob],
            |w, [_, bob]| {
                w.until(bob.hears(WHISPER));
                bob.hangs_up();
            },
        );
        assert_eq!(outcome(&shown), ["busy", "completed", "busy", "0"]);
    });
}

#[test]
fn a_first_party_that_leaves_while_the_whisper_sounds_has_not_talked() {
    in_all_weathers(|w| {
        let shown = between(
            w,
            |alice, bob| [alice, bob],
            |w, [alice, bob]| {
                w.until(bob.hears(WHISPER));
                alice.hangs_up();
            },
        );
        assert_eq!(outcome(&shown), ["failed", "completed", "canceled", "0"]);
    });
}

#[test]
fn a_first_party_that_refuses_is_what_the_call_came_to() {
    let rows = [(486, "busy"), (603, "busy"), (480, "no-answer"), (404, "failed"), (403, "failed")];
    for (status, word) in rows {
        in_all_weathers(|w| {
            let shown = between(w, |alice, bob| [alice.rejects(status), bob], |_, _| {});
            assert_eq!(outcome(&shown), [word, word, "null", "0"], "{status}");
        });
    }
    in_all_weathers(|w| {
        let shown = between(w, |alice, bob| [alice.only_rings(), bob], |_, _| {});
        assert_eq!(outcome(&shown), ["no-answer", "no-answer", "null", "0"]);
    });
}

#[test]
fn the_other_party_that_refuses_is_what_the_call_came_to() {
    for (status, word) in [(486, "busy"), (480, "no-answer"), (404, "failed")] {
        in_all_weathers(|w| {
            let shown = between(w, |alice, bob| [alice, bob.rejects(status)], |_, _| {});
            assert_eq!(outcome(&shown), [word, "completed", word, "0"], "{status}");
        });
    }
    in_all_weathers(|w| {
        let shown = between(
            w,
            |alice, bob| [alice, bob.only_rings()],
            |w, [alice, bob]| {
                w.until(bob.is_rung());
                alice.hangs_up();
            },
        );
        assert_eq!(outcome(&shown), ["failed", "completed", "canceled", "0"]);
    });
}

#[test]
fn a_call_that_the_server_s_stop_ends_is_told_as_it_is_kept() {
    let rings = |alice: Phone, bob: Phone| [alice, bob.only_rings()];
    type Story = (fn(Phone, Phone) -> [Phone; 2], fn(&mut World, [&Phone; 2]));
    let stories: [Story; 3] = [
        (|alice, bob| [alice.only_rings(), bob], |w, [alice, _]| w.until(alice.is_rung())),
        (rings, |w, [_, bob]| w.until(bob.is_rung())),
        (|alice, bob| [alice, bob], |w, [alice, bob]| w.until(alice.talks_to(bob))),
    ];
    for (phones, until) in stories {
        for farewell in [0, 2] {
            in_all_weathers(|w| {
                between(w, phones, |w, phones| {
                    until(w, phones);
                    w.stops_within(farewell.s());
                });
            });
        }
    }
}

/// Rings two desks with a whisper, and tells what became of it.
const DESK: &str = "flow: desk
start: desk
nodes:
  desk:
    applet: connect
    to: ['sip:sales@10.0.1.2:5060', 'sip:support@10.0.1.3:5060']
    ORDER
    whisper: { say: A sales call. }
    on: { answered: report, missed: report }
  report: { applet: passthru, url: 'http://crm.example/calls', async: true, next: bye }
  bye: { applet: hangup }";

/// Plays a call to the desks; what the Passthru was told of each leg: what it came to, its cause, and how long it talked; and the
/// same by the record.
fn desks(w: &mut World, order: &str, story: impl Fn(&mut World, [&Phone; 3])) -> (String, String) {
    w.publish_flow(&DESK.replace("ORDER", order));
    let site = w.web("http://crm.example/calls").answers(200);
    let phones = ["alice", "sales", "support"].map(|name| w.phone(name));
    phones[0].dials(NUMBER);
    story(w, phones.each_ref());
    w.until(phones[0].is_free());
    w.settle();
    let asked = site.requested().remove(0);
    let told = |leg: usize, name: &str| asked.parameter(&format!("Legs%5B{leg}%5D%5B{name}%5D")).map(str::to_owned);
    let legs = (0..).map_while(|leg| Some(format!("{} {}", told(leg, "CauseCode")?, told(leg, "OnCallDuration")?)));
    let told = legs.collect::<Vec<_>>().join(", ");
    let record = w.records().remove(0);
    let details = call_object::details(&record, record.ended.expect("it is over"));
    let dialled = record.parties.iter().enumerate().skip(1);
    let cause = |status| match status {
        Some(DialStatus::Completed) => "NORMAL_CLEARING",
        Some(DialStatus::Busy) => "USER_BUSY",
        Some(DialStatus::Canceled) => "RING_TIMEOUT or NON_SELECTED_USER_CLEARING",
        other => panic!("{other:?}"),
    };
    let kept = dialled.map(|(leg, party)| format!("{} {}", cause(party.status), on_call(&details, leg)));
    (told, kept.collect::<Vec<_>>().join(", "))
}

#[test]
fn a_passthru_tells_of_each_leg_as_the_record_does() {
    in_all_weathers(|w| {
        let (told, kept) = desks(w, "", |w, [alice, sales, support]| {
            w.until(sales.hears("A sales call."));
            sales.hangs_up();
            w.until(alice.talks_to(support));
            w.passes(4.s());
            support.hangs_up();
        });
        assert!(told.starts_with("USER_BUSY 0, NORMAL_CLEARING ") && !told.ends_with(" 0"), "{told}");
        assert_eq!(told, kept);
    });
    in_all_weathers(|w| {
        let (told, kept) = desks(w, "order: parallel", |w, [_, sales, support]| {
            let _rings = support.clone().only_rings();
            w.until(sales.hears("A sales call."));
            w.until(support.is_free());
            sales.hangs_up();
        });
        assert_eq!(told, "USER_BUSY 0, NON_SELECTED_USER_CLEARING 0");
        assert_eq!(kept, "USER_BUSY 0, RING_TIMEOUT or NON_SELECTED_USER_CLEARING 0");
    });
}
