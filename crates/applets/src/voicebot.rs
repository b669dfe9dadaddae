//! Lets the caller talk with an application, live, over a WebSocket.
//!
//! The server connects to the application and gives it the caller's audio as it comes; what the application sends is heard at once.
//! The flow waits until the application closes the connection, then goes on by `next`; the next Passthru reports it as `Stream[…]`.
//! Keys are given to the application, too. What is said on the connection is described in docs/streams.md, how an application
//! drops what it said when the caller breaks in (`clear`) and hears that something was heard (`mark`) among it.
//!
//! `url` is the address of a WebSocket, or a `https://` URL that is asked with what is known of the call and answers
//! `{"url": "wss://…"}`. Userinfo in the address is sent as Basic authentication; `?sample-rate=16000` (or 24000) in its query
//! changes the 8000 samples a second, and up to three other parameters are told to the application.
//!
//! | exit | when |
//! |---|---|
//! | `next` | the application closed the connection, or the caller hung up; or it failed and `failed` is not wired |
//! | `failed` | the application could not be reached twice, the connection broke, or there are too many streams |
//!
//! ```yaml
//! flow: assistant
//! start: talk
//! nodes:
//!   talk: { applet: voicebot, url: "wss://bot.example/ws?lang=hi", record: dual, on: { next: report, failed: desk } }
//!   report: { applet: passthru, url: "https://crm.example/after-bot", on: { 200: desk, else: bye } }
//!   desk: { applet: connect, to: "sip:desk", on: { answered: bye, missed: bye, nobody: bye } }
//!   bye: { applet: hangup }
//! ```

use std::sync::Arc;

use exotel::passthru::Profile;
use flow::{Applet, Component, Cx, Event, Exits, Kind, Step, Visit};
use model::StreamStatus;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::recording::{Channels, Format, record};
use crate::streaming::{Asking, Found, Frame, Place, Plan, Sought, tenth};

pub(crate) fn kind(profile: Profile) -> Kind {
    let profile = Arc::new(profile);
    Kind::new("voicebot", include_str!("voicebot.rs"), move |settings: Settings, site| {
        let plan = Plan {
            place: settings.url,
            two_way: !settings.one_way,
            frame: settings.frame,
            camel_case: settings.camel_case,
            record: record(settings.record, settings.record_format),
            profile: Arc::clone(&profile),
        };
        plan.check(site);
        let failed = if site.is_wired("failed") { "failed" } else { "next" };
        Some(Voicebot { plan: Arc::new(plan), failed })
    })
    .hearing_keys()
}

/// Lets the caller talk with an application.
#[derive(Deserialize, JsonSchema)]
struct Settings {
    /// Where the application listens: `ws://` or `wss://`, or a `https://` URL that answers with such an address.
    url: Place,
    /// Whether the application only listens: it is not heard and is told no keys. The flow waits all the same.
    #[serde(default)]
    one_way: bool,
    /// Whether it is recorded: `single`, both mixed, or `dual`, the caller left and the application right.
    #[serde(default)]
    record: Option<Channels>,
    /// How the recording is kept.
    #[serde(default)]
    record_format: Format,
    /// How much audio each message to the application holds: a multiple of 20ms. The shorter, the sooner it hears.
    #[serde(default = "tenth")]
    frame: Frame,
    /// Whether the first message gives the ids in camel case, too: `streamSid` beside `stream_sid`.
    #[serde(default)]
    camel_case: bool,
}

#[derive(Debug)]
struct Voicebot {
    plan: Arc<Plan>,
    /// The exit for when it fails.
    failed: &'static str,
}

impl Applet for Voicebot {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        match self.plan.seek(cx) {
            Sought::Found(found) => talk(found, self.failed, cx),
            Sought::Asked(asking) => Step::wait(Seeking { asking, failed: self.failed }),
        }
    }

    fn urls(&self) -> Vec<&str> {
        vec![&self.plan.place.0]
    }

    fn exits(&self) -> Exits {
        Exits { optional: vec!["failed".into()], ..Exits::next() }
    }
}

fn talk(found: Found, failed: &'static str, cx: &mut Cx<'_>) -> Step {
    let stream = match found {
        Found { stream, failure: None } => cx.stream(stream),
        Found { stream, failure: Some(failure) } => cx.fail_stream(stream, failure),
    };
    Step::wait(Talking { stream, failed })
}

/// Waits for the URL that says where the application is.
#[derive(Debug)]
struct Seeking {
    asking: Asking,
    failed: &'static str,
}

impl Visit for Seeking {
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step {
        match self.asking.on_event(event, cx) {
            Some(found) => talk(found, self.failed, cx),
            None => Step::Stay,
        }
    }

    fn on_caller_gone(&mut self, _: &mut Cx<'_>) -> Step {
        Step::exit("next")
    }
}

/// Waits until they have talked. Stays when the caller has gone: that ends it, which is worth a report.
#[derive(Debug)]
struct Talking {
    stream: Component,
    failed: &'static str,
}

impl Visit for Talking {
    fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Step {
        // Keys are meant for the application.
        while cx.take_typed().is_some() {}
        match event {
            Event::StreamEnded { id, facts } if *id == self.stream => {
                Step::exit(if facts.end.status() == StreamStatus::Failed { self.failed } else { "next" })
            }
            _ => Step::Stay,
        }
    }

