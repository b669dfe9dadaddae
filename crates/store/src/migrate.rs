//! Brings a database file to the schema of this release, one numbered step a transaction.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::StoreError;
use crate::error::Trouble;

/// The steps in order; a file's `user_version` is how many of them it has seen. Steps are never edited, only added.
const STEPS: &[&str] = &[
    include_str!("../migrations/sqlite/001_journal.sql"),
    include_str!("../migrations/sqlite/002_keys.sql"),
    include_str!("../migrations/sqlite/003_origins.sql"),
    include_str!("../migrations/sqlite/004_recordings.sql"),
    include_str!("../migrations/sqlite/005_api_keys.sql"),
    include_str!("../migrations/sqlite/006_call_search.sql"),
    include_str!("../migrations/sqlite/007_attempts.sql"),
    include_str!("../migrations/sqlite/008_callouts.sql"),
    include_str!("../migrations/sqlite/009_counting.sql"),
    include_str!("../migrations/sqlite/010_mailboxes.sql"),
    include_str!("../migrations/sqlite/011_journal_order.sql"),
    include_str!("../migrations/sqlite/012_promises.sql"),
    include_str!("../migrations/sqlite/013_dead_letters.sql"),
    include_str!("../migrations/sqlite/014_retention.sql"),
    include_str!("../migrations/sqlite/015_flows.sql"),
    include_str!("../migrations/sqlite/016_traces.sql"),
    include_str!("../migrations/sqlite/017_people.sql"),
    include_str!("../migrations/sqlite/018_recordings_list.sql"),
    include_str!("../migrations/sqlite/019_invitations.sql"),
];

/// `PRAGMA application_id` of our files: "ptru" in ASCII.
const APPLICATION: i64 = 0x7074_7275;

/// The version of the schema of this release.
pub(crate) fn known() -> i64 {
    i64::try_from(STEPS.len()).expect("a handful")
}

/// The version of the file's schema. A file of a newer release or of another program is an error; nothing is written.
pub(crate) fn inspect(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let trouble = |error: rusqlite::Error| Trouble::from(error).at(path);
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let known = known();
    let application = number("PRAGMA application_id").map_err(trouble)?;
    let tables = number("SELECT count(*) FROM sqlite_schema").map_err(trouble)?;
    if application != APPLICATION && (application != 0 || tables != 0) {
        return Err(StoreError::Foreign { path: path.to_owned() });
    }
    let found = number("PRAGMA user_version").map_err(trouble)?;
    if !(0..=known).contains(&found) {
        return Err(StoreError::Newer { path: path.to_owned(), found, known });
    }
    Ok(found)
}

/// Runs the steps that the file has not seen.
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let found = inspect(connection, path)?;
    for (version, step) in (1..).zip(STEPS).filter(|(version, _)| *version > found) {
        run(connection, version, step).map_err(|error| Trouble::from(error).at(path))?;
    }
    Ok(())
}

fn run(connection: &mut Connection, version: i64, step: &str) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if transaction.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))? >= version {
        return Ok(()); // another process came first
    }
    transaction.execute_batch(step)?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", version)?;
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blank() -> Connection {
        Connection::open_in_memory().unwrap()
    }

    #[test]
    fn a_blank_file_gets_the_schema_and_a_second_run_changes_nothing() {
        let mut connection = blank();
        migrate(&mut connection, Path::new("x.db")).unwrap();
        migrate(&mut connection, Path::new("x.db")).unwrap();
        let tables =
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('calls', 'events', 'outbox')";
        assert_eq!(connection.query_row(tables, [], |row| row.get::<_, i64>(0)).unwrap(), 3);
    }

    #[test]
    fn rows_of_an_older_file_are_kept_under_their_new_keys() {
        let mut connection = blank();
        run(&mut connection, 1, STEPS[0]).unwrap();
        connection
            .execute_batch(
                "INSERT INTO calls VALUES ('z', 't', 'o', 1, '1', '2', NULL, 'ringing', 5, NULL, '{}'),
                                          ('a', 't', 'o', 1, '1', '2', 'f', 'completed', 6, 7, '{}');
                 INSERT INTO events VALUES ('a', 0, 'a0'), ('a', 1, 'a1'), ('z', 0, 'z0');
                 INSERT INTO outbox (id, tenant, call, callout, request, attempt, due, state, created)
                 VALUES (8, 't', 'a', 1, '{}', 0, 5, 'waiting', 5), (9, 't', 'z', 1, '{}', 0, 5, 'waiting', 5);
                 DELETE FROM outbox WHERE id = 9;",
            )
            .unwrap();
        migrate(&mut connection, Path::new("x.db")).unwrap();
        let text = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
        assert_eq!(text("SELECT group_concat(id || sid, ' ') FROM (SELECT * FROM calls ORDER BY id)"), "1z 2a");
        assert_eq!(text("SELECT group_concat(call || body, ' ') FROM events"), "1z0 2a0 2a1");
        assert_eq!(text("SELECT group_concat(id || ' ' || call) FROM outbox"), "8 2");
        assert_eq!(text("SELECT group_concat(origin || '.' || state) FROM outbox"), ".waiting");
        assert_eq!(text("SELECT name || seq FROM sqlite_sequence"), "outbox9");
        assert!(
            connection.execute("INSERT INTO events (call, seq, body) VALUES (3, 0, '')", []).is_err(),
            "an event of no call"
        );
    }

    #[test]
    fn a_newer_file_is_refused_and_left_as_it_is() {
        let mut connection = blank();
        migrate(&mut connection, Path::new("x.db")).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        let error = migrate(&mut connection, Path::new("x.db")).unwrap_err();
        assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
        assert!(error.to_string().starts_with("x.db: has schema 99"), "{error}");
    }

    #[test]
    fn another_programs_file_is_refused() {
        let mut connection = blank();
        connection.execute_batch("CREATE TABLE theirs (x)").unwrap();
        assert!(matches!(migrate(&mut connection, Path::new("x.db")), Err(StoreError::Foreign { .. })));
    }
}
