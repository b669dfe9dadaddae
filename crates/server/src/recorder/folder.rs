//! The folder of recordings. Files are opened under its handle, by names that we made, and never through a symbolic link
//! (`trust.md` S7).
//!
//! ```text
//!  NAME.wav.part ─ recorded ─► NAME.wav
//!  NAME.mp3.part ─ recorded ─► NAME.mp3.raw ─ encoded as NAME.mp3.new ─► NAME.mp3
//! ```
//! All but the MP3 itself are WAV inside. One that is to be an MP3 of the higher rate is `NAME.mp3.hq.part` and `NAME.mp3.hq.raw`
//! until then.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use api::{Shelf, Shelved};
use model::{Format, RecordingName};
use rustix::fs::{AtFlags, Dir, Mode, OFlags, fsync, mkdir, open, openat, renameat, syncfs, unlinkat};

/// Being recorded.
pub(super) const PART: &str = ".part";
/// Recorded, to be encoded.
pub(super) const RAW: &str = ".raw";
/// Being encoded.
pub(super) const NEW: &str = ".new";

/// Before either, of what is to be an MP3 of the higher rate.
const HQ: &str = ".hq";

/// The name of a recording's file with one of these endings.
pub(super) fn draft(name: &RecordingName, format: Format, ending: &str) -> String {
    let hq = if format == Format::Mp3Hq { HQ } else { "" };
    format!("{}{hq}{ending}", name.file(format.is_mp3()))
}

/// A handle of the folder. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Folder(Arc<OwnedFd>);

impl Folder {
    /// Opens the folder, which is made if there is none: for us alone.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        match mkdir(path, Mode::RWXU) {
            Err(error) if error != rustix::io::Errno::EXIST => return Err(error.into()),
            _ => {}
        }
        let handle = open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self(Arc::new(handle)))
    }

    /// A new file, for us alone.
    pub(super) fn create(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(&*self.0, name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    /// A file that is there, to be mended.
    pub(super) fn reopen(&self, name: &str) -> io::Result<File> {
        self.file(name, OFlags::RDWR)
    }

    /// A file that is there, to be read.
    pub(super) fn read(&self, name: &str) -> io::Result<File> {
        self.file(name, OFlags::RDONLY)
    }

    fn file(&self, name: &str, access: OFlags) -> io::Result<File> {
        // Without NONBLOCK a named pipe would hold us up before it is seen not to be a file.
        let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(openat(&*self.0, name, flags, Mode::empty())?);
        if file.metadata()?.is_file() { Ok(file) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    /// Gives a file another name; that it has it survives a power cut.
    pub(super) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        renameat(&*self.0, from, &*self.0, to)?;
        Ok(fsync(&*self.0)?)
    }

    /// Brings all that was written to the disk, in one stroke whatever the number of files.
    pub(super) fn flush(&self) -> io::Result<()> {
        Ok(syncfs(&*self.0)?)
    }

    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(unlinkat(&*self.0, name, AtFlags::empty())?)
    }

    /// The recordings with such an ending, and what each is to be; files of others are passed over.
    pub(super) fn unfinished(&self, ending: &str) -> io::Result<Vec<(RecordingName, Format)>> {
        let mut found = Vec::new();
        for entry in Dir::read_from(&*self.0)? {
            let entry = entry?;
            let name = entry.file_name().to_str().ok().and_then(|name| parse(name.strip_suffix(ending)?));
            found.extend(name);
        }
        found.sort();
        Ok(found)
    }
}

impl Shelf for Folder {
    fn shelved(&self, file: &str) -> Shelved {
        // Looked for first: what is finished meanwhile is there by then.
        let soon = |hq| [PART, RAW].iter().any(|ending| self.read(&format!("{file}{hq}{ending}")).is_ok());
        let soon = soon("") || soon(HQ);
        match self.read(file) {
            Ok(file) => Shelved::Ready(file),
            Err(_) if soon => Shelved::Soon,
            Err(_) => Shelved::Nowhere,
        }
    }
}

/// What `NAME.wav`, `NAME.mp3` or `NAME.mp3.hq` names, and what that is to be.
fn parse(file: &str) -> Option<(RecordingName, Format)> {
    let (name, kind) = file.split_once('.')?;
    let format = match kind {
        "wav" => Format::Wav,
        "mp3" => Format::Mp3,
        "mp3.hq" => Format::Mp3Hq,
        _ => return None,
    };
    Some((RecordingName::parse(name)?, format))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_our_own_are_opened() {
        let place = tempfile::tempdir().expect("a folder");
        std::fs::write(place.path().join("secret"), "x").expect("written");
        let path = place.path().join("recordings");
        let folder = Folder::open(&path).expect("made");
        let name = RecordingName::new([7; 16]);
        let (wav, mp3) = (name.file(false), name.file(true));
        std::os::unix::fs::symlink("../secret", path.join(&wav)).expect("a link");
        std::fs::create_dir(path.join(&mp3)).expect("a folder");
        for file in [&wav, &mp3, "../secret"] {
            assert!(!matches!(folder.shelved(file), Shelved::Ready(_)) || file.contains('/'), "{file}");
        }
        assert!(folder.create(&wav).is_err(), "a link is not written through");
        assert!(Folder::open(&path).is_ok(), "a second time too");
    }

    #[test]
    fn unfinished_ones_are_found_and_others_passed_over() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(place.path()).expect("open");
        let [name, other] = [7, 8].map(|number| RecordingName::new([number; 16]));
        let (mp3, hq) = (draft(&name, Format::Mp3, PART), draft(&other, Format::Mp3Hq, PART));
        for file in ["notes.part", &format!("{name}.ogg.part"), &mp3, &hq, &format!("{name}.wav")] {
            folder.create(file).expect("made");
        }
        let expected = [(name.clone(), Format::Mp3), (other.clone(), Format::Mp3Hq)];
        assert_eq!(folder.unfinished(PART).expect("read"), expected);
        for name in [name, other] {
            assert!(matches!(folder.shelved(&name.file(true)), Shelved::Soon));
        }
    }
}
