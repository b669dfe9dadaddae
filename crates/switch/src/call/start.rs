//! A call that somebody outside asked for: its first party is rung before anything else, and the flow runs when it answers.
//!
//! ```text
//! ring_first ─► Offered ─ way ─► Opening ─ opened ─► Inviting ─ answered ─► the flow runs
//!                  └────────────────┴───────────────────┴─ refused, rung out, unreachable ─► over
//! ```
//! Who asked may want to hear how it goes: of each party's answer, and of the end, which is in the outbox before it is in the
//! journal.

use core::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flow::{Run, Target};
use jiff::Timestamp;
use model::{
    CallFacts, Cause, DialStatus, EndedBy, EventKind, LegEnd, LegId, Moment, PartyReport, PartyState, Reached, Record,
    StartCall, StatusEvent, StatusReport, Then,
};

use super::{Call, Setup, Timer};
use crate::leg::{Leg, LegState};
use crate::order::{Guise, Order};
use crate::prompts::Published;
use crate::switch::media_of;

/// What a call was asked for with, and how far its first party is.
#[derive(Debug)]
pub(super) struct Start {
    wanted: StartCall,
    /// When the first party answered.
    answered: Option<Moment>,
    /// When the first party was gone.
    gone: Option<Moment>,
    /// How it ended, if it never answered.
    refusal: Option<DialStatus>,
    rings: bool,
    /// The end has been told.
    told: bool,
}

impl Call {
    /// A call that is to be begun, and the flow that runs once its first party has answered.
    pub(crate) fn outgoing(
        facts: CallFacts,
        published: Arc<Published>,
        wanted: StartCall,
        setup: Setup,
        now: Moment,
    ) -> Self {
        let caller = Leg::outgoing(LegId::FIRST, media_of(setup.key, LegId::FIRST));
        let mut call = Self::new(facts, published, caller, setup, now);
        call.answering = true; // its answer is never ours to give
        call.start = Some(Start { wanted, answered: None, gone: None, refusal: None, rings: false, told: false });
        call
    }

    /// Rings the first party.
    pub(crate) fn ring_first(&mut self, target: Target, now: Moment) {
        let Some(Start { wanted, .. }) = &self.start else { return };
        let (caller_id, ring) = (wanted.caller_id.clone(), wanted.ring);
        let second = match &wanted.then {
            Then::Connect(connect) => Some(connect.to.clone()),
            Then::Flow(_) | Then::Bot(_) => None,
        };
        let guise = Guise { from: Some(caller_id.clone()), headers: Vec::new() };
        self.timers.set(Timer::Ring(LegId::FIRST), now.at + ring);
        self.foresee(now); // or the party would have to wait for it, once it has answered
        if let Some(number) = second {
            self.note(EventKind::SecondParty { number }, now);
        }
        self.note_leg(LegId::FIRST, EventKind::Dialled { target: target.to_string(), caller_id }, now);
        self.orders.push_back(Order::Seek { leg: LegId::FIRST, target, guise });
    }

    /// Whether the first party is rung, and has not answered.
    pub(super) fn rings_first(&self) -> bool {
        self.start.as_ref().is_some_and(|start| start.answered.is_none())
    }

    /// Its media ports are bound: it is invited.
    pub(super) fn on_first_opened(&mut self, local: SocketAddr, now: Moment) {
        match self.legs[0].describe(local) {
            Ok(offer) => {
                self.legs[0].state = LegState::Inviting;
                self.orders.push_back(Order::Invite { leg: LegId::FIRST, offer });
            }
            Err(error) => {
                self.fault(format!("no offer for the first party: {error}"), now);
                self.first_is_lost(Cause::BEARER_CAPABILITY_NOT_AVAILABLE, EndedBy::Us, now);
            }
        }
    }

