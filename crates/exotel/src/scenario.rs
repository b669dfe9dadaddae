//! The contract's scenarios: one call for each stage and each outcome of a connect (`exotel.md` 1.5 and 1.7), to try applications with.

use std::time::Duration;

use jiff::Timestamp;
use model::{
    CallFacts, CallSid, Cause, DialFacts, DialStatus, Direction, EndedBy, FlowId, LegFacts, LegMoments, RecordingFacts,
    RecordingName, StreamCounts, StreamEnd, StreamEndedBy, StreamFacts, StreamFailure, StreamSid, Tenant,
};

use crate::asking::Words;
use crate::passthru::Profile;

/// Who calls, who is called, and who is rung in turn: numbers that nobody has.
const CALLER: &str = "+919900000001";
const LINE: &str = "+918011112222";
const AGENT: &str = "+919900000003";

/// Where the application of a voicebot is.
const BOT: &str = "wss://bot.example/ws";

/// `flow_id` of them all.
const FLOW: u32 = 11_111;

/// A call at the moment when it comes to a Passthru.
#[derive(Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Its name: `after-gather`.
    pub name: &'static str,
    /// What has happened, in a few words.
    pub about: &'static str,
    /// From the beginning of the call.
    after: Duration,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Ringing,
    Answered,
    Keyed,
    Dialled(DialStatus),
    Recorded,
    Message,
    Started,
    Talked(StreamEndedBy),
    Refused,
    Throttled,
}

/// What differs from one call of a scenario to the next.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// The call's id.
    pub sid: CallSid,
    /// The name of its recording, if the scenario has one.
    pub recording: RecordingName,
    /// The name of its stream, if the scenario has one.
    pub stream: StreamSid,
    /// When it arrived.
    pub created: Timestamp,
}

/// Every scenario, in the order of a call's life.
pub const ALL: [Scenario; 16] = [
    scenario("before-answer", "the call rings, and the Passthru is the first applet", 0, Stage::Ringing),
    scenario("after-greeting", "a greeting has been played", 1, Stage::Answered),
    scenario("after-gather", "the caller has pressed 1 at a gather", 1, Stage::Keyed),
    scenario("after-ivr", "the caller has pressed 1 at a menu", 1, Stage::Keyed),
    scenario("completed", "a conversation took place", 4, Stage::Dialled(DialStatus::Completed)),
    scenario("after-recorded-connect", "a conversation took place and was recorded", 4, Stage::Recorded),
    scenario("busy", "the agent was busy", 0, Stage::Dialled(DialStatus::Busy)),
    scenario("no-answer", "the agent's phone rang, and nobody picked up", 2, Stage::Dialled(DialStatus::NoAnswer)),
    scenario("failed", "the agent's number does not exist", 0, Stage::Dialled(DialStatus::Failed)),
    scenario("client-hangup", "the caller hung up while it rang", 1, Stage::Dialled(DialStatus::Canceled)),
    scenario("voicemail", "the caller has left a message", 4, Stage::Message),
    scenario("api-started", "the API started the call, with a CustomField", 2, Stage::Started),
    scenario("after-voicebot", "a bot talked, was recorded, and went", 3, Stage::Talked(StreamEndedBy::Bot)),
    scenario("voicebot-hangup", "the caller hung up while a bot talked", 3, Stage::Talked(StreamEndedBy::Caller)),
    scenario("voicebot-failed", "the bot refused the connection", 0, Stage::Refused),
    scenario("voicebot-throttled", "there were too many streams for another bot", 0, Stage::Throttled),
];

const fn scenario(name: &'static str, about: &'static str, after: u64, stage: Stage) -> Scenario {
    Scenario { name, about, after: Duration::from_secs(after), stage }
}

