//! Sends a text message.
//!
//! The text is a template, `text`, or comes from `url`: that is asked with a HEAD, then with a GET that has `CallSid`, `From`,
//! `To` and `digits` as its query, and the whole body of a 200 in `text/plain` is the message. It goes to the caller, or to
//! the number in `to`, by the gateway that the server's configuration names (`[sms]`). The flow goes on as soon as the
//! message is in safe keeping; it is sent, again if need be, beside the call. The caller hears nothing of it and is not
//! answered by it, and need not be there any more.
//!
//! | exit | when |
//! |---|---|
//! | `next` | always; a message that cannot be made is journalled and not sent |
//!
//! ```yaml
//! flow: thanks
//! start: write
//! nodes:
//!   write: { applet: sms, text: "Thank you for calling {{ call.to }}.", next: look-up }
//!   look-up: { applet: sms, url: "https://crm.example/text", next: bye }
//!   bye: { applet: hangup }
//! ```

use std::sync::Arc;

use exotel::passthru::Profile;
use exotel::{greeting, sms};
use flow::{Applet, Component, Cx, Event, Kind, Step, Template, Visit, WithoutCaller};
use model::{HttpAnswer, HttpOutcome, HttpRequest, Message};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::address::Address;
use crate::telling::Telling;

/// Digits of a number that takes messages: short codes, and the longest of E.164.
const DIGITS: std::ops::RangeInclusive<usize> = 3..=15;

pub(crate) fn kind(profile: Profile) -> Kind {
    let profile = Arc::new(profile);
    Kind::new("sms", include_str!("sms.rs"), move |settings: Settings, site| {
        let source = match (settings.text, settings.url) {
            (Some(text), None) => Source::Text(text),
            (None, Some(url)) => Source::Url(url.0, Arc::clone(&profile)),
            (None, None) => {
                site.refuse("text", "there is nothing to write", Some("give it `text: \"…\"` or `url: https://…`"));
                return None;
            }
            (Some(_), Some(_)) => {
                site.refuse("url", "a message has `text` or `url`, not both", Some("take one of them out"));
                return None;
            }
        };
        Some(Sms { source, to: settings.to, from: settings.from })
    })
}

/// Sends a text message.
#[derive(Deserialize, JsonSchema)]
struct Settings {
    /// What it says, a template: text with `{{ … }}` in it.
    #[serde(default)]
    text: Option<Template>,
    /// The URL that says what it says. Either this or `text`.
    #[serde(default)]
    url: Option<Address>,
    /// The number that it goes to, a template. The caller's if it is left out.
    #[serde(default)]
    to: Option<Template>,
    /// The number that it comes from, a template. The one that was called if it is left out.
    #[serde(default)]
    from: Option<Template>,
}

#[derive(Debug)]
struct Sms {
    source: Source,
    to: Option<Template>,
    from: Option<Template>,
}

#[derive(Debug)]
enum Source {
    Text(Template),
    Url(String, Arc<Profile>),
}

/// A message but for its text.
#[derive(Clone, Debug)]
struct Envelope {
    to: String,
    from: String,
}

impl Sms {
    fn envelope(&self, cx: &Cx<'_>) -> Result<Envelope, String> {
        let number = |template: &Option<Template>, otherwise: &str| match template {
            Some(template) => number(&template.render(&cx.scope())?),
            None => number(otherwise),
        };
        Ok(Envelope { to: number(&self.to, &cx.facts().from)?, from: number(&self.from, &cx.facts().to)? })
    }
}

/// A number without the signs that people put into it.
fn number(text: &str) -> Result<String, String> {
    let bare: String = text.chars().filter(|c| !" -()".contains(*c)).collect();
    let digits = bare.strip_prefix('+').unwrap_or(&bare);
    if DIGITS.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) {
        Ok(bare)
    } else {
        Err(format!("`{}` is no number that takes messages", text.escape_debug()))
    }
}

impl Envelope {
    fn send(self, text: Result<String, String>, cx: &mut Cx<'_>) -> Step {
        match text {
            Ok(body) => {
                let message = Message::Sms { to: self.to, from: self.from, body };
                Telling::begin("a message", message.request(), cx)
            }
            Err(why) => unsent(&why, cx),
        }
    }
}

fn unsent(why: &str, cx: &mut Cx<'_>) -> Step {
    cx.fault(format!("no message is sent: {why}"));
    Step::exit("next")
}

impl Applet for Sms {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        let envelope = match self.envelope(cx) {
            Ok(envelope) => envelope,
            Err(why) => return unsent(&why, cx),
        };
        match &self.source {
            Source::Text(text) => {
                let text = text.render(&cx.scope()).and_then(|text| sms::fit(&text));
                envelope.send(text, cx)
            }
            Source::Url(url, profile) => {
                let get = sms::request(url, cx.facts(), profile);
                let callout = cx.callout(greeting::head(&get));
                Step::wait(Asking { envelope, callout, get: Some(get) })
            }
        }
    }

    /// A message is in safe keeping at once: a loop of them would run as fast as it can.
    fn urls(&self) -> Vec<&str> {
        match &self.source {
            Source::Url(url, _) => vec![url],
            Source::Text(_) => Vec::new(),
        }
    }

    fn waits(&self) -> bool {
        false
    }

    fn without_caller(&self) -> WithoutCaller {
        WithoutCaller::Works
    }
}

