//! What a newcomer sees: the demo, and the built-in softphone.

use std::net::TcpListener;
use std::process::Command;

use crate::server::Server;

const BUSY_OR_BYE: &str = r#"
flow: door
start: key
nodes:
  key: { applet: ivr, say: "Press two.", timeout: 3s, on: { 2: two, none: bye, invalid: bye } }
  two: { applet: hangup, cause: USER_BUSY }
  bye: { applet: hangup }
"#;

#[test]
fn the_softphone_places_a_call_and_presses_a_key() {
    let server = Server::with_flows(&[("door.yaml", BUSY_OR_BYE)], "");
    let mut call = Command::new(env!("CARGO_BIN_EXE_passthru"));
    call.args(["call", "08011112222", "--keys", "2", "--seconds", "20", "--server", &server.sip.to_string()]);
    let output = call.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    for line in ["answered, PCMU", "presses 2", "ended: USER_BUSY (17)"] {
        assert!(said.lines().any(|said| said == line), "{line} is missing in\n{said}");
    }
}

#[test]
fn the_softphone_says_when_nobody_answers() {
    let server =
        Server::with_flows(&[("door.yaml", BUSY_OR_BYE)], "[[number]]\nnumber = \"08099999999\"\nflow = \"door\"\n");
    let mut call = Command::new(env!("CARGO_BIN_EXE_passthru"));
    let output = call.args(["call", "08011112222", "--server", &server.sip.to_string()]).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("not answered: 404"), "{said}");
}

#[test]
fn the_demo_shows_a_call_that_its_application_steers_and_says_how_to_go_on() {
    if TcpListener::bind("127.0.0.1:8090").is_err() {
        println!("left out: the demo's application listens on port 8090, which another program holds here");
        return;
    }
    let server = Server::demo();
    server.until("softphone: answered, PCMU");
    server.until("asks GET http://127.0.0.1:8090/route");
    server.until("plays \"Your application said yes.\"");
    server.until("was delivered: 200");
    server.until("user alice, password");
}
