//! The body that a SwitchCase branches on (`exotel.md` 2.9): JSON text `{"select": "name"}`, sent as text/plain.

use model::HttpAnswer;
use serde_json::Value;

/// The name that the answer selects: exact, case kept. Other keys beside `select` do not matter, and neither does the
/// content type, since servers that say application/json mean the same. `None` for anything else: no body, a body that
/// was too long to keep, broken JSON, no object, no `select`, a `select` that is no text.
pub fn select(answer: &HttpAnswer) -> Option<String> {
    if answer.truncated {
        return None;
    }
    let body: Value = serde_json::from_slice(&answer.body).ok()?;
    body.get("select")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &[u8]) -> HttpAnswer {
        HttpAnswer { status: 200, content_type: Some("text/plain".into()), body: body.to_vec(), ..HttpAnswer::of(0) }
    }

    #[test]
    fn a_name_is_selected_or_not() {
        let rows: [(&[u8], Option<&str>); 16] = [
            (br#"{"select":"gold"}"#, Some("gold")),
            (b" \r\n{ \"select\" : \"Gold \" }\n", Some("Gold ")),
            (br#"{"sleep":3,"select":"gold","more":{"select":"x"}}"#, Some("gold")),
            (br#"{"select":"\u0917\u093f"}"#, Some("गि")),
            (br#"{"select":""}"#, Some("")),
            (b"", None),
            (b"gold", None),
            (br#""gold""#, None),
            (br#"["gold"]"#, None),
            (br#"{"Select":"gold"}"#, None),
            (br#"{"select":1}"#, None),
            (br#"{"select":null}"#, None),
            (br#"{"select":["gold"]}"#, None),
            (br#"{"select":"gold""#, None),
            (br#"{"select":"gold"} extra"#, None),
            (b"{\"select\":\"\xff\"}", None),
        ];
        for (body, expected) in rows {
            assert_eq!(select(&answer(body)).as_deref(), expected, "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn the_content_type_does_not_matter() {
        for content_type in [None, Some("application/json".to_owned()), Some("text/plain; charset=utf-8".to_owned())] {
            let answer = HttpAnswer { content_type, ..answer(br#"{"select":"gold"}"#) };
            assert_eq!(select(&answer).as_deref(), Some("gold"));
        }
    }

    #[test]
    fn a_body_that_was_cut_selects_nothing() {
        let cut = HttpAnswer { truncated: true, ..answer(br#"{"select":"gold"}"#) };
        assert_eq!(select(&cut), None);
    }

    #[test]
    fn nesting_without_end_selects_nothing() {
        let body = format!("{{\"select\":\"gold\",\"x\":{}", "[".repeat(60_000));
        assert_eq!(select(&answer(body.as_bytes())), None);
    }
}