/// Asks for the text: the HEAD first, while the GET is still to be made.
#[derive(Debug)]
struct Asking {
    envelope: Envelope,
    callout: Component,
    get: Option<HttpRequest>,
}

impl Visit for Asking {
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step {
        let Event::CalloutEnded { id, outcome } = event else { return Step::Stay };
        if *id != self.callout {
            return Step::Stay;
        }
        let Some(get) = self.get.take() else { return self.envelope.clone().send(said(outcome, sms::read), cx) };
        match said(outcome, greeting::check) {
            Ok(()) => {
                self.callout = cx.callout(get);
                Step::Stay
            }
            Err(why) => unsent(&why, cx),
        }
    }

    fn on_caller_gone(&mut self, _: &mut Cx<'_>) -> Step {
        Step::Stay
    }
}

fn said<T>(outcome: &HttpOutcome, read: impl Fn(&HttpAnswer) -> Result<T, String>) -> Result<T, String> {
    match outcome {
        HttpOutcome::Answered(answer) => read(answer).map_err(|why| format!("the URL's answer is no text: {why}")),
        HttpOutcome::Failed(failure) => Err(format!("the URL did not answer: {failure}")),
    }
}

#[cfg(test)]
mod tests {
    use model::HttpFailure;

    use crate::tests::{node, problems};

    #[test]
    fn a_text_goes_to_the_caller_and_the_flow_goes_on_when_it_is_kept() {
        let mut call = node("applet: sms, text: 'You called {{ call.to }}', next: end");
        let lines = call.start();
        let uri = "sms:+919900000001?from=%2B918011112222&body=You%20called%20%2B918011112222";
        assert_eq!(lines[1..], ["at it".to_owned(), format!("tell 1 {uri}")], "nobody is answered");
        assert_eq!(call.committed(1, None)[0], "left by next");
    }

    #[test]
    fn a_message_that_cannot_be_kept_is_a_fault() {
        let mut call = node("applet: sms, text: x, to: '080-1234 5678', from: '56161', next: end");
        assert_eq!(call.start()[2], "tell 1 sms:08012345678?from=56161&body=x");
        let lines = ["fault: a message is lost, the outbox could not take it: disk full", "left by next"];
        assert_eq!(call.committed(1, Some("disk full"))[..2], lines);
    }

    #[test]
    fn a_url_is_asked_by_head_then_by_get() {
        let mut call = node("applet: sms, url: 'http://crm.example/t?k=1', next: end");
        let url = "http://crm.example/t?k=1&CallSid=0123456789abcdef0123456789abcdef&From=09900000001&To=08011112222";
        assert_eq!(call.start()[2], format!("ask 1 HEAD {url} within 5s"));
        assert_eq!(call.answered(1, 200, ""), [format!("ask 2 {url} within 5s")]);
        let sent = "tell 3 sms:+919900000001?from=%2B918011112222&body=Thank%20you.";
        assert_eq!(call.answered(2, 200, "Thank you."), [sent]);
        assert_eq!(call.hangs_up(), [""; 0], "it is sent all the same");
        assert_eq!(call.committed(3, None)[0], "left by next");
    }

    #[test]
    fn what_cannot_be_sent_is_a_fault_and_the_flow_goes_on() {
        let rows = [
            ("text: ' '", "it says nothing"),
            ("text: '{{ 1 / 0 }}'", "unable to calculate 1 / 0"),
            ("text: x, to: '{{ vars.nobody }}'", "`` is no number that takes messages"),
            ("text: x, to: 'sip:a'", "`sip:a` is no number that takes messages"),
            ("text: x, to: '+12'", "`+12` is no number that takes messages"),
        ];
        for (fields, why) in rows {
            let lines = node(&format!("applet: sms, {fields}, next: end")).start();
            assert!(lines[2].starts_with("fault: no message is sent: ") && lines[2].contains(why), "{}", lines[2]);
            assert_eq!(lines[3], "left by next");
        }
        let url = || {
            let mut call = node("applet: sms, url: 'http://crm.example/t', next: end");
            call.start();
            call
        };
        let why = "fault: no message is sent: the URL did not answer: no answer in time";
        assert_eq!(url().failed(1, HttpFailure::Timeout)[..2], [why, "left by next"]);
        assert!(url().answered(1, 404, "")[0].starts_with("fault: no message is sent: the URL's answer is no text: "));
        let mut call = url();
        call.answered(1, 200, "");
        let why = "fault: no message is sent: the URL's answer is no text: it says nothing";
        assert_eq!(call.answered(2, 200, "\n")[..2], [why, "left by next"]);
    }

    #[test]
    fn settings_are_checked() {
        let rows = [
            ("", "there is nothing to write"),
            (", text: x, url: 'http://a.example'", "a message has `text` or `url`, not both"),
            (", text: '{{ call.frm }}'", "there is no `call.frm`"),
        ];
        for (fields, problem) in rows {
            assert_eq!(problems(&format!("applet: sms{fields}, next: end")), [problem], "{fields}");
        }
    }
}
