//! An endpoint, a peer that speaks in raw text, and virtual time: what a test writes is what is on the wire.
#![allow(dead_code)] // each test file uses a part

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use sip::{Config, Endpoint, Event, Gauges, Listen, Path, SessionId, Transport};

/// Our address.
pub(crate) const HERE: &str = "192.0.2.1:5060";
/// The peer's address.
pub(crate) const PEER: &str = "198.51.100.7:5060";
/// What peers and we offer; nobody here reads it.
pub(crate) const SDP: &str = "v=0\r\n";

/// The stage.
pub(crate) struct Story {
    pub(crate) endpoint: Endpoint,
    pub(crate) now: Instant,
    pub(crate) begun: Instant,
    pub(crate) path: Path,
    sent: VecDeque<(Instant, Path, String)>,
    events: VecDeque<Event>,
    invited: Vec<SessionId>,
}

impl Story {
    /// An endpoint that trusts the peer.
    pub(crate) fn new() -> Self {
        Self::with(trusting())
    }

    pub(crate) fn with(config: Config) -> Self {
        #[allow(clippy::disallowed_methods)] // a story has to begin somewhere
        let now = Instant::now();
        let path = Path { transport: Transport::Udp, local: addr(HERE), remote: addr(PEER) };
        let endpoint = Endpoint::new(config, [7; 32]);
        Self { endpoint, now, begun: now, path, sent: VecDeque::new(), events: VecDeque::new(), invited: Vec::new() }
    }

    /// Speaks over TCP from here on.
    pub(crate) fn over_tcp(mut self) -> Self {
        self.path.transport = Transport::Tcp;
        self
    }

    /// Lets the peer say this; lines are ended by CRLF, and an empty line is added if there is no body.
    pub(crate) fn hears(&mut self, text: &str) {
        self.hears_bytes(wire(text));
    }

    pub(crate) fn hears_bytes(&mut self, bytes: Bytes) {
        self.endpoint.handle_message(bytes, self.path, self.now);
        self.drain();
    }

    pub(crate) fn hears_from(&mut self, remote: &str, text: &str) {
        let path = Path { remote: addr(remote), ..self.path };
        self.endpoint.handle_message(wire(text), path, self.now);
        self.drain();
    }

    /// Gives a command.
    pub(crate) fn does<T>(&mut self, command: impl FnOnce(&mut Endpoint, Instant) -> T) -> T {
        let result = command(&mut self.endpoint, self.now);
        self.drain();
        result
    }

    /// Lets time pass; every timer is served at its instant.
    pub(crate) fn passes(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.endpoint.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.endpoint.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    pub(crate) fn passes_ms(&mut self, ms: u64) {
        self.passes(Duration::from_millis(ms));
    }

    fn drain(&mut self) {
        while let Some(transmit) = self.endpoint.poll_transmit() {
            let text = String::from_utf8_lossy(&transmit.bytes).into_owned();
            self.sent.push_back((self.now, transmit.path, text));
        }
        while let Some(event) = self.endpoint.poll_event() {
            if let Event::Invited { id, .. } = &event {
                self.invited.push(*id);
            }
            self.events.push_back(event);
        }
    }

    /// The next message that we sent.
    #[track_caller]
    pub(crate) fn says(&mut self) -> Said {
        self.next_said().expect("a message was sent")
    }

    pub(crate) fn next_said(&mut self) -> Option<Said> {
        let (at, path, text) = self.sent.pop_front()?;
        Some(Said { at: at - self.begun, path, text })
    }

    /// The next message that we sent, which begins with this.
    #[track_caller]
    pub(crate) fn says_line(&mut self, start: &str) -> Said {
        let said = self.says();
        assert!(said.text.starts_with(start), "expected {start:?}, sent:\n{}", said.text);
        said
    }

    /// Nothing more was sent.
    #[track_caller]
    pub(crate) fn says_nothing(&mut self) {
        if let Some((_, _, text)) = self.sent.front() {
            panic!("unexpected:\n{text}");
        }
    }

    /// Milliseconds since the story began at which messages that begin with this went out; nothing else did.
    #[track_caller]
    pub(crate) fn said_at(&mut self, start: &str) -> Vec<u128> {
        let mut times = Vec::new();
        while !self.sent.is_empty() {
            times.push(self.says_line(start).at.as_millis());
        }
        times
    }

    #[track_caller]
    pub(crate) fn event(&mut self) -> Event {
        self.events.pop_front().expect("an event")
    }

    pub(crate) fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Every session that came in.
    pub(crate) fn invited_ever(&self) -> Vec<SessionId> {
        self.invited.clone()
    }

    #[track_caller]
    pub(crate) fn no_event(&mut self) {
        assert_eq!(self.events.pop_front(), None);
    }

    /// The session of the INVITE that has just come.
    #[track_caller]
    pub(crate) fn invited(&mut self) -> SessionId {
        match self.event() {
            Event::Invited { id, .. } => id,
            event => panic!("expected an INVITE: {event:?}"),
        }
    }

    /// The ending of the session that is closed now.
    #[track_caller]
    pub(crate) fn closed(&mut self) -> sip::Ending {
        match self.event() {
            Event::Closed { ending, .. } => ending,
            event => panic!("expected the end: {event:?}"),
        }
    }

    /// After a minute nothing is left.
    #[track_caller]
    pub(crate) fn settles(&mut self) {
        self.passes(Duration::from_secs(60));
        assert_eq!(self.endpoint.gauges(), Gauges::default());
        assert_eq!(self.endpoint.poll_timeout(), None);
        self.no_event();
    }

    /// An INVITE came, rang and was accepted and acknowledged; its tag of ours.
    pub(crate) fn answered(&mut self) -> (SessionId, String) {
        self.hears(&invite("1"));
        let id = self.invited();
        self.does(|endpoint, now| endpoint.accept(id, SDP.into(), now));
        let tag = self.says_line("SIP/2.0 200").tag("To");
        self.hears(&request("ACK", 1, "ack1", &tag));
        assert_eq!(self.event(), Event::Acked { id, answer: None });
        self.says_nothing();
        (id, tag)
    }
}

/// A message that we sent.
pub(crate) struct Said {
    pub(crate) at: Duration,
    pub(crate) path: Path,
    pub(crate) text: String,
}

impl Said {
    /// The values of the fields of this name.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let (head, _) = self.text.split_once("\r\n\r\n").expect("an end of the head");
        head.lines()
            .filter_map(|line| line.split_once(": ").filter(|(found, _)| found.eq_ignore_ascii_case(name)))
            .map(|(_, value)| value)
            .collect()
    }

