//! What is played to a caller, as nodes give it: `say` with texts, or `play` with sound files.
//!
//! A text may be a template. Without one it is spoken when the flow is published, with one when the call comes to it.

use std::borrow::Cow;
use std::sync::Arc;

use exotel::Spoken;
use flow::{Audio, Cx, Several, Site, Template};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// Bytes of a text to be spoken: about five minutes. What a template yields is no longer.
const SAY_BYTES: usize = 4 * 1024;

/// Bytes of a sound file's path.
const PATH_BYTES: usize = 255;

/// A text to be spoken.
#[derive(Clone, Debug)]
pub(crate) enum Text {
    /// As it is written.
    Constant(Arc<str>),
    /// With values of the call in it.
    Template(Arc<Template>),
}

/// A sound file in the flow's folder.
#[derive(Clone, Debug)]
pub(crate) struct Sound(Arc<str>);

impl Sound {
    pub(crate) fn audio(&self) -> Audio {
        Audio::File(self.0.clone())
    }
}

/// What a node plays, one after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Prompt(Vec<Piece>);

#[derive(Clone, Debug)]
enum Piece {
    Audio(Audio),
    Template(Arc<Template>),
}

impl Prompt {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What can be rendered when the flow is published.
    pub(crate) fn constant(&self) -> Vec<Audio> {
        let constant = |piece: &Piece| if let Piece::Audio(audio) = piece { Some(audio.clone()) } else { None };
        self.0.iter().filter_map(constant).collect()
    }

    /// What this call is to hear. A text that cannot be made is journalled and left out; one that is empty is left out.
    pub(crate) fn audio(&self, cx: &mut Cx<'_>) -> Vec<Audio> {
        self.0.iter().filter_map(|piece| piece.audio(cx)).collect()
    }
}

impl Piece {
    fn audio(&self, cx: &mut Cx<'_>) -> Option<Audio> {
        match self {
            Self::Audio(audio) => Some(audio.clone()),
            Self::Template(template) => match template.render(&cx.scope()) {
                Ok(text) => Some(text.trim()).filter(|text| !text.is_empty()).map(|text| Audio::Say(text.into())),
                Err(why) => {
                    cx.fault(format!("a text is left out: {why}"));
                    None
                }
            },
        }
    }
}

/// What an application says.
pub(crate) fn spoken(spoken: Spoken) -> Audio {
    match spoken {
        Spoken::Text(text) => Audio::Say(text.into()),
        Spoken::Url(url) => Audio::Url(url.into()),
    }
}

/// The prompt of a node: its texts or its sound files. Empty if it has neither.
pub(crate) fn prompt(say: Several<Text>, play: Several<Sound>, site: &mut Site<'_>) -> Prompt {
    if !say.0.is_empty() && !play.0.is_empty() {
        site.refuse("play", "a node has `say` or `play`, not both", Some("put two nodes one after the other"));
    }
    let texts = say.0.into_iter().map(|text| match text {
        Text::Constant(text) => Piece::Audio(Audio::Say(text)),
        Text::Template(template) => Piece::Template(template),
    });
    Prompt(texts.chain(play.0.iter().map(|sound| Piece::Audio(sound.audio()))).collect())
}

/// The same for a node that is nothing without one.
pub(crate) fn needed_prompt(say: Several<Text>, play: Several<Sound>, site: &mut Site<'_>) -> Prompt {
    let prompt = prompt(say, play, site);
    if prompt.is_empty() {
        site.refuse("say", "there is nothing to be heard", Some("give it `say: \"…\"` or `play: sound.wav`"));
    }
    prompt
}

/// The same where texts are the same for all calls.
pub(crate) fn fixed_prompt(say: Several<Text>, play: Several<Sound>, site: &mut Site<'_>) -> Vec<Audio> {
    let prompt = needed_prompt(say, play, site);
    let fixed = prompt.constant();
    if fixed.len() < prompt.0.len() {
        let hint = "write the text without `{{ … }}`";
        site.refuse("say", "a text here cannot have values of the call in it", Some(hint));
    }
    fixed
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.trim() {
            "" => Err(de::Error::custom("there is nothing to say")),
            text if text.len() > SAY_BYTES => {
                Err(de::Error::custom(format!("a text has at most {SAY_BYTES} bytes, this one has {}", text.len())))
            }
            text if ["{{", "{%", "{#"].iter().any(|open| text.contains(open)) => {
                Template::parse(text).map(|template| Self::Template(Arc::new(template))).map_err(de::Error::custom)
            }
            text => Ok(Self::Constant(text.into())),
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
    use crate::tests::{node, problems};

    #[test]
    fn a_text_may_have_values_of_the_call_in_it() {
        let mut call = node("applet: greeting, say: ['Hello.', 'You call from {{ call.from }}.'], next: end");
        assert_eq!(call.start()[3], "play 1 \"Hello.\" \"You call from +919900000001.\"");
        let mut call = node("applet: greeting, say: ['{{ vars.name }}', 'Hello.'], next: end");
        assert_eq!(call.start()[3], "play 1 \"Hello.\"", "an empty text is left out");
        let mut call = node("applet: greeting, say: ['{{ 1 / 0 }}', 'Hello.'], next: end");
        let lines = call.start();
        assert!(lines[2].starts_with("fault: a text is left out: "), "{}", lines[2]);
        assert_eq!(lines[4], "play 1 \"Hello.\"");
        let mut call = node("applet: greeting, say: '{{ vars.name }}', next: end");
        assert_eq!(call.start()[2], "left by next", "nothing to be heard takes no time");
    }

    #[test]
    fn texts_without_values_are_rendered_when_the_flow_is_published() {
        let call = node("applet: ivr, say: ['Hello.', '{{ call.from }}'], on: { none: end, invalid: end }");
        let audio: Vec<String> = call.run().program().audio().iter().map(ToString::to_string).collect();
        assert_eq!(audio, ["\"Hello.\""]);
    }

    #[test]
    fn prompts_are_texts_or_files_of_the_flow() {
        for fields in ["say: Hello", "say: [Hello, there]", "play: a.wav", "play: [a.wav, b/c.mp3]"] {
            assert_eq!(problems(&format!("applet: greeting, {fields}, next: end")), [""; 0], "{fields}");
        }
        let rows = [
            ("interrupt: true", "there is nothing to be heard"),
            ("say: []", "there is nothing to be heard"),
            ("say: ' '", "there is nothing to say"),
            ("say: 'Hello {{ call.form }}'", "there is no `call.form`"),
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
