//! YAML or JSON text as a tree of maps, lists and scalars, each with its place in the text.
//!
//! Scalars stay as they were written: `200`, `+918022222222` and `no` are text until a field asks for something
//! else. JSON is read as the YAML that it is; a key given twice is refused in both.

use std::collections::{BTreeMap, BTreeSet};

use granit_parser::{Event, Parser, ScalarStyle, ScanError};

use crate::diagnostic::{Diagnostic, Place};

/// Bytes of a document (`trust.md` S12).
pub const DOCUMENT_BYTES: usize = 1024 * 1024;

/// Maps and lists inside one another, aliases followed (`trust.md` S12).
pub const DOCUMENT_DEPTH: usize = 64;

/// Maps, lists and scalars in a document, aliases followed: a document of 1 MiB without aliases stays far below.
pub const DOCUMENT_ITEMS: usize = 200_000;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub(crate) place: Place,
    pub(crate) value: Value,
    /// Levels of maps and lists, this one included.
    height: usize,
    /// Values, this one included.
    items: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Scalar {
        text: String,
        /// Written without quotes, so that it may mean null.
        plain: bool,
    },
    List(Vec<Tree>),
    Map(Vec<(Key, Tree)>),
}

/// A map's key and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) place: Place,
}

impl Tree {
    /// Whether nothing was written here, or `null`.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null"))
    }

    /// The text of a scalar that is not null.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } if !self.is_null() => Some(text),
            _ => None,
        }
    }

    /// What stands here, for a sentence that begins with "found".
    pub(crate) fn what(&self) -> String {
        match &self.value {
            _ if self.is_null() => "nothing".into(),
            Value::Scalar { text, .. } => format!("`{}`", text.chars().take(40).collect::<String>()),
            Value::List(_) => "a list".into(),
            Value::Map(_) => "a map".into(),
        }
    }

    fn new(place: Place, value: Value) -> Self {
        let (height, items) = match &value {
            Value::Scalar { .. } => (0, 0),
            Value::List(list) => measure(list.iter()),
            Value::Map(map) => measure(map.iter().map(|(_, tree)| tree)),
        };
        Self { place, value, height, items: items + 1 }
    }
}

fn measure<'a>(inner: impl Iterator<Item = &'a Tree>) -> (usize, usize) {
    let (height, items) = inner.fold((0, 0), |(height, items), tree| (tree.height.max(height), items + tree.items));
    (height + 1, items)
}

/// Reads a text. A tree may come with diagnostics: then it is what could be read.
pub(crate) fn read(text: &str) -> (Option<Tree>, Vec<Diagnostic>) {
    if text.len() > DOCUMENT_BYTES {
        let message = format!("the document has {} bytes, {DOCUMENT_BYTES} are allowed", text.len());
        return (None, vec![Diagnostic::error(message).hint("cut it into several flows".to_owned())]);
    }
    let mut builder = Builder::default();
    let tree = match builder.read(text) {
        Ok(tree) => tree,
        Err(Stopped(diagnostic)) => {
            builder.diagnostics.push(*diagnostic);
            None
        }
    };
    (tree, builder.diagnostics)
}

/// What mostly lies behind text that is no YAML.
const SYNTAX_HINT: &str =
    "look here and at the lines before: is each bracket and quote closed, and text with `: `, `#`, `{` or `[` quoted?";

/// What to do about a document that no flow needs to be.
const FLATTER: &str = "a flow needs maps in maps four deep, and no aliases";

/// The text cannot be read any further.
struct Stopped(Box<Diagnostic>);

impl From<ScanError> for Stopped {
    fn from(error: ScanError) -> Self {
        let place = Place { line: error.marker().line(), column: error.marker().col() + 1 };
        let problem = error.kind().to_string();
        let hint = if problem.contains("tab") { "indent with spaces" } else { SYNTAX_HINT };
        let diagnostic = Diagnostic::error(format!("not a YAML or JSON document: {problem}"));
        Self(Box::new(diagnostic.at(place).hint(hint.to_owned())))
    }
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: BTreeMap<usize, Tree>,
    items: usize,
    diagnostics: Vec<Diagnostic>,
}

/// A map or list whose end has not come.
struct Open {
    place: Place,
    anchor: usize,
    inside: Inside,
}

