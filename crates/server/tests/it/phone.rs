//! A phone of bare sockets, for what no sound phone does: it repeats itself, speaks other versions, sends audio from
//! elsewhere. The words are written by the test.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use crate::server::{DEADLINE, Server};

/// An RTP packet of G.711 audio at 20 ms.
const FRAME: usize = 160;
/// The payload types that the phone describes.
const PCMU: u8 = 0;
const TELEPHONE_EVENT: u8 = 101;

/// A phone with at most one call.
pub(crate) struct Phone {
    server: SocketAddr,
    sip: UdpSocket,
    pub(crate) rtp: UdpSocket,
    pub(crate) rtcp: UdpSocket,
    call_id: String,
    /// To, with the server's tag once there is one.
    to: String,
    sequence: u32,
    /// Where the server wants this call's audio.
    pub(crate) audio: SocketAddr,
    voice: Voice,
    /// It sends keys as events (RFC 4733), and says so.
    pub(crate) events: bool,
}

/// The numbers of an RTP stream.
#[derive(Default)]
struct Voice {
    sequence: u16,
    timestamp: u32,
}

/// A socket at an address of this machine, at a port that is free.
pub(crate) fn socket(ip: Ipv4Addr) -> UdpSocket {
    let socket = UdpSocket::bind((ip, 0)).expect("a free port");
    socket.set_read_timeout(Some(DEADLINE)).expect("a time-out");
    socket
}

/// The value of a header field.
pub(crate) fn field<'a>(message: &'a str, name: &str) -> &'a str {
    let value = message.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    value.unwrap_or_else(|| panic!("no {name} in\n{message}"))
}

/// The status of a response; 0 if it is a request.
pub(crate) fn status(message: &str) -> u16 {
    message.strip_prefix("SIP/2.0 ").map_or(0, |rest| rest[..3].parse().expect("a status"))
}

impl Phone {
    pub(crate) fn new(server: &Server, number: &str) -> Self {
        let local = socket(Ipv4Addr::LOCALHOST);
        let port = local.local_addr().expect("bound").port();
        Self {
            server: server.sip,
            call_id: format!("{port}@phone"),
            sip: local,
            rtp: socket(Ipv4Addr::LOCALHOST),
            rtcp: socket(Ipv4Addr::LOCALHOST),
            to: format!("<sip:{number}@{}>", server.sip),
            sequence: 1,
            audio: server.sip,
            voice: Voice::default(),
            events: true,
        }
    }

    /// A request of this call, in a transaction of that branch. `fields` end in CRLF each.
    pub(crate) fn request(&self, method: &str, branch: &str, fields: &str, body: &str) -> String {
        let (local, uri) =
            (self.sip.local_addr().expect("bound"), self.to.split(['<', '>']).nth(1).unwrap_or_default());
        let Self { call_id, to, sequence, .. } = self;
        let mut text = format!("{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bK-{branch}\r\n");
        write!(text, "From: <sip:+919900000001@{local}>;tag=phone\r\nTo: {to}\r\nCall-ID: {call_id}\r\n")
            .expect("room");
        write!(text, "CSeq: {sequence} {method}\r\nMax-Forwards: 70\r\nContact: <sip:phone@{local}>\r\n")
            .expect("room");
        write!(text, "{fields}Content-Length: {}\r\n\r\n{body}", body.len()).expect("room");
        text
    }

    /// An INVITE that describes the phone's sockets.
    pub(crate) fn invite(&self, branch: &str) -> String {
        self.request("INVITE", branch, "Content-Type: application/sdp\r\n", &self.description())
    }

    fn description(&self) -> String {
        let [rtp, rtcp] = [&self.rtp, &self.rtcp].map(|socket| socket.local_addr().expect("bound"));
        let (ip, version) = (rtp.ip(), self.sequence);
        let events = if self.events { " 101\r\na=rtpmap:101 telephone-event/8000" } else { "" };
        format!(
            "v=0\r\no=phone 1 {version} IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {} RTP/AVP 0{events}\r\n\
             a=rtcp:{}\r\n",
            rtp.port(),
            rtcp.port()
        )
    }

    pub(crate) fn send(&self, message: &str) {
        self.sip.send_to(message.as_bytes(), self.server).expect("sent");
    }

