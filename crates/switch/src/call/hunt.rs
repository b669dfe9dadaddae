//! A hunt: the flow's targets are rung in turn; the first who answers is joined with the caller until either leaves.
//!
//! ```text
//!  dial ─► Offered ─ way ─► Opening ─ opened ─► Inviting ─ answered ─► Answered ─ both answered ─► joined ─ left ─► ended
//!             │                │  └─ another family ─┘ │ refused, rung out, unreachable
//!             └────────────────┴───────────────────────┴─► the next target, or ended
//! ```
//! The caller leaving ends the hunt from any state; what became of the party being rung is then `canceled`.

use core::net::SocketAddr;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use flow::{Audio, Component, Dial, DialProgress, Event, Party, Target};
use media::PlayId;
use model::{Cause, DialFacts, DialStatus, EndedBy, EventKind, LegEnd, LegFacts, LegId, Moment};
use sip::SessionId;

use super::{Call, Timer};
use crate::leg::{Leg, LegState, Place};
use crate::order::Order;
use crate::switch::media_of;

/// A hunt under way.
#[derive(Debug)]
pub(super) struct Hunt {
    id: Component,
    targets: VecDeque<Target>,
    ring: Duration,
    /// The number that the flow wants shown.
    wanted_id: Option<String>,
    /// The number that is shown.
    caller_id: String,
    /// What the caller is to hear meanwhile.
    music: Option<Audio>,
    /// It hears that now.
    playing: Option<PlayId>,
    attempts: Vec<Attempt>,
    /// Since when the current attempt and the caller hear each other.
    joined: Option<Instant>,
}

/// One party rung. The last attempt is the current one.
#[derive(Debug)]
struct Attempt {
    leg: LegId,
    target: Target,
    began: Instant,
    /// The number shown to it, once it is invited.
    caller_id: Option<String>,
    /// Since when it rings.
    rings: Option<Instant>,
    answered: Option<Instant>,
    ended: Option<(Instant, DialStatus, LegEnd)>,
    talk: Duration,
    /// The caller hears what it says while it rings.
    early: bool,
}

impl Call {
    pub(super) fn is_joined(&self) -> bool {
        self.hunt.as_ref().is_some_and(|hunt| hunt.joined.is_some())
    }

    /// Begins to ring the targets of a dial.
    pub(super) fn dial(&mut self, id: Component, dial: Dial, now: Moment) {
        let caller_id = dial.caller_id.clone().unwrap_or_else(|| self.facts.to.clone());
        let wanted_id = dial.caller_id;
        let (targets, ring, music) = (self.permitted(dial.targets, now), dial.ring, dial.music);
        let (playing, attempts, joined) = (None, Vec::new(), None);
        self.hunt = Some(Hunt { id, targets, ring, wanted_id, caller_id, music, playing, attempts, joined });
        self.ring_next(now);
    }

    /// The targets that may be rung.
    fn permitted(&mut self, parties: Vec<Party>, now: Moment) -> VecDeque<Target> {
        let mut targets = VecDeque::new();
        for Party { target, outside } in parties {
            if outside && !self.setup.permit.takes(&target) {
                self.fault(
                    format!("{target} is not rung: it comes from outside the flow, and no rule of dial.allow takes it"),
                    now,
                );
            } else {
                targets.push_back(target);
            }
        }
        targets
    }

    /// The way to a target is found; its media will live there.
    pub(crate) fn on_way(&mut self, leg: LegId, place: Place) {
        let party = &mut self.legs[usize::from(leg.0)];
        if party.state == LegState::Offered {
            let open = party.open(place, self.setup.settings);
            self.orders.push_back(open);
        }
    }

    /// An invitation came to nothing, and there is another way: whether it is taken.
    pub(crate) fn on_other_way(&mut self, leg: LegId, place: Place, now: Moment) -> bool {
        let party = &mut self.legs[usize::from(leg.0)];
        let inviting = party.state == LegState::Inviting;
        if inviting {
            self.orders.extend(party.reopen(place, self.setup.settings));
            self.ends_early(leg);
            self.play_music(now);
        }
        inviting
    }

    /// The media ports of a party to be rung are bound: it is invited.
    pub(super) fn on_dialled_opened(&mut self, leg: LegId, local: SocketAddr, now: Moment) {
        let party = &mut self.legs[usize::from(leg.0)];
        match party.describe(local) {
            Ok(offer) => {
                party.state = LegState::Inviting;
                self.orders.push_back(Order::Invite { leg, offer });
            }
            Err(error) => {
                self.fault(format!("no offer for {leg}: {error}"), now);
                self.on_unreachable(leg, Cause::BEARER_CAPABILITY_NOT_AVAILABLE, now);
            }
        }
    }

