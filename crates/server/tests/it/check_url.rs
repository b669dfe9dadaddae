//! `passthru check` against applications that behave badly, each in its own way.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use serde_json::Value;
use signature::Secret;

use crate::program::installed;
use crate::server::{DEADLINE, free_port};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const FOUND: &str = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n";
const FAILS: &str = "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n";

/// A request as it came over the wire.
#[derive(Clone, Debug, Default)]
struct Heard {
    method: String,
    target: String,
    fields: BTreeMap<String, String>,
    body: String,
}

impl Heard {
    fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// Whether it is signed with that secret, asked of `http://` and its host.
    fn is_signed(&self, secret: &str) -> bool {
        let secrets = secret.parse::<Secret>().expect("a secret").into();
        let url = format!("http://{}{}", self.field("host").expect("a host"), self.target);
        let request = signature::Request { method: &self.method, url: &url, body: self.body.as_bytes() };
        let now = self.field("webhook-timestamp").and_then(|seconds| seconds.parse().ok()).unwrap_or_default();
        let now = jiff::Timestamp::from_second(now).expect("a time");
        signature::verify(&request, |name| self.field(name), &secrets, now).is_ok()
    }
}

/// An application: it is told the request and how many there were before, and says all that goes over the wire.
struct App {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Heard>>>,
}

impl App {
    /// It looks at the target alone.
    fn says(answer: impl Fn(&str, usize) -> String + Send + Sync + 'static) -> Self {
        Self::hears(move |heard, before| answer(&heard.target, before))
    }

    fn hears(answer: impl Fn(&Heard, usize) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (asked, answer) = (Arc::default(), Arc::new(answer));
        let book = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answer, book) = (Arc::clone(&answer), Arc::clone(&book));
                std::thread::spawn(move || serve(stream, &*answer, &book));
            }
        });
        Self { address, asked }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn asked(&self) -> Vec<Heard> {
        self.asked.lock().expect("no panic before").clone()
    }
}

fn serve(mut stream: TcpStream, answer: &(impl Fn(&Heard, usize) -> String + ?Sized), book: &Mutex<Vec<Heard>>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    while let Some(heard) = read(&mut reader) {
        let before = {
            let mut book = book.lock().expect("no panic before");
            book.push(heard.clone());
            book.len() - 1
        };
        let said = answer(&heard, before);
        if said.is_empty() || stream.write_all(said.as_bytes()).is_err() {
            return;
        }
    }
}

/// The next request; none if the peer has gone.
fn read(reader: &mut impl BufRead) -> Option<Heard> {
    let mut lines = reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let first = lines.next()?;
    let fields =
        lines.filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned())));
    let fields: BTreeMap<String, String> = fields.collect();
    let mut words = first.split(' ').map(str::to_owned);
    let length = fields.get("content-length").and_then(|length| length.parse().ok()).unwrap_or_default();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).expect("text");
    Some(Heard { method: words.next()?, target: words.next()?, fields, body })
}

