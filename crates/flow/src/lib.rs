//! Flows: what happens in a call, as a document that becomes a program that a call walks.
//!
//! A [`Program`] is immutable and shared by all calls; a [`Run`] is one call's walk through it. A run never does
//! anything itself: it hands out [`Output`]s (commands for the switch, lines for the journal) and takes
//! [`Event`]s. After each [`Run::start`] and [`Run::handle_event`], drain [`Run::poll_output`].
//!
//! The words of [`Command`] and [`Event`] are those of call control (Rayo, XEP-0327): they name parties, prompts
//! and digits, never SIP or RTP.
#![forbid(unsafe_code)]

mod applet;
mod control;
mod cx;
mod program;
mod run;

pub use applet::{Applet, Exit, Step, Visit};
pub use control::{Audio, Command, Component, Dial, Event, Output, Target};
pub use cx::Cx;
pub use program::{Node, NodeIndex, Program};
pub use run::{NODES_WITHOUT_WAITING, Run, TYPE_AHEAD};
