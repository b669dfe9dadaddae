//! What a site of the scripted web says: `200`, `200:body`, `302@800ms`, `200@2s:body`, `timeout`, `refused`.

use std::str::FromStr;
use std::time::Duration;

use flow::Lapse;
use model::{HttpAnswer, HttpFailure, HttpOutcome};
use serde::{Deserialize, Deserializer, de};

/// The time that an answer takes unless it is said otherwise.
pub(crate) const USUAL_DELAY: Duration = Duration::from_millis(10);

/// What a site says to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What comes of the request; `None` if nothing ever does.
    pub(crate) outcome: Option<HttpOutcome>,
    /// After how long.
    pub(crate) delay: Duration,
}

/// A site takes no longer than this to answer: more is silence.
type Wait = Lapse<0, 120_000>;

impl Reply {
    /// An answer without a word.
    pub(crate) fn status(status: u16) -> Self {
        Self::says(status, "text/plain", "")
    }

    /// An answer.
    pub(crate) fn says(status: u16, content_type: &str, body: &str) -> Self {
        let content_type = Some(content_type.to_owned());
        let answer = HttpAnswer { status, content_type, body: body.as_bytes().to_vec(), ..HttpAnswer::of(0) };
        Self::of(Some(HttpOutcome::Answered(answer)))
    }

    /// What comes of a request, after the usual time.
    pub(crate) fn of(outcome: Option<HttpOutcome>) -> Self {
        Self { outcome, delay: USUAL_DELAY }
    }

    /// A body that looks like JSON is sent as JSON.
    fn body(status: u16, body: &str) -> Self {
        let content_type = if body.trim_start().starts_with('{') { "application/json" } else { "text/plain" };
        Self::says(status, content_type, body)
    }
}

impl FromStr for Reply {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "silent" | "timeout" => return Ok(Self::of(None)),
            "refused" => {
                let failure = HttpFailure::Connect("refused, as the rehearsal says".into());
                return Ok(Self::of(Some(HttpOutcome::Failed(failure))));
            }
            _ => {}
        }
        let (head, body) = text.split_once(':').unwrap_or((text, ""));
        let (status, delay) = match head.split_once('@') {
            Some((status, delay)) => (status, delay.parse::<Wait>()?.duration()),
            None => (head, USUAL_DELAY),
        };
        match status.trim().parse() {
            Ok(status @ 100..=599) => Ok(Self { delay, ..Self::body(status, body) }),
            _ => Err(format!(
                "`{text}` is nothing that a site says\nwrite 200, 200:body, 302@800ms, 200@2s:body, timeout or refused"
            )),
        }
    }
}

impl<'de> Deserialize<'de> for Reply {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::{Reply, USUAL_DELAY};
    use crate::time::Units;

    #[test]
    fn replies_are_read_as_they_are_written() {
        let rows = [
            ("302", Reply::status(302)),
            ("200:gold", Reply::says(200, "text/plain", "gold")),
            ("200:{\"select\": \"a:b\"}", Reply::says(200, "application/json", "{\"select\": \"a:b\"}")),
            ("200@800ms:gold", Reply { delay: 800.ms(), ..Reply::says(200, "text/plain", "gold") }),
            ("503@2s", Reply { delay: 2.s(), ..Reply::status(503) }),
            ("silent", Reply { outcome: None, delay: USUAL_DELAY }),
        ];
        for (text, reply) in rows {
            assert_eq!(text.parse::<Reply>(), Ok(reply), "{text}");
        }
        for text in ["", "ok", "99", "600", "200@later", "-1"] {
            assert!(text.parse::<Reply>().is_err(), "{text}");
        }
        assert!(matches!("refused".parse::<Reply>(), Ok(Reply { outcome: Some(_), .. })));
    }
}
