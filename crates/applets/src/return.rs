//! Goes back to the flow that called this one.
//!
//! The call leaves the `subflow` there by `next`. In a flow that was not called but started by a number or a `transfer`,
//! the call is ended as by a `hangup`: so one flow may serve in both ways.
//!
//! It has no exits.
//!
//! ```yaml
//! flow: recording-notice
//! start: say
//! nodes:
//!   say: { applet: greeting, say: "Calls are recorded.", next: back }
//!   back: { applet: return }
//! ```

use flow::{Applet, Cx, Exits, Kind, Step, WithoutCaller};
use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) fn kind() -> Kind {
    Kind::new("return", include_str!("return.rs"), |_: Settings, _| Some(Return))
}

/// Goes back to the flow that called this one.
#[derive(Deserialize, JsonSchema)]
struct Settings {}

#[derive(Debug)]
struct Return;

impl Applet for Return {
    fn enter(&self, _: &mut Cx<'_>) -> Step {
        Step::Return
    }

    fn exits(&self) -> Exits {
        Exits::default()
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
    use crate::tests::node;

    #[test]
    fn a_flow_that_nobody_called_ends_the_call() {
        let mut call =
            node("applet: time_condition, hours: wed, on: { open: back, closed: end } }, back: { applet: return");
        assert_eq!(call.start()[2..], ["left by open", "at back", "hang up NORMAL_CLEARING (16)"]);
        assert!(call.run().is_over());
    }
}