    /// The invitation is out, as this dialog.
    pub(crate) fn on_inviting(&mut self, leg: LegId, session: SessionId, caller_id: String, now: Moment) {
        self.legs[usize::from(leg.0)].session = Some(session);
        let Some(hunt) = &mut self.hunt else { return };
        hunt.caller_id.clone_from(&caller_id);
        if let Some(attempt) = hunt.attempt(leg)
            && attempt.caller_id.replace(caller_id).is_none()
        {
            self.progresses(leg, DialProgress::Dialled);
        }
        self.pump(now);
    }

    /// Tells the flow how far a party is.
    fn progresses(&mut self, leg: LegId, progress: DialProgress) {
        let Some(hunt) = &mut self.hunt else { return };
        let id = hunt.id;
        let Some(attempt) = hunt.attempt(leg).filter(|attempt| attempt.caller_id.is_some()) else { return };
        let number = attempt.target.to_string();
        self.events.push_back(Event::DialProgress { id, leg, number, progress });
    }

    /// There is no way to that target; it counts as not tried.
    pub(crate) fn on_unreachable(&mut self, leg: LegId, cause: Cause, now: Moment) {
        self.end_leg(leg, LegEnd { cause, status: None, by: EndedBy::Us }, now);
        if let Some(hunt) = &mut self.hunt {
            hunt.attempts.retain(|attempt| attempt.leg != leg);
            self.ring_next(now);
            self.pump(now);
        }
    }

    /// A party that we rang says how far it is, and perhaps where its media are.
    pub(crate) fn on_progress(&mut self, leg: LegId, status: u16, sdp: Option<&Bytes>, now: Moment) {
        let attempt = self.hunt.as_mut().and_then(|hunt| hunt.attempt(leg));
        if let Some(attempt) = attempt.filter(|attempt| attempt.rings.is_none() && status >= 180) {
            attempt.rings = Some(now.at);
            self.note_leg(leg, EventKind::Ringing, now);
            self.progresses(leg, DialProgress::Ringing);
        }
        if let Some(sdp) = sdp {
            self.on_early_media(leg, sdp, now);
        }
        self.pump(now);
    }

    /// A party that we rang answered.
    pub(crate) fn on_answered(&mut self, leg: LegId, answer: Option<&Bytes>, now: Moment) {
        let party = &mut self.legs[usize::from(leg.0)];
        if party.state != LegState::Inviting {
            return;
        }
        if let Err(error) = party.on_answer(answer.map(|answer| &answer[..])) {
            self.fault(format!("the answer of {leg} cannot be met: {error}"), now);
            let cause = Cause::BEARER_CAPABILITY_NOT_AVAILABLE;
            self.drop_leg(leg, cause);
            return self.on_attempt_failed(leg, LegEnd { cause, status: None, by: EndedBy::Us }, now);
        }
        party.state = LegState::Answered;
        let (connect, codec) = (party.connect(), party.codec());
        self.orders.extend(connect);
        self.timers.stop(Timer::Ring);
        self.note_leg(leg, EventKind::Answered { codec }, now);
        if let Some(attempt) = self.hunt.as_mut().and_then(|hunt| hunt.attempt(leg)) {
            attempt.answered = Some(now.at);
            self.progresses(leg, DialProgress::Answered);
        }
        self.answer_caller(now);
        self.join_if_both_answered(now);
        self.pump(now);
    }

    /// Caller and callee hear each other from the moment that both are answered.
    pub(super) fn join_if_both_answered(&mut self, now: Moment) {
        let Some(leg) = self.dialled().filter(|leg| self.is_answered(*leg) && self.is_answered(LegId::FIRST)) else {
            return;
        };
        let (a, b) = (self.caller().media, self.legs[usize::from(leg.0)].media);
        let Some(hunt) = self.hunt.as_mut().filter(|hunt| hunt.joined.is_none()) else { return };
        hunt.joined = Some(now.at);
        self.stop_music();
        self.media(media::Command::Join { a, b });
        self.note_leg(LegId::FIRST, EventKind::Joined { with: leg }, now);
    }

    /// They no longer hear each other.
    pub(super) fn unjoin(&mut self, now: Moment) {
        let Some(leg) = self.dialled() else { return };
        let (a, b) = (self.caller().media, self.legs[usize::from(leg.0)].media);
        let Some(hunt) = &mut self.hunt else { return };
        let Some(joined) = hunt.joined.take() else { return };
        if let Some(attempt) = hunt.attempts.last_mut() {
            attempt.talk = now.since(joined);
        }
        self.media(media::Command::Unjoin { a, b });
        self.note_leg(LegId::FIRST, EventKind::Unjoined { with: leg }, now);
    }

