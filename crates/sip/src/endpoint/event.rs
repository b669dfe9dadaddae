//! What the endpoint tells its user.

use core::net::IpAddr;
use core::time::Duration;

use bytes::Bytes;

use crate::header::{Headers, NameAddr};
use crate::path::Path;
use crate::registration::RegistrationId;
use crate::uri::Uri;

/// One INVITE usage: one leg. Never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub(crate) u64);

/// Something that happened. The last event of a session is [`Event::Closed`], exactly once.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Somebody calls: `ring`, `accept`, `reject` or `challenge`.
    Invited {
        /// The new session.
        id: SessionId,
        /// Who calls whom, with what.
        invitation: Box<Invitation>,
    },
    /// The peer acknowledged our 2xx.
    Acked {
        /// The session.
        id: SessionId,
        /// The SDP of the ACK: the answer, if the offer was ours.
        answer: Option<Bytes>,
    },
    /// The peer of our call works on it: 180, 183 and the like.
    Progress {
        /// The session.
        id: SessionId,
        /// 101 to 199.
        status: u16,
        /// An early answer.
        sdp: Option<Bytes>,
        /// The host that it comes from.
        source: IpAddr,
    },
    /// The peer of our call accepted it.
    Answered {
        /// The session.
        id: SessionId,
        /// The answer, unless an early one is to stay.
        sdp: Option<Bytes>,
        /// The host that it comes from.
        source: IpAddr,
    },
    /// The peer wants to change the session or asks for an offer: call `answer`.
    Offered {
        /// The session.
        id: SessionId,
        /// The offer; without one the answer is to hold ours.
        offer: Option<Bytes>,
        /// The host that it comes from: another than before if the peer has changed its network.
        source: IpAddr,
    },
    /// How our `modify` ended.
    Modified {
        /// The session.
        id: SessionId,
        /// The peer's answer, or the status of its refusal.
        answer: Result<Option<Bytes>, u16>,
    },
    /// A digit by INFO.
    Digit {
        /// The session.
        id: SessionId,
        /// `0` to `9`, `*`, `#`, `A` to `D`.
        digit: char,
        /// How long it was pressed.
        duration: Duration,
    },
    /// The session is over.
    Closed {
        /// The session.
        id: SessionId,
        /// Why.
        ending: Ending,
    },
    /// How our registration with a trunk goes; it is renewed and tried again by itself.
    Registration {
        /// The registration.
        id: RegistrationId,
        /// For how long it is good; or the status of the refusal, `None` if nobody answered.
        outcome: Result<Duration, Option<u16>>,
    },
    /// A phone is reachable.
    Registered {
        /// The user's name.
        user: String,
        /// Where.
        contact: Uri,
        /// For how long.
        expires: Duration,
    },
    /// A phone is not reachable any more.
    Unregistered {
        /// The user's name.
        user: String,
        /// Where it was.
        contact: Uri,
    },
}

/// An INVITE that opens a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Who is called: the Request-URI.
    pub uri: Uri,
    /// Who calls.
    pub from: NameAddr,
    /// Who was called at first.
    pub to: NameAddr,
    /// The name of the call.
    pub call_id: Bytes,
    /// The way that it came.
    pub path: Path,
    /// Why we let it in.
    pub source: Source,
    /// The SDP; without it `accept` is given an offer and [`Event::Acked`] brings the answer.
    pub offer: Option<Bytes>,
    /// All header fields: Diversion, P-Asserted-Identity and what else somebody may ask for.
    pub headers: Headers,
}

/// Who sent a request, as far as it is proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// An address in [`crate::Config::trusted`].
    Trusted,
    /// An address of the trunk of this name.
    Trunk(String),
    /// The user of this name, by digest.
    User(String),
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Who ended it.
    pub by: By,
    /// The final response to the INVITE, if that was no 2xx.
    pub status: Option<u16>,
    /// The Q.850 cause that the peer's Reason gave, or ours.
    pub cause: Option<u8>,
}

/// Who or what ended a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The other side: BYE, CANCEL or a refusal.
    Peer,
    /// `hang_up` or `reject`.
    Us,
    /// Nobody answered in time: no response, no ACK, no PRACK, no refresh of the session.
    Timeout,
    /// The transport could not reach the peer.
    Unreachable,
    /// A limit of ours was reached.
    Limit,
}
