//! A call that somebody outside asks for: whom to ring first, and what becomes of the call then (`exotel.md` 4.2).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{CallSid, FlowId, Record};

/// A call to be begun: its first party is rung, and when that answers, the call goes on as [`Then`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartCall {
    /// The name that the call gets.
    pub sid: CallSid,
    /// Who is rung first: a number, `sip:user` or `sip:user@host`.
    pub from: String,
    /// The number of ours that the call is of, shown to all who are rung.
    pub caller_id: String,
    /// How long each party may ring.
    pub ring: Duration,
    /// How long the call may last from the first party's answer on.
    pub limit: Option<Duration>,
    /// Text that travels with the call; at most 128 characters.
    pub custom_field: Option<String>,
    /// Who wants to hear how the call goes.
    pub callback: Option<StatusCallback>,
    /// What runs when the first party has answered.
    pub then: Then,
}

/// The name of the flow that joins the two of [`Then::Connect`], by which records of such calls know it.
pub const BETWEEN_TWO_NUMBERS: &str = "between-two-numbers";

/// The name of the flow of [`Then::Bot`].
pub const TO_A_BOT: &str = "to-a-bot";

/// What becomes of a call whose first party has answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// A flow runs.
    Flow(ToFlow),
    /// The other party is rung and joined.
    Connect(Connect),
    /// An application hears it over a WebSocket, until one of both goes.
    Bot(ToBot),
}

/// The flow of a call that has one party so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToFlow {
    /// Its number.
    pub id: FlowId,
    /// How the conversations are recorded of which the flow itself says nothing.
    pub record: Option<Record>,
}

/// The other party of a call between two numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connect {
    /// Who: a number, `sip:user` or `sip:user@host`.
    pub to: String,
    /// A sound file for the first party while the other rings.
    pub wait_url: Option<String>,
    /// Whether and how their conversation is recorded.
    pub record: Option<Record>,
    /// What is heard before they are joined.
    pub playback: Option<Playback>,
    /// The address of an application that listens to the call, from the first party's answer on.
    pub ears: Option<String>,
}

/// The application of a call that has one party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToBot {
    /// Where it listens: `ws` or `wss`, or a URL that answers with such an address.
    pub url: String,
    /// Whether the party hears it, too.
    pub two_way: bool,
    /// Whether and how what both say is recorded.
    pub record: Option<Record>,
}

/// What is heard before two parties are joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Playback {
    /// Both hear it; else only the party that was rung last.
    pub to_both: bool,
    /// The sound file.
    pub url: String,
}

/// Who wants to hear how a call goes (`exotel.md` 4.7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusCallback {
    /// Where to.
    pub url: String,
    /// Each party's answer is told.
    pub answered: bool,
    /// The call's end is told with all that is known of it. Without either the end is told in few words.
    pub terminal: bool,
    /// As JSON; else as `multipart/form-data`.
    pub json: bool,
}
