//! What the peer wants to change in a session that stands (RFC 3261 section 14.2), and our answer to it.

use std::time::Instant;

use bytes::Bytes;

use super::{Pending, Session, sdp};
use crate::endpoint::{Event, Ua};
use crate::header::{Headers, Name};
use crate::incoming::Incoming;
use crate::message::{Method, Response};
use crate::path::Path;
use crate::transaction::servers::ServerId;

/// Seconds of Retry-After to a re-INVITE that came too early (section 14.2: up to ten).
const TOO_EARLY: &[u8] = b"1";

impl Session {
    /// The peer's re-INVITE.
    pub(super) fn on_reinvite(&mut self, incoming: Incoming, ua: &mut Ua, now: Instant) {
        if self.modifying.as_ref().is_some_and(|modifying| modifying.is_asked()) {
            return ua.answer_once(&incoming, Response::to(&incoming.request, 491), now);
        }
        if self.offered.is_some() || self.success.is_some() {
            return ua.answer_once(&incoming, too_early(&incoming), now);
        }
        let server = ua.servers.begin(&incoming, &mut ua.out, now);
        ua.servers.belongs_to(server, self.id.0);
        let offer = sdp(&incoming.request.headers, &incoming.request.body);
        self.wait_for_answer(offer, incoming, server, ua);
    }

    /// Tells the user of an offer, who answers it.
    pub(super) fn wait_for_answer(&mut self, offer: Option<Bytes>, incoming: Incoming, server: ServerId, ua: &mut Ua) {
        let source = incoming.path.remote.ip();
        self.offered = Some(Box::new(Pending::new(incoming, server)));
        self.tell(Event::Offered { id: self.id, offer, source }, ua);
    }

    /// Answers what the peer offered, or refuses it with a status; the session stays as it was then.
    pub(crate) fn answer(&mut self, answer: Result<Option<Bytes>, u16>, ua: &mut Ua, now: Instant) {
        let body = match answer {
            Ok(body) => body,
            Err(status) => {
                return self.refuse_offered(if (300..700).contains(&status) { status } else { 488 }, ua, now);
            }
        };
        let Some(pending) = self.offered.take() else { return };
        self.retarget(&pending.request.headers, pending.path, ua);
        if pending.request.method == Method::Invite {
            self.succeed(&pending, body, ua, now);
        } else {
            let response = self.success_response(&pending, body, ua, now);
            ua.respond(pending.server, &response, now);
            self.ask(ua, now);
        }
    }

    /// A request of the peer that refreshes the target of its dialog (section 12.2.2).
    pub(super) fn retarget(&mut self, headers: &Headers, path: Path, ua: &Ua) {
        let tag = headers.from().ok().and_then(|from| from.tag()).unwrap_or_default();
        let proved = self.proved;
        self.dialog_with(&tag).retarget(headers, path, proved, &ua.config);
    }

    /// Refuses what waits for an answer, if anything does.
    pub(super) fn refuse_offered(&mut self, status: u16, ua: &mut Ua, now: Instant) {
        if let Some(pending) = self.offered.take() {
            ua.respond(pending.server, &self.response(&pending.request, status), now);
            self.ask(ua, now);
        }
    }
}

/// To a change that comes before the last one is settled.
pub(super) fn too_early(incoming: &Incoming) -> Response {
    let mut response = Response::to(&incoming.request, 500);
    response.headers.push(Name::RetryAfter, TOO_EARLY);
    response
}
