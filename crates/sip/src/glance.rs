//! A message as it lies on the wire, looked at without being read: for whoever keeps messages as they were, sound or not
//! (RFC 3261 section 7.3). Lines may end in a bare LF, and go on where the next begins with white space.

use bytes::{Bytes, BytesMut};

/// What stands where a secret stood.
const SECRET: &str = "…";

/// The first line.
pub fn start_line(message: &[u8]) -> &[u8] {
    head(message).next().map_or(&[], |line| line)
}

/// The value of the first header field of that name, by its long or its short form; without its end of line.
pub fn field<'m>(message: &'m [u8], long: &str, short: &str) -> Option<&'m [u8]> {
    let is_it = |name: &[u8]| name.eq_ignore_ascii_case(long.as_bytes()) || name.eq_ignore_ascii_case(short.as_bytes());
    head(message).skip(1).find_map(|line| cut(line).filter(|(name, _)| is_it(name)).map(|(_, value)| value))
}

/// The name of the call that a message says it belongs to.
pub fn call_id(message: &[u8]) -> Option<&[u8]> {
    field(message, "Call-ID", "i")
}

/// The message without what proves who sent it: the `response` of digests (RFC 7616), and credentials of any other kind. One that
/// has none is not copied.
pub fn redacted(message: &Bytes) -> Bytes {
    if message.starts_with(b"SIP/") {
        return message.clone(); // only requests prove anything
    }
    let mut secrets = Vec::new();
    let mut follows = false;
    for line in head(message).skip(1) {
        let value = match cut(line) {
            _ if line.starts_with(b" ") || line.starts_with(b"\t") => Some(line).filter(|_| follows),
            Some((name, value)) => Some(value).filter(|_| proves(name)),
            None => None,
        };
        follows = value.is_some();
        if let Some(secret) = value.and_then(secret) {
            let start = secret.as_ptr().addr() - message.as_ptr().addr();
            secrets.push(start..start + secret.len());
        }
    }
    if secrets.is_empty() {
        return message.clone();
    }
    let (mut out, mut at) = (BytesMut::with_capacity(message.len()), 0);
    for secret in secrets {
        out.extend_from_slice(&message[at..secret.start]);
        out.extend_from_slice(SECRET.as_bytes());
        at = secret.end;
    }
    out.extend_from_slice(&message[at..]);
    out.freeze()
}

/// The lines up to the empty one.
fn head(message: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = message;
    std::iter::from_fn(move || {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        (!line.is_empty()).then_some(line)
    })
}

fn cut(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    Some((line[..colon].trim_ascii(), line[colon + 1..].trim_ascii()))
}

fn proves(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"Authorization") || name.eq_ignore_ascii_case(b"Proxy-Authorization")
}

/// The secret part of such a field, or of a line that it goes on with.
fn secret(value: &[u8]) -> Option<&[u8]> {
    let digest = value.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"Digest"));
    if !digest && !value.starts_with(b" ") && !value.starts_with(b"\t") {
        let scheme = value.iter().position(|byte| *byte == b' ').map_or(0, |space| space + 1);
        return Some(&value[scheme..]).filter(|rest| !rest.is_empty());
    }
    let name = b"response";
    let starts = |at: &usize| {
        let before = at.checked_sub(1).and_then(|before| value.get(before));
        before.is_none_or(|byte| matches!(byte, b' ' | b'\t' | b',')) && value[*at..*at + 8].eq_ignore_ascii_case(name)
    };
    let at = (0..value.len().saturating_sub(name.len())).find(starts)? + name.len();
    let after = value[at..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    match after.strip_prefix(b"\"") {
        Some(quoted) => Some(&quoted[..memchr::memchr(b'"', quoted).unwrap_or(quoted.len())]),
        None => Some(&after[..after.iter().position(|byte| matches!(byte, b',' | b' ')).unwrap_or(after.len())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &str =
        "INVITE sip:1@a SIP/2.0\r\nVia: SIP/2.0/UDP b\r\nCall-ID : x@y \r\nCSeq: 7 INVITE\r\n\r\nCall-ID: body\r\n";

    #[test]
    fn fields_are_found_whatever_their_form() {
        let rows: [(&str, Option<&str>); 6] = [
            (INVITE, Some("x@y")),
            ("SIP/2.0 200 OK\ni:z\n\n", Some("z")),
            ("SIP/2.0 200 OK\r\ncall-id: z", Some("z")),
            ("INVITE sip:1@a SIP/2.0\r\n\r\nCall-ID: body\r\n", None),
            ("Call-ID: start line\r\n\r\n", None),
            ("", None),
        ];
        for (message, expected) in rows {
            assert_eq!(call_id(message.as_bytes()), expected.map(str::as_bytes), "{message:?}");
        }
        assert_eq!(field(INVITE.as_bytes(), "CSeq", "CSeq"), Some(b"7 INVITE".as_slice()));
        assert_eq!(start_line(INVITE.as_bytes()), b"INVITE sip:1@a SIP/2.0");
        assert_eq!(start_line(b""), b"");
    }

    #[test]
    fn what_proves_who_sent_it_is_blacked_out_and_nothing_else() {
        let rows = [
            (
                "Authorization: Digest username=\"a\", response=\"0f0f\", nonce=\"n\"",
                "Authorization: Digest username=\"a\", response=\"…\", nonce=\"n\"",
            ),
            (
                "proxy-authorization:digest RESPONSE = 0f0f,uri=\"x\"",
                "proxy-authorization:digest RESPONSE = …,uri=\"x\"",
            ),
            (
                "Authorization: Digest username=\"a\",\r\n response=\"0f0f\",\r\n\tnonce=\"n\"",
                "Authorization: Digest username=\"a\",\r\n response=\"…\",\r\n\tnonce=\"n\"",
            ),
            (
                "Authorization: Digest username=\"a\", response=\"0f",
                "Authorization: Digest username=\"a\", response=\"…",
            ),
            ("Authorization: Basic YTpi", "Authorization: Basic …"),
            ("Authorization: Bearer x.y.z", "Authorization: Bearer …"),
            ("Authorization: token", "Authorization: …"),
            ("Authorization:", "Authorization:"),
            (
                "WWW-Authenticate: Digest nonce=\"n\", response=\"kept\"",
                "WWW-Authenticate: Digest nonce=\"n\", response=\"kept\"",
            ),
            ("Subject: Digest response=\"kept\"", "Subject: Digest response=\"kept\""),
            ("Authorization: Digest xresponse=\"kept\"", "Authorization: Digest xresponse=\"kept\""),
        ];
        for (field, expected) in rows {
            let whole =
                |field: &str| format!("INVITE sip:1@a SIP/2.0\r\n{field}\r\nTo: b\r\n\r\nAuthorization: Basic body");
            let message = Bytes::from(whole(field));
            assert_eq!(redacted(&message), whole(expected).as_bytes(), "{field:?}");
        }
        let answer = Bytes::from("SIP/2.0 200 OK\r\nAuthorization: kept\r\n\r\n");
        assert_eq!(redacted(&answer), answer);
        let plain = Bytes::from(INVITE);
        assert_eq!(redacted(&plain).as_ptr(), plain.as_ptr(), "nothing is copied");
    }
}
