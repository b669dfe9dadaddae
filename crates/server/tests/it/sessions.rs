//! What happens within a call beside talking, as SIPp does it: hold, session timers, reliable ringing, forks, early ends.

use std::net::Ipv4Addr;

use crate::phone::{Phone, socket};
use crate::server::{Server, free_port};
use crate::sipp::Sipp;

const NUMBER: &str = "+918011112222";

/// Ends with cause 17 if the key was 1, asks again if it was 2.
const MENU: &str = r#"
flow: menu
start: ask
nodes:
  ask: { applet: ivr, say: "Press one.", timeout: 9s, on: { 1: one, 2: ask, none: bye, invalid: bye } }
  one: { applet: hangup, cause: 17 }
  bye: { applet: hangup }
"#;

/// Rings an agent; ends with cause 17 after the conversation.
fn desk(agent: u16) -> String {
    format!(
        "flow: desk\nstart: sales\nnodes:\n  sales: {{ applet: connect, to: \"sip:agent@127.0.0.1:{agent}\", ring: 9s, \
         on: {{ answered: bye, missed: no, nobody: no }} }}\n  bye: {{ applet: hangup, cause: 17 }}\n  \
         no: {{ applet: hangup, cause: 19 }}\n"
    )
}

/// One call to the menu.
fn at_the_menu(caller: &str) -> Server {
    let server = Server::with_flows(&[("menu.yaml", MENU)], "");
    Sipp::calls(server.sip, NUMBER, caller).run();
    server
}

/// One call to the desk.
fn at_the_desk(caller: &str, agent: &str) -> Server {
    let port = free_port();
    let server = Server::with_flows(&[("desk.yaml", &desk(port))], "");
    let agent = Sipp::agent(port, agent);
    Sipp::calls(server.sip, NUMBER, caller).run();
    agent.join().expect("the agent's scenario went by the book");
    server
}

/// The journal knows of the hold, of its end, and of the key after it.
fn was_held(server: &Server) {
    let journal = server.journal();
    let told = journal.iter().filter(|line| line.starts_with("\"held\"") || line.starts_with("\"digit\""));
    let told: Vec<&str> = told.map(String::as_str).collect();
    let expected = ["\"held\",\"on\":true", "\"held\",\"on\":false", "\"digit\",\"digit\":\"2\""];
    assert_eq!(told, expected, "{journal:?}");
}

#[test]
fn a_held_menu_listens_again() {
    was_held(&at_the_menu("holds"));
}

#[test]
fn a_held_conversation_goes_on() {
    was_held(&at_the_desk("holds", "agent_answers"));
}

#[test]
fn the_audio_follows_a_phone_that_moves() {
    let port = free_port();
    let server = Server::with_flows(&[("desk.yaml", &desk(port))], "");
    let agent = Sipp::agent(port, "agent_answers");
    let mut phone = Phone::new(&server, NUMBER);
    phone.is_accepted();
    phone.is_joined_with_an_echo(0x55);
    phone.rtp = socket(Ipv4Addr::new(127, 0, 0, 3));
    phone.is_accepted();
    phone.is_joined_with_an_echo(0x55);
    phone.hang_up();
    agent.join().expect("the agent's scenario went by the book");
}

#[test]
fn updates_hold_and_show_life() {
    at_the_menu("updates");
}

#[test]
fn options_and_info_within_a_call() {
    at_the_menu("asks");
}

/// The refreshes of ours come at half of the interval, 45 s at least: virtual time proves those.
#[test]
fn either_side_may_refresh_the_session() {
    at_the_menu("refreshes");
    at_the_menu("is_refreshed");
}

#[test]
fn too_short_a_session_learns_the_least() {
    at_the_menu("too_short");
}

#[test]
fn an_agent_may_want_a_longer_session() {
    at_the_desk("talker", "agent_wants_longer");
}

#[test]
fn ringing_is_reliable_for_a_caller_who_insists() {
    at_the_desk("insists", "agent_answers");
}

#[test]
fn a_caller_hears_the_agent_who_rings() {
    at_the_desk("hears_early", "agent_early");
}

#[test]
fn an_answer_in_reliable_ringing_is_the_answer() {
    let port = free_port();
    let server = Server::with_flows(&[("desk.yaml", &desk(port))], "");
    let agent = Sipp::agent(port, "agent_early");
    let mut phone = Phone::new(&server, NUMBER);
    phone.is_accepted();
    phone.is_joined_with_an_echo(0x55);
    phone.hang_up();
    agent.join().expect("the agent's scenario went by the book");
}

#[test]
fn of_two_agents_who_answer_the_first_stays() {
    at_the_desk("talker", "agent_forks");
}

#[test]
fn a_caller_may_hang_up_by_bye_while_it_rings() {
    let silent = socket(Ipv4Addr::LOCALHOST);
    let flow = desk(silent.local_addr().expect("bound").port());
    let server = Server::with_flows(&[("desk.yaml", &flow)], "");
    Sipp::calls(server.sip, NUMBER, "leaves_early").run();
}
