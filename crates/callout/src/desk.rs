//! Synchronous callouts: each holds a call up until it ends, which it does exactly once. An answer's headers come within
//! the budget or count for nothing; a body may take a second more.
//!
//! ```text
//! start ─┬─► Ready ── poll_request ──► Sent ── handle_outcome ──► done
//!        ├─► Queued ── a place at its origin is free ──► Ready
//!        └─► done: too many in flight, or too many queued
//! Queued, Ready ──────── cancel, budget spent ──► done
//! Sent ───────── cancel, nothing from the client ──► done; taken back from the client by poll_cancel
//! ```

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use model::{HttpFailure, HttpOutcome, HttpRequest};

/// The longest budget; a longer one is cut to it (`trust.md` 2.2).
pub const MAX_BUDGET: Duration = Duration::from_secs(60);

/// How long an answer's body is read after its headers, past the budget if need be (`trust.md` 2.2).
pub const BODY_TIME: Duration = Duration::from_secs(1);

/// How long past its budget a request that was handed out is waited for. Only the client sees the headers come in, so
/// the budget is its to keep; this is for a client that says nothing, and longer than any body takes.
const SILENCE: Duration = Duration::from_secs(2);

/// How many callouts may be under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// In all, those queued included.
    pub in_flight: usize,
    /// At one origin at a time, so that one dead endpoint does not hold up the callers of another (`trust.md` 2.2).
    pub per_origin: usize,
    /// Waiting for a place at one origin.
    pub queued_per_origin: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { in_flight: 10_000, per_origin: 256, queued_per_origin: 1_024 }
    }
}

/// All synchronous callouts of a switch. A key names one callout and is not used again.
#[derive(Debug)]
pub struct Desk<K> {
    limits: Limits,
    callouts: BTreeMap<K, Callout>,
    deadlines: BTreeSet<(Instant, K)>,
    origins: BTreeMap<String, Origin<K>>,
    ready: VecDeque<K>,
    cancels: VecDeque<K>,
    done: VecDeque<(K, HttpOutcome, Duration)>,
    last_input: Option<Instant>,
}

#[derive(Debug)]
struct Callout {
    origin: String,
    started: Instant,
    deadline: Instant,
    stage: Stage,
    /// `None` once it is sent.
    request: Option<HttpRequest>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Queued,
    Ready,
    Sent,
}

#[derive(Debug)]
struct Origin<K> {
    /// Ready or sent.
    running: usize,
    queue: VecDeque<K>,
}

