//! Requests and answers as axum has them.

use std::fmt;

use axum::body::Body;
use axum::extract::{FromRef, FromRequest, OriginalUri};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use signature::Refusal;

use crate::request::{form, json};
use crate::{Answer, Passthru, Unreadable, Verifier};

/// Bytes of a body, at most.
pub const BODY: usize = 256 * 1024;

/// A Passthru that was signed with a secret of the state's [`Verifier`]. Without the signature, [`Passthru`] itself is an extractor.
#[derive(Clone, Debug, PartialEq)]
pub struct Signed(pub Passthru);

/// Why a request is not taken. As a response it is the status; write the reason to your log, where you take a
/// `Result<Signed, Rejection>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// It is not signed, or not by the server: 401, and the caller is not told why.
    Refused(Refusal),
    /// It is not the request of a Passthru: 400.
    Unreadable(Unreadable),
    /// The body is longer than [`BODY`], or broke off: 413.
    Body,
    /// The body is neither a form nor JSON: 415.
    ContentType,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => write!(f, "not believed: {refusal}"),
            Self::Unreadable(unreadable) => unreadable.fmt(f),
            Self::Body => write!(f, "the body is longer than {BODY} bytes, or broke off"),
            Self::ContentType => {
                f.write_str("the body is neither application/x-www-form-urlencoded nor application/json")
            }
        }
    }
}

impl std::error::Error for Rejection {}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Refused(_) => return StatusCode::UNAUTHORIZED.into_response(),
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::Body => StatusCode::PAYLOAD_TOO_LARGE,
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        };
        (status, format!("{self}\n")).into_response()
    }
}

impl<S: Send + Sync> FromRequest<S> for Passthru {
    type Rejection = Rejection;

    async fn from_request(request: Request<Body>, _state: &S) -> Result<Self, Rejection> {
        let (parts, body) = whole(request).await?;
        read(&parts, &body)
    }
}

impl<S: Send + Sync> FromRequest<S> for Signed
where
    Verifier: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request(request: Request<Body>, state: &S) -> Result<Self, Rejection> {
        let (parts, body) = whole(request).await?;
        // Of a router within a router the URI has lost its first part.
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let field = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let verifier = Verifier::from_ref(state);
        verifier.verify((parts.method.as_str(), target), field, &body).map_err(Rejection::Refused)?;
        read(&parts, &body).map(Self)
    }
}

async fn whole(request: Request<Body>) -> Result<(Parts, Vec<u8>), Rejection> {
    let (parts, body) = request.into_parts();
    #[expect(clippy::disallowed_methods, reason = "this edge knows the limit")]
    let body = axum::body::to_bytes(body, BODY).await.map_err(|_| Rejection::Body)?;
    Ok((parts, body.into()))
}

/// The query of a GET; of a POST, the URL's own query and what the body says.
fn read(parts: &Parts, body: &[u8]) -> Result<Passthru, Rejection> {
    let mut fields = form(parts.uri.query().unwrap_or_default());
    if parts.method == Method::POST && !body.is_empty() {
        let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            fields.extend(form(&String::from_utf8_lossy(body)));
        } else if kind.eq_ignore_ascii_case("application/json") {
            fields.extend(json(body).map_err(Rejection::Unreadable)?);
        } else {
            return Err(Rejection::ContentType);
        }
    }
    Passthru::from_fields(fields).map_err(Rejection::Unreadable)
}

impl IntoResponse for Answer {
    /// A status that HTTP does not have becomes 500.
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = self.body();
        if body.is_empty() {
            return status.into_response();
        }
        let json = HeaderValue::from_static("application/json");
        (status, [(CONTENT_TYPE, json)], body).into_response()
    }
}
