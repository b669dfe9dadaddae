//! What an application says to a leg while it talks with it: samples that came a moment ago, said at the leg's pace.
//!
//! It begins with a cushion, so that what comes a little late leaves no gap, and when nothing is left it begins anew.

use std::collections::VecDeque;

use crate::codec::FRAME_SAMPLES;

/// What is waited for before it begins: 60 ms, in samples; what is shorter begins when so much time has passed.
const CUSHION: usize = 3 * FRAME_SAMPLES;
/// The same in ticks.
const PATIENCE: u8 = 3;
/// Samples that may wait: 2 s. Who gives more has not heeded how much was played; the oldest go.
pub const MAX_SAID: usize = 16_000;

/// What became of what an application said, in samples of 8 kHz since the stream began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// So many were heard.
    pub played: u64,
    /// So many will not be: they were cleared, or too many.
    pub dropped: u64,
}

/// What is said to a leg, live.
#[derive(Debug, Default)]
pub(crate) struct Live {
    waiting: VecDeque<i16>,
    /// Samples that have been said.
    played: u64,
    /// Samples that came and will not be said.
    dropped: u64,
    /// Ticks since the first of what waits came.
    patience: u8,
    speaking: bool,
}

impl Live {
    /// More to be said.
    pub(crate) fn push(&mut self, samples: &[i16]) {
        self.waiting.extend(samples);
        let over = self.waiting.len().saturating_sub(MAX_SAID);
        self.waiting.drain(..over);
        self.dropped += over as u64;
    }

    /// 20 ms have passed; whether it begins to speak.
    pub(crate) fn tick(&mut self) -> bool {
        if self.speaking || self.waiting.is_empty() {
            return false;
        }
        self.patience += 1;
        self.speaking = self.waiting.len() >= CUSHION || self.patience >= PATIENCE;
        self.speaking
    }

    pub(crate) fn is_speaking(&self) -> bool {
        self.speaking
    }

    /// The next 20 ms, the last of them filled up with silence.
    pub(crate) fn take(&mut self) -> Option<[i16; FRAME_SAMPLES]> {
        if !self.speaking {
            return None;
        }
        let count = self.waiting.len().min(FRAME_SAMPLES);
        let mut frame = [0; FRAME_SAMPLES];
        frame.iter_mut().zip(self.waiting.drain(..count)).for_each(|(place, sample)| *place = sample);
        self.played += count as u64;
        if self.waiting.is_empty() {
            self.rest();
        }
        Some(frame)
    }

    /// Drops what was not said; what would have been next, if it was speaking.
    pub(crate) fn clear(&mut self) -> Option<[i16; FRAME_SAMPLES]> {
        let waiting = self.waiting.len();
        let played = self.played;
        let next = self.take();
        self.played = played;
        self.dropped += waiting as u64;
        self.waiting.clear();
        self.rest();
        next
    }

    /// How many samples have been said in all, and how many never will be.
    pub(crate) fn progress(&self) -> Progress {
        Progress { played: self.played, dropped: self.dropped }
    }

    fn rest(&mut self) {
        (self.speaking, self.patience) = (false, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_with_a_cushion_or_after_a_moment_and_anew_after_a_gap() {
        // (samples that come before each tick, the ticks in which it says something)
        let rows: [(&[usize], &str); 5] = [
            (&[480, 0, 0, 0, 0], "###.."),
            (&[160, 0, 0, 0], "..#."),
            (&[160, 160, 160, 160, 0, 0, 0], "..####."),
            (&[10, 0, 0, 0, 10, 0, 0, 0], "..#...#."),
            (&[0, 0, 500, 0, 0, 0, 0], "..####."),
        ];
        for (given, expected) in rows {
            let mut live = Live::default();
            let said: String = given
                .iter()
                .map(|count| {
                    live.push(&vec![7; *count]);
                    live.tick();
                    if live.take().is_some() { '#' } else { '.' }
                })
                .collect();
            let played = given.iter().sum::<usize>() as u64;
            assert_eq!((said.as_str(), live.progress()), (expected, Progress { played, dropped: 0 }), "{given:?}");
        }
    }

    #[test]
    fn what_is_cleared_is_not_played_and_the_next_begins_anew() {
        let mut live = Live::default();
        live.push(&[9; 1_000]);
        live.tick();
        assert_eq!(live.take(), Some([9; FRAME_SAMPLES]));
        assert_eq!(live.clear(), Some([9; FRAME_SAMPLES]));
        assert_eq!(live.progress(), Progress { played: 160, dropped: 840 });
        assert_eq!((live.clear(), live.take(), live.is_speaking()), (None, None, false));
        live.push(&[5; 480]);
        assert!(live.tick());
        assert_eq!((live.take(), live.progress().played), (Some([5; FRAME_SAMPLES]), 320));
    }

    #[test]
    fn what_nobody_heeds_has_a_limit() {
        let mut live = Live::default();
        live.push(&[1; 100]);
        live.push(&vec![2; MAX_SAID]);
        live.tick();
        assert_eq!((live.waiting.len(), live.take()), (MAX_SAID, Some([2; FRAME_SAMPLES])));
        assert_eq!(live.progress().dropped, 100);
    }
}
