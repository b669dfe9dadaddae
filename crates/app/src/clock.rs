//! The one place of this crate that asks for the time.

use jiff::Timestamp;

/// The system's time.
#[expect(clippy::disallowed_methods, reason = "an application has a clock; tests give a verifier another one")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
