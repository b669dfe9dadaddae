//! The JSON Schema of a flow document, made of what the applets of a catalogue say of their settings.
//!
//! It is for editors and builders: it knows every field with its help, default and limits. Whether exits are wired and
//! nodes are reached is the compiler's to say.

use model::FlowId;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use crate::catalogue::{Catalogue, Kind};
use crate::document::{ITEMS, NAME, NODES};

impl Catalogue {
    /// The JSON Schema (draft 2020-12) of a flow document.
    pub fn schema(&self) -> Schema {
        let mut generator = SchemaGenerator::default();
        let nodes: Vec<Value> = self.kinds().map(|kind| node(kind, &mut generator)).collect();
        json_schema!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "A passthru flow",
            "type": "object",
            "properties": {
                "flow": name("The flow's name, by which numbers and the API know it."),
                "id": {
                    "description": "The flow's number: `flow_id` in a Passthru. Made of the name unless given.",
                    "type": "integer",
                    "minimum": 1,
                    "maximum": FlowId::MAX,
                },
                "start": name("The node where a call begins."),
                "nodes": {
                    "description": "The steps by their names.",
                    "type": "object",
                    "minProperties": 1,
                    "maxProperties": NODES,
                    "propertyNames": { "minLength": 1, "maxLength": NAME },
                    "additionalProperties": { "oneOf": nodes },
                },
                "layout": { "description": "Where the builder draws the nodes: `{ menu: [120, 80] }`. Has no influence on calls." },
            },
            "required": ["flow", "start", "nodes"],
            "additionalProperties": false,
            "$defs": generator.take_definitions(true),
        })
    }
}

impl Kind {
    /// The JSON Schema (draft 2020-12) of the settings alone, whole in itself.
    pub fn schema(&self) -> Schema {
        let mut generator = SchemaGenerator::default();
        let mut schema = self.settings(&mut generator);
        let definitions = generator.take_definitions(true);
        if !definitions.is_empty() {
            schema.insert("$defs".into(), definitions.into());
        }
        schema
    }
}

/// A node of that kind: its settings, and the wires that every node may have.
fn node(kind: &Kind, generator: &mut SchemaGenerator) -> Value {
    let settings = kind.settings(generator);
    let of = |key: &str| settings.get(key).cloned();
    let mut properties = Map::from_iter([("applet".to_owned(), json!({ "const": kind.name() }))]);
    if let Some(Value::Object(fields)) = of("properties") {
        properties.extend(fields);
    }
    properties.insert("next".into(), name("The node after this one; short for `on: { next: … }`."));
    properties.insert(
        "on".into(),
        json!({
            "description": "The node after each exit.",
            "type": "object",
            "maxProperties": ITEMS,
            "additionalProperties": { "type": "string", "minLength": 1, "maxLength": NAME },
        }),
    );
    let mut required = vec![Value::from("applet")];
    if let Some(Value::Array(fields)) = of("required") {
        required.extend(fields);
    }
    json!({
        "title": kind.name(),
        "description": kind.page().title,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn name(description: &str) -> Value {
    json!({ "description": description, "type": "string", "minLength": 1, "maxLength": NAME })
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::Deserialize;
    use serde_json::Value;

    use crate::document::FIELDS;
    use crate::{Applet, Catalogue, Cx, Kind, Step};

    /// Waits.
    #[derive(Debug, Deserialize, JsonSchema)]
    struct Wait {
        /// For what.
        what: Thing,
        /// How often.
        #[serde(default)]
        times: u8,
    }

    /// A thing.
    #[derive(Debug, Deserialize, JsonSchema)]
    struct Thing {
        /// Its name.
        name: String,
    }

    impl Applet for Wait {
        fn enter(&self, _: &mut Cx<'_>) -> Step {
            unreachable!("no call comes here with {} and {}", self.what.name, self.times)
        }
    }

    fn schema() -> Value {
        let kind = Kind::new("wait", "//! Waits.\n", |wait: Wait, _| Some(wait));
        Catalogue::new(vec![kind]).schema().to_value()
    }

    #[test]
    fn a_document_has_the_fields_that_the_reader_knows() {
        let schema = schema();
        let fields: Vec<&String> = schema["properties"].as_object().expect("fields").keys().collect();
        assert_eq!(fields, FIELDS);
    }

    #[test]
    fn a_node_has_its_settings_and_its_wires() {
        let schema = schema();
        let node = &schema["properties"]["nodes"]["additionalProperties"]["oneOf"][0];
        assert_eq!((&node["title"], &node["description"]), (&Value::from("wait"), &Value::from("Waits.")));
        let fields: Vec<&String> = node["properties"].as_object().expect("fields").keys().collect();
        assert_eq!(fields, ["applet", "what", "times", "next", "on"]);
        assert_eq!(node["properties"]["times"]["default"], 0);
        assert_eq!(node["required"], serde_json::json!(["applet", "what"]));
        assert_eq!(node["properties"]["what"]["$ref"], "#/$defs/Thing");
        assert_eq!(schema["$defs"]["Thing"]["properties"]["name"]["description"], "Its name.");
    }
}
