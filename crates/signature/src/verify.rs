//! The application's side.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::digest::CtOutput;
use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;
use thiserror::Error;

use crate::content::content;
use crate::{ID, Request, SIGNATURE, Secrets, TIMESTAMP, VERSION};

/// How far the sender's clock and the receiver's may be apart, on either side (Standard Webhooks 1.0, libraries).
pub const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// Digits of a timestamp, at most: seconds of Unix time far beyond our days.
const TIMESTAMP_DIGITS: usize = 12;

/// Why a request is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// This field is not there, or empty.
    #[error("the field `{_0}` is missing: the request was not signed")]
    Missing(&'static str),
    /// This field cannot be read.
    #[error("the field `{_0}` cannot be read")]
    Malformed(&'static str),
    /// It was signed too long ago.
    #[error("it was signed {_0} s ago, at most {} s are allowed: a repetition, or a clock is wrong", TOLERANCE.as_secs())]
    Stale(u64),
    /// It was signed in the future.
    #[error("it was signed {_0} s in the future, at most {} s are allowed: a clock is wrong", TOLERANCE.as_secs())]
    Future(u64),
    /// All its signatures are of versions that are not known here.
    #[error("it has no signature of version {VERSION}")]
    UnknownVersion,
    /// None of its signatures was made with a live secret over this method, URL and body.
    #[error("no signature fits: another secret, or method, URL or body are not those that were sent")]
    Mismatch,
}

impl Refusal {
    /// The same in a word, for logs and programs: those that `docs/verify/vectors.json` expects.
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing(_) => "missing",
            Self::Malformed(_) => "malformed",
            Self::Stale(_) => "stale",
            Self::Future(_) => "future",
            Self::UnknownVersion => "unknown_version",
            Self::Mismatch => "mismatch",
        }
    }
}

/// Whether a request was signed with one of the secrets, over just this method, URL and body, and not long ago.
///
/// `field` looks a header field up by its lower-case name. The URL is the public one, that which the sender asked: behind
/// a proxy it is not the one that reaches the application. How long it takes does not tell how much of a signature is right.
pub fn verify<'a>(
    request: &Request<'_>,
    field: impl Fn(&'static str) -> Option<&'a str>,
    secrets: &Secrets,
    now: Timestamp,
) -> Result<(), Refusal> {
    let field = |name| field(name).filter(|value| !value.is_empty()).ok_or(Refusal::Missing(name));
    let (id, timestamp, signatures) = (field(ID)?, field(TIMESTAMP)?, field(SIGNATURE)?);
    check_clock(seconds(timestamp)?, now)?;
    let known = signatures.split(' ').filter_map(|signature| signature.split_once(','));
    let mut known = known.filter(|(version, _)| *version == VERSION).map(|(_, encoded)| encoded).peekable();
    if known.peek().is_none() {
        return Err(Refusal::UnknownVersion);
    }
    let content = content(id, timestamp, request);
    let expected: Vec<_> = secrets.iter().map(|secret| secret.mac().chain_update(&content).finalize()).collect();
    let fits = known.filter_map(read).any(|given| expected.contains(&given));
    if fits { Ok(()) } else { Err(Refusal::Mismatch) }
}

/// A signature as a value that is compared in constant time.
fn read(encoded: &str) -> Option<CtOutput<Hmac<Sha256>>> {
    let bytes = STANDARD.decode(encoded).ok()?;
    Some(CtOutput::new(bytes.as_slice().try_into().ok()?))
}

fn seconds(timestamp: &str) -> Result<i64, Refusal> {
    let is_plain = timestamp.len() <= TIMESTAMP_DIGITS && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| timestamp.parse().ok()).flatten().ok_or(Refusal::Malformed(TIMESTAMP))
}

