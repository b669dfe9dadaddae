//! What came of a rehearsal.

use std::collections::BTreeMap;
use std::fmt;

use model::{CallEvent, Cause};

use crate::web::Requested;

/// What came of a scenario.
#[derive(Clone, Debug)]
pub struct Rehearsed {
    /// What was said, a line each.
    pub ladder: String,
    /// Nodes and the exits that they were left by, `menu -> 1`, and the node where the call ended.
    pub steps: Vec<String>,
    /// The same, in parts.
    pub walk: Vec<Stride>,
    /// The call's journal.
    pub events: Vec<CallEvent>,
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

/// A node that a call came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stride {
    /// The node.
    pub node: String,
    /// How the call left it.
    pub left: Left,
}

/// How a call left a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// By that exit.
    By(String),
    /// For that flow.
    For(String),
    /// Not at all: it ended there.
    Not,
}

impl fmt::Display for Stride {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.left {
            Left::By(exit) => write!(f, "{} -> {exit}", self.node),
            Left::For(flow) => write!(f, "{} => {flow}", self.node),
            Left::Not => f.write_str(&self.node),
        }
    }
}
