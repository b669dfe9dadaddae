//! A place in an answer's JSON (RFC 9535), as nodes give it: `$.customer.tier`.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;
use serde_json::value::RawValue;
use serde_json_path::PathElement;

/// Bytes of a path.
const PATH_BYTES: usize = 500;

/// A place in JSON. A path with a filter, or with `..` twice, may look at all values for each value and is refused: whoever
/// answers decides how many there are.
#[derive(Clone)]
pub(crate) struct JsonPath {
    text: String,
    path: serde_json_path::JsonPath,
}

impl JsonPath {
    /// What stands there as text, the first of several; null is none. `json` is `body`, read. Numbers are as the body has them,
    /// digit for digit: 1.50 is a price, and an order number has no room in a float.
    pub(crate) fn text(&self, json: &Value, body: &[u8]) -> Option<String> {
        let found = self.path.query_located(json);
        let found = found.first()?;
        match found.node() {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            Value::Bool(yes) => Some(yes.to_string()),
            read @ (Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                let way: Vec<_> = found.location().iter().cloned().collect();
                let written = Way(&way).deserialize(&mut serde_json::Deserializer::from_slice(body));
                Some(written.ok().flatten().map_or_else(|| read.to_string(), |raw| without_space(raw.get())))
            }
        }
    }
}

/// The way to a place in JSON. It is gone once, from the beginning of the text, so that depth costs nothing.
struct Way<'a>(&'a [PathElement<'a>]);

impl<'de> DeserializeSeed<'de> for Way<'_> {
    type Value = Option<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.0.is_empty() {
            <&RawValue>::deserialize(deserializer).map(Some)
        } else {
            deserializer.deserialize_any(self)
        }
    }
}

impl<'de> Visitor<'de> for Way<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Some((PathElement::Name(wanted), rest)) = self.0.split_first() else { return Ok(None) };
        let mut found = None;
        while let Some(name) = map.next_key::<String>()? {
            if name == *wanted {
                // Of several of that name the last one counts, as in the value that was read.
                found = map.next_value_seed(Way(rest))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let Some((PathElement::Index(wanted), rest)) = self.0.split_first() else { return Ok(None) };
        let mut found = None;
        for index in 0_usize.. {
            if index == *wanted {
                found = list.next_element_seed(Way(rest))?.flatten();
            } else if list.next_element::<IgnoredAny>()?.is_none() {
                break;
            }
        }
        Ok(found)
    }
}

/// JSON as written, but on one line and without space between its parts.
fn without_space(json: &str) -> String {
    let (mut is_text, mut is_escaped) = (false, false);
    let keeps = |c: &char| {
        let kept = is_text || !c.is_ascii_whitespace();
        is_text ^= *c == '"' && !is_escaped;
        is_escaped = is_text && *c == '\\' && !is_escaped;
        kept
    };
    json.chars().filter(keeps).collect()
}

impl fmt::Debug for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for JsonPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = |why: String| de::Error::custom(format!("{why}\nwrite one such as $.customer.tier or $.items[0]"));
        if text.len() > PATH_BYTES {
            return Err(wrong(format!("a path has at most {PATH_BYTES} bytes, this one has {}", text.len())));
        }
        if text.contains('?') || text.matches("..").count() > 1 {
            return Err(wrong("a path has no filter, and `..` once at most".into()));
        }
        let path = serde_json_path::JsonPath::parse(&text).map_err(|error| wrong(format!("no JSON path: {error}")))?;
        Ok(Self { text, path })
    }
}

impl JsonSchema for JsonPath {
    fn schema_name() -> Cow<'static, str> {
        "JsonPath".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^\\$", "maxLength": PATH_BYTES })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str, body: &str) -> Option<String> {
        let path = JsonPath::deserialize(serde_json::json!(path)).expect("a path");
        path.text(&serde_json::from_str(body).expect("JSON"), body.as_bytes())
    }

    #[test]
    fn numbers_are_as_they_are_written() {
        for number in ["1.50", "0.10", "-0", "1e2", "1E+02", "12345678901234567890123", "9007199254740993", "7"] {
            assert_eq!(at("$.n", &format!(r#"{{"n":{number}}}"#)).as_deref(), Some(number));
            assert_eq!(at("$..n", &format!(r#"{{"a":[1,{{"n": {number} }}]}}"#)).as_deref(), Some(number));
            assert_eq!(at("$.a[-1]", &format!(r#"{{"a":[1.0, {number}]}}"#)).as_deref(), Some(number));
        }
    }

    #[test]
    fn what_stands_there_is_found_and_written_on_one_line() {
        let rows = [
            ("$.a", r#"{"a": {"b" : 1.50, "c\" d": [ "x \" y", 2 ]} }"#, Some(r#"{"b":1.50,"c\" d":["x \" y",2]}"#)),
            ("$.a", "{\"a\":[1,\n 2.0]}", Some("[1,2.0]")),
            ("$['a.b']['c\"']", r#"{"a.b":{"c\"":1.0}}"#, Some("1.0")),
            ("$.a", r#"{"\u0061":1.10}"#, Some("1.10")),
            ("$.a.b", r#"{"a":{"b":1.0},"a":{"b":2.00}}"#, Some("2.00")),
            ("$", " 1.0 ", Some("1.0")),
            ("$.a", r#"{"a":"1.50 \u00e9"}"#, Some("1.50 é")),
            ("$.a", r#"{"a":true}"#, Some("true")),
            ("$.a", r#"{"a":null}"#, None),
            ("$.b", r#"{"a":1}"#, None),
        ];
        for (path, body, found) in rows {
            assert_eq!(at(path, body).as_deref(), found, "{path} in {body}");
        }
    }
}
