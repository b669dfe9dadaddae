//! A Greeting whose words a URL gives: the request, and its answer (`exotel.md` 2.3, 2.4). A HEAD goes before the GET, and both
//! must be answered alike.

use std::time::Duration;

use model::{CallFacts, HttpAnswer, HttpRequest};

use crate::fields::{Spoken, is_of_type};
use crate::form::Query;
use crate::passthru::Profile;

/// How long each of the two requests may take.
pub const BUDGET: Duration = Duration::from_secs(5);

/// Texts and sounds that one answer may hold.
const ITEMS: usize = 20;

/// Characters of a text to be spoken.
const TEXT: usize = 4_096;

/// Asks a URL what to say. Who is rung while it is asked is `DialWhomNumber`.
pub fn request(url: &str, facts: &CallFacts, profile: &Profile) -> HttpRequest {
    let dialled = facts.dial.as_ref().and_then(|dial| dial.main_leg()).map_or("", |leg| &leg.number);
    asked(url, facts, dialled, profile)
}

/// Asks a URL what the party `number`, which has answered, hears before it is joined with the caller. There is no HEAD before it: the
/// party waits.
pub fn whisper(url: &str, facts: &CallFacts, number: &str, profile: &Profile) -> HttpRequest {
    asked(url, facts, number, profile).with_header("Exotel-Version", "1.0")
}

fn asked(url: &str, facts: &CallFacts, dialled: &str, profile: &Profile) -> HttpRequest {
    let mut query = Query::onto(url);
    query.put("CallSid", facts.sid.as_str());
    query.put("From", &profile.number(&facts.from));
    query.put("To", &profile.number(&facts.to));
    query.put("DialWhomNumber", &profile.number(dialled));
    if let Some(text) = &facts.custom_field {
        query.put("CustomField", text);
    }
    HttpRequest::get(query.finish(), BUDGET)
}

/// The HEAD that goes before that request.
pub fn head(request: &HttpRequest) -> HttpRequest {
    HttpRequest { method: "HEAD".into(), body_limit: 0, ..request.clone() }
}

/// Whether the answer to the HEAD lets the GET be made; why not, in words for the flow's author.
pub fn check(answer: &HttpAnswer) -> Result<(), String> {
    is_of_type(answer, "text/plain")
}

/// Reads the answer: a text, or the URLs of sounds, one a line.
pub fn read(answer: &HttpAnswer) -> Result<Vec<Spoken>, String> {
    check(answer)?;
    let text = str::from_utf8(&answer.body).map_err(|_| "its text is not UTF-8")?.trim();
    if text.is_empty() {
        return Err("it says nothing".into());
    }
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.iter().all(|line| is_url(line)) {
        if lines.len() > ITEMS {
            return Err(format!("it names {} sounds, more than {ITEMS}", lines.len()));
        }
        return Ok(lines.into_iter().map(|line| Spoken::Url(line.to_owned())).collect());
    }
    let length = text.chars().count();
    if length > TEXT {
        return Err(format!("it has {length} characters, more than {TEXT}"));
    }
    Ok(vec![Spoken::Text(text.to_owned())])
}

fn is_url(text: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme)) && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(body: &str) -> Result<Vec<Spoken>, String> {
        let content_type = Some("text/plain; charset=utf-8".to_owned());
        read(&HttpAnswer { status: 200, content_type, body: body.into(), ..HttpAnswer::of(0) })
    }

    #[test]
    fn a_text_or_urls_one_a_line() {
        let (text, url) = (|text: &str| Spoken::Text(text.into()), |url: &str| Spoken::Url(url.into()));
        let rows = [
            ("Hello, Asha.\n", vec![text("Hello, Asha.")]),
            ("Two\nlines", vec![text("Two\nlines")]),
            ("https://a.example/1.wav", vec![url("https://a.example/1.wav")]),
            (
                "https://a.example/1.wav\r\n\r\nhttp://a.example/2.mp3\n",
                vec![url("https://a.example/1.wav"), url("http://a.example/2.mp3")],
            ),
            ("Go to https://a.example", vec![text("Go to https://a.example")]),
            ("https://a.example/1.wav\nand more", vec![text("https://a.example/1.wav\nand more")]),
        ];
        for (body, spoken) in rows {
            assert_eq!(says(body), Ok(spoken), "{body}");
        }
    }

    #[test]
    fn what_is_no_answer_says_why() {
        assert_eq!(says(" \n"), Err("it says nothing".into()));
        assert_eq!(says(&"x".repeat(TEXT + 1)), Err("it has 4097 characters, more than 4096".into()));
        assert_eq!(says(&"http://a.example/\n".repeat(ITEMS + 1)), Err("it names 21 sounds, more than 20".into()));
        let html =
            HttpAnswer { status: 200, content_type: Some("text/html".into()), body: b"x".into(), ..HttpAnswer::of(0) };
        assert_eq!(read(&html), Err("its Content-Type is text/html, not text/plain".into()));
    }
}
