//! Sound files of each kind, whole and broken. The fixtures are a tone of 1 kHz, one second, at half of full level.

use std::f64::consts::PI;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use server::prompt::{BYTES_MAX, Decoded, PromptError, decode};

const MP3: &[u8] = include_bytes!("data/tone.mp3"); // 44.1 kHz, mono, 64 kbit/s
const OGG: &[u8] = include_bytes!("data/tone.ogg"); // 22.05 kHz, stereo

/// How a WAV file codes a sample.
#[derive(Clone, Copy, Debug)]
enum Coding {
    U8,
    S16,
    S24,
    S32,
    F32,
    Ulaw,
}

/// A WAV file of `count` samples of a 1 kHz tone at half level, the same in each channel.
fn wav(rate: u32, channels: u16, coding: Coding, count: u32) -> Vec<u8> {
    let (tag, bytes) = match coding {
        Coding::U8 => (1_u16, 1_u16),
        Coding::S16 => (1, 2),
        Coding::S24 => (1, 3),
        Coding::S32 => (1, 4),
        Coding::F32 => (3, 4),
        Coding::Ulaw => (7, 1),
    };
    let mut data = Vec::<u8>::new();
    for n in 0..count {
        let x = (2.0 * PI * 1000.0 * f64::from(n) / f64::from(rate)).sin() * 0.5;
        let sample = match coding {
            Coding::U8 => vec![(x * 128.0 + 128.0).round() as u8],
            Coding::S16 => ((x * 32_768.0).round() as i16).to_le_bytes().to_vec(),
            Coding::S24 => ((x * 8_388_608.0).round() as i32).to_le_bytes()[..3].to_vec(),
            Coding::S32 => ((x * 2_147_483_648.0).round() as i32).to_le_bytes().to_vec(),
            Coding::F32 => (x as f32).to_le_bytes().to_vec(),
            Coding::Ulaw => vec![ulaw(x)],
        };
        (0..channels).for_each(|_| data.extend(&sample));
    }
    let mut file = b"RIFF".to_vec();
    let extension: &[u8] = if tag == 1 { b"" } else { b"\0\0" };
    file.extend((36 + extension.len() as u32 + data.len() as u32).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend((16 + extension.len() as u32).to_le_bytes());
    file.extend(tag.to_le_bytes());
    file.extend(channels.to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend((rate * u32::from(channels * bytes)).to_le_bytes());
    file.extend((channels * bytes).to_le_bytes());
    file.extend((bytes * 8).to_le_bytes());
    file.extend(extension);
    file.extend(b"data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file
}

/// G.711 mu-law of a sample in -1..1.
fn ulaw(x: f64) -> u8 {
    let magnitude = ((x.abs() * 32_768.0) as u32 + 132).min(32_767);
    let exponent = magnitude.ilog2() - 7;
    let mantissa = (magnitude >> (exponent + 3)) & 15;
    !((if x < 0.0 { 128 } else { 0 }) | (exponent << 4) as u8 | mantissa as u8)
}

/// Level of the 1 kHz tone in the middle of a sound, 0.5 if it is whole, and of everything else.
fn tone_and_rest(sound: &Decoded) -> (f64, f64) {
    let length = sound.samples.len() / 2 / 8 * 8; // whole periods
    let middle = &sound.samples[sound.samples.len() / 4..][..length];
    let (mut re, mut im, mut power) = (0.0, 0.0, 0.0);
    for (n, &sample) in middle.iter().enumerate() {
        let (x, angle) = (f64::from(sample) / 32_768.0, 2.0 * PI * n as f64 / 8.0);
        (re, im, power) = (re + x * angle.cos(), im + x * angle.sin(), power + x * x);
    }
    let tone = 2.0 * (re * re + im * im).sqrt() / length as f64;
    (tone, (2.0 * (power / length as f64) - tone * tone).max(0.0).sqrt())
}

fn assert_is_the_tone(sound: &Decoded, seconds: f64, rest_max: f64, what: &str) {
    assert_eq!(sound.rate, 8000, "{what}");
    let length = sound.samples.len() as f64 / 8000.0;
    assert!((length - seconds).abs() < 0.06, "{what}: {length} s");
    let (tone, rest) = tone_and_rest(sound);
    assert!((tone - 0.5).abs() < 0.01 && rest < rest_max, "{what}: {tone} and {rest}");
}

#[test]
fn wav_of_every_rate_width_and_number_of_channels() {
    for rate in [6000, 8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000] {
        for coding in [Coding::U8, Coding::S16, Coding::S24, Coding::S32, Coding::F32, Coding::Ulaw] {
            for channels in [1, 2] {
                let what = format!("{rate} Hz, {channels} channels, {coding:?}");
                let sound = decode(&wav(rate, channels, coding, rate / 4), "tone.wav").expect(&what);
                assert_is_the_tone(&sound, 0.25, 0.02, &what);
            }
        }
    }
}

#[test]
fn a_telephones_own_wav_keeps_every_bit() {
    let file = wav(8000, 1, Coding::S16, 8000);
    let samples: Vec<i16> = file[44..].chunks(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    assert_eq!(decode(&file, "x.wav").unwrap().samples, samples);
}

#[test]
fn a_wav_from_a_pipe_need_not_know_its_length() {
    for length in [u32::MAX, 0x7fff_f000] {
        let mut file = wav(8000, 1, Coding::S16, 8000);
        file[4..8].copy_from_slice(&length.saturating_add(36).to_le_bytes());
        file[40..44].copy_from_slice(&length.to_le_bytes());
        let sound = decode(&file, "pipe.wav").unwrap_or_else(|error| panic!("{length}: {error}"));
        assert_is_the_tone(&sound, 1.0, 0.01, &format!("{length}"));
    }
}

#[test]
fn mp3_and_ogg_are_read_whatever_their_name() {
    for name in ["tone.mp3", "tone.ogg", "tone.wav", "tone"] {
        assert_is_the_tone(&decode(MP3, name).unwrap(), 1.0, 0.01, "mp3");
        assert_is_the_tone(&decode(OGG, name).unwrap(), 1.0, 0.03, "ogg");
    }
}

#[test]
fn channels_are_mixed_and_not_summed() {
    let mut file = wav(8000, 2, Coding::S16, 800);
    for frame in file[44..].chunks_mut(4) {
        frame.copy_from_slice(&[0xff, 0x7f, 0xff, 0x7f]); // both at full level
    }
    assert!(decode(&file, "x.wav").unwrap().samples.iter().all(|&sample| sample == i16::MAX));
    for frame in file[44..].chunks_mut(4) {
        frame.copy_from_slice(&[0, 0x40, 0, 0]); // half level on the left only
    }
    assert!(decode(&file, "x.wav").unwrap().samples.iter().all(|&sample| sample == 0x2000));
}

#[test]
fn what_is_no_prompt_is_told_with_a_way_out() {
    let too_long = wav(8000, 1, Coding::U8, 8000 * 601);
    let fast = wav(384_000, 1, Coding::S16, 1000);
    let crowd = wav(8000, 9, Coding::S16, 100);
    let mut short_ulaw = wav(8000, 1, Coding::Ulaw, 100);
    short_ulaw.drain(36..38);
    short_ulaw[16] = 16;
    let mut gsm = wav(8000, 1, Coding::S16, 100);
    gsm[20] = 0x31; // GSM 06.10
    let rows: [(&[u8], &str); 10] = [
        (&short_ulaw, "damaged"),
        (&gsm, "wav: unsupported"),
        (&vec![0; BYTES_MAX + 1], "more than 10 MiB"),
        (&too_long, "longer than 10 minutes"),
        (b"", "no sound"),
        (&wav(8000, 1, Coding::S16, 0), "no sound"),
        (b"this is text, and long enough to look at it for the marks of a sound file", "no WAV, MP3 or OGG"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "no WAV, MP3 or OGG"),
        (&fast, "384000 Hz"),
        (&crowd, "9 channels"),
    ];
    for (bytes, told) in rows {
        let Err(error) = decode(bytes, "flows/hold.wav") else { panic!("read: {told}") };
        let text = error.to_string();
        assert!(text.starts_with("flows/hold.wav: ") && text.contains(told), "{text}");
        assert!(text.contains("; "), "what to do is missing: {text}");
    }
    assert!(decode(&wav(8000, 1, Coding::U8, 8000 * 600), "x.wav").is_ok());
}

#[test]
fn a_file_that_breaks_off_plays_as_far_as_it_goes() {
    let file = wav(8000, 1, Coding::S16, 8000);
    assert!(decode(&file[..44 + 8000], "x.wav").unwrap().samples.len() > 3000);
    assert!(decode(&MP3[..4000], "x.mp3").unwrap().samples.len() > 2000);
}

#[test]
fn no_damage_makes_it_panic() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut read = 0;
    for file in [MP3, OGG, &wav(44_100, 2, Coding::S24, 1000)] {
        for _ in 0..100 {
            let mut bytes = file.to_vec();
            for _ in 0..1 + random.next_u32() % 8 {
                // Headers decide most: half of the blows go there.
                let reach = if random.next_u32().is_multiple_of(2) { 200 } else { bytes.len() };
                bytes[random.next_u32() as usize % reach] = random.next_u32() as u8;
            }
            match decode(&bytes, "x") {
                Ok(sound) => read += usize::from(sound.rate == 8000),
                Err(PromptError::TooLarge(_)) => panic!("it did not grow"),
                Err(_) => {}
            }
        }
    }
    assert!(read > 30, "most damage is a click: {read} of 300 read");
}
