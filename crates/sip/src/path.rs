//! The way that a message goes between us and a peer.

use core::net::SocketAddr;

use bytes::Bytes;

use crate::transport::Transport;

/// One transport between two addresses: of a datagram the sockets, of a stream the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    /// How.
    pub transport: Transport,
    /// Our end, as we know it. Peers see it in Via and Contact unless [`crate::Config::public_address`] is set.
    pub local: SocketAddr,
    /// The peer's end.
    pub remote: SocketAddr,
}

impl Path {
    /// Before a way is known.
    pub(crate) const NOWHERE: Self = Self { transport: Transport::Udp, local: UNSET, remote: UNSET };
}

const UNSET: SocketAddr = SocketAddr::new(core::net::IpAddr::V4(core::net::Ipv4Addr::UNSPECIFIED), 0);

/// A message to be sent. A stream transport uses the connection of this path or opens one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Where it goes.
    pub path: Path,
    /// The message.
    pub bytes: Bytes,
}
