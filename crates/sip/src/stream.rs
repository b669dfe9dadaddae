//! Messages out of a byte stream (RFC 3261 sections 7.5 and 18.3), and the keep-alives between them (RFC 5626 section
//! 4.4.1): a double CRLF is a ping and wants a single CRLF back.

use bytes::{Buf as _, Bytes, BytesMut};
use memchr::memmem;

use crate::header::Name;
use crate::message::{Lines, MAX_MESSAGE, content_length, field};
use crate::scan::Syntax;

/// Answers to pings that wait to be sent. Who sends more pings without reading answers loses the surplus.
const MAX_PONGS: usize = 8;
const PING: &[u8] = b"\r\n\r\n";
const PONG: &[u8] = b"\r\n";

/// The stream's boundaries are lost: the connection has to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// A message is longer than [`MAX_MESSAGE`].
    #[error("a message longer than 64 KiB")]
    TooLong,
    /// A message's length is not known, or said twice.
    #[error("expected {0}")]
    Length(&'static str),
}

/// Cuts a stream into messages. Holds what one `push` brought and at most one unfinished message.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: BytesMut,
    /// Bytes at the front in which no end of a head was found.
    searched: usize,
    /// Bytes of the message at the front, once its head has been read.
    length: Option<usize>,
    pongs: usize,
    failed: Option<StreamError>,
}

impl Framer {
    /// At the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what was read from the stream. Drain [`Self::next`] before the next push; after an error bytes are ignored.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// The next whole message, for [`crate::Message::parse`]; `None` until more is pushed. An error comes again and
    /// again: the stream is over.
    #[allow(clippy::should_implement_trait)] // `None` is not the end
    pub fn next(&mut self) -> Option<Result<Bytes, StreamError>> {
        if self.failed.is_none() {
            match self.cut() {
                Ok(message) => return message.map(Ok),
                Err(error) => {
                    self.failed = Some(error);
                    self.buffer = BytesMut::new();
                }
            }
        }
        self.failed.map(Err)
    }

    /// The next bytes to send back: the answer to a ping.
    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        self.pongs = self.pongs.checked_sub(1)?;
        Some(Bytes::from_static(PONG))
    }

    /// Whether no message has begun that is not whole yet.
    pub fn is_between_messages(&self) -> bool {
        PING.starts_with(&self.buffer)
    }

    fn cut(&mut self) -> Result<Option<Bytes>, StreamError> {
        if self.length.is_none() {
            self.skip_keep_alives();
            self.length = self.measure()?;
        }
        let Some(length) = self.length.filter(|length| *length <= self.buffer.len()) else { return Ok(None) };
        self.length = None;
        self.searched = 0;
        Ok(Some(self.buffer.split_to(length).freeze()))
    }

    /// A single CRLF before a message is a pong, or the end of a careless message before it.
    fn skip_keep_alives(&mut self) {
        while self.buffer.starts_with(PING) {
            self.buffer.advance(PING.len());
            self.pongs = (self.pongs + 1).min(MAX_PONGS);
        }
        let half_a_ping = PING.starts_with(&self.buffer);
        if !half_a_ping && self.buffer.starts_with(PONG) {
            self.buffer.advance(PONG.len());
        }
    }

    /// The bytes of the message at the front, if its head is whole.
    fn measure(&mut self) -> Result<Option<usize>, StreamError> {
        if PING.starts_with(&self.buffer) {
            return Ok(None);
        }
        let window = &self.buffer[self.searched..self.buffer.len().min(MAX_MESSAGE)];
        let Some(end) = memmem::find(window, b"\r\n\r\n") else {
            self.searched = self.buffer.len().saturating_sub(3);
            return if self.buffer.len() < MAX_MESSAGE { Ok(None) } else { Err(StreamError::TooLong) };
        };
        let head = self.searched + end + 4;
        let body = announced(Bytes::copy_from_slice(&self.buffer[..head]))
            .map_err(|Syntax(what)| StreamError::Length(what))?;
        let length = head.checked_add(body).filter(|length| *length <= MAX_MESSAGE).ok_or(StreamError::TooLong)?;
        Ok(Some(length))
    }
}