    /// The next message that is no 100.
    pub(crate) fn hear(&self) -> String {
        loop {
            let mut buffer = [0; 4096];
            let length = self.sip.recv(&mut buffer).expect("a message in time");
            let message = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if status(&message) != 100 {
                return message;
            }
        }
    }

    /// Calls, or changes the call's description, until it is accepted and acknowledged.
    pub(crate) fn is_accepted(&mut self) {
        self.send(&self.invite(&format!("invite-{}", self.sequence)));
        let accepted = loop {
            let answer = self.hear();
            if status(&answer) >= 180 && status(&answer) < 200 {
                continue;
            }
            assert_eq!(status(&answer), 200, "{answer}");
            break answer;
        };
        let port = accepted.lines().find_map(|line| line.strip_prefix("m=audio ")?.split(' ').next()?.parse().ok());
        self.audio.set_port(port.unwrap_or_else(|| panic!("no audio in\n{accepted}")));
        field(&accepted, "To").clone_into(&mut self.to);
        self.send(&self.request("ACK", &format!("ack-{}", self.sequence), "", ""));
        self.sequence += 1;
    }

    /// Waits for the server's BYE and answers it; the BYE.
    pub(crate) fn is_let_go(&self) -> String {
        loop {
            let bye = self.hear();
            if bye.starts_with("BYE ") {
                let fields =
                    ["Via", "From", "To", "Call-ID", "CSeq"].map(|name| format!("{name}: {}\r\n", field(&bye, name)));
                self.send(&format!("SIP/2.0 200 OK\r\n{}Content-Length: 0\r\n\r\n", fields.concat()));
                return bye;
            }
        }
    }

    /// Speaks until it hears itself: the other party sends back what it hears, once the two are joined.
    pub(crate) fn is_joined_with_an_echo(&mut self, octet: u8) {
        let rtp = self.rtp.try_clone().expect("a second handle");
        rtp.set_read_timeout(Some(Duration::from_millis(100))).expect("a time-out");
        let end = Instant::now() + DEADLINE;
        self.say(octet, 1, &rtp);
        while rtp.recv(&mut [0; 2048]).is_err() {
            assert!(Instant::now() < end, "never joined");
            self.say(octet, 1, &rtp);
        }
        rtp.set_read_timeout(Some(DEADLINE)).expect("a time-out");
    }

    /// Says `count` packets of one octet from a socket, as the next ones of the phone's own stream.
    pub(crate) fn say(&mut self, octet: u8, count: u16, from: &UdpSocket) {
        for _ in 0..count {
            self.packet(PCMU, &[octet; FRAME], from);
            self.voice.timestamp += 160;
        }
    }

    /// Says a sound of whole packets.
    pub(crate) fn sounds(&mut self, samples: &[i16], from: &UdpSocket) {
        for frame in samples.chunks(FRAME) {
            let mut octets = [0; FRAME];
            media::Codec::Pcmu.encode(frame, &mut octets);
            self.packet(PCMU, &octets, from);
            self.voice.timestamp += 160;
        }
    }

    /// Presses a key by RFC 4733, for 100 ms.
    pub(crate) fn press(&mut self, key: u8, from: &UdpSocket) {
        for (end, octets) in [(0, 400u16), (0, 800), (0x80, 800), (0x80, 800), (0x80, 800)] {
            let [high, low] = octets.to_be_bytes();
            self.packet(TELEPHONE_EVENT, &[key, end | 10, high, low], from);
        }
        self.voice.timestamp += 1_600;
    }

    /// Hangs up.
    pub(crate) fn hang_up(&mut self) {
        self.send(&self.request("BYE", "bye", "", ""));
        while status(&self.hear()) != 200 {}
    }

    fn packet(&mut self, payload_type: u8, payload: &[u8], from: &UdpSocket) {
        let Voice { sequence, timestamp } = &mut self.voice;
        let mut packet = vec![0x80, payload_type];
        packet.extend(sequence.to_be_bytes());
        packet.extend(timestamp.to_be_bytes());
        packet.extend(7u32.to_be_bytes());
        packet.extend(payload);
        *sequence += 1;
        from.send_to(&packet, self.audio).expect("sent");
    }
}
