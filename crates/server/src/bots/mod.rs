//! The sockets of streams: one thread that holds them all, so that no application can hold up a call, a callout or the API.
//!
//! ```text
//!  switch ── open, key, stop ──► bots ── connected, marked, cleared, ended ──► switch
//!  media ── what callers say ──► bots ── what applications say, clear ───────► media
//! ```
//!
//! Nobody waits for it: what finds its queue full is lost and counted, but for ends, which are brought again.

mod rate;
mod socket;
mod talk;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use api::Metrics;
use media::{StreamId, Streamed};
use switch::{MediaOrder, StreamOrder, StreamReport};
use tokio::runtime::Builder;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::LocalSet;

use crate::driver;
use crate::fetch::Fetcher;
use crate::mailbox::Mailbox;
use talk::{Talk, Word};

/// Letters that may wait: of a thousand streams what their callers said in 300 ms.
const LETTERS: usize = 16_384;

/// Words that may wait for one stream: what its caller said in 5 s.
const WORDS: usize = 256;

/// What the thread is told.
#[derive(Debug)]
pub(crate) enum Letter {
    /// By the switch.
    Order(StreamOrder),
    /// By a media thread.
    Heard(Streamed),
}

/// The way to the thread. Clones lead to the same.
#[derive(Clone, Debug)]
pub(crate) struct Bots(Sender<Letter>);

impl Bots {
    /// Gives the letter back if there is no room for it.
    pub(crate) fn try_send(&self, letter: Letter) -> Result<(), Letter> {
        self.0.try_send(letter).map_err(|error| match error {
            TrySendError::Full(letter) | TrySendError::Closed(letter) => letter,
        })
    }
}

/// The other end, until the thread runs: media threads, to which it leads, come first.
pub(crate) struct Inbox(Receiver<Letter>);

/// The way to a thread that does not run yet.
pub(crate) fn mailbox() -> (Bots, Inbox) {
    let (sender, receiver) = channel(LETTERS);
    (Bots(sender), Inbox(receiver))
}

/// What the thread needs of others.
#[derive(Clone)]
pub(crate) struct Deps {
    pub(crate) fetcher: Arc<Fetcher>,
    pub(crate) letters: Mailbox<driver::Letter>,
    pub(crate) workers: Vec<Mailbox<MediaOrder>>,
    pub(crate) metrics: Arc<Metrics>,
}

/// Starts the thread. It ends with the process: there is nothing of it to save.
pub(crate) fn start(inbox: Inbox, deps: Deps) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new()
        .name("bots".into())
        .spawn(move || LocalSet::new().block_on(&runtime, run(inbox.0, deps)))?;
    Ok(())
}

async fn run(mut inbox: Receiver<Letter>, deps: Deps) {
    let mut talks: BTreeMap<StreamId, Sender<Word>> = BTreeMap::new();
    while let Some(letter) = inbox.recv().await {
        let (id, word) = match letter {
            Letter::Order(StreamOrder::Open { id, worker, sid, call, stream }) => {
                talks.retain(|_, words| !words.is_closed());
                let (words, heard) = channel(WORDS);
                talks.insert(id, words);
                let talk = Talk::new(id, worker, stream::Opening { sid, call, stream: *stream }, deps.clone());
                tokio::task::spawn_local(talk.run(heard));
                continue;
            }
            Letter::Order(StreamOrder::Digit { id, digit, duration }) => (id, Word::Digit(digit, duration)),
            Letter::Order(StreamOrder::Stop { id, by }) => (id, Word::Stop(by)),
            Letter::Heard(Streamed { stream, samples, progress, .. }) => (stream, Word::Heard(samples, progress)),
        };
        let Some(words) = talks.get(&id) else { continue };
        match words.try_send(word) {
            // It has ended, and said so.
            Ok(()) | Err(TrySendError::Closed(_)) => {}
            Err(TrySendError::Full(word @ Word::Stop(_))) => {
                let words = words.clone();
                tokio::task::spawn_local(async move { words.send(word).await });
            }
            Err(TrySendError::Full(_)) => deps.metrics.add_streamed_lost(1),
        }
    }
}

impl Deps {
    /// Tells the switch.
    fn tell(&self, id: StreamId, report: StreamReport) {
        self.letters.send(driver::Letter::Stream(id, report));
    }

    /// Tells the media thread that has the call; false if it has no room for more.
    fn command(&self, worker: usize, command: media::Command) -> bool {
        self.workers.get(worker).is_some_and(|worker| worker.try_send(MediaOrder::Command(command)).is_ok())
    }
}
