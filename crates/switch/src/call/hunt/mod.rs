//! A hunt: the flow's targets are rung, in turn or several at once; the first who answers is joined with the caller until
//! either leaves.
//!
//! ```text
//!  dial ─► Offered ─ way ─► Opening ─ opened ─► Inviting ─ answered ─► Answered ─ both answered ─► joined ─ left ─► ended
//!             │                │  └─ another family ─┘ │ refused, rung out, unreachable
//!             └────────────────┴───────────────────────┴─► a further target, or ended
//! ```
//! The first who answers is chosen: the others that ring are let go, and none is rung any more. The caller leaving ends
//! the hunt from any state; what became of the parties being rung is then `canceled`.
//!
//! `ring` holds what happens to a party until it answers, `join` what happens from then on, `music` what the caller hears
//! while it waits, `announce` what is said to both before and while they talk, `muster` the
//! turn of a group.

mod announce;
mod attempt;
mod join;
mod music;
mod muster;
mod ring;

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use flow::{Component, Dial, DialOrder, DialProgress, Event, Party, Target};
use media::PlayId;
use model::{Cause, DialFacts, DialStatus, EndedBy, EventKind, LegEnd, LegId, Moment};

use super::{Call, Timer};
use crate::leg::{Leg, LegState};
use crate::order::{Guise, Order};
use crate::switch::media_of;
use announce::Whisper;
use attempt::{Attempt, Ended};

/// Parties that one call may dial; past it nobody is rung any more.
const LEGS: usize = 1_000;

/// A hunt under way.
#[derive(Debug)]
pub(super) struct Hunt {
    id: Component,
    /// How; its targets are in `targets`, as far as they may be rung.
    dial: Dial,
    targets: VecDeque<Wanted>,
    /// The number that was last shown to somebody.
    caller_id: String,
    /// The targets whose order is asked for.
    arranging: VecDeque<Wanted>,
    /// The first of them is rung alone, before the others.
    first_alone: bool,
    /// The group whose next member is asked for.
    mustering: Option<Wanted>,
    /// The caller hears that now.
    playing: Option<PlayId>,
    /// In the order in which they were dialled.
    attempts: Vec<Attempt>,
    /// Who answered, until it is gone.
    chosen: Option<LegId>,
    /// Since when that party and the caller hear each other.
    joined: Option<Instant>,
    whisper: Whisper,
    /// Who is being told something.
    hearing: BTreeSet<LegId>,
}

/// Somebody who is to be rung.
#[derive(Debug)]
struct Wanted {
    target: Target,
    ring: Duration,
    /// Whom of a group it has rung.
    tried: Vec<Target>,
}

impl Call {
    /// Begins to ring the targets of a dial.
    pub(super) fn dial(&mut self, id: Component, mut dial: Dial, now: Moment) {
        self.recordings.wanted = dial.record.or_else(|| self.asked_record());
        let caller_id = dial.caller_id.clone().unwrap_or_else(|| self.facts.to.clone());
        let parties = std::mem::take(&mut dial.targets);
        let targets = self.permitted(parties, dial.ring, now);
        self.hunt = Some(Hunt {
            id,
            whisper: Whisper::of(&dial),
            dial,
            targets,
            caller_id,
            arranging: VecDeque::new(),
            first_alone: false,
            mustering: None,
            playing: None,
            attempts: Vec::new(),
            chosen: None,
            joined: None,
            hearing: BTreeSet::new(),
        });
        self.arrange();
        self.ring_more(now);
    }

    /// The targets that may be rung, each as long as it may.
    fn permitted(&mut self, parties: Vec<Party>, usual: Duration, now: Moment) -> VecDeque<Wanted> {
        let mut targets = VecDeque::new();
        for Party { target, outside, ring } in parties {
            if outside && !self.setup.permit.takes(&target) {
                self.fault(
                    format!("{target} is not rung: it comes from outside the flow, and no rule of dial.allow takes it"),
                    now,
                );
            } else {
                targets.push_back(Wanted { target, ring: ring.unwrap_or(usual), tried: Vec::new() });
            }
        }
        targets
    }

