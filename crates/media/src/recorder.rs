//! What one or two parties say, on one time line: what a file is written from.
//!
//! The time line is our clock's. A party's packets lie on it by their timestamps, from where the first of them came; what
//! never came is silence, and what was overtaken has its place until [`LATE`] has passed. A sender whose own time runs away
//! from ours is set to the clock again. What is old enough leaves in blocks that say where they belong, so that one which is
//! lost on its way is silence, and nothing after it moves.

use std::time::{Duration, Instant};

use crate::codec::Codec;
use crate::command::RecordingId;
use crate::loudness::Loudness;
use crate::rtp::{Packet, duration};
use crate::session::{MAX_AUDIO_OCTETS, Said};
use crate::track::{Place, Track, samples_since};

/// What may still come into its place, in samples: 400 ms.
const LATE: u64 = 3_200;
/// Samples a block of each channel: 200 ms.
const BLOCK: u64 = 1_600;

/// A piece of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Which.
    pub recording: RecordingId,
    /// Where it begins, in samples of a channel from the start of the recording.
    pub at: u64,
    /// 8 kHz; of two channels by turns.
    pub samples: Vec<i16>,
    /// Nothing follows, and what becomes of it all. Told once, for every recording that was asked for.
    pub end: Option<Fate>,
}

/// What becomes of a recording that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is kept.
    Keep,
    /// Nobody said anything in it: it is as if it had never been.
    Discard,
}

/// What a party's voice has to do with the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heed {
    /// It speaks for the first time.
    Spoke,
    /// It has not spoken for as long as was asked.
    Silent,
}

/// A recording under way.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub(crate) id: RecordingId,
    /// The parties' keys in the plane.
    pub(crate) legs: Vec<usize>,
    began: Instant,
    tracks: Vec<Track>,
    dual: bool,
    attention: Option<Attention>,
    /// Samples of each channel that have left.
    left: u64,
}

impl Recorder {
    /// Records these parties; `dual` gives each a channel. With `silence` it listens to the first for as long a silence.
    pub(crate) fn new(id: RecordingId, legs: Vec<usize>, dual: bool, silence: Option<Duration>, now: Instant) -> Self {
        let tracks: Vec<Track> = legs.iter().map(|_| Track::new(LATE)).collect();
        let attention = silence.map(|limit| Attention::new(limit, now));
        Self { id, began: now, dual: dual && tracks.len() > 1, legs, tracks, attention, left: 0 }
    }

    /// Records a party and what it is told by its stream, which is the second channel.
    pub(crate) fn of_stream(id: RecordingId, leg: usize, dual: bool, now: Instant) -> Self {
        let tracks = vec![Track::new(LATE), Track::new(LATE)];
        Self { dual, tracks, ..Self::new(id, vec![leg], dual, None, now) }
    }

    /// The party was told something.
    pub(crate) fn told(&mut self, said: &Said, now: Instant) {
        let (clock, left) = (self.clock(now), self.left);
        if let [_, track] = self.tracks.as_mut_slice() {
            track.put(said.place, &said.samples, clock, left);
        }
    }

    /// A party said something.
    pub(crate) fn hear(&mut self, party: usize, codec: Codec, packet: &Packet<'_>, now: Instant) -> Option<Heed> {
        let mut audio = [0; MAX_AUDIO_OCTETS];
        let count = codec.decode(packet.payload, &mut audio);
        let (clock, left) = (self.clock(now), self.left);
        if let Some(track) = self.tracks.get_mut(party) {
            track.put(Place::of(packet), &audio[..count], clock, left);
        }
        let attention = self.attention.as_mut().filter(|_| party == 0)?;
        attention.hear(&audio[..count], now)
    }

    /// Time passes: whether the first party has been silent for too long, which is told once.
    pub(crate) fn heed(&mut self, now: Instant) -> Option<Heed> {
        self.attention.as_mut()?.expire(now)
    }

    /// A block that is old enough to leave.
    pub(crate) fn block(&mut self, now: Instant) -> Option<Recorded> {
        let ripe = self.clock(now).saturating_sub(LATE);
        (ripe >= self.left + BLOCK).then(|| self.take(BLOCK, None))
    }

    /// All that is left, and the end.
    pub(crate) fn finish(&mut self, fate: Fate, now: Instant) -> Recorded {
        let count = self.clock(now).saturating_sub(self.left);
        self.take(count, Some(fate))
    }

    /// What becomes of it if nobody says: what was listened to in vain is not wanted.
    pub(crate) fn fate(&self) -> Fate {
        if self.attention.as_ref().is_some_and(|attention| !attention.spoke) { Fate::Discard } else { Fate::Keep }
    }

    fn clock(&self, now: Instant) -> u64 {
        samples_since(self.began, now)
    }

