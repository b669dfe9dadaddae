//! How many requests of the account are served a minute (`exotel.md` 4.1).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// What is counted over.
const WINDOW: Duration = Duration::from_secs(60);

/// Counts requests from the first one of a minute on.
pub(crate) struct Rate {
    limit: u32,
    window: Mutex<Option<(Instant, u32)>>,
}

impl Rate {
    pub(crate) fn new(limit: u32) -> Self {
        Self { limit, window: Mutex::new(None) }
    }

    /// Counts a request; or the seconds after which there is room for one.
    pub(super) fn take(&self, now: Instant) -> Result<(), u32> {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let (began, count) = window.filter(|(began, _)| now < *began + WINDOW).unwrap_or((now, 0));
        if count >= self.limit {
            let left = (began + WINDOW).duration_since(now);
            return Err(u32::try_from(left.as_millis().div_ceil(1000)).unwrap_or(u32::MAX));
        }
        *window = Some((began, count + 1));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_minute_has_its_number_and_then_tells_how_long_to_wait() {
        let (rate, start) = (Rate::new(2), Instant::now());
        let at = |millis| start + Duration::from_millis(millis);
        let rows = [
            (0, Ok(())),
            (10_000, Ok(())),
            (10_001, Err(50)),
            (59_999, Err(1)),
            (60_000, Ok(())),
            (119_999, Ok(())),
            (119_999, Err(1)),
        ];
        for (millis, expected) in rows {
            assert_eq!(rate.take(at(millis)), expected, "{millis}");
        }
    }
}
