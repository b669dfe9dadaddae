//! `/api/v1/flows`: the flows as they are published now, and those that are only being written.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::Reader;
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
    /// Whether it has a draft that is not published.
    pub draft: bool,
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
pub(crate) async fn list(State(desk): State<Arc<Desk>>, _: Query<Nothing>) -> Result<Json<FlowList>, Problem> {
    let mut drafts: BTreeSet<String> = desk.ask(Reader::drafts).await?.into_iter().collect();
    let mut flows = desk.api.switch.flows();
    flows.iter_mut().for_each(|flow| flow.draft = drafts.remove(&flow.name));
    flows.extend(drafts.into_iter().map(|name| FlowSummary {
        file: file_of(&name),
        name,
        id: None,
        version: None,
        nodes: 0,
        draft: true,
        numbers: Vec::new(),
        diagnostics: Vec::new(),
    }));
    flows.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Json(FlowList { flows }))
}

/// The file that a flow is written into which has none.
pub(crate) fn file_of(name: &str) -> String {
    format!("{name}.yaml")
}
