//! The rules of an asynchronous callout: a row before it is a promise, tried until it is delivered or given up.
//!
//! ```text
//! Notify (attempt 0) ── try ── after ──┬─► Delivered: any 2xx
//!                        ▲             ├─► Dead: 410, or no try is left
//!                        └── Retry ────┘
//! ```

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use model::{CallSid, CalloutId, HttpOutcome, HttpRequest, Tenant};
use rand_core::Rng;

/// How long each try waits after the one before it; there are as many tries as entries, over 75 h 42 min (`trust.md` 4.5).
pub const BACK_OFF: [Duration; 12] = [
    Duration::ZERO,
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(10),
    Duration::from_mins(30),
    Duration::from_hours(1),
    Duration::from_hours(3),
    Duration::from_hours(8),
    Duration::from_hours(15),
    Duration::from_hours(24),
    Duration::from_hours(24),
];

/// The longest that a receiver's `Retry-After` (RFC 9110 section 10.2.3) can put off the next try (`trust.md` 4.5).
const RETRY_AFTER: Duration = Duration::from_hours(24);

/// How far a wait strays from [`BACK_OFF`] in either direction, in parts of a thousand (`trust.md` 4.5).
const JITTER_PERMILLE: u32 = 100;

/// An asynchronous callout as the outbox keeps it. `call` and `id` together name it for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notify {
    /// Which of its call's callouts it is.
    pub id: CalloutId,
    /// The call that asked for it.
    pub call: CallSid,
    /// Whose call it was.
    pub tenant: Tenant,
    /// What is to be asked; the same at every try.
    pub request: HttpRequest,
    /// Tries made so far.
    pub attempt: u32,
    /// When the next try is due.
    pub due: Timestamp,
    /// When the flow asked for it.
    pub created: Timestamp,
}

impl Notify {
    /// A row that is due at once.
    pub fn new(id: CalloutId, call: CallSid, tenant: Tenant, request: HttpRequest, now: Timestamp) -> Self {
        Self { id, call, tenant, request, attempt: 0, due: now, created: now }
    }
}

/// What becomes of a row after a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is done.
    Delivered,
    /// It is tried again.
    Retry {
        /// When.
        at: Timestamp,
    },
    /// It is given up.
    Dead,
}

/// What becomes of a row whose try number `attempt`, counted from 1, came to `outcome` at `now`. A receiver that names a later
/// moment than the plan is given the time, up to 24 h; an earlier one does not hurry us.
pub fn after(attempt: u32, outcome: &HttpOutcome, now: Timestamp, rng: &mut impl Rng) -> Next {
    match outcome.status() {
        Some(200..=299) => return Next::Delivered,
        Some(410) => return Next::Dead,
        _ => {}
    }
    let wait = usize::try_from(attempt).ok().and_then(|made| BACK_OFF.get(made));
    let Some(wait) = wait else { return Next::Dead };
    let wait = jittered(*wait, rng).max(wished(outcome, now).min(RETRY_AFTER));
    Next::Retry { at: now.checked_add(wait).unwrap_or(Timestamp::MAX) }
}

/// How long the receiver wishes not to be asked, in seconds or until a date; nothing if it does not say, or not readably.
fn wished(outcome: &HttpOutcome, now: Timestamp) -> Duration {
    let HttpOutcome::Answered(answer) = outcome else { return Duration::ZERO };
    let Some(text) = answer.header("retry-after").map(str::trim) else { return Duration::ZERO };
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map_or(RETRY_AFTER, Duration::from_secs); // what does not fit is too long in any case
    }
    let date = rfc2822::DateTimeParser::new().parse_timestamp(text);
    date.ok().and_then(|date| Duration::try_from(date.duration_since(now)).ok()).unwrap_or_default()
}

fn jittered(wait: Duration, rng: &mut impl Rng) -> Duration {
    let permille = 1000 - JITTER_PERMILLE + rng.next_u32() % (2 * JITTER_PERMILLE + 1);
    wait * permille / 1000
}

#[cfg(test)]
mod tests {
    use model::{HttpAnswer, HttpFailure};
    use rand_chacha::ChaCha8Rng;
    use rand_core::SeedableRng;

    use super::*;

    fn status(status: u16) -> HttpOutcome {
        HttpOutcome::Answered(HttpAnswer::of(status))
    }

    fn start() -> Timestamp {
        Timestamp::from_second(1_800_000_000).expect("in range")
    }

