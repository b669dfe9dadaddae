//! Our 2xx to an INVITE, repeated until its ACK (RFC 3261 section 13.3.1.4).

use core::time::Duration;
use std::time::Instant;

use bytes::Bytes;

use super::timers::Timer;
use super::{Pending, Phase, SUPPORTED_VALUE, Session, put_sdp, sdp};
use crate::endpoint::{By, Event, Ua};
use crate::header::Name;
use crate::incoming::Incoming;
use crate::message::{Method, Response};
use crate::path::Path;
use crate::transaction::timers::{PATIENCE, T1, T2};

/// Q.850 cause 102, recovery on timer expiry: for a BYE after an ACK that never came.
const TIMER_EXPIRY: u8 = 102;

/// A 2xx without ACK.
#[derive(Debug)]
pub(super) struct Success {
    /// The number of its INVITE.
    sequence: u32,
    bytes: Bytes,
    reply: Path,
    pause: Duration,
}

impl Session {
    /// Takes the call: 200 with this answer, or offer if the INVITE had none.
    pub(crate) fn accept(&mut self, sdp: Bytes, ua: &mut Ua, now: Instant) {
        if !matches!(self.phase, Phase::Invited(_)) || self.accept_later(&sdp) {
            return;
        }
        let Phase::Invited(pending) = core::mem::replace(&mut self.phase, Phase::Confirmed) else { return };
        self.timers.stop(Timer::Ringing);
        let answered = self.reliable.as_ref().is_some_and(|reliable| reliable.answered);
        self.release_reliable();
        self.succeed(&pending, Some(sdp).filter(|_| !answered), ua, now);
    }

    /// Sends a 200 to an INVITE of this dialog and waits for the ACK.
    pub(super) fn succeed(&mut self, pending: &Pending, body: Option<Bytes>, ua: &mut Ua, now: Instant) {
        let response = self.success_response(pending, body, ua, now);
        let bytes = response.to_bytes();
        ua.servers.respond_with(pending.server, response.status, bytes.clone(), &mut ua.out, now);
        let sequence = pending.request.headers.cseq().map_or(0, |cseq| cseq.sequence);
        self.success = Some(Box::new(Success { sequence, bytes, reply: pending.reply, pause: T1 }));
        self.timers.start(Timer::Success, T1, now);
        self.timers.start(Timer::Ack, PATIENCE, now);
    }

    /// A 200 that carries SDP and our Contact.
    pub(super) fn success_response(
        &mut self,
        pending: &Pending,
        body: Option<Bytes>,
        ua: &Ua,
        now: Instant,
    ) -> Response {
        let mut response = self.response(&pending.request, 200);
        self.open_dialog(&pending.request, pending.reply, &mut response, ua);
        response.headers.push(Name::Supported, SUPPORTED_VALUE);
        if let Some(body) = body {
            put_sdp(&mut response.headers, &mut response.body, body);
        }
        if pending.request.method != Method::Prack {
            self.agree(&pending.request.headers, &mut response, now);
        }
        response
    }

    pub(super) fn on_success_unheard(&mut self, ua: &mut Ua, now: Instant) {
        let Some(success) = &mut self.success else { return };
        ua.out.send(success.reply, success.bytes.clone());
        success.pause = (success.pause * 2).min(T2);
        self.timers.start(Timer::Success, success.pause, now);
    }

    /// The ACK of a 2xx.
    pub(super) fn on_ack(&mut self, incoming: &Incoming, ua: &mut Ua, now: Instant) {
        if self.success.as_ref().is_none_or(|success| success.sequence != incoming.sequence) {
            return;
        }
        self.end_success();
        let answer = sdp(&incoming.request.headers, &incoming.request.body);
        self.tell(Event::Acked { id: self.id, answer }, ua);
        if let Some(cause) = self.leaving.take() {
            self.say_bye(cause, ua, now);
        }
        self.ask(ua, now);
    }

    /// Nobody acknowledged: the session ends with a BYE.
    pub(super) fn on_no_ack(&mut self, ua: &mut Ua, now: Instant) {
        self.end_success();
        let cause = self.leaving.take().unwrap_or(TIMER_EXPIRY);
        self.close(By::Timeout, None, None, ua);
        self.say_bye(cause, ua, now);
    }

    pub(super) fn end_success(&mut self) {
        self.success = None;
        self.timers.stop(Timer::Success);
        self.timers.stop(Timer::Ack);
    }
}
