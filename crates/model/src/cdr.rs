//! The call record: one fold over the journal, the same in tests, in the store and in the API.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{CallEvent, CallSid, CalloutId, Cause, Direction, EndedBy, EventKind, LegId, Party, RecordingName, Tenant};

/// A call's summary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cdr {
    /// The call.
    pub sid: CallSid,
    /// Whose call it is.
    pub tenant: Tenant,
    /// Who began it.
    pub direction: Direction,
    /// The caller.
    pub from: String,
    /// The number called.
    pub to: String,
    /// Whom the first party is to be joined with, of a call between two numbers.
    #[serde(default)]
    pub second: Option<String>,
    /// The flow that `node` is of.
    pub flow: Option<String>,
    /// Which version of it.
    #[serde(default)]
    pub flow_version: Option<u64>,
    /// Where the call stands.
    pub state: CallState,
    /// When it arrived.
    pub created: Timestamp,
    /// When the first leg was answered.
    pub answered: Option<Timestamp>,
    /// When it ended: when its first party was gone. What the flow reported after that is the flow's own time.
    pub ended: Option<Timestamp>,
    /// From offer to that end.
    pub duration: Option<Duration>,
    /// From the first leg's answer to that end; zero if it was never answered.
    pub billable: Option<Duration>,
    /// Why it ended.
    pub cause: Option<Cause>,
    /// Who ended it.
    pub ended_by: Option<EndedBy>,
    /// The node that the flow stands at, or stood at when its first party was gone: where a caller hung up.
    pub node: Option<String>,
    /// Its last recording; none if the last was to be a message, and nothing was said.
    #[serde(default)]
    pub recording: Option<RecordingName>,
    /// Parties dialled.
    pub dialled: u32,
    /// Callouts made or queued.
    pub callouts: u32,
    /// Callouts that failed or were answered with a status of 400 or above.
    pub callouts_failed: u32,
    /// Faults journalled.
    pub faults: u32,
    /// Lines in the journal.
    pub events: u32,
    /// Its parties, as each was first heard of.
    #[serde(default)]
    pub parties: Vec<Party>,
    #[serde(skip)]
    answered_at: Option<Duration>,
}

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallState {
    /// Not answered yet.
    Ringing,
    /// Answered.
    InProgress,
    /// Over, after an answer.
    Completed,
    /// Over, and never answered.
    Unanswered,
}

impl Cdr {
    /// Begins the record with a journal's first event; `None` if that is not [`EventKind::Offered`].
    pub fn begin(event: &CallEvent) -> Option<Self> {
        let EventKind::Offered { tenant, direction, from, to } = &event.kind else { return None };
        let mut parties = Vec::new();
        Party::note(&mut parties, event);
        Some(Self {
            sid: event.call.clone(),
            tenant: tenant.clone(),
            direction: *direction,
            from: from.clone(),
            to: to.clone(),
            second: None,
            flow: None,
            flow_version: None,
            state: CallState::Ringing,
            created: event.wall,
            answered: None,
            ended: None,
            duration: None,
            billable: None,
            cause: None,
            ended_by: None,
            node: None,
            recording: None,
            dialled: 0,
            callouts: 0,
            callouts_failed: 0,
            faults: 0,
            events: 1,
            parties,
            answered_at: None,
        })
    }

