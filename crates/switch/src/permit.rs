//! Whom text from outside may have rung: a URL's answer, a caller's text. What the flow's author wrote is not asked about.

use std::sync::Arc;

use flow::Target;
use regex_lite::Regex;

use crate::config::Numbering;

/// The operator's rules.
pub(crate) struct Permit {
    rules: Vec<Rule>,
    numbering: Arc<dyn Numbering>,
}

struct Rule {
    anywhere: Regex,
    /// The same, from the first to the last character. `None` if it cannot be put so.
    whole: Option<Regex>,
}

impl Permit {
    pub(crate) fn new(rules: &[Regex], numbering: Arc<dyn Numbering>) -> Self {
        let rule = |rule: &Regex| Rule { anywhere: rule.clone(), whole: Regex::new(&format!("^(?:{rule})$")).ok() };
        Self { rules: rules.iter().map(rule).collect(), numbering }
    }

    /// Whether a rule takes a target: a number as dialled or as normalised, as with trunks; everything else as a whole, so
    /// that a rule for numbers does not open `sip:+918022222222@anywhere.example`.
    pub(crate) fn takes(&self, target: &Target) -> bool {
        match target {
            Target::Number(number) => {
                let normalised = self.numbering.normalise(number);
                let is_match = |rule: &Regex| rule.is_match(number) || rule.is_match(&normalised);
                self.rules.iter().any(|rule| is_match(&rule.anywhere))
            }
            Target::User(_) | Target::Uri(_) | Target::Group(_) => {
                let text = target.to_string();
                self.rules.iter().filter_map(|rule| rule.whole.as_ref()).any(|rule| rule.is_match(&text))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use model::CallSid;

    use super::*;

    /// Puts `+91` in the place of a leading 0.
    struct India;

    impl Numbering for India {
        fn call_sid(&self, _: [u8; crate::NAME_BYTES], _: Timestamp) -> CallSid {
            CallSid::new("call")
        }

        fn normalise(&self, number: &str) -> String {
            number.strip_prefix('0').map_or_else(|| number.to_owned(), |rest| format!("+91{rest}"))
        }
    }

    #[test]
    fn rules_open_what_they_say_and_nothing_else() {
        let rows: [(&[&str], &str, bool); 20] = [
            (&[], "+918022222222", false),
            (&[], "sip:sales", false),
            (&["^\\+9180"], "+918022222222", true),
            (&["^\\+9180"], "08022222222", true),
            (&["^\\+9180"], "+448022222222", false),
            (&["^080"], "08022222222", true),
            (&["^080"], "+918022222222", false),
            (&["^1$", "^080"], "08022222222", true),
            (&["80"], "sip:80@evil.example", false),
            (&["^\\+9180"], "sip:+918022222222@evil.example", false),
            (&["sip:sales"], "sip:sales", true),
            (&["sip:sales"], "sip:sales@evil.example", false),
            (&["sip:s|sip:sales"], "sip:sales", true),
            (&["sip:[a-z]+"], "sip:sales", true),
            (&["sip:[a-z]+@desk\\.example"], "sip:sales@desk.example", true),
            (&["sip:[a-z]+@desk\\.example"], "sip:sales@desk.example.evil.example", false),
            (&["sip:[a-z]+@desk\\.example"], "sip:sales@desk.example;maddr=192.0.2.66", false),
            (&["group:sales"], "group:sales", true),
            (&["sales"], "group:sales", false),
            (&[".*"], "sip:anybody@anywhere.example", true),
        ];
        for (rules, target, taken) in rows {
            let compiled: Vec<Regex> = rules.iter().map(|rule| Regex::new(rule).expect("a rule")).collect();
            let permit = Permit::new(&compiled, Arc::new(India));
            assert_eq!(permit.takes(&Target::parse(target)), taken, "{rules:?} {target}");
        }
    }
}
