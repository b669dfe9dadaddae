//! `docs/verify/vectors.json` is written from the table below (`UPDATE_EXPECT=1` writes it anew), and this crate decides
//! every row as the table says.

use std::collections::BTreeMap;

use expect_test::expect_file;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use signature::{ID, Request, SIGNATURE, Secret, Secrets, TIMESTAMP, sign};

#[expect(unreachable_pub, reason = "its readers copy it into crates of their own")]
#[path = "../../../docs/verify/verify.rs"]
mod verify;

/// The moment of signing: 2026-11-24T10:00:00Z.
const SIGNED: i64 = 1_795_514_400;

const GET: Asked =
    Asked { method: "GET", url: "https://crm.example/route?key=s3cret&CallSid=1&digits=%221%22", body: "" };
const POST: Asked = Asked { method: "POST", url: "https://crm.example/calls", body: "CallSid=1&CallType=completed" };

#[derive(Clone, Copy, PartialEq)]
struct Asked {
    method: &'static str,
    url: &'static str,
    body: &'static str,
}

/// One case: what is signed, by whom, and how it arrives where.
#[derive(Clone, Copy)]
struct Row {
    what: &'static str,
    expected: &'static str,
    /// The keys that sign, and those that the receiver holds, by number.
    signs: &'static [u8],
    holds: &'static [u8],
    sent: Asked,
    /// What arrives, if it is not what was sent.
    arrives: Option<Asked>,
    /// Seconds between signing and verifying.
    later: i64,
    /// A field that arrives otherwise, or not at all. GOOD stands for the signature, FORGED for another of its length.
    field: Option<(&'static str, Option<&'static str>)>,
}

const GOOD: Row =
    Row { what: "", expected: "ok", signs: &[1], holds: &[1], sent: GET, arrives: None, later: 0, field: None };

const fn good(what: &'static str, sent: Asked) -> Row {
    Row { what, sent, ..GOOD }
}

/// A request that arrives otherwise than it was signed.
const fn changed(what: &'static str, sent: Asked, arrives: Asked) -> Row {
    Row { what, expected: "mismatch", sent, arrives: Some(arrives), ..GOOD }
}

const fn late(what: &'static str, later: i64, expected: &'static str) -> Row {
    Row { what, expected, later, ..GOOD }
}

const fn keys(what: &'static str, signs: &'static [u8], holds: &'static [u8], expected: &'static str) -> Row {
    Row { what, expected, signs, holds, ..GOOD }
}

const fn field(what: &'static str, name: &'static str, value: Option<&'static str>, expected: &'static str) -> Row {
    Row { what, expected, field: Some((name, value)), ..GOOD }
}

