//! Which way a request of ours goes within a dialog (RFC 3261 sections 8.1.2 and 12.2.1.1), with the care that a peer's
//! Contact needs: nobody sends us to a third party who cannot prove it.

use core::net::{IpAddr, SocketAddr};

use std::collections::VecDeque;

use super::Config;
use crate::path::Path;
use crate::resolve::Target;
use crate::transport::Transport;
use crate::uri::{SipUri, Uri};
use crate::usage::MAX_TARGETS;

/// The port of a URI that names none (RFC 3261 section 19.1.2).
const DEFAULT_PORT: u16 = 5060;

impl Config {
    /// The way to the next hop of a dialog whose messages come by `path`. A numeric address is followed if it is the
    /// peer's own, or if the peer is `proved` and not behind a translator. Otherwise, and for names, which would need the
    /// DNS, requests go where the peer's messages come from.
    pub(crate) fn next_hop(&self, uri: &Uri, path: Path, proved: bool) -> Path {
        let stays = |way: &Path| {
            way.transport == Transport::Tcp && path.transport == Transport::Tcp && way.remote.ip() == path.remote.ip()
        };
        self.by_contact(uri, path, proved).filter(|way| !stays(way)).unwrap_or(path)
    }

    /// The way to a peer whose stream is gone: a new one to where it listens, as far as that may be followed.
    pub(crate) fn detour(&self, uri: &Uri, gone: Path, proved: bool) -> Option<Path> {
        let way = self.by_contact(uri, gone, proved).filter(|way| way.remote != gone.remote);
        way.filter(|_| gone.transport == Transport::Tcp)
    }

    /// The way that a Contact or Route says, if it may be followed.
    fn by_contact(&self, uri: &Uri, path: Path, proved: bool) -> Option<Path> {
        let uri = uri.as_sip()?;
        let ip = uri.maddr().map_or_else(|| uri.host.ip(), |host| host.ip())?;
        let peer = path.remote.ip().to_canonical();
        let proved = ip == peer || (proved && (is_inner(peer) || !is_inner(ip)));
        let transport = uri.transport().unwrap_or(path.transport);
        self.path_to(transport, SocketAddr::new(ip, port(uri)), Some(path)).filter(|_| proved)
    }

    /// The socket of ours from which requests to that target leave, if there is one.
    pub fn local_for(&self, target: &Target) -> Option<SocketAddr> {
        self.path_to(target.transport, target.addr, None).map(|path| path.local)
    }

    /// The ways to these targets that we have a socket for, in their order.
    pub(crate) fn ways(&self, targets: &[Target]) -> VecDeque<Path> {
        let to = |target: &Target| self.path_to(target.transport, target.addr, None);
        targets.iter().take(MAX_TARGETS).filter_map(to).collect()
    }

    /// For a request that is too large for a datagram (RFC 3261 section 18.1.1): by stream, and the old way should that
    /// be refused.
    pub(crate) fn stream_first(&self, way: Path) -> impl Iterator<Item = Path> + use<> {
        let datagram = way.transport == Transport::Udp;
        let stream = datagram.then(|| self.path_to(Transport::Tcp, way.remote, None)).flatten();
        stream.into_iter().chain([way])
    }

    /// The way to an address: from the socket that `near` used if it fits, else from the first of ours that does.
    pub(crate) fn path_to(&self, transport: Transport, remote: SocketAddr, near: Option<Path>) -> Option<Path> {
        let fits = |local: SocketAddr| local.is_ipv4() == remote.is_ipv4();
        let near = near.filter(|near| near.transport == transport && fits(near.local)).map(|near| near.local);
        let listen = || self.listen.iter().find(|listen| listen.transport == transport && fits(listen.addr));
        let local = near.or_else(|| listen().map(|listen| listen.addr))?;
        Some(Path { transport, local, remote })
    }
}

fn port(uri: &SipUri) -> u16 {
    uri.port.unwrap_or(DEFAULT_PORT)
}

/// Addresses that mean something only inside a network: RFC 1918, 6598, 3927, 4193, loopback and unspecified.
fn is_inner(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let carrier_grade = ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64;
            ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified() || carrier_grade
        }
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::endpoint::Listen;

    #[test]
    fn where_a_contact_may_send_us() {
        let cases = [
            ("udp", "203.0.113.9:4000", "sip:203.0.113.9:5070", true, "203.0.113.9:5070"),
            ("udp", "203.0.113.9:4000", "sip:203.0.113.9", true, "203.0.113.9:5060"),
            ("udp", "203.0.113.9:4000", "sip:203.0.113.8:5070", true, "203.0.113.8:5070"),
            ("udp", "203.0.113.9:4000", "sip:203.0.113.8:5070", false, "203.0.113.9:4000"),
            ("udp", "203.0.113.9:4000", "sip:10.1.1.1:5070", true, "203.0.113.9:4000"),
            ("udp", "10.1.1.2:4000", "sip:10.1.1.1:5070", true, "10.1.1.1:5070"),
            ("udp", "203.0.113.9:4000", "sip:peer.example", true, "203.0.113.9:4000"),
            ("udp", "203.0.113.9:4000", "tel:+919900000001", true, "203.0.113.9:4000"),
            ("udp", "203.0.113.9:4000", "sip:[2001:db8::1]", true, "203.0.113.9:4000"),
            ("tcp", "203.0.113.9:4000", "sip:203.0.113.9:5070;transport=tcp", false, "203.0.113.9:4000"),
        ];
        let listen = Listen { transport: Transport::Udp, addr: "192.0.2.1:5060".parse().expect("an address") };
        let config = Config { listen: vec![listen], ..Config::default() };
        for (transport, remote, contact, proved, expected) in cases {
            let transport = if transport == "udp" { Transport::Udp } else { Transport::Tcp };
            let remote = remote.parse().expect("an address");
            let path = Path { transport, local: listen.addr, remote };
            let uri = Uri::parse(&Bytes::from_static(contact.as_bytes())).expect("a URI");
            let way = config.next_hop(&uri, path, proved);
            assert_eq!(way.remote.to_string(), expected, "{contact} {proved}");
        }
    }

    #[test]
    fn where_to_go_when_a_stream_is_gone() {
        let cases = [
            ("tcp", "sip:203.0.113.9:5070;transport=tcp", false, Some("203.0.113.9:5070")),
            ("tcp", "sip:203.0.113.9", false, Some("203.0.113.9:5060")),
            ("tcp", "sip:203.0.113.9:4000", false, None),
            ("tcp", "sip:203.0.113.8:5070", true, Some("203.0.113.8:5070")),
            ("tcp", "sip:203.0.113.8:5070", false, None),
            ("tcp", "sip:10.1.1.1:5070", true, None),
            ("tcp", "sip:peer.example", true, None),
            ("udp", "sip:203.0.113.9:5070", true, None),
        ];
        let local = "192.0.2.1:5060".parse().expect("an address");
        let listen = [Transport::Udp, Transport::Tcp].map(|transport| Listen { transport, addr: local });
        let config = Config { listen: listen.into(), ..Config::default() };
        for (transport, contact, proved, expected) in cases {
            let transport = if transport == "udp" { Transport::Udp } else { Transport::Tcp };
            let gone = Path { transport, local, remote: "203.0.113.9:4000".parse().expect("an address") };
            let uri = Uri::parse(&Bytes::from_static(contact.as_bytes())).expect("a URI");
            let way = config.detour(&uri, gone, proved).map(|way| way.remote.to_string());
            assert_eq!(way.as_deref(), expected, "{transport:?} {contact} {proved}");
        }
    }
}
