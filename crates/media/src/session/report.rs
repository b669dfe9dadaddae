//! A leg's reports: ours each 5 s or so, the peer's for loss and delay (RFC 3550 sections 6.2 to 6.4).

use core::fmt::Write;
use core::net::SocketAddr;
use std::time::{Duration, Instant};

use rand_core::Rng;

use super::Leg;
use crate::outbox::Outbox;
use crate::rtp::{Block, Compound, Report, Sender};

/// Between reports on average; each pause is drawn from half to one and a half of it (section 6.2, 6.3.1).
const INTERVAL: Duration = Duration::from_secs(5);

/// What a leg keeps for its reports.
#[derive(Debug)]
pub(super) struct Reporting {
    started: Instant,
    /// When the next one goes; `None` until there is somebody to tell.
    due: Option<Instant>,
    name: String,
    /// The middle of the NTP time in the peer's last report, and when it came.
    heard: Option<(u32, Instant)>,
    /// Packets sent when the last report went.
    packets: u64,
}

impl Reporting {
    pub(super) fn new(rng: &mut impl Rng, now: Instant) -> Self {
        let mut name = String::new();
        for _ in 0..3 {
            // 96 random bits (RFC 7022 section 4.2): it names this leg and nothing else.
            write!(name, "{:08x}", rng.next_u32()).expect("a String takes every write");
        }
        Self { started: now, due: None, name, heard: None, packets: 0 }
    }

    fn ntp(&self, now: Instant) -> u64 {
        let elapsed = now.saturating_duration_since(self.started);
        (elapsed.as_secs() << 32) | ((u64::from(elapsed.subsec_nanos()) << 32) / 1_000_000_000)
    }
}

impl Leg {
    /// A packet on the RTCP socket. It is never forwarded, never moves the audio, and its goodbye ends nothing.
    pub(crate) fn receive_report(&mut self, from: SocketAddr, bytes: &[u8], now: Instant) {
        let compound = Compound::parse(bytes, self.outgoing.ssrc);
        let Some(compound) = compound.filter(|_| self.source.as_mut().is_some_and(|it| it.accept_rtcp(from))) else {
            self.stats.packets_refused += 1;
            return;
        };
        self.last_heard = now;
        self.timed_out = false;
        if let Some(sender) = compound.sender {
            self.reporting.heard = Some(((sender.ntp >> 16) as u32, now));
        }
        if let Some(block) = compound.block {
            self.stats.peer_loss = block.fraction_lost;
            let middle = (self.reporting.ntp(now) >> 16) as u32;
            let round = middle.wrapping_sub(block.last_report).wrapping_sub(block.delay);
            // Clocks that disagree by a tick give a huge number instead of a small negative one.
            if block.last_report != 0 && round < 1 << 31 {
                self.stats.round_trip = Some(Duration::from_secs_f64(f64::from(round) / 65_536.0));
            }
        }
    }

    /// Reports, when it is time to.
    pub(crate) fn report(&mut self, rng: &mut impl Rng, now: Instant, outbox: &mut Outbox) {
        if self.source.is_none() || self.reporting.due.is_some_and(|due| now < due) {
            return;
        }
        let first = self.reporting.due.is_none();
        let pause = INTERVAL.mul_f64(0.5 + f64::from(rng.next_u32()) / f64::from(u32::MAX));
        self.reporting.due = Some(now + pause);
        if !first {
            self.send_report(false, now, outbox);
        }
    }

    /// The last report of the leg.
    pub(crate) fn say_goodbye(&mut self, now: Instant, outbox: &mut Outbox) {
        if self.outgoing.packets > 0 {
            self.send_report(true, now, outbox);
        }
    }

    fn send_report(&mut self, goodbye: bool, now: Instant, outbox: &mut Outbox) {
        let sends = self.outgoing.packets > self.reporting.packets;
        if !sends && self.incoming.is_none() {
            return;
        }
        let Some(to) = self.report_destination() else { return };
        let reporting = &self.reporting;
        let sender = sends.then(|| Sender {
            ntp: reporting.ntp(now),
            timestamp: self.outgoing.clock(now),
            packets: self.outgoing.packets as u32,
            octets: self.outgoing.octets as u32,
        });
        let (last_report, delay) = reporting.heard.map_or((0, 0), |(middle, at)| {
            (middle, (now.saturating_duration_since(at).as_secs_f64() * 65_536.0) as u32)
        });
        let block = self.incoming.as_mut().map(|incoming| Block {
            ssrc: incoming.ssrc,
            fraction_lost: incoming.fraction_lost(),
            lost: incoming.lost(),
            highest: incoming.highest(),
            jitter: incoming.jitter(),
            last_report,
            delay,
        });
        let report = Report { ssrc: self.outgoing.ssrc, sender, block, name: &reporting.name, goodbye };
        outbox.push(self.id, to, true, |bytes| {
            report.write(bytes);
            true
        });
        self.reporting.packets = self.outgoing.packets;
    }

    /// Where reports go: also to a peer that holds us, but not to `0.0.0.0` (RFC 3264 section 8.4).
    fn report_destination(&mut self) -> Option<SocketAddr> {
        let hidden = self.remote.as_ref().is_none_or(|remote| remote.rtp.ip().is_unspecified());
        let source = self.source.as_ref().filter(|_| !hidden)?;
        let to = source.rtcp_target()?;
        if !source.proved(self.trusted) {
            self.unproved = self.unproved.checked_sub(1)?;
        }
        Some(to)
    }
}
