//! The one thread that writes: it takes the jobs that wait, runs them in one transaction, commits, then calls back.
//!
//! ```text
//! take a group -> BEGIN IMMEDIATE -> each job -> COMMIT (flushed) -> each callback -> a pause -> take a group
//!                       |               |           |
//!                       |               |        it fails: the group is told, and nothing is taken any more;
//!                       |               |        a flush that failed must not be tried again
//!                       |            a job breaks a rule, or cannot read a row that it needs: ROLLBACK, and once more with
//!                       |            each job in a savepoint, so that only that job is told
//!                    locked here, or the disk full at any step: ROLLBACK, a rest, and once more, until it works or is closed
//! ```
//!
//! Savepoints keep a copy of every page that a job changes, and hardly any job breaks a rule: so they are the second try.
//!
//! After a failed flush the kernel may have dropped the pages that it could not write, and a second flush would succeed
//! without them; so the writer stops, and a new start reads what is really there. A full disk refuses a write before anything is
//! flushed: what the transaction wrote behind the last commit of the log is written over by the next.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::Timestamp;
use model::{CallEvent, Recording, RecordingName, SipTrace, Tenant};

use crate::error::Trouble;
use crate::queue::{QUEUE_JOBS, Queue, Refused};
use crate::session::Session;
use crate::{
    Batch, Changed, Claimed, Deed, Discard, Discarded, Finish, Kept, NewDraft, NewVersion, PeopleChange, RecordingStep,
    Replay, Replayed, Rest, Saved, Settled, Settler, Share, StoreError, attempts, audit, connection, events, flows,
    outbox, people, promise, recordings, replay, traces,
};

/// Jobs in one transaction at most.
pub const GROUP_JOBS: usize = 256;

/// From the end of a group to the start of the next, unless a whole one waits. A writer that is idle begins at once; a busy one
/// shares each flush, and each page of the log, among more jobs.
const PAUSE: Duration = Duration::from_millis(2);

/// How long a writer that is hindered rests before it tries again.
const REST: Duration = Duration::from_millis(500);

/// Takes jobs to be made durable. A copy is the same writer.
///
/// No method waits for the disk. Jobs are done in the order in which they were taken. The callback runs on the writer's
/// thread once the commit is durable, or failed: it must be quick. A panic in it goes no further. `Err` from the method itself
/// gives the job back: it was not taken, and its callback is not called. Every other callback is called once.
#[derive(Clone)]
pub struct Writer {
    queue: Arc<Queue<Box<dyn Step>>>,
}

impl Writer {
    /// Appends to journals and outbox; calls back with the events as numbered.
    pub fn append(
        &self,
        batch: Batch,
        on_done: impl FnOnce(Result<Vec<CallEvent>, StoreError>) + Send + 'static,
    ) -> Result<(), Refused<Batch>> {
        self.submit(batch, events::append, on_done)
    }

    /// Takes outbox rows due at `now`, to be run by the caller: as many of each origin as its share says, at most
    /// [`crate::CLAIM_ROWS`]. [`crate::Reader::owed`] says what there is to take.
    pub fn claim(
        &self,
        shares: Vec<Share>,
        on_done: impl FnOnce(Result<Claimed, StoreError>) + Send + 'static,
        now: Timestamp,
    ) -> Result<(), Refused<()>> {
        let refusal = |refused: Refused<_>| Refused { job: Box::new(()), reason: refused.reason };
        self.submit((shares, now), outbox::claim, on_done).map_err(refusal)
    }

    /// Ends the attempt of a claimed row; calls back with the event that was appended to the call's journal.
    pub fn finish(
        &self,
        end: Finish,
        on_done: impl FnOnce(Result<CallEvent, StoreError>) + Send + 'static,
        now: Timestamp,
    ) -> Result<(), Refused<Finish>> {
        let refusal = |refused: Refused<(Finish, _)>| Refused { job: Box::new(refused.job.0), reason: refused.reason };
        self.submit((end, now), outbox::finish, on_done).map_err(refusal)
    }

    /// Owes a callout again that is done with.
    pub fn replay(
        &self,
        replay: Replay,
        on_done: impl FnOnce(Result<Replayed, StoreError>) + Send + 'static,
        now: Timestamp,
    ) -> Result<(), Refused<()>> {
        let refusal = |refused: Refused<_>| Refused { job: Box::new(()), reason: refused.reason };
        self.submit((replay, now), replay::replay, on_done).map_err(refusal)
    }

