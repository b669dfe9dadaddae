//! What was agreed about one audio stream, as the media plane needs it.

use core::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::Codec;

/// What a payload type carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Audio.
    Audio(Codec),
    /// Digits (RFC 4733), clock rate 8000.
    TelephoneEvent,
}

/// A payload type and what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// 0 to 127.
    pub payload_type: u8,
    /// What it carries.
    pub encoding: Encoding,
}

/// The other end of a leg's audio, as agreed: where to, in what, which ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// Where its description says that it receives audio. May be unspecified while it holds us (`0.0.0.0`).
    pub rtp: SocketAddr,
    /// Where it receives RTCP: the next port, or what `a=rtcp` says (RFC 3605). Port 0 when there is none.
    pub rtcp: SocketAddr,
    /// Where its SIP messages come from: the one address to learn from when `rtp` is private and this is not
    /// (RFC 1918 behind a NAT). `None` when it is not known; then only `rtp` counts.
    pub source: Option<IpAddr>,
    /// What we send.
    pub codec: Codec,
    /// The payload type that we send it under.
    pub payload_type: u8,
    /// The payload type that we send digits under, when it takes them.
    pub telephone_event: Option<u8>,
    /// What it may send us, by our numbers.
    pub formats: Vec<Format>,
    /// The packet time that it asked for. We send 20 ms whatever it says; it is kept for the record.
    pub ptime: Duration,
    /// It sends audio to us.
    pub sending: bool,
    /// It wants audio from us. False while it holds us.
    pub receiving: bool,
}

impl Remote {
    /// What a payload type that arrives carries, if it was agreed.
    pub fn encoding(&self, payload_type: u8) -> Option<Encoding> {
        self.formats.iter().find(|format| format.payload_type == payload_type).map(|format| format.encoding)
    }
}
