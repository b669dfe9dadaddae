//! What a Passthru says of the stream before it (`exotel.md` 1.11).

use jiff::Timestamp;
use model::{CallFacts, StreamEndedBy, StreamFacts, StreamFailure, StreamStatus};

use crate::form::Query;
use crate::passthru::Profile;

/// The contract's number of a connection that failed.
const CONNECTION_FAILED: u32 = 3009;

/// Appends what became of the stream, if there was one.
pub(crate) fn put(query: &mut Query, facts: &CallFacts, profile: &Profile, now: Timestamp) {
    let Some(stream) = &facts.stream else { return };
    let StreamFacts { sid, url, duration, end, recording } = stream;
    query.put("Stream[StreamSID]", sid.as_str());
    query.put("Stream[Status]", status(end.status()));
    query.put("Stream[Duration]", &duration.as_secs().to_string());
    if let Some((recording, links)) = recording.as_ref().zip(profile.recordings.as_ref()) {
        query.put("Stream[RecordingUrl]", &links.url(&recording.name, recording.mp3, &facts.tenant, now));
    }
    query.put("Stream[StreamUrl]", url);
    query.put("Stream[DisconnectedBy]", disconnected_by(end.by));
    match &end.failure {
        None => {}
        Some(StreamFailure::Throttled { .. }) => query.put("Stream[DetailedStatus]", "Streaming_call_throttled"),
        Some(failure) => query.put("Stream[Error]", &format!("{CONNECTION_FAILED} {failure}")),
    }
}

fn status(status: StreamStatus) -> &'static str {
    match status {
        StreamStatus::Completed => "completed",
        StreamStatus::Failed => "failed",
        StreamStatus::Cancelled => "cancelled",
    }
}

fn disconnected_by(by: StreamEndedBy) -> &'static str {
    match by {
        StreamEndedBy::Caller => "user",
        StreamEndedBy::Bot => "bot",
        StreamEndedBy::Us | StreamEndedBy::Nobody => "NA",
    }
}
