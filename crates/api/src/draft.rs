//! `/api/v1/flows/{name}/draft`: a document that is being written, kept but not published; and a flow that begins as one.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderName, StatusCode, header};
use flow::{DOCUMENT_BYTES, NAME};
use serde::{Deserialize, Serialize};
use store::{DRAFTS, Discard, Discarded, NewDraft, Revision, Saved};
use utoipa::{IntoParams, ToSchema};

use crate::compile::{DOCUMENT_BODY_BYTES, diagnose};
use crate::desk::Desk;
use crate::diagnostic::{DiagnosticView, views};
use crate::query::{Flow, Nothing, Query};
use crate::{Author, FlowView, Problem, body};

/// Names that would be read as something else: a route's, and nothing at all.
const RESERVED: [&str; 2] = ["compile", "null"];

/// A draft to save.
#[derive(Deserialize, ToSchema)]
#[schema(as = DraftWanted)]
#[serde(deny_unknown_fields)]
pub(crate) struct Text {
    /// A flow, YAML or JSON, fit to run or not.
    document: String,
    /// The flow's `revision` as it was read.
    revision: String,
}

/// A flow to begin.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewFlow {
    /// Its name: letters, digits, `-` and `_`, at most 64, the first a letter or digit.
    name: String,
    /// Its document; one that says hello and hangs up unless given.
    document: Option<String>,
}

/// A draft is saved.
#[derive(Serialize, ToSchema)]
pub struct DraftSaved {
    /// The flow's revision from now on.
    pub revision: String,
    /// What is wrong with the draft.
    pub diagnostics: Vec<DiagnosticView>,
}

/// A flow that is fit to run.
fn minimal(name: &str) -> String {
    format!(
        "flow: {name}\nstart: hello\nnodes:\n  hello: {{ applet: greeting, say: \"Hello.\", next: bye }}\n  bye: {{ applet: hangup }}\n"
    )
}

/// Why no flow can be begun by that name: it becomes a file and a part of addresses.
fn name_problem(name: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !name.chars().all(plain) || name.len() > NAME {
        return Some(format!(
            "name: a new flow's has letters, digits, - and _, at most {NAME}, and begins with a letter or digit"
        ));
    }
    RESERVED.contains(&name).then(|| format!("name: `{name}` is not for flows"))
}

impl Desk {
    async fn save(&self, new: NewDraft) -> Result<Revision, Problem> {
        if new.document.len() > DOCUMENT_BYTES {
            return Err(Problem::long_body(StatusCode::PAYLOAD_TOO_LARGE, DOCUMENT_BYTES));
        }
        let (flow, begins) = (new.flow.clone(), new.read.is_none());
        match self.write(move |writer, done, now| writer.save_draft(new, done, now)).await? {
            Saved::As(revision) => Ok(revision),
            Saved::Stale if begins => Err(Problem::flow_taken(&flow)),
            Saved::Stale => Err(Problem::stale(&flow)),
            Saved::Full => Err(Problem::too_many_drafts(DRAFTS)),
        }
    }
}

/// Begins a flow, as a draft.
#[utoipa::path(
    post, path = "/api/v1/flows", operation_id = "createFlow", tag = "flows",
    request_body(content = NewFlow, description = "The flow."),
    responses(
        (status = 201, body = FlowView, description = "It is begun; nothing is published."),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "There is a flow of that name."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn create(
    State(desk): State<Arc<Desk>>,
    Author(author): Author,
    _: Query<Nothing>,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<FlowView>), Problem> {
    let NewFlow { name, document } = body::read(body, DOCUMENT_BODY_BYTES)?;
    if let Some(why) = name_problem(&name) {
        return Err(Problem::bad_body(&why));
    }
    if !desk.whatever_stands(&name).await?.is_nothing() {
        return Err(Problem::flow_taken(&name));
    }
    let document = document.unwrap_or_else(|| minimal(&name));
    let (tenant, flow) = (desk.api.tenant.clone(), name.clone());
    desk.save(NewDraft { tenant, flow, document, author, read: None }).await?;
    let location = format!("/api/v1/flows/{name}");
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(desk.view(&name).await?)))
}

/// Saves a draft.
///
/// It need not be fit to run. Nothing is published.
#[utoipa::path(
    put, path = "/api/v1/flows/{name}/draft", operation_id = "saveDraft", tag = "flows",
    params(("name" = String, Path, description = "The flow's name.")),
    request_body(content = Text, description = "The draft."),
    responses(
        (status = 200, body = DraftSaved, description = "It is saved."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such flow."),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The flow was changed since it was read."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn save(
    State(desk): State<Arc<Desk>>,
    Flow(flow): Flow,
    Author(author): Author,
    _: Query<Nothing>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<DraftSaved>, Problem> {
    let Text { document, revision } = body::read(body, DOCUMENT_BODY_BYTES)?;
    desk.standing(&flow).await?;
    let read = revision.parse().map_err(|()| Problem::stale(&flow))?;
    let (tenant, text) = (desk.api.tenant.clone(), document.clone());
    let revision = desk.save(NewDraft { tenant, flow, document, author, read: Some(read) }).await?;
    let diagnostics = desk.labour(move |workshop| views(diagnose(&text, workshop))).await?;
    Ok(Json(DraftSaved { revision: revision.to_string(), diagnostics }))
}

/// What is thrown away.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Read {
    /// `revision` of the flow as it was read: what was saved since is not thrown away. Whatever is there, unless told.
    revision: Option<String>,
}

/// Throws a draft away.
#[utoipa::path(
    delete, path = "/api/v1/flows/{name}/draft", operation_id = "discardDraft", tag = "flows",
    params(("name" = String, Path, description = "The flow's name."), Read),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no draft."),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The flow was changed since it was read."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn discard(
    State(desk): State<Arc<Desk>>,
    Flow(flow): Flow,
    Author(author): Author,
    Query(Read { revision }): Query<Read>,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    if !body.map_err(|rejection| Problem::body(rejection.status()))?.is_empty() {
        return Err(Problem::body(StatusCode::BAD_REQUEST));
    }
    let read = revision.map(|revision| revision.parse()).transpose().map_err(|()| Problem::stale(&flow))?;
    let what = Discard { tenant: desk.api.tenant.clone(), flow: flow.clone(), author, read };
    match desk.write(move |writer, done, now| writer.discard_draft(what, done, now)).await? {
        Discarded::Gone => Ok(StatusCode::NO_CONTENT),
        Discarded::Nothing => Err(Problem::no_draft(&flow)),
        Discarded::Stale => Err(Problem::stale(&flow)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_files_and_addresses() {
        for good in ["desk", "front-desk_2", "7", &"a".repeat(NAME)] {
            assert_eq!(name_problem(good), None, "{good}");
        }
        for bad in ["", "-a", "_a", ".a", "a.test", "a/b", "a b", "..", "é", "compile", "null", &"a".repeat(NAME + 1)]
        {
            assert!(name_problem(bad).is_some_and(|why| why.starts_with("name: ")), "{bad}");
        }
    }
}
