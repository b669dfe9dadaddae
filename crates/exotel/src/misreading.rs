//! Mistakes that applications make with a Passthru's parameters, and the requests that show them.
//!
//! An application that makes one takes the real request for none that it knows, and answers the same if the value is another one
//! of the right kind; but it answers otherwise if the value is written as it mistakenly expects.

use crate::decision::Decision;

/// A mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misreading {
    /// `digits` is read without the double quotes that are part of it.
    QuotedDigits,
    /// `Legs[i][Cause]`, a number, is read as the cause's name.
    CauseAsName,
    /// `Legs[i][CauseCode]`, a name, is read as the cause's number.
    CauseCodeAsNumber,
}

/// Every one of them.
pub const ALL: [Misreading; 3] = [Misreading::QuotedDigits, Misreading::CauseAsName, Misreading::CauseCodeAsNumber];

/// Parameters, not encoded.
type Fields = Vec<(String, String)>;

/// The parameters of a Passthru, written in two other ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variants {
    /// As the mistake expects them.
    pub mistaken: Fields,
    /// With another value of the right kind.
    pub other: Fields,
}

const DIGITS: &str = "digits";
const CAUSE: &str = "Legs[0][Cause]";
const CAUSE_CODE: &str = "Legs[0][CauseCode]";

/// Keys, a cause's number (Q.850 has none of that number) and a cause's name that no scenario has.
const OTHER_DIGITS: &str = "\"7\"";
const OTHER_CAUSE: &str = "98";
const OTHER_CAUSE_CODE: &str = "CHANNEL_UNACCEPTABLE";

impl Misreading {
    /// The variants of a request's parameters; none if nothing in them can be misread so.
    pub fn variants(self, fields: &[(String, String)]) -> Option<Variants> {
        let (name, other) = match self {
            Self::QuotedDigits => (DIGITS, OTHER_DIGITS),
            Self::CauseAsName => (CAUSE, OTHER_CAUSE),
            Self::CauseCodeAsNumber => (CAUSE_CODE, OTHER_CAUSE_CODE),
        };
        let mistaken = match self {
            Self::QuotedDigits => value(fields, DIGITS)?.trim_matches('"'),
            Self::CauseAsName => value(fields, CAUSE_CODE)?,
            Self::CauseCodeAsNumber => value(fields, CAUSE)?,
        };
        value(fields, name)?;
        Some(Variants { mistaken: with(fields, name, mistaken), other: with(fields, name, other) })
    }

    /// Whether an application that decides so on the real request and its variants seems to make the mistake.
    /// One that refuses the mistaken form reads the right one.
    pub fn shows(self, real: &Decision, mistaken: &Decision, other: &Decision) -> bool {
        mistaken != real && mistaken.status < 400 && other == real
    }
}

fn value<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn with(fields: &[(String, String)], name: &str, value: &str) -> Fields {
    let one = |(known, old): &(String, String)| (known.clone(), if known == name { value } else { old }.to_owned());
    fields.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::By;

    #[test]
    fn a_request_is_written_as_it_is_misread() {
        let rows = [
            (Misreading::QuotedDigits, [("digits", "\"12\""), ("x", "2")], [["12", "2"], ["\"7\"", "2"]]),
            (
                Misreading::CauseAsName,
                [(CAUSE_CODE, "USER_BUSY"), (CAUSE, "17")],
                [["USER_BUSY", "USER_BUSY"], ["USER_BUSY", "98"]],
            ),
            (
                Misreading::CauseCodeAsNumber,
                [(CAUSE_CODE, "USER_BUSY"), (CAUSE, "17")],
                [["17", "17"], ["CHANNEL_UNACCEPTABLE", "17"]],
            ),
        ];
        for (misreading, asked, expected) in rows {
            let names = asked.map(|(name, _)| name);
            let fields = |values: [&str; 2]| -> Fields {
                names.into_iter().zip(values).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
            };
            let [mistaken, other] = expected.map(fields);
            let asked = fields(asked.map(|(_, value)| value));
            assert_eq!(misreading.variants(&asked), Some(Variants { mistaken, other }), "{misreading:?}");
            let unlike = [("CallSid".to_owned(), "1".to_owned()), ("mydigits".to_owned(), "2".to_owned())];
            assert_eq!(misreading.variants(&unlike), None, "{misreading:?}");
        }
    }

    #[test]
    fn a_mistake_shows_in_three_answers() {
        // an application, and what it answers to digits "1", 1 and "7"
        let rows = [
            ("takes the quotes off, knows 1", (200, 200, 302), false),
            ("compares with the quotes, knows 1", (200, 302, 302), false),
            ("compares without the quotes, knows 1", (302, 200, 302), true),
            ("breaks on quotes", (500, 200, 500), true),
            ("insists on quotes", (200, 400, 200), false),
            ("knows none of the keys", (302, 302, 302), false),
            ("is broken", (500, 500, 500), false),
        ];
        let decision = |status| Decision { status, by: By::Nothing };
        for (what, (real, mistaken, other), expected) in rows {
            let shown = Misreading::QuotedDigits.shows(&decision(real), &decision(mistaken), &decision(other));
            assert_eq!(shown, expected, "{what}");
        }
        let rows = [
            ("takes the quotes off, knows 1", ["one", "one", "none"], false),
            ("compares with the quotes, knows 1", ["one", "none", "none"], false),
            ("compares without the quotes, knows 1", ["none", "one", "none"], true),
            ("gives the digits back", ["\"1\"", "1", "\"7\""], false),
        ];
        for (what, answers, expected) in rows {
            for by in [|name: &str| By::Name(name.into()), |body: &str| By::Body(body.into())] {
                let [real, mistaken, other] = answers.map(|answer| Decision { status: 200, by: by(answer) });
                assert_eq!(Misreading::QuotedDigits.shows(&real, &mistaken, &other), expected, "{what}");
            }
        }
    }
}
