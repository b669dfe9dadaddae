//! What is told of a call that somebody outside asked for, while it goes and at its end.

use std::time::Duration;

use jiff::Timestamp;

use crate::{CallFacts, DialStatus, StatusCallback};

/// How a call stands.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusReport<'a> {
    /// Who is told, and in which form.
    pub callback: &'a StatusCallback,
    /// What is known of the call.
    pub facts: &'a CallFacts,
    /// The other party of a call between two numbers, as it was asked for; the number of ours if a flow runs.
    pub to: &'a str,
    /// What happened.
    pub event: StatusEvent,
    /// When the first party answered, if it did.
    pub answered: Option<Timestamp>,
    /// When the call ended, if it has, and how long it had lasted: both by its first party, as in the record.
    pub ended: Option<(Timestamp, Duration)>,
    /// The party that was rung first.
    pub first: PartyReport,
    /// The other, of a call between two numbers.
    pub second: Option<PartyReport>,
    /// How long the two talked.
    pub conversation: Duration,
}

/// What happened to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusEvent {
    /// A party answered.
    Answered,
    /// The call is over.
    Terminal(DialStatus),
}

/// How a party stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartyReport {
    /// Where it stands; `None` if it has not been rung, or rings.
    pub state: Option<PartyState>,
    /// How long it has been on the call.
    pub on_call: Duration,
}

/// Where a party stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartyState {
    /// It has answered and is there.
    InProgress,
    /// It is gone.
    Ended(DialStatus),
}
