//! What every handler shares: the parts of [`Api`], and bounds on the work that requests may cause.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use jiff::Timestamp;
use model::{CallEvent, Tenant};
use store::{Changed, Deed, PeopleChange, Reader, Refused, Replay, Replayed, StoreError, Writer};
use tokio::sync::{Semaphore, oneshot};
use tokio::task;
use tokio::time::timeout;
use utoipa::openapi::OpenApi;

use crate::attempts::Attempts;
use crate::live::SUBSCRIBERS;
use crate::password::Passwords;
use crate::phone::PHONES;
use crate::rehearsals::REHEARSALS;
use crate::v1::rate::Rate;
use crate::{Api, BoxFuture, Gauge, Problem, Workshop};

/// Threads that wait for the store at a time; the store's pool has one more, for the courier.
pub const READS: usize = 4;

/// Questions to the store that run or wait; one more is told to come back.
pub const QUESTIONS: usize = 256;

/// Documents that are worked on at a time.
pub const BENCHES: usize = 2;

/// How long the switch may take to answer. It answers within a tick when it is well.
pub const SWITCH_PATIENCE: Duration = Duration::from_secs(2);

/// What the store calls back with what it has written.
pub(crate) type Done<T> = Box<dyn FnOnce(Result<T, StoreError>) + Send>;

pub(crate) struct Desk {
    pub(crate) api: Api,
    pub(crate) document: Bytes,
    pub(crate) subscribers: Arc<Semaphore>,
    pub(crate) phones: Arc<Semaphore>,
    pub(crate) rate: Rate,
    pub(crate) attempts: Attempts,
    pub(crate) passwords: Passwords,
    questions: Arc<Semaphore>,
    reads: Arc<Semaphore>,
    benches: Arc<Semaphore>,
    pub(crate) stages: Arc<Semaphore>,
}

impl Desk {
    pub(crate) fn new(api: Api, document: &OpenApi) -> Self {
        let document = serde_json::to_vec_pretty(document).expect("the document is plain data").into();
        let permits = |count| Arc::new(Semaphore::new(count));
        let (subscribers, phones) = (permits(SUBSCRIBERS), permits(PHONES));
        let (questions, reads) = (permits(QUESTIONS), permits(READS));
        let rate = Rate::new(api.rate_limit);
        let (attempts, passwords) = (Attempts::default(), Passwords::default());
        Self {
            api,
            document,
            subscribers,
            phones,
            rate,
            attempts,
            passwords,
            questions,
            reads,
            benches: permits(BENCHES),
            stages: permits(REHEARSALS),
        }
    }

