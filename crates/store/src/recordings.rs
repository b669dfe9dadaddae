//! Recordings: what there is, and how far each is.
//!
//! ```text
//! keep_recording -> recording --finish--> ready
//!                       |  '---finish---> encoding --finish--> ready
//!                       |------finish---> failed <---finish------'
//!                       '------discard--> forgotten: nothing was said
//! ready, failed --remove--> removed
//! ```

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use model::{CallEvent, CallSid, CalloutId, EventKind, Format, HttpRequest, Record, Recording, RecordingName, Tenant};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use crate::error::Trouble;
use crate::outbox;
use crate::session::Session;

/// Recordings of one call that are listed, at most.
pub const RECORDINGS_A_CALL: usize = 1_000;

/// Recordings on a page.
pub const RECORDINGS_A_PAGE: usize = 1_000;

/// Which recordings to list; what is `None` does not narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingFilter {
    /// The messages of that mailbox.
    pub mailbox: Option<String>,
    /// Begun at this moment or later; milliseconds count.
    pub since: Option<Timestamp>,
    /// Begun before this moment; milliseconds count.
    pub until: Option<Timestamp>,
    /// Those behind that place.
    pub cursor: Option<RecordingCursor>,
}

/// A place in the list of recordings: behind the one that began then and has that name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordingCursor {
    created: i64,
    name: String,
}

impl RecordingCursor {
    /// The place behind that recording.
    pub fn behind(recording: &Recording) -> Self {
        Self { created: recording.created.as_millisecond(), name: recording.name.to_string() }
    }
}

impl fmt::Display for RecordingCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.created, self.name)
    }
}

impl FromStr for RecordingCursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (created, name) = text.split_once('-').ok_or(())?;
        let name = RecordingName::try_from(name.to_owned()).map_err(|_| ())?;
        Ok(Self { created: created.parse().map_err(|_| ())?, name: name.to_string() })
    }
}

/// A recording and what is known of its call; nothing if its record is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The recording.
    pub row: RecordingRow,
    /// Who called.
    pub from: Option<String>,
    /// Whom.
    pub to: Option<String>,
    /// The flow that ran.
    pub flow: Option<String>,
}

/// A recording as the store knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingRow {
    /// What it is.
    pub recording: Recording,
    /// How far it is.
    pub state: RecordingState,
    /// Octets of its file; 0 while it is written.
    pub bytes: u64,
    /// How long it is; zero while it is written.
    pub duration: Duration,
}

/// How far a recording is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordingState {
    /// It is being written.
    Recording,
    /// It is being made an MP3.
    Encoding,
    /// It can be fetched.
    Ready,
    /// It could not be written to its end.
    Failed,
    /// It was kept for as long as it is to be, and its file was removed.
    Removed,
}

impl RecordingState {
    /// Its name, as the API shows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recording => "recording",
            Self::Encoding => "encoding",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Removed => "removed",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Recording, Self::Encoding, Self::Ready, Self::Failed, Self::Removed];
        all.into_iter().find(|state| state.as_str() == name)
    }
}

/// How long recordings are kept; what is `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Those that began before this moment are not.
    pub since: Option<Timestamp>,
    /// Octets that all files may have together: the oldest are not kept beyond it.
    pub bytes: Option<u64>,
}

/// A recording is a step further.
#[derive(Clone, Debug)]
pub struct RecordingStep {
    /// Which.
    pub name: RecordingName,
    /// How far it is now.
    pub state: RecordingState,
    /// Octets of its file.
    pub bytes: u64,
    /// How long it is.
    pub duration: Duration,
    /// Who is told that it is ready, if it is: the report is owed with the same stroke.
    pub teller: Option<Teller>,
    /// When.
    pub now: Timestamp,
}

/// Writes the report of a recording that is ready.
#[derive(Clone)]
pub struct Teller(pub Arc<Write>);

/// Writes a report, which gets that number.
type Write = dyn Fn(&RecordingRow, CalloutId) -> HttpRequest + Send + Sync;

impl fmt::Debug for Teller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Teller")
    }
}

pub(crate) fn keep(session: &mut Session, recording: &Recording) -> Result<(), Trouble> {
    let Recording { name, tenant, call, record, created, mailbox } = recording;
    let mut statement = session.connection.prepare_cached(
        "INSERT INTO recordings VALUES (?1, ?2, ?3, ?4, ?5, 'recording', 0, 0, ?6, ?7) ON CONFLICT DO NOTHING",
    )?;
    let (channels, format) = (if record.dual { 2 } else { 1 }, record.format.as_str());
    statement.execute(params![
        name.as_str(),
        &*tenant.0,
        call.as_str(),
        channels,
        format,
        created.as_millisecond(),
        mailbox
    ])?;
    Ok(())
}

