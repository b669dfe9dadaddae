//! Text to speech: by a program that runs beside us, once for each text and voice. What it said is kept on disk.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::prompt::{self, Decoded, PromptError};

/// Characters of one text.
pub const TEXT_MAX: usize = 4000;

/// Bytes of sound that a speech program may give: [`TEXT_MAX`] characters, spoken slowly, at 22 kHz, four times over.
const SOUND_MAX: u64 = 64 * 1024 * 1024;

/// Bytes of a speech program's complaint that are told.
const COMPLAINT_MAX: u64 = 500;

/// Speaks.
pub trait Speech: Send + Sync {
    /// The text as sound. Waits until it is there: call it where waiting is allowed.
    fn render(&self, text: &str) -> Result<Decoded, SpeechError>;

    /// Names the voice, and with it all that makes the same text sound different.
    fn voice(&self) -> String;
}

/// Why a text cannot be spoken, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpeechError {
    /// There is nothing to say.
    #[error("the text to speak is empty")]
    Empty,
    /// More characters than [`TEXT_MAX`].
    #[error("the text to speak has {0} characters, {TEXT_MAX} are possible; cut it into several")]
    TooLong(usize),
    /// The program is not on this machine.
    #[error("{0} is not installed, and texts cannot be spoken without it; install it by: apt-get install espeak-ng")]
    Missing(String),
    /// The program did not end in time.
    #[error("{0} took longer than {1:?} and was stopped")]
    TimedOut(String, Duration),
    /// The program failed.
    #[error("{0} failed: {1}")]
    Failed(String, String),
    /// What the program gave is no sound.
    #[error(transparent)]
    Sound(#[from] PromptError),
    /// What was said cannot be kept.
    #[error("{0}: the spoken text cannot be kept: {1}")]
    Store(String, String),
}

/// `espeak-ng`, run for each text. It is under the GPL, so it is never linked.
#[derive(Clone, Debug)]
pub struct Espeak {
    /// The program.
    pub program: PathBuf,
    /// The voice, as `espeak-ng --voices` lists them.
    pub voice: String,
    /// How fast it speaks.
    pub words_per_minute: u16,
    /// How long one text may take.
    pub timeout: Duration,
}

impl Default for Espeak {
    fn default() -> Self {
        Self {
            program: "espeak-ng".into(),
            voice: "en".into(),
            words_per_minute: 150,
            timeout: Duration::from_secs(20),
        }
    }
}

impl Speech for Espeak {
    fn render(&self, text: &str) -> Result<Decoded, SpeechError> {
        check(text)?;
        let child = Command::new(&self.program)
            .args(["--stdin", "--stdout", "-b", "1", "-v", &self.voice, "-s", &self.words_per_minute.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let child = child.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => SpeechError::Missing(self.name()),
            _ => self.failed(&error.to_string()),
        })?;
        let sound = self.hear(child, text)?;
        Ok(prompt::read(&sound, &self.name())?)
    }

    fn voice(&self) -> String {
        format!("espeak-ng {} {}", self.voice, self.words_per_minute)
    }
}

impl Espeak {
    /// Gives the child its text and takes its sound. The child is gone when this returns.
    fn hear(&self, mut child: Child, text: &str) -> Result<Vec<u8>, SpeechError> {
        if let Some(mut stdin) = child.stdin.take() {
            let text = text.to_owned();
            // A child that does not read to the end tells why by its status.
            thread::spawn(move || stdin.write_all(text.as_bytes()).ok());
        }
        let complaint = take(child.stderr.take(), COMPLAINT_MAX);
        let sound = take(child.stdout.take(), SOUND_MAX).recv_timeout(self.timeout);
        let Ok(sound) = sound.map(|sound| sound.unwrap_or_default()) else {
            self.stop(child)?;
            return Err(SpeechError::TimedOut(self.name(), self.timeout));
        };
        if sound.len() as u64 == SOUND_MAX {
            self.stop(child)?;
            return Err(self.failed("it gives more sound than any text can need"));
        }
        let status = child.wait().map_err(|error| self.failed(&error.to_string()))?;
        if !status.success() {
            let complaint = complaint.recv_timeout(self.timeout).ok().and_then(Result::ok).unwrap_or_default();
            let complaint = String::from_utf8_lossy(&complaint).trim().to_owned();
            return Err(self.failed(&if complaint.is_empty() { status.to_string() } else { complaint }));
        }
        Ok(sound)
    }

