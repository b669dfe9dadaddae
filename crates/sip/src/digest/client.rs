//! Answering a challenge (RFC 7616 section 3.4, RFC 3261 section 22).

use core::fmt;

use bytes::Bytes;

use super::{Algorithm, Proof};
use crate::header::{Authorization, Challenge};
use crate::message::Method;
use crate::uri::Uri;

/// A name and the secret that belongs to it.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user name.
    pub username: String,
    /// The password; never shown.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({}, ...)", self.username)
    }
}

/// A challenge that is being answered; it counts the requests that use its nonce.
#[derive(Clone, Debug)]
pub struct ClientDigest {
    challenge: Challenge,
    algorithm: Algorithm,
    count: u32,
}

impl ClientDigest {
    /// The strongest challenge that we can answer, if there is one.
    pub fn choose(challenges: &[Challenge]) -> Option<Self> {
        let known = challenges.iter().filter_map(Self::of);
        // `max_by_key` would take the last of equals, and the server's own order counts among them.
        known.reduce(|best, next| if next.algorithm > best.algorithm { next } else { best })
    }

    fn of(challenge: &Challenge) -> Option<Self> {
        let usable = challenge.is_digest() && challenge.get("realm").is_some() && challenge.get("nonce").is_some();
        let plain = challenge.get("qop").is_none_or(offers_auth);
        let algorithm = Algorithm::named(challenge.get("algorithm"))?;
        (usable && plain).then(|| Self { challenge: challenge.clone(), algorithm, count: 0 })
    }

    /// Whose credentials are asked for.
    pub fn realm(&self) -> &[u8] {
        self.challenge.get("realm").map_or(b"", |realm| realm)
    }

    /// Whether only the nonce was too old: the same credentials are good for another try.
    pub fn is_stale(&self) -> bool {
        self.challenge.get("stale").is_some_and(|stale| stale.eq_ignore_ascii_case(b"true"))
    }

    /// The credentials for one request; `cnonce` is fresh randomness as text. Each call counts as one use of the nonce.
    pub fn authorize(&mut self, credentials: &Credentials, method: &Method, uri: &Uri, cnonce: &str) -> Authorization {
        self.count += 1;
        let count = format!("{:08x}", self.count);
        let nonce = self.challenge.get("nonce").cloned().unwrap_or_default();
        let auth = self.challenge.get("qop").is_some();
        let uri = uri.to_bytes();
        let proof = Proof {
            algorithm: self.algorithm,
            username: credentials.username.as_bytes(),
            realm: self.realm(),
            password: credentials.password.as_bytes(),
            method: method.as_bytes(),
            uri: &uri,
            nonce: &nonce,
            auth: auth.then_some((count.as_bytes(), cnonce.as_bytes())),
        };
        let response = proof.response();
        let mut shown = Authorization::digest();
        shown.push_quoted("username", credentials.username.clone());
        shown.push_quoted("realm", Bytes::copy_from_slice(self.realm()));
        shown.push_quoted("nonce", nonce);
        shown.push_quoted("uri", uri);
        shown.push_quoted("response", response);
        shown.push("algorithm", self.algorithm.name());
        if auth {
            shown.push("qop", "auth");
            shown.push("nc", count);
            shown.push_quoted("cnonce", cnonce.to_owned());
        }
        if let Some(opaque) = self.challenge.get("opaque") {
            shown.push_quoted("opaque", opaque.clone());
        }
        shown
    }
}

fn offers_auth(qop: &Bytes) -> bool {
    qop.split(|byte| *byte == b',').any(|word| word.trim_ascii().eq_ignore_ascii_case(b"auth"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenges(texts: &[&'static str]) -> Vec<Challenge> {
        texts.iter().map(|text| Challenge::parse(&(*text).into()).unwrap()).collect()
    }

    #[test]
    fn the_strongest_that_we_speak_is_chosen() {
        let algorithm = |texts: &[&'static str]| Some(ClientDigest::choose(&challenges(texts))?.algorithm);
        let md5 = "Digest realm=\"a\", nonce=\"b\"";
        let sha = "Digest realm=\"a\", nonce=\"b\", algorithm=sha-256, qop=\"auth-int, auth\"";
        assert_eq!(algorithm(&[md5]), Some(Algorithm::Md5));
        assert_eq!(algorithm(&[md5, sha]), Some(Algorithm::Sha256));
        assert_eq!(algorithm(&[sha, md5]), Some(Algorithm::Sha256));
        for unknown in [
            "Basic realm=\"a\"",
            "Digest realm=\"a\"",
            "Digest nonce=\"a\"",
            "Digest realm=\"a\", nonce=\"b\", algorithm=MD4",
            "Digest realm=\"a\", nonce=\"b\", qop=\"auth-int\"",
        ] {
            assert_eq!(algorithm(&[unknown]), None, "{unknown}");
            assert_eq!(algorithm(&[unknown, md5]), Some(Algorithm::Md5), "{unknown}");
        }
    }

    #[test]
    fn an_answer_says_what_its_challenge_asked_for() {
        let credentials = Credentials { username: "u\"1".into(), password: "p".into() };
        let uri = Uri::parse(&"sip:acme.example".into()).unwrap();
        let answer = |text: &'static str| {
            let mut digest = ClientDigest::choose(&challenges(&[text])).unwrap();
            digest.authorize(&credentials, &Method::Register, &uri, "c1");
            digest.authorize(&credentials, &Method::Register, &uri, "c2").to_string()
        };
        let with = answer("Digest realm=\"a\", nonce=\"b\", qop=\"auth\", opaque=\"o\", algorithm=SHA-256");
        assert!(
            with.starts_with(r#"Digest username="u\"1", realm="a", nonce="b", uri="sip:acme.example", response=""#)
        );
        assert!(with.ends_with(r#", algorithm=SHA-256, qop=auth, nc=00000002, cnonce="c2", opaque="o""#), "{with}");
        let without = answer("Digest realm=\"a\", nonce=\"b\"");
        assert!(without.ends_with(", algorithm=MD5"), "{without}");
        assert!(!format!("{credentials:?}").contains("\"p\""));
    }
}
