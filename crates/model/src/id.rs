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

impl CalloutId {
    /// Callouts from this number on were added to the call's own: sent again by somebody, or reports of its recordings. No call
    /// comes to so many of its own.
    pub const FIRST_REPLAY: Self = Self(1_000_000);
}

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

/// A flow's number: `flow_id` in a Passthru. Given by the flow's document, or else made of the flow's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FlowId(u32);

impl FlowId {
    /// The largest: seven digits (`exotel.md` 1.5). The smallest is 1.
    pub const MAX: u32 = 9_999_999;

    /// The smallest that is made of a name: five digits (`exotel.md` 1.5).
    const SHORTEST: u32 = 10_000;

    /// That number, if it is one.
    pub fn new(number: u32) -> Option<Self> {
        (1..=Self::MAX).contains(&number).then_some(Self(number))
    }

    /// The number of a flow that gives none: always the same for the same name (FNV-1a, 64 bits, folded into five to
    /// seven digits). Applications may keep it, so it must never change.
    pub fn of_name(name: &str) -> Self {
        let hash = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let folded = hash % u64::from(Self::MAX + 1 - Self::SHORTEST);
        Self(Self::SHORTEST + u32::try_from(folded).expect("less than ten million"))
    }

    /// The number.
    pub fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for FlowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
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

#[cfg(test)]
mod tests {
    use super::FlowId;

    #[test]
    fn a_name_has_the_same_number_for_ever() {
        let rows =
            [("", 7_736_037), ("front-desk", 9_416_434), ("order-status", 1_503_968), ("Empfang \u{df}", 604_447)];
        for (name, number) in rows {
            assert_eq!(FlowId::of_name(name).number(), number, "{name}");
        }
        assert!((0..10_000).all(|i| (5..=7).contains(&FlowId::of_name(&i.to_string()).to_string().len())));
    }

    #[test]
    fn a_number_has_up_to_seven_digits() {
        for (number, is_one) in [(0, false), (1, true), (9_999_999, true), (10_000_000, false)] {
            assert_eq!(FlowId::new(number).is_some(), is_one, "{number}");
        }
    }
}
