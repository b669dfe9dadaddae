//! What a request's header fields say of the callout that it is of, and whether its signature holds.

use jiff::Timestamp;
use serde_json::{Value, json};
use signature::{Refusal, Secrets};

use super::received::Received;
use crate::fetch;

/// The fields, in the order in which they are shown.
const FIELDS: [&str; 5] = [signature::ID, signature::TIMESTAMP, fetch::ATTEMPT, fetch::SEQ, callout::FALLBACK_REASON];

/// A row for a reader: a name, a value and what it means.
pub(crate) type Row = (&'static str, String, Option<String>);

/// Whether a request is the server's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It has no signature, and none is asked for.
    Unsigned,
    /// There is no secret to verify it with.
    Unchecked,
    /// It was signed over the URL as it came here; or, if `https`, over the same with that scheme, as a tunnel was asked.
    Holds {
        /// Whether the scheme is not the one of this side.
        https: bool,
    },
    /// It is not believed.
    Refused(Refusal),
}

impl Verdict {
    /// Of a request, when it came in.
    pub(crate) fn of(received: &Received, secrets: Option<&Secrets>) -> Self {
        let Some(secrets) = secrets else {
            return if received.field(signature::SIGNATURE).is_some() { Self::Unchecked } else { Self::Unsigned };
        };
        let verify = |url: &str| {
            let request = signature::Request { method: &received.method, url, body: &received.body.0 };
            signature::verify(&request, |name| received.field(name), secrets, received.received)
        };
        match verify(&received.url) {
            Ok(()) => Self::Holds { https: false },
            Err(Refusal::Mismatch) if verify(&received.url.replacen("http://", "https://", 1)).is_ok() => {
                Self::Holds { https: true }
            }
            Err(refusal) => Self::Refused(refusal),
        }
    }

    /// In a word, for programs; nothing if there is no signature and none is asked for.
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Unsigned => None,
            Self::Unchecked => Some("unchecked"),
            Self::Holds { .. } => Some("holds"),
            Self::Refused(refusal) => Some(refusal.code()),
        }
    }

    /// Whether it is not believed.
    pub(crate) fn is_refused(self) -> bool {
        matches!(self, Self::Refused(_))
    }

    fn words(self) -> Option<String> {
        match self {
            Self::Unsigned | Self::Holds { https: false } => None,
            Self::Unchecked => {
                Some("give the secret, by --secret or [callout] secrets, to have it verified".to_owned())
            }
            Self::Holds { https: true } => {
                Some("over the URL with https, as it was asked before it came here".to_owned())
            }
            Self::Refused(Refusal::Mismatch) => {
                Some(format!("{}; behind a proxy the URL that was asked is another than here", Refusal::Mismatch))
            }
            Self::Refused(refusal) => Some(refusal.to_string()),
        }
    }
}

/// Name, value and what they mean, for a reader; nothing of a request that does not say which callout it is of.
pub(crate) fn rows(received: &Received, verdict: Verdict) -> Vec<Row> {
    let shown = |name: &'static str| received.field(name).map(|value| (name, value.to_owned(), explain(name, value)));
    let mut rows: Vec<_> = FIELDS.into_iter().filter_map(shown).collect();
    rows.extend(verdict.code().map(|code| (signature::SIGNATURE, code.to_owned(), verdict.words())));
    rows
}

fn explain(name: &str, value: &str) -> Option<String> {
    let words = match (name, value) {
        (signature::ID, id) if id.ends_with("_fallback") => {
            "the callout, at its fallback_url: the same in every try of it"
        }
        (signature::ID, id) if id.ends_with("_shadow") => "a copy for the shadow_url: nothing comes of the answer",
        (signature::ID, _) => "the callout: the same in every try of it; do nothing twice for the same",
        (signature::TIMESTAMP, seconds) => {
            let sent = seconds.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok())?;
            return Some(format!("when this try was sent: {sent}"));
        }
        (fetch::ATTEMPT, "1") => "the first try",
        (fetch::ATTEMPT, _) => "a further try: no answer that counts came to those before, or one is still waited for",
        (fetch::SEQ, _) => "which callout of its call it is, from 1",
        (callout::FALLBACK_REASON, _) => "what came of the first URL: this one is asked in its place",
        _ => return None,
    };
    Some(words.to_owned())
}