fn check(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_passthru"));
    let output = command.arg("check").args(arguments).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// What is told of a URL in one scenario: the exit status, the kinds of findings, and all of it.
fn told(url: &str, scenario: &str, more: &[&str]) -> (Option<i32>, String, Value) {
    let (status, out, err) = check(&[&["--json", "--scenario", scenario, url], more].concat());
    let told: Value = serde_json::from_str(&out).unwrap_or_else(|why| panic!("{why}: {out}{err}"));
    let findings = told["findings"].as_array().expect("a list");
    let kinds: Vec<&str> = findings.iter().map(|finding| finding["kind"].as_str().expect("text")).collect();
    (status, kinds.join(", "), told)
}

fn has(target: &str, name: &str, value: &str) -> bool {
    let pair = format!("{name}={value}");
    target.split(['?', '&']).any(|given| given == pair)
}

const CAUSE: &str = "Legs%5B0%5D%5BCause%5D";
const CAUSE_CODE: &str = "Legs%5B0%5D%5BCauseCode%5D";

#[test]
fn a_good_application_passes_every_scenario() {
    // It reads all that can be misread as it should be.
    let app = App::says(|target, _| {
        let pressed = has(target, "digits", "%221%22") || has(target, "digits", "1");
        let busy = has(target, CAUSE, "17") && has(target, CAUSE_CODE, "USER_BUSY");
        if pressed || busy { OK } else { FOUND }.to_owned()
    });
    let (status, out, err) = check(&[&app.url("/route?key=s3cret")]);
    assert_eq!((status, err.as_str()), (Some(0), ""), "{out}");
    assert!(out.ends_with("\n\n3 take `200`, 13 take `else`: nothing is wrong\n"), "{out}");
    let rows: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    let unsigned = "sent: GET, classic profile, not signed: there are no [callout] secrets, and no --secret\n\n";
    assert!(out.starts_with(unsigned), "{out}");
    assert_eq!(rows[2], ["scenario", "exit", "answer", "total", "name", "connect", "TLS", "answer"]);
    assert_eq!(rows[3][..3], ["before-answer", "else", "302"]);
    assert_eq!(rows[5][..3], ["after-gather", "200", "200"]);
    assert!(!out.contains('\x1b'), "no colours but on a terminal");
    let asked = app.asked().len();
    assert!((24..=60).contains(&asked), "each is asked twice, and some once more: {asked}");
}

/// The handlers of the page for newcomers, in their order: the first attempt, and the mended one.
fn handlers() -> [String; 2] {
    let page = include_str!("../../../../docs/write-an-application.md");
    let code: Vec<&str> = page.split("```python\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let [attempt, mended] = code[..] else { panic!("two pieces of Python: {code:?}") };
    let wrong = attempt.lines().find(|line| line.contains("send_response")).expect("the line that decides");
    [attempt.to_owned(), attempt.replace(&format!("{wrong}\n"), mended)]
}

#[test]
fn the_handlers_of_the_page_for_newcomers_are_found_wrong_and_right() {
    let expected: [(Option<i32>, &str); 2] = [(Some(1), "protocol, quoted-digits"), (Some(0), "")];
    for (code, (status, kinds)) in handlers().into_iter().zip(expected) {
        let port = free_port();
        let mut python = Command::new(installed("python/bin/python"));
        python.arg("-c").arg(code.replace("9000", &port.to_string())).stderr(Stdio::null());
        let mut handler = python.spawn().expect("it is installed: scripts/install test");
        let end = Instant::now() + DEADLINE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < end, "the handler never listened");
            std::thread::park_timeout(Duration::from_millis(50));
        }
        let (ended, found, told) = told(&format!("http://127.0.0.1:{port}/route"), "all", &[]);
        handler.kill().expect("it ran");
        handler.wait().expect("it ended");
        assert_eq!((ended, found), (status, kinds.to_owned()), "{told:#}");
    }
}

