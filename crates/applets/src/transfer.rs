//! Goes on in another flow.
//!
//! The call begins at the start of the flow of that name, as it is published at that moment, and does not come back.
//! Everything else stays: variables, the digits, what the last `connect` did, the last Passthru's answer. A Passthru there
//! names the new flow. The caller hears nothing of it; one who has not been answered is not answered by it.
//!
//! It has no exit but this one, which need not be wired:
//!
//! | exit | when |
//! |---|---|
//! | `missing` | there is no such flow; where it is not wired, the call is ended |
//!
//! ```yaml
//! flow: entrance
//! start: ask
//! nodes:
//!   ask: { applet: gather, say: "Enter your code.", on: { digits: members, none: bye } }
//!   members: { applet: transfer, flow: members }
//!   bye: { applet: hangup }
//! ```

use flow::{Applet, Cx, Exits, Kind, Step, WithoutCaller};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::elsewhere::{Finding, FlowName, missing};

pub(crate) fn kind() -> Kind {
    Kind::new("transfer", include_str!("transfer.rs"), |transfer: Transfer, _| Some(transfer))
}

/// Goes on in another flow.
#[derive(Debug, Deserialize, JsonSchema)]
struct Transfer {
    /// The other flow's name.
    flow: FlowName,
}

impl Applet for Transfer {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        Finding::begin(&self.flow, Step::Transfer, cx)
    }

    fn flows(&self) -> Vec<&str> {
        vec![&self.flow.0]
    }

    fn exits(&self) -> Exits {
        missing(Exits::default())
    }

    fn waits(&self) -> bool {
        false
    }

    fn without_caller(&self) -> WithoutCaller {
        WithoutCaller::Works
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::{catalogue, node, problems};

    const SALES: &str = "flow: sales
start: note
nodes:
  note: { applet: set, vars: { b: '{{ a }}{{ call.flow }}' }, next: tell }
  tell: { applet: passthru, url: 'http://crm.example', async: true, next: bye }
  bye: { applet: hangup }";

    #[test]
    fn the_call_goes_on_at_the_start_of_the_other_with_all_that_it_has() {
        let mut call =
            node("applet: set, vars: { a: x }, next: go }, go: { applet: transfer, flow: sales, on: { missing: end }");
        assert_eq!(call.start()[5..], ["find 1 sales"]);
        let lines = call.found(1, Some(SALES), &catalogue());
        assert_eq!(lines[..5], ["flow sales", "at note", "b = \"xsales\"", "left by next", "at tell"]);
        assert!(lines[5].contains(&format!("&flow_id={}&", model::FlowId::of_name("sales"))), "{}", lines[5]);
        assert_eq!(call.committed(2, None)[1..], ["at bye", "hang up NORMAL_CLEARING (16)"]);
        assert!(call.run().is_over());
    }

    #[test]
    fn a_flow_that_is_not_there_is_a_fault_and_takes_the_exit_for_that() {
        let mut call = node("applet: transfer, flow: sales, on: { missing: end }");
        call.start();
        assert_eq!(call.found(1, None, &catalogue())[..2], ["fault: there is no flow `sales`", "left by missing"]);
        let mut call = node(
            "applet: time_condition, hours: wed, on: { open: go, closed: end } }, go: { applet: transfer, flow: sales",
        );
        call.start();
        let lines = [
            "fault: there is no flow `sales`",
            "left by missing",
            "fault: node `go`: exit `missing` leads nowhere",
            "hang up TEMPORARY_FAILURE (41)",
        ];
        assert_eq!(call.found(1, None, &catalogue()), lines);
    }

    #[test]
    fn settings_are_checked() {
        let rows = [
            ("", vec!["`flow` is missing"]),
            (", flow: ''", vec!["a flow's name has 1 to 64 characters"]),
            (", flow: a, next: end", vec!["there is no exit `next`"]),
        ];
        for (fields, expected) in rows {
            assert_eq!(problems(&format!("applet: transfer{fields}")), expected, "{fields}");
        }
    }
}
