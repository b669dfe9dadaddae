//! How a URL is asked: by GET with all in the query, or by POST with a form or JSON; in the classic words or the extended ones.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use exotel::asking;
use exotel::passthru::{self, Profile};
use flow::{Cx, Site, Template};
use model::HttpRequest;
use schemars::JsonSchema;
use serde::Deserialize;

/// Header fields, and parameters, that a node may add.
const MORE: usize = 20;

/// Beginnings of header fields that are ours to set.
const OURS: [&str; 2] = ["webhook-", "callout-"];

/// How the URL is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Method {
    /// GET, with everything in the query.
    #[default]
    Get,
    /// POST, with everything in the body as `application/x-www-form-urlencoded`.
    Post,
    /// POST, with everything in the body as a JSON object of texts.
    Json,
}

/// In which words the call is told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Words {
    /// Exotel's, quirks included.
    #[default]
    Classic,
    /// Those and, after them, the same in names and forms that cannot be misread: docs/passthru-extended.md.
    Extended,
}

/// How a URL is asked, whichever it is.
pub(super) struct Asking {
    pub(super) method: Method,
    pub(super) words: Words,
    pub(super) headers: BTreeMap<String, Template>,
    pub(super) parameters: BTreeMap<String, Template>,
    pub(super) budget: Duration,
    pub(super) profile: Arc<Profile>,
    /// The body of an answer counts, whatever its status.
    pub(super) wants_body: bool,
}

impl fmt::Debug for Asking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} within {:?}", self.method, self.budget)
    }
}

impl Asking {
    /// Tells the author what cannot be.
    pub(super) fn check(&self, site: &mut Site<'_>) {
        for (field, count) in [("headers", self.headers.len()), ("parameters", self.parameters.len())] {
            if count > MORE {
                site.refuse(field, format!("there are at most {MORE}, here are {count}"), None);
            }
        }
        for name in self.parameters.keys().filter(|name| exotel::extended::tells(name)) {
            let hint = "what the call is told of by that name stays: take another one";
            site.refuse("parameters", format!("`{name}` is set by the server"), Some(hint));
        }
        for name in self.headers.keys() {
            let lower = name.to_ascii_lowercase();
            let framing = [
                "host",
                "connection",
                "content-length",
                "content-type",
                "te",
                "trailer",
                "transfer-encoding",
                "upgrade",
            ];
            if !is_field_name(name) {
                site.refuse(
                    "headers",
                    format!("`{name}` is no name of a header field"),
                    Some("write one such as X-Key"),
                );
            } else if framing.contains(&lower.as_str()) || OURS.iter().any(|start| lower.starts_with(start)) {
                site.refuse("headers", format!("`{name}` is set by the server"), Some("take it out"));
            }
        }
    }

    /// The request to that URL, with what is known of the call now.
    pub(super) fn request(&self, url: &str, cx: &mut Cx<'_>) -> HttpRequest {
        let now = cx.now().wall;
        let more = self.rendered("parameters", &self.parameters, cx);
        let facts = cx.facts();
        let request = if (self.method, self.words) == (Method::Get, Words::Classic) && more.is_empty() {
            // What nearly all flows ask, written in one go.
            HttpRequest::get(passthru::url(url, facts, &self.profile, now), self.budget)
        } else {
            let mut fields = asking::Words::from(self.words).fields(facts, &self.profile, now);
            fields.extend(more);
            asking::Method::from(self.method).request(url, &fields, self.budget)
        };
        if self.words == Words::Classic {
            cx.keep_passthru(&request.url);
        }
        let mut request = HttpRequest { wants_body: self.wants_body, ..request };
        for (name, value) in self.rendered("headers", &self.headers, cx) {
            if value.chars().any(char::is_control) {
                // It would begin another field, or end the header section (RFC 9110 section 5.5).
                cx.fault(format!(
                    "`{name}` of `headers` is left out: its value has a line break or another control character"
                ));
            } else {
                request = request.with_header(&name, &value);
            }
        }
        request
    }

    fn rendered(&self, field: &str, templates: &BTreeMap<String, Template>, cx: &mut Cx<'_>) -> Vec<(String, String)> {
        if templates.is_empty() {
            return Vec::new();
        }
        let scope = cx.scope();
        let mut values = Vec::new();
        for (name, template) in templates {
            match template.render(&scope) {
                Ok(value) => values.push((name.clone(), value)),
                Err(why) => cx.fault(format!("`{name}` of `{field}` is left out: {why}")),
            }
        }
        values
    }
}

impl From<Method> for asking::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::Get,
            Method::Post => Self::Post,
            Method::Json => Self::Json,
        }
    }
}

impl From<Words> for asking::Words {
    fn from(words: Words) -> Self {
        match words {
            Words::Classic => Self::Classic,
            Words::Extended => Self::Extended,
        }
    }
}

/// Whether that can be the name of a header field: a token (RFC 9110 section 5.6.2).
pub(super) fn is_field_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
