//! The call records: `calls`, one row a call, kept beside the journal that it is the fold of.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use model::{CallEvent, CallSid, CallState, Cause, Cdr, EndedBy, EventKind, Tenant};
use rusqlite::{Connection, OptionalExtension, named_params, params};

use crate::StoreError;
use crate::error::Trouble;
use crate::events;
use crate::search;
use crate::session::Session;

/// Records that one page holds at most.
pub const CALLS_A_PAGE: usize = 1000;

/// Which calls to list; what is `None` does not narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallFilter {
    /// The caller, as the record has it.
    pub from: Option<String>,
    /// The number called, as the record has it.
    pub to: Option<String>,
    /// Where the call stands.
    pub state: Option<CallState>,
    /// The flow's name.
    pub flow: Option<String>,
    /// Arrived at this moment or later; milliseconds count.
    pub since: Option<Timestamp>,
    /// Arrived before this moment; milliseconds count.
    pub until: Option<Timestamp>,
    /// The page after the one that gave this cursor.
    pub before: Option<Cursor>,
}

/// A page of call records, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct CallPage {
    /// The records.
    pub calls: Vec<Cdr>,
    /// Calls of this page whose records cannot be read.
    pub unreadable: Vec<Unreadable>,
    /// Where the next page begins; `None` if this was the last.
    pub next: Option<Cursor>,
}

/// A call of which the store cannot read what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The call.
    pub call: CallSid,
    /// What was found.
    pub why: String,
}

/// A place in the list of calls. Calls that arrive later do not move it. As text it is opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) created: i64,
    pub(crate) sid: CallSid,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.created, self.sid)
    }
}

impl FromStr for Cursor {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let parts = text.split_once('.').and_then(|(created, sid)| Some((created.parse().ok()?, sid)));
        let (created, sid) = parts.ok_or_else(|| StoreError::Rejected("this is not a cursor".into()))?;
        Ok(Self { created, sid: CallSid::new(sid) })
    }
}

fn word(state: CallState) -> &'static str {
    match state {
        CallState::Ringing => "ringing",
        CallState::InProgress => "in-progress",
        CallState::Completed => "completed",
        CallState::Unanswered => "unanswered",
    }
}

/// What is kept at hand of a call.
pub(crate) struct Kept {
    /// Its number in the tables.
    pub(crate) id: i64,
    pub(crate) record: Cdr,
    /// When the last line of its journal was, since the offer.
    pub(crate) last: Duration,
}

/// Gives the record its number, unless there is a call of that name.
pub(crate) fn insert(connection: &Connection, record: &Cdr, holder: (&str, i64)) -> Result<Option<i64>, Trouble> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO calls (sid, tenant, owner, epoch, caller, callee, state, created, record, direction, line, called, status)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT (sid) DO NOTHING RETURNING id",
    )?;
    let (owner, epoch) = holder;
    let values = params![
        record.sid.as_str(),
        &*record.tenant.0,
        owner,
        epoch,
        record.from,
        record.to,
        word(record.state),
        record.created.as_millisecond(),
        serde_json::to_string(record)?,
        search::word(record.direction),
        record.line(),
        record.called(),
        record.status().to_string(),
    ];
    Ok(statement.query_row(values, |row| row.get(0)).optional()?)
}

/// Writes what a call's events can change.
pub(crate) fn update(connection: &Connection, Kept { id, record, .. }: &Kept) -> Result<(), Trouble> {
    let mut statement = connection.prepare_cached(
        "UPDATE calls SET flow = ?2, state = ?3, ended = ?4, record = ?5, line = ?6, called = ?7, status = ?8, seconds = ?9
         WHERE id = ?1",
    )?;
    statement.execute(params![
        id,
        record.flow,
        word(record.state),
        record.ended.map(Timestamp::as_millisecond),
        serde_json::to_string(record)?,
        record.line(),
        record.called(),
        record.status().to_string(),
        record.duration.and_then(|duration| i64::try_from(duration.as_secs()).ok()),
    ])?;
    Ok(())
}

/// Ends every journal that has no end: the process that ran the call is gone. What is known of the call ends with its last line, so
/// that is when it ended: the time until this start is not the caller's. Gives their number, and the calls
/// that it had to pass over.
pub(crate) fn end_abandoned(session: &mut Session) -> Result<(u32, Vec<Unreadable>), Trouble> {
    let abandoned = {
        let mut statement = session.connection.prepare("SELECT id, sid FROM calls WHERE ended IS NULL")?;
        let rows =
            statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, CallSid::new(row.get::<_, String>(1)?))))?;
        rows.collect::<Result<Vec<_>, _>>()?
    };
    let (mut count, mut unreadable) = (0, Vec::new());
    for (id, call) in abandoned {
        match session.apart(|session| end(session, id, &call))? {
            Ok(()) => count += 1,
            Err(trouble) => unreadable.push(Unreadable { call, why: trouble.why() }),
        }
    }
    Ok((count, unreadable))
}

