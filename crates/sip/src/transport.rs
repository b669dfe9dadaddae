//! The transports that carry SIP (RFC 3261 section 18).

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// Datagrams: lost, doubled and reordered; transactions repair that.
    Udp,
    /// A reliable stream of messages.
    Tcp,
}

impl Transport {
    /// The transport of that name in a Via or a `transport` parameter (case-insensitive), if we speak it.
    pub fn from_token(token: &[u8]) -> Option<Self> {
        [Self::Udp, Self::Tcp].into_iter().find(|known| token.eq_ignore_ascii_case(known.token().as_bytes()))
    }

    /// Its name in a Via.
    pub fn token(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        }
    }

    /// Whether the transport itself repairs losses (RFC 3261 section 17).
    pub fn is_reliable(self) -> bool {
        self == Self::Tcp
    }
}
