//! The types of a JSON Schema for TypeScript: what they are for the compiler, and what a reader has to know of them.

use serde_json::{Map, Value, json};

/// The types as declarations, in the schema's order.
pub(crate) fn declarations(schema: &Value) -> String {
    types(schema).map(|(name, schema)| declaration(name, schema)).collect::<Vec<_>>().join("\n")
}

fn declaration(name: &str, schema: &Value) -> String {
    let about = comment("", schema);
    let Some(fields) = schema["properties"].as_object() else {
        return format!("{about}export type {name} = {};\n", words(schema));
    };
    let fields = fields.iter().map(|(field, value)| {
        let mark = if is_there(schema, field, value) { "" } else { "?" };
        format!("{}  {field}{mark}: {};\n", comment("  ", value), kind(value))
    });
    format!("{about}export interface {name} {{\n{}}}\n", fields.collect::<String>())
}

/// Of each type with fields: which must be there, and what is to be made of each field's text.
pub(crate) fn shapes(schema: &Value) -> Value {
    let shapes = types(schema).filter_map(|(name, schema)| {
        let fields = schema["properties"].as_object()?;
        let fields: Map<String, Value> =
            fields.iter().map(|(field, value)| (field.clone(), reading(value).into())).collect();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        Some((name.to_owned(), json!({ "required": required, "fields": fields })))
    });
    Value::Object(shapes.collect())
}

fn types(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    schema["$defs"].as_object().into_iter().flatten().map(|(name, schema)| (name.as_str(), schema))
}

/// Whether a field is there in every value that was read: it must be, or has a default.
fn is_there(schema: &Value, field: &str, value: &Value) -> bool {
    let mut required = schema["required"].as_array().into_iter().flatten();
    required.any(|name| name == field) || !value["default"].is_null()
}

fn comment(indent: &str, schema: &Value) -> String {
    schema["description"].as_str().map(|text| format!("{indent}/** {text} */\n")).unwrap_or_default()
}

/// One of some words, or another one.
fn words(schema: &Value) -> String {
    let alternatives = schema["anyOf"].as_array().into_iter().flatten();
    let mut words = Vec::new();
    for alternative in alternatives {
        match alternative["const"].as_str() {
            Some(word) => words.push(format!("{word:?}")),
            None => words.push("(string & {})".to_owned()),
        }
    }
    words.join(" | ")
}

/// A field's schema, past that it may be null.
fn schema_of(value: &Value) -> &Value {
    let mut alternatives = value["anyOf"].as_array().into_iter().flatten();
    alternatives.find(|alternative| alternative["type"] != "null").unwrap_or(value)
}

/// A field's type in TypeScript.
fn kind(value: &Value) -> String {
    match reading(value).as_str() {
        "text" => "string".into(),
        "integer" => "number".into(),
        word => word.into(),
    }
}

/// What is to be made of a field's text: `text`, `integer`, `number`, `boolean`, or a type's name, `Leg[]` for a list of them.
fn reading(value: &Value) -> String {
    let schema = schema_of(value);
    match of(schema) {
        word @ ("integer" | "number" | "boolean") => word.into(),
        "array" => format!("{}[]", kind(&schema["items"])),
        _ => named(schema).unwrap_or("text").into(),
    }
}

fn named(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/"))
}

/// The word for a schema's type, past that it may be null.
fn of(schema: &Value) -> &str {
    let several = schema["type"].as_array().into_iter().flatten();
    several.chain([&schema["type"]]).filter_map(Value::as_str).find(|word| *word != "null").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{declarations, shapes};

    fn schema() -> Value {
        json!({ "$defs": {
            "Call": {
                "description": "A call.",
                "type": "object",
                "properties": {
                    "Sid": { "type": "string", "description": "Its name." },
                    "Cause": { "type": ["integer", "null"], "default": null },
                    "Long": { "type": "number" },
                    "Parallel": { "type": "boolean" },
                    "Word": { "anyOf": [{ "$ref": "#/$defs/Word" }, { "type": "null" }] },
                    "Legs": { "type": "array", "items": { "$ref": "#/$defs/Leg" }, "default": [] },
                },
                "required": ["Sid", "Long", "Parallel"],
            },
            "Word": { "anyOf": [{ "const": "a", "type": "string" }, { "const": "b", "type": "string" }, { "type": "string" }] },
            "Leg": { "type": "object", "properties": {} },
        }})
    }

    #[test]
    fn a_type_is_declared() {
        assert_eq!(
            declarations(&schema()),
            "/** A call. */\nexport interface Call {\n  /** Its name. */\n  Sid: string;\n  Cause?: number;\n  Long: number;\n  Parallel: boolean;\n  \
             Word?: Word;\n  Legs: Leg[];\n}\n\nexport type Word = \"a\" | \"b\" | (string & {});\n\nexport interface Leg {\n}\n"
        );
    }

    #[test]
    fn a_reader_knows_the_fields() {
        let expected = json!({
            "Call": {
                "required": ["Sid", "Long", "Parallel"],
                "fields": {
                    "Sid": "text", "Cause": "integer", "Long": "number", "Parallel": "boolean", "Word": "Word", "Legs": "Leg[]",
                },
            },
            "Leg": { "required": [], "fields": {} },
        });
        assert_eq!(shapes(&schema()), expected);
    }
}
