//! `passthru listen`, asked by curl as applications are asked; and what it kept, sent again.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use serde_json::Value;

use crate::server::DEADLINE;

/// A listening application, ended by Ctrl-C.
struct Listener {
    child: Child,
    out: BufReader<ChildStdout>,
    url: String,
}

impl Listener {
    fn start(arguments: &[&str]) -> Self {
        let mut command = passthru();
        command.args(["listen", "--port", "0"]).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        out.read_line(&mut line).expect("its first line");
        let url = line.strip_prefix("listening on ").and_then(|rest| rest.split_once(';')).expect("where it listens").0;
        Self { url: url.to_owned(), child, out }
    }

    /// The status and body of an answer to curl.
    fn asked(&self, path: &str, arguments: &[&str]) -> (String, String) {
        let mut curl = Command::new("curl");
        curl.args(["-sS", "-g", "--max-time", &DEADLINE.as_secs().to_string(), "-w", "\n%{http_code} %{content_type}"]);
        let output = curl.args(arguments).arg(format!("{}{path}", self.url)).output();
        let text = String::from_utf8(output.expect("curl is installed: scripts/install test").stdout).expect("text");
        let (body, status) = text.rsplit_once('\n').expect("a last line");
        (status.trim_end().to_owned(), body.to_owned())
    }

    /// What it printed until it was told to end, what it complained of, and whether it ended well.
    fn ended(mut self) -> (String, String, bool) {
        let told = Command::new("kill").args(["-s", "INT", &self.child.id().to_string()]).status();
        assert!(told.expect("kill").success());
        let (mut out, mut err) = (String::new(), String::new());
        self.out.read_to_string(&mut out).expect("text");
        self.child.stderr.take().expect("piped").read_to_string(&mut err).expect("text");
        (out, err, self.child.wait().expect("it ends").success())
    }
}

fn passthru() -> Command {
    Command::new(env!("CARGO_BIN_EXE_passthru"))
}

fn lines<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    text.lines().filter(|line| line.contains(word)).collect()
}

#[test]
fn requests_are_answered_by_rules_and_explained() {
    let listener = Listener::start(&[
        "--rule",
        "CallFrom ends 7 => 302",
        "--rule",
        "digits is 2 => 200 after 100ms body {\"select\": \"gold\"}",
        "--answer",
        "503 body later",
    ]);
    assert_eq!(listener.asked("/route?CallFrom=09900000007&digits=%222%22", &[]), ("302".into(), String::new()));
    let gold = ("200 application/json".to_owned(), "{\"select\": \"gold\"}".to_owned());
    assert_eq!(listener.asked("/route?CallFrom=09900000001&digits=%222%22", &[]), gold);
    assert_eq!(listener.asked("/a", &[]), ("503 text/plain; charset=utf-8".into(), "later".into()));
    let (out, err, good) = listener.ended();
    assert!(good && err.is_empty(), "{err}");
    assert_eq!(lines(&out, "  GET ").len(), 3, "{out}");
    assert!(out.contains("\n    CallFrom  09900000007  the caller; of a call that the API started"), "{out}");
    assert!(out.contains("take them off to have 2\n"), "{out}");
    assert!(lines(&out, "-> 302")[0].contains("by rule 1, CallFrom ends 7 => 302; after "), "{out}");
    assert!(lines(&out, "-> 302")[0].ends_with("a Passthru takes its exit `else`"), "{out}");
    assert!(lines(&out, "-> 503")[0].contains("by no rule"), "{out}");
    assert!(out.ends_with("3 requests: 1 got 200, 1 got 302, 1 got 503\n"), "{out}");
    assert!(!out.contains('\x1b'), "no colours but on a terminal");
}

const SECRET: &str = "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const OTHER: &str = "whsec_AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

/// `passthru check` of one scenario, signed: the same request twice.
fn checked(url: &str) {
    let mut check = passthru();
    check.args(["check", url, "--scenario", "before-answer", "--method", "post", "--secret", SECRET]);
    assert!(check.stdout(Stdio::null()).status().expect("it runs").success());
}

