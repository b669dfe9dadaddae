//! RTP and RTCP (RFC 3550): what is on the wire, and what is counted about it.

mod jitter;
mod outgoing;
mod packet;
mod reception;
mod rtcp;
mod stats;
mod telephone_event;

pub(crate) use jitter::{Frame, Jitter};
pub(crate) use outgoing::{Outgoing, Stamp, duration, samples};
pub use packet::{HEADER, Packet};
pub(crate) use reception::{Arrival, Reception};
pub(crate) use rtcp::Report;
pub use rtcp::{Block, Compound, Sender};
pub use stats::Stats;
pub use telephone_event::TelephoneEvent;
pub(crate) use telephone_event::{Key, KeyReader};
