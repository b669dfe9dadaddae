//! A request as it was received: where it came from, where its answer goes (RFC 3261 section 18.2, RFC 3581), and the
//! names by which its transaction and dialog are found.

use core::net::SocketAddr;

use bytes::Bytes;

use crate::fingerprint::{Fingerprint, Fingerprints};
use crate::header::{HeaderError, Via};
use crate::message::Request;
use crate::path::Path;
use crate::transaction::servers::{self, Parts};
use crate::transport::Transport;

/// The port of a Via that names none (RFC 3261 section 18.2.2).
const DEFAULT_PORT: u16 = 5060;

/// A request and what is read of it once.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) request: Request,
    /// How it came.
    pub(crate) path: Path,
    /// How the answer goes.
    pub(crate) reply: Path,
    pub(crate) call_id: Bytes,
    /// Empty for peers of RFC 2543.
    pub(crate) from_tag: Bytes,
    pub(crate) to_tag: Option<Bytes>,
    pub(crate) sequence: u32,
    pub(crate) transaction: Fingerprint,
    pub(crate) merge: Fingerprint,
}

impl Incoming {
    /// Notes the source in the topmost Via and reads the names.
    ///
    /// # Errors
    /// A field that the parser should have checked is not sound.
    pub(crate) fn new(mut request: Request, path: Path, prints: &Fingerprints) -> Result<Self, HeaderError> {
        let mut via = request.headers.via()?;
        let call_id = request.headers.call_id()?;
        let from_tag = request.headers.from()?.tag().unwrap_or_default();
        let to_tag = request.headers.to()?.tag();
        let sequence = request.headers.cseq()?.sequence;
        let parts = Parts { via: &via, call_id: &call_id, from_tag: &from_tag, sequence };
        let transaction = servers::name(prints, &parts, &request.method);
        let merge = servers::merge(prints, &parts, &request.method);
        if note_source(&mut via, path.remote) {
            request.headers.set_via(&via);
        }
        let reply = Path { remote: reply_to(&via, path), ..path };
        Ok(Self { request, path, reply, call_id, from_tag, to_tag, sequence, transaction, merge })
    }

    /// The name of the INVITE that this CANCEL is for: all but the method is the same (section 9.1).
    pub(crate) fn cancelled(&self, prints: &Fingerprints) -> Option<Fingerprint> {
        let via = self.request.headers.via().ok()?;
        let parts = Parts { via: &via, call_id: &self.call_id, from_tag: &self.from_tag, sequence: self.sequence };
        Some(servers::name(prints, &parts, &crate::message::Method::Invite))
    }
}

/// Writes where the request came from, if that was asked for or is news; says whether it wrote.
pub(crate) fn note_source(via: &mut Via, source: SocketAddr) -> bool {
    let ip = source.ip().to_canonical();
    let asked = via.rport().is_some();
    let news = via.host.ip() != Some(ip);
    if asked || news {
        via.set_received(ip);
    }
    if asked {
        via.set_rport(source.port());
    }
    asked || news
}

/// Answers go to the address that the request came from, never to a third party that Via may name; the port is that of
/// Via unless the source port was asked for.
pub(crate) fn reply_to(via: &Via, path: Path) -> SocketAddr {
    if path.transport != Transport::Udp || via.rport().is_some() {
        return path.remote;
    }
    SocketAddr::new(path.remote.ip(), via.port.unwrap_or(DEFAULT_PORT))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(text: &'static str, transport: Transport) -> (String, String) {
        let source = "198.51.100.9:40000".parse().expect("an address");
        let local = "192.0.2.1:5060".parse().expect("an address");
        let mut via = Via::parse(&Bytes::from_static(text.as_bytes())).expect("a Via");
        note_source(&mut via, source);
        (via.to_string(), reply_to(&via, Path { transport, local, remote: source }).to_string())
    }

    #[test]
    fn the_way_back_of_rfc_3261_and_rfc_3581() {
        let cases = [
            (
                "SIP/2.0/UDP 198.51.100.9:40000;branch=z9hG4bKa",
                "SIP/2.0/UDP 198.51.100.9:40000;branch=z9hG4bKa",
                "198.51.100.9:40000",
            ),
            (
                "SIP/2.0/UDP 10.1.1.1:5070;branch=z9hG4bKa",
                "SIP/2.0/UDP 10.1.1.1:5070;branch=z9hG4bKa;received=198.51.100.9",
                "198.51.100.9:5070",
            ),
            (
                "SIP/2.0/UDP phone.example;branch=z9hG4bKa",
                "SIP/2.0/UDP phone.example;branch=z9hG4bKa;received=198.51.100.9",
                "198.51.100.9:5060",
            ),
            (
                "SIP/2.0/UDP 10.1.1.1:5070;branch=z9hG4bKa;rport",
                "SIP/2.0/UDP 10.1.1.1:5070;branch=z9hG4bKa;received=198.51.100.9;rport=40000",
                "198.51.100.9:40000",
            ),
            (
                "SIP/2.0/UDP 198.51.100.9;maddr=203.0.113.1;branch=z9hG4bKa",
                "SIP/2.0/UDP 198.51.100.9;maddr=203.0.113.1;branch=z9hG4bKa",
                "198.51.100.9:5060",
            ),
        ];
        for (text, written, reply) in cases {
            assert_eq!(noted(text, Transport::Udp), (written.into(), reply.into()));
        }
        let (_, reply) = noted("SIP/2.0/TCP 10.1.1.1:5070;branch=z9hG4bKa", Transport::Tcp);
        assert_eq!(reply, "198.51.100.9:40000", "a stream is answered on itself");
    }
}
