//! Who changed what, as the audit log tells it.

use axum::http::Method;
use serde_json::{Value, json};

use crate::callouts;
use crate::story::*;

/// The lines of a page, newest first.
async fn lines(server: &Server, query: &str) -> Vec<String> {
    let page = server.get(&format!("/api/v1/audit{query}")).await.json();
    let member = |line: &Value, key| line[key].as_str().expect("text").to_owned();
    let text = |line: &Value| ["author", "action", "subject", "detail"].map(|key| member(line, key)).join("|");
    page["lines"].as_array().expect("lines").iter().map(text).collect()
}

#[tokio::test]
async fn keys_are_made_and_revoked_by_somebody_and_the_token_is_not_told() {
    let server = Server::open();
    let made = server.send(Method::POST, "/api/v1/keys", &[], json!({ "note": "the shop" }).to_string()).await.json();
    let (name, token) = (made["name"].as_str().unwrap(), made["token"].as_str().unwrap());
    let key = format!("/api/v1/keys/{name}");
    for expected in [204, 404] {
        assert_eq!(server.send(Method::DELETE, &key, &[], String::new()).await.status, expected);
    }
    let log = lines(&server, "").await;
    let first = format!("cli|make key|{}|", server.key.name);
    assert_eq!(log, [format!("local|revoke key|{name}|"), format!("local|make key|{name}|the shop"), first]);
    assert!(!log.concat().contains(token));
}

#[tokio::test]
async fn a_call_is_hung_up_by_somebody_if_it_was_running() {
    let server = Server::open();
    server.store(whole_call("done", 0, ALICE)).await;
    let path = format!("/api/v1/calls/{RUNNING}/hangup");
    let key = [("authorization", &*server.basic())];
    assert_eq!(server.send(Method::POST, &path, &key, String::new()).await.status, 202);
    server.post("/api/v1/calls/done/hangup").await.problem(409, "call-over", "done");
    let expected = format!("key {}|hang up call|{RUNNING}|", server.key.name);
    assert_eq!(lines(&server, "?action=hang+up+call").await, [expected]);
}

#[tokio::test]
async fn callouts_are_sent_again_by_somebody_to_somewhere_and_no_password_is_told() {
    let server = callouts::story().await;
    let replay = async |path: &str, body: Value| {
        server.send(Method::POST, &format!("/api/v1/callouts/{path}"), &[], body.to_string()).await
    };
    let elsewhere = json!({ "url": "https://eve:s3cret@Other.example/calls?token=s3cret#x" });
    assert_eq!(replay("done_2/replay", elsewhere).await.status, 202);
    assert_eq!(replay("replay", json!({ "dry_run": true })).await.status, 200);
    assert_eq!(replay("replay", json!({ "origin": "https://u:s3cret@reports.example/x" })).await.json()["replayed"], 1);
    assert_eq!(replay("replay", json!({})).await.json()["found"], 0);
    assert_eq!(replay("done_1/replay", json!({})).await.status, 202);
    replay("done_2/replay", json!({})).await.problem(409, "callout-owed", "done_2");
    let expected = [
        "local|replay callout|done_1|to https://crm.example/route",
        "local|replay callouts|dead, to https://reports.example|1 found",
        "local|replay callout|done_2|to https://Other.example/calls",
    ];
    assert_eq!(lines(&server, "?author=local").await, expected);
}

#[tokio::test]
async fn the_log_is_read_by_who_what_and_when() {
    let server = Server::open();
    server.send(Method::POST, "/api/v1/keys", &[], json!({ "note": "one" }).to_string()).await;
    server.send(Method::POST, "/api/v1/flows", &[], json!({ "name": "desk" }).to_string()).await;
    server.send(Method::POST, "/api/v1/keys", &[], json!({ "note": "two" }).to_string()).await;
    let rows = [
        ("?author=local", 3),
        ("?author=cli", 1),
        ("?author=cli&action=create+flow", 0),
        ("?action=make+key", 3),
        ("?since=2027-01-15T08:00:00Z", 3),
        ("?until=2027-01-15T08:00:00Z", 1),
        ("?since=2027-01-15T08:00:01Z", 0),
        ("?author=local&limit=2", 2),
    ];
    for (query, count) in rows {
        assert_eq!(lines(&server, query).await.len(), count, "{query}");
    }
    let first = server.get("/api/v1/audit?author=local&limit=2").await.json();
    let rest = format!("?author=local&limit=2&cursor={}", first["next"].as_str().unwrap());
    assert!(lines(&server, &rest).await[0].ends_with("|one"));
    server.get("/api/v1/audit?since=yesterday").await.problem(400, "bad-parameter", "since");
    server.get("/api/v1/audit?actor=local").await.problem(400, "bad-parameter", "unknown parameter `actor`");
}
