//! URIs (RFC 3261 section 19.1, RFC 3966): read strictly where an error would misdirect a call, kept as the bytes they
//! came in.

pub(crate) mod escape;
mod host;
mod sip;
mod tel;

use bytes::Bytes;

pub use host::Host;
pub(crate) use host::address;
pub use sip::SipUri;
pub use tel::TelUri;

use crate::scan::{self, OPAQUE, Scanner, Syntax};
use crate::value::{Encode, Scan, values};

/// Where a request goes, or whom a header field names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Uri {
    /// `sip:` and `sips:`.
    Sip(SipUri),
    /// `tel:`.
    Tel(TelUri),
    /// Any other scheme, whole.
    Other(Bytes),
}

impl Uri {
    /// The scheme, as it was written for schemes other than ours.
    pub fn scheme(&self) -> &[u8] {
        match self {
            Self::Sip(uri) if uri.secure => b"sips",
            Self::Sip(_) => b"sip",
            Self::Tel(_) => b"tel",
            Self::Other(text) => &text[..memchr::memchr(b':', text).unwrap_or(text.len())],
        }
    }

    /// The `sip:` or `sips:` URI that it is.
    pub fn as_sip(&self) -> Option<&SipUri> {
        match self {
            Self::Sip(uri) => Some(uri),
            _ => None,
        }
    }

    /// The user or the telephone number, escapes resolved.
    pub fn user(&self) -> Option<Bytes> {
        match self {
            Self::Sip(uri) => uri.user.as_ref().map(escape::decode),
            Self::Tel(uri) => Some(uri.number.clone()),
            Self::Other(_) => None,
        }
    }

    /// Whether both name the same resource: RFC 3261 section 19.1.4, RFC 3966 section 4; other schemes byte by byte.
    /// This is not transitive, so it is not `==`, which compares what was written.
    pub fn equivalent(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Sip(one), Self::Sip(two)) => one.equivalent(two),
            (Self::Tel(one), Self::Tel(two)) => one.equivalent(two),
            (Self::Other(one), Self::Other(two)) => one == two,
            _ => false,
        }
    }
}

impl Uri {
    /// A URI and nothing else.
    pub(crate) fn filling(mut part: Scanner<'_>) -> Result<Self, Syntax> {
        let uri = Self::scan(&mut part)?;
        if part.rest().is_empty() { Ok(uri) } else { Err(Syntax("the end of the URI")) }
    }
}

impl From<SipUri> for Uri {
    fn from(uri: SipUri) -> Self {
        Self::Sip(uri)
    }
}

impl Scan for Uri {
    /// A URI has no white space around it.
    fn whole(value: &Bytes) -> Result<Self, Syntax> {
        Self::filling(Scanner::new(value))
    }

    /// Takes everything that is left: the caller cuts the URI out of what stands around it.
    fn scan(scanner: &mut Scanner<'_>) -> Result<Self, Syntax> {
        let start = scanner.here();
        let colon = memchr::memchr(b':', scanner.rest()).ok_or(Syntax("a scheme"))?;
        let scheme = &scanner.rest()[..colon];
        if !scheme.first().is_some_and(u8::is_ascii_alphabetic) || !scheme.iter().all(|byte| in_scheme(*byte)) {
            return Err(Syntax("a scheme"));
        }
        scanner.skip(colon + 1);
        if scheme.eq_ignore_ascii_case(b"sip") {
            return SipUri::after_scheme(false, scanner).map(Self::Sip);
        }
        if scheme.eq_ignore_ascii_case(b"sips") {
            return SipUri::after_scheme(true, scanner).map(Self::Sip);
        }
        if scheme.eq_ignore_ascii_case(b"tel") {
            return TelUri::scan(scanner).map(Self::Tel);
        }
        if scanner.rest().is_empty() || !scan::all(scanner.rest(), OPAQUE) {
            return Err(Syntax("a URI"));
        }
        scanner.skip(scanner.rest().len());
        Ok(Self::Other(scanner.since(start)))
    }
}

fn in_scheme(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

impl Encode for Uri {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Sip(uri) => uri.encode(out),
            Self::Tel(uri) => uri.encode(out),
            Self::Other(text) => out.extend_from_slice(text),
        }
    }
}

