//! Bulkheads: how many reports may be under way to each origin, so that however many origins keep silent, a place is left for
//! another that does not.
//!
//! ```text
//! well ─── as many as PER_ORIGIN, and as a quarter of the free places ──┐
//!  ▲ an answer              │ a failure                                 │
//!  └──────────── failing ◄──┘   one at a time                           ├─► at most IN_FLIGHT, of which failing
//!                   │ five in a row                                     │   origins hold a quarter
//!                 open          one, when a probe is due ───────────────┘
//! ```
//! The share of the free places is the dynamic threshold of shared buffers (Choudhury and Hahne, 1998): the more origins keep
//! their places, the fewer each may have, and some are always free. Who has nothing under way may take the last one.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::breaker::{Breakers, Verdict};

/// Reports under way at a time.
pub const IN_FLIGHT: usize = 256;

/// Reports under way to one origin at a time.
pub const PER_ORIGIN: usize = 32;

/// One in so many of the free places is the most that one origin may hold, and of all places, all origins that fail.
const PART: usize = 4;

/// The places of all reports that are under way.
#[derive(Debug, Default)]
pub struct Bulkheads {
    breakers: Breakers,
    /// Reports under way, by origin; one without any has no entry.
    running: BTreeMap<String, usize>,
    taken: usize,
}

impl Bulkheads {
    /// Gives places to origins that reports are due for: of each the name, and how many are due; those first that wait longest.
    /// Gives how many of each may begin, in the same order. Every place that is taken here must come to [`Bulkheads::ended`] or
    /// [`Bulkheads::unused`].
    pub fn share_out(&mut self, due: &[(&str, usize)], now: Instant) -> Vec<usize> {
        let mut shares = vec![0; due.len()];
        let mut asking: Vec<usize> = (0..due.len()).collect();
        // One each and round again: who waits longest must not take what the others would have had.
        while !asking.is_empty() {
            asking.retain(|&index| {
                let (origin, rows) = due[index];
                let begins = shares[index] < rows && self.admits(origin, now);
                shares[index] += usize::from(begins);
                begins
            });
        }
        shares
    }

    /// A report's attempt ended, and its place is free.
    pub fn ended(&mut self, origin: &str, verdict: Verdict, now: Instant) {
        self.leave(origin);
        self.breakers.judge(origin, verdict, now);
    }

    /// A place was taken for nothing.
    pub fn unused(&mut self, origin: &str) {
        self.leave(origin);
        self.breakers.withdrawn(origin);
    }

    /// When an origin that is left alone may be asked again. `None` if it is not left alone, or is being asked.
    pub fn probe_due(&self, origin: &str) -> Option<Instant> {
        self.breakers.probe_due(origin)
    }

    /// The origins that are left alone.
    pub fn circuits_open(&self) -> impl Iterator<Item = &str> {
        self.breakers.open()
    }

    /// Reports under way.
    pub fn in_flight(&self) -> usize {
        self.taken
    }

    /// Takes a place if there is one for that origin.
    fn admits(&mut self, origin: &str, now: Instant) -> bool {
        let running = self.running.get(origin).copied().unwrap_or_default();
        let free = IN_FLIGHT - self.taken;
        let room = if self.breakers.is_failing(origin) {
            usize::from(self.failing() < IN_FLIGHT / PART)
        } else {
            PER_ORIGIN.min(free / PART).max(1)
        };
        let begins = free > 0 && running < room && self.breakers.admits(origin, now);
        if begins {
            *self.running.entry(origin.to_owned()).or_default() += 1;
            self.taken += 1;
        }
        begins
    }

    /// Places that failing origins hold.
    fn failing(&self) -> usize {
        self.running.iter().filter(|(origin, _)| self.breakers.is_failing(origin)).map(|(_, running)| running).sum()
    }

    fn leave(&mut self, origin: &str) {
        let Some(running) = self.running.get_mut(origin) else { return };
        *running -= 1;
        self.taken -= 1;
        if *running == 0 {
            self.running.remove(origin);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::breaker::{FAILURES, FIRST_PROBE, LAST_PROBE};

    const CRM: &str = "https://crm.example";
    const OTHER: &str = "https://other.example";

    #[expect(clippy::disallowed_methods, reason = "any instant will do: only differences are looked at")]
    fn start() -> Instant {
        Instant::now()
    }

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("http://silent{number}.example")).collect()
    }

    /// So many rows are due for each.
    fn each(names: &[String], rows: usize) -> Vec<(&str, usize)> {
        names.iter().map(|name| (name.as_str(), rows)).collect()
    }

    #[test]
    fn an_origin_gets_what_it_asks_for_up_to_its_limit() {
        let now = start();
        let mut bulkheads = Bulkheads::default();
        assert_eq!(bulkheads.share_out(&[(CRM, 3), (OTHER, 0)], now), [3, 0]);
        assert_eq!(bulkheads.share_out(&[(CRM, 500), (OTHER, 1)], now), [PER_ORIGIN - 3, 1]);
        assert_eq!(bulkheads.share_out(&[(CRM, 500)], now), [0]);
        bulkheads.ended(CRM, Verdict::Well, now);
        bulkheads.unused(CRM);
        assert_eq!((bulkheads.share_out(&[(CRM, 500)], now), bulkheads.in_flight()), (vec![2], PER_ORIGIN + 1));
    }

