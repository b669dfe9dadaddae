//! What whoever asked for a call is owed at its end: kept with the call from its beginning on, so that it outlives the process.
//!
//! ```text
//! make ─► promised ─ keep: the report of the end is in the outbox ───────────────────────────► nothing is owed
//!            └─ the process ends ─► the next start ends the call ─ settle: a report is in the outbox ─┘
//! ```

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use model::{CallEvent, CallSid, CalloutId, Cdr, HttpRequest, Recording, StatusCallback};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::error::Trouble;
use crate::session::Session;
use crate::{Unreadable, outbox, recordings};

/// What a call owes at its end to whoever asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// The call.
    pub call: CallSid,
    /// Where the report goes, and in which form. The URL may hold a password, so no journal has it.
    pub callback: StatusCallback,
    /// The text that travels with the call.
    pub custom_field: Option<String>,
}

/// A call that is over, and still owes what it promised.
#[derive(Clone, Debug, PartialEq)]
pub struct Owing {
    /// What it came to.
    pub record: Cdr,
    /// What it promised.
    pub promise: Promise,
    /// Its last recording.
    pub recording: Option<Recording>,
}

/// Writes the report of a call that is over.
#[derive(Clone)]
pub struct Settler(pub Arc<Write>);

/// Writes a report, which gets that number.
type Write = dyn Fn(&Owing, CalloutId) -> HttpRequest + Send + Sync;

impl fmt::Debug for Settler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Settler")
    }
}

/// What became of promises that earlier runs left.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settled {
    /// The lines of the calls' journals that say that reports are owed.
    pub events: Vec<CallEvent>,
    /// Calls that promised something which cannot be read: they stay as they are.
    pub unreadable: Vec<Unreadable>,
}

/// Takes a promise down with its call, whose first line is written.
pub(crate) fn make(connection: &Connection, promise: &Promise) -> Result<(), Trouble> {
    let mut statement = connection.prepare_cached("UPDATE calls SET promise = ?2 WHERE sid = ?1")?;
    statement.execute(params![promise.call.as_str(), serde_json::to_string(promise)?])?;
    Ok(())
}

/// The call owes nothing any more.
pub(crate) fn keep(connection: &Connection, call: &CallSid) -> Result<(), Trouble> {
    let mut statement = connection.prepare_cached("UPDATE calls SET promise = NULL WHERE sid = ?1")?;
    statement.execute([call.as_str()])?;
    Ok(())
}

/// Owes the reports of all calls that are over and promised one. Each stands behind what its call owed before.
pub(crate) fn settle(session: &mut Session, (settler, now): &(Settler, Timestamp)) -> Result<Settled, Trouble> {
    let mut settled = Settled::default();
    for (sid, record, promise) in owing(&session.connection)? {
        let done = session.apart(|session| {
            let (record, promise): (Cdr, Promise) = (serde_json::from_str(&record)?, serde_json::from_str(&promise)?);
            let known = recordings::of_call(&session.connection, &record.tenant, &sid)?.into_iter();
            let recording = known.map(|row| row.recording).find(|known| record.recording.as_ref() == Some(&known.name));
            let owing = Owing { record, promise, recording };
            let event = outbox::add(session, &sid, |callout| (settler.0)(&owing, callout), *now)?;
            keep(&session.connection, &sid)?;
            Ok(event)
        })?;
        match done {
            Ok(event) => settled.events.push(event),
            Err(trouble) => settled.unreadable.push(Unreadable { call: sid, why: trouble.why() }),
        }
    }
    Ok(settled)
}

/// The name, record and promise of each.
fn owing(connection: &Connection) -> Result<Vec<(CallSid, String, String)>, Trouble> {
    let sql = "SELECT sid, record, promise FROM calls WHERE promise IS NOT NULL AND ended IS NOT NULL ORDER BY id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok((CallSid::new(row.get::<_, String>(0)?), row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
