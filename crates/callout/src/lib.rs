//! The life of an HTTP callout, without the HTTP: what is asked when, how long a call waits, and when a try is repeated.
//!
//! A synchronous callout holds a call up. It is one of the [`Inquiries`], which may take several requests and end exactly
//! once; each request stands at the [`Desk`], where it has a budget and a place in its origin's queue. An asynchronous one is a row in the outbox ([`Notify`]) before it is a promise;
//! [`Bulkheads`] says of which origin's rows one may be tried now, and [`after`] what becomes of the row after each try.
#![forbid(unsafe_code)]

mod breaker;
mod bulkheads;
mod desk;
mod inquiries;
mod memory;
mod outbox;

pub use breaker::{Breakers, FAILURES, FIRST_PROBE, LAST_PROBE, ORIGINS, Verdict};
pub use bulkheads::{Bulkheads, IN_FLIGHT, PER_ORIGIN};
pub use desk::{BODY_TIME, Desk, Limits, MAX_BUDGET};
pub use inquiries::{AttemptKey, Attempted, COPIES, Done, FALLBACK_REASON, Inquiries, RETRIES, RETRY_WAIT};
pub use memory::{ANSWERS, MEMORY};
pub use outbox::{BACK_OFF, Next, Notify, after};
