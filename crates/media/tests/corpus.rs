//! The fuzz corpora of `fuzz/corpus/sdp` and `fuzz/corpus/rtp`, replayed whole, cut and with bits turned: no panic.
//!
//! What the targets call: `sdp` gives its input to `Negotiation::handle_offer`, and to `handle_answer` after `offer`;
//! `rtp` gives it to `rtp::Packet::parse`, `rtp::Compound::parse` and `rtp::TelephoneEvent::parse`.

use std::path::Path;

use media::rtp::{Compound, Packet, TelephoneEvent};
use media::{Codec, Local, Negotiation};

fn sdp(bytes: &[u8]) {
    let local = |address: &str| Local {
        address: address.parse().expect("an address"),
        port: 20_000,
        codecs: Codec::ALL.to_vec(),
        session_id: 1,
    };
    for address in ["192.0.2.10", "2001:db8::10"] {
        let mut leg = Negotiation::new(local(address));
        let answer = leg.handle_offer(bytes);
        // What we answer is a description that we would take ourselves, from another place.
        if let Ok(answer) = answer {
            let text = String::from_utf8(answer.to_vec()).expect("ASCII").replace("20000", "30000");
            let again = Negotiation::new(local(address)).handle_offer(text.as_bytes());
            assert!(again.is_ok(), "{text}: {again:?}");
        }
        let mut leg = Negotiation::new(local(address));
        leg.offer();
        if leg.handle_answer(bytes).is_err() {
            assert!(leg.remote().is_none());
        }
    }
}

fn rtp(bytes: &[u8]) {
    if let Some(packet) = Packet::parse(bytes) {
        assert!(packet.payload.len() <= bytes.len() && packet.payload_type < 128);
        let mut written = Vec::new();
        packet.write(&mut written);
        assert_eq!(Packet::parse(&written), Some(packet));
    }
    Compound::parse(bytes, 5);
    if let Some(event) = TelephoneEvent::parse(bytes) {
        assert_eq!(TelephoneEvent::parse(&event.to_bytes()), Some(event));
    }
}

fn replay(name: &str, target: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut count = 0;
    for file in files {
        let bytes = std::fs::read(file.expect("an entry").path()).expect("a file");
        target(&bytes);
        (0..bytes.len()).for_each(|length| target(&bytes[..length]));
        for (at, bit) in (0..bytes.len()).map(|at| (at, at % 8)) {
            let mut turned = bytes.clone();
            turned[at] ^= 1 << bit;
            target(&turned);
        }
        count += 1;
    }
    assert!(count >= 10, "{count} files in {}", folder.display());
}

#[test]
fn descriptions() {
    replay("sdp", sdp);
}

#[test]
fn packets() {
    replay("rtp", rtp);
}
