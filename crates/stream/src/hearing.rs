//! What the application hears: the caller's audio in messages of one length, and what else it is told, in order.

use std::collections::VecDeque;
use std::time::Duration;

use model::StreamCounts;

/// Audio that may wait for a slow socket; the oldest goes.
pub const UNSENT: Duration = Duration::from_secs(5);

/// Messages without audio that may wait. Who takes none of so many takes nothing any more.
const UNTOLD: usize = 1_024;

/// A message that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    Connected,
    Start,
    /// It ends so many samples into the stream.
    Media(u64, Vec<i16>),
    Dtmf(char, Duration),
    Mark(String),
    Stop,
}

/// What waits to be sent.
#[derive(Debug)]
pub(crate) struct Hearing {
    rate: u32,
    /// Samples of a message.
    length: usize,
    /// What does not fill a message yet.
    part: Vec<i16>,
    /// Samples that are in messages.
    at: u64,
    waiting: VecDeque<Message>,
    /// Those among them that hold audio.
    audio: usize,
}

impl Hearing {
    pub(crate) fn new(rate: u32, frame: Duration) -> Self {
        let length = (frame.as_micros() as usize * rate as usize / 1_000_000).max(1);
        Self { rate, length, part: Vec::new(), at: 0, waiting: VecDeque::new(), audio: 0 }
    }

    /// The caller said something.
    pub(crate) fn hear(&mut self, samples: &[i16], counts: &mut StreamCounts) {
        self.part.extend(samples);
        while self.part.len() >= self.length {
            let rest = self.part.split_off(self.length);
            let samples = std::mem::replace(&mut self.part, rest);
            self.at += self.length as u64;
            self.waiting.push_back(Message::Media(self.at, samples));
            self.audio += 1;
        }
        let most = (UNSENT.as_millis() as usize * self.rate as usize / 1_000 / self.length).max(1);
        while self.audio > most {
            let oldest = self.waiting.iter().position(|message| matches!(message, Message::Media(..)));
            if let Some(Message::Media(_, samples)) = oldest.and_then(|place| self.waiting.remove(place)) {
                self.audio -= 1;
                counts.unsent += self.lasts(samples.len());
            }
        }
    }

    /// Something else is to be told; false if there is no room for it.
    pub(crate) fn tell(&mut self, message: Message) -> bool {
        let room = self.waiting.len() - self.audio < UNTOLD;
        if room {
            self.waiting.push_back(message);
        }
        room
    }

    /// Nothing but that is told any more.
    pub(crate) fn only(&mut self, message: Message) {
        self.waiting.retain(|waiting| matches!(waiting, Message::Connected | Message::Start));
        self.audio = 0;
        self.waiting.push_back(message);
    }

    /// Nothing is told any more.
    pub(crate) fn drop_all(&mut self) {
        self.waiting.clear();
        self.audio = 0;
    }

    pub(crate) fn next(&mut self) -> Option<Message> {
        let message = self.waiting.pop_front()?;
        self.audio -= usize::from(matches!(message, Message::Media(..)));
        Some(message)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    fn lasts(&self, samples: usize) -> Duration {
        Duration::from_micros(samples as u64 * 1_000_000 / u64::from(self.rate))
    }
}
