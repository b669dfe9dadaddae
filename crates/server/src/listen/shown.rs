//! A request and its answer for a reader: aligned, explained, and what a Passthru would make of it.

use std::time::Duration;

use exotel::explain::explain;
use exotel::passthru;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::mark::{self, Verdict};
use super::received::Received;
use crate::terminal::{Colour, Paint, lasted, milliseconds, plain};

/// Columns of a name and of a value at most; what is longer pushes the explanation aside.
const NAME: usize = 24;
const VALUE: usize = 34;

/// Characters of a value that are shown.
const LONGEST: usize = 2_000;

/// A request that has been answered.
pub(crate) struct Exchange<'a> {
    /// Which one it is, from 1.
    pub(crate) number: u64,
    /// What came in.
    pub(crate) received: &'a Received,
    /// Its parameters, and why some of them are missing.
    pub(crate) parameters: &'a [(String, String)],
    pub(crate) unread: Option<&'a str>,
    /// Whether its signature holds.
    pub(crate) verdict: Verdict,
    /// The request before it that was the same.
    pub(crate) again: Option<u64>,
    /// What it was answered, and the rule that said so: its place from 1, and its words.
    pub(crate) status: u16,
    pub(crate) rule: Option<(usize, &'a str)>,
    /// From the head of the request to the answer.
    pub(crate) took: Duration,
}

/// Some lines for a reader, and an empty one.
pub(crate) fn text(exchange: &Exchange<'_>, paint: Paint, zone: &TimeZone) -> String {
    let Exchange { number, received, parameters, .. } = exchange;
    let time = received.received.to_zoned_datetime(zone.clone()).strftime("%H:%M:%S%.3f");
    let (method, path) = (plain(&received.method, NAME), plain(received.path(), LONGEST));
    let mut lines = vec![paint.text(Colour::Bold, &format!("#{number}  {time}  {method} {path}"))];
    if !received.body.0.is_empty() {
        let kind = received.content_type().split(';').next().unwrap_or_default();
        lines[0] += &format!("  {}, {} bytes", plain(kind, VALUE), received.body.0.len());
    }
    let shown = |text: &str| plain(text, LONGEST);
    let mark = mark::rows(received, exchange.verdict);
    lines.extend(table(mark.iter().map(|(name, value, words)| (*name, value.as_str(), words.clone())), paint));
    lines.extend(table(
        parameters.iter().map(|(name, value)| (name.as_str(), value.as_str(), explain(name, value))),
        paint,
    ));
    let again = exchange.again.map(|again| format!("the same as #{again}, byte for byte: a report may come twice"));
    let refused =
        exchange.verdict.is_refused().then(|| "the signature does not hold: do not believe such a request".to_owned());
    for remark in [exchange.unread.map(shown), refused, again].into_iter().flatten() {
        lines.push(format!("    {}", paint.text(Colour::Yellow, &remark)));
    }
    lines.push(answered(exchange, paint));
    lines.join("\n") + "\n\n"
}

/// Lines of names, values and what they mean, aligned.
fn table<'a>(rows: impl Iterator<Item = (&'a str, &'a str, Option<String>)>, paint: Paint) -> Vec<String> {
    let rows: Vec<_> = rows.map(|(name, value, words)| (plain(name, LONGEST), plain(value, LONGEST), words)).collect();
    let name_width = widest(rows.iter().map(|(name, ..)| name), NAME);
    let value_width = widest(rows.iter().map(|(_, value, _)| value), VALUE);
    let line = |(name, value, words): (String, String, Option<String>)| {
        let line = format!("    {name:<name_width$}  {value:<value_width$}");
        match words {
            Some(words) => format!("{line}  {}", paint.text(Colour::Faint, &plain(&words, LONGEST))),
            None => line.trim_end().to_owned(),
        }
    };
    rows.into_iter().map(line).collect()
}

/// The widest of these, but no wider than `most`.
fn widest<'a>(texts: impl Iterator<Item = &'a String>, most: usize) -> usize {
    texts.map(|text| text.chars().count()).filter(|width| *width <= most).max().unwrap_or_default()
}

fn answered(exchange: &Exchange<'_>, paint: Paint) -> String {
    let colour = match exchange.status {
        200 => Colour::Green,
        400.. => Colour::Red,
        _ => Colour::Yellow,
    };
    let status = paint.text(colour, &format!("-> {}", exchange.status));
    let by = match exchange.rule {
        Some((place, words)) => format!("by rule {place}, {}", plain(words, LONGEST)),
        None => "by no rule".to_owned(),
    };
    let exit = passthru::exit(exchange.status);
    format!("  {status}  {by}; after {}; a Passthru takes its exit `{exit}`", lasted(exchange.took))
}

