//! Signed callouts: who holds the secret can tell that a request is this server's, is fresh, and is as it was sent.
//!
//! The form is that of Standard Webhooks 1.0: three header fields, secrets written `whsec_…`, HMAC-SHA256. Most callouts
//! are a GET, whose facts are in the URL, so more than a body is signed (`trust.md` S18): id, time, method, URL and the
//! body's hash, with full stops between them.
//!
//! ```
//! use signature::{Request, Secret, sign, verify};
//!
//! let secrets = "whsec_c2lnbmVkIGNhbGxvdXRzIG9mIGEgc3dpdGNo".parse::<Secret>()?.into();
//! let request = Request { method: "GET", url: "https://crm.example/route?CallSid=1", body: b"" };
//! let now = "2026-11-24T10:00:00Z".parse()?;
//!
//! let fields = sign("msg_1", &request, &secrets, now);
//! let field = |name: &str| fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
//! assert_eq!(verify(&request, field, &secrets, now), Ok(()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod content;
mod secret;
mod sign;
mod verify;

pub use content::Request;
pub use secret::{BadSecret, Secret, Secrets};
pub use sign::sign;
pub use verify::{Refusal, TOLERANCE, verify};

/// The field that names the callout, the same over all tries of it.
pub const ID: &str = "webhook-id";

/// The field with the Unix seconds of this try.
pub const TIMESTAMP: &str = "webhook-timestamp";

/// The field with the signatures, one for each live secret.
pub const SIGNATURE: &str = "webhook-signature";

/// The version of what is signed, and how: the only one so far.
const VERSION: &str = "v1";
