//! Whole calls by SIPp.

use std::time::Duration;

use crate::phone::{Phone, status};
use crate::server::Server;
use crate::sipp::Sipp;

#[test]
fn a_call_is_answered_and_ended_by_the_fixed_flow() {
    let server = Server::start("");
    Sipp::calls(server.sip, "+918011112222", "listener").run();
}

#[test]
fn a_caller_may_hang_up_first() {
    let server = Server::start("");
    Sipp::calls(server.sip, "+918011112222", "leaver").run();
}

#[test]
fn a_hundred_callers_at_fifty_a_second_are_all_served() {
    let server = Server::start("");
    Sipp::calls(server.sip, "+918011112222", "listener").with(&["-m", "100", "-r", "50", "-l", "100"]).run();
}

/// Asks for a key; ends with Q.850 cause 17 if the key was 1, 21 if it was another, 19 if there was none.
pub(crate) const MENU: &str = r#"
flow: menu
start: ask
nodes:
  ask: { applet: ivr, say: "Press one.", timeout: 2s, on: { 1: one, none: silence, invalid: other } }
  one: { applet: hangup, cause: USER_BUSY }
  other: { applet: hangup, cause: 21 }
  silence: { applet: hangup, cause: NO_ANSWER }
"#;

#[test]
fn a_key_by_rfc_4733_chooses_the_exit() {
    if !is_root() {
        println!("left out: sipp plays captured packets through a raw socket, which only root may open");
        return;
    }
    let server = Server::with_flows(&[("menu.yaml", MENU)], "");
    Sipp::calls(server.sip, "+918011112222", "presses_one").run();
}

#[test]
fn a_caller_who_presses_nothing_takes_the_exit_for_that() {
    let server = Server::with_flows(&[("menu.yaml", MENU)], "");
    Sipp::calls(server.sip, "+918011112222", "ended_19").run();
}

#[test]
fn a_server_whose_only_flow_is_broken_does_not_start() {
    let (status, error) = Server::refuses_flow(&broken(), "");
    assert_eq!(status, Some(1));
    assert!(error.contains("other") && error.contains("did you mean `hangup`"), "{error}");
}

#[test]
fn a_broken_flow_keeps_no_other_from_answering() {
    let number = |flow: &str| format!("[[number]]\nnumber = \"+918011112222\"\nflow = \"{flow}\"\n");
    let flows = [("bye.yaml", BYE.to_owned()), ("menu.yaml", broken())];
    let server = Server::with_flows(&flows, &number("bye"));
    let phone = Phone::new(&server, "+918011112222");
    phone.send(&phone.invite("a"));
    assert_eq!(status(&phone.hear()), 486);
    let (status, error) = Server::refuses_flow(&broken(), &number("menu"));
    assert_eq!(status, Some(1));
    assert!(error.contains("did you mean `hangup`"), "{error}");
}

/// Refuses its callers.
const BYE: &str = "flow: bye\nstart: bye\nnodes: { bye: { applet: hangup, cause: USER_BUSY } }\n";

fn broken() -> String {
    MENU.replace("hangup, cause: 21", "hangpu")
}

#[test]
fn a_taken_port_is_one_clear_line() {
    let server = Server::start("");
    let (status, error) = Server::refuses(&format!("sip.listen = [\"udp:{}\"]\n", server.sip));
    assert_eq!(status, Some(1));
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.contains("sip.listen") && error.contains("in use"), "{error}");
}

#[test]
fn a_broken_setting_is_one_clear_line() {
    let (status, error) = Server::refuses("sip.lisen = 1\n");
    assert_eq!(status, Some(1));
    assert!(error.contains("did you mean `sip.listen`"), "{error}");
}

/// Whether this process may do everything.
pub(crate) fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().any(|line| line.starts_with("Uid:") && line.split_whitespace().nth(2) == Some("0"))
}

/// Speaks for longer than any test needs.
pub(crate) const SPEECH: &str = "flow: speech\nstart: talk\nnodes:\n  talk: { applet: greeting, say: \"One, two, three, four, five, six, seven, \
                      eight, nine, ten, eleven, twelve.\", next: bye }\n  bye: { applet: hangup }\n";

#[test]
fn media_that_leave_too_late_are_counted() {
    let server = Server::with_flows(&[("speech.yaml", SPEECH)], "");
    let address = server.sip;
    let call = std::thread::spawn(move || Sipp::calls(address, "+918011112222", "listener").run());
    server.until_metric("passthru_media_sessions 1");
    let late = |metrics: &str| {
        let count = metrics.lines().find_map(|line| line.strip_prefix("passthru_rtp_late_ticks_total "));
        count.and_then(|count| count.parse::<u64>().ok()).expect("a figure")
    };
    let (_, before) = server.get("/metrics");
    server.freeze(Duration::from_millis(300));
    // A packet is due every 20 ms: fifteen of them.
    server.until_metrics("late ticks are counted", |metrics| late(metrics) >= late(&before) + 10);
    call.join().expect("the call goes on to its end");
}
