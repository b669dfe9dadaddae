//! From any sample rate to another by a windowed sinc (Kaiser), a piece at a time. Speech up to 3.5 kHz passes whole;
//! what would fold back at 8 kHz is gone. Slow beside a telephone's resampler, and better: a prompt is converted once.

use std::f64::consts::PI;

/// Half the filter's length, in samples at the lower of both rates. Longer is steeper.
const HALF: f64 = 48.0;

/// The middle of the filter's edge, as part of the lower rate's half: 3.7 kHz for 8 kHz.
const CUTOFF: f64 = 0.925;

/// The Kaiser window's shape: 80 dB.
const BETA: f64 = 7.86;

/// Filters between two input samples, at most. Every usual rate needs fewer and is exact; an odd one takes the nearest.
const PHASES_MAX: u32 = 1024;

/// A resampler and the input that it still needs.
pub(crate) struct Resampler {
    /// Rates in lowest terms: after `to` outputs, `from` inputs are used.
    from: u32,
    to: u32,
    taps: usize,
    phases: u32,
    /// `taps` weights for each phase.
    weights: Vec<f32>,
    /// Input from the first sample that the next output needs.
    waiting: Vec<f32>,
    /// Where the next output lies after the first input sample's filter, in 1/`to` input samples.
    at: u32,
}

impl Resampler {
    /// A resampler between two rates in Hz, neither zero.
    pub(crate) fn new(from: u32, to: u32) -> Self {
        let shared = gcd(from, to);
        let (from, to) = (from / shared, to / shared);
        let scale = (f64::from(to) / f64::from(from)).min(1.0);
        let half = (HALF / scale).ceil();
        let taps = 2 * half as usize;
        let phases = to.min(PHASES_MAX);
        let weights = (0..phases).flat_map(|phase| filter(taps, f64::from(phase) / f64::from(phases), scale)).collect();
        // The filter's left half lies before the first sample: silence.
        Self { from, to, taps, phases, weights, waiting: vec![0.0; half as usize - 1], at: 0 }
    }

    /// Takes more input and appends what can be said of the output.
    pub(crate) fn push(&mut self, input: &[f32], output: &mut Vec<f32>) {
        self.waiting.extend_from_slice(input);
        let mut first = 0;
        while first + self.taps < self.waiting.len() {
            let nearest = (u64::from(self.at) * u64::from(self.phases) + u64::from(self.to / 2)) / u64::from(self.to);
            // The phase after the last is the first of the next sample.
            let (skip, phase) = if nearest == u64::from(self.phases) { (1, 0) } else { (0, nearest as usize) };
            let weights = &self.weights[phase * self.taps..][..self.taps];
            output.push(dot(weights, &self.waiting[first + skip..][..self.taps]));
            let next = u64::from(self.at) + u64::from(self.from);
            first += (next / u64::from(self.to)) as usize;
            self.at = (next % u64::from(self.to)) as u32;
        }
        // A step is far shorter than the filter, so `first` lies within what waits.
        self.waiting.drain(..first);
    }

    /// Ends the input: the filter's right half is silence.
    pub(crate) fn finish(mut self, output: &mut Vec<f32>) {
        let silence = vec![0.0; self.taps / 2 + 1];
        self.push(&silence, output);
    }
}

/// The weights for an output that lies `fraction` of a sample after the filter's middle, for an edge at `scale`.
fn filter(taps: usize, fraction: f64, scale: f64) -> Vec<f32> {
    let middle = (taps / 2 - 1) as f64 + fraction;
    let edge = CUTOFF * scale;
    let weight = |tap: usize| {
        let x = tap as f64 - middle;
        let inside = 1.0 - (x / (taps as f64 / 2.0)).powi(2);
        if inside < 0.0 { 0.0 } else { sinc(x * edge) * bessel(BETA * inside.sqrt()) }
    };
    let weights: Vec<f64> = (0..taps).map(weight).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| (weight / sum) as f32).collect()
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

/// The modified Bessel function of the first kind, order 0, by its series.
fn bessel(x: f64) -> f64 {
    let mut term = 1.0;
    (1..=32).fold(1.0, |sum, k| {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum + term
    })
}

/// In eight lanes, which the compiler can run side by side.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 8];
    let (a8, a_rest) = a.as_chunks::<8>();
    let (b8, b_rest) = b.as_chunks::<8>();
    for (a, b) in a8.iter().zip(b8) {
        for lane in 0..8 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f32>() + rest
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(rate: u32, hertz: f64, seconds: f64) -> Vec<f32> {
        let count = (f64::from(rate) * seconds) as usize;
        (0..count).map(|n| (2.0 * PI * hertz * n as f64 / f64::from(rate)).sin() as f32 * 0.5).collect()
    }

    fn resampled(input: &[f32], from: u32, piece: usize) -> Vec<f32> {
        let mut resampler = Resampler::new(from, 8000);
        let mut output = Vec::new();
        for piece in input.chunks(piece) {
            resampler.push(piece, &mut output);
        }
        resampler.finish(&mut output);
        output
    }

    /// The middle's level against a sine of amplitude 0.5, in dB; the ends carry the tone's own start and stop.
    fn level(samples: &[f32]) -> f64 {
        let middle = &samples[samples.len() / 4..samples.len() * 3 / 4];
        let power = middle.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / middle.len() as f64;
        10.0 * (power / 0.125).log10()
    }

    const RATES: [u32; 9] = [11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];

    #[test]
    fn what_would_fold_back_is_gone() {
        // Tones across 3.9 to 7 kHz (as far as the rate carries them), each measured alone.
        for rate in RATES {
            let top = (rate / 2).min(7000);
            let worst = (3900..top)
                .step_by(100)
                .map(|hertz| level(&resampled(&tone(rate, f64::from(hertz), 0.2), rate, 1000)))
                .fold(f64::MIN, f64::max);
            println!("{rate} Hz: aliases at {worst:.1} dB at most");
            assert!(worst < -60.0, "{rate} Hz: {worst:.1} dB");
        }
    }

    #[test]
    fn speech_passes_whole() {
        for rate in RATES {
            for hertz in [50, 300, 1000, 2000, 3000, 3400, 3500] {
                let level = level(&resampled(&tone(rate, f64::from(hertz), 0.2), rate, 1000));
                assert!(level.abs() < 0.2, "{hertz} Hz from {rate}: {level:.2} dB");
            }
        }
    }

    #[test]
    fn a_tone_comes_out_as_the_same_tone_in_time_and_place() {
        for (rate, error_max) in [(16_000, 0.001), (44_100, 0.001), (48_000, 0.001), (6000, 0.001), (11_111, 0.003)] {
            let output = resampled(&tone(rate, 440.0, 0.5), rate, 777);
            assert!(output.len().abs_diff(4000) <= 1, "{rate}: {} samples", output.len());
            let expected = tone(8000, 440.0, 0.5);
            let error = (1000..3000).map(|n| (output[n] - expected[n]).abs()).fold(0.0, f32::max);
            assert!(error < error_max, "{rate}: {error}");
        }
    }

    #[test]
    fn the_size_of_pieces_does_not_matter() {
        let input = tone(44_100, 1000.0, 0.1);
        let whole = resampled(&input, 44_100, input.len());
        for piece in [1, 7, 160, 4096] {
            assert_eq!(resampled(&input, 44_100, piece), whole, "{piece}");
        }
    }
}
