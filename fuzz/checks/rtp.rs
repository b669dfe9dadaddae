//! Any datagram of a media port is read or passed over without a panic: RTP and RTCP (RFC 3550), telephone events
//! (RFC 4733). What is read is the same when it is written and read again.

use media::rtp::{Compound, Packet, TelephoneEvent};

pub(crate) fn check(data: &[u8]) {
    if let Some(packet) = Packet::parse(data) {
        assert!(packet.payload.len() <= data.len() && packet.payload_type < 128);
        let mut written = Vec::new();
        packet.write(&mut written);
        assert_eq!(Packet::parse(&written), Some(packet));
    }
    Compound::parse(data, 5);
    if let Some(event) = TelephoneEvent::parse(data) {
        assert_eq!(TelephoneEvent::parse(&event.to_bytes()), Some(event));
    }
}
