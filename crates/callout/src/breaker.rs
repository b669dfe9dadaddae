//! Circuit breakers: an origin that fails and fails is left alone, and looked at from time to time.
//!
//! ```text
//! closed ─ FAILURES in a row ─► open ─ probe due ─► half-open, one request passes ─ it is answered ─► closed
//!                                 ▲                              │
//!                                 └── it fails, the next wait is twice as long ──┘
//! ```

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use model::{HttpFailure, HttpOutcome};

/// Failures in a row that open a breaker (`trust.md` 4.5).
pub const FAILURES: u32 = 5;

/// From opening to the first probe (`trust.md` 4.5).
pub const FIRST_PROBE: Duration = Duration::from_secs(5);

/// The longest wait between two probes (`trust.md` 4.5).
pub const LAST_PROBE: Duration = Duration::from_secs(60);

/// Origins whose failures are counted; past it, those that failed the longest ago are forgotten.
pub const ORIGINS: usize = 10_000;

/// What a request that ended says of its origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It answered, and below 500: a 404 may well be what it wants to say.
    Well,
    /// It was asked, and failed.
    Failed,
    /// Nothing: it was not asked, or nobody waits for the answer any more.
    Silent,
}

impl Verdict {
    /// That of what came of the request.
    pub fn of(outcome: &HttpOutcome) -> Self {
        match outcome {
            HttpOutcome::Answered(answer) if answer.status < 500 => Self::Well,
            HttpOutcome::Failed(HttpFailure::BadUrl(_) | HttpFailure::Forbidden(_)) => Self::Silent,
            HttpOutcome::Failed(failure) if failure.is_taken_back() => Self::Silent,
            _ => Self::Failed,
        }
    }
}

/// The breakers of all origins. An origin without failures has none.
#[derive(Debug, Default)]
pub struct Breakers {
    origins: BTreeMap<String, Breaker>,
}

#[derive(Debug)]
struct Breaker {
    failures: u32,
    failed: Instant,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    wait: Duration,
    probe_due: Instant,
    probing: bool,
}

impl Breakers {
    /// Whether an origin may be asked now. A probe that it lets pass must come to [`Breakers::succeeded`],
    /// [`Breakers::failed`] or [`Breakers::withdrawn`].
    pub fn admits(&mut self, origin: &str, now: Instant) -> bool {
        let Some(open) = self.origins.get_mut(origin).and_then(|breaker| breaker.open.as_mut()) else { return true };
        let probes = !open.probing && open.probe_due <= now;
        open.probing |= probes;
        probes
    }

    /// Takes what came of a request that was let pass.
    pub fn judge(&mut self, origin: &str, verdict: Verdict, now: Instant) {
        match verdict {
            Verdict::Well => self.succeeded(origin),
            Verdict::Failed => self.failed(origin, now),
            Verdict::Silent => self.withdrawn(origin),
        }
    }

    /// Whether the last that came of an origin was a failure.
    pub fn is_failing(&self, origin: &str) -> bool {
        self.origins.contains_key(origin)
    }

    /// When the next probe of an origin may pass; `None` if it is not left alone, or a probe is under way.
    pub fn probe_due(&self, origin: &str) -> Option<Instant> {
        let open = self.origins.get(origin)?.open.as_ref()?;
        (!open.probing).then_some(open.probe_due)
    }

    /// An origin answered, so it is well.
    pub fn succeeded(&mut self, origin: &str) {
        self.origins.remove(origin);
    }

    /// An origin failed.
    pub fn failed(&mut self, origin: &str, now: Instant) {
        if !self.origins.contains_key(origin) && self.origins.len() >= ORIGINS {
            self.forget_one();
        }
        let new = || Breaker { failures: 0, failed: now, open: None };
        let breaker = self.origins.entry(origin.to_owned()).or_insert_with(new);
        (breaker.failures, breaker.failed) = (breaker.failures.saturating_add(1), now);
        match &mut breaker.open {
            // What was under way when it opened tells nothing new.
            Some(open) if open.probing => {
                open.wait = (open.wait * 2).min(LAST_PROBE);
                (open.probe_due, open.probing) = (now + open.wait, false);
            }
            Some(_) => {}
            None if breaker.failures >= FAILURES => {
                breaker.open = Some(Open { wait: FIRST_PROBE, probe_due: now + FIRST_PROBE, probing: false });
            }
            None => {}
        }
    }

