//! What arrives for the session: requests within its dialog (RFC 3261 section 12.2.2), and news of its own requests.

use core::net::IpAddr;
use std::time::Instant;

use super::{Phase, Session, fork, offered, refresh};
use crate::dialog::Dialog;
use crate::endpoint::{By, Ua, rules};
use crate::incoming::Incoming;
use crate::message::{Method, Request, Response};
use crate::path::Path;
use crate::transaction::clients::{self, Delivery, Outcome, User};

impl Session {
    /// The address that the peer's messages come from.
    pub(super) fn peer(&self) -> IpAddr {
        self.dialog.near.remote.ip()
    }

    /// The addresses that requests of the party of this tag come from: where its messages came from, and where ours to
    /// it go, which was judged when the dialog was made.
    pub(crate) fn peers(&self, tag: &[u8]) -> [IpAddr; 2] {
        let early = match &self.phase {
            Phase::Calling(calling) => calling.early.iter().find(|early| early.remote_tag == tag),
            _ => None,
        };
        let dialog = early.unwrap_or(&self.dialog);
        [dialog.near, dialog.path].map(|way| way.remote.ip())
    }

    /// The ways that the session speaks by.
    pub(crate) fn ways(&self) -> impl Iterator<Item = Path> {
        [self.dialog.near, self.dialog.path].into_iter()
    }

    /// A request of the peer in this dialog that is not a repetition.
    pub(crate) fn on_request(&mut self, incoming: Incoming, ua: &mut Ua, now: Instant) {
        if incoming.request.method == Method::Ack {
            return self.on_ack(&incoming, ua, now);
        }
        if let Err(refusal) = rules::acceptable(&incoming) {
            return ua.answer(&incoming, refusal, now);
        }
        if matches!(incoming.request.method, Method::Invite | Method::Update)
            && let Some(refusal) = refresh::too_short(&incoming)
        {
            return ua.answer_once(&incoming, refusal, now);
        }
        if self.closed && matches!(incoming.request.method, Method::Invite | Method::Update | Method::Info) {
            return ua.answer_once(&incoming, Response::to(&incoming.request, 481), now);
        }
        if !self.dialog_with(&incoming.from_tag).takes(incoming.sequence) {
            return ua.answer(&incoming, Response::to(&incoming.request, 500), now);
        }
        match incoming.request.method {
            Method::Bye => self.on_bye(&incoming, ua, now),
            Method::Invite if matches!(self.phase, Phase::Confirmed) => self.on_reinvite(incoming, ua, now),
            // Section 14.2: an INVITE before the first one is answered.
            Method::Invite => ua.answer_once(&incoming, offered::too_early(&incoming), now),
            Method::Prack => self.on_prack(incoming, ua, now),
            Method::Update => self.on_update(incoming, ua, now),
            Method::Info => self.on_info(&incoming, ua, now),
            Method::Options => ua.answer(&incoming, rules::capabilities(&incoming), now),
            _ => ua.answer(&incoming, Response::to(&incoming.request, 500), now),
        }
    }

    /// The dialog with the party of this tag: an early one of our call, or the session's.
    pub(super) fn dialog_with(&mut self, tag: &[u8]) -> &mut Dialog {
        if let Phase::Calling(calling) = &mut self.phase
            && let Some(early) = calling.early.iter_mut().find(|early| early.remote_tag == tag)
        {
            return early;
        }
        &mut self.dialog
    }

    /// News of a request of ours.
    pub(crate) fn on_delivery(&mut self, delivery: Delivery, ua: &mut Ua, now: Instant) {
        let Some(Delivery { client, outcome, .. }) = self.detour(delivery, ua, now) else { return };
        match outcome.method() {
            Some(Method::Invite) if matches!(self.phase, Phase::Calling(_)) => self.on_invite_outcome(outcome, ua, now),
            Some(Method::Invite) if self.modifying.as_ref().is_some_and(|modifying| modifying.is(client)) => {
                self.on_modify_outcome(outcome, ua, now);
            }
            Some(Method::Invite) => {
                if let Outcome::Response(response, _) = outcome
                    && response.is_success()
                {
                    self.on_accepted_again(&response, ua, now);
                }
            }
            Some(Method::Bye) => self.on_bye_outcome(outcome, ua, now),
            Some(Method::Update) => self.on_refresh_outcome(outcome, ua, now),
            _ => self.on_minor_outcome(outcome, ua, now),
        }
    }

    /// News of a request whose answer nobody waits for, unless it says that the dialog is lost (section 12.2.1.2).
    pub(super) fn on_minor_outcome(&mut self, outcome: Outcome, ua: &mut Ua, now: Instant) {
        match (&self.phase, outcome) {
            (Phase::Confirmed | Phase::Calling(_), Outcome::Response(response, Some(request))) => {
                self.on_minor_response(&response, *request, ua, now);
            }
            (Phase::Confirmed, Outcome::Silence(_)) => self.lose_dialog(408, By::Timeout, ua, now),
            _ => {}
        }
    }

    fn on_minor_response(&mut self, response: &Response, request: Request, ua: &mut Ua, now: Instant) {
        match response.status {
            401 | 407 => {
                self.authorize(response, request, ua, now);
            }
            481 | 408 if matches!(self.phase, Phase::Confirmed) => {
                self.lose_dialog(response.status, By::Peer, ua, now);
            }
            200..300 => self.proof.iter_mut().for_each(|proof| proof.accepted()),
            _ => {}
        }
    }
}

/// News of an INVITE that went on to another target: a callee that wakes up is cancelled (section 9.1), one that accepts
/// is let go.
pub(crate) fn on_abandoned_delivery(delivery: Delivery, ua: &mut Ua, now: Instant) {
    let Outcome::Response(response, _) = &delivery.outcome else { return };
    if response.is_final() {
        return on_late_delivery(delivery, ua, now);
    }
    if let Some(cancel) = ua.clients.pending(delivery.client).and_then(|(invite, _)| clients::cancellation(invite)) {
        ua.request_as_is(cancel, delivery.path, User::Nobody, now);
        ua.clients.disown(delivery.client, &mut ua.out, now);
    }
}

/// News of a request whose session is over: only a callee who accepts too late needs an answer.
pub(crate) fn on_late_delivery(delivery: Delivery, ua: &mut Ua, now: Instant) {
    if let Outcome::Response(response, _) = &delivery.outcome
        && response.is_success()
        && delivery.outcome.method() == Some(Method::Invite)
    {
        fork::too_late(response, delivery.path, ua, now);
    }
}
