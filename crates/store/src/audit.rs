//! The audit log: who changed what, written in the transaction of the change itself.

use jiff::Timestamp;
use model::Tenant;
use rusqlite::{Connection, params};

use crate::error::Trouble;
use crate::moment;
use crate::session::Session;

/// Lines of the audit log that are kept; the oldest go first.
pub const AUDIT_KEPT: i64 = 100_000;

/// Lines on a page of the audit log.
pub const AUDIT_A_PAGE: usize = 1_000;

/// The author of what the command line did.
pub const CLI: &str = "cli";

/// The author of what the server did of itself.
pub const SERVER: &str = "server";

/// A change that somebody made. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// Who.
    pub author: String,
    /// What was done, such as `publish flow`.
    pub action: String,
    /// To what.
    pub subject: String,
    /// What else there is to say, for a person.
    pub detail: String,
}

impl Deed {
    /// What somebody did to something, with nothing else to say of it.
    pub fn new(author: &str, action: &str, subject: &str) -> Self {
        let (author, action, subject) = (author.to_owned(), action.to_owned(), subject.to_owned());
        Self { author, action, subject, detail: String::new() }
    }

    /// With what else there is to say.
    #[must_use]
    pub fn with_detail(mut self, detail: String) -> Self {
        self.detail = detail;
        self
    }
}

/// Which lines are wanted; what is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Whose.
    pub author: Option<String>,
    /// Of what was done.
    pub action: Option<String>,
    /// At this moment or later.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
    /// Before this line.
    pub before: Option<i64>,
}

/// A line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its place in the log; pages go on before it.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub deed: Deed,
}

/// Writes a line.
pub(crate) fn note(connection: &Connection, tenant: &Tenant, deed: &Deed, now: Timestamp) -> Result<(), Trouble> {
    let Deed { author, action, subject, detail } = deed;
    let values = params![&*tenant.0, now.as_millisecond(), author, action, subject, detail];
    let sql = "INSERT INTO audit (tenant, at, author, action, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    connection.prepare_cached(sql)?.execute(values)?;
    let last = connection.last_insert_rowid();
    connection.prepare_cached("DELETE FROM audit WHERE id <= ?1")?.execute([last - AUDIT_KEPT])?;
    Ok(())
}

/// Writes a line of its own.
pub(crate) fn write(session: &mut Session, (tenant, deed, now): &(Tenant, Deed, Timestamp)) -> Result<(), Trouble> {
    note(&session.connection, tenant, deed, *now)
}

/// Lines, newest first.
pub(crate) fn page(
    connection: &Connection,
    tenant: &Tenant,
    filter: &AuditFilter,
    limit: usize,
) -> Result<Vec<AuditRow>, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT id, at, author, action, subject, detail FROM audit
         WHERE tenant = ?1 AND id < ?2 AND (?3 IS NULL OR author = ?3) AND (?4 IS NULL OR action = ?4)
           AND (?5 IS NULL OR at >= ?5) AND (?6 IS NULL OR at < ?6) ORDER BY id DESC LIMIT ?7",
    )?;
    let AuditFilter { author, action, since, until, before } = filter;
    let (since, until) = (since.map(Timestamp::as_millisecond), until.map(Timestamp::as_millisecond));
    let limit = i64::try_from(limit.clamp(1, AUDIT_A_PAGE)).unwrap_or(1);
    let before = before.unwrap_or(i64::MAX);
    let rows = statement.query_map(params![&*tenant.0, before, author, action, since, until, limit], |row| {
        let deed = Deed { author: row.get(2)?, action: row.get(3)?, subject: row.get(4)?, detail: row.get(5)? };
        Ok(AuditRow { id: row.get(0)?, at: moment(row.get(1)?), deed })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
