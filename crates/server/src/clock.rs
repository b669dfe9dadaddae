//! The one place that asks the time. Everything else takes it as an argument.

use std::time::Instant;

use jiff::Timestamp;
use model::Moment;

/// This moment, on the monotonic clock and on the wall clock.
#[expect(clippy::disallowed_methods, reason = "the server's one clock")]
pub fn now() -> Moment {
    Moment { at: Instant::now(), wall: Timestamp::now() }
}
