//! Verifies callouts of passthru with the crate `passthru-signature` (in axum, `passthru-app` does all of this).
//! README.md says what is signed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use signature::{Refusal, Request, Secrets};

/// Whether the request was signed with one of the secrets.
///
/// `url` is the public one, as it was asked; `headers` go by lower-case name; `now` is `Timestamp::now()`.
pub fn verify(
    secrets: &Secrets,
    (method, url): (&str, &str),
    headers: &BTreeMap<String, String>,
    body: &[u8],
    now: Timestamp,
) -> Result<(), Refusal> {
    let field = |name: &str| headers.get(name).map(String::as_str);
    signature::verify(&Request { method, url, body }, field, secrets, now)
}