    #[test]
    fn however_many_keep_silent_one_that_does_not_gets_a_place_at_once() {
        // Silent origins, the fewest places and the most that one of them holds, and what another may have then.
        let rows = [
            (1, (32, 32), 32),
            (4, (32, 32), 25),
            (8, (21, 22), 17),
            (40, (5, 6), 4),
            (100, (2, 3), 2),
            (192, (1, 2), 1),
            (255, (1, 1), 1),
        ];
        for (silent, (fewest, most), another) in rows {
            let (now, names) = (start(), names(silent));
            let mut bulkheads = Bulkheads::default();
            let shares = bulkheads.share_out(&each(&names, 500), now);
            assert_eq!((shares.iter().min(), shares.iter().max()), (Some(&fewest), Some(&most)), "{silent}");
            assert_eq!(bulkheads.share_out(&[(OTHER, 500)], now), [another], "{silent}");
            assert!(bulkheads.in_flight() <= IN_FLIGHT);
        }
    }

    #[test]
    fn places_have_a_limit_and_the_first_ones_due_get_them() {
        let (now, names) = (start(), names(IN_FLIGHT + 5));
        let mut bulkheads = Bulkheads::default();
        let shares = bulkheads.share_out(&each(&names, 9), now);
        assert_eq!((bulkheads.in_flight(), &shares[IN_FLIGHT - 1..]), (IN_FLIGHT, &[1, 0, 0, 0, 0, 0][..]));
        bulkheads.unused(&names[7]);
        assert_eq!(bulkheads.share_out(&each(&names[IN_FLIGHT..], 9), now), [1, 0, 0, 0, 0]);
    }

    #[test]
    fn an_origin_that_fails_is_asked_by_one_at_a_time_until_it_answers() {
        let now = start();
        let mut bulkheads = Bulkheads::default();
        assert_eq!(bulkheads.share_out(&[(CRM, 2)], now), [2]);
        bulkheads.ended(CRM, Verdict::Failed, now);
        assert_eq!(bulkheads.share_out(&[(CRM, 9)], now), [0], "the other is under way");
        bulkheads.ended(CRM, Verdict::Silent, now);
        assert_eq!(bulkheads.share_out(&[(CRM, 9)], now), [1]);
        bulkheads.ended(CRM, Verdict::Well, now);
        assert_eq!(bulkheads.share_out(&[(CRM, 9)], now), [9]);
    }

    #[test]
    fn five_failures_in_a_row_leave_it_alone_and_probes_go_out_at_growing_distances() {
        let now = start();
        let mut bulkheads = Bulkheads::default();
        assert_eq!(bulkheads.share_out(&[(CRM, 9)], now), [9]);
        (0..9).for_each(|_| bulkheads.ended(CRM, Verdict::Failed, now));
        assert_eq!((bulkheads.circuits_open().collect::<Vec<_>>(), FAILURES), (vec![CRM], 5));
        let mut at = now;
        for seconds in [5, 10, 20, 40, 60, 60] {
            let due = at + Duration::from_secs(seconds);
            assert_eq!(bulkheads.probe_due(CRM), Some(due));
            assert_eq!(bulkheads.share_out(&[(CRM, 9), (OTHER, 1)], due - Duration::from_nanos(1)), [0, 1]);
            assert_eq!(bulkheads.share_out(&[(CRM, 9)], due), [1]);
            assert_eq!((bulkheads.probe_due(CRM), bulkheads.share_out(&[(CRM, 9)], due)), (None, vec![0]));
            at = due + Duration::from_secs(30); // it keeps silent
            bulkheads.ended(CRM, Verdict::Failed, at);
            bulkheads.ended(OTHER, Verdict::Well, at);
        }
        let due = at + LAST_PROBE;
        assert_eq!(bulkheads.share_out(&[(CRM, 9)], due), [1]);
        bulkheads.unused(CRM);
        assert_eq!(bulkheads.share_out(&[(CRM, 9)], due), [1], "the probe was not made");
        bulkheads.ended(CRM, Verdict::Well, due);
        assert_eq!((bulkheads.share_out(&[(CRM, 9)], due), bulkheads.circuits_open().count()), (vec![9], 0));
    }

    #[test]
    fn probes_of_any_number_of_dead_origins_hold_a_quarter_of_the_places() {
        let (now, names) = (start(), names(1000));
        let mut bulkheads = Bulkheads::default();
        for name in &names {
            assert_eq!(bulkheads.share_out(&[(name, 1)], now), [1]);
            bulkheads.ended(name, Verdict::Failed, now);
        }
        let shares = bulkheads.share_out(&each(&names, 9), now + FIRST_PROBE);
        assert_eq!((shares.iter().sum::<usize>(), shares.iter().max()), (IN_FLIGHT / PART, Some(&1)));
        assert_eq!(bulkheads.share_out(&[(OTHER, 99)], now), [PER_ORIGIN]);
        bulkheads.ended(&names[0], Verdict::Failed, now);
        assert_eq!(bulkheads.share_out(&each(&names[999..], 9), now), [1], "the next one's turn");
        assert!(names.iter().all(|name| bulkheads.running.get(name).is_none_or(|running| *running == 1)));
    }
}
