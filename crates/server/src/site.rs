//! `/console/`: the console, which the binary carries as `web/` builds it.
//!
//! A file that is not there is a page's address, which the console reads itself. In a debug build the files are read from
//! `web/dist/site` as they are now.

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use rust_embed::{EmbeddedFile, RustEmbed};

/// What `npm run build` made.
#[derive(RustEmbed)]
#[folder = "../../web/dist/site"]
#[allow_missing = true]
struct Site;

/// The page that all pages are.
const INDEX: &str = "index.html";

/// Its scripts are files of ours, and so is whatever they ask. Styles may stand inline: the waveform's do, in a shadow tree.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    font-src 'self'; media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, HeaderValue); 3] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")), // addresses hold callers' numbers
];

const ABSENT: &str =
    "This binary was built without its console: run `npm ci && npm run build` in web/, then build it again.\n";

/// The console's routes; every other path is the API's.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/", get(front))
        .route("/console", get(front))
        .route("/console/", get(|headers: HeaderMap| async move { file(INDEX, &headers) }))
        .route(
            "/console/{*path}",
            get(|Path(path): Path<String>, headers: HeaderMap| async move { file(&path, &headers) }),
        )
}

async fn front() -> Redirect {
    Redirect::to("/console/")
}

/// A file of the console, or the page that reads the address.
fn file(path: &str, headers: &HeaderMap) -> Response {
    let gzip = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .any(|accepted| accepted.as_bytes().windows(4).any(|word| word == b"gzip"));
    let found = (!path.ends_with(".gz")).then(|| Site::get(path)).flatten();
    let (path, found) = match found {
        Some(found) => (path, Some(found)),
        None if path.starts_with("assets/") => return StatusCode::NOT_FOUND.into_response(),
        None => (INDEX, Site::get(INDEX)),
    };
    let Some(plain) = found else { return (StatusCode::NOT_FOUND, HEADERS, ABSENT).into_response() };
    let packed = gzip.then(|| Site::get(&format!("{path}.gz"))).flatten();
    let encoding = packed.is_some().then_some((header::CONTENT_ENCODING, HeaderValue::from_static("gzip")));
    let EmbeddedFile { data, .. } = packed.unwrap_or(plain);
    let mut response = (
        HEADERS,
        [(header::CONTENT_TYPE, kind(path)), (header::CACHE_CONTROL, kept(path))],
        Body::from(data.into_owned()),
    )
        .into_response();
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    response.headers_mut().extend(encoding);
    response
}

/// How long a browser keeps it: what has its content's hash in its name never changes.
fn kept(path: &str) -> HeaderValue {
    let hashed = path.starts_with("assets/");
    HeaderValue::from_static(if hashed { "public, max-age=31536000, immutable" } else { "no-cache" })
}

fn kind(path: &str) -> HeaderValue {
    HeaderValue::from_static(match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    })
}
