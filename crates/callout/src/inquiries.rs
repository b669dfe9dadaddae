//! What calls wait for. An inquiry may take several requests, and ends exactly once.
//!
//! ```text
//! start ─► asking ─┬─ a good answer ───────────────────────────────────► done
//!           ▲   ▲  ├─ refused or 5xx, tries are left ─ a short wait ─┐
//!           │   └──┼─────────────────────────────────────────────────┘
//!           └──────┼─ nothing, and there is another URL
//!                  ├─ nothing, and the last good answer is young ──────► done, with that
//!                  └─ nothing ─────────────────────────────────────────► done, with what came of it
//! asking ─── cancel ───────────────────────────────────────────────────► done
//! ```
//! A good answer is one below 500: a 404 may well be what the URL wants to say.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use model::{HttpFailure, HttpOutcome, HttpRequest, HttpTrace, Inquiry, Way};

use crate::breaker::{Breakers, Verdict};
use crate::desk::{Desk, Limits, MAX_BUDGET};
use crate::memory::Memory;

/// From a failed request to the first further try; each wait after it is twice as long.
pub const RETRY_WAIT: Duration = Duration::from_millis(100);

/// Further tries that an inquiry may have.
pub const RETRIES: u8 = 5;

/// The number of an inquiry's copy; its other requests count from 1.
const SHADOW: u16 = u16::MAX;

/// Copies to one origin at a time; past it none is made. They have places of their own: what counts never waits behind them.
pub const COPIES: usize = 64;

/// The header field by which the other URL is told what came of the first.
pub const FALLBACK_REASON: &str = "callout-fallback-reason";

/// One request of an inquiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptKey<K> {
    /// The inquiry.
    pub inquiry: K,
    /// Which of its requests, from 1.
    pub number: u16,
}

/// A request that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempted<K> {
    /// Which.
    pub key: AttemptKey<K>,
    /// Why it was made.
    pub way: Way,
    /// What was asked; the URL's userinfo is in it.
    pub request: HttpRequest,
    /// What came of it.
    pub outcome: HttpOutcome,
    /// How long it took, waiting for a place at its origin included.
    pub took: Duration,
    /// Where the time went, as the client says.
    pub trace: HttpTrace,
}

/// An inquiry that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Done<K> {
    /// Which.
    pub key: K,
    /// What came of it.
    pub outcome: HttpOutcome,
    /// Which request that came from.
    pub way: Way,
    /// How long the call waited.
    pub took: Duration,
}

/// All inquiries of a switch. A key names one inquiry and is not used again.
#[derive(Debug)]
pub struct Inquiries<K> {
    desk: Desk<AttemptKey<K>>,
    /// Where copies are under way.
    copies: Desk<AttemptKey<K>>,
    breakers: Breakers,
    memory: Memory,
    open: BTreeMap<K, Open>,
    /// Copies that are under way; they may outlive their inquiries.
    shadows: BTreeMap<AttemptKey<K>, Running>,
    timers: BTreeSet<(Instant, K, Due)>,
    attempted: VecDeque<Attempted<K>>,
    done: VecDeque<Done<K>>,
    last_input: Option<Instant>,
}

/// What is due at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Retry,
    Hedge,
}

#[derive(Debug)]
struct Open {
    inquiry: Inquiry,
    started: Instant,
    deadline: Instant,
    attempts: u16,
    running: BTreeMap<u16, Running>,
    retries: u8,
    fell_back: bool,
}

#[derive(Debug)]
struct Running {
    way: Way,
    began: Instant,
    request: HttpRequest,
    trace: HttpTrace,
}

impl Open {
    /// Until when a request of that kind may be waited for.
    fn deadline(&self, way: Way) -> Instant {
        match &self.inquiry.fallback {
            Some(_) if way != Way::Fallback => self.started + (self.deadline - self.started) * 2 / 3,
            _ => self.deadline,
        }
    }

    fn retry_wait(&self) -> Duration {
        RETRY_WAIT * 2_u32.pow(self.retries.into())
    }
}

impl<K: Ord + Copy> Inquiries<K> {
    /// None yet.
    pub fn new(limits: Limits) -> Self {
        Self {
            desk: Desk::new(limits),
            copies: Desk::new(Limits { per_origin: COPIES, ..limits }),
            breakers: Breakers::default(),
            memory: Memory::default(),
            open: BTreeMap::new(),
            shadows: BTreeMap::new(),
            timers: BTreeSet::new(),
            attempted: VecDeque::new(),
            done: VecDeque::new(),
            last_input: None,
        }
    }

