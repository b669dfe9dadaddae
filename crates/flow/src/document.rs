//! A flow as it is written: a name, a start, and nodes with their settings and wires, each with its place.
//!
//! YAML is the written form, JSON the stored one. `layout` belongs to the builder: it is kept, and whatever it holds is right.

use model::FlowId;

use crate::diagnostic::{Diagnostic, Place};
use crate::nearest::did_you_mean;
use crate::tree::{self, Key, Tree, Value};

/// Nodes of a flow (`trust.md` S12).
pub const NODES: usize = 1_000;

/// Exits that a node wires, and settings that it gives.
pub const ITEMS: usize = 100;

/// Characters of a flow's, node's or exit's name.
pub const NAME: usize = 64;

/// What stands at the top of a document.
pub(crate) const FIELDS: [&str; 5] = ["flow", "id", "start", "nodes", "layout"];

/// What to do about something that is no name.
const NAME_HINT: &str = "write a short name, such as `front-desk`";

/// A flow as it is written.
#[derive(Debug, Default)]
pub(crate) struct Document {
    /// Where it begins.
    pub(crate) place: Place,
    pub(crate) flow: Option<Word>,
    pub(crate) id: Option<FlowId>,
    pub(crate) start: Option<Word>,
    pub(crate) nodes: Vec<NodeText>,
    /// Where the builder draws the nodes.
    pub(crate) layout: Option<Tree>,
}

/// A name in a document.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) place: Place,
}

/// A node as it is written.
#[derive(Debug)]
pub(crate) struct NodeText {
    pub(crate) name: Word,
    pub(crate) applet: Option<Word>,
    pub(crate) wires: Vec<Wire>,
    /// The settings: all but `applet`, `next` and `on`.
    pub(crate) fields: Vec<(Key, Tree)>,
}

/// An exit and the node it leads to.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) exit: Word,
    pub(crate) to: Word,
    pub(crate) path: String,
}

/// Reads a text as far as it can be read.
pub(crate) fn read(text: &str) -> (Option<Document>, Vec<Diagnostic>) {
    let (tree, mut diagnostics) = tree::read(text);
    let Some(tree) = tree else {
        if diagnostics.is_empty() {
            let start = Place { line: 1, column: 1 };
            let hint = "a flow has `flow: …`, `start: …` and `nodes: …`".to_owned();
            diagnostics.push(Diagnostic::error("the document is empty").at(start).hint(hint));
        }
        return (None, diagnostics);
    };
    let Value::Map(entries) = tree.value else {
        let message = format!("a flow is a map, found {}", tree.what());
        let hint = "write `flow: …`, `start: …` and `nodes: …`".to_owned();
        diagnostics.push(Diagnostic::error(message).at(tree.place).hint(hint));
        return (None, diagnostics);
    };
    let mut document = Document { place: tree.place, ..Document::default() };
    for (key, tree) in entries {
        match key.text.as_str() {
            "flow" => document.flow = word(&tree, "flow", &mut diagnostics),
            "id" => document.id = id(&tree, &mut diagnostics),
            "start" => document.start = word(&tree, "start", &mut diagnostics),
            "nodes" => document.nodes = nodes(tree, &mut diagnostics),
            "layout" => document.layout = Some(tree),
            other => {
                let hint =
                    did_you_mean(other, FIELDS).unwrap_or_else(|| "a flow has `flow`, `start` and `nodes`".into());
                let message = format!("there is no field `{other}`");
                diagnostics.push(Diagnostic::error(message).at(key.place).path(other).hint(hint));
            }
        }
    }
    (Some(document), diagnostics)
}

fn id(tree: &Tree, diagnostics: &mut Vec<Diagnostic>) -> Option<FlowId> {
    let id = tree.text().and_then(|text| text.parse().ok()).and_then(FlowId::new);
    if id.is_none() {
        let message = format!("a flow's id is a whole number from 1 to {}, found {}", FlowId::MAX, tree.what());
        let hint = "leave it out, and a number is made of the flow's name".to_owned();
        diagnostics.push(Diagnostic::error(message).at(tree.place).path("id").hint(hint));
    }
    id
}

