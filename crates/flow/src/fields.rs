//! A node's settings, read into the type that an applet declares for them.
//!
//! The type is an ordinary `Deserialize`; this is the deserializer, over the positioned tree. It differs from others
//! in that it names every problem of a node with its place, not just the first: an unknown field is noted and passed
//! over, and a field that cannot be read is noted and the rest is read without it. A custom error message may have a
//! second line, which becomes the hint.

use std::cell::RefCell;
use std::fmt;

use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer as _, Visitor};

use crate::diagnostic::{Diagnostic, Place};
use crate::nearest::did_you_mean;
use crate::tree::{self, Key, Tree, Value};

/// Items in a list or map of a setting.
pub const SETTING_ITEMS: usize = 100;

/// Reads a whole YAML or JSON text that is a map, as documents beside flows are, into `T`; or says all that is wrong with it.
///
/// # Errors
/// The diagnostics, at least one.
pub fn read_document<T: DeserializeOwned>(text: &str) -> Result<T, Vec<Diagnostic>> {
    let (tree, mut diagnostics) = tree::read(text);
    let read = match &tree {
        Some(Tree { value: Value::Map(entries), place, .. }) => read(entries, *place, "", &mut diagnostics),
        Some(other) => {
            diagnostics.push(Diagnostic::error(format!("expected a map, found {}", other.what())).at(other.place));
            None
        }
        None if diagnostics.is_empty() => {
            diagnostics.push(Diagnostic::error("the document is empty"));
            None
        }
        None => None,
    };
    read.filter(|_| diagnostics.is_empty()).ok_or(diagnostics)
}

/// Reads the entries of a node's map into `T`; all problems go into `diagnostics`.
pub(crate) fn read<T: DeserializeOwned>(
    entries: &[(Key, Tree)],
    place: Place,
    path: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<T> {
    let mut entries: Vec<&(Key, Tree)> = entries.iter().collect();
    let mut whole = true;
    let mut unreadable: Vec<&str> = Vec::new();
    loop {
        let unknown = RefCell::new(Vec::new());
        let node = Node { entries: &entries, place, path, unknown: &unknown };
        let result = T::deserialize(node);
        match result {
            Ok(read) => {
                whole &= unknown.borrow().is_empty();
                diagnostics.append(&mut unknown.into_inner());
                return whole.then_some(read);
            }
            Err(trouble) => {
                whole = false;
                let bad = entries.iter().position(|(key, _)| trouble.is_within(&inner(path, &key.text)));
                let diagnostic = trouble.into_diagnostic(place, path);
                let Some(bad) = bad else {
                    // Not one field's fault: one is missing. Not worth a word if it was there and could not be read.
                    if !unreadable.iter().any(|field| diagnostic.message == missing_field(field)) {
                        diagnostics.push(diagnostic);
                    }
                    diagnostics.append(&mut unknown.into_inner());
                    return None;
                };
                diagnostics.push(diagnostic);
                let (key, _) = entries.remove(bad);
                unreadable.push(&key.text);
                let path = inner(path, &key.text);
                diagnostics.extend(unknown.into_inner().into_iter().filter(|known| is_within(&known.path, &path)));
            }
        }
    }
}

fn missing_field(field: &str) -> String {
    format!("`{field}` is missing")
}

fn inner(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn is_within(at: &str, path: &str) -> bool {
    at.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Why a value cannot be read, and which.
#[derive(Debug)]
struct Trouble {
    message: String,
    hint: Option<String>,
    at: Option<(Place, String)>,
}

impl Trouble {
    fn at(mut self, place: Place, path: &str) -> Self {
        self.at.get_or_insert_with(|| (place, path.to_owned()));
        self
    }

    fn is_within(&self, path: &str) -> bool {
        self.at.as_ref().is_some_and(|(_, at)| is_within(at, path))
    }

    fn into_diagnostic(self, place: Place, path: &str) -> Diagnostic {
        let (place, path) = self.at.unwrap_or_else(|| (place, path.to_owned()));
        Diagnostic::error(self.message).at(place).path(path).hint(self.hint)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Trouble {}

impl de::Error for Trouble {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let text = message.to_string();
        match text.split_once('\n') {
            Some((message, hint)) => Self { message: message.into(), hint: Some(hint.into()), at: None },
            None => Self { message: text, hint: None, at: None },
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::custom(missing_field(field))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let hint = did_you_mean(variant, expected.iter().copied());
        let message = format!("`{variant}` is none of `{}`", expected.join("`, `"));
        Self { message, hint, at: None }
    }
}

/// A node's own map.
struct Node<'a> {
    entries: &'a [&'a (Key, Tree)],
    place: Place,
    path: &'a str,
    unknown: &'a RefCell<Vec<Diagnostic>>,
}

impl<'de> de::Deserializer<'de> for Node<'_> {
    type Error = Trouble;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        visitor.visit_map(Entries { rest: self.entries.iter(), value: None, path: self.path, unknown: self.unknown })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Trouble> {
        let known: Vec<&(Key, Tree)> = self.entries.iter().copied().filter(|(key, _)| is_known(key, fields)).collect();
        for (key, _) in self.entries.iter().filter(|(key, _)| !is_known(key, fields)) {
            let there_are = || match fields {
                [] => "it has no settings".to_owned(),
                _ => format!("there are `{}`", fields.join("`, `")),
            };
            let hint = did_you_mean(&key.text, fields.iter().copied()).unwrap_or_else(there_are);
            let diagnostic = Diagnostic::error(format!("there is no field `{}`", key.text))
                .at(key.place)
                .path(inner(self.path, &key.text))
                .hint(hint);
            self.unknown.borrow_mut().push(diagnostic);
        }
        let (place, path) = (self.place, self.path);
        Node { entries: &known, ..self }.deserialize_any(visitor).map_err(|trouble: Trouble| trouble.at(place, path))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

fn is_known(key: &Key, fields: &[&str]) -> bool {
    fields.contains(&key.text.as_str())
}

/// The entries of a map, one after the other.
struct Entries<'a> {
    rest: std::slice::Iter<'a, &'a (Key, Tree)>,
    value: Option<(&'a Key, &'a Tree)>,
    path: &'a str,
    unknown: &'a RefCell<Vec<Diagnostic>>,
}

impl<'de> de::MapAccess<'de> for Entries<'_> {
    type Error = Trouble;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Trouble> {
        let Some((key, tree)) = self.rest.next() else { return Ok(None) };
        self.value = Some((key, tree));
        let path = inner(self.path, &key.text);
        seed.deserialize(key.text.as_str().into_deserializer()).map(Some).map_err(|e: Trouble| e.at(key.place, &path))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Trouble> {
        let (key, tree) = self.value.take().expect("serde asks for a key before its value");
        Reader { tree, path: inner(self.path, &key.text), unknown: self.unknown }.read(seed)
    }
}

/// The values of a list, one after the other.
struct Values<'a> {
    rest: std::iter::Enumerate<std::slice::Iter<'a, Tree>>,
    path: &'a str,
    unknown: &'a RefCell<Vec<Diagnostic>>,
}

impl<'de> de::SeqAccess<'de> for Values<'_> {
    type Error = Trouble;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Trouble> {
        let Some((index, tree)) = self.rest.next() else { return Ok(None) };
        let path = format!("{}[{index}]", self.path);
        Reader { tree, path, unknown: self.unknown }.read(seed).map(Some)
    }
}

/// One value.
struct Reader<'a> {
    tree: &'a Tree,
    path: String,
    unknown: &'a RefCell<Vec<Diagnostic>>,
}

