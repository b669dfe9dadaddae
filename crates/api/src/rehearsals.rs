//! `/api/v1/rehearsals`: a call played through a document by the engine that answers the line, in no time and without a phone.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use flow::SETTING_ITEMS;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::task;
use utoipa::ToSchema;

use crate::calls::CauseView;
use crate::compile::DOCUMENT_BODY_BYTES;
use crate::desk::Desk;
use crate::query::{Nothing, Query};
use crate::{Asked, Event, Played, Problem, Script, Stride, body};

/// Rehearsals at a time: each takes a core while it lasts.
pub const REHEARSALS: usize = 2;

/// Keys, sites and people of a rehearsal, of each at most so many.
pub const SCRIPT_ITEMS: usize = SETTING_ITEMS;

/// What is to happen.
#[derive(Deserialize, ToSchema)]
#[schema(as = RehearsalWanted)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The flow, YAML or JSON.
    document: String,
    /// Who calls, `+919900000001` unless told.
    caller: Option<String>,
    /// Which number is called, `+918044444444` unless told.
    number: Option<String>,
    /// Keys for each step that waits for some, in turn; empty ones let it wait in vain. At most 100.
    #[serde(default)]
    press: Vec<String>,
    /// What sites reply, by URL without its query: `200`, `302@800ms`, `200:{"select":"x"}`, `timeout`, `refused`; or a list of
    /// those, said in turn. At most 100.
    #[serde(default)]
    web: BTreeMap<String, Replies>,
    /// How people behave who are called, by user, number or `sip:` URI: `after:4s talks:30s`, `busy`, `rings`, `silent`,
    /// `rejects:603`. At most 100.
    #[serde(default)]
    answer: BTreeMap<String, String>,
}

/// One reply, or several in turn.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum Replies {
    One(String),
    Several(Vec<String>),
}

/// What came of a rehearsal.
#[derive(Serialize, ToSchema)]
pub struct RehearsalView {
    /// The nodes that the call came to, in order.
    pub steps: Vec<StepView>,
    /// The call's journal, as `/api/v1/calls/{sid}/events` has it.
    pub events: Vec<Event>,
    /// What was said, a line each: seconds, who, what.
    pub ladder: String,
    /// What the web was asked, in order.
    pub requests: Vec<RequestedView>,
    /// Why the call ended; null if it never came to a flow.
    pub cause: Option<CauseView>,
    /// What went wrong: a fault of the flow, a call that did not end.
    pub troubles: Vec<String>,
    /// Who was dialled and what was asked without being named in the request.
    pub strangers: Vec<String>,
    /// A test file that says this, in YAML.
    pub test: String,
}

/// A node that the call came to.
#[derive(Serialize, ToSchema)]
pub struct StepView {
    /// The node.
    pub node: String,
    /// The exit that it was left by; null if the call ended there, or went on in another flow.
    pub exit: Option<String>,
    /// The flow that the call went on in; null if it did not.
    pub flow: Option<String>,
}

/// What the web was asked.
#[derive(Serialize, ToSchema)]
pub struct RequestedView {
    /// Where to, without the query.
    pub url: String,
    /// `GET` or `POST`.
    pub method: String,
    /// The parameters of the query, or the fields of the body; of a name that is given several times, the list of its values.
    #[schema(value_type = Object)]
    pub fields: Map<String, Value>,
}

impl From<Played> for RehearsalView {
    fn from(played: Played) -> Self {
        let Played { walk, events, ladder, requests, cause, troubles, strangers, test } = played;
        let step = |Stride { node, exit, flow }| StepView { node, exit, flow };
        let request = |Asked { url, method, fields }| RequestedView { url, method, fields };
        Self {
            steps: walk.into_iter().map(step).collect(),
            events: events.iter().map(Event::from).collect(),
            ladder,
            requests: requests.into_iter().map(request).collect(),
            cause: cause.map(CauseView::from),
            troubles,
            strangers,
            test,
        }
    }
}

impl Wanted {
    fn script(self) -> Result<Script, Problem> {
        let Self { document, caller, number, press, web, answer } = self;
        let replies = |(url, replies)| match replies {
            Replies::One(reply) => (url, vec![reply]),
            Replies::Several(replies) => (url, replies),
        };
        let web: BTreeMap<String, Vec<String>> = web.into_iter().map(replies).collect();
        let longest = web.values().map(Vec::len).max().unwrap_or_default();
        let counts = [("press", press.len()), ("web", web.len().max(longest)), ("answer", answer.len())];
        if let Some((what, count)) = counts.into_iter().find(|(_, count)| *count > SCRIPT_ITEMS) {
            return Err(Problem::bad_body(&format!("{what}: there are {count} items, {SCRIPT_ITEMS} are allowed")));
        }
        Ok(Script { document, caller, number, press, web, answer })
    }
}

/// Plays a call through a document.
///
/// The document need not be kept anywhere. Flows that it goes on in are those that are published. A call that does not end is
/// cut after ten minutes of its own time.
#[utoipa::path(
    post, path = "/api/v1/rehearsals", operation_id = "rehearse", tag = "flows",
    request_body(content = Wanted, description = "What is to happen."),
    responses(
        (status = 200, body = RehearsalView, description = "What came of it."),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "The document or the script is not fit."),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "Others are under way."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn rehearse(
    State(desk): State<Arc<Desk>>,
    _: Query<Nothing>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<RehearsalView>, Problem> {
    let script = body::read::<Wanted>(body, DOCUMENT_BODY_BYTES)?.script()?;
    let stage = Arc::clone(&desk.stages).try_acquire_owned().map_err(|_| Problem::busy("rehearsals"))?;
    let workshop = Arc::clone(&desk.api.workshop);
    let played = task::spawn_blocking(move || {
        let _until_done = stage; // the thread goes on when the request is dropped, and so does this
        workshop.rehearse(&script).map(RehearsalView::from)
    });
    match played.await {
        Ok(played) => played.map(Json).map_err(Problem::not_a_flow),
        Err(panic) => {
            tracing::error!(%panic, "a rehearsal ended badly");
            Err(Problem::fault())
        }
    }
}
