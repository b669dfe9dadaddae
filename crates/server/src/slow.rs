//! `passthru slow`: is Passthru slowing my call flow? Counts the requests that calls waited for, in the store of a server that runs
//! or not, as a table, with what it comes to and what to do next.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Result, bail};
use jiff::{Span, SpanRelativeTo, Timestamp};
use model::Tenant;
use store::{AttemptKind, By, Group, Quantiles, Reader, Stats, StatsFilter};

use crate::config::Config;
use crate::{clock, serve};

/// A wait that callers hardly notice: little more than the 400 ms one way that ITU-T G.114 names as the most for conversations.
const NOTICED: Duration = Duration::from_millis(500);

/// Failures that are worth a word, in parts of a hundred.
const FAILED_PERCENT: u64 = 1;

/// Groups in the table; those that calls waited longest for.
const ROWS: usize = 20;

/// Reads how far to look back: `90s`, `1h`, `7d`.
pub fn lapse(text: &str) -> Result<Duration, String> {
    let span: Span = text.parse().map_err(|_| format!("`{text}` is no time; write 30m, 1h or 7d"))?;
    let time = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|error| error.to_string())?;
    Duration::try_from(time).map_err(|_| format!("`{text}` does not look back"))
}

/// The table and the conclusion.
pub fn report(config: &Config, since: Duration, by: By) -> Result<String> {
    let path = serve::database(config);
    if !path.exists() {
        bail!("{}: there is no store; `passthru serve` makes it, and --config or `data` says where", path.display());
    }
    let from = clock::now().wall.checked_sub(since).unwrap_or(Timestamp::MIN);
    let filter = StatsFilter { by, kind: Some(AttemptKind::Sync), since: Some(from), until: None, step: None };
    let stats = Reader::at(&path)?.stats(&Tenant::default(), &filter)?;
    Ok(text(&stats, by, from))
}

fn text(stats: &Stats, by: By, from: Timestamp) -> String {
    let from = stats.cut_at.unwrap_or(from).strftime("%Y-%m-%d %H:%M:%S UTC");
    let Some(worst) = stats.groups.first() else {
        return format!("No: since {from} no call has waited for a URL. `--since 7d` looks further back.\n");
    };
    let mut text = table(stats, by);
    let left = stats.groups.len().saturating_sub(ROWS) + stats.groups_left;
    if left > 0 {
        writeln!(text, "… and {left} more, for which calls waited less").expect("a string takes everything");
    }
    if stats.cut_at.is_some() {
        writeln!(text, "(the newest {} requests; older ones are not counted)", stats.attempts)
            .expect("a string takes everything");
    }
    write!(text, "\n{}\n", conclusion(worst, &from.to_string())).expect("a string takes everything");
    text
}

