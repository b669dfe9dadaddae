//! The call records that somebody looks for, counted, and page by page in either direction.

use jiff::Timestamp;
use model::{CallSearch, CallSid, Direction, Tenant};
use rusqlite::{Connection, named_params};

use crate::calls::{CALLS_A_PAGE, Cursor, Unreadable};
use crate::error::Trouble;

/// A page of what was looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The records, in the order that was asked for.
    pub calls: Vec<model::Cdr>,
    /// Calls of this page whose records cannot be read.
    pub unreadable: Vec<Unreadable>,
    /// Calls on all pages.
    pub total: u64,
    /// The page before this one ends where this begins; `None` if this is the first.
    pub before: Option<Cursor>,
    /// The page after it begins here; `None` if this is the last.
    pub after: Option<Cursor>,
}

/// Which page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// The first.
    First,
    /// The one that ends before this place.
    Before(Cursor),
    /// The one that begins after this place.
    After(Cursor),
}

/// The words of what is looked for; a JSON list each, or null if it does not narrow.
const NARROWED: &str = "tenant = :tenant AND created >= :since AND created < :until
    AND (:sids IS NULL OR sid IN (SELECT value FROM json_each(:sids)))
    AND (:from IS NULL OR caller IN (SELECT value FROM json_each(:from)))
    AND (:to IS NULL OR called IN (SELECT value FROM json_each(:to)))
    AND (:lines IS NULL OR line IN (SELECT value FROM json_each(:lines)))
    AND (:statuses IS NULL OR status IN (SELECT value FROM json_each(:statuses)))
    AND (:directions IS NULL OR direction IN (SELECT value FROM json_each(:directions)))
    AND (:least IS NULL OR seconds >= :least) AND (:most IS NULL OR seconds <= :most)";

/// `limit` is brought into 1 to [`CALLS_A_PAGE`].
pub(crate) fn search(
    connection: &Connection,
    tenant: &Tenant,
    search: &CallSearch,
    page: &Page,
    limit: usize,
) -> Result<Found, Trouble> {
    let limit = limit.clamp(1, CALLS_A_PAGE);
    let backwards = matches!(page, Page::Before(_));
    let towards_older = search.oldest_first == backwards;
    let place = match page {
        Page::First => None,
        Page::Before(cursor) | Page::After(cursor) => Some(cursor),
    };
    let (than, order) = if towards_older { ("<", "DESC") } else { (">", "ASC") };
    let sql = format!(
        "SELECT created, sid, record FROM calls WHERE {NARROWED}
         AND (:created IS NULL OR (created, sid) {than} (:created, :sid))
         ORDER BY created {order}, sid {order} LIMIT :limit"
    );
    let mut rows = rows(connection, &sql, tenant, search, (place, limit + 1))?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    if backwards {
        rows.reverse();
    }
    let total = count(connection, tenant, search)?;
    let first = rows.first().map(|(place, _)| place.clone());
    let last = rows.last().map(|(place, _)| place.clone());
    let has_before = if backwards { more } else { place.is_some() };
    let has_after = backwards || more;
    let (mut calls, mut unreadable) = (Vec::with_capacity(rows.len()), Vec::new());
    for (place, record) in rows {
        match serde_json::from_str(&record) {
            Ok(record) => calls.push(record),
            Err(error) => unreadable.push(Unreadable { call: place.sid, why: error.to_string() }),
        }
    }
    Ok(Found { calls, unreadable, total, before: first.filter(|_| has_before), after: last.filter(|_| has_after) })
}

fn rows(
    connection: &Connection,
    sql: &str,
    tenant: &Tenant,
    search: &CallSearch,
    (place, limit): (Option<&Cursor>, usize),
) -> Result<Vec<(Cursor, String)>, Trouble> {
    let mut statement = connection.prepare_cached(sql)?;
    let words = Words::new(search)?;
    let rows = statement.query_map(
        named_params! {
            ":tenant": &*tenant.0, ":since": words.since, ":until": words.until, ":sids": words.sids, ":from": words.from,
            ":to": words.to, ":lines": words.lines, ":statuses": words.statuses, ":directions": words.directions,
            ":least": search.at_least, ":most": search.at_most,
            ":created": place.map(|place| place.created), ":sid": place.map(|place| place.sid.as_str()),
            ":limit": i64::try_from(limit).expect("small"),
        },
        |row| Ok((Cursor { created: row.get(0)?, sid: CallSid::new(row.get::<_, String>(1)?) }, row.get(2)?)),
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn count(connection: &Connection, tenant: &Tenant, search: &CallSearch) -> Result<u64, Trouble> {
    let mut statement = connection.prepare_cached(&format!("SELECT count(*) FROM calls WHERE {NARROWED}"))?;
    let words = Words::new(search)?;
    let count: i64 = statement.query_row(
        named_params! {
            ":tenant": &*tenant.0, ":since": words.since, ":until": words.until, ":sids": words.sids, ":from": words.from,
            ":to": words.to, ":lines": words.lines, ":statuses": words.statuses, ":directions": words.directions,
            ":least": search.at_least, ":most": search.at_most,
        },
        |row| row.get(0),
    )?;
    Ok(count.unsigned_abs())
}

struct Words {
    since: i64,
    until: i64,
    sids: Option<String>,
    from: Option<String>,
    to: Option<String>,
    lines: Option<String>,
    statuses: Option<String>,
    directions: Option<String>,
}

impl Words {
    fn new(search: &CallSearch) -> Result<Self, Trouble> {
        Ok(Self {
            since: search.since.map_or(i64::MIN, Timestamp::as_millisecond),
            until: search.until.map_or(i64::MAX, Timestamp::as_millisecond),
            sids: list(search.sids.iter().map(ToString::to_string))?,
            from: list(search.from.iter().cloned())?,
            to: list(search.to.iter().cloned())?,
            lines: list(search.lines.iter().cloned())?,
            statuses: list(search.statuses.iter().map(ToString::to_string))?,
            directions: list(search.directions.iter().map(|direction| word(*direction).to_owned()))?,
        })
    }
}

fn list(words: impl Iterator<Item = String>) -> Result<Option<String>, Trouble> {
    let words: Vec<String> = words.collect();
    Ok((!words.is_empty()).then(|| serde_json::to_string(&words)).transpose()?)
}

pub(crate) fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Incoming => "incoming",
        Direction::Outgoing => "outgoing",
    }
}
