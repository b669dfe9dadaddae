//! A stream: the audio of a call, live, between the call and an application that holds the other end of a WebSocket.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{HttpFailure, Record, RecordingFacts, without_userinfo};

/// The public name of a stream, unique for ever: of the same make as a call's (`exotel.md` 1.9). Opaque here.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StreamSid(Arc<str>);

impl StreamSid {
    /// Takes a name made elsewhere.
    pub fn new(sid: impl Into<Arc<str>>) -> Self {
        Self(sid.into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StreamSid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StreamSid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A stream as a flow asks for it.
#[derive(Clone, PartialEq, Eq)]
pub struct Stream {
    /// Where the application listens: `ws` or `wss`. Userinfo in it is sent as Basic authentication and shown nowhere.
    pub url: String,
    /// Whether the caller hears the application: a voicebot. Else it only listens.
    pub two_way: bool,
    /// Samples a second, both ways: 8000, 16000 or 24000.
    pub rate: u32,
    /// How much audio goes into one message to the application.
    pub frame: Duration,
    /// The caller, as the application is told.
    pub from: String,
    /// The number called, as the application is told.
    pub to: String,
    /// Whose call it is, as the application is told.
    pub account: String,
    /// What the flow's author has the application told, in order.
    pub parameters: Vec<(String, String)>,
    /// Whether the ids of the first message are given in camel case, too.
    pub camel_case: bool,
    /// How what both say is recorded, if it is.
    pub record: Option<Record>,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ways = if self.two_way { "two ways" } else { "one way" };
        write!(f, "{} {ways} at {} Hz", without_userinfo(&self.url), self.rate)
    }
}

/// What became of a stream (`exotel.md` 1.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamStatus {
    /// The application ended it, or the flow did.
    Completed,
    /// It never came to be, or broke.
    Failed,
    /// The caller hung up.
    Cancelled,
}

/// Who ended a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamEndedBy {
    /// The caller hung up.
    Caller,
    /// The application closed its socket.
    Bot,
    /// This server: the flow went on, the longest time of a stream was over.
    Us,
    /// Nobody: it failed.
    Nobody,
}

/// Why a stream failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamFailure {
    /// There are as many streams as there may be.
    Throttled {
        /// How many there may be.
        limit: usize,
    },
    /// The URL that is asked where the stream goes did not say so.
    NoAddress {
        /// What is wrong with its answer.
        why: String,
    },
    /// No connection to the application came to be.
    Unreachable(HttpFailure),
    /// The application answered the handshake with another status than 101.
    Refused {
        /// The status.
        status: u16,
    },
    /// The connection broke, or was closed with a code that is none of a normal end (RFC 6455 section 7.4.1).
    Broken {
        /// The code, if one came.
        code: Option<u16>,
        /// What was said with it, or what broke.
        why: String,
    },
    /// The application sent what is no message of the protocol.
    Malformed {
        /// What.
        why: String,
    },
    /// The application took nothing for too long.
    Stalled,
}

impl fmt::Display for StreamFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Throttled { limit } => write!(f, "there are {limit} streams, as many as there may be"),
            Self::NoAddress { why } => write!(f, "the URL does not say where the stream goes: {why}"),
            Self::Unreachable(failure) => write!(f, "no connection: {failure}"),
            Self::Refused { status } => write!(f, "the handshake was answered with {status} instead of 101"),
            Self::Broken { code: Some(code), why } if why.is_empty() => {
                write!(f, "the connection was closed with {code}")
            }
            Self::Broken { code: Some(code), why } => write!(f, "the connection was closed with {code}: {why}"),
            Self::Broken { code: None, why } => write!(f, "the connection broke: {why}"),
            Self::Malformed { why } => write!(f, "a message that is none of the protocol: {why}"),
            Self::Stalled => f.write_str("the application takes nothing any more"),
        }
    }
}

/// What went over a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamCounts {
    /// Messages with audio that the application was sent.
    pub sent: u64,
    /// Messages with audio that came from it.
    pub received: u64,
    /// Audio that the application took too late, and was not sent.
    pub unsent: Duration,
    /// Audio that the application sent too far ahead, and was not played.
    pub unplayed: Duration,
    /// Marks that came to be played.
    pub marks: u32,
    /// Times that the application had dropped what was not played yet.
    pub clears: u32,
    /// Messages that were no part of the protocol, or out of place, and were passed over.
    pub ignored: u32,
}

/// How a stream ended, as whoever held the socket saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamEnd {
    /// Who ended it.
    pub by: StreamEndedBy,
    /// Why it failed, if it did.
    pub failure: Option<StreamFailure>,
    /// What went over it.
    pub counts: StreamCounts,
}

impl StreamEnd {
    /// A stream that failed.
    pub fn failed(failure: StreamFailure, counts: StreamCounts) -> Self {
        Self { by: StreamEndedBy::Nobody, failure: Some(failure), counts }
    }

    /// What became of it.
    pub fn status(&self) -> StreamStatus {
        match (&self.failure, self.by) {
            (Some(_), _) => StreamStatus::Failed,
            (None, StreamEndedBy::Caller) => StreamStatus::Cancelled,
            (None, _) => StreamStatus::Completed,
        }
    }
}

/// What is known of a stream that has ended: the source of a Passthru's `Stream[…]` parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StreamFacts {
    /// Its name.
    pub sid: StreamSid,
    /// The address that was used, without userinfo.
    pub url: String,
    /// How long it lasted, from the first message on; zero if none was sent.
    pub duration: Duration,
    /// How it ended.
    pub end: StreamEnd,
    /// What was recorded of it, if it was.
    pub recording: Option<RecordingFacts>,
}
