//! The people who may use the console, their sessions, and the links by which somebody comes in who has no password.
//!
//! ```text
//! Welcomes::create ─► a link ─────── Welcome ─► an administrator ─┐
//! Add ─► a person ─ Invite ─► theirs ─ Welcome ─► a password ─────┴ SignIn ─► a session ─ SignOut, 12 h without a request ─► none
//! ```
//!
//! The secrets of sessions and links are 256 random bits and kept as their SHA-256, as [`crate::Keys`] are. Whether a password is
//! right is not decided here.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use model::Tenant;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use crate::audit::{Deed, note};
use crate::error::Trouble;
use crate::session::Session;
use crate::{Keys, StoreError};

/// How long a session lives in which nothing is asked.
pub const SESSION_IDLE: Duration = Duration::from_secs(12 * 3600);

/// How long a link is good.
pub const WELCOME_LIFE: Duration = Duration::from_secs(3600);

/// What somebody may do; each may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look.
    Viewer,
    /// Change flows, send callouts again, place and end calls.
    Author,
    /// Say who may, and change settings.
    Admin,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Author, Self::Admin];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Author => "author",
            Self::Admin => "admin",
        }
    }

    /// The role of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// Somebody who may use the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The name that they sign in with.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Since when they may.
    pub created: Timestamp,
}

/// Somebody who has a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Who.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// When the last request was noted.
    pub seen: Timestamp,
}

/// A change of who may use the console. What is secret comes in as it was told.
#[derive(Clone, Debug)]
pub enum PeopleChange {
    /// Somebody may from now on.
    Add {
        /// Who lets them.
        by: String,
        /// The name.
        name: String,
        /// What they may do.
        role: Role,
        /// Their password, as a PHC string; empty if they have none yet, as the first cannot.
        password: String,
    },
    /// Somebody may no longer, and their sessions end.
    Remove {
        /// Who does not let them.
        by: String,
        /// The name.
        name: String,
    },
    /// Somebody may something else from now on.
    Appoint {
        /// Who says so.
        by: String,
        /// The name.
        name: String,
        /// What they may do.
        role: Role,
    },
    /// Somebody has a link of theirs, by which they choose their password.
    Invite {
        /// Who hands it out.
        by: String,
        /// The name.
        name: String,
        /// The link's secret.
        token: String,
    },
    /// Somebody whose password was right has a session from now on.
    SignIn {
        /// The name.
        name: String,
        /// The session's secret.
        token: String,
    },
    /// A session has asked something.
    Seen {
        /// The session's secret.
        token: String,
    },
    /// A session ends.
    SignOut {
        /// The session's secret.
        token: String,
    },
    /// A link is used. Whoever came by it has that password from now on; if it was nobody's, they are an administrator.
    Welcome {
        /// The link's secret.
        token: String,
        /// The name.
        name: String,
        /// The password, as a PHC string.
        password: String,
    },
}

/// What came of such a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is so now.
    Done,
    /// There is nobody of that name, or no such session or link, or no more.
    Absent,
    /// There is somebody of that name already.
    Taken,
    /// Nobody would be left, or would come first, who can say who may.
    NoAdmin,
}

/// Makes links, beside a server that runs or not.
pub struct Welcomes(Keys);

impl Welcomes {
    /// Opens the database file, and makes it if there is none.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Keys::open(path).map(Self)
    }

    /// Whether anybody may use the console.
    pub fn has_people(&self, tenant: &Tenant) -> Result<bool, StoreError> {
        self.0.with(|connection| any(connection, tenant))
    }

    /// Makes a link of these bytes, which must come from a source that nobody can predict, for that author; gives its secret.
    pub fn create(
        &self,
        (tenant, author): (&Tenant, &str),
        random: [u8; 32],
        now: Timestamp,
    ) -> Result<String, StoreError> {
        let token = crate::keys::hex(&random);
        self.0.with(|connection| {
            let change = connection.unchecked_transaction()?;
            change.execute("DELETE FROM welcomes WHERE expires <= ?1", [now.as_millisecond()])?;
            let values = params![hash(&token), &*tenant.0, now.as_millisecond() + milliseconds(WELCOME_LIFE)];
            change.execute("INSERT INTO welcomes (hash, tenant, expires) VALUES (?1, ?2, ?3)", values)?;
            note(&change, tenant, &Deed::new(author, "make link", "an administrator"), now)?;
            Ok(change.commit()?)
        })?;
        Ok(token)
    }
}

