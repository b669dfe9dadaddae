//! Between the rate of calls and that of a stream, both ways.

use media::Progress;
use media::codec::SAMPLE_RATE;

use crate::resample::Resampler;

/// What an application hears.
pub(super) struct Ear(Option<Resampler>);

impl Ear {
    pub(super) fn new(rate: u32) -> Self {
        Self((rate != SAMPLE_RATE).then(|| Resampler::new(SAMPLE_RATE, rate)))
    }

    pub(super) fn hear(&mut self, samples: Vec<i16>) -> Vec<i16> {
        match &mut self.0 {
            None => samples,
            Some(resampler) => through(resampler, &samples),
        }
    }
}

/// What an application says, and how much of it is through.
pub(super) struct Mouth {
    rate: u32,
    resampler: Option<Resampler>,
    /// Samples that came, at the stream's rate.
    given: u64,
    /// Samples that went on to the call.
    made: u64,
}

impl Mouth {
    pub(super) fn new(rate: u32) -> Self {
        let resampler = (rate != SAMPLE_RATE).then(|| Resampler::new(rate, SAMPLE_RATE));
        Self { rate, resampler, given: 0, made: 0 }
    }

    pub(super) fn say(&mut self, samples: Vec<i16>) -> Vec<i16> {
        self.given += samples.len() as u64;
        let made = match &mut self.resampler {
            None => samples,
            Some(resampler) => through(resampler, &samples),
        };
        self.made += made.len() as u64;
        made
    }

    /// What the application said is not wanted any more.
    pub(super) fn clear(&mut self) {
        if self.resampler.is_some() {
            self.resampler = Some(Resampler::new(self.rate, SAMPLE_RATE));
        }
    }

    /// The call's progress in samples of the stream. What the filter still holds counts as through with what went before it:
    /// when nothing more comes, it is never said.
    pub(super) fn progress(&mut self, progress: Progress) -> Progress {
        let Progress { played, dropped } = progress;
        if self.resampler.is_none() {
            return progress;
        }
        let up = |samples: u64| samples * u64::from(self.rate) / u64::from(SAMPLE_RATE);
        let dropped = up(dropped).min(self.given);
        if played + progress.dropped >= self.made {
            return Progress { played: self.given - dropped, dropped };
        }
        Progress { played: up(played).min(self.given - dropped), dropped }
    }
}

fn through(resampler: &mut Resampler, samples: &[i16]) -> Vec<i16> {
    let input: Vec<f32> = samples.iter().map(|sample| f32::from(*sample)).collect();
    let mut output = Vec::new();
    resampler.push(&input, &mut output);
    // A cast to an integer saturates.
    output.into_iter().map(|sample| sample.round() as i16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(rate: u32, count: usize) -> Vec<i16> {
        let step = 2.0 * std::f64::consts::PI * 440.0 / f64::from(rate);
        (0..count).map(|n| (10_000.0 * (step * n as f64).sin()) as i16).collect()
    }

    #[test]
    fn a_tone_goes_up_and_down_and_stays_one() {
        for rate in [8_000, 16_000, 24_000] {
            let (mut ear, mut mouth) = (Ear::new(rate), Mouth::new(rate));
            let said: Vec<i16> = tone(8_000, 8_000).chunks(160).flat_map(|frame| ear.hear(frame.to_vec())).collect();
            let expected = 8_000 * rate as usize / 8_000;
            assert!((expected - 300..=expected).contains(&said.len()), "{rate}: {}", said.len());
            let back: Vec<i16> = said.chunks(777).flat_map(|chunk| mouth.say(chunk.to_vec())).collect();
            let middle = &back[1_000..7_000];
            let level = (middle.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / 6_000.0).sqrt();
            assert!((6_900.0..7_250.0).contains(&level), "{rate}: {level}");
            let crossings = middle.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
            assert!((329..=331).contains(&crossings), "{rate}: {crossings}");
        }
    }

    #[test]
    fn what_is_through_is_told_in_samples_of_the_stream() {
        let mut mouth = Mouth::new(24_000);
        let made = mouth.say(vec![1; 2_400]).len() as u64;
        assert!((700..800).contains(&made), "the filter holds the rest: {made}");
        let told = |mouth: &mut Mouth, played, dropped| mouth.progress(Progress { played, dropped });
        assert_eq!(told(&mut mouth, 160, 0), Progress { played: 480, dropped: 0 });
        assert_eq!(told(&mut mouth, made, 0), Progress { played: 2_400, dropped: 0 });
        mouth.clear();
        let more = mouth.say(vec![1; 2_400]).len() as u64;
        assert_eq!(told(&mut mouth, made + 160, 0), Progress { played: 3 * (made + 160), dropped: 0 });
        let all = told(&mut mouth, made + 160, more - 160);
        assert_eq!((all.played + all.dropped, all.dropped), (4_800, 3 * (more - 160)));
    }
}