const ROWS: &[Row] = &[
    good("a GET", GET),
    good("a POST of a form", POST),
    good("a POST of JSON that is not ASCII", Asked { body: "{\"CustomField\":\"ग्राहक → 1\"}\r\n", ..POST }),
    good("a POST with an empty body", Asked { body: "", ..POST }),
    good("a query that is not ASCII, escaped", Asked { url: "https://crm.example/route?name=%E0%A4%86%C3%BC", ..GET }),
    good("a query that is not ASCII, bare", Asked { url: "https://crm.example/route?name=आü", ..GET }),
    good(
        "a plus and an escaped space are not the same and stay",
        Asked { url: "https://crm.example/?a=b+c%20d", ..GET },
    ),
    good("no query, a port, escapes in lower case", Asked { url: "http://crm.example:8443/%7e/a%2fb", ..GET }),
    good("full stops are in every part", Asked { url: "https://a.b.example/v1.2/x.php?to=1.2.3.4", ..GET }),
    good("another method with a body", Asked { method: "PUT", ..POST }),
    changed("another method", GET, Asked { method: "POST", ..GET }),
    changed("a method in lower case", GET, Asked { method: "get", ..GET }),
    changed("another path", GET, Asked { url: "https://crm.example/other?key=s3cret&CallSid=1&digits=%221%22", ..GET }),
    changed(
        "another value in the query",
        GET,
        Asked { url: "https://crm.example/route?key=s3cret&CallSid=2&digits=%221%22", ..GET },
    ),
    changed(
        "the query in another order",
        GET,
        Asked { url: "https://crm.example/route?CallSid=1&key=s3cret&digits=%221%22", ..GET },
    ),
    changed(
        "the query escaped otherwise",
        GET,
        Asked { url: "https://crm.example/route?key=s3cret&CallSid=1&digits=\"1\"", ..GET },
    ),
    changed("no query", GET, Asked { url: "https://crm.example/route", ..GET }),
    changed(
        "the URL behind a proxy",
        GET,
        Asked { url: "http://127.0.0.1:8090/route?key=s3cret&CallSid=1&digits=%221%22", ..GET },
    ),
    changed("another body", POST, Asked { body: "CallSid=1&CallType=incomplete", ..POST }),
    changed("a body with one more line break", POST, Asked { body: "CallSid=1&CallType=completed\n", ..POST }),
    changed("no body", POST, Asked { body: "", ..POST }),
    changed("a body with a GET that had none", GET, Asked { body: "x", ..GET }),
    late("as old as it may be", 300, "ok"),
    late("a second too old", 301, "stale"),
    late("a day old", 86_400, "stale"),
    late("as early as it may be", -300, "ok"),
    late("a second too early", -301, "future"),
    keys("rotation begins: both sign, the receiver holds the old one", &[2, 1], &[1], "ok"),
    keys("rotation: both sign, the receiver holds both", &[2, 1], &[2, 1], "ok"),
    keys("rotation: both sign, the receiver holds the new one", &[2, 1], &[2], "ok"),
    keys("rotation ends: the new one signs, the receiver still holds both", &[2], &[2, 1], "ok"),
    keys("rotation is over: the old one signs, the receiver holds the new one", &[1], &[2], "mismatch"),
    keys("a secret of somebody else", &[3], &[2, 1], "mismatch"),
    keys("the receiver holds an empty secret", &[1], &[0], "bad_secret"),
    field("no id", ID, None, "missing"),
    field("an empty id", ID, Some(""), "missing"),
    field("another id", ID, Some("msg_2"), "mismatch"),
    field("no timestamp", TIMESTAMP, None, "missing"),
    field("a timestamp in words", TIMESTAMP, Some("2026-11-24T10:00:00Z"), "malformed"),
    field("a timestamp with a fraction", TIMESTAMP, Some("1795514400.0"), "malformed"),
    field("a timestamp with a sign", TIMESTAMP, Some("+1795514400"), "malformed"),
    field("a timestamp with a line break", TIMESTAMP, Some("1795514400\n"), "malformed"),
    field("a timestamp in other digits", TIMESTAMP, Some("१७९५५१४४००"), "malformed"),
    field("a timestamp of 13 digits", TIMESTAMP, Some("1795514400000"), "malformed"),
    field("a timestamp a second later than the signed one", TIMESTAMP, Some("1795514401"), "mismatch"),
    field("a timestamp written otherwise than the signed one", TIMESTAMP, Some("01795514400"), "mismatch"),
    field("no signature", SIGNATURE, None, "missing"),
    field("a signature without its version", SIGNATURE, Some("GOOD"), "unknown_version"),
    field("a signature of another version", SIGNATURE, Some("v2,GOOD"), "unknown_version"),
    field("a version in upper case", SIGNATURE, Some("V1,GOOD"), "unknown_version"),
    field("unknown versions beside the right one", SIGNATURE, Some("v1a,AAAA v1,GOOD v2,AAAA"), "ok"),
    field("a wrong signature before the right one", SIGNATURE, Some("v1,FORGED v1,GOOD"), "ok"),
    field("a wrong signature", SIGNATURE, Some("v1,FORGED"), "mismatch"),
    field("an empty signature", SIGNATURE, Some("v1,"), "mismatch"),
    field("a short signature", SIGNATURE, Some("v1,AAAA"), "mismatch"),
    field("a signature and a tab", SIGNATURE, Some("v1,GOOD\t"), "mismatch"),
    field("a signature that is not ASCII", SIGNATURE, Some("v1,ü"), "mismatch"),
];