/// One line of JSON.
pub(crate) fn json(exchange: &Exchange<'_>) -> String {
    let explained = |(name, value): &(String, String)| -> Value {
        json!({ "name": name, "value": value, "explanation": explain(name, value) })
    };
    let line = json!({
        "number": exchange.number,
        "received": exchange.received.received,
        "method": exchange.received.method,
        "path": exchange.received.path(),
        "callout": mark::json(exchange.received, exchange.verdict),
        "parameters": exchange.parameters.iter().map(explained).collect::<Vec<_>>(),
        "unread": exchange.unread,
        "same_as": exchange.again,
        "status": exchange.status,
        "exit": passthru::exit(exchange.status),
        "rule": exchange.rule.map(|(place, words)| json!({ "number": place, "text": words })),
        "took_ms": milliseconds(exchange.took),
    });
    format!("{line}\n")
}

#[cfg(test)]
mod tests {
    use super::super::received::Bytes;
    use super::*;

    fn received() -> Received {
        Received {
            received: "2026-11-24T04:30:00.5Z".parse().expect("a time"),
            method: "GET".to_owned(),
            url: "http://127.0.0.1:8000/route?x".to_owned(),
            headers: Vec::new(),
            body: Bytes::default(),
        }
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn exchange<'a>(received: &'a Received, parameters: &'a [(String, String)]) -> Exchange<'a> {
        Exchange {
            number: 3,
            received,
            parameters,
            unread: None,
            verdict: Verdict::Unsigned,
            again: None,
            status: 302,
            rule: Some((1, "CallFrom ends 7 => 302")),
            took: Duration::from_micros(400),
        }
    }

    fn zone() -> TimeZone {
        exotel::time::zone(exotel::time::DEFAULT_ZONE).expect("a zone")
    }

    #[test]
    fn columns_are_aligned_and_what_is_too_long_does_not_push_the_others() {
        let long = "x".repeat(40);
        let parameters = pairs(&[("key", "s3cret"), ("digits", "\"1\""), ("CallTo", "08000000002"), ("a\x1b", &long)]);
        let text = text(&exchange(&received(), &parameters), Paint(false), &zone());
        let expected = format!(
            "#3  10:00:00.500  GET /route\n\
             \x20   key      s3cret\n\
             \x20   digits   \"1\"          the double quotes are part of the value: take them off to have 1\n\
             \x20   CallTo   08000000002  the number of yours that the call is of\n\
             \x20   a\\u{{1b}}  {long}\n\
             \x20 -> 302  by rule 1, CallFrom ends 7 => 302; after 0.4 ms; a Passthru takes its exit `else`\n\n"
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn what_is_odd_about_a_request_is_said() {
        let received = Received {
            method: "POST".to_owned(),
            headers: pairs(&[("content-type", "text/plain; charset=utf-8")]),
            body: Bytes(b"hi".to_vec()),
            ..received()
        };
        let odd = Exchange {
            again: Some(1),
            unread: Some("the body is text/plain, which has no parameters"),
            status: 200,
            rule: None,
            ..exchange(&received, &[])
        };
        let text = text(&odd, Paint(true), &zone());
        assert_eq!(
            text,
            "\x1b[1m#3  10:00:00.500  POST /route\x1b[0m  text/plain, 2 bytes\n    \
             \x1b[33mthe body is text/plain, which has no parameters\x1b[0m\n    \
             \x1b[33mthe same as #1, byte for byte: a report may come twice\x1b[0m\n  \
             \x1b[32m-> 200\x1b[0m  by no rule; after 0.4 ms; a Passthru takes its exit `200`\n\n"
        );
    }

    #[test]
    fn a_request_that_says_which_callout_it_is_is_explained_before_its_parameters() {
        let headers = pairs(&[("webhook-id", "6b_1"), ("callout-attempt", "1"), ("callout-seq", "1")]);
        let (received, parameters) = (Received { headers, ..received() }, pairs(&[("CallType", "x")]));
        let verdict = Verdict::Refused(signature::Refusal::UnknownVersion);
        let text = text(&Exchange { verdict, ..exchange(&received, &parameters) }, Paint(false), &zone());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[1..7],
            [
                "    webhook-id         6b_1             the callout: the same in every try of it; do nothing twice for the same",
                "    callout-attempt    1                the first try",
                "    callout-seq        1                which callout of its call it is, from 1",
                "    webhook-signature  unknown_version  it has no signature of version v1",
                "    CallType  x",
                "    the signature does not hold: do not believe such a request",
            ]
        );
    }

    #[test]
    fn a_line_of_json_has_all_of_it() {
        let parameters = pairs(&[("CallTo", "08000000002")]);
        let line = json(&exchange(&received(), &parameters));
        assert_eq!(
            line,
            "{\"number\":3,\"received\":\"2026-11-24T04:30:00.5Z\",\"method\":\"GET\",\"path\":\"/route\",\"callout\":null,\
             \"parameters\":[{\"name\":\"CallTo\",\"value\":\"08000000002\",\
             \"explanation\":\"the number of yours that the call is of\"}],\"unread\":null,\"same_as\":null,\
             \"status\":302,\"exit\":\"else\",\"rule\":{\"number\":1,\"text\":\"CallFrom ends 7 => 302\"},\"took_ms\":0.4}\n"
        );
    }
}
