//! Digest authentication (RFC 7616, RFC 8760), with what RFC 2617 and RFC 2069 peers still send: MD5, no `qop`.
//! `auth-int` and the `-sess` algorithms are not spoken.

mod authenticator;
mod client;

pub use authenticator::{Authenticator, Verdict};
pub use client::{ClientDigest, Credentials};

use bytes::Bytes;
use md5::Md5;
use sha2::{Digest as _, Sha256};

/// The hash functions of RFC 8760 that we speak, the better one last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Md5,
    Sha256,
}

impl Algorithm {
    /// A challenge that names none means MD5.
    fn named(name: Option<&Bytes>) -> Option<Self> {
        let Some(name) = name else { return Some(Self::Md5) };
        [Self::Md5, Self::Sha256].into_iter().find(|known| name.eq_ignore_ascii_case(known.name().as_bytes()))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    /// The hash of the parts joined by colons, in lower-case hexadecimal digits.
    fn hash(self, parts: &[&[u8]]) -> String {
        let text = parts.join(&b':');
        match self {
            Self::Md5 => hexadecimal(&Md5::digest(&text)),
            Self::Sha256 => hexadecimal(&Sha256::digest(&text)),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// What goes into a response (RFC 7616 section 3.4.1).
struct Proof<'a> {
    algorithm: Algorithm,
    username: &'a [u8],
    realm: &'a [u8],
    password: &'a [u8],
    method: &'a [u8],
    uri: &'a [u8],
    nonce: &'a [u8],
    /// The count and the client's nonce if `qop` is `auth`.
    auth: Option<(&'a [u8], &'a [u8])>,
}

impl Proof<'_> {
    fn response(&self) -> String {
        let who = self.algorithm.hash(&[self.username, self.realm, self.password]);
        let what = self.algorithm.hash(&[self.method, self.uri]);
        match self.auth {
            None => self.algorithm.hash(&[who.as_bytes(), self.nonce, what.as_bytes()]),
            Some((count, cnonce)) => {
                self.algorithm.hash(&[who.as_bytes(), self.nonce, count, cnonce, b"auth", what.as_bytes()])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked examples of RFC 7616 section 3.9.1 and RFC 2617 section 3.5 pin the arithmetic.
    #[test]
    fn published_examples() {
        let proof =
            |algorithm, realm: &'static str, password: &'static str, nonce: &'static str, cnonce: &'static str| Proof {
                algorithm,
                username: b"Mufasa",
                realm: realm.as_bytes(),
                password: password.as_bytes(),
                method: b"GET",
                uri: b"/dir/index.html",
                nonce: nonce.as_bytes(),
                auth: Some((b"00000001", cnonce.as_bytes())),
            };
        let nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093";
        let old = proof(Algorithm::Md5, "testrealm@host.com", "Circle Of Life", nonce, "0a4f113b");
        assert_eq!(old.response(), "6629fae49393a05397450978507c4ef1");
        let (realm, password) = ("http-auth@example.org", "Circle of Life");
        let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
        let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        let md5 = proof(Algorithm::Md5, realm, password, nonce, cnonce);
        assert_eq!(md5.response(), "8ca523f5e9506fed4657c9700eebdbec");
        let sha = proof(Algorithm::Sha256, realm, password, nonce, cnonce);
        assert_eq!(sha.response(), "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
    }
}
