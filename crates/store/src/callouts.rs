//! The list of callouts, newest first: those that calls waited for (`inquiries`, made of their attempts) and those of the
//! outbox. Each table is read by its own index, and the two pages are merged.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use model::{Asker, CallSid, CalloutId, EventKind, HttpOutcome, HttpRequest, Tenant};
use rusqlite::types::ToSql;
use rusqlite::{Connection, Row, named_params, params};
use serde::{Deserialize, Serialize};

use crate::attempts::{self, AttemptKind, AttemptRow, Kept};
use crate::error::Trouble;
use crate::{OutboxState, StoreError};

/// Callouts that one page holds at most.
pub const CALLOUTS_A_PAGE: usize = 1000;

/// Attempts that are shown of one callout at most: the last ones.
pub const ATTEMPTS_SHOWN: usize = 100;

/// Where a callout stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalloutState {
    /// A call waited for it, and it was answered, whatever the status.
    Answered,
    /// A call waited for it, and it was not answered.
    Failed,
    /// It is owed, and waits until it is due.
    Waiting,
    /// It is owed, and an attempt is under way.
    Running,
    /// It was owed, and the receiver took it.
    Delivered,
    /// It was owed, and is given up.
    Dead,
}

impl CalloutState {
    /// Its name, as the API shows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }
}

impl From<OutboxState> for CalloutState {
    fn from(state: OutboxState) -> Self {
        match state {
            OutboxState::Waiting => Self::Waiting,
            OutboxState::Running => Self::Running,
            OutboxState::Delivered => Self::Delivered,
            OutboxState::Dead => Self::Dead,
        }
    }
}

/// Which callouts to list; what is `None` does not narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CalloutFilter {
    /// The call that asked.
    pub call: Option<CallSid>,
    /// Its number in that call.
    pub callout: Option<CalloutId>,
    /// Whether the call waited for it.
    pub kind: Option<AttemptKind>,
    /// Where it stands.
    pub state: Option<CalloutState>,
    /// The flow that asked.
    pub flow: Option<String>,
    /// Whom it asked, as [`model::origin`] has it.
    pub origin: Option<String>,
    /// The status of the last answer.
    pub status: Option<u16>,
    /// Why there is none, in one word: [`model::HttpFailure::word`].
    pub failure: Option<String>,
    /// Asked for at this moment or later; milliseconds count.
    pub since: Option<Timestamp>,
    /// Asked for before this moment; milliseconds count.
    pub until: Option<Timestamp>,
    /// The page after the one that gave this place.
    pub before: Option<CalloutPlace>,
}

/// A place in the list of callouts. Callouts that come later do not move it. As text it is opaque.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CalloutPlace {
    created: i64,
    /// Of the same millisecond, those of the outbox stand above the others.
    owed: bool,
    id: i64,
}

impl CalloutPlace {
    /// The rows of a table that are below this place are below that pair.
    fn below(self, owed: bool) -> (i64, i64) {
        let id = match (self.owed, owed) {
            (true, false) => i64::MAX,
            (false, true) => i64::MIN,
            _ => self.id,
        };
        (self.created, id)
    }
}

impl fmt::Display for CalloutPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.created, u8::from(self.owed), self.id)
    }
}

impl FromStr for CalloutPlace {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let mut parts = text.split('.').map(str::parse::<i64>);
        match [parts.next(), parts.next(), parts.next(), parts.next()] {
            [Some(Ok(created)), Some(Ok(owed @ 0..=1)), Some(Ok(id)), None] => {
                Ok(Self { created, owed: owed == 1, id })
            }
            _ => Err(StoreError::Rejected("this is not a cursor".into())),
        }
    }
}

