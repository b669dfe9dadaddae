//! Any description is answered or refused without a panic, whether it is an offer or an answer; what we answer is one
//! that we would take ourselves.

use media::{Codec, Local, Negotiation};

pub(crate) fn check(data: &[u8]) {
    for address in ["192.0.2.10", "2001:db8::10"] {
        offered(address, data);
        answered(address, data);
    }
}

fn offered(address: &str, data: &[u8]) {
    let mut leg = Negotiation::new(local(address));
    let Ok(answer) = leg.handle_offer(data) else { return };
    let text = String::from_utf8(answer.to_vec()).expect("ASCII").replace("20000", "30000");
    let again = Negotiation::new(local(address)).handle_offer(text.as_bytes());
    assert!(again.is_ok(), "{text}: {again:?}");
}

fn answered(address: &str, data: &[u8]) {
    let mut leg = Negotiation::new(local(address));
    leg.offer();
    if leg.handle_answer(data).is_err() {
        assert!(leg.remote().is_none());
    }
}

fn local(address: &str) -> Local {
    let address = address.parse().expect("an address");
    Local { address, port: 20_000, codecs: Codec::ALL.to_vec(), session_id: 1 }
}
