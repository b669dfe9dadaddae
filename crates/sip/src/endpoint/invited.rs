//! An INVITE that opens a session (RFC 3261 section 13.3.1).

use std::time::Instant;

use super::{Endpoint, Event, Invitation, SessionId, Source};
use crate::dialog::Dialog;
use crate::incoming::Incoming;
use crate::message::Response;
use crate::usage::{self, Session};

impl Endpoint {
    pub(super) fn on_invite(&mut self, incoming: Incoming, source: Source, now: Instant) {
        if self.ua.servers.is_merged(&incoming) {
            return self.refuse(&incoming, Response::to(&incoming.request, 482), now);
        }
        if let Some(refusal) = usage::too_short(&incoming) {
            return self.refuse(&incoming, refusal, now);
        }
        let tag = self.ua.tag();
        let Some(mut dialog) = Dialog::callee(&incoming.request, &tag, incoming.path) else {
            return self.refuse(&incoming, Response::to(&incoming.request, 400), now);
        };
        let proved = !matches!(source, Source::User(_));
        dialog.path = self.ua.config.next_hop(dialog.next_hop(), incoming.path, proved);
        let Some(invitation) = invitation(&incoming, source) else { return };
        let server = self.ua.servers.begin(&incoming, &mut self.ua.out, now);
        let ua = &mut self.ua;
        let key = self.sessions.insert_with(|key| Session::invited(key, incoming, server, dialog, ua).proved(proved));
        self.ua.emit(Event::Invited { id: SessionId(key), invitation: Box::new(invitation) });
    }
}

fn invitation(incoming: &Incoming, source: Source) -> Option<Invitation> {
    let request = &incoming.request;
    Some(Invitation {
        uri: request.uri.clone(),
        from: request.headers.from().ok()?,
        to: request.headers.to().ok()?,
        call_id: incoming.call_id.clone(),
        path: incoming.path,
        source,
        offer: usage::sdp(&request.headers, &request.body),
        headers: request.headers.clone(),
    })
}
