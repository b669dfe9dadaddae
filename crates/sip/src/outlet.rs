//! What leaves the endpoint besides events: messages for the wire, and the instant of the next timer.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::agenda::Agenda;
use crate::path::{Path, Transmit};

/// Messages that may wait to be fetched. Beyond it they are lost, as the network may lose them too.
pub(crate) const MAX_WAITING: usize = 65_536;

/// The queue of messages and the agenda.
#[derive(Debug, Default)]
pub(crate) struct Outlet {
    waiting: VecDeque<Transmit>,
    pub(crate) agenda: Agenda,
}

impl Outlet {
    pub(crate) fn send(&mut self, path: Path, bytes: Bytes) {
        if self.waiting.len() < MAX_WAITING {
            self.waiting.push_back(Transmit { path, bytes });
        }
    }

    pub(crate) fn next(&mut self) -> Option<Transmit> {
        self.waiting.pop_front()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}