    /// Works on a document on a thread that may block.
    pub(crate) async fn labour<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Workshop) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let place = Arc::clone(&self.questions).try_acquire_owned().map_err(|_| Problem::busy("questions"))?;
        let bench = Arc::clone(&self.benches).acquire_owned().await.expect("the semaphore is never closed");
        let workshop = Arc::clone(&self.api.workshop);
        let done = task::spawn_blocking(move || {
            let _until_done = (place, bench); // the thread goes on when the request is dropped, and so do these
            work(&*workshop)
        });
        done.await.map_err(|panic| {
            tracing::error!(%panic, "work on a document ended badly");
            Problem::fault()
        })
    }

    /// Asks the store on a thread that may block.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reader, &Tenant) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        let place = Arc::clone(&self.questions).try_acquire_owned().map_err(|_| Problem::busy("questions"))?;
        let turn = Arc::clone(&self.reads).acquire_owned().await.expect("the semaphore is never closed");
        let (reader, tenant) = (self.api.reader.clone(), self.api.tenant.clone());
        let answer = task::spawn_blocking(move || {
            let _until_done = (place, turn); // the thread goes on when the request is dropped, and so do these
            question(&reader, &tenant)
        });
        match answer.await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                tracing::error!(%error, "the store did not answer the API");
                Err(Problem::store())
            }
            Err(panic) => {
                tracing::error!(%panic, "a question to the store ended badly");
                Err(Problem::store())
            }
        }
    }

    /// Hands the store something to write, and waits until it is durable.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        submit: impl FnOnce(&Writer, Done<T>, Timestamp) -> Result<(), Refused<()>>,
    ) -> Result<T, Problem> {
        let (done, result) = oneshot::channel();
        let on_done = Box::new(move |written| drop(done.send(written)));
        let taken = submit(&self.api.writer, on_done, (self.api.recordings.now)());
        taken.map_err(|refused| self.not_written(&refused.reason))?;
        result.await.map_err(|_| Problem::writer())?.map_err(|error| self.not_written(&error))
    }

    /// Owes a callout again, and wakes the courier.
    pub(crate) async fn replay(&self, replay: Replay) -> Result<Replayed, Problem> {
        let replayed = self.write(move |writer, done, now| writer.replay(replay, done, now)).await?;
        self.api.bell.notify_one();
        Ok(replayed)
    }

    /// Changes who may use the console.
    pub(crate) async fn change_people(&self, change: PeopleChange) -> Result<Changed, Problem> {
        let tenant = self.api.tenant.clone();
        self.write(move |writer, done, now| writer.change_people((tenant, change), done, now)).await
    }

    /// Takes note of a change that is not the store's and has been made. If that cannot be, the change stands all the same.
    pub(crate) async fn note(&self, deed: Deed) {
        let tenant = self.api.tenant.clone();
        if let Err(problem) = self.write(move |writer, done, now| writer.audit((tenant, deed), done, now)).await {
            tracing::error!(detail = problem.detail, "a change is not in the audit log");
        }
    }

    fn not_written(&self, why: &dyn Display) -> Problem {
        tracing::error!(%why, "the store did not take what the API was asked for");
        if self.api.writer.health().is_ok() { Problem::store() } else { Problem::writer() }
    }

    /// Tells a line of a journal that has become durable.
    pub(crate) fn tell(&self, event: CallEvent) {
        self.api.metrics.observe(&event);
        drop(self.api.live.send(event)); // nobody may be watching
    }

    /// What the switch holds, if it answers.
    pub(crate) async fn gauges(&self) -> Result<Vec<Gauge>, Problem> {
        self.wait(self.api.switch.gauges()).await?.ok_or_else(Problem::switch)
    }

    /// The users whose phones are registered now, if the switch answers.
    pub(crate) async fn registered(&self) -> Result<Vec<String>, Problem> {
        self.wait(self.api.switch.registered()).await?.ok_or_else(Problem::switch)
    }

    /// Waits for the switch, not for ever.
    pub(crate) async fn wait<T>(&self, answer: BoxFuture<'_, T>) -> Result<T, Problem> {
        timeout(SWITCH_PATIENCE, answer).await.map_err(|_| Problem::switch())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use exotel::account::Account;
    use exotel::passthru::Profile;
    use model::{CallSid, SipTrace, StartCall};
    use tokio::sync::broadcast;

    use super::*;
    use crate::{FlowSummary, StartFailure, Switchboard};

    struct Nobody;

    impl Switchboard for Nobody {
        fn gauges(&self) -> BoxFuture<'_, Option<Vec<Gauge>>> {
            Box::pin(std::future::pending())
        }

        fn admits(&self) -> BoxFuture<'_, Option<Result<(), String>>> {
            Box::pin(std::future::pending())
        }

        fn registered(&self) -> BoxFuture<'_, Option<Vec<String>>> {
            Box::pin(std::future::pending())
        }

        fn name(&self) -> CallSid {
            CallSid::new("nobody")
        }

        fn start(&self, _: StartCall) -> BoxFuture<'_, Result<(), StartFailure>> {
            Box::pin(std::future::pending())
        }

        fn hang_up(&self, _: CallSid) -> BoxFuture<'_, bool> {
            Box::pin(std::future::pending())
        }

        fn trace(&self, _: CallSid) -> BoxFuture<'_, Option<Arc<SipTrace>>> {
            Box::pin(std::future::pending())
        }

        fn flows(&self) -> Vec<FlowSummary> {
            Vec::new()
        }

        fn advice(&self) -> Vec<crate::Advice> {
            Vec::new()
        }
    }

    impl crate::Shelf for Nobody {
        fn shelved(&self, _: &str) -> crate::Shelved {
            crate::Shelved::Nowhere
        }
    }

    impl crate::Phones for Nobody {
        fn dial(&self, _: crate::Dialling) -> Result<crate::Line, String> {
            Err("nobody".into())
        }
    }

    impl Workshop for Nobody {
        fn catalogue(&self) -> &flow::Catalogue {
            unreachable!("nobody asks for it")
        }

        fn objections(&self, _: &flow::Program) -> Vec<flow::Diagnostic> {
            Vec::new()
        }

        fn text(&self, _: &str) -> Option<(String, Timestamp)> {
            None
        }

        fn publish(&self, _: crate::Publication) -> BoxFuture<'_, Result<u64, crate::Unpublished>> {
            Box::pin(std::future::pending())
        }

        fn rehearse(&self, _: &crate::Script) -> Result<crate::Played, Vec<flow::Diagnostic>> {
            Err(Vec::new())
        }
    }

    fn desk() -> (Desk, store::Store, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = store::Store::open(&folder.path().join("x.db"), "here").unwrap();
        let api = Api {
            reader: store.reader().clone(),
            writer: store.writer().clone(),
            bell: Arc::default(),
            tenant: Tenant::default(),
            live: broadcast::channel(1).0,
            switch: Arc::new(Nobody),
            workshop: Arc::new(Nobody),
            recordings: crate::Recordings {
                links: exotel::recording::Links::new("", [0; 32], Duration::from_secs(1)),
                shelf: Arc::new(Nobody),
                now: || jiff::Timestamp::UNIX_EPOCH,
            },
            metrics: Arc::default(),
            account: Account::new("passthru", Profile::default()),
            directory: crate::Directory::default(),
            rate_limit: 200,
            access: crate::Access { loopback: true, ..crate::Access::default() },
            phones: Arc::new(Nobody),
            settings: String::new(),
            keys: Arc::new(std::sync::Mutex::new(store::Keys::open(&folder.path().join("x.db")).unwrap())),
            random: || None,
        };
        (Desk::new(api, &OpenApi::default()), store, folder)
    }

    #[tokio::test]
    async fn questions_past_the_limit_are_told_to_come_back() {
        let (desk, _store, _folder) = desk();
        let desk = Arc::new(desk);
        let (open, gate) = sync_channel::<()>(0);
        let gate = Arc::new(std::sync::Mutex::new(gate));
        let asked: Vec<_> = (0..QUESTIONS)
            .map(|_| {
                let (desk, gate) = (Arc::clone(&desk), Arc::clone(&gate));
                tokio::spawn(async move {
                    desk.ask(move |_, _| {
                        gate.lock().unwrap().recv().unwrap();
                        Ok(())
                    })
                    .await
                })
            })
            .collect();
        while desk.questions.available_permits() > 0 {
            task::yield_now().await;
        }
        let refused = desk.ask(|_, _| Ok(())).await.unwrap_err();
        assert_eq!((refused.status, refused.retry_after), (503, Some(1)));
        task::spawn_blocking(move || (0..QUESTIONS).for_each(|_| open.send(()).unwrap())).await.unwrap();
        for answer in asked {
            answer.await.unwrap().unwrap();
        }
        desk.ask(|_, _| Ok(())).await.unwrap();
    }

    #[tokio::test]
    async fn what_goes_wrong_in_the_store_is_a_problem_that_tells_no_paths() {
        let (desk, _store, _folder) = desk();
        let stopped = desk.ask(|_, _| Err::<(), _>(StoreError::Stopped("/var/lib/x".into()))).await.unwrap_err();
        let panicked = desk.ask(|_, _| -> Result<(), _> { panic!("as the test wants") }).await.unwrap_err();
        for problem in [stopped, panicked] {
            assert_eq!((problem.status, problem.detail.contains("/var")), (503, false), "{problem:?}");
        }
        assert_eq!(desk.questions.available_permits(), QUESTIONS);
    }

    #[tokio::test]
    async fn work_that_ends_badly_is_a_problem_and_leaves_its_bench() {
        let (desk, _store, _folder) = desk();
        for _ in 0..=BENCHES {
            let problem = desk.labour(|_| -> () { panic!("as the test wants") }).await.unwrap_err();
            assert_eq!(problem.status, 500);
        }
        assert_eq!(desk.labour(|_| 7).await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn a_switch_that_does_not_answer_is_a_problem() {
        let (desk, _store, _folder) = desk();
        let problem = desk.gauges().await.unwrap_err();
        assert_eq!(problem.status, 503);
    }
}
