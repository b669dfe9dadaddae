//! `/api/v1/callouts/{id}/replay` and `/api/v1/callouts/replay`: sends callouts again, one as it was or changed, or many.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use futures_util::future::join_all;
use jiff::Timestamp;
use model::{HttpRequest, Message};
use serde::{Deserialize, Serialize};
use store::{CalloutFilter, CalloutRow, CalloutState, Deed, Replay, Replayed};
use url::Url;
use utoipa::ToSchema;

use crate::callout::{Id, is_secret};
use crate::callouts::place;
use crate::desk::Desk;
use crate::query::{Nothing, Query};
use crate::{Author, Problem, body};

/// Bytes that the body of such a request may have.
pub const REPLAY_BODY_BYTES: usize = 256 * 1024;

/// Callouts that one request sends again at most.
pub const REPLAYS: usize = 1000;

/// Callouts that are handed to the store at a time, so that calls have their turn in between.
const AT_A_TIME: usize = 64;

/// Header fields that frame the message: the client sets them.
const FRAMING: [&str; 7] = ["host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"];

/// What is to be changed; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Change {
    /// Where to. At the same scheme, host and port the user and password of the URL before stay; elsewhere neither they nor
    /// `Authorization` go along.
    url: Option<String>,
    /// `GET`, `HEAD` or `POST`.
    method: Option<String>,
    /// Header fields to set, or with null to leave out; the others stay.
    headers: BTreeMap<String, Option<String>>,
    /// The body, as text.
    body: Option<String>,
}

/// A callout that is owed again.
#[derive(Serialize, ToSchema)]
pub struct ReplayView {
    /// The callout that is owed now.
    pub id: String,
    /// The callout that was sent before; the same unless something was changed, or a call had waited for it.
    pub of: String,
}

/// Which callouts to send again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = ReplaysWanted)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Wanted {
    /// `dead` unless told; or `delivered`, `answered`, `failed`.
    #[schema(value_type = Option<String>)]
    state: Option<CalloutState>,
    /// The flow's name.
    flow: Option<String>,
    /// Scheme, host and port that are asked; a whole URL does as well.
    origin: Option<String>,
    /// Asked for at this moment or later, RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Asked for before this moment, RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// `next` of the answer before.
    cursor: Option<String>,
    /// Only says how many there are.
    dry_run: bool,
}

/// What was done.
#[derive(Serialize, ToSchema)]
pub struct ReplaysView {
    /// Callouts that are looked for, at most 1,000.
    pub found: usize,
    /// Those that are owed again now; 0 in a dry run. One that somebody else sent again meanwhile, or whose request cannot be
    /// read, is not.
    pub replayed: usize,
    /// Whether there are more.
    pub more: bool,
    /// The `cursor` to go on with; null if there are no more.
    pub next: Option<String>,
}

impl Change {
    fn is_none(&self) -> bool {
        self.url.is_none() && self.method.is_none() && self.headers.is_empty() && self.body.is_none()
    }

    /// The request with the changes; why it cannot be, if so.
    fn apply(self, mut request: HttpRequest) -> Result<HttpRequest, String> {
        if let Some(url) = self.url {
            if model::origin(&url) == model::origin(&request.url) {
                request.url = with_userinfo_of(&request.url, url);
            } else {
                request.headers.retain(|(name, _)| !is_secret(name));
                request.url = url;
            }
        }
        request.method = self.method.unwrap_or(request.method);
        for (name, value) in self.headers {
            let is_token = HeaderName::try_from(&name).is_ok();
            if !is_token || FRAMING.iter().any(|framing| name.eq_ignore_ascii_case(framing)) {
                return Err(format!("headers: `{name}` cannot be set"));
            }
            request.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
            if let Some(value) = value {
                HeaderValue::try_from(&value).map_err(|_| format!("headers: the value of `{name}` breaks the line"))?;
                request.headers.push((name, value));
            }
        }
        match self.body {
            Some(body) => request.body = body.into_bytes(),
            None if request.method != "POST" => request.body.clear(),
            None => {}
        }
        check(&request).map(|()| request)
    }
}

