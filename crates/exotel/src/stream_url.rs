//! Where a stream goes (`exotel.md` 5.1): a WebSocket's address, or a URL that answers with one; and what the address itself says of
//! the stream.

use std::time::Duration;

use jiff::Timestamp;
use model::{CallFacts, HttpAnswer, HttpRequest};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::form::Query;
use crate::passthru::{Profile, direction};
use crate::time;

/// How long the URL may take to answer, and the application to take the stream.
pub const BUDGET: Duration = Duration::from_secs(10);

/// Bytes of a WebSocket's address.
pub const ADDRESS: usize = 2_048;

/// Parameters that an application is told, and characters of them all.
pub const PARAMETERS: usize = 3;
/// Characters of their names and values together.
pub const CHARACTERS: usize = 256;

/// Samples a second that a stream may have; the first is that of an address which says nothing.
pub const RATES: [u32; 3] = [8_000, 16_000, 24_000];

/// What an address says of its stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wishes {
    /// Samples a second.
    pub rate: u32,
    /// What the application is told as `custom_parameters`.
    pub parameters: Vec<(String, String)>,
}

/// Whether a text is the address of a WebSocket.
pub fn is_address(url: &str) -> bool {
    let lower = url.get(..6).unwrap_or(url).to_ascii_lowercase();
    let rest = lower.strip_prefix("ws://").or_else(|| lower.strip_prefix("wss://"));
    rest.is_some() && url.len() <= ADDRESS && !url.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// Reads what the query of an address says of the stream; why it cannot be so, in words for the flow's author.
pub fn wishes(address: &str) -> Result<Wishes, String> {
    let query = address.split('#').next().unwrap_or_default().split_once('?').map_or("", |(_, query)| query);
    let mut wishes = Wishes { rate: RATES[0], parameters: Vec::new() };
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decoded(name), decoded(value));
        if !matches!(name.as_str(), "sample-rate" | "sample_rate") {
            wishes.parameters.push((name, value));
            continue;
        }
        let rate = value.parse().ok().filter(|rate| RATES.contains(rate));
        wishes.rate = rate.ok_or_else(|| format!("`{name}` is 8000, 16000 or 24000, here it is `{value}`"))?;
    }
    let count = wishes.parameters.len();
    if count > PARAMETERS {
        return Err(format!(
            "an address has {PARAMETERS} parameters at most beside the sample rate, this one has {count}"
        ));
    }
    let length: usize =
        wishes.parameters.iter().map(|(name, value)| name.chars().count() + value.chars().count()).sum();
    if length > CHARACTERS {
        return Err(format!("the parameters of an address have {CHARACTERS} characters at most, these have {length}"));
    }
    Ok(wishes)
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// Asks a URL where the stream is to go (`exotel.md` 1.10).
pub fn request(url: &str, facts: &CallFacts, profile: &Profile, now: Timestamp) -> HttpRequest {
    let (from, to) = (profile.number(&facts.from), profile.number(&facts.to));
    let dialled = facts.dial.as_ref().and_then(|dial| dial.main_leg()).map_or("", |leg| &leg.number);
    let mut query = Query::onto(url);
    query.put("CallSid", facts.sid.as_str());
    query.put("CallFrom", &from);
    query.put("CallTo", &to);
    query.put("Direction", direction(facts.direction));
    query.put("Created", &time::long(facts.created, &profile.zone));
    query.put("DialWhomNumber", &profile.number(dialled));
    query.put("HangupLatencyStartTimeExocc", "");
    query.put("HangupLatencyStartTime", "");
    query.put("ServerCode", "");
    if let Some(passthru) = &facts.passthru {
        query.put("passthru", &json_encoded(passthru));
    }
    query.put("From", &from);
    query.put("To", &to);
    if let Some(text) = &facts.custom_field {
        query.put("CustomField", text);
    }
    query.put("CurrentTime", &time::short(now, &profile.zone));
    HttpRequest::get(query.finish(), BUDGET)
}

