//! Reading what applications answer: the rules that all answers share (`exotel.md` 2.3), and their fields.

use std::time::Duration;

use model::HttpAnswer;
use serde_json::{Map, Value};

/// Something to be heard: a text or a sound file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// To be spoken.
    Text(String),
    /// To be fetched.
    Url(String),
}

/// Whether it is a 200 with all of its body; what it is instead.
pub(crate) fn is_whole(answer: &HttpAnswer) -> Result<(), String> {
    if answer.status != 200 {
        return Err(format!("its status is {}, not 200", answer.status));
    }
    if answer.truncated {
        return Err("its body is too long".into());
    }
    Ok(())
}

/// The type that it says of itself, without parameters and in lower case; empty if it says none.
pub(crate) fn content_type(answer: &HttpAnswer) -> String {
    let kind = answer.content_type.as_deref().unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether it is a 200 of that type; what it is instead.
pub(crate) fn is_of_type(answer: &HttpAnswer, wanted: &str) -> Result<(), String> {
    is_whole(answer)?;
    match content_type(answer).as_str() {
        kind if kind == wanted => Ok(()),
        "" => Err(format!("it has no Content-Type; send {wanted}")),
        other => Err(format!("its Content-Type is {other}, not {wanted}")),
    }
}

/// An object whose fields may be written by languages without types: `"true"` for `true`, `"45"` for `45`.
pub(crate) struct Fields<'a> {
    at: String,
    object: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// The whole of an answer's JSON.
    pub(crate) fn of(object: &'a Map<String, Value>) -> Self {
        Self { at: String::new(), object }
    }

    pub(crate) fn value(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    fn wrong(&self, name: &str, wanted: &str) -> String {
        format!("`{}{name}` is no {wanted}", self.at)
    }

    pub(crate) fn object(&self, name: &str) -> Result<Option<Self>, String> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let object = value.as_object().ok_or_else(|| self.wrong(name, "object"))?;
        Ok(Some(Self { at: format!("{}{name}.", self.at), object }))
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, String> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(self.wrong(name, "text")),
        }
    }

    pub(crate) fn one_of(&self, name: &str, words: &[&'static str]) -> Result<Option<&'static str>, String> {
        let Some(text) = self.text(name)?.filter(|text| !text.is_empty()) else { return Ok(None) };
        let word = words.iter().find(|word| text.eq_ignore_ascii_case(word)).copied();
        word.map(Some).ok_or_else(|| format!("`{}{name}` is `{text}`; write {}", self.at, words.join(" or ")))
    }

    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, String> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") || text == "1" => Ok(Some(true)),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("false") || text == "0" || text.is_empty() => {
                Ok(Some(false))
            }
            Some(Value::Number(number)) if number.as_u64().is_some_and(|number| number < 2) => {
                Ok(Some(number.as_u64() == Some(1)))
            }
            Some(_) => Err(self.wrong(name, "truth value")),
        }
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, String> {
        let number = match self.value(name) {
            None => return Ok(None),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(value) => value.as_u64(),
        };
        number.map(Some).ok_or_else(|| self.wrong(name, "whole number"))
    }

    pub(crate) fn seconds(&self, name: &str) -> Result<Option<Duration>, String> {
        let seconds = self.number(name)?;
        if seconds == Some(0) {
            return Err(format!("`{}{name}` is 0 seconds", self.at));
        }
        Ok(seconds.map(Duration::from_secs))
    }
}