/// Aligned columns: text to the left, figures to the right.
fn table(stats: &Stats, by: By) -> String {
    let head = [
        "requests",
        "cancelled",
        "failed",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "dns",
        "connect",
        "tls",
        "first byte",
        "body",
        "waited s",
    ];
    let mut rows = vec![[by.as_str()].into_iter().chain(head).map(str::to_owned).collect::<Vec<_>>()];
    rows.extend(stats.groups.iter().take(ROWS).map(row));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..=head.len()).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(|(column, (cell, width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text.push_str("(the phases: what 95 of 100 took at most, in ms)\n");
    if stats.groups.iter().take(ROWS).any(|group| group.cancelled > 0) {
        text.push_str(
            "(cancelled: taken back for another answer or when the caller hung up; not failed, and not in the times)\n",
        );
    }
    text
}

fn row(group: &Group) -> Vec<String> {
    let ms =
        |time: Option<Duration>| time.map_or_else(|| "-".to_owned(), |time| format!("{:.1}", time.as_secs_f64() * 1e3));
    let whole = |at: fn(Quantiles) -> Duration| ms(group.whole.map(at));
    let phases = phases(group).map(|(_, quantiles, _)| ms(quantiles.map(|quantiles| quantiles.p95)));
    let mut cells = vec![group.name.clone()];
    cells.extend([group.attempts, group.cancelled, failed(group)].map(|count| count.to_string()));
    cells.extend([whole(|all| all.p50), whole(|all| all.p95), whole(|all| all.p99)]);
    cells.extend(phases);
    cells.push(format!("{:.1}", group.waited.as_secs_f64()));
    cells
}

fn failed(group: &Group) -> u64 {
    group.failures.values().sum()
}

/// The phases, and what helps against each.
fn phases(group: &Group) -> [(&'static str, Option<Quantiles>, &'static str); 5] {
    [
        ("the name look-up", group.dns, "use a resolver near this machine, and give the name a longer TTL"),
        ("connecting", group.connect, "let your server keep connections open (HTTP keep-alive), or move it nearer"),
        ("TLS", group.tls, "let your server keep connections open (HTTP keep-alive), so that handshakes are rare"),
        (
            "your application, up to its headers,",
            group.first_byte,
            "look into its own log; answer first, and do the rest afterwards",
        ),
        ("the answer's body", group.body, "answer with less"),
    ]
}

/// One sentence, and the next step.
fn conclusion(worst: &Group, from: &str) -> String {
    let name = &worst.name;
    let all = worst.whole.unwrap_or(Quantiles { p50: Duration::ZERO, p95: Duration::ZERO, p99: Duration::ZERO });
    let ms = |time: Duration| format!("{:.0} ms", time.as_secs_f64() * 1e3);
    let (failures, judged) = (failed(worst), worst.attempts - worst.cancelled);
    if judged == 0 {
        return format!(
            "Yes: since {from} calls waited {:.1} s for {name}, and all {} requests were taken back before an answer: callers hung up.\n\
             Next: GET /api/v1/callouts?failure=cancelled shows them; let it answer sooner, or give the node a `filler`.",
            worst.waited.as_secs_f64(),
            worst.attempts,
        );
    }
    if failures * 100 > judged * FAILED_PERCENT {
        let why = worst.failures.iter().max_by_key(|(_, count)| **count).map_or("", |(word, _)| word.as_str());
        return format!(
            "Yes: since {from} calls waited {:.1} s for {name}, and {failures} of {} requests failed, mostly by `{why}`.\n\
             Next: GET /api/v1/callouts?failure={why} shows them; fix that, or give the node a fallback and a shorter timeout.",
            worst.waited.as_secs_f64(),
            judged,
        );
    }
    if all.p95 <= NOTICED {
        return format!(
            "No: since {from} 95 of 100 requests to {name}, for which calls waited longest, took {} at most, and callers hardly notice \
             less than {}.\nNext: nothing; `passthru slow --since 7d` looks further back.",
            ms(all.p95),
            ms(NOTICED),
        );
    }
    let slowest = phases(worst).into_iter().max_by_key(|(_, quantiles, _)| quantiles.map(|quantiles| quantiles.p95));
    let (phase, took, advice) = slowest.expect("there are five");
    let took = took.map_or(Duration::ZERO, |took| took.p95);
    let (phase, took, advice) = if took * 2 >= all.p95 {
        (phase, took, advice)
    } else {
        ("waiting for a place at it, or further tries,", all.p95 - took, "let it answer more requests at a time")
    };
    format!(
        "Yes: since {from} calls waited {:.1} s for {name}; 5 of 100 requests took longer than {}, most of it {phase} {}.\nNext: {advice}.",
        worst.waited.as_secs_f64(),
        ms(all.p95),
        ms(took),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn quantiles(ms: u64) -> Option<Quantiles> {
        let time = Duration::from_millis(ms);
        Some(Quantiles { p50: time / 2, p95: time, p99: time })
    }

    fn group(name: &str, whole: u64, first_byte: u64) -> Group {
        Group {
            name: name.into(),
            attempts: 200,
            waits: 200,
            waited: Duration::from_millis(whole * 100),
            whole: quantiles(whole),
            connect: quantiles(3),
            first_byte: quantiles(first_byte),
            ..Group::default()
        }
    }

    fn said(groups: Vec<Group>) -> String {
        let attempts = groups.iter().map(|group| group.attempts).sum();
        let stats = Stats { groups, groups_left: 0, attempts, cut_at: None };
        text(&stats, By::Url, Timestamp::from_second(1_800_000_000).unwrap())
    }

    #[test]
    fn a_slow_application_is_named_with_what_helps() {
        let text = said(vec![group("https://crm.example/route", 1_250, 1_200), group("https://b.example/", 20, 10)]);
        let expected = "\
url                        requests  cancelled  failed  p50 ms  p95 ms  p99 ms  dns  connect  tls  first byte  body  waited s
https://crm.example/route       200          0       0   625.0  1250.0  1250.0    -      3.0    -      1200.0     -     125.0
https://b.example/              200          0       0    10.0    20.0    20.0    -      3.0    -        10.0     -       2.0
(the phases: what 95 of 100 took at most, in ms)

Yes: since 2027-01-15 08:00:00 UTC calls waited 125.0 s for https://crm.example/route; 5 of 100 requests took longer than 1250 ms, \
most of it your application, up to its headers, 1200 ms.
Next: look into its own log; answer first, and do the rest afterwards.
";
        assert_eq!(text, expected);
    }

    #[test]
    fn the_conclusion_goes_by_what_calls_waited_longest_for() {
        let failing =
            Group { failures: BTreeMap::from([("timeout".into(), 3), ("dns".into(), 1)]), ..group("x", 100, 50) };
        let few = Group { failures: BTreeMap::from([("timeout".into(), 2)]), ..group("x", 100, 50) };
        let tls = Group { tls: quantiles(600), ..group("x", 700, 50) };
        let unmade =
            Group { failures: BTreeMap::from([("circuit-open".into(), 200)]), whole: None, ..group("x", 0, 0) };
        let hedged = Group { cancelled: 90, ..group("x", 100, 50) };
        let hedged_failing = Group { failures: BTreeMap::from([("timeout".into(), 3)]), ..hedged.clone() };
        let left = Group { cancelled: 200, whole: None, ..group("x", 0, 0) };
        let rows = [
            (vec![], "No: since 2027-01-15 08:00:00 UTC no call has waited"),
            (vec![group("x", 500, 400)], "No: since 2027-01-15 08:00:00 UTC 95 of 100 requests to x"),
            (vec![group("x", 501, 400)], "most of it your application"),
            (vec![tls], "most of it TLS 600 ms.\nNext: let your server keep connections open"),
            (vec![group("x", 2_000, 100)], "most of it waiting for a place at it, or further tries, 1900 ms"),
            (
                vec![failing],
                "4 of 200 requests failed, mostly by `timeout`.\nNext: GET /api/v1/callouts?failure=timeout",
            ),
            (vec![few], "No: "),
            (vec![hedged], "No: "),
            (vec![hedged_failing], "3 of 110 requests failed"),
            (vec![left], "all 200 requests were taken back before an answer: callers hung up.\nNext: GET"),
            (vec![unmade], "200 of 200 requests failed, mostly by `circuit-open`"),
        ];
        for (groups, expected) in rows {
            let text = said(groups);
            assert!(text.contains(expected), "{expected:?} is not in {text}");
        }
    }

    #[test]
    fn what_was_taken_back_stands_apart() {
        let text = said(vec![Group { cancelled: 7, ..group("x", 100, 50) }]);
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!((rows[0][2], rows[1][2], rows[1][3]), ("cancelled", "7", "0"));
        assert!(text.contains("\n(cancelled: taken back for another answer"), "{text}");
        assert!(!said(vec![group("x", 100, 50)]).contains("(cancelled"));
    }

    #[test]
    fn what_is_not_shown_is_said() {
        let groups = (0..ROWS + 2).map(|number| group(&format!("u{number:02}"), 10, 5)).collect();
        let stats = Stats { groups, groups_left: 7, attempts: 100_000, cut_at: Some(Timestamp::UNIX_EPOCH) };
        let text = text(&stats, By::Node, Timestamp::MIN);
        assert!(text.starts_with("node ") && text.contains("u19") && !text.contains("u20"), "{text}");
        assert!(text.contains("… and 9 more") && text.contains("the newest 100000 requests"), "{text}");
        assert!(text.contains("since 1970-01-01 00:00:00 UTC"), "{text}");
    }

    #[test]
    fn how_far_to_look_back() {
        let rows = [("90s", 90), ("30m", 1_800), ("1h", 3_600), ("1h30m", 5_400), ("7d", 604_800)];
        for (text, seconds) in rows {
            assert_eq!(lapse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "1", "-1h", "yesterday", "1y"] {
            assert!(lapse(text).is_err(), "{text}");
        }
    }
}
