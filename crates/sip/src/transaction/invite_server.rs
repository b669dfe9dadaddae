//! INVITE server transaction (RFC 3261 section 17.2.1 with the Accepted state of RFC 6026 section 7.1).
//!
//! ```text
//! INVITE -> Proceeding --2xx--------> Accepted --L--> Terminated
//!           Proceeding --300 to 699-> Completed --ACK--> Confirmed --I--> Terminated
//!                                     Completed --H--> Terminated, never acknowledged
//! ```

use std::time::Instant;

use bytes::Bytes;

use super::timers::{Clocks, PATIENCE, SILENCE, T1, T2, T4};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Resending clock: the 200 ms after which a 100 is due.
    Proceeding,
    /// Resending clock: G. End: H.
    Completed,
    /// End: I.
    Confirmed,
    /// End: L.
    Accepted,
    Terminated,
}

/// The machine; it holds the bytes that it sends again.
#[derive(Debug)]
pub(crate) struct InviteServer {
    state: State,
    reliable: bool,
    /// Whether `last` went out: the 100 made in advance has not.
    spoken: bool,
    last: Bytes,
    clocks: Clocks,
}

impl InviteServer {
    /// An INVITE came. `trying` is the 100 to be sent if the user takes longer than [`SILENCE`].
    pub(crate) fn new(trying: Bytes, reliable: bool, now: Instant) -> Self {
        let mut clocks = Clocks::default();
        clocks.resend_in(SILENCE, now);
        Self { state: State::Proceeding, reliable, spoken: false, last: trying, clocks }
    }

    /// The INVITE came again: the last response answers it, unless that was a 2xx, which its sender repeats itself.
    pub(crate) fn on_invite(&mut self) -> Option<Bytes> {
        match self.state {
            State::Proceeding => {
                self.clocks.stop_resending();
                self.spoken = true;
                Some(self.last.clone())
            }
            State::Completed => Some(self.last.clone()),
            State::Confirmed | State::Accepted | State::Terminated => None,
        }
    }

    /// The user's response. Nothing is sent after a final one.
    pub(crate) fn respond(&mut self, status: u16, response: Bytes, now: Instant) -> Option<Bytes> {
        if self.state != State::Proceeding {
            return None;
        }
        self.clocks.stop();
        self.spoken = true;
        match status {
            ..200 => self.last = response.clone(),
            200..300 => {
                self.state = State::Accepted;
                self.last = Bytes::new();
                self.clocks.end_in(PATIENCE, now);
            }
            300.. => {
                self.state = State::Completed;
                self.last = response.clone();
                if !self.reliable {
                    self.clocks.resend_in(T1, now);
                }
                self.clocks.end_in(PATIENCE, now);
            }
        }
        Some(response)
    }

    /// The last provisional response once more (RFC 3261 section 13.3.1.1).
    pub(crate) fn repeat(&self) -> Option<Bytes> {
        (self.state == State::Proceeding && self.spoken).then(|| self.last.clone())
    }

    /// The ACK of a 300 to 699.
    pub(crate) fn on_ack(&mut self, now: Instant) {
        if self.state == State::Completed {
            self.last = Bytes::new();
            self.clocks.stop();
            if self.reliable {
                self.state = State::Terminated;
            } else {
                self.state = State::Confirmed;
                self.clocks.end_in(T4, now);
            }
        }
    }

    /// What is to be sent.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Option<Bytes> {
        if self.clocks.ended(now) {
            self.state = State::Terminated;
            self.clocks.stop();
            return None;
        }
        let due = self.clocks.doubled(T2, now);
        if due && self.state == State::Proceeding {
            self.clocks.stop_resending();
            self.spoken = true;
        }
        due.then(|| self.last.clone())
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.clocks.poll_timeout()
    }

    /// Whether a final response has not been given yet.
    pub(crate) fn is_proceeding(&self) -> bool {
        self.state == State::Proceeding
    }

    /// Whether a 2xx was given: its ACK is not for the transaction.
    pub(crate) fn is_accepted(&self) -> bool {
        self.state == State::Accepted
    }

    pub(crate) fn is_terminated(&self) -> bool {
        self.state == State::Terminated
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::virtual_time::beginning;

    const MS: Duration = Duration::from_millis(1);

    fn start(reliable: bool) -> (InviteServer, Instant) {
        let now = beginning();
        (InviteServer::new(Bytes::from_static(b"100"), reliable, now), now)
    }

    /// Runs the machine until nothing is due; milliseconds and what was sent.
    fn run(machine: &mut InviteServer, from: Instant) -> Vec<(u128, Bytes)> {
        let mut sent = Vec::new();
        while let Some(at) = machine.poll_timeout() {
            let bytes = machine.handle_timeout(at);
            sent.extend(bytes.map(|bytes| ((at - from).as_millis(), bytes)));
        }
        sent
    }

    #[test]
    fn trying_is_said_once_after_200_ms() {
        let (mut machine, now) = start(false);
        assert_eq!(machine.repeat(), None);
        assert_eq!(run(&mut machine, now), [(200, "100".into())]);
        assert_eq!(machine.on_invite().unwrap(), "100");
        assert_eq!(machine.respond(180, "180".into(), now).unwrap(), "180");
        assert_eq!(machine.on_invite().unwrap(), "180");
        assert_eq!(machine.repeat().unwrap(), "180");
        assert_eq!(machine.poll_timeout(), None);
    }

    #[test]
    fn timers_g_and_h_repeat_a_refusal_until_patience_ends() {
        let (mut machine, now) = start(false);
        machine.respond(486, "486".into(), now);
        let at: Vec<_> = run(&mut machine, now).into_iter().map(|(at, _)| at).collect();
        assert_eq!(at, [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
        assert!(machine.is_terminated());
    }

    #[test]
    fn timer_i_absorbs_acks() {
        let (mut machine, now) = start(false);
        machine.respond(486, "486".into(), now);
        assert_eq!(machine.poll_timeout(), Some(now + T1));
        machine.on_ack(now + 10 * MS);
        machine.on_ack(now + 20 * MS);
        assert_eq!(machine.on_invite(), None);
        assert_eq!(machine.poll_timeout(), Some(now + 10 * MS + T4));
        assert_eq!(run(&mut machine, now), []);
        assert!(machine.is_terminated());
    }

    #[test]
    fn on_a_reliable_transport_nothing_is_repeated_and_the_ack_ends_it() {
        let (mut machine, now) = start(true);
        machine.respond(486, "486".into(), now);
        assert_eq!(machine.poll_timeout(), Some(now + PATIENCE));
        machine.on_ack(now);
        assert!(machine.is_terminated());
    }

    #[test]
    fn timer_l_absorbs_invites_after_a_success() {
        let (mut machine, now) = start(false);
        assert_eq!(machine.respond(200, "200".into(), now).unwrap(), "200");
        assert_eq!(machine.on_invite(), None);
        assert_eq!(machine.respond(486, "486".into(), now), None);
        machine.on_ack(now);
        assert_eq!(machine.poll_timeout(), Some(now + PATIENCE));
        assert_eq!(run(&mut machine, now), []);
        assert!(machine.is_terminated());
    }
}
