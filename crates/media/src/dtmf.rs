//! Digits that are tones in the audio: eight Goertzel filters over blocks of 102 samples (ITU-T Q.23, Q.24).
//!
//! ```text
//!   Up --2 blocks of one key--> Down --2 blocks of anything else--> Up, and the key is told
//! ```
//! A block is 12.75 ms, so a tone of 40 ms holds two whole ones wherever it begins, and so does a pause of 40 ms.

use crate::codec::SAMPLE_RATE;
use crate::tone::{HIGH_HZ, LOW_HZ, PAD};

/// Samples in a block: wide enough to tell the keys apart, narrow enough for 40 ms.
const BLOCK: usize = 102;
/// Blocks until a key is down, and until it is up.
const CONFIRM: u8 = 2;
/// The weakest tone that counts, as an amplitude: about -39 dBm0.
const MIN_AMPLITUDE: f32 = 250.0;
/// How much stronger one tone may be than the other: 8 dB, either way (Q.24 table A-1: at least 4 to 8 dB).
const MAX_TWIST: f32 = 6.3;
/// How much stronger a tone must be than its neighbours in the row or column: 8 dB.
const MIN_LEAD: f32 = 6.3;
/// The share of a block's energy that its two tones must hold. At 1.5 % off frequency 0.8 is left, at 4 % 0.5; speech
/// and noise stay below.
const MIN_SHARE: f32 = 0.65;

/// Listens to one source.
#[derive(Debug)]
pub(crate) struct Detector {
    factors: [f32; 8],
    last: [f32; 8],
    before: [f32; 8],
    energy: f32,
    filled: usize,
    candidate: Option<char>,
    run: u8,
    down: Option<Down>,
}

#[derive(Debug)]
struct Down {
    digit: char,
    blocks: u32,
    missing: u8,
}

/// A key that is up again, and for how many samples it was down.
pub(crate) type Heard = (char, u32);

impl Default for Detector {
    fn default() -> Self {
        let hertz = |index: usize| if index < 4 { LOW_HZ[index] } else { HIGH_HZ[index - 4] };
        let factor = |index| (2.0 * (core::f64::consts::TAU * hertz(index) / f64::from(SAMPLE_RATE)).cos()) as f32;
        Self {
            factors: core::array::from_fn(factor),
            last: [0.0; 8],
            before: [0.0; 8],
            energy: 0.0,
            filled: 0,
            candidate: None,
            run: 0,
            down: None,
        }
    }
}

impl Detector {
    /// Hears samples, in order; at most one key is up within 40 ms, and packets are shorter than two presses.
    pub(crate) fn hear(&mut self, mut samples: &[i16]) -> Option<Heard> {
        let mut heard = None;
        while !samples.is_empty() {
            let (now, rest) = samples.split_at(samples.len().min(BLOCK - self.filled));
            self.filter(now);
            samples = rest;
            if self.filled == BLOCK {
                let key = self.judge();
                heard = self.on_block(key).or(heard);
            }
        }
        heard
    }

    /// A key is down.
    pub(crate) fn is_down(&self) -> bool {
        self.down.is_some()
    }

    fn filter(&mut self, samples: &[i16]) {
        // On the stack, the eight filters run side by side in registers.
        let (factors, mut last, mut before, mut energy) = (self.factors, self.last, self.before, self.energy);
        for sample in samples {
            let sample = f32::from(*sample);
            energy += sample * sample;
            let next: [f32; 8] = core::array::from_fn(|index| sample + factors[index] * last[index] - before[index]);
            (before, last) = (last, next);
        }
        (self.last, self.before, self.energy) = (last, before, energy);
        self.filled += samples.len();
    }