impl<K: Ord + Copy> Desk<K> {
    /// A desk without callouts.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            callouts: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            origins: BTreeMap::new(),
            ready: VecDeque::new(),
            cancels: VecDeque::new(),
            done: VecDeque::new(),
            last_input: None,
        }
    }

    /// Whether a callout to that origin would go out at once.
    pub fn has_room(&self, origin: &str) -> bool {
        let running = self.origins.get(origin).map_or(0, |origin| origin.running);
        self.callouts.len() < self.limits.in_flight && running < self.limits.per_origin
    }

    /// Begins a callout; its budget runs from here, time in the queue included. A callout under the same key is
    /// cancelled first.
    pub fn start(&mut self, key: K, request: HttpRequest, now: Instant) {
        self.cancel(key, now);
        self.last_input = Some(now);
        let name = model::origin(&request.url);
        let (running, queued) = self.origins.get(&name).map_or((0, 0), |origin| (origin.running, origin.queue.len()));
        if self.callouts.len() >= self.limits.in_flight {
            return self.refuse(key, format!("{} callouts are in flight already", self.limits.in_flight));
        }
        if running >= self.limits.per_origin && queued >= self.limits.queued_per_origin {
            return self.refuse(key, format!("{queued} callouts wait for {name} already"));
        }
        let deadline = now + request.budget.min(MAX_BUDGET);
        self.deadlines.insert((deadline, key));
        self.origins.entry(name.clone()).or_insert_with(Origin::new).queue.push_back(key);
        let (origin, stage, request) = (name.clone(), Stage::Queued, Some(request));
        self.callouts.insert(key, Callout { origin, started: now, deadline, stage, request });
        self.release(&name, now);
    }

    /// Ends a callout because its call no longer wants it. Nothing happens if it has ended.
    pub fn cancel(&mut self, key: K, now: Instant) {
        self.last_input = Some(now);
        self.abandon(key, HttpFailure::Cancelled, now);
    }

    /// Takes what came of a request; an outcome that comes late, or for a request never handed out, is dropped.
    pub fn handle_outcome(&mut self, key: K, outcome: HttpOutcome, now: Instant) {
        self.last_input = Some(now);
        if self.is_sent(key) {
            self.end(key, outcome, now);
        }
    }

    /// Ends the callouts whose budget was spent before they were handed out, or of which the client says nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.last_input = Some(now);
        while let Some((deadline, key)) = self.deadlines.first().copied()
            && deadline <= now
        {
            self.abandon(key, HttpFailure::Timeout, now);
        }
    }

    /// When [`Desk::handle_timeout`] is due: at once while anything waits to be polled, else at the next deadline.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.ready.is_empty() && self.cancels.is_empty() && self.done.is_empty() {
            self.deadlines.first().map(|(deadline, _)| *deadline)
        } else {
            self.last_input
        }
    }

    /// The next request for the client to make, with the budget that is left to it, which is the client's to keep: it
    /// says [`HttpFailure::Timeout`] if the headers have not come by then.
    pub fn poll_request(&mut self) -> Option<(K, HttpRequest)> {
        let key = self.ready.pop_front()?;
        let callout = self.callouts.get_mut(&key).expect("ready holds only live callouts");
        callout.stage = Stage::Sent;
        self.deadlines.remove(&(callout.deadline, key));
        callout.deadline += SILENCE;
        self.deadlines.insert((callout.deadline, key));
        callout.request.take().map(|request| (key, request))
    }

    /// The next request for the client to drop. Poll these before the requests.
    pub fn poll_cancel(&mut self) -> Option<K> {
        self.cancels.pop_front()
    }

    /// The next callout that ended, what came of it, and how long its call waited. One for every start.
    pub fn poll_done(&mut self) -> Option<(K, HttpOutcome, Duration)> {
        self.done.pop_front()
    }

    /// How many callouts are under way, those queued included.
    pub fn in_flight(&self) -> usize {
        self.callouts.len()
    }

    fn is_sent(&self, key: K) -> bool {
        self.callouts.get(&key).is_some_and(|callout| callout.stage == Stage::Sent)
    }

    fn refuse(&mut self, key: K, why: String) {
        self.done.push_back((key, HttpOutcome::Failed(HttpFailure::Connect(why)), Duration::ZERO));
    }

    fn abandon(&mut self, key: K, why: HttpFailure, now: Instant) {
        if self.is_sent(key) {
            self.cancels.push_back(key);
        }
        self.end(key, HttpOutcome::Failed(why), now);
    }

    fn end(&mut self, key: K, outcome: HttpOutcome, now: Instant) {
        let Some(callout) = self.callouts.remove(&key) else { return };
        self.deadlines.remove(&(callout.deadline, key));
        let origin = self.origins.get_mut(&callout.origin).expect("an origin lives as long as its callouts");
        match callout.stage {
            Stage::Queued => origin.queue.retain(|queued| *queued != key),
            Stage::Ready => {
                origin.running -= 1;
                self.ready.retain(|ready| *ready != key);
            }
            Stage::Sent => origin.running -= 1,
        }
        self.done.push_back((key, outcome, now.saturating_duration_since(callout.started)));
        self.release(&callout.origin, now);
    }

    /// Gives the free places at an origin to those who wait for one, and forgets an origin that nobody needs.
    fn release(&mut self, name: &str, now: Instant) {
        let Some(origin) = self.origins.get_mut(name) else { return };
        while origin.running < self.limits.per_origin
            && let Some(key) = origin.queue.pop_front()
        {
            let callout = self.callouts.get_mut(&key).expect("a queue holds only live callouts");
            callout.stage = Stage::Ready;
            if let Some(request) = &mut callout.request {
                request.budget = callout.deadline.saturating_duration_since(now);
            }
            origin.running += 1;
            self.ready.push_back(key);
        }
        if origin.running == 0 && origin.queue.is_empty() {
            self.origins.remove(name);
        }
    }
}

