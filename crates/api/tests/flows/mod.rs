//! Flows as they are made: applets, documents, drafts, versions.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::story::*;

mod made;
mod rehearsals;

/// A flow without a fault.
pub(crate) const DESK: &str = "flow: desk\nstart: bye\nnodes:\n  bye: { applet: hangup }\n";

impl Server {
    pub(crate) async fn json(&self, method: Method, path: &str, body: Value) -> Answer {
        self.send(method, path, &[("content-type", "application/json")], body.to_string()).await
    }

    async fn compile(&self, document: &str) -> Value {
        let answer = self.json(Method::POST, "/api/v1/flows/compile", json!({ "document": document })).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.json()
    }
}

#[tokio::test]
async fn every_applet_says_what_a_builder_needs() {
    let server = Server::open();
    let list = server.get("/api/v1/applets").await.json();
    let applets = list["applets"].as_array().unwrap();
    let names: Vec<&str> = applets.iter().map(|applet| applet["name"].as_str().unwrap()).collect();
    assert!(names.starts_with(&["answer", "greeting"]) && names.contains(&"passthru"), "{names:?}");
    for applet in applets {
        for text in ["title", "summary", "group", "example"] {
            assert!(applet[text].as_str().is_some_and(|text| !text.is_empty()), "{text} of {applet}");
        }
        assert_eq!(applet["schema"]["type"], "object", "{applet}");
        let compiled = server.compile(applet["example"].as_str().unwrap()).await;
        let fit = compiled["diagnostics"].as_array().unwrap().iter().all(|one| one["severity"] == "warning");
        assert!(fit, "{}: {compiled}", applet["name"]);
    }
    let connect = applets.iter().find(|applet| applet["name"] == "connect").unwrap();
    assert_eq!(connect["exits"], json!(["answered", "missed", "nobody"]));
    assert!(connect["schema"]["properties"]["to"].is_object(), "{connect}");
}

#[tokio::test]
async fn a_document_is_read_as_far_as_it_can_be() {
    let server = Server::open();
    let compiled = server
        .compile(
            "flow: desk\nstart: menu\nlayout: { menu: [120, 80] }\nnodes:\n  menu: { applet: ivr, say: Press 1., repeat: 2, on: { 1: bye } }\n",
        )
        .await;
    let menu = &compiled["nodes"][0];
    assert_eq!(
        (&compiled["name"], &compiled["start"], &menu["name"], &menu["applet"], &menu["line"], &menu["position"]),
        (&json!("desk"), &json!("menu"), &json!("menu"), &json!("ivr"), &json!(5), &json!([120.0, 80.0]))
    );
    let exit = |name: &str| menu["exits"].as_array().unwrap().iter().find(|exit| exit["name"] == name).cloned();
    assert_eq!(exit("none"), Some(json!({ "name": "none", "to": null, "required": true })));
    assert_eq!(exit("1"), Some(json!({ "name": "1", "to": "bye", "required": false })));
    let found = compiled["diagnostics"].as_array().unwrap();
    let lost = found.iter().find(|one| one["message"] == "there is no node `bye`").expect("it is said");
    let expected = json!({
        "severity": "error", "node": "menu", "path": "nodes.menu.on.1", "line": 5, "column": 59,
        "message": "there is no node `bye`", "hint": "add it to the nodes: `bye: { applet: … }`",
    });
    assert_eq!(*lost, expected);
}

#[tokio::test]
async fn what_is_no_flow_at_all_is_said_as_well() {
    let server = Server::open();
    for document in ["", "nodes: {", "[]", "\u{0}"] {
        let compiled = server.compile(document).await;
        assert_eq!((&compiled["name"], &compiled["nodes"]), (&Value::Null, &json!([])), "{document:?}");
        assert_eq!(compiled["diagnostics"][0]["severity"], "error", "{document:?}: {compiled}");
    }
    let unwelcome = DESK.replace("desk", UNWELCOME);
    assert_eq!(server.compile(&unwelcome).await["diagnostics"][0]["message"], "it is not welcome here");
    assert_eq!(server.compile(DESK).await["diagnostics"], json!([]));
}

#[tokio::test]
async fn a_body_that_is_no_document_is_refused() {
    let server = Server::open();
    let path = "/api/v1/flows/compile";
    let rows = [
        (json!({}), "missing field `document`"),
        (json!({ "document": 7 }), "expected a string"),
        (json!({ "document": "", "flow": "" }), "unknown field `flow`"),
        (json!([]), "no JSON object"),
    ];
    for (body, says) in rows {
        server.json(Method::POST, path, body).await.problem(400, "bad-body", says);
    }
    let long = json!({ "document": "x".repeat(api::DOCUMENT_BODY_BYTES) });
    server.json(Method::POST, path, long).await.problem(413, "bad-body", &api::DOCUMENT_BODY_BYTES.to_string());
}
