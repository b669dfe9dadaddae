//! The origin of virtual time. An `Instant` can only be had from the system; which one it is makes no difference.

use std::time::Instant;

use jiff::Timestamp;
use model::Moment;

/// Where every rehearsal begins on the wall clock: Tue 24 Nov 2026 10:00:00 in Kolkata.
const WALL_SECONDS: i64 = 1_795_494_600;

/// The first moment of a rehearsal.
#[expect(
    clippy::disallowed_methods,
    reason = "the one real instant that virtual time counts from; only differences are used"
)]
pub(crate) fn origin() -> Moment {
    let wall = Timestamp::from_second(WALL_SECONDS).expect("a year that exists");
    Moment { at: Instant::now(), wall }
}