#[test]
fn which_callout_a_request_is_of_is_explained_and_its_signature_verified() {
    let listener = Listener::start(&["--secret", SECRET, "--rule", "header:callout-attempt is 2 => 200 after 50ms"]);
    checked(&format!("{}/route?key=1", listener.url));
    let forged = ["-H", "Webhook-Id: 1_1_fallback", "-H", "Callout-Fallback-Reason: status 503"];
    assert_eq!(listener.asked("/route", &forged).0, "200");
    let (out, err, good) = listener.ended();
    assert!(good && err.is_empty(), "{err}");
    let (tries, sequence) = (lines(&out, "    callout-attempt "), lines(&out, "    callout-seq "));
    assert!(tries[0].contains("  1 ") && tries[0].ends_with("the first try"), "{out}");
    assert!(tries[1].contains("  2 ") && sequence.len() == 2, "{out}");
    let ids = lines(&out, "    webhook-id ");
    assert!(ids[0] == ids[1] && ids[2].contains("fallback_url"), "{out}");
    assert_eq!(lines(&out, "    webhook-timestamp ").len(), 2, "{out}");
    let signatures: Vec<&str> =
        lines(&out, "    webhook-signature ").iter().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(signatures, ["holds", "holds", "missing"], "{out}");
    assert!(out.contains("    callout-fallback-reason  status 503 "), "{out}");
    assert!(lines(&out, "-> 200")[1].contains("by rule 1, header:callout-attempt is 2 => 200"), "{out}");
    assert_eq!(lines(&out, "the signature does not hold").len(), 1, "{out}");
}

#[test]
fn a_signature_that_is_not_of_the_secret_is_told_of_and_without_a_secret_it_is_only_named() {
    for (arguments, verdict) in [(&["--secret", OTHER][..], "mismatch"), (&[], "unchecked")] {
        let listener = Listener::start(arguments);
        checked(&listener.url);
        let (out, ..) = listener.ended();
        let line = lines(&out, "    webhook-signature ")[0];
        assert_eq!(line.split_whitespace().nth(1), Some(verdict), "{out}");
    }
}

#[test]
fn bodies_of_every_kind_are_read_kept_and_sent_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("calls.jsonl");
    let kept = file.to_str().expect("text");
    let listener = Listener::start(&["--keep", kept]);
    for arguments in [
        &["-d", "CallSid=1&Status=completed"][..],
        &["-F", "CallSid=2", "-F", "Legs[0][Status]=busy"],
        &["-H", "Content-Type: application/json", "-d", "{\"CallSid\": \"3\", \"Legs\": [{\"AnsweredBy\": \"NA\"}]}"],
        &["-H", "Content-Type: application/json", "-d", "{"],
        &["-d", "CallSid=1&Status=completed"],
    ] {
        assert_eq!(listener.asked("/status?key=1", arguments).0, "200", "{arguments:?}");
    }
    let (out, _, good) = listener.ended();
    assert!(good);
    assert_eq!(lines(&out, "    CallSid ").len(), 4, "{out}");
    assert!(out.contains("Legs[0][Status]") && out.contains("Legs[0][AnsweredBy]"), "{out}");
    assert_eq!(lines(&out, "the JSON body cannot be read").len(), 1, "{out}");
    assert_eq!(lines(&out, "the same as #1, byte for byte").len(), 1, "{out}");
    assert!(out.ends_with(&format!("passthru listen --replay {kept} --to URL\n")), "{out}");
    is_private(&file);

    let second = Listener::start(&["--print", "text"]);
    let output = replay(kept, &format!("{}/other", second.url));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.ends_with("5 sent, 0 without an answer\n"), "{text}");
    assert!(lines(&text, "-> 200").len() == 5 && text.contains("  POST /status\n"), "{text}");
    let (again, ..) = second.ended();
    let parameters = |text: &str| lines(text, "    ").into_iter().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(parameters(&again), parameters(&out), "the bodies arrived as they were");
    assert!(again.contains("POST /other"), "{again}");
}

fn replay(file: &str, to: &str) -> Output {
    passthru().args(["listen", "--replay", file, "--to", to]).output().expect("it runs")
}

fn is_private(file: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(fs::metadata(file).expect("a file").permissions().mode() & 0o777, 0o600);
}

