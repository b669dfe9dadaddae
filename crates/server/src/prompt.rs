//! Sound files become what a telephone plays: 8 kHz, one channel, 16 bits. WAV, MP3 and OGG Vorbis, of any usual rate.

use std::io::Cursor;
use std::panic::catch_unwind;

use symphonia::core::audio::GenericAudioBufferRef;
use symphonia::core::codecs::audio::AudioDecoder;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatReader, TrackType};
use symphonia::core::io::MediaSourceStream;

use crate::resample::Resampler;

/// Samples a second of a telephone line.
pub const RATE: u32 = 8000;

/// Bytes of a sound file.
pub const BYTES_MAX: usize = 10 * 1024 * 1024;

/// Length of a prompt, in seconds.
pub const SECONDS_MAX: usize = 600;

/// Sample rates that are read, in Hz.
const RATES: std::ops::RangeInclusive<u32> = 4000..=192_000;

/// Channels that are mixed.
const CHANNELS_MAX: usize = 8;

/// A prompt, ready to be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// Samples a second: 8,000.
    pub rate: u32,
    /// One channel, linear, 16 bits.
    pub samples: Vec<i16>,
}

/// Why a sound file cannot be a prompt, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// More bytes than [`BYTES_MAX`].
    #[error("{0}: the file has more than 10 MiB; shorten it, or save it as 8 kHz mono WAV or as MP3")]
    TooLarge(String),
    /// Longer than [`SECONDS_MAX`].
    #[error("{0}: the sound is longer than 10 minutes; cut it into several prompts")]
    TooLong(String),
    /// No format that is read here.
    #[error(
        "{0}: this is no WAV, MP3 or OGG Vorbis file; convert it, for example: sox INPUT -r 8000 -c 1 -b 16 OUTPUT.wav"
    )]
    Unknown(String),
    /// A format that is read here, of a kind that is not.
    #[error("{0}: {1}; convert it, for example: sox INPUT -r 8000 -c 1 -b 16 OUTPUT.wav")]
    Unsupported(String, String),
    /// The file breaks off or contradicts itself.
    #[error("{0}: the file is damaged ({1}); save it again")]
    Damaged(String, String),
    /// There is nothing to hear.
    #[error("{0}: the file holds no sound; record it again")]
    Empty(String),
}

/// Reads a sound file whose `name` the errors tell; the name's ending is a hint only.
pub fn decode(bytes: &[u8], name: &str) -> Result<Decoded, PromptError> {
    if bytes.len() > BYTES_MAX {
        return Err(PromptError::TooLarge(name.to_owned()));
    }
    read(bytes, name)
}

/// Like [`decode`], for bytes whose number was bounded elsewhere.
pub(crate) fn read(bytes: &[u8], name: &str) -> Result<Decoded, PromptError> {
    // Damaged files can make the decoders panic: symphonia 0.6 multiplies a WAV header's fields unchecked.
    catch_unwind(|| decode_all(bytes, name))
        .unwrap_or_else(|_| Err(PromptError::Damaged(name.to_owned(), "its decoder gave up".to_owned())))
}

fn decode_all(bytes: &[u8], name: &str) -> Result<Decoded, PromptError> {
    if bytes.is_empty() {
        return Err(PromptError::Empty(name.to_owned()));
    }
    let (mut format, track, mut decoder) = open(bytes, name)?;
    let mut line = None;
    let mut heard = Vec::new();
    let mut interleaved = Vec::new();
    loop {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            // What was heard so far is whole: files of streams promise more than they hold.
            Err(Error::IoError(_)) if !heard.is_empty() => break,
            Err(error) => return Err(damaged(name, &error)),
        };
        if packet.track_id != track {
            continue;
        }
        match decoder.decode(&packet) {
            Ok(sound) => {
                let line = match &mut line {
                    Some(line) => line,
                    None => line.insert(Line::new(&sound, name)?),
                };
                line.push(&sound, &mut interleaved, &mut heard, name)?;
            }
            // One broken frame is a click, as in any player.
            Err(Error::DecodeError(_)) => {}
            Err(error) => return Err(damaged(name, &error)),
        }
        if heard.len() > SECONDS_MAX * RATE as usize {
            return Err(PromptError::TooLong(name.to_owned()));
        }
    }
    if let Some(line) = line {
        line.resampler.into_iter().for_each(|resampler| resampler.finish(&mut heard));
    }
    if heard.is_empty() {
        return Err(PromptError::Empty(name.to_owned()));
    }
    let samples = heard.into_iter().map(|sample| (sample * 32_768.0).round() as i16).collect();
    Ok(Decoded { rate: RATE, samples })
}

