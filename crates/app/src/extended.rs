//! The extended profile: the same facts without the quirks. `docs/passthru-extended.md` has a table of them.
//!
//! A word that is not known here is no error: it is the variant `Other`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::loose;

/// What an extended Passthru says beside the classic parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Extended {
    /// `extended`.
    pub profile: String,
    /// When the request was made.
    #[cfg_attr(feature = "schema", schemars(with = "String", extend("format" = "date-time")))]
    pub sent_at: Timestamp,
    /// Who began the call.
    pub call_direction: CallDirection,
    /// The person on the first leg: who called, or who was called for the API. E.164 if it is a number.
    pub party_number: String,
    /// Your own number, E.164.
    pub line_number: String,
    /// How the first leg is.
    pub call_state: CallState,
    /// What the call came to so far.
    pub call_outcome: CallOutcome,
    /// When the call began.
    #[cfg_attr(feature = "schema", schemars(with = "String", extend("format" = "date-time")))]
    pub created_at: Timestamp,
    /// When the first leg was answered, once it is.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>", extend("format" = "date-time")))]
    pub answered_at: Option<Timestamp>,
    /// When the caller went, once that is so.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>", extend("format" = "date-time")))]
    pub ended_at: Option<Timestamp>,
    /// Seconds from the begin to the end, or until now.
    #[serde(deserialize_with = "loose::value")]
    pub call_seconds: f64,
    /// The flow's name.
    pub flow_name: String,
    /// The flow's number.
    pub flow_id: String,
    /// The account's number.
    pub tenant_id: String,
    /// The keys of the last gather or menu, without quotes; empty if none was pressed.
    pub keys: Option<String>,
    /// The text that the API's user gave when starting the call.
    pub custom_text: Option<String>,
    /// How long the recording at `RecordingUrl` is, in seconds.
    #[serde(default, deserialize_with = "loose::option")]
    pub recording_seconds: Option<f64>,
    /// What became of the last connect.
    pub connect_status: Option<ConnectStatus>,
    /// The number that was shown to who talked, or to the last that was rung.
    pub shown_number: Option<String>,
    /// Who talked with the caller: a number or `sip:…`.
    pub talked_to: Option<String>,
    /// Seconds of that conversation.
    #[serde(default, deserialize_with = "loose::option")]
    pub talk_seconds: Option<f64>,
    /// Each party that the last connect dialled, in order.
    #[serde(default)]
    pub legs: Vec<ExtendedLeg>,
}

/// A party that was dialled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct ExtendedLeg {
    /// A number in E.164, or `sip:…`.
    pub party_number: String,
    /// The number shown to it.
    pub shown_number: String,
    /// What became of it.
    pub status: LegStatus,
    /// Whether others might ring at the same time.
    #[serde(deserialize_with = "loose::value")]
    pub parallel: bool,
    /// When it was dialled.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>", extend("format" = "date-time")))]
    pub started_at: Option<Timestamp>,
    /// When it answered, if it did.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>", extend("format" = "date-time")))]
    pub answered_at: Option<Timestamp>,
    /// When it was over.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>", extend("format" = "date-time")))]
    pub ended_at: Option<Timestamp>,
    /// Seconds of ringing, as far as it said so.
    #[serde(deserialize_with = "loose::value")]
    pub ring_seconds: f64,
    /// Seconds of conversation.
    #[serde(deserialize_with = "loose::value")]
    pub talk_seconds: f64,
    /// The number of the cause of its end, of ITU-T Q.850.
    #[serde(deserialize_with = "loose::value")]
    pub hangup_cause: u8,
    /// The name of that cause, if it has one.
    pub hangup_cause_name: Option<String>,
    /// Who ended it.
    pub hangup_by: HangupBy,
}

/// Who began a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CallDirection {
    /// Somebody called.
    Inbound,
    /// The API had somebody called.
    Outbound,
    /// Another word.
    #[serde(untagged)]
    Other(String),
}

/// How the first leg is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CallState {
    /// Not answered yet.
    Ringing,
    /// Answered.
    Answered,
    /// Gone.
    Ended,
    /// Another word.
    #[serde(untagged)]
    Other(String),
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CallOutcome {
    /// Nothing was connected yet.
    None,
    /// A conversation took place.
    Talked,
    /// Nobody was reached.
    Missed,
    /// The caller left while others rang.
    Abandoned,
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
pub enum ConnectStatus {
    /// A conversation took place.
    Talked,
    /// Busy, or refused.
    Busy,
    /// Nobody picked up.
    NoAnswer,
    /// Nobody could be reached.
    Failed,
    /// The caller left while others rang.
    Abandoned,
    /// Another word.
    #[serde(untagged)]
    Other(String),
}

/// What became of a party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LegStatus {
    /// It talked with the caller.
    Talked,
    /// Busy, or refused.
    Busy,
    /// Nobody picked up.
    NoAnswer,
    /// It could not be reached.
    Failed,
    /// The caller left, or another party was quicker.
    Canceled,
    /// Another word.
    #[serde(untagged)]
    Other(String),
}

/// Who ended a leg.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum HangupBy {
    /// The caller.
    Caller,
    /// The party that was dialled.
    Callee,
    /// The flow, a limit, or the operator.
    Server,
    /// The network.
    Network,
    /// Another word.
    #[serde(untagged)]
    Other(String),
}