impl<K> Origin<K> {
    fn new() -> Self {
        Self { running: 0, queue: VecDeque::new() }
    }
}

#[cfg(test)]
mod tests {
    use model::HttpAnswer;
    use rand_chacha::ChaCha8Rng;
    use rand_core::{Rng, SeedableRng};

    use super::*;

    const BUDGET: Duration = Duration::from_secs(5);
    const SMALL: Limits = Limits { in_flight: 8, per_origin: 2, queued_per_origin: 3 };

    /// A desk in virtual time: milliseconds since it was opened.
    struct Story {
        desk: Desk<u32>,
        opened: Instant,
    }

    impl Story {
        #[expect(clippy::disallowed_methods, reason = "any instant will do: only differences are looked at")]
        fn new(limits: Limits) -> Self {
            Self { desk: Desk::new(limits), opened: Instant::now() }
        }

        fn at(&self, ms: u64) -> Instant {
            self.opened + Duration::from_millis(ms)
        }

        fn start(&mut self, key: u32, url: &str, ms: u64) {
            let now = self.at(ms);
            self.desk.start(key, HttpRequest::get(url, BUDGET), now);
        }

        fn answer(&mut self, key: u32, status: u16, ms: u64) {
            let now = self.at(ms);
            self.desk.handle_outcome(key, answered(status), now);
        }

        /// What the desk wants done, in words: cancels, requests, ends.
        fn drain(&mut self) -> Vec<String> {
            let mut said = Vec::new();
            said.extend(std::iter::from_fn(|| self.desk.poll_cancel()).map(|key| format!("drop {key}")));
            let requests = std::iter::from_fn(|| self.desk.poll_request());
            said.extend(requests.map(|(key, request)| format!("ask {key} within {}", request.budget.as_millis())));
            let done = std::iter::from_fn(|| self.desk.poll_done());
            said.extend(done.map(|(key, outcome, took)| match outcome {
                HttpOutcome::Answered(answer) => format!("{key} got {} after {}", answer.status, took.as_millis()),
                HttpOutcome::Failed(why) => format!("{key} failed after {}: {why}", took.as_millis()),
            }));
            said
        }
    }

    fn answered(status: u16) -> HttpOutcome {
        HttpOutcome::Answered(HttpAnswer::of(status))
    }

    #[test]
    fn an_answer_ends_a_callout() {
        let mut story = Story::new(Limits::default());
        assert_eq!(story.desk.poll_timeout(), None);
        story.start(1, "https://crm.example/route", 0);
        assert_eq!(story.desk.poll_timeout(), Some(story.at(0)), "output waits, so the timer is due");
        assert_eq!(story.drain(), ["ask 1 within 5000"]);
        assert_eq!(story.desk.poll_timeout(), Some(story.at(7_000)));
        story.answer(1, 302, 800);
        assert_eq!(story.drain(), ["1 got 302 after 800"]);
        assert_eq!((story.desk.poll_timeout(), story.desk.in_flight()), (None, 0));
    }

    #[test]
    fn headers_in_time_count_however_long_the_body_takes() {
        let mut story = Story::new(Limits::default());
        for key in [1, 2] {
            story.start(key, "https://crm.example/route", 0);
        }
        story.drain();
        story.desk.handle_timeout(story.at(5_000));
        assert_eq!(story.drain(), [""; 0], "whether the headers are in is the client's to say");
        story.desk.handle_outcome(1, HttpOutcome::Failed(HttpFailure::Timeout), story.at(5_000));
        assert_eq!(story.drain(), ["1 failed after 5000: no answer in time"]);
        story.desk.handle_timeout(story.at(6_000));
        story.answer(2, 200, 6_000);
        assert_eq!(story.drain(), ["2 got 200 after 6000"]);
    }

