//! The v1 API, asked as its clients ask it.

use api::{FORM_BYTES, FORM_FIELDS, StartFailure};
use axum::http::Method;
use jiff::Timestamp;
use model::{
    BETWEEN_TWO_NUMBERS, CallEvent, CallSid, Cause, Direction, EndedBy, EventKind, FlowId, Format, LegEnd, LegId,
    Record, Recording, RecordingName, Tenant, Then, ToBot, ToFlow,
};
use serde_json::{Value, json};

use crate::story::*;

const TWO: &str = "From=09900000001&To=09900000002&CallerId=08011112222";

#[tokio::test]
async fn two_numbers_are_called_and_told_of_in_both_forms() {
    let server = Server::open();
    let answer = server.v1_post("/Calls/connect.json?details=true", TWO).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type").as_deref()), (200, Some("application/json")));
    let call = answer.json()["Call"].clone();
    let moment = "2027-01-15 13:30:00";
    let expected = json!({
        "Sid": NEXT, "ParentCallSid": null, "DateCreated": moment, "DateUpdated": moment, "AccountSid": ACCOUNT,
        "To": "09900000002", "From": "09900000001", "PhoneNumberSid": "08011112222", "Status": "in-progress",
        "StartTime": moment, "EndTime": null, "Duration": null, "Price": null, "Direction": "outbound-api",
        "AnsweredBy": null, "ForwardedFrom": null, "CallerName": null,
        "Uri": format!("/v1/Accounts/{ACCOUNT}/Calls.json/{NEXT}"), "RecordingUrl": null,
    });
    assert_eq!(call, expected);
    let names = |object: &Value| object.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&call), names(&expected), "in their order");
    assert!(
        answer.body.contains(&format!(r#""Uri":"\/v1\/Accounts\/{ACCOUNT}\/Calls.json\/{NEXT}""#)),
        "{}",
        answer.body
    );

    let answer = server.v1_post("/Calls/connect", TWO).await;
    assert_eq!(answer.header("content-type").as_deref(), Some("application/xml; charset=utf-8"));
    let start = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<TwilioResponse><Call><Sid>{NEXT}</Sid><ParentCallSid/><DateCreated>"
    );
    assert!(answer.body.starts_with(&start), "{}", answer.body);
    assert!(answer.body.ends_with("<RecordingUrl/></Call></TwilioResponse>\n"), "{}", answer.body);
    assert_eq!(server.switch.started.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn each_spelling_of_path_and_form_starts_the_same_call() {
    let server = Server::open();
    let parts = TWO
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    let multipart = format!("{}--b--\r\n", parts.collect::<String>());
    let urlencoded = "application/x-www-form-urlencoded";
    let rows = [
        ("/v1/Accounts/acct1/Calls/connect", "application/json", urlencoded, TWO),
        ("/v1/Accounts/acct1/Calls", "text/html, application/json;q=0.9", urlencoded, TWO),
        ("/V1/accounts/acct1/calls/connect.json", "*/*", "application/x-www-form-urlencoded; charset=UTF-8", TWO),
        ("/v1/Accounts/acct1/Calls.json", "*/*", "multipart/form-data; boundary=b", &multipart),
    ];
    for (path, accept, kind, body) in rows {
        let headers = [("authorization", &*server.basic()), ("accept", accept), ("content-type", kind)];
        let answer = server.send(Method::POST, path, &headers, body.to_owned()).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["Call"]["Sid"]),
            (200, &json!(NEXT)),
            "{path}: {}",
            answer.body
        );
    }
    let started = server.switch.started.lock().unwrap();
    assert_eq!(started.len(), rows.len());
    assert!(started.iter().all(|call| *call == started[0]), "{started:?}");
}

#[tokio::test]
async fn a_flow_is_started_by_its_url() {
    let server = Server::open();
    let url = "http%3A%2F%2Fmy.exotel.com%2Facct1%2Fexoml%2Fstart_voice%2F4711";
    let answer = server.v1_post("/Calls/connect.json", &format!("From=sip:sales&CallerId=08011112222&Url={url}")).await;
    let call = answer.json()["Call"].clone();
    assert_eq!((&call["From"], &call["To"]), (&json!("sip:sales"), &json!("08011112222")));
    let flow = ToFlow { id: FlowId::new(4711).unwrap(), record: None };
    assert_eq!(server.switch.started.lock().unwrap()[0].then, Then::Flow(flow));
}

