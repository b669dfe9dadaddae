//! The transaction layer (RFC 3261 section 17): finds the machine of a message, sends what the machine says, and tells
//! the user above only what is new.

mod client;
pub(crate) mod clients;
mod invite_client;
mod invite_server;
mod server;
pub(crate) mod servers;
pub(crate) mod timers;