values!(Uri);

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &'static str) -> Uri {
        Uri::parse(&Bytes::from_static(text.as_bytes())).unwrap_or_else(|fault| panic!("{text}: {fault}"))
    }

    #[test]
    fn what_is_read_is_written_again() {
        for text in [
            "sip:acme.example",
            "sip:alice@acme.example",
            "sips:alice:secret@acme.example:5071;transport=tcp;lr?Subject=hi&X=%20",
            "sip:user;par=u%40acme.example@acme.example",
            "sip:+919900000001;phone-context=in@192.0.2.7;user=phone",
            "sip:*21#@192.0.2.7",
            "sip:a@[2001:db8::9]:5070",
            "sip:caf\u{e9}@acme.example",
            "tel:+91-99000-00001;ext=7",
            "urn:service:sos",
            "unknown-scheme:anything;at=all?",
        ] {
            assert_eq!(uri(text).to_string(), text);
        }
    }

    #[test]
    fn the_parts_of_a_sip_uri() {
        let parsed = uri("SIP:a%20b:pw@Host.Example:5071;Transport=tcp;lr?Subject=x");
        let sip = parsed.as_sip().unwrap();
        assert!(!sip.secure);
        assert_eq!(sip.user.as_ref().unwrap(), "a%20b");
        assert_eq!(parsed.user().unwrap(), "a b");
        assert_eq!(sip.password.as_ref().unwrap(), "pw");
        assert_eq!(sip.host, Host::Name("Host.Example".into()));
        assert_eq!(sip.port, Some(5071));
        assert_eq!(sip.params.get("transport").unwrap(), "tcp");
        assert!(sip.params.has("lr"));
        assert_eq!(sip.headers, "Subject=x");
    }

    #[test]
    fn what_is_not_a_uri() {
        for text in [
            "",
            "sip",
            ":",
            "sip:",
            "sip:@host",
            "sip:a@",
            "sip:a@host:",
            "sip:a@host:70000",
            "sip:a@ho st",
            "sip: a@host",
            "sip:a@[2001:db8::9",
            "sip:a@2001:db8::9",
            "sip:a@300.1.2.3",
            "sip:a@host;",
            "sip:a@host;=1",
            "sip:a%zz@host",
            "sip:a%4@host",
            "sip:a@host;b=%",
            "sip:a@host?",
            "<sip:a@host>",
            "sip:a@-host",
            "sip:a@ho..st",
            "tel:",
            "tel:+",
            "tel:+x",
            "tel:12;;",
            "1a:b",
            "http:",
            "http://a b",
            "sip:a\"b@host",
            "sip:a@host\u{7f}",
        ] {
            let text = Bytes::copy_from_slice(text.as_bytes());
            assert!(Uri::parse(&text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn equivalence_of_section_19_1_4() {
        let same = [
            ("sip:%61lice@acme.example;transport=TCP", "sip:alice@Acme.Example;Transport=tcp"),
            ("sip:carol@acme.example", "sip:carol@acme.example;newparam=5"),
            ("sip:carol@acme.example;security=on", "sip:carol@acme.example;newparam=5"),
            ("sip:carol@acme.example;a=1;a=2", "sip:carol@acme.example;a=1;a=2"),
            ("sip:b@acme.example;transport=tcp?X=1&Y=2", "sip:b@acme.example;transport=tcp?Y=2&x=1"),
            ("tel:+91 99".split(' ').next().unwrap(), "tel:+9-1"),
            ("tel:+9199;ext=1", "tel:+91(9).9;EXT=1"),
            ("urn:a", "urn:a"),
        ];
        for (one, two) in same {
            assert!(uri(one).equivalent(&uri(two)) && uri(two).equivalent(&uri(one)), "{one} {two}");
        }
        let different = [
            ("sip:ALICE@acme.example", "sip:alice@acme.example"),
            ("sip:bob@acme.example", "sip:bob@acme.example:5060"),
            ("sip:bob@acme.example", "sip:bob@acme.example;transport=udp"),
            ("sip:bob@acme.example", "sip:bob@acme.example;maddr=192.0.2.1"),
            ("sip:bob@acme.example", "sips:bob@acme.example"),
            ("sip:bob@acme.example", "sip:acme.example"),
            ("sip:bob@acme.example;a=1", "sip:bob@acme.example;a=2"),
            ("sip:bob@acme.example?Subject=x", "sip:bob@acme.example"),
            ("sip:bob:x@acme.example", "sip:bob@acme.example"),
            ("sip:bob@192.0.2.1", "sip:bob@192.0.2.2"),
            ("tel:+91", "tel:91"),
            ("tel:91;phone-context=+44", "tel:91"),
            ("urn:a", "urn:A"),
            ("tel:1", "sip:1@acme.example"),
        ];
        for (one, two) in different {
            assert!(!uri(one).equivalent(&uri(two)) && !uri(two).equivalent(&uri(one)), "{one} {two}");
        }
    }
}
