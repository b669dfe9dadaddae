//! A call as the API tells it (`exotel.md` 4.3, 4.5): the `Call` object, its members in their order.

use jiff::Timestamp;
use model::{Cdr, Direction, Party, StartCall, Then};
use serde_json::{Value, json};

use crate::account::Account;
use crate::{outcome, time};

/// A call that has just been asked for.
pub fn asked(call: &StartCall, account: &Account, now: Timestamp) -> Value {
    let to = match &call.then {
        Then::Flow(_) | Then::Bot(_) => &call.caller_id,
        Then::Connect(connect) => &connect.to,
    };
    let shown = Shown {
        sid: call.sid.as_str(),
        from: &call.from,
        to,
        phone: &call.caller_id,
        status: "in-progress",
        direction: "outbound-api",
        created: now,
        updated: now,
        ended: None,
        seconds: None,
        recording: None,
    };
    json!({ "Call": shown.tree(account) })
}

/// A call that was, or is; with a link to its recording if it has one.
pub fn one(cdr: &Cdr, account: &Account, recording: Option<&str>) -> Value {
    let status = cdr.status().to_string();
    let shown = Shown {
        sid: cdr.sid.as_str(),
        from: &cdr.from,
        to: cdr.called(),
        phone: cdr.line(),
        status: &status,
        direction: match cdr.direction {
            Direction::Incoming => "inbound",
            Direction::Outgoing => "outbound-api",
        },
        created: cdr.created,
        updated: cdr.ended.or(cdr.answered).unwrap_or(cdr.created),
        ended: cdr.ended,
        seconds: cdr.duration.map(|duration| duration.as_secs()),
        recording,
    };
    shown.tree(account)
}

/// What became of a call's parties, or has by now: `Details`. The second leg tells the truth of a call to us that nobody answered.
pub fn details(cdr: &Cdr, now: Timestamp) -> Value {
    let at = cdr.elapsed(now);
    let parties = cdr.parties.iter().zip(1..);
    let legs = parties.map(|(party, id)| json!({ "Leg": { "Id": id, "OnCallDuration": party.on_call(at).as_secs() } }));
    json!({
        "ConversationDuration": cdr.conversation(at).as_secs(),
        "Leg1Status": cdr.first().map(leg_status),
        "Leg2Status": cdr.other().map(leg_status),
        "Legs": legs.collect::<Vec<_>>(),
    })
}

fn leg_status(party: &Party) -> &'static str {
    match (party.status, party.answered) {
        (Some(status), _) => outcome::dial_call_status(status),
        (None, Some(_)) => "in-progress",
        (None, None) => "",
    }
}

/// What differs from call to call.
struct Shown<'a> {
    sid: &'a str,
    from: &'a str,
    to: &'a str,
    phone: &'a str,
    status: &'a str,
    direction: &'a str,
    created: Timestamp,
    updated: Timestamp,
    ended: Option<Timestamp>,
    seconds: Option<u64>,
    recording: Option<&'a str>,
}