    /// Deletes outbox rows delivered before that moment, and attempts, callouts that calls waited for and SIP messages of calls from
    /// before it, at most [`crate::PRUNE_ROWS`] of each; calls back with their number.
    pub fn prune(
        &self,
        before: Timestamp,
        on_done: impl FnOnce(Result<usize, StoreError>) + Send + 'static,
    ) -> Result<(), Refused<Timestamp>> {
        self.submit(before, outbox::prune, on_done)
    }

    /// Owes what calls that are over promised for their end and have not kept: those whose process went in their middle.
    pub fn settle(
        &self,
        settler: Settler,
        on_done: impl FnOnce(Result<Settled, StoreError>) + Send + 'static,
        now: Timestamp,
    ) -> Result<(), Refused<()>> {
        let refusal = |refused: Refused<_>| Refused { job: Box::new(()), reason: refused.reason };
        self.submit((settler, now), promise::settle, on_done).map_err(refusal)
    }

    /// Keeps a request that ended.
    pub fn keep_attempt(
        &self,
        kept: Kept,
        on_done: impl FnOnce(Result<(), StoreError>) + Send + 'static,
    ) -> Result<(), Refused<Kept>> {
        self.submit(kept, attempts::keep, on_done)
    }

    /// Keeps the body of an answer that was kept without it.
    pub fn complete_attempt(
        &self,
        rest: Rest,
        on_done: impl FnOnce(Result<(), StoreError>) + Send + 'static,
    ) -> Result<(), Refused<Rest>> {
        self.submit(rest, attempts::complete, on_done)
    }

    /// Keeps the SIP messages of calls that are over, after the lines of their journals.
    pub fn keep_traces(
        &self,
        traces: Vec<Arc<SipTrace>>,
        on_done: impl FnOnce(Result<(), StoreError>) + Send + 'static,
    ) -> Result<(), Refused<Vec<Arc<SipTrace>>>> {
        self.submit(traces, traces::keep, on_done)
    }

    /// Changes who may use the console.
    pub fn change_people(
        &self,
        change: (Tenant, PeopleChange),
        on_done: impl FnOnce(Result<Changed, StoreError>) + Send + 'static,
        now: Timestamp,
    ) -> Result<(), Refused<()>> {
        let refusal = |refused: Refused<_>| Refused { job: Box::new(()), reason: refused.reason };
        self.submit((change.0, change.1, now), people::change, on_done).map_err(refusal)
    }

    /// Takes note of a recording that begins.
    pub fn keep_recording(
        &self,
        recording: Recording,
        on_done: impl FnOnce(Result<(), StoreError>) + Send + 'static,
    ) -> Result<(), Refused<Recording>> {
        self.submit(recording, recordings::keep, on_done)
    }

    /// Takes note of how far a recording is; calls back with the line of its call's journal that tells of the report, if there is one.
    pub fn finish_recording(
        &self,
        step: RecordingStep,
        on_done: impl FnOnce(Result<Option<CallEvent>, StoreError>) + Send + 'static,
    ) -> Result<(), Refused<RecordingStep>> {
        self.submit(step, recordings::finish, on_done)
    }

    /// Takes note that the file of a recording that was over has been removed; calls back with the line of its call's journal that
    /// tells of it, if there is one.
    pub fn remove_recording(
        &self,
        name: RecordingName,
        on_done: impl FnOnce(Result<Option<CallEvent>, StoreError>) + Send + 'static,
        now: Timestamp,
    ) -> Result<(), Refused<()>> {
        let refusal = |refused: Refused<_>| Refused { job: Box::new(()), reason: refused.reason };
        self.submit((name, now), recordings::remove, on_done).map_err(refusal)
    }

    /// Forgets a recording in which nothing was said.
    pub fn discard_recording(
        &self,
        name: RecordingName,
        on_done: impl FnOnce(Result<(), StoreError>) + Send + 'static,
    ) -> Result<(), Refused<RecordingName>> {
        self.submit(name, recordings::discard, on_done)
    }

    /// Keeps a version of a flow; calls back with its number.
    pub fn publish(
        &self,
        new: NewVersion,
        on_done: impl FnOnce(Result<u64, StoreError>) + Send + 'static,
        now: Timestamp,
    ) -> Result<(), Refused<()>> {
        let refusal = |refused: Refused<_>| Refused { job: Box::new(()), reason: refused.reason };
        self.submit((new, now), flows::publish, on_done).map_err(refusal)
    }

