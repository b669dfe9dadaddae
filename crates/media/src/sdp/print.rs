//! Writing our descriptions (RFC 8866 section 5): one audio stream, and refused ones in their places.

use core::fmt::Write;
use core::net::{IpAddr, SocketAddr};

use super::description::Stream;
use super::remote::{Encoding, Format};
use crate::codec::SAMPLE_RATE;

/// One `m=` line of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// The audio stream.
    Audio {
        /// As the peer wrote it, `RTP/AVP` in our own offers.
        protocol: String,
    },
    /// A stream that we do not take: its kind, protocol and formats as the peer wrote them (RFC 3264 section 6).
    Refused(String),
}

impl Line {
    pub(super) fn refused(stream: &Stream) -> Self {
        Self::Refused(format!("m={} 0 {} {}\r\n", stream.kind, stream.protocol, stream.format_list))
    }
}

/// What follows the `o=` line: our session but for its version.
pub(super) fn body(local: SocketAddr, lines: &[Line], formats: &[Format], direction: &str) -> String {
    let mut text = format!("s=-\r\nc=IN {}\r\nt=0 0\r\n", address(local.ip()));
    for line in lines {
        match line {
            Line::Refused(refused) => text.push_str(refused),
            Line::Audio { protocol } => audio(&mut text, local.port(), protocol, formats, direction),
        }
    }
    text
}

/// The whole description.
pub(super) fn whole(local: IpAddr, session_id: u64, version: u64, body: &str) -> String {
    format!("v=0\r\no=- {session_id} {version} IN {}\r\n{body}", address(local))
}

fn address(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => format!("IP4 {v4}"),
        IpAddr::V6(v6) => format!("IP6 {v6}"),
    }
}

fn audio(text: &mut String, port: u16, protocol: &str, formats: &[Format], direction: &str) {
    let written = "a String takes every write";
    write!(text, "m=audio {port} {protocol}").expect(written);
    for format in formats {
        write!(text, " {}", format.payload_type).expect(written);
    }
    text.push_str("\r\n");
    for Format { payload_type, encoding } in formats {
        match encoding {
            Encoding::Audio(codec) => write!(text, "a=rtpmap:{payload_type} {}/{SAMPLE_RATE}\r\n", codec.name()),
            Encoding::TelephoneEvent => {
                write!(text, "a=rtpmap:{payload_type} telephone-event/{SAMPLE_RATE}\r\na=fmtp:{payload_type} 0-15\r\n")
            }
        }
        .expect(written);
    }
    write!(text, "a=ptime:20\r\na={direction}\r\n").expect(written);
}
