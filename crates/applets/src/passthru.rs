//! Asks your URL, and its answer picks the way; or tells it, without waiting.
//!
//! The URL gets a GET with what is known of the call as its query. A status of 200 takes exit `200`; anything else, a
//! redirect, a refusal or no answer within `timeout` included, takes `else`. The body of a 200 is kept for the nodes
//! after it: `switch_case`, `set` and `branch` read it. The caller hears silence, or rings on if not answered yet;
//! with `filler`, an answered caller hears that while the answer is long in coming.
//!
//! With `async: true` the flow goes on as soon as the report is in safe keeping; it is sent, again if need be, beside
//! the call. After a `connect` both kinds are made also when the caller has hung up; a caller who hangs up while the
//! URL is asked ends the asking.
//!
//! | exit | when |
//! |---|---|
//! | `200` | the URL answered 200 |
//! | `else` | anything else |
//! | `next` | instead of both, with `async: true` |
//!
//! ```yaml
//! flow: who-is-it
//! start: ask
//! nodes:
//!   ask:
//!     applet: passthru
//!     url: "https://crm.example/route?key=s3cret"
//!     filler: { after: 2s, say: "One moment, please." }
//!     on: { 200: known, else: unknown }
//!   known: { applet: greeting, say: "Welcome back.", next: report }
//!   unknown: { applet: greeting, say: "Welcome.", next: report }
//!   report: { applet: passthru, url: "https://crm.example/calls", async: true, next: bye }
//!   bye: { applet: hangup }
//! ```

use std::sync::Arc;
use std::time::Duration;

use exotel::passthru::Profile;
use flow::{Applet, Audio, Component, Cx, Event, Exits, Kind, Lapse, Several, Step, Visit, WithoutCaller};
use model::{HttpOutcome, HttpRequest};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::address::Address;
use crate::prompt::{Prompt, Sound, Text, prompt};
use crate::telling::Telling;

/// The one status that means yes (`exotel.md` 1.2).
const YES: u16 = 200;

pub(crate) fn kind(profile: Profile) -> Kind {
    let profile = Arc::new(profile);
    Kind::new("passthru", include_str!("passthru.rs"), move |settings: Settings, site| {
        let filler = settings.filler.map(|filler| {
            let audio = prompt(filler.say, filler.play, site);
            if audio.is_empty() {
                site.refuse("filler", "the filler has nothing to be heard", Some("give it `play: hold.wav`"));
            }
            Filler { after: filler.after.duration(), audio }
        });
        if settings.is_async && filler.is_some() {
            site.refuse("filler", "with `async: true` nobody waits, so there is nothing to fill", None);
        }
        let request =
            Request { url: settings.url.0, budget: settings.timeout.duration(), profile: Arc::clone(&profile) };
        Some(Passthru { request, is_async: settings.is_async, filler })
    })
}

/// Asks your URL, and its answer picks the way.
#[derive(Deserialize, JsonSchema)]
struct Settings {
    /// The URL, http or https. A user and password in it are sent as Basic authentication.
    url: Address,
    /// How long the answer may take, in all, to the end of its headers.
    #[serde(default = "five_seconds")]
    timeout: Lapse<1_000, 60_000>,
    /// Whether to tell the URL without waiting for it.
    #[serde(default, rename = "async")]
    is_async: bool,
    /// What an answered caller hears while the answer is long in coming.
    #[serde(default)]
    filler: Option<FillerSettings>,
}

/// What an answered caller hears while the answer is long in coming.
#[derive(Deserialize, JsonSchema)]
struct FillerSettings {
    /// How long the caller hears nothing first.
    #[serde(default = "two_seconds")]
    after: Lapse<0, 60_000>,
    /// A text to be spoken again and again, or several.
    #[serde(default)]
    say: Several<Text>,
    /// A sound file in the flow's folder (WAV, MP3 or OGG Vorbis), or several. Either this or `say`.
    #[serde(default)]
    play: Several<Sound>,
}

/// `exotel.md` 1.3.
const fn five_seconds() -> Lapse<1_000, 60_000> {
    Lapse::seconds(5)
}

const fn two_seconds() -> Lapse<0, 60_000> {
    Lapse::seconds(2)
}

#[derive(Debug)]
struct Passthru {
    request: Request,
    is_async: bool,
    filler: Option<Filler>,
}

struct Request {
    url: String,
    budget: Duration,
    profile: Arc<Profile>,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} within {:?}", model::without_userinfo(&self.url), self.budget)
    }
}

impl Request {
    fn make(&self, cx: &Cx<'_>) -> HttpRequest {
        let url = exotel::passthru::url(&self.url, cx.facts(), &self.profile, cx.now().wall);
        HttpRequest::get(url, self.budget)
    }
}

