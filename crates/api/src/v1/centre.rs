//! The contact centre's resources (`/v2/accounts/{sid}`), as far as this server has them: users and trunks are those of the
//! configuration and can be looked at; campaigns there are none (`exotel.md` 4.8, 6).

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::Method;
use exotel::envelope;
use exotel::failure::Failure;
use serde_json::{Value, json};

use super::reply::Reply;
use crate::User;
use crate::desk::Desk;

/// Lists the users who can be rung.
#[utoipa::path(
    get, path = "/v2/accounts/{account}/users", operation_id = "v2ListUsers", tag = "v1",
    params(("account" = String, Path, description = "The account's name: `account_sid`.")),
    responses((status = 200, description = "The users."), (status = "default", description = "What is wrong."))
)]
pub(super) async fn users(State(desk): State<Arc<Desk>>) -> Result<Reply, Reply> {
    let registered = desk.registered().await?;
    Ok(Reply::good(desk.api.directory.users.iter().map(|user| shown(user, &registered)).collect()))
}

/// Shows a user.
#[utoipa::path(
    get, path = "/v2/accounts/{account}/users/{id}", operation_id = "v2ShowUser", tag = "v1",
    params(
        ("account" = String, Path, description = "The account's name: `account_sid`."),
        ("id" = String, Path, description = "The user's name."),
    ),
    responses((status = 200, description = "The user."), (status = "default", description = "What is wrong."))
)]
pub(super) async fn user(State(desk): State<Arc<Desk>>, Path((_, id)): Path<(String, String)>) -> Result<Reply, Reply> {
    let user = desk.api.directory.users.iter().find(|user| user.name == id);
    let missing = || Failure::new(404, format!("there is no user {id}; users lists those of the configuration"));
    let user = user.ok_or_else(missing)?;
    Ok(Reply::good(shown(user, &desk.registered().await?)))
}

fn shown(user: &User, registered: &[String]) -> Value {
    envelope::user(&user.name, user.email.as_deref(), registered.contains(&user.name))
}

/// Lists the trunks.
#[utoipa::path(
    get, path = "/v2/accounts/{account}/trunks", operation_id = "v2ListTrunks", tag = "v1",
    params(("account" = String, Path, description = "The account's name: `account_sid`.")),
    responses((status = 200, description = "The trunks."), (status = "default", description = "What is wrong."))
)]
pub(super) async fn trunks(State(desk): State<Arc<Desk>>) -> Reply {
    Reply::good(desk.api.directory.trunks.iter().map(|trunk| envelope::trunk(&trunk.name)).collect())
}

/// Lists the campaigns: none.
#[utoipa::path(
    get, path = "/v2/accounts/{account}/campaigns", operation_id = "v2ListCampaigns", tag = "v1",
    params(("account" = String, Path, description = "The account's name: `account_sid`.")),
    responses((status = 200, description = "None."), (status = "default", description = "What is wrong."))
)]
pub(super) async fn campaigns() -> Reply {
    Reply::good(json!([]))
}

/// Begins no campaign.
#[utoipa::path(
    post, path = "/v2/accounts/{account}/campaigns", operation_id = "v2StartCampaign", tag = "v1",
    params(("account" = String, Path, description = "The account's name: `account_sid`.")),
    responses((status = 501, description = "There are none here: calls are started one by one."))
)]
pub(super) async fn start_campaign() -> Reply {
    Failure::not_yet("campaigns", "start each call by Calls/connect with Url, a flow").into()
}

/// Sends no text message: that is a flow's.
#[utoipa::path(
    post, path = "/v1/Accounts/{account}/Sms/send", operation_id = "v1SendSms", tag = "v1",
    params(("account" = String, Path, description = "The account's name: `account_sid`.")),
    responses((status = 501, description = "Flows send messages, by the applet `sms`."))
)]
pub(super) async fn send_sms() -> Reply {
    Failure::not_yet("Sms/send", "the applet `sms` of a flow sends messages through the gateway in [sms]").into()
}

/// Wraps an answer of these resources.
pub(super) fn wrapped(request: &str, method: &Method, answer: Result<Value, Failure>) -> Value {
    match answer {
        Ok(data) => envelope::good(request, method.as_str(), data),
        Err(failure) => envelope::bad(request, method.as_str(), &failure),
    }
}
