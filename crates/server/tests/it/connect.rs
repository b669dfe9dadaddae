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

#[test]
fn whoever_talked_with_a_caller_is_rung_first_after_a_restart_too() {
    let [busy, free] = [free_port(), free_port()];
    let flow = format!(
        r#"
flow: desk
start: sales
nodes:
  sales: {{ applet: connect, to: ["sip:a@127.0.0.1:{busy}", "sip:b@127.0.0.1:{free}"], sticky: true, ring: 2s, on: {{ answered: bye, missed: bye }} }}
  bye: {{ applet: hangup, cause: 19 }}
"#
    );
    let mut server = Server::with_flows(&[("desk.yaml", &flow)], "");
    let mut rung = Vec::new();
    for agents in [vec![(busy, "agent_busy"), (free, "agent_answers")], vec![(free, "agent_answers")]] {
        let agents: Vec<_> = agents.into_iter().map(|(port, scenario)| Sipp::agent(port, scenario)).collect();
        Sipp::calls(server.sip, "08011112222", "talker").run();
        for agent in agents {
            agent.join().expect("the agent's scenario went by the book");
        }
        let dialled =
            |line: &String| line.split_once("\"dialled\",\"target\":\"sip:").map(|(_, to)| to[..1].to_owned());
        rung.push(server.journal().iter().filter_map(dialled).collect::<Vec<_>>().concat());
        server = Server::again(server.stop(), "");
    }
    assert_eq!(rung, ["ab", "b"]);
}

#[test]
fn a_url_says_whom_to_ring_and_the_desk_hears_of_it() {
    let port = free_port();
    let plan = format!(
        r#"{{"destination":{{"numbers":["sip:agent@127.0.0.1:{port}"]}},"outgoing_phone_number":"+918044444444","max_ringing_duration":5,"custom_params":"Order=A-17"}}"#
    );
    let rules = vec![("/agents", 200, &*Box::leak(plan.into_boxed_str())), ("/", 200, "")];
    let web = Web::answers(Box::leak(rules.into_boxed_slice()));
    let (agents, popup, calls) = (web.url("/agents"), web.url("/popup"), web.url("/calls"));
    let flow = format!(
        r#"
flow: desk
start: sales
nodes:
  sales: {{ applet: connect, url: "{agents}", events: "{popup}", on: {{ answered: report, missed: report }} }}
  report: {{ applet: passthru, url: "{calls}", async: true, next: bye }}
  bye: {{ applet: hangup, cause: 19 }}
"#
    );
    let server = Server::with_flows(&[("desk.yaml", &flow)], "dial.allow = [\"sip:agent@127.0.0.1:[0-9]+\"]");
    let agent = Sipp::agent(port, "agent_sees_order");
    Sipp::calls(server.sip, "08011112222", "ended_19").run();
    agent.join().expect("the agent's scenario went by the book");
    let asked = web.next();
    assert!(asked.starts_with("/agents?CallSid=") && asked.contains("&CallStatus=ringing&"), "{asked}");
    // One GET an event. The outbox may deliver them side by side, so their order is not that of the wire.
    let mut told: Vec<String> = (0..4).map(|_| web.next()).collect();
    told.sort_by_key(|told| told.starts_with("/calls"));
    let report = told.pop().expect("four were told");
    assert!(report.starts_with("/calls?") && report.contains("&OutgoingPhoneNumber=08044444444&"), "{report}");
    for event in ["Dial", "Answered", "Terminal"] {
        let status = if event == "Terminal" { "free" } else { "busy" };
        let end = format!("&Status={status}&EventType={event}&AgentEmail=");
        assert!(told.iter().any(|told| told.starts_with("/popup?") && told.contains(&end)), "{event}: {told:#?}");
    }
}

#[test]
fn of_two_who_ring_at_once_one_answers_and_the_other_is_cancelled() {
    let web = Web::answers(&[("/calls", 200, "")]);
    let (slow, quick) = (free_port(), free_port());
    let flow = format!(
        r#"
flow: desk
start: sales
nodes:
  sales:
    applet: connect
    to: ["sip:slow@127.0.0.1:{slow}", "sip:quick@127.0.0.1:{quick}"]
    order: parallel
    on: {{ answered: report, missed: report }}
  report: {{ applet: passthru, url: "{}", async: true, next: bye }}
  bye: {{ applet: hangup, cause: 19 }}
"#,
        web.url("/calls")
    );
    let server = Server::with_flows(&[("desk.yaml", &flow)], "");
    let agents = [Sipp::agent(slow, "agent_rings"), Sipp::agent(quick, "agent_leaves")];
    Sipp::calls(server.sip, "08011112222", "ended_19").run();
    for agent in agents {
        agent.join().expect("the agent's scenario went by the book");
    }
    let report = web.next();
    let leg = |name: &str, value: &str| {
        let pair = format!("&Legs%5B{}%5D%5B{}%5D={value}&", &name[..1], &name[1..]);
        assert!(format!("{report}&").contains(&pair), "{pair} in {report}");
    };
    leg("0Type", "parallel");
    leg("1Type", "parallel");
    leg("0CauseCode", "NON_SELECTED_USER_CLEARING");
    leg("0DisconnectedBy", "Exotel");
    leg("1CauseCode", "NORMAL_CLEARING");
    assert!(report.contains("&DialCallStatus=completed&CallType=completed&"), "{report}");
    assert!(report.contains(&format!("&DialWhomNumber=sip%3Aquick%40127.0.0.1%3A{quick}&")), "{report}");
}
