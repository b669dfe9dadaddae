//! What is asked of the DNS and what it says (RFC 3263 section 4, RFC 2782, RFC 3403).

use core::net::IpAddr;

use crate::transport::Transport;

/// A question. Names are lower case and have no dot at the end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Query {
    /// The NAPTR records of a name.
    Naptr(String),
    /// The SRV records of a name.
    Srv(String),
    /// The A and, where IPv6 is to be had, AAAA records of a name.
    Address(String),
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// NAPTR records in any order.
    Naptr(Vec<Naptr>),
    /// SRV records in any order.
    Srv(Vec<Srv>),
    /// Addresses, the preferred one first.
    Addresses(Vec<IpAddr>),
    /// There is no such record, or the DNS did not say.
    None,
}

/// A NAPTR record (RFC 3403), as far as RFC 3263 uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naptr {
    /// Lower ones first.
    pub order: u16,
    /// Lower ones first among equals.
    pub preference: u16,
    /// `s` for a name that has SRV records.
    pub flags: String,
    /// `SIP+D2U` or `SIP+D2T`; `SIPS+D2T` and others are passed over.
    pub service: String,
    /// The name to ask next.
    pub replacement: String,
}

/// An SRV record (RFC 2782).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Srv {
    /// Lower ones first.
    pub priority: u16,
    /// The share of the draws among equals.
    pub weight: u16,
    /// The server's port.
    pub port: u16,
    /// The server's name; `.` if the service is not offered.
    pub target: String,
}

impl Naptr {
    pub(super) fn transport(&self) -> Option<Transport> {
        let service = self.service.to_ascii_uppercase();
        match service.as_str() {
            _ if !self.flags.eq_ignore_ascii_case("s") => None,
            "SIP+D2U" => Some(Transport::Udp),
            "SIP+D2T" => Some(Transport::Tcp),
            _ => None,
        }
    }
}

impl Srv {
    pub(super) fn is_none(&self) -> bool {
        self.target.is_empty() || self.target == "."
    }
}

/// An answer of another kind than the question holds nothing.
impl Answer {
    pub(super) fn into_naptr(self) -> Vec<Naptr> {
        if let Self::Naptr(records) = self { records } else { Vec::new() }
    }

    pub(super) fn into_srv(self) -> Vec<Srv> {
        if let Self::Srv(records) = self { records } else { Vec::new() }
    }

    pub(super) fn into_addresses(self) -> Vec<IpAddr> {
        if let Self::Addresses(addresses) = self { addresses } else { Vec::new() }
    }
}
