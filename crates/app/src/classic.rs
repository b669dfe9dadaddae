//! The classic profile: what Exotel's customers are sent, with Exotel's names. `docs/passthru.md` has a table of them.
//!
//! Times are text without a zone ([`crate::time::moment`] reads them), numbers of telephones as the account writes them. A word that
//! is not known here is no error: it is the variant `Other`.

use serde::{Deserialize, Serialize};

use crate::loose;

/// The parameters of a classic Passthru.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Classic {
    /// The call's name, 32 characters of 0-9 and a-v.
    pub call_sid: String,
    /// The caller; of a call that the API started, who was rung first.
    pub call_from: String,
    /// Your number.
    pub call_to: String,
    /// How the call is; accounts differ in whether it is sent.
    pub call_status: Option<CallStatus>,
    /// Who began the call.
    pub direction: Direction,
    /// Deprecated: `null`.
    pub forwarded_from: Option<String>,
    /// When the call arrived: `Wed, 31 Jul 2024 16:42:56`.
    pub created: String,
    /// Seconds of ringing and talk with the party that answered; 0 if nobody did, however long it rang.
    #[serde(deserialize_with = "loose::value")]
    pub dial_call_duration: u64,
    /// Where the recording is, or will be.
    pub recording_url: Option<String>,
    /// When the call arrived: `2024-07-31 16:42:56`.
    pub start_time: String,
    /// Never known: the first second of 1970 in the account's zone.
    pub end_time: String,
    /// What became of the last connect.
    pub dial_call_status: Option<DialCallStatus>,
    /// What the call came to so far.
    pub call_type: CallType,
    /// The party that talked, else the last one dialled; empty before any connect.
    pub dial_whom_number: String,
    /// Deprecated: `null`.
    pub process_status: Option<String>,
    /// Deprecated: the flow's number.
    #[serde(rename = "flow_id")]
    pub flow_id: Option<String>,
    /// Deprecated: the account's number.
    #[serde(rename = "tenant_id")]
    pub tenant_id: Option<String>,
    /// As `CallFrom`.
    pub from: String,
    /// As `CallTo`, though not always in Exotel's requests.
    pub to: String,
    /// By when the recording is there: `Wed, 31 Jul 2024 16:48:02`.
    pub recording_available_by: Option<String>,
    /// When the request was made: `2024-07-31 16:43:02`.
    pub current_time: String,
    /// The keys of the last gather or menu, inside double quotes: `"12"`.
    #[serde(rename = "digits")]
    pub digits: Option<String>,
    /// The text that the API's user gave when starting the call.
    pub custom_field: Option<String>,
    /// The number that was shown to those who were dialled.
    pub outgoing_phone_number: Option<String>,
    /// Each party that the last connect dialled, in order.
    #[serde(default)]
    pub legs: Vec<Leg>,
    /// What became of the stream before it, if there was one.
    pub stream: Option<Stream>,
    /// An add-on of Exotel's.
    pub insights: Option<Insights>,
}

impl Classic {
    /// The keys that were pressed, without the quotes around them; empty if none was, `None` if none was asked for.
    pub fn keys(&self) -> Option<&str> {
        let digits = self.digits.as_deref()?;
        Some(digits.strip_prefix('"').and_then(|digits| digits.strip_suffix('"')).unwrap_or(digits))
    }
}

/// A party that was dialled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Leg {
    /// The number as dialled, or `sip:…`.
    pub number: String,
    /// Whether others might ring at the same time.
    #[serde(rename = "Type")]
    pub kind: Option<LegType>,
    /// Seconds of conversation; 0 if it did not answer.
    #[serde(deserialize_with = "loose::value")]
    pub on_call_duration: u64,
    /// The number shown to it.
    pub caller_id: Option<String>,
    /// The name of the cause, not its number: `NORMAL_CLEARING`.
    pub cause_code: Option<String>,
    /// The number of the cause, not its name: 16; 1003 is `RING_TIMEOUT`, which is none of Q.850.
    #[serde(default, deserialize_with = "loose::option")]
    pub cause: Option<u16>,
    /// Who ended it; accounts differ in whether it is sent.
    pub disconnected_by: Option<DisconnectedBy>,
    /// An add-on of Exotel's.
    pub insights: Option<LegInsights>,
}

/// A stream to an application that heard the call: docs/streams.md.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Stream {
    /// Its id.
    #[serde(rename = "StreamSID")]
    pub stream_sid: Option<String>,
    /// `completed`, `failed`, or `cancelled`: the caller hung up.
    pub status: Option<String>,
    /// Seconds that the application heard the call.
    #[serde(default, deserialize_with = "loose::option")]
    pub duration: Option<u64>,
    /// Where the recording is, or will be.
    pub recording_url: Option<String>,
    /// The address of the WebSocket.
    pub stream_url: Option<String>,
    /// `bot`, `user` or `NA`.
    pub disconnected_by: Option<String>,
    /// What failed, after a number: 3009 is a connection.
    pub error: Option<String>,
    /// `Streaming_call_throttled`: there were as many as there may be.
    pub detailed_status: Option<String>,
}

/// What Exotel's add-on says of a connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Insights {
    /// What became of it.
    pub dial_call_status: Option<DialCallStatus>,
}

/// What Exotel's add-on says of a party.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct LegInsights {
    /// What became of it.
    pub status: Option<String>,
    /// The same more finely: `CALL_COMPLETED`.
    pub detailed_status: Option<String>,
    /// Seconds of ringing.
    #[serde(default, deserialize_with = "loose::option")]
    pub ringing_duration: Option<f64>,
    /// Who ended it.
    pub disconnected_by: Option<DisconnectedBy>,
}

/// How a call is. It is `completed` as soon as a conversation took place, even while the caller is still there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CallStatus {
    /// Not begun.
    Queued,
    /// Not answered yet.
    Ringing,
    /// Answered, and nobody was connected.
    InProgress,
    /// A conversation took place, or the call is over.
    Completed,
    /// The party was busy.
    Busy,
    /// The party could not be reached.
    Failed,
    /// The party did not pick up.
    NoAnswer,
    /// The caller left before the answer.
    Canceled,
    /// Another word.
    #[serde(untagged)]
    Other(String),
}

/// Who began a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Somebody called.
    Incoming,
    /// The API had somebody called.
    OutboundDial,
    /// Another word.
    #[serde(untagged)]
    Other(String),
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CallType {
    /// Nothing was connected yet.
    CallAttempt,
    /// A conversation took place.
    Completed,
    /// The caller left while others rang.
    ClientHangup,
    /// Nobody was reached.
    Incomplete,
    /// The caller was asked for a message.
    Voicemail,
    /// Another word.
    #[serde(untagged)]
    Other(String),
}

/// What became of a connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DialCallStatus {
    /// A conversation took place.
    Completed,
    /// Busy, or refused.
    Busy,
    /// Nobody picked up.
    NoAnswer,
    /// Nobody could be reached.
    Failed,
    /// The caller left while others rang.
    Canceled,
    /// Another word.
    #[serde(untagged)]
    Other(String),
}

/// How parties are dialled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LegType {
    /// In turn.
    Single,
    /// Several at once.
    Parallel,
    /// Another word.
    #[serde(untagged)]
    Other(String),
}

/// Who ended a leg.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum DisconnectedBy {
    /// The caller.
    Caller,
    /// The party that was dialled.
    Callee,
    /// The server.
    Exotel,
    /// The network.
    Operator,
    /// Nobody knows.
    #[serde(rename = "NA")]
    NotKnown,
    /// Another word.
    #[serde(untagged)]
    Other(String),
}
