//! The types as JSON Schema, from which those of other languages are made.

use schemars::{Schema, SchemaGenerator, json_schema};

use crate::{Classic, Extended};

/// The JSON Schema (draft 2020-12) of a Passthru's request as it is read: names within names, numbers as numbers.
pub fn schema() -> Schema {
    let mut generator = SchemaGenerator::default();
    let classic = generator.subschema_for::<Classic>();
    let extended = generator.subschema_for::<Extended>();
    json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The request of a Passthru",
        "type": "object",
        "properties": { "classic": classic, "extended": extended },
        "required": ["classic"],
        "$defs": generator.take_definitions(true),
    })
}
