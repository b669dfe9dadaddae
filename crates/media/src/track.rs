//! One party's audio on a time line of samples, from which it leaves piece by piece.
//!
//! Packets lie on it by their timestamps, from where the first of them came; what never came is silence, and what was
//! overtaken has its place for a while. A sender whose own time runs away from ours is set to the clock again.

use std::collections::VecDeque;
use std::time::Instant;

use crate::rtp::Packet;

/// How far ahead of our clock a sender's may run, in samples: 500 ms.
pub(crate) const AHEAD: u64 = 4_000;
/// A packet no farther behind the newest was overtaken, in samples: 2 s.
const OVERTAKEN: u32 = 16_000;

/// The samples that a party says in that time.
pub(crate) fn samples_since(began: Instant, now: Instant) -> u64 {
    let passed = now.saturating_duration_since(began);
    passed.as_micros() as u64 * u64::from(crate::codec::SAMPLE_RATE) / 1_000_000
}

/// Where a packet lies in its sender's own time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) ssrc: u32,
    pub(crate) timestamp: u32,
}

impl Place {
    pub(crate) fn of(packet: &Packet<'_>) -> Self {
        Self { ssrc: packet.ssrc, timestamp: packet.timestamp }
    }
}

/// One party's audio that has not left; it begins where the last piece ended.
#[derive(Debug)]
pub(crate) struct Track {
    /// How far behind our clock a sender's may run, in samples.
    late: u64,
    samples: VecDeque<i16>,
    anchor: Option<Anchor>,
    /// Before this there is no hole, but for what has left.
    whole: u64,
    /// What came behind a hole: from and to.
    beyond: Option<(u64, u64)>,
}

/// Where the newest packet of a stream lies.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    place: Place,
    at: u64,
}

impl Track {
    pub(crate) fn new(late: u64) -> Self {
        Self { late, samples: VecDeque::new(), anchor: None, whole: 0, beyond: None }
    }

    /// Takes a packet's audio; the clock is at `clock`, and what lies before `left` has left.
    pub(crate) fn put(&mut self, place: Place, audio: &[i16], clock: u64, left: u64) {
        let Some(at) = self.find(place, clock) else { return };
        // What lies before the last piece has left without it.
        let skipped = left.saturating_sub(at) as usize;
        let start = at.saturating_sub(left) as usize;
        let audio = audio.get(skipped..).unwrap_or_default();
        if self.samples.len() < start + audio.len() {
            self.samples.resize(start + audio.len(), 0);
        }
        self.samples.range_mut(start..start + audio.len()).zip(audio).for_each(|(place, sample)| *place = *sample);
        let from = left + start as u64;
        self.fill(from, from + audio.len() as u64, left);
    }

    /// Where a packet lies on the time line; `None` for one that was overtaken by what is not there any more.
    fn find(&mut self, place: Place, clock: u64) -> Option<u64> {
        let anchor = self.anchor.filter(|anchor| anchor.place.ssrc == place.ssrc);
        if let Some(anchor) = anchor {
            let behind = anchor.place.timestamp.wrapping_sub(place.timestamp);
            if (1..=OVERTAKEN).contains(&behind) {
                return anchor.at.checked_sub(u64::from(behind));
            }
        }
        let ahead = |anchor: Anchor| u64::from(place.timestamp.wrapping_sub(anchor.place.timestamp));
        let goes_on = anchor.map(|anchor| anchor.at + ahead(anchor));
        let at = goes_on.filter(|at| (clock.saturating_sub(self.late)..=clock + AHEAD).contains(at)).unwrap_or(clock);
        self.anchor = Some(Anchor { place, at });
        Some(at)
    }

    /// Audio came from there to there. Of several holes only the first is known.
    fn fill(&mut self, from: u64, to: u64, left: u64) {
        self.whole = self.whole.max(left);
        if from > self.whole {
            let (start, end) = self.beyond.unwrap_or((from, to));
            self.beyond = Some((start.min(from), end.max(to)));
            return;
        }
        self.whole = self.whole.max(to);
        if let Some((_, end)) = self.beyond.take_if(|(start, _)| *start <= self.whole) {
            self.whole = self.whole.max(end);
        }
    }

    /// How far there is no hole, when what lies before `left` has left.
    pub(crate) fn whole(&mut self, left: u64) -> u64 {
        self.fill(left, left, left);
        self.whole
    }

    /// The next samples, with silence where there are none.
    pub(crate) fn take(&mut self, count: usize) -> Vec<i16> {
        let there = count.min(self.samples.len());
        let mut out: Vec<i16> = self.samples.drain(..there).collect();
        out.resize(count, 0);
        out
    }

    /// How many samples it holds.
    #[cfg(test)]
    pub(crate) fn held(&self) -> u64 {
        self.samples.len() as u64
    }
}
