//! Ends the call.
//!
//! An answered caller is hung up on; one whose call still rings is refused, and hears from the network what the cause
//! stands for: `USER_BUSY` a busy tone, `UNALLOCATED_NUMBER` that there is no such number.
//!
//! It has no exits.
//!
//! ```yaml
//! flow: busy
//! start: refuse
//! nodes:
//!   refuse: { applet: hangup, cause: USER_BUSY }
//! ```

use std::borrow::Cow;

use flow::{Applet, Cx, Exits, Kind, Step, WithoutCaller};
use model::Cause;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

pub(crate) fn kind() -> Kind {
    Kind::new("hangup", include_str!("hangup.rs"), |hangup: Hangup, _| Some(hangup))
}

/// Ends the call.
#[derive(Debug, Deserialize, JsonSchema)]
struct Hangup {
    /// Why, as the caller is told: a cause of Q.850 by name or number.
    #[serde(default)]
    cause: Q850,
}

impl Applet for Hangup {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        cx.hang_up(self.cause.0);
        Step::End
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

/// A cause as flows write it.
#[derive(Debug)]
struct Q850(Cause);

impl Default for Q850 {
    fn default() -> Self {
        Self(Cause::NORMAL_CLEARING)
    }
}

impl<'de> Deserialize<'de> for Q850 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let number = text.parse().ok().filter(|number| (1..=127).contains(number)).map(Cause);
        let cause = number.or_else(|| Cause::from_name(&text.to_ascii_uppercase()));
        let message =
            || format!("`{text}` is no cause\nwrite a name or number of Q.850: NORMAL_CLEARING, USER_BUSY, 21");
        cause.map(Self).ok_or_else(|| de::Error::custom(message()))
    }
}

impl JsonSchema for Q850 {
    fn schema_name() -> Cow<'static, str> {
        "Q850".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = (1..=127).filter_map(|number| Cause(number).name()).collect();
        json_schema!({
            "anyOf": [{ "enum": names }, { "type": "integer", "minimum": 1, "maximum": 127 }],
            "default": Cause::NORMAL_CLEARING.name(),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::{node, problems};

    #[test]
    fn the_call_ends_for_the_cause_given() {
        let rows = [
            ("", "hang up NORMAL_CLEARING (16)"),
            (", cause: USER_BUSY", "hang up USER_BUSY (17)"),
            (", cause: call_rejected", "hang up CALL_REJECTED (21)"),
            (", cause: 34", "hang up NO_CIRCUIT_AVAILABLE (34)"),
        ];
        for (cause, line) in rows {
            let mut call = node(&format!(
                "applet: ivr, say: x, on: {{ 1: bye, none: end, invalid: end }} }}, bye: {{ applet: hangup{cause}"
            ));
            call.start();
            assert_eq!(call.press("1")[4..], [line], "{cause}");
            assert!(call.run().is_over());
        }
    }

    #[test]
    fn causes_are_checked() {
        for cause in ["BUSY", "0", "128", "-1", "''"] {
            let problems = problems(&format!(
                "applet: ivr, say: x, on: {{ none: bye, invalid: end }} }}, bye: {{ applet: hangup, cause: {cause}"
            ));
            assert_eq!(problems, [format!("`{}` is no cause", cause.trim_matches('\''))]);
        }
    }
}
