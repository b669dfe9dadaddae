//! The virtual network: datagrams on their way, with the delay, loss, order and doubling of a seeded weather.

use core::net::SocketAddr;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand_chacha::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};

/// How the network treats datagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weather {
    /// The least time that a datagram takes.
    pub delay: Duration,
    /// What may come on top of it, evenly spread: datagrams overtake each other.
    pub jitter: Duration,
    /// Of a thousand datagrams, how many are lost.
    pub loss_per_mille: u32,
    /// Of a thousand datagrams, how many arrive twice.
    pub twice_per_mille: u32,
}

impl Weather {
    /// A millisecond, always.
    pub const CALM: Self =
        Self { delay: Duration::from_millis(1), jitter: Duration::ZERO, loss_per_mille: 0, twice_per_mille: 0 };

    /// One in twenty lost, one in fifty doubled, order upset by up to 30 ms.
    pub const STORM: Self = Self {
        delay: Duration::from_millis(5),
        jitter: Duration::from_millis(30),
        loss_per_mille: 50,
        twice_per_mille: 20,
    };
}

/// A datagram on its way.
#[derive(Clone, Debug)]
pub(crate) struct Datagram {
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) bytes: Bytes,
}

/// The datagrams on their way.
pub(crate) struct Network {
    weather: Weather,
    rng: ChaCha12Rng,
    sent: u64,
    flying: BTreeMap<(Instant, u64), Datagram>,
}

impl Network {
    pub(crate) fn new(weather: Weather, seed: u64) -> Self {
        Self { weather, rng: ChaCha12Rng::seed_from_u64(seed), sent: 0, flying: BTreeMap::new() }
    }

    pub(crate) fn weather(&self) -> Weather {
        self.weather
    }

    pub(crate) fn send(&mut self, datagram: Datagram, now: Instant) {
        if self.chance(self.weather.loss_per_mille) {
            return;
        }
        if self.chance(self.weather.twice_per_mille) {
            self.fly(datagram.clone(), now);
        }
        self.fly(datagram, now);
    }

    /// When the next datagram arrives.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.flying.keys().next().map(|(at, _)| *at)
    }

    /// A datagram that has arrived.
    pub(crate) fn poll_arrival(&mut self, now: Instant) -> Option<Datagram> {
        let entry = self.flying.first_entry()?;
        (entry.key().0 <= now).then(|| entry.remove())
    }

    fn fly(&mut self, datagram: Datagram, now: Instant) {
        let jitter_us = u64::try_from(self.weather.jitter.as_micros()).unwrap_or(u64::MAX);
        let extra = if jitter_us == 0 { 0 } else { self.rng.next_u64() % jitter_us };
        self.sent += 1;
        self.flying.insert((now + self.weather.delay + Duration::from_micros(extra), self.sent), datagram);
    }

    fn chance(&mut self, per_mille: u32) -> bool {
        per_mille > 0 && self.rng.next_u32() % 1000 < per_mille
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(weather: Weather, seed: u64) -> Vec<u8> {
        let now = crate::clock::origin().at;
        let mut network = Network::new(weather, seed);
        let address = SocketAddr::from(([10, 0, 0, 1], 5060));
        for number in 0..200 {
            network.send(Datagram { from: address, to: address, bytes: Bytes::copy_from_slice(&[number]) }, now);
        }
        let later = now + Duration::from_secs(1);
        std::iter::from_fn(|| network.poll_arrival(later)).map(|datagram| datagram.bytes[0]).collect()
    }

    #[test]
    fn calm_weather_keeps_everything_in_order() {
        assert_eq!(arrivals(Weather::CALM, 1), (0..200).collect::<Vec<u8>>());
    }

    #[test]
    fn a_storm_loses_doubles_and_reorders_the_same_way_for_the_same_seed() {
        let first = arrivals(Weather::STORM, 7);
        assert_eq!(first, arrivals(Weather::STORM, 7));
        assert_ne!(first, arrivals(Weather::STORM, 8));
        let mut sorted = first.clone();
        sorted.sort_unstable();
        assert_ne!(first, sorted, "something overtook");
        let doubled = sorted.windows(2).filter(|pair| pair[0] == pair[1]).count();
        sorted.dedup();
        assert!(doubled > 0 && sorted.len() < 200, "{doubled} doubled, {} arrived", sorted.len());
    }
}