impl PeopleChange {
    /// How the audit log tells of it. It does not tell of sessions.
    fn deed(&self) -> Option<Deed> {
        match self {
            Self::Add { by, name, role, .. } => {
                Some(Deed::new(by, "add person", name).with_detail(role.as_str().to_owned()))
            }
            Self::Appoint { by, name, role } => {
                Some(Deed::new(by, "change role", name).with_detail(role.as_str().to_owned()))
            }
            Self::Invite { by, name, .. } => Some(Deed::new(by, "make link", name)),
            Self::Remove { by, name } => Some(Deed::new(by, "remove person", name)),
            Self::Welcome { name, .. } => Some(Deed::new(name, "come in by link", name)),
            Self::SignIn { .. } | Self::Seen { .. } | Self::SignOut { .. } => None,
        }
    }
}

pub(crate) fn change(
    session: &mut Session,
    (tenant, change, now): &(Tenant, PeopleChange, Timestamp),
) -> Result<Changed, Trouble> {
    let changed = apply(&session.connection, tenant, change, *now)?;
    if changed == Changed::Done
        && let Some(deed) = change.deed()
    {
        note(&session.connection, tenant, &deed, *now)?;
    }
    Ok(changed)
}

fn apply(connection: &Connection, tenant: &Tenant, change: &PeopleChange, now: Timestamp) -> Result<Changed, Trouble> {
    let of = &*tenant.0;
    let some = |rows: usize| if rows > 0 { Changed::Done } else { Changed::Absent };
    let execute =
        |sql: &str, values: &[&dyn rusqlite::ToSql]| Ok::<_, Trouble>(connection.prepare_cached(sql)?.execute(values)?);
    let at = now.as_millisecond();
    match change {
        PeopleChange::Add { name, role, password, .. } => {
            if (*role != Role::Admin || password.is_empty()) && !any(connection, tenant)? {
                return Ok(Changed::NoAdmin);
            }
            let sql = "INSERT INTO people VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
            let added = execute(sql, params![of, name, role.as_str(), password, at])?;
            Ok(if added > 0 { Changed::Done } else { Changed::Taken })
        }
        PeopleChange::Remove { name, .. } => {
            if is_last_admin(connection, tenant, name)? {
                return Ok(Changed::NoAdmin);
            }
            execute("DELETE FROM welcomes WHERE tenant = ?1 AND name = ?2", params![of, name])?;
            execute("DELETE FROM people WHERE tenant = ?1 AND name = ?2", params![of, name]).map(some)
        }
        PeopleChange::Appoint { name, role, .. } => {
            if *role != Role::Admin && is_last_admin(connection, tenant, name)? {
                return Ok(Changed::NoAdmin);
            }
            let sql = "UPDATE people SET role = ?3 WHERE tenant = ?1 AND name = ?2";
            execute(sql, params![of, name, role.as_str()]).map(some)
        }
        PeopleChange::Invite { name, token, .. } => {
            execute("DELETE FROM welcomes WHERE expires <= ?1", params![at])?;
            let sql = "INSERT INTO welcomes (hash, tenant, expires, name)
                       SELECT ?3, tenant, ?4, name FROM people WHERE tenant = ?1 AND name = ?2";
            execute(sql, params![of, name, hash(token), at + milliseconds(WELCOME_LIFE)]).map(some)
        }
        PeopleChange::SignIn { name, token } => {
            execute("DELETE FROM sessions WHERE seen <= ?1", params![at - milliseconds(SESSION_IDLE)])?;
            let sql = "INSERT INTO sessions SELECT ?3, tenant, name, ?4 FROM people WHERE tenant = ?1 AND name = ?2";
            execute(sql, params![of, name, hash(token), at]).map(some)
        }
        PeopleChange::Seen { token } => {
            let sql = "UPDATE sessions SET seen = max(seen, ?3) WHERE hash = ?1 AND tenant = ?2";
            execute(sql, params![hash(token), of, at]).map(some)
        }
        PeopleChange::SignOut { token } => {
            execute("DELETE FROM sessions WHERE hash = ?1 AND tenant = ?2", params![hash(token), of]).map(some)
        }
        PeopleChange::Welcome { token, name, password } => {
            let sql = "SELECT name FROM welcomes WHERE hash = ?1 AND tenant = ?2 AND expires > ?3";
            let whose = connection
                .prepare_cached(sql)?
                .query_row(params![hash(token), of, at], |row| row.get::<_, Option<String>>(0));
            let is_anybodys = match whose.optional()? {
                Some(None) => true,
                Some(Some(whose)) if whose == *name => false,
                _ => return Ok(Changed::Absent),
            };
            let sql = "DELETE FROM welcomes WHERE hash = ?1 OR (tenant = ?2 AND name = ?3)";
            execute(sql, params![hash(token), of, name])?;
            // Whoever knew the old password goes.
            execute("DELETE FROM sessions WHERE tenant = ?1 AND name = ?2", params![of, name])?;
            if is_anybodys {
                let sql = "INSERT INTO people VALUES (?1, ?2, 'admin', ?3, ?4)
                           ON CONFLICT DO UPDATE SET role = 'admin', password = ?3, created = ?4";
                return execute(sql, params![of, name, password, at]).map(some);
            }
            let sql = "UPDATE people SET password = ?3 WHERE tenant = ?1 AND name = ?2";
            execute(sql, params![of, name, password]).map(some)
        }
    }
}

