//! The v1 API, asked as its clients ask it.

use api::{FORM_BYTES, FORM_FIELDS, StartFailure};
use axum::http::Method;
use model::{FlowId, Then};
use serde_json::json;

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
    let names = |object: &serde_json::Value| object.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
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
    assert_eq!(server.switch.started.lock().unwrap()[0].then, Then::Flow(FlowId::new(4711).unwrap()));
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
        r#"{"RestException":{"Status":400,"Message":"To: missing; give the other number, or Url, a flow's URL"}}"#
    );
    let missing = server.v1_post("/Calls/connect", "From=09900000001").await;
    let xml = "<TwilioResponse><RestException><Status>400</Status><Message>To: missing; ";
    assert!(missing.body.lines().last().unwrap().starts_with(xml), "{}", missing.body);
    assert!(
        message(&server.v1_post("/Calls/connect.json", &format!("{TWO}&StreamUrl=wss://x")).await, 501)
            .contains("not yet")
    );
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
