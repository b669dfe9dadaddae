//! The end of a session: BYE both ways, CANCEL by the peer, and the one verb by which we end (RFC 3261 sections 9 and 15).

use std::time::Instant;

use super::fork::NORMAL;
use super::reject::status_of;
use super::{Phase, Refusal, Session, cause_of};
use crate::endpoint::{By, Ua};
use crate::header::{Name, Reason};
use crate::incoming::Incoming;
use crate::message::{Method, Response};
use crate::transaction::clients::{Outcome, User};

/// To an INVITE that its sender took back (section 9.2).
const TERMINATED: u16 = 487;

impl Session {
    /// Ends the session by what its state needs.
    pub(crate) fn hang_up(&mut self, cause: u8, ua: &mut Ua, now: Instant) {
        if self.closed {
            return;
        }
        match &self.phase {
            Phase::Invited(_) => {
                self.reject(&Refusal { reason: Some(cause), ..Refusal::new(status_of(cause)) }, ua, now);
            }
            Phase::Confirmed => {
                self.close(By::Us, None, Some(cause), ua);
                if self.success.is_some() {
                    // Section 15: no BYE before the ACK or the end of waiting for it.
                    self.leaving = Some(cause);
                } else {
                    self.say_bye(cause, ua, now);
                }
            }
            Phase::Calling(_) => self.cancel(cause, ua, now),
            Phase::Leaving | Phase::Over => {}
        }
    }

    /// Sends BYE.
    pub(super) fn say_bye(&mut self, cause: u8, ua: &mut Ua, now: Instant) {
        self.drop_changes(ua, now);
        let mut bye = self.dialog.request(Method::Bye);
        bye.headers.push(Name::Reason, Reason::q850(cause, None));
        ua.request(bye, self.dialog.path, User::Session(self.id.0), now);
        self.phase = Phase::Leaving;
    }

    /// News of our BYE: whatever it is, the session is over, unless the peer wants to know who says so.
    pub(super) fn on_bye_outcome(&mut self, outcome: Outcome, ua: &mut Ua, now: Instant) {
        if let Outcome::Response(response, request) = outcome {
            let Some(request) = request else { return };
            let asked = matches!(response.status, 401 | 407);
            if asked && self.authorize(&response, *request, ua, now).is_some() {
                return;
            }
        }
        self.phase = Phase::Over;
    }

    /// The peer's BYE: of a session that stands, or of one that still rings (section 15.1.2).
    pub(super) fn on_bye(&mut self, incoming: &Incoming, ua: &mut Ua, now: Instant) {
        ua.answer_once(incoming, Response::to(&incoming.request, 200), now);
        let cause = cause_of(&incoming.request.headers);
        if matches!(self.phase, Phase::Calling(_)) {
            // It ends an early dialog; the INVITE is still open, and may ring elsewhere.
            self.close(By::Peer, None, cause, ua);
            return self.cancel(cause.unwrap_or(NORMAL), ua, now);
        }
        self.end_by_peer(cause, ua, now);
    }

    /// The peer's CANCEL of its first INVITE, or of a re-INVITE, which ends only that. Its answer has the tag of the
    /// INVITE's (section 9.2).
    pub(crate) fn on_cancel(&mut self, incoming: &Incoming, ua: &mut Ua, now: Instant) {
        let mut response = Response::to(&incoming.request, 200);
        response.headers.set(Name::To, self.dialog.local().clone());
        ua.answer(incoming, response, now);
        if matches!(self.phase, Phase::Invited(_)) {
            self.end_by_peer(cause_of(&incoming.request.headers), ua, now);
        } else {
            self.refuse_offered(TERMINATED, ua, now);
        }
    }

    /// The session ends: nobody waits for its changes any more, ours or the peer's.
    pub(super) fn drop_changes(&mut self, ua: &mut Ua, now: Instant) {
        if let Some(modifying) = self.modifying.take() {
            modifying.abandon(ua, now);
        }
        self.refuse_offered(TERMINATED, ua, now);
    }

    fn end_by_peer(&mut self, cause: Option<u8>, ua: &mut Ua, now: Instant) {
        let ringing = matches!(self.phase, Phase::Invited(_));
        self.drop_changes(ua, now);
        self.refuse(TERMINATED, &Refusal::new(TERMINATED), ua, now);
        self.end_success();
        self.phase = Phase::Over;
        self.close(By::Peer, ringing.then_some(TERMINATED), cause, ua);
    }
}
