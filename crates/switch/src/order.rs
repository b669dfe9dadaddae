//! What a call asks of the switch, and what the switch asks of the outside.

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use bytes::Bytes;
use flow::{Audio, Component, Target};
use media::{MediaId, RecordingId, StreamId};
use model::{
    Attempt, CallEvent, CallSid, CalloutId, Cause, HttpRequest, Inquiry, LegId, Moment, Recording, Stream, StreamEnd,
    StreamEndedBy, StreamSid, Tenant,
};
use sip::SessionId;

use crate::dialing::DialKey;

/// What the switch wants done. Drained with [`crate::Switch::poll_output`] after each input.
#[derive(Debug)]
pub enum Output {
    /// Bytes for a peer.
    Transmit(sip::Transmit),
    /// Work for a media worker.
    Media {
        /// Which, from 0 to [`crate::Config::media_workers`] less one. A leg stays with its worker for life.
        worker: usize,
        /// What.
        order: MediaOrder,
    },
    /// A question to the DNS: [`crate::Switch::handle_resolved`].
    Resolve {
        /// The name to answer with.
        key: ResolveKey,
        /// What to ask.
        query: sip::Query,
    },
    /// An HTTP request whose outcome a call waits for: [`crate::Switch::handle_http`].
    Http {
        /// The name to answer with.
        key: RequestKey,
        /// What to ask.
        request: HttpRequest,
    },
    /// The outcome of that request is no longer wanted.
    CancelHttp {
        /// Which.
        key: RequestKey,
    },
    /// A request that a call waited for ended, to be kept with all that is known of it.
    Attempted {
        /// Whose it is.
        tenant: Tenant,
        /// The request.
        attempt: Box<Attempt>,
    },
    /// A sound that a call waits for: [`crate::Switch::handle_rendered`].
    Render {
        /// The name to answer with.
        key: RenderKey,
        /// What is to be heard.
        audio: Audio,
    },
    /// The registration with a trunk is good from now on, or is not: for the operator.
    Registration {
        /// The trunk's name.
        trunk: String,
        /// For how long it is good; or the status of the refusal, `None` if nobody answered.
        outcome: Result<Duration, Option<u16>>,
    },
    /// A caller was refused with 404, since no flow answers the number: for the operator.
    Unrouted(Unrouted),
    /// A line for the journal.
    Journal(CallEvent),
    /// From now on SIP messages of that Call-ID are of this call, and so is the one that came last. Told before the first of them is
    /// to be sent, once for each dialog that a leg comes to have.
    Signalling {
        /// The call.
        call: CallSid,
        /// The party.
        leg: LegId,
        /// The Call-ID.
        call_id: Bytes,
        /// When the call began.
        began: Moment,
    },
    /// A recording begins, before its media are told: a file for it. What comes of it is heard only if that cannot be written:
    /// [`crate::Switch::handle_recording_failed`].
    Record {
        /// The name that its blocks carry.
        id: RecordingId,
        /// What it is.
        recording: Recording,
    },
    /// Work for whoever holds the sockets of streams; what comes of it is [`crate::Switch::handle_stream`].
    Stream(StreamOrder),
    /// A row for the outbox, to be committed together with the journal lines before it:
    /// [`crate::Switch::handle_committed`].
    Commit {
        /// The name to answer with.
        key: CalloutKey,
        /// The row.
        notify: Notify,
    },
}

/// A caller for whose number there is no flow. Numbers as they stand in journals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrouted {
    /// Who called.
    pub from: String,
    /// The number, or the name, that was called.
    pub to: String,
    /// By whom the call was brought.
    pub peer: IpAddr,
}

/// Who asks the DNS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResolveKey(pub(crate) Seeker);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Seeker {
    /// A leg that goes out.
    Leg(DialKey),
    /// The registration of this number.
    Registration(usize),
}

/// One callout of one call, from the asking to the answer. The one by default is of no call: for tests of who carries keys about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CalloutKey {
    pub(crate) call: CallKey,
    pub(crate) component: Component,
}

/// One request of such a callout.
pub type RequestKey = callout::AttemptKey<CalloutKey>;

/// One sound that is made for one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RenderKey {
    pub(crate) call: CallKey,
    pub(crate) ticket: u32,
}

/// A call's place in the switch; never reused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CallKey(pub(crate) u64);

/// An asynchronous callout that must not be lost.
#[derive(Clone, Debug, PartialEq)]
pub struct Notify {
    /// Whose it is.
    pub tenant: Tenant,
    /// The call that it reports.
    pub call: CallSid,
    /// Its number within the call.
    pub callout: CalloutId,
    /// What to send.
    pub request: HttpRequest,
    /// Whether it is the report of the call's end, promised to whoever asked for the call.
    pub is_last: bool,
}

