//! What of an answer a flow can decide by: its status (`exotel.md` 1.2), and of a 200 the name that it selects (2.9), else its body.

use model::HttpAnswer;

use crate::select::select;

/// What an answer decides, as far as it can be told without the flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The status.
    pub status: u16,
    /// What else there is to go by.
    pub by: By,
}

/// What decides beside the status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// Nothing: only the body of a 200 is kept, or what stands in this one is left to chance.
    Nothing,
    /// The name that it selects.
    Name(String),
    /// The body.
    Body(Vec<u8>),
}

impl Decision {
    /// What an answer decides. `steady` says whether the same request gets the same body again: one with the time in it, for
    /// example, decides nothing but by a name.
    pub fn of(answer: &HttpAnswer, steady: bool) -> Self {
        let by = match (answer.status, select(answer)) {
            (200, Some(name)) => By::Name(name),
            (200, None) if steady => By::Body(answer.body.clone()),
            _ => By::Nothing,
        };
        Self { status: answer.status, by }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_counts_before_the_body_and_both_of_a_200_alone() {
        let answer = |status, body: &str| HttpAnswer { body: body.into(), ..HttpAnswer::of(status) };
        let gold = r#"{"select": "gold", "at": 1}"#;
        let rows = [
            (answer(200, gold), true, By::Name("gold".into())),
            (answer(200, gold), false, By::Name("gold".into())),
            (answer(200, "gold"), true, By::Body(b"gold".to_vec())),
            (answer(200, "gold"), false, By::Nothing),
            (answer(200, ""), true, By::Body(Vec::new())),
            (answer(302, gold), true, By::Nothing),
            (answer(500, "trace"), true, By::Nothing),
        ];
        for (answer, steady, by) in rows {
            let status = answer.status;
            assert_eq!(Decision::of(&answer, steady), Decision { status, by }, "{answer:?} {steady}");
        }
    }
}
