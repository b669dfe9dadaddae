//! `/api/v1/flows/{name}`: a flow as it is published and as it is being written.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use store::{Draft, FILE, FlowState, VersionRow};
use utoipa::ToSchema;

use crate::compile::diagnose;
use crate::desk::Desk;
use crate::diagnostic::{DiagnosticView, views};
use crate::flows::file_of;
use crate::query::{Flow, Nothing, Query};
use crate::{FlowSummary, Problem};

/// A flow.
#[derive(Serialize, ToSchema)]
pub struct FlowView {
    /// Its name; its file's if none was ever fit to run.
    pub name: String,
    /// Its document, as a path below the flows' folder, be it written yet or not.
    pub file: String,
    /// What runs; null if nothing was ever fit to.
    pub published: Option<PublishedView>,
    /// What is being written, or what stands in the file and is not fit to run; null if nothing is.
    pub draft: Option<DraftView>,
    /// What is wrong with the draft, or else with the document.
    pub diagnostics: Vec<DiagnosticView>,
    /// The numbers that lead to it.
    pub numbers: Vec<String>,
    /// How it stands, for those who change it.
    pub revision: String,
}

/// A document that runs.
#[derive(Serialize, ToSchema)]
pub struct PublishedView {
    /// Its version.
    pub version: u64,
    /// The text.
    pub document: String,
    /// What was said of it.
    pub message: String,
    /// Who published it: `file` if it was found in its file.
    pub author: String,
    /// When, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// A document that is being written.
#[derive(Serialize, ToSchema)]
pub struct DraftView {
    /// The text.
    pub document: String,
    /// When it was saved, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who saved it: `file` if it stands in the flow's file.
    pub author: String,
}

impl From<(VersionRow, String)> for PublishedView {
    fn from((row, document): (VersionRow, String)) -> Self {
        let VersionRow { version, at, author, message } = row;
        Self { version, document, message, author, at }
    }
}

/// What there is of a flow.
pub(crate) struct Standing {
    pub(crate) summary: Option<FlowSummary>,
    pub(crate) state: FlowState,
    pub(crate) published: Option<(VersionRow, String)>,
    /// What stands in its file and does not run.
    pub(crate) unfit: Option<(String, Timestamp)>,
}

impl Standing {
    /// What would be published.
    pub(crate) fn draft(&self) -> Option<&str> {
        let draft = self.state.draft.as_ref().map(|draft| draft.document.as_str());
        draft.or_else(|| self.unfit.as_ref().map(|(text, _)| text.as_str()))
    }

    /// Whether there is nothing of it at all.
    pub(crate) fn is_nothing(&self) -> bool {
        self.summary.is_none() && self.state == FlowState::default()
    }
}

impl Desk {
    /// What there is of a flow; a problem if there is nothing.
    pub(crate) async fn standing(&self, name: &str) -> Result<Standing, Problem> {
        let standing = self.whatever_stands(name).await?;
        if standing.is_nothing() { Err(Problem::no_such_flow(name)) } else { Ok(standing) }
    }

    /// What there is of a flow.
    pub(crate) async fn whatever_stands(&self, name: &str) -> Result<Standing, Problem> {
        let summary = self.api.switch.flows().into_iter().find(|flow| flow.name == name);
        let (flow, version) = (name.to_owned(), summary.as_ref().and_then(|flow| flow.version));
        let (state, published) = self
            .ask(move |reader, tenant| {
                let published = version.map(|version| reader.version(tenant, &flow, version)).transpose()?;
                Ok((reader.flow(tenant, &flow)?, published.flatten()))
            })
            .await?;
        let mut unfit = None;
        if let Some(file) = summary.as_ref().map(|flow| flow.file.clone()) {
            let text = self.labour(move |workshop| workshop.text(&file)).await?;
            let runs = published.as_ref().map(|(_, document)| document.as_str());
            unfit = text.filter(|(text, _)| Some(text.as_str()) != runs);
        }
        Ok(Standing { summary, state, published, unfit })
    }

    /// A flow as it is shown.
    pub(crate) async fn view(&self, name: &str) -> Result<FlowView, Problem> {
        let standing = self.standing(name).await?;
        let revision = standing.state.revision().to_string();
        let text = standing.draft().or_else(|| standing.published.as_ref().map(|(_, document)| document.as_str()));
        let text = text.unwrap_or_default().to_owned();
        let diagnostics = if text.is_empty() {
            Vec::new()
        } else {
            self.labour(move |workshop| views(diagnose(&text, workshop))).await?
        };
        let Standing { summary, state, published, unfit } = standing;
        let saved = |Draft { document, at, author, .. }| DraftView { document, at, author };
        let found = |(document, at)| DraftView { document, at, author: FILE.into() };
        Ok(FlowView {
            name: name.to_owned(),
            file: summary.as_ref().map_or_else(|| file_of(name), |flow| flow.file.clone()),
            published: published.map(PublishedView::from),
            draft: state.draft.map(saved).or_else(|| unfit.map(found)),
            diagnostics,
            numbers: summary.map(|flow| flow.numbers).unwrap_or_default(),
            revision,
        })
    }
}

/// Shows a flow.
#[utoipa::path(
    get, path = "/api/v1/flows/{name}", operation_id = "showFlow", tag = "flows",
    params(("name" = String, Path, description = "The flow's name.")),
    responses(
        (status = 200, body = FlowView, description = "The flow."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such flow."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn one(
    State(desk): State<Arc<Desk>>,
    Flow(name): Flow,
    _: Query<Nothing>,
) -> Result<Json<FlowView>, Problem> {
    desk.view(&name).await.map(Json)
}
