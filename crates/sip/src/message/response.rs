//! Responses (RFC 3261 section 7.2) and the reason phrases of section 21 and the extensions.

use bytes::Bytes;

use super::Request;
use crate::header::{Headers, Name};
use crate::value::decimal;

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// 100 to 699.
    pub status: u16,
    /// The phrase for people: any bytes.
    pub reason: Bytes,
    /// The header fields.
    pub headers: Headers,
    /// The body.
    pub body: Bytes,
}

impl Response {
    /// A response without fields and body, with the usual phrase.
    pub fn new(status: u16) -> Self {
        let reason = Bytes::from_static(reason_phrase(status).as_bytes());
        Self { status, reason, headers: Headers::default(), body: Bytes::new() }
    }

    /// The answer to a request: its Via, From, To, Call-ID and CSeq are copied (RFC 3261 section 8.2.6.2).
    pub fn to(request: &Request, status: u16) -> Self {
        let mut response = Self::new(status);
        for name in [Name::Via, Name::From, Name::To, Name::CallId, Name::CSeq] {
            response.headers.copy(&name, &request.headers);
        }
        response
    }

    /// Whether no further response will come (RFC 3261 section 7.2).
    pub fn is_final(&self) -> bool {
        self.status >= 200
    }

    /// Whether it is a 2xx.
    pub fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// The response as it goes on the wire; Content-Length is counted, whatever the header fields say.
    pub fn to_bytes(&self) -> Bytes {
        let mut out = Vec::with_capacity(super::room(&self.headers, &self.body));
        out.extend_from_slice(b"SIP/2.0 ");
        decimal(self.status.into(), &mut out);
        out.push(b' ');
        out.extend(self.reason.iter().map(|byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte }));
        out.extend_from_slice(b"\r\n");
        super::finish(out, &self.headers, &self.body)
    }
}

/// The usual phrase of a status, or that of its class.
pub fn reason_phrase(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        181 => "Call Is Being Forwarded",
        182 => "Queued",
        183 => "Session Progress",
        199 => "Early Dialog Terminated",
        200 => "OK",
        202 => "Accepted",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Moved Temporarily",
        305 => "Use Proxy",
        380 => "Alternative Service",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        410 => "Gone",
        412 => "Conditional Request Failed",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        421 => "Extension Required",
        422 => "Session Interval Too Small",
        423 => "Interval Too Brief",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        484 => "Address Incomplete",
        485 => "Ambiguous",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        489 => "Bad Event",
        491 => "Request Pending",
        493 => "Undecipherable",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Server Time-out",
        505 => "Version Not Supported",
        513 => "Message Too Large",
        600 => "Busy Everywhere",
        603 => "Decline",
        604 => "Does Not Exist Anywhere",
        606 => "Not Acceptable",
        _ => match status / 100 {
            1 => "Progress",
            2 => "Success",
            3 => "Redirection",
            4 => "Request Failure",
            5 => "Server Failure",
            _ => "Global Failure",
        },
    }
}
