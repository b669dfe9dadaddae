//! Listening for digits that are tones: packets into order, silence where the peer sent nothing, then the detector.

use std::time::{Duration, Instant};

use super::hear::MAX_AUDIO_OCTETS;
use crate::codec::FRAME_SAMPLES;
use crate::dtmf::Detector;
use crate::rtp::{Frame, Jitter, Key, duration};

/// Silence that the detector hears for a pause of any length: 40 ms, enough for a key to be up.
const PAUSE: [i16; 2 * FRAME_SAMPLES] = [0; 2 * FRAME_SAMPLES];
/// A peer that suppresses silence has stopped when nothing came for this long: 3 packet times, as for events.
const STOPPED: Duration = Duration::from_millis(60);

#[derive(Debug, Default)]
pub(super) struct Ears {
    jitter: Jitter,
    detector: Detector,
    /// The sequence number and timestamp that go on without a gap.
    next: Option<(u16, u32)>,
    last: Option<Instant>,
}

impl Ears {
    /// Audio came.
    pub(super) fn hear(&mut self, frame: Frame<'_>, now: Instant) -> Option<Key> {
        self.last = Some(now);
        let mut heard = None;
        self.jitter.push(frame, |frame| {
            // The next packet but a later time: the peer was silent in between. After a loss the tone may have gone on.
            if self.next.is_some_and(|(sequence, timestamp)| frame.sequence == sequence && frame.timestamp != timestamp)
            {
                heard = self.detector.hear(&PAUSE);
            }
            let mut samples = [0; MAX_AUDIO_OCTETS];
            let count = frame.codec.decode(frame.payload, &mut samples);
            heard = self.detector.hear(&samples[..count]).or(heard);
            self.next = Some((frame.sequence.wrapping_add(1), frame.timestamp.wrapping_add(count as u32)));
        });
        heard.map(|heard| key(heard, now))
    }

    /// Time passes: a key whose peer sends nothing any more is up.
    pub(super) fn expire(&mut self, now: Instant) -> Option<Key> {
        let stopped = self.last.is_some_and(|last| now.saturating_duration_since(last) >= STOPPED);
        if !stopped || !self.is_down() {
            return None;
        }
        self.detector.hear(&PAUSE).map(|heard| key(heard, now))
    }

    /// A key is down: [`Ears::expire`] is due within a packet time.
    pub(super) fn is_down(&self) -> bool {
        self.detector.is_down()
    }
}

fn key((digit, samples): (char, u32), now: Instant) -> Key {
    let duration = duration(samples);
    // An instant that the platform cannot tell is taken as now.
    Key { digit, duration, down: now.checked_sub(duration).unwrap_or(now), up: now }
}