impl Reader<'_> {
    /// Every value is read here, so that whatever is wrong with it gets its place.
    fn read<'de, S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Trouble> {
        let (place, path) = (self.tree.place, self.path.clone());
        let length = match &self.tree.value {
            Value::Scalar { .. } => 0,
            Value::List(list) => list.len(),
            Value::Map(map) => map.len(),
        };
        if length > SETTING_ITEMS {
            let message = format!("there are {length} items, {SETTING_ITEMS} are allowed");
            return Err(<Trouble as de::Error>::custom(message).at(place, &path));
        }
        seed.deserialize(self).map_err(|trouble| trouble.at(place, &path))
    }

    fn wrong<T>(&self, expected: &str) -> Result<T, Trouble> {
        let message = format!("expected {expected}, found {}", self.tree.what());
        Err(de::Error::custom(message))
    }

    fn text(&self, expected: &str) -> Result<&str, Trouble> {
        self.tree.text().map_or_else(|| self.wrong(expected), Ok)
    }
}

/// Numbers are asked for by type; what does not read as one is named.
macro_rules! numbers {
    ($($deserialize:ident $visit:ident $number:ty, $what:literal;)*) => {
        $(fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
            match self.text($what)?.parse::<$number>() {
                Ok(number) => visitor.$visit(number),
                Err(_) => self.wrong($what),
            }
        })*
    };
}

