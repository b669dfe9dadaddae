//! Whose packets are a leg's, and where its packets go: symmetric RTP (RFC 4961) against strangers.
//!
//! ```text
//!   Open (address of the SDP) --packet from that address--------------------------> Settled
//!   Open --3 packets in sequence from its host, another port (a NAT)-> learned ---> Settled
//!   Settled --Connect, the same description--> Open, same address   --another--> Open (address of the SDP)
//! ```
//! Nothing that comes from elsewhere is heard, and what a candidate sends before it is learned is not heard either. A
//! private address in the SDP of a public peer is never used: there only the host of its SIP messages counts.

use core::net::{IpAddr, SocketAddr};

use crate::rtp::Packet;
use crate::sdp::Remote;

/// Packets in sequence from one address before it is learned.
const LEARN_AFTER: u8 = 3;

/// The address of a leg's peer.
#[derive(Debug)]
pub(crate) struct Source {
    described: (SocketAddr, Option<IpAddr>),
    described_rtcp: SocketAddr,
    address: Option<SocketAddr>,
    settled: bool,
    candidate: Option<Candidate>,
    /// The last address that something was accepted from.
    proved: Option<SocketAddr>,
    /// Where RTCP came from, when it was not where the SDP says.
    rtcp: Option<SocketAddr>,
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    address: SocketAddr,
    ssrc: u32,
    next: u16,
    count: u8,
}

impl Source {
    pub(crate) fn new(remote: &Remote) -> Self {
        Self {
            described: (remote.rtp, remote.source),
            described_rtcp: remote.rtcp,
            address: initial(remote),
            settled: false,
            candidate: None,
            proved: None,
            rtcp: None,
        }
    }

    /// A description came, perhaps the same one: learning is open again.
    pub(crate) fn renew(&mut self, remote: &Remote) {
        let held = remote.rtp.ip().is_unspecified();
        if self.described != (remote.rtp, remote.source) && !held {
            *self = Self { proved: self.proved, ..Self::new(remote) };
        }
        self.settled = false;
        self.candidate = None;
    }

    /// Whether an RTP packet is the peer's; learns from those that may be.
    pub(crate) fn accept(&mut self, from: SocketAddr, packet: &Packet<'_>) -> bool {
        let Some(address) = self.address else { return false };
        if from == address {
            self.settle(address);
            return true;
        }
        if self.settled || from.ip() != address.ip() {
            return false;
        }
        let Packet { sequence, ssrc, .. } = *packet;
        let count = match self.candidate {
            Some(it) if (it.address, it.ssrc, it.next) == (from, ssrc, sequence) => it.count + 1,
            _ => 1,
        };
        self.candidate = Some(Candidate { address: from, ssrc, next: sequence.wrapping_add(1), count });
        if count == LEARN_AFTER {
            self.settle(from);
        }
        count == LEARN_AFTER
    }

    /// Whether an RTCP packet is the peer's. It never moves the audio; behind a NAT its port is learned once.
    pub(crate) fn accept_rtcp(&mut self, from: SocketAddr) -> bool {
        let Some(address) = self.address else { return false };
        if from.ip() != address.ip() {
            return false;
        }
        if from == self.rtcp_address(address) {
            self.proved = Some(address);
            return true;
        }
        let learns = self.settled && self.behind_nat(address) && self.rtcp.is_none();
        if learns {
            self.rtcp = Some(from);
        }
        learns
    }

    /// Where audio goes.
    pub(crate) fn target(&self) -> Option<SocketAddr> {
        self.address.filter(|address| address.port() != 0)
    }

    /// Where RTCP goes.
    pub(crate) fn rtcp_target(&self) -> Option<SocketAddr> {
        self.address.map(|address| self.rtcp_address(address)).filter(|address| address.port() != 0)
    }

    /// The peer is known to be where we send to: it has sent from there, or names the host of its SIP messages, which is
    /// trusted.
    pub(crate) fn proved(&self, trusted: bool) -> bool {
        let (described, signalled) = self.described;
        let host = signalled.filter(|host| trusted && *host == described.ip());
        self.address.is_some_and(|address| self.proved == Some(address) || host == Some(address.ip()))
    }

    fn settle(&mut self, address: SocketAddr) {
        self.address = Some(address);
        self.proved = Some(address);
        self.settled = true;
        self.candidate = None;
    }

    fn behind_nat(&self, address: SocketAddr) -> bool {
        address != self.described.0
    }

    fn rtcp_address(&self, address: SocketAddr) -> SocketAddr {
        self.rtcp.unwrap_or_else(|| SocketAddr::new(address.ip(), self.described_rtcp.port()))
    }
}

fn initial(remote: &Remote) -> Option<SocketAddr> {
    let described = remote.rtp.ip();
    if described.is_unspecified() {
        return None;
    }
    match remote.source {
        // A peer on this machine may describe any of the machine's addresses; its packets come from loopback.
        Some(source)
            if source.is_loopback() && !described.is_loopback() || is_private(described) && !is_private(source) =>
        {
            Some(SocketAddr::new(source, remote.rtp.port()))
        }
        _ => Some(remote.rtp),
    }
}

/// Not reachable from the public internet: RFC 1918, 3927, 6598, 4193, and loopback.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            v4.is_private() || v4.is_link_local() || v4.is_loopback() || (first == 100 && second & 0xC0 == 64)
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Codec;

    fn first_address(described: &str, signalled: Option<&str>) -> Option<String> {
        let rtp = SocketAddr::new(described.parse().expect("an address"), 4000);
        let remote = Remote {
            rtp,
            rtcp: SocketAddr::new(rtp.ip(), 4001),
            source: signalled.map(|source| source.parse().expect("an address")),
            codec: Codec::Pcmu,
            payload_type: 0,
            telephone_event: None,
            formats: Vec::new(),
            ptime: std::time::Duration::from_millis(20),
            sending: true,
            receiving: true,
        };
        Source::new(&remote).target().map(|address| address.ip().to_string())
    }

    #[test]
    fn where_audio_goes_at_first() {
        let rows = [
            ("198.51.100.7", Some("203.0.113.1"), Some("198.51.100.7")),
            ("192.168.1.5", Some("203.0.113.1"), Some("203.0.113.1")),
            ("192.168.1.5", Some("192.168.1.9"), Some("192.168.1.5")),
            ("192.168.1.5", None, Some("192.168.1.5")),
            ("198.51.100.7", Some("127.0.0.1"), Some("127.0.0.1")),
            ("127.0.0.2", Some("127.0.0.1"), Some("127.0.0.2")),
            ("0.0.0.0", Some("203.0.113.1"), None),
        ];
        for (described, signalled, expected) in rows {
            assert_eq!(first_address(described, signalled).as_deref(), expected, "{described} from {signalled:?}");
        }
    }
}
