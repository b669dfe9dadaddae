//! `/api/v1/flows`: the flows as they are published now.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Problem;
use crate::desk::Desk;
use crate::query::{Nothing, Query};

/// All flows.
#[derive(Serialize, ToSchema)]
pub struct FlowList {
    /// The flows, by name.
    pub flows: Vec<FlowSummary>,
}

/// A flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FlowSummary {
    /// Its name; its file's if none was ever fit to run.
    pub name: String,
    /// Its number, as a Passthru sends it in `flow_id`; null if none was ever fit to run.
    pub id: Option<u32>,
    /// Which publication of the document runs; null if none was ever fit to run.
    pub version: Option<u64>,
    /// Its document, as a path below the flows' folder.
    pub file: String,
    /// Steps in it.
    pub nodes: u32,
    /// The numbers that lead to it.
    pub numbers: Vec<String>,
    /// Why the document as it stands now is not the one that runs: each with node, place and hint.
    pub diagnostics: Vec<String>,
}

/// Lists the flows.
#[utoipa::path(
    get, path = "/api/v1/flows", operation_id = "listFlows", tag = "flows",
    responses(
        (status = 200, body = FlowList, description = "The flows."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn list(State(desk): State<Arc<Desk>>, _: Query<Nothing>) -> Json<FlowList> {
    Json(FlowList { flows: desk.api.switch.flows() })
}
