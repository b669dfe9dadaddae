//! What is told without waiting for an answer: a report, a message. The flow goes on as soon as it is in safe keeping.

use flow::{Component, Cx, Event, Step, Visit};
use model::HttpRequest;

/// Waits until it is in safe keeping, with or without the caller.
#[derive(Debug)]
pub(crate) struct Telling {
    what: &'static str,
    notify: Component,
}

impl Telling {
    /// Hands it to the outbox; left by `next`. `what` it is, for the journal.
    pub(crate) fn begin(what: &'static str, request: HttpRequest, cx: &mut Cx<'_>) -> Step {
        Self::begin_with_copy(what, request, None, cx)
    }

    /// The same, with a copy for elsewhere.
    pub(crate) fn begin_with_copy(
        what: &'static str,
        request: HttpRequest,
        copy: Option<HttpRequest>,
        cx: &mut Cx<'_>,
    ) -> Step {
        Step::wait(Self { what, notify: cx.notify(request, copy) })
    }
}

impl Visit for Telling {
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step {
        match event {
            Event::NotifyCommitted { id, failure } if *id == self.notify => {
                if let Some(why) = failure {
                    cx.fault(format!("{} is lost, the outbox could not take it: {why}", self.what));
                }
                Step::exit("next")
            }
            Event::NotifyDelayed { id } if *id == self.notify => {
                cx.fault(format!("{} may come late: the outbox does not take it now, and the flow goes on", self.what));
                Step::exit("next")
            }
            _ => Step::Stay,
        }
    }

    fn on_caller_gone(&mut self, _: &mut Cx<'_>) -> Step {
        Step::Stay
    }
}
