//! What comes back from our INVITE: one early dialog for each callee it was forked to, the first that accepts, and those
//! that accept too late (RFC 3261 sections 12.1.2 and 13.2.2).

use std::time::Instant;

use bytes::Bytes;

use super::{Phase, Session, prack, sdp};
use crate::dialog::Dialog;
use crate::endpoint::{By, Event, Ua};
use crate::header::{Headers, Name, Reason};
use crate::message::{Method, Response};
use crate::path::Path;
use crate::transaction::clients::User;

/// Callees of one call that may ring at a time; those past it are heard but not remembered.
const MAX_EARLY: usize = 8;
/// Q.850 cause 26, non-selected user clearing: somebody else was faster.
pub(super) const NOT_SELECTED: u8 = 26;
/// Q.850 cause 16, normal clearing.
pub(super) const NORMAL: u8 = 16;

/// The ACK of a 2xx to our INVITE, for as often as the 2xx comes.
#[derive(Debug)]
pub(super) struct Acknowledged {
    sequence: u32,
    path: Path,
    bytes: Bytes,
}

impl Session {
    /// 100 to 199.
    pub(super) fn on_progress(&mut self, response: &Response, ua: &mut Ua, now: Instant) {
        self.cancel_if_heard(ua, now);
        if response.status == 100 || self.closed {
            return;
        }
        if !self.remember_early(response, ua, now) {
            return;
        }
        let sdp = sdp(&response.headers, &response.body);
        self.tell(Event::Progress { id: self.id, status: response.status, sdp, source: self.peer() }, ua);
    }

    /// Keeps the dialog of this callee and acknowledges the response if it must be; false if it is to be ignored.
    fn remember_early(&mut self, response: &Response, ua: &mut Ua, now: Instant) -> bool {
        let (id, proved) = (self.id.0, self.proved);
        let Phase::Calling(calling) = &mut self.phase else { return false };
        let Some(tag) = remote_tag(&response.headers) else { return true };
        if let Some(early) = calling.early.iter_mut().find(|early| early.remote_tag == tag) {
            return prack::acknowledge(early, response, id, ua, now);
        }
        if calling.early.len() >= MAX_EARLY {
            return true;
        }
        let Some(mut early) = established(&self.dialog, response, proved, ua) else { return false };
        ua.enter(&early, id);
        let news = prack::acknowledge(&mut early, response, id, ua, now);
        calling.early.push(early);
        news
    }

    /// The first 2xx.
    pub(super) fn on_accepted(&mut self, response: &Response, offer: Option<Bytes>, ua: &mut Ua, now: Instant) {
        let proved = self.proved;
        let Some(mut dialog) = established(&self.dialog, response, proved, ua) else {
            return self.give_up(By::Peer, Some(response.status), None, ua);
        };
        if let Phase::Calling(calling) = &mut self.phase
            && let Some(at) = calling.early.iter().position(|early| early.remote_tag == dialog.remote_tag)
        {
            // The early dialog knows the numbers that were used; the 2xx decides the routes (section 13.2.2.4).
            dialog.numbers_of(&calling.early.swap_remove(at));
        }
        self.leave_early(ua);
        let unwanted = if let Phase::Calling(calling) = &self.phase { calling.cancelled_for() } else { None };
        self.phase = Phase::Confirmed;
        self.dialog = dialog;
        ua.enter(&self.dialog, self.id.0);
        self.acknowledge(response, ua);
        self.agreed(&response.headers, offer, now);
        let sdp = sdp(&response.headers, &response.body);
        self.tell(Event::Answered { id: self.id, sdp, source: self.peer() }, ua);
        if self.closed {
            self.timers.stop_all();
            self.say_bye(unwanted.unwrap_or(NORMAL), ua, now);
        }
    }

    /// A 2xx after the first: the same again, or another callee that was too late (section 13.2.2.4).
    pub(super) fn on_accepted_again(&mut self, response: &Response, ua: &mut Ua, now: Instant) {
        if remote_tag(&response.headers).unwrap_or_default() == self.dialog.remote_tag {
            let sequence = response.headers.cseq().map_or(0, |cseq| cseq.sequence);
            if let Some(ack) = self.acknowledged.as_ref().filter(|ack| ack.sequence == sequence) {
                ua.out.send(ack.path, ack.bytes.clone());
            }
            return;
        }
        if let Some(other) = established(&self.dialog, response, self.proved, ua) {
            let_go(other, response, ua, now);
        }
    }

    /// Sends the ACK of a 2xx and keeps it for the next time.
    pub(super) fn acknowledge(&mut self, response: &Response, ua: &mut Ua) {
        let Ok(cseq) = response.headers.cseq() else { return };
        let mut ack = self.dialog.numbered(Method::Ack, cseq.sequence);
        if let Some(proof) = &mut self.proof {
            proof.repeat(&mut ack.headers);
            proof.accepted();
        }
        let path = self.dialog.path;
        let bytes = ua.send_ack(ack, path);
        self.acknowledged = Some(Box::new(Acknowledged { sequence: cseq.sequence, path, bytes }));
    }

    pub(super) fn leave_early(&mut self, ua: &mut Ua) {
        if let Phase::Calling(calling) = &mut self.phase {
            for early in calling.early.drain(..) {
                ua.leave(&early);
            }
        }
    }
}

/// A 2xx to an INVITE whose session is over: a callee that was too late (section 13.2.2.4).
pub(crate) fn too_late(response: &Response, path: Path, ua: &mut Ua, now: Instant) {
    if let Some(mut dialog) = Dialog::of_response(response, path) {
        dialog.path = ua.config.next_hop(dialog.next_hop(), path, false);
        let_go(dialog, response, ua, now);
    }
}

/// Acknowledges a 2xx and ends what it began.
fn let_go(mut dialog: Dialog, response: &Response, ua: &mut Ua, now: Instant) {
    let Ok(cseq) = response.headers.cseq() else { return };
    let ack = dialog.numbered(Method::Ack, cseq.sequence);
    ua.send_ack(ack, dialog.path);
    let mut bye = dialog.request(Method::Bye);
    bye.headers.push(Name::Reason, Reason::q850(NOT_SELECTED, None));
    ua.request(bye, dialog.path, User::Nobody, now);
}

/// The dialog that this response makes, and the way to its next hop.
fn established(half: &Dialog, response: &Response, proved: bool, ua: &Ua) -> Option<Dialog> {
    let mut dialog = half.established(response)?;
    dialog.path = ua.config.next_hop(dialog.next_hop(), half.near, proved);
    Some(dialog)
}

fn remote_tag(headers: &Headers) -> Option<Bytes> {
    headers.to().ok()?.tag()
}
