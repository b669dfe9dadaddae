//! Removes the files of recordings that are not to be kept any longer (`[recording] keep_days`, `keep_bytes`), once an hour. The file
//! goes first: if the process goes in between, the next sweep finds the row again.

use std::io;
use std::time::Duration;

use anyhow::{Context, Result};
use store::{Reader, RecordingRow, Retention, Writer};
use tokio::sync::oneshot;
use tokio::task;

use super::folder::{Folder, NEW};
use crate::clock;
use crate::config;
use crate::live::Live;

/// How often it is looked for them.
const EVERY: Duration = Duration::from_secs(3600);

/// Recordings that are asked for at a time.
const STEP: usize = 256;

/// What a sweep needs.
pub(crate) struct Sweep {
    /// Where the files are.
    pub(crate) folder: Folder,
    /// Knows which are too old.
    pub(crate) reader: Reader,
    /// Takes note.
    pub(crate) writer: Writer,
    /// Told the journals' lines.
    pub(crate) live: Live,
}

/// Sweeps at once and from then on, until the runtime ends; never if recordings are kept for ever.
pub(crate) async fn run(sweep: Sweep, kept: config::Recording) {
    let is_for_ever = |kept: &Retention| kept == &Retention::default();
    while let Some(retention) = Some(kept.retention(clock::now().wall)).filter(|kept| !is_for_ever(kept)) {
        match sweep.once(retention).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "recordings were kept for as long as they are to be, and are removed"),
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "recordings that are not to be kept cannot be removed now")
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}

impl Sweep {
    /// Removes what is not to be kept any longer; gives their number. One that cannot be removed is left, and told.
    async fn once(&self, kept: Retention) -> Result<usize> {
        let mut count = 0;
        loop {
            let (folder, reader) = (self.folder.clone(), self.reader.clone());
            let (removed, asked) = task::spawn_blocking(move || -> Result<_> {
                let rows = reader.outlived_recordings(&kept, STEP)?;
                let names = rows.iter().map(|row| remove(&folder, row).map(|()| row.recording.name.clone()));
                Ok((names.collect::<Result<Vec<_>>>()?, rows.len()))
            })
            .await??;
            for name in removed {
                let (done, result) = oneshot::channel();
                let on_done = move |event| drop(done.send(event));
                self.writer.remove_recording(name, on_done, clock::now().wall).map_err(|refused| refused.reason)?;
                self.live.tell(result.await??);
                count += 1;
            }
            if asked < STEP {
                return Ok(count);
            }
        }
    }
}

