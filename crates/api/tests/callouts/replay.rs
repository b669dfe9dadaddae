//! Callouts, sent again.

use std::time::Duration;

use axum::http::Method;
use futures_util::FutureExt as _;
use model::{CallSid, CalloutId, HttpOutcome, HttpRequest};
use serde_json::{Value, json};
use store::{Batch, Next, Notify, OutboxRow};

use super::{clock, finish, ids, owe, story};
use crate::story::*;

async fn replay(server: &Server, id: &str, body: &str) -> Answer {
    server.send(Method::POST, &format!("/api/v1/callouts/{id}/replay"), &[], body.to_owned()).await
}

async fn many(server: &Server, wanted: &Value) -> Value {
    server.send(Method::POST, "/api/v1/callouts/replay", &[], wanted.to_string()).await.json()
}

/// What the courier gets now.
async fn claim(server: &Server) -> Vec<OutboxRow> {
    server.claim(99, clock(0)).await
}

fn answered(status: u16) -> HttpOutcome {
    HttpOutcome::Answered(model::HttpAnswer::of(status))
}

#[tokio::test]
async fn a_dead_letter_is_sent_again_under_its_name() {
    let server = story().await;
    let mut live = server.live.subscribe();
    let answer = replay(&server, "done_2", "").await;
    assert_eq!((answer.status.as_u16(), answer.json()), (202, json!({ "id": "done_2", "of": "done_2" })));
    assert!(server.bell.notified().now_or_never().is_some(), "the courier is woken");
    let callout = server.get("/api/v1/callouts/done_2").await.json();
    assert_eq!((&callout["state"], &callout["due"]), (&json!("waiting"), &json!("2027-01-15T08:00:00Z")), "now");
    let rows = claim(&server).await;
    let again = rows.iter().find(|row| row.callout.0 == 2).expect("it is due");
    assert_eq!(
        (again.attempt, again.earlier, again.request.url.as_str()),
        (2, 1, "https://u:s3cret@Reports.example/calls?x=1")
    );
    let journal = server.get("/api/v1/calls/done/events").await.json();
    let line = journal["events"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&line["event"], &line["callout"], &line["of"], &line["url"]),
        (&json!("notify_replayed"), &json!(2), &json!(2), &json!("https://Reports.example/calls?x=1"))
    );
    assert_eq!(live.try_recv().expect("told").seq, line["seq"]);
}

#[tokio::test]
async fn a_changed_one_is_a_callout_of_its_own() {
    let server = story().await;
    let change =
        json!({ "url": "https://other.example/x", "method": "POST", "headers": { "X-Why": "again" }, "body": "text" });
    let answer = replay(&server, "done_2", &change.to_string()).await;
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    assert!(answer.status == 202 && id.starts_with("done_1000"), "{id}");
    let sent = server.get(&format!("/api/v1/callouts/{id}")).await.json();
    let expected = json!({
        "method": "POST", "url": "https://other.example/x", "headers": [{ "name": "X-Why", "value": "again" }],
        "body": { "bytes": 4, "text": "text" },
    });
    assert_eq!((&sent["request"], &sent["state"], &sent["flow"]), (&expected, &json!("waiting"), &json!("reception")));
    assert_eq!(server.get("/api/v1/callouts/done_2").await.json()["state"], "dead");
    let asked: HttpRequest = claim(&server).await.remove(0).request;
    assert!(!asked.url.contains("s3cret"), "another origin is not told the password");
}

#[tokio::test]
async fn what_a_call_waited_for_becomes_a_report() {
    let server = story().await;
    let id = replay(&server, "done_1", "{}").await.json()["id"].as_str().unwrap().to_owned();
    let sent = server.get(&format!("/api/v1/callouts/{id}")).await.json();
    assert_eq!((&sent["kind"], &sent["url"]), (&json!("async"), &json!("https://crm.example/route?key=1")));
    assert_eq!(claim(&server).await[0].request.url, "https://u:s3cret@crm.example/route?key=1");
}