enum Inside {
    List(Vec<Tree>),
    Map { entries: Vec<(Key, Tree)>, seen: BTreeSet<String>, key: Option<Key> },
}

impl Builder {
    fn read(&mut self, text: &str) -> Result<Option<Tree>, Stopped> {
        let mut root = None;
        let mut documents = 0;
        for next in Parser::new_from_str(text) {
            let (event, span) = next?;
            let place = Place { line: span.start.line(), column: span.start.col() + 1 };
            let done = match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        return stop(
                            "a second document begins here, one is allowed",
                            "put it into a file of its own",
                            place,
                        );
                    }
                    None
                }
                Event::Scalar(text, style, anchor, _) => {
                    let plain = matches!(style, ScalarStyle::Plain);
                    let tree = Tree::new(place, Value::Scalar { text: text.into_owned(), plain });
                    self.keep(anchor, &tree);
                    self.add(tree, 1)?
                }
                Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                    Some(tree) => {
                        let items = tree.items;
                        self.add(Tree { place, ..tree }, items)?
                    }
                    None => {
                        return stop("an alias stands inside the value that it names", "write the value out", place);
                    }
                },
                Event::SequenceStart(_, anchor, _) => self.begin(place, anchor, Inside::List(Vec::new()))?,
                Event::MappingStart(_, anchor, _) => {
                    let inside = Inside::Map { entries: Vec::new(), seen: BTreeSet::new(), key: None };
                    self.begin(place, anchor, inside)?
                }
                Event::SequenceEnd | Event::MappingEnd => self.end()?,
                _ => None,
            };
            root = done.or(root);
        }
        Ok(root)
    }

    fn begin(&mut self, place: Place, anchor: usize, inside: Inside) -> Result<Option<Tree>, Stopped> {
        if self.open.len() >= DOCUMENT_DEPTH {
            return stop(&format!("more than {DOCUMENT_DEPTH} maps and lists inside one another"), FLATTER, place);
        }
        self.open.push(Open { place, anchor, inside });
        Ok(None)
    }

    fn end(&mut self) -> Result<Option<Tree>, Stopped> {
        let Some(open) = self.open.pop() else { return Ok(None) };
        let value = match open.inside {
            Inside::List(list) => Value::List(list),
            Inside::Map { entries, .. } => Value::Map(entries),
        };
        let tree = Tree::new(open.place, value);
        self.keep(open.anchor, &tree);
        self.add(tree, 1)
    }

    /// Puts a whole value, `items` of which have not been counted, where it belongs; yields it if it is the document.
    fn add(&mut self, tree: Tree, items: usize) -> Result<Option<Tree>, Stopped> {
        let place = tree.place;
        self.items += items;
        if self.items > DOCUMENT_ITEMS {
            return stop(&format!("more than {DOCUMENT_ITEMS} values, aliases followed"), FLATTER, place);
        }
        if self.open.len() + tree.height > DOCUMENT_DEPTH {
            return stop(&format!("more than {DOCUMENT_DEPTH} maps and lists inside one another"), FLATTER, place);
        }
        let Some(open) = self.open.last_mut() else { return Ok(Some(tree)) };
        match &mut open.inside {
            Inside::List(list) => list.push(tree),
            Inside::Map { entries, seen, key } => match key.take() {
                Some(name) => {
                    if seen.insert(name.text.clone()) {
                        entries.push((name, tree));
                    } else {
                        let message = format!("`{}` is given twice", name.text);
                        let hint = "take one of them out, or give it another name".to_owned();
                        self.diagnostics.push(Diagnostic::error(message).at(name.place).hint(hint));
                    }
                }
                None => match tree.value {
                    Value::Scalar { text, plain: true } if text == "<<" => {
                        return stop(
                            "merge keys (`<<:`) are not supported",
                            "write the fields out; an alias can stand for a whole value: `on: *exits`",
                            place,
                        );
                    }
                    Value::Scalar { text, .. } => *key = Some(Key { text, place }),
                    _ => return stop("a map or list cannot be a key", "write `key: value`", place),
                },
            },
        }
        Ok(None)
    }

    fn keep(&mut self, anchor: usize, tree: &Tree) {
        if anchor != 0 {
            self.items += tree.items; // the copy counts
            self.anchors.insert(anchor, tree.clone());
        }
    }
}