    /// The key of the block that is full, if it is one; begins the next block.
    fn judge(&mut self) -> Option<char> {
        let power: [f32; 8] = core::array::from_fn(|index| {
            let (last, before) = (self.last[index], self.before[index]);
            last * last + before * before - self.factors[index] * last * before
        });
        let energy = std::mem::take(&mut self.energy);
        (self.last, self.before, self.filled) = ([0.0; 8], [0.0; 8], 0);
        let (row, low) = strongest(&power[..4])?;
        let (column, high) = strongest(&power[4..])?;
        // A sine of amplitude A has the power (A N / 2)^2 in its filter, and the energy A^2 N / 2 in the block.
        let half = BLOCK as f32 / 2.0;
        let floor = (MIN_AMPLITUDE * half).powi(2);
        let strong = low >= floor && high >= floor;
        let twisted = low > high * MAX_TWIST || high > low * MAX_TWIST;
        let pure = low + high >= MIN_SHARE * half * energy;
        (strong && !twisted && pure).then(|| PAD[row][column])
    }

    fn on_block(&mut self, key: Option<char>) -> Option<Heard> {
        self.run = if key == self.candidate { self.run.saturating_add(1) } else { 1 };
        self.candidate = key;
        let mut heard = None;
        if let Some(down) = &mut self.down {
            down.blocks += 1;
            down.missing = if key == Some(down.digit) { 0 } else { down.missing + 1 };
            if down.missing < CONFIRM {
                return None;
            }
            heard = Some((down.digit, (down.blocks - u32::from(CONFIRM)) * BLOCK as u32));
            self.down = None;
        }
        if let Some(digit) = key.filter(|_| self.run >= CONFIRM) {
            self.down = Some(Down { digit, blocks: u32::from(self.run), missing: 0 });
        }
        heard
    }
}

