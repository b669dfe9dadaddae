//! What came of a rehearsal.

use std::collections::BTreeMap;

use model::Cause;

use crate::web::Requested;

/// What came of a scenario.
#[derive(Clone, Debug)]
pub struct Rehearsed {
    /// What was said, a line each.
    pub ladder: String,
    /// Nodes and the exits that they were left by, `menu -> 1`, and the node where the call ended.
    pub steps: Vec<String>,
    /// What the web was asked, in order.
    pub requests: Vec<Requested>,
    /// What applications of streams were told in short, of those that have a part.
    pub told: BTreeMap<String, Vec<String>>,
    /// Why the call ended; `None` if it never came to a flow.
    pub cause: Option<Cause>,
    /// What went wrong in the engine: a call that never ends, something left over, a fault in the journal.
    pub troubles: Vec<String>,
    /// Who was dialled and what was asked without being part of the scenario.
    pub strangers: Vec<String>,
}
