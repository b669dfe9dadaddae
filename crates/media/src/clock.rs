//! The one clock of a worker: ticks each 2 ms by absolute deadlines, in ten phases of 20 ms.
//!
//! A leg that speaks belongs to one phase, so its packets are 20 ms apart and a tenth of the legs is due at a time. A
//! tick whose last packet leaves late is counted; it never moves the ones after it.

use std::time::{Duration, Instant};

/// Between ticks.
pub(crate) const TICK: Duration = Duration::from_millis(2);
/// Phases of a packet time of 20 ms.
pub(crate) const PHASES: usize = 10;
/// A tick whose last packet leaves later than this counts as late (the project's bar for RTP).
const LATE: Duration = Duration::from_millis(2);
/// Ticks that are made up for after a stall: 200 ms. Older ones are dropped, so that no burst follows.
const MAX_BEHIND: u64 = 100;
/// Ticks between two sweeps over the slow things (reports, timeouts): 100 ms.
const SWEEP: u64 = 50;

#[derive(Debug)]
pub(crate) struct Clock {
    epoch: Instant,
    /// The first tick that has not run.
    next: u64,
    /// When the tick was due whose packets have not left.
    sending: Option<Instant>,
    pub(crate) late: u64,
}

/// A tick that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tick {
    pub(crate) phase: usize,
    /// Counts the sweeps, on a tick that has one.
    pub(crate) sweep: Option<u64>,
}

/// Who needs the clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needs {
    pub(crate) phases: [bool; PHASES],
    pub(crate) sweep: bool,
}

impl Clock {
    pub(crate) fn new(now: Instant) -> Self {
        Self { epoch: now, next: 1, sending: None, late: 0 }
    }

    /// The phase to join now: its last tick has just been, so the next is 18 to 20 ms ahead.
    pub(crate) fn phase(&self, now: Instant) -> usize {
        (self.index(now) % PHASES as u64) as usize
    }

    /// When the next needed tick is due.
    pub(crate) fn due(&self, needs: Needs) -> Option<Instant> {
        self.soonest(needs).map(|index| self.time(index))
    }

    /// The next needed tick, if it is due; it counts as run.
    pub(crate) fn take(&mut self, needs: Needs, now: Instant) -> Option<Tick> {
        let current = self.index(now);
        let oldest = current.saturating_sub(MAX_BEHIND);
        if self.next < oldest {
            let speaks = needs.phases.iter().filter(|needed| **needed).count() as u64;
            self.late += (oldest - self.next) * speaks / PHASES as u64;
            self.next = oldest;
        }
        let index = self.soonest(needs).filter(|index| *index <= current);
        self.next = index.map_or(current, |index| index) + 1;
        let index = index?;
        let phase = (index % PHASES as u64) as usize;
        if needs.phases[phase] {
            self.sent(now);
            self.sending = Some(self.time(index));
        }
        let sweep = (needs.sweep && index.is_multiple_of(SWEEP)).then_some(index / SWEEP);
        Some(Tick { phase, sweep })
    }

    /// The packets of the last tick have left by now.
    pub(crate) fn sent(&mut self, now: Instant) {
        if self.sending.take().is_some_and(|due| now.saturating_duration_since(due) > LATE) {
            self.late += 1;
        }
    }

    fn soonest(&self, needs: Needs) -> Option<u64> {
        let sweep = needs.sweep.then(|| self.next.next_multiple_of(SWEEP));
        let phases = PHASES as u64;
        let tick = (self.next..self.next + phases).find(|index| needs.phases[(index % phases) as usize]);
        [sweep, tick].into_iter().flatten().min()
    }

    fn index(&self, now: Instant) -> u64 {
        (now.saturating_duration_since(self.epoch).as_micros() / TICK.as_micros()) as u64
    }

