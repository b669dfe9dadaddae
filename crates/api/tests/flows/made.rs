//! Flows begun, saved, published and restored.

use api::Unpublished;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::DESK;
use crate::story::*;

const FLOWS: &str = "/api/v1/flows";
const FLOW: &str = "/api/v1/flows/desk";

impl Server {
    /// A flow that is begun, its revision.
    async fn begin(&self, name: &str) -> String {
        let answer = self.json(Method::POST, FLOWS, json!({ "name": name })).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.json()["revision"].as_str().expect("a revision").to_owned()
    }

    async fn save(&self, document: &str, revision: &str) -> Answer {
        let body = json!({ "document": document, "revision": revision });
        self.json(Method::PUT, &format!("{FLOW}/draft"), body).await
    }

    async fn publish(&self, message: &str, revision: &str) -> Answer {
        let body = json!({ "message": message, "revision": revision });
        self.json(Method::POST, &format!("{FLOW}/publish"), body).await
    }

    async fn revision(&self) -> String {
        self.get(FLOW).await.json()["revision"].as_str().expect("a revision").to_owned()
    }
}

#[tokio::test]
async fn a_flow_begins_as_a_draft_that_is_fit_to_run() {
    let server = Server::open();
    let answer = server.json(Method::POST, FLOWS, json!({ "name": "desk" })).await;
    assert_eq!((answer.status, answer.header("location").as_deref()), (StatusCode::CREATED, Some(FLOW)));
    let flow = server.get(FLOW).await.json();
    assert_eq!(flow, answer.json());
    assert_eq!(
        (&flow["file"], &flow["published"], &flow["diagnostics"]),
        (&json!("desk.yaml"), &Value::Null, &json!([]))
    );
    assert_eq!((&flow["draft"]["author"], &flow["draft"]["at"]), (&json!("local"), &json!("2027-01-15T08:00:00Z")));
    let list = server.get(FLOWS).await.json();
    let rows: Vec<_> = list["flows"].as_array().unwrap().iter().map(|flow| (&flow["name"], &flow["draft"])).collect();
    assert_eq!(rows, [(&json!("desk"), &json!(true)), (&json!("reception"), &json!(false))]);
    server.json(Method::POST, FLOWS, json!({ "name": "desk" })).await.problem(409, "flow-taken", "desk");
    server.json(Method::POST, FLOWS, json!({ "name": "reception" })).await.problem(409, "flow-taken", "reception");
    server.json(Method::POST, FLOWS, json!({ "name": "../desk" })).await.problem(400, "bad-body", "name: ");
    let given = server.json(Method::POST, FLOWS, json!({ "name": "other", "document": "flow: [" })).await.json();
    assert_eq!(
        (&given["draft"]["document"], &given["diagnostics"][0]["severity"]),
        (&json!("flow: ["), &json!("error"))
    );
}

#[tokio::test]
async fn a_draft_is_saved_only_over_what_was_read() {
    let server = Server::open();
    let first = server.begin("desk").await;
    let saved = server.save(&format!("{DESK}foo: 1\n"), &first).await;
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
    let saved = saved.json();
    assert_eq!(saved["diagnostics"][0]["message"], "there is no field `foo`");
    for stale in [first.as_str(), "", "x", "99-99"] {
        server.save(DESK, stale).await.problem(409, "stale", "desk");
    }
    assert_eq!(server.get(FLOW).await.json()["draft"]["document"], format!("{DESK}foo: 1\n"));
    assert_eq!(json!(server.revision().await), saved["revision"]);
    let nobody = json!({ "document": DESK, "revision": "0-0" });
    server.json(Method::PUT, "/api/v1/flows/nobody/draft", nobody).await.problem(404, "no-such-flow", "nobody");
    let long = "x".repeat(flow::DOCUMENT_BYTES + 1);
    server.save(&long, &server.revision().await).await.problem(413, "bad-body", &flow::DOCUMENT_BYTES.to_string());

    let draft = format!("{FLOW}/draft");
    for stale in [first.as_str(), "x"] {
        let overtaken = format!("{draft}?revision={stale}");
        server.send(Method::DELETE, &overtaken, &[], String::new()).await.problem(409, "stale", "desk");
    }
    let read = format!("{draft}?revision={}", server.revision().await);
    assert_eq!(server.send(Method::DELETE, &read, &[], String::new()).await.status, StatusCode::NO_CONTENT);
    server.send(Method::DELETE, &draft, &[], String::new()).await.problem(404, "no-draft", "desk");
    server.get(FLOW).await.problem(404, "no-such-flow", "desk");
}

#[tokio::test]
async fn a_draft_that_is_published_is_a_version() {
    let server = Server::open();
    let revision = server.begin("desk").await;
    server.publish("", "0-0").await.problem(409, "stale", "desk");
    let refused = server.save(&format!("{DESK}foo: 1\n"), &revision).await.json();
    let refused = server.publish("", refused["revision"].as_str().unwrap()).await;
    refused.problem(422, "unfit-document", "there is no field `foo`");
    assert_eq!(refused.json()["diagnostics"][0]["path"], "foo");
    server.save(DESK, &server.revision().await).await;
    let published = server.publish("the first", &server.revision().await).await;
    assert_eq!((published.status, published.json()), (StatusCode::OK, json!({ "version": 1 })), "{}", published.body);
    server.publish("", &server.revision().await).await.problem(404, "no-draft", "desk");

    let versions = server.get(&format!("{FLOW}/versions")).await.json();
    let version = json!({
        "version": 1, "at": "2027-01-15T08:00:00Z", "author": "local", "message": "the first", "current": false,
    });
    assert_eq!(versions, json!({ "versions": [version], "next": null }));
    let whole = server.get(&format!("{FLOW}/versions/1")).await.json();
    assert_eq!((&whole["document"], &whole["message"]), (&json!(DESK), &json!("the first")));
}

