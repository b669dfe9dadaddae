//! SIP over TCP (RFC 3261 section 18): listeners and connections in the poll of the switch's thread.
//!
//! What comes in waits in [`Streams::poll_input`]. Bad input on a stream ends that connection and no other.

mod connection;

use core::net::{IpAddr, SocketAddr};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry, Token};
use sip::{Path, Transmit, Transport};

use crate::socket;
use connection::{Connection, Turn};

/// Connections at a time, from and to all peers.
const CONNECTIONS: usize = 4_096;

/// Connections at a time with one address.
const PER_ADDRESS: usize = 64;

/// Connections taken from one listener before others have their turn.
const ACCEPTS: usize = 64;

/// The time between two looks for connections whose time is over.
const SWEEP: Duration = Duration::from_secs(1);

/// Bytes that one read takes at most.
const READ: usize = 16 * 1024;

/// Tokens of listeners begin here, those of connections at the next; sockets count from 0.
const LISTENERS: usize = 1 << 16;
const FIRST_CONNECTION: usize = 1 << 17;

/// What a stream has for the switch.
#[derive(Debug, PartialEq, Eq)]
pub enum Input {
    /// A message.
    Message(Bytes, Path),
    /// The connection of that path is over, or never came to be.
    Broken(Path),
}

/// All listeners and connections.
pub struct Streams {
    registry: Registry,
    listeners: Vec<(TcpListener, SocketAddr)>,
    connections: BTreeMap<usize, Connection>,
    by_path: BTreeMap<Path, usize>,
    /// Never used twice, so that a late event finds nobody.
    next: usize,
    inputs: VecDeque<Input>,
    /// Tokens whose sockets had more to give when their turn was over.
    later: Vec<usize>,
    /// Listeners that could not accept are asked again at the next sweep.
    stalled: Vec<usize>,
    sweep: Option<Instant>,
    /// The instant of the last input: what waits since then is due.
    now: Option<Instant>,
    buffer: Vec<u8>,
}

impl Streams {
    /// Without listeners. Tokens are this one's from [`Self::owns`] on.
    pub fn new(registry: &Registry) -> io::Result<Self> {
        Ok(Self {
            registry: registry.try_clone()?,
            listeners: Vec::new(),
            connections: BTreeMap::new(),
            by_path: BTreeMap::new(),
            next: FIRST_CONNECTION,
            inputs: VecDeque::new(),
            later: Vec::new(),
            stalled: Vec::new(),
            sweep: None,
            now: None,
            buffer: vec![0; READ],
        })
    }

    /// Listens on an address; says which it is.
    pub fn listen(&mut self, address: SocketAddr) -> io::Result<SocketAddr> {
        let mut listener = socket::connections(address)?;
        let token = Token(LISTENERS + self.listeners.len());
        self.registry.register(&mut listener, token, Interest::READABLE)?;
        let local = listener.local_addr()?;
        self.listeners.push((listener, local));
        Ok(local)
    }

    /// Whether an event with that token is for [`Self::handle_event`]; the mailbox's must be asked for first.
    pub fn owns(token: Token) -> bool {
        token.0 >= LISTENERS
    }

    /// Something can be accepted, read or written.
    pub fn handle_event(&mut self, event: &Event, now: Instant) {
        self.now = Some(now);
        let Token(token) = event.token();
        if token < FIRST_CONNECTION {
            return self.accept(token, now);
        }
        if let Some(connection) = self.connections.get_mut(&token)
            && (connection.connect().is_err() || connection.flush().is_err())
        {
            return self.close(token);
        }
        self.read(token, now);
    }

    /// Goes on with what had more to give, and ends connections whose time is over. `used` says which
    /// peers calls and registrations need; it is asked only if a connection is idle.
    pub fn handle_timeout(&mut self, used: impl FnOnce() -> BTreeSet<SocketAddr>, now: Instant) {
        self.now = Some(now);
        for token in core::mem::take(&mut self.later) {
            if token < FIRST_CONNECTION { self.accept(token, now) } else { self.read(token, now) }
        }
        if self.sweep.is_some_and(|at| at <= now) {
            self.sweep = None;
            self.close_idle(used, now);
            let over = self.connections.iter().filter(|(_, connection)| connection.is_over(now));
            let over: Vec<usize> = over.map(|(token, _)| *token).collect();
            over.into_iter().for_each(|token| self.close(token));
            core::mem::take(&mut self.stalled).into_iter().for_each(|token| self.accept(token, now));
            self.plan(now);
        }
    }