fn nodes(tree: Tree, diagnostics: &mut Vec<Diagnostic>) -> Vec<NodeText> {
    let Value::Map(entries) = tree.value else {
        let message = format!("`nodes` is a map from names to nodes, found {}", tree.what());
        let hint = "write `nodes: { hello: { applet: … } }`".to_owned();
        diagnostics.push(Diagnostic::error(message).at(tree.place).path("nodes").hint(hint));
        return Vec::new();
    };
    if entries.len() > NODES {
        let message = format!("the flow has {} nodes, {NODES} are allowed", entries.len());
        let hint = "cut it into several flows".to_owned();
        diagnostics.push(Diagnostic::error(message).at(tree.place).path("nodes").hint(hint));
        return Vec::new();
    }
    entries.into_iter().filter_map(|(key, tree)| node(key, tree, diagnostics)).collect()
}

fn node(name: Key, tree: Tree, diagnostics: &mut Vec<Diagnostic>) -> Option<NodeText> {
    let path = format!("nodes.{}", name.text);
    let mut found = Vec::new();
    let result = match tree.value {
        Value::Map(entries) => {
            found.extend(name_problem(&name.text).map(|problem| problem.at(name.place).path(&path)));
            Some(parts(Word { text: name.text.clone(), place: name.place }, entries, &path, &mut found))
        }
        _ => {
            let message = format!("a node is a map, found {}", tree.what());
            let hint = format!("write `{}: {{ applet: … }}`", name.text);
            found.push(Diagnostic::error(message).at(tree.place).path(&path).hint(hint));
            None
        }
    };
    diagnostics.extend(found.into_iter().map(|diagnostic| diagnostic.node(&name.text)));
    result
}

fn parts(name: Word, entries: Vec<(Key, Tree)>, path: &str, found: &mut Vec<Diagnostic>) -> NodeText {
    let mut node = NodeText { name, applet: None, wires: Vec::new(), fields: Vec::new() };
    for (key, tree) in entries {
        let path = format!("{path}.{}", key.text);
        match key.text.as_str() {
            _ if node.fields.len() >= ITEMS => {
                found.push(too_many("settings").at(key.place).path(path));
                break;
            }
            "applet" => node.applet = word(&tree, &path, found),
            "next" => node.wires.extend(wire(&key, &tree, path, found)),
            "on" => match &tree.value {
                Value::Map(wires) if wires.len() > ITEMS => {
                    found.push(too_many("exits").at(tree.place).path(path));
                }
                Value::Map(wires) => {
                    let wires = wires.iter().filter_map(|(exit, to)| {
                        let path = format!("{path}.{}", exit.text);
                        wire(exit, to, path, found)
                    });
                    node.wires.extend(wires.collect::<Vec<_>>());
                }
                _ => {
                    let message = format!("`on` is a map from exits to nodes, found {}", tree.what());
                    let hint = "write `on: { exit: node }`".to_owned();
                    found.push(Diagnostic::error(message).at(tree.place).path(path).hint(hint));
                }
            },
            _ => node.fields.push((key, tree)),
        }
    }
    node
}

fn too_many(what: &str) -> Diagnostic {
    Diagnostic::error(format!("more than {ITEMS} {what} of one node"))
        .hint("share them out among several nodes".to_owned())
}

fn wire(exit: &Key, to: &Tree, path: String, found: &mut Vec<Diagnostic>) -> Option<Wire> {
    if let Some(problem) = name_problem(&exit.text) {
        found.push(problem.at(exit.place).path(path));
        return None;
    }
    let to = word(to, &path, found)?;
    Some(Wire { exit: Word { text: exit.text.clone(), place: exit.place }, to, path })
}

/// A name that stands as a value.
fn word(tree: &Tree, path: &str, found: &mut Vec<Diagnostic>) -> Option<Word> {
    let problem = match tree.text() {
        Some(text) => match name_problem(text) {
            None => return Some(Word { text: text.to_owned(), place: tree.place }),
            Some(problem) => problem,
        },
        None => Diagnostic::error(format!("expected a name, found {}", tree.what())).hint(NAME_HINT.to_owned()),
    };
    found.push(problem.at(tree.place).path(path));
    None
}

fn name_problem(name: &str) -> Option<Diagnostic> {
    let problem = match name.chars().count() {
        _ if name.trim().is_empty() || name.chars().any(char::is_control) => {
            "a name has at least one character, and they are printable".to_owned()
        }
        length if length > NAME => format!("a name has at most {NAME} characters, this one has {length}"),
        _ => return None,
    };
    Some(Diagnostic::error(problem).hint(NAME_HINT.to_owned()))
}
