//! The party that answered first, and the conversation between it and the caller.

use std::time::Instant;

use bytes::Bytes;
use flow::DialProgress;
use model::{Cause, EndedBy, EventKind, LegEnd, LegId, Moment};

use super::super::{Call, Timer};
use super::announce::Whisper;
use crate::leg::LegState;
use crate::order::Order;

impl Call {
    pub(in crate::call) fn is_joined(&self) -> bool {
        self.hunt.as_ref().is_some_and(|hunt| hunt.joined.is_some())
    }

    /// Since when the caller talks to somebody.
    pub(in crate::call) fn talks_since(&self) -> Option<Instant> {
        self.hunt.as_ref()?.joined
    }

    /// Who answered.
    pub(in crate::call) fn chosen(&self) -> Option<LegId> {
        self.hunt.as_ref()?.chosen
    }

    /// A party that we rang answered. The first has the call.
    pub(crate) fn on_answered(&mut self, leg: LegId, answer: Option<&Bytes>, now: Moment) {
        if leg == LegId::FIRST {
            return self.on_first_answered(answer, now);
        }
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
        self.timers.stop(Timer::Ring(leg));
        self.note_leg(leg, EventKind::Answered { codec }, now);
        self.choose(leg, now);
        self.join_if_both_answered(now);
        self.pump(now);
    }

    /// The call is this party's.
    fn choose(&mut self, leg: LegId, now: Moment) {
        let Some(hunt) = &mut self.hunt else { return };
        hunt.chosen = Some(leg);
        if let Some(attempt) = hunt.attempt(leg) {
            attempt.answered = Some(now.at);
            let target = attempt.target.clone();
            self.orders.push_back(Order::Engage { leg, target });
        }
        self.progresses(leg, DialProgress::Answered);
        self.let_ringing_go(Cause::NON_SELECTED_USER_CLEARING, EndedBy::Us, now);
    }

    /// Caller and callee hear each other from the moment that both are answered, and have heard what they are to hear first.
    pub(in crate::call) fn join_if_both_answered(&mut self, now: Moment) {
        if self.chosen().is_none() || self.whispers(now) {
            return;
        }
        self.answer_caller(now);
        let Some(leg) = self.chosen().filter(|_| self.is_answered(LegId::FIRST)) else { return };
        let (a, b) = (self.caller().media, self.legs[usize::from(leg.0)].media);
        let Some(hunt) = self.hunt.as_mut().filter(|hunt| hunt.joined.is_none()) else { return };
        hunt.joined = Some(now.at);
        if let Some(target) = hunt.attempt(leg).map(|attempt| attempt.target.clone()) {
            self.orders.push_back(Order::Talk { caller: self.facts.from.clone(), target });
        }
        if let Some(limit) = hunt.dial.limit {
            self.timers.set(Timer::Limit, now.at + limit);
        }
        if let Some(playback) = &hunt.dial.playback {
            self.timers.set(Timer::Playback, now.at + playback.after);
        }
        self.stop_music();
        self.media(media::Command::Join { a, b });
        self.note_leg(LegId::FIRST, EventKind::Joined { with: leg }, now);
        self.record_conversation(leg, now);
        self.tell_answered(now);
    }

    /// They no longer hear each other.
    pub(in crate::call) fn unjoin(&mut self, now: Moment) {
        self.hush(now);
        let Some(leg) = self.chosen() else { return };
        let (a, b) = (self.caller().media, self.legs[usize::from(leg.0)].media);
        let Some(hunt) = &mut self.hunt else { return };
        let Some(joined) = hunt.joined.take() else { return };
        if let Some(attempt) = hunt.attempt(leg) {
            attempt.talk = Some(now.since(joined));
        }
        self.timers.stop(Timer::Limit);
        self.timers.stop(Timer::Playback);
        self.media(media::Command::Unjoin { a, b });
        self.end_recording(now);
        self.note_leg(LegId::FIRST, EventKind::Unjoined { with: leg }, now);
    }

    /// The dialog of a dialled party is over: the end of the conversation, or a refusal.
    pub(in crate::call) fn on_dialled_closed(&mut self, leg: LegId, ending: LegEnd, now: Moment) {
        match self.legs[usize::from(leg.0)].state {
            LegState::Answered => self.on_conversation_ended(leg, ending, now),
            LegState::Inviting | LegState::Opening => self.on_attempt_failed(leg, ending, now),
            LegState::Offered | LegState::Early | LegState::Gone => {}
        }
    }

    /// The conversation has lasted as long as it may.
    pub(in crate::call) fn on_limit(&mut self, now: Moment) {
        if let Some(leg) = self.chosen() {
            self.hang_up_dialled(leg, Cause::NORMAL_CLEARING, EndedBy::Us, now);
        }
    }

    /// Ends the conversation with a dialled party from our side.
    pub(in crate::call) fn hang_up_dialled(&mut self, leg: LegId, cause: Cause, by: EndedBy, now: Moment) {
        self.drop_leg(leg, cause);
        self.on_conversation_ended(leg, LegEnd { cause, status: None, by }, now);
    }

    fn on_conversation_ended(&mut self, leg: LegId, ending: LegEnd, now: Moment) {
        let talked = self.is_joined();
        self.unjoin(now);
        if let Some(hunt) = self.hunt.as_mut().filter(|_| !talked) {
            (hunt.chosen, hunt.whisper) = (None, Whisper::of(&hunt.dial));
            return self.go_on(leg, ending, now);
        }
        self.conclude(leg, ending, now);
        self.end_hunt(now);
        self.pump(now);
    }
}
