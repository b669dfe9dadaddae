//! The recorder of a rehearsal: keeps what files would hold, and says what was heard in them.

use std::time::Duration;

use media::{Fate, Recorded, RecordingId};
use model::{Record, RecordingName};

use crate::sound::Tones;

/// Samples of a second.
const SECOND: u64 = 8_000;

/// What a recording came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Its name.
    pub name: RecordingName,
    /// How it is kept.
    pub record: Record,
    /// Who is heard in each channel, by name, each once until another is.
    pub channels: Vec<Vec<String>>,
    /// How long it is.
    pub length: Duration,
}

#[derive(Default)]
pub(crate) struct Recorder {
    files: Vec<File>,
    /// Why no file takes any more.
    pub(crate) failure: Option<String>,
}

struct File {
    id: RecordingId,
    name: RecordingName,
    record: Record,
    samples: Vec<i16>,
    frames: u64,
    fate: Option<Fate>,
}

impl Recorder {
    pub(crate) fn begin(&mut self, id: RecordingId, recording: model::Recording) {
        let (name, record) = (recording.name, recording.record);
        self.files.push(File { id, name, record, samples: Vec::new(), frames: 0, fate: None });
    }

    /// Takes a block, or says why it cannot.
    pub(crate) fn take(&mut self, block: &Recorded) -> Option<String> {
        let file = self.files.iter_mut().find(|file| file.id == block.recording).expect("a file for each recording");
        assert!(
            file.fate.is_none() && block.at == file.frames,
            "blocks follow each other, and nothing follows the end"
        );
        file.frames += block.samples.len() as u64 / file.channels() as u64;
        file.fate = block.end;
        if self.failure.is_none() {
            file.samples.extend(&block.samples);
        }
        self.failure.clone()
    }

    /// Whether every recording came to its end.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.files.iter().all(|file| file.fate.is_some())
    }

    pub(crate) fn heard(&self, tones: &Tones) -> Vec<Heard> {
        let kept = self.files.iter().filter(|file| file.fate != Some(Fate::Discard));
        kept.map(|file| file.heard(tones)).collect()
    }
}

impl File {
    fn channels(&self) -> usize {
        if self.record.dual { 2 } else { 1 }
    }

    fn heard(&self, tones: &Tones) -> Heard {
        let channels = self.channels();
        let one =
            |channel: usize| -> Vec<i16> { self.samples.iter().skip(channel).step_by(channels).copied().collect() };
        Heard {
            name: self.name.clone(),
            record: self.record,
            channels: (0..channels).map(|channel| tones.heard(&one(channel))).collect(),
            length: Duration::from_micros(self.frames * 1_000_000 / SECOND),
        }
    }
}