/// What Content-Length says, once.
fn announced(head: Bytes) -> Result<usize, Syntax> {
    let mut lines = Lines::new(head);
    let mut found = None;
    loop {
        let line = lines.next()?;
        if line.is_empty() {
            return found.ok_or(Syntax("a Content-Length in a stream"));
        }
        // What is no field is the parser's to complain about, so that a request is answered.
        let Ok((Name::ContentLength, value)) = field(line) else { continue };
        if found.replace(content_length(&value)?).is_some() {
            return Err(Syntax("Content-Length once"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(body: &str) -> String {
        format!("OPTIONS sip:a.example SIP/2.0\r\nX: y\r\nl: {}\r\n\r\n{body}", body.len())
    }

    fn drain(framer: &mut Framer) -> Vec<Bytes> {
        std::iter::from_fn(|| framer.next().map(|message| message.expect("a sound stream"))).collect()
    }

    fn pongs(framer: &mut Framer) -> usize {
        std::iter::from_fn(|| framer.poll_transmit()).inspect(|pong| assert_eq!(pong, "\r\n")).count()
    }

    #[test]
    fn messages_are_cut_wherever_the_stream_is_torn() {
        let messages = [message("one\r\n\r\n"), message(""), message("three")];
        let stream = format!("\r\n\r\n{}\r\n{}\r\n\r\n\r\n\r\n{}\r\n\r\n", messages[0], messages[1], messages[2]);
        for piece in 1..stream.len() {
            let mut framer = Framer::new();
            let mut found = Vec::new();
            for bytes in stream.as_bytes().chunks(piece) {
                framer.push(bytes);
                found.extend(drain(&mut framer));
            }
            assert_eq!(found, messages, "in pieces of {piece}");
            assert_eq!(pongs(&mut framer), 4, "in pieces of {piece}");
        }
    }

    #[test]
    fn a_pong_wants_no_answer() {
        let mut framer = Framer::new();
        framer.push(b"\r\n");
        assert_eq!((framer.next(), framer.poll_transmit()), (None, None));
        assert!(framer.is_between_messages());
        framer.push(message("x").as_bytes());
        assert_eq!(drain(&mut framer), [message("x")]);
        assert_eq!(framer.poll_transmit(), None);
    }

    #[test]
    fn pings_are_answered_so_often() {
        let mut framer = Framer::new();
        framer.push(&b"\r\n\r\n".repeat(1_000));
        assert_eq!(framer.next(), None);
        assert_eq!(pongs(&mut framer), MAX_PONGS);
        assert!(framer.buffer.is_empty());
    }

    #[test]
    fn a_lost_boundary_ends_the_stream() {
        let long = format!("OPTIONS sip:a.example SIP/2.0\r\nl: {MAX_MESSAGE}\r\n\r\n");
        let unknown = Err(StreamError::Length("a Content-Length in a stream"));
        let cases = [
            ("OPTIONS sip:a.example SIP/2.0\r\nX: y\r\n\r\n".to_owned(), unknown),
            ("X\r\nl: 1\r\nContent-Length: 1\r\n\r\nx".to_owned(), Err(StreamError::Length("Content-Length once"))),
            ("X\r\nl: -1\r\n\r\n".to_owned(), Err(StreamError::Length("a length in Content-Length"))),
            (
                "X\r\nl: 99999999999999999999999\r\n\r\n".to_owned(),
                Err(StreamError::Length("a length in Content-Length")),
            ),
            (format!("X\r\nl: {}\r\n\r\n", usize::MAX), Err(StreamError::TooLong)),
            (long, Err(StreamError::TooLong)),
            ("x".repeat(MAX_MESSAGE), Err(StreamError::TooLong)),
        ];
        for (stream, error) in cases {
            let mut framer = Framer::new();
            framer.push(stream.as_bytes());
            assert_eq!(framer.next(), Some(error.clone()));
            framer.push(message("x").as_bytes());
            assert_eq!(framer.next(), Some(error), "the stream stays over");
            assert!(framer.buffer.is_empty());
        }
    }

    #[test]
    fn the_longest_message_fits() {
        let head = format!("X\r\nl: {}\r\n\r\n", MAX_MESSAGE - 15);
        assert_eq!(head.len(), 15);
        let mut framer = Framer::new();
        framer.push(head.as_bytes());
        for _ in 0..MAX_MESSAGE - head.len() {
            assert_eq!(framer.next(), None);
            framer.push(b"x");
            assert!(!framer.is_between_messages());
        }
        assert_eq!(drain(&mut framer)[0].len(), MAX_MESSAGE);
    }
}
