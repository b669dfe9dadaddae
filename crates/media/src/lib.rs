//! What is heard in a call: SDP offer/answer, RTP, G.711, digits, prompts and bridges.
//!
//! Pure: bytes, addresses and instants come in as arguments, packets and events go out as values. [`Negotiation`] is
//! the offer/answer machine of one leg, used by the switch; [`Plane`] is what one media worker does, without its thread:
//! it takes [`Command`]s and packets and gives [`Event`]s and packets. What was agreed travels from the one to the other
//! as a [`Remote`].
#![forbid(unsafe_code)]

mod bridge;
mod clock;
pub mod codec;
mod command;
mod dtmf;
mod keypad;
mod live;
mod loudness;
mod mix;
mod outbox;
mod pcm;
mod plane;
mod player;
mod recorder;
pub mod rtp;
pub mod sdp;
mod session;
mod source;
mod tap;
mod tone;
mod track;

pub use codec::Codec;
pub use command::{Command, Event, Gauges, MediaId, PlayId, RecordingId, Settings, StreamId};
pub use keypad::MAX_DIGITS;
pub use live::{MAX_SAID, Progress};
pub use outbox::Transmit;
pub use pcm::{Pcm, PcmError};
pub use plane::{MAX_RECORDED, MAX_STREAMED, Plane};
pub use player::MAX_AUDIO;
pub use recorder::{Fate, Recorded};
pub use sdp::{Format, Local, Negotiation, Remote, SdpError};
pub use tap::Streamed;
pub use tone::{Tone, ringback};

/// Where virtual time starts in the tests of this crate. An instant can only be had from the clock.
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the origin of virtual time; no test measures real time")]
pub(crate) fn test_epoch() -> std::time::Instant {
    std::time::Instant::now()
}
