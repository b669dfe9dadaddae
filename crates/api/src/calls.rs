//! `/api/v1/calls`: the call records, and the hand that ends a call.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use jiff::Timestamp;
use model::{CallState, Cause, Cdr, Direction, EndedBy};
use serde::{Deserialize, Deserializer, Serialize, de};
use store::{CALLS_A_PAGE, CallFilter, Cursor, Deed, Unreadable};
use utoipa::{IntoParams, ToSchema};

use crate::desk::Desk;
use crate::query::{Nothing, Query, Sid};
use crate::{Author, Problem};

/// Calls on a page that asks for no number.
pub const CALLS_BY_DEFAULT: usize = 50;

/// Bytes of a body that are read before it is refused.
pub const HANGUP_BODY_BYTES: usize = 1024;

/// A page of calls, newest first.
#[derive(Serialize, ToSchema)]
pub struct CallPage {
    /// The calls.
    pub calls: Vec<Call>,
    /// The `cursor` of the page after this one; null if this is the last.
    pub next: Option<String>,
}

/// A call's summary. Times are RFC 3339, in UTC.
#[derive(Serialize, ToSchema)]
pub struct Call {
    /// The call's name.
    pub sid: String,
    /// `incoming` or `outgoing`.
    #[schema(value_type = String)]
    pub direction: Direction,
    /// The caller.
    pub from: String,
    /// The number called.
    pub to: String,
    /// The flow that ran it.
    pub flow: Option<String>,
    /// Which version of it; `/api/v1/flows/{name}/versions/{version}` has its document.
    pub flow_version: Option<u64>,
    /// `ringing`, `in-progress`, `completed` or `unanswered`.
    #[schema(value_type = String)]
    pub state: CallState,
    /// When it arrived.
    #[schema(value_type = String, format = DateTime)]
    pub created: Timestamp,
    /// When the first party was answered.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub answered: Option<Timestamp>,
    /// When it ended: when its first party was gone.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended: Option<Timestamp>,
    /// From arrival to end, in milliseconds.
    pub duration_ms: Option<u64>,
    /// From answer to end, in milliseconds; 0 if it was never answered.
    pub billable_ms: Option<u64>,
    /// Why it ended.
    pub cause: Option<CauseView>,
    /// `caller`, `callee`, `us` or `network`.
    #[schema(value_type = Option<String>)]
    pub ended_by: Option<EndedBy>,
    /// The node that the flow stands at, or stood at when the first party was gone: where a caller hung up.
    pub node: Option<String>,
    /// Its last recording; `/api/v1/calls/{sid}/recordings` has the links.
    pub recording: Option<String>,
    /// Parties dialled.
    pub dialled: u32,
    /// Callouts made or queued.
    pub callouts: u32,
    /// Callouts that failed or were answered with a status of 400 or above.
    pub callouts_failed: u32,
    /// Faults journalled.
    pub faults: u32,
    /// Lines in the journal.
    pub events: u32,
}

/// A cause of ITU-T Q.850.
#[derive(Serialize, ToSchema)]
pub struct CauseView {
    /// Its value, 1 to 127.
    pub value: u8,
    /// Its name, such as `NORMAL_CLEARING`.
    pub name: Option<&'static str>,
}

/// The call is being ended; its journal tells when it has.
#[derive(Serialize, ToSchema)]
pub struct HangingUp {
    /// The call.
    pub sid: String,
}

/// Narrows and pages the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// The caller, as the record has it. The plus sign is written %2B.
    from: Option<String>,
    /// The number called, as the record has it. The plus sign is written %2B.
    to: Option<String>,
    /// `ringing`, `in-progress`, `completed` or `unanswered`.
    #[param(value_type = Option<String>)]
    state: Option<CallState>,
    /// The flow's name.
    flow: Option<String>,
    /// Arrived at this moment or later, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime)]
    #[serde(default, deserialize_with = "moment")]
    since: Option<Timestamp>,
    /// Arrived before this moment, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime)]
    #[serde(default, deserialize_with = "moment")]
    until: Option<Timestamp>,
    /// Calls on the page, 50 unless told.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

impl Filter {
    fn read(self) -> Result<(CallFilter, usize), Problem> {
        let limit = self.limit.unwrap_or(CALLS_BY_DEFAULT);
        if !(1..=CALLS_A_PAGE).contains(&limit) {
            return Err(Problem::parameter(&format!("limit: {limit} is not in 1 to {CALLS_A_PAGE}")));
        }
        let cursor = self.cursor.map(|text| text.parse::<Cursor>()).transpose();
        let before = cursor.map_err(|_| Problem::parameter("cursor: take `next` of the page before as it stands"))?;
        let Self { state, flow, since, until, .. } = self;
        Ok((CallFilter { from: self.from.map(plus), to: self.to.map(plus), state, flow, since, until, before }, limit))
    }
}