    /// When `handle_timeout` is to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.later.is_empty() { self.sweep } else { self.now }
    }

    /// The next thing for the switch.
    pub fn poll_input(&mut self) -> Option<Input> {
        self.inputs.pop_front()
    }

    /// Sends a message on the connection with that peer, or on a new one.
    pub fn send(&mut self, transmit: &Transmit, now: Instant) {
        let token = match self.with_peer(transmit.path) {
            Some(token) => token,
            None => match self.connect(transmit.path, now) {
                Ok(token) => token,
                Err(error) => {
                    tracing::debug!(%error, to = %transmit.path.remote, "no SIP connection");
                    return self.inputs.push_back(Input::Broken(transmit.path));
                }
            },
        };
        let sent = self.connections.get_mut(&token).map(|connection| connection.send(transmit.bytes.clone(), now));
        if let Some(Err(error)) = sent {
            tracing::debug!(%error, to = %transmit.path.remote, "a SIP connection ends");
            self.close(token);
        }
    }

    /// The connection of that path, or one that the same peer has with another listener.
    fn with_peer(&self, path: Path) -> Option<usize> {
        let by = |local: SocketAddr| self.by_path.get(&Path { local, ..path }).copied();
        by(path.local).or_else(|| self.listeners.iter().find_map(|(_, local)| by(*local)))
    }

    fn connect(&mut self, path: Path, now: Instant) -> io::Result<usize> {
        if self.connections.len() >= CONNECTIONS {
            return Err(io::Error::other("as many connections as there may be"));
        }
        let stream = TcpStream::connect(path.remote)?;
        self.insert(stream, path, false, now)
    }

    fn accept(&mut self, token: usize, now: Instant) {
        for _ in 0..ACCEPTS {
            let Some((listener, local)) = self.listeners.get(token - LISTENERS) else { return };
            match listener.accept() {
                Ok((stream, remote)) => {
                    let path = Path { transport: Transport::Tcp, local: *local, remote };
                    if self.connections.len() >= CONNECTIONS || self.count(remote.ip()) >= PER_ADDRESS {
                        tracing::debug!(%remote, "too many SIP connections");
                    } else if let Err(error) = self.insert(stream, path, true, now) {
                        tracing::debug!(%error, %remote, "a SIP connection cannot be polled");
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    tracing::warn!(%error, "SIP connections cannot be accepted for now");
                    self.stalled.push(token);
                    return self.plan(now);
                }
            }
        }
        self.later.push(token);
    }

    /// Connections with that address.
    fn count(&self, ip: IpAddr) -> usize {
        let on = |local: SocketAddr| {
            let end = |port| Path { transport: Transport::Tcp, local, remote: SocketAddr::new(ip, port) };
            self.by_path.range(end(0)..=end(u16::MAX)).count()
        };
        self.listeners.iter().map(|(_, local)| on(*local)).sum()
    }

    fn insert(&mut self, mut stream: TcpStream, path: Path, connected: bool, now: Instant) -> io::Result<usize> {
        let token = self.next;
        self.registry.register(&mut stream, Token(token), Interest::READABLE | Interest::WRITABLE)?;
        self.next += 1;
        self.connections.insert(token, Connection::new(stream, path, connected, now));
        self.by_path.insert(path, token);
        self.plan(now);
        Ok(token)
    }

    fn read(&mut self, token: usize, now: Instant) {
        let Some(connection) = self.connections.get_mut(&token) else { return };
        match connection.read(&mut self.buffer, &mut self.inputs, now) {
            Ok(Turn::Rest) => {}
            Ok(Turn::More) => self.later.push(token),
            Err(error) => {
                tracing::debug!(%error, "a SIP connection ends");
                self.close(token);
            }
        }
    }

    /// Ends connections by which nothing was said for long, but for those that are used.
    fn close_idle(&mut self, used: impl FnOnce() -> BTreeSet<SocketAddr>, now: Instant) {
        let idle = self.connections.iter().filter(|(_, connection)| connection.is_idle(now));
        let idle: Vec<usize> = idle.map(|(token, _)| *token).collect();
        if idle.is_empty() {
            return;
        }
        let used = used();
        for token in idle {
            match self.connections.get_mut(&token) {
                Some(connection) if used.contains(&connection.path().remote) => connection.keep(now),
                _ => self.close(token),
            }
        }
    }

    fn close(&mut self, token: usize) {
        let Some(connection) = self.connections.remove(&token) else { return };
        let path = connection.path();
        // A newer connection of the same path stays known.
        if self.by_path.get(&path) == Some(&token) {
            self.by_path.remove(&path);
        }
        self.inputs.push_back(Input::Broken(path));
    }

    fn plan(&mut self, now: Instant) {
        if self.sweep.is_none() && !(self.connections.is_empty() && self.stalled.is_empty()) {
            self.sweep = Some(now + SWEEP);
        }
    }
}

#[cfg(test)]
mod tests;
