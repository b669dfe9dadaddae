//! How fast an application may talk: what floods is read slowly, so that it costs nobody else.

use std::time::{Duration, Instant};

/// Bytes of one message, at most: half a minute of audio at the highest rate, and room for its JSON.
pub const MAX_MESSAGE: usize = 4 * 1024 * 1024;

/// Bytes that may come at once.
pub const BURST: u64 = 8 * 1024 * 1024;

/// Bytes a second after that: eight times what audio at the highest rate needs.
pub const FLOW: u64 = 512 * 1024;

/// A token bucket of bytes.
#[derive(Debug)]
pub(crate) struct Tap {
    /// Bytes that may still come; below zero they have come already.
    left: i64,
    at: Instant,
}

impl Tap {
    pub(crate) fn new(now: Instant) -> Self {
        Self { left: BURST as i64, at: now }
    }

    /// So much came.
    pub(crate) fn take(&mut self, bytes: usize, now: Instant) {
        let passed = now.saturating_duration_since(self.at);
        self.at = now;
        let more = passed.as_micros() as i64 * FLOW as i64 / 1_000_000;
        self.left = (self.left + more).min(BURST as i64) - bytes as i64;
    }

    /// When it may be read again, if not now.
    pub(crate) fn opens(&self, now: Instant) -> Option<Instant> {
        let missing = u64::try_from(-self.left).ok()?;
        let at = self.at + Duration::from_micros(missing * 1_000_000 / FLOW + 1);
        (at > now).then_some(at)
    }
}
