//! Why a message could not be read, and what may be said about it (RFC 3261 sections 8.2, 16.3, 18.3 and 21.4.1).

use bytes::Bytes;

use super::Response;
use crate::header::Headers;

/// A message that is not processed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// No answer is possible: it is no SIP request, it is an ACK or a response, or it names no way back.
    #[error("dropped: {0}")]
    Drop(&'static str),
    /// A request that can be answered.
    #[error("refused with {}: {}", .0.status, .0.why)]
    Refuse(Box<Refusal>),
}

/// What the answer to an unreadable request is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// 400, 501, 505 or 513.
    pub status: u16,
    /// What was expected and not found, for people.
    pub why: &'static str,
    /// Every Via, From, To, Call-ID and CSeq that was found, as it came.
    pub echo: Headers,
}

impl Refusal {
    /// The answer. To has no tag of ours yet, and the Via no `received`.
    pub fn response(&self) -> Response {
        let reason = match self.status {
            400 => Bytes::from(format!("Bad Request, expected {}", self.why)),
            status => Bytes::from_static(super::reason_phrase(status).as_bytes()),
        };
        Response { status: self.status, reason, headers: self.echo.clone(), body: Bytes::new() }
    }
}
