//! Callouts: listed, and shown with their attempts.

mod replay;

use std::time::Duration;

use jiff::Timestamp;
use model::{
    Asker, Attempt, CallSid, CalloutId, HttpAnswer, HttpFailure, HttpOutcome, HttpRequest, HttpTrace, Mark, Tenant, Way,
};
use serde_json::{Value, json};
use store::{AttemptKind, Batch, Finish, Kept, Next, Notify};

use crate::story::*;

fn clock(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("in range")
}

fn request(call: &str, callout: u32, url: &str) -> HttpRequest {
    let asker = Asker { flow: "reception".into(), node: "ask".into(), applet: "passthru".into() };
    let mark = Some(Mark::new(CallSid::new(call), CalloutId(callout), asker));
    HttpRequest { mark, ..HttpRequest::get(url, Duration::from_secs(5)) }
}

fn attempt(request: HttpRequest, outcome: HttpOutcome, second: i64) -> Attempt {
    let mark = request.mark.clone().expect("callouts have one");
    let trace = HttpTrace {
        address: Some("192.0.2.7:443".parse().expect("an address")),
        reused: false,
        dns: Some(Duration::from_micros(1_200)),
        connect: Some(Duration::from_micros(20_000)),
        tls: None,
        first_byte: Some(Duration::from_millis(300)),
        body: None,
    };
    let took = Duration::from_millis(321);
    Attempt {
        call: mark.call,
        callout: mark.callout,
        number: 1,
        way: Way::First,
        began: clock(second),
        took,
        request,
        outcome,
        trace,
    }
}

/// A call with a callout that it waited for, 1, and two that are owed to a receiver: 2 is dead, 3 waits.
pub(crate) async fn story() -> Server {
    let server = Server::open();
    server.store(whole_call("done", 0, ALICE)).await;
    let answer = HttpAnswer {
        content_type: Some("text/plain".into()),
        body: b"{\"select\":\"gold\"}".to_vec(),
        headers: vec![("content-type".into(), "text/plain".into())],
        ..HttpAnswer::of(200)
    };
    let asked =
        request("done", 1, "https://u:s3cret@crm.example/route?key=1").with_header("Authorization", "Bearer s3cret");
    let kept = Kept {
        tenant: Tenant::default(),
        kind: AttemptKind::Sync,
        attempt: attempt(asked, HttpOutcome::Answered(answer), 10),
    };
    server.write(|writer, done| writer.keep_attempt(kept, done)).await;
    owe(&server, "done", 2, "https://u:s3cret@Reports.example/calls?x=1", 20).await;
    finish(&server, HttpOutcome::Failed(HttpFailure::Connect("refused".into())), Next::Dead, 25).await;
    owe(&server, "done", 3, "https://reports.example/calls?x=2", 30).await;
    server
}

/// Owes a report.
pub(crate) async fn owe(server: &Server, call: &str, callout: u32, url: &str, second: i64) {
    let mut request = request(call, callout, url);
    request.method = "POST".into();
    request.body = vec![0xff, 1];
    let row = Notify { call: CallSid::new(call), callout: CalloutId(callout), request, created: clock(second) };
    server
        .write(|writer, done| writer.append(Batch { events: vec![], notify: vec![row], ..Batch::default() }, done))
        .await;
}

/// Makes the attempt that is due.
pub(crate) async fn finish(server: &Server, outcome: HttpOutcome, next: Next, second: i64) {
    let row = server.claim(1, clock(second)).await.into_iter().next().expect("one is due");
    let attempt = Some(Attempt { number: row.attempt, ..attempt(row.request, outcome.clone(), second) });
    let end = Finish { id: row.id, outcome, next, attempt };
    server.write(|writer, done| writer.finish(end, done, clock(second + 1))).await;
}

