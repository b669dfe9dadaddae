//! What the flow wants of its call, command by command.

use std::sync::Arc;
use std::time::Instant;

use flow::{Audio, Command, Component, Event};
use media::{MediaId, Pcm, PlayId};
use model::{
    Asker, Attempt, CalloutId, EndedBy, EventKind, HttpFailure, HttpOutcome, HttpRequest, Inquiry, LegId, Mark, Moment,
    StreamEndedBy, Way, without_userinfo,
};

use super::sound::Purpose;
use super::{Call, Ongoing, STORING, Timer};
use crate::leg::LegState;
use crate::order::{Notify, Order};
use crate::prompts::Published;

impl Call {
    pub(super) fn on_command(&mut self, command: Command, now: Moment) {
        match command {
            Command::Answer => self.answer_caller(now),
            Command::Play { id, audio, repeat } => self.want(id, audio, Purpose::Play { repeat }, now),
            Command::Prepare { id, audio } => self.want(id, audio, Purpose::Prepare, now),
            Command::Stop { id } => self.stop(id, now),
            Command::StartTimer { id, after } => {
                self.components.insert(id, Ongoing::Timer);
                self.timers.set(Timer::Flow(id), now.at + after);
            }
            Command::Callout { id, inquiry } => self.callout(id, inquiry, now),
            Command::Notify { id, request, shadow } => {
                self.notify(id, request, false, now);
                if let Some(copy) = shadow {
                    self.copy(id, copy);
                }
            }
            Command::Dial { id, dial } => {
                self.components.insert(id, Ongoing::Dial);
                self.dial(id, dial, now);
            }
            Command::Whisper { dial, leg, what } => self.on_whisper((dial, leg), what, now),
            Command::FindFlow { id, flow } => self.orders.push_back(Order::FindFlow { component: id, flow }),
            Command::Record { id, take } => self.record_caller(id, take, now),
            Command::Stream { id, stream } => self.stream(id, stream, now),
            Command::FailStream { id, stream, failure } => self.fail_stream(id, stream, failure, now),
            Command::Hangup { cause } => self.end_caller(cause, EndedBy::Us, now),
        }
    }

    /// A prompt ended.
    pub(crate) fn on_play_ended(&mut self, media: MediaId, play: PlayId, finished: bool, now: Moment) {
        if self.on_announced(media, play, finished, now) {
            return;
        }
        let is_it = |ongoing: &Ongoing| matches!(ongoing, Ongoing::Play { play: mine, .. } if *mine == play);
        let id = self.components.iter().find(|(_, ongoing)| is_it(ongoing)).map(|(id, _)| *id);
        if let Some(id) = id {
            self.end_play(id, finished, now);
            self.pump(now);
        }
    }

    /// One request of a synchronous callout ended.
    pub(crate) fn on_attempted(&mut self, attempt: &Attempt, now: Moment) {
        let (status, failure) = parts(&attempt.outcome);
        let of_it = |ongoing: &Ongoing| matches!(ongoing, Ongoing::Callout { id, .. } if *id == attempt.callout);
        if failure.as_ref().is_some_and(HttpFailure::is_taken_back) || !self.components.values().any(of_it) {
            return; // the callout's end has said so
        }
        let url = without_userinfo(&attempt.request.url);
        let Attempt { callout, number: attempt, way, took, trace, .. } = attempt.clone();
        self.note(EventKind::CalloutAttempted { callout, attempt, way, url, status, failure, took, trace }, now);
    }

    /// A synchronous callout ended.
    pub(crate) fn on_callout_ended(&mut self, id: Component, outcome: HttpOutcome, way: Way, now: Moment) {
        let Some(Ongoing::Callout { id: callout, began }) = self.components.remove(&id) else { return };
        self.note_callout_ended((callout, way), began, &outcome, now);
        self.run_event(Event::CalloutEnded { id, outcome }, now);
    }

    /// The outbox took a notification, or could not.
    pub(crate) fn on_committed(&mut self, id: Component, failure: Option<String>, now: Moment) {
        let Some(Ongoing::Notify { id: callout }) = self.components.remove(&id) else { return };
        self.timers.stop(Timer::Notify(id));
        self.note(EventKind::NotifyCommitted { callout, failure: failure.clone() }, now);
        self.run_event(Event::NotifyCommitted { id, failure }, now);
    }

    /// Another flow was looked for, and is there or not.
    pub(crate) fn on_flow_found(&mut self, id: Component, published: Option<Arc<Published>>, now: Moment) {
        let program = published.as_ref().map(|published| Arc::clone(&published.program));
        self.found.extend(published);
        self.run_event(Event::FlowFound { id, program }, now);
    }

    /// Takes the sounds of the flow that the run is in now.
    pub(super) fn follow(&mut self) {
        let is_current = |published: &&Arc<Published>| Arc::ptr_eq(&published.program, self.run.program());
        if !is_current(&&self.published)
            && let Some(current) = self.found.iter().find(is_current)
        {
            self.published = Arc::clone(current);
        }
    }

    /// Stops whatever the flow began and has not ended, without telling it.
    pub(super) fn drop_components(&mut self, now: Moment) {
        let ids: Vec<Component> = self.components.keys().copied().collect();
        ids.into_iter().for_each(|id| self.stop(id, now));
    }

