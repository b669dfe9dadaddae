//! Between the flat names of the wire, `Legs[0][Number]`, and values within values.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Names within a name, at most: `Legs[0][Insights][Status]` has four.
const DEPTH: usize = 4;

/// The fields as values within values; of a name that is there twice the last counts. `Legs` becomes a list, in the order of
/// its numbers.
pub(crate) fn nest(fields: &[(String, String)]) -> Value {
    let mut root = Map::new();
    for (name, value) in fields {
        put(&mut root, &path(name), value);
    }
    if let Some(Value::Object(legs)) = root.remove("Legs") {
        let legs = legs.into_iter().filter_map(|(i, leg)| Some((i.parse::<usize>().ok()?, leg)));
        let legs: BTreeMap<usize, Value> = legs.collect();
        root.insert("Legs".into(), legs.into_values().collect());
    }
    Value::Object(root)
}

/// `Legs[0][Number]` as `Legs`, `0`, `Number`; a name that is not of this form is one name.
fn path(name: &str) -> Vec<&str> {
    let Some((first, rest)) = name.strip_suffix(']').and_then(|name| name.split_once('[')) else { return vec![name] };
    let path: Vec<&str> = [first].into_iter().chain(rest.split("][")).collect();
    let is_good = path.len() <= DEPTH && path.iter().all(|part| !part.is_empty() && !part.contains(['[', ']']));
    if is_good { path } else { vec![name] }
}

fn put(map: &mut Map<String, Value>, path: &[&str], value: &str) {
    let [name, rest @ ..] = path else { return };
    if rest.is_empty() {
        map.insert((*name).to_owned(), value.into());
        return;
    }
    let inner = map.entry(*name).or_insert_with(|| Map::new().into());
    if !inner.is_object() {
        *inner = Map::new().into();
    }
    if let Value::Object(inner) = inner {
        put(inner, rest, value);
    }
}

/// The values of a JSON object under their flat names; what is `null` has none.
pub(crate) fn flatten(object: Map<String, Value>) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for (name, value) in object {
        add(&mut fields, name, value);
    }
    fields
}

/// As deep as `serde_json` reads, which has a limit.
fn add(fields: &mut Vec<(String, String)>, name: String, value: Value) {
    match value {
        Value::Null => {}
        Value::String(text) => fields.push((name, text)),
        Value::Bool(_) | Value::Number(_) => fields.push((name, value.to_string())),
        Value::Array(items) => {
            for (i, item) in items.into_iter().enumerate() {
                add(fields, format!("{name}[{i}]"), item);
            }
        }
        Value::Object(inner) => {
            for (key, item) in inner {
                add(fields, format!("{name}[{key}]"), item);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn nested(names: &[&str]) -> Value {
        nest(&names.iter().enumerate().map(|(i, name)| ((*name).to_owned(), i.to_string())).collect::<Vec<_>>())
    }

    #[test]
    fn names_within_names_become_values_within_values() {
        let rows = [
            (&["CallSid", "From"][..], json!({ "CallSid": "0", "From": "1" })),
            (&["From", "From"], json!({ "From": "1" })),
            (&["Legs[1][A]", "Legs[0][A]", "Legs[1][B]"], json!({ "Legs": [{ "A": "1" }, { "A": "0", "B": "2" }] })),
            (&["Legs[10][A]", "Legs[9][A]"], json!({ "Legs": [{ "A": "1" }, { "A": "0" }] })),
            (&["Legs[x][A]"], json!({ "Legs": [] })),
            (&["Legs[0][Insights][S]"], json!({ "Legs": [{ "Insights": { "S": "0" } }] })),
            (&["a[b][c][d][e]"], json!({ "a[b][c][d][e]": "0" })),
            (&["a[", "a]", "a[]", "[a]", "a[b]c", "a[b[c]]"], {
                json!({ "a[": "0", "a]": "1", "a[]": "2", "[a]": "3", "a[b]c": "4", "a[b[c]]": "5" })
            }),
            (&["a", "a[b]"], json!({ "a": { "b": "1" } })),
            (&["a[b]", "a"], json!({ "a": "1" })),
        ];
        for (names, expected) in rows {
            assert_eq!(nested(names), expected, "{names:?}");
        }
    }

    #[test]
    fn json_has_the_same_names() {
        let Value::Object(object) = json!({
            "CallSid": "1", "DialCallDuration": 7, "Parallel": true, "Nothing": null,
            "Legs": [{ "Number": "0", "Insights": { "S": 4.5 } }],
        }) else {
            panic!("an object");
        };
        let fields = flatten(object);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let expected = [
            ("CallSid", "1"),
            ("DialCallDuration", "7"),
            ("Parallel", "true"),
            ("Legs[0][Number]", "0"),
            ("Legs[0][Insights][S]", "4.5"),
        ];
        assert_eq!(fields, expected);
    }
}
