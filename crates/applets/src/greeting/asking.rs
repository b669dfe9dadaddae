//! What is heard is asked of a URL (`exotel.md` 2.3, 2.4).
//!
//! ```text
//! Asking (HEAD) ─ 200 ─► Asking (GET) ─ a text, or sound files ─► Playing
//!       └─────────────────────┴─ anything else ─► failed, or next if that is not wired
//! ```

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use exotel::greeting;
use exotel::passthru::Profile;
use flow::{Component, Cx, Event, Step, Visit};
use model::{HttpAnswer, HttpOutcome, HttpRequest, without_userinfo};

use super::play;
use crate::prompt::spoken;

/// Who says what is heard.
pub(super) struct Source {
    pub(super) url: String,
    /// How long each answer may take.
    pub(super) budget: Duration,
    /// The exit for when nothing can be heard.
    pub(super) failed: &'static str,
    pub(super) profile: Arc<Profile>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} within {:?}", without_userinfo(&self.url), self.budget)
    }
}

impl Source {
    /// Asks by HEAD.
    pub(super) fn ask(self: &Arc<Self>, interrupt: bool, cx: &mut Cx<'_>) -> Step {
        let request = greeting::request(&self.url, cx.facts(), &self.profile);
        let request = HttpRequest { budget: self.budget, ..request };
        let callout = cx.callout(greeting::head(&request));
        Step::wait(Asking { source: Arc::clone(self), interrupt, callout, request: Some(request) })
    }
}

/// Waits for the URL's answer.
struct Asking {
    source: Arc<Source>,
    interrupt: bool,
    callout: Component,
    /// What is asked when HEAD is answered.
    request: Option<HttpRequest>,
}

impl fmt::Debug for Asking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = if self.request.is_some() { "HEAD" } else { "GET" };
        write!(f, "Asking {method} {:?}", self.source)
    }
}

impl Asking {
    /// Takes an answer one step further, or says why it cannot be used.
    fn follow(&mut self, answer: &HttpAnswer, cx: &mut Cx<'_>) -> Result<Step, String> {
        if let Some(request) = self.request.take() {
            greeting::check(answer)?;
            self.callout = cx.callout(request);
            return Ok(Step::Stay);
        }
        let audio = greeting::read(answer)?.into_iter().map(spoken).collect();
        Ok(play(audio, self.interrupt, self.source.failed, cx))
    }
}

impl Visit for Asking {
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step {
        let step = match event {
            Event::CalloutEnded { id, outcome } if *id == self.callout => match outcome {
                HttpOutcome::Answered(answer) => self.follow(answer, cx),
                HttpOutcome::Failed(failure) => Err(failure.to_string()),
            },
            Event::Digit { .. } if self.interrupt => Ok(Step::exit("next")),
            _ => Ok(Step::Stay),
        };
        step.unwrap_or_else(|why| {
            let url = without_userinfo(&self.source.url);
            cx.fault(format!("{url} does not say what is to be heard: {why}"));
            Step::exit(self.source.failed)
        })
    }
}

#[cfg(test)]
mod tests {
    use flow::ledger::Ledger;
    use flow::{Component, Event};
    use model::HttpFailure;

    use crate::tests::{node, problems};

    fn asking(fields: &str) -> Ledger {
        let mut call = node(&format!("applet: greeting, url: 'http://u:p@crm.example/hi?key=1', {fields}next: end"));
        let lines = call.start();
        assert!(lines[2].starts_with("ask 1 HEAD http://u:p@crm.example/hi?key=1&CallSid="), "{}", lines[2]);
        call
    }

    /// The same when HEAD is answered.
    fn asked(fields: &str) -> Ledger {
        let mut call = asking(fields);
        let lines = call.answered(1, 200, "");
        assert!(lines[0].starts_with("ask 2 http://u:p@crm.example/hi?key=1&CallSid="), "{}", lines[0]);
        let parameters = ["&From=09900000001&", "&To=08011112222&", "&DialWhomNumber="];
        assert!(parameters.iter().all(|parameter| lines[0].contains(parameter)), "{}", lines[0]);
        assert!(lines[0].ends_with(" within 5s") || fields.contains("timeout"), "{}", lines[0]);
        call
    }

    #[test]
    fn a_text_is_spoken_and_files_are_played() {
        let mut call = asked("");
        assert_eq!(call.answered(2, 200, "Hello, Asha."), ["answer", "play 3 \"Hello, Asha.\""]);
        assert_eq!(call.played(3)[0], "left by next");
        let mut call = asked("timeout: 2s, ");
        let files = "http://a.example/1.wav\nhttp://a.example/2.wav";
        assert_eq!(call.answered(2, 200, files)[1], "play 3 http://a.example/1.wav http://a.example/2.wav");
    }

    #[test]
    fn what_cannot_be_heard_is_told_and_the_flow_goes_on() {
        let fault = "fault: http://crm.example/hi?key=1 does not say what is to be heard:";
        for (fields, exit) in [("", "left by next"), ("on: { failed: end }, ", "left by failed")] {
            let lines = asking(fields).answered(1, 405, "");
            assert_eq!(lines[..2], [format!("{fault} its status is 405, not 200"), exit.to_owned()]);
            let lines = asking(fields).failed(1, HttpFailure::Timeout);
            assert_eq!(lines[..2], [format!("{fault} no answer in time"), exit.to_owned()]);
            let lines = asked(fields).json(2, 200, "{}");
            let why = "its Content-Type is application/json, not text/plain";
            assert_eq!(lines[..2], [format!("{fault} {why}"), exit.to_owned()]);
            let mut call = asked(fields);
            call.answered(2, 200, "http://a.example/1.wav");
            let lines = call.event(Event::PlayEnded { id: Component(3), finished: false });
            assert_eq!(lines[0], exit, "no file could be had");
        }
    }

    #[test]
    fn a_key_interrupts_the_asking() {
        assert_eq!(asking("").press("1"), [""; 0]);
        assert_eq!(asking("interrupt: true, ").press("1")[..2], ["stop 1", "left by next"]);
        assert_eq!(asking("").hangs_up()[0], "stop 1");
    }

    #[test]
    fn settings_are_checked() {
        let rows = [
            ("url: 'http://x.example/', say: Hi", "a node has `url` or words of its own, not both"),
            ("say: Hi, timeout: 2s", "there is no `url` that could be late"),
            ("url: 'x.wav'", "not a URL: relative URL without a base"),
            ("say: Hi, on: { failed: end }", "there is no exit `failed`"),
        ];
        for (fields, problem) in rows {
            assert_eq!(problems(&format!("applet: greeting, {fields}, next: end")), [problem], "{fields}");
        }
    }
}
