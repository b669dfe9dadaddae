//! The routes, asked as a client asks them, over a store that was filled with journals.

mod access;
mod audit;
mod callouts;
mod flows;
mod recordings;
mod settings;
mod sip_messages;
mod story;
mod v1;

use axum::http::{Method, StatusCode};
use model::{CallEvent, EventKind};
use serde_json::{Value, json};
use story::*;

#[tokio::test]
async fn calls_are_listed_newest_first_and_page_by_page() {
    let server = Server::open();
    for number in 0..5 {
        server.store(vec![offered(&format!("c{number}"), number, ALICE)]).await;
    }
    let first = server.get("/api/v1/calls?limit=2").await.json();
    assert_eq!(sids(&first), ["c4", "c3"]);
    server.store(vec![offered("c9", 9, ALICE)]).await; // the pages after do not move
    let second = server.get(&format!("/api/v1/calls?limit=2&cursor={}", next(&first))).await.json();
    let third = server.get(&format!("/api/v1/calls?limit=2&cursor={}", next(&second))).await.json();
    assert_eq!(sids(&second), ["c2", "c1"]);
    assert_eq!(sids(&third), ["c0"]);
    assert_eq!(third["next"], Value::Null);
}

#[tokio::test]
async fn a_page_has_fifty_calls_unless_told() {
    let server = Server::open();
    server.store((0..51).map(|number| offered(&format!("c{number:02}"), number, ALICE)).collect()).await;
    let page = server.get("/api/v1/calls").await.json();
    assert_eq!(sids(&page).len(), api::CALLS_BY_DEFAULT);
    assert_eq!(sids(&server.get("/api/v1/calls?limit=1000").await.json()).len(), 51);
}

#[tokio::test]
async fn each_filter_narrows() {
    let server = Server::open();
    server.store(whole_call("done", 0, ALICE)).await;
    server.store(vec![offered("ringing", 100, CAROL)]).await;
    let rows = [
        ("", vec!["ringing", "done"]),
        ("from=%2B919900000001", vec!["done"]),
        ("from=+919900000001", vec!["done"]), // a plus sign that was not encoded
        ("to=%2B918011112222", vec!["ringing", "done"]),
        ("to=1", vec![]),
        ("state=completed", vec!["done"]),
        ("state=ringing", vec!["ringing"]),
        ("state=in-progress", vec![]),
        ("flow=reception", vec!["done"]),
        ("since=2027-01-15T08:01:00Z", vec!["ringing"]),
        ("since=2027-01-15T13:31:00+05:30", vec!["ringing"]),
        ("until=2027-01-15T08:01:00Z", vec!["done"]),
        ("since=2027-01-15T08:00:00Z&until=2027-01-15T08:00:00Z", vec![]),
    ];
    for (query, found) in rows {
        let page = server.get(&format!("/api/v1/calls?{query}")).await.json();
        assert_eq!(sids(&page), found, "{query}");
    }
}

#[tokio::test]
async fn a_call_is_shown_whole() {
    let server = Server::open();
    server.store(whole_call("done", 0, ALICE)).await;
    let call = server.get("/api/v1/calls/done").await.json();
    let expected = json!({
        "sid": "done", "direction": "incoming", "from": ALICE, "to": LINE, "flow": "reception", "flow_version": 1, "state": "completed",
        "created": "2027-01-15T08:00:00Z", "answered": "2027-01-15T08:00:01Z", "ended": "2027-01-15T08:00:05Z",
        "duration_ms": 5000, "billable_ms": 4000, "cause": { "value": 16, "name": "NORMAL_CLEARING" },
        "ended_by": "caller", "node": null, "recording": null, "dialled": 0, "callouts": 1, "callouts_failed": 0, "faults": 0, "events": 6,
    });
    assert_eq!(call, expected);
}