impl Scenario {
    /// The scenario of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|scenario| scenario.name == name)
    }

    /// The parameters that a Passthru sends in it, in order, not yet encoded. Links to recordings are the profile's.
    pub fn fields(&self, words: Words, beginning: &Beginning, profile: &Profile) -> Vec<(String, String)> {
        words.fields(&self.facts(beginning), profile, self.now(beginning))
    }

    /// When the Passthru asks.
    pub fn now(&self, beginning: &Beginning) -> Timestamp {
        beginning.created + self.after
    }

    /// What is known of the call.
    pub fn facts(&self, beginning: &Beginning) -> CallFacts {
        let name = (beginning.sid.clone(), Tenant::default());
        let flow = ("scenario", FlowId::new(FLOW).expect("five digits"));
        let facts = CallFacts {
            answered: true,
            answered_at: Some(beginning.created),
            ..CallFacts::begun(name, Direction::Incoming, [CALLER.into(), LINE.into()], beginning.created, flow)
        };
        let recording = |seconds| {
            let (name, duration) = (beginning.recording.clone(), Duration::from_secs(seconds));
            Some(RecordingFacts { name, mp3: false, duration })
        };
        let failed = |why| {
            let end = StreamEnd::failed(why, StreamCounts::default());
            CallFacts { stream: Some(streamed(beginning, 0, end)), ..facts.clone() }
        };
        match self.stage {
            Stage::Ringing => CallFacts { answered: false, ..facts },
            Stage::Answered => facts,
            Stage::Keyed => CallFacts { digits: Some("1".into()), ..facts },
            // The caller is let in by the agent's answer, and by nothing else.
            Stage::Dialled(status) => CallFacts {
                answered: status == DialStatus::Completed,
                ended: status == DialStatus::Canceled,
                dial: Some(dialled(status)),
                ..facts
            },
            Stage::Recorded => {
                CallFacts { dial: Some(dialled(DialStatus::Completed)), recording: recording(3), ..facts }
            }
            Stage::Message => CallFacts { voicemail: true, recording: recording(3), ..facts },
            Stage::Started => {
                CallFacts { direction: Direction::Outgoing, custom_field: Some("order-17".into()), ..facts }
            }
            Stage::Talked(by) => {
                let recording = recording(3).filter(|_| by == StreamEndedBy::Bot);
                let end = StreamEnd { by, failure: None, counts: StreamCounts::default() };
                let seconds = if by == StreamEndedBy::Bot { 3 } else { 2 };
                let stream = StreamFacts { recording, ..streamed(beginning, seconds, end) };
                CallFacts { ended: by == StreamEndedBy::Caller, stream: Some(stream), ..facts }
            }
            Stage::Refused => failed(StreamFailure::Refused { status: 403 }),
            // That is so at once, before the answer to the caller is on its way.
            Stage::Throttled => CallFacts { answered: false, ..failed(StreamFailure::Throttled { limit: 0 }) },
        }
    }
}

/// A stream of a voicebot that lasted so long.
fn streamed(beginning: &Beginning, seconds: u64, end: StreamEnd) -> StreamFacts {
    let (sid, url) = (beginning.stream.clone(), BOT.into());
    StreamFacts { sid, url, duration: Duration::from_secs(seconds), end, recording: None }
}

/// A connect to one agent.
fn dialled(status: DialStatus) -> DialFacts {
    // seconds of talk and of ringing, the cause, and who ended it
    let (talk, ring, cause, by) = match status {
        DialStatus::Completed => (3, 1, Cause::NORMAL_CLEARING, EndedBy::Callee),
        DialStatus::Busy => (0, 0, Cause::USER_BUSY, EndedBy::Callee),
        DialStatus::NoAnswer => (0, 2, Cause::NO_ANSWER, EndedBy::Us),
        DialStatus::Failed => (0, 0, Cause::UNALLOCATED_NUMBER, EndedBy::Callee),
        DialStatus::Canceled => (0, 1, Cause::NORMAL_CLEARING, EndedBy::Caller),
    };
    let leg = LegFacts {
        number: AGENT.into(),
        status,
        talk: Duration::from_secs(talk),
        ring: Duration::from_secs(ring),
        cause,
        by,
        parallel: false,
        caller_id: LINE.into(),
        moments: LegMoments::default(),
    };
    DialFacts { status, duration: Duration::from_secs(talk + ring), caller_id: LINE.into(), legs: vec![leg] }
}
