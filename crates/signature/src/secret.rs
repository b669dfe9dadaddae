//! The secrets that a server and an application share: one, or two while one takes the other's place.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _};
use sha2::Sha256;
use thiserror::Error;

/// What a written secret begins with, so that it is known for one wherever it turns up.
const PREFIX: &str = "whsec_";

/// Bytes of a secret (Standard Webhooks 1.0, "Signature scheme").
const BYTES: RangeInclusive<usize> = 24..=64;

/// A secret. It is written `whsec_` and base64, and shown nowhere by itself.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The secret that these random bytes are.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes.into())
    }

    /// The secret as it is written, to be handed to the one who is to hold it.
    pub fn written(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    pub(crate) fn mac(&self) -> Hmac<Sha256> {
        Hmac::new_from_slice(&self.0).expect("a key of any length will do")
    }
}

impl FromStr for Secret {
    type Err = BadSecret;

    /// Reads a secret as [`Secret::written`] writes it.
    fn from_str(text: &str) -> Result<Self, BadSecret> {
        let encoded = text.strip_prefix(PREFIX).ok_or(BadSecret::Prefix)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| BadSecret::Base64)?;
        if BYTES.contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(BadSecret::Length(bytes.len())) }
    }
}

impl fmt::Debug for Secret {
    /// Not the bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why a text is no secret. The text itself is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadSecret {
    /// It does not begin as secrets do.
    #[error("a secret begins with `{PREFIX}`: give it whole, as it was made")]
    Prefix,
    /// What follows is not base64.
    #[error("a secret is standard base64 with its padding behind `{PREFIX}`: give it whole, as it was made")]
    Base64,
    /// It has this many bytes.
    #[error("a secret has {} to {} bytes, this one has {_0}: make a new one", BYTES.start(), BYTES.end())]
    Length(usize),
}

/// The secrets that count: one, or two during a rotation. All sign, and any of them is enough to verify.
#[derive(Clone, Debug)]
pub struct Secrets {
    current: Secret,
    other: Option<Secret>,
}

impl Secrets {
    /// Two secrets, while one takes the place of the other; which of them is the newer makes no difference.
    pub fn two(current: Secret, other: Secret) -> Self {
        Self { current, other: Some(other) }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Secret> {
        [&self.current].into_iter().chain(&self.other)
    }
}

impl From<Secret> for Secrets {
    fn from(secret: Secret) -> Self {
        Self { current: secret, other: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_as_it_is_written() {
        let written = Secret::new([7; 32]).written();
        assert_eq!(written, "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");
        assert_eq!(written.parse::<Secret>().expect("a secret").written(), written);
    }

    #[test]
    fn what_is_no_secret_is_told_without_showing_it() {
        let of = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![7; bytes]));
        let rows = [
            (String::new(), Some(BadSecret::Prefix)),
            ("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=".into(), Some(BadSecret::Prefix)),
            ("WHSEC_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=".into(), Some(BadSecret::Prefix)),
            ("whsec_".into(), Some(BadSecret::Length(0))),
            ("whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc".into(), Some(BadSecret::Base64)),
            ("whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n".into(), Some(BadSecret::Base64)),
            ("whsec_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_".into(), Some(BadSecret::Base64)),
            (of(23), Some(BadSecret::Length(23))),
            (of(24), None),
            (of(64), None),
            (of(65), Some(BadSecret::Length(65))),
        ];
        for (text, expected) in rows {
            let error = text.parse::<Secret>().err();
            assert_eq!(error, expected, "{text}");
            let shown = error.map(|error| error.to_string()).unwrap_or_default();
            assert!(!shown.contains("Bwc") && shown.is_empty() == expected.is_none(), "{shown}");
        }
        assert_eq!(BadSecret::Length(23).to_string(), "a secret has 24 to 64 bytes, this one has 23: make a new one");
    }

    #[test]
    fn secrets_are_not_shown() {
        let secrets = Secrets::two(Secret::new([7; 32]), Secret::new([8; 32]));
        assert_eq!(format!("{secrets:?}"), "Secrets { current: Secret(…), other: Some(Secret(…)) }");
    }
}
