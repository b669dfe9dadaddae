//! What the flow is told.

use serde_json::{Map, Value};

/// The answer to a Passthru: a status, which picks the exit, and what the nodes behind it can name.
///
/// ```
/// use passthru_app::Answer;
///
/// let answer = Answer::yes().with("name", "Asha").with("balance", 120);
/// assert_eq!((answer.status(), answer.body()), (200, r#"{"name":"Asha","balance":120}"#.to_owned()));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    status: u16,
    variables: Map<String, Value>,
}

impl Answer {
    /// 200: the exit `200`.
    pub fn yes() -> Self {
        Self::of(200)
    }

    /// 302: the exit `else`. No redirect is meant, and none is followed.
    pub fn no() -> Self {
        Self::of(302)
    }

    /// Any status: every one but 200 takes the exit `else`.
    pub fn of(status: u16) -> Self {
        Self { status, variables: Map::new() }
    }

    /// A value for the nodes behind the Passthru: `{{ passthru.json.name }}`. The flow keeps the body of a 200 only, and of
    /// that 64 KiB.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// The exit of the `switch_case` behind the Passthru.
    #[must_use]
    pub fn select(self, exit: &str) -> Self {
        self.with("select", exit)
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body, JSON; empty if there is nothing to tell.
    pub fn body(&self) -> String {
        if self.variables.is_empty() { String::new() } else { Value::Object(self.variables.clone()).to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_status_and_perhaps_a_body() {
        let rows = [
            (Answer::yes(), 200, ""),
            (Answer::no(), 302, ""),
            (Answer::of(404), 404, ""),
            (Answer::yes().select("gold"), 200, r#"{"select":"gold"}"#),
            (Answer::yes().with("a", 1).with("a", "\""), 200, r#"{"a":"\""}"#),
        ];
        for (answer, status, body) in rows {
            assert_eq!((answer.status(), answer.body().as_str()), (status, body));
        }
    }
}
