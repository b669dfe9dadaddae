//! The peer's UPDATE (RFC 3311): a change of the session, or a sign of life, without a new INVITE.

use std::time::Instant;

use super::{Phase, Session, offered, sdp};
use crate::endpoint::Ua;
use crate::incoming::Incoming;
use crate::message::Response;

impl Session {
    pub(super) fn on_update(&mut self, incoming: Incoming, ua: &mut Ua, now: Instant) {
        let Some(offer) = sdp(&incoming.request.headers, &incoming.request.body) else {
            return self.on_sign_of_life(&incoming, ua, now);
        };
        if self.modifying.as_ref().is_some_and(|modifying| modifying.is_asked()) {
            return ua.answer_once(&incoming, Response::to(&incoming.request, 491), now);
        }
        // Section 5.2: while an offer of the peer is without an answer, or the answer is not known to have arrived.
        if self.offered.is_some() || self.success.is_some() || matches!(self.phase, Phase::Invited(_)) {
            return ua.answer_once(&incoming, offered::too_early(&incoming), now);
        }
        let server = ua.servers.begin(&incoming, &mut ua.out, now);
        self.wait_for_answer(Some(offer), incoming, server, ua);
    }

    /// Without an offer it refreshes the target, and the session's timer.
    fn on_sign_of_life(&mut self, incoming: &Incoming, ua: &mut Ua, now: Instant) {
        self.retarget(&incoming.request.headers, incoming.path, ua);
        let mut response = Response::to(&incoming.request, 200);
        self.open_dialog(&incoming.request, incoming.reply, &mut response, ua);
        self.agree(&incoming.request.headers, &mut response, now);
        ua.answer_once(incoming, response, now);
    }
}
