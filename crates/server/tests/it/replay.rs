//! A report that was given up is looked at, sent again and edited, with curl against a running server; and what calls waited for.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::curl::{curl, json, values};
use crate::server::{DEADLINE, Server};
use crate::sipp::Sipp;
use crate::web::Web;

/// Answers, reports, and ends.
fn flow(report: &str) -> String {
    format!(
        r#"
flow: reporting
start: begin
nodes:
  begin: {{ applet: answer, next: report }}
  report: {{ applet: passthru, url: "{report}", async: true, next: bye }}
  bye: {{ applet: hangup, cause: 17 }}
"#
    )
}

/// Asks, and ends.
fn asking(url: &str) -> String {
    format!(
        r#"
flow: asking
start: ask
nodes:
  ask: {{ applet: passthru, url: "{url}", on: {{ 200: yes, else: yes }} }}
  yes: {{ applet: answer, next: bye }}
  bye: {{ applet: hangup, cause: 17 }}
"#
    )
}

#[test]
fn slow_says_what_calls_waited_for_while_the_server_runs() {
    let web = Web::answers(&[("/route", 200, "")]);
    let server = Server::with_flows(&[("asking.yaml", asking(&web.url("/route?key=s3cret")))], "");
    let before = server.slow(&[]);
    assert!(before.starts_with("No: since ") && before.contains("no call has waited"), "{before}");
    Sipp::calls(server.sip, "08011112222", "ended_17").with(&["-m", "3", "-l", "1"]).run();
    listed(&server, "kind=sync&state=answered", 3);
    let table = server.slow(&["--since", "10m", "--by", "url"]);
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("url ") && lines[0].ends_with("waited s"), "{table}");
    let cells: Vec<&str> = lines[1].split_whitespace().collect();
    assert_eq!((cells[0], cells[1], cells[2]), (&*web.url("/route"), "3", "0"), "{table}");
    assert!(!table.contains("s3cret") && table.contains("\nNext: "), "{table}");
    let nodes = server.slow(&["--by", "node"]);
    assert!(nodes.contains("\nasking/ask "), "{nodes}");
}

#[test]
fn the_body_of_a_refusal_is_kept_and_no_caller_waits_for_it() {
    let reports = Web::answers(&[("/calls", 200, "")]);
    let report = reports.url("/calls");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/route", listener.local_addr().expect("bound"));
    // The body leaves when the flow has gone on already.
    let app = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("it is asked");
        let mut lines = BufReader::new(stream.try_clone().expect("a second handle")).lines().map_while(Result::ok);
        while lines.next().is_some_and(|line| !line.is_empty()) {}
        stream.write_all(b"HTTP/1.1 500 Broken\r\nContent-Length: 12\r\n\r\n").expect("sent");
        assert!(reports.next().starts_with("/calls?"));
        stream.write_all(b"no such plan").expect("sent");
        // Until it is closed.
        assert_eq!(lines.next(), None);
    });
    let flow = format!(
        r#"
flow: asking
start: ask
nodes:
  ask: {{ applet: passthru, url: "{url}", on: {{ 200: bye, else: report }} }}
  report: {{ applet: passthru, url: "{report}", async: true, next: yes }}
  yes: {{ applet: answer, next: bye }}
  bye: {{ applet: hangup, cause: 17 }}
"#
    );
    let server = Server::with_flows(&[("asking.yaml", flow)], "");
    Sipp::calls(server.sip, "08011112222", "ended_17").run();
    let asked = listed(&server, "kind=sync", 1);
    let end = Instant::now() + DEADLINE;
    loop {
        let shown = json(&server, &format!("/api/v1/callouts/{}", asked[0]));
        if shown.contains("no such plan") {
            break;
        }
        assert!(Instant::now() < end, "{shown}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
    drop(server);
    app.join().expect("it did as it should");
}

/// The callouts of a list, once there are as many as wanted.
fn listed(server: &Server, query: &str, count: usize) -> Vec<String> {
    let end = Instant::now() + DEADLINE;
    loop {
        let list = json(server, &format!("/api/v1/callouts?{query}"));
        let ids = values(&list, "id");
        if ids.len() == count {
            return ids.into_iter().map(str::to_owned).collect();
        }
        assert!(Instant::now() < end, "{query}: {list}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

#[test]
fn a_dead_letter_is_seen_edited_and_replayed() {
    let gone = Web::answers(&[("/calls", 410, "no more")]);
    let server = Server::with_flows(&[("reporting.yaml", flow(&gone.url("/calls?key=s3cret")))], "");
    Sipp::calls(server.sip, "08011112222", "ended_17").run();
    let first = gone.next();
    let dead = listed(&server, "state=dead&flow=reporting", 1);
    let path = format!("/api/v1/callouts/{}", dead[0]);
    let shown = json(&server, &path);
    assert!(shown.contains("\"answer\":{\"status\":410,\"headers\":[{\"name\":\"content-type\""), "{shown}");
    assert!(shown.contains(&format!("\"address\":\"{}\"", gone.address)), "{shown}");

    // As it was: the same name, the next attempt.
    let (status, _, body) = curl(&server, &format!("{path}/replay"), &["-X", "POST"]);
    assert_eq!((status, values(&body, "id")), (202, vec![dead[0].as_str()]), "{body}");
    assert_eq!(gone.next(), first);
    assert_eq!(listed(&server, "state=dead", 1), dead);
    assert!(json(&server, &path).contains("\"attempts\":2"));

    // To another URL: a callout of its own, and the call's journal says so.
    let alive = Web::answers(&[("/elsewhere", 200, "")]);
    let change = format!("{{\"url\":\"{}\"}}", alive.url("/elsewhere?why=replay"));
    let (status, _, body) = curl(&server, &format!("{path}/replay"), &["-d", &change]);
    assert_eq!(status, 202, "{body}");
    assert_eq!(alive.next(), "/elsewhere?why=replay");
    let delivered = listed(&server, "state=delivered", 1);
    assert_eq!(values(&body, "id"), delivered);
    assert!(delivered[0].contains("_1000"), "{delivered:?}");
    let (call, _) = dead[0].rsplit_once('_').expect("a call and a number");
    let journal = json(&server, &format!("/api/v1/calls/{call}/events"));
    assert_eq!(values(&journal, "event").iter().filter(|event| **event == "notify_replayed").count(), 2, "{journal}");

    // All that are dead, first only counted.
    let (_, _, dry) = curl(&server, "/api/v1/callouts/replay", &["-d", "{\"dry_run\":true}"]);
    assert_eq!(dry, "{\"found\":1,\"replayed\":0,\"more\":false,\"next\":null}");
    let (_, _, done) = curl(&server, "/api/v1/callouts/replay", &["-d", "{\"flow\":\"reporting\"}"]);
    assert_eq!(done, "{\"found\":1,\"replayed\":1,\"more\":false,\"next\":null}");
    assert_eq!(gone.next(), first);
}
