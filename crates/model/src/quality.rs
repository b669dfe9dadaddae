//! How a party's media went, in numbers (RFC 3550), and what a person would say of it: the E-model of ITU-T G.107.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The rating of a connection that lacks nothing but what a telephone lacks (G.107 section 7.7).
const BEST: f64 = 93.2;
/// What remains to be lost by packets that are, and how well G.711 bears it where gaps are filled (G.113 appendix I).
const LOSS: (f64, f64) = (95.0, 25.1);
/// Milliseconds of delay from which on people talk over each other (G.107, simplified).
const DELAY: f64 = 177.3;
/// Milliseconds that sound waits to fill a packet.
const PACKET: f64 = 20.0;

/// How a party's media went. One way only is `packets_received` or `packets_sent` of 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MediaQuality {
    /// RTP packets that we sent it.
    pub packets_sent: u64,
    /// RTP packets of it that came, each counted once.
    pub packets_received: u64,
    /// Packets of it that never came.
    pub packets_lost: u64,
    /// Packets of it that came twice, or too late to be used.
    pub packets_late: u64,
    /// How much the time between its packets varied at the end.
    pub jitter: Duration,
    /// Percent of our packets that it said it lost, last heard; 0 if it never said so.
    pub peer_loss: u8,
    /// There and back, if it told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_trip: Option<Duration>,
    /// What people would say of what came, from 1 to 4.5; none if nothing came.
    pub mos: Option<f64>,
}

impl MediaQuality {
    /// Fills in what people would say.
    pub fn rated(self) -> Self {
        Self { mos: (self.packets_received > 0).then(|| self.mos()), ..self }
    }

    fn mos(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a share of packets that were counted")]
        let lost = 100.0 * self.packets_lost as f64 / (self.packets_received + self.packets_lost) as f64;
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        // Whoever plays it waits for twice the jitter, so as to lose hardly any more.
        let delay = self.round_trip.map_or(0.0, milliseconds) / 2.0 + 2.0 * milliseconds(self.jitter) + PACKET;
        let late = 0.024 * delay + 0.11 * (delay - DELAY).max(0.0);
        let r = (BEST - late - LOSS.0 * lost / (lost + LOSS.1)).clamp(0.0, 100.0);
        let mos = 1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6;
        (mos.max(1.0) * 100.0).round() / 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_mind_loss_and_delay() {
        // (received, lost, jitter in ms, round trip in ms: the MOS)
        let rows = [
            (500, 0, 0, 0, Some(4.40)),
            (500, 0, 5, 40, Some(4.38)),
            (495, 5, 0, 0, Some(4.32)),
            (475, 25, 0, 0, Some(3.90)),
            (400, 100, 0, 0, Some(2.61)),
            (500, 0, 0, 800, Some(2.91)),
            (1, 999, 300, 2000, Some(1.0)),
            (0, 0, 0, 0, None),
        ];
        for (received, lost, jitter, round_trip, expected) in rows {
            let quality = MediaQuality {
                packets_sent: 9,
                packets_received: received,
                packets_lost: lost,
                packets_late: 0,
                jitter: Duration::from_millis(jitter),
                peer_loss: 0,
                round_trip: Some(Duration::from_millis(round_trip)),
                mos: None,
            };
            assert_eq!(quality.rated().mos, expected, "{received}, {lost}, {jitter}, {round_trip}");
        }
    }
}
