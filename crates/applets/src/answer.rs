//! Answers the call.
//!
//! The caller's ringing ends and the call begins to cost. Applets that need audio answer by themselves; this one is
//! for answering earlier than that.
//!
//! | exit | when |
//! |---|---|
//! | `next` | the call is answered |
//!
//! ```yaml
//! flow: answered-report
//! start: pick-up
//! nodes:
//!   pick-up: { applet: answer, next: report }
//!   report: { applet: passthru, url: "https://crm.example/calls", async: true, next: bye }
//!   bye: { applet: hangup }
//! ```

use flow::{Applet, Cx, Event, Kind, Step, Visit};
use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) fn kind() -> Kind {
    Kind::new("answer", include_str!("answer.rs"), |answer: Answer, _| Some(answer))
}

/// Answers the call.
#[derive(Debug, Deserialize, JsonSchema)]
struct Answer {}

impl Applet for Answer {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        if cx.facts().answered {
            return Step::exit("next");
        }
        cx.answer();
        Step::wait(Answering)
    }

    fn waits(&self) -> bool {
        false
    }
}

#[derive(Debug)]
struct Answering;

impl Visit for Answering {
    fn on_event(&mut self, event: &Event, _: &mut Cx<'_>) -> Step {
        match event {
            Event::Answered => Step::exit("next"),
            _ => Step::Stay,
        }
    }
}

#[cfg(test)]
mod tests {
    use flow::Event;

    use crate::tests::node;

    #[test]
    fn the_flow_goes_on_when_the_call_is_answered() {
        let mut call = node("applet: answer, next: end");
        assert_eq!(call.start()[1..], ["at it", "answer"]);
        assert_eq!(call.press("1"), [""; 0]);
        assert_eq!(call.event(Event::Answered)[0], "left by next");
    }

    #[test]
    fn an_answered_call_goes_straight_on() {
        let mut call = node("applet: answer, next: again }, again: { applet: answer, next: end");
        call.start();
        let lines = call.event(Event::Answered);
        assert_eq!(lines[..4], ["left by next", "at again", "left by next", "at end"]);
    }
}
