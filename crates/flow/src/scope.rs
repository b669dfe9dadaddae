//! What templates and expressions can name: `call.*`, `vars.*`, `passthru.*`.

use std::collections::BTreeMap;

use model::Direction;
use serde::Serialize;
use serde_json::Value;

use crate::cx::State;

/// The fields of `call`.
pub(crate) const CALL_FIELDS: [&str; 8] =
    ["sid", "from", "to", "direction", "answered", "digits", "flow", "custom_field"];

/// Bytes of the last Passthru's body that are seen as text. `passthru.json` is read from all of it.
pub const BODY_TEXT: usize = 4 * 1024;

/// Values in the last Passthru's JSON; with more, `passthru.json` is null.
pub const JSON_VALUES: usize = 1_000;

/// What templates and expressions can name, at one moment of a call.
#[derive(Clone, Debug, Serialize)]
pub struct Scope {
    call: Call,
    vars: BTreeMap<String, String>,
    passthru: Passthru,
}

#[derive(Clone, Debug, Serialize)]
struct Call {
    sid: String,
    from: String,
    to: String,
    direction: Direction,
    answered: bool,
    /// Empty before the first gather.
    digits: String,
    flow: String,
    custom_field: String,
}

/// The answer of the last synchronous Passthru that got a 200: all null or empty before.
#[derive(Clone, Debug, Default, Serialize)]
struct Passthru {
    status: Option<u16>,
    body: String,
    json: Value,
}

impl Scope {
    pub(crate) fn of(state: &State) -> Self {
        let facts = &state.facts;
        let passthru = state.last_answer.as_ref().map(|answer| {
            let json = serde_json::from_slice(&answer.body).ok().filter(|json| values(json) <= JSON_VALUES);
            let seen = &answer.body[..answer.body.len().min(BODY_TEXT)];
            Passthru {
                status: Some(answer.status),
                body: String::from_utf8_lossy(seen).into_owned(),
                json: json.unwrap_or_default(),
            }
        });
        Self {
            call: Call {
                sid: facts.sid.to_string(),
                from: facts.from.clone(),
                to: facts.to.clone(),
                direction: facts.direction,
                answered: facts.answered,
                digits: facts.digits.clone().unwrap_or_default(),
                flow: facts.flow.clone(),
                custom_field: facts.custom_field.clone().unwrap_or_default(),
            },
            vars: state.vars.clone(),
            passthru: passthru.unwrap_or_default(),
        }
    }

    /// The three names and what they stand for.
    pub(crate) fn names(&self) -> serde_json::Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(names)) => names,
            _ => serde_json::Map::new(), // texts, numbers and maps by text: all of JSON's own
        }
    }

    /// The same, and each variable under its own name where that is free.
    pub(crate) fn names_and_vars(&self) -> serde_json::Map<String, Value> {
        let mut names: serde_json::Map<String, Value> =
            self.vars.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
        names.extend(self.names());
        names
    }
}

/// Values in a JSON document; its depth is bounded by the parser.
fn values(json: &Value) -> usize {
    1 + match json {
        Value::Array(list) => list.iter().map(values).sum(),
        Value::Object(map) => map.values().map(values).sum(),
        _ => 0,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use model::Direction;
    use serde_json::json;

    use super::{Call, JSON_VALUES, Passthru, Scope, values};

    /// A call that has gathered 42, has a variable and an answer.
    pub(crate) fn scope() -> Scope {
        let json = json!({ "name": "Asha", "list": [1, 2, 3], "n": 7, "x": 1.5, "vip": true, "none": null });
        Scope {
            call: Call {
                sid: "0123456789abcdef0123456789abcdef".into(),
                from: "+919900000001".into(),
                to: "+918011112222".into(),
                direction: Direction::Incoming,
                answered: true,
                digits: "42".into(),
                flow: "front-desk".into(),
                custom_field: String::new(),
            },
            vars: BTreeMap::from([("tier".to_owned(), "gold".to_owned())]),
            passthru: Passthru { status: Some(200), body: json.to_string(), json },
        }
    }

    #[test]
    fn values_are_counted_at_every_depth() {
        assert_eq!(values(&json!(null)), 1);
        assert_eq!(values(&json!({ "a": [1, [2, {}]], "b": "x" })), 7);
        assert_eq!(values(&json!(vec![0; JSON_VALUES - 1])), JSON_VALUES);
    }
}
