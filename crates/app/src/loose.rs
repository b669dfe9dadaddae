//! Values that are text on the wire and more than that here.

use std::fmt::Display;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error};

/// A number or truth value, written as such or as text.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Number(serde_json::Number),
    Truth(bool),
}

/// Reads a value that may be written as text.
pub(crate) fn value<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(deserializer: D) -> Result<T, D::Error> {
    let text = match Written::deserialize(deserializer)? {
        Written::Text(text) => text,
        Written::Number(number) => number.to_string(),
        Written::Truth(truth) => truth.to_string(),
    };
    text.parse().map_err(|error| Error::custom(format_args!("`{text}`: {error}")))
}

/// The same where the key may be missing.
pub(crate) fn option<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    struct Value<T>(T);
    impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Value<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            value(deserializer).map(Self)
        }
    }
    Ok(Option::<Value<T>>::deserialize(deserializer)?.map(|value| value.0))
}
