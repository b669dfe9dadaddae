//! Applications in PHP, Python and JavaScript are told of real calls, and read what they were told as their languages do.

use serde_json::{Value, json};

use crate::program::Receiver;
use crate::server::{Server, free_port};
use crate::sipp::Sipp;

/// Two agents in turn, the first of them busy, and the receiver is told.
fn connect(busy: u16, agent: u16, url: &str) -> String {
    format!(
        r#"
flow: desk
start: sales
nodes:
  sales:
    applet: connect
    to: ["sip:busy@127.0.0.1:{busy}", "sip:agent@127.0.0.1:{agent}"]
    on: {{ answered: report, missed: report, nobody: report }}
  report: {{ applet: passthru, url: "{url}", async: true, next: bye }}
  bye: {{ applet: hangup, cause: 19 }}
"#
    )
}

/// A real call with two attempts; what the receiver understood.
fn told(receiver: &Receiver) -> Value {
    let (busy, agent) = (free_port(), free_port());
    let flow = connect(busy, agent, &receiver.url());
    let server = Server::with_flows(&[("desk.yaml", &flow)], "");
    let agents = [Sipp::agent(busy, "agent_busy"), Sipp::agent(agent, "agent_leaves")];
    Sipp::calls(server.sip, "08011112222", "ended_19").run();
    for agent in agents {
        agent.join().expect("the agent's scenario went by the book");
    }
    receiver.told(1).remove(0)
}

#[test]
fn php_sees_the_legs_as_an_array() {
    let call = told(&Receiver::php());
    let legs = call["Legs"].as_array().unwrap_or_else(|| panic!("no array: {call}"));
    assert_eq!(legs.len(), 2, "{call}");
    assert_eq!((&legs[0]["CauseCode"], &legs[0]["Cause"]), (&json!("USER_BUSY"), &json!("17")), "{call}");
    assert_eq!((&legs[1]["CauseCode"], &legs[1]["Cause"]), (&json!("NORMAL_CLEARING"), &json!("16")), "{call}");
    assert_eq!(call["DialCallStatus"], "completed", "{call}");
}

/// Frameworks that know nothing of brackets see each name whole.
fn is_flat(call: &Value) {
    let wanted = [
        ("CallType", "completed"),
        ("CallFrom", "09900000001"),
        ("EndTime", "1970-01-01 05:30:00"),
        ("Legs[0][CauseCode]", "USER_BUSY"),
        ("Legs[0][OnCallDuration]", "0"),
        ("Legs[1][Cause]", "16"),
        ("Legs[1][Type]", "single"),
    ];
    for (name, value) in wanted {
        assert_eq!(call[name], value, "{name} in {call}");
    }
}

#[test]
fn flask_reads_the_flat_names() {
    is_flat(&told(&Receiver::flask()));
}

#[test]
fn express_reads_the_flat_names() {
    is_flat(&told(&Receiver::express()));
}

/// Asks the article's handler after a key was pressed; which way it went shows in the cause.
fn gather(url: &str) -> String {
    format!(
        r#"
flow: menu
start: ask
nodes:
  ask: {{ applet: gather, say: "Press one.", max_digits: 1, timeout: 20s, on: {{ digits: route, none: other }} }}
  route: {{ applet: passthru, url: "{url}", on: {{ 200: one, else: other }} }}
  one: {{ applet: hangup, cause: 17 }}
  other: {{ applet: hangup, cause: 19 }}
"#
    )
}

#[test]
fn the_handler_of_the_article_trims_the_quotes_of_digits() {
    let handler = Receiver::seed();
    let server = Server::with_flows(&[("menu.yaml", gather(&handler.url()))], "");
    Sipp::calls(server.sip, "08011112222", "presses_one").run();
    let call = handler.told(1).remove(0);
    assert_eq!((&call["digits"], &call["CallType"]), (&json!("\"1\""), &json!("call-attempt")), "{call}");
    let journal = server.journal();
    assert!(
        journal.iter().any(|line| line.contains("\"node_left\",\"node\":\"route\",\"exit\":\"200\"")),
        "{journal:#?}"
    );
}

/// Asks the article's handler after a recorded conversation; which way it went shows in the cause.
fn recorded(agent: u16, url: &str) -> String {
    format!(
        r#"
flow: desk
start: sales
nodes:
  sales:
    applet: connect
    to: "sip:agent@127.0.0.1:{agent}"
    record: dual
    on: {{ answered: route, missed: other }}
  route: {{ applet: passthru, url: "{url}", on: {{ 200: one, else: other }} }}
  one: {{ applet: hangup, cause: 17 }}
  other: {{ applet: hangup, cause: 19 }}
"#
    )
}

#[test]
fn the_handler_of_the_article_hears_of_a_recorded_conversation() {
    let (handler, agent) = (Receiver::seed(), free_port());
    let server = Server::with_flows(&[("desk.yaml", recorded(agent, &handler.url()))], "");
    let busy = Sipp::agent(agent, "agent_leaves");
    Sipp::calls(server.sip, "08011112222", "ended_17").run();
    busy.join().expect("the agent's scenario went by the book");
    let call = handler.told(1).remove(0);
    assert_eq!((&call["DialCallStatus"], &call["CallType"]), (&json!("completed"), &json!("completed")), "{call}");
    let url = call["RecordingUrl"].as_str().unwrap_or_else(|| panic!("no RecordingUrl: {call}"));
    assert!(url.starts_with(&server.url("/recordings/")), "{url}");
    assert!(call["RecordingAvailableBy"].is_string(), "{call}");
}
