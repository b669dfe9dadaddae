//! Any datagrams of a peer that is trusted, at an endpoint that calls it and takes its calls: no panic, and when all
//! calls are hung up and time has passed, nothing is left.

use core::net::SocketAddr;
use core::time::Duration;
use std::time::Instant;

use bytes::Bytes;
use sip::{
    Config, Endpoint, Event, Gauges, Headers, Invite, Listen, NameAddr, Path, SessionId, Target, Transport, Uri,
};

const HERE: SocketAddr = SocketAddr::new(core::net::IpAddr::V4(core::net::Ipv4Addr::new(192, 0, 2, 1)), 5060);
const PEER: SocketAddr = SocketAddr::new(core::net::IpAddr::V4(core::net::Ipv4Addr::new(198, 51, 100, 7)), 5060);
/// Datagrams that are read of one input.
const DATAGRAMS: usize = 32;
/// Between two datagrams.
const PAUSE: Duration = Duration::from_millis(150);
/// Longer than any transaction, and than a session that shows no life.
const LONG: Duration = Duration::from_secs(200);

/// The input is a row of datagrams with NULs between them.
pub(crate) fn check(data: &[u8]) {
    let mut stage = Stage::new();
    for datagram in data.split(|byte| *byte == 0).take(DATAGRAMS) {
        stage.hears(datagram);
    }
    stage.ends();
}

/// An endpoint in virtual time; what it says in one row.
pub(crate) struct Stage {
    endpoint: Endpoint,
    now: Instant,
    sessions: Vec<SessionId>,
    pub(crate) said: Vec<Bytes>,
}

impl Stage {
    /// The names that the endpoint gives are the same each time, so an input can know them.
    #[expect(clippy::disallowed_methods, reason = "the origin of virtual time; nothing here measures real time")]
    pub(crate) fn new() -> Self {
        let config = Config {
            listen: vec![Listen { transport: Transport::Udp, addr: HERE }],
            trusted: vec!["198.51.100.0/24".parse().expect("a prefix")],
            ..Config::default()
        };
        let endpoint = Endpoint::new(config, [7; 32]);
        let mut stage = Self { endpoint, now: Instant::now(), sessions: Vec::new(), said: Vec::new() };
        let call = stage.endpoint.invite(call(), stage.now);
        stage.sessions.push(call);
        stage.passes(Duration::ZERO);
        stage
    }

    pub(crate) fn hears(&mut self, datagram: &[u8]) {
        let path = Path { transport: Transport::Udp, local: HERE, remote: PEER };
        self.endpoint.handle_message(Bytes::copy_from_slice(datagram), path, self.now);
        self.drain();
        self.passes(PAUSE);
    }

    fn passes(&mut self, time: Duration) {
        let end = self.now + time;
        self.drain();
        while let Some(due) = self.endpoint.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.endpoint.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    fn drain(&mut self) {
        loop {
            while let Some(transmit) = self.endpoint.poll_transmit() {
                self.said.push(transmit.bytes);
            }
            match self.endpoint.poll_event() {
                None => return,
                Some(Event::Invited { id, .. }) => {
                    self.sessions.push(id);
                    // Some ring for a while, some are taken at once.
                    if self.sessions.len().is_multiple_of(2) {
                        self.endpoint.accept(id, SDP.into(), self.now);
                    } else {
                        self.endpoint.ring(id, 183, Some(SDP.into()), self.now);
                    }
                }
                Some(Event::Offered { id, .. }) => self.endpoint.answer(id, Ok(Some(SDP.into())), self.now),
                Some(_) => {}
            }
        }
    }

    pub(crate) fn ends(mut self) {
        // An answer that comes while we hang up may open another call, never more than these rounds of them.
        for _ in 0..2 {
            for id in self.sessions.clone() {
                self.endpoint.hang_up(id, 16, self.now);
            }
            self.passes(LONG);
        }
        assert_eq!(self.endpoint.gauges(), Gauges::default());
        assert_eq!(self.endpoint.poll_timeout(), None);
    }
}

const SDP: &str = "v=0\r\n";

fn call() -> Invite {
    let uri = |text: &'static str| Uri::parse(&text.into()).expect("a URI");
    Invite {
        to: uri("sip:+919900000002@peer.example"),
        from: NameAddr::new(uri("sip:+918000000001@here.example")),
        targets: vec![Target { transport: Transport::Udp, addr: PEER }],
        route: Vec::new(),
        credentials: None,
        headers: Headers::default(),
        offer: SDP.into(),
        call_id: None,
        others: false,
    }
}
