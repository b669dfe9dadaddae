//! Non-INVITE client transaction (RFC 3261 section 17.1.2).
//!
//! ```text
//! request -> Trying --1xx--> Proceeding
//!            Trying, Proceeding --200 to 699--> Completed --K--> Terminated
//!            Trying, Proceeding --F--> Terminated, no answer
//! ```

use std::time::Instant;

use bytes::Bytes;

use super::timers::{Clocks, PATIENCE, T1, T2, T4};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Resending clock: E, doubling. End: F.
    Trying,
    /// Resending clock: E, every T2. End: F.
    Proceeding,
    /// End: K.
    Completed,
    Terminated,
}

/// The machine; it holds the bytes that it sends again.
#[derive(Debug)]
pub(crate) struct Client {
    state: State,
    reliable: bool,
    last: Bytes,
    clocks: Clocks,
}

impl Client {
    /// The request has just been sent.
    pub(crate) fn new(request: Bytes, reliable: bool, now: Instant) -> Self {
        let mut clocks = Clocks::default();
        if !reliable {
            clocks.resend_in(T1, now);
        }
        clocks.end_in(PATIENCE, now);
        Self { state: State::Trying, reliable, last: request, clocks }
    }

    /// Whether the user is told.
    pub(crate) fn on_response(&mut self, status: u16, now: Instant) -> bool {
        match self.state {
            State::Trying | State::Proceeding if status < 200 => {
                if self.state == State::Trying && !self.reliable {
                    self.clocks.resend_in(T2, now);
                }
                self.state = State::Proceeding;
                true
            }
            State::Trying | State::Proceeding => {
                self.last = Bytes::new();
                self.clocks.stop();
                if self.reliable {
                    self.state = State::Terminated;
                } else {
                    self.state = State::Completed;
                    self.clocks.end_in(T4, now);
                }
                true
            }
            State::Completed | State::Terminated => false,
        }
    }

    /// What is to be sent.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Option<Bytes> {
        if self.clocks.ended(now) {
            self.state = State::Terminated;
            self.last = Bytes::new();
            self.clocks.stop();
            return None;
        }
        self.clocks.doubled(T2, now).then(|| self.last.clone())
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

    fn start(reliable: bool) -> (Client, Instant) {
        let now = beginning();
        (Client::new("BYE".into(), reliable, now), now)
    }

    fn run(machine: &mut Client, from: Instant) -> Vec<u128> {
        let mut sent = Vec::new();
        while let Some(at) = machine.poll_timeout() {
            sent.extend(machine.handle_timeout(at).map(|_| (at - from).as_millis()));
        }
        sent
    }

    #[test]
    fn timers_e_and_f_ask_until_patience_ends() {
        let (mut machine, now) = start(false);
        let asked = run(&mut machine, now);
        assert_eq!(asked, [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
        assert!(machine.is_terminated());
        let (mut machine, now) = start(true);
        assert_eq!(run(&mut machine, now), [0; 0]);
        assert!(machine.is_terminated());
    }

    #[test]
    fn after_a_provisional_response_e_is_t2() {
        let (mut machine, now) = start(false);
        assert!(machine.on_response(100, now));
        let asked = run(&mut machine, now);
        assert_eq!(asked, [4000, 8000, 12_000, 16_000, 20_000, 24_000, 28_000]);
    }

    #[test]
    fn timer_k_absorbs_responses() {
        let (mut machine, now) = start(false);
        assert!(machine.on_response(200, now));
        assert!(!machine.on_response(200, now));
        assert_eq!(machine.poll_timeout(), Some(now + T4));
        assert_eq!(run(&mut machine, now), [0; 0]);
        assert!(machine.is_terminated());
    }

    #[test]
    fn on_a_reliable_transport_the_answer_ends_it() {
        let (mut machine, now) = start(true);
        assert!(machine.on_response(200, now) && machine.is_terminated());
    }
}
