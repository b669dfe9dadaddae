//! From bytes to a message (RFC 3261 sections 7 and 18.3). The first fault is kept and the reading goes on, so that a
//! refusal can echo as much of the request as there is.

use bytes::Bytes;

use super::limit::{MAX_HEADERS, MAX_MESSAGE, MAX_VIAS};
use super::line::{self, Lines};
use super::{Message, Method, ParseError, Refusal, Request, Response};
use crate::header::{HeaderError, Headers, Name};
use crate::scan::{Scanner, Syntax};
use crate::uri::Uri;
use crate::value::Scan as _;

/// What is wrong: the status that says so, and the words for it.
#[derive(Clone, Copy)]
struct Fault {
    status: u16,
    why: &'static str,
}

impl From<Syntax> for Fault {
    fn from(Syntax(why): Syntax) -> Self {
        Self { status: 400, why }
    }
}

impl From<HeaderError> for Fault {
    fn from(error: HeaderError) -> Self {
        match error {
            HeaderError::Malformed(_, fault) => fault.into(),
            HeaderError::Missing(name) => Syntax(match name {
                Name::From => "a From",
                Name::To => "a To",
                Name::CallId => "a Call-ID",
                Name::CSeq => "a CSeq",
                _ => "a Via",
            })
            .into(),
        }
    }
}

pub(super) fn message(datagram: Bytes) -> Result<Message, ParseError> {
    let oversized = datagram.len() > MAX_MESSAGE;
    let mut lines = Lines::new(datagram.slice(..datagram.len().min(MAX_MESSAGE)));
    let start = lines.next().map_err(|Syntax(why)| ParseError::Drop(why))?;
    let start = StartLine::read(&start)?;
    let (headers, fault) = fields(&mut lines);
    let fault = if oversized { Some(Fault { status: 513, why: "a message of at most 64 KiB" }) } else { fault };
    let body = match fault {
        Some(fault) => Err(fault),
        None => body(&headers, &lines, &datagram),
    };
    start.with(headers, body)
}

/// The first line, read as far as an answer needs it.
enum StartLine {
    Request { method: Method, uri: Result<Uri, Fault> },
    Response { status: u16, reason: Bytes },
}

impl StartLine {
    fn read(line: &Bytes) -> Result<Self, ParseError> {
        const NO_SIP: ParseError = ParseError::Drop("not a SIP message");
        if line.starts_with(b"SIP/") {
            return Self::status_line(line).ok_or(ParseError::Drop("not a status line"));
        }
        let mut scanner = Scanner::new(line);
        let method = Method::scan(&mut scanner).map_err(|_| NO_SIP)?;
        if !scanner.eat(b' ') {
            return Err(NO_SIP);
        }
        let rest = scanner.rest();
        let trimmed = rest.trim_ascii_end();
        let space = memchr::memrchr(b' ', trimmed).ok_or(NO_SIP)?;
        let uri = match &trimmed[space + 1..] {
            version if version.eq_ignore_ascii_case(b"SIP/2.0") && trimmed.len() == rest.len() => {
                Uri::parse(&line.slice_ref(&trimmed[..space])).map_err(Fault::from)
            }
            version if version.eq_ignore_ascii_case(b"SIP/2.0") => Err(Syntax("no space after SIP/2.0").into()),
            version if is_version(version) => Err(Fault { status: 505, why: "SIP/2.0" }),
            _ => return Err(NO_SIP),
        };
        Ok(Self::Request { method, uri })
    }

    fn status_line(line: &Bytes) -> Option<Self> {
        let rest = line.strip_prefix(b"SIP/2.0 ")?;
        let (digits, reason) = rest.split_at_checked(3)?;
        let status = core::str::from_utf8(digits).ok()?.parse().ok().filter(|status| (100..700).contains(status))?;
        let reason = match reason {
            [] => reason,
            [b' ', phrase @ ..] => phrase,
            _ => return None,
        };
        Some(Self::Response { status, reason: line.slice_ref(reason) })
    }

