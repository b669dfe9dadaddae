//! The recorder: one thread that writes what media threads heard, one that makes MP3 of what is to be MP3.
//!
//! Nobody waits for it. A block that finds the mailbox full is lost, and is silence in the file; a file that cannot be
//! written ends, and its call goes on.

mod encode;
mod flush;
mod folder;
mod key;
mod patience;
pub(crate) mod sweep;
mod wav;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use api::{Shelf as _, Shelved};
use media::{Fate, Recorded, RecordingId};
use model::{CallEvent, Format, Recording, RecordingName};
use store::{RecordingRow, RecordingState, RecordingStep, Teller, Writer};

use crate::clock;
pub(crate) use folder::Folder;
use folder::{PART, RAW, draft};
pub(crate) use key::key;
use wav::Wav;

/// Letters that may wait: of a thousand recordings the blocks of over a second.
const LETTERS: usize = 8_192;

/// How long the last blocks of calls that were ended at a stop are waited for.
const FAREWELL: Duration = Duration::from_millis(500);

/// What the recorder is told.
pub(crate) enum Letter {
    /// A recording begins.
    Begin(RecordingId, Recording),
    /// A piece of one.
    Block(Recorded),
    /// The process ends: files are finished, as far as they come.
    Stop,
}

/// The way to the recorder. Clones lead to the same.
#[derive(Clone)]
pub(crate) struct Mailbox(SyncSender<Letter>);

impl Mailbox {
    /// Gives the letter back if there is no room for it.
    pub(crate) fn try_send(&self, letter: Letter) -> Result<(), Letter> {
        self.0.try_send(letter).map_err(|error| match error {
            TrySendError::Full(letter) | TrySendError::Disconnected(letter) => letter,
        })
    }
}

/// Told that the file of a recording cannot be written, and why.
pub(crate) type OnFailure = Box<dyn Fn(RecordingId, String) + Send>;

/// The recorder's thread.
pub(crate) struct Running {
    pub(crate) mailbox: Mailbox,
    thread: JoinHandle<()>,
}

impl Running {
    /// Finishes the files of calls that have ended.
    pub(crate) fn stop(self) {
        if self.mailbox.0.send(Letter::Stop).is_err() || self.thread.join().is_err() {
            tracing::error!("the recorder has ended before; the next start mends its files");
        }
    }
}

/// Told the line of a journal that says that a recording's report is owed.
pub(crate) type OnOwed = Arc<dyn Fn(CallEvent) + Send + Sync>;

/// Who hears of recordings.
pub(crate) struct Audience {
    /// Of files that cannot be written.
    pub(crate) on_failure: OnFailure,
    /// Of reports that are owed.
    pub(crate) on_owed: OnOwed,
    /// Who writes those.
    pub(crate) teller: Option<Teller>,
}

/// Finishes what an earlier run left, which the store knows as `left`, and starts the threads.
pub(crate) fn start(folder: &Folder, writer: Writer, left: &[RecordingRow], audience: Audience) -> io::Result<Running> {
    let Audience { on_failure, on_owed, teller } = audience;
    let ledger = Ledger { writer, on_owed, teller };
    let (ring, bell) = sync_channel(1);
    let (letters, inbox) = sync_channel(LETTERS);
    let (writing, (_living, end)) = (Arc::new(AtomicUsize::new(0)), sync_channel(0));
    let files = BTreeMap::new();
    let desk = Desk {
        folder: folder.clone(),
        ledger: ledger.clone(),
        ring,
        files,
        on_failure,
        writing: writing.clone(),
        _living,
    };
    desk.recover(left)?;
    let flushed = folder.clone();
    std::thread::Builder::new().name("flusher".into()).spawn(move || flush::run(&flushed, &writing, &end))?;
    let folder = folder.clone();
    // It ends with the process: what it has not encoded waits in the folder.
    std::thread::Builder::new().name("encoder".into()).spawn(move || encode::run(&folder, &bell, &ledger))?;
    let thread = std::thread::Builder::new().name("recorder".into()).spawn(move || desk.run(&inbox))?;
    Ok(Running { mailbox: Mailbox(letters), thread })
}

