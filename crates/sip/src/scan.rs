//! The one tokenizer of header fields and URIs (RFC 3261 section 25.1). It walks a [`Bytes`] and cuts slices of it, so
//! nothing is copied; folds are gone before it runs (see `message/parse.rs`), so white space is SP and HT.

use bytes::{BufMut, Bytes, BytesMut};

/// What a value should have held: the error of everything that scans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {0}")]
pub struct Syntax(pub &'static str);

/// A set of bytes, as bits of [`CLASSES`].
pub(crate) type Class = u8;
/// `token`.
pub(crate) const TOKEN: Class = 1;
/// `user`, with the `#` and the raw UTF-8 that telephones send unescaped.
pub(crate) const USER: Class = 1 << 1;
/// `paramchar` of a URI.
pub(crate) const URI_PARAM: Class = 1 << 2;
/// `headers` of a URI, separators included.
pub(crate) const URI_HEADER: Class = 1 << 3;
/// The value of a header parameter that is not quoted: `token`, `host`, and what peers write beside them.
pub(crate) const VALUE: Class = 1 << 4;
/// `hostname`, and the `_` of service names.
pub(crate) const HOST: Class = 1 << 5;
/// `phone-digit` and `visual-separator` of RFC 3966, hexadecimal digits of local numbers included.
pub(crate) const PHONE: Class = 1 << 6;
/// What a URI of an unknown scheme may hold: anything that does not end the field around it.
pub(crate) const OPAQUE: Class = 1 << 7;

static CLASSES: [Class; 256] = classes();

const fn classes() -> [Class; 256] {
    let mut table = [0; 256];
    add(&mut table, b"-.!%*_+`'~", TOKEN);
    add(&mut table, b"-_.!~*'()&=+$,;?/%#", USER);
    add(&mut table, b"-_.!~*'()[]/:&+$%", URI_PARAM);
    add(&mut table, b"-_.!~*'()[]/?:+$&=%", URI_HEADER);
    add(&mut table, b"-._", HOST);
    add(&mut table, b"+-.()*#", PHONE);
    let mut byte = 0x21;
    while byte < 256 {
        let at = byte as u8;
        if at.is_ascii_alphanumeric() {
            table[byte] |= TOKEN | USER | URI_PARAM | URI_HEADER | HOST;
        }
        if at.is_ascii_hexdigit() {
            table[byte] |= PHONE;
        }
        if at >= 0x80 {
            table[byte] |= USER;
        }
        if at != 0x7f {
            if !matches!(at, b'"' | b'<' | b'>') {
                table[byte] |= OPAQUE;
            }
            if !matches!(at, b';' | b',' | b'"' | b'<' | b'>') {
                table[byte] |= VALUE;
            }
        }
        byte += 1;
    }
    table
}

const fn add(table: &mut [Class; 256], members: &[u8], class: Class) {
    let mut at = 0;
    while at < members.len() {
        table[members[at] as usize] |= class;
        at += 1;
    }
}

/// Whether every byte of `text` is of the class; true of an empty text.
pub(crate) fn all(text: &[u8], class: Class) -> bool {
    text.iter().all(|byte| CLASSES[usize::from(*byte)] & class != 0)
}

/// A place in a value, or in a part of one.
#[derive(Clone)]
pub(crate) struct Scanner<'a> {
    source: &'a Bytes,
    at: usize,
    end: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(source: &'a Bytes) -> Self {
        Self { source, at: 0, end: source.len() }
    }

    /// Takes the next `length` bytes as a scanner of their own.
    pub(crate) fn part(&mut self, length: usize) -> Self {
        let start = self.at;
        self.skip(length);
        Self { source: self.source, at: start, end: self.at }
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    /// How far the scanner came, to be cut later with [`Self::since`].
    pub(crate) fn here(&self) -> usize {
        self.at
    }

    pub(crate) fn since(&self, start: usize) -> Bytes {
        self.source.slice(start..self.at)
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        &self.source[self.at..self.end]
    }

    pub(crate) fn skip(&mut self, count: usize) {
        self.at = (self.at + count).min(self.end);
    }

    /// Skips white space; true if there was some.
    pub(crate) fn space(&mut self) -> bool {
        let start = self.at;
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        self.at > start
    }

    /// Takes this byte if it stands here.
    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Takes a separator and the white space around it; stays where it is if there is none.
    pub(crate) fn separator(&mut self, byte: u8) -> bool {
        let start = self.at;
        self.space();
        if self.eat(byte) {
            self.space();
            return true;
        }
        self.at = start;
        false
    }

    /// Takes bytes of the class, at least one.
    pub(crate) fn run(&mut self, class: Class, what: &'static str) -> Result<Bytes, Syntax> {
        let start = self.at;
        self.pass(class);
        if self.at == start { Err(Syntax(what)) } else { Ok(self.since(start)) }
    }

    /// Skips bytes of the class, and says how many.
    pub(crate) fn pass(&mut self, class: Class) -> usize {
        let rest = self.rest();
        let length = rest.iter().position(|byte| CLASSES[usize::from(*byte)] & class == 0).unwrap_or(rest.len());
        self.at += length;
        length
    }

    pub(crate) fn token(&mut self) -> Result<Bytes, Syntax> {
        self.run(TOKEN, "a token")
    }

    /// Takes this word, whatever its case, if a token begins here and is that word.
    pub(crate) fn word(&mut self, word: &str) -> bool {
        let start = self.at;
        self.pass(TOKEN);
        let found = self.source[start..self.at].eq_ignore_ascii_case(word.as_bytes());
        if !found {
            self.at = start;
        }
        found
    }

    /// Takes decimal digits that fit 32 bits.
    pub(crate) fn number(&mut self) -> Result<u32, Syntax> {
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return Err(Syntax("a number"));
        }
        let mut number = 0u32;
        for digit in &self.rest()[..digits] {
            let next = number.checked_mul(10).and_then(|tens| tens.checked_add(u32::from(digit - b'0')));
            number = next.ok_or(Syntax("a number below 2^32"))?;
        }
        self.at += digits;
        Ok(number)
    }

    /// Takes a port number.
    pub(crate) fn port(&mut self) -> Result<u16, Syntax> {
        u16::try_from(self.number()?).map_err(|_| Syntax("a port"))
    }

    /// Takes a quoted string and gives what stands between the quotes, escapes resolved.
    pub(crate) fn quoted(&mut self) -> Result<Bytes, Syntax> {
        let start = self.at + 1;
        self.pass_quoted()?;
        Ok(unescape(self.source.slice(start..self.at - 1)))
    }

    /// Skips a quoted string.
    pub(crate) fn pass_quoted(&mut self) -> Result<(), Syntax> {
        if !self.eat(b'"') {
            return Err(Syntax("a quoted string"));
        }
        while let Some(found) = memchr::memchr2(b'"', b'\\', self.rest()) {
            self.at += found + 1;
            if self.source[self.at - 1] == b'"' {
                return Ok(());
            }
            self.skip(1);
        }
        Err(Syntax("a closing quote"))
    }

    /// Fails unless only white space is left.
    pub(crate) fn end(&mut self) -> Result<(), Syntax> {
        self.space();
        if self.at == self.end { Ok(()) } else { Err(Syntax("the end of the value")) }
    }
}

