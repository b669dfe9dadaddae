//! The folder of recordings. Files are opened under its handle, by names that we made, and never through a symbolic link
//! (`trust.md` S7).
//!
//! ```text
//!  NAME.wav.part ─ recorded ─► NAME.wav
//!  NAME.mp3.part ─ recorded ─► NAME.mp3.raw ─ encoded as NAME.mp3.new ─► NAME.mp3
//! ```
//! All but the MP3 itself are WAV inside.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use api::{Shelf, Shelved};
use model::RecordingName;
use rustix::fs::{AtFlags, Dir, Mode, OFlags, fsync, mkdir, open, openat, renameat, syncfs, unlinkat};

/// Being recorded.
pub(super) const PART: &str = ".part";
/// Recorded, to be encoded.
pub(super) const RAW: &str = ".raw";
/// Being encoded.
pub(super) const NEW: &str = ".new";

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

    /// The recordings with such an ending, and whether each is to be MP3; files of others are passed over.
    pub(super) fn unfinished(&self, ending: &str) -> io::Result<Vec<(RecordingName, bool)>> {
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
        let soon = [PART, RAW].iter().any(|ending| self.read(&format!("{file}{ending}")).is_ok());
        match self.read(file) {
            Ok(file) => Shelved::Ready(file),
            Err(_) if soon => Shelved::Soon,
            Err(_) => Shelved::Nowhere,
        }
    }
}

/// What `NAME.wav` or `NAME.mp3` names, and whether it is MP3.
fn parse(file: &str) -> Option<(RecordingName, bool)> {
    let (name, kind) = file.split_once('.')?;
    let mp3 = match kind {
        "wav" => false,
        "mp3" => true,
        _ => return None,
    };
    Some((RecordingName::parse(name)?, mp3))
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
        let name = RecordingName::new([7; 16]);
        for file in ["notes.part", &format!("{name}.ogg.part"), &format!("{name}.mp3.part"), &format!("{name}.wav")] {
            folder.create(file).expect("made");
        }
        assert_eq!(folder.unfinished(PART).expect("read"), [(name.clone(), true)]);
        assert!(matches!(folder.shelved(&name.file(true)), Shelved::Soon));
    }
}
