//! What to gather is asked of a URL, and of another if that one fails (`exotel.md` 2.3, 2.6).
//!
//! ```text
//! Asking ─ answered ─► Gathering
//!    └─ no answer that can be used, both URLs ─► failed, or none if that is not wired
//! ```

use std::fmt;
use std::sync::Arc;

use exotel::gather::{self, Question};
use exotel::passthru::Profile;
use flow::{Component, Cx, Event, Step, Visit};
use model::{HttpOutcome, without_userinfo};

use super::{Gathering, leave};
use crate::collect::{Collect, Prompts};
use crate::prompt::spoken;

/// Who says what to gather.
#[derive(Debug)]
pub(super) struct Source {
    /// The first, and the one that is asked when that fails.
    pub(super) urls: Vec<String>,
    /// The exit for when no URL says what to gather.
    pub(super) failed: &'static str,
    pub(super) profile: Arc<Profile>,
}

/// Waits for a URL's answer.
struct Asking {
    source: Arc<Source>,
    /// Which URL is asked now.
    url: usize,
    callout: Component,
}

impl fmt::Debug for Asking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Asking {}", self.source.urls.get(self.url).map_or_else(String::new, |url| without_userinfo(url)))
    }
}

impl Source {
    /// Asks the first URL.
    pub(super) fn ask(self: &Arc<Self>, cx: &mut Cx<'_>) -> Step {
        match self.callout(0, cx) {
            Some(callout) => Step::wait(Asking { source: Arc::clone(self), url: 0, callout }),
            None => self.fail(cx),
        }
    }

    fn callout(&self, url: usize, cx: &mut Cx<'_>) -> Option<Component> {
        let request = gather::request(self.urls.get(url)?, cx.facts(), &self.profile, cx.now().wall);
        Some(cx.callout(request))
    }

    fn fail(&self, cx: &mut Cx<'_>) -> Step {
        cx.gathered("");
        Step::exit(self.failed)
    }
}

impl Visit for Asking {
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step {
        let Event::CalloutEnded { id, outcome } = event else { return Step::Stay };
        if *id != self.callout {
            return Step::Stay;
        }
        let why = match outcome {
            HttpOutcome::Answered(answer) => match gather::read(answer) {
                Ok(question) => return gather_as_told(question, cx),
                Err(why) => why,
            },
            HttpOutcome::Failed(failure) => failure.to_string(),
        };
        let url = without_userinfo(&self.source.urls[self.url]);
        cx.fault(format!("{url} does not say what to gather: {why}"));
        self.url += 1;
        match self.source.callout(self.url, cx) {
            Some(callout) => {
                self.callout = callout;
                Step::Stay
            }
            None => self.source.fail(cx),
        }
    }
}

fn gather_as_told(question: Question, cx: &mut Cx<'_>) -> Step {
    let prompts = Prompts { first: vec![spoken(question.prompt)], again: vec![spoken(question.again)] };
    let collect = Collect {
        timeout: question.timeout,
        finish_key: question.finish_key,
        max_digits: question.max_digits,
        repeat: question.repeat,
    };
    match collect.begin(prompts, cx) {
        Ok(collecting) => Step::wait(Gathering(collecting)),
        Err(collected) => leave(collected, cx),
    }
}

#[cfg(test)]
mod tests {
    use flow::ledger::Ledger;
    use model::HttpFailure;

    use crate::tests::{node, problems};

    fn asking(fields: &str) -> Ledger {
        let mut call = node(&format!("applet: gather, url: 'http://crm.example/ask?key=1', {fields} none: end }}"));
        let lines = call.start();
        assert!(lines[2].starts_with("ask 1 http://crm.example/ask?key=1&CallSid="), "{}", lines[2]);
        assert!(lines[2].ends_with(" within 5s"), "{}", lines[2]);
        call
    }

    const EXITS: &str = "on: { digits: end,";
    const NUMBER: &str = r#"{"gather_prompt":{"text":"Number"}}"#;

    #[test]
    fn the_answer_says_what_is_heard_and_how_keys_are_taken() {
        let mut call = asking(EXITS);
        let body = r#"{"gather_prompt":{"audio_url":"http://a.example/1.wav"},"max_input_digits":3,"finish_on_key":"",
            "input_timeout":8,"repeat_menu":1,"repeat_gather_prompt":{"text":"Again"}}"#;
        assert_eq!(call.json(1, 200, body), ["answer", "play 2 http://a.example/1.wav"]);
        assert_eq!(call.played(2), ["timer 3 8s"]);
        assert_eq!(call.fired(3), ["play 4 \"Again\""]);
        assert_eq!(
            call.press("4#5")[4..],
            ["stop 6", "digits \"4#5\"", "left by digits", "at end", "hang up NORMAL_CLEARING (16)"]
        );
    }

    #[test]
    fn keys_pressed_while_the_url_is_asked_are_taken() {
        let mut call = asking(EXITS);
        assert_eq!(call.press("42"), [""; 0]);
        assert_eq!(call.json(1, 200, NUMBER), ["answer", "timer 2 5s"]);
        assert_eq!(call.press("#")[1..3], ["digits \"42\"", "left by digits"]);
    }

    #[test]
    fn the_other_url_is_asked_when_the_first_fails() {
        let mut call = asking(&format!("fallback_url: 'http://u:p@other.example/', {EXITS}"));
        let lines = call.failed(1, HttpFailure::Timeout);
        assert_eq!(lines[0], "fault: http://crm.example/ask?key=1 does not say what to gather: no answer in time");
        assert!(lines[1].starts_with("ask 2 http://u:p@other.example/?CallSid="), "{}", lines[1]);
        assert_eq!(call.json(2, 200, NUMBER), ["answer", "play 3 \"Number\""]);
    }

    #[test]
    fn when_both_fail_the_flow_goes_on_without_digits() {
        let both = format!("fallback_url: 'http://u:p@other.example/', {EXITS}");
        let rows = [(EXITS.to_owned(), "none"), (both.clone(), "none"), (format!("{both} failed: end,"), "failed")];
        for (fields, exit) in rows {
            let mut call = asking(&fields);
            let mut lines = call.answered(1, 200, "Number");
            assert_eq!(
                lines[0],
                "fault: http://crm.example/ask?key=1 does not say what to gather: its Content-Type is text/plain, not application/json"
            );
            if fields.contains("fallback") {
                lines = call.json(2, 404, NUMBER);
                let why = "its status is 404, not 200";
                assert_eq!(lines[0], format!("fault: http://other.example/ does not say what to gather: {why}"));
            }
            assert_eq!(lines[1..3], ["digits \"\"".to_owned(), format!("left by {exit}")]);
        }
    }

    #[test]
    fn settings_are_checked() {
        let rows = [
            ("url: 'http://x.example/', say: Number", "a node has `url` or a prompt of its own, not both"),
            ("fallback_url: 'http://x.example/'", "there is no `url` that could fail"),
            ("url: ftp://x.example/", "`ftp:` cannot be asked, only http and https can"),
            ("url: 'http://x.example/', max_digits: 4", "the URL says that, not the node"),
            ("url: 'http://x.example/', repeat: 2, timeout: 6s", "the URL says that, not the node"),
        ];
        for (fields, problem) in rows {
            let found = problems(&format!("applet: gather, {fields}, on: {{ digits: end, none: end }}"));
            assert_eq!(found.first().map(String::as_str), Some(problem), "{fields}");
        }
        assert_eq!(
            problems("applet: gather, on: { digits: end, none: end, failed: end }"),
            ["there is no exit `failed`"]
        );
    }
}
