//! Whether somebody speaks, by how loud it is: well above what the line sounds like when nobody does.
//!
//! The floor is what was quietest of late: it falls at once and rises slowly, and never so high that a steady loud sound
//! passes for silence.

/// Amplitudes (root mean square, of 32,767): below the first nothing is speech (-50 dBov); a floor is not taken to be higher
/// than the second (-42 dBov).
const QUIET: f64 = 100.0;
const LOUDEST_FLOOR: f64 = 250.0;
/// Speech is this much louder than the floor: 12 dB.
const ABOVE: f64 = 4.0;
/// What the floor rises by in a packet of 20 ms: twofold in about 3 s.
const RISE: f64 = 1.005;

/// The ear for one party.
#[derive(Debug)]
pub(crate) struct Loudness {
    floor: f64,
}

impl Default for Loudness {
    fn default() -> Self {
        Self { floor: QUIET / ABOVE }
    }
}

impl Loudness {
    /// Takes a packet's audio; whether it is speech.
    pub(crate) fn hear(&mut self, samples: &[i16]) -> bool {
        let power: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
        let level = (power / samples.len().max(1) as f64).sqrt();
        let speech = level > (ABOVE * self.floor).max(QUIET);
        self.floor = level.min(self.floor * RISE).clamp(1.0, LOUDEST_FLOOR);
        speech
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise of about that amplitude, the same every time.
    fn noise(level: i32) -> Vec<i16> {
        (0..160_i32).map(|n| (((n * 7_919 + 13) % 2_001 - 1_000) * level * 17 / 10_000) as i16).collect()
    }

    #[test]
    fn speech_stands_out_from_the_line() {
        // (what, the line's own level, the voice's, whether that is speech)
        let rows = [
            ("a clear line", 8, 3_000, true),
            ("a quiet voice on it", 8, 130, true),
            ("a cough far away", 8, 60, false),
            ("a noisy line", 150, 3_000, true),
            ("the noise grows a little", 150, 300, false),
            ("a street, and a voice in it", 600, 3_000, true),
        ];
        for (what, line, voice, speech) in rows {
            let mut ear = Loudness::default();
            for _ in 0..1_000 {
                ear.hear(&noise(line));
            }
            assert_eq!(ear.hear(&noise(voice)), speech, "{what}");
        }
    }

    #[test]
    fn a_loud_sound_never_passes_for_silence_and_no_sound_is_none() {
        let mut ear = Loudness::default();
        assert!((0..10_000).all(|_| ear.hear(&noise(3_000))));
        assert!(!ear.hear(&[]) && !ear.hear(&[0; 160]));
    }
}