/// No number begins with a space: it was a plus sign that was not percent-encoded.
fn plus(number: String) -> String {
    match number.strip_prefix(' ') {
        Some(digits) => format!("+{digits}"),
        None => number,
    }
}

/// A moment; a space after its time was a plus sign as well.
pub(crate) fn moment<'de, D: Deserializer<'de>>(text: D) -> Result<Option<Timestamp>, D::Error> {
    let text = String::deserialize(text)?;
    let text = match text.rsplit_once(' ') {
        Some((time, offset)) if time.contains(':') => format!("{time}+{offset}"),
        _ => text,
    };
    text.parse().map(Some).map_err(de::Error::custom)
}

pub(crate) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl From<Cause> for CauseView {
    fn from(cause: Cause) -> Self {
        Self { value: cause.0, name: cause.name() }
    }
}

impl From<Cdr> for Call {
    fn from(cdr: Cdr) -> Self {
        Self {
            sid: cdr.sid.to_string(),
            direction: cdr.direction,
            from: cdr.from,
            to: cdr.to,
            flow: cdr.flow,
            flow_version: cdr.flow_version,
            state: cdr.state,
            created: cdr.created,
            answered: cdr.answered,
            ended: cdr.ended,
            duration_ms: cdr.duration.map(milliseconds),
            billable_ms: cdr.billable.map(milliseconds),
            cause: cdr.cause.map(CauseView::from),
            ended_by: cdr.ended_by,
            node: cdr.node,
            recording: cdr.recording.map(String::from),
            dialled: cdr.dialled,
            callouts: cdr.callouts,
            callouts_failed: cdr.callouts_failed,
            faults: cdr.faults,
            events: cdr.events,
        }
    }
}

/// Lists calls, newest first.
///
/// Calls that arrive while you page do not move the pages.
#[utoipa::path(
    get, path = "/api/v1/calls", operation_id = "listCalls", tag = "calls", params(Filter),
    responses(
        (status = 200, body = CallPage, description = "A page of calls."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn list(
    State(desk): State<Arc<Desk>>,
    Query(filter): Query<Filter>,
) -> Result<Json<CallPage>, Problem> {
    let (filter, limit) = filter.read()?;
    let page = desk.ask(move |reader, tenant| reader.calls(tenant, &filter, limit)).await?;
    for Unreadable { call, why } in page.unreadable {
        tracing::error!(%call, why, "a call's record cannot be read; the list is without it");
    }
    let next = page.next.map(|cursor| cursor.to_string());
    Ok(Json(CallPage { calls: page.calls.into_iter().map(Call::from).collect(), next }))
}

/// Shows a call.
#[utoipa::path(
    get, path = "/api/v1/calls/{sid}", operation_id = "showCall", tag = "calls",
    params(("sid" = String, Path, description = "The call's name.")),
    responses(
        (status = 200, body = Call, description = "The call."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such call."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn one(
    State(desk): State<Arc<Desk>>,
    Sid(sid): Sid,
    _: Query<Nothing>,
) -> Result<Json<Call>, Problem> {
    let name = sid.clone();
    let call = desk.ask(move |reader, tenant| reader.call(tenant, &name)).await?;
    call.map(|cdr| Json(cdr.into())).ok_or_else(|| Problem::no_such_call(sid.as_str()))
}

/// Hangs up a running call.
///
/// The answer comes before the call has ended.
#[utoipa::path(
    post, path = "/api/v1/calls/{sid}/hangup", operation_id = "hangUpCall", tag = "calls",
    params(("sid" = String, Path, description = "The call's name.")),
    responses(
        (status = 202, body = HangingUp, description = "The call is being ended."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such call."),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The call is over."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn hang_up(
    State(desk): State<Arc<Desk>>,
    Author(author): Author,
    Sid(sid): Sid,
    _: Query<Nothing>,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<HangingUp>), Problem> {
    let body = body.map_err(|rejection| Problem::body(rejection.status()))?;
    if !body.is_empty() {
        return Err(Problem::body(StatusCode::BAD_REQUEST));
    }
    if desk.wait(desk.api.switch.hang_up(sid.clone())).await? {
        desk.note(Deed::new(&author, "hang up call", sid.as_str())).await;
        return Ok((StatusCode::ACCEPTED, Json(HangingUp { sid: sid.to_string() })));
    }
    let name = sid.clone();
    let known = desk.ask(move |reader, tenant| reader.call(tenant, &name)).await?.is_some();
    Err(if known { Problem::call_over(sid.as_str()) } else { Problem::no_such_call(sid.as_str()) })
}
