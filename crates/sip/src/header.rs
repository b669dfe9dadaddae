//! Header fields (RFC 3261 section 20): the list as it came, and a type for each field that the core reads.

mod auth;
mod contact;
mod cseq;
mod error;
mod headers;
mod media_type;
mod name;
mod name_addr;
mod rack;
mod reason;
mod session_expires;
mod via;

pub use auth::{Authorization, Challenge};
pub use contact::Contacts;
pub use cseq::CSeq;
pub use error::HeaderError;
pub use headers::Headers;
pub use media_type::MediaType;
pub use name::Name;
pub use name_addr::NameAddr;
pub use rack::RAck;
pub use reason::Reason;
pub use session_expires::{Refresher, SessionExpires};
pub(crate) use via::MAGIC_COOKIE;
pub use via::Via;
