//! The offer/answer machine of one leg (RFC 3264).
//!
//! ```text
//!            offer()                  handle_answer()*
//!   Fresh ------------> Offered ------------------------> Agreed     * again for each fork or repeated answer
//!     \                  ^   \                            /  ^
//!      \                 |    +--- handle_offer() (their) +  |
//!       +----------------+------ handle_offer() ----------/  |  offer(): Agreed -> Offered keeps what is agreed
//! ```
//! A refused description changes nothing (RFC 3264 section 8: the session stays as it was).

use core::net::{IpAddr, SocketAddr};
use core::ops::RangeInclusive;

use bytes::Bytes;

use super::description::{Description, Stream};
use super::error::SdpError;
use super::print::{self, Line};
use super::remote::{Encoding, Format, Remote};
use crate::Codec;

/// The payload type of our digits, where the peer has not chosen one (the usual dynamic number).
const TELEPHONE_EVENT: u8 = 101;

/// Our end of a leg's audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// The address that peers can reach us at.
    pub address: IpAddr,
    /// The port of the RTP socket; RTCP is the next one.
    pub port: u16,
    /// What we speak, the preferred one first.
    pub codecs: Vec<Codec>,
    /// The session id of our `o=` line: unique for the leg.
    pub session_id: u64,
}

/// What one leg has offered, answered and agreed.
#[derive(Clone, Debug)]
pub struct Negotiation {
    local: Local,
    own_ports: RangeInclusive<u16>,
    source: Option<IpAddr>,
    /// The `m=` lines of the session, in their places for its life (RFC 3264 section 8).
    lines: Vec<Line>,
    /// What we receive under which number; numbers stay what they were (RFC 3264 section 8.3.2).
    formats: Vec<Format>,
    /// The version and the text below it of what we sent last.
    sent: Option<(u64, String)>,
    offered: bool,
    remote: Option<Remote>,
}

impl Negotiation {
    /// A leg that has agreed on nothing yet.
    pub fn new(local: Local) -> Self {
        let mut formats: Vec<Format> = local.codecs.iter().map(|codec| audio(*codec)).collect();
        formats.push(Format { payload_type: TELEPHONE_EVENT, encoding: Encoding::TelephoneEvent });
        let lines = vec![Line::Audio { protocol: "RTP/AVP".to_owned() }];
        let own_ports = local.port..=local.port.saturating_add(1);
        Self { local, own_ports, source: None, lines, formats, sent: None, offered: false, remote: None }
    }

    /// Refuses a peer that describes itself as one of these ports at our address: a call that sends to our own sockets
    /// could be made to run in circles. At first these are the leg's own two. Not for an address that peers share with
    /// us, as loopback.
    pub fn refuse_ports(&mut self, own: RangeInclusive<u16>) {
        self.own_ports = own;
    }

    /// Takes note of where the leg's SIP messages come from ([`Remote::source`]).
    pub fn signalled_from(&mut self, source: IpAddr) {
        self.source = Some(source);
        if let Some(remote) = &mut self.remote {
            remote.source = Some(source);
        }
    }

    /// The peer's offer, first or later; returns our answer. All common codecs are taken, in the peer's order; further
    /// streams are refused in their places; hold is mirrored.
    ///
    /// # Errors
    /// [`SdpError`], whose status refuses the request; what was agreed before stays.
    pub fn handle_offer(&mut self, offer: &[u8]) -> Result<Bytes, SdpError> {
        let description = Description::parse(offer, &[])?;
        let (place, formats) = self.choose(&description)?;
        let stream = &description.streams[place];
        let remote = self.agree(stream, &formats, formats.clone())?;
        self.lines = description.streams.iter().map(Line::refused).collect();
        self.lines[place] = Line::Audio { protocol: stream.protocol.clone() };
        self.offered = false;
        let answer = self.print(&formats, direction(&remote));
        self.keep(formats);
        self.remote = Some(remote);
        Ok(answer)
    }

    /// Our offer: the first one, or another in the same session. Its version grows when it differs from the last
    /// description sent (RFC 3264 section 8). What is agreed holds until the answer comes.
    pub fn offer(&mut self) -> Bytes {
        self.offered = true;
        let mut formats = self.formats.clone();
        if let Some(remote) = &self.remote {
            // What is spoken now comes first, so that a mere refresh changes nothing.
            formats.sort_by_key(|format| format.encoding != Encoding::Audio(remote.codec));
        }
        formats.sort_by_key(|format| format.encoding == Encoding::TelephoneEvent);
        self.print(&formats, "sendrecv")
    }

