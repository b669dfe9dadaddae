//! A party that a hunt rings: the way to it, its invitation, and all that may come of that but an answer.

use core::net::SocketAddr;

use bytes::Bytes;
use flow::DialProgress;
use model::{Cause, EndedBy, EventKind, LegEnd, LegId, Moment};
use sip::SessionId;

use super::super::Call;
use super::Hunt;
use crate::leg::{LegState, Place};
use crate::order::Order;

impl Call {
    /// The way to a target is found; its media will live there.
    pub(crate) fn on_way(&mut self, leg: LegId, place: Place) {
        let party = &mut self.legs[usize::from(leg.0)];
        if party.state == LegState::Offered {
            let open = party.open(place, self.setup.settings);
            self.orders.push_back(open);
        }
    }

    /// An invitation came to nothing, and there is another way: whether it is taken.
    pub(crate) fn on_other_way(&mut self, leg: LegId, place: Place, now: Moment) -> bool {
        let party = &mut self.legs[usize::from(leg.0)];
        let inviting = party.state == LegState::Inviting;
        if inviting {
            self.orders.extend(party.reopen(place, self.setup.settings));
            // Whoever the caller heard is not the one that rings now.
            if let Some(attempt) = self.hunt.as_mut().and_then(|hunt| hunt.attempt(leg)) {
                attempt.early = false;
            }
            self.play_music(now);
        }
        inviting
    }

    /// The media ports of a party to be rung are bound: it is invited.
    pub(in crate::call) fn on_dialled_opened(&mut self, leg: LegId, local: SocketAddr, now: Moment) {
        let party = &mut self.legs[usize::from(leg.0)];
        match party.describe(local) {
            Ok(offer) => {
                party.state = LegState::Inviting;
                self.orders.push_back(Order::Invite { leg, offer });
            }
            Err(error) => {
                self.fault(format!("no offer for {leg}: {error}"), now);
                self.on_unreachable(leg, Cause::BEARER_CAPABILITY_NOT_AVAILABLE, now);
            }
        }
    }

    /// The invitation is out, as this dialog.
    pub(crate) fn on_inviting(&mut self, leg: LegId, session: SessionId, caller_id: String) {
        self.legs[usize::from(leg.0)].session = Some(session);
        let Some(hunt) = &mut self.hunt else { return };
        hunt.caller_id.clone_from(&caller_id);
        if let Some(attempt) = hunt.attempt(leg) {
            attempt.caller_id = Some(caller_id);
        }
    }

    /// There is no way to that target: a user who is not registered, a number that no trunk takes, a host without an address.
    pub(crate) fn on_unreachable(&mut self, leg: LegId, cause: Cause, now: Moment) {
        if leg == LegId::FIRST {
            return self.first_is_lost(cause, EndedBy::Us, now);
        }
        self.on_attempt_failed(leg, LegEnd { cause, status: None, by: EndedBy::Us }, now);
    }

    /// A party that we rang says how far it is, and perhaps where its media are.
    pub(crate) fn on_progress(&mut self, leg: LegId, status: u16, sdp: Option<&Bytes>, now: Moment) {
        if leg == LegId::FIRST {
            return self.on_first_progress(status, sdp, now);
        }
        let attempt = self.hunt.as_mut().and_then(|hunt| hunt.attempt(leg));
        if let Some(attempt) = attempt.filter(|attempt| attempt.rings.is_none() && status >= 180) {
            attempt.rings = Some(now.at);
            self.note_leg(leg, EventKind::Ringing, now);
            self.progresses(leg, DialProgress::Ringing);
        }
        if let Some(sdp) = sdp {
            self.on_early_media(leg, sdp, now);
        }
        self.pump(now);
    }

    /// An attempt came to nothing: a further target's turn.
    pub(in crate::call) fn on_attempt_failed(&mut self, leg: LegId, ending: LegEnd, now: Moment) {
        self.go_on(leg, ending, now);
    }

    /// A party has rung for as long as it may.
    pub(in crate::call) fn on_ring_timeout(&mut self, leg: LegId, now: Moment) {
        let cause = Cause::NO_ANSWER;
        self.drop_leg(leg, cause);
        self.go_on(leg, LegEnd { cause, status: None, by: EndedBy::Us }, now);
    }

    /// One party less; with the others it goes on.
    pub(super) fn go_on(&mut self, leg: LegId, ending: LegEnd, now: Moment) {
        self.conclude(leg, ending, now);
        self.ring_more(now);
        self.listen_early(now);
        self.pump(now);
    }

    /// Notes that the caller hears the party while it rings; whether that is news.
    pub(in crate::call) fn begins_early(&mut self, leg: LegId) -> bool {
        let attempt = self.hunt.as_mut().and_then(|hunt| hunt.attempt(leg));
        attempt.is_some_and(|attempt| !std::mem::replace(&mut attempt.early, true))
    }

    /// The only party that rings, and that will ring until it gives up: of several the caller would hear a muddle.
    pub(in crate::call) fn rings_alone(&self) -> Option<LegId> {
        self.hunt.as_ref().and_then(Hunt::rings_alone)
    }
}

impl Hunt {
    fn rings_alone(&self) -> Option<LegId> {
        let mut ringing = self.ringing();
        let first = ringing.next().filter(|_| ringing.next().is_none());
        first.filter(|_| self.chosen.is_none()).map(|attempt| attempt.leg)
    }
}
