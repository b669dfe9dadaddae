//! The second party: SIPp on both sides, the server between them.

use crate::server::{Server, free_port};
use crate::sipp::Sipp;
use crate::web::Web;

fn flow(agent: u16, report: &str) -> String {
    format!(
        r#"
flow: desk
start: sales
nodes:
  sales: {{ applet: connect, to: "sip:agent@127.0.0.1:{agent}", ring: 2s, on: {{ answered: report, missed: report, nobody: report }} }}
  report: {{ applet: passthru, url: "{report}", async: true, next: bye }}
  bye: {{ applet: hangup, cause: 19 }}
"#
    )
}

/// One call to a desk whose agent behaves by a scenario; what the report then says.
fn call(agent: &str, caller: &str) -> String {
    let web = Web::answers(&[("/calls", 200, "")]);
    let port = free_port();
    let server = Server::with_flows(&[("desk.yaml", &flow(port, &web.url("/calls")))], "");
    let agent = Sipp::agent(port, agent);
    Sipp::calls(server.sip, "08011112222", caller).run();
    let report = web.next();
    agent.join().expect("the agent's scenario went by the book");
    report
}

#[test]
fn the_agent_answers_and_the_caller_hangs_up() {
    let report = call("agent_answers", "talker");
    assert!(report.contains("&DialCallStatus=completed&CallType=completed&"), "{report}");
    assert!(report.contains("%5BCauseCode%5D=NORMAL_CLEARING&Legs%5B0%5D%5BCause%5D=16"), "{report}");
}

#[test]
fn the_agent_hangs_up_first_and_the_flow_goes_on() {
    let report = call("agent_leaves", "ended_19");
    assert!(report.contains("&DialCallStatus=completed&CallType=completed&"), "{report}");
}

#[test]
fn a_busy_agent_is_reported() {
    let report = call("agent_busy", "refused");
    assert!(report.contains("&DialCallStatus=busy&CallType=incomplete&"), "{report}");
    assert!(report.contains("%5BCauseCode%5D=USER_BUSY&Legs%5B0%5D%5BCause%5D=17"), "{report}");
}

#[test]
fn an_agent_who_does_not_pick_up_is_cancelled() {
    let report = call("agent_rings", "refused");
    assert!(report.contains("&DialCallStatus=no-answer&CallType=incomplete&"), "{report}");
    assert!(report.contains("%5BCauseCode%5D=RING_TIMEOUT&Legs%5B0%5D%5BCause%5D=1003"), "{report}");
}

#[test]
fn a_caller_who_gives_up_cancels_the_agent() {
    let report = call("agent_rings", "gives_up");
    assert!(report.contains("&DialCallStatus=canceled&CallType=client-hangup&"), "{report}");
    assert!(report.contains("%5BCauseCode%5D=RING_TIMEOUT&Legs%5B0%5D%5BCause%5D=1003"), "{report}");
}
