//! `"Name" <uri>;params`: From, To, Contact, Route, Record-Route (RFC 3261 section 20.10).

use bytes::Bytes;

use crate::params::Params;
use crate::scan::{self, Scanner, Syntax};
use crate::uri::Uri;
use crate::value::{Encode, Scan, values};

/// A party, with the parameters of the header field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NameAddr {
    /// The display name: without quotes, escapes resolved, any bytes.
    pub display: Option<Bytes>,
    /// Where the party is.
    pub uri: Uri,
    /// The parameters of the field, not those of the URI.
    pub params: Params,
}

impl NameAddr {
    /// `<uri>`
    pub fn new(uri: Uri) -> Self {
        Self { display: None, uri, params: Params::default() }
    }

    /// The `tag`, which names a party of a dialog.
    pub fn tag(&self) -> Option<Bytes> {
        self.params.get("tag").filter(|tag| !tag.is_empty())
    }

    /// The same party with this tag.
    pub fn with_tag(mut self, tag: impl AsRef<[u8]>) -> Self {
        self.params.set("tag", tag);
        self
    }

    /// The `expires` of a Contact, in seconds, if it is readable.
    pub fn expires(&self) -> Option<u32> {
        u32::whole(&self.params.get("expires")?).ok()
    }

    /// The `q` of a Contact in thousandths, 0 to 1000, if it is readable.
    pub fn q(&self) -> Option<u16> {
        let text = self.params.get("q")?;
        let (whole, decimals) = match memchr::memchr(b'.', &text) {
            Some(dot) => (&text[..dot], &text[dot + 1..]),
            None => (&text[..], &b""[..]),
        };
        let digits = decimals.iter().all(u8::is_ascii_digit) && decimals.len() <= 3;
        let thousandths =
            [100, 10, 1].iter().zip(decimals).map(|(unit, digit)| unit * u16::from(digit.wrapping_sub(b'0')));
        match whole {
            b"0" if digits => Some(thousandths.sum()),
            b"1" if digits && decimals.iter().all(|digit| *digit == b'0') => Some(1000),
            _ => None,
        }
    }
}

impl Scan for NameAddr {
    fn scan(scanner: &mut Scanner<'_>) -> Result<Self, Syntax> {
        scanner.space();
        if scanner.peek() == Some(b'"') {
            let display = scanner.quoted()?;
            scanner.space();
            return bracketed(Some(display), scanner);
        }
        let rest = scanner.rest();
        let stop = rest.iter().position(|byte| matches!(byte, b'<' | b';' | b',' | b'"')).unwrap_or(rest.len());
        let text = rest[..stop].trim_ascii_end();
        let mut part = scanner.part(text.len());
        scanner.space();
        if scanner.peek() == Some(b'<') {
            let start = part.here();
            part.skip(text.len());
            return bracketed((!text.is_empty()).then(|| part.since(start)), scanner);
        }
        if text.contains(&b'?') {
            return Err(Syntax("<> around a URI with headers"));
        }
        Ok(Self { display: None, uri: Uri::filling(part)?, params: Params::of_header(scanner)? })
    }
}

fn bracketed(display: Option<Bytes>, scanner: &mut Scanner<'_>) -> Result<NameAddr, Syntax> {
    if !scanner.eat(b'<') {
        return Err(Syntax("<"));
    }
    let length = memchr::memchr(b'>', scanner.rest()).ok_or(Syntax(">"))?;
    let uri = Uri::filling(scanner.part(length))?;
    scanner.skip(1);
    Ok(NameAddr { display, uri, params: Params::of_header(scanner)? })
}

impl Encode for NameAddr {
    fn encode(&self, out: &mut Vec<u8>) {
        if let Some(display) = &self.display {
            scan::quote(display, out);
            out.push(b' ');
        }
        out.push(b'<');
        self.uri.encode(out);
        out.push(b'>');
        out.extend_from_slice(self.params.as_bytes());
    }
}

values!(NameAddr);

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<NameAddr, Syntax> {
        NameAddr::parse(&Bytes::copy_from_slice(text))
    }

    #[test]
    fn each_form_of_a_party() {
        type Case = (&'static [u8], Option<&'static [u8]>, &'static str, Option<&'static str>);
        let cases: [Case; 8] = [
            (b"<sip:a@b.example>", None, "sip:a@b.example", None),
            (b"sip:a@b.example;tag=x", None, "sip:a@b.example", Some("x")),
            (b"  sip:a@b.example  ;  TAG = x ", None, "sip:a@b.example", Some("x")),
            (b"Anna Lena <sip:a@b.example;lr>;tag=x", Some(b"Anna Lena"), "sip:a@b.example;lr", Some("x")),
            (br#""A \"B\" C"<sip:a@b.example>"#, Some(br#"A "B" C"#), "sip:a@b.example", None),
            (b"\"\xe9\" <tel:+919900000001>", Some(b"\xe9"), "tel:+919900000001", None),
            (br#""a, <b>; c" <sip:a,b@b.example>;tag=x"#, Some(b"a, <b>; c"), "sip:a,b@b.example", Some("x")),
            (br#""" <sip:a@b.example?Subject=x>"#, Some(b""), "sip:a@b.example?Subject=x", None),
        ];
        for (text, display, uri, tag) in cases {
            let party = read(text).unwrap_or_else(|fault| panic!("{text:?}: {fault}"));
            assert_eq!(party.display.as_deref(), display);
            assert_eq!(party.uri.to_string(), uri);
            assert_eq!(party.tag(), tag.map(Bytes::from));
            assert_eq!(read(&party.to_bytes()).unwrap(), party, "{party}");
        }
        let bare = read(b"sip:a@b.example;lr").unwrap();
        assert!(bare.params.has("lr"), "without <> the parameters are the field's");
    }

    #[test]
    fn what_is_no_party() {
        for text in [
            &b""[..],
            b"<",
            b"<>",
            b"<sip:a@b.example",
            b"\"a <sip:a@b.example>",
            b"sip:a@b.example?x=y",
            b"< sip:a@b.example>",
            b"<sip:a@b.example> x",
            b"<sip:a@b.example>;",
            b"Bell, Alex <sip:a@b.example>",
            b"\"a\" sip:a@b.example",
            b"a \"b\" <sip:a@b.example>",
            b"<<sip:a@b.example>>",
        ] {
            assert!(read(text).is_err(), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn q_is_counted_in_thousandths() {
        for (text, q) in [
            ("0.7", Some(700)),
            ("1", Some(1000)),
            ("1.000", Some(1000)),
            ("0", Some(0)),
            ("0.055", Some(55)),
            ("1.1", None),
            ("0.1234", None),
            ("x", None),
            ("0.x", None),
            ("2", None),
        ] {
            let party = read(format!("<sip:a@b.example>;q={text}").as_bytes()).unwrap();
            assert_eq!(party.q(), q, "{text}");
        }
    }
}
