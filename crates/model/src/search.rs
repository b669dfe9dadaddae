//! Which calls somebody looks for.

use jiff::Timestamp;

use crate::{CallSid, CallStatus, Direction};

/// Which calls to list; an empty list and a `None` do not narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallSearch {
    /// These calls.
    pub sids: Vec<CallSid>,
    /// Calls from these numbers.
    pub from: Vec<String>,
    /// Calls to these: see [`crate::Cdr::called`].
    pub to: Vec<String>,
    /// Calls of these numbers of ours.
    pub lines: Vec<String>,
    /// Calls that stand so.
    pub statuses: Vec<CallStatus>,
    /// Calls that were begun so.
    pub directions: Vec<Direction>,
    /// Begun at this moment or later.
    pub since: Option<Timestamp>,
    /// Begun before this moment.
    pub until: Option<Timestamp>,
    /// Over, and at least so many whole seconds long.
    pub at_least: Option<u32>,
    /// Over, and at most so many whole seconds long.
    pub at_most: Option<u32>,
    /// The oldest first; else the newest.
    pub oldest_first: bool,
}
