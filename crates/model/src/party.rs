//! What the call record keeps of each party: whom, how long, and what it came to.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{CallEvent, Cause, DialStatus, EndedBy, EventKind, LegEnd, LegId};

/// Parties that a record keeps; a flow that dials on and on has its journal.
pub const PARTIES: usize = 64;

/// A party of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Party {
    /// Which.
    pub leg: LegId,
    /// The number or `sip:` URI that was dialled; empty if the party called us.
    pub number: String,
    /// The number shown to it; empty if the party called us.
    pub caller_id: String,
    /// When it answered, from the call's beginning on.
    pub answered: Option<Duration>,
    /// When it was gone.
    pub ended: Option<Duration>,
    /// What it came to; `None` while it rings or talks.
    pub status: Option<DialStatus>,
}

impl Party {
    /// How long it was on the call; zero if it never answered, and as far as the last line told while it is there.
    pub fn on_call(&self) -> Duration {
        self.answered.zip(self.ended).map_or(Duration::ZERO, |(answered, ended)| ended.saturating_sub(answered))
    }

    /// Takes a line into the list of a call's parties, if it tells of one.
    pub(crate) fn note(parties: &mut Vec<Self>, event: &CallEvent) {
        let told = matches!(
            event.kind,
            EventKind::Offered { .. } | EventKind::Dialled { .. } | EventKind::Answered { .. } | EventKind::LegEnded(_)
        );
        let Some(leg) = event.leg.filter(|_| told) else { return };
        let place = match parties.iter().position(|party| party.leg == leg) {
            Some(place) => place,
            None if parties.len() < PARTIES => {
                let (number, caller_id) = (String::new(), String::new());
                parties.push(Self { leg, number, caller_id, answered: None, ended: None, status: None });
                parties.len() - 1
            }
            None => return,
        };
        parties[place].apply(event);
    }

    fn apply(&mut self, event: &CallEvent) {
        match &event.kind {
            EventKind::Dialled { target, caller_id } => {
                (self.number, self.caller_id) = (target.clone(), caller_id.clone())
            }
            EventKind::Answered { .. } if self.answered.is_none() => self.answered = Some(event.at),
            EventKind::LegEnded(end) if self.ended.is_none() => {
                self.ended = Some(event.at);
                self.status = Some(self.outcome(end));
            }
            _ => {}
        }
    }

    /// The call is over, and so is whoever was there.
    pub(crate) fn close(&mut self, at: Duration) {
        if self.ended.is_none() {
            self.ended = Some(at);
            self.status = Some(if self.answered.is_some() { DialStatus::Completed } else { DialStatus::Failed });
        }
    }

    fn outcome(&self, end: &LegEnd) -> DialStatus {
        match (self.answered, end.by) {
            (Some(_), _) => DialStatus::Completed,
            (None, EndedBy::Caller) => DialStatus::Canceled,
            (None, EndedBy::Us) if end.status.is_none() && end.cause == Cause::NORMAL_CLEARING => DialStatus::Canceled,
            (None, _) => end.refusal(),
        }
    }
}

impl LegEnd {
    /// What an invitation came to that nobody answered. The cause decides: the peer's own word where it gave one, else what its
    /// status stands for.
    pub fn refusal(&self) -> DialStatus {
        let silent = self.status == Some(408) || self.by == EndedBy::Network;
        // A server that does not let us dial is not a party that declines.
        let barred = matches!(self.status, Some(401 | 402 | 403 | 407));
        match self.cause {
            Cause::USER_BUSY => DialStatus::Busy,
            Cause::CALL_REJECTED if !barred => DialStatus::Busy,
            Cause::NO_USER_RESPONSE | Cause::NO_ANSWER => DialStatus::NoAnswer,
            Cause::RECOVERY_ON_TIMER_EXPIRY if silent => DialStatus::NoAnswer,
            _ => DialStatus::Failed,
        }
    }
}
