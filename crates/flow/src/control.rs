//! The words of call control between a flow and the switch (after Rayo, XEP-0327).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use model::{
    Cause, DialFacts, EventKind, HttpOutcome, HttpRequest, Inquiry, LegId, RecordingFacts, Stream, StreamFacts,
    StreamFailure, without_userinfo,
};

use crate::dial::{Announcement, Dial, DialProgress};
use crate::program::Program;
use crate::record::Take;

/// Something with a life of its own that a command began: a prompt, a timer, a callout, a dial.
/// Unique within a run, never reused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// Plays to the caller, from the moment there is audio; [`Event::PlayEnded`] follows, also after `Stop`. What has no
    /// sound yet is prepared first; what cannot be had is left out.
    Play {
        /// The prompt's name from here on.
        id: Component,
        /// What, one after the other.
        audio: Vec<Audio>,
        /// Begin again at the end, until stopped.
        repeat: bool,
    },
    /// Has sounds made ready that were not known when the flow was published; [`Event::Prepared`] follows.
    Prepare {
        /// The preparation's name.
        id: Component,
        /// What is to be heard later.
        audio: Vec<Audio>,
    },
    /// Ends a prompt, preparation, timer, callout, dial or recording early. Its ending event may still come and is then ignored.
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
    /// Asks a URL and waits for its answer: [`Event::CalloutEnded`].
    Callout {
        /// The callout's name.
        id: Component,
        /// What to ask, and what to do for an answer.
        inquiry: Box<Inquiry>,
    },
    /// Puts an HTTP request into the outbox; [`Event::NotifyCommitted`] says that it is durable.
    Notify {
        /// The callout's name.
        id: Component,
        /// What to send.
        request: HttpRequest,
        /// A copy for elsewhere, which is sent once and of which nothing comes.
        shadow: Option<Box<HttpRequest>>,
    },
    /// Rings targets in turn and joins the first that answers with the caller until either leaves:
    /// [`Event::DialEnded`].
    Dial {
        /// The dial's name.
        id: Component,
        /// Whom and how.
        dial: Dial,
    },
    /// Says what a party hears that waits for it, and joins it with the caller then.
    Whisper {
        /// The dial.
        dial: Component,
        /// The party, which has answered.
        leg: LegId,
        /// What; nothing if `None`.
        what: Option<Announcement>,
    },
    /// Asks for another flow, as it is published now: [`Event::FlowFound`].
    FindFlow {
        /// The question's name.
        id: Component,
        /// The flow's name.
        flow: String,
    },
    /// Records what the caller says; [`Event::RecordEnded`] follows.
    Record {
        /// The recording's name.
        id: Component,
        /// Until when, and how.
        take: Take,
    },
    /// Gives the call's audio to an application as it comes, and the application's to the caller; [`Event::StreamEnded`] follows,
    /// also after `Stop`, and when the caller hangs up.
    Stream {
        /// The stream's name.
        id: Component,
        /// To whom, and how.
        stream: Box<Stream>,
    },
    /// Says that a stream cannot even be asked for: [`Event::StreamEnded`] follows.
    FailStream {
        /// The stream's name.
        id: Component,
        /// To whom, and how.
        stream: Box<Stream>,
        /// Why.
        failure: StreamFailure,
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
    /// What was to be prepared is ready, but for what cannot be had.
    Prepared {
        /// Which preparation.
        id: Component,
        /// What cannot be had, and why.
        missing: Vec<(Audio, String)>,
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
    /// The outbox has not taken a notification for so long that the flow need not wait any more; it still may, and the call is
    /// not over before it has or has not.
    NotifyDelayed {
        /// Which.
        id: Component,
    },
    /// A party of a dial is a step further. The dial goes on, and ends with [`Event::DialEnded`] after all of these; they
    /// come also when the caller has gone.
    DialProgress {
        /// Which dial.
        id: Component,
        /// Which party: the same target may be rung twice.
        leg: LegId,
        /// Its number as dialled, or a `sip:` URI.
        number: String,
        /// How far it is.
        progress: DialProgress,
    },
    /// A dial is over: nobody answered, or the conversation ended.
    DialEnded {
        /// Which.
        id: Component,
        /// What became of it.
        facts: DialFacts,
    },
    /// Another flow that was asked for.
    FlowFound {
        /// By which question.
        id: Component,
        /// The flow; `None` if there is none of that name.
        program: Option<Arc<Program>>,
    },
    /// What the parties of a dial said to each other is recorded; comes before that dial's end.
    Recorded {
        /// The recording.
        facts: RecordingFacts,
    },
    /// The recording of the caller is over.
    RecordEnded {
        /// Which.
        id: Component,
        /// The recording; `None` if nobody spoke.
        facts: Option<RecordingFacts>,
    },
    /// A stream is over.
    StreamEnded {
        /// Which.
        id: Component,
        /// What became of it.
        facts: StreamFacts,
    },
    /// The caller hung up. A dial in progress still ends with [`Event::DialEnded`] after this.
    CallerGone,
}

/// Something to be heard. Rendered to PCM when the flow is published, or when the call comes to it, and found again by
/// this value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audio {
    /// Text to be spoken.
    Say(Arc<str>),
    /// A sound file, by its path relative to the flow's folder.
    File(Arc<str>),
    /// A sound file on the web.
    Url(Arc<str>),
    /// The tone after which a caller speaks.
    Beep,
}

impl fmt::Display for Audio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Say(text) => write!(f, "\"{text}\""),
            Self::File(path) => f.write_str(path),
            Self::Url(url) => f.write_str(&without_userinfo(url)),
            Self::Beep => f.write_str("beep"),
        }
    }
}
