//! Provisional responses that must arrive (RFC 3262), both ways: ours are repeated until the PRACK, the peer's are
//! acknowledged by one.
//!
//! ```text
//! 101 to 199 of ours -> sent, again after T1, 2 T1, 4 T1 ... --PRACK--> heard: the next may go, a 2xx may go
//!                       sent --64 T1 without PRACK--> INVITE refused with 504
//! ```

use core::time::Duration;
use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;

use super::timers::Timer;
use super::{Pending, Phase, Refusal, Session, offered, sdp};
use crate::dialog::Dialog;
use crate::endpoint::{By, Ua};
use crate::header::{CSeq, Name, RAck};
use crate::incoming::Incoming;
use crate::message::{Method, Response};
use crate::transaction::clients::User;
use crate::transaction::timers::{PATIENCE, T1};

/// The extension.
pub(super) const TAG: &str = "100rel";
/// Responses that wait for the one before them.
const MAX_QUEUED: usize = 4;
/// No PRACK came (section 3).
const UNHEARD: u16 = 504;

/// The reliable provisional responses of one INVITE.
#[derive(Debug, Default)]
pub(super) struct Reliable {
    /// The number of the INVITE.
    sequence: u32,
    /// The number of the last one; the first is drawn (section 3).
    rseq: u32,
    status: u16,
    /// The one that waits for its PRACK.
    unheard: Option<Unheard>,
    queued: VecDeque<(u16, Option<Bytes>)>,
    /// The answer of the user's `accept`, which must wait.
    accepted: Option<Bytes>,
    /// The answer has arrived with one of them: the 2xx does not repeat it.
    pub(super) answered: bool,
}

#[derive(Debug)]
struct Unheard {
    pause: Duration,
    sdp: bool,
}

impl Session {
    /// Whether this response is to be reliable: if the peer insists, or if it carries an answer that must not be lost.
    /// Without an offer in the INVITE it would have to carry ours (section 5), so then it is not.
    pub(super) fn is_reliable(pending: &Pending, sdp: bool) -> bool {
        let headers = &pending.request.headers;
        let wanted = headers.has_token(&Name::Require, TAG) || (sdp && headers.has_token(&Name::Supported, TAG));
        wanted && super::sdp(headers, &pending.request.body).is_some()
    }

    /// Sends a reliable response, or queues it behind one that was not heard yet (section 3).
    pub(super) fn ring_reliably(&mut self, status: u16, sdp: Option<Bytes>, ua: &mut Ua, now: Instant) {
        let Phase::Invited(pending) = &self.phase else { return };
        let sequence = pending.request.headers.cseq().map_or(0, |cseq| cseq.sequence);
        let rseq = ua.between(1, 1 << 16);
        let begin = || Box::new(Reliable { sequence, rseq, ..Reliable::default() });
        let reliable = self.reliable.get_or_insert_with(begin);
        if reliable.unheard.is_some() {
            if reliable.queued.len() < MAX_QUEUED {
                reliable.queued.push_back((status, sdp));
            }
            return;
        }
        reliable.rseq += 1;
        reliable.status = status;
        reliable.unheard = Some(Unheard { pause: T1, sdp: sdp.is_some() });
        let rseq = reliable.rseq.to_string();
        let fields = [(Name::Require, Bytes::from_static(TAG.as_bytes())), (Name::RSeq, rseq.into())];
        self.provisional(status, sdp, &fields, ua, now);
        self.timers.start(Timer::Reliable, T1, now);
        self.timers.start(Timer::Prack, PATIENCE, now);
    }

    pub(super) fn on_reliable_unheard(&mut self, ua: &mut Ua, now: Instant) {
        let Phase::Invited(pending) = &self.phase else { return };
        let Some(unheard) = self.reliable.as_mut().and_then(|reliable| reliable.unheard.as_mut()) else { return };
        ua.servers.repeat(pending.server, &mut ua.out);
        unheard.pause *= 2;
        let pause = unheard.pause;
        self.timers.start(Timer::Reliable, pause, now);
    }

    pub(super) fn on_no_prack(&mut self, ua: &mut Ua, now: Instant) {
        self.refuse(UNHEARD, &Refusal::new(UNHEARD), ua, now);
        self.close(By::Timeout, Some(UNHEARD), None, ua);
    }

