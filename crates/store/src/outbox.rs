//! The outbox: asynchronous callouts that are owed until they are delivered or dead.
//!
//! ```text
//! Batch::notify -> waiting --claim--> running --finish Delivered--> delivered --prune--> gone
//!                     ^                  |----finish Dead---------> dead
//!                     |--finish Retry----'
//!                     |--a new start-----'   (the process died; the attempt counts)
//!                     '--replay--- delivered, dead
//! ```
//! What one call tells one origin is told in its order: a row behind another is due once that one is delivered or dead. How many
//! rows of which origin are under way is for the claimer to say.

use jiff::Timestamp;
use model::{Attempt, CallEvent, CallSid, CalloutId, EventKind, HttpFailure, HttpOutcome, HttpRequest, Tenant};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use crate::attempts::{self, AttemptKind, Kept};
use crate::error::Trouble;
use crate::session::Session;

/// Rows that one claim takes, and one page shows, at most.
pub const CLAIM_ROWS: usize = 256;

/// Rows that one prune deletes at most, so that it holds up nobody.
pub const PRUNE_ROWS: usize = 1000;

/// When a row is due that stands behind another: not before somebody says so.
pub(crate) const BEHIND: i64 = 253_402_207_200_000; // the end of the year 9999, which a timestamp still holds

/// An asynchronous callout to be owed. Its tenant is its call's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notify {
    /// The call.
    pub call: CallSid,
    /// The callout, unique within the call.
    pub callout: CalloutId,
    /// What to ask.
    pub request: HttpRequest,
    /// When it was asked for; due at once.
    pub created: Timestamp,
}

/// A row of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    /// Constant over its attempts, never used again.
    pub id: i64,
    /// Whose it is.
    pub tenant: Tenant,
    /// Who runs it or ran it last, and in which epoch.
    pub holder: Option<(String, i64)>,
    /// The call that asked for it.
    pub call: CallSid,
    /// Its number in the call.
    pub callout: CalloutId,
    /// Whom it asks, as the store goes by it: rows of very old files share an empty one.
    pub origin: String,
    /// What to ask; the URL's userinfo is in it.
    pub request: HttpRequest,
    /// Attempts begun; in a claimed row, the number of this attempt, from 1. One that died with its process counts.
    pub attempt: u32,
    /// Those of them that were made before it was last sent again: the allowance of tries counts from there.
    pub earlier: u32,
    /// When the next attempt may begin, in milliseconds; of no meaning once it is delivered or dead.
    pub due: Timestamp,
    /// Where it stands.
    pub state: OutboxState,
    /// When it was asked for, in milliseconds.
    pub created: Timestamp,
    /// What came of the last attempt that ended.
    pub last: Option<LastTry>,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastTry {
    /// The answer's status, if one came.
    pub status: Option<u16>,
    /// Why none came.
    pub failure: Option<HttpFailure>,
}

/// Where an outbox row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutboxState {
    /// It waits until it is due.
    Waiting,
    /// An attempt is under way.
    Running,
    /// The receiver took it.
    Delivered,
    /// It is given up.
    Dead,
}

impl OutboxState {
    /// Its name, as the API shows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Waiting, Self::Running, Self::Delivered, Self::Dead].into_iter().find(|state| state.as_str() == name)
    }
}

/// An origin that rows wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// As [`model::origin`] has it.
    pub origin: String,
    /// When the first of its rows is due, in milliseconds.
    pub soonest: Timestamp,
    /// Rows that are due, as far as one claim could take them: at most [`CLAIM_ROWS`].
    pub due: usize,
}

/// What the outbox holds that is not delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Rows that wait, or are tried just now.
    pub waiting: u64,
    /// Rows that were given up.
    pub dead: u64,
    /// When the oldest of those that wait was asked for.
    pub oldest: Option<Timestamp>,
}

/// How many rows of an origin to claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The origin.
    pub origin: String,
    /// Rows at most.
    pub rows: usize,
}

/// What a claim took.
#[derive(Clone, Debug, PartialEq)]
pub struct Claimed {
    /// The rows, soonest due first; they are the claimer's until it finishes them or a new start takes them back.
    pub rows: Vec<OutboxRow>,
    /// Rows that were due and cannot be read: they are dead now.
    pub given_up: Vec<GivenUp>,
}

