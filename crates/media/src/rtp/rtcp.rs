//! RTCP (RFC 3550 section 6): the reports, names and goodbyes that we send, and what we read of the peer's.

const VERSION: u8 = 2;
const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;
/// Octets of a packet's header with the source, of the sender's part, and of a report block.
const HEADER: usize = 8;
const SENDER: usize = 20;
const BLOCK: usize = 24;

/// A sender's part of its report (section 6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sender {
    /// Seconds in the upper half, fractions in the lower. Ours count from the beginning of the leg.
    pub ntp: u64,
    /// The same instant on the time line of the stream.
    pub timestamp: u32,
    /// Packets sent, modulo 2^32.
    pub packets: u32,
    /// Payload octets sent, modulo 2^32.
    pub octets: u32,
}

/// What a receiver says of one source (section 6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// The source.
    pub ssrc: u32,
    /// Lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Lost in all; 24 bits on the wire.
    pub lost: u32,
    /// The newest sequence number, its wraps in the upper half.
    pub highest: u32,
    /// In samples.
    pub jitter: u32,
    /// The middle of the NTP time in the source's last report; 0: none came.
    pub last_report: u32,
    /// Since that report came, in 1/65536 s.
    pub delay: u32,
}

/// A report of ours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Report<'a> {
    pub(crate) ssrc: u32,
    pub(crate) sender: Option<Sender>,
    pub(crate) block: Option<Block>,
    pub(crate) name: &'a str,
    pub(crate) goodbye: bool,
}

/// What we read of a compound packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compound {
    /// Who sends it.
    pub ssrc: u32,
    /// Its sender's part, if it sends.
    pub sender: Option<Sender>,
    /// What it says of the stream that was asked about.
    pub block: Option<Block>,
    /// It leaves.
    pub goodbye: bool,
}

impl Report<'_> {
    /// Appends the compound packet.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let words = (HEADER + self.sender.map_or(0, |_| SENDER) + self.block.map_or(0, |_| BLOCK)) / 4;
        let kind = if self.sender.is_some() { SENDER_REPORT } else { RECEIVER_REPORT };
        header(out, u8::from(self.block.is_some()), kind, words);
        out.extend_from_slice(&self.ssrc.to_be_bytes());
        if let Some(sender) = self.sender {
            out.extend_from_slice(&sender.ntp.to_be_bytes());
            [sender.timestamp, sender.packets, sender.octets].iter().for_each(|word| word_out(out, *word));
        }
        if let Some(block) = self.block {
            let lost = u32::from(block.fraction_lost) << 24 | block.lost.min(0x007F_FFFF);
            let words = [block.ssrc, lost, block.highest, block.jitter, block.last_report, block.delay];
            words.iter().for_each(|word| word_out(out, *word));
        }
        self.write_name(out);
        if self.goodbye {
            header(out, 1, GOODBYE, 2);
            out.extend_from_slice(&self.ssrc.to_be_bytes());
        }
    }

    /// Section 6.5: one chunk, CNAME, at least one zero octet, whole words.
    fn write_name(&self, out: &mut Vec<u8>) {
        let chunk = (4 + 2 + self.name.len() + 1).next_multiple_of(4);
        header(out, 1, SOURCE_DESCRIPTION, 1 + chunk / 4);
        let end = out.len() + chunk;
        out.extend_from_slice(&self.ssrc.to_be_bytes());
        out.extend_from_slice(&[1, self.name.len() as u8]);
        out.extend_from_slice(self.name.as_bytes());
        out.resize(end, 0);
    }
}

fn header(out: &mut Vec<u8>, count: u8, kind: u8, words: usize) {
    let [high, low] = (words as u16 - 1).to_be_bytes();
    out.extend_from_slice(&[VERSION << 6 | count, kind, high, low]);
}

fn word_out(out: &mut Vec<u8>, word: u32) {
    out.extend_from_slice(&word.to_be_bytes());
}