    /// It says how far it is. An answer to our offer that it gives early stands.
    pub(super) fn on_first_progress(&mut self, status: u16, sdp: Option<&Bytes>, now: Moment) {
        if let Some(start) = self.start.as_mut().filter(|start| !start.rings && status >= 180) {
            start.rings = true;
            self.note_leg(LegId::FIRST, EventKind::Ringing, now);
        }
        if let (Some(sdp), LegState::Inviting) = (sdp, self.caller().state) {
            // What cannot be used is passed over: its 200 may do better.
            drop(self.legs[0].on_answer(Some(sdp)));
        }
    }

    /// It answered: the flow runs.
    pub(super) fn on_first_answered(&mut self, answer: Option<&Bytes>, now: Moment) {
        if self.caller().state != LegState::Inviting {
            return;
        }
        if let Err(error) = self.legs[0].on_answer(answer.map(|answer| &answer[..])) {
            self.fault(format!("the first party's answer cannot be met: {error}"), now);
            return self.first_is_lost(Cause::BEARER_CAPABILITY_NOT_AVAILABLE, EndedBy::Us, now);
        }
        self.legs[0].state = LegState::Answered;
        let (connect, codec) = (self.legs[0].connect(), self.legs[0].codec());
        self.orders.extend(connect);
        self.timers.stop(Timer::Ring(LegId::FIRST));
        self.note_leg(LegId::FIRST, EventKind::Answered { codec }, now);
        self.facts.answered = true;
        self.facts.answered_at = Some(now.wall);
        if let Some(start) = &mut self.start {
            start.answered = Some(now);
            if let Some(limit) = start.wanted.limit {
                self.timers.set(Timer::Life, now.at + limit);
            }
        }
        self.tell_answered(now);
        self.run = Run::new(Arc::clone(&self.published.program), self.facts.clone());
        self.run.start(now);
        self.pump(now);
    }

    /// How whoever asked for the call would have those conversations recorded of which the flow says nothing.
    pub(super) fn asked_record(&self) -> Option<Record> {
        match &self.start.as_ref()?.wanted.then {
            Then::Flow(flow) => flow.record,
            Then::Connect(_) | Then::Bot(_) => None, // it is in the flow that was made for them
        }
    }

    /// It has rung for as long as it may.
    pub(super) fn on_first_rang_out(&mut self, now: Moment) {
        self.first_is_lost(Cause::NO_ANSWER, EndedBy::Us, now);
    }

    /// It cannot be had.
    pub(super) fn first_is_lost(&mut self, cause: Cause, by: EndedBy, now: Moment) {
        self.end_caller(cause, by, now);
        self.on_caller_left(now);
    }

    /// Lets go a first party that has not answered.
    pub(super) fn cancel_first(&mut self, cause: Cause) {
        if let Some(session) = self.caller().session {
            self.orders.push_back(Order::HangUp { session, cause });
        }
    }

    /// It is gone, answered or not.
    pub(super) fn first_has_gone(&mut self, end: &LegEnd, now: Moment) {
        self.timers.stop(Timer::Ring(LegId::FIRST));
        self.timers.stop(Timer::Life);
        let Some(start) = &mut self.start else { return };
        self.orders.push_back(Order::Forget { leg: LegId::FIRST });
        start.gone = Some(now);
        if start.answered.is_none() {
            start.refusal = Some(end.outcome(LegId::FIRST, Reached::Nothing));
        }
    }

    /// The call has lasted as long as it may.
    pub(super) fn on_life_over(&mut self, now: Moment) {
        self.hang_up(Cause::NORMAL_CLEARING, EndedBy::Us, now);
    }

    /// Tells whoever asked for the call that a party has answered, if it wants to hear that.
    pub(super) fn tell_answered(&mut self, now: Moment) {
        let wants = |start: &Start| start.wanted.callback.as_ref().is_some_and(|callback| callback.answered);
        if self.start.as_ref().is_some_and(wants) {
            self.tell_status(StatusEvent::Answered, now);
        }
    }

