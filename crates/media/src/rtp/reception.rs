//! One source as it is received: order, duplicates, loss and jitter (RFC 3550 sections 6.4.1, A.1, A.3, A.8).

/// Packets behind the newest that may still come; also the reach of the memory for duplicates.
const WINDOW: u16 = 64;
/// A jump forward past this is a new beginning, not a loss (MAX_DROPOUT of section A.1).
const MAX_DROPOUT: u16 = 3_000;

/// What a packet is to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// The newest so far.
    Newest,
    /// Overtaken by others, but not seen before.
    Overtaken,
    /// Seen before, too old, or a jump that the next packet has to confirm.
    Useless,
    /// The source counts from elsewhere now.
    Restarted,
}

/// What is known of a source.
#[derive(Debug)]
pub(crate) struct Reception {
    pub(crate) ssrc: u32,
    /// The first and the newest sequence number, the wraps counted in the upper half.
    base: u32,
    highest: u32,
    /// Bit n: n before the newest was seen.
    seen: u64,
    /// The number that would confirm a jump.
    confirms: Option<u16>,
    received: u32,
    transit: Option<u32>,
    /// In 1/16 samples.
    jitter: u32,
    /// Expected and received when the last report was made.
    reported: (u32, u32),
    /// Lost before the source restarted.
    lost_before: u32,
}

impl Reception {
    pub(crate) fn new(ssrc: u32, sequence: u16) -> Self {
        Self {
            ssrc,
            base: u32::from(sequence),
            highest: u32::from(sequence),
            seen: 1,
            confirms: None,
            received: 1,
            transit: None,
            jitter: 0,
            reported: (0, 0),
            lost_before: 0,
        }
    }

    /// A packet of this source.
    pub(crate) fn receive(&mut self, sequence: u16) -> Arrival {
        let ahead = sequence.wrapping_sub(self.highest as u16);
        let behind = ahead.wrapping_neg();
        if (1..MAX_DROPOUT).contains(&ahead) {
            self.highest = self.highest.wrapping_add(u32::from(ahead));
            self.seen = if ahead < WINDOW { self.seen << ahead | 1 } else { 1 };
            self.received += 1;
            self.confirms = None;
            return Arrival::Newest;
        }
        if behind < WINDOW {
            let bit = 1 << behind;
            let seen = self.seen & bit != 0;
            self.seen |= bit;
            self.received += u32::from(!seen);
            return if seen { Arrival::Useless } else { Arrival::Overtaken };
        }
        if self.confirms == Some(sequence) {
            *self = Self { lost_before: self.lost(), ..Self::new(self.ssrc, sequence) };
            return Arrival::Restarted;
        }
        self.confirms = Some(sequence.wrapping_add(1));
        Arrival::Useless
    }

    /// Audio came at `arrival` on our clock, both in samples. Not for digits: their timestamps stand still.
    pub(crate) fn time(&mut self, timestamp: u32, arrival: u32) {
        let transit = arrival.wrapping_sub(timestamp);
        if let Some(before) = self.transit.replace(transit) {
            let difference = (transit.wrapping_sub(before) as i32).unsigned_abs().min(u32::MAX / 32);
            self.jitter = self.jitter + difference - ((self.jitter + 8) >> 4);
        }
    }

    /// A new talkspurt: the pause before it is not jitter.
    pub(crate) fn forget_transit(&mut self) {
        self.transit = None;
    }

    /// In samples.
    pub(crate) fn jitter(&self) -> u32 {
        self.jitter >> 4
    }

    /// The newest sequence number with its wraps.
    pub(crate) fn highest(&self) -> u32 {
        self.highest
    }

    pub(crate) fn lost(&self) -> u32 {
        self.lost_before + self.expected().saturating_sub(self.received)
    }

    /// The share lost since the last call, in 1/256 (section A.3).
    pub(crate) fn fraction_lost(&mut self) -> u8 {
        let (expected, received) = (self.expected(), self.received);
        let (expected_before, received_before) = std::mem::replace(&mut self.reported, (expected, received));
        let expected = expected.wrapping_sub(expected_before);
        let lost = expected.saturating_sub(received.wrapping_sub(received_before));
        (u64::from(lost) * 256).checked_div(u64::from(expected)).map_or(0, |share| share.min(255) as u8)
    }

    fn expected(&self) -> u32 {
        self.highest.wrapping_sub(self.base).wrapping_add(1)
    }
}

#[cfg(test)]
mod tests {
    use super::Arrival::{Newest, Overtaken, Restarted, Useless};
    use super::*;

    type Row<'a> = (u16, &'a [(u16, Arrival)], u32);

    #[test]
    fn order_duplicates_and_jumps() {
        // (first, then: what each is, lost at the end)
        let table: [Row<'_>; 7] = [
            (10, &[(11, Newest), (12, Newest)], 0),
            (10, &[(10, Useless), (11, Newest), (11, Useless)], 0),
            (10, &[(12, Newest), (11, Overtaken), (11, Useless), (14, Newest)], 1),
            (65_534, &[(65_535, Newest), (1, Newest), (0, Overtaken)], 0),
            (1_000, &[(1_063, Newest), (1_000, Useless), (1_001, Overtaken), (999, Useless)], 61),
            (10, &[(5_000, Useless), (11, Newest)], 0),
            (10, &[(40_000, Useless), (40_001, Restarted), (40_002, Newest)], 0),
        ];
        for (first, then, lost) in table {
            let mut reception = Reception::new(1, first);
            for (sequence, arrival) in then {
                assert_eq!(reception.receive(*sequence), *arrival, "{first}, {sequence}");
            }
            assert_eq!(reception.lost(), lost, "{first}: {then:?}");
        }
    }

    #[test]
    fn loss_in_the_whole_and_since_the_last_report() {
        let mut reception = Reception::new(1, 0);
        (1..100).filter(|sequence| sequence % 4 != 0).for_each(|sequence| {
            reception.receive(sequence);
        });
        assert_eq!(reception.lost(), 24);
        assert_eq!(reception.fraction_lost(), (24 * 256 / 100) as u8);
        (100..200).for_each(|sequence| {
            reception.receive(sequence);
        });
        assert_eq!(reception.fraction_lost(), 0);
        assert_eq!(reception.fraction_lost(), 0, "nothing expected, nothing lost");
        assert_eq!(reception.lost(), 24);
    }

    #[test]
    fn jitter_follows_the_spread_of_transit() {
        let mut steady = Reception::new(1, 0);
        let mut shaken = Reception::new(1, 0);
        for packet in 0..1_000u32 {
            let timestamp = packet.wrapping_mul(160).wrapping_add(u32::MAX - 500);
            steady.time(timestamp, packet * 160);
            shaken.time(timestamp, packet * 160 + (packet % 2) * 80);
        }
        assert_eq!(steady.jitter(), 0);
        assert!((78..=82).contains(&shaken.jitter()), "{}", shaken.jitter());
    }
}
