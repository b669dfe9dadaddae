//! Readings of a call record that lists of calls are narrowed by.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::{BETWEEN_TWO_NUMBERS, CallState, Cdr, DialStatus, Direction, LegId, Party};

/// How a call stands, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallStatus {
    /// Somebody calls, and is not answered yet.
    Ringing,
    /// It runs.
    InProgress,
    /// It is over. A call to us is, whoever answered: what its other parties came to, they tell.
    Completed,
    /// A call of ours is over: the party was busy or rejected it.
    Busy,
    /// A call of ours is over: nobody picked up in time.
    NoAnswer,
    /// A call of ours is over: the party could not be reached, or the first one left before the other answered.
    Failed,
}

impl fmt::Display for CallStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ringing => "ringing",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::NoAnswer => "no-answer",
            Self::Failed => "failed",
        })
    }
}

impl Cdr {
    /// How it stands.
    pub fn status(&self) -> CallStatus {
        match (self.direction, self.state) {
            (Direction::Incoming, CallState::Ringing) => CallStatus::Ringing,
            (_, CallState::Ringing | CallState::InProgress) => CallStatus::InProgress,
            (Direction::Incoming, _) => CallStatus::Completed,
            (Direction::Outgoing, CallState::Unanswered) => self.first().map_or(CallStatus::Failed, came_to),
            (Direction::Outgoing, CallState::Completed) if self.is_between_two() => {
                self.other().map_or(CallStatus::Failed, came_to)
            }
            (Direction::Outgoing, CallState::Completed) => CallStatus::Completed,
        }
    }

    /// The party that the call began with.
    pub fn first(&self) -> Option<&Party> {
        self.parties.iter().find(|party| party.leg == LegId::FIRST)
    }

    /// The party that the call is known by: the one that talked with the first, else the one that has answered and is there, else
    /// the last that was dialled.
    pub fn other(&self) -> Option<&Party> {
        let dialled = || self.parties.iter().filter(|party| party.leg != LegId::FIRST);
        let talked = dialled().rfind(|party| party.joined.is_some());
        let there = || dialled().rfind(|party| party.answered.is_some() && party.ended.is_none());
        talked.or_else(there).or_else(|| dialled().next_back())
    }

    /// How long the first and the other have talked at a moment, counted from the call's beginning.
    pub fn conversation(&self, at: Duration) -> Duration {
        self.other().map_or(Duration::ZERO, |party| party.on_call(at))
    }

    /// How far into the call a moment is.
    pub fn elapsed(&self, now: Timestamp) -> Duration {
        now.duration_since(self.created).try_into().unwrap_or_default()
    }

    /// The number of ours that the call is of.
    pub fn line(&self) -> &str {
        let shown = self.first().map(|party| party.caller_id.as_str()).filter(|number| !number.is_empty());
        shown.unwrap_or(&self.to)
    }

    /// Whom the call is to: our number; of a call between two numbers, the second.
    pub fn called(&self) -> &str {
        let other = self.other().filter(|_| self.is_between_two());
        other.map(|party| &party.number).or(self.second.as_ref()).unwrap_or(&self.to)
    }
}

impl Cdr {
    fn is_between_two(&self) -> bool {
        self.second.is_some() || self.flow.as_deref() == Some(BETWEEN_TWO_NUMBERS)
    }
}

