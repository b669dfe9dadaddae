//! The switch as a value: it decides everything that happens in a call and does nothing itself.
//!
//! [`Switch`] owns the SIP endpoint, the calls, and the desk of HTTP callouts. Everything from outside comes in by a
//! `handle_*` method with the moment it happened; everything it wants done comes out of [`Switch::poll_output`].
//! After one input, drain all outputs; then wait until [`Switch::poll_timeout`] at the latest.
//!
//! ```text
//!  datagram ─► sip::Endpoint ─► Event ─► Call ─► flow::Run ─► Command ─► Call ─► Order ─► Output
//!  media report, HTTP outcome, commit, time ─────► Call
//! ```
//!
//! A [call](call) is a value in a map. It never touches what calls share: it hands out orders, and the switch carries
//! them out. So a panic inside one call is caught at its door and costs only that call.
//!
//! The rehearsal (`sim`) and the server run this same type, one with a virtual network, one with sockets.
#![forbid(unsafe_code)]

mod call;
mod config;
mod dialing;
mod groups;
mod journal;
mod leg;
mod order;
mod permit;
mod prompts;
mod recent;
mod registering;
pub mod render;
mod routing;
mod switch;
mod talks;
mod timers;

pub use call::{Reporting, STREAM_LINES};
pub use config::{Config, Limits, NAME_BYTES, Numbering};
pub use dialing::Trunk;
pub use groups::{Group, GroupOrder};
pub use order::{
    CalloutKey, MediaOrder, MediaReport, Notify, Output, RenderKey, RequestKey, ResolveKey, StreamOrder, StreamReport,
    Unrouted,
};
pub use prompts::{Prompts, Published};
pub use routing::Routes;
pub use switch::{Gauges, StartError, Switch};