    fn time(&self, index: u64) -> Instant {
        self.epoch + Duration::from_millis(index * TICK.as_millis() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Legs in these phases.
    fn needs<const N: usize>(phases: [usize; N], sweep: bool) -> Needs {
        Needs { phases: core::array::from_fn(|phase| phases.contains(&phase)), sweep }
    }

    /// The ticks that run when time passes in steps, and send at once: (ms, phase, sweep).
    fn run(clock: &mut Clock, needs: Needs, start: Instant, steps: &[u64]) -> Vec<(u64, usize, bool)> {
        let mut ticks = Vec::new();
        for ms in steps {
            let now = start + Duration::from_millis(*ms);
            while let Some(tick) = clock.take(needs, now) {
                ticks.push((*ms, tick.phase, tick.sweep.is_some()));
            }
            clock.sent(now);
        }
        ticks
    }

    #[test]
    fn each_phase_has_its_own_deadlines() {
        let start = crate::test_epoch();
        let mut clock = Clock::new(start);
        let two = needs([1, 6], false);
        assert_eq!(clock.due(two), Some(start + Duration::from_millis(2)));
        assert_eq!(run(&mut clock, two, start, &[1, 2, 11, 12, 21]), [(2, 1, false), (12, 6, false)]);
        assert_eq!(clock.due(two), Some(start + Duration::from_millis(22)));
        assert_eq!(clock.due(needs([], false)), None);
        assert_eq!(clock.late, 0);
    }

    #[test]
    fn sweeps_come_each_100_ms_and_share_ticks() {
        let start = crate::test_epoch();
        let mut clock = Clock::new(start);
        assert_eq!(run(&mut clock, needs([], true), start, &[99, 100, 150, 205]), [(100, 0, true), (205, 0, true)]);
        assert_eq!(run(&mut clock, needs([0], true), start, &[280, 300])[3..], [(280, 0, false), (300, 0, true)]);
    }

    #[test]
    fn late_ticks_run_late_are_counted_and_move_nothing() {
        let start = crate::test_epoch();
        let mut clock = Clock::new(start);
        let two = needs([1, 6], false);
        assert_eq!(run(&mut clock, two, start, &[4]), [(4, 1, false)]);
        assert_eq!(clock.late, 0, "2 ms are no more than 2 ms");
        assert_eq!(run(&mut clock, two, start, &[15]), [(15, 6, false)]);
        assert_eq!(clock.late, 1);
        clock.take(two, start + Duration::from_millis(22)).expect("a tick is due");
        clock.sent(start + Duration::from_millis(25));
        assert_eq!(clock.late, 2, "in time, and its last packet too late");
        assert_eq!(clock.due(two), Some(start + Duration::from_millis(32)));
        let all = Needs { phases: [true; PHASES], sweep: false };
        assert_eq!(run(&mut clock, all, start, &[5_000]).len() as u64, MAX_BEHIND + 1, "after a stall the old ones go");
        assert!(clock.late > 2_400, "and are counted: {}", clock.late);
    }

    #[test]
    fn packets_that_wait_through_the_next_tick_are_late() {
        let start = crate::test_epoch();
        let mut clock = Clock::new(start);
        let two = needs([1, 2], false);
        clock.take(two, start + Duration::from_millis(2)).expect("a tick is due");
        clock.take(two, start + Duration::from_millis(5)).expect("a tick is due");
        assert_eq!(clock.late, 1);
        clock.sent(start + Duration::from_millis(5));
        assert_eq!(clock.late, 1);
    }

    #[test]
    fn a_phase_is_joined_18_to_20_ms_before_its_tick() {
        let start = crate::test_epoch();
        for micros in (0..100_000).step_by(700) {
            let now = start + Duration::from_micros(micros);
            let mut clock = Clock::new(start);
            assert_eq!(clock.take(needs([], false), now), None);
            let wait = clock.due(needs([clock.phase(now)], false)).unwrap() - now;
            assert!(wait > Duration::from_millis(18) && wait <= Duration::from_millis(20), "{micros}: {wait:?}");
        }
    }
}
