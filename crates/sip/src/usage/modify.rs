//! Our re-INVITE (RFC 3261 section 14.1). If both sides want one at the same time, both wait and try again.
//!
//! ```text
//! modify -> waiting for our 2xx to be acknowledged or the peer's offer to be answered -> asked
//!           asked --491--> waiting for the time of section 14.1 -> asked
//!           asked --2xx, ACK; 300 to 699--> done
//! ```

use core::time::Duration;
use std::time::Instant;

use bytes::Bytes;

use super::timers::Timer;
use super::{ALLOW, Phase, Session, put_sdp, sdp};
use crate::endpoint::{By, Event, Ua};
use crate::header::Name;
use crate::message::{Method, Request, Response};
use crate::transaction::clients::{ClientId, Outcome, User};

/// The unit of the pauses of section 14.1.
const GLARE_UNIT: Duration = Duration::from_millis(10);
/// Who named the call waits 2.1 to 4 s.
const OWNER_UNITS: (u32, u32) = (210, 400);
/// The other side waits up to 2 s.
const OTHER_UNITS: (u32, u32) = (0, 200);
/// Collisions after which the change is given up.
const MAX_GLARES: u8 = 8;
/// The status of a request that nobody answered (section 8.1.3.1).
const TIMED_OUT: u16 = 408;
/// The status of a request that could not be sent (section 8.1.3.1).
const UNREACHABLE: u16 = 503;

/// A change that we want.
#[derive(Debug)]
pub(super) struct Modifying {
    offer: Bytes,
    client: Option<ClientId>,
    glares: u8,
    /// The user did not ask for it: a sign of life (RFC 4028).
    silent: bool,
}

impl Modifying {
    fn new(offer: Bytes) -> Self {
        Self { offer, client: None, glares: 0, silent: false }
    }

    /// The same session once more.
    pub(super) fn refresh(offer: Bytes) -> Self {
        Self { silent: true, ..Self::new(offer) }
    }

    /// Waits for the answer only so long: nothing else ends an INVITE that was answered provisionally.
    pub(super) fn abandon(&self, ua: &mut Ua, now: Instant) {
        if let Some(client) = self.client {
            ua.clients.limit(client, &mut ua.out, now);
        }
    }

    pub(super) fn is_asked(&self) -> bool {
        self.client.is_some()
    }

    /// The re-INVITE was sent again, as this transaction.
    pub(super) fn goes_on_as(&mut self, client: ClientId) {
        self.client = Some(client);
    }

    pub(super) fn is(&self, client: ClientId) -> bool {
        self.client == Some(client)
    }
}

impl Session {
    /// Offers a change. One that waits already is replaced.
    pub(crate) fn modify(&mut self, offer: Bytes, ua: &mut Ua, now: Instant) {
        if !matches!(self.phase, Phase::Confirmed) || self.closed {
            return;
        }
        if self.modifying.as_ref().is_some_and(|modifying| modifying.is_asked()) {
            return self.tell(Event::Modified { id: self.id, answer: Err(491) }, ua);
        }
        self.modifying = Some(Box::new(Modifying::new(offer)));
        self.timers.stop(Timer::Glare);
        self.ask(ua, now);
    }

    /// Sends the re-INVITE that waits, if nothing is in its way.
    pub(super) fn ask(&mut self, ua: &mut Ua, now: Instant) {
        let Some(modifying) = &self.modifying else { return };
        let free = self.offered.is_none() && self.success.is_none() && !self.timers.is_running(Timer::Glare);
        if !free || modifying.is_asked() || !matches!(self.phase, Phase::Confirmed) {
            return;
        }
        let offer = modifying.offer.clone();
        let mut request = self.dialog.request(Method::Invite);
        request.headers.push(Name::Contact, ua.contact(self.dialog.path));
        request.headers.push(Name::Allow, ALLOW);
        self.go_on(&mut request.headers);
        put_sdp(&mut request.headers, &mut request.body, offer);
        let client = ua.request(request, self.dialog.path, User::Session(self.id.0), now);
        if let Some(modifying) = &mut self.modifying {
            modifying.client = Some(client);
        }
    }

    /// News of our re-INVITE.
    pub(super) fn on_modify_outcome(&mut self, outcome: Outcome, ua: &mut Ua, now: Instant) {
        match outcome {
            Outcome::Response(response, Some(request)) if response.is_success() => {
                self.on_modified(&response, request.body, ua, now);
            }
            Outcome::Response(response, Some(request)) => self.on_unmodified(&response, *request, ua, now),
            Outcome::Response(response, None) if response.is_success() => self.on_accepted_again(&response, ua, now),
            Outcome::Response(..) => {
                if let Some(modifying) = &self.modifying {
                    modifying.abandon(ua, now);
                }
            }
            Outcome::Silence(_) => self.lose_dialog(TIMED_OUT, By::Timeout, ua, now),
            Outcome::Unreachable(_) => self.end_modify(Err(UNREACHABLE), ua),
        }
    }

    fn on_modified(&mut self, response: &Response, offer: Bytes, ua: &mut Ua, now: Instant) {
        self.dialog.retarget(&response.headers, self.dialog.near, self.proved, &ua.config);
        self.acknowledge(response, ua);
        self.agreed(&response.headers, Some(offer), now);
        self.end_modify(Ok(sdp(&response.headers, &response.body)), ua);
    }

    fn on_unmodified(&mut self, response: &Response, request: Request, ua: &mut Ua, now: Instant) {
        match response.status {
            401 | 407 | 422 => {
                let again = match response.status {
                    422 => self.prolong(response, request, ua, now),
                    _ => self.authorize(response, request, ua, now),
                };
                match (again, &mut self.modifying) {
                    (Some(client), Some(modifying)) => modifying.goes_on_as(client),
                    _ => self.end_modify(Err(response.status), ua),
                }
            }
            481 | 408 => self.lose_dialog(response.status, By::Peer, ua, now),
            491 => self.on_glare(ua, now),
            status => self.end_modify(Err(status), ua),
        }
    }

    fn on_glare(&mut self, ua: &mut Ua, now: Instant) {
        let Some(modifying) = &mut self.modifying else { return };
        modifying.client = None;
        modifying.glares += 1;
        if modifying.glares > MAX_GLARES {
            return self.end_modify(Err(491), ua);
        }
        let (least, most) = if self.dialog.is_caller() { OWNER_UNITS } else { OTHER_UNITS };
        self.timers.start(Timer::Glare, GLARE_UNIT * ua.between(least, most), now);
    }

    fn end_modify(&mut self, answer: Result<Option<Bytes>, u16>, ua: &mut Ua) {
        if self.modifying.take().is_some_and(|modifying| !modifying.silent) {
            self.tell(Event::Modified { id: self.id, answer }, ua);
        }
    }

    /// The peer does not know the dialog any more, or is gone (section 12.2.1.2): it ends, with a BYE for the case that
    /// somebody on the way remembers.
    pub(super) fn lose_dialog(&mut self, status: u16, by: By, ua: &mut Ua, now: Instant) {
        const LOST: u8 = 41; // Q.850: temporary failure
        self.end_modify(Err(status), ua);
        self.close(by, None, None, ua);
        self.end_success();
        self.say_bye(LOST, ua, now);
    }
}
