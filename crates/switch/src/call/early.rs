//! Early media: the caller hears what a party says while it rings (RFC 3960 section 3.2).
//!
//! ```text
//! 18x with SDP ─ the caller is answered ──────────────────────────────────► the two are bridged
//!              ─ it is not ─► its ports are bound ─► 183 with our answer ─┘
//! ```
//! The flow does not know: only an answer is an answer. A caller without an offer hears nothing early, and nobody is heard
//! while several ring.

use bytes::Bytes;
use model::{EventKind, LegId, Moment};
use sip::SessionId;

use super::Call;
use crate::leg::LegState;
use crate::order::Order;

impl Call {
    /// A party that is being rung says where its media are. What cannot be used is passed over: its 200 may do better.
    pub(super) fn on_early_media(&mut self, leg: LegId, sdp: &Bytes, now: Moment) {
        let party = &mut self.legs[usize::from(leg.0)];
        if party.state == LegState::Inviting && party.on_answer(Some(sdp)).is_ok() {
            let connect = party.connect();
            self.orders.extend(connect);
            self.listen_early(now);
        }
    }

    /// The caller's ports are bound, and it is not to be answered yet.
    pub(super) fn ring_aloud(&mut self, session: SessionId, sdp: Bytes, now: Moment) {
        let caller = &mut self.legs[0];
        caller.state = LegState::Early;
        caller.early = Some(sdp.clone());
        let connect = caller.connect();
        self.orders.push_back(Order::Ring { session, sdp: Some(sdp) });
        self.orders.extend(connect);
        self.listen_early(now);
    }

    /// Lets the caller hear the party that is being rung, if that says anything.
    pub(super) fn listen_early(&mut self, now: Moment) {
        let ringing = |leg: &LegId| {
            let party = &self.legs[usize::from(leg.0)];
            party.state == LegState::Inviting && party.has_agreed()
        };
        let Some(leg) = self.rings_alone().filter(ringing) else { return };
        let (state, asks) = (self.caller().state, self.caller().waits_for_answer());
        match state {
            LegState::Offered if asks => self.open_caller(),
            LegState::Early | LegState::Answered if self.begins_early(leg) => {
                let (a, b) = (self.caller().media, self.legs[usize::from(leg.0)].media);
                self.stop_music();
                self.media(media::Command::Join { a, b });
                self.note_leg(leg, EventKind::EarlyMedia, now);
            }
            _ => {}
        }
    }
}
