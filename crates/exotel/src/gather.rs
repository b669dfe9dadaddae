//! A Gather whose settings a URL gives: the request, and its answer (`exotel.md` 2.6).

use std::time::Duration;

use jiff::Timestamp;
use model::{CallFacts, HttpAnswer, HttpRequest};
use serde_json::Value;

use crate::fields::{Fields, Spoken, is_of_type};
use crate::passthru::{self, Profile};

/// How long either URL may take (`exotel.md` 1.3).
pub const BUDGET: Duration = Duration::from_secs(5);

/// The most digits that one gather takes, and as many as it takes if the answer does not say.
const DIGITS: u64 = 255;

/// How long the caller may take for a key: if the answer does not say, and at most.
const INPUT_TIMEOUT: u64 = 5;
const INPUT_TIMEOUT_MAX: u64 = 60;

/// How often a menu is repeated at most.
const REPEATS: u64 = 10;

/// What the URL wants asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What is played first.
    pub prompt: Spoken,
    /// What is played when it is repeated.
    pub again: Spoken,
    /// The most digits, from 1 to 255.
    pub max_digits: usize,
    /// The key that ends the input; none if `None`.
    pub finish_key: Option<char>,
    /// How long the caller may take for a key: from 1 s to 60 s.
    pub timeout: Duration,
    /// How often the prompt is repeated when nothing was pressed: 10 times at most.
    pub repeat: u32,
}

/// Asks a URL what to ask the caller: the parameters of a Passthru, with the digits of an earlier gather.
pub fn request(url: &str, facts: &CallFacts, profile: &Profile, now: Timestamp) -> HttpRequest {
    HttpRequest::get(passthru::url(url, facts, profile, now), BUDGET).with_header("Exotel-Version", "1.0")
}

/// Reads the answer; what is wrong with it, if it is none, in words for the flow's author. Numbers past a limit are taken as the
/// limit, since a caller is better served so than not at all.
pub fn read(answer: &HttpAnswer) -> Result<Question, String> {
    is_of_type(answer, "application/json")?;
    let value: Value = serde_json::from_slice(&answer.body).map_err(|error| format!("its JSON is broken: {error}"))?;
    let Value::Object(object) = value else { return Err("its JSON is no object".into()) };
    let fields = Fields::of(&object);
    let prompt = fields.object("gather_prompt")?.ok_or("`gather_prompt` is missing")?;
    let prompt = spoken(&prompt)?.ok_or("`gather_prompt` holds neither `text` nor `audio_url`")?;
    let again = match fields.object("repeat_gather_prompt")? {
        Some(again) => spoken(&again)?,
        None => None,
    };
    let number = |name: &str| fields.number(name);
    let max_digits = number("max_input_digits")?.unwrap_or(DIGITS).clamp(1, DIGITS);
    let timeout = number("input_timeout")?.unwrap_or(INPUT_TIMEOUT).clamp(1, INPUT_TIMEOUT_MAX);
    let repeat = number("repeat_menu")?.unwrap_or(0).min(REPEATS);
    Ok(Question {
        again: again.unwrap_or_else(|| prompt.clone()),
        prompt,
        max_digits: usize::try_from(max_digits).expect("at most 255"),
        finish_key: finish_key(&fields)?,
        timeout: Duration::from_secs(timeout),
        repeat: u32::try_from(repeat).expect("at most 10"),
    })
}

fn spoken(fields: &Fields<'_>) -> Result<Option<Spoken>, String> {
    let filled = |name: &str| Ok::<_, String>(fields.text(name)?.filter(|text| !text.is_empty()));
    Ok(match (filled("audio_url")?, filled("text")?) {
        (Some(url), _) => Some(Spoken::Url(url)),
        (None, text) => text.map(Spoken::Text),
    })
}

fn finish_key(fields: &Fields<'_>) -> Result<Option<char>, String> {
    let Some(text) = fields.text("finish_on_key")? else { return Ok(Some('#')) };
    let mut keys = text.chars();
    match (keys.next(), keys.next()) {
        (None, _) => Ok(None),
        (Some(key @ ('0'..='9' | '*' | '#')), None) => Ok(Some(key)),
        _ => Err(format!("`finish_on_key` is `{text}`; write one key, or nothing for none")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(body: &str) -> Result<Question, String> {
        let content_type = Some("application/json".to_owned());
        read(&HttpAnswer { status: 200, content_type, body: body.into(), ..HttpAnswer::of(0) })
    }

    fn text(text: &str) -> Spoken {
        Spoken::Text(text.into())
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let question = json(r#"{"gather_prompt":{"text":"Your number."}}"#);
        let expected = Question {
            prompt: text("Your number."),
            again: text("Your number."),
            max_digits: 255,
            finish_key: Some('#'),
            timeout: Duration::from_secs(5),
            repeat: 0,
        };
        assert_eq!(question, Ok(expected));
    }

    #[test]
    fn every_field_is_read_and_unknown_ones_are_passed_over() {
        let question = json(
            r#"{"gather_prompt":{"audio_url":"https://crm.example/ask.wav","text":"not this"},"max_input_digits":4,
            "finish_on_key":"*","input_timeout":"6","repeat_menu":1,"repeat_gather_prompt":{"text":"Once more."},"x":[1]}"#,
        );
        let expected = Question {
            prompt: Spoken::Url("https://crm.example/ask.wav".into()),
            again: text("Once more."),
            max_digits: 4,
            finish_key: Some('*'),
            timeout: Duration::from_secs(6),
            repeat: 1,
        };
        assert_eq!(question, Ok(expected));
    }

    #[test]
    fn numbers_past_a_limit_are_the_limit() {
        let rows = [
            (r#""max_input_digits":0"#, (1, 5, 0)),
            (r#""max_input_digits":1000"#, (255, 5, 0)),
            (r#""input_timeout":0"#, (255, 1, 0)),
            (r#""input_timeout":600"#, (255, 60, 0)),
            (r#""repeat_menu":99"#, (255, 5, 10)),
        ];
        for (field, (digits, seconds, repeat)) in rows {
            let question = json(&format!(r#"{{"gather_prompt":{{"text":"?"}},{field}}}"#)).expect(field);
            let found = (question.max_digits, question.timeout.as_secs(), question.repeat);
            assert_eq!(found, (digits, seconds, repeat), "{field}");
        }
        let question = json(r#"{"gather_prompt":{"text":"?"},"finish_on_key":"","repeat_gather_prompt":{}}"#);
        assert_eq!(question.map(|question| (question.finish_key, question.again)), Ok((None, text("?"))));
    }

    #[test]
    fn what_is_no_answer_says_why() {
        let rows = [
            ("", "its JSON is broken: EOF while parsing a value at line 1 column 0"),
            ("[]", "its JSON is no object"),
            ("{}", "`gather_prompt` is missing"),
            (r#"{"gather_prompt":"Hello"}"#, "`gather_prompt` is no object"),
            (r#"{"gather_prompt":{}}"#, "`gather_prompt` holds neither `text` nor `audio_url`"),
            (r#"{"gather_prompt":{"text":[]}}"#, "`gather_prompt.text` is no text"),
            (r#"{"gather_prompt":{"text":"?"},"input_timeout":-1}"#, "`input_timeout` is no whole number"),
            (
                r#"{"gather_prompt":{"text":"?"},"finish_on_key":"12"}"#,
                "`finish_on_key` is `12`; write one key, or nothing for none",
            ),
        ];
        for (body, why) in rows {
            assert_eq!(json(body), Err(why.to_owned()), "{body}");
        }
    }
}
