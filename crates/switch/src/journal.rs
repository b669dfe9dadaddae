//! A call's journal: numbers its lines and gives each both clocks.

use std::time::Instant;

use model::{CallEvent, CallSid, EventKind, LegId, Moment};

/// The pen of one call's journal.
#[derive(Debug)]
pub(crate) struct Journal {
    call: CallSid,
    began: Instant,
    seq: u32,
}

impl Journal {
    pub(crate) fn new(call: CallSid, now: Moment) -> Self {
        Self { call, began: now.at, seq: 0 }
    }

    pub(crate) fn call(&self) -> &CallSid {
        &self.call
    }

    /// When the call began.
    pub(crate) fn began(&self) -> Instant {
        self.began
    }

    /// The next line.
    pub(crate) fn line(&mut self, leg: Option<LegId>, kind: EventKind, now: Moment) -> CallEvent {
        let seq = self.seq;
        self.seq += 1;
        CallEvent { call: self.call.clone(), seq, leg, at: now.since(self.began), wall: now.wall, kind }
    }
}
