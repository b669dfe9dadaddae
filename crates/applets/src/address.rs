//! The address of somebody's application, as nodes give it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use url::Url;

/// Bytes of a URL as flows write it.
pub(crate) const URL_BYTES: usize = 2_048;

/// A URL that can be asked, as it was written.
#[derive(Clone, Debug)]
pub(crate) struct Address(pub(crate) String);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = |why: String| de::Error::custom(format!("{why}\nwrite it whole: https://crm.example/route"));
        if text.len() > URL_BYTES {
            return Err(wrong(format!("a URL has at most {URL_BYTES} bytes, this one has {}", text.len())));
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(wrong("a URL has no white space in it".into()));
        }
        // The text goes on the wire as it is; userinfo is not repeated in messages.
        let url = Url::parse(&text).map_err(|error| wrong(format!("not a URL: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong(format!("`{}:` cannot be asked, only http and https can", url.scheme())));
        }
        if !text.contains("://") || url.host_str().is_none_or(str::is_empty) {
            return Err(wrong("the URL names no host".into()));
        }
        Ok(Self(text))
    }
}

impl JsonSchema for Address {
    fn schema_name() -> Cow<'static, str> {
        "Address".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "uri", "pattern": "^https?://", "maxLength": URL_BYTES })
    }
}