    /// Rings whoever's turn it is, as many at once as may be; with nobody left, the hunt is over.
    fn ring_more(&mut self, now: Moment) {
        loop {
            let Some(hunt) = self.hunt.as_mut().filter(|hunt| hunt.chosen.is_none()) else { return };
            let ringing = hunt.ringing().count();
            if ringing >= hunt.most_at_once() || hunt.mustering.is_some() || !hunt.arranging.is_empty() {
                return;
            }
            let next = hunt.targets.pop_front();
            if let Some(wanted) = next.as_ref().filter(|_| hunt.dial.share) {
                self.orders.push_back(Order::Rings { target: wanted.target.clone() });
            }
            match next {
                Some(wanted) if self.legs.len() <= LEGS && matches!(wanted.target, Target::Group(_)) => {
                    return self.muster(wanted);
                }
                Some(wanted) if self.legs.len() <= LEGS => self.ring(wanted, now),
                Some(Wanted { target, .. }) => {
                    self.fault(format!("{target} is not rung: a call dials at most {LEGS} parties"), now);
                }
                None if ringing == 0 => return self.end_hunt(now),
                None => return,
            }
        }
    }

    fn ring(&mut self, Wanted { target, ring, .. }: Wanted, now: Moment) {
        self.play_music(now);
        let Some(hunt) = &mut self.hunt else { return };
        let leg = LegId(u16::try_from(self.legs.len()).unwrap_or(u16::MAX));
        let dialled = EventKind::Dialled { target: target.to_string(), caller_id: hunt.caller_id.clone() };
        let guise = Guise { from: hunt.dial.caller_id.clone(), headers: hunt.dial.headers.clone() };
        let seek = Order::Seek { leg, target: target.clone(), guise };
        hunt.attempts.push(Attempt::new(leg, target, hunt.is_parallel(), now.at));
        self.legs.push(Leg::outgoing(leg, media_of(self.setup.key, leg)));
        self.timers.set(Timer::Ring(leg), now.at + ring);
        self.note_leg(leg, dialled, now);
        self.progresses(leg, DialProgress::Dialled);
        self.orders.push_back(seek);
    }

    /// Notes what became of an attempt, and closes its leg.
    fn conclude(&mut self, leg: LegId, how: LegEnd, now: Moment) {
        self.end_leg(leg, how.clone(), now);
        let Some(hunt) = &mut self.hunt else { return };
        let caller_id = hunt.caller_id.clone();
        if let Some(attempt) = hunt.attempt(leg).filter(|attempt| attempt.ended.is_none()) {
            attempt.ended = Some(Ended { at: now.at, status: attempt.outcome(&how), how });
            let facts = attempt.facts(&caller_id, now);
            self.progresses(leg, DialProgress::Ended(facts));
        }
    }

    /// Lets go everybody who is still rung.
    fn let_ringing_go(&mut self, cause: Cause, by: EndedBy, now: Moment) {
        let ringing: Vec<LegId> = self.hunt.iter().flat_map(Hunt::ringing).map(|attempt| attempt.leg).collect();
        for leg in ringing {
            self.drop_leg(leg, cause);
            self.conclude(leg, LegEnd { cause, status: None, by }, now);
        }
    }

    /// The caller has gone: whoever was dialled is let go, for our cause if it was we who ended the call, and the flow hears
    /// what became of the dial.
    pub(super) fn end_hunt_without_caller(&mut self, now: Moment) {
        let Some(hunt) = &self.hunt else { return };
        let ours = self.ending.filter(|(_, by)| *by == EndedBy::Us);
        let (cause, by) = ours.unwrap_or((Cause::NORMAL_CLEARING, EndedBy::Caller));
        if let Some(leg) = hunt.chosen {
            self.drop_leg(leg, cause);
            self.conclude(leg, LegEnd { cause, status: None, by }, now);
        }
        self.let_ringing_go(cause, by, now);
        self.end_hunt(now);
    }

    /// The flow no longer wants the dial.
    pub(super) fn stop_hunt(&mut self, now: Moment) {
        self.drop_dialled(Cause::NORMAL_CLEARING, now);
    }