/// Why the client would not send this.
fn check(request: &HttpRequest) -> Result<(), String> {
    if Message::read(&request.url).is_some() {
        return match request.method.as_str() {
            "SEND" => Ok(()),
            _ => Err("method: a message has none; leave it out".into()),
        };
    }
    let url = Url::parse(&request.url).map_err(|why| format!("url: {why}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("url: it is neither http nor https".into());
    }
    match request.method.as_str() {
        "POST" => Ok(()),
        "GET" | "HEAD" if request.body.is_empty() => Ok(()),
        "GET" | "HEAD" => Err("body: only a POST has one".into()),
        _ => Err("method: it is none of GET, HEAD and POST".into()),
    }
}

/// The new URL with the user and password of the one before, unless it has its own.
fn with_userinfo_of(before: &str, url: String) -> String {
    let userinfo = |url: &str| {
        let shown = model::without_userinfo(url);
        let length = url.len() - shown.len(); // with its at sign
        url.find("://").map(|at| url[at + 3..at + 3 + length].to_owned()).filter(|userinfo| !userinfo.is_empty())
    };
    match (userinfo(before), userinfo(&url), url.split_once("://")) {
        (Some(userinfo), None, Some((scheme, rest))) => format!("{scheme}://{userinfo}{rest}"),
        _ => url,
    }
}

/// Sends a callout again, now.
///
/// Without a body as it was; a report under its name, with a fresh allowance of tries. What is changed, and what a call had waited
/// for, is a callout of its own. The call is not affected; its journal says so.
#[utoipa::path(
    post, path = "/api/v1/callouts/{id}/replay", operation_id = "replayCallout", tag = "callouts",
    params(("id" = String, Path, description = "The callout's name.")),
    request_body(content = Change, description = "What is to be changed, if anything."),
    responses(
        (status = 202, body = ReplayView, description = "It is owed again."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such callout."),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "It is owed still."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn one(
    State(desk): State<Arc<Desk>>,
    Author(author): Author,
    Id(call, callout): Id,
    _: Query<Nothing>,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<ReplayView>), Problem> {
    let change: Change = body::read_or_default(body, REPLAY_BODY_BYTES)?;
    let of = format!("{call}_{}", callout.0);
    let mut instead = None;
    if !change.is_none() {
        let name = call.clone();
        let found = desk.ask(move |reader, tenant| reader.callout(tenant, &name, callout)).await?;
        let request = found.and_then(|found| found.request).ok_or_else(|| Problem::no_such_callout(&of))?;
        instead = Some(change.apply(request).map_err(|why| Problem::bad_body(&why))?);
    }
    let replay = Replay { tenant: desk.api.tenant.clone(), call: call.clone(), callout, instead, by: Some(author) };
    match desk.replay(replay).await? {
        Replayed::Owed { callout, event } => {
            desk.tell(*event);
            Ok((StatusCode::ACCEPTED, Json(ReplayView { id: format!("{call}_{}", callout.0), of })))
        }
        Replayed::Busy(state) => Err(Problem::callout_owed(&of, state.as_str())),
        Replayed::Unknown => Err(Problem::no_such_callout(&of)),
    }
}

/// Sends many callouts again: the dead ones, unless told otherwise.
///
/// At most 1,000 a request, the newest first; `next` goes on with those before.
#[utoipa::path(
    post, path = "/api/v1/callouts/replay", operation_id = "replayCallouts", tag = "callouts",
    request_body(content = Wanted, description = "Which."),
    responses(
        (status = 200, body = ReplaysView, description = "How many."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn many(
    State(desk): State<Arc<Desk>>,
    Author(author): Author,
    _: Query<Nothing>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<ReplaysView>, Problem> {
    let wanted: Wanted = body::read_or_default(body, REPLAY_BODY_BYTES)?;
    let state = wanted.state.unwrap_or(CalloutState::Dead);
    if matches!(state, CalloutState::Waiting | CalloutState::Running) {
        return Err(Problem::bad_body(&format!("state: what is {} is owed still", state.as_str())));
    }
    let filter = CalloutFilter {
        state: Some(state),
        flow: wanted.flow,
        origin: wanted.origin.map(|url| model::origin(&url)),
        since: wanted.since,
        until: wanted.until,
        before: place(wanted.cursor.as_deref())?,
        ..CalloutFilter::default()
    };
    let which = shown(&filter);
    let page = desk.ask(move |reader, tenant| reader.callouts(tenant, &filter, REPLAYS)).await?;
    let mut replayed = 0;
    if !wanted.dry_run && !page.callouts.is_empty() {
        let detail = format!("{} found", page.callouts.len());
        desk.note(Deed::new(&author, "replay callouts", &which).with_detail(detail)).await;
        replayed = replay_all(&desk, &page.callouts).await?;
    }
    let next = page.next.map(|place| place.to_string());
    Ok(Json(ReplaysView { found: page.callouts.len(), replayed, more: next.is_some(), next }))
}

/// Which callouts those are, as the audit log tells of them.
fn shown(filter: &CalloutFilter) -> String {
    let CalloutFilter { state, flow, origin, since, until, .. } = filter;
    let parts = [
        state.map(|state| state.as_str().to_owned()),
        flow.as_ref().map(|flow| format!("of flow {flow}")),
        origin.as_ref().map(|origin| format!("to {origin}")),
        since.map(|since| format!("since {since}")),
        until.map(|until| format!("until {until}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Sends all of them again, the oldest first; says how many.
async fn replay_all(desk: &Desk, callouts: &[CalloutRow]) -> Result<usize, Problem> {
    let mut count = 0;
    for some in callouts.rchunks(AT_A_TIME) {
        let replay = |row: &CalloutRow| Replay {
            tenant: desk.api.tenant.clone(),
            call: row.call.clone(),
            callout: row.callout,
            instead: None,
            by: None,
        };
        for replayed in join_all(some.iter().rev().map(|row| desk.replay(replay(row)))).await {
            if let Replayed::Owed { event, .. } = replayed? {
                desk.tell(*event);
                count += 1;
            }
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn before() -> HttpRequest {
        let url = "https://u:p@crm.example/calls?x=1";
        HttpRequest::post(url, "text/plain", b"old".to_vec(), Duration::from_secs(5))
            .with_header("Authorization", "Bearer t")
    }

    fn change(json: &str) -> Result<HttpRequest, String> {
        serde_json::from_str::<Change>(json).expect("a change").apply(before())
    }

    #[test]
    fn secrets_stay_at_their_origin() {
        let rows = [
            (r#"{"url":"https://crm.example/other"}"#, "https://u:p@crm.example/other", true),
            (r#"{"url":"https://CRM.example/"}"#, "https://u:p@CRM.example/", true),
            (r#"{"url":"https://a:b@crm.example/"}"#, "https://a:b@crm.example/", true),
            (r#"{"url":"https://crm.example:8443/"}"#, "https://crm.example:8443/", false),
            (r#"{"url":"http://crm.example/"}"#, "http://crm.example/", false),
            (r#"{"url":"https://crm.example.evil.example/"}"#, "https://crm.example.evil.example/", false),
        ];
        for (json, url, kept) in rows {
            let request = change(json).unwrap();
            let has = request.headers.iter().any(|(name, _)| name == "Authorization");
            assert_eq!((request.url.as_str(), has), (url, kept), "{json}");
        }
    }

    #[test]
    fn what_is_left_out_stays() {
        let request = change(r#"{"headers":{"content-type":"text/html","X-New":"1","AUTHORIZATION":null}}"#).unwrap();
        let pairs: Vec<_> = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("X-New", "1"), ("content-type", "text/html")]);
        assert_eq!((request.method.as_str(), request.body.as_slice()), ("POST", &b"old"[..]));
        let request = change(r#"{"body":"new"}"#).unwrap();
        assert_eq!(request, HttpRequest { body: b"new".to_vec(), ..before() });
        let request = change(r#"{"method":"GET"}"#).unwrap();
        assert_eq!(request, HttpRequest { method: "GET".into(), body: Vec::new(), ..before() });
    }

    #[test]
    fn what_the_client_would_not_send_is_refused() {
        let rows = [
            (r#"{"url":"crm"}"#, "url"),
            (r#"{"url":"ftp://crm.example/"}"#, "url"),
            (r#"{"url":"sms:+919900000001?body=x"}"#, "method"),
            (r#"{"method":"PUT"}"#, "method"),
            (r#"{"method":"get"}"#, "method"),
            (r#"{"method":"GET","body":"x"}"#, "body"),
            (r#"{"headers":{"Host":"x"}}"#, "headers: `Host`"),
            (r#"{"headers":{"a b":"x"}}"#, "headers: `a b`"),
            (r#"{"headers":{"a":"x\ny"}}"#, "headers: the value of `a`"),
        ];
        for (json, named) in rows {
            let why = change(json).unwrap_err();
            assert!(why.starts_with(named), "{json}: {why}");
        }
    }
}
