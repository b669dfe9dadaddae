//! Clients from PyPI, unmodified, place calls by the API that a telephone answers, and read back what became of them.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::baresip::{Phone, until_registered};
use crate::program::{Receiver, installed, source};
use crate::server::{DEADLINE, Server};
use crate::sound::{tones, wav};
use crate::tls::Identity;

const SID: &str = "acme1";
const NUMBER: &str = "08044444444";

const TONE: &str = r#"
flow: tone
id: 11111
start: play
nodes:
  play: { applet: greeting, play: tone.wav, next: bye }
  bye: { applet: hangup }
"#;

/// Asks the handler of the article before it plays.
const ASK: &str = r#"
flow: tone
id: 11111
start: route
nodes:
  route: { applet: passthru, url: "http://handler", on: { 200: play, else: bye } }
  play: { applet: greeting, play: tone.wav, next: bye }
  bye: { applet: hangup }
"#;

const CONFIG: &str = r#"
account_sid = "acme1"
sip.trusted = []
[[number]]
number = "+918044444444"
flow = "tone"
[[user]]
name = "sales"
password = "s-secret"
[[user]]
name = "alice"
password = "a-secret"
"#;

/// A server with a key for a client.
struct Account {
    server: Server,
    base: String,
    key: String,
    token: String,
    /// Whom a client is to trust, if the API speaks TLS.
    identity: Option<Identity>,
}

impl Account {
    fn new() -> Self {
        Self::with(TONE, "", None)
    }

    /// One whose API speaks TLS, under an authority made for the occasion.
    fn with_tls() -> Self {
        let identity = Identity::new();
        Self::with(TONE, &identity.config(), Some(identity))
    }

    fn with(flow: &str, config: &str, identity: Option<Identity>) -> Self {
        let tone = wav(&tones(&[523], 3_000));
        let flows = [("tone.yaml", flow.as_bytes()), ("tone.wav", &tone)];
        let server = Server::with_flows(&flows, &format!("{config}{CONFIG}"));
        let (key, token) = server.new_key();
        let base = server.url("");
        let base = if identity.is_some() { base.replace("http://", "https://") } else { base };
        Self { base, key, token, identity, server }
    }

    /// Asks by curl until it is told what is wanted.
    fn until(&self, more: &[&str], path: &str, wanted: impl Fn(&str) -> bool) {
        let end = Instant::now() + DEADLINE;
        loop {
            let mut curl = Command::new("curl");
            curl.args(["-sS", "--max-time", "60"]).args(more).arg(format!("{}{path}", self.base));
            if let Some(identity) = &self.identity {
                curl.arg("--cacert").arg(identity.cert.path());
            }
            let output = curl.output().expect("curl is installed: scripts/install test");
            let said = String::from_utf8_lossy(&output.stdout);
            if wanted(&said) {
                return;
            }
            assert!(Instant::now() < end, "{path}: {said}{}", String::from_utf8_lossy(&output.stderr));
            std::thread::park_timeout(Duration::from_millis(200));
        }
    }

    /// What a client's method is answered.
    fn ask(&self, client: &str, method: &str, arguments: &[&str]) -> Value {
        let mut python = Command::new(installed("python/bin/python"));
        python
            .arg(source("clients.py"))
            .args([&self.base, SID, &self.key, &self.token, client, method])
            .args(arguments);
        if let Some(identity) = &self.identity {
            python.env("REQUESTS_CA_BUNDLE", identity.cert.path());
        }
        let output = python.output().expect("it runs");
        let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{client}.{method}: {said}{errors}");
        serde_json::from_str(said.lines().last().unwrap_or_default()).unwrap_or_else(|_| panic!("{said}{errors}"))
    }
}

