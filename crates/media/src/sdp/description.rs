//! Reading a peer's description (RFC 8866): limits first, then the line parser, then only what audio needs.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::ops::RangeInclusive;
use std::time::Duration;

use sdp_types::{Attribute, Media, RtpMap, Session};

use super::error::SdpError;
use super::remote::{Encoding, Format};
use crate::codec::{Codec, SAMPLE_RATE};

/// Octets in a description (reference: an offer with video and ICE takes 6 KiB).
pub const MAX_BODY: usize = 16 * 1024;
/// Lines in a description.
pub const MAX_LINES: usize = 256;
/// `m=` lines in a description.
pub const MAX_STREAMS: usize = 8;
/// `a=` lines of the session, and of each stream.
pub const MAX_ATTRIBUTES: usize = 64;

/// What `a=ptime` defaults to for G.711 (RFC 3551 table 4).
const DEFAULT_PTIME: Duration = Duration::from_millis(20);
/// A packet time past this is nonsense (RFC 3551 section 4.2 asks to handle up to 200 ms).
const MAX_PTIME_MS: u64 = 200;

/// A peer's description: its streams in order.
#[derive(Debug)]
pub(super) struct Description {
    pub(super) streams: Vec<Stream>,
}

/// One `m=` line with what belongs to it.
#[derive(Debug)]
pub(super) struct Stream {
    /// `audio`, `video`, …
    pub(super) kind: String,
    /// `RTP/AVP`, …
    pub(super) protocol: String,
    /// The formats as written.
    pub(super) format_list: String,
    /// 0: refused or removed.
    pub(super) port: u16,
    pub(super) rtcp_port: Option<u16>,
    /// What `c=` says, its own or the session's; `None` when there is no such line.
    pub(super) connection: Option<String>,
    /// The formats that we understand, in the order written.
    pub(super) formats: Vec<Format>,
    pub(super) ptime: Duration,
    pub(super) sending: bool,
    pub(super) receiving: bool,
}

impl Description {
    /// Reads a description. `ours` gives the meaning of dynamic payload types which the peer left unnamed.
    pub(super) fn parse(bytes: &[u8], ours: &[Format]) -> Result<Self, SdpError> {
        limit("octets", MAX_BODY, bytes.len())?;
        limit("lines", MAX_LINES, bytes.split(|byte| *byte == b'\n').filter(|line| line.len() > 1).count())?;
        // Names in other charsets must not cost the call: what is not UTF-8 is replaced, nothing that we read can be.
        let text = String::from_utf8_lossy(bytes);
        let session = Session::parse(text.as_bytes()).map_err(|error| SdpError::Malformed(error.to_string()))?;
        limit("streams", MAX_STREAMS, session.medias.len())?;
        limit("attributes", MAX_ATTRIBUTES, session.attributes.len())?;
        for media in &session.medias {
            limit("attributes", MAX_ATTRIBUTES, media.attributes.len())?;
        }
        let streams = session.medias.iter().map(|media| Stream::read(media, &session, ours)).collect();
        Ok(Self { streams })
    }
}

impl Stream {
    fn read(media: &Media, session: &Session, ours: &[Format]) -> Self {
        let connection = media.connections.first().or(session.connection.as_ref());
        let (sending, receiving) =
            direction(&media.attributes).or_else(|| direction(&session.attributes)).unwrap_or((true, true));
        Self {
            kind: media.media.clone(),
            protocol: media.proto.clone(),
            format_list: media.fmt.clone(),
            port: media.port,
            rtcp_port: rtcp_port(media),
            connection: connection.map(|connection| connection.connection_address.clone()),
            formats: formats(media, ours),
            ptime: ptime(media),
            sending,
            receiving,
        }
    }

    /// An audio stream, not refused, over plain RTP.
    pub(super) fn is_audio(&self) -> bool {
        let plain = ["RTP/AVP", "RTP/AVPF"].iter().any(|name| self.protocol.eq_ignore_ascii_case(name));
        self.kind.eq_ignore_ascii_case("audio") && self.port != 0 && plain
    }

