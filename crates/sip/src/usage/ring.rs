//! Provisional responses to the peer's INVITE (RFC 3261 section 13.3.1.1).

use core::time::Duration;
use std::time::Instant;

use bytes::Bytes;

use super::timers::Timer;
use super::{Phase, Session, prack, put_sdp};
use crate::endpoint::Ua;
use crate::header::Name;

/// A provisional response is said again so that proxies do not give up (RFC 3261 section 13.3.1.1).
const STILL_RINGING: Duration = Duration::from_secs(60);

impl Session {
    /// Says 101 to 199, with an early answer if there is one.
    pub(crate) fn ring(&mut self, status: u16, sdp: Option<Bytes>, ua: &mut Ua, now: Instant) {
        let Phase::Invited(pending) = &self.phase else { return };
        if !(101..200).contains(&status) || self.is_accepting() {
            return;
        }
        if self.is_unheard() || Self::is_reliable(pending, sdp.is_some()) {
            self.ring_reliably(status, sdp, ua, now);
        } else if !pending.request.headers.has_token(&Name::Require, prack::TAG) {
            self.provisional(status, sdp, &[], ua, now);
        }
    }

    /// Sends the response.
    pub(super) fn provisional(
        &mut self,
        status: u16,
        sdp: Option<Bytes>,
        fields: &[(Name, Bytes)],
        ua: &mut Ua,
        now: Instant,
    ) {
        let Phase::Invited(pending) = &self.phase else { return };
        let mut response = self.response(&pending.request, status);
        self.open_dialog(&pending.request, pending.reply, &mut response, ua);
        for (name, value) in fields {
            response.headers.push(name.clone(), value.clone());
        }
        if let Some(sdp) = sdp {
            put_sdp(&mut response.headers, &mut response.body, sdp);
        }
        ua.respond(pending.server, &response, now);
        self.timers.start(Timer::Ringing, STILL_RINGING, now);
    }

    pub(super) fn on_still_ringing(&mut self, ua: &mut Ua, now: Instant) {
        let Phase::Invited(pending) = &self.phase else { return };
        if let Some(status) = self.last_reliable() {
            self.ring_reliably(status, None, ua, now);
        } else {
            ua.servers.repeat(pending.server, &mut ua.out);
            self.timers.start(Timer::Ringing, STILL_RINGING, now);
        }
    }
}