/// A row that cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenUp {
    /// The row.
    pub id: i64,
    /// What was found.
    pub why: String,
    /// The line of its call's journal that says so; `None` if that cannot be read either.
    pub event: Option<CallEvent>,
}

/// The end of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finish {
    /// The row.
    pub id: i64,
    /// What came of the attempt.
    pub outcome: HttpOutcome,
    /// What becomes of the row.
    pub next: Next,
    /// The attempt, to be kept; `None` if nothing was sent.
    pub attempt: Option<Attempt>,
}

/// What becomes of a row after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The receiver took it.
    Delivered,
    /// Another attempt is due.
    Retry {
        /// When.
        at: Timestamp,
    },
    /// It is given up.
    Dead,
}

/// Which rows to list; what is `None` does not narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutboxFilter {
    /// The call that asked.
    pub call: Option<CallSid>,
    /// Where the row stands.
    pub state: Option<OutboxState>,
    /// Rows with a smaller id: the page after one that ended with this id.
    pub before: Option<i64>,
}

const COLUMNS: &str = "id, tenant, owner, epoch, (SELECT sid FROM calls WHERE calls.id = call), callout, request, attempt, due, state, created, status, failure, earlier, origin";

pub(crate) fn insert(connection: &Connection, notify: &Notify) -> Result<(), Trouble> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO outbox (tenant, call, callout, request, attempt, due, state, created, origin, flow)
         SELECT tenant, id, ?2, ?3, 0, iif(EXISTS (SELECT 1 FROM outbox WHERE call = calls.id AND origin = ?5
                                                   AND state IN ('waiting', 'running')), ?6, ?4), 'waiting', ?4, ?5, ?7
         FROM calls WHERE sid = ?1 ON CONFLICT (call, callout) DO NOTHING",
    )?;
    let (call, callout) = (&notify.call, notify.callout);
    let (request, origin) = (serde_json::to_string(&notify.request)?, model::origin(&notify.request.url));
    let created = notify.created.as_millisecond();
    let flow = notify.request.mark.as_ref().map_or("", |mark| &*mark.asker.flow);
    match statement.execute(params![call.as_str(), callout.0, request, created, origin, BEHIND, flow])? {
        1 => Ok(()),
        _ => Err(Trouble::Rejected(format!("{callout} of call {call}: no such call, or it is in the outbox already"))),
    }
}

/// Adds a report to a call that may be over; gives the line of its journal that says so. Its number counts on from that journal,
/// which grows by a line with each: so none is given twice.
pub(crate) fn add(
    session: &mut Session,
    call: &CallSid,
    request: impl FnOnce(CalloutId) -> HttpRequest,
    now: Timestamp,
) -> Result<CallEvent, Trouble> {
    let callout = free(&session.connection, call)?;
    let request = request(callout);
    let (method, url) = (request.method.clone(), model::without_userinfo(&request.url));
    insert(&session.connection, &Notify { call: call.clone(), callout, request, created: now })?;
    session.tell(call, EventKind::NotifyQueued { callout, method, url }, now)
}

/// The next number that no callout of the call has.
pub(crate) fn free(connection: &Connection, call: &CallSid) -> Result<CalloutId, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT coalesce(max(seq), 0) FROM events WHERE call = (SELECT id FROM calls WHERE sid = ?1)",
    )?;
    let lines: u32 = statement.query_row([call.as_str()], |row| row.get(0))?;
    Ok(CalloutId(CalloutId::FIRST_REPLAY.0.saturating_add(lines)))
}