    /// Nobody waits for the answer of a request to that origin any more: if it was a probe, another may pass.
    pub fn withdrawn(&mut self, origin: &str) {
        if let Some(open) = self.origins.get_mut(origin).and_then(|breaker| breaker.open.as_mut()) {
            open.probing = false;
        }
    }

    /// The origins that are left alone.
    pub fn open(&self) -> impl Iterator<Item = &str> {
        self.origins.iter().filter(|(_, breaker)| breaker.open.is_some()).map(|(origin, _)| origin.as_str())
    }

    fn forget_one(&mut self) {
        let oldest = self.origins.iter().min_by_key(|(_, breaker)| breaker.failed).map(|(origin, _)| origin.clone());
        oldest.map(|origin| self.origins.remove(&origin));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRM: &str = "https://crm.example";

    #[expect(clippy::disallowed_methods, reason = "any instant will do: only differences are looked at")]
    fn story() -> (Breakers, impl Fn(u64) -> Instant) {
        let start = Instant::now();
        (Breakers::default(), move |seconds| start + Duration::from_secs(seconds))
    }

    fn fails(breakers: &mut Breakers, times: u32, now: Instant) {
        (0..times).for_each(|_| breakers.failed(CRM, now));
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_an_answer_between_them_does_not() {
        let (mut breakers, at) = story();
        fails(&mut breakers, FAILURES - 1, at(0));
        assert!(breakers.admits(CRM, at(0)));
        breakers.succeeded(CRM);
        fails(&mut breakers, FAILURES - 1, at(1));
        assert!(breakers.admits(CRM, at(1)));
        fails(&mut breakers, 1, at(1));
        assert!(!breakers.admits(CRM, at(1)) && breakers.admits("https://other.example", at(1)));
        assert_eq!(breakers.open().collect::<Vec<_>>(), [CRM]);
    }

    #[test]
    fn one_probe_passes_at_a_time_and_each_failure_doubles_the_wait() {
        let (mut breakers, at) = story();
        fails(&mut breakers, FAILURES, at(0));
        let mut now = 0;
        for wait in [5, 10, 20, 40, 60, 60] {
            assert!(!breakers.admits(CRM, at(now + wait - 1)), "{wait}");
            assert!(breakers.admits(CRM, at(now + wait)), "{wait}");
            assert!(!breakers.admits(CRM, at(now + wait)), "one is under way");
            now += wait;
            fails(&mut breakers, 1, at(now));
        }
        assert!(breakers.admits(CRM, at(now + 60)));
        breakers.succeeded(CRM);
        assert!(breakers.admits(CRM, at(now + 60)) && breakers.open().next().is_none());
    }

    #[test]
    fn a_probe_that_nobody_waits_for_makes_room_for_another() {
        let (mut breakers, at) = story();
        fails(&mut breakers, FAILURES, at(0));
        assert!(breakers.admits(CRM, at(5)));
        breakers.withdrawn(CRM);
        assert!(breakers.admits(CRM, at(5)));
    }

    #[test]
    fn what_was_under_way_when_it_opened_does_not_put_the_probe_off() {
        let (mut breakers, at) = story();
        fails(&mut breakers, FAILURES, at(0));
        fails(&mut breakers, 100, at(4));
        assert!(breakers.admits(CRM, at(5)));
    }

    #[test]
    fn so_many_origins_are_known_and_no_more() {
        let (mut breakers, at) = story();
        fails(&mut breakers, FAILURES, at(0));
        for n in 0..ORIGINS {
            breakers.failed(&format!("http://{n}.example"), at(1));
        }
        assert_eq!(breakers.origins.len(), ORIGINS);
        assert!(breakers.admits(CRM, at(1)), "the oldest is forgotten");
    }
}
