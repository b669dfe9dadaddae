//! What `passthru check` found, for people and for programs.

use std::time::Duration;

use exotel::scenario::Scenario;
use serde_json::{Value, json};

use super::finding::{self, Finding, Severity};
use super::request::{Form, Method, Seal, Words};
use super::trial::Trial;
use crate::terminal::{Colour, Paint, lasted, milliseconds, plain};

/// Columns of an exit, an answer and a time.
const EXIT: usize = 4;
const ANSWER: usize = 9;
const TIME: usize = 8;

/// Characters of a finding that are shown: it may hold words of the peer.
const LONGEST: usize = 1_000;

/// Columns of a line of text.
const LINE: usize = 110;

/// A finding, and where it was made.
pub(crate) struct Grouped {
    pub(crate) finding: Finding,
    pub(crate) scenarios: Vec<&'static str>,
}

/// All findings, the worst first, each once.
pub(crate) fn group(trials: &[Trial]) -> Vec<Grouped> {
    let mut groups: Vec<Grouped> = Vec::new();
    for trial in trials {
        for finding in finding::of(trial) {
            match groups.iter_mut().find(|group| group.finding == finding) {
                Some(group) => group.scenarios.push(trial.scenario.name),
                None => groups.push(Grouped { finding, scenarios: vec![trial.scenario.name] }),
            }
        }
    }
    groups.sort_by_key(|group| group.finding.severity);
    groups
}

/// What is sent, in a line.
pub(crate) fn sent(form: &Form) -> String {
    let method = match form.method {
        Method::Get => "GET",
        Method::Post => "POST of a form",
        Method::Json => "POST of JSON",
    };
    let words = profile(form.words);
    let seal = match form.seal {
        Seal::None => "not signed: there are no [callout] secrets, and no --secret".to_owned(),
        Seal::Named => "named by webhook-id and not signed: there are no [callout] secrets, and no --secret".to_owned(),
        Seal::Signed(1, place) => format!("signed with the secret of {place}"),
        Seal::Signed(count, place) => format!("signed with the {count} secrets of {place}"),
    };
    format!("sent: {method}, {words} profile, {seal}")
}

fn profile(words: Words) -> &'static str {
    match words {
        Words::Classic => "classic",
        Words::Extended => "extended",
    }
}

/// The heads of the columns.
pub(crate) fn head(width: usize, paint: Paint) -> String {
    let name = "scenario";
    let times = ["total", "name", "connect", "TLS", "answer"].map(|time| format!("  {time:>TIME$}")).concat();
    paint.text(Colour::Faint, &format!("{name:<width$}  {:<EXIT$}  {:<ANSWER$}{times}", "exit", "answer"))
}

/// The line of a scenario.
pub(crate) fn row(trial: &Trial, width: usize, paint: Paint) -> String {
    let times = trial.times();
    let parts = [Some(times.total), times.name, times.connect, times.tls, times.answer];
    let shown = |time: Option<Duration>| format!("  {:>TIME$}", time.map_or_else(|| "-".to_owned(), lasted));
    let answer = trial.status().map_or_else(|| "none".to_owned(), |status| status.to_string());
    let worst = finding::of(trial).iter().map(|finding| finding.severity).min();
    let answer = paint.text(worst.map_or(Colour::Green, colour), &format!("{answer:<ANSWER$}"));
    let times = parts.map(shown).concat();
    format!("{:<width$}  {:<EXIT$}  {answer}{times}", trial.scenario.name, trial.exit())
}

fn colour(severity: Severity) -> Colour {
    match severity {
        Severity::Error => Colour::Red,
        Severity::Warning => Colour::Yellow,
        Severity::Note => Colour::Faint,
    }
}

/// What was found, and the sum of it.
pub(crate) fn text(trials: &[Trial], left_out: usize, paint: Paint) -> String {
    let groups = group(trials);
    let mut text = String::new();
    for Grouped { finding, scenarios } in &groups {
        let name = finding.severity.name();
        let where_ = match scenarios.len() {
            count if count == trials.len() && count > 1 => "every scenario".to_owned(),
            _ => scenarios.join(", "),
        };
        text += &format!("\n{}  {}\n", paint.text(colour(finding.severity), &format!("{name:<7}")), wrapped(&where_));
        text += &format!("         {}\n", wrapped(&plain(&finding.text, LONGEST)));
        text += &format!("         {}\n", paint.text(Colour::Faint, &wrapped(&finding.advice)));
    }
    let count = |severity| groups.iter().filter(|group| group.finding.severity == severity).count();
    let found = match (count(Severity::Error), count(Severity::Warning)) {
        (0, 0) => "nothing is wrong".to_owned(),
        (errors, warnings) => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    };
    let taken = trials.iter().filter(|trial| trial.exit() == "200").count();
    let rest = if left_out > 0 { format!(", {left_out} not tried") } else { String::new() };
    format!("{text}\n{taken} take `200`, {} take `else`{rest}: {found}\n", trials.len() - taken)
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Text in lines, each but the first under the column where findings begin.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always one");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > LINE - 9 {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n         ")
}

/// All of it as one document.
pub(crate) fn json((url, form): (&str, &Form), trials: &[Trial], left_out: usize) -> Value {
    let groups = group(trials).into_iter().map(|Grouped { finding, scenarios }| {
        json!({
            "severity": finding.severity.name(),
            "kind": finding.kind,
            "scenarios": scenarios,
            "text": finding.text,
            "advice": finding.advice,
        })
    });
    json!({
        "url": url,
        "profile": profile(form.words),
        "identified": form.seal != Seal::None,
        "signed": matches!(form.seal, Seal::Signed(..)),
        "scenarios": trials.iter().map(scenario).collect::<Vec<_>>(),
        "not_tried": left_out,
        "findings": groups.collect::<Vec<_>>(),
    })
}

