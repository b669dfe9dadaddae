//! A document as a builder draws it: its nodes with all their exits, wired or not, as far as the text can be read.
//!
//! `layout` says where the nodes are drawn: a map from their names to `[x, y]`.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use crate::applet::Exits;
use crate::catalogue::Catalogue;
use crate::compile::{Draft, examine};
use crate::diagnostic::Diagnostic;
use crate::document::NodeText;
use crate::tree::{self, Tree};

/// What could be read of a flow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outline {
    /// The flow's name.
    pub name: Option<String>,
    /// Where a call begins, be there such a node or not.
    pub start: Option<String>,
    /// The nodes, in the order of the text.
    pub nodes: Vec<Sketch>,
}

/// What could be read of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Sketch {
    /// Its name.
    pub name: String,
    /// Its applet, be there such a one or not.
    pub applet: Option<String>,
    /// Its exits: those that must be wired, those that may be, then those that are wired besides.
    pub exits: Vec<Port>,
    /// Its settings as they are written.
    pub fields: Map<String, Value>,
    /// Where it is drawn.
    pub position: Option<[f64; 2]>,
    /// The line where it begins.
    pub line: usize,
}

/// An exit of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// The node that it is wired to, be there such a one or not.
    pub to: Option<String>,
    /// Whether it must be wired.
    pub required: bool,
}

/// Reads a flow's text, and says all that is wrong with it, as [`crate::compile()`] does.
pub fn outline(text: &str, catalogue: &Catalogue) -> (Outline, Vec<Diagnostic>) {
    let (read, diagnostics) = examine(text, catalogue);
    let Some((document, drafts)) = read else { return (Outline::default(), diagnostics) };
    let positions = positions(document.layout.as_ref());
    let nodes = document.nodes.iter().enumerate().map(|(place, node)| Sketch {
        name: node.name.text.clone(),
        applet: node.applet.as_ref().map(|applet| applet.text.clone()),
        exits: ports(node, drafts.get(place)),
        fields: node.fields.iter().map(|(key, tree)| (key.text.clone(), value(tree))).collect(),
        position: positions.get(node.name.text.as_str()).copied(),
        line: node.name.place.line,
    });
    let nodes = nodes.collect();
    let text = |word: crate::document::Word| word.text;
    (Outline { name: document.flow.map(text), start: document.start.map(text), nodes }, diagnostics)
}

/// The exits that the applet has, if it could be read, and those that are wired.
fn ports(node: &NodeText, draft: Option<&Draft>) -> Vec<Port> {
    let exits = draft.and_then(|draft| draft.applet.as_ref()).map_or_else(Exits::default, |applet| applet.exits());
    let wired = |name: &str| node.wires.iter().find(|wire| wire.exit.text == name).map(|wire| wire.to.text.clone());
    let port = |name: &str, required| Port { name: name.to_owned(), to: wired(name), required };
    let required = exits.required.iter().map(|name| port(name, true));
    let mut ports: Vec<Port> = required.chain(exits.optional.iter().map(|name| port(name, false))).collect();
    for wire in &node.wires {
        if !ports.iter().any(|port| port.name == wire.exit.text) {
            ports.push(port(&wire.exit.text, false));
        }
    }
    ports
}

/// Where nodes are drawn. What is no place is passed over.
fn positions(layout: Option<&Tree>) -> BTreeMap<&str, [f64; 2]> {
    let Some(tree::Value::Map(entries)) = layout.map(|tree| &tree.value) else { return BTreeMap::new() };
    let number = |tree: &Tree| tree.text()?.parse().ok().filter(|number: &f64| number.is_finite());
    let place = |tree: &Tree| match &tree.value {
        tree::Value::List(list) => match &list[..] {
            [x, y] => Some([number(x)?, number(y)?]),
            _ => None,
        },
        _ => None,
    };
    entries.iter().filter_map(|(key, tree)| Some((key.text.as_str(), place(tree)?))).collect()
}

/// A value as JSON has it. Text without quotes that means a number, a truth or nothing is that (YAML 1.2, core schema), but
/// only if it would be written so again: `007` and `+91` stay text.
fn value(tree: &Tree) -> Value {
    match &tree.value {
        tree::Value::List(list) => list.iter().map(value).collect(),
        tree::Value::Map(entries) => {
            Value::Object(entries.iter().map(|(key, tree)| (key.text.clone(), value(tree))).collect())
        }
        _ if tree.is_null() => Value::Null,
        tree::Value::Scalar { text, plain: true } => plain(text),
        tree::Value::Scalar { text, plain: false } => text.as_str().into(),
    }
}

fn plain(text: &str) -> Value {
    match text {
        "true" => return true.into(),
        "false" => return false.into(),
        _ => {}
    }
    let number = serde_json::from_str::<Number>(text).ok().filter(|number| number.to_string() == text);
    // A number that others cannot hold exactly is text to them.
    let exact = |number: &Number| number.as_f64().is_some_and(|number| number.abs() <= MOST);
    number.filter(exact).map_or_else(|| text.into(), Value::Number)
}