    fn take(&mut self, count: u64, end: Option<Fate>) -> Recorded {
        let (at, count) = (self.left, count as usize);
        self.left += count as u64;
        let mut tracks = self.tracks.iter_mut().map(|track| track.take(count));
        let first = tracks.next().unwrap_or_default();
        let samples = match tracks.next() {
            None => first,
            Some(second) if self.dual => first.into_iter().zip(second).flat_map(|(one, two)| [one, two]).collect(),
            Some(second) => first.into_iter().zip(second).map(|(one, two)| one.saturating_add(two)).collect(),
        };
        Recorded { recording: self.id, at, samples, end }
    }
}

/// Listens for speech, and for its end.
#[derive(Debug)]
struct Attention {
    limit: Duration,
    loudness: Loudness,
    /// When there was speech last, or the recording began.
    since: Instant,
    spoke: bool,
    silent: bool,
}

impl Attention {
    fn new(limit: Duration, now: Instant) -> Self {
        Self { limit, loudness: Loudness::default(), since: now, spoke: false, silent: false }
    }

    fn hear(&mut self, audio: &[i16], now: Instant) -> Option<Heed> {
        if !self.loudness.hear(audio) {
            return None;
        }
        self.since = now + duration(audio.len() as u32);
        let first = !std::mem::replace(&mut self.spoke, true);
        first.then_some(Heed::Spoke)
    }

