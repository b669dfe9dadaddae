//! Requests and responses (RFC 3261 section 7): parsed without copying, printed with an honest Content-Length.

mod limit;
mod line;
mod method;
mod multipart;
mod parse;
mod refusal;
mod request;
mod response;

pub use limit::{MAX_HEADERS, MAX_LINE, MAX_MESSAGE, MAX_VIAS};
pub(crate) use line::{Lines, content_length, field};
pub use method::Method;
pub(crate) use multipart::part;
pub use refusal::{ParseError, Refusal};
pub use request::Request;
pub use response::{Response, reason_phrase};

use bytes::Bytes;

use crate::header::{Headers, Name};

/// What travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Asks for something.
    Request(Request),
    /// Answers a request.
    Response(Response),
}

impl Message {
    /// Reads one message: a datagram, or what a [`crate::Framer`] cut out of a stream. What it returns has a start line,
    /// sound Via, From, To, Call-ID, CSeq, Contact and Max-Forwards fields, and a body of the announced length; every
    /// other field is read when it is asked for.
    ///
    /// # Errors
    /// [`ParseError::Drop`] if nothing can be answered, otherwise the status that says what is wrong.
    pub fn parse(datagram: Bytes) -> Result<Self, ParseError> {
        parse::message(datagram)
    }

    /// The header fields.
    pub fn headers(&self) -> &Headers {
        match self {
            Self::Request(request) => &request.headers,
            Self::Response(response) => &response.headers,
        }
    }

    /// The message as it goes on the wire.
    pub fn to_bytes(&self) -> Bytes {
        match self {
            Self::Request(request) => request.to_bytes(),
            Self::Response(response) => response.to_bytes(),
        }
    }
}

/// Writes fields, Content-Length and body after a start line.
fn finish(mut out: Vec<u8>, headers: &Headers, body: &[u8]) -> Bytes {
    for (name, value) in headers.iter().filter(|(name, _)| **name != Name::ContentLength) {
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    out.extend_from_slice(body);
    out.into()
}

/// Bytes that a message will take, nearly.
fn room(headers: &Headers, body: &[u8]) -> usize {
    let fields: usize = headers.iter().map(|(name, value)| name.as_bytes().len() + value.len() + 4).sum();
    fields + body.len() + 128
}