impl<'de> de::Deserializer<'de> for Reader<'_> {
    type Error = Trouble;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        match &self.tree.value {
            _ if self.tree.is_null() => visitor.visit_unit(),
            Value::Scalar { text, .. } => visitor.visit_str(text),
            Value::List(list) => {
                visitor.visit_seq(Values { rest: list.iter().enumerate(), path: &self.path, unknown: self.unknown })
            }
            Value::Map(map) => {
                let entries: Vec<&(Key, Tree)> = map.iter().collect();
                visitor.visit_map(Entries {
                    rest: entries.iter(),
                    value: None,
                    path: &self.path,
                    unknown: self.unknown,
                })
            }
        }
    }

    numbers! {
        deserialize_i64 visit_i64 i64, "a whole number";
        deserialize_u8 visit_u8 u8, "a whole number up to 255";
        deserialize_u16 visit_u16 u16, "a whole number up to 65535";
        deserialize_u32 visit_u32 u32, "a whole number";
        deserialize_u64 visit_u64 u64, "a whole number";
        deserialize_f64 visit_f64 f64, "a number";
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        match self.text("true or false")? {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => self.wrong("true or false"),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        visitor.visit_str(self.text("text")?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        if self.tree.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Trouble> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Trouble> {
        visitor.visit_enum(self.text("a word")?.into_deserializer())
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        match &self.tree.value {
            Value::List(_) => self.deserialize_any(visitor),
            _ => self.wrong("a list"),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        match &self.tree.value {
            Value::Map(_) => self.deserialize_any(visitor),
            _ => self.wrong("a map"),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Trouble> {
        let Value::Map(map) = &self.tree.value else { return self.wrong("a map") };
        let entries: Vec<&(Key, Tree)> = map.iter().collect();
        let node = Node { entries: &entries, place: self.tree.place, path: &self.path, unknown: self.unknown };
        node.deserialize_struct(name, fields, visitor)
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i128 u128 f32 char bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::{SETTING_ITEMS, read};
    use crate::diagnostic::{Diagnostic, Place};
    use crate::tree::{self, Value};

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Loose {
        text: String,
        number: Option<u32>,
        flag: bool,
        list: Vec<String>,
        map: BTreeMap<String, String>,
        within: Option<Strict>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Strict {
        needed: String,
        #[serde(default)]
        more: u8,
    }

    fn loose(text: &str) -> (Option<Loose>, Vec<Diagnostic>) {
        let tree = tree::read(text).0.expect("the tests write YAML");
        let Value::Map(entries) = &tree.value else { panic!("the tests write maps") };
        let mut diagnostics = Vec::new();
        (read(entries, Place::default(), "nodes.a", &mut diagnostics), diagnostics)
    }

    #[test]
    fn fields_are_read_by_their_types() {
        let text = "{text: 007, number: 7, flag: true, list: [1, no], map: {a: 1}, within: {needed: x}}";
        let read = Loose {
            text: "007".into(),
            number: Some(7),
            flag: true,
            list: vec!["1".into(), "no".into()],
            map: BTreeMap::from([("a".into(), "1".into())]),
            within: Some(Strict { needed: "x".into(), more: 0 }),
        };
        assert_eq!(loose(text), (Some(read), vec![]));
        assert_eq!(loose("number:\nwithin: null"), (Some(Loose::default()), vec![]));
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let text =
            "text: [x]\nnumbre: 1\nnumber: many\nflag: on\nlist: one\nmap: {a: [1]}\nwithin: {need: x, more: 300}";
        let (read, diagnostics) = loose(text);
        assert_eq!(read, None);
        let mut named: Vec<_> =
            diagnostics.iter().map(|d| (d.place.line, d.path.as_str(), d.message.as_str())).collect();
        named.sort_unstable();
        assert_eq!(
            named,
            [
                (1, "nodes.a.text", "expected text, found a list"),
                (2, "nodes.a.numbre", "there is no field `numbre`"),
                (3, "nodes.a.number", "expected a whole number, found `many`"),
                (4, "nodes.a.flag", "expected true or false, found `on`"),
                (5, "nodes.a.list", "expected a list, found `one`"),
                (6, "nodes.a.map.a", "expected text, found a list"),
                (7, "nodes.a.within.more", "expected a whole number up to 255, found `300`"),
                (7, "nodes.a.within.need", "there is no field `need`"),
            ]
        );
        assert_eq!(
            diagnostics.iter().find(|d| d.path == "nodes.a.numbre").and_then(|d| d.hint.as_deref()),
            Some("did you mean `number`?")
        );
    }

    #[test]
    fn lists_and_maps_end() {
        let list = |length: usize| loose(&format!("list: [{}]", vec!["x"; length].join(", ")));
        assert!(list(SETTING_ITEMS).0.is_some());
        assert_eq!(list(SETTING_ITEMS + 1).1[0].message, "there are 101 items, 100 are allowed");
        let map = |length: usize| {
            let entries: Vec<String> = (0..length).map(|i| format!("k{i}: x")).collect();
            loose(&format!("map: {{{}}}", entries.join(", ")))
        };
        assert!(map(SETTING_ITEMS).0.is_some());
        assert_eq!(map(SETTING_ITEMS + 1).1[0].message, "there are 101 items, 100 are allowed");
    }

    #[test]
    fn unknown_and_missing_fields_within_a_field_are_named() {
        let (read, diagnostics) = loose("within: {need: x}");
        assert_eq!(read, None);
        let named: Vec<_> = diagnostics.iter().map(|d| (d.path.as_str(), d.message.as_str())).collect();
        let expected = [("nodes.a.within", "`needed` is missing"), ("nodes.a.within.need", "there is no field `need`")];
        assert_eq!(named, expected);
    }
}