    fn expire(&mut self, now: Instant) -> Option<Heed> {
        let over = now.saturating_duration_since(self.since) >= self.limit;
        (over && !std::mem::replace(&mut self.silent, true)).then_some(Heed::Silent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::AHEAD;

    const ID: RecordingId = RecordingId(7);
    /// Octets of µ-law: the loudest of either sign.
    const ONE: u8 = 0x80;
    const MINUS: u8 = 0x00;

    struct Line {
        recorder: Recorder,
        start: Instant,
        out: Vec<i16>,
    }

    impl Line {
        fn new(parties: usize, dual: bool) -> Self {
            let start = crate::test_epoch();
            Self { recorder: Recorder::new(ID, (0..parties).collect(), dual, None, start), start, out: Vec::new() }
        }

        /// A packet of 20 ms comes, its time in packets from where the sender's began.
        fn hear(&mut self, ms: u64, party: usize, ssrc: u32, frame: u32, octet: u8) {
            let now = self.start + Duration::from_millis(ms);
            let timestamp = 0xFFFF_FF00_u32.wrapping_add(frame.wrapping_mul(160));
            let payload = [octet; 160];
            let packet = Packet { marker: false, payload_type: 0, sequence: 0, timestamp, ssrc, payload: &payload };
            self.recorder.hear(party, Codec::Pcmu, &packet, now);
            self.blocks(now);
        }

        fn blocks(&mut self, now: Instant) {
            while let Some(block) = self.recorder.block(now) {
                assert_eq!((block.recording, block.samples.len() as u64 % BLOCK, block.end), (ID, 0, None));
                self.keep(block);
            }
        }

        fn keep(&mut self, block: Recorded) {
            let channels = 1 + u64::from(self.recorder.dual);
            assert_eq!(block.at * channels, self.out.len() as u64, "blocks follow each other");
            self.out.extend(block.samples);
        }

        /// What was recorded until then, a sign for each 20 ms of each channel: `+`, `-`, `.` for silence, `?` for several.
        fn finish(mut self, ms: u64) -> Vec<String> {
            let now = self.start + Duration::from_millis(ms);
            self.blocks(now);
            let last = self.recorder.finish(Fate::Keep, now);
            assert_eq!(last.end, Some(Fate::Keep));
            self.keep(last);
            let channels = 1 + usize::from(self.recorder.dual);
            let channel =
                |channel: usize| -> Vec<i16> { self.out.iter().skip(channel).step_by(channels).copied().collect() };
            (0..channels).map(|number| channel(number).chunks(160).map(sign).collect()).collect()
        }
    }

    fn sign(frame: &[i16]) -> char {
        match frame {
            _ if frame.iter().any(|sample| *sample != frame[0]) => '?',
            [0, ..] => '.',
            [sample, ..] if *sample > 0 => '+',
            _ => '-',
        }
    }

    type Row<'a> = (&'a str, &'a [(u64, u32, u32)], &'a str);

    #[test]
    fn packets_lie_where_they_were_spoken() {
        // (what, (when it came in ms, source, its time in packets), 200 ms of what was recorded)
        let table: [Row<'_>; 9] = [
            ("in order", &[(0, 1, 0), (20, 1, 1), (40, 1, 2)], "+++......."),
            ("the first comes later", &[(60, 1, 0), (80, 1, 1)], "...++....."),
            ("one is lost", &[(0, 1, 0), (40, 1, 2)], "+.+......."),
            ("one is overtaken", &[(0, 1, 0), (40, 1, 2), (45, 1, 1)], "+++......."),
            ("one comes twice", &[(0, 1, 0), (1, 1, 0), (40, 1, 2)], "+.+......."),
            ("they come late and all at once", &[(0, 1, 0), (120, 1, 1), (120, 1, 2), (120, 1, 3)], "++++......"),
            ("a pause that the sender counts", &[(0, 1, 0), (100, 1, 5)], "+....+...."),
            ("another source", &[(0, 1, 0), (60, 9, 70_000), (80, 9, 70_001)], "+..++....."),
            ("a sender whose time jumps", &[(0, 1, 0), (80, 1, 900_000), (100, 1, 900_001)], "+...++...."),
        ];
        for (what, packets, recorded) in table {
            let mut line = Line::new(1, false);
            packets.iter().for_each(|(ms, ssrc, frame)| line.hear(*ms, 0, *ssrc, *frame, ONE));
            assert_eq!(line.finish(200), [recorded], "{what}");
        }
    }

    #[test]
    fn who_stops_the_clock_in_a_pause_is_set_to_ours() {
        let mut line = Line::new(1, false);
        line.hear(0, 0, 1, 0, ONE);
        line.hear(1_000, 0, 1, 1, ONE);
        line.hear(1_020, 0, 1, 2, ONE);
        assert_eq!(line.finish(1_100), [format!("+{}++...", ".".repeat(49))]);
    }

    #[test]
    fn what_comes_after_its_block_has_left_is_not_put_elsewhere() {
        let mut line = Line::new(1, false);
        for frame in (0..40).filter(|frame| *frame != 3) {
            line.hear(u64::from(frame) * 20, 0, 1, frame, ONE);
        }
        line.hear(790, 0, 1, 3, MINUS);
        assert_eq!(line.finish(800), [format!("+++.{}", "+".repeat(36))]);
    }

    #[test]
    fn two_parties_are_mixed_or_have_a_channel_each() {
        let rows: [(bool, &[&str]); 2] = [(false, &["+.+-....."]), (true, &["+.+......", "..+-....."])];
        for (dual, recorded) in rows {
            let mut line = Line::new(2, dual);
            line.hear(0, 0, 1, 0, ONE);
            line.hear(40, 0, 1, 2, ONE);
            line.hear(40, 1, 2, 0, ONE);
            line.hear(60, 1, 2, 1, MINUS);
            assert_eq!(line.finish(180), recorded, "{dual}");
        }
    }

    #[test]
    fn a_mix_saturates_and_opposites_are_silence() {
        for (octet, sum) in [(ONE, i16::MAX), (MINUS, 0)] {
            let mut line = Line::new(2, false);
            line.hear(0, 0, 1, 0, ONE);
            line.hear(0, 1, 2, 0, octet);
            let last = line.recorder.finish(Fate::Keep, line.start + Duration::from_millis(20));
            assert_eq!(last.samples, [sum; 160]);
        }
    }

    #[test]
    fn nothing_heard_is_silence_of_the_same_length() {
        assert_eq!(Line::new(1, false).finish(3_000), [".".repeat(150)]);
        assert_eq!(Line::new(1, true).finish(0), [""], "one party has one channel");
    }

    #[test]
    fn a_long_recording_of_a_clock_that_runs_fast_holds_little() {
        let mut line = Line::new(1, false);
        for frame in 0..50_000_u32 {
            // 1,000 parts in a million: ten times what is usual.
            line.hear(u64::from(frame) * 20 * 999 / 1_000, 0, 1, frame, ONE);
            assert!(line.recorder.tracks[0].held() <= LATE + BLOCK + AHEAD + 160);
        }
    }

    #[test]
    fn speech_is_told_once_and_its_end_too() {
        let start = crate::test_epoch();
        let at = |ms| start + Duration::from_millis(ms);
        let mut recorder = Recorder::new(ID, vec![0], false, Some(Duration::from_secs(2)), start);
        let mut told = Vec::new();
        for ms in (0..10_000).step_by(20) {
            let octet = if (1_000..4_000).contains(&ms) && ms % 1_000 < 600 { ONE } else { 0xFF };
            let payload = [octet; 160];
            let timestamp = ms as u32 * 8;
            let packet = Packet { marker: false, payload_type: 0, sequence: 0, timestamp, ssrc: 1, payload: &payload };
            let heed = recorder.hear(0, Codec::Pcmu, &packet, at(ms)).or_else(|| recorder.heed(at(ms)));
            told.extend(heed.map(|heed| (ms, heed)));
            while recorder.block(at(ms)).is_some() {}
        }
        assert_eq!(told, [(1_000, Heed::Spoke), (5_600, Heed::Silent)]);
    }
}
