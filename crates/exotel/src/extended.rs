//! The extended profile of a Passthru: all that the classic one sends, and after it the same facts in names and forms that
//! cannot be misread. `docs/passthru-extended.md` is its page.
//!
//! Moments are ISO 8601 with milliseconds and offset, numbers E.164, lengths of time in seconds with three decimals, causes
//! those of Q.850. What is not known has no key.

use std::time::Duration;

use jiff::Timestamp;
use model::{CallFacts, DialFacts, DialStatus, Direction, EndedBy, LegFacts};
use percent_encoding::percent_decode_str;

use crate::number::{self, NumberFormat};
use crate::passthru::{self, Profile};
use crate::time;

/// The names that only the extended profile has; those of parties aside, which begin with `Legs[`.
const NAMES: [&str; 21] = [
    "Profile",
    "SentAt",
    "CallDirection",
    "PartyNumber",
    "LineNumber",
    "CallState",
    "CallOutcome",
    "CreatedAt",
    "AnsweredAt",
    "EndedAt",
    "CallSeconds",
    "FlowName",
    "FlowId",
    "TenantId",
    "Keys",
    "CustomText",
    "RecordingSeconds",
    "ConnectStatus",
    "ShownNumber",
    "TalkedTo",
    "TalkSeconds",
];

/// Whether a Passthru of either profile tells something of the call by that name, at some stage of it.
pub fn tells(name: &str) -> bool {
    name.starts_with("Legs[") || passthru::NAMES.contains(&name) || NAMES.contains(&name)
}

/// The parameters of an extended Passthru, in order, not yet encoded. The names are those of the classic one first.
pub fn fields(facts: &CallFacts, profile: &Profile, now: Timestamp) -> Vec<(String, String)> {
    let mut fields = Fields { pairs: classic(facts, profile, now), profile };
    // The classic profile never knows it.
    let end = fields.pairs.iter_mut().find(|(name, _)| name == "EndTime");
    if let (Some((_, value)), Some(ended)) = (end, facts.ended_at) {
        *value = time::short(ended, &profile.zone);
    }
    // A voicemail is told alone, whatever connect came before it, as in the classic profile.
    let dial = facts.dial.as_ref().filter(|_| !facts.voicemail);
    fields.put("Profile", "extended");
    fields.put_moment("SentAt", Some(now));
    fields.put("CallDirection", direction(facts.direction));
    fields.put_number("PartyNumber", &facts.from);
    fields.put_number("LineNumber", &facts.to);
    fields.put("CallState", state(facts));
    fields.put("CallOutcome", outcome(dial, facts.voicemail));
    fields.put_moment("CreatedAt", Some(facts.created));
    fields.put_moment("AnsweredAt", facts.answered_at);
    fields.put_moment("EndedAt", facts.ended_at);
    let lasted = facts.ended_at.unwrap_or(now).duration_since(facts.created);
    fields.put_seconds("CallSeconds", lasted.try_into().unwrap_or_default());
    fields.put("FlowName", &facts.flow);
    fields.put("FlowId", &facts.flow_id.to_string());
    fields.put("TenantId", &profile.tenant_id.to_string());
    if let Some(keys) = &facts.digits {
        fields.put("Keys", keys);
    }
    if let Some(text) = &facts.custom_field {
        fields.put("CustomText", text);
    }
    if let Some(recording) = facts.recording.as_ref().filter(|_| profile.recordings.is_some()) {
        fields.put_seconds("RecordingSeconds", recording.duration);
    }
    if let Some(dial) = dial {
        fields.put_dial(dial);
    }
    fields.pairs
}

/// What the classic Passthru sends, read back from its URL, so that there is one place that decides it; not encoded.
pub fn classic(facts: &CallFacts, profile: &Profile, now: Timestamp) -> Vec<(String, String)> {
    let url = passthru::url("", facts, profile, now);
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = url.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decode(name), decode(value))).collect()
}

