//! The client in TypeScript reads every request as this crate does. It runs as it is, by Node.
#![expect(clippy::print_stdout, reason = "a test that is left out says so")]

use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use jiff::Timestamp;
use passthru_app::Passthru;
use passthru_app::time::{india, moment};
use serde_json::{Value, json};

/// What the client makes of requests. `None` where there is no Node, which is said, and in CI a failure.
fn client(requests: &[Value]) -> Option<Vec<Value>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = root.join("../../clients/typescript/index.js").canonicalize().expect("the client is there");
    let mut node = Command::new("node");
    node.arg(root.join("tests/runners/client.mjs")).arg(package).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut node = match node.spawn() {
        Err(error) if error.kind() == ErrorKind::NotFound && std::env::var_os("CI").is_none() => {
            println!("left out: node is not installed; install it by: apt-get install nodejs");
            return None;
        }
        node => node.expect("node (Debian's nodejs)"),
    };
    let lines: String = requests.iter().map(|request| format!("{request}\n")).collect();
    node.stdin.take().expect("a pipe").write_all(lines.as_bytes()).expect("it listens");
    let output = node.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", output.status);
    let said = String::from_utf8(output.stdout).expect("text");
    Some(said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect())
}

/// The same as the client has it: keys that are not there are left out.
fn as_client(call: &Passthru) -> Value {
    let time =
        |text: &str| moment(text, &india()).map(|at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string());
    let mut value = json!({
        "classic": call.classic,
        "extended": call.extended,
        "fields": call.fields,
        "keys": call.classic.keys(),
        "created": time(&call.classic.created),
        "ended": time(&call.classic.end_time),
    });
    for name in ["classic", "extended"] {
        without_nulls(&mut value[name]);
    }
    if value["extended"].is_null() {
        value.as_object_mut().expect("a map").remove("extended");
    }
    value
}

fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, inner| !inner.is_null());
            map.values_mut().for_each(without_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

/// Numbers of one size, and moments in one spelling: 12 and 12.0 are the same to both.
fn alike(value: &Value) -> Value {
    match value {
        Value::Object(map) => map.iter().map(|(name, inner)| (name.clone(), alike(inner))).collect(),
        Value::Array(items) => items.iter().map(alike).collect(),
        Value::Number(number) => json!(number.as_f64()),
        Value::String(text) => match text.parse::<Timestamp>() {
            Ok(at) => json!(at.to_string()),
            Err(_) => value.clone(),
        },
        _ => value.clone(),
    }
}

const GOLDEN: [&str; 10] = [
    "before_answer",
    "after_greeting",
    "after_ivr",
    "after_gather",
    "completed",
    "busy",
    "no_answer",
    "failed",
    "client_hangup",
    "after_recorded_connect",
];

const EXTENDED: &str = "&Profile=extended&SentAt=2026-11-24T10%3A00%3A05.000%2B05%3A30&CallDirection=inbound&PartyNumber=%2B919900000001&LineNumber=%2B918011112222&CallState=ended&CallOutcome=talked&CreatedAt=2026-11-24T10%3A00%3A00.000%2B05%3A30&AnsweredAt=2026-11-24T10%3A00%3A00.100%2B05%3A30&EndedAt=2026-11-24T10%3A00%3A04.000%2B05%3A30&CallSeconds=4.000&FlowName=golden&FlowId=11111&TenantId=1&Keys=&ConnectStatus=talked&ShownNumber=%2B918011112222&TalkedTo=%2B919900000003&TalkSeconds=3.210&Legs%5B0%5D%5BPartyNumber%5D=%2B919900000003&Legs%5B0%5D%5BShownNumber%5D=%2B918011112222&Legs%5B0%5D%5BStatus%5D=talked&Legs%5B0%5D%5BParallel%5D=false&Legs%5B0%5D%5BStartedAt%5D=2026-11-24T10%3A00%3A00.200%2B05%3A30&Legs%5B0%5D%5BRingSeconds%5D=0.500&Legs%5B0%5D%5BTalkSeconds%5D=3.210&Legs%5B0%5D%5BHangupCause%5D=16&Legs%5B0%5D%5BHangupCauseName%5D=NORMAL_CLEARING&Legs%5B0%5D%5BHangupBy%5D=callee";

fn golden(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../server/tests/it/golden/{name}.txt"));
    std::fs::read_to_string(path).expect("readable").trim_end().to_owned()
}

#[test]
fn the_client_reads_what_this_crate_reads() {
    let mut forms: Vec<String> = GOLDEN.map(golden).into();
    forms.push(format!(
        "key=s3cret&From=mine&{}&__proto__%5Bx%5D=1&constructor=2&a%5B=3&Legs%5Bx%5D%5BNumber%5D=4",
        golden("completed")
    ));
    forms.push(format!("{}{EXTENDED}", golden("completed")));
    forms.push(format!("{}&Legs%5B10%5D%5BNumber%5D=b&Legs%5B10%5D%5BOnCallDuration%5D=0&Legs%5B9%5D%5BNumber%5D=%E0%A4%86&Legs%5B9%5D%5BOnCallDuration%5D=7&Legs%5B9%5D%5BInsights%5D%5BRingingDuration%5D=4.39&Legs%5B9%5D%5BInsights%5D%5BStatus%5D=x&Insights%5BDialCallStatus%5D=completed", golden("completed")));
    let mut requests: Vec<Value> = forms.iter().map(|form| json!({ "form": form })).collect();
    let calls: Vec<Passthru> = forms.iter().map(|form| Passthru::from_form(form).expect("readable")).collect();
    let mut expected: Vec<Value> = calls.iter().map(as_client).collect();
    let bodies = calls.iter().map(|call| json!(call.classic).to_string());
    for body in bodies {
        expected.push(as_client(&Passthru::from_json(body.as_bytes()).expect("readable")));
        requests.push(json!({ "json": body }));
    }
    let Some(said) = client(&requests) else { return };
    assert_eq!(said.len(), expected.len());
    for ((said, expected), request) in said.iter().zip(&expected).zip(&requests) {
        assert_eq!(alike(said), alike(expected), "{request}");
    }
}

#[test]
fn the_client_refuses_what_this_crate_refuses() {
    let good = golden("completed");
    let rows = [
        (json!({ "form": "" }), "CallSid is missing"),
        (
            json!({ "form": good.replace("DialCallDuration=4", "DialCallDuration=-4") }),
            "DialCallDuration: \"-4\" is no integer",
        ),
        (json!({ "form": good.replace("%5BCause%5D=16", "%5BCause%5D=x") }), "Legs[0].Cause: \"x\" is no integer"),
        (json!({ "form": good.replace("%5BNumber%5D", "%5BOther%5D") }), "Legs[0].Number is missing"),
        (json!({ "form": format!("{good}&From%5Bx%5D=1") }), "From has names within it"),
        (json!({ "form": format!("{good}&Legs%5B0%5D=1") }), "Legs[0] has no names within it"),
        (json!({ "form": format!("{good}&Profile=extended") }), "SentAt is missing"),
        (json!({ "form": "a=1&".repeat(1001) }), "1001 fields, at most 1000 are read"),
        (json!({ "json": "[]" }), "no JSON object"),
    ];
    let requests: Vec<Value> = rows.iter().map(|(request, _)| request.clone()).collect();
    for request in &requests {
        let read = match (request["form"].as_str(), request["json"].as_str()) {
            (Some(form), _) => Passthru::from_form(form),
            (None, json) => Passthru::from_json(json.unwrap_or_default().as_bytes()),
        };
        assert!(read.is_err(), "{request}");
    }
    let Some(said) = client(&requests) else { return };
    for (said, (request, why)) in said.iter().zip(&rows) {
        assert_eq!(said["unreadable"], format!("this is not the request of a Passthru: {why}"), "{request}");
    }
}
