//! An HTTP callout as data: what is to be asked, and what came of it. The asking is done elsewhere.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One HTTP request to be made for a call.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpRequest {
    /// `GET`, `HEAD` or `POST`; `SEND` for a [`crate::Message`].
    pub method: String,
    /// The whole URL, query included. Userinfo in it is sent as Basic authentication and shown nowhere.
    pub url: String,
    /// Further header fields, in order.
    pub headers: Vec<(String, String)>,
    /// The body; empty for `GET`.
    pub body: Vec<u8>,
    /// The deadline for all of it up to the end of the answer's headers: name look-up, connection, TLS, request, status.
    pub budget: Duration,
    /// Bytes of the answer's body that are kept; the rest is not read.
    pub body_limit: usize,
}

impl HttpRequest {
    /// A plain `GET` that keeps 64 KiB of the answer's body.
    pub fn get(url: impl Into<String>, budget: Duration) -> Self {
        Self {
            method: "GET".into(),
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            budget,
            body_limit: 64 * 1024,
        }
    }

    /// A `POST` of a body of that type.
    pub fn post(url: impl Into<String>, content_type: &str, body: Vec<u8>, budget: Duration) -> Self {
        let headers = vec![("Content-Type".into(), content_type.into())];
        Self { method: "POST".into(), headers, body, ..Self::get(url, budget) }
    }

    /// The same with one more header field.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} within {:?}", self.method, without_userinfo(&self.url), self.budget)
    }
}

/// What came of an [`HttpRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpOutcome {
    /// An answer arrived, whatever its status.
    Answered(HttpAnswer),
    /// None did.
    Failed(HttpFailure),
}

impl HttpOutcome {
    /// The status of the answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Answered(answer) => Some(answer.status),
            Self::Failed(_) => None,
        }
    }
}

/// The answer to an [`HttpRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// `Content-Type`, as sent.
    pub content_type: Option<String>,
    /// The body's first bytes, at most the request's `body_limit`.
    pub body: Vec<u8>,
    /// Whether there was more of the body than was kept.
    pub truncated: bool,
}

/// Why no answer arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "failure", content = "detail", rename_all = "snake_case")]
pub enum HttpFailure {
    /// The URL cannot be read, or its scheme is not http or https.
    BadUrl(String),
    /// The address guard forbids an address that the URL leads to.
    Forbidden(String),
    /// The host's name has no address.
    Dns(String),
    /// The connection was refused or broke before it stood.
    Connect(String),
    /// The TLS handshake or certificate failed.
    Tls(String),
    /// The budget ran out.
    Timeout,
    /// The connection broke, or what came was not HTTP.
    Protocol(String),
    /// The call ended first.
    Cancelled,
}

impl fmt::Display for HttpFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadUrl(why) => write!(f, "bad URL: {why}"),
            Self::Forbidden(why) => write!(f, "address forbidden: {why}"),
            Self::Dns(why) => write!(f, "name look-up failed: {why}"),
            Self::Connect(why) => write!(f, "connection failed: {why}"),
            Self::Tls(why) => write!(f, "TLS failed: {why}"),
            Self::Timeout => f.write_str("no answer in time"),
            Self::Protocol(why) => write!(f, "broken answer: {why}"),
            Self::Cancelled => f.write_str("cancelled, the call ended"),
        }
    }
}

/// The URL as it may be shown: without its userinfo.
pub fn without_userinfo(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let authority_end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(authority_end);
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{host}{tail}"),
        None => url.to_owned(),
    }
}

/// Scheme, host and port as written, in lower case: enough to tell one endpoint from another. All messages of a kind
/// (`sms:`, `mailto:`) go by one.
pub fn origin(url: &str) -> String {
    if let Some(scheme) = ["sms:", "mailto:"].into_iter().find(|scheme| url.starts_with(scheme)) {
        return scheme.to_owned();
    }
    let mut origin = without_userinfo(url);
    let host = origin.find("://").map_or(0, |scheme| scheme + 3);
    let end = origin[host..].find(['/', '?', '#', '\\']).map_or(origin.len(), |end| host + end);
    origin.truncate(end);
    origin.make_ascii_lowercase();
    origin
}

#[cfg(test)]
mod tests {
    use super::{origin, without_userinfo};

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let rows = [
            ("https://crm.example/route?a=b", "https://crm.example"),
            ("HTTPS://CRM.example:8443?x=/y", "https://crm.example:8443"),
            ("http://user:p%40ss@crm.example#top", "http://crm.example"),
            ("http://[::1]:80/x", "http://[::1]:80"),
            ("no url", "no url"),
            ("sms:+919900000001?body=x", "sms:"),
            ("mailto:a@b.example?body=http://x", "mailto:"),
            ("", ""),
        ];
        for (url, expected) in rows {
            assert_eq!(origin(url), expected);
        }
    }

    #[test]
    fn userinfo_is_shown_nowhere() {
        let rows = [
            ("https://user:pass@crm.example/x?y=a@b", "https://crm.example/x?y=a@b"),
            ("http://a@b@c.example", "http://c.example"),
            ("http://crm.example/p@th", "http://crm.example/p@th"),
            ("http://crm.example?q=@", "http://crm.example?q=@"),
            ("no url", "no url"),
        ];
        for (url, shown) in rows {
            assert_eq!(without_userinfo(url), shown);
        }
    }
}
