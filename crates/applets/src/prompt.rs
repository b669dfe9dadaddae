//! What is played to a caller, as nodes give it: `say` with texts, or `play` with sound files.

use std::borrow::Cow;
use std::sync::Arc;

use flow::{Audio, Several, Site};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// Bytes of a text to be spoken: about five minutes.
const SAY_BYTES: usize = 4 * 1024;

/// Bytes of a sound file's path.
const PATH_BYTES: usize = 255;

/// A text to be spoken.
#[derive(Clone, Debug)]
pub(crate) struct Text(Arc<str>);

/// A sound file in the flow's folder.
#[derive(Clone, Debug)]
pub(crate) struct Sound(Arc<str>);

impl Sound {
    pub(crate) fn audio(&self) -> Audio {
        Audio::File(self.0.clone())
    }
}

/// The prompt of a node: its texts or its sound files. Empty if it has neither.
pub(crate) fn prompt(say: Several<Text>, play: Several<Sound>, site: &mut Site<'_>) -> Vec<Audio> {
    if !say.0.is_empty() && !play.0.is_empty() {
        site.refuse("play", "a node has `say` or `play`, not both", Some("put two nodes one after the other"));
    }
    let texts = say.0.into_iter().map(|text| Audio::Say(text.0));
    texts.chain(play.0.iter().map(Sound::audio)).collect()
}

/// The same for a node that is nothing without one.
pub(crate) fn needed_prompt(say: Several<Text>, play: Several<Sound>, site: &mut Site<'_>) -> Vec<Audio> {
    let prompt = prompt(say, play, site);
    if prompt.is_empty() {
        site.refuse("say", "there is nothing to be heard", Some("give it `say: \"…\"` or `play: sound.wav`"));
    }
    prompt
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.trim() {
            "" => Err(de::Error::custom("there is nothing to say")),
            text if text.len() > SAY_BYTES => {
                Err(de::Error::custom(format!("a text has at most {SAY_BYTES} bytes, this one has {}", text.len())))
            }
            text => Ok(Self(text.into())),
        }
    }
}

impl<'de> Deserialize<'de> for Sound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let path = String::deserialize(deserializer)?;
        let inside = !path.is_empty()
            && path.len() <= PATH_BYTES
            && !path.contains(['\\', ':'])
            && !path.contains(char::is_control)
            && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if inside {
            Ok(Self(path.into()))
        } else {
            let message =
                format!("`{path}` is no file in the flow's folder\nwrite its path below it: `prompts/hold.wav`");
            Err(de::Error::custom(message))
        }
    }
}

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": SAY_BYTES })
    }
}

impl JsonSchema for Sound {
    fn schema_name() -> Cow<'static, str> {
        "Sound".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": PATH_BYTES, "x-file": "sound" })
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::problems;

    #[test]
    fn prompts_are_texts_or_files_of_the_flow() {
        for fields in ["say: Hello", "say: [Hello, there]", "play: a.wav", "play: [a.wav, b/c.mp3]"] {
            assert_eq!(problems(&format!("applet: greeting, {fields}, next: end")), [""; 0], "{fields}");
        }
        let rows = [
            ("interrupt: true", "there is nothing to be heard"),
            ("say: []", "there is nothing to be heard"),
            ("say: ' '", "there is nothing to say"),
            ("say: Hello, play: a.wav", "a node has `say` or `play`, not both"),
            ("play: /etc/passwd", "`/etc/passwd` is no file in the flow's folder"),
            ("play: ../a.wav", "`../a.wav` is no file in the flow's folder"),
            ("play: 'http://x.example/a.wav'", "`http://x.example/a.wav` is no file in the flow's folder"),
            ("play: [a.wav, b//c.wav]", "`b//c.wav` is no file in the flow's folder"),
        ];
        for (fields, problem) in rows {
            assert_eq!(problems(&format!("applet: greeting, {fields}, next: end")), [problem], "{fields}");
        }
        let long = format!("applet: greeting, say: {}, next: end", "x".repeat(super::SAY_BYTES + 1));
        assert_eq!(problems(&long), ["a text has at most 4096 bytes, this one has 4097"]);
    }
}
