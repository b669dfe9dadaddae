//! The rehearsal: whole calls, deterministic, without a socket.
//!
//! A [`World`] holds the same [`switch::Switch`] and [`media::Plane`] that the server runs, a virtual [`network`] with a
//! seed, scripted [phones](Phone), a scripted [web](Web) and one clock. It takes the earliest of what is due (packets,
//! the phones' plans, web answers, timers), sets the clock to it, feeds it, drains everybody, and repeats: a
//! thirty-second ring takes no time. What was said on the wire, in the flow and to the web is the [ladder](World::ladder).
//!
//! The phones share no code with the switch: they write and read their SIP as text and their RTP as bytes, so that a
//! fault of a parser cannot cancel itself out.
#![forbid(unsafe_code)]

mod agent;
mod check;
mod clock;

mod ladder;
mod network;
mod numbering;
mod phone;
mod sound;
mod story;
mod time;
mod web;
mod wire;
mod world;

pub use network::Weather;
pub use numbering::Local;
pub use phone::{Condition, Phone};
pub use story::in_all_weathers;
pub use time::Units;
pub use web::{Requested, Site};
pub use world::World;
