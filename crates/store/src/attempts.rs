//! The requests of callouts, each with all that is known of it.

use std::time::Duration;

use model::{Attempt, CallSid, CalloutId, HttpOutcome, Tenant};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};
use serde::{Deserialize, Serialize};

use crate::callouts::{self, ATTEMPTS_SHOWN, micros};
use crate::error::Trouble;
use crate::session::Session;

/// Attempts that one page holds at most.
pub const ATTEMPTS_A_PAGE: usize = 1000;

/// What an attempt was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptKind {
    /// A call waited for it.
    Sync,
    /// It was owed by the outbox.
    Async,
    /// It was a copy, of which nothing came.
    Shadow,
}

impl AttemptKind {
    /// Its name, as the API shows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Async => "async",
            Self::Shadow => "shadow",
        }
    }
}

/// An attempt, to be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Whose it is.
    pub tenant: Tenant,
    /// What it was made for.
    pub kind: AttemptKind,
    /// The attempt.
    pub attempt: Attempt,
}

/// An attempt that was kept.
#[derive(Clone, Debug, PartialEq)]
pub struct AttemptRow {
    /// Its number in the store.
    pub id: i64,
    /// What it was made for: `sync`, `async` or `shadow`.
    pub kind: String,
    /// The attempt.
    pub attempt: Attempt,
}

/// The rest of an attempt that was kept before it was here: the body of its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rest {
    /// The call that asked.
    pub call: CallSid,
    /// The callout.
    pub callout: CalloutId,
    /// Which try of it.
    pub number: u32,
    /// Whether it is of a copy, whose tries are counted apart.
    pub is_copy: bool,
    /// The body's first bytes.
    pub body: Vec<u8>,
    /// Whether there was more of it.
    pub truncated: bool,
    /// How long it took from the end of the headers.
    pub took: Duration,
}

pub(crate) fn keep(session: &mut Session, kept: &Kept) -> Result<(), Trouble> {
    if kept.kind == AttemptKind::Sync {
        callouts::note(&session.connection, kept)?;
    }
    insert(&session.connection, kept)
}

/// An attempt that is not there, because it was taken back or not kept, or that has no answer, stays as it is.
pub(crate) fn complete(session: &mut Session, rest: &Rest) -> Result<(), Trouble> {
    let connection = &session.connection;
    let mut statement = connection.prepare_cached(
        "SELECT id, kind, body FROM attempts WHERE call = ?1 AND callout = ?2 AND number = ?3 AND (kind = 'shadow') = ?4
         ORDER BY id DESC LIMIT 1",
    )?;
    let key = params![rest.call.as_str(), rest.callout.0, rest.number, rest.is_copy];
    let Some(AttemptRow { id, mut attempt, .. }) = statement.query_row(key, read).optional()? else { return Ok(()) };
    let HttpOutcome::Answered(answer) = &mut attempt.outcome else { return Ok(()) };
    (answer.body, answer.truncated) = (rest.body.clone(), rest.truncated);
    attempt.trace.body = Some(rest.took).filter(|_| !rest.body.is_empty());
    let mut statement = connection.prepare_cached("UPDATE attempts SET body = ?2, body_time = ?3 WHERE id = ?1")?;
    statement.execute(params![id, serde_json::to_string(&attempt)?, attempt.trace.body.map(micros)])?;
    Ok(())
}

pub(crate) fn insert(connection: &Connection, kept: &Kept) -> Result<(), Trouble> {
    let Kept { tenant, kind, attempt } = kept;
    let (status, failure) = callouts::outcome(&attempt.outcome);
    let asker = attempt.request.mark.as_ref().map(|mark| mark.asker.clone()).unwrap_or_default();
    let trace = &attempt.trace;
    let mut statement = connection.prepare_cached(
        "INSERT INTO attempts (tenant, call, callout, number, kind, flow, node, applet, origin, began, took, dns, connect,
                               tls, first_byte, body_time, status, failure, url, body)
         VALUES (:tenant, :call, :callout, :number, :kind, :flow, :node, :applet, :origin, :began, :took, :dns, :connect,
                 :tls, :first_byte, :body_time, :status, :failure, :url, :body)",
    )?;
    statement.execute(named_params! {
        ":tenant": tenant.0,
        ":call": attempt.call.as_str(),
        ":callout": attempt.callout.0,
        ":number": attempt.number,
        ":kind": kind.as_str(),
        ":flow": asker.flow,
        ":node": asker.node,
        ":applet": asker.applet,
        ":origin": model::origin(&attempt.request.url),
        ":began": attempt.began.as_millisecond(),
        ":took": micros(attempt.took),
        ":dns": trace.dns.map(micros),
        ":connect": trace.connect.map(micros),
        ":tls": trace.tls.map(micros),
        ":first_byte": trace.first_byte.map(micros),
        ":body_time": trace.body.map(micros),
        ":status": status,
        ":failure": failure,
        ":url": model::endpoint(&attempt.request.url),
        ":body": serde_json::to_string(attempt)?,
    })?;
    Ok(())
}

/// The attempts of a call, in the order in which they were made.
pub(crate) fn of_call(connection: &Connection, tenant: &Tenant, call: &CallSid) -> Result<Vec<AttemptRow>, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT id, kind, body FROM attempts WHERE tenant = ?1 AND call = ?2 ORDER BY callout, number, id LIMIT ?3",
    )?;
    let limit = i64::try_from(ATTEMPTS_A_PAGE).expect("small");
    let rows = statement.query_map(params![tenant.0, call.as_str(), limit], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The last attempts of a callout, in their order, at most [`ATTEMPTS_SHOWN`].
pub(crate) fn of_callout(
    connection: &Connection,
    tenant: &Tenant,
    call: &CallSid,
    callout: CalloutId,
) -> Result<Vec<AttemptRow>, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT id, kind, body FROM attempts WHERE +tenant = ?1 AND call = ?2 AND callout = ?3
         ORDER BY number DESC, id DESC LIMIT ?4",
    )?;
    let limit = i64::try_from(ATTEMPTS_SHOWN).expect("small");
    let rows = statement.query_map(params![tenant.0, call.as_str(), callout.0, limit], read)?;
    let mut attempts = rows.collect::<Result<Vec<_>, _>>()?;
    attempts.reverse();
    Ok(attempts)
}

/// The first attempt of a callout: what was asked before anything else was tried.
pub(crate) fn first(
    connection: &Connection,
    tenant: &Tenant,
    call: &CallSid,
    callout: CalloutId,
) -> Result<Option<AttemptRow>, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT id, kind, body FROM attempts WHERE +tenant = ?1 AND call = ?2 AND callout = ?3 AND kind <> 'shadow'
         ORDER BY number, id LIMIT 1",
    )?;
    Ok(statement.query_row(params![tenant.0, call.as_str(), callout.0], read).optional()?)
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<AttemptRow> {
    let body: String = row.get(2)?;
    let attempt = serde_json::from_str(&body)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Text, error.into()))?;
    Ok(AttemptRow { id: row.get(0)?, kind: row.get(1)?, attempt })
}