#[tokio::test]
async fn what_cannot_be_sent_again_is_a_problem() {
    let server = story().await;
    for body in ["", r#"{"body":"x"}"#] {
        replay(&server, "done_3", body).await.problem(409, "callout-owed", "done_3 is waiting");
        replay(&server, "done_9", body).await.problem(404, "no-such-callout", "done_9");
    }
    let rows = [
        ("{", "EOF"),
        ("[]", "no JSON object"),
        (r#"{"uri":"x"}"#, "unknown field `uri`"),
        (r#"{"url":"ftp://x.example/"}"#, "url"),
        (r#"{"method":"DELETE"}"#, "method"),
        (r#"{"headers":{"Host":"x"}}"#, "headers: `Host`"),
    ];
    for (body, named) in rows {
        replay(&server, "done_2", body).await.problem(400, "bad-body", named);
    }
    let long = "x".repeat(api::REPLAY_BODY_BYTES + 1);
    replay(&server, "done_2", &long).await.problem(413, "bad-body", "262144");
    let path = "/api/v1/callouts/done_2/replay";
    let evil = [("host", "127.0.0.1:8080"), ("origin", "https://evil.example")];
    server.send(Method::POST, path, &evil, String::new()).await.problem(403, "foreign-origin", "evil");
    server.get(path).await.problem(405, "wrong-method", "GET");
    assert_eq!(server.get("/api/v1/callouts/done_2").await.json()["state"], "dead");
}

#[tokio::test]
async fn dead_letters_are_sent_again_by_what_they_have_in_common() {
    let server = story().await;
    for callout in 10..14 {
        let url = if callout < 12 { "https://a.example/" } else { "https://b.example/" };
        owe(&server, "done", callout, url, i64::from(callout)).await;
        finish(&server, answered(410), Next::Dead, i64::from(callout)).await;
    }
    let dry = many(&server, &json!({ "dry_run": true })).await;
    assert_eq!(dry, json!({ "found": 5, "replayed": 0, "more": false, "next": null }));
    let rows = [
        (json!({ "origin": "https://a.example/x", "until": "2027-01-15T08:00:11Z" }), 1),
        (json!({ "origin": "https://a.example" }), 1),
        (json!({ "flow": "other" }), 0),
        (json!({ "since": "2027-01-15T08:00:13Z", "until": "2027-01-15T08:00:14Z", "flow": "reception" }), 1),
        (json!({ "state": "delivered" }), 0),
        (json!({}), 2),
        (json!({}), 0),
    ];
    for (wanted, count) in rows {
        let done = many(&server, &wanted).await;
        assert_eq!((&done["found"], &done["replayed"]), (&json!(count), &json!(count)), "{wanted}");
    }
    let waiting = server.get("/api/v1/callouts?state=waiting").await.json();
    assert_eq!(ids(&waiting).len(), 6);
    let body = json!({ "state": "waiting" }).to_string();
    server.send(Method::POST, "/api/v1/callouts/replay", &[], body).await.problem(
        400,
        "bad-body",
        "state: what is waiting",
    );
}

#[tokio::test]
async fn more_than_fit_one_request_go_on_by_the_cursor() {
    let server = story().await;
    let extra = 5;
    let calls: Vec<String> = (0..api::REPLAYS + extra).map(|number| format!("c{number}")).collect();
    server.store(calls.iter().map(|call| offered(call, 40, ALICE)).collect()).await;
    let owed = |(call, origin): (&String, u8)| Notify {
        call: CallSid::new(call.as_str()),
        callout: CalloutId(1),
        request: HttpRequest::get(format!("https://h{origin}.example/"), Duration::from_secs(5)),
        created: clock(40),
    };
    let notify = calls.iter().zip((0..9).cycle()).map(owed).collect();
    server.write(|writer, done| writer.append(Batch { events: vec![], notify, ..Batch::default() }, done)).await;
    loop {
        let rows = server.claim(256, clock(50)).await;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let end = store::Finish { id: row.id, outcome: answered(410), next: Next::Dead, attempt: None };
            server.write(|writer, done| writer.finish(end, done, clock(50))).await;
        }
    }
    let wanted = json!({ "since": "2027-01-15T08:00:40Z" });
    let first = many(&server, &wanted).await;
    assert_eq!((&first["replayed"], &first["more"]), (&json!(api::REPLAYS), &json!(true)));
    let second = many(&server, &json!({ "since": "2027-01-15T08:00:40Z", "cursor": first["next"] })).await;
    assert_eq!((&second["replayed"], &second["more"], &second["next"]), (&json!(extra), &json!(false), &Value::Null));
}