/// 2^53: up to it every reader of JSON knows a whole number exactly (RFC 8259, section 6).
const MOST: f64 = 9_007_199_254_740_992.0;

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::{Outline, outline};
    use crate::{Applet, Catalogue, Cx, Exits, Kind, Step};

    #[derive(Debug, Deserialize, schemars::JsonSchema)]
    struct Settings {
        #[expect(dead_code, reason = "only that it is there counts")]
        say: String,
    }

    #[derive(Debug)]
    struct Asks;

    impl Applet for Asks {
        fn enter(&self, _: &mut Cx<'_>) -> Step {
            Step::End
        }

        fn exits(&self) -> Exits {
            Exits { optional: vec!["late".into()], statuses: true, ..Exits::required(["200", "else"]) }
        }
    }

    fn read(text: &str) -> (Outline, Vec<String>) {
        let kind = Kind::new("asks", "//! Asks.", |_: Settings, _: &mut crate::Site<'_>| Some(Asks));
        let (outline, diagnostics) = outline(text, &Catalogue::new(vec![kind]));
        (outline, diagnostics.into_iter().map(|diagnostic| diagnostic.message).collect())
    }

    /// An outline in few words: `start`, and of each node its name, applet, line and exits (`!` must be wired).
    fn shown(outline: &Outline) -> String {
        let nodes = outline.nodes.iter().map(|node| {
            let exits = node.exits.iter().map(|port| {
                let to = port.to.as_ref().map(|to| format!(">{to}")).unwrap_or_default();
                format!("{}{}{to}", port.name, if port.required { "!" } else { "" })
            });
            let exits: Vec<String> = exits.collect();
            format!("{}:{}@{} {}", node.name, node.applet.as_deref().unwrap_or("?"), node.line, exits.join(" "))
        });
        let nodes: Vec<String> = nodes.collect();
        format!("{:?} {:?} | {}", outline.name, outline.start, nodes.join(" | "))
    }

    #[test]
    fn what_can_be_read_is_drawn_with_every_exit() {
        let rows = [
            (
                "flow: f\nstart: a\nnodes:\n  a: { applet: asks, say: x, on: { 200: a, 4xx: b, lost: c } }\n",
                r#"Some("f") Some("a") | a:asks@4 200!>a else! late 4xx>b lost>c"#,
            ),
            (
                "start: z\nnodes:\n  a: { applet: no, next: b }\n  b: { next: [x] }",
                r#"None Some("z") | a:no@3 next>b | b:?@4 "#,
            ),
            ("nodes: { a: { applet: asks, on: { else: a } } }", "None None | a:asks@1 else>a"),
            ("nodes: { a: 7, b: {} }", "None None | b:?@1 "),
            ("nodes: {", "None None | "),
            ("", "None None | "),
            ("[]", "None None | "),
        ];
        for (text, drawn) in rows {
            assert_eq!(shown(&read(text).0), drawn, "{text}");
        }
        let (_, diagnostics) = read("flow: f\nstart: a\nnodes: { a: { applet: asks, say: x, on: { 200: b } } }");
        assert_eq!(diagnostics, ["exit `else` not wired", "there is no node `b`"]);
    }

    #[test]
    fn fields_are_as_they_are_written() {
        let (outline, _) = read(
            "nodes: { a: { applet: asks, next: a, say: 'x', a: 7, b: 007, c: +91, d: true, e: ~, f: '1', g: [1, {h: 2.5}],\n\
             i: 918022222222, j: 99999999999999999999, k: no, l: 1e3, m: '' } }",
        );
        let fields = json!({
            "say": "x", "a": 7, "b": "007", "c": "+91", "d": true, "e": null, "f": "1", "g": [1, { "h": 2.5 }],
            "i": 918_022_222_222_u64, "j": "99999999999999999999", "k": "no", "l": "1e3", "m": "",
        });
        assert_eq!(json!(outline.nodes[0].fields), fields);
    }

    #[test]
    fn nodes_are_drawn_where_the_layout_says() {
        let rows = [
            ("{ a: [1, -2.5] }", Some([1.0, -2.5])),
            ("{ b: [1, 2] }", None),
            ("{ a: [1] }", None),
            ("{ a: [1, x] }", None),
            ("{ a: [1, .inf] }", None),
            ("[a]", None),
            ("7", None),
        ];
        for (layout, position) in rows {
            let (outline, diagnostics) = read(&format!(
                "flow: f\nstart: a\nlayout: {layout}\nnodes: {{ a: {{ applet: asks, say: x, on: {{ 200: a, else: a }} }} }}"
            ));
            assert_eq!((outline.nodes[0].position, diagnostics), (position, vec![]), "{layout}");
        }
    }
}
