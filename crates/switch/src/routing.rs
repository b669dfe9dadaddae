//! Which number starts which flow.

use std::collections::BTreeMap;

/// Which number starts which flow.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    /// Called numbers, as [`crate::Numbering::normalise`] leaves them, and the flow that each starts.
    pub numbers: BTreeMap<String, String>,
    /// The flow of every number that has none of its own.
    pub default_flow: Option<String>,
}

impl Routes {
    /// The flow of a normalised number.
    pub(crate) fn flow(&self, number: &str) -> Option<&String> {
        self.numbers.get(number).or(self.default_flow.as_ref())
    }
}