    /// The answer to our offer; may come again, from a fork or repeated in a later response.
    ///
    /// # Errors
    /// [`SdpError`]: the answer cannot be used; what was agreed before stays.
    pub fn handle_answer(&mut self, answer: &[u8]) -> Result<(), SdpError> {
        if !self.offered {
            return Err(SdpError::NotOffered);
        }
        let description = Description::parse(answer, &self.formats)?;
        let place = self.lines.iter().position(|line| matches!(line, Line::Audio { .. }));
        let stream = place.and_then(|place| description.streams.get(place)).ok_or(SdpError::NotAcceptable)?;
        if !stream.is_audio() {
            return Err(SdpError::NotAcceptable);
        }
        let formats = self.common(stream).ok_or(SdpError::NotAcceptable)?;
        self.remote = Some(self.agree(stream, &formats, self.formats.clone())?);
        Ok(())
    }

    /// What is agreed; `None` before the first exchange is over.
    pub fn remote(&self) -> Option<&Remote> {
        self.remote.as_ref()
    }

    /// The last offer was ours.
    pub fn offered(&self) -> bool {
        self.offered
    }

    /// The peer holds us: it wants no audio.
    pub fn held(&self) -> bool {
        self.remote.as_ref().is_some_and(|remote| !remote.receiving)
    }

    /// Our end.
    pub fn local(&self) -> &Local {
        &self.local
    }

    fn endpoint(&self) -> SocketAddr {
        SocketAddr::new(self.local.address, self.local.port)
    }

    /// The first audio stream with a common codec, and the common formats.
    fn choose(&self, description: &Description) -> Result<(usize, Vec<Format>), SdpError> {
        let candidates = description.streams.iter().enumerate().filter(|(_, stream)| stream.is_audio());
        candidates
            .filter_map(|(place, stream)| Some((place, self.common(stream)?)))
            .next()
            .ok_or(SdpError::NotAcceptable)
    }

    /// What both speak, in the peer's order and by its numbers; one telephone-event at most.
    fn common(&self, stream: &Stream) -> Option<Vec<Format>> {
        let mut common: Vec<Format> = Vec::new();
        for format in &stream.formats {
            let ours = match format.encoding {
                Encoding::Audio(codec) => self.local.codecs.contains(&codec),
                Encoding::TelephoneEvent => true,
            };
            if ours && common.iter().all(|other| other.encoding != format.encoding) {
                common.push(*format);
            }
        }
        common.iter().any(|format| matches!(format.encoding, Encoding::Audio(_))).then_some(common)
    }

    fn agree(&self, stream: &Stream, common: &[Format], receive: Vec<Format>) -> Result<Remote, SdpError> {
        let rtp = stream.address(self.local.address, &self.own_ports)?;
        let rtcp_port = stream.rtcp_port.or_else(|| stream.port.checked_add(1)).unwrap_or(0);
        let audio = common.iter().find_map(|format| match format.encoding {
            Encoding::Audio(codec) => Some((codec, format.payload_type)),
            Encoding::TelephoneEvent => None,
        });
        let (codec, payload_type) = audio.ok_or(SdpError::NotAcceptable)?;
        let digits = common.iter().find(|format| format.encoding == Encoding::TelephoneEvent);
        Ok(Remote {
            rtp,
            rtcp: SocketAddr::new(rtp.ip(), rtcp_port),
            source: self.source,
            codec,
            payload_type,
            telephone_event: digits.map(|format| format.payload_type),
            formats: receive,
            ptime: stream.ptime,
            sending: stream.sending,
            receiving: stream.receiving && !rtp.ip().is_unspecified(),
        })
    }

    /// Numbers that the peer chose become ours; what it did not name keeps its own unless the number is taken.
    fn keep(&mut self, chosen: Vec<Format>) {
        let mut kept = chosen;
        for format in std::mem::take(&mut self.formats) {
            if kept.iter().all(|other| other.encoding != format.encoding && other.payload_type != format.payload_type) {
                kept.push(format);
            }
        }
        self.formats = kept;
    }

    fn print(&mut self, formats: &[Format], direction: &str) -> Bytes {
        let body = print::body(self.endpoint(), &self.lines, formats, direction);
        let version = match &self.sent {
            None => 1,
            Some((version, last)) if *last == body => *version,
            Some((version, _)) => version.wrapping_add(1),
        };
        let text = print::whole(self.local.address, self.local.session_id, version, &body);
        self.sent = Some((version, body));
        Bytes::from(text)
    }
}