/// An application's answer to everything, in which scenario it is asked, and what is found.
type Row = (&'static str, &'static str, i32, &'static str);

const ANSWERS: [Row; 12] = [
    ("HTTP/1.1 204 No Content\r\n\r\n", "busy", 1, "not-200"),
    ("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nhi", "busy", 1, "not-200"),
    (FAILS, "busy", 1, "fails"),
    ("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "busy", 1, "not-found"),
    ("HTTP/1.1 401 Who\r\nContent-Length: 0\r\n\r\n", "busy", 1, "credentials"),
    ("HTTP/1.1 302 Found\r\nContent-Length: 5\r\n\r\nmoved", "busy", 0, "unread-body"),
    ("HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n", "busy", 0, "redirect"),
    ("HTTP/1.1 301 Moved\r\nLocation: /route/\r\nContent-Length: 0\r\n\r\n", "busy", 1, "trailing-slash"),
    (
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: 3\r\n\r\n<a>",
        "busy",
        0,
        "html, closes",
    ),
    ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "busy", 0, "closes"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "busy", 0, "slow-body"),
    ("SSH-2.0-OpenSSH_9\r\n\r\n", "busy", 1, "protocol"),
];

#[test]
fn each_bad_answer_is_named_and_the_exit_status_says_whether_it_is_an_error() {
    for (answer, scenario, expected, kinds) in ANSWERS {
        let app = App::says(move |_, _| answer.to_owned());
        let (status, found, told) = told(&app.url("/route"), scenario, &[]);
        assert_eq!((status, found.as_str()), (Some(expected), kinds), "{answer}: {told:#}");
    }
}

#[test]
fn a_redirect_to_https_is_told_with_the_url_to_write() {
    let app = App::says(|target, _| {
        format!("HTTP/1.1 308 Moved\r\nLocation: https://127.0.0.1{target}\r\nContent-Length: 0\r\n\r\n")
    });
    let (status, kinds, told) = told(&app.url("/route?key=s3cret"), "completed", &[]);
    assert_eq!((status, kinds.as_str()), (Some(1), "http-to-https"), "{told:#}");
    assert_eq!(told["findings"][0]["advice"], "Write https://127.0.0.1/route into the flow.");
}

#[test]
fn a_body_past_what_is_kept_is_told_of() {
    let body = "x".repeat(64 * 1024 + 1);
    let app = App::says(move |_, _| format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    let (status, kinds, told) = told(&app.url("/"), "busy", &[]);
    assert_eq!((status, kinds.as_str()), (Some(0), "large-body"), "{told:#}");
}

#[test]
fn mistaken_readings_are_found_by_what_makes_a_difference() {
    type Reads = fn(&str) -> &'static str;
    let rows: [(&str, &str, Reads, &str); 7] = [
        (
            "breaks on quotes",
            "after-gather",
            |target| if target.contains("digits=%22") { FAILS } else { OK },
            "fails, quoted-digits",
        ),
        (
            "compares without them",
            "after-ivr",
            |target| if has(target, "digits", "1") { OK } else { FOUND },
            "quoted-digits",
        ),
        ("compares with them", "after-ivr", |target| if has(target, "digits", "%221%22") { OK } else { FOUND }, ""),
        (
            "reads Cause as a name",
            "busy",
            |target| if has(target, CAUSE, "USER_BUSY") { OK } else { FOUND },
            "cause-as-name",
        ),
        ("reads Cause as a number", "busy", |target| if has(target, CAUSE, "17") { OK } else { FOUND }, ""),
        (
            "reads CauseCode as a number",
            "no-answer",
            |target| if has(target, CAUSE_CODE, "1003") { OK } else { FOUND },
            "cause-code-as-number",
        ),
        (
            "breaks on a name in Cause",
            "no-answer",
            |target| if has(target, CAUSE, "RING_TIMEOUT") { FAILS } else { OK },
            "",
        ),
    ];
    for (what, scenario, reads, kinds) in rows {
        let app = App::says(move |target, _| reads(target).to_owned());
        let (_, found, told) = told(&app.url("/"), scenario, &[]);
        assert_eq!(found, kinds, "{what}: {told:#}");
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn mistaken_readings_are_found_in_bodies_as_in_statuses() {
    type Reads = fn(&str, usize) -> String;
    let selects = |name: &str, more: usize| ok(&format!("{{\"select\": \"{name}\", \"at\": {more}}}"));
    let rows: [(&str, Reads, &str, &str); 6] = [
        (
            "selects by the digits without their quotes",
            |target, _| ok(if has(target, "digits", "1") { r#"{"select": "gold"}"# } else { r#"{"select": "none"}"# }),
            "quoted-digits",
            "It answers 200 selecting `none` to digits in double quotes, as they always come, and 200 selecting `gold` to",
        ),
        (
            "selects by the digits with them",
            |target, _| {
                ok(if has(target, "digits", "%221%22") { r#"{"select": "gold"}"# } else { r#"{"select": "none"}"# })
            },
            "",
            "",
        ),
        (
            "says a word",
            |target, _| ok(if has(target, "digits", "1") { "gold" } else { "none" }),
            "quoted-digits",
            "and 200 with another body to the same without",
        ),
        ("gives the digits back", |target, _| ok(target), "", ""),
        ("tells the time", |_, before| ok(&before.to_string()), "", ""),
        (
            "selects another name each time",
            |_, before| ok(&format!("{{\"select\": \"{before}\"}}")),
            "changes",
            "selecting `0`",
        ),
    ];
    for (what, reads, kinds, words) in rows {
        let app = App::says(reads);
        let (_, found, told) = told(&app.url("/"), "after-gather", &[]);
        assert_eq!(found, kinds, "{what}: {told:#}");
        assert!(told["findings"][0]["text"].as_str().unwrap_or_default().contains(words), "{what}: {told:#}");
    }
    // The time beside the name does not hide it.
    let app =
        App::says(move |target, before| selects(if has(target, "digits", "1") { "gold" } else { "none" }, before));
    assert_eq!(told(&app.url("/"), "after-ivr", &[]).1, "quoted-digits");
}

#[test]
fn an_application_that_cannot_hear_the_same_twice_is_found() {
    let app = App::says(|_, before| if before % 2 == 0 { OK } else { FAILS }.to_owned());
    let (status, kinds, told) = told(&app.url("/"), "completed", &[]);
    assert_eq!((status, kinds.as_str()), (Some(1), "changes"), "{told:#}");
    assert_eq!(app.asked().len(), 2, "what answers as it likes is not asked further");
}

#[test]
fn slow_and_silent_applications_are_found() {
    let slow = App::says(|_, before| {
        if before == 1 {
            std::thread::park_timeout(Duration::from_millis(2_100));
        }
        OK.to_owned()
    });
    let (status, kinds, found) = told(&slow.url("/"), "before-answer", &[]);
    assert_eq!((status, kinds.as_str()), (Some(0), "slow"), "{found:#}");
    assert!(found["scenarios"][0]["milliseconds"]["answer"].as_f64().is_some_and(|time| time >= 2_000.0), "{found:#}");
    let silent = App::says(|_, _| {
        std::thread::park_timeout(Duration::from_secs(60));
        String::new()
    });
    let (status, kinds, found) = told(&silent.url("/"), "before-answer", &["--timeout", "200ms"]);
    assert_eq!((status, kinds.as_str()), (Some(1), "timeout"), "{found:#}");
    assert_eq!(silent.asked().len(), 1);
}

#[test]
fn where_nobody_is_there_to_be_asked_one_scenario_is_enough() {
    let app = App::says(|_, _| OK.to_owned());
    let rows = [
        (format!("http://127.0.0.1:{}/", free_port()), "connect"),
        ("http://nobody.invalid/".to_owned(), "name"),
        (app.url("/").replace("http:", "https:"), "tls"),
        ("http://169.254.169.254/".to_owned(), "forbidden"),
    ];
    for (url, kind) in rows {
        let (status, kinds, told) = told(&url, "all", &["--timeout", "5s"]);
        assert_eq!((status, kinds.as_str()), (Some(1), kind), "{url}: {told:#}");
        assert_eq!((&told["not_tried"], &told["scenarios"][0]["exit"]), (&15.into(), &"else".into()), "{url}");
    }
}

#[test]
fn settings_of_the_account_are_those_of_the_configuration() {
    let app = App::says(|target, _| if target.contains("&CallFrom=%2B91") { OK } else { FOUND }.to_owned());
    let mut command = Command::new(env!("CARGO_BIN_EXE_passthru"));
    command.args(["check", "--scenario", "busy", "--json", &app.url("/")]).env("PASSTHRU_NUMBER_FORMAT", "e164");
    let output = command.output().expect("it runs");
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(told["scenarios"][0]["status"], 200, "{told:#}");
}

const SECRET: &str = "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const OTHER: &str = "whsec_AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

/// Settings in the environment.
type Environment<'a> = &'a [(&'a str, &'a str)];

/// What `passthru check --json` tells with them.
fn told_with(environment: Environment<'_>, arguments: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_passthru"));
    command.args(["check", "--json", "--scenario", "after-gather"]).args(arguments);
    let output = command.envs(environment.iter().copied()).output().expect("it runs");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|why| panic!("{why}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn an_application_that_verifies_signatures_gets_those_that_the_server_would_make() {
    let guarded = |secret: &'static str| {
        App::hears(move |heard, _| {
            let status = if heard.is_signed(secret) { "200 OK" } else { "401 Who" };
            format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n")
        })
    };
    let rows: [(Environment<'_>, &[&str], bool, &str); 7] = [
        (&[], &[], false, "credentials"),
        (&[("PASSTHRU_CALLOUT_IDENTIFY", "true")], &[], false, "credentials"),
        (&[("PASSTHRU_CALLOUT_SECRETS", SECRET)], &[], true, ""),
        (&[("PASSTHRU_CALLOUT_SECRETS", OTHER)], &[], true, "credentials"),
        (&[("PASSTHRU_CALLOUT_SECRETS", OTHER)], &["--secret", SECRET], true, ""),
        (&[], &["--secret", OTHER, "--secret", SECRET, "--method", "post"], true, ""),
        (&[], &["--secret", SECRET, "--method", "json", "--profile", "extended"], true, ""),
    ];
    for (environment, arguments, signed, kind) in rows {
        let app = guarded(SECRET);
        let told = told_with(environment, &[arguments, &[&app.url("/route?key=1")]].concat());
        assert_eq!(told["signed"], signed, "{environment:?} {arguments:?}");
        assert_eq!(told["findings"][0]["kind"].as_str().unwrap_or_default(), kind, "{arguments:?}: {told:#}");
    }
}

#[test]
fn each_request_names_its_callout_and_the_same_again_is_a_further_try_of_it() {
    let app = App::says(|target, _| if has(target, "digits", "1") { OK } else { FOUND }.to_owned());
    let told = told_with(&[("PASSTHRU_CALLOUT_IDENTIFY", "true")], &[&app.url("/")]);
    assert_eq!((&told["identified"], &told["signed"]), (&true.into(), &false.into()));
    let asked = app.asked();
    let sid =
        asked[0].target.split(['?', '&']).find_map(|pair| pair.strip_prefix("CallSid=")).expect("a call").to_owned();
    let marks: Vec<String> = asked
        .iter()
        .map(|heard| {
            let field = |name| heard.field(name).unwrap_or_default();
            format!(
                "{} {} {}",
                field("webhook-id").replace(&sid, "SID"),
                field("callout-seq"),
                field("callout-attempt")
            )
        })
        .collect();
    assert_eq!(
        marks,
        ["SID_1 1 1", "SID_1 1 2", "SID_2 2 1", "SID_3 3 1"],
        "misread digits are others than those that came"
    );
    let plain = App::says(|_, _| OK.to_owned());
    told_with(&[], &[&plain.url("/")]);
    assert_eq!(plain.asked()[0].field("webhook-id"), None, "without a setting nothing is added");
}

#[test]
fn the_url_is_asked_by_the_method_and_in_the_words_of_the_flow() {
    let rows: [(&[&str], &str, &str, &str); 4] = [
        (&[], "GET", "", "&digits=%221%22"),
        (&["--profile", "extended"], "GET", "", "&Keys=1"),
        (&["--method", "post"], "POST", "application/x-www-form-urlencoded", "&digits=%221%22"),
        (&["--method", "json", "--profile", "extended"], "POST", "application/json", r#""Keys":"1""#),
    ];
    for (arguments, method, kind, part) in rows {
        // It reads digits without their quotes, wherever they stand.
        let app = App::hears(|heard, _| {
            let read = format!("{}{}", heard.target, heard.body);
            let plain = has(&read, "digits", "1") || read.contains(r#""digits":"1""#);
            if plain { OK } else { FOUND }.to_owned()
        });
        let told = told_with(&[], &[arguments, &[&app.url("/route?key=1")]].concat());
        let first = &app.asked()[0];
        assert_eq!((first.method.as_str(), first.field("content-type").unwrap_or_default()), (method, kind));
        assert!(first.target.starts_with("/route?key=1"), "{first:?}");
        assert!(if method == "GET" { &first.target } else { &first.body }.contains(part), "{first:?}");
        assert_eq!(told["findings"][0]["kind"], "quoted-digits", "{arguments:?}: {told:#}");
        assert_eq!(told["scenarios"][0]["method"], method);
        let body = told["scenarios"][0]["body"].as_str().unwrap_or_default();
        assert_eq!(body, first.body, "the report has what was sent");
    }
}

#[test]
fn authorities_and_certificates_of_ones_own_are_used_as_the_server_uses_them() {
    let mut authority = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().expect("a key");
    let root = authority.self_signed(&key).expect("a certificate");
    let issuer = rcgen::Issuer::new(authority, key);
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let file = |name: &str| path(name).to_str().expect("text").to_owned();
    std::fs::write(path("ca.pem"), root.pem()).expect("written");
    for name in ["server", "client"] {
        let key = rcgen::KeyPair::generate().expect("a key");
        let names = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("parameters");
        std::fs::write(path(&format!("{name}.pem")), names.signed_by(&key, &issuer).expect("signed").pem())
            .expect("written");
        std::fs::write(path(&format!("{name}.key")), key.serialize_pem()).expect("written");
    }
    let app = demanding(folder.path());
    let url = format!("https://{app}/");
    let identity = |more: &str| {
        let name = format!("{}.toml", more.len());
        let client = format!("certificate = \"{}\"\nkey = \"{}\"\n", file("client.pem"), file("client.key"));
        let text = format!("{more}[[identity]]\norigin = \"https://{app}\"\n{client}");
        std::fs::write(path(&name), text).expect("written");
        file(&name)
    };
    let whole = identity(&format!("[callout]\nca_file = \"{}\"\n", file("ca.pem")));
    let half = identity("");
    let rows: [(&[&str], &[&str]); 4] = [
        (&[], &["certificate-issuer"]),
        // In TLS 1.3 the refusal comes after the handshake: an alert, or no more than a closed connection.
        (&["--ca-file", &file("ca.pem")], &["tls", "protocol"]),
        (&["--ca-file", &file("ca.pem"), "--config", &half], &[""]),
        (&["--config", &whole], &[""]),
    ];
    for (arguments, kinds) in rows {
        let told = told_with(&[], &[arguments, &[&url]].concat());
        let kind = told["findings"][0]["kind"].as_str().unwrap_or_default();
        assert!(kinds.contains(&kind), "{arguments:?}: {told:#}");
    }
    let (status, _, err) = check(&["--ca-file", "/nonexistent.pem", &url]);
    assert!(status == Some(1) && err.contains("/nonexistent.pem"), "{err}");
}

/// An application that asks its clients for a certificate of the folder's authority, and answers 200.
fn demanding(folder: &Path) -> SocketAddr {
    let read = |name: &str| CertificateDer::from_pem_file(folder.join(name)).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(read("ca.pem")).expect("an authority");
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).expect("a key");
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_client_cert_verifier(clients.expect("a verifier"))
        .with_single_cert(vec![read("server.pem")], key)
        .expect("an identity");
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let config = Arc::clone(&config);
            std::thread::spawn(move || {
                let mut tls = rustls::ServerConnection::new(config).expect("a connection");
                let mut reader = BufReader::new(rustls::Stream::new(&mut tls, &mut stream));
                while read_and_answer(&mut reader).is_some() {}
            });
        }
    });
    address
}

fn read_and_answer(reader: &mut BufReader<impl std::io::Read + std::io::Write>) -> Option<()> {
    read(reader)?;
    reader.get_mut().write_all(OK.as_bytes()).ok()
}

#[test]
fn scenarios_are_listed_and_bad_usage_has_a_status_of_its_own() {
    let (status, out, _) = check(&["--list"]);
    assert_eq!((status, out.lines().count()), (Some(0), 16), "{out}");
    assert!(out.contains("\nafter-gather            the caller has pressed 1 at a gather\n"), "{out}");
    let rows: [(&[&str], &str); 7] = [
        (&[], "<URL>"),
        (&["http://h/", "--method", "put"], "get, post, json"),
        (&["http://h/", "--profile", "long"], "classic, extended"),
        (&["crm.example/route"], "write one such as http://127.0.0.1:9000/route"),
        (&["ftp://crm.example/"], "neither http nor https"),
        (&["http://h/", "--scenario", "after-gathr"], "'after-gather'"),
        (&["http://h/", "--timeout", "soon"], "is no length of time"),
    ];
    for (arguments, words) in rows {
        let (status, out, err) = check(arguments);
        assert_eq!((status, out.as_str()), (Some(2), ""), "{arguments:?}: {err}");
        assert!(err.contains(words), "{arguments:?}: {err}");
    }
    let (status, out, err) = check(&["http://h/", "--secret", "s3cret"]);
    assert_eq!((status, out.as_str()), (Some(1), ""), "{err}");
    assert!(err.contains("--secret: a secret begins with `whsec_`") && !err.contains("s3cret"), "{err}");
}
