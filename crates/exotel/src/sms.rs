//! An SMS whose text a URL gives: the request, and its answer (`exotel.md` 2.11). As for a Greeting, a HEAD goes before the GET:
//! [`crate::greeting::head`], [`crate::greeting::check`].

use model::{CallFacts, HttpAnswer, HttpRequest};

use crate::fields::is_of_type;
use crate::form::Query;
use crate::greeting::BUDGET;
use crate::passthru::Profile;

/// Characters of one message: ten parts of a text in GSM letters.
pub const TEXT: usize = 1_600;

/// Asks a URL what to write.
pub fn request(url: &str, facts: &CallFacts, profile: &Profile) -> HttpRequest {
    let mut query = Query::onto(url);
    query.put("CallSid", facts.sid.as_str());
    query.put("From", &profile.number(&facts.from));
    query.put("To", &profile.number(&facts.to));
    if let Some(digits) = &facts.digits {
        query.put("digits", &format!("\"{digits}\""));
    }
    HttpRequest::get(query.finish(), BUDGET)
}

/// Reads the answer: all of its body is the text.
pub fn read(answer: &HttpAnswer) -> Result<String, String> {
    is_of_type(answer, "text/plain")?;
    let text = str::from_utf8(&answer.body).map_err(|_| "its text is not UTF-8")?;
    fit(text)
}

/// The text as it can be sent, or why it cannot.
pub fn fit(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err("it says nothing".into()),
        length if length > TEXT => Err(format!("it has {length} characters, more than {TEXT}")),
        _ => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_of_a_200_in_plain_text_is_the_message() {
        let answer = |status, content_type: &str, body: &[u8]| HttpAnswer {
            status,
            content_type: Some(content_type.into()),
            body: body.to_vec(),
            ..HttpAnswer::of(0)
        };
        let long = "x".repeat(TEXT + 1);
        let rows = [
            (answer(200, "text/plain", b" Thank you.\n"), Ok("Thank you.".to_owned())),
            (answer(200, "text/plain; charset=utf-8", "नमस्ते".as_bytes()), Ok("नमस्ते".to_owned())),
            (answer(200, "text/plain", b""), Err("it says nothing".to_owned())),
            (answer(200, "text/plain", b"\xff"), Err("its text is not UTF-8".to_owned())),
            (answer(200, "text/plain", long.as_bytes()), Err("it has 1601 characters, more than 1600".to_owned())),
        ];
        for (answer, expected) in rows {
            assert_eq!(read(&answer), expected, "{answer:?}");
        }
        assert!(read(&answer(404, "text/plain", b"x")).is_err());
        assert!(read(&answer(200, "application/json", b"x")).is_err());
    }
}
