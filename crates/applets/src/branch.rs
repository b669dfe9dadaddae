//! Takes the first exit whose question is answered with yes.
//!
//! Each question is an expression in CEL that can name `call.from`, `call.to`, `call.digits`, `call.answered`,
//! variables (`vars.tier`) and the last Passthru's answer (`passthru.status`, `passthru.body`, `passthru.json.tier`).
//! `has(vars.tier)` asks whether there is such a thing. The caller hears nothing of it.
//!
//! | exit | when |
//! |---|---|
//! | each `exit` of the cases | its question is the first that is true |
//! | `else` | none is; a question that cannot be answered is journalled and not true |
//!
//! ```yaml
//! flow: languages
//! start: menu
//! nodes:
//!   menu:
//!     applet: gather
//!     say: "Enter your code."
//!     on: { digits: sort, none: bye }
//!   sort:
//!     applet: branch
//!     cases:
//!       - { when: "call.digits.startsWith('9')", exit: staff }
//!       - { when: "size(call.digits) == 4 && call.from.startsWith('+91')", exit: member }
//!     on: { staff: staff, member: member, else: bye }
//!   staff: { applet: connect, to: "sip:desk", on: { answered: bye, missed: bye } }
//!   member: { applet: greeting, say: "Welcome.", next: bye }
//!   bye: { applet: hangup }
//! ```

use flow::{Applet, Cx, Exit, Exits, Expression, Kind, NAME, Step, WithoutCaller};
use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) fn kind() -> Kind {
    Kind::new("branch", include_str!("branch.rs"), |branch: Branch, site| {
        if branch.cases.is_empty() {
            site.refuse("cases", "there is no case", Some("give it `cases: [{ when: \"…\", exit: … }]`"));
        }
        if branch.cases.iter().any(|case| case.exit.trim().is_empty() || case.exit.chars().count() > NAME) {
            site.refuse("cases", format!("an exit's name has 1 to {NAME} characters"), None);
        }
        Some(branch)
    })
}

/// Takes the first exit whose question is answered with yes.
#[derive(Debug, Deserialize, JsonSchema)]
struct Branch {
    /// The questions, asked in this order.
    cases: Vec<Case>,
}

/// A question, and the exit for yes.
#[derive(Debug, Deserialize, JsonSchema)]
struct Case {
    /// An expression in CEL that is true or false.
    when: Expression,
    /// The exit that is taken if it is true.
    exit: String,
}

impl Applet for Branch {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        let scope = cx.scope();
        for case in &self.cases {
            match case.when.is_true(&scope) {
                Ok(true) => return Step::exit(case.exit.clone()),
                Ok(false) => {}
                Err(why) => cx.fault(format!("{:?} cannot be answered: {why}", case.when)),
            }
        }
        Step::exit("else")
    }

    fn exits(&self) -> Exits {
        let mut exits = Exits::required(["else"]);
        for case in &self.cases {
            if !exits.has(&case.exit) {
                exits.required.push(Exit::Owned(case.exit.clone()));
            }
        }
        exits
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
    fn the_first_question_that_is_true_picks_the_exit() {
        let rows = [("gold", "left by a"), ("silver", "left by b"), ("bronze", "left by else")];
        for (tier, line) in rows {
            let mut call = node(&format!(
                "applet: set, vars: {{ tier: {tier} }}, next: sort }},
                 sort: {{ applet: branch, on: {{ a: end, b: end, else: end }}, cases: [
                   {{ when: \"vars.tier == 'gold'\", exit: a }},
                   {{ when: \"vars.tier in ['gold', 'silver']\", exit: b }},
                   {{ when: 'call.answered', exit: a }} ]"
            ));
            assert_eq!(call.start()[5], line);
        }
    }

    #[test]
    fn a_question_that_cannot_be_answered_is_not_true() {
        let mut call = node(
            "applet: branch, on: { a: end, b: end, else: end },
             cases: [{ when: \"vars.nothing == 'x'\", exit: a }, { when: 'call.from', exit: a }, { when: 'true', exit: b }]",
        );
        let lines = call.start();
        assert!(lines[2].starts_with("fault: \"vars.nothing == 'x'\" cannot be answered: "), "{}", lines[2]);
        assert!(lines[3].starts_with("fault: \"call.from\" cannot be answered: "), "{}", lines[3]);
        assert_eq!(lines[4], "left by b");
    }

    #[test]
    fn settings_are_checked() {
        let rows = [
            ("on: { else: end }", vec!["`cases` is missing"]),
            ("cases: [], on: { else: end }", vec!["there is no case"]),
            ("cases: [{ when: 'true', exit: a }], on: { else: end }", vec!["exit `a` not wired"]),
            ("cases: [{ when: 'true', exit: a }], on: { a: end }", vec!["exit `else` not wired"]),
            ("cases: [{ when: 'tru', exit: a }], on: { a: end, else: end }", vec!["there is no `tru`"]),
            ("cases: [{ when: '1 +', exit: '' }], on: { else: end }", vec!["not an expression"]),
            ("cases: [{ when: 'true', exit: ' ' }], on: { else: end }", vec!["an exit's name has 1 to 64 characters"]),
            (
                "cases: [{ wen: 'true', exit: a }], on: { a: end, else: end }",
                vec!["`when` is missing", "there is no field `wen`"],
            ),
        ];
        for (fields, expected) in rows {
            let found = problems(&format!("applet: branch, {fields}"));
            assert_eq!(found.len(), expected.len(), "{fields}: {found:?}");
            assert!(found.iter().zip(&expected).all(|(found, expected)| found.starts_with(expected)), "{found:?}");
        }
    }
}
