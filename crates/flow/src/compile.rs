//! From a document to a program, with everything that is wrong with it said at once.

use std::collections::{BTreeMap, BTreeSet};

use crate::applet::{Applet, Exits};
use crate::catalogue::{Catalogue, Kind};
use crate::diagnostic::{Diagnostic, Severity};
use crate::document::{self, Document, NodeText, Word};
use crate::graph;
use crate::nearest::did_you_mean;
use crate::program::{Node, NodeIndex, Program};

/// Problems that are said of one document; the text's first.
pub const DIAGNOSTICS: usize = 100;

/// Compiles the text of a flow, YAML or JSON. `version` counts the publications of the flow.
///
/// The diagnostics come in the order of the text. There is a program if none of them is an error.
pub fn compile(text: &str, catalogue: &Catalogue, version: u64) -> (Option<Program>, Vec<Diagnostic>) {
    let (read, diagnostics) = examine(text, catalogue);
    if diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return (None, diagnostics);
    }
    let program = read.and_then(|(document, drafts)| link(document, drafts, version));
    (program, diagnostics)
}

/// What could be read of a text, with a draft of each node up to the last that was looked at, and all that is wrong.
pub(crate) fn examine(text: &str, catalogue: &Catalogue) -> (Option<(Document, Vec<Draft>)>, Vec<Diagnostic>) {
    let (document, mut diagnostics) = document::read(text);
    let read = document.map(|document| {
        let drafts = check(&document, catalogue, &mut diagnostics);
        (document, drafts)
    });
    diagnostics.sort_by(|a, b| (a.place, &a.path).cmp(&(b.place, &b.path)));
    if diagnostics.len() > DIAGNOSTICS {
        // What is cut off must not make the rest look like a flow that runs.
        diagnostics.sort_by_key(|diagnostic| diagnostic.severity);
        diagnostics.truncate(DIAGNOSTICS);
    }
    (read, diagnostics)
}

/// The name of the flow that a text describes, whatever else is wrong with it.
pub fn name(text: &str) -> Option<String> {
    document::read(text).0?.flow.map(|name| name.text)
}

/// A node between text and program.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) kind: &'static str,
    pub(crate) applet: Option<Box<dyn Applet>>,
    /// Exits and the places of the nodes they lead to; those that lead nowhere are left out.
    pub(crate) exits: Vec<(String, usize)>,
}

fn check(document: &Document, catalogue: &Catalogue, diagnostics: &mut Vec<Diagnostic>) -> Vec<Draft> {
    let places: BTreeMap<&str, usize> =
        document.nodes.iter().enumerate().map(|(place, node)| (node.name.text.as_str(), place)).collect();
    let mut drafts = Vec::new();
    for node in &document.nodes {
        let mut found = Vec::new();
        let (kind, applet) = parse(node, catalogue, &mut found);
        if let Some(applet) = &applet {
            check_wires(node, &applet.exits(), &mut found);
        }
        let exits = resolve(node, &places, &mut found);
        drafts.push(Draft { kind, applet, exits });
        diagnostics.extend(found.into_iter().map(|diagnostic| diagnostic.node(&node.name.text)));
        if diagnostics.len() >= DIAGNOSTICS {
            return drafts; // enough to mend; looking for names that may be meant takes its time
        }
    }
    let told: BTreeSet<&str> = diagnostics.iter().map(|diagnostic| diagnostic.path.as_str()).collect();
    let mut found = Vec::new();
    for field in ["flow", "start"] {
        let given = if field == "flow" { &document.flow } else { &document.start };
        if given.is_none() && !told.contains(field) {
            let hint = if field == "flow" {
                "give the flow a name: `flow: reception`"
            } else {
                "`start` names the node where a call begins"
            };
            found.push(
                Diagnostic::error(format!("`{field}` is missing")).at(document.place).path(field).hint(hint.to_owned()),
            );
        }
    }
    if document.nodes.is_empty() && !told.iter().any(|path| path.starts_with("nodes")) {
        let hint = "write `nodes: { bye: { applet: hangup } }`".to_owned();
        found.push(Diagnostic::error("the flow has no nodes").at(document.place).path("nodes").hint(hint));
    }
    if let Some(start) = &document.start {
        match places.get(start.text.as_str()) {
            Some(place) => found.extend(graph::unreachable(&document.nodes, &drafts, *place)),
            None => found.push(no_such_node(start, "start", &places)),
        }
    }
    found.extend(graph::loops(&document.nodes, &drafts));
    diagnostics.extend(found);
    drafts
}