    /// The record of a whole journal; `None` if it does not begin with [`EventKind::Offered`].
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a CallEvent>) -> Option<Self> {
        let mut events = events.into_iter();
        let mut cdr = Self::begin(events.next()?)?;
        events.for_each(|event| cdr.apply(event));
        Some(cdr)
    }

    /// Takes the journal's next event.
    pub fn apply(&mut self, event: &CallEvent) {
        self.events += 1;
        Party::note(&mut self.parties, event);
        match &event.kind {
            EventKind::SecondParty { number } => self.second = Some(number.clone()),
            // The steps that only report it are not where a party hung up.
            EventKind::FlowStarted { .. } | EventKind::FlowResumed { .. } | EventKind::NodeEntered { .. }
                if self.first().is_some_and(|party| party.ended.is_some()) => {}
            EventKind::FlowStarted { flow, version } | EventKind::FlowResumed { flow, version } => {
                self.flow = Some(flow.clone());
                self.flow_version = Some(*version);
            }
            EventKind::Answered { .. } if event.leg == Some(LegId::FIRST) && self.answered.is_none() => {
                self.answered = Some(event.wall);
                self.answered_at = Some(event.at);
                self.state = CallState::InProgress;
            }
            EventKind::NodeEntered { node, .. } => self.node = Some(node.clone()),
            EventKind::Dialled { .. } => self.dialled += 1,
            EventKind::CalloutStarted { .. } | EventKind::NotifyQueued { .. } => self.callouts += 1,
            EventKind::CalloutEnded { status, failure, .. } => {
                self.callouts_failed += u32::from(failure.is_some() || status.is_some_and(|status| status >= 400));
            }
            // What somebody had sent again is none of the call's own.
            EventKind::NotifyAttempted { callout, status, last: true, .. } if *callout < CalloutId::FIRST_REPLAY => {
                self.callouts_failed += u32::from(!status.is_some_and(|status| (200..300).contains(&status)));
            }
            EventKind::RecordingStarted { recording, .. } => self.recording = Some(recording.clone()),
            EventKind::RecordingEnded { silent: true, .. } => self.recording = None,
            EventKind::Fault { .. } => self.faults += 1,
            EventKind::Ended { cause, by } => {
                self.parties.iter_mut().for_each(|party| party.close(event.at));
                let lasted = self.first().and_then(|party| party.ended).unwrap_or(event.at);
                self.ended = Some(event.wall - event.at.saturating_sub(lasted));
                self.duration = Some(lasted);
                self.billable =
                    Some(self.answered_at.map_or(Duration::ZERO, |answered| lasted.saturating_sub(answered)));
                self.cause = Some(*cause);
                self.ended_by = Some(*by);
                self.state = if self.answered.is_some() { CallState::Completed } else { CallState::Unanswered };
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(kinds: Vec<(u64, Option<LegId>, EventKind)>) -> Vec<CallEvent> {
        let start = Timestamp::from_second(1_800_000_000).expect("in range");
        kinds
            .into_iter()
            .zip(0..)
            .map(|((ms, leg, kind), seq)| {
                let at = Duration::from_millis(ms);
                CallEvent { call: CallSid::new("c"), seq, leg, at, wall: start + at, kind }
            })
            .collect()
    }

    fn offered() -> EventKind {
        let tenant = Tenant::default();
        EventKind::Offered { tenant, direction: Direction::Incoming, from: "+91".into(), to: "+9180".into() }
    }

    fn entered(node: &str) -> EventKind {
        EventKind::NodeEntered { node: node.into(), applet: "passthru".into() }
    }

    #[test]
    fn a_call_answered_and_ended_adds_up() {
        let first = Some(LegId::FIRST);
        let events = journal(vec![
            (0, first, offered()),
            (10, None, EventKind::FlowStarted { flow: "f".into(), version: 1 }),
            (500, first, EventKind::Answered { codec: "PCMU".into() }),
            (900, Some(LegId(1)), EventKind::Answered { codec: "PCMU".into() }),
            (2500, None, EventKind::Ended { cause: Cause::NORMAL_CLEARING, by: EndedBy::Caller }),
        ]);
        let cdr = Cdr::fold(&events).expect("begins with an offer");
        assert_eq!(cdr.state, CallState::Completed);
        assert_eq!(cdr.duration, Some(Duration::from_millis(2500)));
        assert_eq!(cdr.billable, Some(Duration::from_millis(2000)));
        assert_eq!((cdr.flow.as_deref(), cdr.events), (Some("f"), 5));
    }

    #[test]
    fn a_call_ends_with_its_first_party_however_long_the_flow_reports() {
        let first = Some(LegId::FIRST);
        let end = crate::LegEnd { cause: Cause::NORMAL_CLEARING, status: None, by: EndedBy::Caller };
        let events = journal(vec![
            (0, first, offered()),
            (10, None, EventKind::FlowStarted { flow: "desk".into(), version: 1 }),
            (20, None, entered("menu")),
            (500, first, EventKind::Answered { codec: "PCMU".into() }),
            (2500, first, EventKind::LegEnded(end)),
            (2510, None, entered("report")),
            (2520, None, EventKind::FlowStarted { flow: "after".into(), version: 1 }),
            (7500, None, EventKind::Ended { cause: Cause::NORMAL_CLEARING, by: EndedBy::Caller }),
        ]);
        let cdr = Cdr::fold(&events).expect("begins with an offer");
        assert_eq!(cdr.duration, Some(Duration::from_millis(2500)));
        assert_eq!(cdr.billable, Some(Duration::from_millis(2000)));
        assert_eq!(cdr.ended, Some(cdr.created + Duration::from_millis(2500)));
        assert_eq!((cdr.flow.as_deref(), cdr.node.as_deref()), (Some("desk"), Some("menu")), "where the caller was");
    }

    #[test]
    fn a_call_never_answered_bills_nothing() {
        let events = journal(vec![
            (0, Some(LegId::FIRST), offered()),
            (700, None, EventKind::Ended { cause: Cause::USER_BUSY, by: EndedBy::Us }),
        ]);
        let cdr = Cdr::fold(&events).expect("begins with an offer");
        assert_eq!((cdr.state, cdr.billable), (CallState::Unanswered, Some(Duration::ZERO)));
    }

    #[test]
    fn a_journal_without_its_offer_has_no_record() {
        assert_eq!(Cdr::fold(&[]), None);
        let headless = journal(vec![(0, None, EventKind::Ringing)]);
        assert_eq!(Cdr::fold(&headless), None);
    }

    #[test]
    fn an_event_survives_json() {
        for event in journal(vec![(0, Some(LegId::FIRST), offered()), (3, None, EventKind::Digit { digit: '#' })]) {
            let json = serde_json::to_string(&event).expect("plain data");
            assert_eq!(serde_json::from_str::<CallEvent>(&json).expect("our own"), event, "{json}");
        }
    }
}
