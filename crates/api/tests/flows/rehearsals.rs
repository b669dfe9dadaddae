//! Calls played through documents.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::DESK;
use crate::story::*;

const PATH: &str = "/api/v1/rehearsals";

#[tokio::test]
async fn a_rehearsal_is_told_in_parts() {
    let server = Server::open();
    let body = json!({
        "document": DESK, "caller": "+919900000007", "press": ["1", ""],
        "web": { "https://crm.example/route": "200", "https://crm.example/calls": ["503", "200"] },
        "answer": { "sales": "busy" },
    });
    let answer = server.json(Method::POST, PATH, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let played = answer.json();
    assert_eq!(played["steps"], json!([{ "node": "bye", "exit": "next", "flow": null }]));
    assert_eq!(played["events"][0]["event"], "offered");
    assert_eq!(played["cause"], json!({ "value": 16, "name": "NORMAL_CLEARING" }));
    let request = json!({ "url": "https://crm.example/route", "method": "GET", "fields": { "digits": "1" } });
    assert_eq!((&played["requests"], &played["test"]), (&json!([request]), &json!("tests: []\n")));
    let script = server.bench.script.lock().unwrap().clone().expect("it was played");
    assert_eq!(
        (script.caller.as_deref(), script.number, script.press),
        (Some("+919900000007"), None, vec!["1".into(), String::new()])
    );
    assert_eq!(script.web["https://crm.example/calls"], ["503", "200"]);
    assert_eq!(script.answer["sales"], "busy");
}

#[tokio::test]
async fn what_cannot_be_played_is_refused() {
    let server = Server::open();
    let unfit = server.json(Method::POST, PATH, json!({ "document": "flow: [" })).await;
    unfit.problem(422, "unfit-document", "not a YAML");
    assert_eq!(unfit.json()["diagnostics"][0]["line"], 1);
    let many = vec!["1"; api::SCRIPT_ITEMS + 1];
    for what in [json!({ "press": many }), json!({ "web": { "https://a.example": many } })] {
        let mut body = what;
        body["document"] = json!(DESK);
        server.json(Method::POST, PATH, body).await.problem(400, "bad-body", "101 items, 100 are allowed");
    }
    let press = vec!["1"; api::SCRIPT_ITEMS];
    let most = server.json(Method::POST, PATH, json!({ "document": DESK, "press": press })).await;
    assert_eq!(most.status, StatusCode::OK, "{}", most.body);
    server.json(Method::POST, PATH, json!({ "document": DESK, "speed": 2 })).await.problem(400, "bad-body", "speed");
}

#[tokio::test]
async fn rehearsals_past_the_limit_are_told_to_come_back() {
    let server = Arc::new(Server::open());
    let body = json!({ "document": DESK });
    let bench = Arc::clone(&server.bench);
    let held = bench.stage.lock().await;
    let mut running = Vec::new();
    // Each is asked on its way to the stage before the next: whoever finds no place is told at once.
    for _ in 0..=api::REHEARSALS {
        let (server, body) = (Arc::clone(&server), body.clone());
        running.push(tokio::spawn(async move { server.json(Method::POST, PATH, body).await }));
    }
    let mut refused = None;
    while refused.is_none() {
        refused = running.iter().position(tokio::task::JoinHandle::is_finished);
        tokio::task::yield_now().await;
    }
    let refused = running.remove(refused.expect("just found")).await.unwrap();
    drop(held);
    refused.problem(503, "busy", "rehearsals");
    for played in running {
        assert_eq!(played.await.unwrap().status, StatusCode::OK);
    }
}
