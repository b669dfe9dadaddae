//! An HTTP callout as data: what is to be asked, and what came of it. The asking is done elsewhere.

use core::net::SocketAddr;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{CallSid, CalloutId, Way};

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
    /// Whether the body is waited for whatever the status; else that of a 200 alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wants_body: bool,
    /// Which callout it is of, for the receiver to tell it from others. None of a sound that is fetched, for example.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
}

/// Which callout, and which try of it, a request is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The call that asks.
    pub call: CallSid,
    /// The callout.
    pub callout: CalloutId,
    /// The try, from 1; 0 until it is made.
    pub attempt: u32,
    /// Why it is made: the requests to the other URL, and to one that gets a copy, are others than that to the first.
    #[serde(default)]
    pub way: Way,
    /// What in the call asks.
    pub asker: Asker,
}

/// What in a call asks: a node of a flow. Empty if none does: a report of a call that the API began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// The flow.
    pub flow: String,
    /// The node.
    pub node: String,
    /// The node's applet.
    pub applet: String,
}

/// What the `webhook-id` ends with in requests to the other URL, which are other contents under another signature.
const FALLBACK: &str = "_fallback";

/// The same of copies.
const SHADOW: &str = "_shadow";

impl Mark {
    /// The first try of a callout, not made yet.
    pub fn new(call: CallSid, callout: CalloutId, asker: Asker) -> Self {
        Self { call, callout, attempt: 0, way: Way::First, asker }
    }

    /// What is the same in all tries and in no other request: `webhook-id`.
    pub fn id(&self) -> String {
        let end = match self.way {
            Way::Fallback => FALLBACK,
            Way::Shadow => SHADOW,
            Way::First | Way::Retry | Way::Hedge | Way::LastGood => "",
        };
        format!("{}_{}{end}", self.call, self.callout.0)
    }

    /// The callout that a `webhook-id` is of, whichever of its URLs got the request.
    pub fn read(id: &str) -> Option<(CallSid, CalloutId)> {
        let id = [FALLBACK, SHADOW].iter().find_map(|end| id.strip_suffix(end)).unwrap_or(id);
        let (call, number) = id.rsplit_once('_')?;
        let number = number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())??;
        Some((CallSid::new(call), CalloutId(number)))
    }
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
            wants_body: false,
            mark: None,
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
    /// Its header fields in their order, names in lower case.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
}

impl HttpAnswer {
    /// An answer that says no more than its status.
    pub fn of(status: u16) -> Self {
        Self { status, content_type: None, body: Vec::new(), truncated: false, headers: Vec::new() }
    }

    /// The first header field of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Where the time of a request went. A phase that did not happen, or was not finished, has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HttpTrace {
    /// The address that was asked, after the guard has judged it.
    pub address: Option<SocketAddr>,
    /// The connection stood already.
    pub reused: bool,
    /// The name look-up.
    pub dns: Option<Duration>,
    /// The connection.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From the request on the wire to the end of the answer's headers.
    pub first_byte: Option<Duration>,
    /// The answer's body.
    pub body: Option<Duration>,
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
    /// The origin failed too often of late, and was not asked.
    CircuitOpen,
    /// The call ended first.
    Cancelled,
    /// Another request of the same callout was answered first, and this one was taken back.
    Overtaken,
}

impl HttpFailure {
    /// All that [`Self::word`] may say.
    pub const WORDS: [&str; 9] =
        ["blocked", "dns", "refused", "tls", "timeout", "bad-answer", "circuit-open", "cancelled", "overtaken"];

    /// Whether the request was taken back, so that it says nothing of whom it asked, and no call goes on with it.
    pub fn is_taken_back(&self) -> bool {
        matches!(self, Self::Cancelled | Self::Overtaken)
    }

    /// In one word, as exits and the journal have it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::BadUrl(_) | Self::Forbidden(_) => "blocked",
            Self::Dns(_) => "dns",
            Self::Connect(_) => "refused",
            Self::Tls(_) => "tls",
            Self::Timeout => "timeout",
            Self::Protocol(_) => "bad-answer",
            Self::CircuitOpen => "circuit-open",
            Self::Cancelled => "cancelled",
            Self::Overtaken => "overtaken",
        }
    }
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
            Self::CircuitOpen => f.write_str("not asked: it failed too often of late"),
            Self::Cancelled => f.write_str("cancelled, the call ended"),
            Self::Overtaken => f.write_str("taken back, another request of this callout was answered first"),
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

/// The URL as requests are counted by it: without userinfo, query and fragment. All messages of a kind go by one, as they do in
/// [`origin`]: whom they are for is nobody's business who counts.
pub fn endpoint(url: &str) -> String {
    let origin = origin(url);
    if origin.ends_with(':') {
        return origin;
    }
    let mut url = without_userinfo(url);
    url.truncate(url.find(['?', '#']).unwrap_or(url.len()));
    url
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
    use super::*;

    #[test]
    fn the_list_of_words_is_whole() {
        let why = String::new;
        let failures = [
            HttpFailure::BadUrl(why()),
            HttpFailure::Forbidden(why()),
            HttpFailure::Dns(why()),
            HttpFailure::Connect(why()),
            HttpFailure::Tls(why()),
            HttpFailure::Timeout,
            HttpFailure::Protocol(why()),
            HttpFailure::CircuitOpen,
            HttpFailure::Cancelled,
            HttpFailure::Overtaken,
        ];
        let mut words: Vec<_> = failures.iter().map(HttpFailure::word).collect();
        words.dedup();
        assert_eq!(words, HttpFailure::WORDS);
    }

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
    fn a_name_of_a_callout_is_read_whoever_got_it() {
        let ways = [Way::First, Way::Retry, Way::Hedge, Way::Fallback, Way::Shadow];
        for way in ways {
            let mark = Mark { way, ..Mark::new(CallSid::new("a_b"), CalloutId(7), Asker::default()) };
            assert_eq!(Mark::read(&mark.id()), Some((CallSid::new("a_b"), CalloutId(7))), "{}", mark.id());
        }
        for id in [
            "",
            "a",
            "a_",
            "a_x",
            "a_+1",
            "a_-1",
            "a_1_first",
            "_fallback",
            "a_fallback",
            "a_1_shadow_fallback",
            "a_4294967296",
        ] {
            assert_eq!(Mark::read(id), None, "{id}");
        }
    }

    #[test]
    fn an_endpoint_has_no_query_and_no_recipient() {
        let rows = [
            ("https://user:pass@crm.example/Route?a=b#c", "https://crm.example/Route"),
            ("https://crm.example#c", "https://crm.example"),
            ("sms:+919900000001?body=x", "sms:"),
            ("mailto:a@b.example", "mailto:"),
            ("no url", "no url"),
        ];
        for (url, expected) in rows {
            assert_eq!(endpoint(url), expected);
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