    fn stop(&self, mut child: Child) -> Result<(), SpeechError> {
        child.kill().and_then(|()| child.wait()).map_err(|error| self.failed(&error.to_string()))?;
        Ok(())
    }

    fn failed(&self, why: &str) -> SpeechError {
        SpeechError::Failed(self.name(), why.to_owned())
    }

    fn name(&self) -> String {
        self.program.display().to_string()
    }
}

/// Reads a child's stream on a thread of its own, to its end or to `limit`.
fn take(stream: Option<impl Read + Send + 'static>, limit: u64) -> Receiver<io::Result<Vec<u8>>> {
    let (told, taken) = sync_channel(1);
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stream.map_or(Ok(0), |stream| stream.take(limit).read_to_end(&mut bytes));
        // Nobody may be waiting any more.
        told.send(read.map(|_| bytes)).ok();
    });
    taken
}

/// Keeps what another one said, as WAV files named by a hash of voice and text, and says it again from there.
pub struct Cache<S> {
    speech: S,
    folder: PathBuf,
}

impl<S: Speech> Cache<S> {
    /// Keeps what `speech` says under `<data>/prompts/`.
    pub fn new(speech: S, data: &Path) -> Self {
        Self { speech, folder: data.join("prompts") }
    }

    /// Where a text is kept once it was said.
    pub fn path(&self, text: &str) -> PathBuf {
        let mut hash = Sha256::new();
        hash.update(self.voice());
        hash.update([0]);
        hash.update(text);
        let name = hash.finalize().iter().fold(String::new(), |mut name, byte| {
            // Writing to a string cannot fail.
            write!(name, "{byte:02x}").ok();
            name
        });
        self.folder.join(name).with_extension("wav")
    }

    /// Writes beside the place, then moves: a file is there whole, or not at all.
    fn keep(&self, path: &Path, sound: &Decoded) -> io::Result<()> {
        static WRITTEN: AtomicU64 = AtomicU64::new(0);
        fs::create_dir_all(&self.folder)?;
        let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
        let beside = path.with_extension(format!("{}-{number}.part", std::process::id()));
        let mut file = File::create(&beside)?;
        let written = file.write_all(&wav(sound)).and_then(|()| file.sync_all());
        let moved = written.and_then(|()| fs::rename(&beside, path));
        if moved.is_err() {
            // The first error is the one to tell.
            fs::remove_file(&beside).ok();
        }
        moved
    }
}

impl<S: Speech> Speech for Cache<S> {
    fn render(&self, text: &str) -> Result<Decoded, SpeechError> {
        check(text)?;
        let path = self.path(text);
        // A file that cannot be read is said anew and replaced.
        if let Some(sound) = fs::read(&path).ok().and_then(|bytes| prompt::decode(&bytes, "kept").ok()) {
            return Ok(sound);
        }
        let sound = self.speech.render(text)?;
        self.keep(&path, &sound).map_err(|error| SpeechError::Store(path.display().to_string(), error.to_string()))?;
        Ok(sound)
    }

    fn voice(&self) -> String {
        self.speech.voice()
    }
}

fn check(text: &str) -> Result<(), SpeechError> {
    if text.trim().is_empty() {
        return Err(SpeechError::Empty);
    }
    match text.chars().count() {
        count if count > TEXT_MAX => Err(SpeechError::TooLong(count)),
        _ => Ok(()),
    }
}

/// A WAV file of one channel with 16 bits.
pub(crate) fn wav(sound: &Decoded) -> Vec<u8> {
    let data = (sound.samples.len() * 2) as u32;
    let mut file = Vec::with_capacity(44 + sound.samples.len() * 2);
    file.extend(b"RIFF");
    file.extend((36 + data).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0"); // 16 bytes follow: PCM, one channel
    file.extend(sound.rate.to_le_bytes());
    file.extend((sound.rate * 2).to_le_bytes()); // bytes a second
    file.extend(b"\x02\0\x10\0data"); // 2 bytes a frame, 16 bits
    file.extend(data.to_le_bytes());
    file.extend(sound.samples.iter().flat_map(|sample| sample.to_le_bytes()));
    file
}
