//! From the switch to the store: journal lines in the order they were written, and outbox rows together with the lines
//! before them (invariant I1: a row before it is a promise).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use model::{CallEvent, CallSid, EventKind};
use store::{Batch, Kept, Promise, RefusalReason, Refused, Rest, StoreError, Writer};
use switch::{CalloutKey, Notify};
use tokio::sync::Notify as Bell;

use crate::clock;
use crate::driver::Letter;
use crate::live::Live;
use crate::mailbox::Mailbox;
use crate::outage::Outage;

/// Lines that may wait for a store that does not keep up; past it the oldest calls' lines are dropped, loudly.
const LINES: usize = 200_000;

/// How long a line may wait for others of its call, so that they become durable together. A crash loses no more than that; what
/// is promised (an outbox row) and what is over (a call) never waits.
const LINGER: Duration = Duration::from_millis(50);

/// How long the store may have work and be done with none of it, which takes milliseconds (`trust.md` F09).
const STUCK: Duration = Duration::from_secs(5);

/// Writes journals and outbox rows.
pub struct Scribe {
    writer: Writer,
    letters: Mailbox<Letter>,
    /// Rung when a row has come into the outbox.
    courier: Arc<Bell>,
    live: Live,
    outage: Outage,
    /// How often the store was handed something, and how often it was done with it.
    handed: u64,
    done: Arc<AtomicU64>,
    /// How often that was when it was last looked at with work left, and when it was first so.
    stuck: Option<(u64, Instant)>,
    waiting: BTreeMap<CallSid, Vec<CallEvent>>,
    /// What calls promised whose first line waits.
    promises: BTreeMap<CallSid, Promise>,
    lines: usize,
    /// Calls whose last line waits.
    ended: Vec<CallSid>,
    /// When everything that waits is written.
    due: Option<Instant>,
}

impl Scribe {
    /// A scribe for this store. What becomes durable is told to `live`.
    pub fn new(writer: Writer, letters: Mailbox<Letter>, courier: Arc<Bell>, live: Live) -> Self {
        Self {
            writer,
            letters,
            courier,
            live,
            outage: Outage::default(),
            handed: 0,
            done: Arc::default(),
            stuck: None,
            waiting: BTreeMap::new(),
            promises: BTreeMap::new(),
            lines: 0,
            ended: Vec::new(),
            due: None,
        }
    }

    /// Takes a line; it is written with the next row of its call or at its end, and at the latest after [`LINGER`].
    pub fn journal(&mut self, event: CallEvent) {
        if matches!(event.kind, EventKind::Ended { .. }) {
            self.ended.push(event.call.clone());
        }
        self.due.get_or_insert_with(|| clock::now().at + LINGER);
        self.waiting.entry(event.call.clone()).or_default().push(event);
        self.lines += 1;
    }

    /// Takes what a call owes at its end; it is written with the call's first lines.
    pub fn promise(&mut self, promise: Promise) {
        self.promises.insert(promise.call.clone(), promise);
    }

    /// Writes a row of the outbox after its call's lines. The switch hears whether it is durable.
    pub fn commit(&mut self, key: CalloutKey, notify: Notify) {
        let (events, promise) = self.take(&notify.call);
        let kept = notify.is_last.then(|| notify.call.clone());
        let row = store::Notify {
            call: notify.call,
            callout: notify.callout,
            request: notify.request,
            created: clock::now().wall,
        };
        let (letters, courier, live) = (self.letters.clone(), self.courier.clone(), self.live.clone());
        let (outage, count) = (self.outage.clone(), events.len());
        let on_done = move |result: Result<Vec<CallEvent>, StoreError>| {
            let failure = match result {
                Ok(events) => {
                    courier.notify_one();
                    live.tell(events);
                    None
                }
                Err(error) => {
                    live.lose(count);
                    lost(&outage, &error, "an asynchronous callout could not be stored");
                    Some(error.to_string())
                }
            };
            letters.send(Letter::Committed(key, failure));
        };
        if let Err(refused) = self.append(Batch { events, notify: vec![row], promise, kept }, on_done) {
            let why = refused.reason.to_string();
            tracing::debug!(%why, "an asynchronous callout could not be stored");
            self.keep_waiting(refused);
            self.letters.send(Letter::Committed(key, Some(why)));
        }
    }

