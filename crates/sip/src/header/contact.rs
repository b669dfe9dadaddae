//! Contact (RFC 3261 section 20.10): where a party can be reached, or `*` to remove all bindings.

use super::NameAddr;

/// What the Contact fields of a message say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contacts {
    /// `*`: all bindings of a registration.
    All,
    /// The addresses in order; empty if the message has no Contact.
    Each(Vec<NameAddr>),
}