fn parse(
    node: &NodeText,
    catalogue: &Catalogue,
    found: &mut Vec<Diagnostic>,
) -> (&'static str, Option<Box<dyn Applet>>) {
    let path = format!("nodes.{}.applet", node.name.text);
    let Some(name) = &node.applet else {
        if !found.iter().any(|diagnostic| diagnostic.path == path) {
            let message = "the node names no applet";
            found.push(Diagnostic::error(message).at(node.name.place).path(path).hint("add `applet: …`".to_owned()));
        }
        return ("", None);
    };
    let Some(kind) = catalogue.kind(&name.text) else {
        let message = format!("there is no applet `{}`", name.text);
        found.push(Diagnostic::error(message).at(name.place).path(path).hint(catalogue.hint(&name.text)));
        return ("", None);
    };
    let (applet, problems) = Kind::parse(kind, node);
    found.extend(problems);
    (kind.name(), applet)
}

/// Every exit that must be wired is, and no other.
fn check_wires(node: &NodeText, exits: &Exits, found: &mut Vec<Diagnostic>) {
    let path = format!("nodes.{}", node.name.text);
    let wired = |exit: &str| node.wires.iter().any(|wire| wire.exit.text == exit);
    let missing: Vec<&str> = exits.required.iter().map(|exit| &**exit).filter(|exit| !wired(exit)).collect();
    if !missing.is_empty() {
        let wires: Vec<String> = missing.iter().map(|exit| format!("{exit}: …")).collect();
        let wires = match &missing[..] {
            ["next"] => "`next: …`".to_owned(),
            _ => format!("`on: {{ {} }}`", wires.join(", ")),
        };
        let (message, hint) = if node.wires.is_empty() {
            let message = format!("nothing comes after `{}`: a call would be cut there", node.name.text);
            (message, format!("add {wires}; where the call is over, a node with `applet: hangup`"))
        } else {
            let those = if missing.len() == 1 { "exit" } else { "exits" };
            (format!("{those} `{}` not wired", missing.join("`, `")), format!("add {wires}"))
        };
        found.push(Diagnostic::error(message).at(node.name.place).path(&path).hint(hint));
    }
    let mut seen = BTreeSet::new();
    for wire in &node.wires {
        if !seen.insert(&wire.exit.text) {
            let message = format!("exit `{}` is wired twice", wire.exit.text);
            let hint = "take one of them out".to_owned();
            found.push(Diagnostic::error(message).at(wire.exit.place).path(&wire.path).hint(hint));
        }
        if !exits.has(&wire.exit.text) {
            let names = || exits.required.iter().chain(&exits.optional).map(|exit| &**exit);
            let all = || match names().collect::<Vec<_>>()[..] {
                [] => "it has no exits".to_owned(),
                ref names => format!("there are `{}`", names.join("`, `")),
            };
            let hint = did_you_mean(&wire.exit.text, names()).unwrap_or_else(all);
            let message = format!("there is no exit `{}`", wire.exit.text);
            found.push(Diagnostic::error(message).at(wire.exit.place).path(&wire.path).hint(hint));
        }
    }
}

fn resolve(node: &NodeText, places: &BTreeMap<&str, usize>, found: &mut Vec<Diagnostic>) -> Vec<(String, usize)> {
    let mut exits = Vec::new();
    for wire in &node.wires {
        match places.get(wire.to.text.as_str()) {
            Some(place) => exits.push((wire.exit.text.clone(), *place)),
            None => found.push(no_such_node(&wire.to, &wire.path, places)),
        }
    }
    exits
}

fn no_such_node(name: &Word, path: &str, places: &BTreeMap<&str, usize>) -> Diagnostic {
    let message = format!("there is no node `{}`", name.text);
    let hint = did_you_mean(&name.text, places.keys().copied())
        .unwrap_or_else(|| format!("add it to the nodes: `{}: {{ applet: … }}`", name.text));
    Diagnostic::error(message).at(name.place).path(path).hint(hint)
}

/// Only called for a document without errors: whatever is missing nevertheless makes no program.
fn link(document: Document, drafts: Vec<Draft>, version: u64) -> Option<Program> {
    let start = document.start?;
    let start = document.nodes.iter().position(|node| node.name.text == start.text)?;
    let nodes = document.nodes.into_iter().zip(drafts).map(|(node, draft)| {
        let exits = draft.exits.into_iter().map(|(exit, place)| (exit, NodeIndex(place))).collect();
        Some(Node { name: node.name.text, place: node.name.place, kind: draft.kind, applet: draft.applet?, exits })
    });
    let program = Program::new(document.flow?.text, version, NodeIndex(start), nodes.collect::<Option<_>>()?);
    Some(match document.id {
        Some(id) => program.with_id(id),
        None => program,
    })
}