    /// Where it receives, when that is an address that media may go to. The unspecified address is hold (RFC 3264
    /// section 8.4) and passes; `own` are the ports of ours at `local`.
    pub(super) fn address(&self, local: IpAddr, own: &RangeInclusive<u16>) -> Result<SocketAddr, SdpError> {
        let written = self.connection.as_deref().ok_or_else(|| SdpError::Malformed("no c= line".to_owned()))?;
        let address = written.parse::<IpAddr>().map_err(|_| SdpError::Address(written.to_owned()))?.to_canonical();
        let ourselves = address == local && own.contains(&self.port);
        if address.is_ipv4() != local.is_ipv4() || !is_host(address) || ourselves {
            return Err(SdpError::Address(written.to_owned()));
        }
        Ok(SocketAddr::new(address, self.port))
    }
}

/// One host, or nobody (hold): no group, no broadcast, nothing reserved.
fn is_host(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [first, ..] = v4.octets();
            v4 == Ipv4Addr::UNSPECIFIED || (first != 0 && first < 224)
        }
        IpAddr::V6(v6) => !v6.is_multicast(),
    }
}

fn limit(what: &'static str, limit: usize, found: usize) -> Result<(), SdpError> {
    if found > limit { Err(SdpError::TooMany { what, limit }) } else { Ok(()) }
}

/// (sending, receiving) as the peer says it of itself.
fn direction(attributes: &[Attribute]) -> Option<(bool, bool)> {
    attributes.iter().find_map(|attribute| match attribute.attribute.to_ascii_lowercase().as_str() {
        "sendrecv" => Some((true, true)),
        "sendonly" => Some((true, false)),
        "recvonly" => Some((false, true)),
        "inactive" => Some((false, false)),
        _ => None,
    })
}

/// The port of `a=rtcp` (RFC 3605). An address beside it is ignored: RTCP goes where the audio goes.
fn rtcp_port(media: &Media) -> Option<u16> {
    let value = media.get_first_attribute_value("rtcp")??;
    value.split_ascii_whitespace().next()?.parse().ok().filter(|port| *port != 0)
}

fn ptime(media: &Media) -> Duration {
    let value = media.get_first_attribute_value("ptime").flatten().and_then(|value| value.trim().parse::<u64>().ok());
    value.filter(|ms| (1..=MAX_PTIME_MS).contains(ms)).map_or(DEFAULT_PTIME, Duration::from_millis)
}

fn formats(media: &Media, ours: &[Format]) -> Vec<Format> {
    let maps: Vec<RtpMap> = media.attributes_typed::<RtpMap>().filter_map(Result::ok).collect();
    let numbers = media.fmt.split_ascii_whitespace().filter_map(|number| number.parse::<u8>().ok());
    let mut found: Vec<Format> = Vec::new();
    for payload_type in numbers.filter(|number| *number < 128) {
        let named = maps.iter().find(|map| map.payload_type == payload_type);
        let encoding = match named {
            Some(map) => encoding(map),
            None => unnamed(payload_type, ours),
        };
        if let Some(encoding) = encoding
            && found.iter().all(|format| format.payload_type != payload_type)
        {
            found.push(Format { payload_type, encoding });
        }
    }
    found
}

fn encoding(map: &RtpMap) -> Option<Encoding> {
    let mono = map.encoding_params.as_deref().is_none_or(|channels| channels == "1");
    if map.clock_rate != SAMPLE_RATE || !mono {
        return None;
    }
    if map.encoding_name.eq_ignore_ascii_case("telephone-event") {
        return Some(Encoding::TelephoneEvent);
    }
    Codec::of_name(&map.encoding_name).map(Encoding::Audio)
}

fn unnamed(payload_type: u8, ours: &[Format]) -> Option<Encoding> {
    let known = ours.iter().find(|format| format.payload_type == payload_type).map(|format| format.encoding);
    known.or_else(|| Codec::of_payload_type(payload_type).map(Encoding::Audio))
}
