//! Our INVITE (RFC 3261 section 13.2): one target after the other (RFC 3263 section 4.3), challenges, refusals, and
//! taking it back (section 9.1). A target that is passed over because it was silent is still listened to: if it wakes up,
//! its INVITE is cancelled.
//!
//! ```text
//! invite -> Calling --2xx, ACK--> Confirmed
//!           Calling --300 to 699, silence at the last target--> Over
//!           Calling --hang_up, CANCEL--> Calling without a user --487--> Over
//!                                        Calling without a user --2xx, ACK, BYE--> Leaving
//! ```

use core::time::Duration;
use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;

use super::fork::NOT_SELECTED;
use super::timers::Timer;
use super::{ALLOW, Phase, SUPPORTED_VALUE, Session, cause_of, put_sdp, refresh};
use crate::dialog::Dialog;
use crate::digest::Credentials;
use crate::endpoint::{By, Ua};
use crate::header::{Headers, Name, NameAddr, Reason};
use crate::message::{Method, Request, Response};
use crate::path::Path;
use crate::resolve::Target;
use crate::transaction::clients::{self, ClientId, Outcome, User};
use crate::transaction::timers::PATIENCE;
use crate::uri::Uri;

/// Targets of one call that are tried.
pub(crate) const MAX_TARGETS: usize = 16;

/// A target that has said nothing at all in this time is passed over, if there is another. RFC 3263 section 4.3 would wait
/// for timer B, 32 s; whoever rings for 30 s would never come to the next. An INVITE has been sent four times by then, and
/// a target that lives says 100 after 200 ms (RFC 3261 section 17.2.1).
const TARGET_PATIENCE: Duration = Duration::from_secs(4);

/// The longest request that goes by datagram if there is another way (section 18.1.1).
const MAX_DATAGRAM: usize = 1300;
/// Bytes that our Via adds, at most.
const VIA: usize = 120;

/// A call to be made.
#[derive(Clone, Debug)]
pub struct Invite {
    /// Whom: Request-URI and To.
    pub to: Uri,
    /// Who calls; a tag is added.
    pub from: NameAddr,
    /// Where to send it, best first: the next is tried if one is silent, unreachable or says 503.
    pub targets: Vec<Target>,
    /// Whether there are other targets, for another invitation: then the last of these gets no more time than the others.
    pub others: bool,
    /// Proxies on the way, as a Route each.
    pub route: Vec<Uri>,
    /// What to show if the peer asks.
    pub credentials: Option<Credentials>,
    /// Further fields.
    pub headers: Headers,
    /// The SDP.
    pub offer: Bytes,
    /// The name of the call, if it has one already.
    pub call_id: Option<Bytes>,
}

/// An INVITE of ours without a final response.
#[derive(Debug)]
pub(super) struct Calling {
    client: ClientId,
    targets: VecDeque<Path>,
    /// Somebody else has other targets.
    others: bool,
    /// The dialogs that provisional responses made (section 12.1.2).
    pub(super) early: Vec<Dialog>,
    cancel: Cancel,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cancel {
    No,
    /// As soon as anything comes back, with this cause (section 9.1).
    Wanted(u8),
    Sent(u8),
}

impl Calling {
    /// Why we wanted no answer any more, if we did not.
    pub(super) fn cancelled_for(&self) -> Option<u8> {
        match self.cancel {
            Cancel::No => None,
            Cancel::Wanted(cause) | Cancel::Sent(cause) => Some(cause),
        }
    }
}

impl Session {
    /// Sends the INVITE the first of these ways; the others are for later.
    pub(crate) fn connect(
        id: u64,
        invite: Invite,
        (first, others): (Path, VecDeque<Path>),
        ua: &mut Ua,
        now: Instant,
    ) -> Self {
        let (tag, call_id) = (ua.tag(), invite.call_id.unwrap_or_else(|| ua.call_id()));
        let mut dialog = Dialog::caller(call_id, &tag, (invite.from, invite.to), invite.route, first);
        let mut request = dialog.request(Method::Invite);
        request.headers.push(Name::Contact, ua.contact(first));
        for (name, value) in invite.headers.iter() {
            request.headers.push(name.clone(), value.clone());
        }
        request.headers.push(Name::Allow, ALLOW);
        request.headers.push(Name::Supported, SUPPORTED_VALUE);
        refresh::ask(&mut request.headers);
        put_sdp(&mut request.headers, &mut request.body, invite.offer);
        let mut ways: VecDeque<Path> = core::iter::once(first).chain(others).collect();
        if request.to_bytes().len() + VIA > MAX_DATAGRAM {
            ways = ways.into_iter().flat_map(|way| ua.config.stream_first(way)).collect();
        }
        let path = ways.pop_front().unwrap_or(first);
        request.headers.set(Name::Contact, ua.contact(path));
        dialog.path = path;
        dialog.near = path;
        let client = ua.request(request, path, User::Session(id), now);
        let calling = Calling { client, targets: ways, others: invite.others, early: Vec::new(), cancel: Cancel::No };
        let mut session = Self::new(id, Phase::Calling(Box::new(calling)), dialog);
        session.credentials = invite.credentials.map(Box::new);
        session.timers.start(Timer::Target, TARGET_PATIENCE, now);
        session
    }