    /// Lets go every dialled party.
    pub(super) fn drop_dialled(&mut self, cause: Cause, now: Moment) {
        self.unjoin(now);
        for index in 1..self.legs.len() {
            let leg = self.legs[index].id;
            if self.legs[index].state != LegState::Gone {
                self.drop_leg(leg, cause);
                self.conclude(leg, LegEnd { cause, status: None, by: EndedBy::Us }, now);
            }
        }
        self.facts.dial = self.hunt.take().map(|hunt| hunt.facts(now)).or_else(|| self.facts.dial.take());
    }

    fn end_hunt(&mut self, now: Moment) {
        self.stop_music();
        let Some(hunt) = self.hunt.take() else { return };
        self.components.remove(&hunt.id);
        let facts = hunt.facts(now);
        self.facts.dial = Some(facts.clone());
        self.events.push_back(Event::DialEnded { id: hunt.id, facts });
    }

    /// Tells the flow how far a party is.
    fn progresses(&mut self, leg: LegId, progress: DialProgress) {
        let Some(hunt) = &mut self.hunt else { return };
        let id = hunt.id;
        let Some(attempt) = hunt.attempt(leg) else { return };
        let number = attempt.target.to_string();
        self.events.push_back(Event::DialProgress { id, leg, number, progress });
    }

    /// A media command about the caller's leg; waits until that is answered.
    pub(super) fn media(&mut self, command: media::Command) {
        let order = self.legs[0].media(command);
        self.orders.extend(order);
    }

    /// Ends a dialled party's dialog, whatever state it is in.
    fn drop_leg(&mut self, leg: LegId, cause: Cause) {
        let party = &self.legs[usize::from(leg.0)];
        if let (Some(session), true) = (party.session, party.state != LegState::Gone) {
            self.orders.push_back(Order::HangUp { session, cause });
        }
    }

    fn end_leg(&mut self, leg: LegId, how: LegEnd, now: Moment) {
        self.timers.stop(Timer::Ring(leg));
        let party = &mut self.legs[usize::from(leg.0)];
        if party.state != LegState::Gone {
            let close = party.end();
            self.orders.extend(close);
            self.orders.push_back(Order::Forget { leg });
            self.note_leg(leg, EventKind::LegEnded(how), now);
        }
    }
}

impl Hunt {
    /// Who rings.
    fn ringing(&self) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().filter(|attempt| attempt.ended.is_none() && Some(attempt.leg) != self.chosen)
    }

    fn is_parallel(&self) -> bool {
        matches!(self.dial.order, DialOrder::Parallel(_))
    }

    fn most_at_once(&self) -> usize {
        match self.dial.order {
            DialOrder::Parallel(most) if !self.first_alone || self.has_tried() => most.max(1),
            DialOrder::Single | DialOrder::Parallel(_) => 1,
        }
    }

    /// Whether whoever was rung first came to nothing.
    fn has_tried(&self) -> bool {
        self.attempts.first().is_some_and(|attempt| attempt.ended.is_some())
    }

    fn attempt(&mut self, leg: LegId) -> Option<&mut Attempt> {
        self.attempts.iter_mut().find(|attempt| attempt.leg == leg)
    }

    /// What became of it (`exotel.md` 1.6 and 1.7 write it out): with nobody who talked, what became of the last to give up.
    fn facts(&self, now: Moment) -> DialFacts {
        let talked = self.attempts.iter().find(|attempt| attempt.has_talked());
        let last = || self.attempts.iter().max_by_key(|attempt| attempt.ended.as_ref().map(|ended| ended.at));
        let ended = talked.or_else(last).and_then(|attempt| attempt.ended.as_ref());
        let shown = talked.or_else(|| self.attempts.last()).and_then(|attempt| attempt.caller_id.as_ref());
        DialFacts {
            status: ended.map_or(DialStatus::Failed, |ended| ended.status),
            duration: talked.zip(ended).map_or(Duration::ZERO, |(attempt, ended)| ended.at - attempt.began),
            caller_id: shown.unwrap_or(&self.caller_id).clone(),
            legs: self.attempts.iter().map(|attempt| attempt.facts(&self.caller_id, now)).collect(),
        }
    }
}
