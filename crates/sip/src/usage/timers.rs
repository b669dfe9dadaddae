//! The timers of a session, in one table.

use core::time::Duration;
use std::time::Instant;

/// What a session waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// To say again that it rings (RFC 3261 section 13.3.1.1).
    Ringing,
    /// To send the 2xx again (section 13.3.1.4).
    Success,
    /// The ACK (section 13.3.1.4).
    Ack,
    /// Any word of the target that is asked (RFC 3263 section 4.3).
    Target,
    /// The end of an INVITE that was cancelled (section 9.1).
    Cancel,
    /// To offer a change again after a collision (section 14.1).
    Glare,
    /// To send a reliable provisional response again (RFC 3262 section 3).
    Reliable,
    /// The PRACK (RFC 3262 section 3).
    Prack,
    /// To show life (RFC 4028 section 7.2).
    Refresh,
    /// The peer's sign of life, or the answer to ours (RFC 4028 section 10).
    Expiry,
}

const TIMERS: [Timer; 10] = [
    Timer::Ringing,
    Timer::Success,
    Timer::Ack,
    Timer::Target,
    Timer::Cancel,
    Timer::Glare,
    Timer::Reliable,
    Timer::Prack,
    Timer::Refresh,
    Timer::Expiry,
];

/// When each is due.
#[derive(Debug, Default)]
pub(crate) struct Timers([Option<Instant>; TIMERS.len()]);

impl Timers {
    pub(crate) fn start(&mut self, timer: Timer, wait: Duration, now: Instant) {
        self.0[timer as usize] = Some(now + wait);
    }

    pub(crate) fn stop(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    pub(crate) fn stop_all(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn is_running(&self, timer: Timer) -> bool {
        self.0[timer as usize].is_some()
    }

    pub(crate) fn soonest(&self) -> Option<Instant> {
        self.0.iter().flatten().min().copied()
    }

    /// A timer that is due; it is stopped.
    pub(crate) fn due(&mut self, now: Instant) -> Option<Timer> {
        let timer = TIMERS.into_iter().find(|timer| self.0[*timer as usize].is_some_and(|at| at <= now))?;
        self.stop(timer);
        Some(timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::virtual_time::beginning;

    #[test]
    fn each_timer_has_its_place() {
        for (at, timer) in TIMERS.into_iter().enumerate() {
            assert_eq!(timer as usize, at);
        }
        let now = beginning();
        let mut timers = Timers::default();
        assert_eq!(timers.soonest(), None);
        timers.start(Timer::Ack, Duration::from_secs(2), now);
        timers.start(Timer::Success, Duration::from_secs(1), now);
        assert_eq!(timers.soonest(), Some(now + Duration::from_secs(1)));
        assert_eq!(timers.due(now), None);
        assert_eq!(timers.due(now + Duration::from_secs(1)), Some(Timer::Success));
        assert_eq!(timers.due(now + Duration::from_secs(1)), None);
        timers.stop_all();
        assert_eq!(timers.soonest(), None);
    }
}