fn end(session: &mut Session, id: i64, call: &CallSid) -> Result<(), Trouble> {
    let last = events::last(&session.connection, id)?;
    let CallEvent { at, wall, .. } = last.ok_or_else(|| events::no_journal(call))?;
    let kind = EventKind::Ended { cause: Cause::TEMPORARY_FAILURE, by: EndedBy::Us };
    session.append(vec![CallEvent { call: call.clone(), seq: 0, leg: None, at, wall, kind }])?;
    Ok(())
}

pub(crate) fn one(connection: &Connection, tenant: &Tenant, sid: &CallSid) -> Result<Option<Cdr>, Trouble> {
    let mut statement = connection.prepare_cached("SELECT record FROM calls WHERE tenant = ?1 AND sid = ?2")?;
    let record = statement.query_row([&*tenant.0, sid.as_str()], |row| row.get::<_, String>(0)).optional()?;
    Ok(record.map(|record| serde_json::from_str(&record)).transpose()?)
}

/// A call as the tables have it, to go on with its journal.
pub(crate) fn resume(connection: &Connection, sid: &CallSid) -> Result<Option<Kept>, Trouble> {
    let mut statement = connection.prepare_cached("SELECT id, record, ended IS NULL FROM calls WHERE sid = ?1")?;
    let row = statement
        .query_row([sid.as_str()], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, bool>(2)?)));
    let Some((id, record, runs)) = row.optional()? else { return Ok(None) };
    // While a call runs, its next line may need more than the row holds.
    let (record, last) = if runs {
        let lines = events::all(connection, id)?;
        (Cdr::fold(&lines), lines.into_iter().next_back())
    } else {
        (Some(serde_json::from_str(&record)?), events::last(connection, id)?)
    };
    Ok(record.zip(last).map(|(record, last)| Kept { id, record, last: last.at }))
}

/// `limit` is brought into 1 to [`CALLS_A_PAGE`].
pub(crate) fn page(
    connection: &Connection,
    tenant: &Tenant,
    filter: &CallFilter,
    limit: usize,
) -> Result<CallPage, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT created, sid, record FROM calls
         WHERE tenant = :tenant AND created >= :since AND created < :until AND (created, sid) < (:created, :sid)
           AND (:from IS NULL OR caller = :from) AND (:to IS NULL OR callee = :to)
           AND (:state IS NULL OR state = :state) AND (:flow IS NULL OR flow = :flow)
         ORDER BY created DESC, sid DESC LIMIT :limit",
    )?;
    let limit = limit.clamp(1, CALLS_A_PAGE);
    let before = filter.before.as_ref().map_or((i64::MAX, ""), |cursor| (cursor.created, cursor.sid.as_str()));
    // The row comparison alone would be checked line by line: the bound on `created` lets the index begin at the cursor.
    let until = filter.until.map_or(i64::MAX, Timestamp::as_millisecond).min(before.0.saturating_add(1));
    let rows = statement.query_map(
        named_params! {
            ":tenant": &*tenant.0,
            ":since": filter.since.map_or(i64::MIN, Timestamp::as_millisecond),
            ":until": until,
            ":created": before.0,
            ":sid": before.1,
            ":from": filter.from,
            ":to": filter.to,
            ":state": filter.state.map(word),
            ":flow": filter.flow,
            ":limit": i64::try_from(limit + 1).expect("small"),
        },
        |row| Ok((Cursor { created: row.get(0)?, sid: CallSid::new(row.get::<_, String>(1)?) }, row.get(2)?)),
    )?;
    let mut rows = rows.collect::<Result<Vec<(Cursor, String)>, _>>()?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|(place, _)| place.clone());
    let (mut calls, mut unreadable) = (Vec::with_capacity(rows.len()), Vec::new());
    for (Cursor { sid, .. }, record) in rows {
        match serde_json::from_str(&record) {
            Ok(record) => calls.push(record),
            Err(error) => unreadable.push(Unreadable { call: sid, why: error.to_string() }),
        }
    }
    Ok(CallPage { calls, unreadable, next })
}
