//! Whom text from outside a flow document may have rung, and how long callers are known again.

use std::time::Duration;

use jiff::Timestamp;
use regex_lite::Regex;
use serde::{Deserialize, Serialize};

/// The longest that callers can be known, in days.
const DAYS: u32 = 365;

/// Dialling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dial {
    /// Rules (regular expressions) for targets that come from outside a flow document: a URL's answer, the API, a caller's
    /// text. A number is looked at as dialled and in E.164; `sip:` targets must match as a whole. Empty: none is dialled.
    pub allow: Vec<String>,
    /// Days that a caller is known to whoever talked with it, for a `connect` that is `sticky`; 0 is not at all.
    pub sticky_days: u32,
}

impl Default for Dial {
    fn default() -> Self {
        Self { allow: Vec::new(), sticky_days: 30 }
    }
}

impl Dial {
    /// What cannot be, and what to do.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.sticky_days > DAYS {
            return Err(format!(
                "dial.sticky_days: {} is more than {DAYS}; write 0 for callers to be known no more",
                self.sticky_days
            ));
        }
        self.rules().map(|_| ())
    }

    /// How long callers are known.
    pub fn sticky(&self) -> Duration {
        Duration::from_hours(24 * u64::from(self.sticky_days))
    }

    /// Since when who talked with a caller is known at a moment, if ever.
    pub fn sticky_since(&self, now: Timestamp) -> Option<Timestamp> {
        (self.sticky_days > 0).then(|| now.checked_sub(self.sticky()).unwrap_or(Timestamp::MIN))
    }

    /// The rules as the switch knows them, or which of them cannot be.
    pub fn rules(&self) -> Result<Vec<Regex>, String> {
        let rule = |rule: &String| {
            Regex::new(rule).map_err(|error| {
                format!("dial.allow: `{rule}` is no regular expression: {error}; write one such as \"^\\\\+9180\"")
            })
        };
        self.allow.iter().map(rule).collect()
    }
}