/// The secret of that number as it is written; 0 is an empty one.
fn secret(number: u8) -> String {
    if number == 0 { "whsec_".into() } else { Secret::new([number; 32]).written() }
}

fn secrets(written: &[String]) -> Option<Secrets> {
    let secrets: Vec<Secret> = written.iter().map(|secret| secret.parse().ok()).collect::<Option<_>>()?;
    match &secrets[..] {
        [one] => Some(one.clone().into()),
        [one, two] => Some(Secrets::two(one.clone(), two.clone())),
        _ => panic!("one or two secrets"),
    }
}

impl Row {
    fn write(&self) -> Value {
        let by: Vec<String> = self.signs.iter().map(|number| secret(*number)).collect();
        let sent = Request { method: self.sent.method, url: self.sent.url, body: self.sent.body.as_bytes() };
        let signed = Timestamp::from_second(SIGNED).expect("in range");
        let mut headers: BTreeMap<&str, String> =
            sign("msg_1", &sent, &secrets(&by).expect("secrets"), signed).into_iter().collect();
        if let Some((name, value)) = self.field {
            let signature = headers[SIGNATURE].replace("v1,", "");
            let forged = "A".repeat(43) + "=";
            match value {
                Some(value) => {
                    headers.insert(name, value.replace("GOOD", &signature).replace("FORGED", &forged));
                }
                None => drop(headers.remove(name)),
            }
        }
        let arrives = self.arrives.unwrap_or(self.sent);
        json!({
            "what": self.what,
            "secrets": self.holds.iter().map(|number| secret(*number)).collect::<Vec<_>>(),
            "now": SIGNED + self.later,
            "method": arrives.method,
            "url": arrives.url,
            "headers": headers,
            "body": arrives.body,
            "expected": self.expected,
        })
    }
}

/// What this crate makes of a written row.
fn decide(row: &Value) -> &'static str {
    let text = |name: &str| row[name].as_str().expect("a text");
    let held: Vec<String> = serde_json::from_value(row["secrets"].clone()).expect("texts");
    let Some(secrets) = secrets(&held) else { return "bad_secret" };
    let headers: BTreeMap<String, String> = serde_json::from_value(row["headers"].clone()).expect("texts");
    let now = Timestamp::from_second(row["now"].as_i64().expect("a number")).expect("in range");
    let asked = (text("method"), text("url"));
    match verify::verify(&secrets, asked, &headers, text("body").as_bytes(), now) {
        Ok(()) => "ok",
        Err(refusal) => refusal.code(),
    }
}

#[test]
fn the_vectors_are_written_from_the_table() {
    let rows: Vec<Value> = ROWS.iter().map(Row::write).collect();
    let mut file = Map::new();
    file.insert("about".into(), "README.md says what the columns are.".into());
    file.insert("rows".into(), rows.into());
    expect_file!["../../../docs/verify/vectors.json"].assert_eq(&format!("{:#}\n", Value::Object(file)));
}

#[test]
fn this_crate_decides_every_row_as_the_table_says() {
    for row in ROWS {
        assert_eq!(decide(&row.write()), row.expected, "{}", row.what);
    }
}

#[test]
fn a_row_that_arrives_changed_is_changed() {
    for row in ROWS.iter().filter(|row| row.arrives.is_some()) {
        assert!(row.arrives != Some(row.sent), "{}", row.what);
    }
}

#[test]
fn the_example_of_the_page_is_the_first_row() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/verify/README.md"));
    let page = page.expect("the page is there");
    let row = ROWS[0].write();
    assert!(page.contains(row["secrets"][0].as_str().expect("a text")), "its secret");
    for (name, value) in row["headers"].as_object().expect("a map") {
        let line = format!("{name}: {}\n", value.as_str().expect("a text"));
        assert!(page.contains(&line), "{line}");
    }
}
