//! `%41`: the escapes of URIs (RFC 3261 section 19.1.2).

use bytes::{BufMut, Bytes, BytesMut};

use crate::scan::{self, Class, Syntax};

/// Fails on a `%` that two hexadecimal digits do not follow.
pub(crate) fn check(text: &[u8]) -> Result<(), Syntax> {
    let whole = |at: usize| pair(text.get(at + 1..)).is_some();
    if memchr::memchr_iter(b'%', text).all(whole) { Ok(()) } else { Err(Syntax("two hexadecimal digits after %")) }
}

/// Resolves all escapes; copies only if there are any.
pub(crate) fn decode(text: &Bytes) -> Bytes {
    resolve(text, b"")
}

/// Resolves the escapes that do not matter to a comparison: all but those of reserved characters (section 19.1.4).
pub(crate) fn normalise(text: &Bytes) -> Bytes {
    resolve(text, b";/?:@&=+$,")
}

fn resolve(text: &Bytes, keep: &[u8]) -> Bytes {
    if memchr::memchr(b'%', text).is_none() {
        return text.clone();
    }
    let mut plain = BytesMut::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let escaped = if text[at] == b'%' { pair(text.get(at + 1..)) } else { None };
        match escaped {
            None => plain.put_u8(text[at]),
            Some(byte) if keep.contains(&byte) => plain.put_slice(&hexadecimal(byte)),
            Some(byte) => plain.put_u8(byte),
        }
        at += if escaped.is_some() { 3 } else { 1 };
    }
    plain.freeze()
}

fn hexadecimal(byte: u8) -> [u8; 3] {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    [b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}

/// Escapes what is not of the class (and every `%`).
pub(crate) fn encode(text: &[u8], class: Class) -> Bytes {
    let mut out = BytesMut::with_capacity(text.len());
    for byte in text {
        if *byte != b'%' && byte.is_ascii() && scan::all(&[*byte], class) {
            out.put_u8(*byte);
        } else {
            out.put_slice(&hexadecimal(*byte));
        }
    }
    out.freeze()
}

fn pair(text: Option<&[u8]>) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let text = text?;
    let value = digit(*text.first()?)? << 4 | digit(*text.get(1)?)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::USER;

    #[test]
    fn escapes_go_both_ways() {
        let text = Bytes::from_static(b"a%20%00%41%c3%A9");
        assert!(check(&text).is_ok());
        assert_eq!(decode(&text), &b"a \0A\xc3\xa9"[..]);
        assert_eq!(normalise(&Bytes::from_static(b"%61%3b%2B%20")), "a%3B%2B ");
        assert_eq!(encode(b"a b@\r\n%\xff", USER), "a%20b%40%0D%0A%25%FF");
        for broken in ["%", "%4", "%4g", "a%%41"] {
            assert!(check(broken.as_bytes()).is_err(), "{broken}");
            decode(&Bytes::from_static(broken.as_bytes()));
        }
    }
}
