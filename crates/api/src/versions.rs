//! `/api/v1/flows/{name}/versions`: what was published of a flow, and the way back to it.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Publisher, VERSIONS_A_PAGE, VersionRow};
use utoipa::{IntoParams, ToSchema};

use crate::compile::DOCUMENT_BODY_BYTES;
use crate::desk::Desk;
use crate::publish::{PublishedAs, message};
use crate::query::{Flow, Nothing, Query, limited};
use crate::{Author, Problem, Publication, body};

/// Versions on a page that asks for no number.
const VERSIONS_BY_DEFAULT: usize = 50;

/// A page of a flow's versions, newest first.
#[derive(Serialize, ToSchema)]
pub struct VersionList {
    /// The versions.
    pub versions: Vec<VersionView>,
    /// The `cursor` of the page after this one; null if this is the last.
    pub next: Option<String>,
}

/// A version of a flow.
#[derive(Serialize, ToSchema)]
pub struct VersionView {
    /// Its number.
    pub version: u64,
    /// When it was published, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who published it: `file` if it was found in its file.
    pub author: String,
    /// What was said of it.
    pub message: String,
    /// Whether calls that begin now run it.
    pub current: bool,
}

/// A version with its document.
#[derive(Serialize, ToSchema)]
pub struct VersionWhole {
    /// The version.
    #[serde(flatten)]
    pub version: VersionView,
    /// The text.
    pub document: String,
}

/// Where to go on.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Page {
    /// Versions on the page, 50 unless told.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// What is restored.
#[derive(Deserialize, ToSchema)]
#[schema(as = RestoreWanted)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// What is to be said of it, at most 1,000 characters.
    #[serde(default)]
    message: String,
}

/// The flow and the version that the path names.
pub(crate) struct Version(String, u64);

impl<S: Send + Sync> FromRequestParts<S> for Version {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((flow, version)) = path.map_err(|_| Problem::no_such_flow("of that name"))?; // its bytes are no text
        let number = version.parse().map_err(|_| Problem::no_such_version(&flow, &version))?;
        Ok(Self(flow, number))
    }
}

impl Desk {
    /// The version that calls run which begin now.
    fn current(&self, flow: &str) -> Option<u64> {
        self.api.switch.flows().into_iter().find(|summary| summary.name == flow)?.version
    }

    async fn version(&self, flow: &str, version: u64) -> Result<(VersionRow, String), Problem> {
        let name = flow.to_owned();
        let found = self.ask(move |reader, tenant| reader.version(tenant, &name, version)).await?;
        found.ok_or_else(|| Problem::no_such_version(flow, &version.to_string()))
    }
}

fn view(row: VersionRow, current: Option<u64>) -> VersionView {
    let VersionRow { version, at, author, message } = row;
    VersionView { version, at, author, message, current: current == Some(version) }
}

/// Lists a flow's versions, newest first.
#[utoipa::path(
    get, path = "/api/v1/flows/{name}/versions", operation_id = "listVersions", tag = "flows",
    params(("name" = String, Path, description = "The flow's name."), Page),
    responses(
        (status = 200, body = VersionList, description = "A page of versions."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such flow."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn list(
    State(desk): State<Arc<Desk>>,
    Flow(flow): Flow,
    Query(Page { limit, cursor }): Query<Page>,
) -> Result<Json<VersionList>, Problem> {
    let (limit, before) = limited(limit.unwrap_or(VERSIONS_BY_DEFAULT), VERSIONS_A_PAGE, cursor.as_deref())?;
    desk.standing(&flow).await?;
    let current = desk.current(&flow);
    let rows = desk.ask(move |reader, tenant| reader.versions(tenant, (&flow, before), limit)).await?;
    let next = rows.last().filter(|last| rows.len() == limit && last.version > 1).map(|last| last.version.to_string());
    Ok(Json(VersionList { versions: rows.into_iter().map(|row| view(row, current)).collect(), next }))
}

/// Shows a version of a flow.
#[utoipa::path(
    get, path = "/api/v1/flows/{name}/versions/{version}", operation_id = "showVersion", tag = "flows",
    params(("name" = String, Path, description = "The flow's name."), ("version" = u64, Path, description = "The version.")),
    responses(
        (status = 200, body = VersionWhole, description = "The version."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such version."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn one(
    State(desk): State<Arc<Desk>>,
    Version(flow, version): Version,
    _: Query<Nothing>,
) -> Result<Json<VersionWhole>, Problem> {
    let (row, document) = desk.version(&flow, version).await?;
    Ok(Json(VersionWhole { version: view(row, desk.current(&flow)), document }))
}

/// Publishes the document of a version anew, as a version of its own.
///
/// A draft stays as it is.
#[utoipa::path(
    post, path = "/api/v1/flows/{name}/versions/{version}/restore", operation_id = "restoreVersion", tag = "flows",
    params(("name" = String, Path, description = "The flow's name."), ("version" = u64, Path, description = "The version.")),
    request_body(content = Wanted, description = "What is to be said of it."),
    responses(
        (status = 200, body = PublishedAs, description = "It is published."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such version."),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "The document is not fit to run any more."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn restore(
    State(desk): State<Arc<Desk>>,
    Version(flow, version): Version,
    Author(author): Author,
    _: Query<Nothing>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<PublishedAs>, Problem> {
    let Wanted { message: said } = body::read(body, DOCUMENT_BODY_BYTES)?;
    let message = message(said)?;
    let (_, document) = desk.version(&flow, version).await?;
    let by = Publisher { author, message, action: "restore flow", draft: None };
    desk.publish(Publication { flow, document, read: None, by }).await
}
