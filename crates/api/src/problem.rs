//! What is told when something goes wrong: `application/problem+json` (RFC 9457). The detail names what, and the next step.

use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use flow::Diagnostic;
use serde::Serialize;
use utoipa::ToSchema;

use crate::DiagnosticView;
use crate::diagnostic::views;

/// Characters of the client's own text that an answer repeats.
const ECHO_CHARS: usize = 100;

/// Where the document is that describes all routes.
const DOCUMENT: &str = "/api/v1/openapi.json";

/// Seconds after which a busy server may be asked again.
const RETRY_SECONDS: u32 = 1;

/// An answer that is not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// The kind of problem, as a URI that never changes.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The kind of problem, for a person.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong here, and what to do next.
    pub detail: String,
    /// What is wrong with the document, of a problem with one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<DiagnosticView>,
    /// Seconds after which to try again.
    #[serde(skip)]
    pub(crate) retry_after: Option<u32>,
}

impl Problem {
    fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: String) -> Self {
        Self { kind, title, status: status.as_u16(), detail, diagnostics: Vec::new(), retry_after: None }
    }

    pub(crate) fn parameter(why: &str) -> Self {
        let detail = format!("{why}; {DOCUMENT} lists the parameters");
        Self::new(StatusCode::BAD_REQUEST, "urn:passthru:problem:bad-parameter", "Bad parameter", detail)
    }

    pub(crate) fn long_query(limit: usize) -> Self {
        let detail = format!("the query is longer than {limit} bytes; ask with fewer filters");
        Self::new(StatusCode::URI_TOO_LONG, "urn:passthru:problem:long-query", "Query too long", detail)
    }

    pub(crate) fn body(status: StatusCode) -> Self {
        let detail = "this route takes no body; send the request without one".into();
        Self::new(status, "urn:passthru:problem:unexpected-body", "Unexpected body", detail)
    }

    pub(crate) fn foreign_origin(origin: &str) -> Self {
        let origin = echo(origin);
        let detail = format!("a page of {origin} may not change anything here; call the API from your own program");
        Self::new(StatusCode::FORBIDDEN, "urn:passthru:problem:foreign-origin", "Foreign origin", detail)
    }

    pub(crate) fn foreign_host(host: &str) -> Self {
        let detail = format!(
            "`{}` is no name of this server; ask it as 127.0.0.1, or set recording.base_url to the address that its proxy has",
            echo(host)
        );
        Self::new(StatusCode::FORBIDDEN, "urn:passthru:problem:foreign-host", "Foreign host", detail)
    }

    pub(crate) fn sign_in() -> Self {
        let detail = "nobody is signed in, or the token is not known; sign in at /console/, or send a token of `passthru key create` as \
                      `Authorization: Bearer`"
            .into();
        Self::new(StatusCode::UNAUTHORIZED, "urn:passthru:problem:sign-in", "Sign in", detail)
    }

    pub(crate) fn wrong_password() -> Self {
        let detail =
            "the name or the password is wrong; try again, or come in by a link of `passthru console link`".into();
        Self::new(StatusCode::UNAUTHORIZED, "urn:passthru:problem:wrong-password", "Wrong password", detail)
    }

    pub(crate) fn slow_down(seconds: u32) -> Self {
        let detail = format!("too many tries to sign in failed; try again in {seconds} s");
        let status = StatusCode::TOO_MANY_REQUESTS;
        let problem = Self::new(status, "urn:passthru:problem:slow-down", "Too many tries", detail);
        Self { retry_after: Some(seconds), ..problem }
    }

    pub(crate) fn spent_link() -> Self {
        let detail = "the link was used, or is older than an hour; `passthru console link` prints another".into();
        Self::new(StatusCode::FORBIDDEN, "urn:passthru:problem:spent-link", "Link is no good", detail)
    }

    pub(crate) fn role(needed: &str, name: &str, has: &str) -> Self {
        let article = |role: &str| if role == "viewer" { "a" } else { "an" };
        let name = echo(name);
        let detail = format!(
            "`{name}` is {} {has}, and this takes {} {needed}; ask an admin for it",
            article(has),
            article(needed)
        );
        Self::new(StatusCode::FORBIDDEN, "urn:passthru:problem:role", "Not allowed", detail)
    }

    pub(crate) fn person_taken(name: &str) -> Self {
        let detail = format!("there is a person {} already; take another name, or remove them first", echo(name));
        Self::new(StatusCode::CONFLICT, "urn:passthru:problem:person-taken", "Name is taken", detail)
    }

    pub(crate) fn no_such_person(name: &str) -> Self {
        let detail = format!("there is no person {}; GET /api/v1/people lists the people", echo(name));
        Self::new(StatusCode::NOT_FOUND, "urn:passthru:problem:no-such-person", "No such person", detail)
    }

    pub(crate) fn no_admin(why: &str) -> Self {
        Self::new(StatusCode::CONFLICT, "urn:passthru:problem:no-admin", "No admin", why.into())
    }

    pub(crate) fn no_such_call(sid: &str) -> Self {
        let detail = format!("there is no call {}; GET /api/v1/calls lists the calls", echo(sid));
        Self::new(StatusCode::NOT_FOUND, "urn:passthru:problem:no-such-call", "No such call", detail)
    }

    pub(crate) fn no_such_callout(id: &str) -> Self {
        let detail = format!("there is no callout {}, or no more; GET /api/v1/callouts lists the callouts", echo(id));
        Self::new(StatusCode::NOT_FOUND, "urn:passthru:problem:no-such-callout", "No such callout", detail)
    }

    pub(crate) fn no_upgrade() -> Self {
        let detail = "this route speaks over a WebSocket; ask for an upgrade (RFC 6455)".into();
        Self::new(StatusCode::UPGRADE_REQUIRED, "urn:passthru:problem:no-upgrade", "No WebSocket", detail)
    }

    pub(crate) fn no_phone(why: &str) -> Self {
        Self::new(StatusCode::CONFLICT, "urn:passthru:problem:no-phone", "No call can be placed", why.into())
    }

    pub(crate) fn no_such_key(name: &str) -> Self {
        let detail = format!("no key that is good has the name {}; GET /api/v1/keys lists the keys", echo(name));
        Self::new(StatusCode::NOT_FOUND, "urn:passthru:problem:no-such-key", "No such key", detail)
    }

    pub(crate) fn no_such_flow(name: &str) -> Self {
        let detail = format!("there is no flow {}; GET /api/v1/flows lists the flows", echo(name));
        Self::new(StatusCode::NOT_FOUND, "urn:passthru:problem:no-such-flow", "No such flow", detail)
    }

    pub(crate) fn no_such_version(flow: &str, version: &str) -> Self {
        let (flow, version) = (echo(flow), echo(version));
        let detail = format!(
            "there is no version {version} of flow {flow}, or no more; GET /api/v1/flows/{flow}/versions lists them"
        );
        Self::new(StatusCode::NOT_FOUND, "urn:passthru:problem:no-such-version", "No such version", detail)
    }

    pub(crate) fn no_draft(flow: &str) -> Self {
        let flow = echo(flow);
        let detail = format!("flow {flow} has no draft; save one with PUT /api/v1/flows/{flow}/draft");
        Self::new(StatusCode::NOT_FOUND, "urn:passthru:problem:no-draft", "No draft", detail)
    }

    pub(crate) fn stale(flow: &str) -> Self {
        let flow = echo(flow);
        let detail = format!(
            "flow {flow} was changed since you read it; read it again with GET /api/v1/flows/{flow}, and change what is there now"
        );
        Self::new(StatusCode::CONFLICT, "urn:passthru:problem:stale", "Changed meanwhile", detail)
    }

    pub(crate) fn flow_taken(name: &str) -> Self {
        let detail = format!("there is a flow {} already; change that one, or choose another name", echo(name));
        Self::new(StatusCode::CONFLICT, "urn:passthru:problem:flow-taken", "Name is taken", detail)
    }

    pub(crate) fn too_many_drafts(limit: usize) -> Self {
        let detail = format!("there are {limit} drafts; publish or discard some");
        Self::new(StatusCode::CONFLICT, "urn:passthru:problem:too-many-drafts", "Too many drafts", detail)
    }

    pub(crate) fn not_a_flow(diagnostics: Vec<Diagnostic>) -> Self {
        let first = diagnostics.first().map(|first| echo(&first.message)).unwrap_or_default();
        let detail = format!("the document is not fit for that: {first}; `diagnostics` has all that is wrong");
        let (kind, title) = ("urn:passthru:problem:unfit-document", "Document is not fit");
        Self { diagnostics: views(diagnostics), ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, kind, title, detail) }
    }

    pub(crate) fn not_published(why: &str) -> Self {
        let detail = format!("nothing was published: {why}; mend that, and publish again");
        Self::new(StatusCode::CONFLICT, "urn:passthru:problem:not-published", "Not published", detail)
    }

    pub(crate) fn publisher() -> Self {
        let detail =
            "the publisher has not answered yet, and may still publish it; GET /api/v1/flows says what is published";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "urn:passthru:problem:publisher", "Publisher is slow", detail.into())
    }

    pub(crate) fn callout_owed(id: &str, state: &str) -> Self {
        let detail = format!("callout {id} is {state}, and will be sent anyway; GET /api/v1/callouts/{id} says when");
        Self::new(StatusCode::CONFLICT, "urn:passthru:problem:callout-owed", "Callout is owed still", detail)
    }

    pub(crate) fn bad_body(why: &str) -> Self {
        let detail = format!("{}; {DOCUMENT} says what the body may hold", echo(why));
        Self::new(StatusCode::BAD_REQUEST, "urn:passthru:problem:bad-body", "Bad body", detail)
    }

    pub(crate) fn long_body(status: StatusCode, limit: usize) -> Self {
        let detail = format!("the body cannot be read, or has more than {limit} bytes; send less");
        Self::new(status, "urn:passthru:problem:bad-body", "Bad body", detail)
    }

    pub(crate) fn call_over(sid: &str) -> Self {
        let detail = format!("call {sid} is over; GET /api/v1/calls/{sid} says why it ended");
        Self::new(StatusCode::CONFLICT, "urn:passthru:problem:call-over", "Call is over", detail)
    }

    /// One text, whatever is wrong with a link: it tells a forger nothing.
    pub(crate) fn bad_link() -> Self {
        let detail =
            "this link is not good, or not any more; GET /api/v1/calls/{sid}/recordings makes fresh ones".into();
        Self::new(StatusCode::FORBIDDEN, "urn:passthru:problem:bad-link", "Link is not good", detail)
    }

    pub(crate) fn no_such_recording() -> Self {
        let detail =
            "there is no such recording, or no more; GET /api/v1/calls/{sid}/recordings lists those of a call".into();
        Self::new(StatusCode::NOT_FOUND, "urn:passthru:problem:no-such-recording", "No such recording", detail)
    }

    pub(crate) fn recording_removed() -> Self {
        let detail = "the recording was removed: it was kept for as long as this server keeps recordings; `[recording] keep_days` and \
                      `keep_bytes` say how long";
        Self::new(StatusCode::GONE, "urn:passthru:problem:recording-removed", "Recording was removed", detail.into())
    }

    pub(crate) fn recording_soon(seconds: u32) -> Self {
        let detail = format!("the recording is not ready; ask again in {seconds} s");
        let problem =
            Self::new(StatusCode::NOT_FOUND, "urn:passthru:problem:not-ready", "Recording is not ready", detail);
        Self { retry_after: Some(seconds), ..problem }
    }

    pub(crate) fn past_the_end(length: u64) -> Self {
        let detail = format!("the recording has {length} bytes; ask for some of them, or without Range");
        Self::new(StatusCode::RANGE_NOT_SATISFIABLE, "urn:passthru:problem:past-the-end", "Past the end", detail)
    }

    pub(crate) fn busy(with: &str) -> Self {
        let detail = format!("as many {with} as fit are open already; try again in {RETRY_SECONDS} s");
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "urn:passthru:problem:busy", "Busy", detail);
        Self { retry_after: Some(RETRY_SECONDS), ..problem }
    }

    pub(crate) fn store() -> Self {
        let detail = "the store did not answer; try again, and if that does not help look at the server's log".into();
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "urn:passthru:problem:store", "Store does not answer", detail)
    }

    pub(crate) fn writer() -> Self {
        let detail = "the store takes nothing more to write: calls run, but leave no journal; look at the server's log, mend \
                      what it names, and start the server again";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "urn:passthru:problem:writer", "Store has stopped", detail.into())
    }

    pub(crate) fn fault() -> Self {
        let detail = "a fault of this server; its log says more, please report it".into();
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "urn:passthru:problem:fault", "Fault of the server", detail)
    }

    pub(crate) fn not_ready(why: &str) -> Self {
        let detail = format!("new calls are refused, and those under way go on: {why}");
        let problem =
            Self::new(StatusCode::SERVICE_UNAVAILABLE, "urn:passthru:problem:no-new-calls", "No new calls", detail);
        Self { retry_after: Some(RETRY_SECONDS), ..problem }
    }

    pub(crate) fn switch() -> Self {
        let detail = "the switch did not answer; try again, and if that does not help look at the server's log".into();
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "urn:passthru:problem:switch", "Switch does not answer", detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).expect("made from one");
        let body = serde_json::to_vec(&self).expect("plain data");
        let mut response = (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer realm=\"passthru\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn echo(text: &str) -> String {
    match text.char_indices().nth(ECHO_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

pub(crate) async fn no_such_path(uri: Uri) -> Problem {
    let detail = format!("there is nothing at {}; {DOCUMENT} lists what there is", echo(uri.path()));
    Problem::new(StatusCode::NOT_FOUND, "urn:passthru:problem:no-such-path", "No such path", detail)
}

pub(crate) async fn wrong_method(method: Method, uri: Uri) -> Problem {
    let (method, path) = (echo(method.as_str()), echo(uri.path()));
    let detail = format!("{path} does not take {method}; the Allow header names what it takes");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "urn:passthru:problem:wrong-method", "Wrong method", detail)
}
