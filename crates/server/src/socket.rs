//! Sockets, and how they are read. SIP sockets of IPv6 hear nothing else, `[::]` too, so that the family of a path is that of the peer behind it.

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

/// Takes what a socket holds, up to a limit, so that others have their turn. Whether it may hold more: no event tells of that
/// again.
pub(crate) fn read(
    socket: &UdpSocket,
    buffer: &mut [u8],
    limit: usize,
    mut take: impl FnMut(&[u8], SocketAddr),
) -> bool {
    for _ in 0..limit {
        match socket.recv_from(buffer) {
            Ok((length, from)) => take(&buffer[..length], from),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
            // What the network says of an earlier datagram; the next read goes on.
            Err(error) => tracing::debug!(%error, "a socket for datagrams"),
        }
    }
    true
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
    fn a_socket_that_holds_much_is_read_in_turns() {
        let socket = datagrams(anywhere("127.0.0.1", 0)).expect("a socket");
        let peer = std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket");
        for number in 0..10_u8 {
            peer.send_to(&[number], socket.local_addr().expect("bound")).expect("sent");
        }
        let mut came = Vec::new();
        let turns: Vec<bool> =
            (0..3).map(|_| read(&socket, &mut [0; 16], 4, |bytes, _| came.extend_from_slice(bytes))).collect();
        assert_eq!(turns, [true, true, false]);
        assert_eq!(came, (0..10).collect::<Vec<u8>>());
    }

    #[test]
    fn a_port_has_one_listener() {
        let listener = connections(anywhere("::1", 0)).expect("a listener");
        let port = listener.local_addr().expect("bound").port();
        assert!(connections(anywhere("::1", port)).is_err());
    }
}