    /// The dialog of a dialled party is over: the end of the conversation, or a refusal.
    pub(super) fn on_dialled_closed(&mut self, leg: LegId, ending: LegEnd, now: Moment) {
        match self.legs[usize::from(leg.0)].state {
            LegState::Answered => self.on_conversation_ended(leg, ending, now),
            LegState::Inviting | LegState::Opening => self.on_attempt_failed(leg, ending, now),
            LegState::Offered | LegState::Early | LegState::Gone => {}
        }
    }

    /// An attempt came to nothing: the next target's turn.
    pub(super) fn on_attempt_failed(&mut self, leg: LegId, ending: LegEnd, now: Moment) {
        let status = match (ending.cause, ending.status) {
            (Cause::USER_BUSY | Cause::CALL_REJECTED, _) | (_, Some(486 | 600 | 603)) => DialStatus::Busy,
            (Cause::NO_USER_RESPONSE | Cause::NO_ANSWER, _) | (_, Some(408 | 480)) => DialStatus::NoAnswer,
            _ => DialStatus::Failed,
        };
        self.conclude(leg, status, ending, now);
        self.ring_next(now);
        self.pump(now);
    }

    pub(super) fn on_ring_timeout(&mut self, now: Moment) {
        let Some(leg) = self.dialled() else { return };
        let cause = Cause::NO_ANSWER;
        self.drop_leg(leg, cause);
        self.conclude(leg, DialStatus::NoAnswer, LegEnd { cause, status: None, by: EndedBy::Us }, now);
        self.ring_next(now);
        self.pump(now);
    }

    /// Ends the conversation with a dialled party from our side.
    pub(super) fn hang_up_dialled(&mut self, leg: LegId, cause: Cause, by: EndedBy, now: Moment) {
        self.drop_leg(leg, cause);
        self.on_conversation_ended(leg, LegEnd { cause, status: None, by }, now);
    }

    /// The caller has gone: whoever was dialled is let go, for our cause if it was we who ended the call, and the flow hears
    /// what became of the dial.
    pub(super) fn end_hunt_without_caller(&mut self, now: Moment) {
        if self.hunt.is_none() {
            return;
        }
        if let Some(leg) = self.dialled() {
            let answered = self.is_answered(leg);
            let status = if answered { DialStatus::Completed } else { DialStatus::Canceled };
            let ours = self.ending.filter(|(_, by)| *by == EndedBy::Us);
            let (cause, by) = ours.unwrap_or((Cause::NORMAL_CLEARING, EndedBy::Caller));
            self.drop_leg(leg, cause);
            self.conclude(leg, status, LegEnd { cause, status: None, by }, now);
        }
        self.end_hunt(now);
    }

    /// The flow no longer wants the dial.
    pub(super) fn stop_hunt(&mut self, now: Moment) {
        self.drop_dialled(Cause::NORMAL_CLEARING, now);
        self.timers.stop(Timer::Ring);
        self.hunt = None;
    }

    /// Lets go every dialled party.
    pub(super) fn drop_dialled(&mut self, cause: Cause, now: Moment) {
        self.unjoin(now);
        for index in 1..self.legs.len() {
            let leg = self.legs[index].id;
            if self.legs[index].state != LegState::Gone {
                self.drop_leg(leg, cause);
                self.end_leg(leg, LegEnd { cause, status: None, by: EndedBy::Us }, now);
            }
        }
        self.hunt = None;
    }

    fn on_conversation_ended(&mut self, leg: LegId, ending: LegEnd, now: Moment) {
        self.unjoin(now);
        self.conclude(leg, DialStatus::Completed, ending, now);
        self.end_hunt(now);
        self.pump(now);
    }

    fn ring_next(&mut self, now: Moment) {
        let Some(hunt) = &mut self.hunt else { return };
        let Some(target) = hunt.targets.pop_front() else { return self.end_hunt(now) };
        self.play_music(now);
        let Some(hunt) = &mut self.hunt else { return };
        let (shown, caller_id, ring) = (target.to_string(), hunt.caller_id.clone(), hunt.ring);
        let leg = LegId(u16::try_from(self.legs.len()).unwrap_or(u16::MAX));
        let seek = Order::Seek { leg, target: target.clone(), from: hunt.wanted_id.clone() };
        hunt.attempts.push(Attempt {
            leg,
            target,
            began: now.at,
            caller_id: None,
            rings: None,
            answered: None,
            ended: None,
            talk: Duration::ZERO,
            early: false,
        });
        self.legs.push(Leg::outgoing(leg, media_of(self.setup.key, leg)));
        self.timers.set(Timer::Ring, now.at + ring);
        self.note_leg(leg, EventKind::Dialled { target: shown, caller_id }, now);
        self.orders.push_back(seek);
    }