    #[track_caller]
    pub(crate) fn get(&self, name: &str) -> &str {
        self.all(name).first().copied().unwrap_or_else(|| panic!("no {name} in\n{}", self.text))
    }

    #[track_caller]
    pub(crate) fn tag(&self, name: &str) -> String {
        let (_, tag) = self.get(name).split_once(";tag=").expect("a tag");
        tag.split(';').next().expect("a tag").to_owned()
    }

    #[track_caller]
    pub(crate) fn branch(&self) -> String {
        let (_, branch) = self.get("Via").split_once("branch=").expect("a branch");
        branch.split(';').next().expect("a branch").to_owned()
    }

    pub(crate) fn line(&self) -> &str {
        self.text.lines().next().expect("a line")
    }

    pub(crate) fn body(&self) -> &str {
        self.text.split_once("\r\n\r\n").expect("an end of the head").1
    }
}

pub(crate) fn host(text: &str) -> IpAddr {
    addr(text).ip()
}

pub(crate) fn addr(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

/// The peer's network may call; we listen on UDP and TCP.
pub(crate) fn trusting() -> Config {
    let listen = [Transport::Udp, Transport::Tcp].map(|transport| Listen { transport, addr: addr(HERE) });
    Config { listen: listen.into(), trusted: vec!["198.51.100.0/24".parse().expect("a prefix")], ..Config::default() }
}

fn wire(text: &str) -> Bytes {
    let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    if text.contains("\r\n\r\n") { text.into() } else { (text.trim_end().to_owned() + "\r\n\r\n").into() }
}

/// The INVITE that opens the call, in a transaction of this branch.
pub(crate) fn invite(branch: &str) -> String {
    format!(
        "INVITE sip:+918000000001@192.0.2.1 SIP/2.0\n\
         Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK{branch}\n\
         Max-Forwards: 70\n\
         From: \"Anna\" <sip:+919900000001@peer.example>;tag=peer\n\
         To: <sip:+918000000001@here.example>\n\
         Call-ID: story@peer.example\n\
         CSeq: 1 INVITE\n\
         Contact: <sip:anna@198.51.100.7:5060>\n\
         Content-Type: application/sdp\n\
         Content-Length: 5\n\
         \n\
         v=0\n"
    )
}

/// A request of the peer within that call.
pub(crate) fn request(method: &str, sequence: u32, branch: &str, tag: &str) -> String {
    let contact = if method == "INVITE" { "Contact: <sip:anna@198.51.100.7:5060>\n" } else { "" };
    format!(
        "{method} sip:192.0.2.1:5060 SIP/2.0\n\
         Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK{branch}\n\
         Max-Forwards: 70\n\
         From: <sip:+919900000001@peer.example>;tag=peer\n\
         To: <sip:+918000000001@here.example>;tag={tag}\n\
         Call-ID: story@peer.example\n\
         CSeq: {sequence} {method}\n\
         {contact}Content-Length: 0\n"
    )
}

/// A request outside of any call.
pub(crate) fn lone(method: &str, branch: &str, fields: &str) -> String {
    format!(
        "{method} sip:+918000000001@192.0.2.1 SIP/2.0\n\
         Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK{branch}\n\
         Max-Forwards: 70\n\
         From: <sip:+919900000001@peer.example>;tag=peer\n\
         To: <sip:+918000000001@here.example>\n\
         Call-ID: lone-{branch}@peer.example\n\
         CSeq: 1 {method}\n\
         {fields}Content-Length: 0\n"
    )
}

/// The peer's answer to a request of ours.
pub(crate) fn response(status: &str, to: &Said, tag: &str, fields: &str, body: &str) -> String {
    let peer = to.get("To");
    let peer = if tag.is_empty() || peer.contains(";tag=") { peer.to_owned() } else { format!("{peer};tag={tag}") };
    format!(
        "SIP/2.0 {status}\nVia: {}\nFrom: {}\nTo: {peer}\nCall-ID: {}\nCSeq: {}\n{fields}Content-Length: {}\n\n{}",
        to.get("Via"),
        to.get("From"),
        to.get("Call-ID"),
        to.get("CSeq"),
        body.len(),
        body,
    )
}

/// The answer to the first challenge of a 401 or 407 that we sent, as a header field.
pub(crate) fn shows(challenged: &Said, user: &str, password: &str, request: (sip::Method, &str)) -> String {
    let challenge = |text: &&str| sip::Challenge::parse(&(*text).to_owned().into()).expect("a challenge");
    let challenges: Vec<_> = challenged.all("WWW-Authenticate").iter().map(challenge).collect();
    let mut digest = sip::ClientDigest::choose(&challenges).expect("a digest");
    let credentials = sip::Credentials { username: user.into(), password: password.into() };
    let uri = sip::Uri::parse(&request.1.to_owned().into()).expect("a URI");
    format!("Authorization: {}\n", digest.authorize(&credentials, &request.0, &uri, "cnonce"))
}