    /// Tells whoever asked for the call that it is over; whether it has been told by now.
    pub(super) fn tell_end(&mut self, now: Moment) -> bool {
        let Some(start) = self.start.as_mut().filter(|start| !start.told) else { return true };
        start.told = true;
        if start.wanted.callback.is_none() {
            return true;
        }
        let status = self.outcome();
        self.tell_status(StatusEvent::Terminal(status), now);
        false
    }

    fn tell_status(&mut self, event: StatusEvent, now: Moment) {
        let Some(request) = self.status_request(event, now) else { return };
        self.tell(request, matches!(event, StatusEvent::Terminal(_)), now);
    }

    fn status_request(&mut self, event: StatusEvent, now: Moment) -> Option<model::HttpRequest> {
        let start = self.start.as_ref()?;
        let talk = self.talk(now);
        let to = match &start.wanted.then {
            Then::Connect(connect) => &connect.to,
            Then::Flow(_) | Then::Bot(_) => &self.facts.to,
        };
        let report = StatusReport {
            to,
            callback: start.wanted.callback.as_ref()?,
            facts: self.run_facts(),
            event,
            answered: start.answered.map(|answered| answered.wall),
            ended: start.gone.map(|gone| (gone.wall, gone.since(self.journal.began()))),
            first: self.first_report(event, now),
            second: matches!(start.wanted.then, Then::Connect(_)).then(|| self.second_report(talk)),
            conversation: talk,
        };
        Some(self.setup.reporting.status(&report, self.callouts, now.wall))
    }

    fn first_report(&self, event: StatusEvent, now: Moment) -> PartyReport {
        let Some(start) = &self.start else { return PartyReport::default() };
        let on_call = start.answered.map_or(Duration::ZERO, |answered| start.gone.unwrap_or(now).since(answered.at));
        let state = match (event, start.answered, start.refusal) {
            (StatusEvent::Answered, Some(_), _) => Some(PartyState::InProgress),
            (StatusEvent::Terminal(_), Some(_), _) => Some(PartyState::Ended(DialStatus::Completed)),
            (_, None, refusal) => refusal.map(PartyState::Ended),
        };
        PartyReport { state, on_call }
    }

    fn second_report(&self, on_call: Duration) -> PartyReport {
        if self.chosen().is_some() {
            return PartyReport { state: Some(PartyState::InProgress), on_call };
        }
        let dial = self.facts.dial.as_ref();
        let leg = dial.and_then(|dial| dial.main_leg());
        PartyReport { state: leg.map(|leg| PartyState::Ended(leg.status)), on_call }
    }

    /// How long the conversation has lasted.
    fn talk(&self, now: Moment) -> Duration {
        let running = self.talks_since().map(|since| now.since(since));
        let leg = self.facts.dial.as_ref().and_then(|dial| dial.main_leg());
        running.or_else(|| leg.map(|leg| leg.talk)).unwrap_or_default()
    }

    /// What the call came to (`exotel.md` 3.3, 4.7).
    fn outcome(&self) -> DialStatus {
        let Some(start) = &self.start else { return DialStatus::Completed };
        let dial = self.facts.dial.as_ref().map(|dial| dial.status);
        match (start.answered, &start.wanted.then, dial) {
            (None, ..) => start.refusal.unwrap_or(DialStatus::Failed),
            (Some(_), Then::Flow(_) | Then::Bot(_), _) => DialStatus::Completed,
            (Some(_), Then::Connect(_), Some(DialStatus::Canceled) | None) => DialStatus::Failed,
            (Some(_), Then::Connect(_), Some(status)) => status,
        }
    }

    pub(super) fn run_facts(&self) -> &CallFacts {
        if self.rings_first() { &self.facts } else { self.run.facts() }
    }
}

/// How reports of calls are written, in a vendor's words.
pub trait Reporting: Send + Sync {
    /// Tells how a call stands. `number` differs from report to report of one call.
    fn status(&self, report: &StatusReport<'_>, number: u32, now: Timestamp) -> model::HttpRequest;
}
