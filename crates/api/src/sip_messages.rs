//! `/api/v1/calls/{sid}/sip`: the SIP messages of a call as they went over the wire.

use std::collections::HashSet;
use std::str;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use model::{SipMessage, SipTrace};
use serde::Serialize;
use sip::glance;
use utoipa::ToSchema;

use crate::Problem;
use crate::desk::Desk;
use crate::query::{Nothing, Query, Sid};

/// The SIP messages of a call, oldest first.
#[derive(Default, Serialize, ToSchema)]
pub struct SipMessages {
    /// The messages. None if `trace.sip` is off, or the call was long ago.
    pub messages: Vec<SipMessageView>,
    /// How many more there were than are kept of a call.
    pub left_out: u32,
}

/// A SIP message, sent or received.
#[derive(Serialize, ToSchema)]
pub struct SipMessageView {
    /// Its place, from 0.
    pub n: usize,
    /// The party that it was exchanged with; 0 is the one that the call began with.
    pub leg: u16,
    /// `sent` or `received`.
    pub direction: &'static str,
    /// Milliseconds since the call arrived, by a clock that never jumps: the journal's. Negative of a try that had to show
    /// credentials first.
    pub at_ms: f64,
    /// The same moment by the wall clock, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub wall: Timestamp,
    /// `udp` or `tcp`.
    pub transport: &'static str,
    /// Our address.
    pub local: String,
    /// The peer's address.
    pub remote: String,
    /// The first line.
    pub start_line: String,
    /// Its CSeq.
    pub cseq: String,
    /// Its Call-ID.
    pub call_id: String,
    /// Of a response.
    pub status: Option<u16>,
    /// Of a request.
    pub method: Option<String>,
    /// Whether it is a copy of an earlier one.
    pub retransmission: bool,
    /// All of it. What proved who sent it is `…`.
    pub raw: String,
}

impl From<&SipTrace> for SipMessages {
    fn from(trace: &SipTrace) -> Self {
        let mut seen = HashSet::new();
        let mut messages = Vec::with_capacity(trace.messages.len());
        for message in &trace.messages {
            // A message is sent again as it was, to the byte (RFC 3261 section 17.1).
            let retransmission = !seen.insert((message.leg, message.sent, &*message.raw));
            messages.push(SipMessageView { n: messages.len(), retransmission, ..view(message, trace.began) });
        }
        Self { messages, left_out: trace.left_out }
    }
}

fn view(message: &SipMessage, began: Timestamp) -> SipMessageView {
    let SipMessage { leg, sent, at_us, stream, local, remote, raw } = message;
    let start = glance::start_line(raw);
    let digits = start.strip_prefix(b"SIP/2.0 ").and_then(|rest| str::from_utf8(rest.get(..3)?).ok());
    let status = digits.and_then(|digits| digits.parse().ok());
    let method = start.split(|byte| *byte == b' ').next().filter(|_| status.is_none());
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 microseconds")]
    let at_ms = *at_us as f64 / 1000.0;
    SipMessageView {
        n: 0,
        leg: leg.0,
        direction: if *sent { "sent" } else { "received" },
        at_ms,
        wall: began.checked_add(SignedDuration::from_micros(*at_us)).unwrap_or(began),
        transport: if *stream { "tcp" } else { "udp" },
        local: local.to_string(),
        remote: remote.to_string(),
        start_line: text(start),
        cseq: text(glance::field(raw, "CSeq", "CSeq").unwrap_or_default()),
        call_id: text(glance::call_id(raw).unwrap_or_default()),
        status,
        method: method.map(text),
        retransmission: false,
        raw: text(raw),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Shows a call's SIP messages.
///
/// Of every leg, sent and received, those that were sent again included; also while the call runs. They are kept for 30 days.
#[utoipa::path(
    get, path = "/api/v1/calls/{sid}/sip", operation_id = "listSipMessages", tag = "calls",
    params(("sid" = String, Path, description = "The call's name.")),
    responses(
        (status = 200, body = SipMessages, description = "The call's SIP messages."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such call."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn list(
    State(desk): State<Arc<Desk>>,
    Sid(sid): Sid,
    _: Query<Nothing>,
) -> Result<Json<SipMessages>, Problem> {
    let name = sid.clone();
    let ask = move |reader: &store::Reader, tenant: &_| Ok((reader.call(tenant, &name)?, reader.trace(tenant, &name)?));
    let (call, kept) = desk.ask(ask).await?;
    let ended = call.ok_or_else(|| Problem::no_such_call(sid.as_str()))?.ended.is_some();
    if let Some(trace) = kept {
        return Ok(Json(SipMessages::from(&trace)));
    }
    // A call of long ago needs no switch.
    let live = match desk.wait(desk.api.switch.trace(sid)).await {
        Err(problem) if !ended => return Err(problem),
        live => live.ok().flatten(),
    };
    Ok(Json(live.map(|trace| SipMessages::from(&*trace)).unwrap_or_default()))
}
