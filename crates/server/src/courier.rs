//! From the outbox to the web: claims rows that are due, asks their URLs or carries their messages, and writes down what came
//! of it. Which rows may be tried is for the bulkheads to say ([`callout::Bulkheads`]): a row that they hold back waits, and
//! that costs it none of its tries.
//!
//! Nothing that is owed is remembered here: what a courier that died had claimed is due again at the next start.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use callout::{Next, Verdict};
use jiff::Timestamp;
use model::{Attempt, CallEvent, HttpOutcome, HttpTrace, Message, Way};
use rand_chacha::ChaCha12Rng;
use store::{Claimed, Finish, GivenUp, OutboxRow, Owed, Reader, Share, StoreError, Writer};
use tokio::sync::{Notify as Bell, oneshot};

use crate::clock;
use crate::fetch::Fetcher;
use crate::live::Live;
use crate::place::{Place, Places};
use crate::post::Post;

/// How long the courier rests when the store refuses it.
const REFUSED: Duration = Duration::from_secs(1);

/// The longest that it sleeps: a bell that was missed costs no more than this.
const SLEEP: Duration = Duration::from_secs(60);

/// Delivers the outbox.
#[derive(Clone)]
pub struct Courier {
    /// The store, to ask what is owed.
    pub reader: Reader,
    /// The store, to claim and finish it.
    pub writer: Writer,
    /// What may be under way to each origin.
    pub places: Places,
    /// The client.
    pub fetcher: Arc<Fetcher>,
    /// Who carries messages to people.
    pub post: Arc<Post>,
    /// Rung when a row has come in.
    pub bell: Arc<Bell>,
    /// Who hears of journal lines.
    pub live: Live,
}

impl Courier {
    /// Delivers until the runtime ends.
    pub async fn run(self, mut rng: ChaCha12Rng) {
        let mut told = false; // that the store does not do what it should
        loop {
            let owed = match self.owed().await {
                Ok(owed) => owed,
                Err(why) => {
                    self.rest(&mut told, &why).await;
                    continue;
                }
            };
            let (shares, places): (Vec<_>, Vec<_>) = self.places.share_out(&owed).into_iter().unzip();
            if shares.is_empty() {
                self.wait(self.places.next_due(&owed)).await;
                continue;
            }
            let mut places: BTreeMap<_, _> =
                shares.iter().map(|share: &Share| share.origin.clone()).zip(places).collect();
            let claimed = match self.claim(shares).await {
                Ok(claimed) => claimed,
                Err(why) => {
                    drop(places);
                    self.rest(&mut told, &why).await;
                    continue;
                }
            };
            if std::mem::take(&mut told) {
                tracing::warn!("the outbox can be read again: reports go out");
            }
            for GivenUp { id, why, event } in claimed.given_up {
                tracing::error!(row = id, why, "an asynchronous callout cannot be read and is given up");
                self.live.tell(event);
            }
            for row in claimed.rows {
                let place = places.get_mut(&row.origin).and_then(Vec::pop);
                let (courier, seed) = (self.clone(), rand_core::Rng::next_u64(&mut rng));
                tokio::spawn(async move { courier.deliver(row, place, seed).await });
            }
        }
    }

    /// The store does not do what it should: tells once, and waits a little.
    async fn rest(&self, told: &mut bool, why: &str) {
        if !std::mem::replace(told, true) {
            tracing::error!(why, "the outbox cannot be read: reports wait, and calls go on");
        }
        tokio::time::sleep(REFUSED).await;
    }

    /// What is owed now; or why that cannot be said.
    async fn owed(&self) -> Result<Vec<Owed>, String> {
        let (reader, now) = (self.reader.clone(), clock::now().wall);
        let owed = tokio::task::spawn_blocking(move || reader.owed(now)).await;
        owed.map_err(|panic| panic.to_string())?.map_err(|error| error.to_string())
    }

    async fn claim(&self, shares: Vec<Share>) -> Result<Claimed, String> {
        let (done, result) = oneshot::channel();
        let on_done = move |claimed: Result<Claimed, StoreError>| drop(done.send(claimed));
        let taken = self.writer.claim(shares, on_done, clock::now().wall);
        taken.map_err(|refused| refused.reason.to_string())?;
        let claimed = result.await.map_err(|_| "the store's writer is gone".to_owned())?;
        claimed.map_err(|error| error.to_string())
    }

