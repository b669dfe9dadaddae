//! `/api/v1/callouts/{id}`: a callout with its attempts, each with what was asked, what was answered, and where the time went.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use model::{CallSid, CalloutId, HttpAnswer, HttpOutcome, HttpRequest, HttpTrace, Mark, Way};
use serde::Serialize;
use store::AttemptRow;
use utoipa::ToSchema;

use crate::Problem;
use crate::callouts::Callout;
use crate::calls::milliseconds;
use crate::desk::Desk;
use crate::query::{Nothing, Query};

/// Bytes of a body that are shown.
pub const BODY_BYTES: usize = 64 * 1024;

/// Header fields whose values are shown to nobody.
const SECRET: [&str; 2] = ["authorization", "proxy-authorization"];

/// What stands in place of a secret.
const HIDDEN: &str = "(hidden)";

/// A callout with all that is known of it.
#[derive(Serialize, ToSchema)]
pub struct CalloutView {
    /// As it is listed.
    #[serde(flatten)]
    pub callout: Callout,
    /// When the next attempt is due; null if none is, or if it stands behind another of its call to the same origin.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due: Option<Timestamp>,
    /// What is asked; null if that is not known any more.
    pub request: Option<RequestView>,
    /// Its attempts in their order: the last 100.
    pub tries: Vec<AttemptView>,
}

/// One attempt.
#[derive(Serialize, ToSchema)]
pub struct AttemptView {
    /// Which, from 1.
    pub number: u32,
    /// Why it was made: `first`, `retry`, `hedge` or `fallback`.
    #[schema(value_type = String)]
    pub way: Way,
    /// `sync` or `async`.
    pub kind: String,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub began: Timestamp,
    /// How long it took, waiting for a place at its origin included.
    pub took_ms: u64,
    /// What was asked.
    pub request: RequestView,
    /// What was answered; null if nothing was.
    pub answer: Option<AnswerView>,
    /// Why nothing was, in one word.
    pub failure: Option<String>,
    /// The same for a person.
    pub detail: Option<String>,
    /// Where the time went.
    pub phases: Phases,
    /// The address that was asked.
    pub address: Option<String>,
    /// Whether the connection stood already.
    pub reused: bool,
}

/// A request as it may be shown: without userinfo, and without what proves who asks.
#[derive(Serialize, ToSchema)]
pub struct RequestView {
    /// The method.
    pub method: String,
    /// The URL, without userinfo.
    pub url: String,
    /// The header fields that the flow asks for; the client adds others.
    pub headers: Vec<Field>,
    /// The body; null if it is empty.
    pub body: Option<BodyView>,
}

/// An answer.
#[derive(Serialize, ToSchema)]
pub struct AnswerView {
    /// The status.
    pub status: u16,
    /// The header fields, names in lower case.
    pub headers: Vec<Field>,
    /// The body, as far as it was waited for and kept; null if it is empty.
    pub body: Option<BodyView>,
    /// Whether there was more of the body.
    pub truncated: bool,
}

/// A header field.
#[derive(Serialize, ToSchema)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A body: `text` if it is UTF-8, else `base64`. At most its first 64 KiB.
#[derive(Serialize, ToSchema)]
pub struct BodyView {
    /// Bytes that there are.
    pub bytes: usize,
    /// As text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// As base64 (RFC 4648 section 4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
}

/// How long each phase took, in microseconds; null if it did not happen or did not end.
#[derive(Serialize, ToSchema)]
pub struct Phases {
    /// The name look-up.
    pub dns_us: Option<u64>,
    /// The connection.
    pub connect_us: Option<u64>,
    /// The TLS handshake.
    pub tls_us: Option<u64>,
    /// From the request on the wire to the end of the answer's headers.
    pub first_byte_us: Option<u64>,
    /// The answer's body.
    pub body_us: Option<u64>,
}

impl From<&HttpRequest> for RequestView {
    fn from(request: &HttpRequest) -> Self {
        Self {
            method: request.method.clone(),
            url: model::without_userinfo(&request.url),
            headers: request.headers.iter().map(Field::from).collect(),
            body: BodyView::of(&request.body),
        }
    }
}

