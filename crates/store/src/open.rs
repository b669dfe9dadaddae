//! Opening and closing a store, and putting right what the last process left undone.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use rusqlite::Connection;

use crate::error::Trouble;
use crate::session::Session;
use crate::{Reader, StoreError, Unreadable, Writer, calls, connection, migrate, outbox};

/// An open store. Dropping it waits until the jobs that the writer took are done.
pub struct Store {
    writer: Writer,
    reader: Reader,
    thread: Option<JoinHandle<()>>,
    _lock: File,
}

/// What a start found and put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The number of this start; what an earlier one held is void.
    pub epoch: i64,
    /// Calls that the last process left running; their journals were ended with cause 41, at the moment of their last
    /// line: what came after that nobody knows.
    pub calls: u32,
    /// Outbox rows that it left running; they are due again.
    pub callouts: usize,
    /// Calls left running whose journals cannot be read: they stay as they are.
    pub unreadable: Vec<Unreadable>,
}

impl Store {
    /// Opens the database file, and makes it and its folder if there is none. Afterwards no call is running, and no outbox
    /// row: the file is locked against a second process, so whoever ran them is gone. `owner` names this machine.
    pub fn open(path: &Path, owner: &str) -> Result<(Self, Recovered), StoreError> {
        make(path)?;
        let lock = lock(path)?;
        let trouble = |trouble: Trouble| trouble.at(path);
        let mut connection = connection::for_writing(path).map_err(trouble)?;
        prepare(&mut connection, path)?;
        let mut session = Session::new(connection, path, owner);
        let recovered = recover(&mut session).map_err(trouble)?;
        let reader = Reader::open(path)?;
        let (writer, thread) = Writer::spawn(session).map_err(|error| unwritable(path, &error))?;
        Ok((Self { writer, reader, thread: Some(thread), _lock: lock }, recovered))
    }

    /// The handle that writes.
    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// The handle that reads.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.writer.close();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap_or_default(); // a panic there was printed there, and `Writer::health` tells of it
        }
    }
}

/// Makes the file and its folder, if there is none.
pub(crate) fn make(path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder.and_then(|()| private(path)).map(drop).map_err(|error| unwritable(path, &error))
}

/// Makes the connection durable, and the file one of this release.
pub(crate) fn prepare(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    migrate::inspect(connection, path)?;
    connection::make_durable(connection).map_err(|trouble| trouble.at(path))?;
    connection::demand_durable(connection, path)?;
    migrate::migrate(connection, path)
}

fn unwritable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Unwritable { path: path.to_owned(), why: error.to_string() }
}

/// Makes the file readable by its owner alone, before anything is in it: requests hold passwords. The database gives
/// its log files the same mode.
fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// One process a database. The system drops the lock with the process, however it ends.
fn lock(path: &Path) -> Result<File, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let file = private(&name).map_err(|error| unwritable(&name, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(StoreError::Locked { path: path.to_owned(), why: "a running passthru holds it".into() })
        }
        Err(TryLockError::Error(error)) => Err(unwritable(&name, &error)),
    }
}

fn recover(session: &mut Session) -> Result<Recovered, Trouble> {
    session.connection.execute_batch("BEGIN IMMEDIATE")?;
    session.epoch = session.connection.query_row(
        "INSERT INTO owners (name, epoch) VALUES (?1, 1)
         ON CONFLICT (name) DO UPDATE SET epoch = epoch + 1 RETURNING epoch",
        [&session.owner],
        |row| row.get(0),
    )?;
    let (calls, unreadable) = calls::end_abandoned(session)?;
    let callouts = outbox::take_back(&session.connection)?;
    session.connection.execute_batch("COMMIT")?;
    Ok(Recovered { epoch: session.epoch, calls, callouts, unreadable })
}