    /// Begins an inquiry; its budget runs from here.
    pub fn start(&mut self, key: K, inquiry: Inquiry, now: Instant) {
        self.cancel(key, now);
        let deadline = now + inquiry.request.budget.min(MAX_BUDGET);
        if let Some(hedge) = inquiry.hedge {
            self.timers.insert((now + hedge, key, Due::Hedge));
        }
        let (running, shadow) = (BTreeMap::new(), inquiry.shadow.clone());
        self.open
            .insert(key, Open { inquiry, started: now, deadline, attempts: 0, running, retries: 0, fell_back: false });
        self.ask(key, Way::First, None, now);
        if let Some(shadow) = shadow {
            self.copy(key, shadow, now);
        }
        self.collect(now);
    }

    /// Sends a copy of what is asked or told elsewhere, if there is room for it; nothing comes of its answer.
    pub fn copy(&mut self, key: K, mut request: HttpRequest, now: Instant) {
        self.last_input = Some(now);
        if !self.copies.has_room(&model::origin(&request.url)) {
            return;
        }
        let (attempt, way) = (AttemptKey { inquiry: key, number: SHADOW }, Way::Shadow);
        if let Some(mark) = &mut request.mark {
            (mark.attempt, mark.way) = (1, way);
        }
        let running = Running { way, began: now, request: request.clone(), trace: HttpTrace::default() };
        self.shadows.insert(attempt, running);
        self.copies.start(attempt, request, now);
    }

    /// Ends an inquiry because its call no longer wants it. Nothing happens if it has ended.
    pub fn cancel(&mut self, key: K, now: Instant) {
        self.last_input = Some(now);
        self.finish(key, HttpOutcome::Failed(HttpFailure::Cancelled), Way::First, now);
        self.collect(now);
    }

    /// Takes what came of a request; one that comes late is dropped.
    pub fn handle_outcome(&mut self, key: AttemptKey<K>, outcome: HttpOutcome, trace: HttpTrace, now: Instant) {
        self.last_input = Some(now);
        if let Some(running) = self.open.get_mut(&key.inquiry).and_then(|open| open.running.get_mut(&key.number)) {
            running.trace = trace;
            self.desk.handle_outcome(key, outcome, now);
        } else if let Some(running) = self.shadows.get_mut(&key) {
            running.trace = trace;
            self.copies.handle_outcome(key, outcome, now);
        }
        self.collect(now);
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.last_input = Some(now);
        self.desk.handle_timeout(now);
        self.copies.handle_timeout(now);
        self.collect(now);
        while let Some((at, key, due)) = self.timers.first().copied()
            && at <= now
        {
            self.timers.pop_first();
            match due {
                Due::Retry => self.ask(key, Way::Retry, None, now),
                Due::Hedge if self.open.get(&key).is_some_and(|open| open.attempts == 1 && open.running.len() == 1) => {
                    self.ask(key, Way::Hedge, None, now);
                }
                Due::Hedge => {}
            }
            self.collect(now);
        }
    }