impl From<&HttpAnswer> for AnswerView {
    fn from(answer: &HttpAnswer) -> Self {
        Self {
            status: answer.status,
            headers: answer.headers.iter().map(Field::from).collect(),
            body: BodyView::of(&answer.body),
            truncated: answer.truncated,
        }
    }
}

impl From<&(String, String)> for Field {
    fn from((name, value): &(String, String)) -> Self {
        let value = if is_secret(name) { HIDDEN } else { value };
        Self { name: name.clone(), value: value.to_owned() }
    }
}

/// Whether the value of that header field is shown to nobody.
pub(crate) fn is_secret(name: &str) -> bool {
    SECRET.iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

impl BodyView {
    fn of(body: &[u8]) -> Option<Self> {
        let shown = &body[..body.len().min(BODY_BYTES)];
        let text = match std::str::from_utf8(shown) {
            Ok(text) => Some(text),
            // It is the cut that broke the last character.
            Err(error) if error.error_len().is_none() && shown.len() < body.len() => {
                std::str::from_utf8(&shown[..error.valid_up_to()]).ok()
            }
            Err(_) => None,
        };
        let base64 = text.is_none().then(|| STANDARD.encode(shown));
        (!body.is_empty()).then(|| Self { bytes: body.len(), text: text.map(str::to_owned), base64 })
    }
}

impl From<&HttpTrace> for Phases {
    fn from(trace: &HttpTrace) -> Self {
        let micros = |time: Option<Duration>| time.map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
        Self {
            dns_us: micros(trace.dns),
            connect_us: micros(trace.connect),
            tls_us: micros(trace.tls),
            first_byte_us: micros(trace.first_byte),
            body_us: micros(trace.body),
        }
    }
}

impl From<AttemptRow> for AttemptView {
    fn from(AttemptRow { kind, attempt, .. }: AttemptRow) -> Self {
        let (answer, failure) = match &attempt.outcome {
            HttpOutcome::Answered(answer) => (Some(AnswerView::from(answer)), None),
            HttpOutcome::Failed(failure) => (None, Some(failure)),
        };
        Self {
            number: attempt.number,
            way: attempt.way,
            kind,
            began: attempt.began,
            took_ms: milliseconds(attempt.took),
            request: RequestView::from(&attempt.request),
            answer,
            failure: failure.map(|failure| failure.word().to_owned()),
            detail: failure.map(ToString::to_string),
            phases: Phases::from(&attempt.trace),
            address: attempt.trace.address.map(|address| address.to_string()),
            reused: attempt.trace.reused,
        }
    }
}

impl From<store::Callout> for CalloutView {
    fn from(callout: store::Callout) -> Self {
        Self {
            callout: callout.row.into(),
            due: callout.due,
            request: callout.request.as_ref().map(RequestView::from),
            tries: callout.attempts.into_iter().map(AttemptView::from).collect(),
        }
    }
}

/// The callout that the path names.
pub(crate) struct Id(pub(crate) CallSid, pub(crate) CalloutId);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let id = Path::<String>::from_request_parts(parts, state).await;
        let id = id.map_err(|_| Problem::no_such_callout("of that name"))?.0; // its bytes are no text
        let named = Mark::read(&id).map(|(call, callout)| Self(call, callout));
        named.ok_or_else(|| Problem::no_such_callout(&id))
    }
}

/// Shows a callout with its attempts.
///
/// Passwords in URLs, and header fields that prove who asks, are hidden.
#[utoipa::path(
    get, path = "/api/v1/callouts/{id}", operation_id = "showCallout", tag = "callouts",
    params(("id" = String, Path, description = "The callout's name, or the `webhook-id` of any of its requests.")),
    responses(
        (status = 200, body = CalloutView, description = "The callout."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such callout."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn one(
    State(desk): State<Arc<Desk>>,
    Id(call, callout): Id,
    _: Query<Nothing>,
) -> Result<Json<CalloutView>, Problem> {
    let name = call.clone();
    let found = desk.ask(move |reader, tenant| reader.callout(tenant, &name, callout)).await?;
    found.map(|found| Json(found.into())).ok_or_else(|| Problem::no_such_callout(&format!("{call}_{}", callout.0)))
}
