//! WAV to MP3, after the recording and on a thread of its own, one file after the other.
//!
//! The files that wait are found in the folder, so that none is forgotten with the process. One that the full disk has no room for
//! waits on, and is tried again.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use model::{Format, RecordingName};
use rusty_mp3::{Mp3Encoder, Mp3EncoderConfig};

use super::Ledger;
use super::folder::{Folder, NEW, RAW, draft};
use super::patience::Patience;
use super::wav::{HEADER, RATE};
use crate::clock;

/// Kilobits a second and channel.
const KBPS: u32 = 24;

/// Kilobits a second of the higher rate, in one channel as in two: the most that all players take at 8 kHz.
const HQ_KBPS: u32 = 64;

/// Octets read at a time.
const CHUNK: usize = 64 * 1024;

/// Encodes what waits, now, whenever the bell rings, and when something is to be tried again; ends with the last bell.
pub(super) fn run(folder: &Folder, bell: &Receiver<()>, ledger: &Ledger) {
    let mut patience = Patience::default();
    loop {
        let waiting = folder.unfinished(RAW).unwrap_or_else(|error| {
            tracing::error!(%error, "the folder of recordings cannot be read");
            Vec::new()
        });
        for (name, format) in waiting {
            if !patience.is_due(&name, clock::now().at) {
                continue;
            }
            match encode(folder, &name, format) {
                Ok((bytes, samples)) => {
                    patience.forget(&name);
                    ledger.ready(&name, bytes, samples);
                }
                Err(error) if waits(&error, &name, &mut patience) => make_room(folder, &name),
                Err(error) => {
                    patience.forget(&name);
                    tracing::error!(%error, recording = %name, "a recording cannot be encoded; its samples are kept as WAV");
                    give_up(folder, &name, format);
                    ledger.failed(&name);
                }
            }
        }
        if !rests(bell, &patience) {
            return;
        }
    }
}

/// Until the bell rings or something is to be tried again; not after the last bell.
fn rests(bell: &Receiver<()>, patience: &Patience) -> bool {
    match patience.next() {
        None => bell.recv().is_ok(),
        Some(due) => {
            let left = due.saturating_duration_since(clock::now().at).max(Duration::from_millis(1));
            !matches!(bell.recv_timeout(left), Err(RecvTimeoutError::Disconnected))
        }
    }
}

/// Whether a recording is tried again: the disk is full, and has not been for too long.
fn waits(error: &io::Error, name: &RecordingName, patience: &mut Patience) -> bool {
    if !matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        return false;
    }
    let tries = patience.postpone(name, clock::now().at);
    if tries == Some(1) {
        tracing::error!(%error, recording = %name, "there is no room for a recording's MP3, which is tried again: free space on its disk");
    }
    tries.is_some()
}

/// What was written of an MP3 takes none of the room that others need.
fn make_room(folder: &Folder, name: &RecordingName) {
    match folder.remove(&format!("{}{NEW}", name.file(true))) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::error!(%error, recording = %name, "what was written of an MP3 cannot be removed");
        }
        _ => {}
    }
}

/// What cannot be encoded is not tried again and again.
fn give_up(folder: &Folder, name: &RecordingName, format: Format) {
    make_room(folder, name);
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
