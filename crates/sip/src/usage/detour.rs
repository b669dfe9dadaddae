//! Requests within a dialog whose stream is gone (RFC 3261 section 18.1.1): a stream that the peer opened is used as long
//! as it lives; after that a new one is opened to the peer's Contact, where it listens.

use std::time::Instant;

use super::{Phase, Session};
use crate::endpoint::Ua;
use crate::transaction::clients::{Delivery, Outcome, User};

impl Session {
    /// Sends the request by another way if its stream is gone and there is one; else gives the news back.
    pub(super) fn detour(&mut self, delivery: Delivery, ua: &mut Ua, now: Instant) -> Option<Delivery> {
        if !matches!(self.phase, Phase::Confirmed | Phase::Leaving) || delivery.path != self.dialog.path {
            return Some(delivery);
        }
        let way = ua.config.detour(self.dialog.next_hop(), delivery.path, self.proved);
        match (delivery.outcome, way) {
            (Outcome::Unreachable(request), Some(way)) => {
                self.dialog.path = way;
                let client = ua.resend(*request, way, User::Session(self.id.0), now);
                if let Some(modifying) = self.modifying.as_mut().filter(|modifying| modifying.is(delivery.client)) {
                    modifying.goes_on_as(client);
                }
                None
            }
            (outcome, _) => Some(Delivery { outcome, ..delivery }),
        }
    }
}