fn stop<T>(message: &str, hint: &str, place: Place) -> Result<T, Stopped> {
    Err(Stopped(Box::new(Diagnostic::error(message).at(place).hint(hint.to_owned()))))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::{DOCUMENT_BYTES, DOCUMENT_DEPTH, Tree, Value, read};

    /// The tree in one line, scalars as they are, nulls as `-`.
    fn shown(tree: &Tree) -> String {
        match &tree.value {
            _ if tree.is_null() => "-".into(),
            Value::Scalar { text, .. } => text.clone(),
            Value::List(list) => format!("[{}]", list.iter().map(shown).collect::<Vec<_>>().join(",")),
            Value::Map(map) => {
                let entries = map.iter().map(|(key, tree)| format!("{}:{}", key.text, shown(tree)));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
            }
        }
    }

    #[test]
    fn text_becomes_a_tree_and_scalars_stay_as_written() {
        let rows = [
            ("a: 1", "{a:1}"),
            ("on: { 200: x, 0x1F: y, \"*\": z }", "{on:{200:x,0x1F:y,*:z}}"),
            ("to: [+918022222222, 007, no, 1_0]", "{to:[+918022222222,007,no,1_0]}"),
            ("a:\nb: null\nc: ~\nd: \"null\"", "{a:-,b:-,c:-,d:null}"),
            ("{\"a\": [1, \"b\", null, true, {\"c\": 1.50}]}", "{a:[1,b,-,true,{c:1.50}]}"),
            ("a: &x {k: v}\nb: *x", "{a:{k:v},b:{k:v}}"),
            ("- नमस्ते\n- \"\\u0928\"", "[नमस्ते,न]"),
            ("text", "text"),
        ];
        for (text, tree) in rows {
            let (read, diagnostics) = read(text);
            assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
            assert_eq!(shown(&read.expect(text)), tree, "{text}");
        }
        assert!(read("").0.is_none());
        assert!(read("# nothing").0.is_none());
    }

    #[test]
    fn bad_text_is_named_with_its_place() {
        let rows = [
            ("a: 1\na: 2", "`a` is given twice", 2, 1),
            ("{\"x\": {\"k\": 1,\n  \"k\": 2}}", "`k` is given twice", 2, 3),
            ("a: [1, 2", "not a YAML or JSON document", 1, 4),
            ("a: *nobody", "not a YAML or JSON document", 1, 4),
            ("a: &x [*x]", "an alias stands inside the value that it names", 1, 8),
            ("a: 1\n---\nb: 1", "a second document begins here, one is allowed", 2, 1),
            ("[a]: 1", "a map or list cannot be a key", 1, 1),
            ("a: &x {k: v}\nb: { <<: *x }", "merge keys (`<<:`) are not supported", 2, 6),
        ];
        for (text, message, line, column) in rows {
            let (_, diagnostics) = read(text);
            let [diagnostic] = &diagnostics[..] else { panic!("{text}: {diagnostics:?}") };
            assert!(diagnostic.message.starts_with(message), "{text}: {diagnostic}");
            assert_eq!((diagnostic.place.line, diagnostic.place.column), (line, column), "{text}: {diagnostic}");
        }
    }

    fn refused(text: &str) -> String {
        let (tree, diagnostics) = read(text);
        assert!(tree.is_none());
        diagnostics[0].message.clone()
    }

    #[test]
    fn bombs_are_refused() {
        assert!(refused(&" ".repeat(DOCUMENT_BYTES + 1)).contains("1048576 are allowed"));

        let deep = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(read(&deep(DOCUMENT_DEPTH)).0.is_some());
        assert!(refused(&deep(DOCUMENT_DEPTH + 1)).contains("inside one another"));

        let mut chain = "a0: &a0 [x]\n".to_owned();
        for i in 1..=DOCUMENT_DEPTH {
            writeln!(chain, "a{i}: &a{i} [*a{}]", i - 1).expect("a string takes all");
        }
        assert!(refused(&chain).contains("inside one another"));

        let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for i in 1..9 {
            let nine = vec![format!("*a{}", i - 1); 9].join(", ");
            writeln!(laughs, "a{i}: &a{i} [{nine}]").expect("a string takes all");
        }
        assert!(refused(&laughs).contains("values, aliases followed"));
    }
}