    /// Puts the message together, or says what is to be done about it.
    fn with(self, headers: Headers, body: Result<Bytes, Fault>) -> Result<Message, ParseError> {
        match self {
            Self::Response { status, reason } => {
                let body = body.and_then(|body| checked(&headers, None).map(|()| body));
                let body = body.map_err(|fault| ParseError::Drop(fault.why))?;
                Ok(Message::Response(Response { status, reason, headers, body }))
            }
            Self::Request { method, uri } => {
                let whole = uri.and_then(|uri| {
                    let body = body?;
                    checked(&headers, Some(&method))?;
                    Ok((uri, body))
                });
                match whole {
                    Ok((uri, body)) => Ok(Message::Request(Request { method, uri, headers, body })),
                    Err(fault) => Err(refused(&method, &headers, fault)),
                }
            }
        }
    }
}

/// `SIP/`, digits, a dot, digits.
fn is_version(text: &[u8]) -> bool {
    let Some((name, version)) = text.split_at_checked(4) else { return false };
    let Some(dot) = memchr::memchr(b'.', version) else { return false };
    let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    name.eq_ignore_ascii_case(b"SIP/") && digits(&version[..dot]) && digits(&version[dot + 1..])
}

/// Indexes the header fields. A line that is no field is passed over and remembered; one without an end ends the reading.
fn fields(lines: &mut Lines) -> (Headers, Option<Fault>) {
    let mut headers = Headers::with_room(16);
    let mut fault = None;
    loop {
        let line = match lines.next() {
            Ok(line) if line.is_empty() => return (headers, fault),
            Ok(line) => line,
            Err(end) => return (headers, fault.or_else(|| Some(end.into()))),
        };
        if headers.len() == MAX_HEADERS {
            return (headers, fault.or_else(|| Some(Syntax("at most 256 header fields").into())));
        }
        match line::field(line) {
            Ok((name, value)) => headers.push_line(name, value),
            Err(broken) => fault = fault.or_else(|| Some(broken.into())),
        }
    }
}

/// The bytes that Content-Length counts; all that are left if it is absent, as section 18.3 says of datagrams.
fn body(headers: &Headers, lines: &Lines, datagram: &Bytes) -> Result<Bytes, Fault> {
    let rest = datagram.slice(lines.here()..);
    let Some(value) = headers.get(&Name::ContentLength) else { return Ok(rest) };
    let length = line::content_length(value)?;
    if length > rest.len() {
        Err(Syntax("as many bytes as Content-Length says").into())
    } else {
        Ok(rest.slice(..length))
    }
}

/// What every message must have, once and sound, before anything is done with it.
fn checked(headers: &Headers, request: Option<&Method>) -> Result<(), Fault> {
    const ONCE: [Name; 6] = [Name::From, Name::To, Name::CallId, Name::CSeq, Name::MaxForwards, Name::ContentLength];
    if ONCE.iter().any(|name| headers.all(name).nth(1).is_some()) {
        return Err(Syntax("a header field once").into());
    }
    let vias = headers.vias()?.len();
    if !(1..=MAX_VIAS).contains(&vias) {
        return Err(Syntax("one Via to 64").into());
    }
    headers.from()?;
    headers.to()?;
    headers.call_id()?;
    let cseq = headers.cseq()?;
    if let Some(method) = request.filter(|method| **method != cseq.method) {
        // RFC 4475 section 3.1.2.18: that a method is not known here is the better thing to say.
        let status = if matches!(method, Method::Other(_)) { 501 } else { 400 };
        return Err(Fault { status, why: "the request's method in CSeq" });
    }
    headers.max_forwards()?;
    headers.contacts()?;
    Ok(())
}

/// An ACK is never answered, nor is a request that does not say which way it came.
fn refused(method: &Method, headers: &Headers, Fault { status, why }: Fault) -> ParseError {
    if *method == Method::Ack || headers.get(&Name::Via).is_none() {
        return ParseError::Drop(why);
    }
    let mut echo = Headers::default();
    for name in [Name::Via, Name::From, Name::To, Name::CallId, Name::CSeq] {
        echo.copy(&name, headers);
    }
    ParseError::Refuse(Box::new(Refusal { status, why, echo }))
}
