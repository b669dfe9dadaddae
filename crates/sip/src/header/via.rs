//! Via (RFC 3261 section 20.42, RFC 3581): the way back.

use core::net::IpAddr;

use bytes::Bytes;

use crate::params::Params;
use crate::scan::{Scanner, Syntax};
use crate::transport::Transport;
use crate::uri::{Host, address};
use crate::value::{Encode, Scan, decimal, values};

/// How every branch of RFC 3261 begins (section 8.1.1.7).
pub(crate) const MAGIC_COOKIE: &[u8] = b"z9hG4bK";

/// One hop.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Via {
    /// `UDP`, `TCP`, or one we do not speak, as it was written.
    pub transport: Bytes,
    /// The sender's own idea of its address.
    pub host: Host,
    /// And port.
    pub port: Option<u16>,
    /// `branch`, `received`, `rport` and others.
    pub params: Params,
}

impl Via {
    /// A hop of our own; asks for the source port by RFC 3581.
    pub fn new(transport: Transport, host: Host, port: Option<u16>, branch: impl AsRef<[u8]>) -> Self {
        let mut params = Params::default();
        params.set("branch", branch);
        params.set_flag("rport");
        Self { transport: Bytes::from_static(transport.token().as_bytes()), host, port, params }
    }

    /// The name of the transaction.
    pub fn branch(&self) -> Option<Bytes> {
        self.params.get("branch").filter(|branch| !branch.is_empty())
    }

    /// The branch, if it is like no other: that is what a cookie with something after it says (section 8.1.1.7).
    pub(crate) fn unique_branch(&self) -> Option<Bytes> {
        self.branch().filter(|branch| branch.strip_prefix(MAGIC_COOKIE).is_some_and(|rest| !rest.is_empty()))
    }

    /// The address that the request came from, as the receiver noted it.
    pub fn received(&self) -> Option<IpAddr> {
        address(&self.params.get("received")?)
    }

    /// `Some(None)` asks for the source port, `Some(Some(port))` is the answer.
    pub fn rport(&self) -> Option<Option<u16>> {
        let value = self.params.get("rport")?;
        Some(u32::whole(&value).ok().and_then(|port| port.try_into().ok()))
    }

    /// Where answers are to be multicast, if it is a host.
    pub fn maddr(&self) -> Option<Host> {
        Host::parse(&self.params.get("maddr")?).ok()
    }

    /// The multicast time to live.
    pub fn ttl(&self) -> Option<u8> {
        u32::whole(&self.params.get("ttl")?).ok()?.try_into().ok()
    }

    /// Notes where the request came from (RFC 3261 section 18.2.1).
    pub fn set_received(&mut self, address: IpAddr) {
        self.params.set("received", address.to_string());
    }

    /// Notes the port that the request came from (RFC 3581 section 4).
    pub fn set_rport(&mut self, port: u16) {
        self.params.set("rport", port.to_string());
    }
}

impl Scan for Via {
    fn scan(scanner: &mut Scanner<'_>) -> Result<Self, Syntax> {
        let protocol = scanner.word("SIP") && scanner.separator(b'/') && scanner.word("2.0") && scanner.separator(b'/');
        if !protocol {
            return Err(Syntax("SIP/2.0/"));
        }
        let transport = scanner.token()?;
        if !scanner.space() {
            return Err(Syntax("a host after the transport"));
        }
        let host = Host::scan(scanner)?;
        let port = if scanner.separator(b':') { Some(scanner.port()?) } else { None };
        Ok(Self { transport, host, port, params: Params::of_header(scanner)? })
    }
}

impl Encode for Via {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"SIP/2.0/");
        out.extend_from_slice(&self.transport);
        out.push(b' ');
        self.host.encode(out);
        if let Some(port) = self.port {
            out.push(b':');
            decimal(port.into(), out);
        }
        out.extend_from_slice(self.params.as_bytes());
    }
}

values!(Via);

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Result<Via, Syntax> {
        Via::parse(&Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn the_parts_of_a_hop() {
        let via =
            read("SIP / 2.0 / UDP 192.0.2.7 : 5070 ; branch = z9hG4bKa;rport;ttl=3;maddr=224.2.0.1;hidden").unwrap();
        assert_eq!(via.transport, "UDP");
        assert_eq!((via.host.ip(), via.port), ("192.0.2.7".parse().ok(), Some(5070)));
        assert_eq!(via.branch().unwrap(), "z9hG4bKa");
        assert_eq!(via.rport(), Some(None));
        assert_eq!((via.ttl(), via.maddr().and_then(|host| host.ip())), (Some(3), "224.2.0.1".parse().ok()));
        assert_eq!(via.received(), None);
        let v6 = read("SIP/2.0/TCP [2001:db8::9];received=[2001:db8::9:255];rport=5070").unwrap();
        assert_eq!((v6.host.ip(), v6.port), ("2001:db8::9".parse().ok(), None));
        assert_eq!(v6.received(), "2001:db8::9:255".parse().ok());
        assert_eq!(v6.rport(), Some(Some(5070)));
    }

    #[test]
    fn the_source_is_noted_once() {
        let mut via = read("SIP/2.0/UDP a.example;rport;branch=z9hG4bKa;received=192.0.2.1").unwrap();
        via.set_received("2001:db8::1".parse().unwrap());
        via.set_rport(7);
        assert_eq!(via.to_string(), "SIP/2.0/UDP a.example;branch=z9hG4bKa;received=2001:db8::1;rport=7");
        assert_eq!(via.received(), "2001:db8::1".parse().ok());
    }

    #[test]
    fn what_is_no_hop() {
        for text in [
            "",
            "SIP/2.0/UDP",
            "SIP/2.0/UDP ",
            "SIP/3.0/UDP a",
            "HTTP/2.0/UDP a",
            "SIP/2.0 a",
            "SIP/2.0/UDP a:x",
            "SIP/2.0/UDP a;;",
            "SIP/2.0/UDP a b",
            "SIP/2.0/UDP 2001:db8::9",
            "SIP/2.0/UDP a:70000",
            "SIP/2.0/UDP a,",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
