//! How one leg's packets become the other leg's: our numbers instead of theirs, and nothing else.
//!
//! Why there is no jitter buffer in a bridge: both ends have one, and a second one in the middle adds its depth to what
//! people hear, needs a clock for each leg, and hides from the far end what it needs to know. So a packet leaves when it
//! comes. Order is kept by arithmetic, not by waiting: the sender's sequence numbers and timestamps are shifted by
//! constants, so what was lost stays a gap, and what was overtaken fits into the gap when it comes.

use std::time::Instant;

use crate::rtp::{Outgoing, Packet, Stamp};

/// Packets behind the newest that are still passed on.
const WINDOW: u16 = 64;
/// A jump of the sequence past this, or back past the window, is a sender that counts anew (RFC 3550 section A.1).
const MAX_DROPOUT: u16 = 3_000;
/// Steps of the sender's time line that are followed: 1 s back, 10 s ahead, in samples. What is past them is a new
/// time line, and is set to our clock.
const MAX_BACK: u32 = 8_000;
const MAX_AHEAD: u32 = 80_000;

/// The shift from one sender's numbers to a leg's own; empty until a packet comes, and after anybody else spoke.
#[derive(Debug, Default)]
pub(crate) struct Splice {
    anchor: Option<Anchor>,
    /// The timestamp of the last event, and ours of it. It stands still while the key is down (RFC 4733 section 2.2.1).
    event: Option<(u32, u32)>,
}

#[derive(Debug)]
struct Anchor {
    ssrc: u32,
    sequence_shift: u16,
    timestamp_shift: u32,
    newest: u16,
    newest_timestamp: u32,
    /// Numbers since the anchor: before it lie packets of others.
    reach: u16,
}

impl Splice {
    /// Somebody else speaks on the leg.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Where an event of the other leg stands in this one's stream, all packets of one press at one time.
    pub(crate) fn stamp_event(&mut self, packet: &Packet<'_>, outgoing: &mut Outgoing, now: Instant) -> Option<Stamp> {
        let held = self.event.filter(|(theirs, _)| *theirs == packet.timestamp).map(|(_, ours)| ours);
        let stamp = self.place(packet, held.is_some(), outgoing, now)?;
        let timestamp = held.unwrap_or(stamp.timestamp);
        self.event = Some((packet.timestamp, timestamp));
        Some(Stamp { timestamp, ..stamp })
    }

    /// Where a packet of the other leg stands in this one's stream; `None` when its place has been taken.
    pub(crate) fn stamp(&mut self, packet: &Packet<'_>, outgoing: &mut Outgoing, now: Instant) -> Option<Stamp> {
        self.place(packet, false, outgoing, now)
    }

    /// A packet that is `held` back in time says nothing of the sender's time line.
    fn place(&mut self, packet: &Packet<'_>, held: bool, outgoing: &mut Outgoing, now: Instant) -> Option<Stamp> {
        let goes_on = |anchor: &&mut Anchor| anchor.is_next(packet) && (held || anchor.is_in_time(packet));
        let Some(anchor) = self.anchor.as_mut().filter(goes_on) else {
            outgoing.pause();
            let stamp = outgoing.stamp(now);
            self.anchor = Some(Anchor {
                ssrc: packet.ssrc,
                sequence_shift: stamp.sequence.wrapping_sub(packet.sequence),
                timestamp_shift: stamp.timestamp.wrapping_sub(packet.timestamp),
                newest: packet.sequence,
                newest_timestamp: packet.timestamp,
                reach: 0,
            });
            return Some(stamp);
        };
        let ahead = packet.sequence.wrapping_sub(anchor.newest);
        if ahead < 1 << 15 {
            anchor.newest = packet.sequence;
            anchor.newest_timestamp = if held { anchor.newest_timestamp } else { packet.timestamp };
            anchor.reach = anchor.reach.saturating_add(ahead).min(WINDOW);
        } else if ahead.wrapping_neg() > anchor.reach {
            return None;
        }
        Some(Stamp {
            marker: packet.marker,
            sequence: packet.sequence.wrapping_add(anchor.sequence_shift),
            timestamp: packet.timestamp.wrapping_add(anchor.timestamp_shift),
        })
    }
}