    /// Takes a request that ended. It is told, not promised: when the store is behind, it is dropped and counted.
    pub fn keep(&mut self, attempt: Kept) {
        let (live, outage) = (self.live.clone(), self.outage.clone());
        let on_done = move |result: Result<(), StoreError>| {
            if let Err(error) = result {
                live.lose(1);
                lost(&outage, &error, "an attempt of a callout is not kept");
            }
        };
        if self.writer.keep_attempt(attempt, on_done).is_err() {
            self.live.lose(1);
        }
    }

    /// Takes the body of an answer that was kept without it.
    pub fn complete(&mut self, rest: Rest) {
        let live = self.live.clone();
        let on_done = move |result: Result<(), StoreError>| {
            if let Err(error) = result {
                live.lose(1);
                tracing::error!(%error, "the body of a callout's answer is not kept");
            }
        };
        if self.writer.complete_attempt(rest, on_done).is_err() {
            self.live.lose(1);
        }
    }

    /// Whether the store is done with something of its work every now and then. One that has stopped has no work.
    pub fn keeps_up(&mut self, now: Instant) -> bool {
        let keeps_up = self.is_done_with_some(now);
        if !keeps_up {
            self.outage.is_stuck();
        }
        keeps_up
    }

    fn is_done_with_some(&mut self, now: Instant) -> bool {
        let done = self.done.load(Ordering::Relaxed);
        if done == self.handed {
            self.stuck = None;
            return true;
        }
        match self.stuck {
            Some((before, since)) if before == done => now.saturating_duration_since(since) < STUCK,
            _ => {
                self.stuck = Some((done, now));
                true
            }
        }
    }

    /// When [`Scribe::rest`] has something to write though nothing happens.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// The switch rests at `now`: writes the lines whose time has come.
    pub fn rest(&mut self, now: Instant) {
        if self.due.is_some_and(|due| due <= now) {
            return self.flush();
        }
        while let Some(call) = self.ended.pop() {
            if !self.write(call) {
                return;
            }
        }
    }

    /// Writes all lines that wait.
    pub fn flush(&mut self) {
        self.due = None;
        self.ended.clear();
        while let Some(call) = self.waiting.keys().next().cloned() {
            if !self.write(call) {
                return;
            }
        }
    }

    /// Writes a call's lines; false if the disk does not keep up, and they wait on.
    fn write(&mut self, call: CallSid) -> bool {
        let (events, promise) = self.take(&call);
        if events.is_empty() {
            return true;
        }
        let ended = events.iter().any(|event| matches!(event.kind, EventKind::Ended { .. }));
        let (live, outage, count) = (self.live.clone(), self.outage.clone(), events.len());
        let on_done = move |result: Result<Vec<CallEvent>, StoreError>| match result {
            Ok(events) => live.tell(events),
            Err(error) => {
                live.lose(count);
                lost(&outage, &error, "lines of a journal are lost");
                tracing::debug!(%error, call = %call, ended, "lines of a journal are lost");
            }
        };
        match self.append(Batch { events, promise, ..Batch::default() }, on_done) {
            Ok(()) => true,
            Err(refused) => !self.keep_waiting(refused),
        }
    }

    fn append(
        &mut self,
        batch: Batch,
        on_done: impl FnOnce(Result<Vec<CallEvent>, StoreError>) + Send + 'static,
    ) -> Result<(), Refused<Batch>> {
        let (done, outage) = (Arc::clone(&self.done), self.outage.clone());
        let counted = move |result: Result<_, _>| {
            done.fetch_add(1, Ordering::Relaxed);
            if result.is_ok() {
                outage.works();
            }
            on_done(result);
        };
        self.writer.append(batch, counted)?;
        self.handed += 1;
        Ok(())
    }

    /// A call's lines that wait, and what it promises with them.
    fn take(&mut self, call: &CallSid) -> (Vec<CallEvent>, Option<Promise>) {
        let events = self.waiting.remove(call).unwrap_or_default();
        self.lines -= events.len();
        (events, self.promises.remove(call))
    }

    /// Keeps lines that the store did not take; false if it has stopped and never will: then they are lost.
    fn keep_waiting(&mut self, refused: Refused<Batch>) -> bool {
        if let RefusalReason::Stopped(error) = refused.reason {
            let lost = refused.job.events.len();
            self.live.lose(lost);
            self.outage.has_stopped(&error);
            tracing::debug!(%error, lost, "lines of a journal are lost");
            return false;
        }
        refused.job.promise.into_iter().for_each(|promise| self.promise(promise));
        for event in refused.job.events {
            self.journal(event);
        }
        while self.lines > LINES
            && let Some(call) = self.waiting.keys().next().cloned()
        {
            let lost = self.take(&call).0.len();
            self.live.lose(lost);
            tracing::error!(%call, lost, "the store does not keep up; lines of a journal are lost");
        }
        true
    }
}