/// Work for whoever holds the sockets of streams. What media workers say of a stream and are told by it goes past the switch.
#[derive(Debug)]
pub enum StreamOrder {
    /// Connect to an application; [`StreamReport::Connected`] or [`StreamReport::Ended`] follows.
    Open {
        /// The stream.
        id: StreamId,
        /// Which media worker has the call.
        worker: usize,
        /// The stream's public name.
        sid: StreamSid,
        /// The call.
        call: CallSid,
        /// To whom, and how.
        stream: Box<Stream>,
    },
    /// The caller pressed a key.
    Digit {
        /// The stream.
        id: StreamId,
        /// Of `0-9*#A-D`.
        digit: char,
        /// How long it was down.
        duration: Duration,
    },
    /// End it; [`StreamReport::Ended`] follows.
    Stop {
        /// The stream.
        id: StreamId,
        /// Who wants that.
        by: StreamEndedBy,
    },
}

/// What whoever holds a stream's socket says.
#[derive(Debug)]
pub enum StreamReport {
    /// The application took the stream: from now on it hears the call.
    Connected,
    /// What the application said up to a mark has been played.
    Marked {
        /// The mark's name.
        name: String,
    },
    /// The application dropped what was not played yet.
    Cleared {
        /// How much.
        dropped: Duration,
    },
    /// It is over. The last report, which always comes.
    Ended(StreamEnd),
}

/// Work for a media worker.
#[derive(Debug)]
pub enum MediaOrder {
    /// Bind a pair of ports for a leg, open it, and report [`MediaReport::Opened`] or [`MediaReport::Refused`].
    Open {
        /// The leg's media.
        id: MediaId,
        /// The address to bind.
        address: IpAddr,
        /// How to treat it.
        settings: media::Settings,
    },
    /// Anything about legs that are open.
    Command(media::Command),
}

/// What a media worker says.
#[derive(Debug)]
pub enum MediaReport {
    /// A leg's ports are bound.
    Opened {
        /// The leg's media.
        id: MediaId,
        /// Where it listens; RTCP is one port higher.
        local: SocketAddr,
    },
    /// A leg's ports could not be bound.
    Refused {
        /// The leg's media.
        id: MediaId,
        /// Why, for the operator.
        why: String,
    },
    /// Something happened on a leg.
    Event(media::Event),
}

/// What those who are rung see of the caller, beside what is always there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guise {
    /// The number shown; the one that was called if `None`.
    pub(crate) from: Option<String>,
    /// Further header fields of the invitation.
    pub(crate) headers: Vec<(String, String)>,
}

/// What a call wants done, in order.
#[derive(Debug)]
pub(crate) enum Order {
    /// Says that it rings, or lets the caller hear it, by our media answer.
    Ring {
        session: SessionId,
        sdp: Option<Bytes>,
    },
    Accept {
        session: SessionId,
        sdp: Bytes,
    },
    Reject {
        session: SessionId,
        status: u16,
        cause: Cause,
    },
    Answer {
        session: SessionId,
        answer: Result<Option<Bytes>, u16>,
    },
    HangUp {
        session: SessionId,
        cause: Cause,
    },
    /// Looks for the way to a target, for the leg of that number.
    Seek {
        leg: LegId,
        target: Target,
        guise: Guise,
    },
    /// Asks who of a group is rung next by a call that has tried these.
    Muster {
        group: String,
        tried: Vec<Target>,
    },
    /// Asks in which order these are rung.
    Arrange {
        targets: Vec<Target>,
        /// Whoever was rung the longest ago first.
        share: bool,
        /// Before all others whoever last talked with that caller.
        caller: Option<String>,
    },
    /// That target is rung, of those that were arranged.
    Rings {
        target: Target,
    },
    /// The leg talks with that target, until it is forgotten.
    Engage {
        leg: LegId,
        target: Target,
    },
    /// The caller and that target hear each other.
    Talk {
        caller: String,
        target: Target,
    },
    /// The leg's media are open: rings the target that was found.
    Invite {
        leg: LegId,
        offer: Bytes,
    },
    /// Sends a copy of a report, of which nothing comes.
    Copy {
        /// The report's name in the run.
        component: Component,
        /// What to send.
        request: Box<HttpRequest>,
    },
    /// The leg waits for nothing any more, not even for the way to its target to be found.
    Forget {
        leg: LegId,
    },
    Media(MediaOrder),
    Record {
        id: RecordingId,
        recording: Recording,
    },
    Stream(StreamOrder),
    Callout {
        component: Component,
        inquiry: Box<Inquiry>,
    },
    CancelCallout {
        component: Component,
    },
    /// Looks for a flow by its name.
    FindFlow {
        component: Component,
        flow: String,
    },
    Notify {
        component: Component,
        notify: Notify,
    },
    /// Makes a sound.
    Render {
        ticket: u32,
        audio: Audio,
    },
    Journal(CallEvent),
}