impl Anchor {
    /// The packet's number goes on in this stream.
    fn is_next(&self, packet: &Packet<'_>) -> bool {
        let ahead = packet.sequence.wrapping_sub(self.newest);
        packet.ssrc == self.ssrc && (ahead <= MAX_DROPOUT || ahead.wrapping_neg() <= WINDOW)
    }

    /// The packet is of this time line.
    fn is_in_time(&self, packet: &Packet<'_>) -> bool {
        let step = packet.timestamp.wrapping_sub(self.newest_timestamp);
        step <= MAX_AHEAD || step.wrapping_neg() <= MAX_BACK
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rand_core::SeedableRng;

    use super::*;

    struct Wire {
        splice: Splice,
        outgoing: Outgoing,
        start: Instant,
        first: Option<Stamp>,
    }

    impl Wire {
        fn new() -> Self {
            let start = crate::test_epoch();
            let outgoing = Outgoing::new(&mut rand_chacha::ChaCha8Rng::from_seed([3; 32]), start);
            Self { splice: Splice::default(), outgoing, start, first: None }
        }

        /// (marker, sequence, timestamp), the numbers counted from the first packet that left.
        fn pass(&mut self, ms: u64, ssrc: u32, sequence: u16, timestamp: u32) -> Option<(bool, u16, u32)> {
            let packet = Packet { marker: false, payload_type: 0, sequence, timestamp, ssrc, payload: &[0; 160] };
            let stamp = self.splice.stamp(&packet, &mut self.outgoing, self.start + Duration::from_millis(ms))?;
            self.outgoing.sent(stamp, 160, 160);
            let first = *self.first.get_or_insert(stamp);
            Some((
                stamp.marker,
                stamp.sequence.wrapping_sub(first.sequence),
                stamp.timestamp.wrapping_sub(first.timestamp),
            ))
        }
    }

    #[test]
    fn gaps_stay_and_overtaken_packets_fill_them() {
        let mut wire = Wire::new();
        assert_eq!(wire.pass(0, 1, 65_534, 1_000), Some((true, 0, 0)));
        assert_eq!(wire.pass(40, 1, 0, 1_320), Some((false, 2, 320)));
        assert_eq!(wire.pass(41, 1, 65_535, 1_160), Some((false, 1, 160)));
        assert_eq!(wire.pass(60, 1, 1, 1_480), Some((false, 3, 480)));
        assert_eq!(wire.pass(61, 1, 65_533, 840), None, "before the anchor others may have spoken");
    }

    #[test]
    fn another_speaker_or_time_line_is_set_to_our_clock() {
        let mut wire = Wire::new();
        assert_eq!(wire.pass(0, 1, 100, 1_000), Some((true, 0, 0)));
        assert_eq!(wire.pass(20, 2, 7, 9_000_000), Some((true, 1, 160)), "another source");
        assert_eq!(wire.pass(1_020, 2, 8, 1), Some((true, 2, 8_160)), "its clock jumped back");
        assert_eq!(wire.pass(1_040, 2, 9, 161), Some((false, 3, 8_320)));
        assert_eq!(wire.pass(1_060, 2, 40_000, 321), Some((true, 4, 8_480)), "its numbers jumped");
        wire.splice.reset();
        assert_eq!(wire.pass(2_000, 2, 40_001, 481), Some((true, 5, 16_000)), "somebody else has spoken");
    }

    #[test]
    fn a_pause_of_the_sender_is_kept() {
        let mut wire = Wire::new();
        wire.pass(0, 1, 100, 0);
        assert_eq!(wire.pass(5_000, 1, 101, 40_000), Some((false, 1, 40_000)));
        assert_eq!(wire.pass(65_000, 1, 102, 520_000), Some((true, 2, 520_000)), "a long one is set to the clock");
    }
}
