//! Where users have shown good credentials lately: those are answered however many strangers knock.

use core::net::IpAddr;
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use crate::registrar::MAX_EXPIRES;

/// Sources that are remembered; the one that was silent longest is forgotten for a new one.
const MAX_PROVED: usize = 16_384;
/// For how long: as long as the longest registration, so that every phone that is registered now is among them.
const LATELY: Duration = Duration::from_secs(MAX_EXPIRES as u64);

/// The sources, and when each showed good credentials last.
#[derive(Debug, Default)]
pub(crate) struct Proved {
    shown: BTreeMap<IpAddr, Instant>,
    order: BTreeSet<(Instant, IpAddr)>,
}

impl Proved {
    /// This source showed good credentials.
    pub(crate) fn note(&mut self, source: IpAddr, now: Instant) {
        if let Some(before) = self.shown.insert(source, now) {
            self.order.remove(&(before, source));
        }
        self.order.insert((now, source));
        if self.order.len() > MAX_PROVED
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.shown.remove(&oldest);
        }
    }

    /// Whether this source has shown good credentials lately.
    pub(crate) fn contains(&self, source: IpAddr, now: Instant) -> bool {
        self.shown.get(&source).is_some_and(|shown| now.saturating_duration_since(*shown) < LATELY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::virtual_time::beginning;

    fn source(number: u32) -> IpAddr {
        IpAddr::V4((0x0b00_0000 + number).into())
    }

    #[test]
    fn the_table_has_a_limit() {
        let now = beginning();
        let mut proved = Proved::default();
        for number in 0..20_000 {
            proved.note(source(0), now + Duration::from_millis(number.into()));
            proved.note(source(number), now + Duration::from_millis(number.into()));
        }
        let now = now + Duration::from_secs(20);
        assert_eq!((proved.shown.len(), proved.order.len()), (MAX_PROVED, MAX_PROVED));
        assert!(proved.contains(source(0), now), "who comes again stays");
        assert!(!proved.contains(source(1), now) && proved.contains(source(19_999), now));
        assert!(!proved.contains(source(19_999), now + LATELY));
    }
}
