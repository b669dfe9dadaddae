//! A place in an answer's JSON (RFC 9535), as nodes give it: `$.customer.tier`.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

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
    /// What stands there; the first of several.
    pub(crate) fn find<'a>(&self, json: &'a Value) -> Option<&'a Value> {
        self.path.query(json).first()
    }
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
