//! `GET /v1/Accounts/{sid}/Calls` and `…/Calls/{sid}`: calls that were, and those that run.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use exotel::failure::Failure;
use exotel::recording::Links;
use exotel::{call_object, call_query};
use model::{CallSid, Cdr, Recording, Tenant};
use serde_json::{Value, json};
use store::{Cursor, Found, Page, Reader, RecordingState, StoreError, Unreadable};

use super::query::Query;
use super::reply::Reply;
use crate::desk::Desk;

/// Shows a call.
///
/// `details=true` adds what became of its parties; `RecordingUrlValidity`, 5 to 60 minutes, a link to its recording that is good for so long.
#[utoipa::path(
    get, path = "/v1/Accounts/{account}/Calls/{sid}", operation_id = "v1ShowCall", tag = "v1",
    params(
        ("account" = String, Path, description = "The account's name: `account_sid`."),
        ("sid" = String, Path, description = "The call's name."),
    ),
    responses((status = 200, description = "The call."), (status = "default", description = "A RestException."))
)]
pub(super) async fn one(
    State(desk): State<Arc<Desk>>,
    Path((_, sid)): Path<(String, String)>,
    Query(parameters): Query,
) -> Result<Reply, Reply> {
    let wanted = call_query::one(&parameters)?;
    let name = CallSid::new(sid.as_str());
    let record = desk
        .ask(move |reader, tenant| reader.call(tenant, &name)?.map(|cdr| Record::new(reader, tenant, cdr)).transpose());
    let record = record
        .await?
        .ok_or_else(|| Failure::new(404, format!("there is no call {sid}; Calls.json lists the calls")))?;
    let mut call = record.shown(&desk, wanted.details);
    if let Some(minutes) = wanted.validity {
        let links = desk.api.recordings.links.lasting(Duration::from_secs(60 * u64::from(minutes)));
        call["PreSignedRecordingUrl"] = record.link(&desk, &links).into();
    }
    Ok(Reply::good(json!({ "Call": call })))
}

/// Lists calls.
///
/// Narrowed by `Sid`, `DateCreated`, `To`, `From`, `PhoneNumber`, `Status`, `Direction`, `Duration` and `Price`; `PageSize`, `SortBy`,
/// `Before` and `After` page it.
#[utoipa::path(
    get, path = "/v1/Accounts/{account}/Calls", operation_id = "v1ListCalls", tag = "v1",
    params(("account" = String, Path, description = "The account's name: `account_sid`.")),
    responses((status = 200, description = "A page of calls."), (status = "default", description = "A RestException."))
)]
pub(super) async fn list(State(desk): State<Arc<Desk>>, query: Query) -> Result<Reply, Reply> {
    let wanted = call_query::many(&query.0, &desk.api.account)?;
    let page = match (&wanted.before, &wanted.after) {
        (Some(place), _) => Page::Before(cursor("Before", place)?),
        (None, Some(place)) => Page::After(cursor("After", place)?),
        (None, None) => Page::First,
    };
    let (search, limit) = (wanted.search, wanted.page_size);
    let found = if wanted.nothing {
        Found { calls: Vec::new(), unreadable: Vec::new(), total: 0, before: None, after: None }
    } else {
        desk.ask(move |reader, tenant| reader.search(tenant, &search, &page, limit)).await?
    };
    for Unreadable { call, why } in &found.unreadable {
        tracing::error!(%call, why, "a call's record cannot be read; the list is without it");
    }
    let calls = found.calls;
    let records = desk.ask(move |reader, tenant| {
        calls.into_iter().map(|cdr| Record::new(reader, tenant, cdr)).collect::<Result<Vec<_>, _>>()
    });
    let calls: Vec<Value> = records.await?.iter().map(|record| record.shown(&desk, wanted.details)).collect();
    let uri = |place: Option<(&str, &Cursor)>| page_uri(&desk.api.account.sid, &query, place);
    Ok(Reply::good(json!({
        "Metadata": {
            "Total": found.total,
            "PageSize": limit,
            "FirstPageUri": uri(None),
            "PrevPageUri": found.before.as_ref().map(|place| uri(Some(("Before", place)))),
            "NextPageUri": found.after.as_ref().map(|place| uri(Some(("After", place)))),
        },
        "Calls": calls,
    })))
}

/// A call's record, and its last recording.
struct Record {
    cdr: Cdr,
    recording: Option<Recording>,
}

impl Record {
    fn new(reader: &Reader, tenant: &Tenant, cdr: Cdr) -> Result<Self, StoreError> {
        let rows = cdr.recording.is_some().then(|| reader.recordings(tenant, &cdr.sid)).transpose()?;
        let there = rows.unwrap_or_default().into_iter().filter(|row| row.state != RecordingState::Removed);
        let mut known = there.map(|row| row.recording);
        let recording = known.find(|known| cdr.recording.as_ref() == Some(&known.name));
        Ok(Self { recording, cdr })
    }

    fn shown(&self, desk: &Desk, details: bool) -> Value {
        let link = self.link(desk, &desk.api.recordings.links);
        let mut call = call_object::one(&self.cdr, &desk.api.account, link.as_deref());
        if details {
            call["Details"] = call_object::details(&self.cdr, (desk.api.recordings.now)());
        }
        call
    }

    /// Where the recording can be fetched, if there is one.
    fn link(&self, desk: &Desk, links: &Links) -> Option<String> {
        let now = (desk.api.recordings.now)();
        self.recording.as_ref().map(|it| links.url(&it.name, it.record.format.is_mp3(), &it.tenant, now))
    }
}

fn cursor(name: &str, text: &str) -> Result<Cursor, Failure> {
    text.parse().map_err(|_| Failure::parameter(name, "take the URI of a page as it stands in Metadata"))
}

/// The same list from that place on.
fn page_uri(account: &str, query: &Query, place: Option<(&str, &Cursor)>) -> String {
    let filters = query.without(&["Before", "After"]);
    let place = place.map(|(name, cursor)| format!("{name}={cursor}"));
    let parts: Vec<String> = Some(filters).filter(|text| !text.is_empty()).into_iter().chain(place).collect();
    let start = if parts.is_empty() { "" } else { "?" };
    format!("/v1/Accounts/{account}/Calls.json{start}{}", parts.join("&"))
}
