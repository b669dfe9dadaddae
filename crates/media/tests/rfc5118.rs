//! The bodies of RFC 5118 (IPv6 in session descriptions), each written here; the messages around them are read in
//! `crates/sip/tests/rfc5118.rs`.

use core::net::{IpAddr, SocketAddr};

use media::{Codec, Local, Negotiation};

/// Where the sender of this offer wants to hear us, if our media has this address.
fn heard(local: &str, offer: &str) -> SocketAddr {
    let address: IpAddr = local.parse().expect("an address");
    let mut leg = Negotiation::new(Local { address, port: 20_000, codecs: Codec::ALL.to_vec(), session_id: 1 });
    leg.handle_offer(offer.replace('\n', "\r\n").as_bytes()).expect("an answer");
    leg.remote().expect("a remote").rtp
}

#[test]
fn section_4_6_addresses_have_no_brackets() {
    let offer = "v=0\no=desk 971 0 IN IP6 2001:db8::20\ns=News of today\nc=IN IP6 2001:db8::20\nt=3338481189 3370017201\n\
                 m=audio 6000 RTP/AVP 2 0\na=rtpmap:2 G726-32/8000\nm=video 6024 RTP/AVP 107\na=rtpmap:107 H263-1998/90000\n";
    assert_eq!(heard("2001:db8::10", offer), "[2001:db8::20]:6000".parse().unwrap());
}

#[test]
fn section_4_8_each_stream_has_its_family() {
    let offer = "v=0\no=bert 280 289 IN IP4 host.acme.example\ns=\nt=0 0\nm=audio 22334 RTP/AVP 0\nc=IN IP4 192.0.2.1\n\
                 m=video 6024 RTP/AVP 107\nc=IN IP6 2001:db8::1\na=rtpmap:107 H263-1998/90000\n";
    assert_eq!(heard("198.51.100.7", offer), "192.0.2.1:22334".parse().unwrap());
}

#[test]
fn section_4_9_a_mapped_address_is_the_ipv4_address() {
    let offer = "v=0\no=desk 971 0 IN IP6 ::ffff:192.0.2.2\ns=Call me soon!\nc=IN IP6 ::ffff:192.0.2.2\nt=0 0\n\
                 m=audio 6000 RTP/AVP 0\n";
    assert_eq!(heard("198.51.100.7", offer), "192.0.2.2:6000".parse().unwrap());
}