#[derive(Clone, Debug)]
struct Filler {
    after: Duration,
    audio: Prompt,
}

impl Applet for Passthru {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        let request = self.request.make(cx);
        if self.is_async {
            return Telling::begin("a report", request, cx);
        }
        let callout = cx.callout(request);
        let filler = self
            .filler
            .clone()
            .filter(|_| !cx.facts().ended)
            .map(|filler| (cx.start_timer(filler.after), filler.audio));
        Step::wait(Asking { callout, filler })
    }

    fn audio(&self) -> Vec<Audio> {
        self.filler.iter().flat_map(|filler| filler.audio.constant()).collect()
    }

    fn exits(&self) -> Exits {
        if self.is_async { Exits::next() } else { Exits::required(["200", "else"]) }
    }

    /// A report is in safe keeping at once: a loop of them would run as fast as it can.
    fn waits(&self) -> bool {
        !self.is_async
    }

    fn without_caller(&self) -> WithoutCaller {
        WithoutCaller::Works
    }
}

/// Waits for the answer; the filler is stopped by leaving.
#[derive(Debug)]
struct Asking {
    callout: Component,
    filler: Option<(Component, Prompt)>,
}

impl Visit for Asking {
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step {
        match event {
            Event::CalloutEnded { id, outcome } if *id == self.callout => {
                let answer = match outcome {
                    HttpOutcome::Answered(answer) if answer.status == YES => Some(answer.clone()),
                    HttpOutcome::Answered(_) | HttpOutcome::Failed(_) => None,
                };
                let exit = if answer.is_some() { "200" } else { "else" };
                cx.keep_answer(answer);
                Step::exit(exit)
            }
            Event::TimerFired { id } => {
                if let Some((_, audio)) = self.filler.take_if(|(timer, _)| timer == id)
                    && cx.facts().answered
                {
                    let audio = audio.audio(cx);
                    cx.play(audio, true);
                }
                Step::Stay
            }
            _ => Step::Stay,
        }
    }
}

#[cfg(test)]
mod tests {
    use flow::Event;
    use flow::ledger::Ledger;
    use model::HttpFailure;

    use crate::tests::{node, problems};

    fn ask(fields: &str) -> Ledger {
        node(&format!("applet: passthru, url: 'http://crm.example/r?k=1', {fields} on: {{ 200: end, else: end }}"))
    }

    fn tell() -> Ledger {
        node("applet: passthru, url: 'http://u:p@crm.example/r', async: true, next: end")
    }

    #[test]
    fn the_url_is_asked_with_the_call_as_its_query() {
        let mut call = ask("");
        let lines = call.start();
        assert_eq!(lines.len(), 3);
        assert!(lines[2].starts_with(
            "ask 1 http://crm.example/r?k=1&CallSid=0123456789abcdef0123456789abcdef&CallFrom=09900000001&"
        ));
        assert!(lines[2].contains("&CallStatus=ringing&") && lines[2].ends_with(" within 5s"), "{}", lines[2]);
    }

    #[test]
    fn only_200_takes_exit_200() {
        for status in [100, 199, 201, 202, 204, 301, 302, 400, 404, 500, 503] {
            let mut call = ask("");
            call.start();
            assert_eq!(call.answered(1, status, "")[0], "left by else", "{status}");
        }
        let mut call = ask("");
        call.start();
        assert_eq!(call.answered(1, 200, "")[0], "left by 200");
    }

    #[test]
    fn whatever_fails_takes_else() {
        for failure in [HttpFailure::Timeout, HttpFailure::Tls(String::new()), HttpFailure::Forbidden(String::new())] {
            let mut call = ask("timeout: 2s,");
            assert!(call.start()[2].ends_with(" within 2s"));
            assert_eq!(call.failed(1, failure)[0], "left by else");
        }
    }

