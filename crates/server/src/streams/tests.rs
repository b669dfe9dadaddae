//! Streams on loopback; the time that is passed in is not the real one.

use std::io::{Read as _, Write as _};
use std::net::TcpStream as Peer;

use mio::{Events, Poll};

use super::connection::{IDLE, QUEUE, UNFINISHED};
use super::*;
use crate::clock;

const OPTIONS: &str = "OPTIONS sip:a.example SIP/2.0\r\nl: 0\r\n\r\n";

struct Bench {
    poll: Poll,
    streams: Streams,
    address: SocketAddr,
    now: Instant,
}

impl Bench {
    fn new() -> Self {
        let poll = Poll::new().expect("a poll");
        let mut streams = Streams::new(poll.registry()).expect("streams");
        let address = streams.listen("127.0.0.1:0".parse().expect("an address")).expect("a listener");
        Self { poll, streams, address, now: clock::now().at }
    }

    /// Works off events until the streams are as wanted.
    fn until(&mut self, wanted: impl Fn(&Streams) -> bool) {
        let mut events = Events::with_capacity(64);
        while !wanted(&self.streams) {
            self.poll.poll(&mut events, Some(Duration::from_secs(10))).expect("events");
            assert!(!events.is_empty(), "nothing came");
            events.iter().for_each(|event| self.streams.handle_event(event, self.now));
            if !self.streams.later.is_empty() {
                self.streams.handle_timeout(BTreeSet::new, self.now);
            }
        }
    }

    /// Lets time pass, and sweeps.
    fn pass(&mut self, time: Duration) {
        self.pass_with(time, []);
    }

    /// The same, while calls speak with these.
    fn pass_with<const N: usize>(&mut self, time: Duration, used: [SocketAddr; N]) {
        self.now += time;
        self.streams.handle_timeout(|| used.into(), self.now);
    }

    fn peer(&mut self) -> Peer {
        let open = self.streams.connections.len();
        let peer = Peer::connect(self.address).expect("connected");
        self.until(|streams| streams.connections.len() > open);
        peer
    }

    fn path(&self, remote: SocketAddr) -> Path {
        Path { transport: Transport::Tcp, local: self.address, remote }
    }

    fn send(&mut self, remote: SocketAddr, bytes: &'static [u8]) {
        let transmit = Transmit { path: self.path(remote), bytes: Bytes::from_static(bytes) };
        self.streams.send(&transmit, self.now);
    }
}

const MOMENT: Duration = Duration::from_millis(1);

#[test]
fn an_unfinished_message_has_its_time() {
    let mut bench = Bench::new();
    let mut peer = bench.peer();
    peer.write_all(&OPTIONS.as_bytes()[..20]).expect("sent");
    bench.until(|streams| streams.connections.values().any(|connection| !connection.is_over(clock::now().at)));
    bench.until(|streams| {
        let late = clock::now().at + UNFINISHED * 2;
        streams.connections.values().any(|connection| connection.is_over(late))
    });
    bench.pass(UNFINISHED - MOMENT);
    assert_eq!(bench.streams.connections.len(), 1);
    bench.pass(SWEEP);
    assert_eq!(bench.streams.connections.len(), 0);
    let path = bench.path(peer.local_addr().expect("bound"));
    assert_eq!(bench.streams.poll_input(), Some(Input::Broken(path)));
    assert_eq!(bench.streams.poll_timeout(), None, "nobody is left to look after");
}

#[test]
fn an_idle_connection_has_its_time_and_a_message_gives_it_anew() {
    let mut bench = Bench::new();
    let mut peer = bench.peer();
    bench.pass(IDLE - MOMENT);
    peer.write_all(OPTIONS.as_bytes()).expect("sent");
    bench.until(|streams| !streams.inputs.is_empty());
    bench.pass(IDLE - MOMENT);
    assert_eq!(bench.streams.connections.len(), 1);
    bench.pass(SWEEP);
    assert_eq!(bench.streams.connections.len(), 0);
}

#[test]
fn a_connection_that_a_call_uses_stays() {
    let mut bench = Bench::new();
    let (caller, other) = (bench.peer(), bench.peer());
    let used = caller.local_addr().expect("bound");
    for _ in 0..3 {
        bench.pass_with(IDLE + SWEEP, [used]);
        let left: Vec<SocketAddr> = bench.streams.connections.values().map(|one| one.path().remote).collect();
        assert_eq!(left, [used]);
    }
    let gone = bench.path(other.local_addr().expect("bound"));
    assert_eq!(bench.streams.poll_input(), Some(Input::Broken(gone)));
    bench.pass(IDLE + SWEEP);
    assert_eq!(bench.streams.connections.len(), 0, "the call is over");
}

#[test]
fn a_peer_that_does_not_read_is_let_go() {
    let mut bench = Bench::new();
    let peer = bench.peer();
    let remote = peer.local_addr().expect("bound");
    // Beyond our queue, the system keeps some megabytes.
    let mut sent = 0;
    while bench.streams.connections.len() == 1 {
        bench.send(remote, &[b'x'; 64 * 1024]);
        sent += 64 * 1024;
        assert!(sent < 256 * 1024 * 1024, "the queue has no end");
    }
    assert!(sent > QUEUE);
    assert_eq!(bench.streams.poll_input(), Some(Input::Broken(bench.path(remote))));
}

#[test]
fn a_peer_is_called_on_demand_and_once() {
    let mut bench = Bench::new();
    let far = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
    let remote = far.local_addr().expect("bound");
    bench.send(remote, b"one");
    bench.send(remote, b"two");
    let (mut peer, _) = far.accept().expect("a connection");
    peer.set_nonblocking(true).expect("a mode");
    bench.until(|_| peer.peek(&mut [0; 6]).is_ok_and(|length| length == 6));
    peer.set_nonblocking(false).expect("a mode");
    let mut text = [0; 6];
    peer.read_exact(&mut text).expect("both");
    assert_eq!((&text, bench.streams.connections.len()), (b"onetwo", 1));
    peer.write_all(OPTIONS.as_bytes()).expect("sent");
    bench.until(|streams| !streams.inputs.is_empty());
    assert_eq!(bench.streams.poll_input(), Some(Input::Message(OPTIONS.into(), bench.path(remote))));
}

#[test]
fn a_refused_connection_is_told() {
    let mut bench = Bench::new();
    let far = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
    let remote = far.local_addr().expect("bound");
    drop(far);
    bench.send(remote, b"one");
    bench.until(|streams| !streams.inputs.is_empty());
    assert_eq!(bench.streams.poll_input(), Some(Input::Broken(bench.path(remote))));
    assert_eq!(bench.streams.connections.len(), 0);
}
