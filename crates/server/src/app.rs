//! `passthru app`: a sample application for a Passthru to ask, written with `passthru-app`. `/route` answers 200 if the caller
//! pressed 1, and 302 otherwise; `/calls` takes reports. Both print what they were asked.

use core::net::SocketAddr;

use anyhow::Result;
use axum::Router;
use axum::routing::get;
use passthru_app::{Answer, Passthru, Rejection};

use crate::{bind, output};

/// Where the sample application listens unless told otherwise.
pub const LISTEN: SocketAddr = SocketAddr::new(core::net::IpAddr::V4(core::net::Ipv4Addr::LOCALHOST), 8090);

/// Serves the sample application until the runtime ends.
pub async fn serve(listen: SocketAddr) -> Result<()> {
    let listener =
        tokio::net::TcpListener::bind(listen).await.map_err(|error| bind::refused("--listen", listen, &error))?;
    output::line(format_args!("the sample application listens on http://{}", listener.local_addr()?));
    let router = Router::new().route("/route", get(route).post(route)).route("/calls", get(report).post(report));
    Ok(axum::serve(listener, router).await?)
}

async fn route(call: Result<Passthru, Rejection>) -> Result<Answer, Rejection> {
    decide("/route", call, |call| if call.classic.keys() == Some("1") { Answer::yes() } else { Answer::no() })
}

async fn report(call: Result<Passthru, Rejection>) -> Result<Answer, Rejection> {
    decide("/calls", call, |_| Answer::yes())
}

/// Decides and shows what was asked, or why it could not be read.
fn decide(
    path: &str,
    call: Result<Passthru, Rejection>,
    answer: impl Fn(&Passthru) -> Answer,
) -> Result<Answer, Rejection> {
    let call = call.inspect_err(|why| output::line(format_args!("application: {path}: {why}")))?;
    let answer = answer(&call);
    output::line(format_args!("application: {path} -> {}", answer.status()));
    for (name, value) in &call.fields {
        output::line(format_args!("application:   {name} = {value}"));
    }
    Ok(answer)
}
