//! What was counted on a leg.

use std::time::Duration;

/// A leg's media in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// RTP packets sent.
    pub packets_sent: u64,
    /// Payload octets in them.
    pub octets_sent: u64,
    /// RTP packets of the peer, each once.
    pub packets_received: u64,
    /// Payload octets in them.
    pub octets_received: u64,
    /// Packets of the peer that never came (RFC 3550 section A.3).
    pub packets_lost: u64,
    /// Packets that came twice, or too late to be used.
    pub packets_late: u64,
    /// Packets that were not the peer's, or were no RTP.
    pub packets_refused: u64,
    /// Interarrival jitter at the end (RFC 3550 section A.8).
    pub jitter: Duration,
    /// The share of our packets that the peer said it lost, in 1/256, last heard.
    pub peer_loss: u8,
    /// There and back, by RTCP, last measured.
    pub round_trip: Option<Duration>,
}
