//! The jitter buffer in front of what has to hear audio in order: it waits only while something is missing.
//!
//! In order nothing waits, and nothing is copied. A packet that comes too early is held until the one before it comes, or
//! until more than `depth` are held. The depth follows the wire: a packet that was given up too soon makes it longer, a
//! long run without one shorter. No clock: what is held goes on when the next packet comes.

use crate::Codec;

/// Packets that may be held: 20 ms each.
const MAX_DEPTH: usize = 5;
/// Packets in good order after which the depth shrinks by one.
const CALM: u16 = 500;
/// A packet this far ahead, or behind, begins anew.
const MAX_STEP: u16 = 100;

/// The audio of one packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) codec: Codec,
    pub(crate) payload: &'a [u8],
}

/// Puts the audio packets of one source in order.
#[derive(Debug, Default)]
pub(crate) struct Jitter {
    next: Option<u16>,
    /// Ordered by number.
    held: Vec<Held>,
    extra: usize,
    calm: u16,
}

#[derive(Debug)]
struct Held {
    sequence: u16,
    timestamp: u32,
    codec: Codec,
    payload: Vec<u8>,
}

impl Held {
    fn new(Frame { sequence, timestamp, codec, payload }: Frame<'_>) -> Self {
        Self { sequence, timestamp, codec, payload: payload.to_vec() }
    }

    fn frame(&self) -> Frame<'_> {
        let Self { sequence, timestamp, codec, ref payload } = *self;
        Frame { sequence, timestamp, codec, payload }
    }
}

impl Jitter {
    /// A packet came; `play` gets what is in order now.
    pub(crate) fn push(&mut self, frame: Frame<'_>, mut play: impl FnMut(Frame<'_>)) {
        let sequence = frame.sequence;
        let ahead = self.next.map_or(0, |next| sequence.wrapping_sub(next));
        match ahead {
            0 => {
                play(frame);
                self.next = Some(sequence.wrapping_add(1));
                self.calm += 1;
                if self.calm == CALM {
                    (self.calm, self.extra) = (0, self.extra.saturating_sub(1));
                }
            }
            1..MAX_STEP => self.hold(Held::new(frame)),
            _ if ahead.wrapping_neg() < MAX_STEP => {
                (self.calm, self.extra) = (0, (self.extra + 1).min(MAX_DEPTH - 1));
                return;
            }
            _ => {
                self.held.clear();
                play(frame);
                self.next = Some(sequence.wrapping_add(1));
            }
        }
        self.release(play);
    }

    /// Packets held before a gap is given up.
    fn depth(&self) -> usize {
        1 + self.extra
    }

    fn hold(&mut self, packet: Held) {
        let next = self.next.unwrap_or(packet.sequence);
        let ahead = |sequence: u16| sequence.wrapping_sub(next);
        let place = self.held.partition_point(|held| ahead(held.sequence) < ahead(packet.sequence));
        if self.held.get(place).is_none_or(|held| held.sequence != packet.sequence) {
            self.held.insert(place, packet);
        }
    }

    fn release(&mut self, mut play: impl FnMut(Frame<'_>)) {
        while let Some(first) = self.held.first() {
            if self.next != Some(first.sequence) && self.held.len() <= self.depth() {
                return;
            }
            let held = self.held.remove(0);
            self.next = Some(held.sequence.wrapping_add(1));
            play(held.frame());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds numbers; tells after each what was played.
    fn play(jitter: &mut Jitter, numbers: &[u16]) -> Vec<Vec<u16>> {
        let one = |number: &u16| {
            let mut out = Vec::new();
            let payload = number.to_be_bytes();
            let frame = Frame { sequence: *number, timestamp: 0, codec: Codec::Pcmu, payload: &payload };
            jitter.push(frame, |frame| {
                assert_eq!(frame.payload, frame.sequence.to_be_bytes());
                out.push(frame.sequence);
            });
            out
        };
        numbers.iter().map(one).collect()
    }

    #[test]
    fn waits_only_while_something_is_missing() {
        let mut jitter = Jitter::default();
        assert_eq!(play(&mut jitter, &[65_534, 65_535, 0]), [[65_534], [65_535], [0]]);
        assert_eq!(play(&mut jitter, &[2, 1, 3]), [vec![], vec![1, 2], vec![3]]);
        assert_eq!(play(&mut jitter, &[5, 6]), [vec![], vec![5, 6]], "4 is given up");
        assert_eq!(play(&mut jitter, &[4]), [vec![]], "it came after all: too late, and next time we wait longer");
        assert_eq!(play(&mut jitter, &[8, 9, 7]), [vec![], vec![], vec![7, 8, 9]]);
        assert_eq!(play(&mut jitter, &[40_000, 40_001]), [[40_000], [40_001]], "counts anew");
    }

    #[test]
    fn the_depth_has_a_limit_and_shrinks_again() {
        let mut jitter = Jitter::default();
        for round in 0..20u16 {
            let from = round * 10;
            play(
                &mut jitter,
                &[from, from + 2, from + 3, from + 4, from + 5, from + 6, from + 7, from + 8, from + 1, from + 9],
            );
        }
        assert_eq!(jitter.depth(), MAX_DEPTH);
        assert!(jitter.held.len() <= MAX_DEPTH);
        let calm: Vec<u16> = (200..200 + CALM * 5).collect();
        play(&mut jitter, &calm);
        assert_eq!(jitter.depth(), 1);
    }
}
