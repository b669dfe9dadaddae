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
    /// When it and the first party began to hear each other; never of the first itself.
    #[serde(default)]
    pub joined: Option<Duration>,
    /// When it was gone.
    pub ended: Option<Duration>,
    /// What it came to; `None` while it rings or talks.
    pub status: Option<DialStatus>,
}

impl Party {
    /// How long it has been on the call at a moment, counted from the call's beginning: the first party since it answered, another
    /// since it was joined with the first. Whoever only heard an announcement was not on the call.
    pub fn on_call(&self, at: Duration) -> Duration {
        let since = if self.leg == LegId::FIRST { self.answered } else { self.joined };
        since.map_or(Duration::ZERO, |since| self.ended.unwrap_or(at).saturating_sub(since))
    }

    /// Takes a line into the list of a call's parties, if it tells of one.
    pub(crate) fn note(parties: &mut Vec<Self>, event: &CallEvent) {
        let leg = match event.kind {
            EventKind::Offered { .. } | EventKind::Dialled { .. } => event.leg,
            EventKind::Answered { .. } | EventKind::LegEnded(_) => event.leg,
            EventKind::Joined { with } => Some(with),
            _ => None,
        };
        let Some(leg) = leg else { return };
        let place = match parties.iter().position(|party| party.leg == leg) {
            Some(place) => place,
            None if parties.len() < PARTIES => {
                let (number, caller_id) = (String::new(), String::new());
                let party = Self { leg, number, caller_id, answered: None, joined: None, ended: None, status: None };
                parties.push(party);
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
            EventKind::Joined { .. } if self.joined.is_none() => self.joined = Some(event.at),
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
            let is_done = self.reached() == Reached::Conversation;
            self.status = Some(if is_done { DialStatus::Completed } else { DialStatus::Failed });
        }
    }

    fn reached(&self) -> Reached {
        match (self.answered, self.joined) {
            (Some(_), _) if self.leg == LegId::FIRST => Reached::Conversation,
            (_, Some(_)) => Reached::Conversation,
            (Some(_), None) => Reached::Answer,
            (None, None) => Reached::Nothing,
        }
    }

    fn outcome(&self, end: &LegEnd) -> DialStatus {
        let calls_us = self.leg == LegId::FIRST && self.number.is_empty();
        let gives_up = calls_us && end.by == EndedBy::Caller && self.answered.is_none();
        if gives_up { DialStatus::Canceled } else { end.outcome(self.leg, self.reached()) }
    }
}

/// How far a party came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// It never answered.
    Nothing,
    /// It answered, and heard an announcement at most.
    Answer,
    /// It talked: with the first party, or as that party with us.
    Conversation,
}

impl LegEnd {
    /// What a party that we dialled came to (`exotel.md` 1.7): the one reading of it, for the record as for what callouts and reports
    /// tell while the call runs.
    pub fn outcome(&self, leg: LegId, reached: Reached) -> DialStatus {
        let let_go =
            self.status.is_none() && matches!(self.cause, Cause::NORMAL_CLEARING | Cause::NON_SELECTED_USER_CLEARING);
        match (reached, self.by) {
            (Reached::Conversation, _) => DialStatus::Completed,
            // That the first party left is its own doing, if it is the one that we rang.
            (_, EndedBy::Caller) if leg != LegId::FIRST => DialStatus::Canceled,
            (_, EndedBy::Us) if let_go => DialStatus::Canceled,
            // It has heard what the call is about, and does not want it.
            (Reached::Answer, EndedBy::Callee) => DialStatus::Busy,
            (Reached::Answer, _) => DialStatus::Failed,
            (Reached::Nothing, _) => self.refusal(),
        }
    }

    /// What an invitation came to that nobody answered. The cause decides: the peer's own word where it gave one, else what its
    /// status stands for.
    fn refusal(&self) -> DialStatus {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_party_left_and_how_far_it_came_say_what_it_came_to() {
        use {Cause as Why, DialStatus as Is, EndedBy as By, Reached as To};
        let (first, other) = (LegId::FIRST, LegId(1));
        let rows = [
            // A conversation is one, whoever ended it and how.
            (other, To::Conversation, Why::RECOVERY_ON_TIMER_EXPIRY, None, By::Network, Is::Completed),
            (other, To::Conversation, Why::NORMAL_CLEARING, None, By::Caller, Is::Completed),
            (first, To::Conversation, Why::NORMAL_CLEARING, None, By::Caller, Is::Completed),
            // It heard an announcement.
            (other, To::Answer, Why::NORMAL_CLEARING, None, By::Callee, Is::Busy),
            (other, To::Answer, Why::NORMAL_CLEARING, None, By::Caller, Is::Canceled),
            (other, To::Answer, Why::NORMAL_CLEARING, None, By::Us, Is::Canceled),
            (other, To::Answer, Why::TEMPORARY_FAILURE, None, By::Us, Is::Failed),
            (other, To::Answer, Why::RECOVERY_ON_TIMER_EXPIRY, None, By::Network, Is::Failed),
            // It rang, at most.
            (other, To::Nothing, Why::NORMAL_CLEARING, None, By::Caller, Is::Canceled),
            (other, To::Nothing, Why::NON_SELECTED_USER_CLEARING, None, By::Us, Is::Canceled),
            (other, To::Nothing, Why::NORMAL_CLEARING, None, By::Us, Is::Canceled),
            (other, To::Nothing, Why::NO_ANSWER, None, By::Us, Is::NoAnswer),
            (other, To::Nothing, Why::SUBSCRIBER_ABSENT, None, By::Us, Is::Failed),
            (other, To::Nothing, Why::TEMPORARY_FAILURE, None, By::Us, Is::Failed),
            (other, To::Nothing, Why::USER_BUSY, Some(486), By::Callee, Is::Busy),
            (other, To::Nothing, Why::CALL_REJECTED, Some(603), By::Callee, Is::Busy),
            (other, To::Nothing, Why::CALL_REJECTED, Some(403), By::Callee, Is::Failed),
            (other, To::Nothing, Why::RECOVERY_ON_TIMER_EXPIRY, Some(408), By::Callee, Is::NoAnswer),
            // The first party of a call of ours, which is its caller, refuses like another.
            (first, To::Nothing, Why::USER_BUSY, Some(486), By::Caller, Is::Busy),
            (first, To::Nothing, Why::NO_USER_RESPONSE, Some(480), By::Caller, Is::NoAnswer),
            (first, To::Nothing, Why::UNALLOCATED_NUMBER, Some(404), By::Caller, Is::Failed),
            (first, To::Nothing, Why::NORMAL_CLEARING, None, By::Us, Is::Canceled),
        ];
        for (leg, reached, cause, status, by, expected) in rows {
            let end = LegEnd { cause, status, by };
            assert_eq!(end.outcome(leg, reached), expected, "{leg} {reached:?} {end:?}");
        }
    }
}
