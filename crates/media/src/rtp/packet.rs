//! The RTP packet (RFC 3550 section 5.1): a view of the bytes that came in, and the header of those that go out.

/// Octets of the fixed header, the only one that we write.
pub const HEADER: usize = 12;

const VERSION: u8 = 2;
/// Octets before the payload-independent words of a header extension (section 5.3.1).
const EXTENSION_HEADER: usize = 4;

/// A packet: its header, and its payload as a slice of what was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The first of a talkspurt, or of a digit.
    pub marker: bool,
    /// 0 to 127.
    pub payload_type: u8,
    /// One more than in the packet before.
    pub sequence: u16,
    /// The sampling instant of the first octet, in samples.
    pub timestamp: u32,
    /// The source.
    pub ssrc: u32,
    /// What is left without contributing sources, header extension and padding.
    pub payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Reads a packet; `None` when it is none (section A.1: version and lengths).
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (header, rest) = bytes.split_first_chunk::<HEADER>()?;
        let [first, second, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3] = *header;
        if first >> 6 != VERSION {
            return None;
        }
        let contributors = usize::from(first & 0x0F) * 4;
        let mut payload = rest.get(contributors..)?;
        if first & 0x10 != 0 {
            let (extension, _) = payload.split_first_chunk::<EXTENSION_HEADER>()?;
            let words = usize::from(u16::from_be_bytes([extension[2], extension[3]]));
            payload = payload.get(EXTENSION_HEADER + words * 4..)?;
        }
        if first & 0x20 != 0 {
            let padding = usize::from(*payload.last()?);
            let kept = payload.len().checked_sub(padding).filter(|_| padding > 0)?;
            payload = &payload[..kept];
        }
        Some(Self {
            marker: second & 0x80 != 0,
            payload_type: second & 0x7F,
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: u32::from_be_bytes([c0, c1, c2, c3]),
            payload,
        })
    }

    /// Appends the packet to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        let [s0, s1] = self.sequence.to_be_bytes();
        let [t0, t1, t2, t3] = self.timestamp.to_be_bytes();
        let [c0, c1, c2, c3] = self.ssrc.to_be_bytes();
        let second = u8::from(self.marker) << 7 | (self.payload_type & 0x7F);
        out.extend_from_slice(&[VERSION << 6, second, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3]);
        out.extend_from_slice(self.payload);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row<'a> = (&'a str, Vec<u8>, Option<&'a [u8]>);

    #[test]
    fn what_is_written_is_read() {
        let packet = Packet {
            marker: true,
            payload_type: 101,
            sequence: 0xFFFE,
            timestamp: 0x8000_0001,
            ssrc: 0xDEAD_BEEF,
            payload: &[1, 2, 3],
        };
        let mut bytes = Vec::new();
        packet.write(&mut bytes);
        assert_eq!(bytes.len(), HEADER + 3);
        assert_eq!(Packet::parse(&bytes), Some(packet));
    }

    #[test]
    fn headers_and_their_payloads() {
        let fixed = [0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]; // payload type 0, sequence 1, timestamp 2, source 3
        let with = |first: u8, rest: &[u8]| [&[first], &fixed[..], rest].concat();
        // (what, bytes, payload)
        let table: [Row<'_>; 14] = [
            ("plain", with(0x80, b"ab"), Some(b"ab")),
            ("no payload", with(0x80, b""), Some(b"")),
            ("version 1", with(0x40, b"ab"), None),
            ("version 0", with(0x00, b"ab"), None),
            ("one octet short", with(0x80, b"")[..11].to_vec(), None),
            ("nothing", Vec::new(), None),
            ("two contributors", with(0x82, b"11112222ab"), Some(b"ab")),
            ("contributors cut", with(0x82, b"1111222"), None),
            ("extension of one word", with(0x90, b"\xBE\xDE\x00\x011234ab"), Some(b"ab")),
            ("extension cut", with(0x90, b"\xBE\xDE\x00\x02123456"), None),
            ("padding of two", with(0xA0, b"ab\x00\x02"), Some(b"ab")),
            ("padding of none", with(0xA0, b"ab\x00"), None),
            ("padding past the start", with(0xA0, b"ab\x04"), None),
            ("all three", with(0xB1, b"1111\xBE\xDE\x00\x00ab\x01"), Some(b"ab")),
        ];
        for (name, bytes, payload) in table {
            assert_eq!(Packet::parse(&bytes).map(|packet| packet.payload), payload, "{name}");
        }
    }
}
