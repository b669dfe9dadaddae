//! A JSON Schema's fields as a table for people: name, type, default, limits, help.

use serde_json::Value;

/// The fields of an object, in Markdown; those within a field follow it as `field.inner`. Empty if there are none.
///
/// `root` holds the types that the object refers to by name; `except` are fields that the table leaves out.
pub(crate) fn table(object: &Value, root: &Value, except: &[&str]) -> String {
    let mut rows = String::new();
    add(&mut rows, object, root, "", except);
    if rows.is_empty() {
        return rows;
    }
    format!("| field | type | default | limits | what it is |\n|---|---|---|---|---|\n{rows}")
}

fn add(rows: &mut String, object: &Value, root: &Value, above: &str, except: &[&str]) {
    let required: Vec<&str> = list(&object["required"]).filter_map(Value::as_str).collect();
    let fields = object["properties"].as_object().into_iter().flatten();
    for (name, field) in fields.filter(|(name, _)| !except.contains(&name.as_str())) {
        let target = resolve(field, root);
        let default = match &field["default"] {
            _ if required.contains(&name.as_str()) => "must be given".to_owned(),
            Value::Null => "none".to_owned(),
            Value::String(text) => format!("`{text}`"),
            other => format!("`{other}`"),
        };
        let help = field["description"].as_str().unwrap_or_default();
        let cells = [format!("`{above}{name}`"), kind(target, root), default, limits(target), help.to_owned()];
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
        rows.push_str(&format!("| {} |\n", cells.join(" | ")));
        let (inner, mark) = match target["type"].as_str() {
            Some("array") => (resolve(&target["items"], root), "[]."),
            _ => (target, "."),
        };
        add(rows, inner, root, &format!("{above}{name}{mark}"), &[]);
    }
}

/// The type that a field has in the end: past `$ref`, and past that it may be left out.
fn resolve<'a>(field: &'a Value, root: &'a Value) -> &'a Value {
    if let Some(name) = field["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
        return &root["$defs"][name];
    }
    match &list(&field["anyOf"]).collect::<Vec<_>>()[..] {
        [one, nothing] if nothing["type"] == "null" => resolve(one, root),
        _ => field,
    }
}

fn kind(field: &Value, root: &Value) -> String {
    let alternatives: Vec<&Value> = list(&field["anyOf"]).collect();
    if let [one, many] = alternatives[..]
        && many["type"] == "array"
    {
        return format!("{}, or a list", kind(one, root));
    }
    if !alternatives.is_empty() {
        return alternatives.into_iter().map(|one| kind(one, root)).collect::<Vec<_>>().join(", or ");
    }
    if !words(field).is_empty() {
        return "a name".into();
    }
    let word = match (field["x-language"].as_str(), field["x-file"].as_str()) {
        (Some("cel"), _) => "an expression (CEL)",
        (Some("jinja"), _) => "a template (Jinja)",
        (_, Some(_)) => "a path of a file",
        _ if field.get("x-at-most").is_some() => "a length of time",
        _ if field["format"] == "uri" => "a URL",
        _ => match list(&field["type"]).chain([&field["type"]]).find_map(Value::as_str) {
            Some("string") => "text",
            Some("integer") => "a whole number",
            Some("boolean") => "true or false",
            Some("array") => "a list",
            Some("object") => "a map",
            _ => "anything",
        },
    };
    match &field["additionalProperties"] {
        values @ Value::Object(_) if values.get("oneOf").is_none() => {
            format!("{word} of {}", kind(resolve(values, root), root).trim_start_matches("a "))
        }
        _ => word.into(),
    }
}

fn limits(field: &Value) -> String {
    if let (Some(from), Some(to)) = (field["x-at-least"].as_str(), field["x-at-most"].as_str()) {
        return format!("{from} to {to}");
    }
    if let (Some(from), Some(to)) = (field["minimum"].as_u64(), field["maximum"].as_u64()) {
        return format!("{from} to {to}");
    }
    let mut limits: Vec<String> = list(&field["anyOf"]).map(limits).filter(|limits| !limits.is_empty()).collect();
    let most = [("maxLength", "characters"), ("maxItems", "items"), ("maxProperties", "entries")];
    limits.extend(most.iter().filter_map(|(key, what)| Some(format!("at most {} {what}", field[*key].as_u64()?))));
    limits.extend(field["pattern"].as_str().map(|pattern| format!("`{pattern}`")));
    limits.extend(names(&words(field)));
    let values = limits_of_values(field);
    limits.extend((!values.is_empty()).then(|| format!("{values} each")));
    limits.join("; ")
}

fn limits_of_values(field: &Value) -> String {
    if field["additionalProperties"].is_object() { limits(&field["additionalProperties"]) } else { String::new() }
}

