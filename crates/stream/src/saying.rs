//! What the application says: held here, given to the call a little ahead of what is played, so that it can be dropped; and the marks
//! in it.
//!
//! Places are counted in samples that were given to the call. Of those the call says how many are through: played, or dropped on its
//! side. So a mark is due when that count has come to its place, whatever was dropped before it.

use std::collections::VecDeque;
use std::time::Duration;

use model::StreamCounts;

/// How far ahead of what has been played the call is given audio.
pub const AHEAD: Duration = Duration::from_millis(400);

/// Audio that may wait to be played; the oldest goes.
pub const UNPLAYED: Duration = Duration::from_secs(120);

/// Marks that may wait; the oldest is then told early.
pub const MARKS: usize = 256;

/// Who gives back a mark that it was sent, and no more than this much audio before it, has answered it with itself: telling it again
/// would go on for ever.
const RETURN: Duration = Duration::from_millis(500);

/// Names of marks that are remembered for that.
const REMEMBERED: usize = 64;

/// What an application said and was not played.
#[derive(Debug)]
pub(crate) struct Saying {
    rate: u32,
    waiting: VecDeque<i16>,
    /// The first half of a sample whose other half has not come.
    half: Option<u8>,
    /// Samples that the call was given.
    given: u64,
    /// Samples of those that are through.
    through: u64,
    /// Samples that came.
    came: u64,
    /// Marks, and their places.
    marks: VecDeque<(u64, String)>,
    /// Marks that were told, and how much had come by then.
    told: VecDeque<(String, u64)>,
}

impl Saying {
    pub(crate) fn new(rate: u32) -> Self {
        Self {
            rate,
            waiting: VecDeque::new(),
            half: None,
            given: 0,
            through: 0,
            came: 0,
            marks: VecDeque::new(),
            told: VecDeque::new(),
        }
    }

    /// More audio.
    pub(crate) fn say(&mut self, bytes: &[u8], counts: &mut StreamCounts) {
        let before = self.waiting.len();
        for byte in bytes {
            match self.half.take() {
                None => self.half = Some(*byte),
                Some(first) => self.waiting.push_back(i16::from_le_bytes([first, *byte])),
            }
        }
        self.came += (self.waiting.len() - before) as u64;
        let over = self.waiting.len().saturating_sub(self.samples(UNPLAYED));
        if over > 0 {
            self.waiting.drain(..over);
            counts.unplayed += self.lasts(over as u64);
            for (place, _) in &mut self.marks {
                *place = place.saturating_sub(over as u64).max(self.given);
            }
        }
    }

    /// So many of the samples that the call was given are through.
    pub(crate) fn through(&mut self, through: u64) {
        self.through = self.through.max(through.min(self.given));
    }

    /// What the call is given now.
    pub(crate) fn give(&mut self) -> Option<Vec<i16>> {
        let under_way = (self.given - self.through) as usize;
        let room = self.samples(AHEAD).saturating_sub(under_way).min(self.waiting.len());
        if room == 0 {
            return None;
        }
        self.given += room as u64;
        Some(self.waiting.drain(..room).collect())
    }

    /// To be told when all that came before it is through; false if it is one that was told and comes back.
    pub(crate) fn mark(&mut self, name: String) -> bool {
        let returned = |told: &(String, u64)| told.0 == name && self.lasts(self.came - told.1) < RETURN;
        if self.told.iter().any(returned) {
            return false;
        }
        let place = self.given + self.waiting.len() as u64;
        self.marks.push_back((place, name));
        true
    }

    /// A mark that is due.
    pub(crate) fn due(&mut self) -> Option<String> {
        let is_due = |place: u64| place <= self.through;
        if !self.marks.front().is_some_and(|(place, _)| is_due(*place)) && self.marks.len() <= MARKS {
            return None;
        }
        self.tell()
    }

    /// The oldest mark, due or not.
    pub(crate) fn tell(&mut self) -> Option<String> {
        let (_, name) = self.marks.pop_front()?;
        self.told.retain(|(told, _)| *told != name);
        self.told.push_back((name.clone(), self.came));
        if self.told.len() > REMEMBERED {
            self.told.pop_front();
        }
        Some(name)
    }

    /// Drops what is not through; how much that was.
    pub(crate) fn clear(&mut self) -> Duration {
        let dropped = self.waiting.len() as u64 + (self.given - self.through);
        self.waiting.clear();
        self.half = None;
        self.lasts(dropped)
    }

    fn samples(&self, time: Duration) -> usize {
        time.as_millis() as usize * self.rate as usize / 1_000
    }

    fn lasts(&self, samples: u64) -> Duration {
        Duration::from_micros(samples * 1_000_000 / u64::from(self.rate))
    }
}
