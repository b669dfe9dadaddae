//! The journal's words. A feature that users can see begins with an event here.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    CallSid, CalloutId, Cause, Direction, HttpFailure, HttpTrace, LegId, MediaQuality, Record, RecordingName,
    StreamEnd, StreamSid, Tenant, Way,
};

/// One line of a call's journal. A journal begins with [`EventKind::Offered`] and ends, once and last, with
/// [`EventKind::Ended`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallEvent {
    /// The call.
    pub call: CallSid,
    /// The line's place in the journal, from 0 without a gap.
    pub seq: u32,
    /// The party it concerns, if one.
    pub leg: Option<LegId>,
    /// Time since the call was offered, by the monotonic clock.
    pub at: Duration,
    /// The same moment by the wall clock.
    pub wall: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// The call came to be.
    Offered {
        /// Whose call it is.
        tenant: Tenant,
        /// Who began it.
        direction: Direction,
        /// The caller.
        from: String,
        /// The number called.
        to: String,
    },
    /// When the first party has answered, it is to be joined with another, which is not rung before.
    SecondParty {
        /// Whom: a number or `sip:` URI.
        number: String,
    },
    /// A flow began to run the call.
    FlowStarted {
        /// The flow's name.
        flow: String,
        /// Its version: which publication of the document.
        version: u64,
    },
    /// The flow that called another goes on.
    FlowResumed {
        /// The flow's name.
        flow: String,
        /// Its version: which publication of the document.
        version: u64,
    },
    /// The party was told that it rings, or told us so.
    Ringing,
    /// What the party says while it rings is heard by the caller.
    EarlyMedia,
    /// The party answered, or was answered.
    Answered {
        /// The codec that the two sides agreed on.
        codec: String,
    },
    /// The flow came to a node.
    NodeEntered {
        /// The node.
        node: String,
        /// Its applet.
        applet: String,
    },
    /// The flow left a node.
    NodeLeft {
        /// The node.
        node: String,
        /// The exit that it took.
        exit: String,
    },
    /// A sound was made while the call waited for it: a text spoken, a file fetched.
    Rendered {
        /// What is to be heard.
        audio: String,
        /// Why there is no such sound.
        failure: Option<String>,
        /// How long it took.
        took: Duration,
    },
    /// A prompt began.
    PlayStarted {
        /// What is played.
        audio: String,
    },
    /// A prompt ended.
    PlayEnded {
        /// What was played.
        audio: String,
        /// Whether it was heard to its end.
        finished: bool,
    },
    /// The party pressed a key.
    Digit {
        /// `0` to `9`, `*`, `#`, `A` to `D`.
        digit: char,
    },
    /// A gather or menu took its digits.
    Gathered {
        /// The keys, without the finish key.
        digits: String,
    },
    /// A flow variable got a value.
    VariableSet {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// A callout was made, and the call waits for its answer.
    CalloutStarted {
        /// The callout.
        callout: CalloutId,
        /// `GET` or `POST`.
        method: String,
        /// Where to, without userinfo.
        url: String,
    },
    /// One request of a callout ended: it was answered or failed, and others may follow.
    CalloutAttempted {
        /// The callout.
        callout: CalloutId,
        /// Which of its requests, from 1.
        attempt: u32,
        /// Why it was made.
        way: Way,
        /// Where to, without userinfo.
        url: String,
        /// The answer's status, if one came.
        status: Option<u16>,
        /// Why none came.
        failure: Option<HttpFailure>,
        /// How long it took.
        took: Duration,
        /// Where the time went.
        trace: HttpTrace,
    },
    /// A callout was answered or failed.
    CalloutEnded {
        /// The callout.
        callout: CalloutId,
        /// The answer's status, if one came.
        status: Option<u16>,
        /// Why none came.
        failure: Option<HttpFailure>,
        /// How long the call waited.
        took: Duration,
        /// Which request that came from.
        #[serde(default)]
        way: Way,
    },
    /// An asynchronous callout was handed to the outbox; it is durable from [`EventKind::NotifyCommitted`] on.
    NotifyQueued {
        /// The callout.
        callout: CalloutId,
        /// `GET` or `POST`.
        method: String,
        /// Where to, without userinfo.
        url: String,
    },
    /// The outbox holds the asynchronous callout, or could not take it.
    NotifyCommitted {
        /// The callout.
        callout: CalloutId,
        /// Why the store refused; `None` when the row is durable.
        failure: Option<String>,
    },
    /// An attempt of an asynchronous callout was made. May be journalled after the call has ended.
    NotifyAttempted {
        /// The callout.
        callout: CalloutId,
        /// Which attempt, from 1.
        attempt: u32,
        /// The answer's status, if one came.
        status: Option<u16>,
        /// Why none came.
        failure: Option<HttpFailure>,
        /// Whether the outbox is done with it: delivered, or out of attempts.
        last: bool,
        /// How long it took.
        #[serde(default)]
        took: Duration,
        /// Where the time went.
        #[serde(default)]
        trace: HttpTrace,
    },
    /// Somebody had a callout sent again. May be journalled after the call has ended.
    NotifyReplayed {
        /// The callout that is owed now: the same, or from [`CalloutId::FIRST_REPLAY`] on one of its own.
        callout: CalloutId,
        /// The callout that was sent before.
        of: CalloutId,
        /// Where to, without userinfo.
        url: String,
    },
    /// We began to ring a party.
    Dialled {
        /// The number or `sip:` URI.
        target: String,
        /// The number shown to it.
        caller_id: String,
    },
    /// Two parties hear each other.
    Joined {
        /// The other party.
        with: LegId,
    },
    /// They no longer do.
    Unjoined {
        /// The other party.
        with: LegId,
    },
    /// A recording began.
    RecordingStarted {
        /// Its name.
        recording: RecordingName,
        /// How it is kept.
        #[serde(flatten)]
        record: Record,
    },
    /// A recording ended.
    RecordingEnded {
        /// Its name.
        recording: RecordingName,
        /// How long it is.
        duration: Duration,
        /// Why it could not be written to its end; the call went on.
        failure: Option<String>,
        /// It was to be a message, and nothing was said: it was not kept.
        #[serde(default)]
        silent: bool,
    },
    /// A recording was kept for as long as it is to be, and its file was removed. May be journalled after the call has ended.
    RecordingRemoved {
        /// Its name.
        recording: RecordingName,
    },
    /// A stream was asked for: the audio of the call, live, to an application.
    StreamStarted {
        /// Its name.
        stream: StreamSid,
        /// Where to, without userinfo.
        url: String,
        /// Whether the caller hears the application.
        two_way: bool,
        /// Samples a second.
        rate: u32,
    },
    /// The application took it, and hears the call from now on.
    StreamConnected {
        /// Its name.
        stream: StreamSid,
        /// How long that took.
        took: Duration,
    },
    /// What the application said up to a mark of its own has been heard.
    StreamMarked {
        /// The stream.
        stream: StreamSid,
        /// The mark's name.
        name: String,
    },
    /// The application had dropped what it had said and was not heard yet.
    StreamCleared {
        /// The stream.
        stream: StreamSid,
        /// How much that was.
        dropped: Duration,
    },
    /// The caller hears the application after having spoken.
    StreamReplied {
        /// The stream.
        stream: StreamSid,
        /// How long after the caller's last word.
        after: Duration,
    },
    /// A stream is over, or never came to be.
    StreamEnded {
        /// Its name.
        stream: StreamSid,
        /// How long the application heard the call.
        duration: Duration,
        /// How it ended.
        #[serde(flatten)]
        end: StreamEnd,
    },
    /// The party put the call on hold, or took it back.
    Held {
        /// Whether it is on hold now.
        on: bool,
    },
    /// A party is gone.
    LegEnded(LegEnd),
    /// How the media of a party went that is gone; none is told if none were sent and none came.
    MediaEnded(MediaQuality),
    /// Something in the flow or the machine went wrong; the call goes on.
    Fault {
        /// What, for a person.
        what: String,
    },
    /// The call is over. Once, and last but for what [may come late](EventKind::is_late).
    Ended {
        /// Why.
        cause: Cause,
        /// Who ended it.
        by: EndedBy,
    },
}

impl EventKind {
    /// Whether it may come after the call has ended.
    pub fn is_late(&self) -> bool {
        match self {
            Self::NotifyAttempted { .. } | Self::NotifyReplayed { .. } | Self::RecordingRemoved { .. } => true,
            Self::NotifyQueued { callout, .. } => *callout >= CalloutId::FIRST_REPLAY,
            _ => false,
        }
    }
}

/// How a party left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegEnd {
    /// Why.
    pub cause: Cause,
    /// The SIP final answer that refused it, if it was never answered.
    pub status: Option<u16>,
    /// Who ended it.
    pub by: EndedBy,
}

/// Who ended a leg or call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The party that the call began with.
    Caller,
    /// A party that we dialled.
    Callee,
    /// This server: the flow, a timer, the operator.
    Us,
    /// The network: no answer from the peer, media that stopped.
    Network,
}

impl fmt::Display for EndedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Caller => "caller",
            Self::Callee => "callee",
            Self::Us => "us",
            Self::Network => "network",
        })
    }
}
