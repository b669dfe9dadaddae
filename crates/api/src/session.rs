//! `/api/v1/session`: signing in and out; `/api/v1/welcome`: how the first administrator comes in.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use store::{Changed, PeopleChange};
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::Problem;
use crate::access::{COOKIE, Who, cookie, who};
use crate::address::Address;
use crate::body;
use crate::calls::HANGUP_BODY_BYTES;
use crate::desk::Desk;
use crate::password;
use crate::people;
use crate::query::{Nothing, Query};

/// Bytes of a session's or link's secret.
const SECRET: usize = 32;

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub struct SessionView {
    /// The person; `local` if nobody need sign in; null if somebody must and has not.
    pub name: Option<String>,
    /// `viewer`, `author` or `admin`: what they may do.
    pub role: Option<&'static str>,
    /// Whether there is a session.
    pub signed_in: bool,
    /// Whether there must be one.
    pub required: bool,
}

/// Somebody who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    /// The name.
    name: String,
    /// The password.
    password: String,
}

/// Somebody who comes by a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Welcomed {
    /// What the link carries.
    token: String,
    /// The name to sign in with from now on.
    name: String,
    /// The password, of ten characters at least.
    password: String,
}

impl From<Who> for SessionView {
    fn from(Who { name, role, signed_in, required }: Who) -> Self {
        Self { name: Some(name), role: Some(role.as_str()), signed_in, required }
    }
}

/// Shows who is signed in.
#[utoipa::path(
    get, path = "/api/v1/session", operation_id = "showSession", tag = "people",
    responses(
        (status = 200, body = SessionView, description = "Who is signed in, if anybody."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn show(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    _: Query<Nothing>,
) -> Result<Json<SessionView>, Problem> {
    match who(&desk, &headers).await {
        Ok(who) => Ok(Json(who.into())),
        Err(problem) if problem.status == StatusCode::UNAUTHORIZED.as_u16() => {
            Ok(Json(SessionView { name: None, role: None, signed_in: false, required: true }))
        }
        Err(problem) => Err(problem),
    }
}

/// Signs in.
///
/// The answer sets a cookie, which is good until nothing was asked for 12 hours. After a few tries that fail, each further one of an
/// address or for a name has to wait longer.
#[utoipa::path(
    post, path = "/api/v1/session", operation_id = "signIn", tag = "people", request_body = Credentials,
    responses(
        (status = 200, body = SessionView, description = "Signed in."),
        (status = 401, body = Problem, content_type = "application/problem+json", description = "It is another password, or nobody's name."),
        (status = 429, body = Problem, content_type = "application/problem+json", description = "Too many tries; Retry-After says when."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn sign_in(
    State(desk): State<Arc<Desk>>,
    Address(address): Address,
    _: Query<Nothing>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let Credentials { name, password } = body::read(body, HANGUP_BODY_BYTES)?;
    let tries = tries(address, Some(&name));
    desk.attempts.take(&tries, Instant::now()).map_err(Problem::slow_down)?;
    let wanted = name.clone();
    let phc = desk.ask(move |reader, tenant| reader.password(tenant, &wanted)).await?;
    if !desk.passwords.is(password, phc).await? {
        return Err(Problem::wrong_password());
    }
    desk.attempts.forgive(&tries);
    begin(&desk, name).await
}

/// Signs out.
#[utoipa::path(
    delete, path = "/api/v1/session", operation_id = "signOut", tag = "people",
    responses(
        (status = 204, description = "There is no session any more."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn sign_out(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
    _: Query<Nothing>,
) -> Result<Response, Problem> {
    if let Some(token) = cookie(&headers) {
        desk.change_people(PeopleChange::SignOut { token }).await?;
    }
    let gone = set_cookie(&desk, "", "; Max-Age=0");
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone)]).into_response())
}

/// Comes in by a link.
///
/// `passthru console link` prints one, and so does a server's first start: it is good once, and for an hour. Whoever comes by it is an
/// administrator from now on, with that name and password, and is signed in. One of `POST /api/v1/people/{name}/link` is good for that
/// name alone, whose role stays.
#[utoipa::path(
    post, path = "/api/v1/welcome", operation_id = "welcome", tag = "people", request_body = Welcomed,
    responses(
        (status = 200, body = SessionView, description = "Signed in."),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The link is no good, or no more."),
        (status = 429, body = Problem, content_type = "application/problem+json", description = "Too many tries; Retry-After says when."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn welcome(
    State(desk): State<Arc<Desk>>,
    Address(address): Address,
    _: Query<Nothing>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let Welcomed { token, name, password } = body::read(body, HANGUP_BODY_BYTES)?;
    people::check_name(&name)?;
    password::check(&password)?;
    let tries = tries(address, None);
    desk.attempts.take(&tries, Instant::now()).map_err(Problem::slow_down)?;
    let password = desk.passwords.hash(password).await?;
    match desk.change_people(PeopleChange::Welcome { token, name: name.clone(), password }).await? {
        Changed::Done => {
            desk.attempts.forgive(&tries);
            tracing::info!(name, "somebody has come in by a link");
            begin(&desk, name).await
        }
        _ => Err(Problem::spent_link()),
    }
}

/// Whose tries are counted: the address's, and the name's.
fn tries(address: Option<IpAddr>, name: Option<&str>) -> Vec<String> {
    let address = address.map(|address| format!("at {address}"));
    address.into_iter().chain(name.map(|name| format!("as {}", name.chars().take(64).collect::<String>()))).collect()
}

/// A new secret of a session or link.
pub(crate) fn secret(desk: &Desk) -> Result<String, Problem> {
    let random = (desk.api.random)().ok_or_else(Problem::store)?;
    Ok(random[..SECRET].iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all");
        text
    }))
}

/// Begins a session of somebody who has proved who they are.
async fn begin(desk: &Desk, name: String) -> Result<Response, Problem> {
    let token = secret(desk)?;
    let change = PeopleChange::SignIn { name, token: token.clone() };
    if desk.change_people(change).await? != Changed::Done {
        return Err(Problem::wrong_password()); // they were removed meanwhile
    }
    let cookie = set_cookie(desk, &token, "");
    let now = (desk.api.recordings.now)();
    let signed =
        desk.ask(move |reader, tenant| reader.signed(tenant, &token, now)).await?.ok_or_else(Problem::sign_in)?;
    let who = Who { name: signed.name, role: signed.role, signed_in: true, required: true };
    Ok(([(header::SET_COOKIE, cookie)], Json(SessionView::from(who))).into_response())
}

fn set_cookie(desk: &Desk, token: &str, more: &str) -> HeaderValue {
    let secure = if desk.api.access.secure { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict{secure}{more}");
    HeaderValue::try_from(cookie).expect("plain text")
}