/// Whether anybody may use the console.
pub(crate) fn any(connection: &Connection, tenant: &Tenant) -> Result<bool, Trouble> {
    let mut statement = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM people WHERE tenant = ?1)")?;
    Ok(statement.query_row([&*tenant.0], |row| row.get(0))?)
}

pub(crate) fn list(connection: &Connection, tenant: &Tenant) -> Result<Vec<Person>, Trouble> {
    let sql = "SELECT name, role, created FROM people WHERE tenant = ?1 ORDER BY name LIMIT 1000";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([&*tenant.0], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?)))?;
    rows.map(|row| {
        let (name, role, created) = row?;
        Ok(Person { name, role: read(&role)?, created: moment(created) })
    })
    .collect()
}

/// Somebody's password, as a PHC string; `None` if there is nobody of that name, or they have not chosen one yet.
pub(crate) fn password(connection: &Connection, tenant: &Tenant, name: &str) -> Result<Option<String>, Trouble> {
    let mut statement =
        connection.prepare_cached("SELECT password FROM people WHERE tenant = ?1 AND name = ?2 AND password <> ''")?;
    Ok(statement.query_row(params![&*tenant.0, name], |row| row.get(0)).optional()?)
}

/// Whose session that is, if it lives.
pub(crate) fn signed(
    connection: &Connection,
    tenant: &Tenant,
    token: &str,
    now: Timestamp,
) -> Result<Option<Signed>, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT name, role, seen FROM sessions JOIN people USING (tenant, name) WHERE hash = ?1 AND tenant = ?2 AND seen > ?3",
    )?;
    let values = params![hash(token), &*tenant.0, now.as_millisecond() - milliseconds(SESSION_IDLE)];
    let row = statement.query_row(values, |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?))).optional()?;
    row.map(|(name, role, seen)| Ok(Signed { name, role: read(&role)?, seen: moment(seen) })).transpose()
}

/// Whether nobody but they can say who may. That is somebody who has a password: who was only invited may never come.
fn is_last_admin(connection: &Connection, tenant: &Tenant, name: &str) -> Result<bool, Trouble> {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM people WHERE tenant = ?1 AND role = 'admin' AND password <> '' AND name <> ?2)
                      AND EXISTS (SELECT 1 FROM people WHERE tenant = ?1 AND role = 'admin' AND password <> '' AND name = ?2)";
    Ok(connection.prepare_cached(sql)?.query_row(params![&*tenant.0, name], |row| row.get(0))?)
}

fn read(role: &str) -> Result<Role, Trouble> {
    Role::from_name(role).ok_or_else(|| Trouble::Rejected(format!("`{role}` is no role")))
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).expect("hours")
}

fn moment(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}