/// All that there may be of a recording that is over: one that could not be encoded was set aside as WAV.
fn remove(folder: &Folder, row: &RecordingRow) -> Result<()> {
    let name = &row.recording.name;
    for file in [name.file(false), name.file(true), format!("{}{NEW}", name.file(true))] {
        match folder.remove(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error).context(file),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use api::Metrics;
    use jiff::Timestamp;
    use model::{
        CallEvent, CallSid, Cause, Direction, EndedBy, EventKind, Format, Record, Recording, RecordingName, Tenant,
    };
    use store::{Batch, RecordingState, RecordingStep, Store};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
    }

    fn name(number: u8) -> RecordingName {
        RecordingName::new([number; 16])
    }

    /// A call with recordings of a thousand octets each, one a second, the last of which runs; every second one is MP3.
    async fn recordings(store: &Store, folder: &Folder, count: u8) {
        let (call, tenant) = (CallSid::new("c"), Tenant::default());
        let line = |kind| CallEvent { call: call.clone(), seq: 0, leg: None, at: Duration::ZERO, wall: at(0), kind };
        let offered = EventKind::Offered {
            tenant: tenant.clone(),
            direction: Direction::Incoming,
            from: "1".into(),
            to: "2".into(),
        };
        let ended = EventKind::Ended { cause: Cause::NORMAL_CLEARING, by: EndedBy::Caller };
        let batch = Batch { events: [offered, ended].map(line).to_vec(), ..Batch::default() };
        store.writer().append(batch, |done| assert!(done.is_ok())).expect("taken");
        for number in 0..count {
            let format = if number % 2 == 1 { Format::Mp3 } else { Format::Wav };
            let record = Record { dual: false, format };
            let (name, created) = (name(number), at(number.into()));
            folder.create(&name.file(format.is_mp3())).expect("made");
            let (tenant, call) = (tenant.clone(), call.clone());
            let recording = Recording { name: name.clone(), tenant, call, record, created, mailbox: None };
            store.writer().keep_recording(recording, |done| assert!(done.is_ok())).expect("taken");
            if number + 1 < count {
                let (state, duration) = (RecordingState::Ready, Duration::from_secs(1));
                let step = RecordingStep { name, state, bytes: 1_000, duration, teller: None, now: created };
                store.writer().finish_recording(step, |done| assert!(done.is_ok())).expect("taken");
            }
        }
        // Jobs are done in their order: with the last all are.
        let (done, last) = oneshot::channel();
        store.writer().append(Batch::default(), move |result| drop(done.send(result))).expect("taken");
        last.await.expect("called back").expect("durable");
    }

    /// The numbers of the recordings whose files are there, and of those whose rows say so.
    fn kept(store: &Store, path: &std::path::Path) -> (Vec<u8>, Vec<u8>) {
        let rows = store.reader().recordings(&Tenant::default(), &CallSid::new("c")).expect("read");
        let there = rows.iter().filter(|row| {
            let record = row.recording.record;
            path.join(row.recording.name.file(record.format.is_mp3())).exists()
        });
        let told = rows.iter().filter(|row| row.state != RecordingState::Removed);
        let numbers = |rows: &mut dyn Iterator<Item = &RecordingRow>| {
            rows.map(|row| u8::from_str_radix(&row.recording.name.as_str()[..2], 16).expect("hex")).collect()
        };
        (numbers(&mut there.into_iter()), numbers(&mut told.into_iter()))
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_oldest_go_by_their_age_and_by_what_all_take_and_the_journal_says_so() {
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("recordings");
        let (store, _) = Store::open(&place.path().join("x.db"), "here").expect("a store");
        let folder = Folder::open(&path).expect("a folder");
        recordings(&store, &folder, 8).await;
        let live = Live::new(Arc::new(Metrics::default()));
        let mut told = live.watch();
        let (reader, writer) = (store.reader().clone(), store.writer().clone());
        let sweep = Sweep { folder, reader, writer, live };
        let both = |numbers: std::ops::Range<u8>| (numbers.clone().collect::<Vec<_>>(), numbers.collect::<Vec<_>>());
        let rows = [
            (Retention { since: Some(at(0)), bytes: Some(7_000) }, 0, both(0..8)),
            (Retention { since: Some(at(2)), bytes: None }, 2, both(2..8)),
            (Retention { since: None, bytes: Some(3_999) }, 2, both(4..8)),
            (Retention { since: Some(at(5)), bytes: Some(10_000) }, 1, both(5..8)),
            (Retention { since: Some(at(1_000)), bytes: Some(1) }, 2, both(7..8)),
        ];
        for (retention, gone, left) in rows {
            assert_eq!(sweep.once(retention).await.expect("swept"), gone, "{retention:?}");
            assert_eq!(kept(&store, &path), left, "{retention:?}");
        }
        let lines: Vec<EventKind> = std::iter::from_fn(|| told.try_recv().ok()).map(|line| line.kind).collect();
        let removed = |number| EventKind::RecordingRemoved { recording: name(number) };
        assert_eq!(lines, (0..7).map(removed).collect::<Vec<_>>());
        let journal = store.reader().events(&Tenant::default(), &CallSid::new("c"), 2).expect("read");
        assert_eq!(journal.into_iter().map(|line| line.kind).collect::<Vec<_>>(), lines);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_file_that_somebody_removed_before_is_no_obstacle() {
        let place = tempfile::tempdir().expect("a folder");
        let (store, _) = Store::open(&place.path().join("x.db"), "here").expect("a store");
        let folder = Folder::open(&place.path().join("recordings")).expect("a folder");
        recordings(&store, &folder, 3).await;
        folder.remove(&name(0).file(false)).expect("removed");
        let (reader, writer) = (store.reader().clone(), store.writer().clone());
        let sweep = Sweep { folder, reader, writer, live: Live::new(Arc::new(Metrics::default())) };
        let kept = Retention { since: Some(at(100)), bytes: None };
        assert_eq!(sweep.once(kept).await.expect("swept"), 2, "but for the one that runs");
    }
}
