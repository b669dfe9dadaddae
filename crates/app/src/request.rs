//! The request of a Passthru, read.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::nest::{flatten, nest};
use crate::{Classic, Extended};

/// Fields of a request, at most: a connect of fifty parties in both profiles has some 900.
pub const FIELDS: usize = 1_000;

/// The request of a Passthru.
#[derive(Clone, Debug, PartialEq)]
pub struct Passthru {
    /// The parameters as Exotel has them, quirks included.
    pub classic: Classic,
    /// The same without quirks, if the extended profile was sent.
    pub extended: Option<Extended>,
    /// All fields as they came, decoded and in order, your own among them.
    pub fields: Vec<(String, String)>,
}

impl Passthru {
    /// Reads a query, or the body of a form.
    pub fn from_form(text: &str) -> Result<Self, Unreadable> {
        Self::from_fields(form(text))
    }

    /// Reads a JSON object: flat names, `"Legs[0][Number]"`, or values within values.
    pub fn from_json(body: &[u8]) -> Result<Self, Unreadable> {
        Self::from_fields(json(body)?)
    }

    /// Reads decoded fields. Of a name that is there twice the last counts: your own come first.
    pub fn from_fields(fields: Vec<(String, String)>) -> Result<Self, Unreadable> {
        if fields.len() > FIELDS {
            return Err(Unreadable(format!("{} fields, at most {FIELDS} are read", fields.len())));
        }
        let nested = nest(&fields);
        let is_extended = nested["Profile"] == "extended";
        let extended = is_extended.then(|| read(&nested)).transpose()?;
        Ok(Self { classic: read(&nested)?, extended, fields })
    }

    /// A field by its name on the wire, such as one of your own; the last if there are several.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Why a request is no Passthru's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("this is not the request of a Passthru: {_0}")]
pub struct Unreadable(String);

pub(crate) fn form(text: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

pub(crate) fn json(body: &[u8]) -> Result<Vec<(String, String)>, Unreadable> {
    let object: Map<String, Value> = serde_json::from_slice(body).map_err(|error| Unreadable(error.to_string()))?;
    Ok(flatten(object))
}

fn read<T: DeserializeOwned>(nested: &Value) -> Result<T, Unreadable> {
    serde_path_to_error::deserialize(nested).map_err(|error| {
        let path = error.path().to_string();
        let at = if path == "." { String::new() } else { format!("{path}: ") };
        Unreadable(format!("{at}{}", error.inner()))
    })
}
