//! `/api/v1/flows/{name}/publish`: a draft becomes the document that new calls run.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use serde::{Deserialize, Serialize};
use store::{Publisher, Revision};
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::compile::DOCUMENT_BODY_BYTES;
use crate::desk::Desk;
use crate::query::{Flow, Nothing, Query};
use crate::{Author, Problem, Publication, Unpublished, body};

/// How long the publisher may take: it speaks every prompt that is new.
pub const PUBLISHER_PATIENCE: Duration = Duration::from_secs(60);

/// Characters of what is said of a version.
const MESSAGE_CHARS: usize = 1_000;

/// What is published.
#[derive(Deserialize, ToSchema)]
#[schema(as = PublishWanted)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// What is to be said of it, at most 1,000 characters.
    #[serde(default)]
    message: String,
    /// The flow's `revision` as it was read.
    revision: String,
}

/// It is published: calls that begin from now on run it.
#[derive(Serialize, ToSchema)]
pub struct PublishedAs {
    /// Its version.
    pub version: u64,
}

impl Desk {
    /// Has a document published, and waits until the switch runs it.
    pub(crate) async fn publish(&self, wanted: Publication) -> Result<Json<PublishedAs>, Problem> {
        let flow = wanted.flow.clone();
        let published = timeout(PUBLISHER_PATIENCE, self.api.workshop.publish(wanted)).await;
        match published.map_err(|_| Problem::publisher())? {
            Ok(version) => Ok(Json(PublishedAs { version })),
            Err(Unpublished::Wrong(diagnostics)) => Err(Problem::not_a_flow(diagnostics)),
            Err(Unpublished::Stale) => Err(Problem::stale(&flow)),
            Err(Unpublished::Busy) => Err(Problem::busy("publications")),
            Err(Unpublished::Failed(why)) => {
                tracing::error!(flow, why, "a flow was not published");
                Err(Problem::not_published(&why))
            }
        }
    }
}

/// A message that is not too long.
pub(crate) fn message(text: String) -> Result<String, Problem> {
    match text.chars().count() {
        ..=MESSAGE_CHARS => Ok(text),
        length => Err(Problem::bad_body(&format!("message: it has {length} characters, {MESSAGE_CHARS} are allowed"))),
    }
}

/// Publishes a flow's draft.
///
/// It is written into the flow's file. The answer comes when calls that begin run it; those under way go on with theirs.
#[utoipa::path(
    post, path = "/api/v1/flows/{name}/publish", operation_id = "publishFlow", tag = "flows",
    params(("name" = String, Path, description = "The flow's name.")),
    request_body(content = Wanted, description = "What is published."),
    responses(
        (status = 200, body = PublishedAs, description = "It is published."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such flow, or no draft of it."),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The flow was changed since it was read."),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "The draft is not fit to run."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn publish(
    State(desk): State<Arc<Desk>>,
    Flow(flow): Flow,
    Author(author): Author,
    _: Query<Nothing>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<PublishedAs>, Problem> {
    let Wanted { message: said, revision } = body::read(body, DOCUMENT_BODY_BYTES)?;
    let message = message(said)?;
    let standing = desk.standing(&flow).await?;
    let read = revision.parse::<Revision>().ok().filter(|read| *read == standing.state.revision());
    let read = Some(read.ok_or_else(|| Problem::stale(&flow))?);
    let document = standing.draft().ok_or_else(|| Problem::no_draft(&flow))?.to_owned();
    let draft = standing.state.draft.map(|draft| (flow.clone(), draft.id));
    let by = Publisher { author, message, action: "publish flow", draft };
    desk.publish(Publication { flow, document, read, by }).await
}