/// The origins that rows wait for, soonest due first; those whose rows all stand behind others wait for nothing. One step in
/// the index finds the next origin, so the cost is that of the origins, however many rows wait.
pub(crate) fn owed(connection: &Connection, now: Timestamp) -> Result<Vec<Owed>, Trouble> {
    let mut statement = connection.prepare_cached(
        "WITH RECURSIVE origins (name) AS (
             SELECT min(origin) FROM outbox WHERE state = 'waiting'
             UNION ALL
             SELECT (SELECT min(origin) FROM outbox WHERE state = 'waiting' AND origin > name) FROM origins
             WHERE name IS NOT NULL)
         SELECT name, (SELECT min(due) FROM outbox WHERE state = 'waiting' AND origin = name) AS soonest,
                (SELECT count(*) FROM
                    (SELECT 1 FROM outbox WHERE state = 'waiting' AND origin = name AND due <= :now LIMIT :limit))
         FROM origins WHERE name IS NOT NULL AND soonest < :behind ORDER BY soonest, name",
    )?;
    let owed = |row: &Row<'_>| {
        let soonest = Timestamp::from_millisecond(row.get(1)?).unwrap_or(Timestamp::MIN);
        Ok(Owed { origin: row.get(0)?, soonest, due: row.get::<_, u16>(2)?.into() })
    };
    let limit = i64::try_from(CLAIM_ROWS).expect("small");
    let values = named_params! { ":now": now.as_millisecond(), ":limit": limit, ":behind": BEHIND };
    Ok(statement.query_map(values, owed)?.collect::<Result<_, _>>()?)
}

/// Counts what is not delivered, in indexes that hold nothing else: a million rows that wait take some ten milliseconds.
pub(crate) fn backlog(connection: &Connection) -> Result<Backlog, Trouble> {
    let mut backlog = Backlog::default();
    let mut first: Option<i64> = None;
    for state in [OutboxState::Waiting, OutboxState::Running, OutboxState::Dead] {
        // Spelled out: an index of some rows is used for a condition that can be read, not for a parameter.
        let sql = format!("SELECT count(*), min(id) FROM outbox WHERE state = '{}'", state.as_str());
        let mut statement = connection.prepare_cached(&sql)?;
        let (count, oldest): (i64, Option<i64>) = statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if state == OutboxState::Dead {
            backlog.dead = count.unsigned_abs();
        } else {
            backlog.waiting += count.unsigned_abs();
            first = first.into_iter().chain(oldest).min();
        }
    }
    // Rows are numbered in the order in which they were asked for.
    let mut statement = connection.prepare_cached("SELECT created FROM outbox WHERE id = ?1")?;
    let created = first.map(|id| statement.query_row([id], |row| time(row, 0)).optional()).transpose()?;
    backlog.oldest = created.flatten();
    Ok(backlog)
}

/// Takes rows that wait and are due at `now`, as many of each origin as its share says and [`CLAIM_ROWS`] in all, and begins an
/// attempt of each. A row that cannot be read is given up: it must not hold up the others.
pub(crate) fn claim(session: &mut Session, (shares, now): &(Vec<Share>, Timestamp)) -> Result<Claimed, Trouble> {
    let (mut rows, mut given_up) = (Vec::new(), Vec::new());
    for share in shares {
        let room = share.rows.min(CLAIM_ROWS - rows.len() - given_up.len());
        for (id, row) in claim_of(session, &share.origin, room, *now)? {
            match row {
                Ok(row) => rows.push(row),
                Err(error) => given_up.push(give_up(session, id, error.to_string(), *now)?),
            }
        }
    }
    rows.sort_by_key(|row| (row.due, row.id));
    Ok(Claimed { rows, given_up })
}

type Taken = (i64, rusqlite::Result<OutboxRow>);

