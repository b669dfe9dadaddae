//! The user's URL steers a real call, and hears of it.

use crate::server::{Server, free_port};
use crate::sipp::Sipp;
use crate::web::Web;

/// Asks, takes the exit, reports, and ends with a cause that shows which exit it was.
fn flow(ask: &str, report: &str) -> String {
    format!(
        r#"
flow: steered
start: ask
nodes:
  ask: {{ applet: passthru, url: "{ask}", on: {{ 200: yes, else: no }} }}
  yes: {{ applet: answer, next: yes-report }}
  yes-report: {{ applet: passthru, url: "{report}", async: true, next: yes-bye }}
  yes-bye: {{ applet: hangup, cause: 17 }}
  no: {{ applet: answer, next: no-report }}
  no-report: {{ applet: passthru, url: "{report}", async: true, next: no-bye }}
  no-bye: {{ applet: hangup, cause: 19 }}
"#
    )
}

#[test]
fn a_200_takes_one_exit_and_the_report_arrives() {
    let web = Web::answers(&[("/route", 200, ""), ("/calls", 200, "")]);
    let flow = flow(&web.url("/route?key=s3cret"), &web.url("/calls"));
    let server = Server::with_flows(&[("steered.yaml", &flow)], "");
    Sipp::calls(server.sip, "08011112222", "ended_17").run();
    let asked = web.next();
    assert!(asked.starts_with("/route?key=s3cret&CallSid="), "{asked}");
    assert!(
        asked.contains("&CallFrom=09900000001&CallTo=08011112222&CallStatus=ringing&Direction=incoming&"),
        "{asked}"
    );
    let report = web.next();
    assert!(report.starts_with("/calls?CallSid=") && report.contains("&CallStatus=in-progress&"), "{report}");
    let sid = report.split(['=', '&']).nth(1).expect("a CallSid").to_owned();
    let (status, call) = server.get(&format!("/api/v1/calls/{sid}"));
    assert_eq!(status, 200, "{call}");
    assert!(call.contains("\"flow\":\"steered\"") && call.contains("+919900000001"), "{call}");
    assert_eq!(server.get("/healthz").0, 200);
}

#[test]
fn a_302_takes_the_other_exit_and_is_not_followed() {
    let web = Web::answers(&[("/route", 302, ""), ("/calls", 200, "")]);
    let flow = flow(&web.url("/route"), &web.url("/calls"));
    let server = Server::with_flows(&[("steered.yaml", &flow)], "");
    Sipp::calls(server.sip, "08011112222", "ended_19").run();
    assert!(web.next().starts_with("/route?"));
    assert!(web.next().starts_with("/calls?"));
}

#[test]
fn a_dead_url_is_just_the_other_exit() {
    let web = Web::answers(&[("/calls", 200, "")]);
    let dead = format!("http://127.0.0.1:{}/route", free_port());
    let server = Server::with_flows(&[("steered.yaml", &flow(&dead, &web.url("/calls")))], "");
    Sipp::calls(server.sip, "08011112222", "ended_19").run();
    assert!(web.next().starts_with("/calls?"));
}

#[test]
fn a_report_survives_kill_9() {
    let web = Web::answers(&[("/route", 200, "")]);
    let receiver = format!("127.0.0.1:{}", free_port());
    let flow = flow(&web.url("/route"), &format!("http://{receiver}/calls"));
    let server = Server::with_flows(&[("steered.yaml", &flow)], "");
    // Nobody receives the report yet: the call goes on all the same, because the row is durable.
    Sipp::calls(server.sip, "08011112222", "ended_17").run();
    let folder = server.kill();
    let receiver = Web::at(receiver.parse().expect("an address"), &[("/calls", 200, "")]);
    let _again = Server::again(folder, "");
    assert!(receiver.next().starts_with("/calls?CallSid="));
}

/// What later rounds may hold beyond the first, in KiB: 2 for each of their 1,500 calls, less than a call's own state. Without a
/// leak it does not grow from round to round.
const MEMORY_SLACK: u64 = 3_000;

#[test]
fn calls_at_a_rate_leave_nothing_behind() {
    let web = Web::answers(&[("/route", 200, ""), ("/calls", 200, "")]);
    let flow = flow(&web.url("/route"), &web.url("/calls"));
    let server = Server::with_flows(&[("steered.yaml", &flow)], "");
    // First as many at a time as there ever are, so that what follows needs no more.
    let memory = ["500", "100", "100", "100"].map(|rate| {
        Sipp::calls(server.sip, "08011112222", "ended_17").with(&["-m", "500", "-r", rate, "-l", "500"]).run();
        (0..1_000).for_each(|_| drop(web.next()));
        server.until_idle();
        server.memory()
    });
    println!("KiB after each round: {memory:?}");
    assert!(memory[1..].iter().all(|later| *later <= memory[0] + MEMORY_SLACK), "KiB after each round: {memory:?}");
}