    fn on_caller_gone(&mut self, _: &mut Cx<'_>) -> Step {
        Step::Stay
    }
}

#[cfg(test)]
mod tests {
    use flow::ledger::Ledger;
    use model::{HttpFailure, StreamCounts, StreamEnd, StreamEndedBy, StreamFailure};

    use crate::tests::{node, problems};

    fn voicebot(fields: &str) -> Ledger {
        node(&format!("applet: voicebot, {fields} next: end"))
    }

    fn ended(by: StreamEndedBy) -> StreamEnd {
        StreamEnd { by, failure: None, counts: StreamCounts::default() }
    }

    #[test]
    fn the_flow_waits_until_the_application_goes() {
        let mut call = voicebot("url: 'wss://k:t@bot.example/ws?lang=hi&sample-rate=16000', record: dual,");
        let line = "stream 1 wss://bot.example/ws?lang=hi&sample-rate=16000 two ways at 16000 Hz in 100ms lang=hi recorded wav dual";
        assert_eq!(call.start()[2..], ["answer", line]);
        assert_eq!(call.press("1"), [""; 0]);
        assert_eq!(call.streamed(1, ended(StreamEndedBy::Bot))[0], "left by next");
    }

    #[test]
    fn an_application_that_only_listens_holds_the_flow_too() {
        let mut call = voicebot("url: 'wss://bot.example/', one_way: true,");
        assert_eq!(call.start()[2..], ["answer", "stream 1 wss://bot.example/ one way at 8000 Hz in 100ms"]);
        assert_eq!(call.streamed(1, ended(StreamEndedBy::Bot))[0], "left by next");
    }

    #[test]
    fn a_failure_is_an_exit_if_it_is_wired() {
        for (wired, exit) in [("on: { next: end, failed: end }", "failed"), ("next: end", "next")] {
            let mut call = node(&format!("applet: voicebot, url: 'ws://bot.example', {wired}"));
            call.start();
            let end = StreamEnd::failed(StreamFailure::Refused { status: 403 }, StreamCounts::default());
            assert_eq!(call.streamed(1, end)[0], format!("left by {exit}"));
        }
    }

    #[test]
    fn a_url_says_where_the_application_is() {
        let mut call = voicebot("url: 'https://bot.example/where',");
        let lines = call.start();
        assert!(lines[2].starts_with("ask 1 https://bot.example/where?CallSid="), "{}", lines[2]);
        let lines = call.answered(1, 200, r#"{"url":"wss://bot.example/1?a=b"}"#);
        assert_eq!(lines, ["answer", "stream 2 wss://bot.example/1?a=b two ways at 8000 Hz in 100ms a=b"]);
        let asked_again = |lines: Vec<String>| lines.iter().any(|line| line.starts_with("ask 2 "));
        let mut call = voicebot("url: 'https://bot.example/where',");
        call.start();
        assert!(asked_again(call.failed(1, HttpFailure::Timeout)));
        assert_eq!(call.failed(2, HttpFailure::Timeout), ["no stream 3: no connection: no answer in time"]);
        let mut call = voicebot("url: 'https://bot.example/where',");
        call.start();
        assert!(asked_again(call.answered(1, 500, "")));
        let line = "no stream 3: the URL does not say where the stream goes: its status is 404, not 200";
        assert_eq!(call.answered(2, 404, ""), [line]);
        let mut call = voicebot("url: 'https://bot.example/where',");
        call.start();
        let line = "no stream 2: the URL does not say where the stream goes: `sample-rate` is 8000, 16000 or 24000, here it is `1`";
        assert_eq!(call.answered(1, 200, r#"{"url":"ws://bot.example?sample-rate=1"}"#), [line]);
        assert_eq!(voicebot("url: 'https://bot.example/where',").hangs_up().len(), 0);
    }

    #[test]
    fn who_hangs_up_ends_it_and_the_flow_may_report() {
        let mut call = node(
            "applet: voicebot, url: 'ws://bot.example/', next: tell },
             tell: { applet: passthru, url: 'http://crm.example/', async: true, next: end",
        );
        call.start();
        assert_eq!(call.hangs_up(), [""; 0]);
        let lines = call.streamed(1, ended(StreamEndedBy::Caller));
        assert_eq!(lines[..2], ["left by next", "at tell"]);
    }

    #[test]
    fn settings_are_checked() {
        let rows = [
            ("url: 'ftp://bot.example'", "no address of a WebSocket"),
            ("url: 'wss://'", "not a URL: empty host"),
            ("url: 'wss://bot.example/?sample-rate=1'", "`sample-rate` is 8000, 16000 or 24000, here it is `1`"),
            (
                "url: 'wss://bot.example/?a=1&b=2&c=3&d=4'",
                "an address has 3 parameters at most beside the sample rate, this one has 4",
            ),
            ("url: 'wss://bot.example/', frame: 30ms", "a message holds whole packets of 20 ms"),
            ("url: 'wss://bot.example/', frame: 1s", "1s is not within 20ms and 200ms"),
        ];
        for (fields, problem) in rows {
            assert_eq!(problems(&format!("applet: voicebot, {fields}, next: end")), [problem], "{fields}");
        }
    }
}