fn scenario(trial: &Trial) -> Value {
    let times = trial.times();
    let part = |time: Option<Duration>| time.map(milliseconds);
    json!({
        "name": trial.scenario.name,
        "method": trial.request.method,
        "asked": model::without_userinfo(&trial.request.url),
        "body": (!trial.request.body.is_empty()).then(|| String::from_utf8_lossy(&trial.request.body)),
        "exit": trial.exit(),
        "status": trial.status(),
        "failure": trial.first.result.as_ref().err().map(ToString::to_string),
        "milliseconds": {
            "total": milliseconds(times.total),
            "name": part(times.name),
            "connect": part(times.connect),
            "tls": part(times.tls),
            "answer": part(times.answer),
        },
    })
}

/// The names of scenarios and what has happened in them.
pub(crate) fn list(scenarios: &[Scenario]) -> String {
    let width = widest(scenarios.iter());
    scenarios.iter().map(|scenario| format!("{:<width$}  {}\n", scenario.name, scenario.about)).collect()
}

/// Columns of the widest name.
pub(crate) fn widest<'a>(scenarios: impl Iterator<Item = &'a Scenario>) -> usize {
    scenarios.map(|scenario| scenario.name.len()).max().unwrap_or_default().max("scenario".len())
}

#[cfg(test)]
mod tests {
    use exotel::scenario::ALL;
    use model::HttpRequest;

    use super::*;
    use crate::fetch::{Probe, Seen, Times};

    const FORM: Form = Form { method: Method::Get, words: Words::Classic, seal: Seal::None };

    fn trial(index: usize, status: u16, total: u64) -> Trial {
        let milliseconds = |time| Some(Duration::from_millis(time));
        let times = Times { connect: milliseconds(1), answer: milliseconds(total - 1), ..Times::default() };
        let times = Times { total: Duration::from_millis(total), ..times };
        let result = Ok(Seen { status, whole: true, ..Seen::default() });
        let (request, first) =
            (HttpRequest::get("http://u:p@h/?a=1", Duration::ZERO), Probe { times, result, tls: None });
        Trial { scenario: &ALL[index], request, signed: false, first, again: None, misread: Vec::new() }
    }

    #[test]
    fn columns_are_aligned() {
        let rows = [
            head(14, Paint(false)),
            row(&trial(0, 200, 12), 14, Paint(false)),
            row(&trial(1, 500, 2_500), 14, Paint(false)),
        ];
        assert_eq!(
            rows.join("\n"),
            "scenario        exit  answer        total      name   connect       TLS    answer\n\
             before-answer   200   200           12 ms         -    1.0 ms         -     11 ms\n\
             after-greeting  else  500          2.50 s         -    1.0 ms         -    2.50 s"
        );
    }

    #[test]
    fn a_finding_is_told_once_with_all_its_scenarios_and_the_worst_comes_first() {
        let trials = [trial(0, 200, 3_000), trial(2, 500, 10), trial(3, 500, 10)];
        let text = text(&trials, 9, Paint(false));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "error    after-gather, after-ivr");
        assert_eq!(lines[2], "         It answers 500: it fails over the request.");
        assert!(lines.contains(&"warning  before-answer"), "{text}");
        assert!(text.ends_with("\n\n1 take `200`, 2 take `else`, 9 not tried: 1 error, 1 warning\n"), "{text}");
        assert!(lines.iter().all(|line| line.chars().count() <= LINE), "{text}");
    }

    #[test]
    fn what_all_have_is_said_of_every_scenario_and_nothing_is_said_of_nothing() {
        let all = text(&[trial(0, 204, 10), trial(1, 204, 10)], 0, Paint(false));
        assert!(all.starts_with("\nerror    every scenario\n"), "{all}");
        let none = text(&[trial(0, 200, 10), trial(1, 302, 10)], 0, Paint(false));
        assert_eq!(none, "\n1 take `200`, 1 take `else`: nothing is wrong\n");
    }

    #[test]
    fn a_program_reads_the_same() {
        let told = json(("http://h/", &FORM), &[trial(0, 204, 10)], 11);
        assert_eq!(told["scenarios"][0]["asked"], "http://h/?a=1");
        assert_eq!((&told["scenarios"][0]["exit"], &told["scenarios"][0]["status"]), (&json!("else"), &json!(204)));
        assert_eq!(told["scenarios"][0]["milliseconds"]["answer"], json!(9.0));
        assert_eq!((&told["findings"][0]["kind"], &told["not_tried"]), (&json!("not-200"), &json!(11)));
        assert_eq!(
            (&told["signed"], &told["identified"], &told["profile"]),
            (&json!(false), &json!(false), &json!("classic"))
        );
    }

    #[test]
    fn what_is_sent_is_said() {
        let rows = [
            (FORM, "sent: GET, classic profile, not signed: there are no [callout] secrets, and no --secret"),
            (
                Form { method: Method::Post, seal: Seal::Named, ..FORM },
                "sent: POST of a form, classic profile, named by webhook-id and not signed: there are no [callout] secrets, and no --secret",
            ),
            (
                Form { method: Method::Json, words: Words::Extended, seal: Seal::Signed(1, "--secret") },
                "sent: POST of JSON, extended profile, signed with the secret of --secret",
            ),
            (
                Form { seal: Seal::Signed(2, "[callout] secrets"), ..FORM },
                "sent: GET, classic profile, signed with the 2 secrets of [callout] secrets",
            ),
        ];
        for (form, text) in rows {
            assert_eq!(sent(&form), text);
        }
    }
}