impl Shown<'_> {
    fn tree(&self, account: &Account) -> Value {
        let number = |text| account.profile.number(text);
        let moment = |at| time::short(at, &account.profile.zone);
        json!({
            "Sid": self.sid,
            "ParentCallSid": null,
            "DateCreated": moment(self.created),
            "DateUpdated": moment(self.updated),
            "AccountSid": account.sid,
            "To": number(self.to),
            "From": number(self.from),
            "PhoneNumberSid": number(self.phone),
            "Status": self.status,
            "StartTime": moment(self.created),
            "EndTime": self.ended.map(moment),
            "Duration": self.seconds.map(|seconds| seconds.to_string()),
            "Price": null,
            "Direction": self.direction,
            "AnsweredBy": null,
            "ForwardedFrom": null,
            "CallerName": null,
            "Uri": format!("/v1/Accounts/{}/Calls.json/{}", account.sid, self.sid),
            "RecordingUrl": self.recording,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::{CallEvent, CallSid, Cause, EndedBy, EventKind, LegEnd, LegId, Tenant};

    use super::*;
    use crate::answer::Format;
    use crate::passthru::Profile;

    const START: &str = "2026-11-23T04:30:00Z";

    /// A moment so many seconds after a call began.
    fn after(seconds: i64) -> Timestamp {
        START.parse::<Timestamp>().expect("a time") + jiff::SignedDuration::from_secs(seconds)
    }

    fn cdr(direction: Direction, lines: &[(u64, u16, EventKind)]) -> Cdr {
        let (from, to) = ("+919900000001".into(), "+918000000002".into());
        let offered = EventKind::Offered { tenant: Tenant::default(), direction, from, to };
        let lines = std::iter::once((0, 0, offered)).chain(lines.iter().cloned());
        let events: Vec<_> = lines
            .zip(0..)
            .map(|((second, leg, kind), seq)| {
                let at = Duration::from_secs(second);
                CallEvent { call: CallSid::new("c"), seq, leg: Some(LegId(leg)), at, wall: after(0) + at, kind }
            })
            .collect();
        Cdr::fold(&events).expect("begins with an offer")
    }

    fn dialled(target: &str) -> EventKind {
        EventKind::Dialled { target: target.into(), caller_id: "+918000000002".into() }
    }

    fn answered() -> EventKind {
        EventKind::Answered { codec: "PCMU".into() }
    }

    fn ended() -> EventKind {
        EventKind::Ended { cause: Cause::NORMAL_CLEARING, by: EndedBy::Caller }
    }

    fn account() -> Account {
        Account::new("acct1", Profile::default())
    }

    #[test]
    fn a_call_between_two_numbers_that_talked() {
        let lines = [
            (0, 0, dialled("+919900000001")),
            (4, 0, answered()),
            (4, 0, EventKind::FlowStarted { flow: model::BETWEEN_TWO_NUMBERS.into(), version: 0 }),
            (5, 1, dialled("+919900000002")),
            (16, 1, answered()),
            (17, 0, EventKind::Joined { with: LegId(1) }),
            (25, 1, EventKind::LegEnded(LegEnd { cause: Cause::NORMAL_CLEARING, status: None, by: EndedBy::Callee })),
            (25, 0, ended()),
        ];
        let cdr = cdr(Direction::Outgoing, &lines);
        let mut call = one(&cdr, &account(), Some("https://a.example/r"));
        call["Details"] = details(&cdr, after(3600));
        assert_eq!(
            Format::Json.write(&call),
            r#"{"Sid":"c","ParentCallSid":null,"DateCreated":"2026-11-23 10:00:00","DateUpdated":"2026-11-23 10:00:25","AccountSid":"acct1","To":"09900000002","From":"09900000001","PhoneNumberSid":"08000000002","Status":"completed","StartTime":"2026-11-23 10:00:00","EndTime":"2026-11-23 10:00:25","Duration":"25","Price":null,"Direction":"outbound-api","AnsweredBy":null,"ForwardedFrom":null,"CallerName":null,"Uri":"\/v1\/Accounts\/acct1\/Calls.json\/c","RecordingUrl":"https:\/\/a.example\/r","Details":{"ConversationDuration":8,"Leg1Status":"completed","Leg2Status":"completed","Legs":[{"Leg":{"Id":1,"OnCallDuration":21}},{"Leg":{"Id":2,"OnCallDuration":8}}]}}"#
        );
    }

    #[test]
    fn a_call_to_us_that_nobody_took_says_completed_and_its_second_leg_the_truth() {
        let missed = EventKind::LegEnded(LegEnd { cause: Cause::NO_ANSWER, status: None, by: EndedBy::Us });
        let lines = [(1, 0, answered()), (2, 1, dialled("sip:sales")), (32, 1, missed), (33, 0, ended())];
        let cdr = cdr(Direction::Incoming, &lines);
        let call = one(&cdr, &account(), None);
        assert_eq!(
            (&call["Status"], &call["Direction"], &call["To"]),
            (&json!("completed"), &json!("inbound"), &json!("08000000002"))
        );
        let details = details(&cdr, after(3600));
        assert_eq!((&details["Leg1Status"], &details["Leg2Status"]), (&json!("completed"), &json!("no-answer")));
        assert_eq!(details["ConversationDuration"], 0);
    }

    #[test]
    fn a_call_that_runs_has_no_end() {
        let running = cdr(Direction::Outgoing, &[(0, 0, dialled("+919900000001"))]);
        let call = one(&running, &account(), None);
        assert_eq!(
            (&call["Status"], &call["EndTime"], &call["Duration"]),
            (&json!("in-progress"), &json!(null), &json!(null))
        );
        assert_eq!(details(&running, after(3))["Leg1Status"], "");
        assert_eq!(details(&running, after(3))["Leg2Status"], json!(null));
        assert_eq!(details(&running, after(3))["Legs"], json!([{ "Leg": { "Id": 1, "OnCallDuration": 0 } }]));
    }

    #[test]
    fn a_call_that_runs_has_lasted_until_now() {
        let mut lines = vec![
            (0, 0, dialled("+919900000001")),
            (4, 0, answered()),
            (5, 1, dialled("+919900000002")),
            (9, 1, answered()),
        ];
        let told = |lines: &[(u64, u16, EventKind)], now| {
            let details = details(&cdr(Direction::Outgoing, lines), after(now));
            let on_call = [0, 1].map(|leg| details["Legs"][leg]["Leg"]["OnCallDuration"].clone());
            json!([details["Leg1Status"], details["Leg2Status"], details["ConversationDuration"], on_call])
        };
        assert_eq!(told(&lines, 11), json!(["in-progress", "in-progress", 0, [7, 0]]), "it hears a whisper");
        lines.push((12, 0, EventKind::Joined { with: LegId(1) }));
        assert_eq!(told(&lines, 20), json!(["in-progress", "in-progress", 8, [16, 8]]));
        assert_eq!(told(&lines, 2), json!(["in-progress", "in-progress", 0, [0, 0]]), "the clock was set back");
    }
}
