//! Sends callouts again: those of the outbox that are done with, and those that calls waited for.
//!
//! ```text
//! owed, unchanged ─► the row itself waits again, due now: its tries count on, its allowance of them begins anew
//! owed, changed  ─┐
//! waited for     ─┴► a row of its own, whose number no call ever gives
//! ```
//! Either way the call's journal says so, and its flow hears of nothing.

use jiff::Timestamp;
use model::{CallEvent, CallSid, CalloutId, EventKind, HttpRequest, Tenant, Way};
use rusqlite::{Connection, OptionalExtension, params};

use crate::attempts;
use crate::audit::{Deed, note};
use crate::callouts::CalloutState;
use crate::error::Trouble;
use crate::outbox::{self, Notify, OutboxState};
use crate::session::Session;

/// A callout to be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// Whose it is.
    pub tenant: Tenant,
    /// The call that asked for it.
    pub call: CallSid,
    /// Its number in that call.
    pub callout: CalloutId,
    /// What is asked instead; `None` if the same is.
    pub instead: Option<HttpRequest>,
    /// Who wants it. `None` if the audit log tells of it with others.
    pub by: Option<String>,
}

/// What became of the wish.
#[derive(Clone, Debug, PartialEq)]
pub enum Replayed {
    /// It is owed again; its request goes out now.
    Owed {
        /// Under which number: its own, or a new one.
        callout: CalloutId,
        /// The line of the call's journal that says so.
        event: Box<CallEvent>,
    },
    /// It is owed still.
    Busy(CalloutState),
    /// There is no such callout, or its request is not known any more.
    Unknown,
}

pub(crate) fn replay(session: &mut Session, (replay, now): &(Replay, Timestamp)) -> Result<Replayed, Trouble> {
    let Some(call) = call(&session.connection, replay)? else { return Ok(Replayed::Unknown) };
    let row = row(&session.connection, call, replay.callout)?;
    if let Some(Row { state: state @ (OutboxState::Waiting | OutboxState::Running), .. }) = row {
        return Ok(Replayed::Busy(state.into()));
    }
    let known = match &row {
        Some(row) => serde_json::from_str(&row.request).ok(),
        None => attempts::first(&session.connection, &replay.tenant, &replay.call, replay.callout)?
            .map(|first| first.attempt.request),
    };
    let Some(known): Option<HttpRequest> = known else { return Ok(Replayed::Unknown) };
    let (callout, url) = match (&row, &replay.instead) {
        (Some(row), None) => {
            again(&session.connection, row.id, *now)?;
            (replay.callout, known.url)
        }
        (_, instead) => {
            let request = instead.clone().unwrap_or(known);
            let url = request.url.clone();
            (anew(&session.connection, call, (replay, request), *now)?, url)
        }
    };
    if let Some(by) = &replay.by {
        let subject = format!("{}_{}", replay.call, replay.callout.0);
        let deed = Deed::new(by, "replay callout", &subject).with_detail(format!("to {}", model::endpoint(&url)));
        note(&session.connection, &replay.tenant, &deed, *now)?;
    }
    let kind = EventKind::NotifyReplayed { callout, of: replay.callout, url: model::without_userinfo(&url) };
    let event = session.tell(&replay.call, kind, *now)?;
    Ok(Replayed::Owed { callout, event: Box::new(event) })
}

/// The number that the tables have for the call.
fn call(connection: &Connection, replay: &Replay) -> Result<Option<i64>, Trouble> {
    let mut statement = connection.prepare_cached("SELECT id FROM calls WHERE sid = ?1 AND tenant = ?2")?;
    Ok(statement.query_row([replay.call.as_str(), &replay.tenant.0], |row| row.get(0)).optional()?)
}

/// A row of the outbox.
struct Row {
    id: i64,
    state: OutboxState,
    request: String,
}

fn row(connection: &Connection, call: i64, callout: CalloutId) -> Result<Option<Row>, Trouble> {
    let mut statement =
        connection.prepare_cached("SELECT id, state, request FROM outbox WHERE call = ?1 AND callout = ?2")?;
    let row = statement.query_row(params![call, callout.0], |row| {
        let state = OutboxState::from_name(&row.get::<_, String>(1)?).unwrap_or(OutboxState::Dead);
        Ok(Row { id: row.get(0)?, state, request: row.get(2)? })
    });
    Ok(row.optional()?)
}

/// The row waits once more. It does not stand behind others of its call: whoever wants it wants it now.
fn again(connection: &Connection, id: i64, now: Timestamp) -> Result<(), Trouble> {
    let mut statement = connection.prepare_cached(
        "UPDATE outbox SET state = 'waiting', due = ?2, finished = NULL, earlier = attempt WHERE id = ?1",
    )?;
    statement.execute(params![id, now.as_millisecond()])?;
    Ok(())
}

/// A row of its own.
fn anew(
    connection: &Connection,
    call: i64,
    (replay, mut request): (&Replay, HttpRequest),
    now: Timestamp,
) -> Result<CalloutId, Trouble> {
    let callout = outbox::free(connection, &replay.call)?;
    if let Some(mark) = &mut request.mark {
        (mark.callout, mark.attempt, mark.way) = (callout, 0, Way::First);
    }
    outbox::insert(connection, &Notify { call: replay.call.clone(), callout, request, created: now })?;
    let mut hurry = connection.prepare_cached("UPDATE outbox SET due = created WHERE call = ?1 AND callout = ?2")?;
    hurry.execute(params![call, callout.0])?;
    Ok(callout)
}
