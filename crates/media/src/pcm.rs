//! A piece of audio ready to be played: 8 kHz samples and their encodings, made once.

use std::sync::Arc;

use crate::codec::{Codec, SAMPLE_RATE};

/// The rate that audio of a higher one goes through on its way down: the resampler's filter is short, and two steps
/// keep more of what lies above 4 kHz from folding into the voice.
const MIDDLE_RATE: u32 = 16_000;
/// Rates that can be resampled, samples a second.
const RATES: core::ops::RangeInclusive<u32> = 4_000..=384_000;

/// Audio that cannot be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PcmError {
    /// No usual sampling rate.
    #[error("{0} samples a second cannot be played")]
    Rate(u32),
}

/// Mono audio at 8 kHz. Playing it is a copy: both encodings are made at construction (4 octets a sample in all).
#[derive(Clone, PartialEq, Eq)]
pub struct Pcm {
    name: Arc<str>,
    samples: Box<[i16]>,
    pcma: Box<[u8]>,
    pcmu: Box<[u8]>,
}

impl Pcm {
    /// Audio that is at 8 kHz already. The name is for people.
    pub fn new(name: impl Into<Arc<str>>, samples: impl Into<Box<[i16]>>) -> Self {
        let samples = samples.into();
        let encode = |codec: Codec| {
            let mut bytes = vec![0; samples.len()].into_boxed_slice();
            codec.encode(&samples, &mut bytes);
            bytes
        };
        Self { name: name.into(), pcma: encode(Codec::Pcma), pcmu: encode(Codec::Pcmu), samples }
    }

    /// Audio at any usual rate, in samples a second.
    ///
    /// # Errors
    /// [`PcmError::Rate`] outside 4 kHz to 384 kHz.
    pub fn resampled(name: impl Into<Arc<str>>, rate: u32, samples: &[i16]) -> Result<Self, PcmError> {
        if !RATES.contains(&rate) {
            return Err(PcmError::Rate(rate));
        }
        let step = |samples: &[i16], from: u32, to: u32| {
            if from == to { samples.to_vec() } else { audio_codec::resample(samples, from, to) }
        };
        let middle = rate.min(MIDDLE_RATE);
        Ok(Self::new(name, step(&step(samples, rate, middle), middle, SAMPLE_RATE)))
    }

    /// Its name, for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The samples, at 8 kHz.
    pub fn samples(&self) -> &[i16] {
        &self.samples
    }

    /// The samples as `codec` sends them, an octet each.
    pub fn encoded(&self, codec: Codec) -> &[u8] {
        match codec {
            Codec::Pcma => &self.pcma,
            Codec::Pcmu => &self.pcmu,
        }
    }
}

impl core::fmt::Debug for Pcm {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Pcm({:?}, {} samples)", self.name, self.samples.len())
    }
}

#[cfg(test)]
mod tests {
    use core::f64::consts::TAU;

    use super::*;

    fn sine(rate: u32, hertz: f64, seconds: f64) -> Vec<i16> {
        let count = (f64::from(rate) * seconds) as u32;
        (0..count).map(|at| (8_000.0 * (TAU * hertz * f64::from(at) / f64::from(rate)).sin()) as i16).collect()
    }

    /// Root mean square of the middle half.
    fn level(samples: &[i16]) -> f64 {
        let middle = &samples[samples.len() / 4..samples.len() * 3 / 4];
        (middle.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / middle.len() as f64).sqrt()
    }

    #[test]
    fn usual_rates_become_8_khz() {
        for rate in [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000] {
            let pcm = Pcm::resampled("tone", rate, &sine(rate, 1_000.0, 1.0)).unwrap();
            let length = pcm.samples().len();
            assert!((7_990..=8_010).contains(&length), "{rate}: {length} samples");
            let (level, expected) = (level(pcm.samples()), 8_000.0 / f64::sqrt(2.0));
            assert!((level / expected - 1.0).abs() < 0.03, "{rate}: {level}");
        }
    }

    #[test]
    fn what_8_khz_cannot_carry_does_not_fold_into_the_voice() {
        for rate in [44_100, 48_000] {
            for hertz in [6_500.0, 10_000.0, 15_000.0] {
                let pcm = Pcm::resampled("tone", rate, &sine(rate, hertz, 1.0)).unwrap();
                assert!(level(pcm.samples()) < 8_000.0 / 30.0, "{rate}, {hertz}: {}", level(pcm.samples()));
            }
        }
    }

    #[test]
    fn nonsense_rates_are_refused_and_short_pieces_taken() {
        for rate in [0, 3_999, 400_000] {
            assert_eq!(Pcm::resampled("tone", rate, &[0; 10]), Err(PcmError::Rate(rate)));
        }
        for length in 0..5 {
            assert!(Pcm::resampled("tone", 44_100, &vec![1; length]).is_ok());
        }
    }

    #[test]
    fn both_encodings_are_of_the_samples() {
        let pcm = Pcm::new("tone", sine(8_000, 440.0, 0.1));
        for codec in Codec::ALL {
            let mut back = vec![0; 800];
            assert_eq!(codec.decode(pcm.encoded(codec), &mut back), 800);
            assert!(back.iter().zip(pcm.samples()).all(|(one, other)| (one - other).abs() < 300));
        }
        assert_eq!(pcm.name(), "tone");
    }
}
