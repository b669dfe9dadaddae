//! `/healthz`: whether this server can do its work, that is whether its switch and its store answer, and the store takes
//! what is to be written. One that is not well does not become so by itself: it is to be restarted.
//!
//! `/readyz`: whether it takes new calls, too. One that is not ready may be soon, and calls under way go on: it is to be
//! left alone, and new calls to be sent elsewhere.

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
    well(&desk).await
}

/// Tells whether the server takes new calls.
///
/// It does not while it stops, while as many calls as may be are under way, and while the database takes nothing for 5 s.
#[utoipa::path(
    get, path = "/readyz", operation_id = "ready", tag = "server",
    responses(
        (status = 200, body = Health, description = "It does."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "Why not, or what is down."),
    )
)]
pub(crate) async fn ready(State(desk): State<Arc<Desk>>, _: Query<Nothing>) -> Result<Json<Health>, Problem> {
    let admits = desk.wait(desk.api.switch.admits()).await?.ok_or_else(Problem::switch)?;
    admits.map_err(|why| Problem::not_ready(&why))?;
    well(&desk).await
}

async fn well(desk: &Desk) -> Result<Json<Health>, Problem> {
    desk.gauges().await?;
    desk.api.writer.health().map_err(|_| Problem::writer())?;
    desk.ask(|reader, tenant| reader.calls(tenant, &CallFilter::default(), 1)).await?;
    Ok(Json(Health { status: "ok" }))
}
