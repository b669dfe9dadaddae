//! A recording: its name, what it is of, and what is known of it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{CallSid, Tenant};

/// The name of a recording: 32 hexadecimal digits that nobody can guess (`trust.md` S7). Files are named by it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct RecordingName(Arc<str>);

impl RecordingName {
    /// The name of 128 random bits.
    pub fn new(random: [u8; 16]) -> Self {
        Self(format!("{:032x}", u128::from_be_bytes(random)).into())
    }

    /// Reads a name in its one form.
    pub fn parse(text: &str) -> Option<Self> {
        let is_name = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_name.then(|| Self(text.into()))
    }

    /// The name of its file.
    pub fn file(&self, mp3: bool) -> String {
        format!("{}.{}", self.0, if mp3 { "mp3" } else { "wav" })
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecordingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RecordingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<RecordingName> for String {
    fn from(name: RecordingName) -> Self {
        name.as_str().to_owned()
    }
}

impl TryFrom<String> for RecordingName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is no name of a recording"))
    }
}

/// A recording that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Its name.
    pub name: RecordingName,
    /// Whose it is.
    pub tenant: Tenant,
    /// The call.
    pub call: CallSid,
    /// How it is kept.
    pub record: Record,
    /// When it began.
    pub created: Timestamp,
    /// Whose message it is, if it is one and its flow says so.
    pub mailbox: Option<String>,
}

/// How something is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Record {
    /// Each party in a channel of its own, the caller left; else both mixed into one.
    pub dual: bool,
    /// What the file is.
    pub format: Format,
}

/// What the file of a recording is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// WAV.
    Wav,
    /// MP3.
    Mp3,
    /// MP3 of a higher bit rate.
    Mp3Hq,
}

impl Format {
    const ALL: [Self; 3] = [Self::Wav, Self::Mp3, Self::Mp3Hq];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Mp3 => "mp3",
            Self::Mp3Hq => "mp3-hq",
        }
    }

    /// The format of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }

    /// Whether it is MP3, of whatever bit rate.
    pub fn is_mp3(self) -> bool {
        self != Self::Wav
    }
}

/// How a [`Record`] is written in journals.
#[derive(Serialize, Deserialize)]
struct Written {
    dual: bool,
    mp3: bool,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    hq: bool,
}

impl From<Written> for Record {
    fn from(Written { dual, mp3, hq }: Written) -> Self {
        let format = match (mp3, hq) {
            (false, _) => Format::Wav,
            (true, false) => Format::Mp3,
            (true, true) => Format::Mp3Hq,
        };
        Self { dual, format }
    }
}

impl From<Record> for Written {
    fn from(Record { dual, format }: Record) -> Self {
        Self { dual, mp3: format.is_mp3(), hq: format == Format::Mp3Hq }
    }
}

/// What a call knows of its last recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingFacts {
    /// Its name.
    pub name: RecordingName,
    /// Whether it is MP3; else WAV.
    pub mp3: bool,
    /// How long it is.
    pub duration: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn journals_say_how_it_is_kept_as_they_always_did() {
        let rows = [
            (Format::Wav, r#"{"dual":true,"mp3":false}"#),
            (Format::Mp3, r#"{"dual":true,"mp3":true}"#),
            (Format::Mp3Hq, r#"{"dual":true,"mp3":true,"hq":true}"#),
        ];
        for (format, text) in rows {
            let record = Record { dual: true, format };
            assert_eq!(serde_json::to_string(&record).expect("JSON"), text);
            assert_eq!(serde_json::from_str::<Record>(text).expect(text), record);
            assert_eq!(Format::from_name(format.as_str()), Some(format));
        }
        assert_eq!(Format::from_name("ogg"), None);
    }

    #[test]
    fn a_name_has_one_form() {
        let name = RecordingName::new([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]);
        assert_eq!(name.as_str(), "000102030405060708090a0b0c0d0eff");
        assert_eq!(RecordingName::parse(name.as_str()), Some(name));
        let long = "0".repeat(33);
        for text in ["", "0", "000102030405060708090A0B0C0D0EFF", "../../../../../../../etc/passwd/", &long] {
            assert_eq!(RecordingName::parse(text), None, "{text}");
        }
    }
}
