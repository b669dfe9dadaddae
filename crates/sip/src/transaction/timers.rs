//! The clocks of transactions (RFC 3261 section 17 and table 4, RFC 6026): the base values, and the two clocks that any
//! one state of a transaction may have running.

use core::time::Duration;
use std::time::Instant;

/// The round-trip estimate (RFC 3261 section 17.1.1.1).
pub(crate) const T1: Duration = Duration::from_millis(500);
/// The longest pause between two sendings of a non-INVITE request or of a final response (table 4).
pub(crate) const T2: Duration = Duration::from_secs(4);
/// The longest that a message lives in the network (table 4).
pub(crate) const T4: Duration = Duration::from_secs(5);
/// How long is waited for the other side: Timers B, F, H, J, L, M (table 4, RFC 6026 section 7).
pub(crate) const PATIENCE: Duration = Duration::from_millis(64 * 500);
/// A server transaction says 100 if its user said nothing for so long (section 17.2.1).
pub(crate) const SILENCE: Duration = Duration::from_millis(200);

/// One clock sends again, the other ends the state; each machine says which letters they are in which state.
#[derive(Debug, Default)]
pub(crate) struct Clocks {
    resend: Option<Instant>,
    pause: Duration,
    end: Option<Instant>,
}

impl Clocks {
    /// Sends again after `pause`, then by what [`Clocks::doubled`] says.
    pub(crate) fn resend_in(&mut self, pause: Duration, now: Instant) {
        self.pause = pause;
        self.resend = Some(now + pause);
    }

    pub(crate) fn end_in(&mut self, wait: Duration, now: Instant) {
        self.end = Some(now + wait);
    }

    pub(crate) fn stop_resending(&mut self) {
        self.resend = None;
    }

    pub(crate) fn stop(&mut self) {
        *self = Self::default();
    }

    /// Whether the state's end has come.
    pub(crate) fn ended(&self, now: Instant) -> bool {
        self.end.is_some_and(|end| end <= now)
    }

    /// Whether it is time to send again; if so the next pause is twice this one, up to `longest`.
    pub(crate) fn doubled(&mut self, longest: Duration, now: Instant) -> bool {
        let due = self.resend.is_some_and(|at| at <= now);
        if due {
            self.resend_in((self.pause * 2).min(longest), now);
        }
        due
    }

    /// The soonest of both.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match (self.resend, self.end) {
            (Some(resend), Some(end)) => Some(resend.min(end)),
            (one, other) => one.or(other),
        }
    }
}