/// Resolves the escapes of a quoted string; copies only if there are any.
fn unescape(text: Bytes) -> Bytes {
    if memchr::memchr(b'\\', &text).is_none() {
        return text;
    }
    let mut plain = BytesMut::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        let byte = if *byte == b'\\' { bytes.next().unwrap_or(byte) } else { byte };
        plain.put_u8(*byte);
    }
    plain.freeze()
}

/// Writes a quoted string.
pub(crate) fn quote(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: &'static str) -> Result<Bytes, Syntax> {
        Scanner::new(&Bytes::from_static(text.as_bytes())).quoted()
    }

    #[test]
    fn quoted_strings_lose_their_escapes_and_find_them_again() {
        assert_eq!(quoted(r#""a \"b\" \\" c"#).unwrap(), r#"a "b" \"#);
        assert_eq!(quoted("\"\"").unwrap(), "");
        assert_eq!(quoted(r#""open"#), Err(Syntax("a closing quote")));
        assert_eq!(quoted(r#""open\""#), Err(Syntax("a closing quote")));
        assert_eq!(quoted(r#""open\"#), Err(Syntax("a closing quote")));
        let mut out = Vec::new();
        quote(br#"a "b" \"#, &mut out);
        assert_eq!(out, br#""a \"b\" \\""#);
    }

    #[test]
    fn numbers_end_at_32_bits() {
        let number = |text: &'static str| Scanner::new(&Bytes::from_static(text.as_bytes())).number();
        assert_eq!(number("0068x"), Ok(68));
        assert_eq!(number("4294967295"), Ok(u32::MAX));
        assert!(number("4294967296").is_err());
        assert!(number("-1").is_err());
    }

    #[test]
    fn a_separator_takes_the_space_around_it_or_nothing() {
        let text = Bytes::from_static(b"a ; b");
        let mut scanner = Scanner::new(&text);
        scanner.token().unwrap();
        assert!(!scanner.separator(b','));
        assert_eq!(scanner.here(), 1);
        assert!(scanner.separator(b';'));
        assert_eq!(scanner.rest(), b"b");
    }
}
