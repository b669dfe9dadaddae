//! How often strangers are answered: at most so many times a second each, and so many all together. Past that there is
//! silence, so that nobody can use us to hit a third party or to try passwords at speed. Where users are, the limit of
//! all together does not count: strangers cannot use it up for them.

use core::net::{IpAddr, Ipv6Addr};
use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use super::proved::Proved;

/// Answers a second to one source.
pub(crate) const EACH_PER_SECOND: u32 = 10;
/// Answers a second to all strangers.
pub(crate) const ALL_PER_SECOND: u32 = 1000;
/// Sources that are told apart; the oldest is forgotten for a new one.
pub(crate) const MAX_SOURCES: usize = 4096;

/// A bucket of answers.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: u32,
    filled: Instant,
}

impl Bucket {
    fn new(rate: u32, now: Instant) -> Self {
        Self { left: rate, filled: now }
    }

    fn take(&mut self, rate: u32, now: Instant) -> bool {
        let drop_every = Duration::from_secs(1) / rate;
        let passed = now.saturating_duration_since(self.filled);
        let drops = u32::try_from(passed.as_nanos() / drop_every.as_nanos()).unwrap_or(u32::MAX);
        if drops > 0 {
            self.left = self.left.saturating_add(drops).min(rate);
            self.filled = if self.left == rate { now } else { self.filled + drop_every * drops };
        }
        let allowed = self.left > 0;
        self.left -= u32::from(allowed);
        allowed
    }
}

/// The buckets of all strangers.
#[derive(Debug, Default)]
pub(crate) struct Allowance {
    all: Option<Bucket>,
    sources: BTreeMap<IpAddr, Bucket>,
    order: VecDeque<IpAddr>,
    proved: Proved,
}

impl Allowance {
    /// A user showed good credentials there.
    pub(crate) fn prove(&mut self, source: IpAddr, now: Instant) {
        self.proved.note(network(source), now);
    }

    /// Whether this source may have one more answer.
    pub(crate) fn take(&mut self, source: IpAddr, now: Instant) -> bool {
        let source = network(source);
        if !self.sources.contains_key(&source) {
            if self.order.len() == MAX_SOURCES
                && let Some(oldest) = self.order.pop_front()
            {
                self.sources.remove(&oldest);
            }
            self.order.push_back(source);
        }
        let each = self.sources.entry(source).or_insert_with(|| Bucket::new(EACH_PER_SECOND, now));
        let all = self.all.get_or_insert_with(|| Bucket::new(ALL_PER_SECOND, now));
        each.take(EACH_PER_SECOND, now) && (self.proved.contains(source, now) || all.take(ALL_PER_SECOND, now))
    }
}

/// An IPv6 source owns 64 bits of addresses.
fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V4(ip) => IpAddr::V4(ip),
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from(u128::from(ip) & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::virtual_time::beginning;

    fn taken(allowance: &mut Allowance, source: IpAddr, tries: u32, now: Instant) -> usize {
        (0..tries).filter(|_| allowance.take(source, now)).count()
    }

    #[test]
    fn ten_a_second_each() {
        let now = beginning();
        let mut allowance = Allowance::default();
        let [one, two] = ["203.0.113.1", "203.0.113.2"].map(|text| text.parse().expect("an address"));
        assert_eq!(taken(&mut allowance, one, 50, now), 10);
        assert_eq!(taken(&mut allowance, two, 50, now), 10);
        assert_eq!(taken(&mut allowance, one, 50, now + Duration::from_millis(250)), 2);
        assert_eq!(taken(&mut allowance, one, 50, now + Duration::from_millis(300)), 1);
        assert_eq!(taken(&mut allowance, one, 50, now + Duration::from_secs(60)), 10);
    }

    #[test]
    fn an_ipv6_network_is_one_source() {
        let now = beginning();
        let mut allowance = Allowance::default();
        let taken: usize = (0..20_u16)
            .map(|host| taken(&mut allowance, Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, host).into(), 1, now))
            .sum();
        assert_eq!(taken, 10);
    }

    #[test]
    fn all_together_have_a_limit_and_so_has_the_table() {
        let now = beginning();
        let mut allowance = Allowance::default();
        let taken: usize =
            (0..5000_u32).map(|host| taken(&mut allowance, IpAddr::V4((0xcb00_0000 + host).into()), 1, now)).sum();
        assert_eq!(taken, ALL_PER_SECOND as usize);
        assert_eq!((allowance.sources.len(), allowance.order.len()), (MAX_SOURCES, MAX_SOURCES));
    }
}
