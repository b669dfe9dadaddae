//! `/metrics`: the figures in Prometheus' text format, version 0.0.4.

use std::fmt::{Display, Write};
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderName, header};
use jiff::Timestamp;
use store::Backlog;
use tokio::time::timeout;

use crate::desk::{Desk, SWITCH_PATIENCE};
use crate::metrics::{BOUNDS_SECONDS, Histogram, Mode, Tally};
use crate::query::{Nothing, Query};
use crate::{Gauge, Problem};

const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Shows figures for Prometheus.
///
/// The switch's own are missing while it does not answer, and those of the reports that are owed while the store does not.
#[utoipa::path(
    get, path = "/metrics", operation_id = "metrics", tag = "server",
    responses(
        (status = 200, body = String, content_type = "text/plain", description = "The figures."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn scrape(
    State(desk): State<Arc<Desk>>,
    _: Query<Nothing>,
) -> ([(HeaderName, &'static str); 1], String) {
    let gauges = desk.gauges().await.ok();
    let metrics = &desk.api.metrics;
    let losses = Losses {
        rtp_late_ticks: metrics.rtp_late_ticks(),
        journal: metrics.journal_lost(),
        recorded: metrics.recorded_lost(),
        streamed: metrics.streamed_lost(),
    };
    let backlog = timeout(SWITCH_PATIENCE, desk.ask(|reader, _| reader.backlog())).await.ok().and_then(Result::ok);
    let owed = backlog.map(|backlog| owed(&backlog, (desk.api.recordings.now)()));
    let owed = owed.as_ref().map_or(&[][..], |owed| &owed[..]);
    let text = print(&metrics.tally(), &losses, gauges.as_deref(), owed);
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], text)
}

/// What came too late, or not at all.
#[derive(Debug, Default)]
struct Losses {
    rtp_late_ticks: u64,
    journal: u64,
    recorded: u64,
    streamed: u64,
}

/// The reports that are owed.
fn owed(backlog: &Backlog, now: Timestamp) -> [Gauge; 3] {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people; exact up to 2^53")]
    let count = |count: u64| count as f64;
    let age = backlog.oldest.map(|oldest| now.duration_since(oldest).as_secs_f64().max(0.0));
    let gauge = |name, help, value| Gauge { name, help, labels: Vec::new(), value };
    [
        gauge("passthru_reports_waiting", "Reports that are not delivered yet.", count(backlog.waiting)),
        gauge(
            "passthru_reports_oldest_seconds",
            "Seconds since the oldest of them was asked for; 0 if there is none.",
            age.unwrap_or_default(),
        ),
        gauge("passthru_reports_dead", "Reports that were given up, and not sent again since.", count(backlog.dead)),
    ]
}

fn print(tally: &Tally, losses: &Losses, gauges: Option<&[Gauge]>, owed: &[Gauge]) -> String {
    let mut page = Page(String::new());
    page.family("passthru_calls_total", "counter", "Calls since the start.");
    page.sample("passthru_calls_total", &[("direction", "incoming")], tally.incoming);
    page.sample("passthru_calls_total", &[("direction", "outgoing")], tally.outgoing);
    page.family("passthru_faults_total", "counter", "Faults journalled.");
    page.sample("passthru_faults_total", &[], tally.faults);
    page.family("passthru_callouts_total", "counter", "Callouts made, by outcome; async ones by attempt.");
    for ((mode, outcome), count) in &tally.callouts {
        let mode = match mode {
            Mode::Sync => "sync",
            Mode::Async => "async",
        };
        page.sample("passthru_callouts_total", &[("mode", mode), ("outcome", outcome)], count);
    }
    page.family("passthru_callout_seconds", "histogram", "How long calls waited for callouts, by host.");
    for (host, histogram) in &tally.latencies {
        page.histogram("passthru_callout_seconds", &[("host", host)], histogram);
    }
    page.family("passthru_callout_applet_seconds", "histogram", "How long calls waited for callouts, by applet.");
    for (applet, histogram) in &tally.applets {
        page.histogram("passthru_callout_applet_seconds", &[("applet", applet)], histogram);
    }
    page.family(
        "passthru_callout_url_seconds",
        "histogram",
        "How long calls waited for callouts, by URL without query.",
    );
    for (url, histogram) in &tally.urls {
        page.histogram("passthru_callout_url_seconds", &[("url", url)], histogram);
    }
    let phases = [
        ("passthru_callout_phase_seconds", "host", &tally.phases, "requests took, by host"),
        ("passthru_callout_url_phase_seconds", "url", &tally.url_phases, "requests took, by URL without query"),
        (
            "passthru_callout_applet_phase_seconds",
            "applet",
            &tally.applet_phases,
            "requests took that calls waited for, by applet",
        ),
    ];
    for (name, label, histograms, what) in phases {
        let help = format!("How long the phases of callouts' {what}: dns, connect, tls, first_byte, body.");
        page.family(name, "histogram", &help);
        for ((value, phase), histogram) in histograms {
            page.histogram(name, &[(label, value), ("phase", phase)], histogram);
        }
    }
    page.family(
        "passthru_callers_waited_seconds_total",
        "counter",
        "Seconds that calls waited for callouts, all together.",
    );
    page.sample("passthru_callers_waited_seconds_total", &[], tally.waited.as_secs_f64());
    page.family("passthru_rtp_late_ticks_total", "counter", "Ticks at which media left too late.");
    page.sample("passthru_rtp_late_ticks_total", &[], losses.rtp_late_ticks);
    page.family("passthru_journal_lost_total", "counter", "Lines of journals that could not be stored.");
    page.sample("passthru_journal_lost_total", &[], losses.journal);
    page.family(
        "passthru_recorded_lost_total",
        "counter",
        "Blocks of recordings, 200 ms each, that could not be written.",
    );
    page.sample("passthru_recorded_lost_total", &[], losses.recorded);
    page.family(
        "passthru_streamed_lost_total",
        "counter",
        "Pieces of streams, 20 ms each, that nobody could take in time.",
    );
    page.sample("passthru_streamed_lost_total", &[], losses.streamed);
    page.family("passthru_switch_up", "gauge", "Whether the switch answers.");
    page.sample("passthru_switch_up", &[], u8::from(gauges.is_some()));
    let gauges = gauges.unwrap_or_default();
    for family in [owed, gauges].into_iter().flat_map(|gauges| gauges.chunk_by(|one, next| one.name == next.name)) {
        let kind = if family[0].name.ends_with("_total") { "counter" } else { "gauge" };
        page.family(family[0].name, kind, family[0].help);
        for gauge in family {
            let labels: Vec<_> = gauge.labels.iter().map(|(name, value)| (*name, value.as_str())).collect();
            page.sample(gauge.name, &labels, gauge.value);
        }
    }
    page.0
}

struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let help = help.replace('\\', r"\\").replace('\n', r"\n");
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        if labels.is_empty() {
            return self.line(format_args!("{name} {value}"));
        }
        let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        self.line(format_args!("{name}{{{}}} {value}", labels.join(",")));
    }

    fn histogram(&mut self, name: &str, labels: &[(&str, &str)], histogram: &Histogram) {
        let bucket = format!("{name}_bucket");
        let mut below = 0;
        for (bound, count) in BOUNDS_SECONDS.iter().map(f64::to_string).zip(histogram.buckets) {
            below += count;
            self.sample(&bucket, &[labels, &[("le", &bound)]].concat(), below);
        }
        self.sample(&bucket, &[labels, &[("le", "+Inf")]].concat(), histogram.count);
        self.sample(&format!("{name}_sum"), labels, histogram.sum.as_secs_f64());
        self.sample(&format!("{name}_count"), labels, histogram.count);
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{line}").expect("a string takes everything");
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_cannot_leave_its_quotes() {
        let mut page = Page(String::new());
        page.sample("x", &[("host", "a\"b\\c\nd")], 1);
        assert_eq!(page.0, "x{host=\"a\\\"b\\\\c\\nd\"} 1\n");
    }

    #[test]
    fn buckets_add_up() {
        let mut histogram = Histogram { count: 4, ..Histogram::default() };
        histogram.buckets[0] = 1;
        histogram.buckets[2] = 2;
        let mut page = Page(String::new());
        page.histogram("x", &[("host", "h")], &histogram);
        let values: Vec<_> = page.0.lines().map(|line| line.rsplit_once(' ').unwrap().1).collect();
        assert_eq!(values, ["1", "1", "3", "3", "3", "3", "3", "3", "3", "3", "3", "4", "0", "4"]);
    }

    #[test]
    fn gauges_of_one_name_are_one_family() {
        let of = |trunk: &str, value| Gauge { name: "g", help: "h", labels: vec![("trunk", trunk.to_owned())], value };
        let page = print(&Tally::default(), &Losses::default(), Some(&[of("a", 1.0), of("b", 0.0)]), &[]);
        assert!(page.ends_with("# HELP g h\n# TYPE g gauge\ng{trunk=\"a\"} 1\ng{trunk=\"b\"} 0\n"), "{page}");
    }

    #[test]
    fn the_age_of_the_oldest_report_is_in_seconds_and_never_below_none() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let rows = [
            (None, 0.0),
            (Some(now - std::time::Duration::from_millis(90_500)), 90.5),
            (Some(now + std::time::Duration::from_secs(1)), 0.0), // a clock that was set back
        ];
        for (oldest, age) in rows {
            let figures = owed(&Backlog { waiting: 2, dead: 1, oldest }, now);
            assert_eq!(figures.map(|gauge| gauge.value), [2.0, age, 1.0], "{oldest:?}");
        }
    }

    #[test]
    fn a_total_is_a_counter() {
        let total = Gauge { name: "g_total", help: "h", labels: Vec::new(), value: 2.0 };
        let page = print(&Tally::default(), &Losses::default(), Some(&[total]), &[]);
        assert!(page.ends_with("# HELP g_total h\n# TYPE g_total counter\ng_total 2\n"), "{page}");
    }

    #[test]
    fn a_silent_switch_is_a_figure_too() {
        let page =
            print(&Tally::default(), &Losses { rtp_late_ticks: 7, journal: 9, recorded: 3, streamed: 4 }, None, &[]);
        for line in ["passthru_switch_up 0", "passthru_rtp_late_ticks_total 7", "passthru_journal_lost_total 9"] {
            assert!(page.lines().any(|shown| shown == line), "{line}: {page}");
        }
    }
}