#[test]
fn machines_get_a_line_of_json_each() {
    let mut command = passthru();
    let bound = format!("127.0.0.1:{}", crate::server::free_port());
    command.args(["listen", "--bind", &bound, "--print", "json"]).stdout(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut curl = Command::new("curl");
    curl.args([
        "-sS",
        "--retry",
        "20",
        "--retry-connrefused",
        "--retry-delay",
        "1",
        &format!("http://{bound}/a?digits=1"),
    ]);
    assert!(curl.status().expect("curl is installed: scripts/install test").success());
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    child.kill().expect("it ran");
    child.wait().expect("it ended");
    let told: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(
        (&told["parameters"][0]["name"], &told["status"], &told["rule"]),
        (&"digits".into(), &200.into(), &Value::Null)
    );
}

#[test]
fn a_body_past_the_limit_is_refused_and_told_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("body");
    let listener = Listener::start(&[]);
    for (length, status) in [(1024 * 1024, "200"), (1024 * 1024 + 1, "413")] {
        fs::write(&file, vec![b'x'; length]).expect("it can be written");
        let data = format!("@{}", file.display());
        let (said, _) = listener.asked("/", &["-H", "Expect:", "--data-binary", &data, "-H", "Content-Type: a/b"]);
        assert_eq!(said.split(' ').next(), Some(status), "{length}");
    }
    let (out, err, _) = listener.ended();
    assert!(err.contains("a body of more than 1048576 bytes: 413"), "{err}");
    assert!(out.ends_with("1 request: 1 got 200\n"), "{out}");
}

#[test]
fn an_answer_that_is_held_back_is_given_when_the_program_ends() {
    let listener = Listener::start(&["--answer", "200 after 100s", "--rule", "path is /now => 200"]);
    let url = format!("{}/later", listener.url);
    let mut curl = Command::new("curl");
    curl.args(["-sS", "-o", "/dev/null", "-w", "%{http_code}", "--trace-ascii", "-", &url]).stdout(Stdio::piped());
    let mut waits = curl.spawn().expect("curl is installed: scripts/install test");
    let mut said = BufReader::new(waits.stdout.take().expect("piped"));
    let mut line = String::new();
    while !line.contains("Send header") {
        line.clear();
        assert!(said.read_line(&mut line).expect("a line") > 0, "curl asks");
    }
    // What curl has sent is taken in before what it sends now.
    assert_eq!(listener.asked("/now", &[]).0, "200");
    let (out, _, good) = listener.ended();
    let mut rest = String::new();
    said.read_to_string(&mut rest).expect("text");
    waits.wait().expect("it ends");
    assert!(good && rest.ends_with("200"), "{rest}");
    assert!(out.ends_with("2 requests: 2 got 200\n"), "{out}");
}

#[test]
fn what_cannot_be_is_refused_at_the_start() {
    let taken = Listener::start(&[]);
    let port = taken.url.rsplit_once(':').expect("a port").1.to_owned();
    let folder = tempfile::tempdir().expect("a folder");
    let (broken, absent) = (folder.path().join("broken"), folder.path().join("absent/x"));
    fs::write(&broken, "{}\n").expect("it can be written");
    let (broken, absent) = (broken.to_str().expect("text"), absent.to_str().expect("text"));
    let to = "http://127.0.0.1:9";
    let rows: [(&[&str], i32, &str); 10] = [
        (&["--secret", "s3cret"], 1, "--secret: a secret begins with `whsec_`"),
        (&["--rule", "CallFrom end 7 => 302"], 2, "character 10: `end` is none of is, "),
        (&["--rule", "CallFrom end 7 => 302"], 2, "an example: CallFrom ends 7 => 302 after 2s"),
        (&["--answer", "yes"], 2, "character 1: `yes` is no status"),
        (&["--replay", broken], 2, "--to <URL>"),
        (&["--port", &port], 1, "another program has it"),
        (&["--port", "0", "--keep", absent], 1, "--keep"),
        (&["--replay", broken, "--to", to], 1, "line 1 is no request that --keep has written"),
        (&["--replay", absent, "--to", to], 1, "name a file that --keep has written"),
        (&["--replay", broken, "--to", "h:9"], 1, "write one such as http://127.0.0.1:9000"),
    ];
    for (arguments, status, words) in rows {
        let output = passthru().arg("listen").args(arguments).output().expect("it runs");
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {err}");
        assert!(err.contains(words), "{arguments:?}: {err}");
    }
    taken.ended();
}

#[test]
fn a_request_that_nobody_answers_is_told_of_when_it_is_sent_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("calls.jsonl");
    let line = r#"{"received":"2026-11-24T04:30:00Z","method":"GET","url":"http://h/a","headers":[]}"#;
    fs::write(&file, format!("{line}\n{line}\n")).expect("it can be written");
    let output = replay(file.to_str().expect("text"), &format!("http://127.0.0.1:{}", crate::server::free_port()));
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(lines(&text, "-> connection failed").len(), 2, "{text}");
    assert!(text.ends_with("2 sent, 2 without an answer\n"), "{text}");
}