#[tokio::test]
async fn a_journal_is_shown_from_any_line_on() {
    let server = Server::open();
    server.store(whole_call("done", 0, ALICE)).await;
    let journal = server.get("/api/v1/calls/done/events").await.json();
    let names: Vec<_> = journal["events"].as_array().unwrap().iter().map(|line| line["event"].clone()).collect();
    assert_eq!(names, ["offered", "flow_started", "answered", "callout_started", "callout_ended", "ended"]);
    assert_eq!(journal["next"], Value::Null);
    let ended = json!({
        "call": "done", "seq": 4, "leg": 0, "at_ms": 3000, "wall": "2027-01-15T08:00:03Z",
        "event": "callout_ended", "callout": 1, "status": 200, "failure": null, "took_ms": 1250, "way": "first",
    });
    assert_eq!(journal["events"][4], ended);
    let tail = server.get("/api/v1/calls/done/events?from=5").await.json();
    assert_eq!(tail["events"], json!([journal["events"][5]]));
    assert_eq!(server.get("/api/v1/calls/done/events?from=6").await.json()["events"], json!([]));
}

#[tokio::test]
async fn a_long_journal_comes_in_pages() {
    let server = Server::open();
    let digit = |_| line("long", 0, 1, EventKind::Digit { digit: '1' });
    let digits = (0..store::EVENTS_A_PAGE).map(digit);
    server.store(std::iter::once(offered("long", 0, ALICE)).chain(digits).collect()).await;
    let journal = server.get("/api/v1/calls/long/events").await.json();
    assert_eq!(journal["next"], json!(store::EVENTS_A_PAGE));
    let tail = server.get(&format!("/api/v1/calls/long/events?from={}", journal["next"])).await.json();
    assert_eq!((tail["events"].as_array().unwrap().len(), &tail["next"]), (1, &Value::Null));
}

#[tokio::test]
async fn what_is_another_tenants_is_not_there() {
    let server = Server::open();
    let mut theirs = offered("theirs", 0, ALICE);
    if let EventKind::Offered { tenant, .. } = &mut theirs.kind {
        *tenant = model::Tenant("other".into());
    }
    server.store(vec![theirs]).await;
    assert_eq!(sids(&server.get("/api/v1/calls").await.json()), Vec::<String>::new());
    for path in ["/api/v1/calls/theirs", "/api/v1/calls/theirs/events"] {
        server.get(path).await.problem(404, "no-such-call", "theirs");
    }
    server.post("/api/v1/calls/theirs/hangup").await.problem(404, "no-such-call", "theirs");
}

#[tokio::test]
async fn hanging_up_is_told_apart_by_what_the_call_is() {
    let server = Server::open();
    server.store(whole_call("done", 0, ALICE)).await;
    let running = server.post(&format!("/api/v1/calls/{RUNNING}/hangup")).await;
    assert_eq!((running.status, running.json()), (StatusCode::ACCEPTED, json!({ "sid": RUNNING })));
    assert_eq!(*server.switch.hung_up.lock().unwrap(), [RUNNING]);
    server.post("/api/v1/calls/done/hangup").await.problem(409, "call-over", "call done is over");
    server.post("/api/v1/calls/nobody/hangup").await.problem(404, "no-such-call", "nobody");
}

