//! Durations as stories write them: `4.s()`, `800.ms()`.

use std::time::Duration;

/// Durations as stories write them.
pub trait Units {
    /// Seconds.
    fn s(self) -> Duration;
    /// Milliseconds.
    fn ms(self) -> Duration;
}

impl Units for u64 {
    fn s(self) -> Duration {
        Duration::from_secs(self)
    }

    fn ms(self) -> Duration {
        Duration::from_millis(self)
    }
}
