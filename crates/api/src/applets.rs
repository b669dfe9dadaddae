//! `/api/v1/applets`: the applets that flows are made of, as their own files describe them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use flow::Kind;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::desk::Desk;
use crate::query::{Nothing, Query};

/// All applets.
#[derive(Serialize, ToSchema)]
pub struct AppletList {
    /// The applets, in the order of a builder's palette.
    pub applets: Vec<AppletView>,
}

/// An applet.
#[derive(Serialize, ToSchema)]
pub struct AppletView {
    /// What a node's `applet` names.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// What it does, in a line.
    pub summary: String,
    /// Beside which others it stands in a palette.
    pub group: &'static str,
    /// Its settings, as JSON Schema (draft 2020-12): descriptions are help texts.
    #[schema(value_type = Object)]
    pub schema: Value,
    /// Its exits: a name each, or words that say which names there may be.
    pub exits: Vec<String>,
    /// A whole flow in YAML that shows it at work.
    pub example: String,
}

impl From<&Kind> for AppletView {
    fn from(kind: &Kind) -> Self {
        let page = kind.page();
        Self {
            name: kind.name(),
            title: kind.title(),
            summary: page.title.clone(),
            group: kind.group(),
            schema: kind.schema().to_value(),
            exits: page.exit_names(),
            example: page.example.clone(),
        }
    }
}

/// Lists the applets.
#[utoipa::path(
    get, path = "/api/v1/applets", operation_id = "listApplets", tag = "flows",
    responses(
        (status = 200, body = AppletList, description = "The applets."),
        (status = "default", body = crate::Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn list(State(desk): State<Arc<Desk>>, _: Query<Nothing>) -> Json<AppletList> {
    Json(AppletList { applets: desk.api.workshop.catalogue().kinds().map(AppletView::from).collect() })
}
