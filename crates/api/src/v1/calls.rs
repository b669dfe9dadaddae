//! `/v1/Accounts/{sid}/Calls`: calls are asked for.

use std::sync::Arc;

use axum::extract::State;
use exotel::failure::Failure;
use exotel::{call_object, call_request};

use super::form::Form;
use super::reply::Reply;
use crate::StartFailure;
use crate::desk::Desk;

/// Starts a call.
///
/// Rings `From`; when that answers, rings `To` and joins the two, or runs the flow that `Url` names. The answer comes before
/// anybody has answered.
#[utoipa::path(
    post, path = "/v1/Accounts/{account}/Calls/connect", operation_id = "v1Connect", tag = "v1",
    params(("account" = String, Path, description = "The account's name: `account_sid`.")),
    responses(
        (status = 200, description = "The call, in XML; in JSON if the path ends in `.json`."),
        (status = "default", description = "A RestException."),
    )
)]
pub(super) async fn connect(State(desk): State<Arc<Desk>>, Form(parameters): Form) -> Result<Reply, Reply> {
    begin(&desk, &parameters).await
}

/// Starts a call.
///
/// The same by another path.
#[utoipa::path(
    post, path = "/v1/Accounts/{account}/Calls", operation_id = "v1StartCall", tag = "v1",
    params(("account" = String, Path, description = "The account's name: `account_sid`.")),
    responses(
        (status = 200, description = "The call, in XML; in JSON if the path ends in `.json`."),
        (status = "default", description = "A RestException."),
    )
)]
pub(super) async fn start(State(desk): State<Arc<Desk>>, Form(parameters): Form) -> Result<Reply, Reply> {
    begin(&desk, &parameters).await
}

async fn begin(desk: &Desk, parameters: &[(String, String)]) -> Result<Reply, Reply> {
    let account = &desk.api.account;
    let call = call_request::read(parameters, account, desk.api.switch.name())?;
    let shown = call_object::asked(&call, account, (desk.api.recordings.now)());
    desk.wait(desk.api.switch.start(call)).await?.map_err(refusal)?;
    Ok(Reply::good(shown))
}

fn refusal(why: StartFailure) -> Failure {
    match why {
        StartFailure::Wrong(why) => Failure::new(400, why),
        StartFailure::Busy(why) => Failure::unavailable(why),
    }
}
