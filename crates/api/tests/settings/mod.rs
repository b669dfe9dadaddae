//! What the configuration holds, as the console shows it, and the keys that can be made there.

use axum::http::Method;
use model::{HttpFailure, HttpOutcome};
use serde_json::{Value, json};
use store::Next;

use crate::callouts::{finish, owe};
use crate::story::*;

#[tokio::test]
async fn the_directory_has_what_the_configuration_has_and_who_is_there() {
    let server = Server::open();
    let directory = server.get("/api/v1/directory").await.json();
    assert_eq!(directory["numbers"], json!([{ "number": "+918044444444", "flow": "front-desk" }]));
    let users: Vec<_> = directory["users"].as_array().unwrap().iter().map(|user| &user["name"]).collect();
    assert_eq!(users, ["asha", "ben"]);
    assert!(directory["users"][0]["registered"].is_boolean(), "{directory}");
    assert_eq!(directory["groups"][0]["members"], json!(["sip:asha"]));
    assert_eq!(directory["trunks"][0]["host"], "sip.carrier.example");
}

#[tokio::test]
async fn the_settings_are_shown() {
    let settings = Server::open().get("/api/v1/settings").await.json();
    assert_eq!(settings["text"], "data = \"data\"\n");
    assert_eq!(settings["version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn advice_is_the_most_urgent_first_and_tells_of_what_was_blocked() {
    let server = Server::open();
    let about = |advice: &Value| -> Vec<String> {
        let advice = advice["advice"].as_array().unwrap();
        advice.iter().map(|advice| advice["about"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(about(&server.get("/api/v1/advice").await.json()), ["trunk"]);
    server.store(whole_call("c1", 0, ALICE)).await;
    owe(&server, "c1", 2, "http://10.0.0.7/calls", 20).await;
    finish(&server, HttpOutcome::Failed(HttpFailure::Forbidden("it is private".into())), Next::Dead, 25).await;
    let advice = server.get("/api/v1/advice").await.json();
    assert_eq!(about(&advice), ["callout.allow", "trunk"]);
    assert_eq!(advice["advice"][0]["line"], "allow = [\"10.0.0.7\"]");
}

#[tokio::test]
async fn a_key_that_is_made_opens_the_v1_api_until_it_is_revoked() {
    let server = Server::open();
    let body = json!({ "note": "the shop" }).to_string();
    let made = server.send(Method::POST, "/api/v1/keys", &[], body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let made = made.json();
    let (name, token) = (made["name"].as_str().unwrap(), made["token"].as_str().unwrap());
    let listed = server.get("/api/v1/keys").await;
    assert!(!listed.body.contains(token), "a token is told once");
    let listed = listed.json()["keys"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&listed["name"], &listed["note"], &listed["revoked"]),
        (&json!(name), &json!("the shop"), &Value::Null)
    );

    let account = format!("/v1/Accounts/{ACCOUNT}.json");
    let headers = [("authorization", basic(name, token))];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(server.send(Method::GET, &account, &headers, String::new()).await.status, 200);
    let key = format!("/api/v1/keys/{name}");
    assert_eq!(server.send(Method::DELETE, &key, &[], String::new()).await.status, 204);
    assert_eq!(server.send(Method::GET, &account, &headers, String::new()).await.status, 401);
    server.send(Method::DELETE, &key, &[], String::new()).await.problem(404, "no-such-key", "GET /api/v1/keys");
}

#[tokio::test]
async fn a_note_that_is_no_line_is_refused() {
    let server = Server::open();
    let list = server.send(Method::POST, "/api/v1/keys", &[], "[\"a note\"]".into()).await;
    list.problem(400, "bad-body", "it is no JSON object");
    for note in ["n".repeat(api::NOTE_CHARS + 1), "two\nlines".into()] {
        let answer = server.send(Method::POST, "/api/v1/keys", &[], json!({ "note": note }).to_string()).await;
        answer.problem(400, "bad-body", "note: a line of at most 200 characters");
    }
}

#[tokio::test]
async fn a_phone_is_played_over_a_websocket_of_our_own_pages() {
    let server = Server::open();
    for (query, says) in [
        ("", "write one of to, a number, and flow"),
        ("?to=1&flow=x", "write one of to, a number, and flow"),
        ("?to=", "lines of at most 128 characters"),
        ("?to=1&from=a%0ab", "lines of at most 128 characters"),
        ("?x=1", "unknown parameter `x`"),
    ] {
        server.get(&format!("/api/v1/phone{query}")).await.problem(400, "bad-parameter", says);
    }
    server.get("/api/v1/phone?to=1").await.problem(426, "no-upgrade", "ask for an upgrade");
    let foreign = [("host", "voice.example"), ("origin", "https://evil.example"), ("upgrade", "websocket")];
    let answer = server.send(Method::GET, "/api/v1/phone?to=1", &foreign, String::new()).await;
    answer.problem(403, "foreign-origin", "https://evil.example");
}
