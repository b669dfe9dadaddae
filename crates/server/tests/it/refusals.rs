//! What a caller gets who breaks the rules of RFC 3261, or repeats itself.

use std::collections::BTreeSet;

use crate::phone::{Phone, field, status};
use crate::server::Server;

const NUMBER: &str = "+918011112222";

/// Keeps its caller for as long as he stays.
const WAIT: &str = r#"
flow: wait
start: ask
nodes:
  ask: { applet: gather, timeout: 60s, on: { digits: bye, none: bye } }
  bye: { applet: hangup }
"#;

/// A broken rule by its name, the request that breaks it, the status of the answer, and what else it says.
type Case = (&'static str, fn(&Phone) -> String, u16, &'static str);

const CASES: [Case; 9] = [
    ("extension", |phone| phone.request("INVITE", "a", "Require: telepathy\r\n", ""), 420, "Unsupported: telepathy"),
    ("method", |phone| phone.request("DANCE", "a", "", ""), 501, "Allow: INVITE, ACK"),
    ("version", |phone| phone.invite("a").replacen(" SIP/2.0\r\n", " SIP/3.0\r\n", 1), 505, ""),
    ("scheme", |phone| phone.invite("a").replacen("INVITE sip:", "INVITE sips:", 1), 416, ""),
    ("body", |phone| phone.request("INVITE", "a", "Content-Type: text/plain\r\n", "hello"), 415, "Accept: appl"),
    ("method in CSeq", |phone| phone.invite("a").replacen("CSeq: 1 INVITE", "CSeq: 1 BYE", 1), 400, ""),
    ("no dialog", |phone| phone.request("INFO", "a", "", ""), 481, ""),
    ("a dialog of nobody", |phone| phone.request("BYE", "a", "", "").replace(">\r\nCall", ">;tag=x\r\nCall"), 481, ""),
    ("no transaction", |phone| phone.request("CANCEL", "a", "", ""), 481, ""),
];

#[test]
fn each_broken_rule_has_its_answer() {
    let server = Server::start("");
    for (what, request, expected, field) in CASES {
        let phone = Phone::new(&server, NUMBER);
        phone.send(&request(&phone));
        let answer = phone.hear();
        assert_eq!(status(&answer), expected, "{what}: {answer}");
        assert!(answer.contains(field), "{what}: {answer}");
    }
}

#[test]
fn a_number_that_nobody_answers_is_told_with_the_lines_to_write() {
    let server = Server::with_flows(&[("wait.yaml", WAIT)], "[[number]]\nnumber = \"+918011112222\"\nflow = \"wait\"");
    let phone = Phone::new(&server, "+918011113333");
    phone.send(&phone.invite("a"));
    assert_eq!(status(&phone.hear()), 404);
    let advice = server.show("/api/v1/advice");
    let said: Vec<_> =
        advice["advice"].as_array().expect("a list").iter().filter(|one| one["about"] == "number").collect();
    let [one] = &said[..] else { panic!("{advice}") };
    assert!(
        one["text"].as_str().is_some_and(|text| text.starts_with("A call to +918011113333 came to nothing")),
        "{one}"
    );
    assert_eq!(one["line"], "[[number]]\nnumber = \"+918011113333\"\nflow = \"wait\"");
}

#[test]
fn an_invite_that_comes_again_is_the_same_call() {
    let server = Server::with_flows(&[("wait.yaml", WAIT)], "");
    let phone = Phone::new(&server, NUMBER);
    phone.send(&phone.invite("a"));
    let first = phone.hear();
    phone.send(&phone.invite("a"));
    let second = phone.hear();
    assert_eq!((status(&first), field(&first, "To")), (200, field(&second, "To")));
    let (_, metrics) = server.get("/metrics");
    assert!(metrics.contains("passthru_active_calls 1\n"), "{metrics}");
}

#[test]
fn a_call_that_came_two_ways_is_refused_once() {
    let server = Server::with_flows(&[("wait.yaml", WAIT)], "");
    let phone = Phone::new(&server, NUMBER);
    phone.send(&phone.invite("a"));
    assert_eq!(status(&phone.hear()), 200);
    phone.send(&phone.invite("b"));
    let merged = loop {
        let answer = phone.hear();
        if field(&answer, "Via").contains("z9hG4bK-b") {
            break answer;
        }
    };
    assert_eq!(status(&merged), 482, "{merged}");
}

#[test]
fn a_request_out_of_order_leaves_the_call_as_it_is() {
    let server = Server::with_flows(&[("wait.yaml", WAIT)], "");
    let mut phone = Phone::new(&server, NUMBER);
    phone.is_accepted();
    phone.send(&phone.request("BYE", "late", "", "").replacen("CSeq: 2", "CSeq: 1", 1));
    assert_eq!(status(&phone.hear()), 500);
    phone.send(&phone.request("OPTIONS", "alive", "", ""));
    let alive = phone.hear();
    assert_eq!(status(&alive), 200, "{alive}");
    assert!(field(&alive, "Allow").contains("PRACK"), "{alive}");
    phone.send(&phone.request("BYE", "bye", "", "").replacen("CSeq: 2", "CSeq: 3", 1));
    assert_eq!(status(&phone.hear()), 200);
}

/// More than a turn of reading takes, all at once: what is left has its turn without another datagram.
#[test]
fn a_burst_is_answered_whole() {
    const BURST: usize = 100;
    let server = Server::with_flows(&[("wait.yaml", WAIT)], "");
    let phone = Phone::new(&server, NUMBER);
    for number in 0..BURST {
        phone.send(&phone.request("OPTIONS", &format!("burst-{number}"), "", ""));
    }
    let answered: BTreeSet<String> = (0..BURST).map(|_| field(&phone.hear(), "Via").to_owned()).collect();
    assert_eq!(answered.len(), BURST);
}
