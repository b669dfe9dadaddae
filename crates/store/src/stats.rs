//! Where the time of callouts goes: attempts counted exactly, row by row, the newest so many of them.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use model::{HttpFailure, Tenant};
use rusqlite::{Connection, Row, named_params};
use serde::{Deserialize, Serialize};

use crate::attempts::AttemptKind;
use crate::error::Trouble;

/// Attempts that one question counts at most: the newest. So many are counted in less than a second.
pub const ATTEMPTS_COUNTED: usize = 100_000;

/// Groups that one question gives at most: those that calls waited longest for.
pub const GROUPS: usize = 200;

/// What attempts are put together by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Scheme, host and port.
    Origin,
    /// The URL without its query.
    Url,
    /// The applet that asked.
    Applet,
    /// The flow and the node that asked: `flow/node`.
    Node,
    /// The flow that asked.
    Flow,
}

impl By {
    const ALL: [Self; 5] = [Self::Origin, Self::Url, Self::Applet, Self::Node, Self::Flow];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Origin => "origin",
            Self::Url => "url",
            Self::Applet => "applet",
            Self::Node => "node",
            Self::Flow => "flow",
        }
    }
}

impl FromStr for By {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|by| by.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is none of origin, url, applet, node, flow"))
    }
}

/// Which attempts to count; what is `None` does not narrow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatsFilter {
    /// What they are put together by.
    pub by: By,
    /// Whether calls waited for them.
    pub kind: Option<AttemptKind>,
    /// Begun at this moment or later; milliseconds count.
    pub since: Option<Timestamp>,
    /// Begun before this moment; milliseconds count.
    pub until: Option<Timestamp>,
    /// The time is cut into such steps, whole ones since 1970 (UTC), and each is counted by itself, too.
    pub step: Option<Duration>,
}

/// What was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// The groups, those first that calls waited longest for.
    pub groups: Vec<Group>,
    /// Groups that are not shown, past [`GROUPS`].
    pub groups_left: usize,
    /// Attempts counted, of all groups.
    pub attempts: u64,
    /// When the oldest of them began, if there were more than [`ATTEMPTS_COUNTED`]: what is older is not counted.
    pub cut_at: Option<Timestamp>,
}

/// Attempts of one group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// What they have in common.
    pub name: String,
    /// How many.
    pub attempts: u64,
    /// Those that were taken back: another request of the callout was answered first, or the caller hung up. They are in none
    /// of the figures below but the waits.
    pub cancelled: u64,
    /// Those that failed, by why, in one word.
    pub failures: BTreeMap<String, u64>,
    /// Those that were answered, by the first digit of the status.
    pub statuses: BTreeMap<u16, u64>,
    /// Callouts that calls waited for.
    pub waits: u64,
    /// How long calls waited, all together: of each callout from its first request to the end of its last.
    pub waited: Duration,
    /// Copies whose answers can be compared with those that counted.
    pub compared: u64,
    /// Those of them that had the same status, or none as well.
    pub agreed: u64,
    /// How long attempts took. Those that were not made, as their origin was left alone, do not count here.
    pub whole: Option<Quantiles>,
    /// The name look-ups.
    pub dns: Option<Quantiles>,
    /// The connections.
    pub connect: Option<Quantiles>,
    /// The TLS handshakes.
    pub tls: Option<Quantiles>,
    /// From requests on the wire to the end of the answers' headers.
    pub first_byte: Option<Quantiles>,
    /// The answers' bodies.
    pub body: Option<Quantiles>,
    /// The steps in which there was any, the first one first.
    pub steps: Vec<Step>,
}

/// What of a group began in one step of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When the step begins.
    pub at: Timestamp,
    /// How many, without those that were taken back.
    pub attempts: u64,
    /// Those that came to no answer, or to a status of 400 or above.
    pub failed: u64,
    /// How long attempts took; `None` if none was made.
    pub whole: Option<Quantiles>,
}

/// So many of a hundred took no longer than that: exactly, by the nearest rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantiles {
    /// 50 of a hundred.
    pub p50: Duration,
    /// 95 of a hundred.
    pub p95: Duration,
    /// 99 of a hundred.
    pub p99: Duration,
}

impl Quantiles {
    /// Of these microseconds; `None` if there are none.
    fn of(mut times: Vec<u64>) -> Option<Self> {
        times.sort_unstable();
        let rank = |percent: usize| (times.len() * percent).div_ceil(100).checked_sub(1);
        let at = |percent| Some(Duration::from_micros(times[rank(percent)?]));
        Some(Self { p50: at(50)?, p95: at(95)?, p99: at(99)? })
    }
}

