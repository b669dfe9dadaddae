//! The signalling of a call as it went over the wire, for the ladder.

use core::net::SocketAddr;

use jiff::Timestamp;

use crate::{CallSid, LegId};

/// The SIP messages of a call, in the order in which they came and went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SipTrace {
    /// The call.
    pub call: CallSid,
    /// When it began: what its journal counts from.
    pub began: Timestamp,
    /// The messages.
    pub messages: Vec<SipMessage>,
    /// How many more there were than are kept of a call.
    pub left_out: u32,
}

/// A message, or a copy of one that was sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SipMessage {
    /// The party that it was exchanged with.
    pub leg: LegId,
    /// Whether it was ours.
    pub sent: bool,
    /// Microseconds since the call began, by the monotonic clock. Less than none if a message came before it: one that had to
    /// show its credentials first.
    pub at_us: i64,
    /// Whether it went by a stream.
    pub stream: bool,
    /// Our end.
    pub local: SocketAddr,
    /// The peer's end.
    pub remote: SocketAddr,
    /// What went over the wire, secrets blacked out.
    pub raw: Vec<u8>,
}
