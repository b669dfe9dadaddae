//! Whether a media thread goes before all others of its core: while it leaves them room.
//!
//! Packets leave in time only if the thread need not wait for the store's writer or the HTTP client. A thread that is
//! busy most of the time would starve them, so that it goes back among them until its load has fallen.
//!
//! First --busy for more than 70 %--> Short --busy for less than 50 %--> First

use std::time::{Duration, Instant};

use crate::turn::{self, Turn};

/// How long the load is looked at.
const SPAN: Duration = Duration::from_secs(1);

/// How a media thread shares its core.
#[derive(Debug)]
pub(super) struct Pace {
    turn: Turn,
    /// Whether the system lets it go first; it is asked once.
    may_be_first: bool,
    since: Instant,
    asleep: Duration,
}

impl Pace {
    /// Of the thread that calls this.
    pub(super) fn new(now: Instant) -> Self {
        let mut pace = Self { turn: Turn::Short, may_be_first: true, since: now, asleep: Duration::ZERO };
        pace.take(Turn::First);
        if !pace.may_be_first {
            pace.take(Turn::Short);
        }
        pace
    }

    /// The thread slept.
    pub(super) fn slept(&mut self, from: Instant, until: Instant) {
        self.asleep += until.saturating_duration_since(from);
        let span = until.saturating_duration_since(self.since);
        if span >= SPAN {
            if let Some(turn) = next(self.turn, span.saturating_sub(self.asleep), span) {
                self.take(turn);
            }
            (self.since, self.asleep) = (until, Duration::ZERO);
        }
    }

    fn take(&mut self, turn: Turn) {
        if turn == Turn::First && !self.may_be_first {
            return;
        }
        match turn::take(turn) {
            Ok(()) => self.turn = turn,
            Err(error) => {
                tracing::debug!(%error, ?turn, "the system does not give a media thread this turn");
                self.may_be_first &= turn != Turn::First;
            }
        }
    }
}

/// What follows on a span of which so much was work; `None` if all stays.
fn next(turn: Turn, busy: Duration, span: Duration) -> Option<Turn> {
    match turn {
        Turn::First if 10 * busy > 7 * span => Some(Turn::Short),
        Turn::Short if 10 * busy < 5 * span => Some(Turn::First),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_first_while_it_leaves_room() {
        let after = |turn, busy| next(turn, Duration::from_millis(busy), SPAN);
        assert_eq!([0, 499, 700].map(|busy| after(Turn::First, busy)), [None; 3]);
        assert_eq!(after(Turn::First, 701), Some(Turn::Short));
        assert_eq!([500, 701, 1000].map(|busy| after(Turn::Short, busy)), [None; 3]);
        assert_eq!(after(Turn::Short, 499), Some(Turn::First));
    }

    #[test]
    fn work_is_what_is_not_sleep() {
        let start = crate::clock::now().at;
        let ms = |ms| start + Duration::from_millis(ms);
        let mut pace = Pace::new(start);
        pace.may_be_first = false;
        pace.turn = Turn::First;
        pace.slept(ms(0), ms(100));
        pace.slept(ms(700), ms(1_000));
        assert_eq!(pace.turn, Turn::First, "asleep for 400 ms");
        pace.slept(ms(1_000), ms(1_200));
        pace.slept(ms(1_950), ms(2_000));
        assert_eq!(pace.turn, Turn::Short, "asleep for 250 ms");
        assert_eq!((pace.since, pace.asleep), (ms(2_000), Duration::ZERO));
    }
}