pub(crate) fn ids(page: &Value) -> Vec<String> {
    let callouts = page["callouts"].as_array().expect("callouts");
    callouts.iter().map(|callout| callout["id"].as_str().expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn callouts_are_listed_newest_first_and_page_by_page() {
    let server = story().await;
    let page = server.get("/api/v1/callouts").await.json();
    assert_eq!((ids(&page), &page["next"]), (vec!["done_3".into(), "done_2".into(), "done_1".into()], &Value::Null));
    let expected = json!({
        "id": "done_2", "call": "done", "flow": "reception", "node": "ask", "applet": "passthru", "kind": "async", "method": "POST",
        "url": "https://Reports.example/calls?x=1", "state": "dead", "status": null, "failure": "refused",
        "created": "2027-01-15T08:00:20Z", "attempts": 1, "took_ms": 6000,
    });
    assert_eq!(page["callouts"][1], expected);
    let first = server.get("/api/v1/callouts?limit=2").await.json();
    let second = server.get(&format!("/api/v1/callouts?limit=2&cursor={}", next(&first))).await.json();
    assert_eq!((ids(&first), ids(&second)), (vec!["done_3".into(), "done_2".into()], vec!["done_1".into()]));
    assert_eq!(second["next"], Value::Null);
}

#[tokio::test]
async fn each_filter_narrows_the_list() {
    let server = story().await;
    let rows = [
        ("kind=sync", vec!["done_1"]),
        ("kind=async", vec!["done_3", "done_2"]),
        ("state=dead", vec!["done_2"]),
        ("state=waiting", vec!["done_3"]),
        ("state=answered", vec!["done_1"]),
        ("flow=reception&state=running", vec![]),
        ("flow=other", vec![]),
        ("origin=https://reports.example", vec!["done_3", "done_2"]),
        ("origin=https://u:p@REPORTS.example/any", vec!["done_3", "done_2"]),
        ("status=200", vec!["done_1"]),
        ("failure=refused", vec!["done_2"]),
        ("since=2027-01-15T08:00:20Z&until=2027-01-15T13:30:30+05:30", vec!["done_2"]),
    ];
    for (query, found) in rows {
        for path in ["/api/v1/callouts", "/api/v1/calls/done/callouts"] {
            assert_eq!(ids(&server.get(&format!("{path}?{query}")).await.json()), found, "{path}?{query}");
        }
    }
    server.store(vec![offered("quiet", 0, ALICE)]).await;
    assert_eq!(ids(&server.get("/api/v1/calls/quiet/callouts").await.json()), Vec::<String>::new());
    server.get("/api/v1/calls/nobody/callouts").await.problem(404, "no-such-call", "nobody");
    let wrong = [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("kind=both", "kind"),
        ("state=lost", "state"),
        ("status=x", "status"),
        ("failure=tired", "`tired` is none of blocked, dns"),
        ("since=yesterday", "since"),
        ("cursor=1.2", "cursor"),
        ("colour=red", "unknown parameter `colour`"),
    ];
    for (query, named) in wrong {
        server.get(&format!("/api/v1/callouts?{query}")).await.problem(400, "bad-parameter", named);
    }
}

#[tokio::test]
async fn a_callout_is_shown_with_its_attempts_and_without_its_secrets() {
    let server = story().await;
    let answer = server.get("/api/v1/callouts/done_1").await;
    assert!(!answer.body.contains("s3cret"), "{}", answer.body);
    let callout = answer.json();
    assert_eq!(
        (&callout["id"], &callout["state"], &callout["due"]),
        (&json!("done_1"), &json!("answered"), &Value::Null)
    );
    let asked = json!({
        "method": "GET", "url": "https://crm.example/route?key=1",
        "headers": [{ "name": "Authorization", "value": "(hidden)" }], "body": null,
    });
    let expected = json!([{
        "number": 1, "way": "first", "kind": "sync", "began": "2027-01-15T08:00:10Z", "took_ms": 321, "request": asked,
        "answer": {
            "status": 200, "headers": [{ "name": "content-type", "value": "text/plain" }],
            "body": { "bytes": 17, "text": "{\"select\":\"gold\"}" }, "truncated": false,
        },
        "failure": null, "detail": null,
        "phases": { "dns_us": 1200, "connect_us": 20000, "tls_us": null, "first_byte_us": 300_000, "body_us": null },
        "address": "192.0.2.7:443", "reused": false,
    }]);
    assert_eq!((&callout["request"], &callout["tries"]), (&asked, &expected));

    let answer = server.get("/api/v1/callouts/done_2").await;
    assert!(!answer.body.contains("s3cret"), "{}", answer.body);
    let dead = answer.json();
    let tried = &dead["tries"][0];
    assert_eq!((&tried["failure"], &tried["detail"]), (&json!("refused"), &json!("connection failed: refused")));
    assert_eq!(tried["request"]["body"], json!({ "bytes": 2, "base64": "/wE=" }));
    let waiting = server.get("/api/v1/callouts/done_3").await.json();
    assert_eq!((&waiting["due"], &waiting["tries"]), (&json!("2027-01-15T08:00:30Z"), &json!([])));
}

#[tokio::test]
async fn a_callout_that_is_not_there_is_a_problem() {
    let server = story().await;
    for id in ["done_4", "nobody_1", "done", "done_", "done_x", "done_-1", "done_+1", "done_99999999999", "_1", "%FF"] {
        server.get(&format!("/api/v1/callouts/{id}")).await.problem(404, "no-such-callout", "there is no callout");
    }
    for id in ["done_1_fallback", "done_1_shadow"] {
        let found = server.get(&format!("/api/v1/callouts/{id}")).await.json();
        assert_eq!(found["id"], "done_1", "{id} is a webhook-id of it");
    }
    server.get("/api/v1/callouts/done_1?x=1").await.problem(400, "bad-parameter", "unknown parameter `x`");
}

#[tokio::test]
async fn callouts_are_counted_by_what_they_have_in_common() {
    let server = story().await;
    let stats = server.get("/api/v1/callouts/stats").await.json();
    let quantiles = |ms: f64| json!({ "p50_ms": ms, "p95_ms": ms, "p99_ms": ms });
    let phases = json!({
        "dns": quantiles(1.2), "connect": quantiles(20.0), "tls": null, "first_byte": quantiles(300.0), "body": null,
    });
    let asked = json!({
        "name": "https://crm.example", "attempts": 1, "statuses": { "2xx": 1 }, "cancelled": 0, "failures": {}, "waits": 1,
        "waited_seconds": 0.321, "agreement": null, "whole": quantiles(321.0), "phases": phases, "steps": [],
    });
    assert_eq!((&stats["groups"][0], &stats["attempts"], &stats["cut_at"]), (&asked, &json!(2), &Value::Null));
    let owed = &stats["groups"][1];
    assert_eq!((&owed["failures"], &owed["waits"]), (&json!({ "refused": 1 }), &json!(0)));
    let rows = [
        ("by=url&kind=sync", vec!["https://crm.example/route"]),
        ("by=node", vec!["reception/ask"]),
        ("by=applet&kind=async", vec!["passthru"]),
        ("by=flow&since=2027-01-15T08:00:20Z", vec!["reception"]),
        ("by=flow&until=2027-01-15T08:00:10Z", vec![]),
    ];
    for (query, found) in rows {
        let stats = server.get(&format!("/api/v1/callouts/stats?{query}")).await.json();
        let names: Vec<_> = stats["groups"].as_array().unwrap().iter().map(|group| group["name"].clone()).collect();
        assert_eq!(names, found, "{query}");
    }
    let stepped =
        server.get("/api/v1/callouts/stats?since=2027-01-15T08:00:00Z&until=2027-01-15T09:00:00Z&step=60").await;
    let step = json!({ "at": "2027-01-15T08:00:00Z", "attempts": 1, "failed": 0, "whole": quantiles(321.0) });
    assert_eq!(stepped.json()["groups"][0]["steps"], json!([step]));
    for (query, named) in [
        ("by=host", "by"),
        ("kind=all", "kind"),
        ("x=1", "unknown parameter `x`"),
        ("since=x", "since"),
        ("step=60", "say `since`"),
        ("step=0&since=2027-01-15T08:00:00Z", "write 1 to 86400"),
        ("step=7&since=2027-01-15T08:00:00Z&until=2027-01-15T09:00:00Z", "500 at most"),
    ] {
        server.get(&format!("/api/v1/callouts/stats?{query}")).await.problem(400, "bad-parameter", named);
    }
}