    #[test]
    fn a_client_that_says_nothing_is_given_up() {
        let mut story = Story::new(Limits::default());
        story.start(1, "https://crm.example/route", 0);
        story.drain();
        story.desk.handle_timeout(story.at(6_999));
        assert_eq!(story.drain(), [""; 0]);
        story.desk.handle_timeout(story.at(7_000));
        assert_eq!(story.drain(), ["drop 1", "1 failed after 7000: no answer in time"]);
        story.answer(1, 200, 7_001);
        assert_eq!(story.drain(), [""; 0], "a late answer is dropped");
        assert_eq!((story.desk.poll_timeout(), story.desk.in_flight()), (None, 0));
    }

    #[test]
    fn a_cancelled_callout_is_done_once() {
        let mut story = Story::new(Limits::default());
        story.start(1, "https://crm.example/route", 0);
        story.desk.cancel(1, story.at(0));
        assert_eq!(story.drain(), ["1 failed after 0: cancelled, the call ended"], "the client never heard of it");
        story.start(2, "https://crm.example/route", 10);
        story.drain();
        story.desk.cancel(2, story.at(700));
        story.desk.cancel(2, story.at(701));
        story.answer(2, 200, 702);
        assert_eq!(story.drain(), ["drop 2", "2 failed after 690: cancelled, the call ended"]);
        story.desk.cancel(99, story.at(703));
        assert_eq!(story.drain(), [""; 0], "nothing is known of 99");
    }

    #[test]
    fn an_outcome_for_a_request_that_was_not_handed_out_is_dropped() {
        let mut story = Story::new(SMALL);
        story.start(1, "https://crm.example/route", 0);
        story.answer(1, 200, 1);
        assert_eq!(story.drain(), ["ask 1 within 5000"]);
        story.answer(1, 404, 2);
        assert_eq!(story.drain(), ["1 got 404 after 2"]);
    }

    #[test]
    fn a_key_that_is_used_again_ends_what_it_named() {
        let mut story = Story::new(SMALL);
        story.start(1, "https://crm.example/route", 0);
        story.drain();
        story.start(1, "https://crm.example/route", 100);
        assert_eq!(story.drain(), ["drop 1", "ask 1 within 5000", "1 failed after 100: cancelled, the call ended"]);
        story.answer(1, 200, 200);
        assert_eq!(story.drain(), ["1 got 200 after 100"]);
    }

    #[test]
    fn an_origin_serves_so_many_at_a_time_and_the_queue_eats_the_budget() {
        let mut story = Story::new(SMALL);
        for key in 1..=4 {
            story.start(key, "https://slow.example/route", 0);
        }
        story.start(5, "https://quick.example/route", 0);
        assert_eq!(story.drain(), ["ask 1 within 5000", "ask 2 within 5000", "ask 5 within 5000"]);
        story.answer(2, 200, 1_500);
        assert_eq!(story.drain(), ["ask 3 within 3500", "2 got 200 after 1500"]);
        story.desk.cancel(1, story.at(2_000));
        assert_eq!(story.drain(), ["drop 1", "ask 4 within 3000", "1 failed after 2000: cancelled, the call ended"]);
        story.desk.handle_timeout(story.at(7_000));
        assert_eq!(
            story.drain(),
            [
                "drop 3",
                "drop 4",
                "drop 5",
                "3 failed after 7000: no answer in time",
                "4 failed after 7000: no answer in time",
                "5 failed after 7000: no answer in time"
            ]
        );
        assert_eq!(story.desk.in_flight(), 0);
    }

    #[test]
    fn a_callout_that_is_still_queued_when_its_budget_is_spent_is_never_asked() {
        let mut story = Story::new(SMALL);
        for key in 1..=4 {
            story.start(key, "https://slow.example/route", 0);
        }
        story.drain();
        story.desk.cancel(4, story.at(100));
        assert_eq!(story.drain(), ["4 failed after 100: cancelled, the call ended"]);
        story.desk.handle_timeout(story.at(5_000));
        assert_eq!(story.drain(), ["3 failed after 5000: no answer in time"]);
        story.desk.handle_timeout(story.at(7_000));
        assert_eq!(
            story.drain(),
            ["drop 1", "drop 2", "1 failed after 7000: no answer in time", "2 failed after 7000: no answer in time"]
        );
    }

