//! The database of a server, read beside it as an operator could.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::server::DEADLINE;

/// A database.
pub(crate) struct Database(Connection);

impl Database {
    /// That of the server in a folder.
    pub(crate) fn of(folder: &Path) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(folder.join("data/passthru.db"), flags).expect("a database");
        connection.busy_timeout(DEADLINE).expect("a time-out");
        Self(connection)
    }

    /// The ids of the outbox's rows in one of these states, as receivers see them.
    pub(crate) fn callouts(&self, states: &[&str]) -> BTreeSet<String> {
        let mut statement = self
            .0
            .prepare_cached("SELECT (SELECT sid FROM calls WHERE calls.id = call) || '_' || callout, state FROM outbox")
            .expect("its tables");
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
        let rows = statement.query_map([], row).expect("rows").map(|row| row.expect("a row"));
        rows.filter(|(_, state)| states.contains(&state.as_str())).map(|(id, _)| id).collect()
    }

    /// How many rows are owed.
    pub(crate) fn owed(&self) -> u32 {
        self.count("'waiting', 'running'")
    }

    /// Waits until so many rows are owed.
    pub(crate) fn until_owed(&self, wanted: impl Fn(u32) -> bool) {
        self.until("'waiting', 'running'", wanted);
    }

    /// Waits until so many of them are under way.
    pub(crate) fn until_under_way(&self, wanted: impl Fn(usize) -> bool) {
        self.until("'running'", |running| wanted(running as usize));
    }

    fn until(&self, states: &str, wanted: impl Fn(u32) -> bool) {
        let end = Instant::now() + DEADLINE;
        loop {
            let rows = self.count(states);
            if wanted(rows) {
                return;
            }
            assert!(Instant::now() < end, "{rows} rows are {states}, and it does not change to what is wanted");
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }

    fn count(&self, states: &str) -> u32 {
        let count = format!("SELECT count(*) FROM outbox WHERE state IN ({states})");
        self.0.query_row(&count, [], |row| row.get(0)).expect("a count")
    }

    /// Waits until a call's journal has a line of that kind.
    pub(crate) fn until_line(&self, event: &str, call: &str) {
        let end = Instant::now() + DEADLINE;
        while !self.lines(event).iter().any(|line| line["call"] == call) {
            assert!(Instant::now() < end, "call {call} never had a line `{event}`");
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }

    /// The journals' lines of that kind.
    pub(crate) fn lines(&self, event: &str) -> Vec<Value> {
        let mut statement = self.0.prepare_cached("SELECT body FROM events WHERE body LIKE ?1").expect("its tables");
        let pattern = format!("%\"event\":\"{event}\"%");
        let bodies = statement.query_map([pattern], |row| row.get::<_, String>(0)).expect("rows");
        bodies.map(|body| serde_json::from_str(&body.expect("a row")).expect("JSON")).collect()
    }
}
