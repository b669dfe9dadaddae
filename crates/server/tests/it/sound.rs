//! Sounds to play, and the pitch of what was heard: 16-bit mono at 8 kHz throughout.

use std::f64::consts::TAU;
use std::iter::{repeat_n, repeat_with};

/// Samples a second.
pub(crate) const RATE: usize = 8_000;

/// A second in which the sum of squares is below this is taken for silence.
const QUIET: i64 = 1_000_000 * RATE as i64;

/// So many milliseconds of tones that sound together; of none, silence.
pub(crate) fn tones(hertz: &[u32], milliseconds: usize) -> Vec<i16> {
    let count = RATE / 1_000 * milliseconds;
    if hertz.is_empty() {
        return repeat_n(0, count).collect();
    }
    let at = |n: u32| {
        let sum: f64 = hertz.iter().map(|hertz| (TAU * f64::from(*hertz) * f64::from(n) / 8_000.0).sin()).sum();
        #[expect(clippy::cast_possible_truncation, reason = "two amplitudes of 8,000 fit")]
        let sample = (8_000.0 * sum) as i16;
        sample
    };
    (0..).map(at).take(count).collect()
}

/// So many milliseconds of noise in a law of G.711 (2.1, tables 1 and 2): each sample is a value that the law has, so it
/// passes unchanged, and none is a value that silence may become.
pub(crate) fn noise(law: &str, milliseconds: usize) -> Vec<i16> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223); // Knuth and Lewis' generator
        let sign = if state >> 31 == 0 { 1 } else { -1 };
        let (segment, step) = (1 + (state >> 24) % 6, i16::try_from(state >> 16 & 15).expect("four bits"));
        let value = match law {
            "pcmu" => (((step << 3) + 0x84) << segment) - 0x84,
            "pcma" => ((step << 4) + 0x108) << (segment - 1),
            _ => panic!("no law of G.711: {law}"),
        };
        sign * value
    };
    repeat_with(&mut next).take(RATE / 1_000 * milliseconds).collect()
}

/// The samples of a WAV file, which may still be written.
pub(crate) fn samples(wav: &[u8]) -> Vec<i16> {
    let pairs = wav.get(44..).unwrap_or_default().chunks_exact(2);
    pairs.map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// A WAV file.
pub(crate) fn wav(samples: &[i16]) -> Vec<u8> {
    let octets = u32::try_from(2 * samples.len()).expect("short");
    let mut wav = Vec::new();
    wav.extend(b"RIFF");
    wav.extend((36 + octets).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16u32.to_le_bytes());
    wav.extend([1, 0, 1, 0]);
    wav.extend(8_000u32.to_le_bytes());
    wav.extend(16_000u32.to_le_bytes());
    wav.extend([2, 0, 16, 0]);
    wav.extend(b"data");
    wav.extend(octets.to_le_bytes());
    wav.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    wav
}

/// The pitch, in hertz, of the last second of a recording that is being written, once the second before it is not
/// silent either.
pub(crate) fn pitch(recording: &[u8]) -> Option<f64> {
    let samples = samples(recording);
    let (before, last) = samples.get(samples.len().checked_sub(2 * RATE)?..)?.split_at(RATE);
    let loud = |second: &[i16]| second.iter().map(|sample| i64::from(*sample).pow(2)).sum::<i64>() > QUIET;
    let crossings = last.windows(2).filter(|pair| (pair[0] < 0) != (pair[1] < 0)).count();
    (loud(before) && loud(last)).then(|| f64::from(u32::try_from(crossings).expect("few")) / 2.0)
}
