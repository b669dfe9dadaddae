//! A bounded queue into a thread that sleeps in `mio::Poll`: the first letter of a batch wakes it, the rest do not.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use mio::{Registry, Token, Waker};

/// The end that anybody may send to. Clones lead to the same thread.
#[derive(Debug)]
pub struct Mailbox<T> {
    letters: SyncSender<T>,
    waker: Arc<Waker>,
    awake: Arc<AtomicBool>,
}

/// The end of the thread that reads.
#[derive(Debug)]
pub struct Inbox<T> {
    letters: Receiver<T>,
    awake: Arc<AtomicBool>,
}

/// A mailbox whose letters wake the poll of `registry` with `token`.
pub fn mailbox<T>(limit: usize, registry: &Registry, token: Token) -> io::Result<(Mailbox<T>, Inbox<T>)> {
    let (sender, receiver) = sync_channel(limit);
    let awake = Arc::new(AtomicBool::new(false));
    let waker = Arc::new(Waker::new(registry, token)?);
    Ok((Mailbox { letters: sender, waker, awake: Arc::clone(&awake) }, Inbox { letters: receiver, awake }))
}

impl<T> Mailbox<T> {
    /// Sends, and waits for room if there is none. False if the thread is gone.
    pub fn send(&self, letter: T) -> bool {
        let sent = self.letters.send(letter).is_ok();
        self.wake();
        sent
    }

    /// Sends if there is room; gives the letter back if there is none.
    pub fn try_send(&self, letter: T) -> Result<(), T> {
        let sent = self.letters.try_send(letter).map_err(|error| match error {
            TrySendError::Full(letter) | TrySendError::Disconnected(letter) => letter,
        });
        self.wake();
        sent
    }

    fn wake(&self) {
        if !self.awake.swap(true, Ordering::AcqRel)
            && let Err(error) = self.waker.wake()
        {
            // The thread still reads its letters when its poll times out.
            self.awake.store(false, Ordering::Release);
            tracing::warn!(%error, "could not wake a thread");
        }
    }
}

impl<T> Clone for Mailbox<T> {
    fn clone(&self) -> Self {
        Self { letters: self.letters.clone(), waker: Arc::clone(&self.waker), awake: Arc::clone(&self.awake) }
    }
}

impl<T> Inbox<T> {
    /// Begins to read: letters sent from now on wake again. Call before draining with [`Inbox::next`].
    pub fn open(&self) {
        self.awake.store(false, Ordering::Release);
    }

    /// The next letter.
    pub fn next(&self) -> Option<T> {
        self.letters.try_recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mio::{Events, Poll};

    use super::*;

    #[test]
    fn letters_wake_a_sleeping_poll_and_a_full_box_says_so() {
        let mut poll = Poll::new().expect("a poll");
        let (mailbox, inbox) = mailbox(2, poll.registry(), Token(7)).expect("a waker");
        let sender = std::thread::spawn(move || {
            let results = (0..3).map(|letter| mailbox.try_send(letter)).collect::<Vec<_>>();
            (results, mailbox)
        });
        let mut events = Events::with_capacity(4);
        while events.is_empty() {
            poll.poll(&mut events, Some(Duration::from_secs(10))).expect("polls");
        }
        let (results, _mailbox) = sender.join().expect("no panic");
        assert_eq!(results, [Ok(()), Ok(()), Err(2)]);
        inbox.open();
        assert_eq!((inbox.next(), inbox.next(), inbox.next()), (Some(0), Some(1), None));
    }
}
