//! The ports of one media worker: even ones for RTP, the next for RTCP (RFC 3550 section 11).
//!
//! They are used in random order and each comes round again only after all others, so that a late packet of one call
//! seldom meets the next.

use core::net::{IpAddr, SocketAddr};
use std::collections::VecDeque;
use std::io;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mio::net::UdpSocket;
use rand_core::Rng;

/// Ports that others hold are passed over, this many at most for one leg.
const TRIES: usize = 64;

/// The ports of one worker.
#[derive(Debug)]
pub(super) struct Ports {
    free: VecDeque<u16>,
    held: Held,
}

/// How many ports legs hold, over all workers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held(Arc<AtomicUsize>);

impl Held {
    /// How many, RTP and RTCP.
    pub(crate) fn ports(&self) -> usize {
        2 * self.0.load(Ordering::Relaxed)
    }
}

/// A leg's two sockets.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) rtp: UdpSocket,
    pub(super) rtcp: UdpSocket,
    pub(super) port: u16,
}

impl Ports {
    /// Share `worker` of `workers` of the even ports of a range.
    pub(super) fn new(
        range: &RangeInclusive<u16>,
        (worker, workers): (usize, usize),
        held: &Held,
        rng: &mut impl Rng,
    ) -> Self {
        let even = range.clone().filter(|port| port % 2 == 0 && *port < *range.end());
        let mut ports: Vec<u16> = even.skip(worker).step_by(workers.max(1)).collect();
        for place in (1..ports.len()).rev() {
            let other = usize::try_from(rng.next_u64() % (place as u64 + 1)).expect("a place");
            ports.swap(place, other);
        }
        Self { free: ports.into(), held: held.clone() }
    }

    /// Binds the next free pair at an address.
    pub(super) fn bind(&mut self, address: IpAddr) -> io::Result<Pair> {
        let mut last = io::Error::new(io::ErrorKind::AddrNotAvailable, "every media port is in use; widen rtp.ports");
        for _ in 0..TRIES.min(self.free.len()) {
            let Some(port) = self.free.pop_front() else { break };
            let bind = |port| UdpSocket::bind(SocketAddr::new(address, port));
            match bind(port).and_then(|rtp| Ok(Pair { rtp, rtcp: bind(port + 1)?, port })) {
                Ok(pair) => {
                    self.held.0.fetch_add(1, Ordering::Relaxed);
                    return Ok(pair);
                }
                Err(error) => {
                    self.free.push_back(port);
                    last = error;
                }
            }
        }
        Err(last)
    }

    /// Takes back the port of a pair that was bound.
    pub(super) fn release(&mut self, port: u16) {
        self.held.0.fetch_sub(1, Ordering::Relaxed);
        self.free.push_back(port);
    }

    /// Ports that are free.
    pub(super) fn free(&self) -> usize {
        self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use core::net::Ipv4Addr;

    use rand_chacha::ChaCha12Rng;
    use rand_core::SeedableRng;

    use super::*;

    #[test]
    fn workers_share_the_range_without_overlap() {
        let mut rng = ChaCha12Rng::seed_from_u64(1);
        let held = Held::default();
        let shares: Vec<Ports> =
            (0..3).map(|worker| Ports::new(&(20_001..=20_021), (worker, 3), &held, &mut rng)).collect();
        let mut all: Vec<u16> = shares.iter().flat_map(|share| share.free.iter().copied()).collect();
        all.sort_unstable();
        assert_eq!(all, (20_002..=20_020).step_by(2).collect::<Vec<u16>>());
    }

    #[test]
    fn a_port_that_somebody_holds_is_passed_over() {
        let mut rng = ChaCha12Rng::seed_from_u64(1);
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let held = Held::default();
        let mut ports = Ports::new(&(46_000..=46_005), (0, 1), &held, &mut rng);
        let first = ports.bind(address).expect("a free pair");
        let mut same = Ports::new(&(46_000..=46_005), (0, 1), &held, &mut rng);
        let others: Vec<Pair> = (0..2).map(|_| same.bind(address).expect("another pair")).collect();
        assert!(others.iter().all(|pair| pair.port != first.port));
        assert!(same.bind(address).is_err(), "the third is held by the first");
        assert_eq!((same.free(), held.ports()), (1, 6));
        others.iter().for_each(|pair| same.release(pair.port));
        assert_eq!((same.free(), held.ports()), (3, 2));
    }
}