/// A callout as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalloutRow {
    /// Its place in the list.
    pub place: CalloutPlace,
    /// The call that asked.
    pub call: CallSid,
    /// Its number in that call.
    pub callout: CalloutId,
    /// Whether the call waited for it.
    pub kind: AttemptKind,
    /// What in the call asked.
    pub asker: Asker,
    /// The method; empty if the row cannot be read.
    pub method: String,
    /// The URL, without userinfo; empty if the row cannot be read.
    pub url: String,
    /// Where it stands.
    pub state: CalloutState,
    /// The status of the last answer.
    pub status: Option<u16>,
    /// Why there is none, in one word.
    pub failure: Option<String>,
    /// When it was asked for, in milliseconds.
    pub created: Timestamp,
    /// Attempts made.
    pub attempts: u32,
    /// How long the call waited; or how long it took until it was delivered or given up.
    pub took: Option<Duration>,
}

/// A page of callouts, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalloutPage {
    /// The callouts.
    pub callouts: Vec<CalloutRow>,
    /// Where the next page begins; `None` if this was the last.
    pub next: Option<CalloutPlace>,
}

/// A callout with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Callout {
    /// As it is listed.
    pub row: CalloutRow,
    /// When the next attempt is due, if it is owed and waits for a moment and not for another callout.
    pub due: Option<Timestamp>,
    /// What is asked, with all its secrets; `None` if that is not known any more.
    pub request: Option<HttpRequest>,
    /// Its last attempts, at most [`ATTEMPTS_SHOWN`], in their order.
    pub attempts: Vec<AttemptRow>,
}

/// Takes note of an attempt of a callout that a call waits for. What came of a request that was taken back says nothing of the
/// callout while another was made.
pub(crate) fn note(connection: &Connection, kept: &Kept) -> Result<(), Trouble> {
    let Kept { tenant, attempt, .. } = kept;
    let (status, word) = outcome(&attempt.outcome);
    let asker = attempt.request.mark.as_ref().map(|mark| mark.asker.clone()).unwrap_or_default();
    let mut statement = connection.prepare_cached(
        "INSERT INTO inquiries (tenant, call, callout, flow, node, applet, origin, method, url, created, took, attempts, status, word)
         VALUES (:tenant, :call, :callout, :flow, :node, :applet, :origin, :method, :url, :began, :took, 1, :status, :word)
         ON CONFLICT (call, callout) DO UPDATE SET
             attempts = attempts + 1,
             took = max(took, (excluded.created - created) * 1000 + excluded.took),
             status = iif(excluded.word IN ('cancelled', 'overtaken'), status, excluded.status),
             word = iif(excluded.word IN ('cancelled', 'overtaken'), word, excluded.word)",
    )?;
    statement.execute(named_params! {
        ":tenant": tenant.0,
        ":call": attempt.call.as_str(),
        ":callout": attempt.callout.0,
        ":flow": asker.flow,
        ":node": asker.node,
        ":applet": asker.applet,
        ":origin": model::origin(&attempt.request.url),
        ":method": attempt.request.method,
        ":url": model::without_userinfo(&attempt.request.url),
        ":began": attempt.began.as_millisecond(),
        ":took": micros(attempt.took),
        ":status": status,
        ":word": word,
    })?;
    Ok(())
}

/// Takes note of the end of a callout, which may be another than its last attempt's: an earlier answer that stood in.
pub(crate) fn end(connection: &Connection, call: &CallSid, event: &EventKind) -> Result<(), Trouble> {
    let EventKind::CalloutEnded { callout, status, failure, took, .. } = event else { return Ok(()) };
    let mut statement = connection
        .prepare_cached("UPDATE inquiries SET status = ?3, word = ?4, took = ?5 WHERE call = ?1 AND callout = ?2")?;
    let word = failure.as_ref().map(model::HttpFailure::word);
    statement.execute(params![call.as_str(), callout.0, status, word, micros(*took)])?;
    Ok(())
}