/// An answer's status, if one came.
type Status = Option<u16>;

/// Copies, and what they are compared with.
#[derive(Default)]
struct Copies {
    /// By call and callout, the end of the last request that counted and what it came to.
    counted: BTreeMap<(String, u32), (i64, Status)>,
    /// The group of each copy, its call and callout, and what it came to.
    copies: Vec<(String, (String, u32), Status)>,
}

impl Copies {
    fn add(&mut self, group: &str, row: &Row<'_>) -> rusqlite::Result<()> {
        if is_cancelled(row)? {
            return Ok(());
        }
        let (kind, callout, status) = (row.get_ref(1)?.as_str()?, (row.get(2)?, row.get(3)?), row.get(6)?);
        if kind == AttemptKind::Shadow.as_str() {
            self.copies.push((group.to_owned(), callout, status));
        } else {
            let end = row.get::<_, i64>(4)?.saturating_mul(1000).saturating_add(row.get(5)?);
            let last = self.counted.entry(callout).or_insert((end, status));
            if end > last.0 {
                *last = (end, status);
            }
        }
        Ok(())
    }

    fn compare(self, tallies: &mut BTreeMap<String, Tally>) {
        for (group, callout, status) in self.copies {
            if let (Some((_, counted)), Some(tally)) = (self.counted.get(&callout), tallies.get_mut(&group)) {
                tally.group.compared += 1;
                tally.group.agreed += u64::from(*counted == status);
            }
        }
    }
}

/// A group while it is counted.
#[derive(Default)]
struct Tally {
    group: Group,
    whole: Vec<u64>,
    phases: [Vec<u64>; 5],
    /// By when they begin in milliseconds: attempts, those that failed, and what they took.
    steps: BTreeMap<i64, (u64, u64, Vec<u64>)>,
    /// By call and callout, the first beginning and the last end in microseconds.
    waits: BTreeMap<(String, u32), (i64, i64)>,
}

pub(crate) fn count(connection: &Connection, tenant: &Tenant, filter: &StatsFilter) -> Result<Stats, Trouble> {
    bounded(connection, tenant, filter, ATTEMPTS_COUNTED)
}

fn bounded(connection: &Connection, tenant: &Tenant, filter: &StatsFilter, limit: usize) -> Result<Stats, Trouble> {
    let mut statement = connection.prepare_cached(&sql(filter.by))?;
    let mut rows = statement.query(named_params! {
        ":tenant": &*tenant.0,
        ":since": filter.since.map_or(i64::MIN, Timestamp::as_millisecond),
        ":until": filter.until.map_or(i64::MAX, Timestamp::as_millisecond),
        ":kind": filter.kind.map(AttemptKind::as_str),
        ":limit": i64::try_from(limit + 1).expect("small"),
    })?;
    let (mut tallies, mut copies) = (BTreeMap::<String, Tally>::new(), Copies::default());
    let (mut attempts, mut oldest, mut cut_at) = (0, 0, None);
    let step = filter.step.map(|step| i64::try_from(step.as_millis()).unwrap_or(i64::MAX).max(1));
    while let Some(row) = rows.next()? {
        if attempts == limit {
            cut_at = Timestamp::from_millisecond(oldest).ok();
            break;
        }
        attempts += 1;
        oldest = row.get(4)?;
        let name: String = row.get(0)?;
        copies.add(&name, row)?;
        tallies.entry(name).or_default().add(row, step)?;
    }
    copies.compare(&mut tallies);
    let mut groups: Vec<Group> = tallies.into_iter().map(|(name, tally)| tally.end(name)).collect();
    groups.sort_by_key(|group| std::cmp::Reverse((group.waited, group.attempts)));
    let groups_left = groups.len().saturating_sub(GROUPS);
    groups.truncate(GROUPS);
    Ok(Stats { groups, groups_left, attempts: u64::try_from(attempts).expect("small"), cut_at })
}

/// Nothing but columns of the index `attempts_newest`.
fn sql(by: By) -> String {
    let name = match by {
        By::Node => "flow || '/' || node",
        by => by.as_str(),
    };
    format!(
        "SELECT {name}, kind, call, callout, began, took, status, failure, dns, connect, tls, first_byte, body_time FROM attempts
         WHERE tenant = :tenant AND began >= :since AND began < :until AND (:kind IS NULL OR kind = :kind)
         ORDER BY began DESC, id DESC LIMIT :limit"
    )
}

/// Whether it was taken back: the call went on with another's answer, or ended.
fn is_cancelled(row: &Row<'_>) -> rusqlite::Result<bool> {
    let taken_back = [HttpFailure::Cancelled, HttpFailure::Overtaken].map(|failure| Some(failure.word()));
    Ok(taken_back.contains(&row.get_ref(7)?.as_str_or_null()?))
}

