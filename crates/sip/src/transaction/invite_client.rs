//! INVITE client transaction (RFC 3261 section 17.1.1 with the Accepted state of RFC 6026 section 7.2).
//!
//! ```text
//! INVITE -> Calling --1xx--> Proceeding
//!           Calling, Proceeding --2xx--> Accepted --M--> Terminated
//!           Calling, Proceeding --300 to 699, ACK sent--> Completed --D--> Terminated
//!           Calling --B--> Terminated, no answer
//!           Proceeding --a limit of the user--> Terminated, no answer
//! ```

use core::time::Duration;
use std::time::Instant;

use bytes::Bytes;

use super::timers::{Clocks, PATIENCE, T1};

/// Timer D over datagrams: long enough for the peer's timer H (section 17.1.1.2).
const D: Duration = Duration::from_secs(32);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Resending clock: A. End: B.
    Calling,
    Proceeding,
    /// End: D.
    Completed,
    /// End: M.
    Accepted,
    Terminated,
}

/// What is to be done with a response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reaction {
    /// The user is told.
    Tell,
    /// A first 300 to 699: the user is told, and [`InviteClient::acknowledged`] takes the ACK that was sent.
    Acknowledge,
    /// A 300 to 699 again: the same ACK again.
    Repeat(Bytes),
    /// Nothing.
    Absorb,
}

/// The machine; it holds the bytes that it sends again.
#[derive(Debug)]
pub(crate) struct InviteClient {
    state: State,
    reliable: bool,
    /// A user's limit came before the first response.
    limited: bool,
    /// The INVITE while calling, the ACK when completed.
    last: Bytes,
    clocks: Clocks,
}

impl InviteClient {
    /// The INVITE has just been sent.
    pub(crate) fn new(invite: Bytes, reliable: bool, now: Instant) -> Self {
        let mut clocks = Clocks::default();
        if !reliable {
            clocks.resend_in(T1, now);
        }
        clocks.end_in(PATIENCE, now);
        Self { state: State::Calling, reliable, limited: false, last: invite, clocks }
    }

    pub(crate) fn on_response(&mut self, status: u16, now: Instant) -> Reaction {
        match (self.state, status) {
            (State::Calling, ..200) => {
                self.enter(State::Proceeding);
                if self.limited {
                    self.clocks.end_in(PATIENCE, now);
                }
                Reaction::Tell
            }
            (State::Proceeding, ..200) => Reaction::Tell,
            (State::Calling | State::Proceeding, 200..300) => {
                self.enter(State::Accepted);
                self.clocks.end_in(PATIENCE, now);
                Reaction::Tell
            }
            (State::Calling | State::Proceeding, 300..) => {
                self.enter(State::Completed);
                self.clocks.end_in(D, now);
                Reaction::Acknowledge
            }
            (State::Accepted, 200..300) => Reaction::Tell,
            (State::Completed, 300..) if !self.last.is_empty() => Reaction::Repeat(self.last.clone()),
            (State::Accepted | State::Completed | State::Terminated, _) => Reaction::Absorb,
        }
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.last = Bytes::new();
        self.clocks.stop();
    }

    /// The ACK of the 300 to 699.
    pub(crate) fn acknowledged(&mut self, ack: Bytes) {
        if self.reliable {
            self.enter(State::Terminated);
        } else {
            self.last = ack;
        }
    }

    /// What is to be sent.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Option<Bytes> {
        if self.clocks.ended(now) {
            self.enter(State::Terminated);
            return None;
        }
        self.clocks.doubled(PATIENCE, now).then(|| self.last.clone())
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.clocks.poll_timeout()
    }

    /// Sends the INVITE no more; its time runs on.
    pub(crate) fn be_silent(&mut self) {
        self.clocks.stop_resending();
    }

    /// Gives the final response a time to come.
    pub(crate) fn limit(&mut self, now: Instant) {
        match self.state {
            State::Calling => self.limited = true,
            State::Proceeding => self.clocks.end_in(PATIENCE, now),
            State::Completed | State::Accepted | State::Terminated => {}
        }
    }

    /// Whether nothing at all has come back.
    pub(crate) fn is_calling(&self) -> bool {
        self.state == State::Calling
    }

    pub(crate) fn is_terminated(&self) -> bool {
        self.state == State::Terminated
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::virtual_time::beginning;

    fn start(reliable: bool) -> (InviteClient, Instant) {
        let now = beginning();
        (InviteClient::new("INVITE".into(), reliable, now), now)
    }

    fn run(machine: &mut InviteClient, from: Instant) -> Vec<u128> {
        let mut sent = Vec::new();
        while let Some(at) = machine.poll_timeout() {
            sent.extend(machine.handle_timeout(at).map(|_| (at - from).as_millis()));
        }
        sent
    }

    #[test]
    fn timers_a_and_b_call_until_patience_ends() {
        let (mut machine, now) = start(false);
        assert_eq!(run(&mut machine, now), [500, 1500, 3500, 7500, 15_500, 31_500]);
        assert!(machine.is_terminated());
        let (mut machine, now) = start(true);
        assert_eq!(machine.poll_timeout(), Some(now + PATIENCE));
        assert_eq!(run(&mut machine, now), [0; 0]);
        assert!(machine.is_terminated());
    }

    #[test]
    fn a_provisional_response_stops_the_calling() {
        let (mut machine, now) = start(false);
        assert!(machine.is_calling());
        assert_eq!(machine.on_response(100, now), Reaction::Tell);
        assert_eq!(machine.on_response(180, now), Reaction::Tell);
        assert!(!machine.is_calling());
        assert_eq!(machine.poll_timeout(), None);
    }

    #[test]
    fn a_limit_stands_whatever_comes_before_the_final_response() {
        for limit_after in [0, 1] {
            let (mut machine, now) = start(false);
            for at in 0..3 {
                if at == limit_after {
                    machine.limit(now);
                }
                assert_eq!(machine.on_response(180, now), Reaction::Tell);
            }
            assert_eq!(machine.poll_timeout(), Some(now + PATIENCE));
            assert_eq!(run(&mut machine, now), [0; 0]);
            assert!(machine.is_terminated());
        }
    }

    #[test]
    fn timer_d_repeats_the_ack() {
        let (mut machine, now) = start(false);
        assert_eq!(machine.on_response(486, now), Reaction::Acknowledge);
        machine.acknowledged("ACK".into());
        assert_eq!(machine.on_response(486, now), Reaction::Repeat("ACK".into()));
        assert_eq!(machine.on_response(180, now), Reaction::Absorb);
        assert_eq!(machine.on_response(200, now), Reaction::Absorb);
        assert_eq!(machine.poll_timeout(), Some(now + D));
        assert_eq!(run(&mut machine, now), [0; 0]);
        assert!(machine.is_terminated());
    }

    #[test]
    fn on_a_reliable_transport_the_ack_ends_it() {
        let (mut machine, now) = start(true);
        assert_eq!(machine.on_response(486, now), Reaction::Acknowledge);
        machine.acknowledged("ACK".into());
        assert!(machine.is_terminated());
    }

    #[test]
    fn timer_m_tells_of_each_fork_that_accepts() {
        let (mut machine, now) = start(false);
        assert_eq!(machine.on_response(200, now), Reaction::Tell);
        assert_eq!(machine.on_response(200, now), Reaction::Tell);
        assert_eq!(machine.on_response(486, now), Reaction::Absorb);
        assert_eq!(machine.poll_timeout(), Some(now + PATIENCE));
        assert_eq!(run(&mut machine, now), [0; 0]);
        assert!(machine.is_terminated());
    }
}
