//! The only place where another vendor's names and quirks are spelled: what a classic Passthru sends, byte for byte,
//! and how its answer is read.
//!
//! Facts in, text out. Nothing here makes a request, asks the time or knows a flow: [`passthru::url`] turns
//! [`model::CallFacts`] into the URL to be asked, [`select::select`] reads the body that a SwitchCase branches on, [`connect`],
//! [`gather`], [`greeting`] and [`sms`] what a URL says of those applets, [`status_callback`] tells of a call that the API
//! started, [`agent`] of the parties that are rung, [`mail`] of a call in a mail, [`recording`] signs links to recordings, and
//! [`number`], [`sid`] and [`time`] hold the forms of numbers, call ids and times.
#![forbid(unsafe_code)]

pub mod agent;
pub mod connect;
mod fields;
mod form;
pub mod gather;
pub mod greeting;
pub mod mail;
pub mod number;
mod outcome;
pub mod passthru;
pub mod recording;
pub mod select;
pub mod sid;
pub mod sms;
pub mod status_callback;
pub mod time;

pub use fields::Spoken;
