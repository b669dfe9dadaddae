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
mod catalogue;
mod compile;
mod control;
mod count;
mod cx;
mod diagnostic;
mod dial;
mod document;
mod expression;
mod fields;
mod graph;
mod lapse;
#[cfg(feature = "ledger")]
pub mod ledger;
mod nearest;
mod outline;
mod page;
mod program;
mod record;
mod run;
mod schema;
mod scope;
mod several;
mod template;
mod tree;

pub use applet::{Applet, Exit, Exits, Step, Visit, WithoutCaller};
pub use catalogue::{Catalogue, Kind, Site};
pub use compile::{DIAGNOSTICS, compile, name};
pub use control::{Audio, Command, Component, Event, Output};
pub use count::Count;
pub use cx::{Aside, CALLOUTS_A_CALL, Cx, TELLS_A_CALL, VARIABLES};
pub use diagnostic::{Diagnostic, Place, Severity};
pub use dial::{Announcement, Dial, DialOrder, DialProgress, Hearers, Music, Party, Playback, Target};
pub use document::{ITEMS, NAME, NODES};
pub use expression::{EXPRESSION_BYTES, EXPRESSION_DEPTH, Expression};
pub use fields::{SETTING_ITEMS, read_document};
pub use lapse::Lapse;
pub use nearest::edits;
pub use outline::{Outline, Port, Sketch, outline};
pub use page::Page;
pub use program::{Node, NodeIndex, Program};
pub use record::Take;
pub use run::{FLOWS_DEEP, NODES_A_CALL, NODES_WITHOUT_WAITING, Run, TYPE_AHEAD};
pub use scope::{BODY_TEXT, JSON_VALUES, Scope};
pub use several::Several;
pub use template::{TEMPLATE_BYTES, TEMPLATE_OUTPUT, Template};
pub use tree::{DOCUMENT_BYTES, DOCUMENT_DEPTH, DOCUMENT_ITEMS};
