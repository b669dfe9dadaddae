//! The door of the endpoint: who sent a request that belongs to no session, and whether one that does comes from its
//! peer.

use core::net::IpAddr;
use std::time::Instant;

use super::{Endpoint, Source};
use crate::access::Shown;
use crate::incoming::Incoming;
use crate::message::Method;

impl Endpoint {
    /// Who sent this. Strangers are asked for credentials, registrations always are.
    pub(super) fn admit(&mut self, incoming: &Incoming, now: Instant) -> Option<Source> {
        let shown = self.ua.access.by_digest(incoming, now);
        if let Shown::User(name) = shown {
            return Some(Source::User(name));
        }
        let known = self.ua.access.by_address(incoming.path.remote.ip());
        if known.is_some() && incoming.request.method != Method::Register {
            return known;
        }
        let challenge = self.ua.access.challenge(&incoming.request, shown == Shown::Stale, now);
        self.ua.answer(incoming, challenge, now);
        None
    }

    /// Whether a request within a dialog may be obeyed: it comes from where the session's peer is, from a network that
    /// we know, or it shows credentials. An ACK cannot be asked for any (section 22.1).
    pub(super) fn belongs(&mut self, incoming: &Incoming, peers: [IpAddr; 2], now: Instant) -> bool {
        let ip = incoming.path.remote.ip();
        if peers.contains(&ip) || self.ua.access.by_address(ip).is_some() {
            return true;
        }
        if incoming.request.method == Method::Ack {
            return false;
        }
        let shown = self.ua.access.by_digest(incoming, now);
        if matches!(shown, Shown::User(_)) {
            return true;
        }
        let challenge = self.ua.access.challenge(&incoming.request, shown == Shown::Stale, now);
        self.ua.answer(incoming, challenge, now);
        false
    }
}
