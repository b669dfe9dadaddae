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

/// A change that somebody made.
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

/// Lines, newest first, before that one if one is given.
pub(crate) fn page(
    connection: &Connection,
    tenant: &Tenant,
    before: Option<i64>,
    limit: usize,
) -> Result<Vec<AuditRow>, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT id, at, author, action, subject, detail FROM audit WHERE tenant = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
    )?;
    let limit = i64::try_from(limit.clamp(1, AUDIT_A_PAGE)).unwrap_or(1);
    let rows = statement.query_map(params![&*tenant.0, before.unwrap_or(i64::MAX), limit], |row| {
        let deed = Deed { author: row.get(2)?, action: row.get(3)?, subject: row.get(4)?, detail: row.get(5)? };
        Ok(AuditRow { id: row.get(0)?, at: moment(row.get(1)?), deed })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
