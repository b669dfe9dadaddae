//! What is counted. Nearly all of it is read off the journal's lines, so that the figures cannot say anything else than
//! the journals do.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{CallEvent, CallSid, CalloutId, Direction, EventKind, HttpFailure, HttpTrace};
use url::Url;

/// Hosts that have a histogram of their own; the others share one.
pub const HOSTS: usize = 64;

/// URLs, without their queries, that have histograms of their own; the others share one.
pub const URLS: usize = 64;

/// Callouts under way whose host is remembered; a call's are forgotten with its end. As many reports that are owed, and calls
/// whose node is known.
const ASKED: usize = 65_536;

/// The name that hosts past [`HOSTS`] share, applets past as many, and URLs past [`URLS`].
const OTHER: &str = "other";

/// Upper bounds of the histogram's buckets, in seconds. A Passthru waits for 5 s unless told.
pub(crate) const BOUNDS_SECONDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The counters of a server, from its start.
#[derive(Debug, Default)]
pub struct Metrics {
    tally: Mutex<Tally>,
    rtp_late_ticks: AtomicU64,
    journal_lost: AtomicU64,
    recorded_lost: AtomicU64,
    streamed_lost: AtomicU64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) incoming: u64,
    pub(crate) outgoing: u64,
    pub(crate) faults: u64,
    /// By whether a call waited, and outcome.
    pub(crate) callouts: BTreeMap<(Mode, &'static str), u64>,
    /// How long calls waited, by host.
    pub(crate) latencies: Shared<String>,
    /// How long calls waited, by applet.
    pub(crate) applets: Shared<String>,
    /// How long calls waited, by URL.
    pub(crate) urls: Shared<String>,
    /// How long each phase of a request took, by host and phase.
    pub(crate) phases: Phases,
    /// The same by URL and phase.
    pub(crate) url_phases: Phases,
    /// How long each phase of a request took that a call waited for, by applet and phase.
    pub(crate) applet_phases: Phases,
    /// How long calls waited, all together.
    pub(crate) waited: Duration,
    asked: BTreeMap<(CallSid, CalloutId), Asked>,
    /// The URLs of reports.
    owed: BTreeMap<(CallSid, CalloutId), String>,
    /// The applet that each call stands at.
    applet_of: BTreeMap<CallSid, String>,
}

/// Histograms by a label of which only so many values have one of their own.
pub(crate) type Shared<K> = BTreeMap<K, Histogram>;