#[tokio::test]
async fn why_nothing_was_published_is_told() {
    let server = Server::open();
    let revision = server.begin("desk").await;
    let rows = [
        (Unpublished::Stale, 409, "stale", "was changed"),
        (Unpublished::Busy, 503, "busy", "publications"),
        (Unpublished::Failed("the disk is full".into()), 409, "not-published", "the disk is full"),
    ];
    for (why, status, kind, says) in rows {
        *server.bench.refuses.lock().unwrap() = Some(why);
        server.publish("", &revision).await.problem(status, kind, says);
    }
    server.publish(&"x".repeat(1_001), &revision).await.problem(400, "bad-body", "1001 characters");
    assert_eq!(server.publish(&"x".repeat(1_000), &revision).await.status, StatusCode::OK);
}

#[tokio::test]
async fn versions_are_restored_as_new_ones_and_come_in_pages() {
    let server = Server::open();
    server.begin("desk").await;
    server.publish("one", &server.revision().await).await;
    for message in ["two", "three"] {
        let path = format!("{FLOW}/versions/1/restore");
        assert_eq!(server.json(Method::POST, &path, json!({ "message": message })).await.status, StatusCode::OK);
    }
    let numbers = |page: &Value| -> Vec<u64> {
        page["versions"].as_array().unwrap().iter().map(|version| version["version"].as_u64().unwrap()).collect()
    };
    let first = server.get(&format!("{FLOW}/versions?limit=2")).await.json();
    let second = server.get(&format!("{FLOW}/versions?limit=2&cursor={}", next(&first))).await.json();
    assert_eq!((numbers(&first), numbers(&second), &second["next"]), (vec![3, 2], vec![1], &Value::Null));
    let one = server.get(&format!("{FLOW}/versions/1")).await.json();
    assert_eq!(server.get(&format!("{FLOW}/versions/3")).await.json()["document"], one["document"]);
    for version in ["9", "x", "-1"] {
        server.get(&format!("{FLOW}/versions/{version}")).await.problem(404, "no-such-version", version);
        let path = format!("{FLOW}/versions/{version}/restore");
        server.json(Method::POST, &path, json!({})).await.problem(404, "no-such-version", version);
    }
    server.get("/api/v1/flows/nobody/versions").await.problem(404, "no-such-flow", "nobody");
    server.get(&format!("{FLOW}/versions?limit=0")).await.problem(400, "bad-parameter", "limit");
    server.get(&format!("{FLOW}/versions?cursor=x")).await.problem(400, "bad-parameter", "cursor");
}

#[tokio::test]
async fn what_stands_in_a_file_and_does_not_run_is_shown_as_a_draft() {
    let server = Server::open();
    let flow = server.get("/api/v1/flows/reception").await.json();
    let expected = json!({ "document": RECEPTION, "at": "1970-01-01T00:00:00Z", "author": "file" });
    assert_eq!(
        (&flow["draft"], &flow["file"], &flow["numbers"]),
        (&expected, &json!("reception.yaml"), &json!([LINE]))
    );
    let body = json!({ "document": DESK, "revision": flow["revision"] });
    let saved = server.json(Method::PUT, "/api/v1/flows/reception/draft", body).await;
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
    assert_eq!(server.get("/api/v1/flows/reception").await.json()["draft"]["author"], "local");
}

#[tokio::test]
async fn every_change_is_in_the_log_with_its_author() {
    let server = Server::open();
    let by_key = async |method, path: &str, body: Value| {
        let answer = server.by_key(method, path, &body).await;
        assert!(answer.status.is_success(), "{}", answer.body);
    };
    server.begin("desk").await;
    let body = json!({ "document": DESK, "revision": server.revision().await });
    by_key(Method::PUT, &format!("{FLOW}/draft"), body).await;
    let body = json!({ "message": "why", "revision": server.revision().await });
    by_key(Method::POST, &format!("{FLOW}/publish"), body).await;
    by_key(Method::POST, &format!("{FLOW}/versions/1/restore"), json!({})).await;
    let first = server.get("/api/v1/audit?limit=3").await.json();
    let second = server.get(&format!("/api/v1/audit?limit=3&cursor={}", next(&first))).await.json();
    let lines = [first["lines"].as_array().unwrap().clone(), second["lines"].as_array().unwrap().clone()].concat();
    let lines: Vec<String> = lines
        .iter()
        .map(|line| ["author", "action", "subject", "detail"].map(|key| line[key].as_str().unwrap()).join("|"))
        .collect();
    let (key, bytes) = (&server.key.name, DESK.len());
    let expected = [
        format!("key {key}|restore flow|desk|version 2"),
        format!("key {key}|publish flow|desk|version 1: why"),
        format!("key {key}|save draft|desk|{bytes} bytes"),
    ];
    assert_eq!(lines[..3], expected);
    assert!(lines[3].starts_with("local|create flow|desk|") && lines.len() == 5, "{lines:?}");
    assert_eq!((&second["next"], &first["lines"][0]["at"]), (&Value::Null, &json!("2027-01-15T08:00:00Z")));
}
