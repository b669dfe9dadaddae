//! Refusing the peer's INVITE (RFC 3261 section 13.3.1.3), and the status that fits a Q.850 cause (RFC 3398 section
//! 8.2.6.1).

use std::time::Instant;

use bytes::Bytes;

use super::{Phase, Session};
use crate::endpoint::{By, Ua};
use crate::header::{Name, Reason};

/// A final response of 300 to 699.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// 300 to 699.
    pub status: u16,
    /// The Q.850 cause for the Reason field (RFC 3326, RFC 6432).
    pub reason: Option<u8>,
    /// Further fields, such as Retry-After or Contact.
    pub headers: Vec<(Name, Bytes)>,
}

impl Refusal {
    /// A refusal with nothing but a status.
    pub fn new(status: u16) -> Self {
        Self { status, reason: None, headers: Vec::new() }
    }
}

impl Session {
    /// Refuses the call.
    pub(crate) fn reject(&mut self, refusal: &Refusal, ua: &mut Ua, now: Instant) {
        let status = if (300..700).contains(&refusal.status) { refusal.status } else { 500 };
        if matches!(self.phase, Phase::Invited(_)) {
            self.refuse(status, refusal, ua, now);
            self.close(By::Us, Some(status), refusal.reason, ua);
        }
    }

    /// Sends the final response; the transaction repeats it until the ACK.
    pub(super) fn refuse(&mut self, status: u16, refusal: &Refusal, ua: &mut Ua, now: Instant) {
        let Phase::Invited(pending) = core::mem::replace(&mut self.phase, Phase::Over) else { return };
        self.end_reliable();
        let mut response = self.response(&pending.request, status);
        if let Some(cause) = refusal.reason {
            response.headers.push(Name::Reason, Reason::q850(cause, None));
        }
        for (name, value) in &refusal.headers {
            response.headers.push(name.clone(), value.clone());
        }
        ua.respond(pending.server, &response, now);
    }
}

/// The status that says what a Q.850 cause says (RFC 3398 section 8.2.6.1).
pub(super) fn status_of(cause: u8) -> u16 {
    match cause {
        1..=3 | 26 => 404,
        17 => 486,
        18 => 408,
        21 | 55 | 57 | 87 => 403,
        22 | 23 => 410,
        27 => 502,
        28 => 484,
        29 | 79 => 501,
        34 | 38 | 41 | 42 | 47 | 58 | 88 => 503,
        65 | 70 => 488,
        102 => 504,
        111 | 127 => 500,
        _ => 480,
    }
}
