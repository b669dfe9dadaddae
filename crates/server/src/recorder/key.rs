//! The key that links to recordings are signed with: made at the first start, and kept for us alone.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};

/// The file, in the data folder.
const FILE: &str = "recording.key";

/// The key of that data folder. `fresh` becomes it if there is none.
pub(crate) fn key(data: &Path, fresh: [u8; 32]) -> Result<[u8; 32]> {
    let path = data.join(FILE);
    let place = || format!("{}: the key of links to recordings", path.display());
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
        Ok(mut file) => {
            file.write_all(&fresh).and_then(|()| file.sync_all()).with_context(place)?;
            Ok(fresh)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let bytes = fs::read(&path).with_context(place)?;
            <[u8; 32]>::try_from(bytes).map_err(|bytes| {
                let (path, length) = (path.display(), bytes.len());
                anyhow!("{path}: has {length} bytes, a key has 32; remove it, and links made so far are good no more")
            })
        }
        Err(error) => Err(error).with_context(place),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_us_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(key(folder.path(), [1; 32]).expect("made"), [1; 32]);
        assert_eq!(key(folder.path(), [2; 32]).expect("found"), [1; 32]);
        let path = folder.path().join(FILE);
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        fs::write(&path, "short").expect("written");
        let error = key(folder.path(), [2; 32]).expect_err("no key").to_string();
        assert!(error.contains("has 5 bytes") && error.contains("remove it"), "{error}");
    }
}
