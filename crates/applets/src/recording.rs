//! How nodes say that something is recorded, and how it is kept.

use model::Record;
use schemars::JsonSchema;
use serde::Deserialize;

/// Who has which channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum Channels {
    /// Both parties mixed into one.
    Single,
    /// The caller left, the other party right.
    Dual,
}

/// What the file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum Format {
    /// Ready when the recording ends.
    #[default]
    Wav,
    /// A fifth of the size, ready some moments later.
    Mp3,
    /// The same at a higher bit rate.
    #[serde(rename = "mp3-hq")]
    Mp3Hq,
}

impl From<Format> for model::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Wav => Self::Wav,
            Format::Mp3 => Self::Mp3,
            Format::Mp3Hq => Self::Mp3Hq,
        }
    }
}

/// How a node's conversation is recorded, if it is.
pub(crate) fn record(channels: Option<Channels>, format: Format) -> Option<Record> {
    channels.map(|channels| Record { dual: channels == Channels::Dual, format: format.into() })
}

/// The same as a URL says it: whether, and whether with a channel each. What it does not say is the node's own word.
pub(crate) fn as_told(
    own: Option<Record>,
    (wanted, dual): (Option<bool>, Option<bool>),
    format: Format,
) -> Option<Record> {
    let dual = dual.unwrap_or_else(|| own.is_some_and(|own| own.dual));
    wanted.unwrap_or_else(|| own.is_some()).then_some(Record { dual, format: format.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_goes_before_the_node() {
        let (single, dual) =
            (Record { dual: false, format: model::Format::Mp3 }, Record { dual: true, format: model::Format::Mp3 });
        let rows = [
            (None, (None, None), None),
            (None, (None, Some(true)), None),
            (None, (Some(true), None), Some(single)),
            (None, (Some(true), Some(true)), Some(dual)),
            (Some(dual), (Some(false), None), None),
            (Some(dual), (Some(true), None), Some(dual)),
            (Some(dual), (None, Some(false)), Some(single)),
            (Some(single), (None, None), Some(single)),
        ];
        for (own, told, expected) in rows {
            assert_eq!(as_told(own, told, Format::Mp3), expected, "{own:?} {told:?}");
        }
    }
}