/// Gives the line of the call's journal that tells of the report, if there is one.
pub(crate) fn finish(session: &mut Session, step: &RecordingStep) -> Result<Option<CallEvent>, Trouble> {
    update(&session.connection, step)?;
    let Some(Teller(write)) = step.teller.as_ref().filter(|_| step.state == RecordingState::Ready) else {
        return Ok(None);
    };
    let Some(row) = one(&session.connection, &step.name)? else { return Ok(None) };
    let call = row.recording.call.clone();
    // A call of which nothing is durable yet is told of by nobody, and the recording is ready all the same.
    match session.apart(|session| outbox::add(session, &call, |callout| write(&row, callout), step.now))? {
        Ok(event) => Ok(Some(event)),
        Err(_) => Ok(None),
    }
}

/// Gives the line of the call's journal that tells of it, if there is such a call; nothing if it was removed before.
pub(crate) fn remove(
    session: &mut Session,
    (name, now): &(RecordingName, Timestamp),
) -> Result<Option<CallEvent>, Trouble> {
    let sql = "UPDATE recordings SET state = 'removed', bytes = 0 WHERE name = ?1 AND state IN ('ready', 'failed') RETURNING call";
    let mut statement = session.connection.prepare_cached(sql)?;
    let call = statement.query_row([name.as_str()], |row| row.get::<_, String>(0)).optional()?;
    drop(statement);
    let Some(call) = call.map(CallSid::new) else { return Ok(None) };
    let kind = EventKind::RecordingRemoved { recording: name.clone() };
    Ok(session.apart(|session| session.tell(&call, kind, *now))?.ok())
}

/// Recordings that are not to be kept any longer, the oldest first, at most `limit`: those that are over.
pub(crate) fn outlived(connection: &Connection, kept: &Retention, limit: usize) -> Result<Vec<RecordingRow>, Trouble> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let since = kept.since.map_or(i64::MIN, Timestamp::as_millisecond);
    let bytes = kept.bytes.map_or(i64::MAX, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
    let mut statement = connection.prepare_cached(
        "SELECT name, tenant, call, channels, format, state, bytes, milliseconds, created, mailbox
         FROM (SELECT *, sum(bytes) OVER (ORDER BY created DESC, name DESC) AS total FROM recordings
               WHERE state IN ('ready', 'failed'))
         WHERE created < ?1 OR total > ?2 ORDER BY created, name LIMIT ?3",
    )?;
    let rows = statement.query_map([since, bytes, limit], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn discard(session: &mut Session, name: &RecordingName) -> Result<(), Trouble> {
    session.connection.prepare_cached("DELETE FROM recordings WHERE name = ?1")?.execute([name.as_str()])?;
    Ok(())
}

pub(crate) fn one(connection: &Connection, name: &RecordingName) -> Result<Option<RecordingRow>, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT name, tenant, call, channels, format, state, bytes, milliseconds, created, mailbox FROM recordings
         WHERE name = ?1",
    )?;
    Ok(statement.query_row([name.as_str()], read).optional()?)
}

fn update(connection: &Connection, step: &RecordingStep) -> Result<(), Trouble> {
    let mut statement =
        connection.prepare_cached("UPDATE recordings SET state = ?2, bytes = ?3, milliseconds = ?4 WHERE name = ?1")?;
    let milliseconds = i64::try_from(step.duration.as_millis()).unwrap_or(i64::MAX);
    let bytes = i64::try_from(step.bytes).unwrap_or(i64::MAX);
    statement.execute(params![step.name.as_str(), step.state.as_str(), bytes, milliseconds])?;
    Ok(())
}

/// A call's recordings, the first one first, at most [`RECORDINGS_A_CALL`].
pub(crate) fn of_call(connection: &Connection, tenant: &Tenant, call: &CallSid) -> Result<Vec<RecordingRow>, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT name, tenant, call, channels, format, state, bytes, milliseconds, created, mailbox FROM recordings
         WHERE call = ?1 AND tenant = ?2 ORDER BY created, name LIMIT ?3",
    )?;
    let limit = i64::try_from(RECORDINGS_A_CALL).expect("small");
    let rows = statement.query_map(params![call.as_str(), &*tenant.0, limit], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Those that are not over: of a process that is gone, before another begins any.
pub(crate) fn unfinished(connection: &Connection) -> Result<Vec<RecordingRow>, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT name, tenant, call, channels, format, state, bytes, milliseconds, created, mailbox FROM recordings
         WHERE state IN ('recording', 'encoding') ORDER BY created, name",
    )?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A page of recordings with their calls, the newest first; `limit` is brought into 1 to [`RECORDINGS_A_PAGE`].
