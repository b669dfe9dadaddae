//! The only place where another vendor's names and quirks are spelled: what a classic Passthru sends, byte for byte,
//! how its answer is read, and what the v1 API is asked and answers.
//!
//! Facts in, text out. Nothing here makes a request, asks the time or knows a flow: [`passthru::url`] turns
//! [`model::CallFacts`] into the URL to be asked, [`extended::fields`] says the same without its quirks beside it, [`asking`] puts either into a request, [`select::select`] reads the body that a SwitchCase branches on, [`connect`],
//! [`gather`], [`greeting`] and [`sms`] what a URL says of those applets, [`agent`] tells of the parties that are rung, [`mail`]
//! of a call in a mail, [`call_request`] what a client wants to be called, [`call_query`] which calls it looks for, [`call_object`]
//! and [`failure`] what it is told, [`answer`] in which form, [`status_callback`] tells of a call that it started, [`stream_url`] says where the audio of a call goes, [`stream_frame`] what is said on the way, [`recording`] signs
//! links to recordings, [`explain`] says what a parameter means, [`scenario`] has a call for
//! each stage and outcome to try applications with, [`misreading`] the mistakes that they make, [`decision`] what an answer decides, and
//! [`number`], [`sid`] and [`time`] hold the forms of numbers, call ids and times.
#![forbid(unsafe_code)]

pub mod account;
pub mod agent;
pub mod answer;
pub mod asking;
pub mod call_object;
pub mod call_query;
pub mod call_request;
pub mod connect;
pub mod decision;
pub mod envelope;
pub mod explain;
pub mod extended;
pub mod failure;
mod fields;
pub mod flow_url;
pub mod form;
pub mod gather;
pub mod greeting;
pub mod mail;
pub mod misreading;
pub mod number;
mod outcome;
pub mod passthru;
pub mod recording;
pub mod scenario;
pub mod select;
pub mod sid;
pub mod sms;
pub mod status_callback;
mod stream_facts;
pub mod stream_frame;
pub mod stream_url;
pub mod time;

pub use fields::Spoken;
pub use outcome::RING_TIMEOUT;