impl Tally {
    fn add(&mut self, row: &Row<'_>, step: Option<i64>) -> rusqlite::Result<()> {
        self.group.attempts += 1;
        let took: i64 = row.get(5)?;
        if is_cancelled(row)? {
            self.group.cancelled += 1;
        } else {
            self.judge(row, took, step)?;
        }
        if row.get_ref(1)?.as_str() == Ok(AttemptKind::Sync.as_str()) {
            let began = row.get::<_, i64>(4)? * 1000;
            let end = began.saturating_add(took);
            let wait = self.waits.entry((row.get(2)?, row.get(3)?)).or_insert((began, end));
            *wait = (wait.0.min(began), wait.1.max(end));
        }
        Ok(())
    }

    /// Counts how it came out, and how long it took.
    fn judge(&mut self, row: &Row<'_>, took: i64, step: Option<i64>) -> rusqlite::Result<()> {
        let group = &mut self.group;
        let status = row.get::<_, Option<u16>>(6)?;
        if let Some(status) = status {
            *group.statuses.entry(status / 100).or_default() += 1;
        }
        let failure: Option<String> = row.get(7)?;
        let was_made = failure.as_deref() != Some(HttpFailure::CircuitOpen.word());
        self.whole.extend(was_made.then_some(took.unsigned_abs()));
        if let Some(step) = step {
            let began: i64 = row.get(4)?;
            let (attempts, failed, times) = self.steps.entry(began - began.rem_euclid(step)).or_default();
            *attempts += 1;
            *failed += u64::from(failure.is_some() || status.is_some_and(|status| status >= 400));
            times.extend(was_made.then_some(took.unsigned_abs()));
        }
        if let Some(word) = failure {
            *group.failures.entry(word).or_default() += 1;
        }
        for (phase, column) in self.phases.iter_mut().zip(8..) {
            phase.extend(row.get::<_, Option<i64>>(column)?.map(i64::unsigned_abs));
        }
        Ok(())
    }

    fn end(self, name: String) -> Group {
        let [dns, connect, tls, first_byte, body] = self.phases.map(Quantiles::of);
        let steps = self.steps.into_iter().filter_map(|(at, (attempts, failed, times))| {
            Some(Step { at: Timestamp::from_millisecond(at).ok()?, attempts, failed, whole: Quantiles::of(times) })
        });
        let waited: u64 = self.waits.values().map(|(began, end)| end.abs_diff(*began)).sum();
        Group {
            name,
            waits: u64::try_from(self.waits.len()).expect("small"),
            waited: Duration::from_micros(waited),
            whole: Quantiles::of(self.whole),
            dns,
            connect,
            tls,
            first_byte,
            body,
            steps: steps.collect(),
            ..self.group
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::migrate;

    #[test]
    fn quantiles_are_values_that_occurred() {
        let micros = |times: &[u64]| {
            Quantiles::of(times.to_vec()).map(|found| [found.p50, found.p95, found.p99].map(|time| time.as_micros()))
        };
        assert_eq!(micros(&[]), None);
        assert_eq!(micros(&[7]), Some([7, 7, 7]));
        assert_eq!(micros(&[3, 1]), Some([1, 3, 3]));
        assert_eq!(micros(&(1..=100).rev().collect::<Vec<_>>()), Some([50, 95, 99]));
        assert_eq!(micros(&(1..=1000).collect::<Vec<_>>()), Some([500, 950, 990]));
    }

    #[test]
    fn past_the_limit_the_newest_count_and_the_answer_says_so() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate::migrate(&mut connection, Path::new("x.db")).unwrap();
        for (call, began) in [("a", 1_000), ("b", 2_000), ("c", 3_000)] {
            let sql = "INSERT INTO attempts (tenant, call, callout, number, kind, flow, node, applet, origin, began, took, body)
                       VALUES ('default', ?1, 1, 1, 'sync', 'f', 'n', 'passthru', 'o', ?2, 5, '')";
            connection.execute(sql, (call, began)).unwrap();
        }
        let tenant = Tenant("default".into());
        let filter = StatsFilter { by: By::Node, kind: None, since: None, until: None, step: None };
        let stats = bounded(&connection, &tenant, &filter, 2).unwrap();
        assert_eq!((stats.attempts, stats.cut_at), (2, Some(Timestamp::from_millisecond(2_000).unwrap())));
        assert_eq!((stats.groups[0].name.as_str(), stats.groups[0].attempts), ("f/n", 2));
        assert_eq!(bounded(&connection, &tenant, &filter, 3).unwrap().cut_at, None);
    }

    #[test]
    fn steps_of_time_are_counted_by_themselves() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate::migrate(&mut connection, Path::new("x.db")).unwrap();
        let rows = [
            (60_000, 5, Some(200), None),
            (119_999, 9, Some(500), None),
            (240_000, 7, None, Some("timeout")),
            (240_001, 1, None, Some("circuit-open")), // was not made
            (300_000, 1, None, Some("cancelled")),
        ];
        for (callout, (began, took, status, failure)) in (1_i64..).zip(rows) {
            let sql = "INSERT INTO attempts (tenant, call, callout, number, kind, flow, node, applet, origin, began, took, status, failure, body)
                       VALUES ('default', 'a', ?1, 1, 'sync', 'f', 'n', 'passthru', 'o', ?2, ?3, ?4, ?5, '')";
            connection.execute(sql, (callout, began, took, status, failure)).unwrap();
        }
        let step = Some(Duration::from_secs(60));
        let filter = StatsFilter { by: By::Origin, kind: None, since: None, until: None, step };
        let stats = bounded(&connection, &Tenant("default".into()), &filter, 100).unwrap();
        let steps: Vec<_> = stats.groups[0]
            .steps
            .iter()
            .map(|step| {
                (step.at.as_second(), step.attempts, step.failed, step.whole.map(|whole| whole.p95.as_micros()))
            })
            .collect();
        assert_eq!(steps, [(60, 2, 1, Some(9)), (240, 2, 2, Some(7))]);
        let stats =
            bounded(&connection, &Tenant("default".into()), &StatsFilter { step: None, ..filter }, 100).unwrap();
        assert_eq!(stats.groups[0].steps, []);
    }

