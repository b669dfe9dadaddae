//! The request of a classic Passthru: which parameters, in which order, at which stage of the call (`exotel.md` 1.4 to
//! 1.10). The whole of it is in the URL; the method is GET.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{CallFacts, DialFacts, Direction};

use crate::form::Query;
use crate::number::{self, CountryCode, NumberFormat};
use crate::recording::Links;
use crate::{outcome, stream_facts, time};

/// What the account, not the call, decides.
#[derive(Clone, Debug)]
pub struct Profile {
    /// How numbers are written.
    pub number_format: NumberFormat,
    /// The home country.
    pub country_code: CountryCode,
    /// The zone of all times.
    pub zone: TimeZone,
    /// Whether `CallStatus` is sent; accounts differ in it.
    pub send_status: bool,
    /// Whether the deprecated keys are sent: `ForwardedFrom`, `ProcessStatus`, `flow_id`, `tenant_id`.
    pub send_deprecated: bool,
    /// Whether `Legs[i][DisconnectedBy]` is sent; older accounts do not know it.
    pub send_disconnected_by: bool,
    /// The account's name, as applications that hear calls are told it.
    pub account: String,
    /// The account's number, in `tenant_id`.
    pub tenant_id: u32,
    /// The e-mail addresses of agents, by what rings them: `sip:desk`.
    pub emails: BTreeMap<String, String>,
    /// What makes links to recordings; without it none are told of.
    pub recordings: Option<Links>,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            number_format: NumberFormat::National0,
            country_code: CountryCode::india(),
            zone: time::zone(time::DEFAULT_ZONE).expect("the tables built in hold the default zone"),
            send_status: true,
            send_deprecated: true,
            send_disconnected_by: true,
            account: "passthru".into(),
            tenant_id: 1,
            emails: BTreeMap::new(),
            recordings: None,
        }
    }
}

impl Profile {
    /// A number as it is written here.
    pub fn number(&self, text: &str) -> String {
        number::write(text, &self.country_code, self.number_format)
    }
}

/// When a recording is promised to be there (`exotel.md` 1.6).
const RECORDING_TAKES: Duration = Duration::from_secs(300);

/// The link to what the last connect or voicemail recorded.
pub(crate) fn recording(facts: &CallFacts, profile: &Profile, now: Timestamp) -> Option<String> {
    let (recording, links) = facts.recording.as_ref().zip(profile.recordings.as_ref())?;
    Some(links.url(&recording.name, recording.mp3, &facts.tenant, now))
}

/// The names that a Passthru tells of a call by; those of parties aside, which begin with `Legs[`.
pub(crate) const NAMES: [&str; 24] = [
    "CallSid",
    "CallFrom",
    "CallTo",
    "CallStatus",
    "Direction",
    "ForwardedFrom",
    "Created",
    "DialCallDuration",
    "RecordingUrl",
    "StartTime",
    "EndTime",
    "DialCallStatus",
    "CallType",
    "DialWhomNumber",
    "ProcessStatus",
    "flow_id",
    "tenant_id",
    "From",
    "To",
    "RecordingAvailableBy",
    "CurrentTime",
    "digits",
    "CustomField",
    "OutgoingPhoneNumber",
];

/// The URL that a Passthru asks: the user's own, with the call's facts appended to its query.
pub fn url(user_url: &str, facts: &CallFacts, profile: &Profile, now: Timestamp) -> String {
    let (from, to) = (profile.number(&facts.from), profile.number(&facts.to));
    let zone = &profile.zone;
    // A voicemail is told alone, whatever connect came before it.
    let dial = facts.dial.as_ref().filter(|_| !facts.voicemail);
    let recording = recording(facts, profile, now);
    let mut query = Query::onto(user_url);
    query.put("CallSid", facts.sid.as_str());
    query.put("CallFrom", &from);
    query.put("CallTo", &to);
    if profile.send_status {
        query.put("CallStatus", outcome::call_status(facts));
    }
    query.put("Direction", direction(facts.direction));
    if profile.send_deprecated && dial.is_some() {
        query.put("ForwardedFrom", "null");
    }
    query.put("Created", &time::long(facts.created, zone));
    query.put("DialCallDuration", &outcome::dial_call_duration(dial).to_string());
    if let Some(recording) = &recording {
        query.put("RecordingUrl", recording);
    }
    query.put("StartTime", &time::short(facts.created, zone));
    query.put("EndTime", &time::never(zone));
    if let Some(dial) = dial {
        query.put("DialCallStatus", outcome::dial_call_status(dial.status));
    }
    query.put("CallType", outcome::call_type(dial, facts.voicemail));
    // Whom the caller was to talk to stays told: a message is for somebody.
    query.put("DialWhomNumber", &dialled(facts.dial.as_ref(), profile));
    if profile.send_deprecated && dial.is_some() {
        query.put("ProcessStatus", "null");
    }
    if profile.send_deprecated {
        query.put("flow_id", &facts.flow_id.to_string());
        query.put("tenant_id", &profile.tenant_id.to_string());
    }
    query.put("From", &from);
    query.put("To", &to);
    if recording.is_some() {
        query.put("RecordingAvailableBy", &time::long(now + RECORDING_TAKES, zone));
    }
    query.put("CurrentTime", &time::short(now, zone));
    put_extras(&mut query, facts);
    if let Some(dial) = dial {
        put_legs(&mut query, dial, profile);
    }
    stream_facts::put(&mut query, facts, profile, now);
    query.finish()
}

/// The exit that a Passthru takes on an answer of that status (`exotel.md` 1.2): `200`, or `else`.
pub fn exit(status: u16) -> &'static str {
    if status == 200 { "200" } else { "else" }
}

pub(crate) fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Incoming => "incoming",
        Direction::Outgoing => "outbound-dial",
    }
}

fn dialled(dial: Option<&DialFacts>, profile: &Profile) -> String {
    dial.and_then(DialFacts::main_leg).map(|leg| profile.number(&leg.number)).unwrap_or_default()
}

/// What the caller typed, inside literal double quotes, and what the API's user gave along.
fn put_extras(query: &mut Query, facts: &CallFacts) {
    if let Some(digits) = &facts.digits {
        query.put("digits", &format!("\"{digits}\""));
    }
    if let Some(text) = &facts.custom_field {
        query.put("CustomField", text);
    }
}

fn put_legs(query: &mut Query, dial: &DialFacts, profile: &Profile) {
    query.put("OutgoingPhoneNumber", &profile.number(&dial.caller_id));
    for (i, leg) in dial.legs.iter().enumerate() {
        let (number, name) = outcome::cause(leg);
        query.put(&format!("Legs[{i}][Number]"), &profile.number(&leg.number));
        query.put(&format!("Legs[{i}][Type]"), outcome::dialling(leg));
        query.put(&format!("Legs[{i}][OnCallDuration]"), &outcome::on_call_duration(leg).to_string());
        query.put(&format!("Legs[{i}][CallerId]"), &profile.number(&leg.caller_id));
        query.put(&format!("Legs[{i}][CauseCode]"), name);
        query.put(&format!("Legs[{i}][Cause]"), &number.to_string());
        if profile.send_disconnected_by {
            query.put(&format!("Legs[{i}][DisconnectedBy]"), outcome::disconnected_by(leg));
        }
    }
}
