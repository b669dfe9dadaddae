//! Flows as they are made: what was published of each, and what is being written.
//!
//! A version is a row for ever (as long as there are not too many), and its number is given once. A draft is one a flow.
//! Who would change either says by a [`Revision`] what was read before: what has changed since is not written over.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use model::Tenant;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::audit::{Deed, note};
use crate::error::Trouble;
use crate::moment;
use crate::session::Session;

/// Versions of a flow that are kept; the oldest go first.
pub const VERSIONS_KEPT: u64 = 1_000;

/// Versions on a page.
pub const VERSIONS_A_PAGE: usize = 1_000;

/// Drafts that there may be.
pub const DRAFTS: usize = 1_000;

/// The author of a version that was found in its file.
pub const FILE: &str = "file";

/// A version of a flow, without its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRow {
    /// Its number.
    pub version: u64,
    /// When it was published.
    pub at: Timestamp,
    /// Who published it.
    pub author: String,
    /// What they said of it.
    pub message: String,
}

/// A flow that is being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Which save it is.
    pub id: i64,
    /// The text.
    pub document: String,
    /// Who saved it.
    pub author: String,
    /// When.
    pub at: Timestamp,
}

/// What there is of a flow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowState {
    /// The last version, and its document.
    pub latest: Option<(VersionRow, String)>,
    /// What is being written.
    pub draft: Option<Draft>,
}

impl FlowState {
    /// By which a change of any of it is noticed.
    pub fn revision(&self) -> Revision {
        let version = self.latest.as_ref().map_or(0, |(row, _)| row.version);
        Revision { version, draft: self.draft.as_ref().map_or(0, |draft| draft.id) }
    }
}

/// What somebody read of a flow: its last version and the last save of its draft, 0 for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Revision {
    version: u64,
    draft: i64,
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.version, self.draft)
    }
}

impl FromStr for Revision {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (version, draft) = text.split_once('-').ok_or(())?;
        Ok(Self { version: version.parse().map_err(|_| ())?, draft: draft.parse().map_err(|_| ())? })
    }
}

/// A document to publish.
#[derive(Clone, Debug)]
pub struct NewVersion {
    /// Whose it is.
    pub tenant: Tenant,
    /// The flow's name.
    pub flow: String,
    /// The text.
    pub document: String,
    /// Who publishes it. `None`: it was found in its file, and is new only if the last version is another.
    pub by: Option<Publisher>,
}

/// Who publishes a document.
#[derive(Clone, Debug)]
pub struct Publisher {
    /// Who.
    pub author: String,
    /// What they say of it.
    pub message: String,
    /// What the audit log calls it.
    pub action: &'static str,
    /// The draft that it was, by flow and save; it is done with.
    pub draft: Option<(String, i64)>,
}

/// A draft to save.
#[derive(Clone, Debug)]
pub struct NewDraft {
    /// Whose it is.
    pub tenant: Tenant,
    /// The flow's name.
    pub flow: String,
    /// The text.
    pub document: String,
    /// Who saves it.
    pub author: String,
    /// What was read before. `None`: nothing is to be there.
    pub read: Option<Revision>,
}

/// What became of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is saved, and this is how the flow stands.
    As(Revision),
    /// Something else is there than was read.
    Stale,
    /// There are [`DRAFTS`].
    Full,
}

/// Keeps a version; yields its number.
pub(crate) fn publish(session: &mut Session, (new, now): &(NewVersion, Timestamp)) -> Result<u64, Trouble> {
    let (connection, NewVersion { tenant, flow, document, by }) = (&session.connection, new);
    let latest = latest(connection, tenant, flow)?;
    let version = match (&latest, by) {
        (Some((row, text)), None) if text == document => return Ok(row.version),
        (latest, _) => latest.as_ref().map_or(1, |(row, _)| row.version + 1),
    };
    let (author, message, action) = match by {
        Some(by) => (by.author.as_str(), by.message.as_str(), by.action),
        None => (FILE, "", "publish flow"),
    };
    let values = params![&*tenant.0, flow, number(version), document, author, message, now.as_millisecond()];
    let sql = "INSERT INTO flow_versions (tenant, flow, version, document, author, message, at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    connection.prepare_cached(sql)?.execute(values)?;
    let old = "DELETE FROM flow_versions WHERE tenant = ?1 AND flow = ?2 AND version <= ?3";
    connection.prepare_cached(old)?.execute(params![
        &*tenant.0,
        flow,
        number(version.saturating_sub(VERSIONS_KEPT))
    ])?;
    if let Some((name, id)) = by.as_ref().and_then(|by| by.draft.as_ref()) {
        let done = "DELETE FROM flow_drafts WHERE tenant = ?1 AND flow = ?2 AND id = ?3";
        connection.prepare_cached(done)?.execute(params![&*tenant.0, name, id])?;
    }
    let separator = if message.is_empty() { "" } else { ": " };
    let deed = Deed::new(author, action, flow).with_detail(format!("version {version}{separator}{message}"));
    note(connection, tenant, &deed, *now)?;
    Ok(version)
}

