//! SIP without sockets: every decision of RFC 3261 and its extensions as values that take bytes and the time.
//!
//! A [`Message`] is read from a datagram, or from a stream that the [`Framer`] cuts; its [`Headers`] stay bytes until a
//! field is asked for. Bad input becomes an answer or a drop ([`ParseError`]), never a panic.
//!
//! An [`Endpoint`] is a user agent for many calls: it takes messages, the time and commands, and gives messages and
//! [`Event`]s. Within it, transactions (RFC 3261 section 17) repeat and absorb, sessions (section 13) hold one INVITE
//! usage each, the registrar knows where phones are. After each input, drain its outputs.
#![forbid(unsafe_code)]

mod access;
mod agenda;
mod arena;
mod dialog;
mod digest;
mod endpoint;
mod fingerprint;
pub mod glance;
mod header;
mod incoming;
mod message;
mod outlet;
mod params;
mod path;
mod proof;
mod registrar;
mod registration;
mod resolve;
mod scan;
mod stream;
mod transaction;
mod transport;
mod uri;
mod usage;
mod value;
#[cfg(test)]
mod virtual_time;

pub use access::{Prefix, PrefixError};
pub use digest::{Authenticator, ClientDigest, Credentials, Verdict};
pub use endpoint::{
    By, Config, Ending, Endpoint, Event, Gauges, Invitation, Limits, Listen, SessionId, Source, Trunk, User,
};
pub use header::{
    Authorization, CSeq, Challenge, Contacts, HeaderError, Headers, MediaType, Name, NameAddr, RAck, Reason, Refresher,
    SessionExpires, Via,
};
pub use message::{
    MAX_HEADERS, MAX_LINE, MAX_MESSAGE, MAX_VIAS, Message, Method, ParseError, Refusal as Unreadable, Request,
    Response, reason_phrase,
};
pub use params::Params;
pub use path::{Path, Transmit};
pub use registrar::Contact;
pub use registration::{Register, RegistrationId};
pub use resolve::{Answer, Naptr, Query, Resolution, Srv, Target};
pub use scan::Syntax;
pub use stream::{Framer, StreamError};
pub use transport::Transport;
pub use uri::{Host, SipUri, TelUri, Uri};
pub use usage::{Invite, Refusal};
