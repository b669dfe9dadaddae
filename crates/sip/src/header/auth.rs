//! WWW-Authenticate, Proxy-Authenticate, Authorization and Proxy-Authorization (RFC 3261 section 20, RFC 7616): a
//! scheme and its comma-separated parameters. What they mean is in `digest.rs`.

use bytes::Bytes;

use crate::scan::{self, Scanner, Syntax, VALUE};
use crate::value::{Encode, Scan, values};

macro_rules! scheme_and_params {
    ($(#[$doc:meta])* $kind:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $kind {
            /// `Digest`, or a scheme that we do not speak.
            pub scheme: Bytes,
            params: AuthParams,
        }

        impl $kind {
            /// A digest without parameters.
            pub fn digest() -> Self {
                Self { scheme: Bytes::from_static(b"Digest"), params: AuthParams::default() }
            }

            /// Whether it speaks of digest.
            pub fn is_digest(&self) -> bool {
                self.scheme.eq_ignore_ascii_case(b"Digest")
            }

            /// The value of a parameter (case-insensitive), without its quotes.
            pub fn get(&self, name: &str) -> Option<&Bytes> {
                self.params.get(name)
            }

            /// Appends a parameter that is written as it stands: `algorithm`, `qop` of an answer, `nc`, `stale`.
            pub fn push(&mut self, name: &'static str, value: impl Into<Bytes>) {
                self.params.push(name, value.into(), false);
            }

            /// Appends a parameter that is written between quotes: `realm`, `nonce`, `uri`, `response`.
            pub fn push_quoted(&mut self, name: &'static str, value: impl Into<Bytes>) {
                self.params.push(name, value.into(), true);
            }
        }

        impl Scan for $kind {
            fn scan(scanner: &mut Scanner<'_>) -> Result<Self, Syntax> {
                Ok(Self { scheme: scanner.token()?, params: AuthParams::scan(scanner)? })
            }
        }

        impl Encode for $kind {
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.scheme);
                self.params.encode(out);
            }
        }

        values!($kind);
    };
}

scheme_and_params! {
    /// What a server asks for.
    Challenge
}
scheme_and_params! {
    /// What a client shows.
    Authorization
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct AuthParams(Vec<AuthParam>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct AuthParam {
    name: Bytes,
    value: Bytes,
    quoted: bool,
}

impl AuthParams {
    fn get(&self, name: &str) -> Option<&Bytes> {
        let param = self.0.iter().find(|param| param.name.eq_ignore_ascii_case(name.as_bytes()))?;
        Some(&param.value)
    }

    fn push(&mut self, name: &'static str, value: Bytes, quoted: bool) {
        self.0.push(AuthParam { name: Bytes::from_static(name.as_bytes()), value, quoted });
    }
}

impl Scan for AuthParams {
    /// Stops before a comma that begins the next challenge: a token without `=`.
    fn scan(scanner: &mut Scanner<'_>) -> Result<Self, Syntax> {
        let mut params = Vec::new();
        if !scanner.space() {
            return Ok(Self(params));
        }
        loop {
            let before = scanner.clone();
            let separated = params.is_empty() || scanner.separator(b',');
            let name = if separated { scanner.token().ok() } else { None };
            match name {
                Some(name) if scanner.separator(b'=') => params.push(value_of(name, scanner)?),
                _ => {
                    *scanner = before;
                    return Ok(Self(params));
                }
            }
        }
    }
}

fn value_of(name: Bytes, scanner: &mut Scanner<'_>) -> Result<AuthParam, Syntax> {
    let quoted = scanner.peek() == Some(b'"');
    let value = if quoted { scanner.quoted()? } else { scanner.run(VALUE, "a parameter's value")? };
    Ok(AuthParam { name, value, quoted })
}

impl Encode for AuthParams {
    fn encode(&self, out: &mut Vec<u8>) {
        for (at, param) in self.0.iter().enumerate() {
            out.extend_from_slice(if at == 0 { b" " } else { b", " });
            out.extend_from_slice(&param.name);
            out.push(b'=');
            if param.quoted {
                scan::quote(&param.value, out);
            } else {
                out.extend_from_slice(&param.value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_read_and_written() {
        let text = r#"Digest realm="a \"b\"", nonce="x,y", algorithm=SHA-256, qop="auth,auth-int", stale=FALSE"#;
        let challenge = Challenge::parse(&text.into()).unwrap();
        assert!(challenge.is_digest());
        assert_eq!(challenge.get("Realm").unwrap(), r#"a "b""#);
        assert_eq!(challenge.get("nonce").unwrap(), "x,y");
        assert_eq!(challenge.get("opaque"), None);
        assert_eq!(challenge.to_string(), text);
    }

    #[test]
    fn other_schemes_are_read_too() {
        let other = Authorization::parse(&"NoOneKnows opaque-data=here, more=\"x\"".into()).unwrap();
        assert!(!other.is_digest());
        assert_eq!(other.get("opaque-data").unwrap(), "here");
        for broken in ["", "Digest realm=", "Digest realm=\"a", "Digest realm=\"a\" nonce=\"b\"", "Digest ,a=b"] {
            assert!(Challenge::parse(&broken.into()).is_err(), "{broken}");
        }
    }
}
