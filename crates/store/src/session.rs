//! The writer's side of the database: its connection, who writes, and the records of the calls that run now.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use model::{CallEvent, CallSid, Cdr, EventKind};
use rusqlite::Connection;

use crate::error::Trouble;
use crate::{calls, events};

/// Records of running calls kept at hand. Past it the store still works, and reads a journal again for each batch.
const RECORDS: usize = 65_536;

pub(crate) struct Session {
    pub(crate) connection: Connection,
    pub(crate) path: PathBuf,
    pub(crate) owner: String,
    pub(crate) epoch: i64,
    running: BTreeMap<CallSid, Cdr>,
}

impl Session {
    pub(crate) fn new(connection: Connection, path: &Path, owner: &str) -> Self {
        Self { connection, path: path.to_owned(), owner: owner.to_owned(), epoch: 0, running: BTreeMap::new() }
    }

    /// Appends events to their journals and brings the calls' records up to date. Gives the events back as they
    /// were numbered.
    pub(crate) fn append(&mut self, mut lines: Vec<CallEvent>) -> Result<Vec<CallEvent>, Trouble> {
        let mut touched: BTreeMap<CallSid, Cdr> = BTreeMap::new();
        for event in &mut lines {
            if matches!(event.kind, EventKind::Offered { .. }) {
                touched.insert(event.call.clone(), self.begin(event)?);
                continue;
            }
            if !touched.contains_key(&event.call) {
                touched.insert(event.call.clone(), self.take(&event.call)?);
            }
            let record = touched.get_mut(&event.call).expect("inserted above");
            if record.ended.is_some() && !matches!(event.kind, EventKind::NotifyAttempted { .. }) {
                return Err(Trouble::Rejected(format!("the journal of call {} has ended", event.call)));
            }
            event.seq = record.events;
            events::insert(&self.connection, event)?;
            record.apply(event);
        }
        for (sid, record) in touched {
            calls::update(&self.connection, &record)?;
            if record.ended.is_none() && self.running.len() < RECORDS {
                self.running.insert(sid, record);
            }
        }
        Ok(lines)
    }

    /// Forgets what was read, after a job was rolled back: the tables know better.
    pub(crate) fn forget(&mut self) {
        self.running.clear();
    }

    fn begin(&self, event: &mut CallEvent) -> Result<Cdr, Trouble> {
        event.seq = 0;
        let record = Cdr::begin(event).expect("the caller looked: it is an offer");
        if !calls::insert(&self.connection, &record, (&self.owner, self.epoch))? {
            return Err(Trouble::Rejected(format!("call {} has a journal already", event.call)));
        }
        events::insert(&self.connection, event)?;
        Ok(record)
    }

    fn take(&mut self, call: &CallSid) -> Result<Cdr, Trouble> {
        if let Some(record) = self.running.remove(call) {
            return Ok(record);
        }
        let journal = events::all(&self.connection, call)?;
        Cdr::fold(&journal).ok_or_else(|| Trouble::Rejected(format!("call {call} has no journal")))
    }
}
