//! From the address of a WebSocket to the socket (RFC 6455): judged like a callout's, asked twice.

use std::time::Duration;

use hyper::Request;
use hyper::header::{AUTHORIZATION, CONNECTION, HOST, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE, USER_AGENT};
use model::{HttpFailure, StreamFailure};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::fetch::{Fetcher, Reached, Wire};

/// How long a connection and its handshake may take, each of both times (`exotel.md` 5.1).
const PATIENCE: Duration = exotel::stream_url::BUDGET;

/// How often it is tried.
const TRIES: u32 = 2;

/// Bytes that may wait to be written. A message goes as soon as it can; the session keeps back what cannot.
const UNWRITTEN: usize = 256 * 1024;

pub(super) type Socket = WebSocketStream<Box<dyn Wire>>;

/// Connects; a second time if the first comes to nothing.
pub(super) async fn open(fetcher: &Fetcher, url: &str) -> Result<Socket, StreamFailure> {
    let mut tries = 0;
    loop {
        tries += 1;
        let opened = timeout(PATIENCE, Box::pin(shake(fetcher, url))).await;
        let failure = match opened.unwrap_or(Err(StreamFailure::Unreachable(HttpFailure::Timeout))) {
            Ok(socket) => return Ok(socket),
            Err(failure) => failure,
        };
        // What the operator forbids is not allowed a moment later.
        let hopeless =
            matches!(failure, StreamFailure::Unreachable(HttpFailure::BadUrl(_) | HttpFailure::Forbidden(_)));
        if hopeless || tries == TRIES {
            return Err(failure);
        }
    }
}

async fn shake(fetcher: &Fetcher, url: &str) -> Result<Socket, StreamFailure> {
    // The same rules hold for both; `ws` is plain and `wss` secured.
    let as_http = format!("http{}", url.get(2..).unwrap_or_default());
    let reached = fetcher.reach(&as_http).await.map_err(StreamFailure::Unreachable)?;
    let Reached { wire, path, host, basic, user_agent } = reached;
    let failed = |why: String| StreamFailure::Unreachable(HttpFailure::Protocol(why));
    let uri = format!("ws://{}{path}", host.to_str().unwrap_or_default());
    let mut request = Request::get(uri)
        .header(HOST, host)
        .header(USER_AGENT, user_agent)
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_VERSION, "13")
        .header(SEC_WEBSOCKET_KEY, generate_key())
        .body(())
        .map_err(|error| failed(error.to_string()))?;
    if let Some(basic) = basic {
        request.headers_mut().insert(AUTHORIZATION, basic);
    }
    let config = WebSocketConfig::default()
        .max_message_size(Some(stream::MAX_MESSAGE))
        .max_frame_size(Some(stream::MAX_MESSAGE))
        .write_buffer_size(0)
        .max_write_buffer_size(UNWRITTEN);
    match client_async_with_config(request, wire, Some(config)).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(StreamFailure::Refused { status: response.status().as_u16() }),
        Err(error) => Err(failed(error.to_string())),
    }
}