    /// Plays what is there of a prompt.
    pub(super) fn play(
        &mut self,
        id: Component,
        audio: &[Audio],
        (sounds, repeat): (Vec<Arc<Pcm>>, bool),
        now: Moment,
    ) {
        let name = audio.iter().map(Audio::to_string).collect::<Vec<_>>().join(", ");
        self.note_leg(LegId::FIRST, EventKind::PlayStarted { audio: name.clone() }, now);
        let play = PlayId(id.0);
        self.components.insert(id, Ongoing::Play { play, audio: name });
        if sounds.is_empty() || self.caller().state == LegState::Gone {
            return self.end_play(id, false, now);
        }
        let command = media::Command::Play { id: self.caller().media, play, audio: sounds, repeat };
        let order = self.legs[0].media(command);
        self.orders.extend(order);
    }

    fn end_play(&mut self, id: Component, finished: bool, now: Moment) {
        if let Some(Ongoing::Play { audio, .. }) = self.components.remove(&id) {
            self.note_leg(LegId::FIRST, EventKind::PlayEnded { audio, finished }, now);
            self.events.push_back(Event::PlayEnded { id, finished });
        }
    }

    fn callout(&mut self, id: Component, mut inquiry: Box<Inquiry>, now: Moment) {
        let callout = self.next_callout();
        let mark = self.mark(callout);
        let others = [inquiry.fallback.as_mut(), inquiry.shadow.as_mut()];
        for request in others.into_iter().flatten().chain([&mut inquiry.request]) {
            request.mark = Some(mark.clone());
        }
        let (method, url) = (inquiry.request.method.clone(), without_userinfo(&inquiry.request.url));
        self.note(EventKind::CalloutStarted { callout, method, url }, now);
        self.components.insert(id, Ongoing::Callout { id: callout, began: now.at });
        self.orders.push_back(Order::Callout { component: id, inquiry });
    }

    fn notify(&mut self, id: Component, mut request: HttpRequest, is_last: bool, now: Moment) {
        let callout = self.next_callout();
        request.mark = Some(self.mark(callout));
        let (method, url) = (request.method.clone(), without_userinfo(&request.url));
        self.note(EventKind::NotifyQueued { callout, method, url }, now);
        self.components.insert(id, Ongoing::Notify { id: callout });
        self.timers.set(Timer::Notify(id), now.at + STORING);
        let (tenant, call) = (self.facts.tenant.clone(), self.facts.sid.clone());
        let notify = Notify { tenant, call, callout, request, is_last };
        self.orders.push_back(Order::Notify { component: id, notify });
    }

    /// Sends a copy of the last callout.
    fn copy(&mut self, id: Component, mut request: Box<HttpRequest>) {
        request.mark = Some(self.mark(CalloutId(self.callouts)));
        self.orders.push_back(Order::Copy { component: id, request });
    }

    /// Puts a report of the call into the outbox that the flow knows nothing of.
    pub(super) fn tell(&mut self, request: HttpRequest, is_last: bool, now: Moment) {
        // Counted from the other end than the flow's, so that none is taken for one of those.
        let id = Component(u32::MAX - self.callouts);
        self.notify(id, request, is_last, now);
    }

    /// What tells a callout from all others.
    fn mark(&self, callout: CalloutId) -> Mark {
        let flow = self.run_facts().flow.clone();
        let (node, applet) = self.node.clone();
        Mark::new(self.facts.sid.clone(), callout, Asker { flow, node, applet })
    }

    fn next_callout(&mut self) -> CalloutId {
        self.callouts += 1;
        CalloutId(self.callouts)
    }

    fn stop(&mut self, id: Component, now: Moment) {
        match self.components.remove(&id) {
            Some(Ongoing::Play { play, audio }) => {
                let id = self.caller().media;
                let order = self.legs[0].media(media::Command::Stop { id, play });
                self.orders.extend(order);
                self.note_leg(LegId::FIRST, EventKind::PlayEnded { audio, finished: false }, now);
            }
            Some(Ongoing::Waiting(_)) => self.timers.stop(Timer::Sound(id)),
            Some(Ongoing::Timer) => self.timers.stop(Timer::Flow(id)),
            Some(Ongoing::Callout { id: callout, began }) => {
                let cancelled = HttpOutcome::Failed(HttpFailure::Cancelled);
                self.note_callout_ended((callout, Way::First), began, &cancelled, now);
                self.orders.push_back(Order::CancelCallout { component: id });
            }
            Some(Ongoing::Dial) => self.stop_hunt(now),
            Some(Ongoing::Record) => self.stop_take(now),
            Some(Ongoing::Stream(stream)) => {
                self.components.insert(id, Ongoing::Stream(stream)); // until it has said what became of it
                let gone = self.caller().state == LegState::Gone;
                if gone { self.stop_streams() } else { self.stop_stream(stream, StreamEndedBy::Us) }
            }
            Some(Ongoing::Notify { .. }) | None => {}
        }
    }

    fn note_callout_ended(
        &mut self,
        (callout, way): (CalloutId, Way),
        began: Instant,
        outcome: &HttpOutcome,
        now: Moment,
    ) {
        let ((status, failure), took) = (parts(outcome), now.since(began));
        self.note(EventKind::CalloutEnded { callout, status, failure, took, way }, now);
    }
}

/// The answer's status, or why there is none.
fn parts(outcome: &HttpOutcome) -> (Option<u16>, Option<HttpFailure>) {
    match outcome {
        HttpOutcome::Answered(answer) => (Some(answer.status), None),
        HttpOutcome::Failed(failure) => (None, Some(failure.clone())),
    }
}