impl Compound {
    /// Reads a compound packet, and in it what is said of `about`; `None` when it is none (section A.2).
    pub fn parse(bytes: &[u8], about: u32) -> Option<Self> {
        let mut compound = Self { ssrc: word(bytes, 4)?, ..Self::default() };
        let mut rest = bytes;
        let mut first = true;
        while !rest.is_empty() {
            let [head, kind, high, low] = *rest.first_chunk::<4>()?;
            let length = (usize::from(u16::from_be_bytes([high, low])) + 1) * 4;
            let packet = rest.get(..length)?;
            let report = kind == SENDER_REPORT || kind == RECEIVER_REPORT;
            // The first is a report without padding; only the last may be padded.
            let padded = head & 0x20 != 0;
            if head >> 6 != VERSION || (first && !report) || (padded && rest.len() > length) {
                return None;
            }
            if report {
                compound.read_report(packet, head & 0x1F, kind, about)?;
            }
            compound.goodbye |= kind == GOODBYE;
            rest = &rest[length..];
            first = false;
        }
        Some(compound)
    }

    fn read_report(&mut self, packet: &[u8], count: u8, kind: u8, about: u32) -> Option<()> {
        let mut offset = HEADER;
        if kind == SENDER_REPORT {
            let ntp = u64::from(word(packet, 8)?) << 32 | u64::from(word(packet, 12)?);
            let sender =
                Sender { ntp, timestamp: word(packet, 16)?, packets: word(packet, 20)?, octets: word(packet, 24)? };
            self.sender = Some(sender);
            offset += SENDER;
        }
        for index in 0..usize::from(count) {
            let block = packet.get(offset + index * BLOCK..)?.get(..BLOCK)?;
            let ssrc = word(block, 0)?;
            let lost = word(block, 4)?;
            if ssrc == about {
                self.block = Some(Block {
                    ssrc,
                    fraction_lost: (lost >> 24) as u8,
                    lost: lost & 0x00FF_FFFF,
                    highest: word(block, 8)?,
                    jitter: word(block, 12)?,
                    last_report: word(block, 16)?,
                    delay: word(block, 20)?,
                });
            }
        }
        Some(())
    }
}

fn word(bytes: &[u8], offset: usize) -> Option<u32> {
    bytes.get(offset..)?.first_chunk::<4>().map(|word| u32::from_be_bytes(*word))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENT: Sender = Sender { ntp: 0x0000_0005_8000_0000, timestamp: 7, packets: 8, octets: 9 };
    const SAID: Block =
        Block { ssrc: 77, fraction_lost: 3, lost: 4, highest: 0x0001_0005, jitter: 6, last_report: 7, delay: 8 };

    fn written(sender: Option<Sender>, block: Option<Block>, goodbye: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        Report { ssrc: 5, sender, block, name: "0123456789ab", goodbye }.write(&mut bytes);
        bytes
    }

    #[test]
    fn what_is_written_is_read() {
        for sender in [None, Some(SENT)] {
            for block in [None, Some(SAID)] {
                for goodbye in [false, true] {
                    let bytes = written(sender, block, goodbye);
                    assert_eq!(bytes.len() % 4, 0);
                    let read = Compound::parse(&bytes, 77);
                    assert_eq!(read, Some(Compound { ssrc: 5, sender, block, goodbye }));
                    assert_eq!(Compound::parse(&bytes, 78).unwrap().block, None);
                }
            }
        }
    }

    #[test]
    fn what_is_no_compound_packet_is_refused() {
        let whole = written(Some(SENT), Some(SAID), true);
        for length in 0..whole.len() {
            let cut = Compound::parse(&whole[..length], 77);
            // Cut between two packets it is still whole; section 6.1 wants a name, readers live without.
            assert_eq!(cut.is_some(), [52, 76].contains(&length), "{length}: {cut:?}");
        }
        let mut name_first = whole[52..].to_vec();
        assert_eq!(Compound::parse(&name_first, 77), None);
        name_first.clear();
        let mut other = whole.clone();
        other[0] = 0x41;
        assert_eq!(Compound::parse(&other, 77), None, "version 1");
        let mut crowd = whole;
        crowd[0] = 0x9F;
        assert_eq!(Compound::parse(&crowd, 77), None, "31 blocks announced, one there");
        assert_eq!(Compound::parse(&[0x81, 203, 0, 1], 77), None, "four octets");
    }
}
