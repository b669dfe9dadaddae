//! `host` of RFC 3261 section 25.1, with the IPv6 rule corrected by RFC 5954.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::Bytes;

use crate::scan::{HOST, Scanner, Syntax};
use crate::value::{Encode, Scan, values};

/// A domain name or a numeric address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// A domain name, as it was written. Compare it without regard to case.
    Name(Bytes),
    /// `192.0.2.1`
    V4(Ipv4Addr),
    /// `[2001:db8::1]`
    V6(Ipv6Addr),
}

impl Host {
    /// The address, if it is numeric: nothing has to be asked of the DNS.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Name(_) => None,
            Self::V4(address) => Some(IpAddr::V4(*address)),
            Self::V6(address) => Some(IpAddr::V6(*address)),
        }
    }

    /// Whether both are the same host: names without regard to case, addresses by value.
    pub fn equivalent(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Name(one), Self::Name(two)) => one.eq_ignore_ascii_case(two),
            _ => self == other,
        }
    }
}

impl From<IpAddr> for Host {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6(address),
        }
    }
}

impl Scan for Host {
    fn scan(scanner: &mut Scanner<'_>) -> Result<Self, Syntax> {
        if scanner.eat(b'[') {
            let length = memchr::memchr(b']', scanner.rest()).ok_or(Syntax("a closing ]"))?;
            let address = v6(&scanner.rest()[..length]).ok_or(Syntax("an IPv6 address"))?;
            scanner.skip(length + 1);
            return Ok(Self::V6(address));
        }
        let name = scanner.run(HOST, "a host")?;
        let last = name.strip_suffix(b".").unwrap_or(&name).rsplit(|byte| *byte == b'.').next().unwrap_or_default();
        if last.first().is_some_and(u8::is_ascii_digit) {
            return numeric(&name).map(Self::V4).ok_or(Syntax("an IPv4 address"));
        }
        if is_name(&name) { Ok(Self::Name(name)) } else { Err(Syntax("a domain name")) }
    }
}

/// Labels are not empty and no hyphen begins or ends them; one dot may end the name.
fn is_name(name: &[u8]) -> bool {
    let labels = name.strip_suffix(b".").unwrap_or(name);
    labels
        .split(|byte| *byte == b'.')
        .all(|label| !label.is_empty() && !label.starts_with(b"-") && !label.ends_with(b"-"))
}

/// A numeric address out of bytes that may not even be text.
fn numeric<A: core::str::FromStr>(text: &[u8]) -> Option<A> {
    core::str::from_utf8(text).ok()?.parse().ok()
}

/// An IPv6 address. The grammar of RFC 3261 put a third colon before a trailing IPv4 address (RFC 5118 section 4.10):
/// peers that follow it to the letter are understood.
fn v6(text: &[u8]) -> Option<Ipv6Addr> {
    let Some(extra) = memchr::memmem::find(text, b":::") else { return numeric(text) };
    if !text[extra..].contains(&b'.') {
        return None;
    }
    numeric(&[&text[..extra], &text[extra + 1..]].concat())
}

/// An address as in `received`: with brackets or without (RFC 5118 section 4.5).
pub(crate) fn address(text: &[u8]) -> Option<IpAddr> {
    let bare = text.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]")).unwrap_or(text);
    numeric(bare)
}

impl Encode for Host {
    fn encode(&self, out: &mut Vec<u8>) {
        use std::io::Write as _;
        let written = match self {
            Self::Name(name) => out.write_all(name),
            Self::V4(address) => write!(out, "{address}"),
            Self::V6(address) => write!(out, "[{address}]"),
        };
        written.expect("a Vec takes every write");
    }
}

values!(Host);
