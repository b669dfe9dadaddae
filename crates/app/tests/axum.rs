//! The extractors and answers in a router, with requests that the server could have sent.
#![cfg(feature = "axum")]

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::routing::get;
use jiff::Timestamp;
use passthru_app::{Answer, Passthru, Rejection, Secret, Secrets, Signed, Verifier};
use signature::sign;
use tower_service::Service as _;

const QUERY: &str = "CallSid=0f1e2d3c4b5a69788796a5b4c3d2187v&CallFrom=09900000001&CallTo=08000000002&Direction=incoming&Created=Wed%2C+31+Jul+2024+16%3A42%3A56&DialCallDuration=0&StartTime=2024-07-31+16%3A42%3A56&EndTime=1970-01-01+05%3A30%3A00&CallType=call-attempt&DialWhomNumber=&From=09900000001&To=08000000002&CurrentTime=2024-07-31+16%3A43%3A02&digits=%22123456%22";

fn now() -> Timestamp {
    Timestamp::from_second(1_795_514_400).expect("in range")
}

fn secret() -> Secret {
    Secret::new([1; 32])
}

/// Says which keys were pressed, and what was given along.
fn answer(call: &Passthru) -> Answer {
    Answer::yes().with("keys", call.classic.keys()).with("key", call.field("key"))
}

async fn open(call: Passthru) -> Answer {
    answer(&call)
}

async fn signed(Signed(call): Signed) -> Answer {
    answer(&call)
}

async fn told(call: Result<Signed, Rejection>) -> String {
    call.map_or_else(|why| why.to_string(), |_| "believed".into())
}

fn application() -> Router {
    let verifier = Verifier::new("https://crm.example/base/", secret()).with_clock(now);
    let within = Router::new().route("/signed", get(signed).post(signed)).route("/told", get(told));
    let no = get(|| async { Answer::no() });
    let strange = get(|| async { Answer::of(99) });
    Router::new()
        .route("/open", get(open).post(open))
        .nest("/within", within)
        .route("/no", no)
        .route("/strange", strange)
        .with_state(verifier)
}

async fn said(request: Request<Body>) -> (StatusCode, String) {
    let response = application().call(request).await.expect("infallible");
    let status = response.status();
    #[expect(clippy::disallowed_methods, reason = "the application is ours")]
    let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    (status, String::from_utf8_lossy(&body).into_owned())
}

fn asks(method: &str, target: &str, kind: &str, body: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(target).header("content-type", kind);
    request.body(body.to_owned().into()).expect("a request")
}

/// The same, signed as one to that URL by the holder of a secret.
fn signs((method, target): (&str, &str), body: &str, url: &str, secret: Secret) -> Request<Body> {
    let mut request = asks(method, target, "application/x-www-form-urlencoded", body);
    let signed = signature::Request { method, url, body: body.as_bytes() };
    for (name, value) in sign("msg_1", &signed, &Secrets::from(secret), now()) {
        request.headers_mut().insert(name, value.parse().expect("a header"));
    }
    request
}

const YES: &str = r#"{"keys":"123456","key":"s3cret"}"#;

#[tokio::test]
async fn a_get_has_its_query_and_a_post_a_form_or_json_as_well() {
    let target = format!("/open?key=s3cret&{QUERY}");
    let json: String = QUERY.split('&').filter_map(|pair| pair.split_once('=')).fold(String::new(), |json, pair| {
        let value = if pair.0 == "digits" { r#"\"123456\""# } else { pair.1 };
        format!("{json}{}\"{}\": \"{value}\"", if json.is_empty() { "" } else { ", " }, pair.0)
    });
    let rows = [
        (asks("GET", &target, "", ""), 200, YES),
        (asks("GET", &target, "text/plain", "what a GET brings is not read"), 200, YES),
        (asks("POST", &target, "", ""), 200, YES),
        (asks("POST", "/open?key=s3cret", "application/x-www-form-urlencoded; charset=utf-8", QUERY), 200, YES),
        (asks("POST", "/open?key=s3cret", "Application/JSON", &format!("{{{json}}}")), 200, YES),
        (
            asks("POST", "/open", "multipart/form-data; boundary=x", "--x--"),
            415,
            "the body is neither application/x-www-form-urlencoded nor application/json\n",
        ),
        (
            asks("POST", "/open", "application/json", "{"),
            400,
            "this is not the request of a Passthru: EOF while parsing an object at line 1 column 1\n",
        ),
        (
            asks("GET", "/open?CallSid=1", "", ""),
            400,
            "this is not the request of a Passthru: missing field `CallFrom`\n",
        ),
        (
            asks("POST", "/open", "application/json", &"x".repeat(256 * 1024 + 1)),
            413,
            "the body is longer than 262144 bytes, or broke off\n",
        ),
    ];
    for (request, status, body) in rows {
        let what = format!("{} {:?}", request.method(), request.headers());
        assert_eq!(said(request).await, (StatusCode::from_u16(status).expect("a status"), body.to_owned()), "{what}");
    }
}

#[tokio::test]
async fn only_what_the_server_signed_is_believed() {
    let target = format!("/within/signed?key=s3cret&{QUERY}");
    let url = format!("https://crm.example/base{target}");
    let post = "https://crm.example/base/within/signed?key=s3cret";
    let short = "/within/signed?key=s3cret";
    let rows = [
        (signs(("GET", &target), "", &url, secret()), 200, YES),
        (signs(("POST", short), QUERY, post, secret()), 200, YES),
        (signs(("GET", &target), "", &url, Secret::new([2; 32])), 401, ""),
        (signs(("GET", &target), "", &format!("https://crm.example{target}"), secret()), 401, ""),
        (signs(("POST", &target), QUERY, &format!("{url}&x=1"), secret()), 401, ""),
        (asks("GET", &target, "", ""), 401, ""),
        (
            signs(("GET", "/within/signed"), "", "https://crm.example/base/within/signed", secret()),
            400,
            "this is not the request of a Passthru: missing field `CallSid`\n",
        ),
    ];
    for (request, status, body) in rows {
        let what = format!("{} {}", request.method(), request.uri());
        assert_eq!(said(request).await, (StatusCode::from_u16(status).expect("a status"), body.to_owned()), "{what}");
    }
    let (_, why) = said(asks("GET", &format!("/within/told?{QUERY}"), "", "")).await;
    assert_eq!(why, "not believed: the field `webhook-id` is missing: the request was not signed");
}

#[tokio::test]
async fn answers_are_statuses() {
    assert_eq!(said(asks("GET", "/no", "", "")).await, (StatusCode::FOUND, String::new()));
    assert_eq!(said(asks("GET", "/strange", "", "")).await, (StatusCode::INTERNAL_SERVER_ERROR, String::new()));
}
