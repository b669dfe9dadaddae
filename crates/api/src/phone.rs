//! `/api/v1/phone`: a softphone of the server that a page plays: it shows what happens, hears the call and presses keys, over
//! a WebSocket.
//!
//! The server tells with text messages, [`Said`] each, and sends what is heard as binary ones: octets of G.711, as they came
//! by RTP, in the codec that `answered` names. The page answers with `{"press": "1"}` and `{"hang_up": true}`. A page that goes
//! away hangs up.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use store::Deed;
use tokio::sync::mpsc;
use utoipa::{IntoParams, ToSchema};

use crate::desk::Desk;
use crate::query::Query;
use crate::{Author, Problem};

/// Phones off the hook at a time; one more is told to come back.
pub const PHONES: usize = 8;

/// Octets that a message of the page may have.
const MESSAGE_BYTES: usize = 1024;

/// Who calls, unless told.
const CALLER: &str = "+919900000001";

/// Characters that a number or a name may have.
const NAME_CHARS: usize = 128;

/// The softphones of the server.
pub trait Phones: Send + Sync {
    /// Picks one up and dials; or why it cannot, for a person.
    fn dial(&self, dialling: Dialling) -> Result<Line, String>;
}

/// Whom to call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialling {
    /// What is dialled.
    pub to: Dialled,
    /// Who calls.
    pub from: String,
}

impl Dialling {
    /// How the audit log tells of it.
    fn deed(&self, author: &str) -> Deed {
        let (subject, detail) = match &self.to {
            Dialled::Number(number) => (number, format!("from {}", self.from)),
            Dialled::Flow(flow) => (flow, format!("the flow, from {}", self.from)),
        };
        Deed::new(author, "place call", subject).with_detail(detail)
    }
}

/// What is dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dialled {
    /// A number, or a user.
    Number(String),
    /// A flow that is published, whether or not a number starts it.
    Flow(String),
}

/// A phone that is off the hook. When both ends of the line are dropped it hangs up.
pub struct Line {
    /// What comes of it; ends with the call.
    pub heard: mpsc::Receiver<Heard>,
    /// What it is to do.
    pub wish: Box<dyn Fn(Wish) + Send + Sync>,
}

/// What comes of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Something happened.
    Said(Said),
    /// A packet's audio.
    Audio(Bytes),
}

/// Something that happened, as it is told to the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Said {
    /// `calling`, `ringing`, `answered`, `pressed`, `ended`.
    pub event: &'static str,
    /// The same for a person.
    pub text: String,
    /// With `answered`: the codec of what is heard, `PCMU` or `PCMA`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codec: Option<&'static str>,
}

/// What a phone is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Press a key.
    Press(char),
    /// Hang up.
    HangUp,
}

/// What a page says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Told {
    Press(char),
    HangUp(bool),
}

/// Whom to call.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// The number or user to call.
    to: Option<String>,
    /// Or the flow that is to answer.
    flow: Option<String>,
    /// Who calls, +919900000001 unless told.
    from: Option<String>,
}

impl Wanted {
    fn dialling(self) -> Result<Dialling, Problem> {
        let from = self.from.unwrap_or_else(|| CALLER.into());
        let to = match (self.to, self.flow) {
            (Some(to), None) => Dialled::Number(to),
            (None, Some(flow)) => Dialled::Flow(flow),
            _ => return Err(Problem::parameter("write one of to, a number, and flow, a flow's name")),
        };
        let (Dialled::Number(name) | Dialled::Flow(name)) = &to;
        let good =
            |text: &str| !text.is_empty() && text.chars().count() <= NAME_CHARS && !text.chars().any(char::is_control);
        if !good(name) || !good(&from) {
            return Err(Problem::parameter(&format!("to, flow and from are lines of at most {NAME_CHARS} characters")));
        }
        Ok(Dialling { to, from })
    }
}

/// Places a call with a softphone of the server, and plays it.
///
/// Asks for a WebSocket. Text messages tell what happens; binary ones are what is heard, octets of G.711. The page sends
/// `{"press": "1"}` and `{"hang_up": true}`.
#[utoipa::path(
    get, path = "/api/v1/phone", operation_id = "playPhone", tag = "calls", params(Wanted),
    responses(
        (status = 101, body = Said, description = "The phone is off the hook."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn play(
    State(desk): State<Arc<Desk>>,
    Author(author): Author,
    Query(wanted): Query<Wanted>,
    request: Request,
) -> Result<Response, Problem> {
    let dialling = wanted.dialling()?;
    let (mut parts, _) = request.into_parts();
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &desk).await;
    let upgrade = upgrade.map_err(|_| Problem::no_upgrade())?;
    let place = Arc::clone(&desk.phones).try_acquire_owned().map_err(|_| Problem::busy("softphones"))?;
    let deed = dialling.deed(&author);
    let line = desk.api.phones.dial(dialling).map_err(|why| Problem::no_phone(&why))?;
    desk.note(deed).await;
    let upgrade = upgrade.max_message_size(MESSAGE_BYTES).max_frame_size(MESSAGE_BYTES);
    Ok(upgrade.on_upgrade(async move |socket| {
        converse(socket, line).await;
        drop(place);
    }))
}

async fn converse(mut socket: WebSocket, mut line: Line) {
    loop {
        tokio::select! {
            heard = line.heard.recv() => {
                let message = match heard {
                    Some(Heard::Said(said)) => Message::text(serde_json::to_string(&said).expect("plain data")),
                    Some(Heard::Audio(octets)) => Message::Binary(octets),
                    None => break,
                };
                if socket.send(message).await.is_err() {
                    break;
                }
            }
            told = socket.recv() => match told {
                Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                    Ok(Told::Press(key)) => (line.wish)(Wish::Press(key)),
                    Ok(Told::HangUp(true)) => (line.wish)(Wish::HangUp),
                    Ok(Told::HangUp(false)) | Err(_) => {} // nothing that a page of ours says
                },
                Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
            },
        }
    }
    (line.wish)(Wish::HangUp);
}