/// Histograms by a label and a phase.
pub(crate) type Phases = Shared<(String, &'static str)>;

/// A callout that a call waits for.
#[derive(Clone, Debug)]
struct Asked {
    url: String,
    applet: String,
}

/// Whether a call waited for the callout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mode {
    Sync,
    Async,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Histogram {
    /// Samples of at most the bound, and not of the bound before.
    pub(crate) buckets: [u64; BOUNDS_SECONDS.len()],
    pub(crate) count: u64,
    pub(crate) sum: Duration,
}

impl Metrics {
    /// Takes a line of any call's journal. Each line once, and a call's lines in order.
    pub fn observe(&self, event: &CallEvent) {
        let call = &event.call;
        let mut tally = self.lock();
        match &event.kind {
            EventKind::Offered { direction: Direction::Incoming, .. } => tally.incoming += 1,
            EventKind::Offered { direction: Direction::Outgoing, .. } => tally.outgoing += 1,
            EventKind::NodeEntered { applet, .. } => tally.enter(call, applet),
            EventKind::CalloutStarted { callout, url, .. } => tally.ask(call, *callout, url),
            EventKind::CalloutAttempted { callout, url, trace, .. } => {
                tally.trace(&model::endpoint(url), trace);
                tally.trace_applet(call, *callout, trace);
            }
            EventKind::CalloutEnded { callout, status, failure, took, .. } => {
                tally.count(Mode::Sync, *status, failure.as_ref());
                tally.waited(call, *callout, *took);
            }
            EventKind::NotifyQueued { callout, url, .. } | EventKind::NotifyReplayed { callout, url, .. } => {
                tally.owe(call, *callout, url);
            }
            EventKind::NotifyCommitted { callout, failure: Some(_) } => {
                tally.owed.remove(&(call.clone(), *callout));
            }
            EventKind::NotifyAttempted { callout, status, failure, last, trace, .. } => {
                tally.count(Mode::Async, *status, failure.as_ref());
                tally.attempted(call, *callout, *last, trace);
            }
            EventKind::Fault { .. } => tally.faults += 1,
            EventKind::Ended { .. } => tally.forget(call),
            _ => {}
        }
    }

    /// Adds ticks of the media clock at which packets left too late.
    pub fn add_rtp_late_ticks(&self, ticks: u64) {
        self.rtp_late_ticks.fetch_add(ticks, Ordering::Relaxed);
    }

    pub(crate) fn rtp_late_ticks(&self) -> u64 {
        self.rtp_late_ticks.load(Ordering::Relaxed)
    }

    /// Adds lines of journals that will never be durable.
    pub fn add_journal_lost(&self, lines: u64) {
        self.journal_lost.fetch_add(lines, Ordering::Relaxed);
    }

    /// Lines of journals that were lost, since the start.
    pub fn journal_lost(&self) -> u64 {
        self.journal_lost.load(Ordering::Relaxed)
    }

    /// Adds blocks of recordings that are silence because nobody could take them.
    pub fn add_recorded_lost(&self, blocks: u64) {
        self.recorded_lost.fetch_add(blocks, Ordering::Relaxed);
    }

    /// Adds pieces of streams that nobody could take in time.
    pub fn add_streamed_lost(&self, pieces: u64) {
        self.streamed_lost.fetch_add(pieces, Ordering::Relaxed);
    }

    pub(crate) fn streamed_lost(&self) -> u64 {
        self.streamed_lost.load(Ordering::Relaxed)
    }

    pub(crate) fn recorded_lost(&self) -> u64 {
        self.recorded_lost.load(Ordering::Relaxed)
    }

    pub(crate) fn tally(&self) -> Tally {
        self.lock().clone_shown()
    }

    fn lock(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tally {
    fn enter(&mut self, call: &CallSid, applet: &str) {
        if let Some(known) = self.applet_of.get_mut(call) {
            applet.clone_into(known);
        } else if self.applet_of.len() < ASKED {
            self.applet_of.insert(call.clone(), applet.to_owned());
        }
    }

    fn ask(&mut self, call: &CallSid, callout: CalloutId, url: &str) {
        if self.asked.len() < ASKED {
            let applet = self.applet_of.get(call).cloned().unwrap_or_else(|| OTHER.to_owned());
            self.asked.insert((call.clone(), callout), Asked { url: model::endpoint(url), applet });
        }
    }

    fn waited(&mut self, call: &CallSid, callout: CalloutId, took: Duration) {
        let other = || Asked { url: OTHER.to_owned(), applet: OTHER.to_owned() };
        let Asked { url, applet } = self.asked.remove(&(call.clone(), callout)).unwrap_or_else(other);
        of(&mut self.latencies, host(&url), HOSTS, OTHER.to_owned()).record(took);
        of(&mut self.urls, url, URLS, OTHER.to_owned()).record(took);
        of(&mut self.applets, applet, HOSTS, OTHER.to_owned()).record(took);
        self.waited += took;
    }

    fn owe(&mut self, call: &CallSid, callout: CalloutId, url: &str) {
        if self.owed.len() < ASKED {
            self.owed.insert((call.clone(), callout), model::endpoint(url));
        }
    }

    fn attempted(&mut self, call: &CallSid, callout: CalloutId, last: bool, trace: &HttpTrace) {
        let key = (call.clone(), callout);
        let url = if last { self.owed.remove(&key) } else { self.owed.get(&key).cloned() };
        self.trace(&url.unwrap_or_else(|| OTHER.to_owned()), trace);
    }

    fn trace(&mut self, url: &str, trace: &HttpTrace) {
        record(&mut self.phases, &host(url), HOSTS, trace);
        record(&mut self.url_phases, url, URLS, trace);
    }

    fn trace_applet(&mut self, call: &CallSid, callout: CalloutId, trace: &HttpTrace) {
        let asked = self.asked.get(&(call.clone(), callout));
        let applet = asked.map_or_else(|| OTHER.to_owned(), |asked| asked.applet.clone());
        record(&mut self.applet_phases, &applet, HOSTS, trace);
    }

    fn count(&mut self, mode: Mode, status: Option<u16>, failure: Option<&HttpFailure>) {
        *self.callouts.entry((mode, outcome(status, failure))).or_default() += 1;
    }

    fn forget(&mut self, call: &CallSid) {
        let first = (call.clone(), CalloutId(0));
        let left: Vec<_> =
            self.asked.range(first..).map(|(key, _)| key).take_while(|key| key.0 == *call).cloned().collect();
        for key in &left {
            self.asked.remove(key);
        }
        self.applet_of.remove(call);
    }

    /// A copy without what is not shown.
    fn clone_shown(&self) -> Self {
        Self {
            incoming: self.incoming,
            outgoing: self.outgoing,
            faults: self.faults,
            callouts: self.callouts.clone(),
            latencies: self.latencies.clone(),
            applets: self.applets.clone(),
            urls: self.urls.clone(),
            phases: self.phases.clone(),
            url_phases: self.url_phases.clone(),
            applet_phases: self.applet_phases.clone(),
            waited: self.waited,
            ..Self::default()
        }
    }
}

/// Records the phases that happened; so many labels have histograms of their own.
fn record(histograms: &mut Phases, label: &str, limit: usize, trace: &HttpTrace) {
    let phases = [
        ("dns", trace.dns),
        ("connect", trace.connect),
        ("tls", trace.tls),
        ("first_byte", trace.first_byte),
        ("body", trace.body),
    ];
    for (phase, took) in phases {
        if let Some(took) = took {
            let other = (OTHER.to_owned(), phase);
            of(histograms, (label.to_owned(), phase), limit * phases.len(), other).record(took);
        }
    }
}

/// The histogram of that label; once there are `limit` of them, that of `other` for new ones.
fn of<K: Ord>(histograms: &mut Shared<K>, label: K, limit: usize, other: K) -> &mut Histogram {
    let is_full = histograms.len() >= limit && !histograms.contains_key(&label);
    histograms.entry(if is_full { other } else { label }).or_default()
}

/// The URL's host.
fn host(url: &str) -> String {
    let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| OTHER.to_owned())
}

impl Histogram {
    fn record(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        if let Some(bucket) = BOUNDS_SECONDS.iter().position(|bound| seconds <= *bound) {
            self.buckets[bucket] += 1;
        }
        self.count += 1;
        self.sum += took;
    }
}

/// The class of the status, or why there is none.
fn outcome(status: Option<u16>, failure: Option<&HttpFailure>) -> &'static str {
    match (failure, status.unwrap_or_default() / 100) {
        (Some(HttpFailure::BadUrl(_)), _) => "bad_url",
        (Some(HttpFailure::Forbidden(_)), _) => "forbidden",
        (Some(HttpFailure::Dns(_)), _) => "dns",
        (Some(HttpFailure::Connect(_)), _) => "connect",
        (Some(HttpFailure::Tls(_)), _) => "tls",
        (Some(HttpFailure::Timeout), _) => "timeout",
        (Some(HttpFailure::Protocol(_)), _) => "protocol",
        (Some(HttpFailure::CircuitOpen), _) => "circuit_open",
        (Some(HttpFailure::Cancelled), _) => "cancelled",
        (Some(HttpFailure::Overtaken), _) => "overtaken",
        (None, 2) => "2xx",
        (None, 3) => "3xx",
        (None, 4) => "4xx",
        (None, 5) => "5xx",
        (None, _) => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use model::{Cause, EndedBy, Way};

    use super::*;

    fn line(call: &str, kind: EventKind) -> CallEvent {
        let (call, wall) = (CallSid::new(call), Timestamp::UNIX_EPOCH);
        CallEvent { call, seq: 0, leg: None, at: Duration::ZERO, wall, kind }
    }

    fn started(call: &str, url: &str) -> CallEvent {
        line(call, EventKind::CalloutStarted { callout: CalloutId(1), method: "GET".into(), url: url.into() })
    }

    fn answered(call: &str, status: u16, ms: u64) -> CallEvent {
        let took = Duration::from_millis(ms);
        line(
            call,
            EventKind::CalloutEnded {
                callout: CalloutId(1),
                status: Some(status),
                failure: None,
                took,
                way: Way::First,
            },
        )
    }

    #[test]
    fn hosts_past_the_limit_share_one_histogram() {
        let metrics = Metrics::default();
        for number in 0..HOSTS + 10 {
            metrics.observe(&started("c", &format!("http://h{number}.example:81/x?y")));
            metrics.observe(&answered("c", 200, 30));
        }
        metrics.observe(&started("c", "http://h0.example/"));
        metrics.observe(&answered("c", 200, 30));
        let tally = metrics.tally();
        assert_eq!(tally.latencies.len(), HOSTS + 1);
        assert_eq!((tally.latencies["h0.example"].count, tally.latencies[OTHER].count), (2, 10));
        assert_eq!((tally.urls.len(), tally.urls["http://h0.example:81/x"].count), (URLS + 1, 1));
        assert_eq!(tally.urls[OTHER].count, 11, "one URL is new, and has no more a histogram of its own");
    }

    #[test]
    fn a_call_that_ended_leaves_nothing_behind() {
        let metrics = Metrics::default();
        for call in ["b", "c", "d"] {
            metrics.observe(&started(call, "http://crm.example/"));
        }
        metrics.observe(&line("c", EventKind::Ended { cause: Cause::NORMAL_CLEARING, by: EndedBy::Us }));
        let left: Vec<_> = metrics.lock().asked.keys().map(|key| key.0.to_string()).collect();
        assert_eq!(left, ["b", "d"]);
    }

    fn attempted(url: &str, ms: u64) -> CallEvent {
        let trace = HttpTrace {
            dns: Some(Duration::from_millis(ms)),
            first_byte: Some(Duration::from_millis(2 * ms)),
            ..HttpTrace::default()
        };
        let (callout, took) = (CalloutId(1), Duration::from_millis(3 * ms));
        let (status, failure, way) = (Some(200), None, Way::First);
        line(
            "c",
            EventKind::CalloutAttempted { callout, attempt: 1, way, url: url.into(), status, failure, took, trace },
        )
    }

    fn reported(callout: u32, last: bool) -> CallEvent {
        let trace = HttpTrace { connect: Some(Duration::from_millis(4)), ..HttpTrace::default() };
        let (callout, took, status, failure) = (CalloutId(callout), Duration::ZERO, Some(200), None);
        line("c", EventKind::NotifyAttempted { callout, attempt: 1, status, failure, last, took, trace })
    }

    #[test]
    fn phases_count_by_host_and_waits_by_applet() {
        let metrics = Metrics::default();
        metrics.observe(&line("c", EventKind::NodeEntered { node: "n".into(), applet: "passthru".into() }));
        metrics.observe(&started("c", "http://crm.example/"));
        metrics.observe(&line("c", EventKind::NodeEntered { node: "m".into(), applet: "ivr".into() }));
        metrics.observe(&attempted("http://crm.example/", 10));
        metrics.observe(&answered("c", 200, 30));
        metrics.observe(&answered("c", 200, 30)); // of which the beginning is not known
        let url = "http://reports.example/".to_owned();
        metrics.observe(&line(
            "c",
            EventKind::NotifyQueued { callout: CalloutId(2), method: "GET".into(), url: url.clone() },
        ));
        metrics.observe(&line("c", EventKind::Ended { cause: Cause::NORMAL_CLEARING, by: EndedBy::Us }));
        [reported(2, false), reported(2, true), reported(3, true)].iter().for_each(|event| metrics.observe(event));
        let (callout, of) = (CalloutId::FIRST_REPLAY, CalloutId(2));
        metrics.observe(&line("c", EventKind::NotifyReplayed { callout, of, url }));
        metrics.observe(&reported(callout.0, true));
        let tally = metrics.tally();
        let counts = |histograms: &Shared<String>| -> Vec<(String, u64)> {
            histograms.iter().map(|(label, histogram)| (label.clone(), histogram.count)).collect()
        };
        assert_eq!(counts(&tally.applets), [("other".into(), 1), ("passthru".into(), 1)]);
        assert_eq!(tally.waited, Duration::from_millis(60));
        let phases: Vec<_> =
            tally.phases.iter().map(|((host, phase), found)| (host.as_str(), *phase, found.count)).collect();
        let expected = [
            ("crm.example", "dns", 1),
            ("crm.example", "first_byte", 1),
            ("other", "connect", 1),
            ("reports.example", "connect", 3),
        ];
        assert_eq!(phases, expected);
        let named = |phases: &Phases| -> Vec<_> {
            phases.iter().map(|((label, phase), found)| format!("{label} {phase} {}", found.count)).collect()
        };
        let by_url = [
            "http://crm.example/ dns 1",
            "http://crm.example/ first_byte 1",
            "http://reports.example/ connect 3",
            "other connect 1",
        ];
        assert_eq!(named(&tally.url_phases), by_url);
        assert_eq!(named(&tally.applet_phases), ["passthru dns 1", "passthru first_byte 1"], "what calls waited for");
        assert_eq!(counts(&tally.urls), [("http://crm.example/".into(), 1), ("other".into(), 1)]);
        let left = metrics.lock();
        assert_eq!((left.asked.len(), left.owed.len(), left.applet_of.len()), (0, 0, 0));
    }

    #[test]
    fn labels_that_others_choose_have_a_limit() {
        let metrics = Metrics::default();
        for number in 0..HOSTS + 10 {
            metrics.observe(&attempted(&format!("http://h{number}.example/"), 1));
            metrics.observe(&line("c", EventKind::NodeEntered { node: "n".into(), applet: format!("a{number}") }));
            metrics.observe(&started("c", "http://crm.example/"));
            metrics.observe(&answered("c", 200, 1));
        }
        let tally = metrics.tally();
        assert!(tally.phases.len() <= 5 * HOSTS + 5, "{}", tally.phases.len());
        assert!(tally.url_phases.len() <= 5 * URLS + 5, "{}", tally.url_phases.len());
        assert!(tally.applet_phases.len() <= 5 * HOSTS + 5, "{}", tally.applet_phases.len());
        assert_eq!((tally.applets.len(), tally.applets[OTHER].count), (HOSTS + 1, 10));
        let calls = 0..ASKED + 5;
        for call in calls {
            let (call, url) = (call.to_string(), "http://crm.example/".into());
            metrics.observe(&line(&call, EventKind::NodeEntered { node: "n".into(), applet: "ivr".into() }));
            metrics.observe(&line(&call, EventKind::NotifyQueued { callout: CalloutId(1), method: "GET".into(), url }));
        }
        let left = metrics.lock();
        assert_eq!((left.owed.len(), left.applet_of.len()), (ASKED, ASKED));
    }

    #[test]
    fn callouts_under_way_have_a_limit() {
        let metrics = Metrics::default();
        for call in 0..ASKED + 5 {
            metrics.observe(&started(&call.to_string(), "http://crm.example/"));
        }
        assert_eq!(metrics.lock().asked.len(), ASKED);
    }

    #[test]
    fn a_callout_counts_by_its_outcome() {
        let rows = [
            (Some(200), None, "2xx"),
            (Some(302), None, "3xx"),
            (Some(404), None, "4xx"),
            (Some(503), None, "5xx"),
            (Some(999), None, "other"),
            (None, None, "other"),
            (None, Some(HttpFailure::Timeout), "timeout"),
            (None, Some(HttpFailure::Dns("x".into())), "dns"),
        ];
        for (status, failure, named) in rows {
            assert_eq!(outcome(status, failure.as_ref()), named);
        }
    }
}