    #[test]
    fn an_outcome_delivers_kills_or_asks_for_another_try() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for code in 100..600 {
            let next = after(1, &status(code), start(), &mut rng);
            match code {
                200..=299 => assert_eq!(next, Next::Delivered, "{code}"),
                410 => assert_eq!(next, Next::Dead, "{code}"),
                _ => assert!(matches!(next, Next::Retry { .. }), "{code}"),
            }
        }
        for failure in [HttpFailure::Timeout, HttpFailure::Connect("refused".into()), HttpFailure::Dns("none".into())] {
            assert!(matches!(after(1, &HttpOutcome::Failed(failure), start(), &mut rng), Next::Retry { .. }));
        }
    }

    #[test]
    fn twelve_tries_with_growing_waits_that_stray_by_a_tenth() {
        let rows = [
            (0, 0),
            (1, 5),
            (2, 30),
            (3, 2 * 60),
            (4, 10 * 60),
            (5, 30 * 60),
            (6, 3_600),
            (7, 3 * 3_600),
            (8, 8 * 3_600),
            (9, 15 * 3_600),
            (10, 24 * 3_600),
            (11, 24 * 3_600),
        ];
        for (made, seconds) in rows {
            let mut seen = (i64::MAX, i64::MIN);
            for seed in 0..2_000 {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                let Next::Retry { at } = after(made, &status(503), start(), &mut rng) else {
                    panic!("a try is left after {made}");
                };
                let wait = at.as_millisecond() - start().as_millisecond();
                seen = (seen.0.min(wait), seen.1.max(wait));
            }
            let ends = (seconds * 900, seconds * 1_100);
            assert_eq!(seen, ends, "after {made} tries both ends are reached and not passed");
        }
        for made in [12, 13, u32::MAX] {
            let mut rng = ChaCha8Rng::seed_from_u64(7);
            assert_eq!(after(made, &status(503), start(), &mut rng), Next::Dead);
            assert_eq!(after(made, &status(204), start(), &mut rng), Next::Delivered);
        }
    }

    #[test]
    fn a_dead_endpoint_is_tried_twelve_times_within_three_days_and_a_quarter() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let request = HttpRequest::get("https://crm.example/calls", Duration::from_secs(5));
        let mut row = Notify::new(CalloutId(1), CallSid::new("c"), Tenant::default(), request, start());
        assert_eq!((row.attempt, row.due), (0, row.created), "a new row is due at once");
        let mut tries = 0;
        loop {
            tries += 1;
            row.attempt += 1;
            match after(row.attempt, &HttpOutcome::Failed(HttpFailure::Timeout), row.due, &mut rng) {
                Next::Retry { at } => row.due = at,
                next => break assert_eq!(next, Next::Dead),
            }
        }
        assert_eq!(tries, BACK_OFF.len());
        let hours = row.due.duration_since(row.created).as_hours();
        assert!((68..=83).contains(&hours), "{hours}");
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_and_not_for_less() {
        // The third try is due after 27 to 33 s anyway; the start is Fri, 15 Jan 2027 08:00:00.
        let rows = [
            ("120", 120_000..=120_000),
            (" 120 ", 120_000..=120_000),
            ("Fri, 15 Jan 2027 08:10:00 GMT", 600_000..=600_000),
            ("90000", 86_400_000..=86_400_000),
            ("99999999999999999999999", 86_400_000..=86_400_000),
            ("Sat, 15 Jan 2028 08:00:00 GMT", 86_400_000..=86_400_000),
            ("0", 27_000..=33_000),
            ("1", 27_000..=33_000),
            ("Fri, 15 Jan 2027 07:00:00 GMT", 27_000..=33_000),
            ("", 27_000..=33_000),
            ("-5", 27_000..=33_000),
            ("1.5", 27_000..=33_000),
            ("soon", 27_000..=33_000),
        ];
        for (text, expected) in rows {
            for code in [302, 429, 503] {
                let mut rng = ChaCha8Rng::seed_from_u64(5);
                let mut answer = HttpAnswer::of(code);
                answer.headers.push(("retry-after".into(), text.into()));
                let Next::Retry { at } = after(2, &HttpOutcome::Answered(answer), start(), &mut rng) else {
                    panic!("{text:?} {code}");
                };
                let wait = at.as_millisecond() - start().as_millisecond();
                assert!(expected.contains(&wait), "{text:?}: {wait}");
            }
        }
    }

    #[test]
    fn the_end_of_time_is_no_panic() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        assert_eq!(after(4, &status(500), Timestamp::MAX, &mut rng), Next::Retry { at: Timestamp::MAX });
    }
}