/// The status, or why there is none in one word.
pub(crate) fn outcome(outcome: &HttpOutcome) -> (Option<u16>, Option<&'static str>) {
    match outcome {
        HttpOutcome::Answered(answer) => (Some(answer.status), None),
        HttpOutcome::Failed(failure) => (None, Some(failure.word())),
    }
}

pub(crate) fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

/// `limit` is brought into 1 to [`CALLOUTS_A_PAGE`].
pub(crate) fn page(
    connection: &Connection,
    tenant: &Tenant,
    filter: &CalloutFilter,
    limit: usize,
) -> Result<CalloutPage, Trouble> {
    let limit = limit.clamp(1, CALLOUTS_A_PAGE);
    let mut callouts = Vec::new();
    if matches!(filter.kind, None | Some(AttemptKind::Async)) {
        callouts.extend(rows(connection, &owed(filter.call.is_some()), (tenant, filter), limit + 1, read_owed)?);
    }
    if matches!(filter.kind, None | Some(AttemptKind::Sync)) {
        callouts.extend(rows(connection, &asked(filter.call.is_some()), (tenant, filter), limit + 1, read_asked)?);
    }
    callouts.sort_by_key(|row| std::cmp::Reverse(row.place));
    let more = callouts.len() > limit;
    callouts.truncate(limit);
    let next = callouts.last().filter(|_| more).map(|row| row.place);
    Ok(CalloutPage { callouts, next })
}

/// What both tables are narrowed by; `AND` the state, which each spells in its way. One call's rows are found by its index, and
/// the plus sign keeps the other index out of it.
fn narrowed(of_call: bool, call: &str) -> String {
    let (tenant, call) =
        if of_call { ("+tenant", format!("call = {call}")) } else { ("tenant", ":call IS NULL".into()) };
    format!(
        "{tenant} = :tenant AND {call} AND (:callout IS NULL OR callout = :callout) AND created >= :since AND created < :until
         AND (created, id) < (:created, :id) AND (:flow IS NULL OR flow = :flow) AND (:origin IS NULL OR origin = :origin)
         AND (:status IS NULL OR status = :status) AND (:word IS NULL OR word = :word)"
    )
}

fn owed(of_call: bool) -> String {
    let narrowed = narrowed(of_call, "(SELECT calls.id FROM calls WHERE sid = :call)");
    format!(
        "SELECT created, id, (SELECT sid FROM calls WHERE calls.id = call), callout, state, status, word, attempt, finished, request
         FROM outbox WHERE {narrowed} AND (:state IS NULL OR state = :state) ORDER BY created DESC, id DESC LIMIT :limit"
    )
}

fn asked(of_call: bool) -> String {
    let narrowed = narrowed(of_call, ":call");
    format!(
        "SELECT created, id, call, callout, flow, node, applet, method, url, status, word, attempts, took
         FROM inquiries WHERE {narrowed} AND (:state IS NULL OR :state = iif(status IS NULL, 'failed', 'answered'))
         ORDER BY created DESC, id DESC LIMIT :limit"
    )
}

