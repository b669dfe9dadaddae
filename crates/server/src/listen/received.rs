//! A request as it came in: kept as one line of JSON, and its parameters, wherever in it they stand.

use axum::body::Body;
use axum::extract::{FromRequest as _, Multipart};
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Parameters of one request that are shown and that rules look at.
const PARAMETERS: usize = 1_000;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Received {
    /// When it was there.
    pub(crate) received: Timestamp,
    /// `GET`, `POST`.
    pub(crate) method: String,
    /// All of the URL: the one that this program was asked by.
    pub(crate) url: String,
    /// Its fields, in their order.
    pub(crate) headers: Vec<(String, String)>,
    /// Its body.
    #[serde(flatten)]
    pub(crate) body: Bytes,
}

/// A body: text as it is, anything else in base64.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

#[derive(Serialize, Deserialize)]
struct Written {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
}

impl From<Bytes> for Written {
    fn from(Bytes(bytes): Bytes) -> Self {
        if bytes.is_empty() {
            return Self { body: None, body_base64: None };
        }
        match String::from_utf8(bytes) {
            Ok(text) => Self { body: Some(text), body_base64: None },
            Err(other) => Self { body: None, body_base64: Some(STANDARD.encode(other.as_bytes())) },
        }
    }
}

impl TryFrom<Written> for Bytes {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        match written {
            Written { body_base64: Some(code), .. } => {
                STANDARD.decode(code).map(Self).map_err(|why| format!("its body_base64 cannot be read: {why}"))
            }
            Written { body, .. } => Ok(Self(body.unwrap_or_default().into_bytes())),
        }
    }
}

impl Received {
    /// Path and query.
    pub(crate) fn target(&self) -> &str {
        let host = self.url.find("://").map_or(0, |scheme| scheme + 3);
        self.url[host..].find(['/', '?']).map_or("/", |path| &self.url[host + path..])
    }

    /// The path alone.
    pub(crate) fn path(&self) -> &str {
        let target = self.target();
        target.split_once('?').map_or(target, |(path, _)| path)
    }

    /// The first header field of that name, in any case.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The type that its body says to be of, parameters of it included.
    pub(crate) fn content_type(&self) -> &str {
        self.field("content-type").unwrap_or_default()
    }

    /// What tells it from other requests: the same report sent again has the same.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for part in [self.method.as_bytes(), self.target().as_bytes(), &self.body.0] {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }

    /// Its parameters, those of the query first; and why those of the body cannot be read.
    pub(crate) async fn parameters(&self) -> (Vec<(String, String)>, Option<String>) {
        let query = self.target().split_once('?').map_or("", |(_, query)| query);
        let mut parameters = form(query.as_bytes());
        let kind = self.content_type().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let in_body = match kind.as_str() {
            _ if self.body.0.is_empty() => Ok(Vec::new()),
            "application/x-www-form-urlencoded" => Ok(form(&self.body.0)),
            "multipart/form-data" => self.multipart().await,
            "application/json" => json(&self.body.0),
            "" => Err("the body has no Content-Type".to_owned()),
            other => Err(format!("the body is {other}, which has no parameters")),
        };
        let unread = match in_body {
            Ok(more) => {
                parameters.extend(more);
                (parameters.len() > PARAMETERS).then(|| format!("only the first {PARAMETERS} parameters are taken"))
            }
            Err(why) => Some(why),
        };
        parameters.truncate(PARAMETERS);
        (parameters, unread)
    }

    async fn multipart(&self) -> Result<Vec<(String, String)>, String> {
        let unread = |why: &dyn std::fmt::Display| format!("the multipart body cannot be read: {why}");
        let request = Request::post("/").header("content-type", self.content_type());
        let request = request.body(Body::from(self.body.0.clone())).map_err(|why| unread(&why))?;
        let mut parts = Multipart::from_request(request, &()).await.map_err(|why| unread(&why.body_text()))?;
        let mut parameters = Vec::new();
        while let Some(part) = parts.next_field().await.map_err(|why| unread(&why.body_text()))? {
            let name = part.name().unwrap_or_default().to_owned();
            let file = part.file_name().map(str::to_owned);
            let bytes = part.bytes().await.map_err(|why| unread(&why.body_text()))?;
            let value = match file {
                Some(file) => format!("(the file {file}, {} bytes)", bytes.len()),
                None => String::from_utf8_lossy(&bytes).into_owned(),
            };
            parameters.push((name, value));
        }
        Ok(parameters)
    }
}

fn form(text: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text).into_owned().collect()
}

/// The leaves of a document, each named by its way there as PHP writes it: `Legs[0][Status]`.
fn json(text: &[u8]) -> Result<Vec<(String, String)>, String> {
    let document = serde_json::from_slice(text).map_err(|why| format!("the JSON body cannot be read: {why}"))?;
    let mut parameters = Vec::new();
    leaves("", &document, &mut parameters);
    Ok(parameters)
}