/// Tells that something is lost. What breaks a rule says nothing of the database, and is told each time.
fn lost(outage: &Outage, error: &StoreError, what: &str) {
    match error {
        StoreError::Rejected(_) => tracing::error!(%error, "{what}"),
        StoreError::Locked { .. } => outage.loses(error),
        _ => outage.has_stopped(error), // after any other failure the writer trusts the file no more
    }
    tracing::debug!(%error, "{what}");
}

#[cfg(test)]
mod tests {
    use api::Metrics;
    use mio::{Poll, Token};
    use model::{Cause, Direction, EndedBy, Tenant};
    use store::Store;

    use super::*;
    use crate::mailbox::mailbox;

    fn line(call: &str, kind: EventKind) -> CallEvent {
        let now = clock::now().wall;
        CallEvent { call: CallSid::new(call), seq: 0, leg: None, at: Duration::ZERO, wall: now, kind }
    }

    fn offered() -> EventKind {
        let tenant = Tenant::default();
        EventKind::Offered { tenant, direction: Direction::Incoming, from: "1".into(), to: "2".into() }
    }

    #[test]
    fn lines_wait_for_others_but_the_last_one_of_a_call_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(&folder.path().join("x.db"), "here").unwrap();
        let poll = Poll::new().unwrap();
        let (letters, _inbox) = mailbox(1, poll.registry(), Token(0)).unwrap();
        let live = Live::new(Arc::new(Metrics::default()));
        let mut durable = live.watch();
        let mut scribe = Scribe::new(store.writer().clone(), letters, Arc::new(Bell::new()), live);
        scribe.journal(line("runs", offered()));
        scribe.journal(line("ended", offered()));
        scribe.journal(line("ended", EventKind::Ended { cause: Cause::NORMAL_CLEARING, by: EndedBy::Us }));
        let due = scribe.poll_timeout().expect("lines wait");
        scribe.rest(due - Duration::from_nanos(1));
        scribe.rest(due);
        let order: Vec<_> = (0..3).map(|_| durable.blocking_recv().unwrap().call.to_string()).collect();
        assert_eq!(order, ["ended", "ended", "runs"]);
        assert_eq!(scribe.poll_timeout(), None);
    }

    #[test]
    fn a_store_that_does_nothing_for_five_seconds_is_stuck_until_it_does() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let (store, _) = Store::open(&path, "here").unwrap();
        let poll = Poll::new().unwrap();
        let (letters, _inbox) = mailbox(1, poll.registry(), Token(0)).unwrap();
        let live = Live::new(Arc::new(Metrics::default()));
        let mut durable = live.watch();
        let mut scribe = Scribe::new(store.writer().clone(), letters, Arc::new(Bell::new()), live);
        let other = rusqlite::Connection::open(&path).unwrap();
        other.execute_batch("BEGIN EXCLUSIVE").unwrap();
        let now = clock::now().at;
        assert!(scribe.keeps_up(now) && scribe.keeps_up(now + 2 * STUCK), "it has nothing to do");
        scribe.journal(line("a", offered()));
        scribe.flush();
        assert!(scribe.keeps_up(now) && scribe.keeps_up(now + STUCK - Duration::from_nanos(1)));
        assert!(!scribe.keeps_up(now + STUCK));
        other.execute_batch("COMMIT").unwrap();
        durable.blocking_recv().unwrap();
        assert!(scribe.keeps_up(now + STUCK));
    }

    #[test]
    fn lines_that_a_stopped_store_refuses_are_counted_and_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(&folder.path().join("x.db"), "here").unwrap();
        let poll = Poll::new().unwrap();
        let (letters, _inbox) = mailbox(1, poll.registry(), Token(0)).unwrap();
        let metrics = Arc::new(Metrics::default());
        let live = Live::new(metrics.clone());
        let mut scribe = Scribe::new(store.writer().clone(), letters, Arc::new(Bell::new()), live);
        drop(store);
        for call in ["a", "a", "b"] {
            scribe.journal(line(call, EventKind::Ringing));
        }
        scribe.flush();
        assert_eq!((metrics.journal_lost(), scribe.lines, scribe.waiting.len()), (3, 0, 0));
    }
}
