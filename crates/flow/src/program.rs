//! A compiled flow: immutable, shared by all calls that run it.

use std::collections::BTreeSet;

use model::FlowId;

use crate::applet::Applet;
use crate::control::Audio;
use crate::diagnostic::{Diagnostic, Place};
use crate::nearest::did_you_mean;

/// The place of a node in its program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeIndex(pub usize);

/// A compiled flow.
#[derive(Debug)]
pub struct Program {
    name: String,
    id: FlowId,
    version: u64,
    start: NodeIndex,
    nodes: Vec<Node>,
}

/// The same publication of the same document.
impl PartialEq for Program {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.id, self.version) == (&other.name, other.id, other.version)
    }
}

/// A step of a program.
#[derive(Debug)]
pub struct Node {
    /// Its name in the document.
    pub name: String,
    /// Where it stands in the document.
    pub place: Place,
    /// Its applet's name.
    pub kind: &'static str,
    /// What it does.
    pub applet: Box<dyn Applet>,
    /// Where its exits lead.
    pub exits: Vec<(String, NodeIndex)>,
}

impl Program {
    /// Puts a program together; its number is that of its name. `start` and every exit must be a place in `nodes`: the compiler sees to it.
    pub fn new(name: impl Into<String>, version: u64, start: NodeIndex, nodes: Vec<Node>) -> Self {
        let inside = |index: &NodeIndex| index.0 < nodes.len();
        assert!(inside(&start), "the start is a node");
        assert!(nodes.iter().flat_map(|node| &node.exits).all(|(_, to)| inside(to)), "exits lead to nodes");
        let name = name.into();
        Self { id: FlowId::of_name(&name), name, version, start, nodes }
    }

    /// The same with a number of the author's choice.
    #[must_use]
    pub fn with_id(self, id: FlowId) -> Self {
        Self { id, ..self }
    }

    /// The flow's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The flow's number.
    pub fn id(&self) -> FlowId {
        self.id
    }

    /// Which publication of the document this is.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Where a call begins.
    pub fn start(&self) -> NodeIndex {
        self.start
    }

    /// A node.
    pub fn node(&self, index: NodeIndex) -> &Node {
        &self.nodes[index.0]
    }

    /// How many nodes it has.
    pub fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// The flows that the program may go on in, each with the node that names it.
    pub fn flows(&self) -> impl Iterator<Item = (&Node, &str)> {
        self.nodes.iter().flat_map(|node| node.applet.flows().into_iter().map(move |flow| (node, flow)))
    }

    /// An error for each of those that is not among the flows that there are.
    pub fn strangers(&self, there_are: &[&str]) -> Vec<Diagnostic> {
        let lost = self.flows().filter(|(_, flow)| !there_are.contains(flow));
        let all = || format!("there are `{}`", there_are.join("`, `"));
        lost.map(|(node, flow)| {
            let hint = did_you_mean(flow, there_are.iter().copied()).unwrap_or_else(all);
            node.error(format!("there is no flow `{flow}`")).hint(hint)
        })
        .collect()
    }

    /// All that the program may play, each once.
    pub fn audio(&self) -> BTreeSet<Audio> {
        self.nodes.iter().flat_map(|node| node.applet.audio()).collect()
    }
}

impl Node {
    /// A problem of this node that keeps its flow from running, found by those who prepare what it needs.
    pub fn error(&self, message: impl Into<String>) -> Diagnostic {
        let path = format!("nodes.{}", self.name);
        Diagnostic { node: Some(self.name.clone()), ..Diagnostic::error(message).at(self.place).path(path) }
    }

    /// Where that exit leads.
    pub fn exit(&self, name: &str) -> Option<NodeIndex> {
        self.exits.iter().find(|(exit, _)| exit == name).map(|(_, to)| *to)
    }
}