/// Saves a draft, if nothing has changed since it was read.
pub(crate) fn save(session: &mut Session, (new, now): &(NewDraft, Timestamp)) -> Result<Saved, Trouble> {
    let (connection, NewDraft { tenant, flow, document, author, read }) = (&session.connection, new);
    let found = state(connection, tenant, flow)?;
    if found.revision() != read.unwrap_or_default() {
        return Ok(Saved::Stale);
    }
    if found.draft.is_none() && drafts(connection, tenant)?.len() >= DRAFTS {
        return Ok(Saved::Full);
    }
    erase(connection, tenant, flow)?;
    let sql = "INSERT INTO flow_drafts (tenant, flow, document, author, at) VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![&*tenant.0, flow, document, author, now.as_millisecond()];
    connection.prepare_cached(sql)?.execute(values)?;
    let revision = Revision { draft: connection.last_insert_rowid(), ..found.revision() };
    let action = if read.is_none() { "create flow" } else { "save draft" };
    let deed = Deed::new(author, action, flow).with_detail(format!("{} bytes", document.len()));
    note(connection, tenant, &deed, *now)?;
    Ok(Saved::As(revision))
}

/// A draft to throw away.
#[derive(Clone, Debug)]
pub struct Discard {
    /// Whose it is.
    pub tenant: Tenant,
    /// The flow's name.
    pub flow: String,
    /// Who throws it away.
    pub author: String,
    /// What was read before; whatever is there if `None`.
    pub read: Option<Revision>,
}

/// What became of a draft that was to be thrown away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discarded {
    /// It is gone.
    Gone,
    /// There was none.
    Nothing,
    /// Something else is there than was read.
    Stale,
}

/// Throws a draft away, if nothing has changed since it was read.
pub(crate) fn discard(session: &mut Session, (what, now): &(Discard, Timestamp)) -> Result<Discarded, Trouble> {
    let (connection, Discard { tenant, flow, author, read }) = (&session.connection, what);
    let found = state(connection, tenant, flow)?;
    if found.draft.is_none() {
        return Ok(Discarded::Nothing);
    }
    if read.is_some_and(|read| found.revision() != read) {
        return Ok(Discarded::Stale);
    }
    erase(connection, tenant, flow)?;
    note(connection, tenant, &Deed::new(author, "discard draft", flow), *now).map(|()| Discarded::Gone)
}

fn erase(connection: &Connection, tenant: &Tenant, flow: &str) -> Result<(), Trouble> {
    let sql = "DELETE FROM flow_drafts WHERE tenant = ?1 AND flow = ?2";
    connection.prepare_cached(sql)?.execute([&*tenant.0, flow])?;
    Ok(())
}

/// What there is of a flow.
pub(crate) fn state(connection: &Connection, tenant: &Tenant, flow: &str) -> Result<FlowState, Trouble> {
    let sql = "SELECT id, document, author, at FROM flow_drafts WHERE tenant = ?1 AND flow = ?2";
    let draft = connection.prepare_cached(sql)?.query_row([&*tenant.0, flow], |row| {
        Ok(Draft { id: row.get(0)?, document: row.get(1)?, author: row.get(2)?, at: moment(row.get(3)?) })
    });
    Ok(FlowState { latest: latest(connection, tenant, flow)?, draft: draft.optional()? })
}

fn latest(connection: &Connection, tenant: &Tenant, flow: &str) -> Result<Option<(VersionRow, String)>, Trouble> {
    let sql = "SELECT version, at, author, message, document FROM flow_versions WHERE tenant = ?1 AND flow = ?2
               ORDER BY version DESC LIMIT 1";
    let latest = connection.prepare_cached(sql)?.query_row([&*tenant.0, flow], |row| Ok((version(row)?, row.get(4)?)));
    Ok(latest.optional()?)
}

/// One version, and its document.
pub(crate) fn one(
    connection: &Connection,
    tenant: &Tenant,
    flow: &str,
    wanted: u64,
) -> Result<Option<(VersionRow, String)>, Trouble> {
    let sql = "SELECT version, at, author, message, document FROM flow_versions
               WHERE tenant = ?1 AND flow = ?2 AND version = ?3";
    let found = connection
        .prepare_cached(sql)?
        .query_row(params![&*tenant.0, flow, number(wanted)], |row| Ok((version(row)?, row.get(4)?)));
    Ok(found.optional()?)
}

/// The versions of a flow, newest first, before that one if one is given.
pub(crate) fn page(
    connection: &Connection,
    tenant: &Tenant,
    (flow, before): (&str, Option<u64>),
    limit: usize,
) -> Result<Vec<VersionRow>, Trouble> {
    let sql = "SELECT version, at, author, message FROM flow_versions
               WHERE tenant = ?1 AND flow = ?2 AND version < ?3 ORDER BY version DESC LIMIT ?4";
    let before = before.map_or(i64::MAX, number);
    let limit = i64::try_from(limit.clamp(1, VERSIONS_A_PAGE)).unwrap_or(1);
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![&*tenant.0, flow, before, limit], version)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The names of the flows that are being written.
pub(crate) fn drafts(connection: &Connection, tenant: &Tenant) -> Result<Vec<String>, Trouble> {
    let mut statement = connection.prepare_cached("SELECT flow FROM flow_drafts WHERE tenant = ?1 ORDER BY flow")?;
    let rows = statement.query_map([&*tenant.0], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn version(row: &Row<'_>) -> rusqlite::Result<VersionRow> {
    let version = u64::try_from(row.get::<_, i64>(0)?).unwrap_or_default();
    Ok(VersionRow { version, at: moment(row.get(1)?), author: row.get(2)?, message: row.get(3)? })
}

/// A version as the tables have it.
fn number(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}
