//! What the joined party says while something is played over it: kept for less than a moment, and added to what is played.

use std::collections::VecDeque;

use crate::codec::{Codec, FRAME_SAMPLES};

/// Samples that wait to be added: 100 ms. Past it the oldest are dropped, so that a conversation does not lag behind.
const MOST: usize = 800;

/// The joined party's samples that have come and were not heard yet.
#[derive(Debug, Default)]
pub(crate) struct Mix(VecDeque<i16>);

impl Mix {
    /// Takes what the joined party says.
    pub(crate) fn push(&mut self, samples: &[i16]) {
        self.0.extend(samples);
        self.0.drain(..self.0.len().saturating_sub(MOST));
    }

    /// Adds what has come to a frame.
    pub(crate) fn add_to(&mut self, frame: &mut [i16; FRAME_SAMPLES]) {
        let count = self.0.len().min(FRAME_SAMPLES);
        for (sample, heard) in frame.iter_mut().zip(self.0.drain(..count)) {
            *sample = sample.saturating_add(heard);
        }
    }
}

/// Adds one frame to another.
pub(crate) fn add(frame: &mut [i16; FRAME_SAMPLES], other: &[i16; FRAME_SAMPLES]) {
    for (sample, other) in frame.iter_mut().zip(other) {
        *sample = sample.saturating_add(*other);
    }
}

/// A frame as `codec` sends it.
pub(crate) fn encode(codec: Codec, frame: &[i16; FRAME_SAMPLES], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + FRAME_SAMPLES, 0);
    codec.encode(frame, &mut out[start..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_heard_and_loud_ones_do_not_turn_over() {
        let mut mix = Mix::default();
        mix.push(&[1_000; 100]);
        mix.push(&[i16::MAX; 100]);
        let mut frame = [500; FRAME_SAMPLES];
        mix.add_to(&mut frame);
        assert_eq!((frame[0], frame[99], frame[100], frame[159]), (1_500, 1_500, i16::MAX, i16::MAX));
        let mut next = [0; FRAME_SAMPLES];
        mix.add_to(&mut next);
        assert_eq!((next[39], next[40]), (i16::MAX, 0), "what has not come is silence");
    }

    #[test]
    fn a_conversation_does_not_lag_behind() {
        let mut mix = Mix::default();
        mix.push(&[1; MOST]);
        mix.push(&[2; FRAME_SAMPLES]);
        assert_eq!(mix.0.len(), MOST);
        assert_eq!(mix.0.iter().filter(|sample| **sample == 2).count(), FRAME_SAMPLES);
    }
}
