//! `CallFrom ends 7 => 302 after 3s body later`: which requests get which answer.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use flow::Lapse;
use regex_lite::Regex;

use super::received::Received;

/// What a rule looks like, for those whose rule cannot be read.
const EXAMPLE: &str = "an example: CallFrom ends 7 => 302 after 2s";

/// The comparisons that take a value, and those that do not.
const WITH_VALUE: [&str; 6] = ["is", "is-not", "starts", "ends", "contains", "matches-regex"];
const ALONE: [&str; 2] = ["exists", "missing"];

/// The longest time that an answer may be held back, in milliseconds: more than any caller waits.
const LONGEST: u64 = 120_000;

/// The name by which a rule speaks of the request's path.
const PATH: &str = "path";

/// What stands before the name of a header field.
const HEADER: &str = "header:";

/// An answer, and the requests that get it.
#[derive(Clone, Debug)]
pub struct Rule {
    text: String,
    name: String,
    test: Test,
    /// What such a request is answered.
    pub answer: Answer,
}

/// What is answered: `302 after 3s body TEXT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status, 200 to 599.
    pub status: u16,
    /// How long it is held back.
    pub after: Duration,
    /// The body; it may be empty.
    pub body: String,
}

#[derive(Clone, Debug)]
enum Test {
    Is(String),
    IsNot(String),
    Starts(String),
    Ends(String),
    Contains(String),
    Matches(Regex),
    Exists,
    Missing,
}

impl Rule {
    /// Whether it is for a request with these parameters. Of several values of one name, any will do.
    pub(crate) fn is_for(&self, received: &Received, parameters: &[(String, String)]) -> bool {
        let field = self.name.strip_prefix(HEADER);
        let pairs = if field.is_some() { &received.headers } else { parameters };
        let is_named = |name: &str| field.map_or(name == self.name, |field| name.eq_ignore_ascii_case(field));
        let mut values: Vec<&str> =
            pairs.iter().filter(|(name, _)| is_named(name)).map(|(_, value)| value.as_str()).collect();
        if values.is_empty() && self.name == PATH {
            values.push(received.path());
        }
        self.test.holds(&values)
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Test {
    fn holds(&self, values: &[&str]) -> bool {
        // A value in literal double quotes, as `digits` is, may be named with them and without.
        let any = |is: &dyn Fn(&str) -> bool| values.iter().any(|value| is(value) || unquoted(value).is_some_and(is));
        match self {
            Self::Is(wanted) => any(&|value| value == wanted),
            Self::IsNot(wanted) => !any(&|value| value == wanted),
            Self::Starts(wanted) => any(&|value| value.starts_with(wanted)),
            Self::Ends(wanted) => any(&|value| value.ends_with(wanted)),
            Self::Contains(wanted) => any(&|value| value.contains(wanted)),
            Self::Matches(wanted) => any(&|value| wanted.is_match(value)),
            Self::Exists => !values.is_empty(),
            Self::Missing => values.is_empty(),
        }
    }
}

fn unquoted(value: &str) -> Option<&str> {
    value.strip_prefix('"')?.strip_suffix('"')
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // A value may hold an arrow of its own: the first one counts behind which an answer stands.
        let mut refusal = format!("it has no `=>`; {EXAMPLE}");
        for (place, arrow) in text.match_indices("=>") {
            match Answer::read(text, place + arrow.len()) {
                Ok(answer) => return Self::read(&text[..place], answer, text),
                Err(why) => refusal = why,
            }
        }
        Err(refusal)
    }
}

impl Rule {
    fn read(condition: &str, answer: Answer, text: &str) -> Result<Self, String> {
        let (name, rest) = word(condition, 0);
        if name.is_empty() {
            return Err(wrong(text, 0, "a parameter's name is missing"));
        }
        if name == HEADER {
            return Err(wrong(
                text,
                rest,
                "a header field's name is missing; write one such as header:callout-attempt",
            ));
        }
        let (comparison, value_at) = word(condition, rest);
        let comparison_at = value_at - comparison.len();
        let value = condition[value_at..].trim();
        let value_at = condition.len() - condition[value_at..].trim_start().len();
        let test = match (comparison, value) {
            (known, "") if WITH_VALUE.contains(&known) => {
                return Err(wrong(text, value_at, &format!("`{known}` needs a value")));
            }
            (known, value) if ALONE.contains(&known) && !value.is_empty() => {
                return Err(wrong(text, value_at, &format!("`{known}` takes no value")));
            }
            ("is", value) => Test::Is(value.to_owned()),
            ("is-not", value) => Test::IsNot(value.to_owned()),
            ("starts", value) => Test::Starts(value.to_owned()),
            ("ends", value) => Test::Ends(value.to_owned()),
            ("contains", value) => Test::Contains(value.to_owned()),
            ("matches-regex", value) => Test::Matches(
                Regex::new(value)
                    .map_err(|why| wrong(text, value_at, &format!("`{value}` is no regular expression: {why}")))?,
            ),
            ("exists", _) => Test::Exists,
            ("missing", _) => Test::Missing,
            (other, _) => {
                let all = [&WITH_VALUE[..], &ALONE].concat().join(", ");
                let what = if other.is_empty() { "a comparison is missing, one of" } else { "is none of" };
                let other = if other.is_empty() { String::new() } else { format!("`{other}` ") };
                return Err(wrong(text, comparison_at, &format!("{other}{what} {all}")));
            }
        };
        Ok(Self { text: text.trim().to_owned(), name: name.to_owned(), test, answer })
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if !self.after.is_zero() {
            write!(f, " after {:?}", self.after)?;
        }
        Ok(())
    }
}

impl FromStr for Answer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::read(text, 0)
    }
}