fn came_to(party: &Party) -> CallStatus {
    match party.status {
        None | Some(DialStatus::Completed) => CallStatus::Completed,
        Some(DialStatus::Busy) => CallStatus::Busy,
        Some(DialStatus::NoAnswer) => CallStatus::NoAnswer,
        Some(DialStatus::Failed | DialStatus::Canceled) => CallStatus::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CallEvent, CallSid, Cause, EndedBy, EventKind, LegEnd, Tenant};

    fn fold(direction: Direction, lines: &[(u64, u16, EventKind)]) -> Cdr {
        let offered =
            EventKind::Offered { tenant: Tenant::default(), direction, from: "+911".into(), to: "+918".into() };
        let lines = std::iter::once((0, 0, offered)).chain(lines.iter().cloned());
        let events: Vec<_> = lines
            .zip(0..)
            .map(|((second, leg, kind), seq)| {
                let (at, wall) = (Duration::from_secs(second), Timestamp::UNIX_EPOCH);
                CallEvent { call: CallSid::new("c"), seq, leg: Some(LegId(leg)), at, wall, kind }
            })
            .collect();
        Cdr::fold(&events).expect("begins with an offer")
    }

    fn dialled(target: &str) -> EventKind {
        EventKind::Dialled { target: target.into(), caller_id: "+918".into() }
    }

    fn between() -> EventKind {
        EventKind::FlowStarted { flow: BETWEEN_TWO_NUMBERS.into(), version: 0 }
    }

    fn answered() -> EventKind {
        EventKind::Answered { codec: "PCMU".into() }
    }

    /// The first party and another hear each other.
    fn joined(with: u16) -> EventKind {
        EventKind::Joined { with: LegId(with) }
    }

    fn left(cause: Cause, by: EndedBy) -> EventKind {
        EventKind::LegEnded(LegEnd { cause, status: None, by })
    }

    fn ended() -> EventKind {
        EventKind::Ended { cause: Cause::NORMAL_CLEARING, by: EndedBy::Caller }
    }

    #[test]
    fn a_call_of_ours_tells_what_its_parties_came_to() {
        use {CallStatus as Is, EndedBy as By};
        let first = [(0, 0, dialled("+911")), (5, 0, answered()), (5, 0, between())];
        type Line = (u64, u16, EventKind);
        let rows: [(&[Line], Is, u64); 10] = [
            (&[], Is::InProgress, 0),
            (&[(6, 1, dialled("+912"))], Is::InProgress, 0),
            (&[(20, 0, ended())], Is::Failed, 0),
            (&[(6, 1, dialled("+912")), (9, 1, left(Cause::USER_BUSY, By::Callee)), (9, 0, ended())], Is::Busy, 0),
            (&[(6, 1, dialled("+912")), (36, 1, left(Cause::NO_ANSWER, By::Us)), (36, 0, ended())], Is::NoAnswer, 0),
            (
                &[(6, 1, dialled("+912")), (9, 1, left(Cause::NORMAL_CLEARING, By::Caller)), (9, 0, ended())],
                Is::Failed,
                0,
            ),
            (&[(6, 1, dialled("+912")), (8, 1, answered()), (9, 0, joined(1)), (19, 0, ended())], Is::Completed, 10),
            (
                &[
                    (6, 1, dialled("+912")),
                    (8, 1, answered()),
                    (13, 1, left(Cause::NORMAL_CLEARING, By::Callee)),
                    (13, 0, ended()),
                ],
                Is::Busy,
                0,
            ),
            (
                &[
                    (6, 1, dialled("+912")),
                    (8, 1, answered()),
                    (13, 1, left(Cause::NORMAL_CLEARING, By::Caller)),
                    (13, 0, ended()),
                ],
                Is::Failed,
                0,
            ),
            (
                &[
                    (6, 1, dialled("+912")),
                    (7, 1, left(Cause::USER_BUSY, By::Callee)),
                    (7, 2, dialled("+913")),
                    (9, 2, answered()),
                    (9, 0, joined(2)),
                    (20, 2, left(Cause::NORMAL_CLEARING, By::Callee)),
                    (21, 0, ended()),
                ],
                Is::Completed,
                11,
            ),
        ];
        for (lines, status, talked) in rows {
            let cdr = fold(Direction::Outgoing, &[&first, lines].concat());
            assert_eq!((cdr.status(), cdr.conversation(Duration::MAX).as_secs()), (status, talked), "{lines:?}");
            assert_eq!(cdr.line(), "+918");
        }
        let flow = [
            (0, 0, dialled("+911")),
            (5, 0, answered()),
            (6, 1, dialled("+912")),
            (9, 1, left(Cause::USER_BUSY, By::Callee)),
            (9, 0, ended()),
        ];
        let cdr = fold(Direction::Outgoing, &flow);
        assert_eq!((cdr.status(), cdr.called()), (Is::Completed, "+918"), "a flow ran it");
        let busy = [(0, 0, dialled("+911")), (2, 0, left(Cause::USER_BUSY, By::Caller)), (2, 0, ended())];
        let cdr = fold(Direction::Outgoing, &busy);
        assert_eq!((cdr.status(), cdr.called()), (Is::Busy, "+918"));
        let cdr = fold(Direction::Outgoing, &[&first[..], &[(6, 1, dialled("+912"))]].concat());
        assert_eq!(cdr.called(), "+912");
        let second = (0, 0, EventKind::SecondParty { number: "+913".into() });
        let cdr = fold(Direction::Outgoing, &[&[second], &busy[..]].concat());
        assert_eq!((cdr.status(), cdr.called()), (Is::Busy, "+913"), "whom it never came to");
    }

    #[test]
    fn a_call_to_us_is_completed_whoever_answered() {
        let ringing = fold(Direction::Incoming, &[]);
        assert_eq!((ringing.status(), ringing.line(), ringing.called()), (CallStatus::Ringing, "+918", "+918"));
        let missed = [
            (1, 0, answered()),
            (2, 1, dialled("+912")),
            (9, 1, left(Cause::USER_BUSY, EndedBy::Callee)),
            (9, 0, ended()),
        ];
        let missed = fold(Direction::Incoming, &missed);
        assert_eq!((missed.status(), missed.called()), (CallStatus::Completed, "+918"));
        assert_eq!(missed.other().and_then(|party| party.status), Some(DialStatus::Busy));
        assert_eq!(
            missed.first().map(|party| (party.status, party.on_call(Duration::MAX).as_secs())),
            Some((Some(DialStatus::Completed), 8))
        );
    }

    #[test]
    fn a_record_keeps_so_many_parties() {
        let many: Vec<_> = (1..200).map(|leg| (1, leg, dialled("+912"))).collect();
        assert_eq!(fold(Direction::Incoming, &many).parties.len(), crate::PARTIES);
    }
}