    /// Sends the INVITE to the next target, if there is one.
    fn try_next(&mut self, mut request: Request, ua: &mut Ua, now: Instant) -> bool {
        let Phase::Calling(calling) = &mut self.phase else { return false };
        let Some(path) = calling.targets.pop_front() else { return false };
        request.headers.set(Name::Contact, ua.contact(path));
        self.dialog.path = path;
        self.dialog.near = path;
        let client = ua.resend(request, path, User::Session(self.id.0), now);
        self.calls_as(client, now);
        true
    }

    /// The INVITE was sent again, as this transaction: its target has the whole time to say something.
    fn calls_as(&mut self, client: ClientId, now: Instant) {
        if let Phase::Calling(calling) = &mut self.phase {
            calling.client = client;
            self.timers.start(Timer::Target, TARGET_PATIENCE, now);
        }
    }

    /// The target has said nothing: the next one's turn, if there is one.
    pub(super) fn on_target_silent(&mut self, ua: &mut Ua, now: Instant) {
        let Phase::Calling(calling) = &self.phase else { return };
        let last = calling.targets.is_empty() && !calling.others;
        if self.closed || last || !ua.clients.is_calling(calling.client) {
            return;
        }
        if let Some(request) = ua.clients.abandon(calling.client, &mut ua.out) {
            self.on_failed(By::Timeout, request, ua, now);
        }
    }

    /// News of our first INVITE.
    pub(super) fn on_invite_outcome(&mut self, outcome: Outcome, ua: &mut Ua, now: Instant) {
        match outcome {
            Outcome::Response(response, None) if response.status < 200 => self.on_progress(&response, ua, now),
            Outcome::Response(response, request) if response.is_success() => {
                self.on_accepted(&response, request.map(|request| request.body), ua, now);
            }
            Outcome::Response(response, Some(request)) => self.on_refused(&response, *request, ua, now),
            Outcome::Response(..) => {}
            Outcome::Silence(request) => self.on_failed(By::Timeout, *request, ua, now),
            Outcome::Unreachable(request) => self.on_failed(By::Unreachable, *request, ua, now),
        }
    }

    fn on_refused(&mut self, response: &Response, request: Request, ua: &mut Ua, now: Instant) {
        if !self.closed && response.status == 422 && self.lengthen(response, &request, ua, now) {
            return;
        }
        if !self.closed && matches!(response.status, 401 | 407) {
            if let Some(client) = self.authorize(response, request, ua, now) {
                return self.calls_as(client, now);
            }
        } else if response.status == 503 && !self.closed && self.try_next(request, ua, now) {
            return;
        }
        self.give_up(By::Peer, Some(response.status), cause_of(&response.headers), ua);
    }

    /// Asks for a longer session than the peer refused, once (RFC 4028 section 7.4).
    fn lengthen(&mut self, response: &Response, request: &Request, ua: &mut Ua, now: Instant) -> bool {
        let Some(interval) = refresh::longer(response).filter(|_| request.headers.get(&Name::MinSe).is_none()) else {
            return false;
        };
        let mut request = request.clone();
        request.headers.set(Name::MinSe, interval.to_string());
        refresh::ask_for(&mut request.headers, interval);
        self.dialog.renumber(&mut request);
        let client = ua.resend(request, self.dialog.path, User::Session(self.id.0), now);
        self.calls_as(client, now);
        true
    }

    fn on_failed(&mut self, by: By, request: Request, ua: &mut Ua, now: Instant) {
        if self.closed || !self.try_next(request, ua, now) {
            self.give_up(by, None, None, ua);
        }
    }

    pub(super) fn give_up(&mut self, by: By, status: Option<u16>, cause: Option<u8>, ua: &mut Ua) {
        self.leave_early(ua);
        self.phase = Phase::Over;
        self.close(by, status, cause, ua);
    }

    /// The user wants no answer any more.
    pub(super) fn cancel(&mut self, cause: u8, ua: &mut Ua, now: Instant) {
        self.close(By::Us, None, Some(cause), ua);
        let Phase::Calling(calling) = &mut self.phase else { return };
        calling.cancel = Cancel::Wanted(cause);
        self.cancel_if_heard(ua, now);
    }

    /// Sends CANCEL if it is wanted and the peer has said anything.
    pub(super) fn cancel_if_heard(&mut self, ua: &mut Ua, now: Instant) {
        let Phase::Calling(calling) = &mut self.phase else { return };
        let Cancel::Wanted(cause) = calling.cancel else { return };
        let client = calling.client;
        if ua.clients.is_calling(client) {
            return;
        }
        let Some((invite, path)) = ua.clients.pending(client) else { return };
        let Some(mut request) = clients::cancellation(invite) else { return };
        request.headers.push(Name::Reason, Reason::q850(cause, None));
        if cause == NOT_SELECTED {
            request.headers.push(Name::Reason, Reason::answered_elsewhere());
        }
        calling.cancel = Cancel::Sent(cause);
        ua.request_as_is(request, path, User::Nobody, now);
        self.timers.start(Timer::Cancel, PATIENCE, now);
    }

    /// The peer never said what became of the INVITE (section 9.1).
    pub(super) fn on_cancel_unheard(&mut self, ua: &mut Ua) {
        if let Phase::Calling(calling) = &self.phase {
            ua.clients.forget(calling.client.0, &mut ua.out);
        }
        self.give_up(By::Timeout, None, None, ua);
    }
}
