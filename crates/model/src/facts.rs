//! What is known of a call at one moment: the source of a Passthru's parameters and of a flow's `call.*` variables.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{CallSid, Cause, Direction, EndedBy, FlowId, RecordingFacts, StreamFacts, Tenant};

/// What is known of a call at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallFacts {
    /// The call's public name.
    pub sid: CallSid,
    /// Whose call it is.
    pub tenant: Tenant,
    /// Who began it.
    pub direction: Direction,
    /// The caller: E.164 with `+` where it could be normalised, else as received.
    pub from: String,
    /// The number called: E.164 with `+` where it could be normalised, else as received.
    pub to: String,
    /// When the call arrived.
    pub created: Timestamp,
    /// Whether the first leg has been answered.
    pub answered: bool,
    /// When that was.
    pub answered_at: Option<Timestamp>,
    /// Whether the caller has hung up; a flow may still report.
    pub ended: bool,
    /// When that was.
    pub ended_at: Option<Timestamp>,
    /// The keys of the last gather or menu, if there was one; empty if nothing was typed there.
    pub digits: Option<String>,
    /// What the last connect did, if there was one.
    pub dial: Option<DialFacts>,
    /// What the last connect or voicemail recorded, if it did.
    pub recording: Option<RecordingFacts>,
    /// Whether the caller was last asked for a message.
    pub voicemail: bool,
    /// What became of the last stream that has ended, if one has.
    pub stream: Option<StreamFacts>,
    /// The URL that the last classic Passthru asked or told, with its query: an application that is to say where a stream goes
    /// is told it (`exotel.md` 1.10).
    pub passthru: Option<String>,
    /// The text that the API's user gave when starting the call.
    pub custom_field: Option<String>,
    /// The flow's name.
    pub flow: String,
    /// The flow's number.
    pub flow_id: FlowId,
}

impl CallFacts {
    /// A call that has just begun, with the flow that runs it: nothing else is known yet.
    pub fn begun(
        (sid, tenant): (CallSid, Tenant),
        direction: Direction,
        [from, to]: [String; 2],
        created: Timestamp,
        (flow, flow_id): (&str, FlowId),
    ) -> Self {
        Self {
            sid,
            tenant,
            direction,
            from,
            to,
            created,
            answered: false,
            answered_at: None,
            ended: false,
            ended_at: None,
            digits: None,
            dial: None,
            recording: None,
            voicemail: false,
            stream: None,
            passthru: None,
            custom_field: None,
            flow: flow.to_owned(),
            flow_id,
        }
    }
}

/// What a connect did: its outcome, and each target that it rang.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DialFacts {
    /// The outcome of the connect as a whole.
    pub status: DialStatus,
    /// From the moment that the party who answered was dialled to the end of the conversation; zero if nobody answered.
    pub duration: Duration,
    /// The number shown to the party that talked, or to the last that was rung.
    pub caller_id: String,
    /// Each attempt, in the order in which they were dialled.
    pub legs: Vec<LegFacts>,
}

impl DialFacts {
    /// The attempt that the connect is known by: the one that talked with the caller, else the last that was dialled.
    pub fn main_leg(&self) -> Option<&LegFacts> {
        let talked = self.legs.iter().find(|leg| leg.status == DialStatus::Completed);
        talked.or_else(|| self.legs.last())
    }
}

/// One attempt of a connect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LegFacts {
    /// The number as dialled, or a `sip:` URI.
    pub number: String,
    /// What became of this attempt.
    pub status: DialStatus,
    /// How long the two talked; zero if nobody answered.
    pub talk: Duration,
    /// How long it rang, as far as it said so; zero if it never did.
    pub ring: Duration,
    /// Why the leg ended.
    pub cause: Cause,
    /// Who ended it.
    pub by: EndedBy,
    /// Whether others might be rung at the same time.
    pub parallel: bool,
    /// The number shown to it.
    pub caller_id: String,
    /// When it was dialled, answered and over.
    pub moments: LegMoments,
}

/// The moments of an attempt, as far as they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegMoments {
    /// When it was dialled.
    pub started: Option<Timestamp>,
    /// When it answered, if it did.
    pub answered: Option<Timestamp>,
    /// When it was over.
    pub ended: Option<Timestamp>,
}

/// What became of a dialled party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DialStatus {
    /// A conversation took place.
    Completed,
    /// The party was busy or rejected the call.
    Busy,
    /// The party rang and nobody picked up in time.
    NoAnswer,
    /// The party could not be reached.
    Failed,
    /// The caller gave up while it rang, or another party answered first.
    Canceled,
}
