//! What holds for every route: a browser's page of another origin changes nothing, and answers are not sniffed, framed
//! or kept.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::Problem;

const HEADERS: [(HeaderName, HeaderValue); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")), // answers hold callers' numbers
];

pub(crate) async fn guard(request: Request, next: Next) -> Response {
    // A page of another origin may send an upgrade, though it is a GET: what it opens changes something.
    let harmless = request.method().is_safe() && !request.headers().contains_key(header::UPGRADE);
    let foreign = if harmless { None } else { foreign_origin(request.headers(), request.uri()) };
    let mut response = match foreign {
        Some(origin) => Problem::foreign_origin(&origin).into_response(),
        None => next.run(request).await,
    };
    response.headers_mut().extend(HEADERS);
    response
}

/// The origin of the page that sent this, unless it is our own or there is no page.
fn foreign_origin(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let origin = headers.get(header::ORIGIN)?;
    let host = headers.get(header::HOST).map(HeaderValue::as_bytes);
    let host = host.or_else(|| uri.authority().map(|authority| authority.as_str().as_bytes()));
    let from = [&b"http://"[..], b"https://"].iter().find_map(|scheme| origin.as_bytes().strip_prefix(*scheme));
    let own = host.zip(from).is_some_and(|(host, from)| host.eq_ignore_ascii_case(from));
    (!own).then(|| String::from_utf8_lossy(origin.as_bytes()).into_owned())
}