impl Answer {
    /// Reads what stands from `start` on.
    fn read(text: &str, start: usize) -> Result<Self, String> {
        let (status, mut place) = word(text, start);
        let known = status.parse().ok().filter(|status| (200..600).contains(status));
        let known = known.ok_or_else(|| {
            wrong(text, place - status.len(), &format!("`{status}` is no status of an answer; write 200 to 599"))
        })?;
        let mut answer = Self { status: known, after: Duration::ZERO, body: String::new() };
        loop {
            let (what, next) = word(text, place);
            match what {
                "" => return Ok(answer),
                "after" => {
                    let (time, next) = word(text, next);
                    let lapse = time.parse::<Lapse<0, LONGEST>>();
                    let lapse = lapse.map_err(|why| wrong(text, next - time.len(), &why.replace('\n', "; ")))?;
                    (answer.after, place) = (lapse.duration(), next);
                }
                "body" => {
                    text[next..].trim().clone_into(&mut answer.body);
                    return Ok(answer);
                }
                other => {
                    let why = format!("`{other}` is neither `after 3s` nor `body TEXT`");
                    return Err(wrong(text, next - other.len(), &why));
                }
            }
        }
    }
}

/// The next word from a place on, and the place behind it.
fn word(text: &str, from: usize) -> (&str, usize) {
    let rest = &text[from..];
    let start = from + (rest.len() - rest.trim_start().len());
    let end = text[start..].find(char::is_whitespace).map_or(text.len(), |length| start + length);
    (&text[start..end], end)
}

fn wrong(text: &str, at: usize, why: &str) -> String {
    let character = text[..at].chars().count() + 1;
    format!("character {character}: {why}; {EXAMPLE}")
}

#[cfg(test)]
mod tests {
    use super::super::received::Bytes;
    use super::*;

