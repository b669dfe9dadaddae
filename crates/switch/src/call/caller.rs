//! The first leg: answered when the flow wants it, gone when either side says so.

use core::net::SocketAddr;

use bytes::Bytes;
use flow::Event;
use model::{Cause, EndedBy, EventKind, LegEnd, LegId, Moment};

use super::Call;
use crate::leg::LegState;
use crate::order::Order;

impl Call {
    /// Answers the caller, as soon as there are media ports for it.
    pub(super) fn answer_caller(&mut self, now: Moment) {
        self.answering = true;
        match self.caller().state {
            LegState::Offered => self.open_caller(),
            LegState::Early => {
                let sdp = self.legs[0].early.take().unwrap_or_default();
                self.accept_caller(sdp, now);
            }
            _ => {}
        }
    }

    /// Binds media ports for the caller.
    pub(super) fn open_caller(&mut self) {
        let order = self.legs[0].open(self.setup.place, self.setup.settings);
        self.orders.push_back(order);
    }

    pub(super) fn on_caller_opened(&mut self, local: SocketAddr, now: Moment) {
        let (LegState::Opening, Some(session)) = (self.caller().state, self.caller().session) else { return };
        match self.legs[0].describe(local) {
            Ok(sdp) if self.answering => {
                self.accept_caller(sdp, now);
                self.pump(now);
            }
            Ok(sdp) => self.ring_aloud(session, sdp, now),
            Err(error) => {
                self.fault(format!("the caller's media offer cannot be met: {error}"), now);
                let (status, cause) = (error.status(), Cause::BEARER_CAPABILITY_NOT_AVAILABLE);
                self.orders.push_back(Order::Reject { session, status, cause });
                self.caller_gone(LegEnd { cause, status: Some(status), by: EndedBy::Us }, now);
                self.on_caller_left(now);
            }
        }
    }

    fn accept_caller(&mut self, sdp: Bytes, now: Moment) {
        let Some(session) = self.caller().session else { return };
        self.legs[0].state = LegState::Answered;
        self.orders.push_back(Order::Accept { session, sdp });
        let connect = self.legs[0].connect();
        self.orders.extend(connect);
        let codec = self.caller().codec();
        self.note_leg(LegId::FIRST, EventKind::Answered { codec }, now);
        self.events.push_back(Event::Answered);
        self.join_if_both_answered(now);
    }

    pub(super) fn on_caller_closed(&mut self, ending: LegEnd, now: Moment) {
        if self.caller().state != LegState::Gone {
            self.caller_gone(ending, now);
            self.on_caller_left(now);
        }
    }

    /// Tells the flow that the caller has gone, and lets go whom it dialled.
    pub(super) fn on_caller_left(&mut self, now: Moment) {
        self.stop_streams();
        self.run_event(Event::CallerGone, now);
        self.end_recording(now);
        self.end_hunt_without_caller(now);
        self.pump(now);
    }

    /// Lets the caller go, whatever state it is in.
    pub(super) fn end_caller(&mut self, cause: Cause, by: EndedBy, now: Moment) {
        if self.rings_first() && self.caller().state != LegState::Gone {
            self.cancel_first(cause);
            return self.caller_gone(LegEnd { cause, status: None, by }, now);
        }
        let Some(session) = self.caller().session else { return };
        let status = match self.caller().state {
            LegState::Offered | LegState::Opening | LegState::Early => {
                let status = cause.to_sip();
                self.orders.push_back(Order::Reject { session, status, cause });
                Some(status)
            }
            LegState::Answered => {
                self.orders.push_back(Order::HangUp { session, cause });
                None
            }
            LegState::Inviting | LegState::Gone => return,
        };
        self.caller_gone(LegEnd { cause, status, by }, now);
    }

    fn caller_gone(&mut self, end: LegEnd, now: Moment) {
        self.ending.get_or_insert((end.cause, end.by));
        self.first_has_gone(&end, now);
        self.unjoin(now);
        let close = self.legs[0].end();
        self.orders.extend(close);
        self.note_leg(LegId::FIRST, EventKind::LegEnded(end), now);
    }
}