    /// Saves a draft of a flow, unless the flow has changed since it was read.
    pub fn save_draft(
        &self,
        new: NewDraft,
        on_done: impl FnOnce(Result<Saved, StoreError>) + Send + 'static,
        now: Timestamp,
    ) -> Result<(), Refused<()>> {
        let refusal = |refused: Refused<_>| Refused { job: Box::new(()), reason: refused.reason };
        self.submit((new, now), flows::save, on_done).map_err(refusal)
    }

    /// Throws the draft of a flow away.
    pub fn discard_draft(
        &self,
        what: Discard,
        on_done: impl FnOnce(Result<Discarded, StoreError>) + Send + 'static,
        now: Timestamp,
    ) -> Result<(), Refused<()>> {
        let refusal = |refused: Refused<_>| Refused { job: Box::new(()), reason: refused.reason };
        self.submit((what, now), flows::discard, on_done).map_err(refusal)
    }

    /// Writes a line of the audit log, of a change that is not the store's.
    pub fn audit(
        &self,
        (tenant, deed): (Tenant, Deed),
        on_done: impl FnOnce(Result<(), StoreError>) + Send + 'static,
        now: Timestamp,
    ) -> Result<(), Refused<()>> {
        let refusal = |refused: Refused<_>| Refused { job: Box::new(()), reason: refused.reason };
        self.submit((tenant, deed, now), audit::write, on_done).map_err(refusal)
    }

    /// Jobs that wait; at [`QUEUE_JOBS`] the next is refused.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Why the writer takes no more jobs, if so.
    pub fn health(&self) -> Result<(), StoreError> {
        self.queue.closed().map_or(Ok(()), Err)
    }

    fn submit<I: Send + 'static, O: Send + 'static>(
        &self,
        job: I,
        run: fn(&mut Session, &I) -> Result<O, Trouble>,
        on_done: impl FnOnce(Result<O, StoreError>) + Send + 'static,
    ) -> Result<(), Refused<I>> {
        self.queue.push(job, |job| Box::new(Pending { job, run, done: None, on_done }))
    }

    /// What it waits for with jobs in its hands: another process that holds the file, or room on the disk. Nothing is lost meanwhile.
    pub fn hindrance(&self) -> Option<StoreError> {
        self.queue.hindrance()
    }

    /// Takes no more jobs; those taken are still done.
    pub(crate) fn close(&self) {
        self.queue.close(StoreError::Stopped("it was closed".into()));
    }

    pub(crate) fn spawn(session: Session) -> std::io::Result<(Self, JoinHandle<()>)> {
        let queue = Arc::new(Queue::new(QUEUE_JOBS));
        let desk = Desk { queue: Arc::clone(&queue) };
        let thread = thread::Builder::new().name("store-writer".into()).spawn(move || desk.work(session))?;
        Ok((Self { queue }, thread))
    }
}

