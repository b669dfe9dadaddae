//! Names of things, each a type of its own so that none can stand in for another.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The public name of a call, unique for ever: 32 characters by `exotel.md` 1.9. Opaque here.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallSid(Arc<str>);

impl CallSid {
    /// Takes a name made elsewhere.
    pub fn new(sid: impl Into<Arc<str>>) -> Self {
        Self(sid.into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CallSid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CallSid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One party of a call, counted from 0; leg 0 is the party that the call began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LegId(pub u16);

impl LegId {
    /// The party that the call began with.
    pub const FIRST: Self = Self(0);
}

impl fmt::Display for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "leg {}", self.0)
    }
}

/// One HTTP callout of a call, counted from 1 within the call; constant over its attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CalloutId(pub u32);

impl fmt::Display for CalloutId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "callout {}", self.0)
    }
}

/// Whose call it is. One machine has one tenant; rows and keys carry it from the first day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tenant(pub Arc<str>);

impl Default for Tenant {
    fn default() -> Self {
        Self("default".into())
    }
}

/// Who began the call, seen from us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Somebody called us.
    Incoming,
    /// We called somebody.
    Outgoing,
}

/// A moment on both clocks: the monotonic one that timers run by, and the wall clock that people read.
/// Handed in with every input; nothing on the pure side asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The monotonic clock.
    pub at: Instant,
    /// The wall clock.
    pub wall: Timestamp,
}

impl Moment {
    /// The time since `earlier` on the monotonic clock, zero if `earlier` lies ahead.
    pub fn since(&self, earlier: Instant) -> Duration {
        self.at.saturating_duration_since(earlier)
    }
}
