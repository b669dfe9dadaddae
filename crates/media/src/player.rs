//! Playing a list of audio into one leg, a packet at a time.

use std::sync::Arc;

use crate::codec::{Codec, FRAME_SAMPLES};
use crate::command::PlayId;
use crate::mix::{self, Mix};
use crate::pcm::Pcm;

/// Pieces of audio in one play; what is past it is dropped.
pub const MAX_AUDIO: usize = 64;

/// A play that is running: where it is in its list.
#[derive(Debug)]
pub(crate) struct Player {
    pub(crate) play: PlayId,
    audio: Vec<Arc<Pcm>>,
    repeat: bool,
    item: usize,
    offset: usize,
    /// What the joined party says meanwhile, if it is to be heard too.
    pub(crate) mix: Option<Mix>,
}

impl Player {
    pub(crate) fn new(play: PlayId, mut audio: Vec<Arc<Pcm>>, repeat: bool) -> Self {
        audio.truncate(MAX_AUDIO);
        // Without this an endless play of nothing would never yield a frame.
        audio.retain(|pcm| !pcm.samples().is_empty());
        Self { play, audio, repeat, item: 0, offset: 0, mix: None }
    }

    /// The same over what the joined party says.
    pub(crate) fn over(play: PlayId, audio: Vec<Arc<Pcm>>) -> Self {
        Self { mix: Some(Mix::default()), ..Self::new(play, audio, false) }
    }

    /// Appends the next 20 ms, the last of them filled up with silence; false when nothing is left.
    pub(crate) fn fill(&mut self, codec: Codec, out: &mut Vec<u8>) -> bool {
        if let Some(mut mix) = self.mix.take() {
            let goes_on = self.fill_over(&mut mix, codec, out);
            self.mix = Some(mix);
            return goes_on;
        }
        let end = out.len() + FRAME_SAMPLES;
        self.walk(|pcm, offset, count| out.extend_from_slice(&pcm.encoded(codec)[offset..offset + count])) && {
            out.resize(end, codec.silence());
            true
        }
    }

    fn fill_over(&mut self, mix: &mut Mix, codec: Codec, out: &mut Vec<u8>) -> bool {
        let Some(mut frame) = self.frame() else { return false };
        mix.add_to(&mut frame);
        mix::encode(codec, &frame, out);
        true
    }

    /// The same over the end of a play before, as [`Player::fade`] gave it.
    pub(crate) fn fill_over_tail(&mut self, tail: &[i16; FRAME_SAMPLES], codec: Codec, out: &mut Vec<u8>) -> bool {
        let Some(mut frame) = self.frame() else { return false };
        mix::add(&mut frame, tail);
        mix::encode(codec, &frame, out);
        true
    }

    /// What it would say next, fading to nothing; none of what is said over a conversation, which goes on.
    pub(crate) fn fade(&mut self) -> Option<[i16; FRAME_SAMPLES]> {
        if self.mix.is_some() {
            return None;
        }
        self.frame().map(fading)
    }

    fn frame(&mut self) -> Option<[i16; FRAME_SAMPLES]> {
        let (mut frame, mut at) = ([0; FRAME_SAMPLES], 0);
        let goes_on = self.walk(|pcm, offset, count| {
            frame[at..at + count].copy_from_slice(&pcm.samples()[offset..offset + count]);
            at += count;
        });
        goes_on.then_some(frame)
    }

    /// Passes over the next 20 ms; false when nothing is left.
    pub(crate) fn skip(&mut self) -> bool {
        self.walk(|_, _, _| {})
    }

    /// Walks over one frame in pieces: the audio, where in it, how many samples.
    fn walk(&mut self, mut piece: impl FnMut(&Pcm, usize, usize)) -> bool {
        let mut missing = FRAME_SAMPLES;
        while missing > 0 {
            let Some(pcm) = self.audio.get(self.item) else {
                if self.repeat && !self.audio.is_empty() {
                    self.item = 0;
                    continue;
                }
                break;
            };
            let count = missing.min(pcm.samples().len() - self.offset);
            piece(pcm, self.offset, count);
            missing -= count;
            self.offset += count;
            if self.offset == pcm.samples().len() {
                (self.item, self.offset) = (self.item + 1, 0);
            }
        }
        missing < FRAME_SAMPLES
    }
}

/// The same, fading to nothing.
pub(crate) fn fading(mut frame: [i16; FRAME_SAMPLES]) -> [i16; FRAME_SAMPLES] {
    for (place, sample) in frame.iter_mut().enumerate() {
        let left = (FRAME_SAMPLES - 1 - place) as i32;
        *sample = (i32::from(*sample) * left / FRAME_SAMPLES as i32) as i16;
    }
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pcm(length: usize, value: i16) -> Arc<Pcm> {
        Arc::new(Pcm::new("test", vec![value; length]))
    }

    fn play(audio: Vec<Arc<Pcm>>, repeat: bool) -> Player {
        Player::new(PlayId(1), audio, repeat)
    }

    #[test]
    fn frames_cross_pieces_and_the_last_is_filled_up() {
        let codec = Codec::Pcmu;
        let mut code = [0u8; 2];
        codec.encode(&[1_000, -2_000], &mut code);
        let mut player = play(vec![pcm(100, 1_000), pcm(0, 0), pcm(100, -2_000)], false);
        let mut out = vec![7];
        assert!(player.fill(codec, &mut out));
        assert_eq!(out, [vec![7], vec![code[0]; 100], vec![code[1]; 60]].concat());
        out.clear();
        assert!(player.fill(codec, &mut out));
        assert_eq!(out, [vec![code[1]; 40], vec![codec.silence(); 120]].concat());
        assert!(!player.fill(codec, &mut out) && !player.skip());
        assert_eq!(out.len(), 160, "nothing more is written");
    }

    #[test]
    fn repeats_until_it_is_dropped_but_never_nothing() {
        let mut player = play(vec![pcm(50, 1)], true);
        assert!((0..1_000).all(|_| player.skip()));
        assert!(!play(vec![pcm(0, 0)], true).skip());
        assert!(!play(Vec::new(), true).skip());
    }

    #[test]
    fn a_play_that_is_stopped_fades_and_the_next_one_begins_over_it() {
        let mut player = play(vec![pcm(1_000, 16_000)], false);
        let tail = player.fade().expect("it goes on");
        assert_eq!((tail[0], tail[80], tail[159]), (15_900, 7_900, 0));
        assert!(tail.windows(2).all(|pair| pair[0] - pair[1] <= 100), "no step");
        let mut next = play(vec![pcm(160, 1_000)], false);
        let mut out = Vec::new();
        assert!(
            next.fill_over_tail(&tail, Codec::Pcmu, &mut out) && !next.fill_over_tail(&tail, Codec::Pcmu, &mut out)
        );
        let mut heard = [0; 160];
        Codec::Pcmu.decode(&out, &mut heard);
        assert!((16_500..17_300).contains(&heard[0]) && (980..1_020).contains(&heard[159]), "{heard:?}");
        assert_eq!(play(Vec::new(), false).fade(), None);
        assert_eq!(Player::over(PlayId(1), vec![pcm(160, 1)]).fade(), None);
    }

    #[test]
    fn a_list_has_a_limit() {
        let mut player = play(vec![pcm(160, 1); MAX_AUDIO + 5], false);
        assert_eq!((0..MAX_AUDIO + 5).filter(|_| player.skip()).count(), MAX_AUDIO);
    }
}
