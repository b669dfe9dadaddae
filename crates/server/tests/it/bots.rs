//! Streams of real calls: the bundled bot hears baresip and is heard by it, presses of keys go there, and a Passthru tells the end.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use tokio_tungstenite::tungstenite::accept;

use crate::baresip::{OFF, Phone, USERS};
use crate::server::{DEADLINE, Server};
use crate::sound::tones;
use crate::web::Web;

/// The bundled bot, and what it prints.
pub(crate) struct Bot {
    child: Child,
    lines: Receiver<String>,
    pub(crate) url: String,
}

impl Bot {
    pub(crate) fn start() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_passthru"));
        command.args(["bot", "echo", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it runs");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let (told, lines) = channel();
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| told.send(line)));
        let first = lines.recv_timeout(DEADLINE).expect("it listens");
        let url = first.strip_prefix("the bot listens on ").expect("where").to_owned();
        Self { child, lines, url }
    }

    /// The next line that holds that text.
    pub(crate) fn says(&self, text: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(DEADLINE).unwrap_or_else(|_| panic!("the bot never said {text}"));
            if line.contains(text) {
                return line;
            }
        }
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Where a bot is that goes as soon as it is told of the call.
pub(crate) fn one_that_goes() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("ws://{}/ws", listener.local_addr().expect("bound"));
    std::thread::spawn(move || {
        for tcp in listener.incoming().map_while(Result::ok) {
            let Ok(mut socket) = accept(tcp) else { continue };
            while let Ok(message) = socket.read() {
                if message.to_text().is_ok_and(|text| text.contains(r#""event":"start""#)) {
                    drop(socket.close(None));
                }
            }
        }
    });
    url
}

fn flow(url: &str, report: &str, fields: &str) -> String {
    format!(
        r#"
flow: assistant
start: talk
nodes:
  talk: {{ applet: voicebot, url: "{url}", {fields} on: {{ next: report, failed: report }} }}
  report: {{ applet: passthru, url: "{report}", async: true, next: bye }}
  bye: {{ applet: hangup }}
"#
    )
}

/// A parameter of a report's stream, decoded.
pub(crate) fn told(report: &str, key: &str) -> Option<String> {
    let name = format!("Stream%5B{key}%5D=");
    let value = report.split(['?', '&', ' ']).find_map(|pair| pair.strip_prefix(&name))?;
    Some(percent_encoding::percent_decode_str(&value.replace('+', " ")).decode_utf8().expect("text").into_owned())
}

#[test]
fn a_caller_hears_itself_through_the_bot_at_every_rate() {
    for rate in [8_000, 24_000] {
        let (bot, web) = (Bot::start(), Web::answers(&[("/after", 200, "")]));
        let url = format!("{}?sample-rate={rate}&lang=hi", bot.url);
        let server = Server::with_flows(&[("bot.yaml", flow(&url, &web.url("/after"), ""))], USERS);
        let mut alice = Phone::calls(&server, "alice", "pcmu", &tones(&[700], 60_000));
        let start = bot.says("bot: start ");
        for part in [r#""custom_parameters":{"lang":"hi"}"#, &format!(r#""sample_rate":"{rate}""#)] {
            assert!(start.contains(part), "{start}");
        }
        let heard = alice.hears();
        assert!((heard - 700.0).abs() < OFF, "{rate}: {heard} Hz");
        server.until_metric("passthru_streams 1");
        alice.hangs_up();
        bot.says("bot: stop, callended");
        let report = web.next();
        assert_eq!(told(&report, "Status").as_deref(), Some("cancelled"), "{report}");
        assert_eq!(told(&report, "DisconnectedBy").as_deref(), Some("user"), "{report}");
        assert_eq!(told(&report, "StreamUrl"), Some(url), "{report}");
        server.until_metric("passthru_streams 0");
    }
}

#[test]
fn keys_are_told_marks_come_back_and_the_bot_may_go() {
    let (bot, web) = (Bot::start(), Web::answers(&[("/after", 200, "")]));
    let server = Server::with_flows(&[("bot.yaml", flow(&bot.url, &web.url("/after"), "record: dual,"))], "");
    let mut call = Command::new(env!("CARGO_BIN_EXE_passthru"));
    call.args(["call", "08011112222", "--keys", "5#", "--seconds", "30", "--server", &server.sip.to_string()]);
    let output = call.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    bot.says("bot: key 5");
    bot.says("\"key 5\" has been played");
    bot.says("bot: goes");
    let report = web.next();
    assert_eq!(told(&report, "Status").as_deref(), Some("completed"), "{report}");
    assert_eq!(told(&report, "DisconnectedBy").as_deref(), Some("bot"), "{report}");
    assert!(told(&report, "RecordingUrl").is_some_and(|url| url.contains(".wav?expires=")), "{report}");
}

#[test]
fn who_cannot_be_reached_is_told_and_one_too_many_is_not_asked() {
    let web = Web::answers(&[("/after", 200, ""), ("/after", 200, "")]);
    let rows = [
        ("ws://127.0.0.1:9/", "", "Error", "3009 no connection: "),
        ("ws://127.0.0.1:9/", "[stream]\nlimit = 0\n", "DetailedStatus", "Streaming_call_throttled"),
    ];
    for (url, config, key, words) in rows {
        let server = Server::with_flows(&[("bot.yaml", flow(url, &web.url("/after"), ""))], config);
        let mut call = Command::new(env!("CARGO_BIN_EXE_passthru"));
        call.args(["call", "08011112222", "--seconds", "20", "--server", &server.sip.to_string()]);
        assert!(call.output().expect("it runs").status.success());
        let report = web.next();
        assert_eq!(told(&report, "Status").as_deref(), Some("failed"), "{report}");
        assert_eq!(told(&report, "DisconnectedBy").as_deref(), Some("NA"), "{report}");
        assert!(told(&report, key).is_some_and(|told| told.starts_with(words)), "{report}");
    }
}
