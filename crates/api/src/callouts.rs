//! `/api/v1/callouts`: the requests that calls wait for and the reports that are owed for them, newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{AttemptKind, CALLOUTS_A_PAGE, CalloutFilter, CalloutPlace, CalloutRow, CalloutState};
use utoipa::{IntoParams, ToSchema};

use crate::Problem;
use crate::calls::{milliseconds, moment};
use crate::desk::Desk;
use crate::query::{Query, Sid};

/// Callouts on a page that asks for no number.
pub const CALLOUTS_BY_DEFAULT: usize = 50;

/// A page of callouts, newest first.
#[derive(Serialize, ToSchema)]
pub struct CalloutPage {
    /// The callouts.
    pub callouts: Vec<Callout>,
    /// The `cursor` of the page after this one; null if this is the last.
    pub next: Option<String>,
}

/// A callout's summary. Times are RFC 3339, in UTC.
#[derive(Serialize, ToSchema)]
pub struct Callout {
    /// Its name, which its requests carry as `webhook-id`.
    pub id: String,
    /// The call that asked.
    pub call: String,
    /// The flow that asked; null if the call was begun by the API without one.
    pub flow: Option<String>,
    /// The node that asked.
    pub node: Option<String>,
    /// The node's applet.
    pub applet: Option<String>,
    /// `sync` if the call waited for it, `async` if it is owed until it is delivered.
    #[schema(value_type = String)]
    pub kind: AttemptKind,
    /// The method; `SEND` for a message to a person.
    pub method: String,
    /// Where to, without userinfo.
    pub url: String,
    /// Of a sync one `answered` or `failed`; of an async one `waiting`, `running`, `delivered` or `dead`.
    #[schema(value_type = String)]
    pub state: CalloutState,
    /// The status of the last answer.
    pub status: Option<u16>,
    /// Why there is none: `blocked`, `dns`, `refused`, `tls`, `timeout`, `bad-answer`, `circuit-open` or `cancelled`.
    pub failure: Option<String>,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub created: Timestamp,
    /// Requests made.
    pub attempts: u32,
    /// Milliseconds that the call waited; of an async one those from `created` until it was delivered or given up.
    pub took_ms: Option<u64>,
}

impl From<CalloutRow> for Callout {
    fn from(row: CalloutRow) -> Self {
        let named = |name: String| (!name.is_empty()).then_some(name);
        Self {
            id: format!("{}_{}", row.call, row.callout.0),
            call: row.call.to_string(),
            flow: named(row.asker.flow),
            node: named(row.asker.node),
            applet: named(row.asker.applet),
            kind: row.kind,
            method: row.method,
            url: row.url,
            state: row.state,
            status: row.status,
            failure: row.failure,
            created: row.created,
            attempts: row.attempts,
            took_ms: row.took.map(milliseconds),
        }
    }
}

/// Narrows and pages the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// `sync` or `async`.
    #[param(value_type = Option<String>)]
    kind: Option<AttemptKind>,
    /// `answered`, `failed`, `waiting`, `running`, `delivered` or `dead`.
    #[param(value_type = Option<String>)]
    state: Option<CalloutState>,
    /// The flow's name.
    flow: Option<String>,
    /// Scheme, host and port that are asked; a whole URL does as well.
    origin: Option<String>,
    /// The status of the last answer.
    status: Option<u16>,
    /// Why there is none, such as `timeout`.
    failure: Option<String>,
    /// Asked for at this moment or later, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime)]
    #[serde(default, deserialize_with = "moment")]
    since: Option<Timestamp>,
    /// Asked for before this moment, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime)]
    #[serde(default, deserialize_with = "moment")]
    until: Option<Timestamp>,
    /// Callouts on the page, 50 unless told.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

impl Filter {
    fn read(self) -> Result<(CalloutFilter, usize), Problem> {
        let limit = self.limit.unwrap_or(CALLOUTS_BY_DEFAULT);
        if !(1..=CALLOUTS_A_PAGE).contains(&limit) {
            return Err(Problem::parameter(&format!("limit: {limit} is not in 1 to {CALLOUTS_A_PAGE}")));
        }
        if let Some(word) = self.failure.as_ref().filter(|word| !model::HttpFailure::WORDS.contains(&&***word)) {
            return Err(Problem::parameter(&format!(
                "failure: `{word}` is none of {}",
                model::HttpFailure::WORDS.join(", ")
            )));
        }
        let Self { kind, state, flow, status, failure, since, until, .. } = self;
        let (origin, before) = (self.origin.map(|url| model::origin(&url)), place(self.cursor.as_deref())?);
        let filter =
            CalloutFilter { kind, state, flow, origin, status, failure, since, until, before, ..Default::default() };
        Ok((filter, limit))
    }
}

/// The place that a cursor names.
pub(crate) fn place(cursor: Option<&str>) -> Result<Option<CalloutPlace>, Problem> {
    let place = cursor.map(str::parse).transpose();
    place.map_err(|_| Problem::parameter("cursor: take `next` of the page before as it stands"))
}

/// Lists callouts, newest first.
///
/// Callouts that come while you page do not move the pages.
#[utoipa::path(
    get, path = "/api/v1/callouts", operation_id = "listCallouts", tag = "callouts", params(Filter),
    responses(
        (status = 200, body = CalloutPage, description = "A page of callouts."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn list(
    State(desk): State<Arc<Desk>>,
    Query(filter): Query<Filter>,
) -> Result<Json<CalloutPage>, Problem> {
    let (filter, limit) = filter.read()?;
    let page = desk.ask(move |reader, tenant| reader.callouts(tenant, &filter, limit)).await?;
    Ok(Json(page.into()))
}

/// Lists a call's callouts, newest first.
#[utoipa::path(
    get, path = "/api/v1/calls/{sid}/callouts", operation_id = "listCalloutsOfCall", tag = "callouts",
    params(("sid" = String, Path, description = "The call's name."), Filter),
    responses(
        (status = 200, body = CalloutPage, description = "A page of callouts."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such call."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn of_call(
    State(desk): State<Arc<Desk>>,
    Sid(sid): Sid,
    Query(filter): Query<Filter>,
) -> Result<Json<CalloutPage>, Problem> {
    let (filter, limit) = filter.read()?;
    let filter = CalloutFilter { call: Some(sid.clone()), ..filter };
    let name = sid.clone();
    let page = desk.ask(move |reader, tenant| {
        let known = reader.call(tenant, &name)?.is_some();
        known.then(|| reader.callouts(tenant, &filter, limit)).transpose()
    });
    page.await?.map(|page| Json(page.into())).ok_or_else(|| Problem::no_such_call(sid.as_str()))
}

impl From<store::CalloutPage> for CalloutPage {
    fn from(page: store::CalloutPage) -> Self {
        let next = page.next.map(|place| place.to_string());
        Self { callouts: page.callouts.into_iter().map(Callout::from).collect(), next }
    }
}
