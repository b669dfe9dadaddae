//! What has been recorded, to the disk once a second, so that a power cut costs a recording no more than that; on a thread of its
//! own, as a disk may be slow.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::folder::Folder;

/// From one flush to the next (`trust.md` 5.3: a recording's last second is not promised).
const EVERY: Duration = Duration::from_secs(1);

/// Flushes while files are being written; ends with the recorder.
pub(super) fn run(folder: &Folder, writing: &AtomicUsize, end: &Receiver<()>) {
    let mut failed = false;
    while end.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
        if writing.load(Ordering::Relaxed) == 0 {
            continue;
        }
        let flushed = folder.flush();
        if let (Err(error), false) = (&flushed, failed) {
            tracing::error!(%error, "recordings do not reach the disk: a power cut would cost more than their last second");
        }
        failed = flushed.is_err();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::sync_channel;

    use super::*;

    #[test]
    fn a_folder_is_flushed_and_the_thread_ends_with_the_recorder() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(place.path()).expect("open");
        std::fs::write(place.path().join("x"), [7; 100_000]).expect("written");
        folder.flush().expect("the disk takes it");
        let (living, end) = sync_channel::<()>(0);
        let writing = Arc::new(AtomicUsize::new(1));
        let thread = std::thread::spawn(move || run(&folder, &writing, &end));
        drop(living);
        thread.join().expect("it ends");
    }
}
