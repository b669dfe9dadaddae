//! A WAV file that is whole at every moment: its header is written anew with each block.
//!
//! 16 bits linear at 8 kHz. What is left out is silence: a hole of the file system. A run that ends in the middle leaves a
//! file that opens; [`repair`] gives it the last of what was written, too.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

/// Octets before the samples.
pub(super) const HEADER: u64 = 44;

/// Samples a second.
pub(super) const RATE: u32 = 8_000;

const SAMPLE: u64 = 2;

/// A file that is being written.
#[derive(Debug)]
pub(super) struct Wav {
    file: File,
    channels: u16,
    /// Octets of samples so far.
    length: u64,
}

impl Wav {
    /// Begins a file.
    pub(super) fn new(file: File, channels: u16) -> io::Result<Self> {
        let wav = Self { file, channels, length: 0 };
        wav.write_header()?;
        Ok(wav)
    }

    /// Writes samples, of several channels by turns, to their place.
    pub(super) fn put(&mut self, at: u64, samples: &[i16]) -> io::Result<()> {
        let start = at * SAMPLE * u64::from(self.channels);
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let end = (start + bytes.len() as u64).max(self.length);
        if end + HEADER > u64::from(u32::MAX) {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "a WAV file has at most 4 GiB"));
        }
        self.file.write_all_at(&bytes, HEADER + start)?;
        if end > self.length {
            self.file.set_len(HEADER + end)?;
        }
        self.length = end;
        self.write_header()
    }

    /// Octets of the file.
    pub(super) fn bytes(&self) -> u64 {
        HEADER + self.length
    }

    /// All of it is on the disk.
    pub(super) fn finish(self) -> io::Result<()> {
        self.file.sync_all()
    }

    fn write_header(&self) -> io::Result<()> {
        self.file.write_all_at(&header(self.channels, self.length), 0)
    }
}

/// Mends the header of a file whose writer ended early. Yields its octets, and how many samples a channel has.
pub(super) fn repair(file: &File) -> io::Result<(u64, u64)> {
    let mut head = [0; HEADER as usize];
    let size = file.metadata()?.len();
    // The process may have died before the first header was written; then nothing was recorded.
    let channels = if size >= HEADER { file.read_exact_at(&mut head, 0).map(|()| head[22])? } else { 1 };
    let channels: u16 = if channels == 2 { 2 } else { 1 };
    let frame = SAMPLE * u64::from(channels);
    let length = size.saturating_sub(HEADER) / frame * frame;
    file.write_all_at(&header(channels, length), 0)?;
    file.set_len(HEADER + length)?;
    file.sync_all()?;
    Ok((HEADER + length, length / frame))
}

fn header(channels: u16, length: u64) -> [u8; HEADER as usize] {
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    let frame = channels * SAMPLE as u16;
    let mut bytes = [0; HEADER as usize];
    let pieces: [&[u8]; 13] = [
        b"RIFF",
        &length.saturating_add(HEADER as u32 - 8).to_le_bytes(),
        b"WAVE",
        b"fmt ",
        &16_u32.to_le_bytes(),
        &1_u16.to_le_bytes(), // linear
        &channels.to_le_bytes(),
        &RATE.to_le_bytes(),
        &(RATE * u32::from(frame)).to_le_bytes(),
        &frame.to_le_bytes(),
        &16_u16.to_le_bytes(),
        b"data",
        &length.to_le_bytes(),
    ];
    let mut place = &mut bytes[..];
    for piece in pieces {
        let (now, rest) = place.split_at_mut(piece.len());
        now.copy_from_slice(piece);
        place = rest;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &File) -> (u16, Vec<i16>) {
        let mut copy = file.try_clone().expect("a handle");
        io::Seek::rewind(&mut copy).expect("from the start");
        let reader = hound::WavReader::new(copy).expect("a WAV file");
        (reader.spec().channels, reader.into_samples::<i16>().map(|sample| sample.expect("a sample")).collect())
    }

    #[test]
    fn the_file_is_whole_after_each_block_and_a_gap_is_silence() {
        let file = tempfile::tempfile().expect("a file");
        let mut wav = Wav::new(file.try_clone().expect("a handle"), 2).expect("begun");
        assert_eq!(read(&file), (2, vec![]));
        wav.put(0, &[1, -1]).expect("written");
        assert_eq!(read(&file), (2, vec![1, -1]));
        wav.put(3, &[2, -2]).expect("written");
        assert_eq!(read(&file), (2, vec![1, -1, 0, 0, 0, 0, 2, -2]));
        wav.put(5, &[]).expect("written");
        assert_eq!((read(&file).1.len(), wav.bytes()), (10, 64), "a silent end has its length");
        let error = wav.put(1 << 30, &[1, 1]).expect_err("too long");
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(read(&file).1.len(), 10);
    }

    #[test]
    fn a_file_that_was_left_in_the_middle_is_mended() {
        let file = tempfile::tempfile().expect("a file");
        let mut wav = Wav::new(file.try_clone().expect("a handle"), 2).expect("begun");
        wav.put(0, &[1, 2]).expect("written");
        // As if the process had died between the samples and the header, in the middle of a frame.
        file.write_all_at(&[3, 0, 4, 0, 5], wav.bytes()).expect("written");
        assert_eq!(repair(&file).expect("mended"), (52, 2));
        assert_eq!(read(&file), (2, vec![1, 2, 3, 4]));
        let empty = tempfile::tempfile().expect("a file");
        assert_eq!(repair(&empty).expect("mended"), (44, 0));
        assert_eq!(read(&empty), (1, vec![]));
    }
}
