//! Non-INVITE server transaction (RFC 3261 section 17.2.2).
//!
//! ```text
//! request -> Trying --200 to 699--> Completed --J--> Terminated
//! ```
//! Provisional answers to anything but an INVITE are never sent (RFC 4320 section 4.1), so there is no Proceeding.

use std::time::Instant;

use bytes::Bytes;

use super::timers::{Clocks, PATIENCE};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Trying,
    /// End: J.
    Completed,
    Terminated,
}

/// The machine; it holds the bytes that it sends again.
#[derive(Debug)]
pub(crate) struct Server {
    state: State,
    reliable: bool,
    last: Bytes,
    clocks: Clocks,
}

impl Server {
    pub(crate) fn new(reliable: bool) -> Self {
        Self { state: State::Trying, reliable, last: Bytes::new(), clocks: Clocks::default() }
    }

    /// The request came again.
    pub(crate) fn on_request(&self) -> Option<Bytes> {
        (self.state == State::Completed).then(|| self.last.clone())
    }

    /// The user's final response; a second one is not sent.
    pub(crate) fn respond(&mut self, response: Bytes, now: Instant) -> Option<Bytes> {
        if self.state != State::Trying {
            return None;
        }
        if self.reliable {
            self.state = State::Terminated;
        } else {
            self.state = State::Completed;
            self.last = response.clone();
            self.clocks.end_in(PATIENCE, now);
        }
        Some(response)
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if self.clocks.ended(now) {
            self.state = State::Terminated;
            self.clocks.stop();
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.clocks.poll_timeout()
    }

    pub(crate) fn is_terminated(&self) -> bool {
        self.state == State::Terminated
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::virtual_time::beginning;

    #[test]
    fn timer_j_answers_the_same_again() {
        let now = beginning();
        let mut machine = Server::new(false);
        assert_eq!((machine.on_request(), machine.poll_timeout()), (None, None));
        assert_eq!(machine.respond("200".into(), now).unwrap(), "200");
        assert_eq!(machine.respond("500".into(), now), None);
        assert_eq!(machine.on_request().unwrap(), "200");
        assert_eq!(machine.poll_timeout(), Some(now + PATIENCE));
        machine.handle_timeout(now + PATIENCE);
        assert!(machine.is_terminated());
        assert_eq!(machine.poll_timeout(), None);
    }

    #[test]
    fn on_a_reliable_transport_the_answer_ends_it() {
        let mut machine = Server::new(true);
        assert_eq!(machine.respond("200".into(), beginning()).unwrap(), "200");
        assert!(machine.is_terminated());
    }
}