    /// Keeps an `accept` until the answer of a reliable response is known to have arrived (section 3).
    pub(super) fn accept_later(&mut self, sdp: &Bytes) -> bool {
        let Some(reliable) = &mut self.reliable else { return false };
        let waits = reliable.unheard.as_ref().is_some_and(|unheard| unheard.sdp);
        if waits {
            reliable.accepted = Some(sdp.clone());
            reliable.queued.clear();
        }
        waits
    }

    /// Whether one waits for its PRACK: whatever is said now is said after it.
    pub(super) fn is_unheard(&self) -> bool {
        self.reliable.as_ref().is_some_and(|reliable| reliable.unheard.is_some())
    }

    /// The status of the last one.
    pub(super) fn last_reliable(&self) -> Option<u16> {
        self.reliable.as_ref().map(|reliable| reliable.status)
    }

    /// Whether the user has accepted, though the 2xx must wait.
    pub(super) fn is_accepting(&self) -> bool {
        self.reliable.as_ref().is_some_and(|reliable| reliable.accepted.is_some())
    }

    /// The peer's PRACK.
    pub(super) fn on_prack(&mut self, incoming: Incoming, ua: &mut Ua, now: Instant) {
        if !self.hears(&incoming) {
            return ua.answer_once(&incoming, Response::to(&incoming.request, 481), now);
        }
        self.timers.stop(Timer::Reliable);
        self.timers.stop(Timer::Prack);
        match sdp(&incoming.request.headers, &incoming.request.body) {
            None => ua.answer_once(&incoming, Response::to(&incoming.request, 200), now),
            Some(_) if self.offered.is_some() || !matches!(self.phase, Phase::Invited(_)) => {
                ua.answer_once(&incoming, offered::too_early(&incoming), now);
            }
            Some(offer) => {
                let server = ua.servers.begin(&incoming, &mut ua.out, now);
                self.wait_for_answer(Some(offer), incoming, server, ua);
            }
        }
        self.after_prack(ua, now);
    }

    /// Whether the PRACK is for the response that waits for it.
    fn hears(&mut self, incoming: &Incoming) -> bool {
        let (Some(reliable), Ok(rack)) = (&mut self.reliable, incoming.request.headers.rack()) else { return false };
        let cseq = CSeq { sequence: reliable.sequence, method: Method::Invite };
        let named = rack == RAck { rseq: reliable.rseq, cseq };
        let Some(unheard) = reliable.unheard.take_if(|_| named) else { return false };
        reliable.answered |= unheard.sdp;
        true
    }

    fn after_prack(&mut self, ua: &mut Ua, now: Instant) {
        let Some(reliable) = &mut self.reliable else { return };
        if let Some(sdp) = reliable.accepted.take() {
            self.accept(sdp, ua, now);
        } else if let Some((status, sdp)) = reliable.queued.pop_front() {
            self.ring_reliably(status, sdp, ua, now);
        }
    }

    /// The INVITE is accepted: nothing is repeated or said any more, but a PRACK on its way is still heard (section 3).
    pub(super) fn release_reliable(&mut self) {
        let unheard = self.reliable.take().filter(|reliable| reliable.unheard.is_some());
        self.end_reliable();
        self.reliable = unheard.map(|reliable| Box::new(Reliable { queued: VecDeque::new(), ..*reliable }));
    }

    /// What must be left of the reliable responses once the INVITE is refused.
    pub(super) fn end_reliable(&mut self) {
        self.reliable = None;
        self.timers.stop(Timer::Reliable);
        self.timers.stop(Timer::Prack);
    }
}

/// Acknowledges a reliable response in its early dialog; false if it is to be ignored: one that came before, or one whose
/// predecessor was lost (section 4).
pub(super) fn acknowledge(early: &mut Dialog, response: &Response, session: u64, ua: &mut Ua, now: Instant) -> bool {
    let headers = &response.headers;
    let (Ok(Some(rseq)), Ok(cseq)) = (headers.rseq(), headers.cseq()) else { return true };
    if !headers.has_token(&Name::Require, TAG) {
        return true;
    }
    if early.rseq.is_some_and(|last| last.checked_add(1) != Some(rseq)) {
        return false;
    }
    early.rseq = Some(rseq);
    let mut prack = early.request(Method::Prack);
    prack.headers.push(Name::RAck, RAck { rseq, cseq: CSeq { sequence: cseq.sequence, method: Method::Invite } });
    ua.request(prack, early.path, User::Session(session), now);
    true
}
