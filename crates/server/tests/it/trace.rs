//! The SIP messages of a real call, while it runs and when it is over, and how its audio went.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::phone::Phone;
use crate::server::{DEADLINE, Server};

const HELLO: &str = "flow: hello
start: hello
nodes:
  hello: { applet: greeting, say: 'Welcome to the house of a thousand words.', next: bye }
  bye: { applet: hangup }";

/// The newest call's messages, once they are as wanted: each as `sent 200`, `received INVITE again`.
fn messages(server: &Server, wanted: impl Fn(&[String]) -> bool) -> Vec<String> {
    let end = Instant::now() + DEADLINE;
    loop {
        let (_, calls) = server.get("/api/v1/calls?limit=1");
        let calls: Value = serde_json::from_str(&calls).expect("JSON");
        let sid = calls["calls"][0]["sid"].as_str().unwrap_or("none");
        let (_, answer) = server.get(&format!("/api/v1/calls/{sid}/sip"));
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        let list = answer["messages"].as_array().map_or(&[][..], Vec::as_slice);
        let said: Vec<String> = list.iter().map(said).collect();
        if wanted(&said) {
            return said;
        }
        assert!(Instant::now() < end, "it never came to that: {said:?}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

fn said(message: &Value) -> String {
    let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
    let what = message["status"].as_u64().map_or_else(|| text("method"), |status| status.to_string());
    let again = if message["retransmission"] == true { " again" } else { "" };
    assert!(text("raw").starts_with(&text("start_line")) && text("raw").contains(&text("call_id")), "{message}");
    format!("{} {what}{again}", text("direction"))
}

#[test]
fn a_call_shows_its_messages_while_it_runs_and_all_of_them_after() {
    let server = Server::with_flows(&[("hello.yaml", HELLO)], "");
    let mut phone = Phone::new(&server, "+918011112222");
    phone.send(&phone.invite("invite-1"));
    phone.is_accepted(); // by the same invitation, sent again
    let running = messages(&server, |said| said.last().is_some_and(|last| last == "received ACK"));
    assert_eq!(running[0], "received INVITE", "{running:?}");
    assert!(running.contains(&"received INVITE again".into()) && running.contains(&"sent 200".into()), "{running:?}");
    let rtp = phone.rtp.try_clone().expect("a second handle");
    phone.say(0x7F, 10, &rtp);
    phone.is_let_go();
    let whole = messages(&server, |said| said.ends_with(&["sent BYE".into(), "received 200".into()]));
    assert_eq!(whole[..running.len()], running);
    let journal = server.journal();
    let ended = journal.iter().find(|line| line.starts_with("\"media_ended\"")).expect("there was audio");
    assert!(ended.contains("\"packets_received\":10,\"packets_lost\":0"), "{ended}");
    let server = Server::again(server.stop(), "");
    assert_eq!(messages(&server, |said| !said.is_empty()), whole, "another process has them from the store");
}

#[test]
fn nothing_is_kept_if_told_so() {
    let server = Server::with_flows(&[("hello.yaml", HELLO)], "[trace]\nsip = false\n");
    let mut phone = Phone::new(&server, "+918011112222");
    phone.is_accepted();
    phone.hang_up();
    server.journal();
    assert_eq!(messages(&server, <[String]>::is_empty), [""; 0]);
}
