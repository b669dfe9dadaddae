//! WAV to MP3, after the recording and on a thread of its own, one file after the other.
//!
//! The files that wait are found in the folder, so that none is forgotten with the process.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::sync::mpsc::Receiver;

use model::{Format, RecordingName};
use rusty_mp3::{Mp3Encoder, Mp3EncoderConfig};

use super::Ledger;
use super::folder::{Folder, NEW, RAW, draft};
use super::wav::{HEADER, RATE};

/// Kilobits a second and channel.
const KBPS: u32 = 24;

/// Kilobits a second of the higher rate, in one channel as in two: the most that all players take at 8 kHz.
const HQ_KBPS: u32 = 64;

/// Octets read at a time.
const CHUNK: usize = 64 * 1024;

/// Encodes what waits, now and whenever the bell rings; ends with the last bell.
pub(super) fn run(folder: &Folder, bell: &Receiver<()>, ledger: &Ledger) {
    loop {
        let waiting = folder.unfinished(RAW).unwrap_or_else(|error| {
            tracing::error!(%error, "the folder of recordings cannot be read");
            Vec::new()
        });
        for (name, format) in waiting {
            match encode(folder, &name, format) {
                Ok((bytes, samples)) => ledger.ready(&name, bytes, samples),
                Err(error) => {
                    tracing::error!(%error, recording = %name, "a recording cannot be encoded; its samples are kept as WAV");
                    give_up(folder, &name, format);
                    ledger.failed(&name);
                }
            }
        }
        if bell.recv().is_err() {
            return;
        }
    }
}

/// What cannot be encoded now is not tried again and again.
fn give_up(folder: &Folder, name: &RecordingName, format: Format) {
    if let Err(error) = folder.rename(&draft(name, format, RAW), &name.file(false)) {
        tracing::error!(%error, recording = %name, "and they cannot be set aside");
    }
}

/// Yields the octets of the MP3, and how many samples a channel has.
fn encode(folder: &Folder, name: &RecordingName, format: Format) -> io::Result<(u64, u64)> {
    let file = name.file(true);
    let (raw, new) = (draft(name, format, RAW), format!("{file}{NEW}"));
    let wav = folder.read(&raw)?;
    match folder.remove(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut mp3 = folder.create(&new)?;
    let samples = convert(wav, &mut mp3, format)?;
    mp3.sync_all()?;
    let bytes = mp3.metadata()?.len();
    folder.rename(&new, &file)?;
    folder.remove(&raw)?;
    Ok((bytes, samples))
}

fn convert(mut wav: File, mp3: &mut File, format: Format) -> io::Result<u64> {
    let mut head = [0; HEADER as usize];
    wav.read_exact(&mut head)?;
    let channels = u16::from_le_bytes([head[22], head[23]]).clamp(1, 2);
    let bitrate_kbps = if format == Format::Mp3Hq { HQ_KBPS } else { KBPS * u32::from(channels) };
    let mut encoder = Mp3Encoder::new(Mp3EncoderConfig { bitrate_kbps, vbr_quality: None });
    let (mut chunk, mut octets) = (vec![0; CHUNK], 0);
    loop {
        let count = fill(&mut wav, &mut chunk)?;
        if count == 0 {
            break;
        }
        octets += count as u64;
        encoder.push_pcm_s16le(&chunk[..count], channels, RATE).map_err(io::Error::other)?;
        drain(&mut encoder, mp3)?;
    }
    encoder.finish();
    drain(&mut encoder, mp3)?;
    // The first frame tells the length, which is known only now.
    if let Some(tag) = encoder.lame_tag_frame() {
        mp3.rewind()?;
        mp3.write_all(tag)?;
    }
    Ok(octets / 2 / u64::from(channels))
}

/// Writes the packets that are ready.
fn drain(encoder: &mut Mp3Encoder, mp3: &mut File) -> io::Result<()> {
    while let Ok(packet) = encoder.next_packet() {
        mp3.write_all(&packet)?;
    }
    Ok(())
}

/// Reads until the chunk is full or the file ends: a sample must not be cut in two.
fn fill(wav: &mut File, chunk: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while count < chunk.len() {
        match wav.read(&mut chunk[count..])? {
            0 => break,
            more => count += more,
        }
    }
    Ok(count)
}
