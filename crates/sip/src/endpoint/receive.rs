//! What becomes of a message that came in (RFC 3261 sections 8.2, 9.2, 12.2.2 and 17).

use std::time::Instant;

use bytes::Bytes;

use super::{Endpoint, Source, rules};
use crate::header::Name;
use crate::incoming::{self, Incoming};
use crate::message::{Message, Method, ParseError, Refusal as Unreadable, Request, Response};
use crate::path::Path;
use crate::transaction::clients;

impl Endpoint {
    /// A datagram, or one message of a stream. The bytes live as long as the call: a copy of just the message, not a
    /// slice of a large buffer.
    pub fn handle_message(&mut self, bytes: Bytes, path: Path, now: Instant) {
        self.now = Some(now);
        match Message::parse(bytes) {
            Ok(Message::Request(request)) => self.on_request(request, path, now),
            Ok(Message::Response(response)) => self.on_response(response, now),
            Err(ParseError::Refuse(refusal)) => self.on_unreadable(*refusal, path, now),
            Err(ParseError::Drop(_)) => {}
        }
    }

    fn on_response(&mut self, response: Response, now: Instant) {
        let (Ok(vias), Ok(cseq)) = (response.headers.vias(), response.headers.cseq()) else { return };
        // Section 8.1.3.3: an answer that is to go on to somebody else is not for us.
        let [via] = &vias[..] else { return };
        let Some(branch) = via.branch() else { return };
        let name = clients::name(&self.ua.prints, &branch, &cseq.method);
        if let Some(delivery) = self.ua.clients.on_response(response, name, &mut self.ua.out, now) {
            self.deliver(delivery, now);
        }
    }

    fn on_request(&mut self, request: Request, path: Path, now: Instant) {
        let Ok(incoming) = Incoming::new(request, path, &self.ua.prints) else { return };
        if self.ua.servers.absorb(&incoming, &mut self.ua.out, now) {
            return;
        }
        if self.is_full(&incoming) {
            return self.ua.overloaded(&incoming, now);
        }
        if incoming.request.method == Method::Cancel {
            return self.on_cancel(&incoming, now);
        }
        if let Some(key) = self.ua.session_of(&incoming)
            && let Some(peers) = self.sessions.get(key).map(|session| session.peers(&incoming.from_tag))
        {
            if self.belongs(&incoming, peers, now) {
                self.with_session(key, now, |session, ua| session.on_request(incoming, ua, now));
            }
            return;
        }
        self.on_outside_dialog(incoming, now);
    }

    /// A request that belongs to no dialog of ours.
    fn on_outside_dialog(&mut self, incoming: Incoming, now: Instant) {
        if incoming.request.method == Method::Ack {
            return;
        }
        let Some(source) = self.admit(&incoming, now) else { return };
        if incoming.to_tag.is_some() {
            return self.ua.answer(&incoming, Response::to(&incoming.request, 481), now);
        }
        if let Err(refusal) = rules::acceptable(&incoming) {
            return self.refuse(&incoming, refusal, now);
        }
        match incoming.request.method {
            Method::Invite => self.on_invite(incoming, source, now),
            Method::Register => self.on_register(&incoming, &source, now),
            Method::Options => self.ua.answer(&incoming, rules::capabilities(&incoming), now),
            _ => self.ua.answer(&incoming, Response::to(&incoming.request, 481), now),
        }
    }

    /// A REGISTER: only users register, and only themselves.
    fn on_register(&mut self, incoming: &Incoming, source: &Source, now: Instant) {
        let Source::User(user) = source else { return };
        let (response, events) = self.registrar.register(incoming, user, &self.ua.config, now);
        self.ua.answer_once(incoming, response, now);
        events.into_iter().for_each(|event| self.ua.emit(event));
        self.plan_registrar();
    }

    /// A CANCEL: answered by itself, then handed to the INVITE's session if there is something to cancel (section 9.2).
    fn on_cancel(&mut self, incoming: &Incoming, now: Instant) {
        let invite = incoming.cancelled(&self.ua.prints);
        let Some(session) = invite.and_then(|invite| self.ua.servers.cancelled(invite)) else {
            return self.ua.answer(incoming, Response::to(&incoming.request, 481), now);
        };
        match session {
            Some(key) => self.with_session(key, now, |session, ua| session.on_cancel(incoming, ua, now)),
            None => self.ua.answer(incoming, Response::to(&incoming.request, 200), now),
        }
    }

    /// Refuses an INVITE with a transaction, which repeats the answer until the ACK; everything else without state.
    pub(super) fn refuse(&mut self, incoming: &Incoming, refusal: Response, now: Instant) {
        if incoming.request.method == Method::Invite {
            self.ua.answer_once(incoming, refusal, now);
        } else {
            self.ua.answer(incoming, refusal, now);
        }
    }

    /// A request that could not be read, answered with what there is of it.
    fn on_unreadable(&mut self, refusal: Unreadable, path: Path, now: Instant) {
        if !self.ua.access.may_answer(path.remote.ip(), now) {
            return;
        }
        let mut response = refusal.response();
        let remote = match response.headers.via() {
            Ok(mut via) => {
                if incoming::note_source(&mut via, path.remote) {
                    response.headers.set_via(&via);
                }
                incoming::reply_to(&via, path)
            }
            // A Via that cannot be read goes back as it came, and names no port.
            Err(_) => path.remote,
        };
        let tag = self.ua.tag();
        if let Ok(to) = response.headers.to()
            && to.tag().is_none()
        {
            response.headers.set(Name::To, to.with_tag(tag));
        }
        self.ua.out.send(Path { remote, ..path }, response.to_bytes());
    }

    /// Whether the tables hold as much as they may: a new call is refused before a new transaction is.
    fn is_full(&self, incoming: &Incoming) -> bool {
        let limits = &self.ua.config.limits;
        let opens = incoming.request.method == Method::Invite && incoming.to_tag.is_none();
        self.ua.servers.len() >= limits.transactions || (opens && self.sessions.len() >= limits.sessions)
    }
}
