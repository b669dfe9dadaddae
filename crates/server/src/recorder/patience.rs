//! When what the full disk had no room for is tried again: after longer and longer, and for a day. A start begins anew.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use model::RecordingName;

/// After the first try.
const FIRST: Duration = Duration::from_secs(5);

/// After any.
const MOST: Duration = Duration::from_secs(600);

/// Tries of one recording: a day of them.
const TRIES: u32 = 150;

/// What waits for room.
#[derive(Debug, Default)]
pub(super) struct Patience {
    waits: BTreeMap<RecordingName, Wait>,
}

#[derive(Debug)]
struct Wait {
    tries: u32,
    due: Instant,
}

impl Patience {
    /// Whether that one is to be tried.
    pub(super) fn is_due(&self, name: &RecordingName, now: Instant) -> bool {
        self.waits.get(name).is_none_or(|wait| wait.due <= now)
    }

    /// There was no room for it: how often that has been so, or that it is not tried any more.
    pub(super) fn postpone(&mut self, name: &RecordingName, now: Instant) -> Option<u32> {
        let tries = self.waits.get(name).map_or(0, |wait| wait.tries) + 1;
        if tries >= TRIES {
            self.waits.remove(name);
            return None;
        }
        let wait = FIRST.saturating_mul(1_u32.checked_shl(tries - 1).unwrap_or(u32::MAX)).min(MOST);
        self.waits.insert(name.clone(), Wait { tries, due: now + wait });
        Some(tries)
    }

    /// It waits no more.
    pub(super) fn forget(&mut self, name: &RecordingName) {
        self.waits.remove(name);
    }

    /// When the next is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.waits.values().map(|wait| wait.due).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn it_is_tried_again_after_longer_and_longer_and_for_a_day() {
        let (name, other) = (RecordingName::new([1; 16]), RecordingName::new([2; 16]));
        let (mut patience, start) = (Patience::default(), clock::now().at);
        let (mut now, mut waits) = (start, Vec::new());
        assert!(patience.is_due(&name, now) && patience.next().is_none());
        while let Some(tries) = patience.postpone(&name, now) {
            let due = patience.next().expect("it waits");
            assert!(!patience.is_due(&name, now) && patience.is_due(&name, due) && patience.is_due(&other, now));
            waits.push((tries, (due - now).as_secs()));
            now = due;
        }
        assert_eq!(waits[..9], [(1, 5), (2, 10), (3, 20), (4, 40), (5, 80), (6, 160), (7, 320), (8, 600), (9, 600)]);
        assert_eq!((waits.len(), (now - start).as_secs() / 3_600, patience.next()), (149, 23, None));
    }

    #[test]
    fn each_waits_for_itself() {
        let (name, other) = (RecordingName::new([1; 16]), RecordingName::new([2; 16]));
        let (mut patience, now) = (Patience::default(), clock::now().at);
        patience.postpone(&name, now);
        patience.postpone(&other, now + Duration::from_secs(1));
        assert_eq!(patience.next(), Some(now + FIRST));
        patience.forget(&name);
        assert_eq!(patience.next(), Some(now + FIRST + Duration::from_secs(1)));
        assert!(patience.is_due(&name, now));
        assert_eq!(patience.postpone(&name, now), Some(1), "it begins anew");
    }
}
