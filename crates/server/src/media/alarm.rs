//! Wakes a thread from its poll at an instant. A poll's own time-out is in whole milliseconds, rounded up: too coarse for RTP.

use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};
use rustix::time::{timerfd_create, timerfd_settime};

/// A timer of the kernel (timerfd_create(2)) in a poll. Each time it goes off is an event; nothing need be read.
#[derive(Debug)]
pub(super) struct Alarm {
    timer: OwnedFd,
    at: Option<Instant>,
}

impl Alarm {
    pub(super) fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        registry.register(&mut SourceFd(&timer.as_raw_fd()), token, Interest::READABLE)?;
        Ok(Self { timer, at: None })
    }

    /// Goes off at `at` instead of when it was set to before. What is past goes off at once.
    pub(super) fn set(&mut self, at: Option<Instant>, now: Instant) -> io::Result<()> {
        if at != self.at {
            // Zero would mean never.
            let wait = at.map(|at| at.saturating_duration_since(now).max(Duration::from_nanos(1)));
            let value = Itimerspec { it_interval: timespec(None), it_value: timespec(wait) };
            timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &value)?;
            self.at = at;
        }
        Ok(())
    }
}

fn timespec(wait: Option<Duration>) -> Timespec {
    let wait = wait.unwrap_or_default();
    Timespec { tv_sec: wait.as_secs().cast_signed(), tv_nsec: wait.subsec_nanos().into() }
}

#[cfg(test)]
mod tests {
    use mio::{Events, Poll};

    use super::*;
    use crate::clock;

    const DEADLINE: Duration = Duration::from_secs(10);

    /// Waits until the alarm goes off.
    fn wait(poll: &mut Poll) {
        let mut events = Events::with_capacity(4);
        poll.poll(&mut events, Some(DEADLINE)).expect("a poll");
        assert_eq!(events.iter().map(mio::event::Event::token).collect::<Vec<_>>(), [Token(7)]);
    }

    #[test]
    fn it_goes_off_each_time_it_is_set_and_not_after_it_is_unset() {
        let mut poll = Poll::new().expect("a poll");
        let mut alarm = Alarm::new(poll.registry(), Token(7)).expect("an alarm");
        for after in [300, 200, 0] {
            let now = clock::now().at;
            let at = now + Duration::from_micros(after);
            alarm.set(Some(at), now).expect("set");
            wait(&mut poll);
            assert!(clock::now().at >= at, "not before its time");
        }
        let now = clock::now().at;
        alarm.set(Some(now + Duration::from_millis(1)), now).expect("set");
        alarm.set(None, now).expect("unset");
        let mut events = Events::with_capacity(4);
        poll.poll(&mut events, Some(Duration::from_millis(20))).expect("a poll");
        assert!(events.is_empty());
        alarm.set(Some(now), now).expect("set");
        wait(&mut poll);
    }
}