fn rows(
    connection: &Connection,
    sql: &str,
    (tenant, filter): (&Tenant, &CalloutFilter),
    limit: usize,
    read: fn(&Row<'_>) -> rusqlite::Result<CalloutRow>,
) -> Result<Vec<CalloutRow>, Trouble> {
    let is_owed = sql.contains("FROM outbox");
    let before = filter.before.map_or((i64::MAX, i64::MAX), |place| place.below(is_owed));
    // The row comparison alone would be checked row by row: the bound on `created` lets the index begin at the place.
    let until = filter.until.map_or(i64::MAX, Timestamp::as_millisecond).min(before.0.saturating_add(1));
    let mut statement = connection.prepare_cached(sql)?;
    let values: &[(&str, &dyn ToSql)] = named_params! {
        ":tenant": &*tenant.0,
        ":call": filter.call.as_ref().map(CallSid::as_str),
        ":callout": filter.callout.map(|callout| callout.0),
        ":since": filter.since.map_or(i64::MIN, Timestamp::as_millisecond),
        ":until": until,
        ":created": before.0,
        ":id": before.1,
        ":flow": filter.flow,
        ":origin": filter.origin,
        ":status": filter.status,
        ":word": filter.failure,
        ":state": filter.state.map(CalloutState::as_str),
        ":limit": i64::try_from(limit).expect("small"),
    };
    let rows = statement.query_map(values, read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read_owed(row: &Row<'_>) -> rusqlite::Result<CalloutRow> {
    let place = CalloutPlace { created: row.get(0)?, owed: true, id: row.get(1)? };
    let state: String = row.get(4)?;
    let finished: Option<i64> = row.get(8)?;
    // A row that cannot be read is listed all the same: it is dead, and somebody must see that.
    let request: Option<HttpRequest> = serde_json::from_str(&row.get::<_, String>(9)?).ok();
    let took = finished.map(|at| Duration::from_millis(u64::try_from(at - place.created).unwrap_or_default()));
    Ok(CalloutRow {
        place,
        call: CallSid::new(row.get::<_, String>(2)?),
        callout: CalloutId(row.get(3)?),
        kind: AttemptKind::Async,
        asker: request
            .as_ref()
            .and_then(|request| request.mark.as_ref())
            .map_or_else(Asker::default, |mark| mark.asker.clone()),
        method: request.as_ref().map(|request| request.method.clone()).unwrap_or_default(),
        url: request.as_ref().map(|request| model::without_userinfo(&request.url)).unwrap_or_default(),
        state: OutboxState::from_name(&state).unwrap_or(OutboxState::Dead).into(),
        status: row.get(5)?,
        failure: row.get(6)?,
        created: moment(place.created),
        attempts: row.get(7)?,
        took,
    })
}

fn read_asked(row: &Row<'_>) -> rusqlite::Result<CalloutRow> {
    let place = CalloutPlace { created: row.get(0)?, owed: false, id: row.get(1)? };
    let status: Option<u16> = row.get(9)?;
    let took = u64::try_from(row.get::<_, i64>(12)?).unwrap_or_default();
    Ok(CalloutRow {
        place,
        call: CallSid::new(row.get::<_, String>(2)?),
        callout: CalloutId(row.get(3)?),
        kind: AttemptKind::Sync,
        asker: Asker { flow: row.get(4)?, node: row.get(5)?, applet: row.get(6)? },
        method: row.get(7)?,
        url: row.get(8)?,
        state: if status.is_some() { CalloutState::Answered } else { CalloutState::Failed },
        status,
        failure: row.get(10)?,
        created: moment(place.created),
        attempts: row.get(11)?,
        took: Some(Duration::from_micros(took)),
    })
}

fn moment(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// One callout with its attempts.
pub(crate) fn one(
    connection: &Connection,
    tenant: &Tenant,
    call: &CallSid,
    callout: CalloutId,
) -> Result<Option<Callout>, Trouble> {
    let filter = CalloutFilter { call: Some(call.clone()), callout: Some(callout), ..CalloutFilter::default() };
    let Some(row) = page(connection, tenant, &filter, 1)?.callouts.pop() else { return Ok(None) };
    let attempts = attempts::of_callout(connection, tenant, call, callout)?;
    let (mut due, mut request) = (None, None);
    if row.kind == AttemptKind::Async {
        let mut statement = connection.prepare_cached("SELECT request, due FROM outbox WHERE id = ?1")?;
        let (text, at): (String, i64) = statement.query_row([row.place.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        request = serde_json::from_str(&text).ok();
        due = (row.state == CalloutState::Waiting && at < crate::outbox::BEHIND).then(|| moment(at));
    } else if let Some(first) = attempts::first(connection, tenant, call, callout)? {
        request = Some(first.attempt.request);
    }
    Ok(Some(Callout { row, due, request, attempts }))
}