    /// One attempt of one row.
    async fn deliver(&self, row: OutboxRow, place: Option<Place>, seed: u64) {
        let mut request = row.request;
        if let Some(mark) = &mut request.mark {
            mark.attempt = row.attempt;
        }
        let (began, wall) = (clock::now().at, clock::now().wall);
        let message = Message::read(&request.url);
        let is_mail = matches!(message, Some(Message::Mail { .. }));
        let (outcome, trace) = match message {
            Some(message) => {
                let of = (&row.call, row.callout);
                (self.post.carry(message, of, &request, &self.fetcher).await, HttpTrace::default())
            }
            None => self.fetcher.report(request.clone()).await,
        };
        let took = clock::now().at.saturating_duration_since(began);
        if let Some(place) = place {
            place.end(verdict(&outcome, is_mail));
        }
        let attempt = Attempt {
            call: row.call.clone(),
            callout: row.callout,
            number: row.attempt,
            way: if row.attempt == 1 { Way::First } else { Way::Retry },
            began: wall,
            took,
            request,
            outcome: outcome.clone(),
            trace,
        };
        let now = clock::now().wall;
        let mut rng = <ChaCha12Rng as rand_core::SeedableRng>::seed_from_u64(seed);
        let next = match callout::after(row.attempt.saturating_sub(row.earlier), &outcome, now, &mut rng) {
            Next::Delivered => store::Next::Delivered,
            Next::Retry { at } => store::Next::Retry { at },
            Next::Dead => store::Next::Dead,
        };
        if let HttpOutcome::Failed(failure) = &outcome {
            tracing::debug!(%failure, call = %row.call, attempt = row.attempt, "an asynchronous callout failed");
        }
        let mut end = Finish { id: row.id, outcome, next, attempt: Some(attempt) };
        loop {
            let (live, bell) = (self.live.clone(), self.bell.clone());
            let on_done = move |result: Result<CallEvent, StoreError>| match result {
                // Whoever listens; and the row may be due again before anything else is.
                Ok(event) => {
                    live.tell([event]);
                    bell.notify_one();
                }
                Err(error) => {
                    bell.notify_one(); // its place is free all the same
                    tracing::error!(%error, "the end of an attempt could not be stored; it will be made again")
                }
            };
            match self.writer.finish(end, on_done, clock::now().wall) {
                Ok(()) => return,
                Err(refused) if self.writer.health().is_ok() => {
                    end = *refused.job;
                    tokio::time::sleep(REFUSED).await;
                }
                Err(_) => return,
            }
        }
    }

    async fn wait(&self, next_due: Option<Timestamp>) {
        tokio::select! {
            () = self.bell.notified() => {}
            () = tokio::time::sleep(rest(next_due, clock::now().wall)) => {}
        }
    }
}

/// What came of an attempt says of its origin. A mail server that refuses a mail, with 550 for example, is well.
fn verdict(outcome: &HttpOutcome, is_mail: bool) -> Verdict {
    if is_mail && outcome.status().is_some() { Verdict::Well } else { Verdict::of(outcome) }
}

/// How long to sleep when the next row is due then: not at all if it has become due since it was looked at.
fn rest(next_due: Option<Timestamp>, now: Timestamp) -> Duration {
    next_due.map_or(SLEEP, |due| Duration::try_from(due.duration_since(now)).unwrap_or_default().min(SLEEP))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_server_that_refuses_is_no_dead_one() {
        let answered = |status| HttpOutcome::Answered(model::HttpAnswer::of(status));
        let timeout = HttpOutcome::Failed(model::HttpFailure::Timeout);
        let rows = [
            (answered(250), true, Verdict::Well),
            (answered(550), true, Verdict::Well),
            (timeout.clone(), true, Verdict::Failed),
            (answered(204), false, Verdict::Well),
            (answered(404), false, Verdict::Well),
            (answered(503), false, Verdict::Failed),
            (timeout, false, Verdict::Failed),
            (HttpOutcome::Failed(model::HttpFailure::Forbidden("x".into())), false, Verdict::Silent),
        ];
        for (outcome, is_mail, expected) in rows {
            assert_eq!(verdict(&outcome, is_mail), expected, "{outcome:?} {is_mail}");
        }
    }

    #[test]
    fn it_sleeps_until_the_next_row_is_due() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let rows = [
            (None, SLEEP),
            (Some(now + Duration::from_secs(7)), Duration::from_secs(7)),
            (Some(now + Duration::from_secs(3600)), SLEEP),
            (Some(now), Duration::ZERO),
            (Some(now - Duration::from_millis(1)), Duration::ZERO),
            (Some(Timestamp::MIN), Duration::ZERO),
            (Some(Timestamp::MAX), SLEEP),
        ];
        for (next_due, slept) in rows {
            assert_eq!(rest(next_due, now), slept, "{next_due:?}");
        }
    }
}
