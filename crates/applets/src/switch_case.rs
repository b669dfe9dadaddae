//! Takes the exit that your URL named.
//!
//! Stands after a Passthru that was answered 200 with a body like `{"select": "gold"}`: the flow takes the exit of
//! that name. Any name that is wired is one; capitals matter. The caller hears nothing of it.
//!
//! | exit | when |
//! |---|---|
//! | any name | the body selects it |
//! | `default` | the body selects nothing, or a name that is not wired |
//!
//! ```yaml
//! flow: tiers
//! start: ask
//! nodes:
//!   ask: { applet: passthru, url: "https://crm.example/tier", on: { 200: pick, else: others } }
//!   pick: { applet: switch_case, on: { gold: gold, silver: gold, default: others } }
//!   gold: { applet: connect, to: "sip:desk", on: { answered: bye, missed: bye } }
//!   others: { applet: greeting, say: "Please call again tomorrow.", next: bye }
//!   bye: { applet: hangup }
//! ```

use flow::{Applet, Cx, Exits, Kind, Step, WithoutCaller};
use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) fn kind() -> Kind {
    Kind::new("switch_case", include_str!("switch_case.rs"), |_: Settings, site| {
        Some(SwitchCase { wired: site.wired().map(str::to_owned).collect() })
    })
}

/// Takes the exit that your URL named.
#[derive(Deserialize, JsonSchema)]
struct Settings {}

#[derive(Debug)]
struct SwitchCase {
    wired: Vec<String>,
}

impl Applet for SwitchCase {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        let selected = cx.last_answer().and_then(exotel::select::select);
        match selected.filter(|name| self.wired.contains(name)) {
            Some(name) => Step::exit(name),
            None => Step::exit("default"),
        }
    }

    fn exits(&self) -> Exits {
        Exits { others: true, ..Exits::required(["default"]) }
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
    use crate::tests::{node, problems};

    #[test]
    fn the_body_selects_the_exit() {
        let rows = [
            (200, r#"{"select":"gold"}"#, "gold"),
            (200, r#"{"select":"silver","more":1}"#, "silver"),
            (200, r#"{"select":"default"}"#, "default"),
            (200, r#"{"select":"Gold"}"#, "default"),
            (200, r#"{"select":"bronze"}"#, "default"),
            (200, "gold", "default"),
            (200, "", "default"),
            (302, r#"{"select":"gold"}"#, "default"),
        ];
        for (status, body, exit) in rows {
            let mut call = node(
                "applet: passthru, url: 'http://crm.example', on: { 200: pick, else: pick } },
                 pick: { applet: switch_case, on: { gold: end, silver: end, default: end }",
            );
            call.start();
            assert_eq!(call.answered(1, status, body)[2], format!("left by {exit}"), "{body}");
        }
    }

    #[test]
    fn without_a_passthru_it_is_the_default() {
        assert_eq!(node("applet: switch_case, on: { gold: end, default: end }").start()[2], "left by default");
    }

    #[test]
    fn a_default_is_needed() {
        assert_eq!(problems("applet: switch_case, on: { gold: end }"), ["exit `default` not wired"]);
    }
}
