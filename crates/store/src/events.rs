//! The journal: `events`, one row a line.

use model::{CallEvent, CallSid, Tenant};
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Trouble;
use crate::outbox::{self, Notify};
use crate::promise::{self, Promise};
use crate::session::Session;

/// Lines of a journal that one read gives at most.
pub const EVENTS_A_PAGE: usize = 10_000;

/// What becomes durable together or not at all. A rule broken by one line refuses the whole batch, so a batch is best
/// kept to one call; the writer groups batches by itself.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Lines to append, in order. The store gives them their `seq`, whatever stands there: it appends lines of its own
    /// while a call runs ([`crate::Finish`]), so only it knows the next.
    pub events: Vec<CallEvent>,
    /// Asynchronous callouts to be owed from now on.
    pub notify: Vec<Notify>,
    /// What a call that begins here owes at its end, whatever becomes of this process.
    pub promise: Option<Promise>,
    /// The call whose promise is among `notify`, and so is kept.
    pub kept: Option<CallSid>,
}

pub(crate) fn append(session: &mut Session, batch: &Batch) -> Result<Vec<CallEvent>, Trouble> {
    let events = session.append(batch.events.clone())?;
    if let Some(made) = &batch.promise {
        promise::make(&session.connection, made)?;
    }
    for notify in &batch.notify {
        outbox::insert(&session.connection, notify)?;
    }
    if let Some(call) = &batch.kept {
        promise::keep(&session.connection, call)?;
    }
    Ok(events)
}

pub(crate) fn insert(connection: &Connection, call: i64, event: &CallEvent) -> Result<(), Trouble> {
    let mut statement = connection.prepare_cached("INSERT INTO events (call, seq, body) VALUES (?1, ?2, ?3)")?;
    statement.execute(params![call, event.seq, serde_json::to_string(event)?])?;
    Ok(())
}

/// A whole journal.
pub(crate) fn all(connection: &Connection, call: i64) -> Result<Vec<CallEvent>, Trouble> {
    let mut statement = connection.prepare_cached("SELECT body FROM events WHERE call = ?1 ORDER BY seq")?;
    let rows = statement.query_map([call], |row| row.get::<_, String>(0))?;
    rows.map(|body| Ok(serde_json::from_str(&body?)?)).collect()
}

/// The lines from number `from` on, at most [`EVENTS_A_PAGE`].
pub(crate) fn page(
    connection: &Connection,
    tenant: &Tenant,
    call: &CallSid,
    from: u32,
) -> Result<Vec<CallEvent>, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT events.body FROM calls JOIN events ON events.call = calls.id
         WHERE calls.tenant = ?1 AND calls.sid = ?2 AND events.seq >= ?3 ORDER BY events.seq LIMIT ?4",
    )?;
    let limit = i64::try_from(EVENTS_A_PAGE).expect("small");
    let rows = statement.query_map(params![&*tenant.0, call.as_str(), from, limit], |row| row.get::<_, String>(0))?;
    rows.map(|body| Ok(serde_json::from_str(&body?)?)).collect()
}

/// The last line of a journal.
pub(crate) fn last(connection: &Connection, call: i64) -> Result<Option<CallEvent>, Trouble> {
    let mut statement =
        connection.prepare_cached("SELECT body FROM events WHERE call = ?1 ORDER BY seq DESC LIMIT 1")?;
    let body = statement.query_row([call], |row| row.get::<_, String>(0)).optional()?;
    Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
}

/// What is said of a call that has none.
pub(crate) fn no_journal(call: &CallSid) -> Trouble {
    Trouble::Rejected(format!("call {call} has no journal"))
}