struct Fields<'a> {
    pairs: Vec<(String, String)>,
    profile: &'a Profile,
}

impl Fields<'_> {
    fn put(&mut self, name: &str, value: &str) {
        self.pairs.push((name.to_owned(), value.to_owned()));
    }

    /// A number as E.164; text that is no number, such as a `sip:` URI, stays.
    fn put_number(&mut self, name: &str, text: &str) {
        self.put(name, &number::write(text, &self.profile.country_code, NumberFormat::E164));
    }

    fn put_moment(&mut self, name: &str, at: Option<Timestamp>) {
        if let Some(at) = at {
            let at = at.to_zoned_datetime(self.profile.zone.clone());
            self.put(name, &at.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string());
        }
    }

    fn put_seconds(&mut self, name: &str, time: Duration) {
        self.put(name, &format!("{}.{:03}", time.as_secs(), time.subsec_millis()));
    }

    fn put_dial(&mut self, dial: &DialFacts) {
        let connect_status = if dial.status == DialStatus::Canceled { "abandoned" } else { leg_status(dial.status) };
        self.put("ConnectStatus", connect_status);
        self.put_number("ShownNumber", &dial.caller_id);
        let talked = dial.main_leg().filter(|leg| leg.status == DialStatus::Completed);
        if let Some(leg) = talked {
            self.put_number("TalkedTo", &leg.number);
        }
        self.put_seconds("TalkSeconds", talked.map_or(Duration::ZERO, |leg| leg.talk));
        for (i, leg) in dial.legs.iter().enumerate() {
            self.put_leg(i, leg);
        }
    }

    fn put_leg(&mut self, i: usize, leg: &LegFacts) {
        let name = |key: &str| format!("Legs[{i}][{key}]");
        self.put_number(&name("PartyNumber"), &leg.number);
        self.put_number(&name("ShownNumber"), &leg.caller_id);
        self.put(&name("Status"), leg_status(leg.status));
        self.put(&name("Parallel"), if leg.parallel { "true" } else { "false" });
        self.put_moment(&name("StartedAt"), leg.moments.started);
        self.put_moment(&name("AnsweredAt"), leg.moments.answered);
        self.put_moment(&name("EndedAt"), leg.moments.ended);
        self.put_seconds(&name("RingSeconds"), leg.ring);
        self.put_seconds(&name("TalkSeconds"), leg.talk);
        self.put(&name("HangupCause"), &leg.cause.0.to_string());
        if let Some(cause) = leg.cause.name() {
            self.put(&name("HangupCauseName"), cause);
        }
        self.put(&name("HangupBy"), ended_by(leg.by));
    }
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Incoming => "inbound",
        Direction::Outgoing => "outbound",
    }
}

/// How the first party is, whatever became of others.
fn state(facts: &CallFacts) -> &'static str {
    match (facts.ended, facts.answered) {
        (true, _) => "ended",
        (false, true) => "answered",
        (false, false) => "ringing",
    }
}

/// What the call came to so far.
fn outcome(dial: Option<&DialFacts>, voicemail: bool) -> &'static str {
    if voicemail {
        return "voicemail";
    }
    match dial.map(|dial| dial.status) {
        None => "none",
        Some(DialStatus::Completed) => "talked",
        Some(DialStatus::Canceled) => "abandoned",
        Some(DialStatus::Busy | DialStatus::NoAnswer | DialStatus::Failed) => "missed",
    }
}

fn leg_status(status: DialStatus) -> &'static str {
    match status {
        DialStatus::Completed => "talked",
        DialStatus::Busy => "busy",
        DialStatus::NoAnswer => "no-answer",
        DialStatus::Failed => "failed",
        DialStatus::Canceled => "canceled",
    }
}

fn ended_by(by: EndedBy) -> &'static str {
    match by {
        EndedBy::Caller => "caller",
        EndedBy::Callee => "callee",
        EndedBy::Us => "server",
        EndedBy::Network => "network",
    }
}
