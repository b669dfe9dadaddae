//! What can go wrong with a store, said so that an operator knows which file and what to do next.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why the store could not be opened, read or written. Cheap to copy: every job of a failed group gets one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The file or its folder cannot be made or written.
    #[error("{}: {why}; let this user write to the file and its folder, or set `data` to another folder", path.display())]
    Unwritable {
        /// The database file.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// Another process holds the database.
    #[error("{}: {why}; stop the other process that uses this file, or set `data` to another folder", path.display())]
    Locked {
        /// The database file.
        path: PathBuf,
        /// What was tried.
        why: String,
    },
    /// The disk is full.
    #[error("{}: {why}; free space on this disk", path.display())]
    Full {
        /// The database file.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// The file is damaged, or is not a database.
    #[error(
        "{}: {why}; restore the file from a backup, or move it away together with its -wal and -shm files to begin anew",
        path.display()
    )]
    Damaged {
        /// The database file.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// The file is a database of another program.
    #[error("{}: this is another program's database; set `data` to another folder", path.display())]
    Foreign {
        /// The database file.
        path: PathBuf,
    },
    /// The file was written by a newer release.
    #[error(
        "{}: has schema {found}, this release knows up to {known}; start the newer release, or restore a backup made \
         before the upgrade",
        path.display()
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The version of the file's schema.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// The file was last written by an older release, and is only to be read.
    #[error("{}: has schema {found}, this release reads {known}; start this release's server once", path.display())]
    Older {
        /// The database file.
        path: PathBuf,
        /// The version of the file's schema.
        found: i64,
        /// The version that is read here.
        known: i64,
    },
    /// The database would not keep a commit over a power cut.
    #[error("{}: {setting} is {found}: commits would not survive a power cut; use a local disk", path.display())]
    NotDurable {
        /// The database file.
        path: PathBuf,
        /// The setting that is too weak.
        setting: &'static str,
        /// Its value.
        found: String,
    },
    /// The disk failed to read, write or flush.
    #[error("{}: {why}; look at this disk's health in the system log, then start again", path.display())]
    Disk {
        /// The database file.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// The job breaks a rule of the store; nothing of it was written, and other jobs are not touched.
    #[error("refused: {0}")]
    Rejected(String),
    /// The writer has ended: it was closed, or a commit failed before.
    #[error("the store's writer has stopped: {0}")]
    Stopped(String),
}

impl StoreError {
    /// Whether it is over by itself, or once somebody made room: nothing of the file is in doubt meanwhile.
    pub(crate) fn passes(&self) -> bool {
        matches!(self, Self::Locked { .. } | Self::Full { .. })
    }
}

/// What goes wrong inside, before the file's name is added.
#[derive(Debug)]
pub(crate) enum Trouble {
    Sql(rusqlite::Error),
    Json(serde_json::Error),
    Rejected(String),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<serde_json::Error> for Trouble {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl Trouble {
    /// Whether the job alone is at fault, or a row that only it needs to read, and the transaction around it is sound.
    pub(crate) fn is_the_jobs_own(&self) -> bool {
        use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, Utf8Error};
        match self {
            Self::Rejected(_)
            | Self::Json(_)
            | Self::Sql(
                FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..) | Utf8Error(..),
            ) => true,
            Self::Sql(error) => error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation),
        }
    }

    /// Why, in words.
    pub(crate) fn why(&self) -> String {
        match self {
            Self::Rejected(why) => why.clone(),
            Self::Json(error) => error.to_string(),
            Self::Sql(error) => error.to_string(),
        }
    }

    pub(crate) fn at(self, path: &Path) -> StoreError {
        let path = path.to_owned();
        let error = match self {
            Self::Rejected(why) => return StoreError::Rejected(why),
            Self::Json(error) => {
                return StoreError::Damaged { path, why: format!("a stored row is not ours: {error}") };
            }
            Self::Sql(error) => error,
        };
        let why = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => StoreError::Rejected(why),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked { path, why },
            Some(ErrorCode::DiskFull) => StoreError::Full { path, why },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged { path, why },
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                StoreError::Unwritable { path, why }
            }
            Some(_) => StoreError::Disk { path, why },
            None => StoreError::Damaged { path, why },
        }
    }
}