#[tokio::test]
async fn a_bot_is_called_by_its_url() {
    let server = Server::open();
    let asked = "from=09900000001&callerid=08011112222&streamtype=bidirectional&streamurl=wss%3A%2F%2Fbot.example%2Fws";
    let answer = server.v1_post("/calls/connect.json", asked).await;
    let call = answer.json()["Call"].clone();
    assert_eq!((&call["From"], &call["To"]), (&json!("09900000001"), &json!("08011112222")), "{}", answer.body);
    let bot = ToBot { url: "wss://bot.example/ws".into(), two_way: true, record: None };
    assert_eq!(server.switch.started.lock().unwrap()[0].then, Then::Bot(bot));
}

/// What a refusal's `Message` says; fails unless its shape is the vendor's in that form.
fn message(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    let exception = answer.json()["RestException"].clone();
    assert_eq!(exception["Status"], status, "{}", answer.body);
    exception["Message"].as_str().expect("a message").to_owned()
}

#[tokio::test]
async fn what_is_refused_is_said_in_the_vendors_shape() {
    let server = Server::open();
    let refuse = |why| *server.switch.refuses.lock().unwrap() = Some(why);
    let missing = server.v1_post("/Calls/connect.json", "From=09900000001").await;
    assert_eq!(
        missing.body,
        r#"{"RestException":{"Status":400,"Message":"To: missing; give the other number, or Url, a flow's URL, or StreamUrl, a bot's"}}"#
    );
    let missing = server.v1_post("/Calls/connect", "From=09900000001").await;
    let xml = "<TwilioResponse><RestException><Status>400</Status><Message>To: missing; ";
    assert!(missing.body.lines().last().unwrap().starts_with(xml), "{}", missing.body);
    let untold = server.v1_post("/Calls/connect.json", &format!("{TWO}&StreamUrl=wss://x")).await;
    assert!(message(&untold, 400).starts_with("StreamType: missing; give bidirectional"), "{}", untold.body);
    refuse(StartFailure::Wrong("there is no flow 4711".into()));
    assert_eq!(message(&server.v1_post("/Calls/connect.json", TWO).await, 400), "there is no flow 4711");
    refuse(StartFailure::Busy("as many calls as may be are under way".into()));
    let full = server.v1_post("/Calls/connect.json", TWO).await;
    assert_eq!((message(&full, 503).is_empty(), &full.json()["RestException"]["Code"]), (false, &json!(35008)));
    assert_eq!(server.switch.started.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn only_a_key_and_its_token_open_the_account() {
    let server = Server::open();
    let path = format!("/v1/Accounts/{ACCOUNT}/Calls/connect.json");
    let form = ("content-type", "application/x-www-form-urlencoded");
    let (name, token) = (&server.key.name, &server.key.token);
    let bearer = format!("Bearer {token}");
    for header in [
        None,
        Some(basic(name, "wrong")),
        Some(basic(name, "")),
        Some(basic("", token)),
        Some(basic("other", token)),
        Some("Basic %".into()),
        Some("Basic".into()),
        Some(bearer),
    ] {
        let mut headers = vec![form];
        headers.extend(header.as_deref().map(|value| ("authorization", value)));
        let answer = server.send(Method::POST, &path, &headers, TWO.into()).await;
        assert!(message(&answer, 401).contains("passthru key create"), "{header:?}");
        assert_eq!(answer.header("www-authenticate").as_deref(), Some("Basic realm=\"passthru\""), "{header:?}");
    }
    for header in [server.basic(), basic(ACCOUNT, token), server.basic().replace("Basic", "basic")] {
        let answer = server.send(Method::POST, &path, &[form, ("authorization", &header)], TWO.into()).await;
        assert_eq!(answer.status.as_u16(), 200, "{header}");
    }
    assert_eq!(server.v1("/Nothing.json").await.status.as_u16(), 404);
    for path in ["/v1/Accounts/acct1", "/v1/nothing", "/v1", "/v2_beta/Accounts/acct1/IncomingPhoneNumbers"] {
        assert_eq!(server.get(path).await.status.as_u16(), 401, "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_to_who_may_know() {
    let server = Server::open();
    let basic = server.basic();
    for (method, path, status, says) in [
        (Method::POST, "/v1/Accounts/other/Calls/connect.json", 404, "no account `other` here; the account is `acct1`"),
        (Method::GET, "/v1/Accounts.json", 404, "no account `` here"),
        (Method::GET, "/v1/Accounts/acct1/Nothing.json", 404, "/api/v1/openapi.json"),
        (Method::DELETE, "/v1/Accounts/acct1/Calls/connect.json", 405, "Allow"),
    ] {
        let answer = server.send(method, path, &[("authorization", &basic)], String::new()).await;
        assert!(message(&answer, status).contains(says), "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_form_has_limits() {
    let server = Server::open();
    let send = async |kind: &str, body: String| {
        let headers = [("authorization", &*server.basic()), ("content-type", kind)];
        server.send(Method::POST, "/v1/Accounts/acct1/Calls.json", &headers, body).await
    };
    let urlencoded = "application/x-www-form-urlencoded";
    let longest = format!("{TWO}&x=");
    let longest = format!("{longest}{}", "x".repeat(FORM_BYTES - longest.len()));
    assert_eq!(send(urlencoded, longest.clone()).await.status.as_u16(), 200);
    assert!(message(&send(urlencoded, longest + "x").await, 413).contains("65536 bytes"));
    let most = format!("{TWO}{}", "&x=1".repeat(FORM_FIELDS - 3));
    assert_eq!(send(urlencoded, most.clone()).await.status.as_u16(), 200);
    assert!(message(&send(urlencoded, most + "&x=1").await, 400).contains("more than 100 parameters"));
    let part = "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n";
    let parts = send("multipart/form-data; boundary=b", part.repeat(FORM_FIELDS + 1) + "--b--\r\n").await;
    assert!(message(&parts, 400).contains("more than 100 parameters"));
    let long =
        format!("--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n{}\r\n--b--\r\n", "x".repeat(FORM_BYTES));
    assert!(message(&send("multipart/form-data; boundary=b", long).await, 413).contains("65536 bytes"));
    assert!(message(&send("multipart/form-data", "x".into()).await, 400).contains("cannot be read"));
    assert!(message(&send("multipart/form-data; boundary=b", "--b\r\nx".into()).await, 400).contains("cannot be read"));
    assert!(message(&send("application/json", "{}".into()).await, 415).contains("`application/json`"));
}

#[tokio::test(start_paused = true)]
async fn an_account_has_so_many_requests_a_minute() {
    let server = Server::open();
    for _ in 0..RATE_LIMIT {
        assert_eq!(server.v1_post("/Calls.json", TWO).await.status.as_u16(), 200);
    }
    let refused = server.v1_post("/Calls.json", TWO).await;
    assert!(message(&refused, 429).contains("http.rate_limit"));
    assert_eq!(refused.header("retry-after").as_deref(), Some("60"));
    let stranger = server.send(Method::GET, "/v1/Accounts/acct1/Calls.json", &[], String::new()).await;
    assert_eq!(stranger.status.as_u16(), 401);
    tokio::time::advance(std::time::Duration::from_secs(60)).await;
    assert_eq!(server.v1_post("/Calls.json", TWO).await.status.as_u16(), 200);
}

/// A call of ours between two numbers that talked for eight seconds.
fn bridged(call: &str, second: i64) -> Vec<CallEvent> {
    let (first, other) = (LegId::FIRST, LegId(1));
    let (tenant, direction) = (Tenant::default(), Direction::Outgoing);
    let dialled = |target: &str| EventKind::Dialled { target: target.into(), caller_id: LINE.into() };
    let answered = || EventKind::Answered { codec: "PCMU".into() };
    let end = LegEnd { cause: Cause::NORMAL_CLEARING, status: None, by: EndedBy::Callee };
    let lines = [
        (0, first, EventKind::Offered { tenant, direction, from: ALICE.into(), to: LINE.into() }),
        (0, first, dialled(ALICE)),
        (4, first, answered()),
        (4, first, EventKind::FlowStarted { flow: BETWEEN_TWO_NUMBERS.into(), version: 0 }),
        (5, other, dialled(CAROL)),
        (16, other, answered()),
        (17, first, EventKind::Joined { with: other }),
        (25, other, EventKind::LegEnded(end)),
        (25, first, EventKind::Ended { cause: Cause::NORMAL_CLEARING, by: EndedBy::Callee }),
    ];
    lines.into_iter().map(|(at, leg, kind)| CallEvent { leg: Some(leg), ..line(call, second, at, kind) }).collect()
}

#[tokio::test]
async fn a_call_is_shown_with_its_end_and_details() {
    let server = Server::open();
    server.store(bridged("done", 0)).await;
    let plain = server.v1("/Calls/done.json").await.json();
    let call = &plain["Call"];
    assert_eq!((&call["Status"], &call["Direction"]), (&json!("completed"), &json!("outbound-api")));
    assert_eq!((&call["EndTime"], &call["Duration"]), (&json!("2027-01-15 13:30:25"), &json!("25")));
    assert_eq!((&call["From"], &call["To"]), (&json!("09900000001"), &json!("09900000003")));
    assert_eq!(call.get("Details"), None);
    let details = server.v1("/Calls.json/done?Details=true&RecordingUrlValidity=60").await.json();
    let legs = json!([{ "Leg": { "Id": 1, "OnCallDuration": 21 } }, { "Leg": { "Id": 2, "OnCallDuration": 8 } }]);
    let expected =
        json!({ "ConversationDuration": 8, "Leg1Status": "completed", "Leg2Status": "completed", "Legs": legs });
    assert_eq!(details["Call"]["Details"], expected);
    let xml = server.v1("/Calls/done?details=true").await.body;
    assert!(xml.contains("<Legs><Leg><Id>1</Id><OnCallDuration>21</OnCallDuration></Leg><Leg>"), "{xml}");
    assert!(message(&server.v1("/Calls/nobody.json").await, 404).contains("no call nobody"));
    assert!(message(&server.v1("/Calls/done.json?RecordingUrlValidity=61").await, 400).contains("5 to 60"));
}

#[tokio::test]
async fn a_recording_has_a_link_that_is_good_for_as_long_as_was_asked() {
    let server = Server::open();
    let (name, record) = (RecordingName::new([1; 16]), Record { dual: false, format: Format::Mp3 });
    let started = EventKind::RecordingStarted { recording: name.clone(), record };
    server.store(vec![offered("taped", 0, ALICE), line("taped", 0, 2, started), offered("plain", 1, ALICE)]).await;
    let (tenant, created) = (Tenant::default(), Timestamp::from_second(1_800_000_002).expect("in range"));
    server
        .record(Recording { name: name.clone(), tenant, call: CallSid::new("taped"), record, created, mailbox: None })
        .await;
    let call = server.v1("/Calls/taped.json?RecordingUrlValidity=5").await.json()["Call"].take();
    let link = |seconds: i64| {
        format!("https://voice.example/recordings/{}?expires={}&sig=", name.file(true), 1_800_000_000 + seconds)
    };
    for (field, seconds) in [("RecordingUrl", 3600), ("PreSignedRecordingUrl", 300)] {
        assert!(call[field].as_str().is_some_and(|url| url.starts_with(&link(seconds))), "{field}: {call}");
    }
    let page = server.v1("/Calls.json").await.json();
    assert_eq!(listed(&page), ["plain", "taped"]);
    assert_eq!(page["Calls"][0]["RecordingUrl"], Value::Null);
    assert_eq!(page["Calls"][1]["RecordingUrl"], call["RecordingUrl"]);
}

fn listed(page: &Value) -> Vec<&str> {
    page["Calls"].as_array().expect("calls").iter().map(|call| call["Sid"].as_str().expect("a name")).collect()
}

#[tokio::test]
async fn calls_are_listed_by_each_filter() {
    let server = Server::open();
    server.store(whole_call("in", 0, ALICE)).await;
    server.store(bridged("out", 100)).await;
    server.store(vec![offered("rings", 200, CAROL)]).await;
    let rows = [
        ("", vec!["rings", "out", "in"]),
        ("SortBy=DateCreated:asc", vec!["in", "out", "rings"]),
        ("Sid=in,rings,other", vec!["rings", "in"]),
        ("DateCreated=gte:2027-01-15%2013:31:40", vec!["rings", "out"]),
        ("DateCreated=gte:2027-01-15+13:30:00;lte:2027-01-15+13:31:40", vec!["out", "in"]),
        ("From=%2B919900000001", vec!["out", "in"]),
        ("From=09900000001,09900000003", vec!["rings", "out", "in"]),
        ("To=09900000003", vec!["out"]),
        ("To=08011112222", vec!["rings", "in"]),
        ("PhoneNumber=08011112222", vec!["rings", "out", "in"]),
        ("Status=completed", vec!["out", "in"]),
        ("Status=ringing,busy", vec!["rings"]),
        ("Direction=inbound", vec!["rings", "in"]),
        ("direction=outbound-api", vec!["out"]),
        ("Direction=outbound-dial", vec![]),
        ("Duration=gte:10s;lte:25s", vec!["out"]),
        ("Duration=eq:5s", vec!["in"]),
        ("Price=gte:0.10", vec![]),
    ];
    for (query, found) in rows {
        let page = server.v1(&format!("/Calls.json?{query}")).await.json();
        assert_eq!((listed(&page), &page["Metadata"]["Total"]), (found.clone(), &json!(found.len())), "{query}");
    }
    let details = server.v1("/Calls.json?details=true&Sid=out").await.json();
    assert_eq!(details["Calls"][0]["Details"]["ConversationDuration"], 8);
    assert!(message(&server.v1("/Calls.json?Status=done").await, 400).starts_with("Status: `done`"));
    assert!(message(&server.v1("/Calls.json?After=x").await, 400).starts_with("After: take"));
}

#[tokio::test]
async fn a_list_is_paged_to_and_fro() {
    let server = Server::open();
    for number in 0..5 {
        server.store(vec![offered(&format!("c{number}"), number, ALICE)]).await;
    }
    server.store(vec![offered("other", 9, CAROL)]).await;
    for (sort, order) in [("desc", ["c4", "c3", "c2", "c1", "c0"]), ("asc", ["c0", "c1", "c2", "c3", "c4"])] {
        let get = async |uri: &Value| {
            let uri =
                uri.as_str().expect("a URI").strip_prefix("/v1/Accounts/acct1").expect("of the account").to_owned();
            server.v1(&uri).await.json()
        };
        let query = format!("/Calls.json?From=%2B919900000001&PageSize=2&SortBy=DateCreated%3A{sort}");
        let first = server.v1(&query).await.json();
        let metadata = &first["Metadata"];
        assert_eq!(
            (listed(&first), &metadata["Total"], &metadata["PageSize"]),
            (order[..2].to_vec(), &json!(5), &json!(2))
        );
        assert_eq!(
            (&metadata["PrevPageUri"], &metadata["FirstPageUri"]),
            (&Value::Null, &json!(format!("/v1/Accounts/acct1{query}")))
        );
        let second = get(&metadata["NextPageUri"]).await;
        assert_eq!(listed(&second), order[2..4]);
        let third = get(&second["Metadata"]["NextPageUri"]).await;
        assert_eq!((listed(&third), &third["Metadata"]["NextPageUri"]), (order[4..].to_vec(), &Value::Null));
        let back = get(&third["Metadata"]["PrevPageUri"]).await;
        assert_eq!(listed(&back), order[2..4]);
        let start = get(&back["Metadata"]["PrevPageUri"]).await;
        assert_eq!((listed(&start), &start["Metadata"]["PrevPageUri"]), (order[..2].to_vec(), &Value::Null));
        assert_eq!(listed(&get(&start["Metadata"]["NextPageUri"]).await), order[2..4]);
    }
}

#[tokio::test]
async fn the_accounts_small_resources_are_there() {
    let server = Server::open();
    assert_eq!(server.v1(".json").await.json()["Account"]["Sid"], ACCOUNT);
    let beta = async |path: &str| {
        let path = format!("/v2_beta/Accounts/{ACCOUNT}/IncomingPhoneNumbers{path}");
        server.send(Method::GET, &path, &[("authorization", &server.basic())], String::new()).await
    };
    let numbers = beta("").await.json();
    let number = &numbers["incoming_phone_numbers"][0];
    assert_eq!((&number["phone_number"], &number["friendly_name"]), (&json!(LINE), &json!("08011112222")));
    assert_eq!(number["voice_url"], "http://my.exotel.com/acct1/exoml/start_voice/4711");
    let past = beta("?page=1&page_size=1").await.json();
    assert_eq!((&past["page"], &past["incoming_phone_numbers"]), (&json!(1), &json!([])));
    assert!(message(&beta("?page_size=none").await, 400).starts_with("page_size: `none`"));
    for name in [number["sid"].as_str().expect("a name"), LINE, "08011112222"] {
        assert_eq!(beta(&format!("/{name}")).await.json(), *number, "{name}");
    }
    assert!(message(&beta("/08099999999").await, 404).contains("no number 08099999999"));
    assert_eq!(server.v1("/Numbers/09900000001.json").await.json()["Numbers"]["Type"], "Mobile");
    assert!(message(&server.v1("/Numbers/abc.json").await, 400).starts_with("Numbers: `abc` is no telephone number"));
    assert_eq!(server.v1("/activestreams.json").await.json()["Stream"]["ActiveStreamCount"], 0);
    assert_eq!(server.v1("/Heartbeat.json").await.json()["status_type"], "OK");
}

#[tokio::test]
async fn users_and_trunks_are_looked_at_in_envelopes_and_changed_elsewhere() {
    let server = Server::open();
    let users = server.v2(Method::GET, "/users").await.json();
    assert_eq!(
        (&users["method"], &users["http_code"], &users["metadata"]["total"]),
        (&json!("GET"), &json!(200), &json!(2))
    );
    assert_eq!(users["response"][0]["data"]["devices"][0]["contact_uri"], "sip:asha");
    let known = |at: usize| {
        (&users["response"][at]["data"]["email"], &users["response"][at]["data"]["devices"][0]["available"])
    };
    assert_eq!(known(0), (&Value::Null, &json!(true)), "she is registered");
    assert_eq!(known(1), (&json!("ben@acme.example"), &json!(false)), "he is not");
    let user = server.v2(Method::GET, "/Users/asha").await.json();
    assert_eq!((&user["response"]["status"], &user["response"]["data"]["id"]), (&json!("success"), &json!("asha")));
    let trunks = server.v2(Method::GET, "/trunks").await.json();
    assert_eq!(trunks["response"][0]["data"]["trunk_name"], "carrier");
    assert_eq!(server.v2(Method::GET, "/campaigns").await.json()["response"], json!([]));
    let code = |answer: &Answer, status: u16| {
        assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
        answer.json()["response"]["error_data"]["code"].clone()
    };
    assert_eq!(code(&server.v2(Method::GET, "/users/nobody").await, 404), json!(1000));
    assert_eq!(code(&server.v2(Method::GET, "/legs").await, 404), json!(1000));
    let campaign = server.v2(Method::POST, "/campaigns").await;
    assert_eq!(code(&campaign, 501), Value::Null);
    assert_eq!(code(&server.v2(Method::DELETE, "/users").await, 405), Value::Null);
    assert!(campaign.body.contains("campaigns: not yet; start each call by Calls"), "{}", campaign.body);
    assert!(message(&server.v1_post("/Sms/send.json", "To=09900000001&Body=x").await, 501).contains("applet `sms`"));
}
