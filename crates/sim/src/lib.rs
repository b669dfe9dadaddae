//! The rehearsal: whole calls, deterministic, without a socket.
//!
//! A [`World`] holds the same [`switch::Switch`] and [`media::Plane`] that the server runs, a virtual [`network`] with a
//! seed, scripted [phones](Phone), a scripted [web](Web) and one clock. It takes the earliest of what is due (packets,
//! the phones' plans, web answers, timers), sets the clock to it, feeds it, drains everybody, and repeats: a
//! thirty-second ring takes no time. What was said on the wire, in the flow and to the web is the [ladder](World::ladder).
//!
//! A [`Scenario`] is a rehearsal as data, for those who write flows: who calls, which keys, what the web says, who is
//! called and how they behave, and what is expected of all that.
//!
//! The phones share no code with the switch: they write and read their SIP as text and their RTP as bytes, so that a
//! fault of a parser cannot cancel itself out.
#![forbid(unsafe_code)]

mod agent;
mod bot;
mod cast;
mod check;
mod clock;
mod describes;
mod exchange;
mod expectation;
mod ladder;
mod manner;
mod network;
mod numbering;
mod part;
mod phone;
mod recorder;
mod rehearsed;
mod reply;
mod scenario;
mod script;
mod sound;
mod stage;
mod story;
mod time;
mod web;
mod wire;
mod world;

pub use bot::{Bot, nobody_listens};
pub use cast::Who;
pub use describes::Describes;
pub use expectation::{Expectation, ExpectedRequest};
pub use manner::Manner;
pub use network::Weather;
pub use numbering::Local;
pub use part::Part;
pub use phone::{Condition, Phone};
pub use recorder::Heard;
pub use rehearsed::{Left, Rehearsed, Stride};
pub use reply::Reply;
pub use scenario::{CALLER, Keys, NUMBER, Scenario, Started};
pub use script::Script;
pub use stage::{Outgoing, STEPS, Stage};
pub use story::{in_all_weathers, with_groups_in_all_weathers};
pub use time::Units;
pub use web::{Requested, Site};
pub use world::World;
