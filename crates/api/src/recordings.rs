//! `/recordings/{file}`: a recording, for whoever has its link; and a call's recordings, with fresh links.
//!
//! The link is the credential: it names the file, says until when it is good, and is signed (`trust.md` S7). Ranges are those
//! of RFC 9110 section 14, one at a time.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use exotel::recording::Links;
use futures_util::stream;
use jiff::Timestamp;
use model::RecordingName;
use serde::{Deserialize, Serialize};
use store::{RECORDINGS_A_PAGE, Recorded, RecordingCursor, RecordingFilter, RecordingRow, RecordingState};
use tokio::task;
use utoipa::{IntoParams, ToSchema};

use crate::Problem;
use crate::calls::{milliseconds, moment};
use crate::desk::Desk;
use crate::query::{Nothing, Query, Sid, limited};

/// Seconds after which a recording that is not ready may be asked for again.
const RETRY_SECONDS: u32 = 5;

/// Recordings on a page that asks for no number.
const RECORDINGS_BY_DEFAULT: usize = 100;

/// Octets of a file that are read at a time.
const CHUNK: usize = 64 * 1024;

/// What the API needs for recordings.
pub struct Recordings {
    /// Makes links, and knows its own.
    pub links: Links,
    /// Where the files are.
    pub shelf: Arc<dyn Shelf>,
    /// The clock that links expire by.
    pub now: fn() -> Timestamp,
}

/// Where the files of recordings are.
pub trait Shelf: Send + Sync {
    /// The file of that name, which is one of ours. May block.
    fn shelved(&self, file: &str) -> Shelved;
}

/// Whether a recording can be fetched.
#[derive(Debug)]
pub enum Shelved {
    /// Here it is.
    Ready(File),
    /// It is being written or encoded.
    Soon,
    /// There is none, or no more.
    Nowhere,
}

/// A call's recordings.
#[derive(Serialize, ToSchema)]
pub struct RecordingList {
    /// The first one first.
    pub recordings: Vec<RecordingView>,
}

/// A recording.
#[derive(Serialize, ToSchema)]
pub struct RecordingView {
    /// Its name.
    pub name: String,
    /// The call.
    pub call: String,
    /// Whose message it is; null if it is none, or its flow does not say.
    pub mailbox: Option<String>,
    /// 1, or 2: the caller left, the other party right.
    pub channels: u8,
    /// `wav`, `mp3`, or `mp3-hq`: an MP3 of a higher bit rate.
    pub format: &'static str,
    /// `recording`, `encoding`, `ready`, `failed`, or `removed`: it was kept for as long as it is to be.
    pub state: &'static str,
    /// Octets of its file; 0 while it is written, and once it is removed.
    pub bytes: u64,
    /// How long it is, in milliseconds; 0 while it is written.
    pub duration_ms: u64,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub created: Timestamp,
    /// Where it can be fetched, for an hour unless the server is told otherwise.
    pub url: String,
}

impl RecordingView {
    fn new(row: RecordingRow, links: &Links, now: Timestamp) -> Self {
        let RecordingRow { recording, state, bytes, duration } = row;
        let record = recording.record;
        Self {
            url: links.url(&recording.name, record.format.is_mp3(), &recording.tenant, now),
            name: recording.name.to_string(),
            call: recording.call.to_string(),
            mailbox: recording.mailbox,
            channels: if record.dual { 2 } else { 1 },
            format: record.format.as_str(),
            state: state.as_str(),
            bytes,
            duration_ms: milliseconds(duration),
            created: recording.created,
        }
    }
}