/// A text as PHP's `json_encode` writes it: in quotes, each slash with a backslash before it, nothing but ASCII.
fn json_encoded(text: &str) -> String {
    let mut out = String::new();
    for c in Value::from(text).to_string().chars() {
        match c {
            '/' => out.push_str("\\/"),
            c if c.is_ascii() => out.push(c),
            c => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    out
}

/// Reads the answer: the address of a WebSocket; why there is none, in words for the flow's author.
pub fn read(answer: &HttpAnswer) -> Result<String, String> {
    if answer.status != 200 {
        return Err(format!("its status is {}, not 200", answer.status));
    }
    if answer.truncated {
        return Err("it is too long".into());
    }
    let body: Value = serde_json::from_slice(&answer.body).map_err(|error| format!("it is not JSON: {error}"))?;
    let url = body.get("url").and_then(Value::as_str).ok_or("it has no text `url`")?;
    if !is_address(url) {
        return Err("its `url` is no address that begins with ws:// or wss://".into());
    }
    Ok(url.to_owned())
}

#[cfg(test)]
mod tests {
    use model::{CallSid, Direction, FlowId, Tenant};

    use super::*;

    #[test]
    fn an_address_says_how_the_stream_is_to_be() {
        let rows = [
            ("wss://bot.example/ws", Ok((8_000, ""))),
            ("wss://bot.example/ws?sample-rate=16000", Ok((16_000, ""))),
            ("wss://bot.example/ws?sample_rate=24000&lang=hi&who=A+%26+B#x?y=1", Ok((24_000, "lang=hi who=A & B"))),
            ("ws://bot.example?a=1&b&c=%F0%9F%8E%A7", Ok((8_000, "a=1 b= c=🎧"))),
            ("ws://bot.example?sample-rate=44100", Err("`sample-rate` is 8000, 16000 or 24000, here it is `44100`")),
            (
                "ws://bot.example?a=1&b=2&c=3&d=4",
                Err("an address has 3 parameters at most beside the sample rate, this one has 4"),
            ),
        ];
        for (address, expected) in rows {
            let told = wishes(address).map(|Wishes { rate, parameters }| {
                let parameters: Vec<String> =
                    parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
                (rate, parameters.join(" "))
            });
            let expected = expected.map(|(rate, parameters)| (rate, parameters.to_owned())).map_err(str::to_owned);
            assert_eq!(told, expected, "{address}");
        }
        let long = format!("ws://bot.example?a={}", "x".repeat(256));
        assert_eq!(
            wishes(&long).expect_err("too long"),
            "the parameters of an address have 256 characters at most, these have 257"
        );
    }

    #[test]
    fn an_answer_names_an_address_or_not() {
        let rows = [
            (200, r#"{"url":"wss://bot.example/ws?lang=hi"}"#, Ok("wss://bot.example/ws?lang=hi")),
            (200, r#" {"more":1, "url" : "WS://bot.example"} "#, Ok("WS://bot.example")),
            (200, r#"{"url":"https://bot.example"}"#, Err("its `url` is no address that begins with ws:// or wss://")),
            (
                200,
                r#"{"url":"wss://bot.example/a b"}"#,
                Err("its `url` is no address that begins with ws:// or wss://"),
            ),
            (200, r#"{"Url":"wss://bot.example"}"#, Err("it has no text `url`")),
            (200, "[]", Err("it has no text `url`")),
            (302, r#"{"url":"wss://bot.example"}"#, Err("its status is 302, not 200")),
        ];
        for (status, body, expected) in rows {
            let answer = HttpAnswer { body: body.into(), ..HttpAnswer::of(status) };
            assert_eq!(read(&answer).as_deref().map_err(String::as_str), expected, "{body}");
        }
        let broken = HttpAnswer { body: "{".into(), ..HttpAnswer::of(200) };
        assert!(read(&broken).is_err_and(|why| why.starts_with("it is not JSON: ")));
    }

    #[test]
    fn the_url_is_told_of_the_call_and_of_the_passthru_before() {
        let name = (CallSid::new("0f1e2d3c4b5a69788796a5b4c3d2187v"), Tenant::default());
        let flow = ("front-desk", FlowId::new(11111).expect("five digits"));
        let parties = ["+919900000001".into(), "+918000000002".into()];
        let created = "2024-07-31T11:12:56Z".parse().expect("a time");
        let begun = CallFacts::begun(name, Direction::Incoming, parties, created, flow);
        let now = "2024-07-31T11:13:02Z".parse().expect("a time");
        let profile = Profile::default();
        let url = request("https://bot.example/where?key=x", &begun, &profile, now).url;
        let expected = "https://bot.example/where?key=x&CallSid=0f1e2d3c4b5a69788796a5b4c3d2187v&CallFrom=09900000001&CallTo=08000000002\
            &Direction=incoming&Created=Wed%2C+31+Jul+2024+16%3A42%3A56&DialWhomNumber=&HangupLatencyStartTimeExocc=\
            &HangupLatencyStartTime=&ServerCode=&From=09900000001&To=08000000002&CurrentTime=2024-07-31+16%3A43%3A02";
        assert_eq!(url, expected);
        let passthru = Some("https://crm.example/é?CallSid=1&digits=%221%22".to_owned());
        let facts = CallFacts { passthru, custom_field: Some("x".into()), ..begun };
        let url = request("https://bot.example/where", &facts, &profile, now).url;
        let told = "&ServerCode=&passthru=%22https%3A%5C%2F%5C%2Fcrm.example%5C%2F%5Cu00e9%3FCallSid%3D1%26digits%3D%25221%2522%22\
            &From=09900000001&To=08000000002&CustomField=x&CurrentTime=";
        assert!(url.contains(told), "{url}");
    }
}