fn claim_of(session: &Session, origin: &str, limit: usize, now: Timestamp) -> Result<Vec<Taken>, Trouble> {
    let mut take = session.connection.prepare_cached(&format!(
        "UPDATE outbox SET state = 'running', owner = :owner, epoch = :epoch, attempt = attempt + 1
         WHERE id IN (SELECT id FROM outbox WHERE state = 'waiting' AND origin = :origin AND due <= :now
                      ORDER BY due, id LIMIT :limit)
         RETURNING {COLUMNS}",
    ))?;
    let rows = take.query_map(
        named_params! {
            ":owner": session.owner,
            ":epoch": session.epoch,
            ":origin": origin,
            ":now": now.as_millisecond(),
            ":limit": i64::try_from(limit).expect("small"),
        },
        |row| Ok((row.get(0)?, read(row))),
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Ends the attempt of a row that cannot be read, with a line in its call's journal if that can be read.
fn give_up(session: &mut Session, id: i64, why: String, now: Timestamp) -> Result<GivenUp, Trouble> {
    let failure = HttpFailure::BadUrl(format!("the stored callout cannot be read: {why}"));
    let end = Finish { id, outcome: HttpOutcome::Failed(failure.clone()), next: Next::Dead, attempt: None };
    let event = session.apart(|session| finish(session, &(end, now)))?.ok();
    if event.is_none() {
        session.connection.execute(
            "UPDATE outbox SET state = 'dead', finished = ?2, status = NULL, failure = ?3, word = ?4 WHERE id = ?1",
            params![id, now.as_millisecond(), serde_json::to_string(&failure)?, failure.word()],
        )?;
        follow(&session.connection, id, now)?;
    }
    Ok(GivenUp { id, why, event })
}

/// Ends an attempt and journals it. Only who claimed the row, in the epoch in which it did, may.
pub(crate) fn finish(session: &mut Session, &(ref end, now): &(Finish, Timestamp)) -> Result<CallEvent, Trouble> {
    let (status, failure) = match &end.outcome {
        HttpOutcome::Answered(answer) => (Some(answer.status), None),
        HttpOutcome::Failed(failure) => (None, Some(failure.clone())),
    };
    let (state, due, finished) = match end.next {
        Next::Delivered => (OutboxState::Delivered, None, Some(now)),
        Next::Dead => (OutboxState::Dead, None, Some(now)),
        Next::Retry { at } => (OutboxState::Waiting, Some(at), None),
    };
    let mut statement = session.connection.prepare_cached(
        "UPDATE outbox SET state = :state, due = coalesce(:due, due), finished = :finished, status = :status,
                           failure = :failure, word = :word
         WHERE id = :id AND state = 'running' AND owner = :owner AND epoch = :epoch
         RETURNING (SELECT sid FROM calls WHERE calls.id = call), callout, attempt, tenant",
    )?;
    let row = statement.query_row(
        named_params! {
            ":state": state.as_str(),
            ":due": due.map(Timestamp::as_millisecond),
            ":finished": finished.map(Timestamp::as_millisecond),
            ":status": status,
            ":failure": failure.as_ref().map(serde_json::to_string).transpose()?,
            ":word": failure.as_ref().map(HttpFailure::word),
            ":id": end.id,
            ":owner": session.owner,
            ":epoch": session.epoch,
        },
        |row| {
            let tenant = Tenant(row.get::<_, String>(3)?.into());
            Ok((CallSid::new(row.get::<_, String>(0)?), CalloutId(row.get(1)?), row.get(2)?, tenant))
        },
    );
    let Some((call, callout, attempt, tenant)) = row.optional()? else {
        return Err(Trouble::Rejected(format!("outbox row {} has no attempt of ours under way", end.id)));
    };
    drop(statement);
    if finished.is_some() {
        follow(&session.connection, end.id, now)?;
    }
    let (took, trace) = match &end.attempt {
        Some(attempt) => (attempt.took, attempt.trace.clone()),
        None => Default::default(),
    };
    if let Some(attempt) = end.attempt.clone() {
        attempts::insert(&session.connection, &Kept { tenant, kind: AttemptKind::Async, attempt })?;
    }
    let kind = EventKind::NotifyAttempted { callout, attempt, status, failure, last: finished.is_some(), took, trace };
    session.tell(&call, kind, now)
}

/// A row is done with: the one behind it is due, unless another goes before it still, as one does that was sent again.
fn follow(connection: &Connection, id: i64, now: Timestamp) -> Result<(), Trouble> {
    let mut statement = connection.prepare_cached(
        "UPDATE outbox SET due = ?2 WHERE id = (
             SELECT next.id FROM outbox AS next JOIN outbox AS done ON next.call = done.call AND next.origin = done.origin
             WHERE done.id = ?1 AND next.state = 'waiting' AND next.due = ?3 AND NOT EXISTS (
                 SELECT 1 FROM outbox AS before WHERE before.call = done.call AND before.origin = done.origin
                 AND (before.state = 'running' OR before.state = 'waiting' AND before.due < ?3))
             ORDER BY next.id LIMIT 1)",
    )?;
    statement.execute(params![id, now.as_millisecond(), BEHIND])?;
    Ok(())
}

/// Gives rows left running by a process that is gone back to waiting, due when they were. Gives their number.
pub(crate) fn take_back(connection: &Connection) -> Result<usize, Trouble> {
    Ok(connection.execute("UPDATE outbox SET state = 'waiting' WHERE state = 'running'", [])?)
}

/// Deletes rows delivered before that moment, and attempts and what calls waited for from before it: the oldest, at most
/// [`PRUNE_ROWS`] of each. Gives their number.
pub(crate) fn prune(session: &mut Session, before: &Timestamp) -> Result<usize, Trouble> {
    let mut gone = 0;
    // Attempts come in the order of their time, or nearly: the first rows of their tables are the oldest, and no index is needed.
    for sql in [
        "DELETE FROM outbox WHERE id IN
         (SELECT id FROM outbox WHERE state = 'delivered' AND finished < ?1 ORDER BY finished LIMIT ?2)",
        "DELETE FROM attempts WHERE began < ?1 AND id IN (SELECT id FROM attempts ORDER BY id LIMIT ?2)",
        "DELETE FROM inquiries WHERE created < ?1 AND id IN (SELECT id FROM inquiries ORDER BY id LIMIT ?2)",
        "DELETE FROM traces WHERE began < ?1 AND call IN (SELECT call FROM traces ORDER BY call LIMIT ?2)",
    ] {
        let mut statement = session.connection.prepare_cached(sql)?;
        gone += statement.execute(params![before.as_millisecond(), i64::try_from(PRUNE_ROWS).expect("small")])?;
    }
    Ok(gone)
}

/// Newest first, at most `limit` and [`CLAIM_ROWS`].
pub(crate) fn page(
    connection: &Connection,
    tenant: &Tenant,
    filter: &OutboxFilter,
    limit: usize,
) -> Result<Vec<OutboxRow>, Trouble> {
    // Spelled apart so that one call's rows are found by their index.
    let of_call =
        if filter.call.is_some() { "call = (SELECT id FROM calls WHERE sid = :call)" } else { ":call IS NULL" };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM outbox WHERE tenant = :tenant AND id < :before AND {of_call} AND (:state IS NULL OR state = :state)
         ORDER BY id DESC LIMIT :limit",
    ))?;
    let rows = statement.query_map(
        named_params! {
            ":tenant": &*tenant.0,
            ":before": filter.before.unwrap_or(i64::MAX),
            ":call": filter.call.as_ref().map(CallSid::as_str),
            ":state": filter.state.map(OutboxState::as_str),
            ":limit": i64::try_from(limit.clamp(1, CLAIM_ROWS)).expect("small"),
        },
        read,
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Reads a row of [`COLUMNS`].
fn read(row: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    let (status, failure): (Option<u16>, Option<String>) = (row.get(11)?, row.get(12)?);
    let failure = failure.map(|text| serde_json::from_str(&text).map_err(|error| not_ours(12, error))).transpose()?;
    let request: String = row.get(6)?;
    let state: String = row.get(9)?;
    let (owner, epoch): (Option<String>, Option<i64>) = (row.get(2)?, row.get(3)?);
    Ok(OutboxRow {
        id: row.get(0)?,
        tenant: Tenant(row.get::<_, String>(1)?.into()),
        holder: owner.zip(epoch),
        call: CallSid::new(row.get::<_, String>(4)?),
        callout: CalloutId(row.get(5)?),
        origin: row.get(14)?,
        request: serde_json::from_str(&request).map_err(|error| not_ours(6, place(&error)))?,
        attempt: row.get(7)?,
        earlier: row.get(13)?,
        due: time(row, 8)?,
        state: OutboxState::from_name(&state).ok_or_else(|| not_ours(9, format!("{state} is no state")))?,
        created: time(row, 10)?,
        last: (status.is_some() || failure.is_some()).then_some(LastTry { status, failure }),
    })
}

fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    Timestamp::from_millisecond(row.get(column)?).map_err(|error| not_ours(column, error))
}

/// What is wrong and where, without the words that stand there: they may be a password.
fn place(error: &serde_json::Error) -> String {
    format!("{:?} error in its JSON at column {}", error.classify(), error.column())
}

fn not_ours(column: usize, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
}
