//! SIP sockets. Those of IPv6 hear nothing else, `[::]` too, so that the family of a path is that of the peer behind it.

use core::net::SocketAddr;
use std::io;

use mio::net::{TcpListener, UdpSocket};
use socket2::{Domain, Socket, Type};

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1_024;

/// A socket for datagrams.
pub(crate) fn datagrams(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = bound(address, Type::DGRAM)?;
    Ok(UdpSocket::from_std(socket.into()))
}

/// A listener for connections.
pub(crate) fn connections(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = bound(address, Type::STREAM)?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}

fn bound(address: SocketAddr, kind: Type) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, None)?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    if kind == Type::STREAM {
        // What remains of an earlier server's connections must not be in the way.
        socket.set_reuse_address(true)?;
    }
    socket.bind(&address.into())?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ports that are tried: one that is free in IPv6 may be somebody else's in IPv4.
    const TRIES: usize = 50;

    fn anywhere(ip: &str, port: u16) -> SocketAddr {
        SocketAddr::new(ip.parse().expect("an address"), port)
    }

    #[test]
    fn both_families_share_a_port() {
        let shared = (0..TRIES).any(|_| {
            let socket = datagrams(anywhere("::", 0)).expect("a socket");
            datagrams(anywhere("0.0.0.0", socket.local_addr().expect("bound").port())).is_ok()
        });
        assert!(shared);
        let shared = (0..TRIES).any(|_| {
            let listener = connections(anywhere("::", 0)).expect("a listener");
            connections(anywhere("0.0.0.0", listener.local_addr().expect("bound").port())).is_ok()
        });
        assert!(shared);
    }

    #[test]
    fn a_port_has_one_listener() {
        let listener = connections(anywhere("::1", 0)).expect("a listener");
        let port = listener.local_addr().expect("bound").port();
        assert!(connections(anywhere("::1", port)).is_err());
    }
}