fn leaves(name: &str, value: &Value, parameters: &mut Vec<(String, String)>) {
    let within = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}[{key}]") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| leaves(&within(key), value, parameters)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, value)| leaves(&within(&i.to_string()), value, parameters));
        }
        Value::String(text) => parameters.push((name.to_owned(), text.clone())),
        other => parameters.push((name.to_owned(), other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(url: &str, kind: &str, body: &[u8]) -> Received {
        Received {
            received: "2026-11-24T04:30:00Z".parse().expect("a time"),
            method: if body.is_empty() { "GET" } else { "POST" }.to_owned(),
            url: url.to_owned(),
            headers: vec![("Content-Type".to_owned(), kind.to_owned())],
            body: Bytes(body.to_vec()),
        }
    }

    async fn shown(kind: &str, body: &[u8]) -> (String, Option<String>) {
        let (parameters, unread) = received("http://127.0.0.1:8000/a?key=s%22&b", kind, body).parameters().await;
        let pairs: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (pairs.join(" "), unread)
    }

    #[tokio::test]
    async fn parameters_are_found_wherever_they_stand() {
        let part =
            |name: &str, value: &str| format!("--x\r\nContent-Disposition: form-data; {name}\r\n\r\n{value}\r\n");
        let multipart = [
            part("name=\"Status\"", "completed"),
            part("name=\"f\"; filename=\"a.wav\"", "RIFF"),
            "--x--\r\n".to_owned(),
        ]
        .concat();
        let rows: [(&str, &[u8], &str); 4] = [
            ("", b"", ""),
            ("application/x-www-form-urlencoded; charset=utf-8", b"CallSid=1&a=b+c%26", " CallSid=1 a=b c&"),
            ("multipart/form-data; boundary=x", multipart.as_bytes(), " Status=completed f=(the file a.wav, 4 bytes)"),
            (
                "Application/JSON",
                b"{\"Legs\": [{\"Status\": \"busy\", \"n\": 1}], \"x\": null}",
                " Legs[0][Status]=busy Legs[0][n]=1 x=null",
            ),
        ];
        for (kind, body, more) in rows {
            assert_eq!(shown(kind, body).await, (format!("key=s\" b={more}"), None), "{kind}");
        }
    }

    #[tokio::test]
    async fn a_body_that_cannot_be_read_is_told_of() {
        let rows: [(&str, &[u8], &str); 5] = [
            ("application/json", b"{", "the JSON body cannot be read"),
            ("multipart/form-data", b"x", "the multipart body cannot be read"),
            ("multipart/form-data; boundary=x", b"--x\r\nnothing", "the multipart body cannot be read"),
            ("", b"x", "the body has no Content-Type"),
            ("image/png", b"x", "the body is image/png, which has no parameters"),
        ];
        for (kind, body, part) in rows {
            let (pairs, unread) = shown(kind, body).await;
            assert_eq!(pairs, "key=s\" b=", "{kind}");
            assert!(unread.as_deref().is_some_and(|why| why.starts_with(part)), "{kind}: {unread:?}");
        }
    }

    #[tokio::test]
    async fn no_more_parameters_are_taken_than_can_be_read() {
        let body = "a=b&".repeat(PARAMETERS);
        let (pairs, unread) = shown("application/x-www-form-urlencoded", body.as_bytes()).await;
        assert_eq!(pairs.split(' ').count(), PARAMETERS);
        assert_eq!(unread.as_deref(), Some("only the first 1000 parameters are taken"));
    }

    #[test]
    fn a_request_is_one_line_and_comes_back_as_it_was() {
        let rows: [(&[u8], &str); 3] =
            [(b"", "]]}"), ("a=ü\n".as_bytes(), ",\"body\":\"a=ü\\n\"}"), (b"\xff\x00", ",\"body_base64\":\"/wA=\"}")];
        for (body, end) in rows {
            let received = received("http://127.0.0.1:8000/a?b=%22", "x", body);
            let line = serde_json::to_string(&received).expect("it can be written");
            assert!(line.ends_with(end) && !line.contains('\n'), "{line}");
            assert_eq!(serde_json::from_str::<Received>(&line).expect("it can be read"), received);
        }
        let line =
            r#"{"received":"2026-11-24T04:30:00Z","method":"GET","url":"http://h/","headers":[],"body_base64":"?"}"#;
        assert!(serde_json::from_str::<Received>(line).is_err_and(|why| why.to_string().contains("body_base64")));
    }

    #[test]
    fn the_target_is_what_follows_the_host() {
        let rows =
            [("http://127.0.0.1:8000/a/b?c=/d", "/a/b?c=/d", "/a/b"), ("http://h", "/", "/"), ("http://h?x", "?x", "")];
        for (url, target, path) in rows {
            let received = received(url, "", b"");
            assert_eq!((received.target(), received.path()), (target, path), "{url}");
        }
    }

    #[test]
    fn the_same_request_has_the_same_fingerprint_and_another_has_not() {
        let one = received("http://h/a?b", "", b"c");
        let again = Received { received: Timestamp::UNIX_EPOCH, ..one.clone() };
        assert_eq!(one.fingerprint(), again.fingerprint());
        for other in [received("http://h/a?bc", "", b""), received("http://h/a?b", "", b"d")] {
            assert_ne!(one.fingerprint(), other.fingerprint());
        }
    }
}