    #[test]
    fn the_body_of_the_last_200_is_kept_and_anything_else_forgets_it() {
        let mut call = node(
            "applet: passthru, url: 'http://crm.example', on: { 200: note, else: note } },
             note: { applet: set, vars: { body: '{{ passthru.body }}' }, next: again },
             again: { applet: ivr, say: Again?, on: { 1: it, none: end, invalid: end }",
        );
        call.start();
        assert_eq!(call.answered(1, 200, "gold")[2], "body = \"gold\"");
        call.press("1");
        assert_eq!(call.answered(3, 404, "none")[2], "body = \"\"");
    }

    #[test]
    fn an_answered_caller_hears_the_filler_until_the_answer() {
        let mut call = ask("filler: { after: 1s, play: hold.wav },");
        assert_eq!(call.start()[3], "timer 2 1s");
        call.event(Event::Answered);
        assert_eq!(call.fired(2), ["play 3 hold.wav again and again"]);
        assert_eq!(call.answered(1, 200, "")[..2], ["stop 3", "left by 200"]);
    }

    #[test]
    fn an_answer_in_time_spares_the_filler() {
        let mut call = ask("filler: { play: hold.wav },");
        assert_eq!(call.start()[3], "timer 2 2s");
        assert_eq!(call.answered(1, 200, "")[..2], ["stop 2", "left by 200"]);
    }

    #[test]
    fn a_caller_who_still_rings_is_not_answered_by_the_filler() {
        let mut call = ask("filler: { play: hold.wav },");
        call.start();
        assert_eq!(call.fired(2), [""; 0]);
    }

    #[test]
    fn a_caller_who_hangs_up_is_not_waited_for() {
        let mut call = ask("");
        call.start();
        assert_eq!(call.hangs_up(), ["stop 1", "hang up NORMAL_CLEARING (16)"]);
    }

    #[test]
    fn a_report_waits_for_its_safe_keeping_only() {
        let mut call = tell();
        assert!(call.start()[2].starts_with("tell 1 http://u:p@crm.example/r?CallSid="));
        assert_eq!(call.committed(1, None)[0], "left by next");
    }

    #[test]
    fn a_report_that_cannot_be_kept_is_a_fault_and_the_flow_goes_on() {
        let mut call = tell();
        call.start();
        let lines = ["fault: a report is lost, the outbox could not take it: disk full", "left by next", "at end"];
        assert_eq!(call.committed(1, Some("disk full"))[..3], lines);
    }

    #[test]
    fn reports_and_questions_are_made_without_the_caller_and_without_a_filler() {
        let mut call = node(
            "applet: passthru, url: 'http://crm.example/1', async: true, next: again },
             again: { applet: passthru, url: 'http://crm.example/2', async: true, next: ask },
             ask: { applet: passthru, url: 'http://crm.example/3', filler: { after: 1s, play: hold.wav }, on: { 200: end, else: end }",
        );
        call.start();
        assert_eq!(call.hangs_up(), [""; 0]);
        let lines = call.committed(1, None);
        assert_eq!(lines[..2], ["left by next", "at again"]);
        assert!(lines[2].starts_with("tell 2 http://crm.example/2?"));
        let lines = call.committed(2, None);
        assert_eq!((lines.len(), &lines[..2]), (3, &["left by next".to_owned(), "at ask".to_owned()][..]));
        assert!(lines[2].starts_with("ask 3 http://crm.example/3?"));
        assert_eq!(call.answered(3, 200, "")[..2], ["left by 200", "at end"]);
    }

    #[test]
    fn urls_are_checked() {
        for url in
            ["http://crm.example", "https://u:p@crm.example:8443/a?b=c#d", "http://127.0.0.1:9/", "http://[::1]/"]
        {
            assert_eq!(problems(&format!("applet: passthru, url: '{url}', on: {{ 200: end, else: end }}")), [""; 0]);
        }
        let rows = [
            ("crm.example/route", "not a URL: relative URL without a base"),
            ("ftp://crm.example", "`ftp:` cannot be asked, only http and https can"),
            ("http://", "not a URL: empty host"),
            ("http:crm.example", "the URL names no host"),
            ("http://crm.example/a b", "a URL has no white space in it"),
        ];
        for (url, problem) in rows {
            let node = format!("applet: passthru, url: '{url}', on: {{ 200: end, else: end }}");
            assert_eq!(problems(&node), [problem], "{url}");
        }
        let long = format!("http://crm.example/{}", "x".repeat(crate::address::URL_BYTES));
        assert_eq!(problems(&format!("applet: passthru, url: '{long}', on: {{ 200: end, else: end }}")).len(), 1);
    }

    #[test]
    fn settings_are_checked() {
        let rows = [
            ("applet: passthru, on: { 200: end, else: end }", vec!["`url` is missing"]),
            (
                "applet: passthru, url: 'http://a.example', async: true, on: { 200: end, else: end }",
                vec!["exit `next` not wired", "there is no exit `200`", "there is no exit `else`"],
            ),
            (
                "applet: passthru, url: 'http://a.example', timeout: 61s, on: { 200: end, else: end }",
                vec!["61s is not within 1s and 1m"],
            ),
            (
                "applet: passthru, url: 'http://a.example', filler: { after: 1s }, on: { 200: end, else: end }",
                vec!["the filler has nothing to be heard"],
            ),
            (
                "applet: passthru, url: 'http://a.example', async: true, filler: { say: x }, next: end",
                vec!["with `async: true` nobody waits, so there is nothing to fill"],
            ),
            ("applet: passthru, url: 'http://a.example'", vec!["nothing comes after `it`: a call would be cut there"]),
        ];
        for (node, expected) in rows {
            assert_eq!(problems(node), expected, "{node}");
        }
    }
}
