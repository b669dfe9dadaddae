//! A rehearsal in the words of test files, as somebody writes it down; and what came of it as the text of such a file.

use std::collections::BTreeMap;

use flow::{Diagnostic, read_document};
use serde_json::{Map, Value};

use crate::rehearsed::Rehearsed;
use crate::scenario::Scenario;

/// What happens in a rehearsal. What is left out is as in test files.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// Who calls.
    pub caller: Option<String>,
    /// Which number they dial.
    pub dials: Option<String>,
    /// Keys for each step that waits for some.
    pub press: Vec<String>,
    /// What sites reply in turn, by URL.
    pub web: BTreeMap<String, Vec<String>>,
    /// How those who are called behave.
    pub answer: BTreeMap<String, String>,
}

impl Script {
    /// The scenario, or what is wrong with the words.
    ///
    /// # Errors
    /// The diagnostics, at least one.
    pub fn scenario(&self) -> Result<Scenario, Vec<Diagnostic>> {
        let lines: Vec<String> = self.lines("a rehearsal").into_iter().chain(["expect: {}".to_owned()]).collect();
        read_document(&lines.join("\n"))
    }

    /// A test file of this rehearsal that expects what came of it.
    pub fn test(&self, rehearsed: &Rehearsed) -> String {
        let last = rehearsed.walk.last().map_or("nowhere", |stride| &stride.node);
        let mut lines = self.lines(&format!("a call comes to {last}"));
        lines.push("expect:".to_owned());
        lines.push(format!("  steps: {}", list(&rehearsed.steps)));
        if let Some(cause) = rehearsed.cause {
            lines.push(format!("  cause: {}", cause.name().map_or_else(|| cause.0.to_string(), str::to_owned)));
        }
        if !rehearsed.troubles.is_empty() {
            lines.push(format!("  faults: {}", list(&rehearsed.troubles)));
        }
        let lines =
            lines.iter().enumerate().map(|(at, line)| format!("{}{line}\n", if at == 0 { "  - " } else { "    " }));
        format!("tests:\n{}", lines.collect::<String>())
    }

    /// What happens, a line a key. JSON's texts, lists and maps are YAML's as well.
    fn lines(&self, name: &str) -> Vec<String> {
        let mut lines = vec![format!("name: {}", text(name))];
        let numbers = [("caller", &self.caller), ("dials", &self.dials)];
        lines.extend(numbers.iter().filter_map(|(key, who)| Some(format!("{key}: {}", text(who.as_ref()?)))));
        if !self.press.is_empty() {
            lines.push(format!("press: {}", list(&self.press)));
        }
        let one_or_list = |replies: &Vec<String>| match &replies[..] {
            [reply] => text(reply),
            replies => list(replies),
        };
        let web = self.web.iter().map(|(url, replies)| (url, one_or_list(replies)));
        lines.extend(block("web", web));
        lines.extend(block("answer", self.answer.iter().map(|(who, manner)| (who, text(manner)))));
        lines
    }
}

fn block<'a>(key: &str, entries: impl Iterator<Item = (&'a String, String)>) -> Vec<String> {
    let entries: Vec<String> = entries.map(|(name, value)| format!("  {}: {value}", text(name))).collect();
    if entries.is_empty() { entries } else { [vec![format!("{key}:")], entries].concat() }
}

fn text(text: &str) -> String {
    Value::from(text).to_string()
}

fn list(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|one| text(one)).collect::<Vec<_>>().join(", "))
}

/// Pairs as an object; of a name that is given several times, the list of its values.
pub(crate) fn object(pairs: impl Iterator<Item = (String, String)>) -> Map<String, Value> {
    let mut object = Map::new();
    for (name, value) in pairs {
        let value = Value::from(value);
        match object.get_mut(&name) {
            Some(Value::Array(values)) => values.push(value),
            Some(before) => *before = Value::Array(vec![before.take(), value]),
            None => drop(object.insert(name, value)),
        }
    }
    object
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_that_mean_nothing_are_named_with_their_place() {
        let rows = [
            (Script { caller: Some("a b".into()), ..Script::default() }, "caller"),
            (Script { press: vec!["1".into(), "x".into()], ..Script::default() }, "press"),
            (
                Script { web: BTreeMap::from([("https://a.example".into(), vec!["sad".into()])]), ..Script::default() },
                "web",
            ),
            (
                Script { answer: BTreeMap::from([("sales".into(), "maybe".into())]), ..Script::default() },
                "answer.sales",
            ),
        ];
        for (script, path) in rows {
            let wrong = script.scenario().expect_err(path);
            assert!(wrong[0].path.starts_with(path), "{path}: {wrong:?}");
        }
    }

    #[test]
    fn hostile_words_stay_texts() {
        let words = "a\": {b}\n- c # d \u{7}";
        let replies = vec![format!("200:{words}"), "timeout".into()];
        let script =
            Script { web: BTreeMap::from([("https://a.example/\"x: y".into(), replies)]), ..Script::default() };
        let scenario = script.scenario().expect("texts");
        assert_eq!(scenario.web.keys().collect::<Vec<_>>(), ["https://a.example/\"x: y"]);
        assert_eq!(scenario.web.values().next().map(|replies| replies.0.len()), Some(2));
    }

    #[test]
    fn pairs_become_an_object() {
        let pairs = [("a", "1"), ("b", "2"), ("a", "3"), ("a", "4")];
        let pairs = pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(Value::Object(object(pairs)), json!({ "a": ["1", "3", "4"], "b": "2" }));
    }
}