    /// When [`Inquiries::handle_timeout`] is due: at once while anything waits to be polled.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if !self.attempted.is_empty() || !self.done.is_empty() {
            return self.last_input;
        }
        let timer = self.timers.first().map(|(at, ..)| *at);
        [self.desk.poll_timeout(), self.copies.poll_timeout(), timer].into_iter().flatten().min()
    }

    /// The next request for the client to make, with the budget that is left to it: [`Desk::poll_request`].
    pub fn poll_request(&mut self) -> Option<(AttemptKey<K>, HttpRequest)> {
        self.desk.poll_request().or_else(|| self.copies.poll_request())
    }

    /// The next request for the client to drop. Poll these before the requests.
    pub fn poll_cancel(&mut self) -> Option<AttemptKey<K>> {
        self.desk.poll_cancel().or_else(|| self.copies.poll_cancel())
    }

    /// The next request that ended. Poll these before the inquiries.
    pub fn poll_attempted(&mut self) -> Option<Attempted<K>> {
        self.attempted.pop_front()
    }

    /// The next inquiry that ended. One for every start.
    pub fn poll_done(&mut self) -> Option<Done<K>> {
        self.done.pop_front()
    }

    /// How many inquiries are under way.
    pub fn in_flight(&self) -> usize {
        self.open.len()
    }

    /// The origins that are left alone now.
    pub fn circuits_open(&self) -> impl Iterator<Item = &str> {
        self.breakers.open()
    }

    fn ask(&mut self, key: K, way: Way, reason: Option<&str>, now: Instant) {
        let Some(open) = self.open.get_mut(&key) else { return };
        open.attempts += 1;
        let number = open.attempts;
        let mut request = match (&open.inquiry.fallback, way) {
            (Some(fallback), Way::Fallback) => fallback.clone(),
            _ => open.inquiry.request.clone(),
        };
        if let Some(reason) = reason {
            request = request.with_header(FALLBACK_REASON, reason);
        }
        if let Some(mark) = &mut request.mark {
            (mark.attempt, mark.way) = (number.into(), way);
        }
        request.budget = open.deadline(way).saturating_duration_since(now);
        let (attempt, checks) = (AttemptKey { inquiry: key, number }, open.inquiry.breaker);
        open.running.insert(number, Running { way, began: now, request: request.clone(), trace: HttpTrace::default() });
        if checks && !self.breakers.admits(&model::origin(&request.url), now) {
            return self.on_ended(attempt, HttpOutcome::Failed(HttpFailure::CircuitOpen), now);
        }
        self.desk.start(attempt, request, now);
    }

    /// Takes what the desks are done with.
    fn collect(&mut self, now: Instant) {
        while let Some((attempt, outcome, _)) = self.desk.poll_done().or_else(|| self.copies.poll_done()) {
            self.on_ended(attempt, outcome, now);
        }
    }

    fn on_ended(&mut self, attempt: AttemptKey<K>, outcome: HttpOutcome, now: Instant) {
        if let Some(Running { way, began, request, trace }) = self.shadows.remove(&attempt) {
            let took = now.saturating_duration_since(began);
            return self.attempted.push_back(Attempted { key: attempt, way, request, outcome, took, trace });
        }
        let Some(open) = self.open.get_mut(&attempt.inquiry) else { return };
        let Some(Running { way, began, request, trace }) = open.running.remove(&attempt.number) else { return };
        // What was not let pass says nothing, and is not the probe that may be under way.
        if open.inquiry.breaker && outcome != HttpOutcome::Failed(HttpFailure::CircuitOpen) {
            self.breakers.judge(&model::origin(&request.url), Verdict::of(&outcome), now);
        }
        let took = now.saturating_duration_since(began);
        self.attempted.push_back(Attempted { key: attempt, way, request, outcome: outcome.clone(), took, trace });
        if is_good(&outcome) {
            return self.finish(attempt.inquiry, outcome, way, now);
        }
        if open.running.is_empty() {
            self.go_on(attempt.inquiry, (outcome, way), now);
        }
    }

    /// Nothing came of all that was tried so far.
    fn go_on(&mut self, key: K, (outcome, way): (HttpOutcome, Way), now: Instant) {
        let Some(open) = self.open.get_mut(&key) else { return };
        let again = now + open.retry_wait();
        if way != Way::Fallback
            && is_worth_another_try(&outcome)
            && open.retries < open.inquiry.retries.min(RETRIES)
            && again < open.deadline(Way::Retry)
        {
            open.retries += 1;
            self.timers.insert((again, key, Due::Retry));
            return;
        }
        if open.inquiry.fallback.is_some() && !open.fell_back && now < open.deadline {
            open.fell_back = true;
            return self.ask(key, Way::Fallback, Some(&reason(&outcome)), now);
        }
        let kept = open.inquiry.last_good.as_ref().and_then(|last| self.memory.find(&last.of, last.age, now));
        match kept {
            Some(answer) => self.finish(key, HttpOutcome::Answered(answer), Way::LastGood, now),
            None => self.finish(key, outcome, way, now),
        }
    }

    fn finish(&mut self, key: K, outcome: HttpOutcome, way: Way, now: Instant) {
        let Some(open) = self.open.remove(&key) else { return };
        self.timers.retain(|(_, of, _)| *of != key);
        let taken_back = if is_good(&outcome) { HttpFailure::Overtaken } else { HttpFailure::Cancelled };
        for (number, running) in open.running {
            let attempt = AttemptKey { inquiry: key, number };
            if open.inquiry.breaker {
                self.breakers.withdrawn(&model::origin(&running.request.url));
            }
            let took = now.saturating_duration_since(running.began);
            let Running { way, request, trace, .. } = running;
            let outcome = HttpOutcome::Failed(taken_back.clone());
            self.attempted.push_back(Attempted { key: attempt, way, request, outcome, took, trace });
            self.desk.cancel(attempt, now);
        }
        if let (HttpOutcome::Answered(answer), Some(last), true) =
            (&outcome, &open.inquiry.last_good, is_good(&outcome) && way != Way::LastGood)
        {
            self.memory.keep(&last.of, answer, now);
        }
        let took = now.saturating_duration_since(open.started);
        self.done.push_back(Done { key, outcome, way, took });
    }
}

fn is_good(outcome: &HttpOutcome) -> bool {
    outcome.status().is_some_and(|status| status < 500)
}

fn is_worth_another_try(outcome: &HttpOutcome) -> bool {
    matches!(outcome, HttpOutcome::Failed(HttpFailure::Connect(_)) | HttpOutcome::Answered(_))
}

/// In one word, what came of the URL itself.
fn reason(outcome: &HttpOutcome) -> String {
    match outcome {
        HttpOutcome::Answered(answer) => format!("status {}", answer.status),
        HttpOutcome::Failed(failure) => failure.word().to_owned(),
    }
}

#[cfg(test)]
mod tests;
