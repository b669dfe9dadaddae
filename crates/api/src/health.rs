//! `/healthz`: whether this server can do its work, that is whether its switch and its store answer, and the store takes
//! what is to be written.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::CallFilter;
use utoipa::ToSchema;

use crate::Problem;
use crate::desk::Desk;
use crate::query::{Nothing, Query};

/// All is well.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    pub status: &'static str,
}

/// Tells whether the server is well.
#[utoipa::path(
    get, path = "/healthz", operation_id = "health", tag = "server",
    responses(
        (status = 200, body = Health, description = "It is."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "What is down."),
    )
)]
pub(crate) async fn health(State(desk): State<Arc<Desk>>, _: Query<Nothing>) -> Result<Json<Health>, Problem> {
    desk.gauges().await?;
    desk.api.writer.health().map_err(|_| Problem::writer())?;
    desk.ask(|reader, tenant| reader.calls(tenant, &CallFilter::default(), 1)).await?;
    Ok(Json(Health { status: "ok" }))
}
