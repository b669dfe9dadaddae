//! Whom to ring and how, and what is told of those who are rung.

use std::fmt;
use std::time::Duration;

use model::{LegFacts, Record};

use crate::control::Audio;

/// How long somebody may ring unless it is said otherwise.
const RING: Duration = Duration::from_secs(30);

/// Whom to ring, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Dial {
    /// Whom, in this order.
    pub targets: Vec<Party>,
    /// Calls are shared out: whoever was rung the longest ago by such a dial, or as a member of a group, comes first.
    pub share: bool,
    /// Whoever of them, and of the groups among them, last talked with the caller comes before all others, and is rung alone.
    pub sticky: bool,
    /// Only whoever comes first is rung.
    pub alone: bool,
    /// One after the other, or several at once.
    pub order: DialOrder,
    /// How long each may ring that has no time of its own.
    pub ring: Duration,
    /// The longest conversation: at its end the party is let go, and the caller goes on in the flow. For ever if `None`.
    pub limit: Option<Duration>,
    /// What the caller hears meanwhile; answers the caller. Ringback by the caller's own network if `None`.
    pub music: Option<Music>,
    /// What is said to the party that answered before the two are joined.
    pub whisper: Option<Announcement>,
    /// That is said when a party has answered: it waits for [`Command::Whisper`](crate::Command::Whisper).
    pub whisper_follows: bool,
    /// What is said while they talk.
    pub playback: Option<Playback>,
    /// The number shown to those who are rung; the number that was called if `None`.
    pub caller_id: Option<String>,
    /// Further header fields of the invitations, each a name and a value.
    pub headers: Vec<(String, String)>,
    /// How the conversation is recorded, if it is.
    pub record: Option<Record>,
}

impl Default for Dial {
    fn default() -> Self {
        Self {
            targets: Vec::new(),
            share: false,
            sticky: false,
            alone: false,
            order: DialOrder::Single,
            ring: RING,
            limit: None,
            music: None,
            whisper: None,
            whisper_follows: false,
            playback: None,
            caller_id: None,
            headers: Vec::new(),
            record: None,
        }
    }
}

/// What a caller hears while others are rung for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Music {
    /// A ringing tone.
    Tone,
    /// A sound, again and again.
    Audio(Audio),
}

/// Something that is said to those who are connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// What, one after the other.
    pub audio: Vec<Audio>,
    /// To whom.
    pub to: Hearers,
}

/// Something that is said while two talk; they hear each other all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Playback {
    /// What, and to whom.
    pub what: Announcement,
    /// How long after they were joined.
    pub after: Duration,
    /// And again each time that so much has passed.
    pub every: Option<Duration>,
}

/// Who hears something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hearers {
    /// The party that was dialled.
    Callee,
    /// The caller.
    Caller,
    /// Both.
    Both,
}

/// How targets are rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialOrder {
    /// One after the other.
    Single,
    /// So many at once, and a further one for each that does not want to; the first who answers has the call.
    Parallel(usize),
}

/// Somebody to ring, and whose word that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Whom.
    pub target: Target,
    /// Its text is not what the flow's author wrote: the operator's rules decide whether it is rung.
    pub outside: bool,
    /// How long it may ring, if not as long as the others.
    pub ring: Option<Duration>,
}

/// Somebody to ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A telephone number: goes out by the first trunk whose rules take it.
    Number(String),
    /// A registered user: `sip:sales`.
    User(String),
    /// A SIP URI with a host.
    Uri(String),
    /// Several of these under one name, which the operator gave: `group:sales`.
    Group(String),
}

impl Target {
    /// Reads a target as it is written in flows: `sip:user`, `sip:user@host`, `group:name`, or a number.
    pub fn parse(text: &str) -> Self {
        if let Some((scheme, name)) = text.split_at_checked(6)
            && scheme.eq_ignore_ascii_case("group:")
        {
            return Self::Group(name.to_owned());
        }
        match text.split_at_checked(4) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("sip:") && rest.contains('@') => {
                Self::Uri(text.to_owned())
            }
            Some((scheme, user)) if scheme.eq_ignore_ascii_case("sip:") => Self::User(user.to_owned()),
            _ => Self::Number(text.to_owned()),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(text) | Self::Uri(text) => f.write_str(text),
            Self::User(user) => write!(f, "sip:{user}"),
            Self::Group(name) => write!(f, "group:{name}"),
        }
    }
}

/// How far a party of a dial is. [`DialProgress::Dialled`] comes first and [`DialProgress::Ended`] last; a party that could
/// not even be invited has none of them.
#[derive(Clone, Debug, PartialEq)]
pub enum DialProgress {
    /// It is invited.
    Dialled,
    /// It says that it rings.
    Ringing,
    /// It answered.
    Answered,
    /// It is gone.
    Ended(LegFacts),
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn targets_are_read_as_they_are_written() {
        let rows = [
            ("sip:sales", Target::User("sales".into())),
            ("SIP:sales", Target::User("sales".into())),
            ("sip:desk@example.net", Target::Uri("sip:desk@example.net".into())),
            ("+918022222222", Target::Number("+918022222222".into())),
            ("group:desk", Target::Group("desk".into())),
            ("", Target::Number(String::new())),
            ("नमस्ते", Target::Number("नमस्ते".into())),
        ];
        for (text, target) in rows {
            assert_eq!(Target::parse(text), target, "{text}");
        }
    }
}
