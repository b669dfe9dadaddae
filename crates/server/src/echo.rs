//! `passthru bot echo`: an application for a Stream or Voicebot to talk with. It gives back what it hears, a moment later, and prints
//! what it is told. After each key it sets a mark; `*` has it drop what it said, `#` has it go.

use core::net::SocketAddr;

use anyhow::Result;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, accept_async};

use crate::{bind, output};

/// Where the bot listens unless told otherwise.
pub const LISTEN: SocketAddr = SocketAddr::new(core::net::IpAddr::V4(core::net::Ipv4Addr::LOCALHOST), 8765);

/// Serves until the runtime ends.
pub async fn serve(listen: SocketAddr) -> Result<()> {
    let listener =
        tokio::net::TcpListener::bind(listen).await.map_err(|error| bind::refused("--listen", listen, &error))?;
    output::line(format_args!("the bot listens on ws://{}", listener.local_addr()?));
    loop {
        let (tcp, _) = listener.accept().await?;
        tokio::spawn(async move {
            if let Err(error) = talk(tcp).await {
                output::line(format_args!("bot: the connection broke: {error}"));
            }
        });
    }
}

async fn talk(tcp: TcpStream) -> Result<(), Error> {
    let mut socket = accept_async(tcp).await?;
    let mut heard = 0_u64;
    while let Some(message) = socket.next().await {
        let Message::Text(text) = message? else { continue };
        let Ok(message) = serde_json::from_str::<Value>(&text) else {
            output::line(format_args!("bot: no JSON: {text}"));
            continue;
        };
        match message["event"].as_str().unwrap_or_default() {
            "media" => {
                heard += 1;
                let media = json!({ "payload": message["media"]["payload"] });
                send(&mut socket, &json!({ "event": "media", "stream_sid": message["stream_sid"], "media": media }))
                    .await?;
            }
            "dtmf" => {
                let digit = message["dtmf"]["digit"].as_str().unwrap_or_default().to_owned();
                output::line(format_args!("bot: key {digit}"));
                match digit.as_str() {
                    "#" => {
                        output::line(format_args!("bot: goes, after {heard} messages with audio"));
                        return socket.close(None).await;
                    }
                    "*" => send(&mut socket, &json!({ "event": "clear", "stream_sid": message["stream_sid"] })).await?,
                    _ => {}
                }
                let mark = json!({ "name": format!("key {digit}") });
                send(&mut socket, &json!({ "event": "mark", "stream_sid": message["stream_sid"], "mark": mark }))
                    .await?;
            }
            "mark" => output::line(format_args!("bot: {} has been played", message["mark"]["name"])),
            "start" => output::line(format_args!("bot: start {}", message["start"])),
            "stop" => output::line(format_args!(
                "bot: stop, {} after {heard} messages with audio",
                message["stop"]["reason"].as_str().unwrap_or_default()
            )),
            other => output::line(format_args!("bot: {other}")),
        }
    }
    Ok(())
}

async fn send(socket: &mut WebSocketStream<TcpStream>, message: &Value) -> Result<(), Error> {
    socket.send(Message::text(message.to_string())).await
}
