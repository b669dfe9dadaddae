//! The ladder: what was said on the wire, in the flow and to the web, a line each, by one clock.

use std::fmt::Write as _;
use std::time::Duration;

use model::{CallEvent, EventKind, LegId, without_userinfo};

use crate::wire;

/// What was said, in order.
#[derive(Default)]
pub(crate) struct Ladder(String);

impl Ladder {
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// A SIP message, as its sender sends it.
    pub(crate) fn sip(&mut self, at: Duration, from: &str, to: &str, bytes: &[u8]) {
        self.line(at, &format!("{from} > {to}"), &wire::summary(bytes));
    }

    /// A line between the switch and the web.
    pub(crate) fn web(&mut self, at: Duration, who: &str, what: &str) {
        self.line(at, who, &without_userinfo(what));
    }

    /// A line of a call's journal that the wire does not already show.
    pub(crate) fn event(&mut self, at: Duration, event: &CallEvent) {
        let text = match &event.kind {
            EventKind::FlowStarted { flow, .. } => format!("flow {flow}"),
            EventKind::FlowResumed { flow, .. } => format!("back in flow {flow}"),
            EventKind::NodeEntered { node, applet } => format!("{node}: {applet}"),
            EventKind::NodeLeft { node, exit } => format!("{node} -> {exit}"),
            EventKind::Rendered { audio, failure: None, .. } => format!("{audio} is ready"),
            EventKind::Rendered { audio, failure: Some(why), .. } => format!("{audio} cannot be had: {why}"),
            EventKind::PlayStarted { audio } => format!("plays {audio}"),
            EventKind::PlayEnded { audio, finished: true } => format!("played {audio}"),
            EventKind::PlayEnded { audio, finished: false } => format!("stopped {audio}"),
            EventKind::Digit { digit } => format!("digit {digit}"),
            EventKind::Gathered { digits } => format!("gathered {digits:?}"),
            EventKind::VariableSet { name, value } => format!("{name} = {value:?}"),
            EventKind::Joined { with } => format!("joined with {with}"),
            EventKind::Unjoined { with } => format!("no longer joined with {with}"),
            EventKind::Held { on } => format!("held: {on}"),
            EventKind::RecordingStarted { .. } => "records".to_owned(),
            EventKind::RecordingEnded { failure: None, silent: true, .. } => "recorded nothing".to_owned(),
            EventKind::RecordingEnded { failure: None, .. } => "recorded".to_owned(),
            EventKind::RecordingEnded { failure: Some(why), .. } => format!("no longer records: {why}"),
            EventKind::StreamStarted { url, .. } => format!("streams to {url}"),
            EventKind::StreamConnected { .. } => "is streamed".to_owned(),
            EventKind::StreamMarked { name, .. } => format!("mark {name} is played"),
            EventKind::StreamCleared { dropped, .. } => format!("{dropped:?} are dropped"),
            EventKind::StreamReplied { after, .. } => format!("is answered after {after:?}"),
            EventKind::StreamEnded { end, .. } => match &end.failure {
                None => "is no longer streamed".to_owned(),
                Some(why) => format!("is not streamed: {why}"),
            },
            EventKind::RecordingRemoved { .. } => "a recording was removed".to_owned(),
            EventKind::LegEnded(end) => format!("ended by {}: {}", end.by, end.cause),
            EventKind::Fault { what } => format!("fault: {what}"),
            EventKind::Ended { cause, by } => format!("call ended by {by}: {cause}"),
            EventKind::NotifyQueued { callout, .. } => format!("{callout} queued"),
            EventKind::NotifyCommitted { callout, failure: None } => format!("{callout} is durable"),
            EventKind::NotifyCommitted { callout, failure: Some(why) } => format!("{callout} is lost: {why}"),
            EventKind::NotifyReplayed { callout, of, .. } => format!("{of} is sent again as {callout}"),
            EventKind::SecondParty { number } => format!("is to be joined with {number}"),
            EventKind::EarlyMedia => "is heard while it rings".to_owned(),
            EventKind::Dialled { target, .. } => format!("dials {target}"),
            EventKind::Offered { .. }
            | EventKind::Ringing
            | EventKind::Answered { .. }
            | EventKind::CalloutStarted { .. }
            | EventKind::CalloutAttempted { .. }
            | EventKind::CalloutEnded { .. }
            | EventKind::NotifyAttempted { .. }
            | EventKind::MediaEnded(_) => return,
        };
        let who = match event.leg {
            Some(LegId(0)) => "  caller".to_owned(),
            Some(leg) => format!("  {leg}"),
            None => "  flow".to_owned(),
        };
        self.line(at, &who, &text);
    }

    fn line(&mut self, at: Duration, who: &str, what: &str) {
        writeln!(self.0, "{:<7.3}  {who:<16}  {what}", at.as_secs_f64()).expect("a string takes all");
    }
}
