//! Lines of a message's head: cut at CRLF, continuation lines folded in (RFC 3261 section 7.3.1).

use bytes::{Buf as _, Bytes};

use super::limit::MAX_LINE;
use crate::header::Name;
use crate::scan::{self, Syntax, TOKEN};

/// The lines from the start line to the empty one.
pub(crate) struct Lines {
    source: Bytes,
    at: usize,
}

impl Lines {
    /// Empty lines before the start line are keep-alives, or the end of the message before (section 7.5).
    pub(crate) fn new(source: Bytes) -> Self {
        let at = source.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        Self { source, at }
    }

    /// Where the next line begins; after the empty line, where the body does.
    pub(crate) fn here(&self) -> usize {
        self.at
    }

    /// The next line without its CRLF; empty at the end of the head.
    pub(crate) fn next(&mut self) -> Result<Bytes, Syntax> {
        let start = self.at;
        let mut end = self.pass_line()?;
        if end == start || !self.continues() {
            return self.bounded(self.source.slice(start..end));
        }
        let mut line = self.source[start..end].to_vec();
        while self.continues() && line.len() <= MAX_LINE {
            let start = self.at;
            end = self.pass_line()?;
            line.push(b' ');
            line.extend_from_slice(self.source[start..end].trim_ascii_start());
        }
        self.bounded(line.into())
    }

    /// Whether the next line goes on with this one.
    fn continues(&self) -> bool {
        matches!(self.source.get(self.at), Some(b' ' | b'\t'))
    }

    fn bounded(&self, line: Bytes) -> Result<Bytes, Syntax> {
        if line.len() <= MAX_LINE { Ok(line) } else { Err(Syntax("a line of at most 8 KiB")) }
    }

    /// Goes behind the line's end and says where that end began.
    fn pass_line(&mut self) -> Result<usize, Syntax> {
        let rest = &self.source[self.at..];
        let length = memchr::memchr2(b'\r', b'\n', rest).ok_or(Syntax("an empty line after the header fields"))?;
        if !rest[length..].starts_with(b"\r\n") {
            return Err(Syntax("CRLF at the end of a line"));
        }
        let end = self.at + length;
        self.at = end + 2;
        Ok(end)
    }
}

/// Cuts a header line into its name and its value.
pub(crate) fn field(mut line: Bytes) -> Result<(Name, Bytes), Syntax> {
    let colon = memchr::memchr(b':', &line).ok_or(Syntax("a colon in a header field"))?;
    let name = line[..colon].trim_ascii_end();
    if name.is_empty() || !scan::all(name, TOKEN) {
        return Err(Syntax("a header field's name"));
    }
    let name = Name::known(name).unwrap_or_else(|| Name::Other(line.slice(..name.len())));
    line.advance(colon + 1);
    line.advance(line.len() - line.trim_ascii_start().len());
    line.truncate(line.trim_ascii_end().len());
    Ok((name, line))
}

/// Reads a Content-Length (RFC 3261 section 20.14): digits and nothing else.
pub(crate) fn content_length(value: &[u8]) -> Result<usize, Syntax> {
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    let number = core::str::from_utf8(value).ok().filter(|_| digits).and_then(|digits| digits.parse().ok());
    number.ok_or(Syntax("a length in Content-Length"))
}