/// One job on its way: run within the transaction, called back after it.
trait Step: Send {
    /// `Err` if it could not be run; what it did so far stands.
    fn run(&mut self, session: &mut Session) -> Result<(), Trouble>;
    /// It broke a rule, and its part of the transaction was taken back.
    fn refuse(&mut self, error: StoreError);
    fn call_back(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Pending<I, O, F> {
    job: I,
    run: fn(&mut Session, &I) -> Result<O, Trouble>,
    done: Option<Result<O, StoreError>>,
    on_done: F,
}

impl<I, O, F> Step for Pending<I, O, F>
where
    I: Send,
    O: Send,
    F: FnOnce(Result<O, StoreError>) + Send,
{
    fn run(&mut self, session: &mut Session) -> Result<(), Trouble> {
        self.done = Some(Ok((self.run)(session, &self.job)?));
        Ok(())
    }

    fn refuse(&mut self, error: StoreError) {
        self.done = Some(Err(error));
    }

    fn call_back(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { done, on_done, .. } = *self;
        on_done(committed.and_then(|()| done.expect("the group was committed, so each of it was run")));
    }
}

/// What is committed is committed, and the others of the group must hear of it, whatever one callback does.
fn call_back(step: Box<dyn Step>, committed: Result<(), StoreError>) {
    catch_unwind(AssertUnwindSafe(|| step.call_back(committed))).unwrap_or_default(); // the panic has been printed
}

/// Runs the jobs of a group within the transaction; `Err` if that is not sound any more.
fn run(session: &mut Session, group: &mut [Box<dyn Step>]) -> Result<(), Trouble> {
    match group.iter_mut().try_for_each(|step| step.run(session)) {
        Err(trouble) if trouble.is_the_jobs_own() => {
            session.forget();
            session.connection.execute_batch("ROLLBACK; BEGIN IMMEDIATE")?;
            group.iter_mut().try_for_each(|step| run_apart(session, step.as_mut()))
        }
        ran => ran,
    }
}

/// Runs a job so that it can be taken back alone.
fn run_apart(session: &mut Session, step: &mut dyn Step) -> Result<(), Trouble> {
    if let Err(trouble) = session.apart(|session| step.run(session))? {
        step.refuse(trouble.at(&session.path));
    }
    Ok(())
}

/// The writer's thread. When it ends, for whatever reason, nobody is left waiting.
struct Desk {
    queue: Arc<Queue<Box<dyn Step>>>,
}

impl Desk {
    fn work(self, mut session: Session) {
        while let Some(group) = self.queue.take(GROUP_JOBS) {
            let committed = self.commit(&mut session, group);
            if let Err(error) = committed {
                self.queue.close(error);
                return;
            }
            self.queue.gather(GROUP_JOBS, PAUSE);
        }
    }

    /// `Err` if the writer must stop; the group has been called back either way.
    fn commit(&self, session: &mut Session, mut group: Vec<Box<dyn Step>>) -> Result<(), StoreError> {
        while let Err(trouble) = attempt(session, &mut group) {
            let error = trouble.at(&session.path);
            if !error.passes() || self.queue.closed().is_some() || start_over(session).is_err() {
                connection::leave_as_it_is(&session.connection);
                self.queue.close(error.clone());
                group.into_iter().for_each(|step| call_back(step, Err(error.clone())));
                return Err(error);
            }
            self.queue.hinder(Some(error));
            self.queue.rest(REST);
        }
        self.queue.hinder(None);
        group.into_iter().for_each(|step| call_back(step, Ok(())));
        Ok(())
    }
}

/// Runs a group and makes it durable.
fn attempt(session: &mut Session, group: &mut [Box<dyn Step>]) -> Result<(), Trouble> {
    session.connection.execute_batch("BEGIN IMMEDIATE")?;
    run(session, group)?;
    Ok(session.connection.execute_batch("COMMIT")?)
}

/// Nothing of the group is left. A full disk may have ended the transaction already.
fn start_over(session: &mut Session) -> Result<(), Trouble> {
    session.forget();
    if !session.connection.is_autocommit() {
        session.connection.execute_batch("ROLLBACK")?;
    }
    Ok(())
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.queue.close(StoreError::Stopped("its thread ended".into()));
        let reason = self.queue.closed().expect("closed above");
        while let Some(group) = self.queue.take(usize::MAX) {
            group.into_iter().for_each(|step| call_back(step, Err(reason.clone())));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, SendError, SyncSender, sync_channel};

    use rusqlite::Connection;
    use tempfile::TempDir;

    use super::*;
    use crate::migrate;
    use crate::queue::RefusalReason;

    fn writer(prepare: impl FnOnce(&Connection, &Path)) -> (Writer, TempDir) {
        let (writer, folder, _) = started(prepare);
        (writer, folder)
    }

    fn started(prepare: impl FnOnce(&Connection, &Path)) -> (Writer, TempDir, JoinHandle<()>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        Connection::open(&path).unwrap();
        let mut connection = connection::for_writing(&path).unwrap();
        connection::make_durable(&connection).unwrap();
        migrate::migrate(&mut connection, &path).unwrap();
        connection.execute_batch("CREATE TABLE t (x); CREATE TABLE p (x PRIMARY KEY)").unwrap();
        connection.execute_batch("CREATE TABLE c (x REFERENCES p DEFERRABLE INITIALLY DEFERRED)").unwrap();
        prepare(&connection, &path);
        let (writer, thread) = Writer::spawn(Session::new(connection, &path, "here")).unwrap();
        (writer, folder, thread)
    }

    fn sql(session: &mut Session, text: &&str) -> Result<(), Trouble> {
        Ok(session.connection.execute_batch(text)?)
    }

    /// Keeps the writer busy with a group of its own until the answer is sent to.
    fn hold(writer: &Writer) -> SyncSender<()> {
        let ((open, gate), (entered, entry)) = (sync_channel(1), sync_channel(1));
        let wait = |_: &mut Session, (entered, gate): &(SyncSender<()>, Receiver<()>)| {
            entered
                .send(())
                .and_then(|()| gate.recv().map_err(|_| SendError(())))
                .map_err(|error| Trouble::Rejected(error.to_string()))
        };
        writer.submit((entered, gate), wait, |_| {}).unwrap();
        entry.recv().unwrap();
        open
    }

    /// Submits statements, each a job, so that they come in one group; gives what each was called back with.
    fn group(writer: &Writer, texts: &[&'static str]) -> Vec<Result<(), StoreError>> {
        let open = hold(writer);
        let (sender, receiver) = sync_channel(texts.len());
        for text in texts {
            let sender: SyncSender<_> = sender.clone();
            writer.submit(*text, sql, move |done| sender.send(done).unwrap()).unwrap();
        }
        open.send(()).unwrap();
        (0..texts.len()).map(|_| receiver.recv().unwrap()).collect()
    }

    fn rows(folder: &TempDir) -> i64 {
        let reader = connection::for_reading(&folder.path().join("x.db")).unwrap();
        reader.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_commit_that_fails_fails_its_whole_group_and_all_that_comes_after() {
        let (writer, folder) = writer(|_, _| {});
        let done =
            group(&writer, &["INSERT INTO t VALUES (1)", "INSERT INTO c VALUES (1)", "INSERT INTO t VALUES (2)"]);
        assert_eq!(done.len(), 3);
        assert!(done.iter().all(Result::is_err), "{done:?}");
        assert_eq!(rows(&folder), 0);
        let reason = writer.submit("", sql, |_| {}).unwrap_err().reason;
        assert_eq!(reason, RefusalReason::Stopped(Box::new(writer.health().unwrap_err())));
    }

    /// The last connection to close would flush the log and copy it into the database, unless told not to.
    #[test]
    fn the_log_is_flushed_on_closing_but_not_after_a_commit_failed() {
        for (statement, left) in [("INSERT INTO t VALUES (1)", false), ("INSERT INTO c VALUES (1)", true)] {
            let (writer, folder, thread) = started(|_, _| {});
            group(&writer, &[statement]);
            writer.close();
            thread.join().unwrap();
            assert_eq!(folder.path().join("x.db-wal").exists(), left, "{statement}");
        }
    }

    /// The pages that the file may have, as a disk that is full.
    fn pages(session: &mut Session, most: &i64) -> Result<(), Trouble> {
        Ok(session.connection.pragma_update_and_check(None, "max_page_count", most, |_| Ok(()))?)
    }

    const LARGE: &str = "INSERT INTO t VALUES (zeroblob(99999))";

    #[test]
    fn a_full_disk_is_waited_for_and_nothing_is_lost() {
        let (writer, folder) = writer(|_, _| {});
        let (sender, receiver) = sync_channel(3);
        let open = hold(&writer);
        // It is full while this one is tried for the first three times.
        let tries = Mutex::new(0);
        let fills = |session: &mut Session, tries: &Mutex<i64>| {
            *tries.lock().unwrap() += 1;
            let most = if *tries.lock().unwrap() > 3 { i64::from(u32::MAX) - 1 } else { 1 };
            pages(session, &most)
        };
        let told = |sender: &SyncSender<_>| {
            let sender = sender.clone();
            move |done: Result<(), StoreError>| sender.send(done).unwrap()
        };
        writer.submit("INSERT INTO t VALUES (1)", sql, told(&sender)).unwrap();
        writer.submit(tries, fills, told(&sender)).unwrap();
        writer.submit(LARGE, sql, told(&sender)).unwrap();
        open.send(()).unwrap();
        while writer.hindrance().is_none() {
            thread::yield_now();
        }
        let said = writer.hindrance().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.contains("x.db") && said.contains("free space"), "{said}");
        assert_eq!((receiver.try_recv().is_err(), writer.health()), (true, Ok(())));
        assert_eq!([(); 3].map(|()| receiver.recv().unwrap()), [Ok(()), Ok(()), Ok(())]);
        assert_eq!((rows(&folder), writer.hindrance(), writer.health()), (2, None, Ok(())));
    }

    #[test]
    fn a_writer_that_is_closed_while_the_disk_is_full_gives_up() {
        let (writer, folder, thread) = started(|_, _| {});
        writer.submit(1, pages, |_| {}).unwrap();
        let (sender, receiver) = sync_channel(1);
        writer.submit(LARGE, sql, move |done| sender.send(done).unwrap()).unwrap();
        while writer.hindrance().is_none() {
            thread::yield_now();
        }
        writer.close();
        assert!(matches!(receiver.recv().unwrap(), Err(StoreError::Full { .. })));
        thread.join().unwrap();
        assert_eq!(rows(&folder), 0);
    }

    #[test]
    fn a_job_that_breaks_a_rule_fails_alone() {
        let (writer, folder) = writer(|_, _| {});
        let twice = "INSERT INTO t VALUES (7); INSERT INTO p VALUES (1), (1)";
        let done = group(&writer, &["INSERT INTO t VALUES (1)", twice, "INSERT INTO t VALUES (2)"]);
        assert!(matches!(done[..], [Ok(()), Err(StoreError::Rejected(_)), Ok(())]), "{done:?}");
        assert_eq!((rows(&folder), writer.health()), (2, Ok(())));
    }

    #[test]
    fn a_lock_is_waited_for_however_long_it_is_held() {
        let impatient = |connection: &Connection, _: &Path| connection.busy_timeout(Duration::ZERO).unwrap();
        let (writer, folder) = writer(impatient);
        let other = Connection::open(folder.path().join("x.db")).unwrap();
        other.execute_batch("BEGIN EXCLUSIVE").unwrap();
        let (sender, receiver) = sync_channel(1);
        writer.submit("INSERT INTO t VALUES (1)", sql, move |done| sender.send(done).unwrap()).unwrap();
        while writer.hindrance().is_none() {
            thread::yield_now();
        }
        assert!(matches!(writer.hindrance(), Some(StoreError::Locked { .. })));
        other.execute_batch("COMMIT").unwrap();
        assert_eq!((receiver.recv().unwrap(), rows(&folder), writer.hindrance()), (Ok(()), 1, None));
    }

    fn submit_alone(writer: &Writer) -> Result<(), StoreError> {
        let (sender, receiver) = sync_channel(1);
        writer.submit("INSERT INTO t VALUES (1)", sql, move |done| sender.send(done).unwrap()).unwrap();
        receiver.recv().unwrap()
    }

    #[test]
    fn a_callback_that_panics_hurts_no_other() {
        let (writer, folder) = writer(|_, _| {});
        writer.submit("INSERT INTO t VALUES (1)", sql, |_| panic!("as the test wants")).unwrap();
        assert_eq!(submit_alone(&writer), Ok(()));
        assert_eq!((rows(&folder), writer.health()), (2, Ok(())));
    }

    #[test]
    fn a_writer_that_died_takes_nothing_and_keeps_nobody_waiting() {
        let (writer, _folder) = writer(|_, _| {});
        let (sender, receiver) = sync_channel::<()>(1);
        let die = |_: &mut Session, (): &()| -> Result<(), Trouble> { panic!("as the test wants") };
        writer.submit((), die, move |_| drop(sender)).unwrap();
        assert!(receiver.recv().is_err(), "its callback is dropped");
        while writer.health().is_ok() {
            thread::yield_now();
        }
        assert!(matches!(writer.health(), Err(StoreError::Stopped(_))));
    }

    #[test]
    fn jobs_are_called_back_in_groups_of_the_limit_after_their_commit() {
        let (writer, _folder) = writer(|_, _| {});
        let log = Arc::new(Mutex::new(Vec::new()));
        let open = hold(&writer);
        let (sender, receiver) = sync_channel(1);
        for number in 0..GROUP_JOBS * 2 + 1 {
            let (run, done, sender) = (Arc::clone(&log), Arc::clone(&log), sender.clone());
            let note = |_: &mut Session, log: &Arc<Mutex<Vec<bool>>>| {
                log.lock().unwrap().push(true);
                Ok(())
            };
            let on_done = move |_| {
                done.lock().unwrap().push(false);
                if number == GROUP_JOBS * 2 {
                    sender.send(()).unwrap();
                }
            };
            writer.submit(run, note, on_done).unwrap();
        }
        open.send(()).unwrap();
        receiver.recv().unwrap();
        let log = log.lock().unwrap();
        let runs: Vec<_> = log.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).collect();
        let pair = |jobs| [(true, jobs), (false, jobs)];
        assert_eq!(runs, [pair(GROUP_JOBS), pair(GROUP_JOBS), pair(1)].concat());
    }
}