type Opened<'a> = (Box<dyn FormatReader + 'a>, u32, Box<dyn AudioDecoder>);

fn open<'a>(bytes: &'a [u8], name: &str) -> Result<Opened<'a>, PromptError> {
    let mut hint = Hint::new();
    if let Some((_, ending)) = name.rsplit_once('.') {
        hint.with_extension(ending);
    }
    let stream = MediaSourceStream::new(Box::new(Cursor::new(bytes)), Default::default());
    let format = symphonia::default::get_probe().probe(&hint, stream, Default::default(), Default::default()).map_err(
        |error| match error {
            Error::Unsupported(what) if !what.starts_with("core") => {
                PromptError::Unsupported(name.to_owned(), what.to_owned())
            }
            Error::DecodeError(_) => damaged(name, &error),
            _ => PromptError::Unknown(name.to_owned()),
        },
    )?;
    let unsupported = |what: &str| PromptError::Unsupported(name.to_owned(), what.to_owned());
    let track = format.default_track(TrackType::Audio).ok_or_else(|| unsupported("it has no sound track"))?;
    let parameters = track.codec_params.as_ref().and_then(|parameters| parameters.audio());
    let parameters = parameters.ok_or_else(|| unsupported("its sound track does not say how it is coded"))?;
    let decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &Default::default())
        .map_err(|_| unsupported("its sound is coded in a way that is not read here"))?;
    let track = track.id;
    Ok((format, track, decoder))
}

fn damaged(name: &str, error: &Error) -> PromptError {
    PromptError::Damaged(name.to_owned(), error.to_string())
}

/// The way from a file's sound to the telephone's.
struct Line {
    rate: u32,
    channels: usize,
    /// None if the rate is right already: then not a bit changes.
    resampler: Option<Resampler>,
}

impl Line {
    fn new(sound: &GenericAudioBufferRef<'_>, name: &str) -> Result<Self, PromptError> {
        let (rate, channels) = (sound.spec().rate(), sound.spec().channels().count());
        if !RATES.contains(&rate) {
            return Err(PromptError::Unsupported(name.to_owned(), format!("its sample rate is {rate} Hz")));
        }
        if channels == 0 || channels > CHANNELS_MAX {
            return Err(PromptError::Unsupported(name.to_owned(), format!("it has {channels} channels")));
        }
        Ok(Self { rate, channels, resampler: (rate != RATE).then(|| Resampler::new(rate, RATE)) })
    }

    fn push(
        &mut self,
        sound: &GenericAudioBufferRef<'_>,
        interleaved: &mut Vec<f32>,
        heard: &mut Vec<f32>,
        name: &str,
    ) -> Result<(), PromptError> {
        if (sound.spec().rate(), sound.spec().channels().count()) != (self.rate, self.channels) {
            return Err(PromptError::Unsupported(name.to_owned(), "its sample rate changes on the way".to_owned()));
        }
        sound.copy_to_vec_interleaved(interleaved);
        let share = 1.0 / self.channels as f32;
        let mono: Vec<f32> =
            interleaved.chunks_exact(self.channels).map(|frame| frame.iter().sum::<f32>() * share).collect();
        match &mut self.resampler {
            Some(resampler) => resampler.push(&mono, heard),
            None => heard.extend(mono),
        }
        Ok(())
    }
}
