//! What a mail about a call says unless the flow says it: caller, time, agent, outcome (`exotel.md` 2.11).

use jiff::Timestamp;
use model::CallFacts;

use crate::passthru::Profile;
use crate::{outcome, time};

/// What it is about.
pub fn subject(facts: &CallFacts, profile: &Profile) -> String {
    format!("Call from {} to {}", profile.number(&facts.from), profile.number(&facts.to))
}

/// What it says, a line each.
pub fn body(facts: &CallFacts, profile: &Profile, now: Timestamp) -> String {
    let dial = facts.dial.as_ref();
    let agent =
        dial.and_then(|dial| dial.main_leg()).map_or_else(|| "none".to_owned(), |leg| profile.number(&leg.number));
    let outcome = match dial {
        Some(dial) => outcome::dial_call_status(dial.status),
        None => outcome::call_type(dial, facts.voicemail),
    };
    let lines = [
        ("Caller", profile.number(&facts.from)),
        ("Called", profile.number(&facts.to)),
        ("Call began", time::short(facts.created, &profile.zone)),
        ("Sent", time::short(now, &profile.zone)),
        ("Agent", agent),
        ("Outcome", outcome.to_owned()),
        ("Voicemail", if facts.voicemail { "yes" } else { "no" }.to_owned()),
        ("CallSid", facts.sid.to_string()),
    ];
    lines.map(|(name, value)| format!("{name}: {value}\n")).concat()
}
