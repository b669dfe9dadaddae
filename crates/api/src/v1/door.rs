//! Where every request of the v1 API comes in: its path is read, its key looked at, its account known, its minute counted; and
//! where every answer goes out, in the form that was asked for.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exotel::answer::Format;
use exotel::failure::Failure;
use model::CallSid;
use tokio::time::Instant;

use super::centre;
use super::path::{self, Way};
use super::reply::Reply;
use crate::desk::Desk;

pub(crate) async fn enter(State(desk): State<Arc<Desk>>, mut request: Request, next: Next) -> Response {
    let Some(way) = path::read(request.uri().path()) else { return next.run(request).await };
    let format = if way.json || wants_json(request.headers()) { Format::Json } else { Format::Xml };
    let method = request.method().clone();
    let response = match admit(&desk, &way, request.headers()).await {
        Ok(()) => {
            *request.uri_mut() = with_path(request.uri(), &way.path);
            next.run(request).await
        }
        Err(refusal) => refusal,
    };
    let envelope = way.centre.then(|| (desk.api.switch.name(), method));
    write(response, format, envelope)
}

fn wants_json(headers: &HeaderMap) -> bool {
    let wanted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    wanted
        .flat_map(|value| value.split(','))
        .any(|kind| kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json")))
}

/// Whether this request is served: 401 before all else, so that a stranger learns nothing.
async fn admit(desk: &Desk, way: &Way, headers: &HeaderMap) -> Result<(), Response> {
    let (user, token) =
        credentials(headers).ok_or_else(|| unauthorised("a key and its token by HTTP Basic are missing"))?;
    // Old clients give the account's name for the key.
    let key = (user != desk.api.account.sid).then_some(user);
    let known = desk.ask(move |reader, tenant| reader.opens(tenant, key.as_deref(), &token)).await;
    if !known.map_err(|problem| Reply::from(problem).into_response())? {
        return Err(unauthorised("this key and token are not known, or revoked"));
    }
    let ours = &desk.api.account.sid;
    if way.account != *ours {
        let why = format!("there is no account `{}` here; the account is `{ours}` (account_sid)", way.account);
        return Err(Reply::from(Failure::new(404, why)).into_response());
    }
    desk.rate.take(Instant::now()).map_err(|seconds| {
        let why =
            format!("more requests than this account has a minute; try again in {seconds} s, or raise http.rate_limit");
        Reply::from(Failure::new(429, why)).later(seconds).into_response()
    })
}

fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, coded) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let pair = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(coded.trim()).ok())??;
    let (user, token) = std::str::from_utf8(&pair).ok()?.split_once(':')?;
    Some((user.to_owned(), token.to_owned()))
}

fn unauthorised(why: &str) -> Response {
    let failure = Failure::new(401, format!("{why}; `passthru key create` makes one"));
    let mut response = Reply::from(failure).into_response();
    let basic = HeaderValue::from_static("Basic realm=\"passthru\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
    response
}

/// The same URI with another path.
fn with_path(uri: &Uri, path: &str) -> Uri {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = format!("{path}{query}").parse().ok();
    Uri::from_parts(parts).unwrap_or_else(|_| uri.clone())
}

/// Gives the answer its body, in an envelope where it goes in one. What the router itself refuses gets one too.
fn write(mut response: Response, format: Format, envelope: Option<(CallSid, Method)>) -> Response {
    let reply = response.extensions_mut().remove::<Reply>().or_else(|| refused(response.status()));
    let Some(mut reply) = reply else { return response };
    if let Some((request, method)) = envelope {
        let tree = centre::wrapped(request.as_str(), &method, reply.answer());
        reply = reply.with_tree(tree);
    }
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.map(|_| Body::from(reply.write(format)))
}

fn refused(status: StatusCode) -> Option<Reply> {
    let why = match status {
        StatusCode::NOT_FOUND => "there is nothing here; /api/v1/openapi.json lists what there is",
        StatusCode::METHOD_NOT_ALLOWED => "this path does not take that method; the Allow header names what it takes",
        status if status.is_success() => return None,
        _ => "the request cannot be read; docs/api-v1.md shows how it is written",
    };
    Some(Failure::new(status.as_u16(), why).into())
}
