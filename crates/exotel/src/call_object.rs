//! A call as the API tells it (`exotel.md` 4.3, 4.5): the `Call` object, its members in their order.

use jiff::Timestamp;
use model::{StartCall, Then};
use serde_json::{Value, json};

use crate::account::Account;
use crate::time;

/// A call that has just been asked for.
pub fn asked(call: &StartCall, account: &Account, now: Timestamp) -> Value {
    let to = match &call.then {
        Then::Flow(_) => &call.caller_id,
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
    };
    json!({ "Call": shown.tree(account) })
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
            "RecordingUrl": null,
        })
    }
}