    fn received() -> Received {
        let headers = [("callout-attempt", "2"), ("Accept", "*/*")];
        Received {
            received: jiff::Timestamp::UNIX_EPOCH,
            method: "GET".to_owned(),
            url: "http://127.0.0.1:8000/route?x".to_owned(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            body: Bytes::default(),
        }
    }

    fn parameters() -> Vec<(String, String)> {
        let pairs = [
            ("CallFrom", "09900000007"),
            ("digits", "\"12\""),
            ("CustomField", "order 7 => paid"),
            ("DialWhomNumber", ""),
            ("Legs[0][Cause]", "17"),
            ("twice", "a"),
            ("twice", "b"),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    #[test]
    fn each_comparison_holds_where_it_should() {
        let rows = [
            ("CallFrom is 09900000007", true),
            ("CallFrom is 0990000000", false),
            ("CallFrom is-not 09900000007", false),
            ("CallFrom is-not 1", true),
            ("Nothing is-not 1", true),
            ("CallFrom starts 099", true),
            ("CallFrom starts 99", false),
            ("CallFrom ends 7", true),
            ("CallFrom ends 8", false),
            ("CallFrom contains 0000", true),
            ("CallFrom contains 5", false),
            ("CallFrom matches-regex ^0\\d{10}$", true),
            ("CallFrom matches-regex ^\\+91", false),
            ("DialWhomNumber exists", true),
            ("DialWhomNumber missing", false),
            ("Nothing exists", false),
            ("Nothing missing", true),
            ("callfrom exists", false),
            ("digits is 12", true),
            ("digits is \"12\"", true),
            ("digits starts 1", true),
            ("digits is-not 12", false),
            ("digits is 1", false),
            ("CustomField is order 7 => paid", true),
            ("Legs[0][Cause] is 17", true),
            ("twice is b", true),
            ("path is /route", true),
            ("path starts /calls", false),
            ("header:callout-attempt is 2", true),
            ("header:Callout-Attempt is-not 1", true),
            ("header:accept exists", true),
            ("header:callout-fallback-reason missing", true),
            ("header:CallFrom exists", false),
            ("callout-attempt exists", false),
        ];
        for (condition, expected) in rows {
            let rule: Rule = format!("{condition} => 302").parse().unwrap_or_else(|why| panic!("{condition}: {why}"));
            assert_eq!(rule.is_for(&received(), &parameters()), expected, "{condition}");
            assert_eq!(rule.answer.status, 302, "{condition}");
        }
    }

    #[test]
    fn an_answer_has_a_status_a_time_and_a_body() {
        let rows = [
            ("200", 200, 0, ""),
            (" 302 after 3s", 302, 3_000, ""),
            ("200 body {\"select\": \"gold\"}", 200, 0, "{\"select\": \"gold\"}"),
            ("503 after 250ms body come back after 5 s", 503, 250, "come back after 5 s"),
            ("200 body", 200, 0, ""),
        ];
        for (text, status, after, body) in rows {
            let expected = Answer { status, after: Duration::from_millis(after), body: body.to_owned() };
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_place_and_an_example() {
        let rows = [
            ("", "it has no `=>`"),
            ("CallFrom ends 7", "it has no `=>`"),
            (" => 302", "character 1: a parameter's name is missing"),
            ("header: is 2 => 302", "character 8: a header field's name is missing"),
            (
                "CallFrom end 7 => 302",
                "character 10: `end` is none of is, is-not, starts, ends, contains, matches-regex, exists, missing",
            ),
            ("CallFrom => 302", "character 10: a comparison is missing, one of is, is-not"),
            ("CallFrom ends => 302", "character 15: `ends` needs a value"),
            ("digits exists 1 => 302", "character 15: `exists` takes no value"),
            ("CallFrom matches-regex [ => 302", "character 24: `[` is no regular expression"),
            ("CallFrom ends 7 => found", "character 20: `found` is no status of an answer; write 200 to 599"),
            ("CallFrom ends 7 => 100", "character 20: `100` is no status"),
            ("CallFrom ends 7 => 302 later", "character 24: `later` is neither `after 3s` nor `body TEXT`"),
            ("CallFrom ends 7 => 302 after soon", "character 30: `soon` is no length of time"),
            ("CallFrom ends 7 => 302 after 3m", "character 30: 3m is not within 0s and 2m"),
            ("CustomField is ü => 3000", "character 21: `3000` is no status"),
        ];
        for (text, part) in rows {
            let why = text.parse::<Rule>().expect_err(text);
            assert!(why.starts_with(part) && why.ends_with(EXAMPLE), "{text}: {why}");
        }
    }
}
