//! Takes keys from a caller: what `gather` and `ivr` have in common.
//!
//! ```text
//!           ┌── nothing, and repeats are left ──┐
//!           ▼                                   │
//! begin ► Prompting ─ prompt ends, or a key ─► Listening ─► Digits | Nothing
//!   └── keys pressed before ─────────────────────▲
//! ```

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use flow::{Audio, Component, Cx, Event};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// How keys are taken.
#[derive(Clone, Debug)]
pub(crate) struct Collect {
    /// From the prompt's end, and from each key, to the next key.
    pub(crate) timeout: Duration,
    /// Ends the input and is not part of it.
    pub(crate) finish_key: Option<char>,
    pub(crate) max_digits: usize,
    /// How often the prompt is played again if nothing is pressed.
    pub(crate) repeat: u32,
}

/// What a caller pressed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Collected {
    /// At least one key.
    Digits(String),
    /// None.
    Nothing,
}

/// What is heard.
#[derive(Clone, Debug)]
pub(crate) struct Prompts {
    pub(crate) first: Vec<Audio>,
    /// When nothing was pressed.
    pub(crate) again: Vec<Audio>,
}

impl Prompts {
    /// One that is the same each time.
    pub(crate) fn same(audio: Vec<Audio>) -> Self {
        Self { again: audio.clone(), first: audio }
    }
}

/// Keys being taken.
pub(crate) struct Collecting {
    collect: Collect,
    again: Vec<Audio>,
    repeats_left: u32,
    state: State,
}

enum State {
    Prompting { play: Component },
    Listening { timer: Component, digits: String },
}

impl Collect {
    /// Begins: with keys that were pressed before, else with the prompt.
    pub(crate) fn begin(&self, prompts: Prompts, cx: &mut Cx<'_>) -> Result<Collecting, Collected> {
        let mut digits = String::new();
        while let Some(key) = cx.take_typed() {
            if let Some(collected) = self.add(key, &mut digits) {
                return Err(collected);
            }
        }
        cx.answer();
        let state = if digits.is_empty() { self.prompt(prompts.first, cx) } else { self.listen(digits, cx) };
        Ok(Collecting { collect: self.clone(), again: prompts.again, repeats_left: self.repeat, state })
    }

    fn prompt(&self, audio: Vec<Audio>, cx: &mut Cx<'_>) -> State {
        if audio.is_empty() {
            return self.listen(String::new(), cx);
        }
        State::Prompting { play: cx.play(audio, false) }
    }

    fn listen(&self, digits: String, cx: &mut Cx<'_>) -> State {
        State::Listening { timer: cx.start_timer(self.timeout), digits }
    }

    /// Adds a key to the input; yields the input if it is whole.
    fn add(&self, key: char, digits: &mut String) -> Option<Collected> {
        if Some(key) == self.finish_key {
            return Some(Collected::of(digits));
        }
        // A to D are on no telephone that callers have; line noise makes them.
        if key.is_ascii_digit() || matches!(key, '*' | '#') {
            digits.push(key);
        }
        (digits.len() >= self.max_digits).then(|| Collected::of(digits))
    }
}

impl Collected {
    fn of(digits: &mut String) -> Self {
        match std::mem::take(digits) {
            digits if digits.is_empty() => Self::Nothing,
            digits => Self::Digits(digits),
        }
    }
}

impl Collecting {
    /// Takes what happened; yields the input when it is over.
    pub(crate) fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Option<Collected> {
        match (event, &mut self.state) {
            (Event::Digit { .. }, _) => self.on_key(cx),
            (Event::PlayEnded { id, .. }, State::Prompting { play }) if id == play => {
                self.state = self.collect.listen(String::new(), cx);
                None
            }
            (Event::TimerFired { id }, State::Listening { timer, digits }) if id == timer => {
                if digits.is_empty() && self.repeats_left > 0 {
                    self.repeats_left -= 1;
                    self.state = self.collect.prompt(self.again.clone(), cx);
                    return None;
                }
                Some(Collected::of(digits))
            }
            _ => None,
        }
    }

    fn on_key(&mut self, cx: &mut Cx<'_>) -> Option<Collected> {
        let mut digits = match &mut self.state {
            State::Prompting { play } => {
                cx.stop(*play);
                String::new()
            }
            State::Listening { timer, digits } => {
                cx.stop(*timer);
                std::mem::take(digits)
            }
        };
        while let Some(key) = cx.take_typed() {
            if let Some(collected) = self.collect.add(key, &mut digits) {
                return Some(collected);
            }
        }
        self.state = self.collect.listen(digits, cx);
        None
    }
}

impl fmt::Debug for Collecting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            State::Prompting { .. } => f.write_str("Prompting"),
            State::Listening { digits, .. } => write!(f, "Listening, {} keys so far", digits.len()),
        }
    }
}

/// The key that ends an input: `#` unless said otherwise, none if empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FinishKey(pub(crate) Option<char>);

impl Default for FinishKey {
    fn default() -> Self {
        Self(Some('#'))
    }
}

impl<'de> Deserialize<'de> for FinishKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut keys = text.chars();
        match (keys.next(), keys.next()) {
            (None, _) => Ok(Self(None)),
            (Some(key @ ('0'..='9' | '*' | '#')), None) => Ok(Self(Some(key))),
            _ => Err(de::Error::custom(format!(
                "`{text}` is no key\nwrite one of 0 to 9, \"*\", \"#\", or \"\" for none"
            ))),
        }
    }
}

impl JsonSchema for FinishKey {
    fn schema_name() -> Cow<'static, str> {
        "FinishKey".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9*#]?$", "default": "#" })
    }
}