#[tokio::test]
async fn a_body_where_none_belongs_is_refused_and_not_read_on() {
    let server = Server::open();
    let path = format!("/api/v1/calls/{RUNNING}/hangup");
    server.send(Method::POST, &path, &[], "{}".into()).await.problem(400, "unexpected-body", "no body");
    let long = "x".repeat(api::HANGUP_BODY_BYTES + 1);
    server.send(Method::POST, &path, &[], long).await.problem(413, "unexpected-body", "no body");
    assert_eq!(server.switch.hung_up.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing() {
    let server = Server::open();
    let path = format!("/api/v1/calls/{RUNNING}/hangup");
    let host = ("host", "127.0.0.1:8080");
    let rows = [
        (None, true),
        (Some("http://127.0.0.1:8080"), true),
        (Some("https://127.0.0.1:8080"), true),
        (Some("http://127.0.0.1:8081"), false),
        (Some("https://evil.example"), false),
        (Some("http://127.0.0.1:8080.evil.example"), false),
        (Some("null"), false),
    ];
    for (origin, allowed) in rows {
        let headers: Vec<_> = [host].into_iter().chain(origin.map(|origin| ("origin", origin))).collect();
        let answer = server.send(Method::POST, &path, &headers, String::new()).await;
        match allowed {
            true => assert_eq!(answer.status, StatusCode::ACCEPTED, "{origin:?}"),
            false => answer.problem(403, "foreign-origin", origin.unwrap()),
        }
    }
    let evil = [host, ("origin", "https://evil.example")];
    let read = server.send(Method::GET, "/api/v1/flows", &evil, String::new()).await; // reading is the browser's to refuse: no header allows it
    assert_eq!((read.status, read.header("access-control-allow-origin")), (StatusCode::OK, None));
}

#[tokio::test]
async fn a_parameter_that_is_wrong_is_named() {
    let server = Server::open();
    server.store(whole_call("done", 0, ALICE)).await;
    let rows = [
        ("/api/v1/calls?frm=1", "unknown parameter `frm`"),
        ("/api/v1/calls?from=1&from=2", "duplicate parameter `from`"),
        ("/api/v1/calls?limit=0", "limit: 0 is not in 1 to 1000"),
        ("/api/v1/calls?limit=1001", "limit: 1001 is not in 1 to 1000"),
        ("/api/v1/calls?limit=many", "limit"),
        ("/api/v1/calls?state=busy", "state"),
        ("/api/v1/calls?since=yesterday", "since"),
        ("/api/v1/calls?until=2027-13-01", "until"),
        ("/api/v1/calls?cursor=none", "cursor"),
        ("/api/v1/calls/done?x=1", "unknown parameter `x`"),
        ("/api/v1/calls/done/events?from=-1", "from"),
        ("/api/v1/calls/done/events?limit=1", "unknown parameter `limit`"),
        ("/api/v1/events?x=1", "unknown parameter `x`"),
        ("/api/v1/flows?x=1", "unknown parameter `x`"),
        ("/api/v1/openapi.json?x=1", "unknown parameter `x`"),
        ("/healthz?x=1", "unknown parameter `x`"),
        ("/metrics?x=1", "unknown parameter `x`"),
    ];
    for (path, named) in rows {
        server.get(path).await.problem(400, "bad-parameter", named);
    }
    let path = format!("/api/v1/calls/{RUNNING}/hangup?cause=1");
    server.post(&path).await.problem(400, "bad-parameter", "unknown parameter `cause`");
    let long = format!("/api/v1/calls?flow={}", "x".repeat(api::QUERY_BYTES));
    server.get(&long).await.problem(414, "long-query", "4096");
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_done_are_problems() {
    let server = Server::open();
    server.get("/api/v1/call").await.problem(404, "no-such-path", "/api/v1/call");
    server.get("/").await.problem(404, "no-such-path", "/api/v1/openapi.json");
    server.get(&format!("/{}", "x".repeat(9999))).await.problem(404, "no-such-path", "xxx…;");
    for path in ["/api/v1/calls/nobody", "/api/v1/calls/nobody/events", "/api/v1/calls/%FF"] {
        server.get(path).await.problem(404, "no-such-call", "there is no call");
    }
    let answer = server.send(Method::DELETE, "/api/v1/calls", &[], String::new()).await;
    assert_eq!(answer.header("allow").as_deref(), Some("GET,HEAD"));
    answer.problem(405, "wrong-method", "DELETE");
    let answer = server.get(&format!("/api/v1/calls/{RUNNING}/hangup")).await;
    assert_eq!(answer.header("allow").as_deref(), Some("POST"));
    answer.problem(405, "wrong-method", "GET");
}

#[tokio::test]
async fn a_callers_text_stays_text() {
    let server = Server::open();
    let hostile = "\"><script>alert(1)</script>\r\n\u{0}'; DROP TABLE calls";
    server.store(vec![offered("odd", 0, hostile)]).await;
    let answer = server.get("/api/v1/calls").await;
    assert_eq!(answer.header("content-type").as_deref(), Some("application/json"));
    assert_eq!(answer.json()["calls"][0]["from"], hostile);
    let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("from", hostile).finish();
    assert_eq!(sids(&server.get(&format!("/api/v1/calls?{query}")).await.json()), ["odd"]);
}

#[tokio::test]
async fn every_answer_carries_the_guards_and_head_is_get_without_a_body() {
    let server = Server::open();
    server.store(whole_call("done", 0, ALICE)).await;
    for path in [
        "/api/v1/calls",
        "/api/v1/calls/done",
        "/api/v1/calls/done/events",
        "/api/v1/flows",
        "/api/v1/openapi.json",
        "/healthz",
        "/readyz",
        "/metrics",
        "/nowhere",
    ] {
        let get = server.get(path).await;
        let head = server.send(Method::HEAD, path, &[], String::new()).await;
        assert_eq!((head.status, head.body.as_str()), (get.status, ""), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
        for answer in [get, head] {
            assert_eq!(answer.header("x-content-type-options").as_deref(), Some("nosniff"), "{path}");
            assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"), "{path}");
            let policy = answer.header("content-security-policy").expect("a policy");
            assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        }
    }
}

#[tokio::test]
async fn events_are_delivered_live_and_in_order() {
    let server = Server::open();
    let mut stream = server.get_stream("/api/v1/events").await;
    for event in whole_call("live", 0, ALICE) {
        server.live.send(event).unwrap();
    }
    for (number, name) in ["offered", "flow_started", "answered"].into_iter().enumerate() {
        let (kind, data) = stream.message().await;
        assert_eq!((kind.as_deref(), &data["event"], &data["call"]), (None, &json!(name), &json!("live")), "{number}");
    }
}

#[tokio::test]
async fn a_slow_reader_is_told_how_much_it_lost() {
    let server = Server::open();
    let mut stream = server.get_stream("/api/v1/events").await;
    let lost = 3;
    for second in 0..LIVE_LINES + lost {
        let second = u64::try_from(second).unwrap();
        server.live.send(line("live", 0, second, EventKind::Digit { digit: '1' })).unwrap();
    }
    assert_eq!(stream.message().await, (Some("lost".into()), json!({ "lost": lost })));
    let (kind, data) = stream.message().await;
    assert_eq!((kind, &data["at_ms"]), (None, &json!(1000 * lost)));
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_is_kept_alive() {
    let server = Server::open();
    let mut stream = server.get_stream("/api/v1/events").await;
    assert_eq!(stream.chunk().await, ": the lines follow\n\n", "at once, so that who asked knows");
    assert_eq!(stream.chunk().await, ":\n\n");
}

#[tokio::test]
async fn streams_past_the_limit_are_told_to_come_back_and_a_closed_one_makes_room() {
    let server = Server::open();
    let mut streams = Vec::new();
    for _ in 0..api::SUBSCRIBERS {
        streams.push(server.get_stream("/api/v1/events").await);
    }
    let refused = server.get("/api/v1/events").await;
    assert_eq!(refused.header("retry-after").as_deref(), Some("1"));
    refused.problem(503, "busy", "event streams");
    streams.pop();
    streams.push(server.get_stream("/api/v1/events").await);
}

#[tokio::test]
async fn flows_are_listed_as_the_switch_has_them() {
    let server = Server::open();
    let flows = server.get("/api/v1/flows").await.json();
    let expected = json!({ "flows": [{
        "name": "reception", "id": 4711, "version": 3, "file": "reception.yaml", "nodes": 6, "draft": false, "numbers": [LINE],
        "diagnostics": ["node lookup: nothing is wired to exit `else`"],
    }] });
    assert_eq!(flows, expected);
}

#[tokio::test(start_paused = true)]
async fn health_is_the_switchs_and_the_stores() {
    let server = Server::open();
    assert_eq!(server.get("/healthz").await.json(), json!({ "status": "ok" }));
    assert_eq!(server.get("/readyz").await.json(), json!({ "status": "ok" }));
    server.switch.fill();
    server.get("/readyz").await.problem(503, "no-new-calls", "those under way go on: as many calls as may be");
    assert_eq!(server.get("/healthz").await.status.as_u16(), 200, "a restart would not help");
    server.switch.silence();
    server.get("/healthz").await.problem(503, "switch", "the switch did not answer");
    server.get("/readyz").await.problem(503, "switch", "the switch did not answer");
    let path = format!("/api/v1/calls/{RUNNING}/hangup");
    server.post(&path).await.problem(503, "switch", "the switch did not answer");
    assert!(server.get("/metrics").await.body.contains("\npassthru_switch_up 0\n"));
}

#[tokio::test]
async fn a_switch_that_is_gone_is_not_well() {
    let server = Server::open();
    server.switch.go();
    server.get("/healthz").await.problem(503, "switch", "the switch did not answer");
    assert!(server.get("/metrics").await.body.contains("\npassthru_switch_up 0\n"));
}

#[tokio::test]
async fn a_store_that_takes_nothing_more_is_not_well() {
    let mut server = Server::open();
    server.stop_store();
    for path in ["/healthz", "/readyz"] {
        server.get(path).await.problem(503, "writer", "the store takes nothing more to write");
    }
}

#[tokio::test]
async fn metrics_are_read_off_the_journals() {
    let server = Server::open();
    let failed = |kind: &CallEvent| matches!(kind.kind, EventKind::CalloutEnded { .. });
    let mut calls = [whole_call("a", 0, ALICE), whole_call("b", 0, ALICE)].concat();
    calls.insert(1, line("a", 0, 0, EventKind::NodeEntered { node: "ask".into(), applet: "passthru".into() }));
    calls.insert(5, line("a", 0, 2, attempted()));
    for mut event in calls {
        if failed(&event) && event.call.as_str() == "b" {
            event.kind = timed_out();
        }
        server.metrics.observe(&event);
    }
    server.metrics.add_rtp_late_ticks(2);
    let answer = server.get("/metrics").await;
    assert_eq!(answer.header("content-type").as_deref(), Some("text/plain; version=0.0.4; charset=utf-8"));
    for sample in [
        "passthru_calls_total{direction=\"incoming\"} 2",
        "passthru_callouts_total{mode=\"sync\",outcome=\"2xx\"} 1",
        "passthru_callouts_total{mode=\"sync\",outcome=\"timeout\"} 1",
        "passthru_callout_seconds_bucket{host=\"crm.example\",le=\"1\"} 0",
        "passthru_callout_seconds_bucket{host=\"crm.example\",le=\"2.5\"} 1",
        "passthru_callout_seconds_bucket{host=\"crm.example\",le=\"5\"} 2",
        "passthru_callout_seconds_bucket{host=\"crm.example\",le=\"+Inf\"} 2",
        "passthru_callout_seconds_sum{host=\"crm.example\"} 6.25",
        "passthru_callout_seconds_count{host=\"crm.example\"} 2",
        "passthru_callout_applet_seconds_count{applet=\"passthru\"} 1",
        "passthru_callout_applet_seconds_bucket{applet=\"other\",le=\"5\"} 1",
        "passthru_callout_phase_seconds_bucket{host=\"crm.example\",phase=\"first_byte\",le=\"0.25\"} 1",
        "passthru_callout_phase_seconds_sum{host=\"crm.example\",phase=\"first_byte\"} 0.2",
        "passthru_callout_url_seconds_count{url=\"https://crm.example/route\"} 2",
        "passthru_callout_url_phase_seconds_sum{url=\"https://crm.example/route\",phase=\"first_byte\"} 0.2",
        "passthru_callout_applet_phase_seconds_count{applet=\"passthru\",phase=\"first_byte\"} 1",
        "passthru_reports_waiting 0",
        "passthru_reports_oldest_seconds 0",
        "passthru_reports_dead 0",
        "passthru_callers_waited_seconds_total 6.25",
        "passthru_rtp_late_ticks_total 2",
        "passthru_switch_up 1",
        "# TYPE passthru_active_calls gauge",
        "passthru_active_calls 3",
    ] {
        assert!(answer.body.lines().any(|line| line == sample), "{sample} is not in\n{}", answer.body);
    }
}

#[tokio::test]
async fn the_document_describes_the_routes_and_the_routes_are_there() {
    let server = Server::open();
    let document = server.get("/api/v1/openapi.json").await.json();
    let mut described: Vec<_> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(move |method| format!("{method} {path}")))
        .collect();
    described.sort();
    let routes = [
        "delete /api/v1/flows/{name}/draft",
        "delete /api/v1/keys/{name}",
        "delete /api/v1/people/{name}",
        "delete /api/v1/session",
        "get /api/v1/advice",
        "get /api/v1/applets",
        "get /api/v1/audit",
        "get /api/v1/callouts",
        "get /api/v1/callouts/stats",
        "get /api/v1/callouts/{id}",
        "get /api/v1/calls",
        "get /api/v1/calls/{sid}",
        "get /api/v1/calls/{sid}/callouts",
        "get /api/v1/calls/{sid}/events",
        "get /api/v1/calls/{sid}/recordings",
        "get /api/v1/calls/{sid}/sip",
        "get /api/v1/directory",
        "get /api/v1/events",
        "get /api/v1/flows",
        "get /api/v1/flows/{name}",
        "get /api/v1/flows/{name}/versions",
        "get /api/v1/flows/{name}/versions/{version}",
        "get /api/v1/keys",
        "get /api/v1/openapi.json",
        "get /api/v1/people",
        "get /api/v1/phone",
        "get /api/v1/recordings",
        "get /api/v1/session",
        "get /api/v1/settings",
        "get /healthz",
        "get /metrics",
        "get /readyz",
        "get /recordings/{file}",
        "get /v1/Accounts/{account}",
        "get /v1/Accounts/{account}/ActiveStreams",
        "get /v1/Accounts/{account}/Calls",
        "get /v1/Accounts/{account}/Calls/{sid}",
        "get /v1/Accounts/{account}/Heartbeat",
        "get /v1/Accounts/{account}/Numbers/{number}",
        "get /v2/accounts/{account}/campaigns",
        "get /v2/accounts/{account}/trunks",
        "get /v2/accounts/{account}/users",
        "get /v2/accounts/{account}/users/{id}",
        "get /v2_beta/Accounts/{account}/IncomingPhoneNumbers",
        "get /v2_beta/Accounts/{account}/IncomingPhoneNumbers/{sid}",
        "post /api/v1/callouts/replay",
        "post /api/v1/callouts/{id}/replay",
        "post /api/v1/calls/{sid}/hangup",
        "post /api/v1/flows",
        "post /api/v1/flows/compile",
        "post /api/v1/flows/{name}/publish",
        "post /api/v1/flows/{name}/versions/{version}/restore",
        "post /api/v1/keys",
        "post /api/v1/people",
        "post /api/v1/people/{name}/link",
        "post /api/v1/rehearsals",
        "post /api/v1/session",
        "post /api/v1/welcome",
        "post /v1/Accounts/{account}/Calls",
        "post /v1/Accounts/{account}/Calls/connect",
        "post /v1/Accounts/{account}/Sms/send",
        "post /v2/accounts/{account}/campaigns",
        "put /api/v1/flows/{name}/draft",
        "put /api/v1/people/{name}",
    ];
    assert_eq!(described, routes);
    let names: Vec<_> = document["paths"]["/api/v1/calls"]["get"]["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parameter| parameter["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["from", "to", "state", "flow", "since", "until", "limit", "cursor"]);
    server.store(whole_call("done", 0, ALICE)).await;
    let call = server.get("/api/v1/calls/done").await.json();
    assert_eq!(keys(&call), keys(&document["components"]["schemas"]["Call"]["properties"]));
    let server = callouts::story().await;
    let callout = server.get("/api/v1/callouts").await.json()["callouts"][0].take();
    assert_eq!(keys(&callout), keys(&document["components"]["schemas"]["Callout"]["properties"]));
    let line = server.get("/api/v1/calls/done/events").await.json()["events"][5].take();
    let described = keys(&document["components"]["schemas"]["Event"]["properties"]);
    assert!(described.iter().all(|name| line.get(name).is_some()), "{described:?} {line}");
    let problem = server.get("/nowhere").await.json();
    let mut described = keys(&document["components"]["schemas"]["Problem"]["properties"]);
    described.retain(|name| name != "diagnostics"); // of a problem with a document alone
    assert_eq!(keys(&problem), described);
}

/// The console's types are made of this file. `UPDATE_EXPECT=1` writes it anew.
#[tokio::test]
async fn the_document_in_docs_is_the_one_that_is_served() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let served = format!("{:#}\n", Server::open().get("/api/v1/openapi.json").await.json());
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(file, &served).unwrap();
    }
    let written = std::fs::read_to_string(file).unwrap_or_default();
    assert!(
        written == served,
        "docs/openapi.json is not what is served: UPDATE_EXPECT=1 cargo nextest run -p passthru-api the_document"
    );
}
