//! `/api/v1/calls/{sid}/events`: a call's journal, line by line.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use model::CallEvent;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::EVENTS_A_PAGE;
use utoipa::{IntoParams, ToSchema};

use crate::Problem;
use crate::calls::milliseconds;
use crate::desk::Desk;
use crate::query::{Query, Sid};

/// Lines of a call's journal, oldest first.
#[derive(Serialize, ToSchema)]
pub struct Journal {
    /// The lines.
    pub events: Vec<Event>,
    /// The `from` of the next page; null if these are all lines so far.
    pub next: Option<u32>,
}

/// A line of a journal. Beside these fields it has those of its `event`.
#[derive(Serialize, ToSchema)]
pub struct Event {
    /// The call.
    pub call: String,
    /// The line's place in the journal, from 0.
    pub seq: u32,
    /// The party it concerns; 0 is the one that the call began with.
    pub leg: Option<u16>,
    /// Milliseconds since the call arrived, by a clock that never jumps.
    pub at_ms: u64,
    /// The same moment by the wall clock, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub wall: Timestamp,
    /// What happened, such as `answered`.
    pub event: String,
    /// What the event says of itself. Times in it are milliseconds, with names in `_ms`; in its `trace` microseconds, in `_us`.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

impl From<&CallEvent> for Event {
    fn from(event: &CallEvent) -> Self {
        let Ok(Value::Object(mut fields)) = serde_json::to_value(&event.kind) else {
            unreachable!("an event is an object");
        };
        let Some(Value::String(name)) = fields.shift_remove("event") else {
            unreachable!("and tagged by its name");
        };
        Self {
            call: event.call.to_string(),
            seq: event.seq,
            leg: event.leg.map(|leg| leg.0),
            at_ms: milliseconds(event.at),
            wall: event.wall,
            event: name,
            fields: fields.into_iter().map(readable).collect(),
        }
    }
}

/// A time as a number; everything else as it is. Within an object times are short ones: the phases of a request.
fn readable((name, value): (String, Value)) -> (String, Value) {
    match time(&value) {
        Some(time) => (format!("{name}_ms"), milliseconds(time).into()),
        None => match value {
            Value::Object(parts) => (name, parts.into_iter().map(brief).collect()),
            value => (name, value),
        },
    }
}

fn brief((name, value): (String, Value)) -> (String, Value) {
    match time(&value) {
        Some(time) => (format!("{name}_us"), u64::try_from(time.as_micros()).unwrap_or(u64::MAX).into()),
        None => (name, value),
    }
}

fn time(value: &Value) -> Option<Duration> {
    value.is_object().then(|| Duration::deserialize(value).ok()).flatten()
}

/// Where to begin.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Start {
    /// The first line wanted, 0 unless told.
    #[serde(default)]
    from: u32,
}

/// Shows a call's journal.
///
/// A page has at most 10,000 lines.
#[utoipa::path(
    get, path = "/api/v1/calls/{sid}/events", operation_id = "showJournal", tag = "calls",
    params(("sid" = String, Path, description = "The call's name."), Start),
    responses(
        (status = 200, body = Journal, description = "The journal's lines."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such call."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn page(
    State(desk): State<Arc<Desk>>,
    Sid(sid): Sid,
    Query(Start { from }): Query<Start>,
) -> Result<Json<Journal>, Problem> {
    let name = sid.clone();
    let page = desk.ask(move |reader, tenant| {
        let known = reader.call(tenant, &name)?.is_some();
        known.then(|| reader.events(tenant, &name, from)).transpose()
    });
    let lines = page.await?.ok_or_else(|| Problem::no_such_call(sid.as_str()))?;
    let next = lines.last().filter(|_| lines.len() == EVENTS_A_PAGE).map(|last| last.seq + 1);
    Ok(Json(Journal { events: lines.iter().map(Event::from).collect(), next }))
}
