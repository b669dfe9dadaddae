//! How fast somebody may try to sign in: a few times at once, then ever more slowly, by address and by name.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Tries at once; the one after waits a second, and each further one twice as long as the one before.
pub(crate) const AT_ONCE: u32 = 5;

/// The longest wait: by name somebody else may make an owner wait so long.
const LONGEST: Duration = Duration::from_secs(60);

/// After this time without a try all is forgotten.
const MEMORY: Duration = Duration::from_secs(15 * 60);

/// Addresses and names that are remembered; past it the one that tried the longest ago is forgotten.
const REMEMBERED: usize = 4096;

/// What was tried of late.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<BTreeMap<String, Tries>>);

#[derive(Clone, Copy, Debug)]
struct Tries {
    count: u32,
    last: Instant,
}

impl Attempts {
    /// Counts a try of each of these; or says how many seconds to wait, and counts none.
    pub(crate) fn take(&self, keys: &[String], now: Instant) -> Result<(), u32> {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tries.retain(|_, tries| now.saturating_duration_since(tries.last) < MEMORY);
        let left = |key| tries.get(key).map_or(Duration::ZERO, |tries: &Tries| tries.left(now));
        let wait = keys.iter().map(left).max().unwrap_or_default();
        if !wait.is_zero() {
            return Err(u32::try_from(wait.as_secs_f64().ceil() as u64).unwrap_or(u32::MAX));
        }
        for key in keys {
            let count = tries.get(key).map_or(0, |tries| tries.count).saturating_add(1);
            if tries.len() >= REMEMBERED && !tries.contains_key(key) {
                let oldest = tries.iter().min_by_key(|(_, tries)| tries.last).map(|(key, _)| key.clone());
                oldest.and_then(|key| tries.remove(&key));
            }
            tries.insert(key.clone(), Tries { count, last: now });
        }
        Ok(())
    }

    /// It was the right one: what came before is forgiven.
    pub(crate) fn forgive(&self, keys: &[String]) {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tries.retain(|key, _| !keys.contains(key));
    }
}

impl Tries {
    /// How long until the next.
    fn left(self, now: Instant) -> Duration {
        let Some(beyond) = self.count.checked_sub(AT_ONCE) else { return Duration::ZERO };
        let wait = LONGEST.min(Duration::from_secs(1 << beyond.min(6)));
        wait.saturating_sub(now.saturating_duration_since(self.last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn each_try_past_the_first_few_waits_twice_as_long() {
        let (attempts, mut now) = (Attempts::default(), Instant::now());
        let both = keys(&["192.0.2.1", "asha"]);
        for _ in 0..AT_ONCE {
            assert_eq!(attempts.take(&both, now), Ok(()));
        }
        for wait in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert_eq!(attempts.take(&both, now), Err(wait));
            assert_eq!(attempts.take(&keys(&["192.0.2.9", "asha"]), now), Err(wait), "elsewhere, for the same name");
            now += Duration::from_secs(wait.into());
            assert_eq!(attempts.take(&both, now), Ok(()));
        }
        assert_eq!(attempts.take(&keys(&["192.0.2.9", "ben"]), now), Ok(()), "others need not wait");
        attempts.forgive(&both);
        assert_eq!(attempts.take(&both, now), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_is_bounded_in_time_and_number() {
        let (attempts, now) = (Attempts::default(), Instant::now());
        (0..AT_ONCE).for_each(|_| attempts.take(&keys(&["first"]), now).unwrap());
        assert!(attempts.take(&keys(&["first"]), now).is_err());
        for number in 0..REMEMBERED {
            attempts.take(&[number.to_string()], now + Duration::from_millis(1)).unwrap();
        }
        assert_eq!(attempts.0.lock().unwrap().len(), REMEMBERED);
        assert_eq!(attempts.take(&keys(&["first"]), now), Ok(()), "it was the oldest");
        attempts.take(&keys(&["later"]), now + MEMORY + Duration::from_millis(1)).unwrap();
        assert_eq!(attempts.0.lock().unwrap().len(), 1);
    }
}
