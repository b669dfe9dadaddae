//! Connections to the database file, and the proof that what they commit is durable.
//!
//! Only `synchronous=FULL` keeps a commit of a write-ahead log over a power cut (sqlite.org, "PRAGMA synchronous").

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::StoreError;
use crate::error::Trouble;

/// How long a writer waits for another process to let go of the file before the waiting jobs are told so. Nothing is
/// lost meanwhile: the jobs wait in the queue.
const LOCK_PATIENCE: Duration = Duration::from_secs(60);

/// How long a reader waits; readers are held up only while a log is being reset.
const READ_PATIENCE: Duration = Duration::from_secs(5);

/// Bytes of log file kept after a checkpoint.
const LOG_KEPT_BYTES: i64 = 64 << 20;

/// Pages of log after which it is copied into the database: the more, the more often a page is written to the log alone.
const LOG_PAGES: i64 = 8_000;

/// Kibibytes of pages that the writer keeps, as a negative number (`PRAGMA cache_size`): what calls under way write to, and no
/// more, since they fill with every page that was ever written.
const WRITER_CACHE_KIB: i64 = -4_096;

/// `PRAGMA synchronous` as a number: 2 is FULL, 3 is EXTRA.
const SYNCHRONOUS_FULL: i64 = 2;

/// Statements kept prepared; more than this crate has.
const STATEMENTS: usize = 64;

/// The connection that writes; nothing is changed in the file yet.
pub(crate) fn for_writing(path: &Path) -> Result<Connection, Trouble> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(LOCK_PATIENCE)?;
    prepare_once(&connection)?;
    Ok(connection)
}

/// Makes what the connection commits durable.
pub(crate) fn make_durable(connection: &Connection) -> Result<(), Trouble> {
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update_and_check(None, "journal_size_limit", LOG_KEPT_BYTES, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", LOG_PAGES, |_| Ok(()))?;
    connection.pragma_update(None, "cache_size", WRITER_CACHE_KIB)?;
    // What a savepoint may have to take back waits in memory: a file for it would never be read after a crash.
    connection.pragma_update(None, "temp_store", "memory")?;
    Ok(())
}

/// A connection that only reads.
pub(crate) fn for_reading(path: &Path) -> Result<Connection, Trouble> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(READ_PATIENCE)?;
    prepare_once(&connection)?;
    Ok(connection)
}

/// Keeps statements, each with the plan that it got when it was first prepared. Else SQLite plans one anew for each set of values
/// that it is given, in case they tell it of a better way: for the writer, a ninth of its time.
fn prepare_once(connection: &Connection) -> Result<(), Trouble> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Keeps the closing connection from flushing the log once more: after a failed flush that proves nothing. Only a start
/// reads what is really on the disk.
pub(crate) fn leave_as_it_is(connection: &Connection) {
    let told = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    debug_assert!(told.is_ok(), "a switch in memory: {told:?}");
}

/// Refuses a connection whose commits could be lost.
pub(crate) fn demand_durable(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let weak = |setting, found| Err(StoreError::NotDurable { path: path.to_owned(), setting, found });
    let ask = |sql| connection.query_row(sql, [], |row| row.get(0)).map_err(|error| Trouble::from(error).at(path));
    let mode: String = connection
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .map_err(|error| Trouble::from(error).at(path))?;
    if mode != "wal" {
        return weak("journal_mode", mode);
    }
    let synchronous: i64 = ask("PRAGMA synchronous")?;
    if synchronous < SYNCHRONOUS_FULL {
        return weak("synchronous", synchronous.to_string());
    }
    let foreign_keys: i64 = ask("PRAGMA foreign_keys")?;
    if foreign_keys != 1 {
        return weak("foreign_keys", foreign_keys.to_string());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_connection_less_than_durable_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        Connection::open(&path).unwrap();
        let connection = for_writing(&path).unwrap();
        make_durable(&connection).unwrap();
        demand_durable(&connection, &path).unwrap();
        let rows =
            [("synchronous", "normal"), ("synchronous", "off"), ("foreign_keys", "off"), ("journal_mode", "delete")];
        for (setting, value) in rows {
            make_durable(&connection).unwrap();
            connection.pragma_update_and_check(None, setting, value, |_| Ok(())).or_else(no_answer).unwrap();
            let error = demand_durable(&connection, &path).unwrap_err();
            assert!(matches!(error, StoreError::NotDurable { setting: found, .. } if found == setting), "{error}");
            assert!(error.to_string().contains("x.db"), "{error}");
        }
    }

    #[test]
    fn a_statement_is_planned_once_whatever_values_it_is_given() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        Connection::open(&path).unwrap();
        let writing = for_writing(&path).unwrap();
        writing.execute_batch("CREATE TABLE t (x, y); CREATE INDEX some ON t (x) WHERE y = 1").unwrap();
        for connection in [writing, for_reading(&path).unwrap()] {
            let mut statement = connection.prepare("SELECT x FROM t WHERE x > ?1 AND y = ?2 LIMIT ?3").unwrap();
            for value in 0..9 {
                assert!(!statement.exists([value, value, value]).unwrap());
            }
            assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
        }
    }

    /// Most pragmas answer nothing when set.
    fn no_answer(error: rusqlite::Error) -> rusqlite::Result<()> {
        if error == rusqlite::Error::QueryReturnedNoRows { Ok(()) } else { Err(error) }
    }
}
