//! Who talked with whom: a reading of the call records, for a switch that begins.

use std::time::Duration;

use jiff::Timestamp;
use model::{Talk, Tenant};
use rusqlite::{Connection, params};
use serde::Deserialize;

use crate::error::Trouble;

/// Calls that are read for it at most, the newest. So many take less than a second.
pub const CALLS_READ: usize = 100_000;

/// What of a record it takes.
#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    parties: Vec<Party>,
}

#[derive(Deserialize)]
struct Party {
    number: String,
    #[serde(default)]
    joined: Option<Duration>,
}

/// The conversations of calls that came after that moment, those of the newest call first. A record that cannot be read is passed over.
pub(crate) fn since(connection: &Connection, tenant: &Tenant, since: Timestamp) -> Result<Vec<Talk>, Trouble> {
    let mut statement = connection.prepare_cached(
        "SELECT created, caller, record FROM calls WHERE tenant = ?1 AND created >= ?2 ORDER BY created DESC, sid DESC LIMIT ?3",
    )?;
    let limit = i64::try_from(CALLS_READ).expect("small");
    let mut rows = statement.query(params![&*tenant.0, since.as_millisecond(), limit])?;
    let mut talks = Vec::new();
    while let Some(row) = rows.next()? {
        let Ok(created) = Timestamp::from_millisecond(row.get(0)?) else { continue };
        let Ok(record) = serde_json::from_slice::<Record>(row.get_ref(2)?.as_bytes().unwrap_or_default()) else {
            continue;
        };
        let talked = |party: Party| Some((party.number, created.checked_add(party.joined?).ok()?));
        for (party, at) in record.parties.into_iter().filter_map(talked) {
            talks.push(Talk { caller: row.get(1)?, party, at });
        }
    }
    Ok(talks)
}
