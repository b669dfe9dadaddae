//! Numbers that callers dialled and no flow answers: kept so that the console can say why such a call never came, and what to write.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use api::{Advice, Weight};
use jiff::{SignedDuration, Timestamp};
use switch::Unrouted;

/// Numbers that are kept; of more, those that were called the longest ago go.
const KEPT: usize = 8;

/// For how long after the last such call there is something to be said.
const SAID: SignedDuration = SignedDuration::from_hours(24);

/// The last numbers that nobody answers.
#[derive(Default)]
pub(crate) struct Numbers(Mutex<VecDeque<Row>>);

struct Row {
    last: Unrouted,
    at: Timestamp,
    calls: u64,
}

impl Numbers {
    /// A caller was refused.
    pub(crate) fn note(&self, caller: Unrouted, now: Timestamp) {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = rows.iter().position(|row| row.last.to == caller.to).and_then(|place| rows.remove(place));
        if known.is_none() {
            let Unrouted { from, to, peer } = &caller;
            tracing::warn!(%from, %to, %peer, "a call is refused with 404: no flow answers that number");
        }
        rows.push_back(Row { last: caller, at: now, calls: known.map_or(0, |row| row.calls) + 1 });
        if rows.len() > KEPT {
            rows.pop_front();
        }
    }

    /// What is to be said of them, the last first; `flow` is one that could answer.
    pub(crate) fn advice(&self, flow: Option<&str>, now: Timestamp) -> Vec<Advice> {
        let rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = rows.iter().rev().filter(|row| now.duration_since(row.at) < SAID);
        lately.map(|row| row.advice(flow.unwrap_or("front-desk"))).collect()
    }
}

impl Row {
    fn advice(&self, flow: &str) -> Advice {
        let Unrouted { from, to, peer } = &self.last;
        let calls = if self.calls == 1 { "A call".to_owned() } else { format!("{} calls", self.calls) };
        Advice {
            weight: Weight::Warning,
            about: "number".into(),
            text: format!(
                "{calls} to {to} came to nothing, the last from {from} by {peer} at {:.0}: no flow answers that number, so it \
                 was refused with 404. Write it into the configuration with the flow that is to answer, and restart.",
                self.at
            ),
            line: Some(format!("[[number]]\nnumber = {}\nflow = {}", quoted(to), quoted(flow))),
        }
    }
}

/// As TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(from: &str, to: &str) -> Unrouted {
        Unrouted { from: from.into(), to: to.into(), peer: [192, 0, 2, 7].into() }
    }

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + minute * 60).expect("a time")
    }

    #[test]
    fn each_number_is_told_of_once_with_its_last_call_and_the_lines_to_write() {
        let numbers = Numbers::default();
        numbers.note(caller("+919900000001", "+918044444444"), at(0));
        numbers.note(caller("+919900000002", "reception"), at(1));
        numbers.note(caller("+919900000003", "+918044444444"), at(2));
        let advice = numbers.advice(Some("desk"), at(3));
        let said: Vec<_> = advice.iter().map(|advice| advice.text.split(':').next().unwrap_or_default()).collect();
        assert_eq!(
            said,
            [
                "2 calls to +918044444444 came to nothing, the last from +919900000003 by 192.0.2.7 at 2023-11-14T22",
                "A call to reception came to nothing, the last from +919900000002 by 192.0.2.7 at 2023-11-14T22",
            ]
        );
        assert_eq!(advice[0].line.as_deref(), Some("[[number]]\nnumber = \"+918044444444\"\nflow = \"desk\""));
    }

    #[test]
    fn there_are_few_and_what_is_long_ago_is_not_told() {
        let numbers = Numbers::default();
        for number in 0..=i64::try_from(KEPT).expect("few") {
            numbers.note(caller("+919900000001", &format!("{number}")), at(number));
        }
        assert_eq!(numbers.advice(None, at(10)).len(), KEPT);
        assert_eq!(numbers.advice(None, at(24 * 60 + 7)).len(), 1, "only the last one is of this day");
    }

    #[test]
    fn whatever_is_dialled_the_lines_are_toml() {
        for dialled in ["a\"b", "\\", "x\ny", "'''", "=cmd", "é"] {
            let numbers = Numbers::default();
            numbers.note(caller("", dialled), at(0));
            let line = numbers.advice(Some("desk"), at(0)).remove(0).line.expect("lines");
            let read: toml::Table = line.parse().unwrap_or_else(|error| panic!("{line}: {error}"));
            assert_eq!(read["number"][0]["number"].as_str(), Some(dialled), "{line}");
        }
    }
}
