//! What a leg says, and whoever it is joined with, given on as it comes: what an application hears.
//!
//! It is a recording that cannot wait: what has come without a hole leaves at the next tick, and a hole is silence after
//! [`LATE`]. So the application hears every 20 ms something, whatever the network does, and never the same twice.

use std::time::{Duration, Instant};

use crate::codec::Codec;
use crate::command::StreamId;
use crate::live::Progress;
use crate::loudness::Loudness;
use crate::rtp::{Packet, duration};
use crate::session::MAX_AUDIO_OCTETS;
use crate::track::{Place, Track, samples_since};

/// How long a hole is waited for, in samples: 60 ms.
const LATE: u64 = 480;

/// What an application is to hear, and what it needs to know of what it said itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Streamed {
    /// The stream.
    pub stream: StreamId,
    /// What was said, 8 kHz; it follows on what was given before without a gap.
    pub samples: Vec<i16>,
    /// What became of what the application said.
    pub progress: Progress,
    /// Nothing follows. Told once, for every stream that was asked for.
    pub end: bool,
}

/// A stream under way.
#[derive(Debug)]
pub(crate) struct Tap {
    pub(crate) id: StreamId,
    /// The leg's key in the plane.
    pub(crate) leg: usize,
    pub(crate) two_way: bool,
    began: Instant,
    /// Of the leg, and of whoever it is joined with.
    tracks: [Track; 2],
    joined: bool,
    left: u64,
    loudness: Loudness,
    /// Until when the leg spoke, if nobody has replied to it since.
    spoke: Option<Instant>,
}

impl Tap {
    pub(crate) fn new(id: StreamId, leg: usize, two_way: bool, now: Instant) -> Self {
        Self {
            id,
            leg,
            two_way,
            began: now,
            tracks: [Track::new(LATE), Track::new(LATE)],
            joined: false,
            left: 0,
            loudness: Loudness::default(),
            spoke: None,
        }
    }

    /// The leg said something, or the one that it is joined with: parties 0 and 1.
    pub(crate) fn hear(&mut self, party: usize, codec: Codec, packet: &Packet<'_>, now: Instant) {
        let mut audio = [0; MAX_AUDIO_OCTETS];
        let count = codec.decode(packet.payload, &mut audio);
        let clock = samples_since(self.began, now);
        self.tracks[party].put(Place::of(packet), &audio[..count], clock, self.left);
        match party {
            0 if self.loudness.hear(&audio[..count]) => self.spoke = Some(now + duration(count as u32)),
            0 => {}
            _ => self.joined = true,
        }
    }

    /// The application begins to speak: for how long the leg has waited for that.
    pub(crate) fn replied(&mut self, now: Instant) -> Option<Duration> {
        self.spoke.take().map(|spoke| now.saturating_duration_since(spoke))
    }

    /// The leg is joined with nobody any more, or with another.
    pub(crate) fn part(&mut self) {
        self.joined = false;
    }

    /// What can leave now.
    pub(crate) fn take(&mut self, now: Instant) -> Vec<i16> {
        let left = self.left;
        let ripe = samples_since(self.began, now).saturating_sub(LATE);
        let [own, other] = &mut self.tracks;
        let mut whole = own.whole(left);
        if self.joined {
            whole = whole.min(other.whole(left));
        }
        let count = whole.max(ripe).saturating_sub(left) as usize;
        self.left += count as u64;
        let mut samples = own.take(count);
        if self.joined {
            samples.iter_mut().zip(other.take(count)).for_each(|(one, two)| *one = one.saturating_add(two));
        }
        samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An octet of µ-law: the loudest.
    const ONE: u8 = 0x80;

    /// What happens; when each packet came in ms, whose it is, its time in packets; what left at each tick.
    type Row<'a> = (&'a str, &'a [(u64, usize, u32)], &'a str);

    /// What leaves at each tick of 20 ms, in packets of 20 ms: `+` speech, `.` silence, blank between ticks.
    fn run(packets: &[(u64, usize, u32)], ticks: u64) -> String {
        let start = crate::test_epoch();
        let mut tap = Tap::new(StreamId(1), 0, true, start);
        let mut said = Vec::new();
        for ms in 0..ticks * 20 {
            let now = start + Duration::from_millis(ms);
            for (_, party, frame) in packets.iter().filter(|(at, ..)| *at == ms) {
                let payload = [ONE; 160];
                let (timestamp, ssrc) = (frame * 160, *party as u32);
                let packet = Packet { marker: false, payload_type: 0, sequence: 0, timestamp, ssrc, payload: &payload };
                tap.hear(*party, Codec::Pcmu, &packet, now);
            }
            if ms % 20 == 19 {
                let samples = tap.take(now);
                assert_eq!(samples.len() % 8, 0, "whole milliseconds");
                let frames = samples.chunks(160).map(|frame| if frame[0] == 0 { '.' } else { '+' });
                said.push(frames.collect::<String>());
            }
        }
        said.join(" ").trim_end().to_owned()
    }

    #[test]
    fn what_comes_in_order_leaves_at_the_next_tick_and_a_hole_is_waited_for() {
        let table: [Row<'_>; 5] = [
            ("in order", &[(0, 0, 0), (20, 0, 1), (40, 0, 2)], "+ + +"),
            ("one is overtaken", &[(0, 0, 0), (41, 0, 2), (45, 0, 1)], "+  ++"),
            ("the other is heard too", &[(0, 0, 0), (0, 1, 9), (20, 0, 1), (20, 1, 10)], "+ +"),
            ("the other is late", &[(0, 0, 0), (0, 1, 9), (20, 0, 1), (41, 1, 10)], "+  +"),
            ("all at once", &[(0, 0, 0), (59, 0, 1), (59, 0, 2), (59, 0, 3)], "+  +++"),
        ];
        for (what, packets, expected) in table {
            assert_eq!(run(packets, 3 + u64::from(packets.len() > 3)).trim_end(), expected, "{what}");
        }
    }

    #[test]
    fn who_says_nothing_is_heard_as_silence_of_the_same_length() {
        let start = crate::test_epoch();
        let mut tap = Tap::new(StreamId(1), 0, false, start);
        let count: usize = (1..=500).map(|tick| tap.take(start + Duration::from_millis(tick * 20)).len()).sum();
        assert_eq!(count as u64, 500 * 160 - LATE);
    }

    #[test]
    fn how_long_a_reply_took_is_told_once() {
        let start = crate::test_epoch();
        let mut tap = Tap::new(StreamId(1), 0, true, start);
        let payload: Vec<u8> = (0..160).map(|n| if n % 8 < 4 { 0x90 } else { 0x10 }).collect();
        let packet = Packet { marker: false, payload_type: 0, sequence: 0, timestamp: 0, ssrc: 1, payload: &payload };
        tap.hear(0, Codec::Pcmu, &packet, start);
        let now = start + Duration::from_millis(820);
        assert_eq!((tap.replied(now), tap.replied(now)), (Some(Duration::from_millis(800)), None));
    }
}
