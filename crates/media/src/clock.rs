//! The one clock of a worker: ticks each 5 ms by absolute deadlines, in four phases of 20 ms.
//!
//! A leg that speaks belongs to one phase, so its packets are 20 ms apart and a quarter of the legs is due at a time. A
//! late tick is run late and counted; it never moves the ones after it.

use std::time::{Duration, Instant};

/// Between ticks.
pub(crate) const TICK: Duration = Duration::from_millis(5);
/// Phases of a packet time of 20 ms.
pub(crate) const PHASES: usize = 4;
/// A tick later than this counts as late (the project's bar for RTP).
const LATE: Duration = Duration::from_millis(2);
/// Ticks that are made up for after a stall: 200 ms. Older ones are dropped, so that no burst follows.
const MAX_BEHIND: u64 = 40;
/// Ticks between two sweeps over the slow things (reports, timeouts): 100 ms.
const SWEEP: u64 = 20;

#[derive(Debug)]
pub(crate) struct Clock {
    epoch: Instant,
    /// The first tick that has not run.
    next: u64,
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
        Self { epoch: now, next: 1, late: 0 }
    }

    /// The phase to join now: its last tick has just been, so the next is 15 to 20 ms ahead.
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
        if needs.phases[phase] && now.saturating_duration_since(self.time(index)) > LATE {
            self.late += 1;
        }
        let sweep = (needs.sweep && index.is_multiple_of(SWEEP)).then_some(index / SWEEP);
        Some(Tick { phase, sweep })
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

    fn needs(phases: [bool; PHASES], sweep: bool) -> Needs {
        Needs { phases, sweep }
    }

    /// The ticks that run when time passes in steps: (ms, phase, sweep).
    fn run(clock: &mut Clock, needs: Needs, start: Instant, steps: &[u64]) -> Vec<(u64, usize, bool)> {
        let mut ticks = Vec::new();
        for ms in steps {
            while let Some(tick) = clock.take(needs, start + Duration::from_millis(*ms)) {
                ticks.push((*ms, tick.phase, tick.sweep.is_some()));
            }
        }
        ticks
    }

    #[test]
    fn each_phase_has_its_own_deadlines() {
        let start = crate::test_epoch();
        let mut clock = Clock::new(start);
        let one = needs([false, true, false, true], false);
        assert_eq!(clock.due(one), Some(start + Duration::from_millis(5)));
        assert_eq!(run(&mut clock, one, start, &[4, 5, 14, 15, 24]), [(5, 1, false), (15, 3, false)]);
        assert_eq!(clock.due(one), Some(start + Duration::from_millis(25)));
        assert_eq!(clock.due(needs([false; 4], false)), None);
        assert_eq!(clock.late, 0);
    }

    #[test]
    fn sweeps_come_each_100_ms_and_share_ticks() {
        let start = crate::test_epoch();
        let mut clock = Clock::new(start);
        assert_eq!(
            run(&mut clock, needs([false; 4], true), start, &[99, 100, 150, 205]),
            [(100, 0, true), (205, 0, true)]
        );
        let both = needs([true, false, false, false], true);
        assert_eq!(run(&mut clock, both, start, &[280, 300])[3..], [(280, 0, false), (300, 0, true)]);
    }

    #[test]
    fn late_ticks_run_late_are_counted_and_move_nothing() {
        let start = crate::test_epoch();
        let mut clock = Clock::new(start);
        let all = needs([true; 4], false);
        assert_eq!(run(&mut clock, all, start, &[7]), [(7, 1, false)]);
        assert_eq!(clock.late, 0, "2 ms are no more than 2 ms");
        assert_eq!(run(&mut clock, all, start, &[13]), [(13, 2, false)]);
        assert_eq!(clock.late, 1);
        assert_eq!(clock.due(all), Some(start + Duration::from_millis(15)));
        assert_eq!(run(&mut clock, all, start, &[5_000]).len() as u64, MAX_BEHIND + 1, "after a stall the old ones go");
        assert!(clock.late > 900, "and are counted: {}", clock.late);
    }

    #[test]
    fn a_phase_is_joined_15_to_20_ms_before_its_tick() {
        let start = crate::test_epoch();
        for micros in (0..100_000).step_by(700) {
            let now = start + Duration::from_micros(micros);
            let mut clock = Clock::new(start);
            assert_eq!(clock.take(needs([false; 4], false), now), None);
            let mut phases = [false; PHASES];
            phases[clock.phase(now)] = true;
            let wait = clock.due(needs(phases, false)).unwrap() - now;
            assert!(wait > Duration::from_millis(15) && wait <= Duration::from_millis(20), "{micros}: {wait:?}");
        }
    }
}
