//! Session descriptions (RFC 8866) and the offer/answer machine of one leg (RFC 3264).
//!
//! `description` reads what a peer wrote, behind our own limits; `negotiation` keeps what was agreed; `print` writes
//! ours. Names are never resolved and no address is taken that media must not go to.

mod description;
mod error;
mod negotiation;
mod print;
mod remote;

pub use description::{MAX_ATTRIBUTES, MAX_BODY, MAX_LINES, MAX_STREAMS};
pub use error::SdpError;
pub use negotiation::{Local, Negotiation};
pub use remote::{Encoding, Format, Remote};
