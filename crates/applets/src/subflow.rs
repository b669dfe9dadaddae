//! Goes on in another flow, and comes back.
//!
//! The call begins at the start of the flow of that name, as it is published at that moment. Where that flow comes to a
//! `return`, the call is back here and leaves by `next`; a `hangup` there ends the call. Variables, digits and all else
//! are shared by both. A flow that is called may call others: 8 may wait for one another, and no more.
//!
//! | exit | when |
//! |---|---|
//! | `next` | the other flow returned |
//! | `missing` | there is no such flow; where it is not wired, the call is ended |
//!
//! ```yaml
//! flow: reception
//! start: notice
//! nodes:
//!   notice: { applet: subflow, flow: recording-notice, next: desk }
//!   desk: { applet: connect, to: "sip:desk", on: { answered: bye, missed: bye } }
//!   bye: { applet: hangup }
//! ```

use flow::{Applet, Cx, Exits, Kind, Step, WithoutCaller};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::elsewhere::{Finding, FlowName, missing};

pub(crate) fn kind() -> Kind {
    Kind::new("subflow", include_str!("subflow.rs"), |subflow: Subflow, _| Some(subflow))
}

/// Goes on in another flow, and comes back.
#[derive(Debug, Deserialize, JsonSchema)]
struct Subflow {
    /// The other flow's name.
    flow: FlowName,
}

impl Applet for Subflow {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        Finding::begin(&self.flow, Step::Call, cx)
    }

    fn flows(&self) -> Vec<&str> {
        vec![&self.flow.0]
    }

    fn exits(&self) -> Exits {
        missing(Exits::next())
    }

    /// The other flow may not; the number of nodes in a call is limited all the same.
    fn waits(&self) -> bool {
        true
    }

    fn without_caller(&self) -> WithoutCaller {
        WithoutCaller::Works
    }
}

#[cfg(test)]
mod tests {
    use flow::FLOWS_DEEP;
    use model::DialStatus;

    use crate::tests::{catalogue, node, problems};

    const ASK: &str = "flow: ask
start: code
nodes:
  code: { applet: gather, say: x, max_digits: 2, on: { digits: back, none: bye } }
  back: { applet: return }
  bye: { applet: hangup }";

    #[test]
    fn the_call_comes_back_with_what_it_has_got_there() {
        let mut call = node(
            "applet: subflow, flow: ask, next: note }, note: { applet: set, vars: { a: '{{ call.digits }}{{ call.flow }}' }, next: end",
        );
        assert_eq!(call.start()[1..], ["at it", "find 1 ask"]);
        assert_eq!(call.found(1, Some(ASK), &catalogue())[..2], ["flow ask", "at code"]);
        let lines = call.press("42");
        let after = lines.iter().position(|line| line == "at back").expect("it comes to its end");
        assert_eq!(
            lines[after + 1..],
            [
                "back in tested",
                "left by next",
                "at note",
                "a = \"42tested\"",
                "left by next",
                "at end",
                "hang up NORMAL_CLEARING (16)"
            ]
        );
    }

    #[test]
    fn a_hangup_there_ends_the_call() {
        let mut call = node("applet: subflow, flow: ask, next: end");
        call.start();
        let bye = "flow: b\nstart: bye\nnodes: { bye: { applet: hangup, cause: USER_BUSY } }";
        assert_eq!(call.found(1, Some(bye), &catalogue()), ["flow b", "at bye", "hang up USER_BUSY (17)"]);
        assert!(call.run().is_over());
    }

    #[test]
    fn so_many_flows_wait_for_one_another_and_no_more() {
        let again =
            "flow: again\nstart: a\nnodes: { a: { applet: subflow, flow: again, next: b }, b: { applet: return } }";
        let mut call = node("applet: subflow, flow: again, next: end");
        call.start();
        for id in 1..=u32::try_from(FLOWS_DEEP).expect("few") {
            assert_eq!(call.found(id, Some(again), &catalogue())[..2], ["flow again", "at a"], "{id}");
        }
        let lines = [
            "fault: 8 flows wait for one that they called: one more may not be called",
            "hang up TEMPORARY_FAILURE (41)",
        ];
        assert_eq!(call.found(9, Some(again), &catalogue()), lines);
    }

    #[test]
    fn the_flow_that_was_called_reports_without_the_caller_and_so_does_the_one_that_called() {
        let report = "flow: report
start: ring
nodes:
  ring: { applet: connect, to: 'sip:a', on: { answered: tell, missed: tell } }
  tell: { applet: passthru, url: 'http://crm.example', async: true, next: back }
  back: { applet: return }";
        let mut call =
            node("applet: subflow, flow: report, next: more }, more: { applet: subflow, flow: report, next: end");
        call.start();
        call.found(1, Some(report), &catalogue());
        call.hangs_up();
        assert_eq!(call.dialled(2, DialStatus::Completed, true)[1], "at tell");
        let lines = call.committed(3, None);
        assert_eq!(lines[1..], ["at back", "back in tested", "left by next", "at more", "find 4 report"]);
    }

    #[test]
    fn a_flow_that_is_not_there_is_a_fault() {
        let mut call = node("applet: subflow, flow: ask, on: { next: end, missing: end }");
        call.start();
        assert_eq!(call.found(1, None, &catalogue())[..2], ["fault: there is no flow `ask`", "left by missing"]);
        assert_eq!(problems("applet: subflow, flow: ask, on: { missing: end }"), ["exit `next` not wired"]);
    }
}
