//! One TCP connection: reads into the framer, and a queue of what is not yet written.
//!
//! connecting -> open -> over

use std::collections::VecDeque;
use std::io::{self, Read as _, Write as _};
use std::time::{Duration, Instant};

use bytes::{Buf as _, Bytes};
use mio::net::TcpStream;
use sip::{Framer, Path};

use super::Input;

/// Bytes that may wait for a peer who does not read.
pub(super) const QUEUE: usize = 256 * 1024;

/// A connection on which nothing came or went for so long is closed, unless a call or a registration uses it.
pub(super) const IDLE: Duration = Duration::from_secs(600);

/// A message must be whole in this time: timer F, after which nobody waits for its answer (RFC 3261 section 17.1.2).
pub(super) const UNFINISHED: Duration = Duration::from_secs(32);

/// A peer must take the connection in this time, so that the next target has its turn before timer B.
pub(super) const CONNECT: Duration = Duration::from_secs(10);

/// Reads before other sockets have their turn.
const READS: usize = 8;

/// Why a turn of reading ended.
pub(super) enum Turn {
    /// Nothing is left: an event follows when there is.
    Rest,
    /// Something may be left.
    More,
}

/// A connection and what is under way on it.
pub(super) struct Connection {
    stream: TcpStream,
    path: Path,
    connected: bool,
    framer: Framer,
    queue: VecDeque<Bytes>,
    queued: usize,
    /// When something last came or went.
    active: Instant,
    /// Since when a message is unfinished.
    unfinished: Option<Instant>,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, path: Path, connected: bool, now: Instant) -> Self {
        // Without it messages go out all the same, only later.
        drop(stream.set_nodelay(true));
        Self {
            stream,
            path,
            connected,
            framer: Framer::new(),
            queue: VecDeque::new(),
            queued: 0,
            active: now,
            unfinished: None,
        }
    }

    pub(super) fn path(&self) -> Path {
        self.path
    }

    /// Whether its time is over.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        let since = |at: Instant| now.saturating_duration_since(at);
        (!self.connected && since(self.active) >= CONNECT) || self.unfinished.is_some_and(|at| since(at) >= UNFINISHED)
    }

    /// Whether nothing came or went for long.
    pub(super) fn is_idle(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.active) >= IDLE
    }

    /// Somebody uses it, though nothing comes or goes.
    pub(super) fn keep(&mut self, now: Instant) {
        self.active = now;
    }

    /// Looks whether the peer has taken the connection meanwhile.
    pub(super) fn connect(&mut self) -> io::Result<()> {
        if self.connected {
            return Ok(());
        }
        if let Some(error) = self.stream.take_error()? {
            return Err(error);
        }
        match self.stream.peer_addr() {
            Ok(_) => self.connected = true,
            Err(error) if error.kind() == io::ErrorKind::NotConnected => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Reads and cuts for one turn. An error, such as the stream's end, ends the connection.
    pub(super) fn read(&mut self, buffer: &mut [u8], inputs: &mut VecDeque<Input>, now: Instant) -> io::Result<Turn> {
        if !self.connected {
            return Ok(Turn::Rest);
        }
        for _ in 0..READS {
            match self.stream.read(buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => self.take(&buffer[..length], inputs, now)?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Turn::Rest),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Turn::More)
    }

    fn take(&mut self, bytes: &[u8], inputs: &mut VecDeque<Input>, now: Instant) -> io::Result<()> {
        self.active = now;
        self.framer.push(bytes);
        while let Some(message) = self.framer.next() {
            let message = message.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            inputs.push_back(Input::Message(message, self.path));
            self.unfinished = None;
        }
        if self.framer.is_between_messages() {
            self.unfinished = None;
        } else {
            self.unfinished.get_or_insert(now);
        }
        while let Some(pong) = self.framer.poll_transmit() {
            self.send(pong, now)?;
        }
        Ok(())
    }

    /// Writes what can be written now; the rest waits.
    pub(super) fn send(&mut self, bytes: Bytes, now: Instant) -> io::Result<()> {
        if self.queued + bytes.len() > QUEUE {
            return Err(io::Error::other("the peer does not read"));
        }
        self.active = now;
        self.queued += bytes.len();
        self.queue.push_back(bytes);
        self.flush()
    }

    /// Goes on writing.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        while let Some(bytes) = self.queue.front_mut().filter(|_| self.connected) {
            match self.stream.write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(length) => {
                    self.queued -= length;
                    bytes.advance(length);
                    if bytes.is_empty() {
                        self.queue.pop_front();
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