/// The same for programs; null of a request that says nothing of its callout.
pub(crate) fn json(received: &Received, verdict: Verdict) -> Value {
    if rows(received, verdict).is_empty() {
        return Value::Null;
    }
    let number = |name| received.field(name).and_then(|value| value.parse::<u64>().ok());
    json!({
        "id": received.field(signature::ID),
        "timestamp": number(signature::TIMESTAMP),
        "attempt": number(fetch::ATTEMPT),
        "seq": number(fetch::SEQ),
        "fallback_reason": received.field(callout::FALLBACK_REASON),
        "signature": verdict.code(),
    })
}

#[cfg(test)]
mod tests {
    use signature::{Secret, sign};

    use super::super::received::Bytes;
    use super::*;

    const URL: &str = "http://127.0.0.1:8000/route?CallSid=1";

    fn now() -> Timestamp {
        "2026-11-24T10:00:00Z".parse().expect("a time")
    }

    fn with(headers: Vec<(String, String)>) -> Received {
        Received { received: now(), method: "GET".to_owned(), url: URL.to_owned(), headers, body: Bytes::default() }
    }

    fn secrets(byte: u8) -> Secrets {
        Secret::new([byte; 32]).into()
    }

    fn signed(url: &str, at: Timestamp) -> Received {
        let request = signature::Request { method: "GET", url, body: b"" };
        with(sign("1_1", &request, &secrets(1), at).map(|(name, value)| (name.to_owned(), value)).to_vec())
    }

    #[test]
    fn a_signature_holds_or_it_is_said_why_not() {
        let long_ago = "2026-11-24T09:50:00Z".parse().expect("a time");
        let https = URL.replace("http:", "https:");
        let (plain, own, other) = (with(Vec::new()), secrets(1), secrets(2));
        let rows = [
            (&signed(URL, now()), Some(&own), Some("holds"), ""),
            (&signed(&https, now()), Some(&own), Some("holds"), "over the URL with https"),
            (&signed(URL, now()), Some(&other), Some("mismatch"), "no signature fits"),
            (
                &signed("http://other/", now()),
                Some(&own),
                Some("mismatch"),
                "behind a proxy the URL that was asked is another",
            ),
            (&signed(URL, long_ago), Some(&own), Some("stale"), "it was signed 600 s ago"),
            (&signed(URL, now()), None, Some("unchecked"), "give the secret, by --secret"),
            (&plain, Some(&own), Some("missing"), "the field `webhook-id` is missing"),
            (&plain, None, None, ""),
        ];
        for (received, secrets, code, words) in rows {
            let verdict = Verdict::of(received, secrets);
            assert_eq!(verdict.code(), code, "{words}");
            assert!(verdict.words().unwrap_or_default().contains(words), "{verdict:?}");
        }
    }

    #[test]
    fn what_the_fields_say_is_explained() {
        let pairs = [
            ("webhook-id", "6b_2_fallback"),
            ("webhook-timestamp", "1795514400"),
            ("callout-attempt", "3"),
            ("callout-seq", "2"),
            ("callout-fallback-reason", "status 503"),
            ("user-agent", "passthru/1"),
        ];
        let received = with(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec());
        let shown: Vec<String> = rows(&received, Verdict::Unsigned)
            .into_iter()
            .map(|(name, value, words)| format!("{name} {value}: {}", words.unwrap_or_default()))
            .collect();
        assert_eq!(
            shown,
            [
                "webhook-id 6b_2_fallback: the callout, at its fallback_url: the same in every try of it",
                "webhook-timestamp 1795514400: when this try was sent: 2026-11-24T10:00:00Z",
                "callout-attempt 3: a further try: no answer that counts came to those before, or one is still waited for",
                "callout-seq 2: which callout of its call it is, from 1",
                "callout-fallback-reason status 503: what came of the first URL: this one is asked in its place",
            ]
        );
        assert_eq!(
            json(&received, Verdict::Unsigned),
            json!({
                "id": "6b_2_fallback", "timestamp": 1_795_514_400, "attempt": 3, "seq": 2,
                "fallback_reason": "status 503", "signature": null,
            })
        );
        assert_eq!(json(&with(Vec::new()), Verdict::Unsigned), Value::Null);
    }
}