/// What a field may say if it may say a few words only, whether or not each is described. Empty if it may say more.
fn words(field: &Value) -> Vec<&str> {
    let alternatives: Vec<&Value> = match field.get("oneOf") {
        Some(some) => list(some).collect(),
        None => vec![field],
    };
    if alternatives.iter().any(|one| one.get("enum").or_else(|| one.get("const")).is_none()) {
        return Vec::new();
    }
    alternatives
        .into_iter()
        .flat_map(|one| list(&one["enum"]).chain(one.get("const")))
        .filter_map(Value::as_str)
        .collect()
}

/// Names that are looked through at a glance; of more, a few are shown.
const NAMES: usize = 12;

fn names(names: &[&str]) -> Option<String> {
    match names.len() {
        0 => None,
        1..=NAMES => Some(format!("`{}`", names.join("`, `"))),
        all => Some(format!("`{}`, … ({all} names, all of them in the schema)", names[..3].join("`, `"))),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::table;

    fn row(field: &Value) -> String {
        let root = json!({ "$defs": { "Case": { "type": "object", "properties": { "when": { "type": "string" } } } } });
        let table = table(&json!({ "properties": { "f": field } }), &root, &[]);
        table.lines().skip(2).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_field_says_its_type_default_and_limits() {
        let rows = [
            (
                json!({ "type": "string", "maxLength": 9, "description": "Help." }),
                "text | none | at most 9 characters | Help.",
            ),
            (json!({ "type": ["string", "null"], "pattern": "^a|b$" }), "text | none | `^a\\|b$` | "),
            (
                json!({ "type": "integer", "minimum": 1, "maximum": 5, "default": 2 }),
                "a whole number | `2` | 1 to 5 | ",
            ),
            (
                json!({ "type": ["string", "number"], "x-at-least": "1s", "x-at-most": "5m", "default": "30s" }),
                "a length of time | `30s` | 1s to 5m | ",
            ),
            (json!({ "type": "boolean", "default": false }), "true or false | `false` |  | "),
            (
                json!({ "anyOf": [{ "type": "string" }, { "type": "array", "maxItems": 3 }] }),
                "text, or a list | none | at most 3 items | ",
            ),
            (
                json!({ "type": "object", "additionalProperties": { "type": "string", "x-language": "jinja", "maxLength": 8 } }),
                "a map of template (Jinja) | none | at most 8 characters each | ",
            ),
            (
                json!({ "anyOf": [{ "enum": ["A", "B"] }, { "type": "integer", "minimum": 1, "maximum": 9 }] }),
                "a name, or a whole number | none | `A`, `B`; 1 to 9 | ",
            ),
        ];
        for (field, cells) in rows {
            assert_eq!(row(&field), format!("| `f` | {cells} |"));
        }
    }

    #[test]
    fn the_words_of_a_type_of_its_own_are_listed() {
        let word = |word: &str| json!({ "type": "string", "const": word, "description": "What it means." });
        let keys = json!({ "oneOf": [word("keep"), word("drop")], "description": "What becomes of keys." });
        let some = json!({ "oneOf": [{ "type": "string", "enum": ["get", "post"] }, word("json")] });
        let other = json!({ "oneOf": [word("x"), { "type": "object" }] });
        let root = json!({ "$defs": { "Keys": keys, "Some": some, "Other": other } });
        let of = |name: &str| json!({ "$ref": format!("#/$defs/{name}"), "description": "Help.", "default": "keep" });
        let rows = [
            (of("Keys"), "| `f` | a name | `keep` | `keep`, `drop` | Help. |"),
            (of("Some"), "| `f` | a name | `keep` | `get`, `post`, `json` | Help. |"),
            (of("Other"), "| `f` | anything | `keep` |  | Help. |"),
        ];
        for (field, expected) in rows {
            let table = table(&json!({ "properties": { "f": field } }), &root, &[]);
            assert_eq!(table.lines().last(), Some(expected));
        }
    }

    #[test]
    fn of_many_names_a_few_are_shown() {
        let names: Vec<String> = (0..13).map(|i| format!("N{i}")).collect();
        assert_eq!(
            row(&json!({ "enum": names })),
            "| `f` | a name | none | `N0`, `N1`, `N2`, … (13 names, all of them in the schema) |  |"
        );
    }

    #[test]
    fn fields_within_a_field_follow_it() {
        let optional = json!({ "anyOf": [{ "$ref": "#/$defs/Case" }, { "type": "null" }] });
        assert_eq!(row(&optional), "| `f` | a map | none |  |  |\n| `f.when` | text | none |  |  |");
        let several = json!({ "type": "array", "items": { "$ref": "#/$defs/Case" } });
        assert_eq!(row(&several), "| `f` | a list | none |  |  |\n| `f[].when` | text | none |  |  |");
    }

    #[test]
    fn what_must_be_given_is_said_and_what_is_left_out_is_not() {
        let object = json!({ "properties": { "a": { "type": "string" }, "b": {} }, "required": ["a"] });
        assert_eq!(table(&object, &object, &["b"]).lines().last(), Some("| `a` | text | must be given |  |  |"));
        assert_eq!(table(&object, &object, &["a", "b"]), "");
    }
}
