//! `/api/v1/openapi.json`: the document that describes the routes. It is made of the routes themselves.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderName, header};
use utoipa::OpenApi;

use crate::desk::Desk;
use crate::query::{Nothing, Query};
use crate::{Lost, Problem};

/// The document's front page; each route adds itself.
#[derive(OpenApi)]
#[openapi(
    info(title = "passthru", description = "Calls, their journals, and the flows that run them."),
    components(schemas(Lost))
)]
pub(crate) struct Document;

/// Shows this document.
#[utoipa::path(
    get, path = "/api/v1/openapi.json", operation_id = "showDocument", tag = "server",
    responses(
        (status = 200, body = Object, description = "An OpenAPI document."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn document(
    State(desk): State<Arc<Desk>>,
    _: Query<Nothing>,
) -> ([(HeaderName, &'static str); 1], Bytes) {
    ([(header::CONTENT_TYPE, "application/json")], desk.document.clone())
}
