//! sipsak asks whether it is alive, and curl uses the API as a user does: health, figures, lists, journals, live events,
//! and what must not be asked.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::server::{DEADLINE, Server};
use crate::sipp::Sipp;

const NUMBER: &str = "+918011112222";
const PROBLEM: &str = "application/problem+json";

/// Status, content type and body of what curl asks for.
pub(crate) fn curl(server: &Server, path: &str, more: &[&str]) -> (u16, String, String) {
    let seconds = DEADLINE.as_secs().to_string();
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--path-as-is", "--max-time", &seconds, "-w", "\n%{http_code} %{content_type}"]).args(more);
    let output = curl.arg(server.url(path)).output().expect("curl is installed: scripts/install test");
    assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let (body, last) = text.rsplit_once('\n').expect("what -w says");
    let (status, kind) = last.split_once(' ').expect("status and type");
    (status.parse().expect("a status"), kind.to_owned(), body.to_owned())
}

/// What succeeds and is JSON.
pub(crate) fn json(server: &Server, path: &str) -> String {
    let (status, kind, body) = curl(server, path, &[]);
    assert_eq!((status, kind.as_str()), (200, "application/json"), "{path}: {body}");
    body
}

/// The values of a field of text, in their order.
pub(crate) fn values<'a>(json: &'a str, field: &str) -> Vec<&'a str> {
    json.split(&format!("\"{field}\":\"")).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn sipsak_is_answered() {
    let server = Server::start("");
    let sipsak = Command::new("sipsak").args(["-s", &format!("sip:{}", server.sip)]).status();
    assert!(sipsak.expect("sipsak is installed: scripts/install test").success());
}

#[test]
fn calls_are_listed_narrowed_and_shown() {
    let server = Server::start("");
    Sipp::calls(server.sip, NUMBER, "leaver").with(&["-m", "3", "-l", "1"]).run();
    server.journal();
    let all = json(&server, "/api/v1/calls?state=completed&flow=hello&to=%2B918011112222");
    let first = json(&server, "/api/v1/calls?limit=2");
    let cursor = values(&first, "next").first().copied().expect("a page after it").to_owned();
    let second = json(&server, &format!("/api/v1/calls?limit=2&cursor={cursor}"));
    let pages: Vec<&str> = [&first, &second].into_iter().flat_map(|page| values(page, "sid")).collect();
    assert_eq!((pages.len(), &pages), (3, &values(&all, "sid")));
    assert!(second.ends_with("\"next\":null}"), "{second}");
    assert_eq!(values(&json(&server, "/api/v1/calls?from=%2B910000000000"), "sid"), [""; 0]);
    let call = json(&server, &format!("/api/v1/calls/{}", pages[0]));
    assert_eq!((values(&call, "ended_by"), values(&call, "name")), (vec!["caller"], vec!["NORMAL_CLEARING"]));
    let journal = json(&server, &format!("/api/v1/calls/{}/events", pages[0]));
    let events = values(&journal, "event");
    assert_eq!((events.first(), events.last()), (Some(&"offered"), Some(&"ended")), "{journal}");
}

#[test]
fn a_live_call_passes_by() {
    let server = Server::start("");
    let mut curl = Command::new("curl");
    curl.args(["-sSN", "-D", "-", "--max-time", &DEADLINE.as_secs().to_string(), &server.url("/api/v1/events")])
        .stdout(Stdio::piped());
    let mut child = curl.spawn().expect("curl is installed: scripts/install test");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
    assert!(lines.next().is_some_and(|line| line.contains("200")), "the stream is open");
    Sipp::calls(server.sip, NUMBER, "leaver").run();
    let told: Vec<String> = lines.filter(|line| line.starts_with("data: ")).take_while(|line| !is_end(line)).collect();
    child.kill().expect("it ran");
    child.wait().expect("it ended");
    let events: Vec<&str> = told.iter().flat_map(|line| values(line, "event")).collect();
    assert_eq!(events.first(), Some(&"offered"), "{told:?}");
    assert!(events.contains(&"answered") && events.contains(&"leg_ended"), "{events:?}");
}

fn is_end(line: &str) -> bool {
    line.contains("\"event\":\"ended\"")
}

#[test]
fn health_figures_and_document_are_there() {
    let server = Server::start("");
    assert_eq!(json(&server, "/healthz"), "{\"status\":\"ok\"}");
    let (status, kind, figures) = curl(&server, "/metrics", &[]);
    assert_eq!((status, kind.as_str()), (200, "text/plain; version=0.0.4; charset=utf-8"));
    assert!(figures.contains("# TYPE passthru_calls_total counter\n"), "{figures}");
    let document = json(&server, "/api/v1/openapi.json");
    let paths: Vec<&str> = document.split('"').filter(|text| text.starts_with('/') && !text.contains(' ')).collect();
    assert!(paths.contains(&"/api/v1/calls/{sid}/events"), "{paths:?}");
    for path in paths.into_iter().filter(|path| *path != "/api/v1/events") {
        let query = match path {
            "/api/v1/recordings" => "?mailbox=nobody",
            "/api/v1/phone" => "?to=nobody",
            _ => "",
        };
        let (status, kind, body) = curl(&server, &format!("{}{query}", path.replace("{sid}", "nobody")), &[]);
        let problem = kind == PROBLEM && matches!(status, 404 | 405 | 426);
        let locked = ["/v1/", "/v2/", "/v2_beta/"].iter().any(|version| path.starts_with(version));
        assert!((status == 401) == locked && (status == 200 || problem || locked), "{path}: {status} {kind} {body}");
    }
}

/// What no client should ask, and the status that says so.
const WRONG: [(&str, &[&str], u16); 18] = [
    ("/api/v1/calls?limit=0", &[], 400),
    ("/api/v1/calls?limit=99999999999999999999", &[], 400),
    ("/api/v1/calls?limit=1&limit=2", &[], 400),
    ("/api/v1/calls?cursor=9-x", &[], 400),
    ("/api/v1/calls?since=yesterday", &[], 400),
    ("/api/v1/calls?until=9999-12-31T23:59:59Z", &[], 400),
    ("/api/v1/calls?state=dead", &[], 400),
    ("/api/v1/calls?colour=red", &[], 400),
    ("/api/v1/calls", &["-X", "POST"], 405),
    ("/api/v1/calls/%00", &[], 404),
    ("/api/v1/calls/%FF", &[], 404),
    ("/api/v1/calls/..%2F..%2Fetc%2Fpasswd", &[], 404),
    ("/api/v1/calls/nobody/events?from=4294967296", &[], 400),
    ("/api/v1/calls/nobody/hangup", &["-X", "POST"], 404),
    ("/api/v1/calls/nobody/hangup", &["-d", "now"], 400),
    ("/api/v1/calls/nobody/hangup", &["-X", "POST", "-H", "Origin: http://elsewhere.example"], 403),
    ("/healthz", &["-X", "BREW"], 405),
    ("//api/v1/calls", &[], 404),
];

#[test]
fn what_is_wrong_is_a_problem_with_a_next_step() {
    let server = Server::start("");
    for (path, more, expected) in WRONG {
        let (status, kind, body) = curl(&server, path, more);
        assert_eq!((status, kind.as_str()), (expected, PROBLEM), "{path}: {body}");
        assert!(body.contains("\"detail\":\""), "{path}: {body}");
    }
    // Odd values are values: nothing is found, and nothing breaks.
    for path in ["from=%F0%28", "from=%00", "to=%", "flow='%20OR%201=1", "from="] {
        assert_eq!(json(&server, &format!("/api/v1/calls?{path}")), "{\"calls\":[],\"next\":null}");
    }
}
