//! The words of passthru: what every other crate means by a call, a leg, a cause, an event.
//!
//! Plain data and folds over it. Nothing here decides what a call does; nothing asks the time, and nothing
//! knows SIP, HTTP or SQL. The journal ([`CallEvent`]) is the spine of the project: the call record ([`Cdr`]), the
//! timeline, the live view and the parameters of a Passthru ([`CallFacts`]) are readings of one list.
#![forbid(unsafe_code)]

mod cause;
mod cdr;
mod command;
mod event;
mod facts;
mod http;
mod id;
mod inquiry;
mod message;
mod party;
mod progress;
mod quality;
mod recording;
mod search;
mod start;
mod status;
mod stream;
mod talk;
mod trace;

pub use cause::Cause;
pub use cdr::{CallState, Cdr};
pub use command::CallCommand;
pub use event::{CallEvent, EndedBy, EventKind, LegEnd};
pub use facts::{CallFacts, DialFacts, DialStatus, LegFacts, LegMoments};
pub use http::{
    Asker, HttpAnswer, HttpFailure, HttpOutcome, HttpRequest, HttpTrace, Mark, endpoint, origin, without_userinfo,
};
pub use id::{CallSid, CalloutId, Direction, FlowId, LegId, Moment, Tenant};
pub use inquiry::{Attempt, Inquiry, LastGood, Way};
pub use message::Message;
pub use party::{PARTIES, Party, Reached};
pub use progress::CallStatus;
pub use quality::MediaQuality;
pub use recording::{Format, Record, Recording, RecordingFacts, RecordingName};
pub use search::CallSearch;
pub use start::{BETWEEN_TWO_NUMBERS, Connect, Playback, StartCall, StatusCallback, TO_A_BOT, Then, ToBot, ToFlow};
pub use status::{PartyReport, PartyState, StatusEvent, StatusReport};
pub use stream::{Stream, StreamCounts, StreamEnd, StreamEndedBy, StreamFacts, StreamFailure, StreamSid, StreamStatus};
pub use talk::Talk;
pub use trace::{SipMessage, SipTrace};