    #[test]
    fn copies_are_compared_with_what_counted_last() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate::migrate(&mut connection, Path::new("x.db")).unwrap();
        let rows = [
            (1, "sync", "old", 0, Some(503)),
            (1, "sync", "old", 9, Some(200)), // a further try
            (1, "shadow", "new", 1, Some(200)),
            (2, "sync", "old", 0, Some(200)),
            (2, "shadow", "new", 1, Some(404)),
            (3, "sync", "old", 0, None),
            (3, "shadow", "new", 1, None),
            (4, "shadow", "new", 1, Some(200)), // nothing to compare with
            (5, "sync", "old", 0, Some(200)),
            (5, "sync", "old", 9, Some(0)), // the other request of a hedge, taken back
            (5, "shadow", "new", 1, Some(200)),
            (6, "sync", "old", 0, Some(200)),
            (6, "shadow", "new", 1, Some(0)),
            (7, "async", "old", 0, Some(503)),
            (7, "async", "old", 9, Some(204)), // the report's next try
            (7, "shadow", "new", 1, Some(204)),
        ];
        for (callout, kind, origin, began, status) in rows {
            let (status, failure) = if status == Some(0) { (None, Some("cancelled")) } else { (status, None) };
            let sql = "INSERT INTO attempts (tenant, call, callout, number, kind, flow, node, applet, origin, began, took, status, failure, body)
                       VALUES ('default', 'a', ?1, 1, ?2, 'f', 'n', 'passthru', ?3, ?4, 5, ?5, ?6, '')";
            connection.execute(sql, (callout, kind, origin, began, status, failure)).unwrap();
        }
        let filter = StatsFilter { by: By::Origin, kind: None, since: None, until: None, step: None };
        let stats = bounded(&connection, &Tenant("default".into()), &filter, 100).unwrap();
        let found: Vec<_> =
            stats.groups.iter().map(|group| (group.name.as_str(), group.compared, group.agreed, group.waits)).collect();
        assert_eq!(found, [("old", 0, 0, 5), ("new", 5, 4, 0)]);
    }

    #[test]
    fn the_index_alone_is_read() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate::migrate(&mut connection, Path::new("x.db")).unwrap();
        for by in By::ALL {
            let plan = format!("EXPLAIN QUERY PLAN {}", sql(by));
            let mut statement = connection.prepare(&plan).unwrap();
            let plan: String = statement.raw_query().next().unwrap().unwrap().get(3).unwrap();
            assert!(plan.starts_with("SEARCH attempts USING COVERING INDEX attempts_newest"), "{by:?}: {plan}");
        }
    }

    #[test]
    fn a_name_of_a_group_is_read() {
        for by in By::ALL {
            assert_eq!(by.as_str().parse(), Ok(by));
        }
        assert!("host".parse::<By>().unwrap_err().contains("`host` is none of origin"));
    }
}