/// What the store is told of recordings.
#[derive(Clone)]
struct Ledger {
    writer: Writer,
    on_owed: OnOwed,
    teller: Option<Teller>,
}

impl Ledger {
    fn begin(&self, recording: Recording) {
        let name = recording.name.clone();
        let kept = self.writer.keep_recording(recording, told);
        if let Err(refused) = kept {
            tracing::error!(why = %refused.reason, recording = %name, "the store does not know of a recording");
        }
    }

    fn ready(&self, name: &RecordingName, bytes: u64, samples: u64) {
        self.step(name, RecordingState::Ready, bytes, length(samples));
    }

    fn failed(&self, name: &RecordingName) {
        self.step(name, RecordingState::Failed, 0, Duration::ZERO);
    }

    fn discarded(&self, name: &RecordingName) {
        if let Err(refused) = self.writer.discard_recording(name.clone(), told) {
            tracing::error!(why = %refused.reason, recording = %name, "the store still knows of a recording that is none");
        }
    }

    fn step(&self, name: &RecordingName, state: RecordingState, bytes: u64, duration: Duration) {
        let (teller, now) = (self.teller.clone(), clock::now().wall);
        let step = RecordingStep { name: name.clone(), state, bytes, duration, teller, now };
        let on_owed = Arc::clone(&self.on_owed);
        let on_done = move |result: Result<Option<CallEvent>, store::StoreError>| {
            told(result.map(|event| event.map_or((), |event| on_owed(event))));
        };
        if let Err(refused) = self.writer.finish_recording(step, on_done) {
            tracing::error!(why = %refused.reason, recording = %name, "the store does not know of a recording's end");
        }
    }
}

/// How long so many samples of a channel are.
fn length(samples: u64) -> Duration {
    Duration::from_micros(samples * 1_000_000 / u64::from(wav::RATE))
}

fn of_samples((bytes, samples): (u64, u64)) -> (u64, Duration) {
    (bytes, length(samples))
}

fn told(result: Result<(), store::StoreError>) {
    if let Err(error) = result {
        tracing::error!(%error, "the store does not know of a recording");
    }
}

/// A file that is being written.
struct Open {
    name: RecordingName,
    format: Format,
    wav: Wav,
    /// Samples of a channel so far.
    samples: u64,
    channels: u64,
}

impl Open {
    fn take(&mut self, block: &Recorded) -> io::Result<()> {
        self.samples = block.at + block.samples.len() as u64 / self.channels;
        self.wav.put(block.at, &block.samples)
    }
}

struct Desk {
    folder: Folder,
    ledger: Ledger,
    /// Wakes the encoder.
    ring: SyncSender<()>,
    files: BTreeMap<RecordingId, Open>,
    on_failure: OnFailure,
    /// How many files are being written, for the flusher.
    writing: Arc<AtomicUsize>,
    /// The flusher ends with it.
    _living: SyncSender<()>,
}