pub(crate) fn page(
    connection: &Connection,
    tenant: &Tenant,
    filter: &RecordingFilter,
    limit: usize,
) -> Result<Vec<Recorded>, Trouble> {
    let mut statement = connection.prepare_cached(&sql(filter.mailbox.is_some()))?;
    let millisecond = Timestamp::as_millisecond;
    let until = RecordingCursor { created: filter.until.map_or(i64::MAX, millisecond), name: String::new() };
    let behind = filter.cursor.clone().map_or_else(|| until.clone(), |cursor| cursor.min(until.clone()));
    let limit = i64::try_from(limit.clamp(1, RECORDINGS_A_PAGE)).expect("small");
    let rows = statement.query_map(
        named_params! {
            ":tenant": &*tenant.0, ":mailbox": filter.mailbox, ":since": filter.since.map_or(i64::MIN, millisecond),
            ":created": behind.created, ":name": behind.name, ":limit": limit,
        },
        |row| {
            let (from, to, flow) = (row.get(10)?, row.get(11)?, row.get(12)?);
            Ok(Recorded { row: read(row)?, from, to, flow })
        },
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn sql(of_mailbox: bool) -> String {
    // Without the condition, not with one that may be null: only so is the index of mailboxes used where there is one.
    let mailbox = if of_mailbox { "AND mailbox = :mailbox" } else { "AND :mailbox IS NULL" };
    format!(
        "SELECT name, recordings.tenant, call, channels, format, recordings.state, bytes, milliseconds, recordings.created, mailbox,
                caller, callee, flow
         FROM recordings LEFT JOIN calls ON calls.sid = recordings.call
         WHERE recordings.tenant = :tenant {mailbox} AND recordings.created >= :since
               AND (recordings.created, name) < (:created, :name)
         ORDER BY recordings.created DESC, name DESC LIMIT :limit"
    )
}

fn read(row: &Row<'_>) -> rusqlite::Result<RecordingRow> {
    let (name, state, format): (String, String, String) = (row.get(0)?, row.get(5)?, row.get(4)?);
    let created = Timestamp::from_millisecond(row.get(8)?).map_err(|error| not_ours(8, error))?;
    let (bytes, milliseconds): (i64, i64) = (row.get(6)?, row.get(7)?);
    Ok(RecordingRow {
        recording: Recording {
            name: RecordingName::try_from(name).map_err(|error| not_ours(0, error))?,
            tenant: Tenant(row.get::<_, String>(1)?.into()),
            call: CallSid::new(row.get::<_, String>(2)?),
            record: Record {
                dual: row.get::<_, i64>(3)? == 2,
                format: Format::from_name(&format).ok_or_else(|| not_ours(4, format!("{format} is no format")))?,
            },
            created,
            mailbox: row.get(9)?,
        },
        state: RecordingState::from_name(&state).ok_or_else(|| not_ours(5, format!("{state} is no state")))?,
        bytes: bytes.unsigned_abs(),
        duration: Duration::from_millis(milliseconds.unsigned_abs()),
    })
}

fn not_ours(column: usize, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::migrate;

    #[test]
    fn pages_are_read_from_an_index_and_sort_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate::migrate(&mut connection, Path::new("x.db")).unwrap();
        for (of_mailbox, index) in [(false, "recordings_newest"), (true, "recordings_of_mailbox")] {
            let sql = format!("EXPLAIN QUERY PLAN {}", sql(of_mailbox));
            let mut statement = connection.prepare(&sql).unwrap();
            let plan: Vec<String> =
                statement.raw_query().mapped(|row| row.get(3)).collect::<Result<_, _>>().expect("a plan");
            assert!(plan[0].contains(&format!("SEARCH recordings USING INDEX {index} (tenant=?")), "{plan:?}");
            assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE") || step.starts_with("SCAN")), "{plan:?}");
        }
    }

    #[test]
    fn a_place_in_the_list_is_read_as_it_is_written() {
        let name = RecordingName::new([7; 16]);
        let cursor = RecordingCursor { created: 12, name: name.to_string() };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for text in ["", "12", "12-", "x-y", "12-../../etc"] {
            assert_eq!(text.parse::<RecordingCursor>(), Err(()), "{text}");
        }
    }
}