    #[test]
    fn the_limits_refuse_at_once() {
        let mut story = Story::new(SMALL);
        for key in 1..=5 {
            story.start(key, "https://slow.example/route", 0);
        }
        story.drain();
        story.start(6, "https://slow.example/other", 7);
        assert_eq!(
            story.drain(),
            ["6 failed after 0: connection failed: 3 callouts wait for https://slow.example already"]
        );
        for key in 7..=9 {
            story.start(key, &format!("https://host{key}.example/"), 8);
        }
        assert_eq!(story.drain().len(), 3);
        story.start(10, "https://host10.example/", 9);
        assert_eq!(story.drain(), ["10 failed after 0: connection failed: 8 callouts are in flight already"]);
        story.answer(7, 200, 10);
        story.start(11, "https://host11.example/", 11);
        assert_eq!(story.drain(), ["ask 11 within 5000", "7 got 200 after 2"]);
    }

    #[test]
    fn a_budget_is_cut_to_the_longest() {
        let mut story = Story::new(SMALL);
        story.desk.start(1, HttpRequest::get("https://crm.example", Duration::MAX), story.at(0));
        story.desk.start(2, HttpRequest::get("https://crm.example", Duration::ZERO), story.at(0));
        assert_eq!(story.drain(), ["ask 1 within 60000", "ask 2 within 0"]);
        story.desk.handle_timeout(story.at(2_000));
        assert_eq!(story.drain(), ["drop 2", "2 failed after 2000: no answer in time"]);
        assert_eq!(story.desk.poll_timeout(), Some(story.at(62_000)));
    }

    /// Whatever happens in whatever order: one done for every start, nobody waits for ever, the limits hold, and
    /// nothing is left over.
    #[test]
    fn any_order_of_events_ends_every_callout_once() {
        for seed in 0..200 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut story = Story::new(SMALL);
            let (mut started, mut asked, mut done, mut now) = (0, BTreeMap::new(), BTreeSet::new(), 0);
            for _ in 0..400 {
                now += u64::from(rng.next_u32() % 900);
                let at = story.at(now);
                while let Some(due) = story.desk.poll_timeout().filter(|due| *due <= at) {
                    story.desk.handle_timeout(due);
                    settle(&mut story, &mut asked, &mut done);
                }
                let any = rng.next_u32() % (started + 2);
                match rng.next_u32() % 4 {
                    0 | 1 => {
                        story.start(started, &format!("https://host{}.example/", rng.next_u32() % 4), now);
                        started += 1;
                    }
                    2 => story.desk.handle_outcome(any, answered(200), at),
                    _ => story.desk.cancel(any, at),
                }
                settle(&mut story, &mut asked, &mut done);
            }
            while let Some(due) = story.desk.poll_timeout() {
                story.desk.handle_timeout(due);
                settle(&mut story, &mut asked, &mut done);
            }
            assert_eq!(done.len(), usize::try_from(started).expect("small"), "seed {seed}");
            assert_eq!((asked.len(), story.desk.in_flight()), (0, 0), "seed {seed}");
            assert!(story.desk.origins.is_empty() && story.desk.deadlines.is_empty(), "seed {seed}");
        }
    }

    /// Plays the client, which keeps `asked` by key and origin, and notes what is `done`.
    fn settle(story: &mut Story, asked: &mut BTreeMap<u32, String>, done: &mut BTreeSet<u32>) {
        let desk = &mut story.desk;
        while let Some(key) = desk.poll_cancel() {
            assert!(asked.remove(&key).is_some(), "{key} is dropped but was never asked");
        }
        while let Some((key, request)) = desk.poll_request() {
            assert!(request.budget <= BUDGET);
            assert!(asked.insert(key, request.url).is_none(), "{key} is asked twice");
        }
        while let Some((key, outcome, took)) = desk.poll_done() {
            assert!(done.insert(key), "{key} is done twice");
            assert_eq!(asked.remove(&key).is_some(), outcome.status().is_some(), "{key}: who is answered was asked");
            assert!(took <= BUDGET + SILENCE, "{key} waited {took:?}");
        }
        for url in asked.values() {
            assert!(asked.values().filter(|other| *other == url).count() <= SMALL.per_origin, "{url}");
        }
        assert!(desk.in_flight() <= SMALL.in_flight);
    }
}
