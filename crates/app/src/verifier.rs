//! Whether a request is the server's.

use std::fmt;

use jiff::Timestamp;
use signature::{Refusal, Request, Secrets};

use crate::clock;

/// Verifies requests that arrive at one public address. `docs/verify` says what is signed.
#[derive(Clone)]
pub struct Verifier {
    base: String,
    secrets: Secrets,
    clock: fn() -> Timestamp,
}

impl Verifier {
    /// A verifier for requests to `base`, the public address: `https://crm.example`, with the part of the path that a proxy
    /// cuts off, if it does.
    pub fn new(base: &str, secrets: impl Into<Secrets>) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), secrets: secrets.into(), clock: clock::now }
    }

    /// The same by another clock, for tests.
    #[must_use]
    pub fn with_clock(mut self, clock: fn() -> Timestamp) -> Self {
        self.clock = clock;
        self
    }

    /// Whether a request was signed with one of the secrets.
    ///
    /// `target` is path and query as in the request line, `field` looks a header field up by its lower-case name.
    pub fn verify<'a>(
        &self,
        (method, target): (&str, &str),
        field: impl Fn(&'static str) -> Option<&'a str>,
        body: &[u8],
    ) -> Result<(), Refusal> {
        let url = format!("{}{target}", self.base);
        signature::verify(&Request { method, url: &url, body }, field, &self.secrets, (self.clock)())
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verifier({})", self.base)
    }
}
