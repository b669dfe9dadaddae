//! Timers of one machine: few, so a list; the parent is told only the soonest.

use std::time::Instant;

/// The timers of one machine, by name. Setting one again moves it.
#[derive(Debug)]
pub(crate) struct Timers<T>(Vec<(Instant, T)>);

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy + Ord> Timers<T> {
    pub(crate) fn set(&mut self, timer: T, at: Instant) {
        self.stop(timer);
        self.0.push((at, timer));
    }

    pub(crate) fn stop(&mut self, timer: T) {
        self.0.retain(|(_, name)| *name != timer);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn soonest(&self) -> Option<Instant> {
        self.0.iter().map(|(at, _)| *at).min()
    }

    /// Takes the earliest timer that is due.
    pub(crate) fn expired(&mut self, now: Instant) -> Option<T> {
        let (_, timer) = self.0.iter().filter(|(at, _)| *at <= now).min().copied()?;
        self.stop(timer);
        Some(timer)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any instant will do as the origin of a virtual clock")]
    fn timers_fire_in_order_and_once() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut timers = Timers::default();
        timers.set('b', at(20));
        timers.set('a', at(10));
        timers.set('c', at(5));
        timers.set('c', at(30));
        timers.set('d', at(1));
        timers.stop('d');
        assert_eq!(timers.soonest(), Some(at(10)));
        assert_eq!(timers.expired(at(9)), None);
        assert_eq!((timers.expired(at(25)), timers.expired(at(25))), (Some('a'), Some('b')));
        assert_eq!((timers.expired(at(25)), timers.soonest()), (None, Some(at(30))));
    }
}
