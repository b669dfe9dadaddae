//! The words of call control between a flow and the switch (after Rayo, XEP-0327).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use model::{Cause, DialFacts, EventKind, HttpOutcome, HttpRequest};

/// Something with a life of its own that a command began: a prompt, a timer, a callout, a dial.
/// Unique within a run, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Component(pub u32);

/// What a run wants done, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// An order to the switch.
    Do(Command),
    /// A line for the journal.
    Note(EventKind),
}

/// An order of the flow to the switch.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Answers the caller; [`Event::Answered`] follows. Given once at most.
    Answer,
    /// Plays to the caller, from the moment there is audio; [`Event::PlayEnded`] follows, also after `Stop`.
    Play {
        /// The prompt's name from here on.
        id: Component,
        /// What, one after the other.
        audio: Vec<Audio>,
        /// Begin again at the end, until stopped.
        repeat: bool,
    },
    /// Ends a prompt, timer, callout or dial early. Its ending event may still come and is then ignored.
    Stop {
        /// Which.
        id: Component,
    },
    /// Asks for [`Event::TimerFired`].
    StartTimer {
        /// The timer's name.
        id: Component,
        /// How long from now.
        after: Duration,
    },
    /// Makes an HTTP request and waits for its answer: [`Event::CalloutEnded`].
    Callout {
        /// The callout's name.
        id: Component,
        /// What to ask.
        request: HttpRequest,
    },
    /// Puts an HTTP request into the outbox; [`Event::NotifyCommitted`] says that it is durable.
    Notify {
        /// The callout's name.
        id: Component,
        /// What to send.
        request: HttpRequest,
    },
    /// Rings targets in turn and joins the first that answers with the caller until either leaves:
    /// [`Event::DialEnded`].
    Dial {
        /// The dial's name.
        id: Component,
        /// Whom and how.
        dial: Dial,
    },
    /// Ends the call; rejects it if it was never answered.
    Hangup {
        /// As the caller is told.
        cause: Cause,
    },
}

/// What the switch tells the run.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The caller is answered and audio flows.
    Answered,
    /// A prompt ended.
    PlayEnded {
        /// Which.
        id: Component,
        /// Whether it was played to its end.
        finished: bool,
    },
    /// The caller pressed a key.
    Digit {
        /// `0` to `9`, `*`, `#`, `A` to `D`.
        digit: char,
    },
    /// The time is up.
    TimerFired {
        /// Which timer.
        id: Component,
    },
    /// A callout was answered or failed.
    CalloutEnded {
        /// Which.
        id: Component,
        /// How.
        outcome: HttpOutcome,
    },
    /// The outbox took a notification, or could not.
    NotifyCommitted {
        /// Which.
        id: Component,
        /// Why not.
        failure: Option<String>,
    },
    /// A dial is over: nobody answered, or the conversation ended.
    DialEnded {
        /// Which.
        id: Component,
        /// What became of it.
        facts: DialFacts,
    },
    /// The caller hung up. A dial in progress still ends with [`Event::DialEnded`] after this.
    CallerGone,
}

/// Whom to ring, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Dial {
    /// In turn.
    pub targets: Vec<Party>,
    /// How long each may ring.
    pub ring: Duration,
    /// What the caller hears meanwhile; answers the caller. Ringback by the caller's own network if `None`.
    pub music: Option<Audio>,
    /// The number shown to those who are rung; the number that was called if `None`.
    pub caller_id: Option<String>,
}

/// Somebody to ring, and whose word that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Whom.
    pub target: Target,
    /// Its text is not what the flow's author wrote: the operator's rules decide whether it is rung.
    pub outside: bool,
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
}

impl Target {
    /// Reads a target as it is written in flows: `sip:user`, `sip:user@host`, or a number.
    pub fn parse(text: &str) -> Self {
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
        }
    }
}

/// Something to be heard. Rendered to PCM when the flow is published, and found again by this value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audio {
    /// Text to be spoken.
    Say(Arc<str>),
    /// A sound file, by its path relative to the flow's folder.
    File(Arc<str>),
}

impl fmt::Display for Audio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Say(text) => write!(f, "\"{text}\""),
            Self::File(path) => f.write_str(path),
        }
    }
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
            ("", Target::Number(String::new())),
            ("नमस्ते", Target::Number("नमस्ते".into())),
        ];
        for (text, target) in rows {
            assert_eq!(Target::parse(text), target, "{text}");
        }
    }
}
