//! What the operator says of the switch, already read and checked.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use model::{CallSid, Talk, Tenant};
use regex_lite::Regex;

use crate::call::Reporting;
use crate::dialing::Trunk;
use crate::groups::Group;

/// What the operator says of the switch.
pub struct Config {
    /// Whose calls these are.
    pub tenant: Tenant,
    /// Media workers to spread calls over; at least one.
    pub media_workers: usize,
    /// How long a party may send no media before its call is ended; zero for ever.
    pub media_timeout: Duration,
    /// How much of everything there may be.
    pub limits: Limits,
    /// Peers that carry numbers; the first that takes a number gets it.
    pub trunks: Vec<Trunk>,
    /// Whom text from outside a flow document may have rung: rules like those of a trunk. Without any, nobody.
    pub dial: Vec<Regex>,
    /// Groups of parties that flows ring by name.
    pub groups: Vec<Group>,
    /// How long whoever talked with a caller is known as such, by dials that ring it first.
    pub sticky: Duration,
    /// Who talked with whom before the switch was made.
    pub talks: Vec<Talk>,
    /// Signalling.
    pub sip: sip::Config,
    /// Names and numbers of this installation.
    pub numbering: Arc<dyn Numbering>,
    /// How reports of calls are written.
    pub reporting: Arc<dyn Reporting>,
}

/// How much of everything there may be at once. Past a limit new calls are refused with 503.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Calls.
    pub calls: usize,
    /// HTTP callouts under way.
    pub callouts: usize,
    /// Streams. Past it a call goes on without: the stream has failed.
    pub streams: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { calls: 20_000, callouts: 20_000, streams: 100 }
    }
}

/// Random bytes that a call's name is made from.
pub const NAME_BYTES: usize = 9;

/// How this installation names calls and writes numbers. Handed in, since the switch knows no vendor's rules.
pub trait Numbering: Send + Sync {
    /// The public name of a call that arrives now, from random bytes.
    fn call_sid(&self, random: [u8; NAME_BYTES], now: Timestamp) -> CallSid;

    /// A number as it is compared and shown: E.164 with `+` where it can be, else unchanged.
    fn normalise(&self, number: &str) -> String;
}
