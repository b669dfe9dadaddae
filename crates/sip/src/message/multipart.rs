//! Bodies of several parts (RFC 2046 section 5.1, RFC 5621), of which one is wanted: a session description beside ISUP
//! or a location.

use bytes::Bytes;

use super::line::{Lines, field};
use crate::header::{MediaType, Name};
use crate::scan::Syntax;

/// Parts that are looked at.
const MAX_PARTS: usize = 16;
/// Bytes of a boundary (RFC 2046 section 5.1.1).
const MAX_BOUNDARY: usize = 70;

/// The first part of the media type `wanted` in a body of this type.
///
/// # Errors
/// What was expected where the body went wrong.
pub(crate) fn part(kind: &MediaType, body: &Bytes, wanted: &str) -> Result<Option<Bytes>, Syntax> {
    let boundary = kind.params.get("boundary").filter(|boundary| (1..=MAX_BOUNDARY).contains(&boundary.len()));
    let mark = [b"--", &boundary.ok_or(Syntax("a boundary of 1 to 70 bytes"))?[..]].concat();
    let mut delimiter = Delimiter::find(body, 0, &mark)?;
    for _ in 0..MAX_PARTS {
        if delimiter.last {
            return Ok(None);
        }
        let next = Delimiter::find(body, delimiter.end, &mark)?;
        // The line end before a delimiter belongs to it.
        let part = body.slice(delimiter.end..next.start.saturating_sub(2).max(delimiter.end));
        if let Some(content) = content(part, wanted)? {
            return Ok(Some(content));
        }
        delimiter = next;
    }
    Err(Syntax("at most 16 parts"))
}

/// A line between two parts, or after the last.
struct Delimiter {
    start: usize,
    end: usize,
    last: bool,
}

impl Delimiter {
    /// The first one at `from` or after it. A longer boundary that begins with ours is none.
    fn find(body: &[u8], from: usize, mark: &[u8]) -> Result<Self, Syntax> {
        let delimiter = |at: usize| {
            let start = from + at;
            let rest = &body[start + mark.len()..];
            let padding = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            let last = rest.starts_with(b"--");
            let whole = last || rest[padding..].starts_with(b"\r\n");
            let own_line = start == 0 || body[..start].ends_with(b"\r\n");
            (whole && own_line).then(|| Self { start, end: start + mark.len() + padding + 2, last })
        };
        memchr::memmem::find_iter(&body[from..], mark).find_map(delimiter).ok_or(Syntax("the boundary"))
    }
}

/// What is in a part, if it is of this media type. One without fields is plain text.
fn content(part: Bytes, wanted: &str) -> Result<Option<Bytes>, Syntax> {
    if part.is_empty() || part.starts_with(b"\r\n") {
        return Ok(None);
    }
    let mut lines = Lines::new(part.clone());
    let mut is_wanted = false;
    loop {
        let line = lines.next()?;
        if line.is_empty() {
            return Ok(is_wanted.then(|| part.slice(lines.here()..)));
        }
        let (name, value) = field(line)?;
        if name == Name::ContentType {
            is_wanted = MediaType::parse(&value)?.is(wanted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(boundary: &str, body: &str) -> Result<Option<String>, Syntax> {
        let kind = MediaType::parse(&format!("multipart/mixed{boundary}").into()).expect("a media type");
        let part = part(&kind, &body.replace('\n', "\r\n").into(), "application/sdp")?;
        Ok(part.map(|part| String::from_utf8_lossy(&part).into_owned()))
    }

    #[test]
    fn the_first_part_of_the_wanted_kind() {
        const SDP: &str = "Content-Type: application/sdp\n\nv=0\n";
        const ISUP: &str = "Content-Type: application/isup;version=x\nContent-Disposition: signal\n\n\u{1}--b\u{2}\n";
        let cases = [
            (format!("--b\n{SDP}--b--\n"), Some("v=0")),
            (format!("preamble\n--b\n{ISUP}--b\n{SDP}\n--b--\nepilogue"), Some("v=0\r\n")),
            (format!("--b \t\n{SDP}--b\n{ISUP}--b--"), Some("v=0")),
            (format!("--b\nc: APPLICATION/SDP ; x=y\n\nv=1\n--bb\n--b\n{SDP}--b--"), Some("v=1\r\n--bb")),
            (format!("--b\n\nContent-Type: application/sdp\n\nv=9\n--b\n--b\n{SDP}--b--"), Some("v=0")),
            (format!("--b\n{ISUP}--b--\n--b\n{SDP}--b--"), None),
            ("--b--".into(), None),
        ];
        for (body, expected) in cases {
            assert_eq!(found(";boundary=b", &body), Ok(expected.map(Into::into)), "{body:?}");
        }
        assert_eq!(found(";boundary=\"a b\"", &format!("--a b\n{SDP}--a b--")), Ok(Some("v=0".into())));
    }

    #[test]
    fn what_is_not_sound() {
        let sixteen = "--b\n\n".repeat(17) + "--b--";
        let long = format!(";boundary={}", "b".repeat(71));
        let cases = [
            ("", "--b\n\n\n--b--", "a boundary of 1 to 70 bytes"),
            (";boundary=\"\"", "--\n\n\n----", "a boundary of 1 to 70 bytes"),
            (&long, "", "a boundary of 1 to 70 bytes"),
            (";boundary=b", "", "the boundary"),
            (";boundary=b", " --b\n\n\n --b--", "the boundary"),
            (";boundary=b", "--b\nContent-Type: application/sdp\n\nv=0\n", "the boundary"),
            (";boundary=b", "--b\nContent-Type\n\nv=0\n--b--", "a colon in a header field"),
            (";boundary=b", "--b\nContent-Type: x/y\n--b--", "an empty line after the header fields"),
            (";boundary=b", &sixteen, "at most 16 parts"),
        ];
        for (boundary, body, expected) in cases {
            assert_eq!(found(boundary, body), Err(Syntax(expected)), "{body:?}");
        }
    }
}
