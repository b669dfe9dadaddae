//! What must come of a rehearsal, and what of it did not.

use std::collections::BTreeMap;

use flow::Several;
use model::Cause;
use serde::{Deserialize, Deserializer, de};

use crate::rehearsed::Rehearsed;
use crate::web::Requested;

/// What must come of a rehearsal. What is left out may be anything.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Expectation {
    /// Every step in order: `menu -> 1`, and last the node where the call ended.
    pub steps: Option<Several<String>>,
    /// The exits that nodes were left by, the last time that the call was there.
    pub exits: BTreeMap<String, String>,
    /// Every request in order.
    pub requests: Option<Vec<ExpectedRequest>>,
    /// What applications of streams were told, in order: `start`, `dtmf:5`, `mark:hello`, `stop:callended`. Audio does not count.
    pub bots: BTreeMap<String, Several<String>>,
    /// Why the call ended: the name or number of a Q.850 cause.
    pub cause: Option<ExpectedCause>,
    /// Faults that the journal tells, by a part of each; any other is not as expected.
    pub faults: Several<String>,
}

/// A request to the web.
#[derive(Clone, Debug, Deserialize)]
pub struct ExpectedRequest {
    /// Where to, without the query.
    pub url: String,
    /// Parameters that it has, decoded.
    #[serde(default)]
    pub with: BTreeMap<String, String>,
    /// Parameters that it does not have.
    #[serde(default)]
    pub without: Several<String>,
}

/// A cause by name or number.
#[derive(Clone, Copy, Debug)]
pub struct ExpectedCause(Cause);

impl<'de> Deserialize<'de> for ExpectedCause {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let cause = Cause::from_name(&text).or_else(|| text.parse().ok().map(Cause));
        let unknown = || de::Error::custom(format!("`{text}` is no cause\nwrite NORMAL_CLEARING, USER_BUSY or 16, 17"));
        cause.filter(|cause| (1..=127).contains(&cause.0)).map(Self).ok_or_else(unknown)
    }
}

impl Expectation {
    /// Whether it expects anything at all.
    pub fn is_empty(&self) -> bool {
        self.steps.is_none()
            && self.exits.is_empty()
            && self.requests.is_none()
            && self.bots.is_empty()
            && self.cause.is_none()
            && self.faults.0.is_empty()
    }

    /// What is not as expected, a line or block each.
    pub fn judge(&self, rehearsed: &Rehearsed) -> Vec<String> {
        let mut differences = self.troubles(&rehearsed.troubles);
        if let Some(steps) = &self.steps {
            differences.extend(differing("steps", &steps.0, &rehearsed.steps));
        }
        for (node, exit) in &self.exits {
            let left = rehearsed.steps.iter().rev().find_map(|step| step.strip_prefix(node)?.strip_prefix(" -> "));
            if left != Some(exit) {
                let left = left.map_or_else(|| "not at all".to_owned(), |left| format!("by `{left}`"));
                differences.push(format!("`{node}` was to be left by `{exit}`, and was left {left}"));
            }
        }
        if let Some(requests) = &self.requests {
            let urls = |requests: &[ExpectedRequest]| requests.iter().map(|request| request.url.clone()).collect();
            let asked: Vec<String> = rehearsed.requests.iter().map(|request| request.address().to_owned()).collect();
            let expected: Vec<String> = urls(requests);
            differences.extend(differing("requests", &expected, &asked));
            let pairs = requests.iter().zip(&rehearsed.requests);
            differences.extend(pairs.flat_map(|(expected, made)| expected.judge(made)));
        }
        for (url, expected) in &self.bots {
            match rehearsed.told.get(url) {
                Some(told) => differences.extend(differing(url, &expected.0, told)),
                None => differences.push(format!("{url}: no application; give it a part under `bots`")),
            }
        }
        if let Some(ExpectedCause(cause)) = self.cause
            && rehearsed.cause != Some(cause)
        {
            let ended = rehearsed.cause.map_or_else(|| "without a cause".to_owned(), |ended| format!("with {ended}"));
            differences.push(format!("the call was to end with {cause}, and ended {ended}"));
        }
        differences
    }

    /// What went wrong and was not expected, and what was expected to go wrong and did not.
    fn troubles(&self, troubles: &[String]) -> Vec<String> {
        let expected = |trouble: &&String| self.faults.0.iter().any(|fault| trouble.contains(fault));
        let missing = self.faults.0.iter().filter(|fault| !troubles.iter().any(|trouble| trouble.contains(*fault)));
        let missing = missing.map(|fault| format!("the journal was to tell of the fault `{fault}`, and does not"));
        troubles.iter().filter(|trouble| !expected(trouble)).cloned().chain(missing).collect()
    }
}

impl ExpectedRequest {
    fn judge(&self, made: &Requested) -> Vec<String> {
        let url = &self.url;
        let with = self.with.iter().filter_map(|(name, value)| match made.decoded(name) {
            Some(found) if found == *value => None,
            Some(found) => Some(format!("{url}: `{name}` was to be `{value}`, and was `{found}`")),
            None => Some(format!("{url}: `{name}` was to be `{value}`, and was not there")),
        });
        let without = self.without.0.iter().filter_map(|name| {
            made.decoded(name).map(|found| format!("{url}: `{name}` was not to be there, and was `{found}`"))
        });
        with.chain(without).collect()
    }
}

/// The two lists, if they differ.
fn differing(what: &str, expected: &[String], found: &[String]) -> Option<String> {
    (expected != found).then(|| format!("{what}\n  expected {}\n  found    {}", expected.join(", "), found.join(", ")))
}