fn check_clock(signed: i64, now: Timestamp) -> Result<(), Refusal> {
    let apart = now.as_second().abs_diff(signed);
    if apart <= TOLERANCE.as_secs() {
        Ok(())
    } else if signed < now.as_second() {
        Err(Refusal::Stale(apart))
    } else {
        Err(Refusal::Future(apart))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Secret, sign};

    const URL: &str = "https://crm.example/route?CallSid=1";

    fn request() -> Request<'static> {
        Request { method: "GET", url: URL, body: b"" }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn secret(byte: u8) -> Secret {
        Secret::new([byte; 32])
    }

    /// Verifies at second 1,000,000 with the first secret what was signed with it then, its fields changed.
    fn with(change: impl Fn(&mut [(&'static str, String); 3])) -> Result<(), Refusal> {
        let secrets = secret(1).into();
        let mut fields = sign("msg_1", &request(), &secrets, at(1_000_000));
        change(&mut fields);
        verify(&request(), lookup(&fields), &secrets, at(1_000_000))
    }

    fn lookup<'a>(fields: &'a [(&'static str, String); 3]) -> impl Fn(&'static str) -> Option<&'a str> {
        move |name| fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn what_was_signed_is_believed_and_nothing_else() {
        let secrets = secret(1).into();
        let fields = sign("msg_1", &request(), &secrets, at(1_000_000));
        let rows = [
            (request(), Ok(())),
            (Request { url: "https://user:pass@crm.example/route?CallSid=1#top", ..request() }, Ok(())),
            (Request { method: "POST", ..request() }, Err(Refusal::Mismatch)),
            (Request { method: "get", ..request() }, Err(Refusal::Mismatch)),
            (Request { url: "http://crm.example/route?CallSid=1", ..request() }, Err(Refusal::Mismatch)),
            (Request { url: "https://crm.example/route?CallSid=2", ..request() }, Err(Refusal::Mismatch)),
            (Request { body: b" ", ..request() }, Err(Refusal::Mismatch)),
        ];
        for (request, expected) in rows {
            assert_eq!(verify(&request, lookup(&fields), &secrets, at(1_000_000)), expected, "{request:?}");
        }
    }

    #[test]
    fn it_is_good_for_five_minutes_either_way() {
        let secrets = secret(1).into();
        let fields = sign("msg_1", &request(), &secrets, at(1_000_000));
        let rows = [
            (1_000_300, Ok(())),
            (1_000_301, Err(Refusal::Stale(301))),
            (999_700, Ok(())),
            (999_699, Err(Refusal::Future(301))),
        ];
        for (now, expected) in rows {
            assert_eq!(verify(&request(), lookup(&fields), &secrets, at(now)), expected, "{now}");
        }
    }

    #[test]
    fn any_live_secret_is_enough() {
        let (old, both, new) = (Secrets::from(secret(1)), Secrets::two(secret(2), secret(1)), Secrets::from(secret(2)));
        let rows = [
            (&old, &old, Ok(())),
            (&old, &both, Ok(())),
            (&both, &old, Ok(())),
            (&both, &new, Ok(())),
            (&new, &both, Ok(())),
            (&old, &new, Err(Refusal::Mismatch)),
            (&new, &old, Err(Refusal::Mismatch)),
        ];
        for (signs, verifies, expected) in rows {
            let fields = sign("msg_1", &request(), signs, at(0));
            assert_eq!(verify(&request(), lookup(&fields), verifies, at(0)), expected);
        }
    }

    #[test]
    fn a_field_that_is_wrong_is_named() {
        for (i, name) in [ID, TIMESTAMP, SIGNATURE].into_iter().enumerate() {
            assert_eq!(with(|fields| fields[i].1.clear()), Err(Refusal::Missing(name)));
            assert_eq!(with(|fields| fields[i].0 = "other"), Err(Refusal::Missing(name)));
        }
        for timestamp in ["now", "+1000000", "-1", "1000000.0", " 1000000", "1e6", "0001000000000", "१"] {
            let refused = with(|fields| fields[1].1 = timestamp.into());
            assert_eq!(refused, Err(Refusal::Malformed(TIMESTAMP)), "{timestamp}");
        }
        assert_eq!(with(|fields| fields[0].1 = "msg_2".into()), Err(Refusal::Mismatch));
        assert_eq!(with(|fields| fields[1].1 = "1000001".into()), Err(Refusal::Mismatch));
        assert_eq!(with(|fields| fields[1].1 = "01000000".into()), Err(Refusal::Mismatch));
    }

    #[test]
    fn of_several_signatures_one_has_to_fit() {
        let forged = STANDARD.encode([0; 32]);
        // GOOD is the signature itself, FORGED another one of the same length.
        let rows = [
            ("v1,FORGED v1,GOOD", Ok(())),
            ("v2,AAAA v1,GOOD v1a,AAAA", Ok(())),
            ("  v1,GOOD  nonsense", Ok(())),
            ("v1,FORGED", Err(Refusal::Mismatch)),
            ("v1,", Err(Refusal::Mismatch)),
            ("v1,GOOD=", Err(Refusal::Mismatch)),
            ("v1,GOOD\t", Err(Refusal::Mismatch)),
            ("v1,AAAA", Err(Refusal::Mismatch)),
            ("v2,GOOD", Err(Refusal::UnknownVersion)),
            ("V1,GOOD", Err(Refusal::UnknownVersion)),
            ("GOOD", Err(Refusal::UnknownVersion)),
        ];
        for (sent, expected) in rows {
            let result = with(|fields| {
                let good = fields[2].1.replace("v1,", "");
                fields[2].1 = sent.replace("GOOD", &good).replace("FORGED", &forged);
            });
            assert_eq!(result, expected, "{sent}");
        }
    }

    #[test]
    fn a_refusal_says_what_to_look_at() {
        let rows = [
            (Refusal::Missing(ID), "the field `webhook-id` is missing: the request was not signed"),
            (
                Refusal::Stale(301),
                "it was signed 301 s ago, at most 300 s are allowed: a repetition, or a clock is wrong",
            ),
            (Refusal::UnknownVersion, "it has no signature of version v1"),
        ];
        for (refusal, text) in rows {
            assert_eq!(refusal.to_string(), text);
        }
    }
}