impl Desk {
    fn run(mut self, inbox: &Receiver<Letter>) {
        while let Ok(letter) = inbox.recv() {
            if matches!(letter, Letter::Stop) {
                break;
            }
            self.read(letter);
        }
        while !self.files.is_empty() {
            match inbox.recv_timeout(FAREWELL) {
                Ok(letter) => self.read(letter),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        for (_, open) in std::mem::take(&mut self.files) {
            self.finish(open);
        }
    }

    fn read(&mut self, letter: Letter) {
        match letter {
            Letter::Begin(id, recording) => self.begin(id, recording),
            Letter::Block(block) => self.take(&block),
            Letter::Stop => {}
        }
    }

    fn begin(&mut self, id: RecordingId, recording: Recording) {
        let Recording { name, record, .. } = recording.clone();
        self.ledger.begin(recording);
        let channels = if record.dual { 2 } else { 1 };
        let file = self.folder.create(&draft(&name, record.format, PART));
        match file.and_then(|file| Wav::new(file, channels)) {
            Ok(wav) => {
                let open = Open { name, format: record.format, wav, samples: 0, channels: channels.into() };
                self.files.insert(id, open);
                self.writing.store(self.files.len(), Ordering::Relaxed);
            }
            Err(error) => {
                tracing::error!(%error, recording = %name, "a recording cannot be begun");
                self.ledger.failed(&name);
                (self.on_failure)(id, error.to_string());
            }
        }
    }

    /// Blocks of a file that has failed are passed over.
    fn take(&mut self, block: &Recorded) {
        let Some(open) = self.files.get_mut(&block.recording) else { return };
        let taken = open.take(block);
        if block.end.is_some() || taken.is_err() {
            self.end(block.recording, block.end.unwrap_or(Fate::Keep));
        }
        if let Err(error) = taken {
            tracing::error!(%error, "a recording ends early");
            (self.on_failure)(block.recording, error.to_string());
        }
    }

    fn end(&mut self, id: RecordingId, fate: Fate) {
        if let Some(open) = self.files.remove(&id) {
            self.writing.store(self.files.len(), Ordering::Relaxed);
            match fate {
                Fate::Keep => self.finish(open),
                Fate::Discard => self.discard(open),
            }
        }
    }

    /// Leaves nothing of a recording.
    fn discard(&self, open: Open) {
        let Open { name, format, .. } = open;
        match self.folder.remove(&draft(&name, format, PART)) {
            Ok(()) => self.ledger.discarded(&name),
            Err(error) => {
                tracing::error!(%error, recording = %name, "a recording in which nothing was said cannot be removed");
                self.ledger.failed(&name);
            }
        }
    }

    /// Gives a file that was written its name.
    fn finish(&self, open: Open) {
        let Open { name, format, wav, samples, .. } = open;
        let bytes = wav.bytes();
        if let Err(error) = wav.finish().and_then(|()| self.shelve(&name, format, bytes, samples)) {
            tracing::error!(%error, recording = %name, "a recording cannot be finished");
            self.ledger.failed(&name);
        }
    }

    fn shelve(&self, name: &RecordingName, format: Format, bytes: u64, samples: u64) -> io::Result<()> {
        let place = if format.is_mp3() { draft(name, format, RAW) } else { name.file(false) };
        self.folder.rename(&draft(name, format, PART), &place)?;
        if format.is_mp3() {
            self.ledger.step(name, RecordingState::Encoding, bytes, length(samples));
            // A bell that rings already is heard all the same.
            self.ring.try_send(()).unwrap_or_default();
        } else {
            self.ledger.ready(name, bytes, samples);
        }
        Ok(())
    }

    /// Mends the files that an earlier run left in the middle, and says of those that it had finished what it came to say no more.
    fn recover(&self, left: &[RecordingRow]) -> io::Result<()> {
        left.iter().for_each(|row| self.catch_up(row));
        for (name, format) in self.folder.unfinished(PART)? {
            match self.mend(&name, format) {
                Ok(()) => {
                    tracing::warn!(recording = %name, "an earlier run ended in the middle of a recording; it is mended");
                }
                Err(error) => {
                    tracing::error!(%error, recording = %name, "what an earlier run left of a recording cannot be mended");
                    self.ledger.failed(&name);
                }
            }
        }
        Ok(())
    }

    /// The file of a recording came to its end, and the process went before the store knew.
    fn catch_up(&self, row: &RecordingRow) {
        let RecordingRow { recording, duration, .. } = row;
        let (name, file) = (&recording.name, recording.name.file(recording.record.format.is_mp3()));
        let finished = match self.folder.shelved(&file) {
            Shelved::Soon => return, // it is mended or encoded
            Shelved::Ready(file) if recording.record.format.is_mp3() => {
                file.metadata().map(|data| (data.len(), *duration))
            }
            Shelved::Ready(_) => self.folder.reopen(&file).and_then(|file| wav::repair(&file)).map(of_samples),
            Shelved::Nowhere => Err(io::ErrorKind::NotFound.into()),
        };
        match finished {
            Ok((bytes, duration)) => self.ledger.step(name, RecordingState::Ready, bytes, duration),
            Err(error) => {
                tracing::error!(%error, recording = %name, "what an earlier run recorded is not to be found");
                self.ledger.failed(name);
            }
        }
    }

    fn mend(&self, name: &RecordingName, format: Format) -> io::Result<()> {
        let file = self.folder.reopen(&draft(name, format, PART))?;
        let (bytes, samples) = wav::repair(&file)?;
        self.shelve(name, format, bytes, samples)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::mpsc::Receiver;

    use jiff::Timestamp;
    use model::{CallSid, Record, Tenant};
    use store::Store;

    use super::*;

    const ID: RecordingId = RecordingId(3);
    const DEADLINE: Duration = Duration::from_secs(60);

    fn recording(record: Record) -> Recording {
        Recording {
            name: RecordingName::new([7; 16]),
            tenant: Tenant::default(),
            call: CallSid::new("c"),
            record,
            created: Timestamp::UNIX_EPOCH,
            mailbox: None,
        }
    }

    /// A block of a tone.
    fn block(number: u64, end: bool) -> Letter {
        last(number, end.then_some(Fate::Keep))
    }

    fn last(number: u64, end: Option<Fate>) -> Letter {
        let samples = (0..3_200).map(|n| if n / 8 % 2 == 0 { 8_000 } else { -8_000 }).collect();
        Letter::Block(Recorded { recording: ID, at: number * 1_600, samples, end })
    }

    struct House {
        place: tempfile::TempDir,
        store: Store,
        failures: Receiver<(RecordingId, String)>,
        running: Running,
    }

    /// A recorder in a folder that is made ready first.
    fn house(prepare: impl FnOnce(&std::path::Path)) -> House {
        house_of(&[], prepare)
    }

    /// One whose store knows of recordings that an earlier run left.
    fn house_of(left: &[RecordingRow], prepare: impl FnOnce(&std::path::Path)) -> House {
        let place = tempfile::tempdir().expect("a folder");
        let (store, _) = Store::open(&place.path().join("x.db"), "here").expect("a store");
        let path = place.path().join("recordings");
        let folder = Folder::open(&path).expect("a folder");
        prepare(&path);
        let (told, failures) = sync_channel(10);
        let on_failure = Box::new(move |id, why| told.send((id, why)).expect("somebody listens"));
        let audience = Audience { on_failure, on_owed: Arc::new(|_| {}), teller: None };
        for row in left {
            store.writer().keep_recording(row.recording.clone(), |kept| assert!(kept.is_ok())).expect("taken");
        }
        let running = start(&folder, store.writer().clone(), left, audience).expect("a recorder");
        House { place, store, failures, running }
    }

    impl House {
        fn tell(&self, letter: Letter) {
            assert!(self.running.mailbox.try_send(letter).is_ok());
        }

        fn file(&self, name: &str) -> std::path::PathBuf {
            self.place.path().join("recordings").join(name)
        }

        /// Waits until the store has the recording in that state.
        fn until(&self, state: RecordingState) -> RecordingRow {
            let end = clock::now().at + DEADLINE;
            loop {
                let rows = self.store.reader().recordings(&Tenant::default(), &CallSid::new("c")).expect("read");
                if let Some(row) = rows.iter().find(|row| row.state == state) {
                    return row.clone();
                }
                assert!(clock::now().at < end, "it never came to {state:?}: {rows:?}");
                std::thread::park_timeout(Duration::from_millis(20));
            }
        }
    }

    #[test]
    fn a_recording_is_a_file_and_what_was_lost_is_silence() {
        let house = house(|_| {});
        house.tell(Letter::Begin(ID, recording(Record { dual: true, format: Format::Wav })));
        for (number, end) in [(0, false), (2, true)] {
            house.tell(block(number, end));
        }
        let row = house.until(RecordingState::Ready);
        assert_eq!((row.duration, row.bytes), (Duration::from_millis(600), 44 + 3 * 6_400));
        let name = recording(Record { dual: true, format: Format::Wav }).name;
        let reader = hound::WavReader::open(house.file(&name.file(false))).expect("a WAV file");
        assert_eq!((reader.spec().channels, reader.spec().sample_rate), (2, 8_000));
        let samples: Vec<i16> = reader.into_samples().map(|sample| sample.expect("a sample")).collect();
        assert!(samples[3_200..6_400].iter().all(|sample| *sample == 0) && samples[6_400] != 0);
        house.running.stop();
    }

    #[test]
    fn mp3_is_made_after_the_end() {
        let house = house(|_| {});
        house.tell(Letter::Begin(ID, recording(Record { dual: true, format: Format::Mp3 })));
        (0..10).for_each(|number| house.tell(block(number, number == 9)));
        let row = house.until(RecordingState::Ready);
        let bytes = std::fs::read(house.file(&row.recording.name.file(true))).expect("an MP3");
        assert_eq!((row.duration, row.bytes), (Duration::from_secs(2), bytes.len() as u64));
        let decoded = crate::prompt::decode(&bytes, "x.mp3").expect("it can be played");
        let length = decoded.samples.len();
        assert!((15_900..18_000).contains(&length), "two seconds: {length}");
        let loud = decoded.samples[4_000..12_000].iter().filter(|sample| sample.unsigned_abs() > 2_000).count();
        assert!(loud > 4_000, "the tone is there: {loud}");
        assert!(!house.file(&format!("{}{RAW}", row.recording.name.file(true))).exists());
    }

    /// The bit rates of the frames of an MP3 (ISO/IEC 13818-3, the table of low sampling rates), in kbit/s.
    fn bit_rates(mp3: &[u8]) -> BTreeSet<usize> {
        const TABLE: [usize; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
        let (mut at, mut rates) = (0, BTreeSet::new());
        while let Some(head) = mp3.get(at..at + 4) {
            assert_eq!((head[0], head[1] & 0xfe), (0xff, 0xe2), "a frame of MPEG 2.5 layer III at {at}");
            let (rate, padding) = (TABLE[usize::from(head[2] >> 4)], usize::from(head[2] >> 1 & 1));
            at += 72 * rate * 1_000 / 8_000 + padding;
            rates.insert(rate);
        }
        rates
    }

    #[test]
    fn mp3_of_the_higher_rate_has_more_bits_also_when_a_start_makes_it() {
        let rows =
            [(false, Format::Mp3, 24), (true, Format::Mp3, 48), (false, Format::Mp3Hq, 64), (true, Format::Mp3Hq, 64)];
        for (dual, format, rate) in rows {
            let wanted = recording(Record { dual, format });
            for is_left in [false, true] {
                let house = house(|path| {
                    if is_left {
                        let folder = Folder::open(path).expect("open");
                        let file = folder.create(&draft(&wanted.name, format, PART)).expect("made");
                        let mut wav = Wav::new(file, if dual { 2 } else { 1 }).expect("begun");
                        wav.put(0, &[5_000; 16_000]).expect("written");
                    }
                });
                if !is_left {
                    house.tell(Letter::Begin(ID, wanted.clone()));
                    (0..10).for_each(|number| house.tell(block(number, number == 9)));
                }
                let mp3 = house.file(&wanted.name.file(true));
                let end = clock::now().at + DEADLINE;
                while !mp3.exists() {
                    assert!(clock::now().at < end, "it was never encoded");
                    std::thread::park_timeout(Duration::from_millis(20));
                }
                assert_eq!(bit_rates(&std::fs::read(mp3).expect("an MP3")), [rate].into(), "{dual} {format:?}");
            }
        }
    }

    #[test]
    fn what_an_earlier_run_left_is_mended_and_encoded() {
        let wanted = recording(Record { dual: false, format: Format::Mp3 });
        let (wav, mp3) = (RecordingName::new([1; 16]).file(false), wanted.name.file(true));
        let left = |path: &std::path::Path| {
            let folder = Folder::open(path).expect("open");
            for file in [&wav, &mp3] {
                let mut file = Wav::new(folder.create(&format!("{file}{PART}")).expect("made"), 1).expect("begun");
                file.put(0, &[5_000; 8_000]).expect("written");
            }
        };
        let house = house(left);
        let reader = hound::WavReader::open(house.file(&wav)).expect("a WAV file");
        assert_eq!(reader.duration(), 8_000);
        let end = clock::now().at + DEADLINE;
        while !house.file(&mp3).exists() {
            assert!(clock::now().at < end, "it was never encoded");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    #[test]
    fn what_had_ended_before_the_store_knew_is_ready_after_the_next_start() {
        let row = |number, format, state, seconds| {
            let name = RecordingName::new([number; 16]);
            let recording = Recording { name, ..recording(Record { dual: false, format }) };
            RecordingRow { recording, state, bytes: 9, duration: Duration::from_secs(seconds) }
        };
        let (wav, mp3) =
            (row(1, Format::Wav, RecordingState::Recording, 0), row(2, Format::Mp3, RecordingState::Encoding, 3));
        let lost = row(3, Format::Wav, RecordingState::Recording, 0);
        let house = house_of(&[wav.clone(), mp3.clone(), lost.clone()], |path| {
            let folder = Folder::open(path).expect("open");
            let file = folder.create(&wav.recording.name.file(false)).expect("made");
            Wav::new(file, 1).and_then(|mut wav| wav.put(0, &[5_000; 8_000])).expect("written");
            std::fs::write(path.join(mp3.recording.name.file(true)), [0; 77]).expect("written");
        });
        house.until(RecordingState::Failed);
        let rows = house.store.reader().recordings(&Tenant::default(), &CallSid::new("c")).expect("read");
        let ready = RecordingState::Ready;
        let expected = [
            RecordingRow { state: ready, bytes: 16_044, duration: Duration::from_secs(1), ..wav },
            RecordingRow { state: ready, bytes: 77, ..mp3 },
            RecordingRow { state: RecordingState::Failed, bytes: 0, ..lost },
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn nothing_is_left_of_a_message_in_which_nothing_was_said() {
        let house = house(|_| {});
        let silent = recording(Record { dual: false, format: Format::Mp3 });
        house.tell(Letter::Begin(ID, silent));
        house.until(RecordingState::Recording);
        house.tell(last(0, Some(Fate::Discard)));
        let spoken =
            Recording { name: RecordingName::new([8; 16]), ..recording(Record { dual: false, format: Format::Wav }) };
        house.tell(Letter::Begin(ID, spoken.clone()));
        house.tell(block(0, true));
        house.until(RecordingState::Ready);
        let rows = house.store.reader().recordings(&Tenant::default(), &CallSid::new("c")).expect("read");
        assert_eq!(rows.iter().map(|row| &row.recording).collect::<Vec<_>>(), [&spoken]);
        let files = std::fs::read_dir(house.place.path().join("recordings")).expect("a folder");
        let files: Vec<_> = files.map(|entry| entry.expect("an entry").file_name()).collect();
        assert_eq!(files, [&*spoken.name.file(false)]);
    }

    #[test]
    fn a_file_that_cannot_be_begun_is_told_of() {
        let house = house(|path| {
            let name = recording(Record { dual: false, format: Format::Wav }).name;
            std::os::unix::fs::symlink("/dev/null", path.join(format!("{}{PART}", name.file(false)))).expect("a link");
        });
        house.tell(Letter::Begin(ID, recording(Record { dual: false, format: Format::Wav })));
        let (id, why) = house.failures.recv_timeout(DEADLINE).expect("told");
        assert_eq!((id, why.contains("exists")), (ID, true), "{why}");
        house.tell(block(0, true));
        house.until(RecordingState::Failed);
    }

    #[test]
    fn a_stop_finishes_what_is_open() {
        let house = house(|_| {});
        house.tell(Letter::Begin(ID, recording(Record { dual: true, format: Format::Wav })));
        house.tell(block(0, false));
        house.running.stop();
        let file = house.place.path().join("recordings").join(RecordingName::new([7; 16]).file(false));
        assert_eq!(hound::WavReader::open(file).expect("a WAV file").duration(), 1_600);
    }
}
