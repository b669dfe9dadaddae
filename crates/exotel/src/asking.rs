//! How a Passthru asks: by GET with everything in the query or by POST with it in the body, in the classic words or the extended ones.

use std::time::Duration;

use jiff::Timestamp;
use model::{CallFacts, HttpRequest};

use crate::passthru::Profile;
use crate::{extended, form};

/// Where the parameters stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// GET: in the query, behind the URL's own.
    #[default]
    Get,
    /// POST: in the body, `application/x-www-form-urlencoded`.
    Post,
    /// POST: in the body, a JSON object of texts.
    Json,
}

/// In which words the call is told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Words {
    /// The classic ones.
    #[default]
    Classic,
    /// Those and, after them, the extended ones.
    Extended,
}

impl Words {
    /// The parameters of a call, in order, not yet encoded.
    pub fn fields(self, facts: &CallFacts, profile: &Profile, now: Timestamp) -> Vec<(String, String)> {
        match self {
            Self::Classic => extended::classic(facts, profile, now),
            Self::Extended => extended::fields(facts, profile, now),
        }
    }
}

impl Method {
    /// The request to a URL with these parameters. Of several of one name JSON has the last.
    pub fn request(self, url: &str, fields: &[(String, String)], budget: Duration) -> HttpRequest {
        let (kind, body) = match self {
            Self::Get => return HttpRequest::get(form::onto(url, fields), budget),
            Self::Post => ("application/x-www-form-urlencoded", form::body(fields)),
            Self::Json => ("application/json", json(fields)),
        };
        let url = url.split('#').next().unwrap_or_default();
        HttpRequest::post(url, kind, body.into_bytes(), budget)
    }
}

fn json(fields: &[(String, String)]) -> String {
    let object = fields.iter().map(|(name, value)| (name.clone(), value.clone().into()));
    serde_json::Value::Object(object.collect()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Vec<(String, String)> {
        [("digits", "\"1\""), ("CustomField", "a b")].map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    #[test]
    fn the_parameters_stand_in_the_query_or_in_the_body() {
        let form = "digits=%221%22&CustomField=a+b";
        let asked = |method: Method| method.request("https://h/r?key=1#top", &fields(), Duration::ZERO);
        let kind = |asked: &HttpRequest| asked.headers.first().map(|(_, value)| value.clone()).unwrap_or_default();
        let get = asked(Method::Get);
        assert_eq!((get.method.as_str(), get.url), ("GET", format!("https://h/r?key=1&{form}")));
        assert!(get.body.is_empty() && get.headers.is_empty());
        for (method, content_type) in
            [(Method::Post, "application/x-www-form-urlencoded"), (Method::Json, "application/json")]
        {
            let post = asked(method);
            assert_eq!((post.method.as_str(), post.url.as_str()), ("POST", "https://h/r?key=1"));
            assert_eq!(kind(&post), content_type);
        }
        assert_eq!(asked(Method::Post).body, form.as_bytes());
        let json: serde_json::Value = serde_json::from_slice(&asked(Method::Json).body).expect("JSON");
        assert_eq!(json, serde_json::json!({ "digits": "\"1\"", "CustomField": "a b" }));
    }
}
