//! The account and its small resources: `/v1/Accounts/{sid}`, its numbers, its streams, its health.

use std::sync::Arc;

use axum::extract::{Path, State};
use exotel::account::{self, NumberPage};
use exotel::failure::Failure;
use model::FlowId;

use super::query::Query;
use super::reply::Reply;
use crate::desk::Desk;
use crate::switchboard::{STREAMS, STREAMS_LIMIT};

/// Shows the account.
#[utoipa::path(
    get, path = "/v1/Accounts/{account}", operation_id = "v1ShowAccount", tag = "v1",
    params(("account" = String, Path, description = "The account's name: `account_sid`.")),
    responses((status = 200, description = "The account."), (status = "default", description = "A RestException."))
)]
pub(super) async fn show(State(desk): State<Arc<Desk>>) -> Reply {
    Reply::good(desk.api.account.tree())
}

/// Tells what is known of a number.
#[utoipa::path(
    get, path = "/v1/Accounts/{account}/Numbers/{number}", operation_id = "v1ShowNumber", tag = "v1",
    params(
        ("account" = String, Path, description = "The account's name: `account_sid`."),
        ("number" = String, Path, description = "Anybody's number."),
    ),
    responses((status = 200, description = "The number."), (status = "default", description = "A RestException."))
)]
pub(super) async fn number(
    State(desk): State<Arc<Desk>>,
    Path((_, number)): Path<(String, String)>,
) -> Result<Reply, Reply> {
    Ok(Reply::good(desk.api.account.number_data(&number)?))
}

/// Counts the streams under way.
#[utoipa::path(
    get, path = "/v1/Accounts/{account}/ActiveStreams", operation_id = "v1ActiveStreams", tag = "v1",
    params(("account" = String, Path, description = "The account's name: `account_sid`.")),
    responses((status = 200, description = "How many, and how many there may be."), (status = "default", description = "A RestException."))
)]
pub(super) async fn streams(State(desk): State<Arc<Desk>>) -> Reply {
    let gauges = desk.api.switch.gauges().await.unwrap_or_default();
    let figure = |name| gauges.iter().find(|gauge| gauge.name == name).map_or(0, |gauge| gauge.value as u64);
    Reply::good(account::active_streams(figure(STREAMS), figure(STREAMS_LIMIT)))
}

/// Tells which numbers have trouble.
#[utoipa::path(
    get, path = "/v1/Accounts/{account}/Heartbeat", operation_id = "v1Heartbeat", tag = "v1",
    params(("account" = String, Path, description = "The account's name: `account_sid`.")),
    responses((status = 200, description = "`OK`, or `WARNING` and which."), (status = "default", description = "A RestException."))
)]
pub(super) async fn heartbeat(State(desk): State<Arc<Desk>>) -> Reply {
    let broken = desk.api.switch.flows().into_iter().filter(|flow| flow.version.is_none());
    let affected: Vec<String> = broken.flat_map(|flow| flow.numbers).collect();
    Reply::good(desk.api.account.heartbeat(&affected, (desk.api.recordings.now)()))
}

/// Lists the account's numbers.
///
/// All of them, by their digits; with `page_size`, 1 to 1000, that many, of the page `page`, from 0.
#[utoipa::path(
    get, path = "/v2_beta/Accounts/{account}/IncomingPhoneNumbers", operation_id = "v2ListNumbers", tag = "v1",
    params(("account" = String, Path, description = "The account's name: `account_sid`.")),
    responses((status = 200, description = "The numbers, in JSON."), (status = "default", description = "A RestException."))
)]
pub(super) async fn our_numbers(State(desk): State<Arc<Desk>>, Query(parameters): Query) -> Result<Reply, Reply> {
    let page = NumberPage::of(&parameters)?;
    Ok(Reply::good(desk.api.account.numbers(numbers(&desk), &page)))
}

/// Shows one of the account's numbers.
#[utoipa::path(
    get, path = "/v2_beta/Accounts/{account}/IncomingPhoneNumbers/{sid}", operation_id = "v2ShowNumber", tag = "v1",
    params(
        ("account" = String, Path, description = "The account's name: `account_sid`."),
        ("sid" = String, Path, description = "The number's `sid`, or the number."),
    ),
    responses((status = 200, description = "The number, in JSON."), (status = "default", description = "A RestException."))
)]
pub(super) async fn our_number(
    State(desk): State<Arc<Desk>>,
    Path((_, sid)): Path<(String, String)>,
) -> Result<Reply, Reply> {
    let account = &desk.api.account;
    let wanted = account.number_sid(&sid);
    let found = numbers(&desk).into_iter().find(|(number, _)| account.number_sid(number) == wanted);
    let (number, flow) = found.ok_or_else(|| {
        Failure::new(
            404,
            format!("there is no number {sid}; IncomingPhoneNumbers lists those that the configuration names"),
        )
    })?;
    Ok(Reply::good(account.number(&number, flow)))
}

/// The numbers that lead to flows.
fn numbers(desk: &Desk) -> Vec<(String, FlowId)> {
    let flows = desk.api.switch.flows().into_iter();
    let with_id = flows.filter_map(|flow| Some((FlowId::new(flow.id?)?, flow.numbers)));
    with_id.flat_map(|(id, numbers)| numbers.into_iter().map(move |number| (number, id))).collect()
}
