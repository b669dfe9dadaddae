//! Tones: sums of two sines at 8 kHz, among them the sixteen keys (ITU-T Q.23).

use core::f64::consts::TAU;
use std::time::Duration;

use crate::codec::SAMPLE_RATE;
use crate::pcm::Pcm;
use crate::rtp::samples;

/// The rows and columns of a keypad, in Hz (Q.23), and the keys where they cross.
pub(crate) const LOW_HZ: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
pub(crate) const HIGH_HZ: [f64; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];
pub(crate) const PAD: [[char; 4]; 4] =
    [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];

/// The amplitude of each of the two tones of a key that we send: about -10 dBm0 each.
const KEY_AMPLITUDE: f64 = 7_000.0;

/// A ringing tone as it is heard in India: 400 Hz beating at 25 Hz, 0.4 s on, 0.2 s off, 0.4 s on, 2 s off (ITU-T E.180).
const RINGBACK_HZ: [f64; 2] = [387.5, 412.5];
const RINGBACK_MS: [(u64, u64); 2] = [(400, 200), (400, 2_000)];
const RINGBACK_AMPLITUDE: f64 = 3_000.0;

/// One turn of the ringing tone, to be played again and again.
pub fn ringback() -> Pcm {
    let [low, high] = RINGBACK_HZ.map(|hertz| (hertz, RINGBACK_AMPLITUDE));
    let mut turn: Vec<i16> = Vec::new();
    for (on, off) in RINGBACK_MS {
        turn.extend(Tone::new(low, high).lasting(Duration::from_millis(on)));
        turn.resize(turn.len() + samples(Duration::from_millis(off)) as usize, 0);
    }
    Pcm::new("ringing tone", turn)
}

/// Two sines that run on from frame to frame.
#[derive(Clone, Copy, Debug)]
pub struct Tone {
    sines: [Sine; 2],
}

/// A sine by its recurrence: each sample is `2 cos(w)` times the last less the one before.
#[derive(Clone, Copy, Debug)]
struct Sine {
    factor: f64,
    last: f64,
    before: f64,
}

impl Sine {
    fn new(hertz: f64, amplitude: f64) -> Self {
        let step = TAU * hertz / f64::from(SAMPLE_RATE);
        Self { factor: 2.0 * step.cos(), last: 0.0, before: -amplitude * step.sin() }
    }

    fn next(&mut self) -> f64 {
        let value = self.last;
        (self.last, self.before) = (self.factor * self.last - self.before, self.last);
        value
    }
}

impl Tone {
    /// Two frequencies in Hz, each with its amplitude (32,767 is full scale).
    pub fn new(low: (f64, f64), high: (f64, f64)) -> Self {
        Self { sines: [Sine::new(low.0, low.1), Sine::new(high.0, high.1)] }
    }

    /// The tone of a key; `None` when it is no key.
    pub fn key(digit: char) -> Option<Self> {
        let (row, column) = place(digit)?;
        Some(Self::new((LOW_HZ[row], KEY_AMPLITUDE), (HIGH_HZ[column], KEY_AMPLITUDE)))
    }

    /// What callers are told to wait for: 1 kHz for 400 ms.
    pub fn beep() -> Vec<i16> {
        Self::new((1_000.0, 8_000.0), (0.0, 0.0)).lasting(Duration::from_millis(400))
    }

    /// The next samples.
    pub fn fill(&mut self, out: &mut [i16]) {
        for sample in out {
            let sum: f64 = self.sines.iter_mut().map(Sine::next).sum();
            *sample = sum.round() as i16;
        }
    }

    /// A piece of it.
    pub fn lasting(mut self, duration: Duration) -> Vec<i16> {
        let mut out = vec![0; samples(duration) as usize];
        self.fill(&mut out);
        out
    }
}

fn place(digit: char) -> Option<(usize, usize)> {
    let digit = digit.to_ascii_uppercase();
    PAD.iter().enumerate().find_map(|(row, keys)| Some((row, keys.iter().position(|key| *key == digit)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_its_sines() {
        let tone = Tone::new((697.0, 5_000.0), (1_209.0, 3_000.0)).lasting(Duration::from_secs(2));
        assert_eq!(tone.len(), 16_000);
        for (index, sample) in tone.iter().enumerate() {
            let time = index as f64 / 8_000.0;
            let expected = 5_000.0 * (TAU * 697.0 * time).sin() + 3_000.0 * (TAU * 1_209.0 * time).sin();
            assert!((f64::from(*sample) - expected).abs() < 2.0, "{index}: {sample} {expected}");
        }
    }

    #[test]
    fn a_turn_of_the_ringing_tone_lasts_three_seconds() {
        let ringback = ringback();
        let samples = ringback.samples();
        assert_eq!(samples.len(), 24_000);
        let loud = |range: core::ops::Range<usize>| samples[range].iter().any(|sample| *sample > 4_000);
        let silent = |range: core::ops::Range<usize>| samples[range].iter().all(|sample| *sample == 0);
        assert!(loud(0..3_200) && silent(3_200..4_800) && loud(4_800..8_000) && silent(8_000..24_000));
    }

    #[test]
    fn sixteen_keys_have_tones() {
        assert_eq!("0123456789*#ABCDabcd".chars().filter(|key| Tone::key(*key).is_some()).count(), 20);
        assert!(Tone::key('E').is_none());
    }
}
