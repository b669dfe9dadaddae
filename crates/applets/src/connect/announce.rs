//! What is heard in a connect, as nodes give it: music, a whisper, a playback.

use std::borrow::Cow;

use flow::{Announcement, Audio, Hearers, Lapse, Music, Playback, Several, Site};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::IntoDeserializer as _;
use serde::{Deserialize, Deserializer};

use crate::address::Address;
use crate::prompt::{Sound, Text, fixed_prompt};

/// The longest wait before something is said in a conversation, and between that and the next time, in milliseconds.
pub(super) const SAID_LATER: u64 = 3_600_000;

/// The word for a ringing tone; a file of that name is `./tone` nowhere, as sound files have endings.
const TONE: &str = "tone";

/// What the caller hears while it waits: a sound file, of the flow's folder or on the web, or a ringing tone.
pub(super) struct Hold(pub(super) Music);

impl<'de> Deserialize<'de> for Hold {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.contains("://") {
            let url = Address::deserialize(text.into_deserializer())?;
            return Ok(Self(Music::Audio(Audio::Url(url.0.into()))));
        }
        let sound = Sound::deserialize(text.into_deserializer())?.audio();
        Ok(Self(if sound.to_string() == TONE { Music::Tone } else { Music::Audio(sound) }))
    }
}

impl JsonSchema for Hold {
    fn schema_name() -> Cow<'static, str> {
        "Hold".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "const": TONE }, Sound::json_schema(generator), Address::json_schema(generator)] })
    }
}

/// What is said before two are joined.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Said {
    /// A text to be spoken, or a list of them.
    #[serde(default)]
    say: Several<Text>,
    /// A sound file, or a list of them, instead of `say`.
    #[serde(default)]
    play: Several<Sound>,
    /// A sound file on the web, instead of both.
    #[serde(default)]
    url: Option<Address>,
    /// A URL that is asked what is said, each time that a party has answered, instead of all these: it gets what the URL of a
    /// greeting gets, with the party as `DialWhomNumber`, and has five seconds to answer alike. If it does not, nothing is said.
    #[serde(default)]
    ask: Option<Address>,
    /// Who hears it.
    #[serde(default)]
    to: To,
}

/// What is said while two talk.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SaidLater {
    /// A text to be spoken, or a list of them.
    #[serde(default)]
    say: Several<Text>,
    /// A sound file, or a list of them, instead of `say`.
    #[serde(default)]
    play: Several<Sound>,
    /// Who hears it.
    #[serde(default = "both")]
    to: To,
    /// How long after they were joined.
    #[serde(default)]
    after: Option<Lapse<0, SAID_LATER>>,
    /// And again each time that so much has passed.
    #[serde(default)]
    every: Option<Lapse<1_000, SAID_LATER>>,
}

/// Who hears something.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum To {
    /// The party that was dialled.
    #[default]
    Callee,
    /// The caller.
    Caller,
    /// Both.
    Both,
}

const fn both() -> To {
    To::Both
}

impl To {
    fn hearers(self) -> Hearers {
        match self {
            Self::Callee => Hearers::Callee,
            Self::Caller => Hearers::Caller,
            Self::Both => Hearers::Both,
        }
    }
}

impl Said {
    /// The URL that says it, and to whom, if one does.
    pub(super) fn asked(&self, site: &mut Site<'_>) -> Option<(String, Hearers)> {
        let ask = self.ask.as_ref()?;
        if self.url.is_some() || !(self.say.0.is_empty() && self.play.0.is_empty()) {
            let hint = "leave `ask` or the others out";
            site.refuse("whisper", "a whisper is asked for or said, not both", Some(hint));
        }
        Some((ask.0.clone(), self.to.hearers()))
    }

    pub(super) fn announcement(self, site: &mut Site<'_>) -> Announcement {
        let audio = match self.url {
            Some(url) => vec![Audio::Url(url.0.into())],
            None => fixed_prompt(self.say, self.play, site),
        };
        Announcement { audio, to: self.to.hearers() }
    }
}

impl SaidLater {
    pub(super) fn playback(self, site: &mut Site<'_>) -> Playback {
        let what = Said { say: self.say, play: self.play, url: None, ask: None, to: self.to }.announcement(site);
        let after = self.after.map(Lapse::duration).unwrap_or_default();
        Playback { what, after, every: self.every.map(Lapse::duration) }
    }
}
