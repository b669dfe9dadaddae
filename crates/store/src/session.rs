//! The writer's side of the database: its connection, who writes, and the records of the calls that run now.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use model::{CallEvent, CallSid, Cdr, EventKind};
use rusqlite::Connection;

use crate::callouts;
use crate::calls::{self, Kept};
use crate::error::Trouble;
use crate::events;

/// Records of running calls kept at hand. Past it the store still works, and reads a journal again for each batch.
const RECORDS: usize = 65_536;

pub(crate) struct Session {
    pub(crate) connection: Connection,
    pub(crate) path: PathBuf,
    pub(crate) owner: String,
    pub(crate) epoch: i64,
    running: BTreeMap<CallSid, Kept>,
}

impl Session {
    pub(crate) fn new(connection: Connection, path: &Path, owner: &str) -> Self {
        Self { connection, path: path.to_owned(), owner: owner.to_owned(), epoch: 0, running: BTreeMap::new() }
    }

    /// Appends events to their journals and brings the calls' records up to date. Gives the events back as they
    /// were numbered.
    pub(crate) fn append(&mut self, mut lines: Vec<CallEvent>) -> Result<Vec<CallEvent>, Trouble> {
        let mut touched: BTreeMap<CallSid, Kept> = BTreeMap::new();
        for event in &mut lines {
            if matches!(event.kind, EventKind::Offered { .. }) {
                touched.insert(event.call.clone(), self.begin(event)?);
                continue;
            }
            if !touched.contains_key(&event.call) {
                touched.insert(event.call.clone(), self.take(&event.call)?);
            }
            self.write(touched.get_mut(&event.call).expect("inserted above"), event)?;
        }
        for (sid, kept) in touched {
            self.put(sid, kept)?;
        }
        Ok(lines)
    }

    /// Appends a line of the store's own. It is never before the journal's last line, whatever the clock did.
    pub(crate) fn tell(&mut self, call: &CallSid, kind: EventKind, now: Timestamp) -> Result<CallEvent, Trouble> {
        let mut kept = self.take(call)?;
        let passed = Duration::try_from(now.duration_since(kept.record.created)).unwrap_or_default();
        let at = passed.max(kept.last);
        let mut event = CallEvent { call: call.clone(), seq: 0, leg: None, at, wall: now, kind };
        self.write(&mut kept, &mut event)?;
        self.put(call.clone(), kept)?;
        Ok(event)
    }

    fn write(&self, kept: &mut Kept, event: &mut CallEvent) -> Result<(), Trouble> {
        if kept.record.ended.is_some() && !event.kind.is_late() {
            return Err(Trouble::Rejected(format!("the journal of call {} has ended", event.call)));
        }
        event.seq = kept.record.events;
        events::insert(&self.connection, kept.id, event)?;
        callouts::end(&self.connection, &event.call, &event.kind)?;
        kept.record.apply(event);
        kept.last = event.at;
        Ok(())
    }

    /// Brings the tables up to date with the record, and keeps it at hand while the call runs.
    fn put(&mut self, sid: CallSid, kept: Kept) -> Result<(), Trouble> {
        calls::update(&self.connection, &kept)?;
        if kept.record.ended.is_none() && self.running.len() < RECORDS {
            self.running.insert(sid, kept);
        }
        Ok(())
    }

    /// Runs a part of a transaction so that it can be taken back alone. `Ok(Err(_))` if it was, and the rest is sound.
    pub(crate) fn apart<T>(
        &mut self,
        part: impl FnOnce(&mut Self) -> Result<T, Trouble>,
    ) -> Result<Result<T, Trouble>, Trouble> {
        self.connection.prepare_cached("SAVEPOINT part")?.execute([])?;
        let done = match part(self) {
            Err(trouble) if trouble.is_the_jobs_own() => {
                self.forget();
                self.connection.prepare_cached("ROLLBACK TO part")?.execute([])?;
                Err(trouble)
            }
            ran => Ok(ran?),
        };
        self.connection.prepare_cached("RELEASE part")?.execute([])?;
        Ok(done)
    }

    /// Forgets what was read, after a part was rolled back: the tables know better.
    pub(crate) fn forget(&mut self) {
        self.running.clear();
    }

    fn begin(&self, event: &mut CallEvent) -> Result<Kept, Trouble> {
        event.seq = 0;
        let record = Cdr::begin(event).expect("the caller looked: it is an offer");
        let Some(id) = calls::insert(&self.connection, &record, (&self.owner, self.epoch))? else {
            return Err(Trouble::Rejected(format!("call {} has a journal already", event.call)));
        };
        events::insert(&self.connection, id, event)?;
        Ok(Kept { id, record, last: event.at })
    }

    fn take(&mut self, call: &CallSid) -> Result<Kept, Trouble> {
        if let Some(kept) = self.running.remove(call) {
            return Ok(kept);
        }
        calls::resume(&self.connection, call)?.ok_or_else(|| events::no_journal(call))
    }
}