fn audio(codec: Codec) -> Format {
    Format { payload_type: codec.payload_type(), encoding: Encoding::Audio(codec) }
}

/// Our direction, the mirror of the peer's (RFC 3264 section 6.1).
fn direction(remote: &Remote) -> &'static str {
    match (remote.receiving, remote.sending) {
        (true, true) => "sendrecv",
        (true, false) => "sendonly",
        (false, true) => "recvonly",
        (false, false) => "inactive",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn leg() -> Negotiation {
        Negotiation::new(Local {
            address: "192.0.2.10".parse().unwrap(),
            port: 20_000,
            codecs: Codec::ALL.to_vec(),
            session_id: 77,
        })
    }

    fn offer(audio: &str) -> Vec<u8> {
        format!("v=0\r\no=peer 1 1 IN IP4 198.51.100.7\r\ns=call\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n{audio}")
            .into_bytes()
    }

    fn text(bytes: Bytes) -> String {
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn answers_in_the_order_and_by_the_numbers_of_the_offerer() {
        let mut leg = leg();
        let offer = offer(
            "m=audio 4000 RTP/AVP 18 8 0 96 97\r\na=rtpmap:96 telephone-event/16000\r\na=rtpmap:97 Telephone-Event/8000\r\na=ptime:30\r\n",
        );
        assert_eq!(
            text(leg.handle_offer(&offer).unwrap()),
            "v=0\r\no=- 77 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n\
             m=audio 20000 RTP/AVP 8 0 97\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n\
             a=rtpmap:97 telephone-event/8000\r\na=fmtp:97 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
        );
        let remote = leg.remote().unwrap();
        assert_eq!((remote.codec, remote.payload_type, remote.telephone_event), (Codec::Pcma, 8, Some(97)));
        assert_eq!(remote.rtp, "198.51.100.7:4000".parse().unwrap());
        assert_eq!(remote.rtcp, "198.51.100.7:4001".parse().unwrap());
        assert_eq!(remote.ptime, Duration::from_millis(30));
        assert_eq!(remote.encoding(0), Some(Encoding::Audio(Codec::Pcmu)));
        assert_eq!(remote.encoding(18), None);
        assert!(!leg.held());
    }

    #[test]
    fn refuses_other_streams_in_their_places_for_ever() {
        let mut leg = leg();
        let streams = "m=video 5000 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 0\r\nm=audio 4010 RTP/AVP 0\r\n";
        let answer = text(leg.handle_offer(&offer(streams)).unwrap());
        let lines: Vec<&str> = answer.lines().filter(|line| line.starts_with("m=")).collect();
        assert_eq!(lines, ["m=video 0 RTP/AVP 31", "m=audio 20000 RTP/AVP 0", "m=audio 0 RTP/AVP 0"]);
        let again = text(leg.offer());
        let lines: Vec<&str> = again.lines().filter(|line| line.starts_with("m=")).collect();
        assert_eq!(lines, ["m=video 0 RTP/AVP 31", "m=audio 20000 RTP/AVP 0 8 101", "m=audio 0 RTP/AVP 0"]);
        leg.handle_answer(&offer("m=video 0 RTP/AVP 31\r\nm=audio 4002 RTP/AVP 8\r\nm=audio 0 RTP/AVP 0\r\n")).unwrap();
        assert_eq!(leg.remote().unwrap().rtp.port(), 4002);
        assert_eq!(leg.remote().unwrap().codec, Codec::Pcma);
    }

    #[test]
    fn hold_is_mirrored_and_ends() {
        // (stream attributes and address, our direction, peer sends, peer receives)
        let table = [
            ("a=sendrecv\r\n", "sendrecv", true, true),
            ("a=sendonly\r\n", "recvonly", true, false),
            ("a=recvonly\r\n", "sendonly", false, true),
            ("a=inactive\r\n", "inactive", false, false),
            ("c=IN IP4 0.0.0.0\r\n", "recvonly", true, false),
            ("", "sendrecv", true, true),
        ];
        let mut leg = leg();
        let mut version = 0;
        let mut last = "";
        for (attributes, ours, sending, receiving) in table {
            let answer = text(leg.handle_offer(&offer(&format!("m=audio 4000 RTP/AVP 0\r\n{attributes}"))).unwrap());
            version += u32::from(last != ours);
            last = ours;
            assert!(answer.ends_with(&format!("a={ours}\r\n")), "{attributes}: {answer}");
            assert!(answer.contains(&format!("o=- 77 {version} IN")), "{attributes}: {answer}");
            let remote = leg.remote().unwrap();
            assert_eq!((remote.sending, remote.receiving), (sending, receiving), "{attributes}");
            assert_eq!(leg.held(), !receiving);
        }
    }

    #[test]
    fn offers_first_and_takes_repeated_answers() {
        let mut leg = leg();
        assert_eq!(leg.handle_answer(&offer("m=audio 4000 RTP/AVP 0\r\n")), Err(SdpError::NotOffered));
        let ours = text(leg.offer());
        assert!(ours.contains("m=audio 20000 RTP/AVP 0 8 101\r\n"), "{ours}");
        leg.handle_answer(&offer("m=audio 4000 RTP/AVP 8 101\r\n")).unwrap();
        assert_eq!(leg.remote().unwrap().telephone_event, Some(101), "the number that we offered needs no name");
        leg.handle_answer(&offer("m=audio 4002 RTP/AVP 0 96\r\na=rtpmap:96 telephone-event/8000\r\n")).unwrap();
        let remote = leg.remote().unwrap();
        assert_eq!((remote.rtp.port(), remote.codec, remote.telephone_event), (4002, Codec::Pcmu, Some(96)));
        assert_eq!(remote.encoding(101), Some(Encoding::TelephoneEvent), "we receive by our numbers");
        assert_eq!(text(leg.offer()), ours, "a refresh repeats the description and its version");
    }

    #[test]
    fn refused_descriptions_change_nothing() {
        let mut leg = leg();
        leg.handle_offer(&offer("m=audio 4000 RTP/AVP 0\r\n")).unwrap();
        let before = leg.remote().cloned();
        let audio = |connection: &str| format!("m=audio 4000 RTP/AVP 0\r\nc=IN {connection}\r\n");
        let table = [
            ("m=audio 0 RTP/AVP 0\r\n".to_owned(), 488),
            ("m=audio 4000 RTP/AVP 18\r\n".to_owned(), 488),
            ("m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/16000\r\n".to_owned(), 488),
            ("m=audio 4000 RTP/SAVP 0\r\n".to_owned(), 488),
            ("m=image 4000 udptl t38\r\n".to_owned(), 488),
            ("m=audio 4000 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\n".to_owned(), 488),
            (String::new(), 488),
            (audio("IP4 victim.example"), 606),
            (audio("IP4 224.2.1.1/127"), 606),
            (audio("IP4 239.1.1.1"), 606),
            (audio("IP4 255.255.255.255"), 606),
            (audio("IP4 0.0.0.1"), 606),
            (audio("IP4 240.0.0.1"), 606),
            (audio("IP6 ff02::1"), 606),
            (audio("IP6 2001:db8::1"), 606),
            ("m=audio 20000 RTP/AVP 0\r\nc=IN IP4 192.0.2.10\r\n".to_owned(), 606),
            ("m=audio 99999 RTP/AVP 0\r\n".to_owned(), 400),
            ("rubbish\r\n".to_owned(), 400),
        ];
        for (streams, status) in table {
            let error = leg.handle_offer(&offer(&streams)).unwrap_err();
            assert_eq!(error.status(), status, "{streams}: {error}");
            assert_eq!(leg.remote().cloned(), before, "{streams}");
        }
        let headless = b"v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
        assert_eq!(leg.handle_offer(headless).unwrap_err().status(), 400);
    }

    #[test]
    fn our_own_ports_are_no_peer() {
        let at = |port: u16| offer(&format!("m=audio {port} RTP/AVP 0\r\nc=IN IP4 192.0.2.10\r\n"));
        let taken =
            |leg: &mut Negotiation| [19_998, 20_000, 20_001, 20_002].map(|port| leg.handle_offer(&at(port)).is_ok());
        let mut leg = leg();
        assert_eq!(taken(&mut leg), [true, false, false, true]);
        leg.refuse_ports(20_000..=39_999);
        assert_eq!(taken(&mut leg), [true, false, false, false]);
    }

    #[test]
    fn limits_hold() {
        use super::super::{MAX_ATTRIBUTES, MAX_BODY, MAX_LINES, MAX_STREAMS};
        let audio = "m=audio 4000 RTP/AVP 0\r\n";
        let filled = |filler: &str, count: usize| offer(&format!("{audio}{}", filler.repeat(count)));
        let padded = |length: usize| {
            let mut bytes = offer(audio);
            bytes.extend_from_slice(b"a=x:");
            bytes.resize(length, b'y');
            bytes
        };
        // (what, a description at the limit, a description past it); five lines and one stream stand before.
        let table = [
            ("lines", filled("b=AS:64\r\n", MAX_LINES - 6), filled("b=AS:64\r\n", MAX_LINES - 5)),
            ("streams", filled(audio, MAX_STREAMS - 1), filled(audio, MAX_STREAMS)),
            ("attributes", filled("a=x\r\n", MAX_ATTRIBUTES), filled("a=x\r\n", MAX_ATTRIBUTES + 1)),
            ("octets", padded(MAX_BODY), padded(MAX_BODY + 1)),
        ];
        for (name, at, past) in table {
            assert!(leg().handle_offer(&at).is_ok(), "{name}");
            let error = leg().handle_offer(&past).unwrap_err();
            assert!(matches!(error, SdpError::TooMany { what, .. } if what == name), "{name}: {error}");
        }
    }

    #[test]
    fn odd_but_valid_offers_are_taken() {
        let latin1 = b"v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=Caf\xe9\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
        let table: [(&str, Vec<u8>); 6] = [
            ("text that is not UTF-8", latin1.to_vec()),
            (
                "bare line feeds",
                b"v=0\no=- 1 1 IN IP4 198.51.100.7\ns=-\nc=IN IP4 198.51.100.7\nt=0 0\nm=audio 4000 RTP/AVP 0\n"
                    .to_vec(),
            ),
            ("no s=, no t=, no o=", b"v=0\r\nc=IN IP4 198.51.100.7\r\nm=audio 4000 RTP/AVP 0\r\n".to_vec()),
            ("two spaces, port pairs", offer("m=audio 4000/2 RTP/AVP 8  0\r\n")),
            ("RTCP attribute", offer("m=audio 4000 RTP/AVP 0\r\na=rtcp:5000 IN IP4 203.0.113.1\r\n")),
            ("feedback profile, session direction", offer("a=sendrecv\r\nm=audio 4000 RTP/AVPF 0\r\n")),
        ];
        for (name, bytes) in table {
            let mut leg = leg();
            assert!(leg.handle_offer(&bytes).is_ok(), "{name}");
            assert_eq!(leg.remote().unwrap().rtp, "198.51.100.7:4000".parse().unwrap(), "{name}");
        }
        let mut leg = leg();
        leg.handle_offer(&offer("m=audio 4000 RTP/AVP 0\r\na=rtcp:5000 IN IP4 203.0.113.1\r\n")).unwrap();
        assert_eq!(leg.remote().unwrap().rtcp, "198.51.100.7:5000".parse().unwrap(), "its address is not followed");
        leg.handle_offer(&offer("m=audio 65535 RTP/AVP 0\r\n")).unwrap();
        assert_eq!(leg.remote().unwrap().rtcp.port(), 0);
    }

    #[test]
    fn speaks_ipv6_and_remembers_where_signalling_comes_from() {
        let mut leg = Negotiation::new(Local {
            address: "2001:db8::10".parse().unwrap(),
            port: 20_000,
            codecs: vec![Codec::Pcma],
            session_id: 1,
        });
        leg.signalled_from("2001:db8::7".parse().unwrap());
        let offer = b"v=0\r\no=- 1 1 IN IP6 2001:db8::7\r\ns=-\r\nc=IN IP6 2001:db8::7\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8\r\n";
        let answer = text(leg.handle_offer(offer).unwrap());
        assert!(answer.contains("c=IN IP6 2001:db8::10\r\n") && answer.contains("RTP/AVP 8\r\n"), "{answer}");
        assert_eq!(leg.remote().unwrap().source, Some("2001:db8::7".parse().unwrap()));
    }

    #[test]
    fn numbers_once_chosen_stay() {
        let mut leg = leg();
        leg.handle_offer(&offer("m=audio 4000 RTP/AVP 8 96\r\na=rtpmap:96 telephone-event/8000\r\n")).unwrap();
        let again = text(leg.offer());
        assert!(again.contains("m=audio 20000 RTP/AVP 8 0 96\r\n"), "{again}");
        assert!(again.contains("o=- 77 2 IN"), "{again}");
    }
}
