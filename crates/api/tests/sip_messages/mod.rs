//! The SIP messages of a call, while it runs and after.

use crate::story::*;

const INVITE: &str = "INVITE sip:desk@192.0.2.1 SIP/2.0\nCall-ID: a@b\nCSeq: 1 INVITE\n\n";
const RINGING: &str = "SIP/2.0 180 Ringing\ni: a@b\nCSeq: 1 INVITE\n\n";

#[tokio::test]
async fn a_call_that_is_over_has_its_messages_from_the_store() {
    let server = Server::open();
    server.store(whole_call("c", 0, ALICE)).await;
    let messages = vec![
        sip_message(0, false, -3, INVITE),
        sip_message(0, false, 500, INVITE),
        sip_message(0, true, 501, RINGING),
        sip_message(1, true, 502, INVITE),
        sip_message(1, false, 503, "\u{0}\u{fffd} no SIP"),
    ];
    let trace = sip_trace("c", 0, messages, 7);
    server.write(|writer, done| writer.keep_traces(vec![trace], done)).await;
    let answer = server.get("/api/v1/calls/c/sip").await.json();
    assert_eq!((answer["left_out"].as_u64(), answer["messages"].as_array().map(Vec::len)), (Some(7), Some(5)));
    let first = serde_json::json!({
        "n": 0, "leg": 0, "direction": "received", "at_ms": -3.0, "wall": "2027-01-15T07:59:59.997Z", "transport": "udp",
        "local": "192.0.2.1:5060", "remote": "192.0.2.7:5070", "start_line": "INVITE sip:desk@192.0.2.1 SIP/2.0",
        "cseq": "1 INVITE", "call_id": "a@b", "status": null, "method": "INVITE", "retransmission": false,
        "raw": INVITE.replace('\n', "\r\n"),
    });
    assert_eq!(answer["messages"][0], first);
    let rows = [
        (1, "received", "udp", Some("INVITE"), None, true),
        (2, "sent", "udp", None, Some(180), false),
        (3, "sent", "tcp", Some("INVITE"), None, false),
    ];
    for (n, direction, transport, method, status, again) in rows {
        let message = &answer["messages"][n];
        assert_eq!((message["direction"].as_str(), message["transport"].as_str()), (Some(direction), Some(transport)));
        assert_eq!((message["method"].as_str(), message["status"].as_u64()), (method, status), "{n}");
        assert_eq!(
            (message["retransmission"].as_bool(), message["call_id"].as_str()),
            (Some(again), Some("a@b")),
            "{n}"
        );
    }
    assert_eq!(answer["messages"][4]["raw"], "\u{0}\u{fffd} no SIP");
}

#[tokio::test]
async fn a_call_that_runs_has_them_from_the_switch() {
    let server = Server::open();
    server.store(vec![offered(RUNNING, 0, ALICE)]).await;
    server.switch.traces.lock().unwrap().push(sip_trace(RUNNING, 0, vec![sip_message(0, false, 0, INVITE)], 0));
    let answer = server.get(&format!("/api/v1/calls/{RUNNING}/sip")).await.json();
    assert_eq!(answer["messages"][0]["start_line"], "INVITE sip:desk@192.0.2.1 SIP/2.0");
    server.switch.silence();
    server.get(&format!("/api/v1/calls/{RUNNING}/sip")).await.problem(503, "switch", "");
}

#[tokio::test]
async fn a_call_without_messages_has_none_and_no_call_is_a_problem() {
    let server = Server::open();
    server.store(whole_call("c", 0, ALICE)).await;
    let answer = server.get("/api/v1/calls/c/sip").await.json();
    assert_eq!(answer, serde_json::json!({ "messages": [], "left_out": 0 }));
    server.get("/api/v1/calls/nobody/sip").await.problem(404, "no-such-call", "nobody");
}
