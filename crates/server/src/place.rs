//! The places of reports under way, shared by the courier, those who deliver for it, and who counts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use callout::{Bulkheads, Verdict};
use jiff::Timestamp;
use store::{Owed, Share};

use crate::clock;

/// All places. A copy is the same. Nothing of them outlives the process: after a start no origin is known to fail.
#[derive(Clone, Debug, Default)]
pub struct Places(Arc<Mutex<Bulkheads>>);

/// A report's place. It is free again when this is dropped.
#[derive(Debug)]
pub struct Place {
    places: Places,
    origin: String,
    /// What came of the attempt; `None` while none was made.
    verdict: Option<Verdict>,
}

impl Places {
    /// Which rows may be tried now, and their places, to be claimed from the store: one for each row.
    pub(crate) fn share_out(&self, owed: &[Owed]) -> Vec<(Share, Vec<Place>)> {
        let due: Vec<_> = owed.iter().map(|owed| (owed.origin.as_str(), owed.due)).collect();
        let shares = self.lock().share_out(&due, clock::now().at);
        let place = |origin: &String| Place { places: self.clone(), origin: origin.clone(), verdict: None };
        let share = |(owed, rows): (&Owed, usize)| {
            let taken = (0..rows).map(|_| place(&owed.origin)).collect();
            (Share { origin: owed.origin.clone(), rows }, taken)
        };
        owed.iter().zip(shares).filter(|(_, rows)| *rows > 0).map(share).collect()
    }

    /// When a row may next be tried though nobody rings: one that is not due yet, or whose origin is left alone for a while.
    pub(crate) fn next_due(&self, owed: &[Owed]) -> Option<Timestamp> {
        let (now, bulkheads) = (clock::now(), self.lock());
        let next = |owed: &Owed| match owed.due {
            0 => Some(owed.soonest),
            _ => {
                let wait = bulkheads.probe_due(&owed.origin)?.saturating_duration_since(now.at);
                now.wall.checked_add(wait).ok()
            }
        };
        owed.iter().filter_map(next).min()
    }

    /// How many origins are left alone.
    pub fn circuits_open(&self) -> usize {
        self.lock().circuits_open().count()
    }

    /// Counts are whole between any two steps, so a panic elsewhere does not spoil them.
    fn lock(&self) -> MutexGuard<'_, Bulkheads> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Frees it after an attempt.
    pub(crate) fn end(mut self, verdict: Verdict) {
        self.verdict = Some(verdict);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut bulkheads = self.places.lock();
        match self.verdict {
            Some(verdict) => bulkheads.ended(&self.origin, verdict, clock::now().at),
            None => bulkheads.unused(&self.origin),
        }
    }
}