/// Lists a call's recordings.
///
/// Each with a link that is good from now on.
#[utoipa::path(
    get, path = "/api/v1/calls/{sid}/recordings", operation_id = "listRecordings", tag = "calls",
    params(("sid" = String, Path, description = "The call's name.")),
    responses(
        (status = 200, body = RecordingList, description = "The call's recordings."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such call."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn list(
    State(desk): State<Arc<Desk>>,
    Sid(sid): Sid,
    _: Query<Nothing>,
) -> Result<Json<RecordingList>, Problem> {
    let name = sid.clone();
    let rows = desk.ask(move |reader, tenant| {
        let known = reader.call(tenant, &name)?.is_some();
        known.then(|| reader.recordings(tenant, &name)).transpose()
    });
    let rows = rows.await?.ok_or_else(|| Problem::no_such_call(sid.as_str()))?;
    let Recordings { links, now, .. } = &desk.api.recordings;
    let view = |row| RecordingView::new(row, links, now());
    Ok(Json(RecordingList { recordings: rows.into_iter().map(view).collect() }))
}

/// A page of recordings, the newest first.
#[derive(Serialize, ToSchema)]
pub struct RecordingPage {
    /// The recordings.
    pub recordings: Vec<RecordedView>,
    /// The `cursor` of the page after this one; null if this is the last.
    pub next: Option<String>,
}

/// A recording and its call, whose part is null if its record is gone.
#[derive(Serialize, ToSchema)]
pub struct RecordedView {
    /// The recording.
    #[serde(flatten)]
    pub recording: RecordingView,
    /// Who called.
    pub from: Option<String>,
    /// Whom.
    pub to: Option<String>,
    /// The flow that ran.
    pub flow: Option<String>,
}

/// Which recordings to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// The messages of that mailbox alone, as `voicemail` names it.
    mailbox: Option<String>,
    /// Begun at this moment or later, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime)]
    #[serde(default, deserialize_with = "moment")]
    since: Option<Timestamp>,
    /// Begun before this moment, RFC 3339.
    #[param(value_type = Option<String>, format = DateTime)]
    #[serde(default, deserialize_with = "moment")]
    before: Option<Timestamp>,
    /// Recordings on the page, 100 unless told.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Lists recordings: all, or the messages of a mailbox.
///
/// The newest first, each with its call and a link that is good from now on.
#[utoipa::path(
    get, path = "/api/v1/recordings", operation_id = "listAllRecordings", tag = "calls", params(Filter),
    responses(
        (status = 200, body = RecordingPage, description = "A page of recordings."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn page(
    State(desk): State<Arc<Desk>>,
    Query(filter): Query<Filter>,
) -> Result<Json<RecordingPage>, Problem> {
    let Filter { mailbox, since, before, limit, cursor } = filter;
    let (limit, cursor) = limited(limit.unwrap_or(RECORDINGS_BY_DEFAULT), RECORDINGS_A_PAGE, cursor.as_deref())?;
    let filter = RecordingFilter { mailbox, since, until: before, cursor };
    let rows = desk.ask(move |reader, tenant| reader.recorded(tenant, &filter, limit)).await?;
    let last = rows.last().filter(|_| rows.len() == limit);
    let next = last.map(|last| RecordingCursor::behind(&last.row.recording).to_string());
    let Recordings { links, now, .. } = &desk.api.recordings;
    let view = |Recorded { row, from, to, flow }| {
        let recording = RecordingView::new(row, links, now());
        RecordedView { recording, from, to, flow }
    };
    Ok(Json(RecordingPage { recordings: rows.into_iter().map(view).collect(), next }))
}

/// Fetches a recording.
///
/// The link comes from `RecordingUrl` of a Passthru, or from the list of a call's recordings. A `Range` of bytes is served.
#[utoipa::path(
    get, path = "/recordings/{file}", operation_id = "fetchRecording", tag = "calls",
    params(
        ("file" = String, Path, description = "The recording's file."),
        ("expires" = String, Query, description = "As the link has it."),
        ("sig" = String, Query, description = "As the link has it."),
    ),
    responses(
        (status = 200, content_type = "audio/wav", description = "The recording."),
        (status = 206, content_type = "audio/wav", description = "The part that was asked for."),
        (status = 403, body = Problem, content_type = "application/problem+json", description = "The link is not good, or not any more."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "It is not ready (see `Retry-After`), or not there."),
        (status = 410, body = Problem, content_type = "application/problem+json", description = "It was kept for as long as it is to be, and removed."),
        (status = 416, body = Problem, content_type = "application/problem+json", description = "The recording ends before that range."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn fetch(
    State(desk): State<Arc<Desk>>,
    Path(file): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let kind = media_type(&file).ok_or_else(Problem::no_such_recording)?;
    let Recordings { links, shelf, now } = &desk.api.recordings;
    let query = query.unwrap_or_default();
    let parts = query.strip_prefix("expires=").and_then(|rest| rest.split_once("&sig="));
    if !parts.is_some_and(|parts| links.admits(&file, parts, &desk.api.tenant, now())) {
        return Err(Problem::bad_link());
    }
    let (shelf, name) = (Arc::clone(shelf), file.clone());
    let found = task::spawn_blocking(move || match shelf.shelved(&name) {
        Shelved::Ready(file) => file.metadata().map(|data| Ok((file, data.len()))),
        Shelved::Soon => Ok(Err(Some(Problem::recording_soon(RETRY_SECONDS)))),
        Shelved::Nowhere => Ok(Err(None)),
    });
    let (source, length) = match found.await {
        Ok(Ok(Ok(found))) => found,
        Ok(Ok(Err(Some(soon)))) => return Err(soon),
        Ok(Ok(Err(None))) => return Err(missing(&desk, &file).await?),
        Ok(Err(_)) | Err(_) => return Err(Problem::store()),
    };
    let range = match headers.get(header::RANGE).map(|range| wanted(range.as_bytes(), length)) {
        None | Some(Wanted::All) => None,
        Some(Wanted::Part(range)) => Some(range),
        Some(Wanted::Nothing) => return Ok(past_the_end(length)),
    };
    let mut response = Body::from_stream(pieces(source, range.clone().unwrap_or(0..length))).into_response();
    if let Some(range) = &range {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let place = format!("bytes {}-{}/{length}", range.start, range.end - 1);
        response.headers_mut().insert(header::CONTENT_RANGE, text(&place));
    }
    let count = range.map_or(length, |range| range.end - range.start);
    let disposition = text(&format!("attachment; filename=\"{file}\""));
    response.headers_mut().extend([
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_LENGTH, HeaderValue::from(count)),
        (header::CONTENT_DISPOSITION, disposition),
        (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
    ]);
    Ok(response)
}

/// Why there is no such file.
async fn missing(desk: &Desk, file: &str) -> Result<Problem, Problem> {
    let Some(name) = file.split_once('.').and_then(|(name, _)| RecordingName::parse(name)) else {
        return Ok(Problem::no_such_recording());
    };
    let known = desk.ask(move |reader, tenant| reader.recording(tenant, &name)).await?;
    let is_removed = known.is_some_and(|row| row.state == RecordingState::Removed);
    Ok(if is_removed { Problem::recording_removed() } else { Problem::no_such_recording() })
}

/// The type of a recording's file, if that is what the name is.
fn media_type(file: &str) -> Option<&'static str> {
    let (name, kind) = file.split_once('.')?;
    RecordingName::parse(name)?;
    match kind {
        "wav" => Some("audio/wav"),
        "mp3" => Some("audio/mpeg"),
        _ => None,
    }
}

fn text(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("digits and our own names")
}

fn past_the_end(length: u64) -> Response {
    let mut response = Problem::past_the_end(length).into_response();
    response.headers_mut().insert(header::CONTENT_RANGE, text(&format!("bytes */{length}")));
    response
}

/// What a Range asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// Everything: also what asks for something else than one range of bytes (RFC 9110 section 14.2).
    All,
    Part(Range<u64>),
    Nothing,
}

fn wanted(range: &[u8], length: u64) -> Wanted {
    let parsed = std::str::from_utf8(range).ok().and_then(|text| parse(text.strip_prefix("bytes=")?, length));
    match parsed {
        None => Wanted::All,
        Some(range) if range.is_empty() => Wanted::Nothing,
        Some(range) => Wanted::Part(range),
    }
}

/// One range; an empty one cannot be served.
fn parse(text: &str, length: u64) -> Option<Range<u64>> {
    let (first, last) = text.trim().split_once('-')?;
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok())?;
    match (first, last) {
        ("", last) => Some(length.saturating_sub(number(last)?)..length),
        (first, "") => Some(number(first)?..length),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then(|| first..last.saturating_add(1).min(length))
        }
    }
}

/// The octets of a part of a file.
fn pieces(file: File, range: Range<u64>) -> impl stream::Stream<Item = io::Result<Bytes>> {
    stream::try_unfold((Arc::new(file), range), |(file, range)| async move {
        if range.is_empty() {
            return Ok(None);
        }
        let source = Arc::clone(&file);
        let start = range.start;
        let count = usize::try_from(range.end - start).unwrap_or(usize::MAX).min(CHUNK);
        let read = task::spawn_blocking(move || {
            let mut piece = vec![0; count];
            source.read_exact_at(&mut piece, start).map(|()| piece)
        });
        let piece = read.await.map_err(io::Error::other)??;
        Ok(Some((Bytes::from(piece), (file, start + count as u64..range.end))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_of_bytes_is_served() {
        use Wanted::{All, Nothing, Part};
        let rows = [
            ("bytes=0-9", Part(0..10)),
            ("bytes=90-", Part(90..100)),
            ("bytes=-10", Part(90..100)),
            ("bytes=-1000", Part(0..100)),
            ("bytes=95-1000", Part(95..100)),
            ("bytes=99-99", Part(99..100)),
            ("bytes=100-", Nothing),
            ("bytes=100-200", Nothing),
            ("bytes=-0", Nothing),
            ("bytes=9-1", All),
            ("bytes=0-1,5-6", All),
            ("bytes=+1-2", All),
            ("bytes=a-b", All),
            ("bytes=", All),
            ("seconds=1-2", All),
            ("bytes=0-99999999999999999999999", All),
        ];
        for (range, expected) in rows {
            assert_eq!(wanted(range.as_bytes(), 100), expected, "{range}");
        }
        assert_eq!(wanted(b"bytes=0-", 0), Nothing);
        assert_eq!(wanted(&[0xff], 100), All);
    }

    #[test]
    fn only_names_of_ours_are_files() {
        let name = RecordingName::new([1; 16]);
        let rows = [
            (name.file(false), Some("audio/wav")),
            (name.file(true), Some("audio/mpeg")),
            (format!("{name}.wav.part"), None),
            (format!("{name}"), None),
            (format!("../{name}.wav"), None),
            ("..%2f".into(), None),
        ];
        for (file, kind) in rows {
            assert_eq!(media_type(&file), kind, "{file}");
        }
    }
}
