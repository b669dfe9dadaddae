//! The part that an application of a stream plays in a rehearsal: `echoes`, `says:3s@1s mark:hello@1s closes@9s`, `refuses`, `dead`.

use std::str::FromStr;
use std::time::Duration;

use flow::Lapse;
use model::StreamFailure;
use serde::{Deserialize, Deserializer, de};
use serde_json::json;

use crate::bot::{Act, UNSCRIPTED, nobody_listens};

/// What an application does with each stream that it is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Why it does not take it, if so.
    pub(crate) failure: Option<StreamFailure>,
    /// It gives back all audio and marks.
    pub(crate) echoes: bool,
    /// What it does so long after it has taken it.
    pub(crate) acts: Vec<(Duration, Act)>,
}

/// What it does is no later, and what it says no longer than this: a rehearsal's patience ends at ten minutes.
type Wait = Lapse<0, 300_000>;

/// What can be written.
const FORMS: &str =
    "write echoes, says:3s@1s, mark:NAME@1s, clear@2s, closes@9s, closes:1011@9s; or refuses, refuses:401, dead";

/// The status of an application that does not want the stream.
const FORBIDDEN: u16 = 403;

/// The code of a normal end (RFC 6455 section 7.4.1).
const DONE: u16 = 1000;

impl Part {
    fn fails(failure: StreamFailure) -> Self {
        Self { failure: Some(failure), echoes: false, acts: Vec::new() }
    }

    fn take(&mut self, word: &str) -> Result<(), String> {
        let (what, at) = word.split_once('@').unwrap_or((word, "0s"));
        let at = at.parse::<Wait>()?.duration();
        let act = match what.split_once(':').unwrap_or((what, "")) {
            ("echoes", "") if word == what => {
                self.echoes = true;
                return Ok(());
            }
            ("says", long) => Act::Sound(long.parse::<Wait>()?.duration()),
            ("mark", name) if !name.is_empty() => {
                Act::Send(json!({ "event": "mark", "mark": { "name": name } }).to_string())
            }
            ("clear", "") => Act::Send(json!({ "event": "clear" }).to_string()),
            ("closes", "") => Act::Close(DONE),
            ("closes", code) => match code.parse() {
                Ok(code @ 1000..=4999) => Act::Close(code),
                _ => return Err(format!("`{code}` is no code that closes a WebSocket\nwrite one from 1000 to 4999")),
            },
            _ => return Err(format!("`{word}` is nothing that an application does\n{FORMS}")),
        };
        self.acts.push((at, act));
        Ok(())
    }
}

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().split_once(':').unwrap_or_else(|| (text.trim(), "")) {
            ("dead", "") => return Ok(Self::fails(nobody_listens())),
            ("refuses", "") => return Ok(Self::fails(StreamFailure::Refused { status: FORBIDDEN })),
            ("refuses", status) => {
                return match status.parse() {
                    Ok(status @ 300..=599) => Ok(Self::fails(StreamFailure::Refused { status })),
                    _ => Err(format!("`{status}` is no status that refuses a stream\nwrite one from 300 to 599")),
                };
            }
            _ => {}
        }
        let mut part = Self { failure: None, echoes: false, acts: Vec::new() };
        if text.trim().is_empty() {
            return Err(format!("an application that does nothing\n{FORMS}"));
        }
        text.split_whitespace().try_for_each(|word| part.take(word))?;
        if !part.acts.iter().any(|(_, act)| matches!(act, Act::Close(_))) {
            part.acts.push((UNSCRIPTED, Act::Close(DONE)));
        }
        Ok(part)
    }
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Units;

    #[test]
    fn parts_are_read_as_they_are_written() {
        let send = |text: &str| Act::Send(text.to_owned());
        let acts = vec![
            (1.s(), Act::Sound(3.s())),
            (1.s(), send(r#"{"event":"mark","mark":{"name":"hello"}}"#)),
            (1_500.ms(), send(r#"{"event":"clear"}"#)),
            (9.s(), Act::Close(1011)),
        ];
        let rows = [
            ("says:3s@1s mark:hello@1s clear@1500ms closes:1011@9s", Part { failure: None, echoes: false, acts }),
            ("echoes", Part { failure: None, echoes: true, acts: vec![(UNSCRIPTED, Act::Close(1000))] }),
            (" echoes  closes@30s ", Part { failure: None, echoes: true, acts: vec![(30.s(), Act::Close(1000))] }),
            ("refuses", Part::fails(StreamFailure::Refused { status: 403 })),
            ("refuses:401", Part::fails(StreamFailure::Refused { status: 401 })),
            ("dead", Part::fails(nobody_listens())),
        ];
        for (text, expected) in rows {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        let rows = [
            ("", "an application that does nothing"),
            ("sings:3s", "`sings:3s` is nothing that an application does"),
            ("mark:@1s", "`mark:@1s` is nothing that an application does"),
            ("echoes:2s", "`echoes:2s` is nothing that an application does"),
            ("echoes dead", "`dead` is nothing that an application does"),
            ("says:soon", "`soon` is no length of time"),
            ("closes@400s", "400s is not within 0s and 5m"),
            ("closes:7@1s", "`7` is no code that closes a WebSocket"),
            ("refuses:200", "`200` is no status that refuses a stream"),
        ];
        for (text, expected) in rows {
            let why = text.parse::<Part>().expect_err(text);
            assert_eq!(why.lines().next(), Some(expected), "{text}");
        }
    }
}