/// The name of the call that an answer is about, which says that it has begun.
fn begun(answer: &Value) -> String {
    let call = &answer["Call"];
    assert_eq!((&call["Status"], &call["Direction"]), (&json!("in-progress"), &json!("outbound-api")), "{answer}");
    assert_eq!((&call["AccountSid"], &call["PhoneNumberSid"]), (&json!(SID), &json!(NUMBER)), "{answer}");
    let sid = call["Sid"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    assert_eq!(sid.len(), 32, "{answer}");
    sid
}

/// What a client reads of a call that is over.
fn is_over(answer: &Value, sid: &str) {
    let call = &answer["Call"];
    assert_eq!((&call["Sid"], &call["Status"]), (&json!(sid), &json!("completed")), "{answer}");
    assert!(call["EndTime"].is_string() && call["Duration"].is_string(), "{answer}");
}

#[test]
fn exotel_calls_a_number_to_a_flow_and_reads_its_details() {
    let account = Account::new();
    let mut sales = Phone::registers(&account.server, "sales", "pcmu", &tones(&[], 60_000));
    until_registered(&account.server, 1);
    let sid = begun(&account.ask("exotel", "call_flow", &["sip:sales", NUMBER, "11111"]));
    let heard = sales.hears();
    assert!((heard - 523.0).abs() < 5.0, "the flow was heard at {heard} Hz");
    account.server.journal();
    is_over(&account.ask("exotel", "call_details", &[&sid]), &sid);
}

#[test]
fn the_custom_field_reaches_the_handler_of_the_article() {
    let handler = Receiver::seed();
    let account = Account::with(&ASK.replace("http://handler", &handler.url()), "", None);
    let mut sales = Phone::registers(&account.server, "sales", "pcmu", &tones(&[], 60_000));
    until_registered(&account.server, 1);
    let status = handler.url(); // it answers no POST: what the callback comes to is another test's
    begun(&account.ask("exotel", "call_flow", &["sip:sales", NUMBER, "11111", "60", "30", &status, "order-17"]));
    let heard = sales.hears();
    assert!((heard - 523.0).abs() < 5.0, "the handler chose the way on which {heard} Hz is heard");
    let call = handler.told(1).remove(0);
    assert_eq!((&call["CustomField"], &call["Direction"]), (&json!("order-17"), &json!("outbound-dial")), "{call}");
}

#[test]
fn exotel_connects_two_numbers() {
    let account = Account::new();
    let mut sales = Phone::registers(&account.server, "sales", "pcmu", &tones(&[440], 60_000));
    let mut alice = Phone::registers(&account.server, "alice", "pcmu", &tones(&[700], 60_000));
    until_registered(&account.server, 2);
    let sid = begun(&account.ask("exotel", "call_number", &["sip:sales", NUMBER, "sip:alice"]));
    let (sales, alice) = (sales.hears(), alice.hears());
    assert!((sales - 700.0).abs() < 5.0 && (alice - 440.0).abs() < 5.0, "sales heard {sales} Hz, alice {alice} Hz");
    let details = account.ask("exotel", "call_details", &[&sid]);
    assert_eq!(details["Call"]["Sid"], json!(sid), "{details}");
}

#[test]
fn exotelpy_lists_the_numbers() {
    let account = Account::new();
    let numbers = account.ask("exotelpy", "get_all_exophones", &[]);
    let number = &numbers["incoming_phone_numbers"][0];
    assert_eq!(number["phone_number"], "+918044444444", "{numbers}");
    let sid = number["sid"].as_str().unwrap_or_else(|| panic!("{numbers}"));
    let one = account.ask("exotelpy", "get_exophone_details", &[sid]);
    assert_eq!(one["phone_number"], "+918044444444", "{one}");
}

#[test]
fn pyexotel_calls_over_tls() {
    let account = Account::with_tls();
    let mut sales = Phone::registers(&account.server, "sales", "pcmu", &tones(&[], 60_000));
    account.until(&["-o", "-"], "/metrics", |metrics| metrics.lines().any(|line| line == "passthru_sip_bindings 1"));
    let sid = begun(&account.ask("pyexotel", "connect_flow", &["sip:sales", NUMBER, "11111"]));
    let heard = sales.hears();
    assert!((heard - 523.0).abs() < 5.0, "the flow was heard at {heard} Hz");
    let key = format!("{}:{}", account.key, account.token);
    account
        .until(&["-u", &key], &format!("/v1/Accounts/{SID}/Calls/{sid}.json"), |call| call.contains("\"completed\""));
    is_over(&account.ask("pyexotel", "get_call_info", &[&sid]), &sid);
    let sid = begun(&account.ask("pyexotel", "call", &["sip:sales", "sip:alice", NUMBER]));
    let details = account.ask("pyexotel", "get_call_info", &[&sid]);
    assert_eq!(details["Call"]["Sid"], json!(sid), "{details}");
}
