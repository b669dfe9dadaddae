//! Mistakes that applications make with a Passthru's parameters, and the requests that show them.
//!
//! An application that makes one takes the real request for none that it knows, and answers the same if the value is another one
//! of the right kind; but it answers otherwise if the value is written as it mistakenly expects.

use crate::form;

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

/// The request of a Passthru, written in two other ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variants {
    /// As the mistake expects it.
    pub mistaken: String,
    /// With another value of the right kind.
    pub other: String,
}

const DIGITS: &str = "digits";
const CAUSE: &str = "Legs[0][Cause]";
const CAUSE_CODE: &str = "Legs[0][CauseCode]";

/// Keys, a cause's number (Q.850 has none of that number) and a cause's name that no scenario has.
const OTHER_DIGITS: &str = "\"7\"";
const OTHER_CAUSE: &str = "98";
const OTHER_CAUSE_CODE: &str = "CHANNEL_UNACCEPTABLE";

impl Misreading {
    /// The variants of a request; none if nothing in it can be misread so.
    pub fn variants(self, url: &str) -> Option<Variants> {
        let (name, other) = match self {
            Self::QuotedDigits => (DIGITS, OTHER_DIGITS),
            Self::CauseAsName => (CAUSE, OTHER_CAUSE),
            Self::CauseCodeAsNumber => (CAUSE_CODE, OTHER_CAUSE_CODE),
        };
        let mistaken = match self {
            Self::QuotedDigits => value(url, DIGITS)?.trim_start_matches("%22").trim_end_matches("%22"),
            Self::CauseAsName => value(url, CAUSE_CODE)?,
            Self::CauseCodeAsNumber => value(url, CAUSE)?,
        };
        Some(Variants { mistaken: with(url, name, mistaken)?, other: with(url, name, &form::encoded(other))? })
    }

    /// Whether an application that answers these statuses to the real request and its variants seems to make the mistake.
    /// One that refuses the mistaken form reads the right one.
    pub fn shows(self, real: u16, mistaken: u16, other: u16) -> bool {
        mistaken != real && mistaken < 400 && other == real
    }
}

/// Where the value of the last parameter of that name stands: those of a call follow the user's own.
fn place(url: &str, name: &str) -> Option<(usize, usize)> {
    let assigned = format!("{}=", form::encoded(name));
    let starts = |at: &usize| url[..*at].ends_with(['?', '&']);
    let start = url.match_indices(&assigned).map(|(at, _)| at).filter(starts).last()? + assigned.len();
    let end = url[start..].find('&').map_or(url.len(), |length| start + length);
    Some((start, end))
}

/// The value of a parameter, as it is encoded.
fn value<'a>(url: &'a str, name: &str) -> Option<&'a str> {
    place(url, name).map(|(start, end)| &url[start..end])
}

fn with(url: &str, name: &str, value: &str) -> Option<String> {
    let (start, end) = place(url, name)?;
    Some(format!("{}{value}{}", &url[..start], &url[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_written_as_it_is_misread() {
        let keyed = "http://h/?digits=own&CallSid=1&digits=%2212%22&x=2";
        let legs = "http://h/?CallSid=1&Legs%5B0%5D%5BCauseCode%5D=USER_BUSY&Legs%5B0%5D%5BCause%5D=17";
        let rows = [
            (
                Misreading::QuotedDigits,
                keyed,
                "http://h/?digits=own&CallSid=1&digits=12&x=2",
                "http://h/?digits=own&CallSid=1&digits=%227%22&x=2",
            ),
            (
                Misreading::CauseAsName,
                legs,
                "http://h/?CallSid=1&Legs%5B0%5D%5BCauseCode%5D=USER_BUSY&Legs%5B0%5D%5BCause%5D=USER_BUSY",
                "http://h/?CallSid=1&Legs%5B0%5D%5BCauseCode%5D=USER_BUSY&Legs%5B0%5D%5BCause%5D=98",
            ),
            (
                Misreading::CauseCodeAsNumber,
                legs,
                "http://h/?CallSid=1&Legs%5B0%5D%5BCauseCode%5D=17&Legs%5B0%5D%5BCause%5D=17",
                "http://h/?CallSid=1&Legs%5B0%5D%5BCauseCode%5D=CHANNEL_UNACCEPTABLE&Legs%5B0%5D%5BCause%5D=17",
            ),
        ];
        for (misreading, url, mistaken, other) in rows {
            let variants = Variants { mistaken: mistaken.to_owned(), other: other.to_owned() };
            assert_eq!(misreading.variants(url), Some(variants), "{misreading:?}");
            assert_eq!(misreading.variants("http://h/?CallSid=1&mydigits=2"), None, "{misreading:?}");
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
        for (what, (real, mistaken, other), expected) in rows {
            assert_eq!(Misreading::QuotedDigits.shows(real, mistaken, other), expected, "{what}");
        }
    }
}