    /// Notes what became of an attempt, and closes its leg.
    fn conclude(&mut self, leg: LegId, status: DialStatus, ending: LegEnd, now: Moment) {
        self.timers.stop(Timer::Ring);
        self.end_leg(leg, ending.clone(), now);
        let Some(hunt) = &mut self.hunt else { return };
        let caller_id = hunt.caller_id.clone();
        if let Some(attempt) = hunt.attempt(leg).filter(|attempt| attempt.ended.is_none()) {
            attempt.ended = Some((now.at, status, ending));
            let facts = attempt.facts(&caller_id, now.at);
            self.progresses(leg, DialProgress::Ended(facts));
        }
    }

    fn end_hunt(&mut self, now: Moment) {
        self.timers.stop(Timer::Ring);
        self.stop_music();
        let Some(hunt) = self.hunt.take() else { return };
        self.components.remove(&hunt.id);
        let facts = hunt.facts(now.at);
        self.facts.dial = Some(facts.clone());
        self.events.push_back(Event::DialEnded { id: hunt.id, facts });
    }

    /// Lets the caller hear music, unless it does already.
    fn play_music(&mut self, now: Moment) {
        let Some(hunt) = self.hunt.as_mut().filter(|hunt| hunt.playing.is_none()) else { return };
        let Some(music) = &hunt.music else { return };
        let Some(sound) = self.published.prompts.get(music).cloned() else {
            let what = format!("{music} has not been rendered; the caller hears nothing while it rings");
            hunt.music = None;
            return self.fault(what, now);
        };
        let play = PlayId(hunt.id.0);
        hunt.playing = Some(play);
        let id = self.caller().media;
        self.media(media::Command::Play { id, play, audio: vec![sound], repeat: true });
    }

    /// Lets it hear something else.
    pub(super) fn stop_music(&mut self) {
        if let Some(play) = self.hunt.as_mut().and_then(|hunt| hunt.playing.take()) {
            let id = self.caller().media;
            self.media(media::Command::Stop { id, play });
        }
    }

    /// Notes that the caller hears the party while it rings; whether that is news.
    pub(super) fn begins_early(&mut self, leg: LegId) -> bool {
        let attempt = self.hunt.as_mut().and_then(|hunt| hunt.attempt(leg));
        attempt.is_some_and(|attempt| !std::mem::replace(&mut attempt.early, true))
    }

    /// The party that it heard is not the one that rings now.
    fn ends_early(&mut self, leg: LegId) {
        if let Some(attempt) = self.hunt.as_mut().and_then(|hunt| hunt.attempt(leg)) {
            attempt.early = false;
        }
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

    fn end_leg(&mut self, leg: LegId, ending: LegEnd, now: Moment) {
        let party = &mut self.legs[usize::from(leg.0)];
        if party.state != LegState::Gone {
            let close = party.end();
            self.orders.extend(close);
            self.orders.push_back(Order::Forget { leg });
            self.note_leg(leg, EventKind::LegEnded(ending), now);
        }
    }

    /// The party that is being rung or talked to.
    pub(super) fn dialled(&self) -> Option<LegId> {
        let attempt = self.hunt.as_ref()?.attempts.last()?;
        (self.legs[usize::from(attempt.leg.0)].state != LegState::Gone).then_some(attempt.leg)
    }
}

impl Hunt {
    /// What became of it (`exotel.md` 1.6 and 1.7 write it out).
    fn facts(&self, now: Instant) -> DialFacts {
        let legs = self.attempts.iter().map(|attempt| attempt.facts(&self.caller_id, now));
        let last = self.attempts.last();
        let status =
            last.and_then(|attempt| attempt.ended.as_ref()).map_or(DialStatus::Failed, |(_, status, _)| *status);
        let duration = match (last, status) {
            (Some(Attempt { began, ended: Some((ended, ..)), .. }), DialStatus::Completed) => *ended - *began,
            _ => Duration::ZERO,
        };
        DialFacts { status, duration, caller_id: self.caller_id.clone(), legs: legs.collect() }
    }

    fn attempt(&mut self, leg: LegId) -> Option<&mut Attempt> {
        self.attempts.iter_mut().find(|attempt| attempt.leg == leg)
    }
}

impl Attempt {
    fn facts(&self, caller_id: &str, now: Instant) -> LegFacts {
        let unknown = || LegEnd { cause: Cause::NORMAL_UNSPECIFIED, status: None, by: EndedBy::Us };
        let (ended, status, end) = self.ended.clone().unwrap_or_else(|| (now, DialStatus::Failed, unknown()));
        LegFacts {
            number: self.target.to_string(),
            status,
            talk: self.talk,
            ring: self.rings.map_or(Duration::ZERO, |rings| self.answered.unwrap_or(ended) - rings),
            cause: end.cause,
            by: end.by,
            parallel: false,
            caller_id: self.caller_id.clone().unwrap_or_else(|| caller_id.to_owned()),
        }
    }
}
