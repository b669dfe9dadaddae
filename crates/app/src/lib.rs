//! The application's side of a Passthru.
//!
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod answer;
#[cfg(feature = "axum")]
mod axum;
pub mod classic;
mod clock;
pub mod extended;
mod loose;
mod nest;
mod request;
#[cfg(feature = "schema")]
mod schema;
pub mod time;
mod verifier;

pub use signature::{BadSecret, Refusal, Secret, Secrets};

#[cfg(feature = "axum")]
pub use crate::axum::{BODY, Rejection, Signed};
pub use answer::Answer;
pub use classic::Classic;
pub use extended::Extended;
pub use request::{FIELDS, Passthru, Unreadable};
#[cfg(feature = "schema")]
pub use schema::schema;
pub use verifier::Verifier;
