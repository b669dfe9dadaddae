//! `/api/v1/events`: every journal line as it is written, as server-sent events. Who reads too slowly is told how many
//! lines passed by, and can fetch them from the journals.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event as Message, KeepAlive};
use futures_util::stream::{once, unfold};
use futures_util::{Stream, StreamExt as _};
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use utoipa::ToSchema;

use crate::desk::Desk;
use crate::query::{Nothing, Query};
use crate::{Event, Problem};

/// Streams open at a time; one more is told to come back.
pub const SUBSCRIBERS: usize = 64;

/// After so long a silence a comment is sent, so that nobody on the way takes the stream for dead.
const SILENCE: Duration = Duration::from_secs(15);

/// Data of the message `lost`: lines that passed by because this stream was read too slowly.
#[derive(Serialize, ToSchema)]
pub struct Lost {
    /// How many.
    pub lost: u64,
}

/// Follows all calls, live.
///
/// Each message's data is a line of a journal. A message named `lost` says how many lines passed by because the stream
/// was read too slowly.
#[utoipa::path(
    get, path = "/api/v1/events", operation_id = "followEvents", tag = "calls",
    responses(
        (status = 200, body = Event, content_type = "text/event-stream", description = "Lines as they are written."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn follow(
    State(desk): State<Arc<Desk>>,
    _: Query<Nothing>,
) -> Result<Sse<impl Stream<Item = Result<Message, Infallible>>>, Problem> {
    let place = Arc::clone(&desk.subscribers).try_acquire_owned().map_err(|_| Problem::busy("event streams"))?;
    let lines = unfold((desk.api.live.subscribe(), place), |(mut live, place)| async {
        let message = match live.recv().await {
            Ok(event) => Message::default().json_data(Event::from(&event)),
            Err(RecvError::Lagged(lost)) => Message::default().event("lost").json_data(Lost { lost }),
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(message.expect("plain data")), (live, place)))
    });
    // So that the answer's head goes out at once, and who asked knows that it is listened to.
    let begun = once(async { Ok(Message::default().comment("the lines follow")) });
    Ok(Sse::new(begun.chain(lines)).keep_alive(KeepAlive::new().interval(SILENCE)))
}
