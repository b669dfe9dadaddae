//! `/api/v1/keys`: the keys that open the v1 API. A token is told once, to whoever makes its key.

use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{KEY_BYTES, Keys, StoreError};
use tokio::task;
use utoipa::ToSchema;

use crate::calls::HANGUP_BODY_BYTES;
use crate::desk::Desk;
use crate::query::{Nothing, Query};
use crate::{Author, Problem, body};

/// Characters that a key's note may have.
pub const NOTE_CHARS: usize = 200;

/// The keys.
#[derive(Serialize, ToSchema)]
pub struct KeyList {
    /// The oldest first; those that were revoked are among them.
    pub keys: Vec<KeyView>,
}

/// A key.
#[derive(Serialize, ToSchema)]
pub struct KeyView {
    /// Its public name, the user of HTTP Basic.
    pub name: String,
    /// What its maker called it.
    pub note: Option<String>,
    /// When it was made, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub created: Timestamp,
    /// When it was revoked, RFC 3339: it opens nothing since. Null if it is good.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked: Option<Timestamp>,
}

/// What a new key is called.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Wish {
    /// For those who read the list; at most 200 characters.
    note: Option<String>,
}

/// A new key.
#[derive(Serialize, ToSchema)]
pub struct NewKeyView {
    /// Its public name, the user of HTTP Basic.
    pub name: String,
    /// What proves it, the password of HTTP Basic. It is not told again.
    pub token: String,
}

/// Lists the keys.
#[utoipa::path(
    get, path = "/api/v1/keys", operation_id = "listKeys", tag = "server",
    responses(
        (status = 200, body = KeyList, description = "The keys, without their tokens."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn list(State(desk): State<Arc<Desk>>, _: Query<Nothing>) -> Result<Json<KeyList>, Problem> {
    let tenant = desk.api.tenant.clone();
    let keys = with_keys(&desk, move |keys| keys.list(&tenant)).await?;
    let view = |store::Key { name, note, created, revoked }| KeyView { name, note, created, revoked };
    Ok(Json(KeyList { keys: keys.into_iter().map(view).collect() }))
}

/// Makes a key.
#[utoipa::path(
    post, path = "/api/v1/keys", operation_id = "makeKey", tag = "server", request_body = Option<Wish>,
    responses(
        (status = 201, body = NewKeyView, description = "The key and its token."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn make(
    State(desk): State<Arc<Desk>>,
    Author(author): Author,
    _: Query<Nothing>,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<NewKeyView>), Problem> {
    let Wish { note } = body::read_or_default(body, HANGUP_BODY_BYTES)?;
    let note = note.filter(|note| !note.is_empty());
    if note.as_ref().is_some_and(|note| note.chars().count() > NOTE_CHARS || note.chars().any(char::is_control)) {
        return Err(Problem::bad_body(&format!("note: a line of at most {NOTE_CHARS} characters")));
    }
    let (tenant, now) = (desk.api.tenant.clone(), (desk.api.recordings.now)());
    let random: [u8; KEY_BYTES] = (desk.api.random)().ok_or_else(Problem::store)?;
    let key = with_keys(&desk, move |keys| keys.create((&tenant, &author), note.as_deref(), random, now)).await?;
    Ok((StatusCode::CREATED, Json(NewKeyView { name: key.name, token: key.token })))
}

/// Revokes a key: it opens nothing from then on.
#[utoipa::path(
    delete, path = "/api/v1/keys/{name}", operation_id = "revokeKey", tag = "server",
    params(("name" = String, Path, description = "The key's name.")),
    responses(
        (status = 204, description = "It is revoked."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "No good key has that name."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn revoke(
    State(desk): State<Arc<Desk>>,
    Author(author): Author,
    Path(name): Path<String>,
    _: Query<Nothing>,
) -> Result<StatusCode, Problem> {
    let (tenant, now, wanted) = (desk.api.tenant.clone(), (desk.api.recordings.now)(), name.clone());
    let revoked = with_keys(&desk, move |keys| keys.revoke((&tenant, &author), &wanted, now)).await?;
    if revoked { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::no_such_key(&name)) }
}

/// Works on the keys on a thread that may block.
async fn with_keys<T: Send + 'static>(
    desk: &Desk,
    work: impl FnOnce(&Keys) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Problem> {
    let keys = Arc::clone(&desk.api.keys);
    let done = task::spawn_blocking(move || work(&keys.lock().unwrap_or_else(PoisonError::into_inner))).await;
    match done {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            tracing::error!(%error, "the keys of the API cannot be read or written");
            Err(Problem::store())
        }
        Err(panic) => {
            tracing::error!(%panic, "work on the keys of the API ended badly");
            Err(Problem::store())
        }
    }
}