/// The strongest of four, if it leads the others.
fn strongest(power: &[f32]) -> Option<(usize, f32)> {
    let (best, most) = power.iter().copied().enumerate().max_by(|one, other| one.1.total_cmp(&other.1))?;
    let leads = power.iter().enumerate().all(|(index, other)| index == best || other * MIN_LEAD <= most);
    leads.then_some((best, most))
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_core::{Rng, SeedableRng};

    use super::*;
    use crate::tone::Tone;

    const DIALLED: &str = "1234567890*#ABCD5500112299";

    struct Dialling {
        on_ms: usize,
        off_ms: usize,
        low: f64,
        high: f64,
        off_frequency: f64,
        noise: f64,
    }

    const PLAIN: Dialling =
        Dialling { on_ms: 50, off_ms: 50, low: 7_000.0, high: 7_000.0, off_frequency: 1.0, noise: 0.0 };

    fn noise(rng: &mut ChaCha8Rng, rms: f64) -> f64 {
        // The sum of twelve uniforms: near enough to Gaussian, deviation 1.
        let sum: f64 = (0..12).map(|_| f64::from(rng.next_u32()) / f64::from(u32::MAX)).sum();
        (sum - 6.0) * rms
    }

    fn dial(dialling: &Dialling, offset: usize) -> Vec<i16> {
        let mut rng = ChaCha8Rng::from_seed([5; 32]);
        let mut audio = vec![0i16; 800 + offset];
        for digit in DIALLED.chars() {
            let (row, column) = (0..16).map(|at| (at / 4, at % 4)).find(|(r, c)| PAD[*r][*c] == digit).unwrap();
            let low = (LOW_HZ[row] * dialling.off_frequency, dialling.low);
            let high = (HIGH_HZ[column] * dialling.off_frequency, dialling.high);
            let mut tone = vec![0; dialling.on_ms * 8];
            Tone::new(low, high).fill(&mut tone);
            audio.extend(tone);
            audio.extend(std::iter::repeat_n(0, dialling.off_ms * 8));
        }
        audio.extend([0; 800]);
        for sample in &mut audio {
            *sample = (f64::from(*sample) + noise(&mut rng, dialling.noise)).round() as i16;
        }
        audio
    }

    fn detect(audio: &[i16]) -> String {
        let mut detector = Detector::default();
        audio.chunks(160).filter_map(|frame| detector.hear(frame)).map(|(digit, _)| digit).collect()
    }

    #[test]
    fn hears_all_keys_in_all_conditions_wherever_they_begin() {
        let table = [
            ("50 ms", PLAIN),
            ("40 ms", Dialling { on_ms: 40, off_ms: 40, ..PLAIN }),
            ("weak", Dialling { low: 400.0, high: 400.0, ..PLAIN }),
            // Signal power is the sum of two sines; 15 dB below it.
            ("15 dB of noise", Dialling { noise: 7_000.0 * 10f64.powf(-15.0 / 20.0), ..PLAIN }),
            ("low tone 6 dB above", Dialling { low: 8_000.0, high: 4_000.0, ..PLAIN }),
            ("high tone 6 dB above", Dialling { low: 4_000.0, high: 8_000.0, ..PLAIN }),
            ("1.5 % above frequency", Dialling { off_frequency: 1.015, ..PLAIN }),
            ("1.5 % below frequency", Dialling { off_frequency: 0.985, ..PLAIN }),
        ];
        for (name, dialling) in table {
            for offset in (0..BLOCK).step_by(9) {
                assert_eq!(detect(&dial(&dialling, offset)), DIALLED, "{name}, offset {offset}");
            }
        }
    }

    #[test]
    fn rejects_what_is_off_frequency_or_lopsided_or_too_short() {
        let table = [
            ("4 % above", Dialling { off_frequency: 1.04, ..PLAIN }),
            ("4 % below", Dialling { off_frequency: 0.96, ..PLAIN }),
            ("one tone 14 dB below", Dialling { low: 1_600.0, high: 8_000.0, ..PLAIN }),
            ("only one tone", Dialling { low: 0.0, ..PLAIN }),
            ("12 ms", Dialling { on_ms: 12, off_ms: 88, ..PLAIN }),
            ("too weak", Dialling { low: 150.0, high: 150.0, ..PLAIN }),
        ];
        for (name, dialling) in table {
            for offset in (0..BLOCK).step_by(10) {
                assert_eq!(detect(&dial(&dialling, offset)), "", "{name}, offset {offset}");
            }
        }
    }

    #[test]
    fn noise_and_voices_hold_no_digits() {
        let mut rng = ChaCha8Rng::from_seed([8; 32]);
        for rms in [300.0, 3_000.0, 8_000.0] {
            let audio: Vec<i16> = (0..30 * 8_000).map(|_| noise(&mut rng, rms) as i16).collect();
            assert_eq!(detect(&audio), "", "white noise of {rms}");
        }
        assert_eq!(detect(&voice(40)), "");
    }

    /// Seconds of something like a voice: harmonics of a wandering pitch under two wandering formants.
    fn voice(seconds: usize) -> Vec<i16> {
        use core::f64::consts::TAU;
        let mut phase = 0.0;
        (0..seconds * 8_000)
            .map(|index| {
                let time = index as f64 / 8_000.0;
                phase += (140.0 + 60.0 * (TAU * 0.7 * time).sin()) / 8_000.0;
                let formants = [600.0 + 300.0 * (TAU * 1.3 * time).sin(), 1_500.0 + 500.0 * (TAU * 0.9 * time).cos()];
                let syllable = (TAU * 2.5 * time).sin().max(0.0);
                let harmonics = (1..24).map(|number| {
                    let hertz = 140.0 * f64::from(number);
                    let gain: f64 = formants.iter().map(|formant| (-((hertz - formant) / 120.0).powi(2)).exp()).sum();
                    gain * (TAU * phase * f64::from(number)).sin()
                });
                (harmonics.sum::<f64>() * syllable * 5_000.0) as i16
            })
            .collect()
    }

    #[test]
    fn tells_how_long_a_key_was_down() {
        let mut audio = Tone::key('7').unwrap().lasting(std::time::Duration::from_millis(300));
        audio.extend([0; 800]);
        let mut detector = Detector::default();
        let heard: Vec<Heard> = audio.chunks(160).filter_map(|frame| detector.hear(frame)).collect();
        assert_eq!(heard.len(), 1);
        assert!((2_200..=2_400).contains(&heard[0].1), "{heard:?}");
    }
}
