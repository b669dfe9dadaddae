//! What outlives the process: the journal, the call records, the outbox of asynchronous callouts, the keys of the v1 API,
//! the people who may use the console, what was published and is being written of flows, and who changed what.
//!
//! [`Store::open`] gives two handles. A [`Writer`] takes jobs without ever blocking its caller, runs many of them in one
//! transaction on a thread of its own, and calls back when the commit is on the disk: what was called back with `Ok`
//! survives a crash and a power cut. A [`Reader`] answers questions on connections of its own; its methods block.
//!
//! The call record is [`model::Cdr`]'s fold, written in the same transaction as the events that it folds, and an
//! asynchronous callout is a row written in the same transaction as the events that ask for it ([`Batch`]).
//! Today the rows are in SQLite; nothing public says so.
#![forbid(unsafe_code)]

mod attempts;
mod audit;
mod callouts;
mod calls;
mod connection;
mod error;
mod events;
mod flows;
mod keys;
mod migrate;
mod open;
mod outbox;
mod people;
mod promise;
mod queue;
mod reader;
mod recordings;
mod replay;
mod search;
mod session;
mod stats;
mod talks;
mod traces;
mod writer;

pub use attempts::{ATTEMPTS_A_PAGE, AttemptKind, AttemptRow, Kept, Rest};
pub use audit::{AUDIT_A_PAGE, AUDIT_KEPT, AuditFilter, AuditRow, CLI, Deed, SERVER};
pub use callouts::{ATTEMPTS_SHOWN, CALLOUTS_A_PAGE};
pub use callouts::{Callout, CalloutFilter, CalloutPage, CalloutPlace, CalloutRow, CalloutState};
pub use calls::{CallFilter, CallPage, Cursor, Unreadable};
pub use error::StoreError;
pub use events::Batch;
pub use flows::{DRAFTS, FILE, VERSIONS_A_PAGE, VERSIONS_KEPT};
pub use flows::{Discard, Discarded, Draft, FlowState, NewDraft, NewVersion, Publisher, Revision, Saved, VersionRow};
pub use keys::{KEY_BYTES, Key, Keys, NewKey};
pub use open::{Recovered, Store};
pub use outbox::{
    Backlog, Claimed, Finish, GivenUp, LastTry, Next, Notify, OutboxFilter, OutboxRow, OutboxState, Owed, Share,
};
pub use people::{Changed, PeopleChange, Person, Role, SESSION_IDLE, Signed, WELCOME_LIFE, Welcomes};
pub use promise::{Owing, Promise, Settled, Settler};
pub use queue::{QUEUE_JOBS, RefusalReason, Refused};
pub use reader::Reader;
pub use recordings::{
    RECORDINGS_A_CALL, RECORDINGS_A_PAGE, Recorded, RecordingCursor, RecordingFilter, RecordingRow, RecordingState,
    RecordingStep, Retention, Teller,
};
pub use replay::{Replay, Replayed};
pub use search::{Found, Page};
pub use stats::{ATTEMPTS_COUNTED, By, GROUPS, Group, Quantiles, Stats, StatsFilter, Step};
pub use talks::CALLS_READ;
pub use writer::{GROUP_JOBS, Writer};

pub use calls::CALLS_A_PAGE;
pub use events::EVENTS_A_PAGE;
pub use outbox::{CLAIM_ROWS, PRUNE_ROWS};

/// A moment as the tables have it: milliseconds since 1970.
fn moment(milliseconds: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(milliseconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}
