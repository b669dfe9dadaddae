//! The one place where tests of this crate take an instant from the machine: all others are counted from it.
#![cfg(test)]

use std::time::Instant;

/// Some instant.
#[allow(clippy::disallowed_methods)] // a test has to begin somewhere
pub(crate) fn beginning() -> Instant {
    Instant::now()
}
