//! The life of an HTTP callout, without the HTTP: what is asked when, how long a call waits, and when a try is repeated.
//!
//! A synchronous callout holds a call up, so it lives at the [`Desk`]: it has a budget, a place in its origin's queue and
//! ends exactly once. An asynchronous one is a row in the outbox ([`Notify`]) before it is a promise; [`after`] says
//! what becomes of the row after each try.
#![forbid(unsafe_code)]

mod desk;
mod outbox;

pub use desk::{BODY_TIME, Desk, Limits, MAX_BUDGET};
pub use outbox::{BACK_OFF, Next, Notify, after};
