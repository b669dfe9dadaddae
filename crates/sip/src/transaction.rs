//! The transaction layer (RFC 3261 section 17): finds the machine of a message, sends what the machine says, and tells
//! the user above only what is new.

mod client;
pub(crate) mod clients;
mod invite_client;
mod invite_server;
mod server;
pub(crate) mod servers;
pub(crate) mod timers;

/// What begins every branch since RFC 3261 (section 8.1.1.7).
pub(crate) const MAGIC_COOKIE: &[u8] = b"z9hG4bK";
