//! `passthru check` against applications that behave badly, each in its own way.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::program::installed;
use crate::server::{DEADLINE, free_port};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const FOUND: &str = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n";
const FAILS: &str = "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n";

/// An application: it is told the request's target and how many there were before, and says all that goes over the wire.
struct App {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl App {
    fn says(answer: impl Fn(&str, usize) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (asked, answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(answer));
        let count = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answer, count) = (Arc::clone(&answer), Arc::clone(&count));
                std::thread::spawn(move || serve(stream, &*answer, &count));
            }
        });
        Self { address, asked }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

fn serve(mut stream: TcpStream, answer: &(impl Fn(&str, usize) -> String + ?Sized), count: &AtomicUsize) {
    let mut lines = BufReader::new(stream.try_clone().expect("a second handle")).lines().map_while(Result::ok);
    while let Some(line) = lines.next() {
        while lines.next().is_some_and(|header| !header.is_empty()) {}
        let target = line.split(' ').nth(1).unwrap_or_default();
        let said = answer(target, count.fetch_add(1, Ordering::SeqCst));
        if said.is_empty() || stream.write_all(said.as_bytes()).is_err() {
            return;
        }
    }
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
    assert!(out.ends_with("\n\n3 take `200`, 9 take `else`: nothing is wrong\n"), "{out}");
    let rows: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["scenario", "exit", "answer", "total", "name", "connect", "TLS", "answer"]);
    assert_eq!(rows[1][..3], ["before-answer", "else", "302"]);
    assert_eq!(rows[3][..3], ["after-gather", "200", "200"]);
    assert!(!out.contains('\x1b'), "no colours but on a terminal");
    let asked = app.asked.load(Ordering::SeqCst);
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

#[test]
fn an_application_that_cannot_hear_the_same_twice_is_found() {
    let app = App::says(|_, before| if before % 2 == 0 { OK } else { FAILS }.to_owned());
    let (status, kinds, told) = told(&app.url("/"), "completed", &[]);
    assert_eq!((status, kinds.as_str()), (Some(1), "changes"), "{told:#}");
    assert_eq!(app.asked.load(Ordering::SeqCst), 2, "what answers as it likes is not asked further");
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
    assert_eq!(silent.asked.load(Ordering::SeqCst), 1);
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
        assert_eq!((&told["not_tried"], &told["scenarios"][0]["exit"]), (&11.into(), &"else".into()), "{url}");
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

#[test]
fn scenarios_are_listed_and_bad_usage_has_a_status_of_its_own() {
    let (status, out, _) = check(&["--list"]);
    assert_eq!((status, out.lines().count()), (Some(0), 12), "{out}");
    assert!(out.contains("\nafter-gather            the caller has pressed 1 at a gather\n"), "{out}");
    let rows: [(&[&str], &str); 5] = [
        (&[], "<URL>"),
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
}
