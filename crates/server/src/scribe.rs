//! From the switch to the store: journal lines in the order they were written, and outbox rows together with the lines
//! before them (invariant I1: a row before it is a promise).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use model::{CallEvent, CallSid, EventKind, SipTrace};
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

/// Calls whose SIP messages may wait for such a store; those of further ones are not kept.
const TRACES: usize = 4_096;

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
    waiting: BTreeMap<CallSid, Waiting>,
    lines: usize,
    traces: Vec<Arc<SipTrace>>,
    /// Calls whose last line waits.
    ended: Vec<CallSid>,
    /// When everything that waits is written.
    due: Option<Instant>,
}

/// What of a call waits to be written together.
#[derive(Default)]
struct Waiting {
    events: Vec<CallEvent>,
    rows: Vec<store::Notify>,
    /// Whom to tell that the rows are durable, in their order.
    keys: Vec<CalloutKey>,
    promise: Option<Promise>,
    kept: Option<CallSid>,
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
            lines: 0,
            traces: Vec::new(),
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
        self.waiting.entry(event.call.clone()).or_default().events.push(event);
        self.lines += 1;
    }

    /// Takes what a call owes at its end; it is written with the call's first lines.
    pub fn promise(&mut self, promise: Promise) {
        let waiting = self.waiting.entry(promise.call.clone()).or_default();
        waiting.promise = Some(promise);
    }

    /// Writes a row of the outbox after its call's lines; while the store does not keep up, it waits with them. The switch hears
    /// whether it is durable.
    pub fn commit(&mut self, key: CalloutKey, notify: Notify) {
        let Notify { call, callout, request, is_last, .. } = notify;
        let created = clock::now().wall;
        let waiting = self.waiting.entry(call.clone()).or_default();
        if is_last {
            waiting.kept = Some(call.clone());
        }
        waiting.rows.push(store::Notify { call: call.clone(), callout, request, created });
        waiting.keys.push(key);
        self.write(call);
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

    /// Takes the SIP messages of a call that is over. They are told, not promised, too; and they wait for others of their kind, so
    /// that the store is not woken for each.
    pub fn trace(&mut self, trace: Arc<SipTrace>) {
        self.due.get_or_insert_with(|| clock::now().at + LINGER);
        if self.traces.len() < TRACES {
            self.traces.push(trace);
        }
    }

    /// Writes the SIP messages that wait, after the lines of their calls.
    fn write_traces(&mut self) {
        if self.traces.is_empty() {
            return;
        }
        let outage = self.outage.clone();
        let on_done = move |result: Result<(), StoreError>| {
            if let Err(error) = result {
                lost(&outage, &error, "the SIP messages of calls are not kept");
            }
        };
        if let Err(refused) = self.writer.keep_traces(std::mem::take(&mut self.traces), on_done) {
            tracing::debug!(reason = %refused.reason, calls = refused.job.len(), "the SIP messages of calls are not kept");
        }
    }

    /// Whether the store is done with something of its work every now and then. One that has stopped never will be.
    pub fn keeps_up(&mut self, now: Instant) -> bool {
        if let Err(error) = self.writer.health() {
            self.outage.has_stopped(&error);
            return false;
        }
        let keeps_up = self.is_done_with_some(now);
        if !keeps_up {
            self.outage.is_stuck(self.writer.hindrance().as_ref());
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

    /// Writes all lines and SIP messages that wait.
    pub fn flush(&mut self) {
        self.due = None;
        self.ended.clear();
        while let Some(call) = self.waiting.keys().next().cloned() {
            if !self.write(call) {
                return;
            }
        }
        self.write_traces();
    }

    /// Writes what of a call waits; false if the disk does not keep up, and it waits on.
    fn write(&mut self, call: CallSid) -> bool {
        let Some(Waiting { events, rows, keys, promise, kept }) = self.take(&call) else { return true };
        let (letters, courier, live) = (self.letters.clone(), self.courier.clone(), self.live.clone());
        let (outage, count, told, of) = (self.outage.clone(), events.len(), keys.clone(), call.clone());
        let on_done = move |result: Result<Vec<CallEvent>, StoreError>| {
            let failure = match result {
                Ok(events) => {
                    live.tell(events);
                    None
                }
                Err(error) => {
                    live.lose(count);
                    lost(&outage, &error, "lines of a journal, and reports that came with them, are lost");
                    tracing::debug!(%error, call = %of, "lines of a journal are lost");
                    Some(error.to_string())
                }
            };
            if failure.is_none() && !told.is_empty() {
                courier.notify_one();
            }
            told.into_iter().for_each(|key| {
                letters.send(Letter::Committed(key, failure.clone()));
            });
        };
        match self.append(Batch { events, notify: rows, promise, kept }, on_done) {
            Ok(()) => true,
            Err(refused) => !self.keep_waiting(call, refused, keys),
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

    fn take(&mut self, call: &CallSid) -> Option<Waiting> {
        let waiting = self.waiting.remove(call)?;
        self.lines -= waiting.events.len();
        Some(waiting)
    }

    /// Keeps what the store did not take; false if it has stopped and never will: then it is lost.
    fn keep_waiting(&mut self, call: CallSid, refused: Refused<Batch>, keys: Vec<CalloutKey>) -> bool {
        let Batch { events, notify: rows, promise, kept } = *refused.job;
        let waiting = Waiting { events, rows, keys, promise, kept };
        if let RefusalReason::Stopped(error) = refused.reason {
            self.outage.has_stopped(&error);
            self.lose(waiting, &error.to_string());
            return false;
        }
        self.lines += waiting.events.len();
        if waiting.events.iter().any(|event| matches!(event.kind, EventKind::Ended { .. })) {
            self.ended.push(call.clone());
        }
        self.waiting.insert(call, waiting);
        self.due.get_or_insert_with(|| clock::now().at + LINGER);
        while self.lines > LINES
            && let Some(call) = self.waiting.keys().next().cloned()
            && let Some(waiting) = self.take(&call)
        {
            tracing::error!(%call, lost = waiting.events.len(), "the store does not keep up; lines of a journal are lost");
            self.lose(waiting, "the store does not keep up");
        }
        true
    }

    fn lose(&self, waiting: Waiting, why: &str) {
        self.live.lose(waiting.events.len());
        tracing::debug!(why, lost = waiting.events.len(), "lines of a journal are lost");
        waiting.keys.into_iter().for_each(|key| {
            self.letters.send(Letter::Committed(key, Some(why.to_owned())));
        });
    }
}

/// Tells that something is lost. What breaks a rule says nothing of the database, and is told each time.
fn lost(outage: &Outage, error: &StoreError, what: &str) {
    match error {
        StoreError::Rejected(_) => tracing::error!(%error, "{what}"),
        StoreError::Locked { .. } | StoreError::Full { .. } => outage.loses(error), // it was closed meanwhile
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
        assert!(!scribe.keeps_up(clock::now().at), "it never will again");
    }

    fn report(call: &str) -> Notify {
        let request = model::HttpRequest::get("https://crm.example/calls", Duration::from_secs(30));
        let (tenant, call, callout) = (Tenant::default(), CallSid::new(call), model::CalloutId(1));
        Notify { tenant, call, callout, request, is_last: false }
    }

    #[test]
    fn a_report_waits_with_its_lines_while_more_jobs_wait_than_the_store_takes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let (store, _) = Store::open(&path, "here").unwrap();
        let poll = Poll::new().unwrap();
        let (letters, inbox) = mailbox(9, poll.registry(), Token(0)).unwrap();
        let live = Live::new(Arc::new(Metrics::default()));
        let mut scribe = Scribe::new(store.writer().clone(), letters, Arc::new(Bell::new()), live);
        let other = rusqlite::Connection::open(&path).unwrap();
        other.execute_batch("BEGIN EXCLUSIVE").unwrap();
        let (begun, room) = std::sync::mpsc::sync_channel(store::QUEUE_JOBS + store::GROUP_JOBS);
        let fill = || {
            let begun = begun.clone();
            store.writer().prune(jiff::Timestamp::MIN, move |_| begun.send(()).unwrap())
        };
        // The first of them is in the writer's hands before the others fill what may wait.
        fill().unwrap();
        while store.writer().waiting() > 0 {
            std::thread::yield_now();
        }
        while fill().is_ok() {}
        scribe.journal(line("a", offered()));
        scribe.commit(CalloutKey::default(), report("a"));
        assert!(inbox.next().is_none(), "it is neither durable nor lost");
        other.execute_batch("COMMIT").unwrap();
        room.recv().unwrap();
        while store.writer().waiting() > 0 {
            std::thread::yield_now();
        }
        let due = scribe.poll_timeout().expect("it waits");
        scribe.rest(due);
        let letter = std::iter::repeat_with(|| inbox.next()).flatten().next();
        assert!(matches!(letter, Some(Letter::Committed(_, None))));
        let owed = store.reader().owed(clock::now().wall).unwrap();
        assert_eq!(owed.len(), 1, "{owed:?}");
    }

    #[test]
    fn a_report_that_a_stopped_store_refuses_is_known_to_be_lost() {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(&folder.path().join("x.db"), "here").unwrap();
        let poll = Poll::new().unwrap();
        let (letters, inbox) = mailbox(9, poll.registry(), Token(0)).unwrap();
        let live = Live::new(Arc::new(Metrics::default()));
        let mut scribe = Scribe::new(store.writer().clone(), letters, Arc::new(Bell::new()), live);
        drop(store);
        scribe.journal(line("a", offered()));
        scribe.commit(CalloutKey::default(), report("a"));
        assert!(matches!(inbox.next(), Some(Letter::Committed(_, Some(_)))));
    }
}
