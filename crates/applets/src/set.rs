//! Sets variables of the call.
//!
//! Each value is a template: text with `{{ … }}` in it, where `call.from`, `call.to`, `call.digits`, variables that are
//! set already (`tier`, or `vars.tier`) and the last Passthru's answer (`passthru.body`, `passthru.json.name`) can be
//! named. All values are made before any is set. The caller hears nothing of it.
//!
//! | exit | when |
//! |---|---|
//! | `next` | always; a value that cannot be made is journalled and not set |
//!
//! ```yaml
//! flow: names
//! start: ask
//! nodes:
//!   ask: { applet: passthru, url: "https://crm.example/who", on: { 200: note, else: bye } }
//!   note:
//!     applet: set
//!     vars: { name: "{{ passthru.json.name|default('nobody') }}", caller: "{{ call.from }}" }
//!     next: bye
//!   bye: { applet: hangup }
//! ```

use std::collections::BTreeMap;

use flow::{Applet, Cx, Kind, NAME, Step, Template, WithoutCaller};
use schemars::JsonSchema;
use serde::Deserialize;

/// Names that mean something else in templates.
const TAKEN: [&str; 3] = ["call", "vars", "passthru"];

pub(crate) fn kind() -> Kind {
    Kind::new("set", include_str!("set.rs"), |set: Set, site| {
        for name in set.vars.keys() {
            if !is_name(name) {
                let hint = "a name has letters, digits and `_`, and begins with a letter";
                site.refuse("vars", format!("`{name}` is no name for a variable"), Some(hint));
            }
        }
        Some(set)
    })
}

/// Sets variables of the call.
#[derive(Debug, Deserialize, JsonSchema)]
struct Set {
    /// The variables by name, each with its value: text with `{{ … }}` in it.
    vars: BTreeMap<String, Template>,
}

impl Applet for Set {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        let scope = cx.scope();
        for (name, template) in &self.vars {
            match template.render(&scope) {
                Ok(value) => cx.set_var(name, value),
                Err(why) => cx.fault(format!("`{name}` is not set: {why}")),
            }
        }
        Step::exit("next")
    }

    fn waits(&self) -> bool {
        false
    }

    fn without_caller(&self) -> WithoutCaller {
        WithoutCaller::Works
    }
}

/// Whether that can be the name of a variable.
pub(crate) fn is_name(name: &str) -> bool {
    name.len() <= NAME
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !TAKEN.contains(&name)
}

#[cfg(test)]
mod tests {
    use flow::VARIABLES;

    use crate::tests::{node, problems};

    #[test]
    fn values_are_made_of_the_call_and_of_what_is_set() {
        let mut call = node(
            "applet: set, vars: { a: '{{ call.from }}', b: 'x{{ a }}' }, next: more },
             more: { applet: set, vars: { a: '{{ b }}y', b: '{{ vars.a }}' }, next: end",
        );
        let lines = call.start();
        assert_eq!(lines[2..5], ["a = \"+919900000001\"", "b = \"x\"", "left by next"]);
        assert_eq!(lines[6..8], ["a = \"xy\"", "b = \"+919900000001\""]);
    }

    #[test]
    fn a_value_that_cannot_be_made_is_not_set_and_the_flow_goes_on() {
        let mut call = node("applet: set, vars: { a: '{{ 1 / 0 }}', b: ok }, next: end");
        let lines = call.start();
        assert!(lines[2].starts_with("fault: `a` is not set: "), "{}", lines[2]);
        assert_eq!(lines[3..5], ["b = \"ok\"", "left by next"]);
    }

    #[test]
    fn a_call_has_so_many_variables_and_no_more() {
        let vars = |from: usize, to: usize| (from..to).map(|i| format!("v{i}: x")).collect::<Vec<_>>().join(", ");
        let mut call = node(&format!(
            "applet: set, vars: {{ {} }}, next: more }}, more: {{ applet: set, vars: {{ {} }}, next: end",
            vars(0, VARIABLES),
            vars(VARIABLES - 1, VARIABLES + 1)
        ));
        let lines = call.start();
        assert_eq!(lines.iter().filter(|line| line.starts_with("fault: ")).count(), 1);
        assert!(lines.contains(&"fault: `v100` is not set: a call has at most 100 variables".to_owned()));
    }

    #[test]
    fn settings_are_checked() {
        let rows = [
            ("", "`vars` is missing"),
            ("vars: { 1a: x }", "`1a` is no name for a variable"),
            ("vars: { a-b: x }", "`a-b` is no name for a variable"),
            ("vars: { call: x }", "`call` is no name for a variable"),
            ("vars: { a: '{{ call.frm }}' }", "there is no `call.frm`"),
            ("vars: { a: [x] }", "expected text, found a list"),
            ("vars: x", "expected a map, found `x`"),
        ];
        for (fields, problem) in rows {
            let comma = if fields.is_empty() { "" } else { ", " };
            assert_eq!(problems(&format!("applet: set{comma}{fields}, next: end")), [problem], "{fields}");
        }
    }
}
