//! Requests (RFC 3261 section 7.1).

use bytes::Bytes;

use super::Method;
use crate::header::Headers;
use crate::uri::Uri;
use crate::value::Encode as _;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is asked for.
    pub method: Method,
    /// Of whom.
    pub uri: Uri,
    /// The header fields.
    pub headers: Headers,
    /// The body.
    pub body: Bytes,
}

impl Request {
    /// A request without fields and body.
    pub fn new(method: Method, uri: Uri) -> Self {
        Self { method, uri, headers: Headers::default(), body: Bytes::new() }
    }

    /// The request as it goes on the wire; Content-Length is counted, whatever the header fields say.
    pub fn to_bytes(&self) -> Bytes {
        let mut out = Vec::with_capacity(super::room(&self.headers, &self.body));
        self.method.encode(&mut out);
        out.push(b' ');
        let start = out.len();
        self.uri.encode(&mut out);
        mask_breaks(&mut out[start..]);
        out.extend_from_slice(b" SIP/2.0\r\n");
        super::finish(out, &self.headers, &self.body)
    }
}

/// A URI put together from what people typed must not begin a header field.
fn mask_breaks(uri: &mut [u8]) {
    for byte in uri.iter_mut().filter(|byte| matches!(byte, b'\r' | b'\n' | b' ')) {
        *byte = b'_';
    }
}
