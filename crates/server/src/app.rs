//! `passthru app`: a sample application for a Passthru to ask. `/route` answers 200 if the caller pressed 1, and 302
//! otherwise; `/calls` takes reports. Both print what they were asked.
#![expect(clippy::print_stdout, reason = "a sample that shows its requests")]

use core::net::SocketAddr;

use anyhow::Result;
use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::routing::get;
use percent_encoding::percent_decode_str;

use crate::bind;

/// Where the sample application listens unless told otherwise.
pub const LISTEN: SocketAddr = SocketAddr::new(core::net::IpAddr::V4(core::net::Ipv4Addr::LOCALHOST), 8090);

/// Serves the sample application until the runtime ends.
pub async fn serve(listen: SocketAddr) -> Result<()> {
    let listener =
        tokio::net::TcpListener::bind(listen).await.map_err(|error| bind::refused("--listen", listen, &error))?;
    println!("the sample application listens on http://{}", listener.local_addr()?);
    let router = Router::new().route("/route", get(route)).route("/calls", get(report));
    Ok(axum::serve(listener, router).await?)
}

async fn route(uri: Uri) -> (StatusCode, &'static str) {
    let pressed_one = parameters(&uri).any(|(name, value)| name == "digits" && value == "\"1\"");
    let status = if pressed_one { StatusCode::OK } else { StatusCode::FOUND };
    show(&uri, status);
    (status, "")
}

async fn report(uri: Uri) -> StatusCode {
    show(&uri, StatusCode::OK);
    StatusCode::OK
}

fn show(uri: &Uri, status: StatusCode) {
    println!("application: {} -> {}", uri.path(), status.as_u16());
    for (name, value) in parameters(uri) {
        println!("application:   {name} = {value}");
    }
}

/// The parameters of a query, decoded.
fn parameters(uri: &Uri) -> impl Iterator<Item = (String, String)> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(move |(name, value)| (decode(name), decode(value)))
}
