//! The stream that we send on a leg: one SSRC, one run of sequence numbers and one time line for the leg's life,
//! whoever speaks (RFC 3550 section 5.1).

use std::time::{Duration, Instant};

use rand_core::Rng;

use crate::codec::SAMPLE_RATE;

/// The number that the next packet of a leg gets.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) ssrc: u32,
    origin: (Instant, u32),
    next_sequence: u16,
    next_timestamp: u32,
    /// Nothing was sent for a while: the next packet takes its time from the clock and carries the marker.
    paused: bool,
    pub(crate) packets: u64,
    pub(crate) octets: u64,
}

/// Where a packet stands in its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) marker: bool,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
}

impl Outgoing {
    pub(crate) fn new(rng: &mut impl Rng, now: Instant) -> Self {
        let timestamp = rng.next_u32();
        Self {
            ssrc: rng.next_u32(),
            origin: (now, timestamp),
            // Below 2^15, so that the first wrap is not met by a receiver that just joined (RFC 3711 section 3.3.1).
            next_sequence: (rng.next_u32() & 0x7FFF) as u16,
            next_timestamp: timestamp,
            paused: true,
            packets: 0,
            octets: 0,
        }
    }

    /// The sender falls silent: what comes next is a new talkspurt.
    pub(crate) fn pause(&mut self) {
        self.paused = true;
    }

    /// The place of the next packet, which the caller then sends.
    pub(crate) fn stamp(&mut self, now: Instant) -> Stamp {
        if self.paused {
            self.next_timestamp = later(self.next_timestamp, self.clock(now));
        }
        Stamp { marker: self.paused, sequence: self.next_sequence, timestamp: self.next_timestamp }
    }

    /// A packet was sent: the numbers go on past it, never back.
    pub(crate) fn sent(&mut self, stamp: Stamp, samples: u32, octets: usize) {
        self.paused = false;
        let after = stamp.sequence.wrapping_add(1);
        if after.wrapping_sub(self.next_sequence) < 1 << 15 {
            self.next_sequence = after;
        }
        self.next_timestamp = later(self.next_timestamp, stamp.timestamp.wrapping_add(samples));
        self.packets += 1;
        self.octets += octets as u64;
    }

    /// The time line at an instant.
    pub(crate) fn clock(&self, now: Instant) -> u32 {
        self.origin.1.wrapping_add(samples(now.saturating_duration_since(self.origin.0)))
    }
}

/// A duration in samples, modulo 2^32.
pub(crate) fn samples(duration: Duration) -> u32 {
    let whole = duration.as_secs().wrapping_mul(u64::from(SAMPLE_RATE)) as u32;
    whole.wrapping_add(duration.subsec_micros() / (1_000_000 / SAMPLE_RATE))
}

/// Samples as a duration.
pub(crate) fn duration(samples: u32) -> Duration {
    Duration::from_micros(u64::from(samples) * 1_000_000 / u64::from(SAMPLE_RATE))
}

/// The later of two timestamps (serial arithmetic).
fn later(one: u32, other: u32) -> u32 {
    if other.wrapping_sub(one) < 1 << 31 { other } else { one }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::SeedableRng;

    #[test]
    fn numbers_go_on_whoever_speaks() {
        let start = crate::test_epoch();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let mut outgoing = Outgoing::new(&mut rand_chacha::ChaCha8Rng::from_seed([1; 32]), start);
        let mut last: Option<Stamp> = None;
        // (when, falls silent before, samples, marker, time since the last packet in samples)
        let table = [
            (0, false, 160, true, 0),
            (20, false, 160, false, 160),
            (39, false, 160, false, 160),
            (1_000, true, 160, true, 8_000 - 320),
            (1_010, true, 160, true, 160),
            (1_040, false, 160, false, 160),
        ];
        for (ms, silent, samples, marker, step) in table {
            if silent {
                outgoing.pause();
            }
            let stamp = outgoing.stamp(at(ms));
            outgoing.sent(stamp, samples, 160);
            assert_eq!(stamp.marker, marker, "{ms}");
            if let Some(last) = last {
                assert_eq!(stamp.sequence, last.sequence.wrapping_add(1), "{ms}");
                assert_eq!(stamp.timestamp.wrapping_sub(last.timestamp), step, "{ms}");
            }
            last = Some(stamp);
        }
        assert_eq!((outgoing.packets, outgoing.octets), (6, 960));
    }

    #[test]
    fn durations_in_samples() {
        let table = [(0, 0), (1, 0), (125, 1), (20_000, 160), (1_000_000, 8_000), (3_600_000_000, 28_800_000)];
        for (micros, expected) in table {
            assert_eq!(samples(Duration::from_micros(micros)), expected, "{micros}");
        }
    }
}
