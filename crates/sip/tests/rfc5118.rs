//! The 12 points of RFC 5118 (IPv6 references), each with a message written here. What its bodies say is for
//! `media` to read (`crates/media/src/sdp`): here they are bytes.

mod messages;
mod story;

use core::net::{IpAddr, Ipv6Addr};

use bytes::Bytes;
use messages::{Draft, Verdict, request};
use sip::{Host, Message, Request};
use story::Story;

fn read(draft: &Draft) -> Request {
    match Message::parse(draft.wire()) {
        Ok(Message::Request(request)) => request,
        other => panic!("a request was written, this was read: {other:?}"),
    }
}

fn v6(text: &str) -> Host {
    Host::V6(text.parse::<Ipv6Addr>().expect("an address"))
}

fn to(uri: &str) -> Draft {
    request("REGISTER").line(&format!("REGISTER {uri} SIP/2.0"))
}

#[test]
fn section_4_1_a_reference_in_brackets() {
    let draft = to("sip:[2001:db8::10]").with("Via", "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111");
    let register = read(&draft.with("Contact", "\"Caller\" <sip:caller@[2001:db8::1]>"));
    assert_eq!(register.uri.as_sip().unwrap().host, v6("2001:db8::10"));
    assert_eq!(register.headers.via().unwrap().host, v6("2001:db8::9:1"));
    assert_eq!(register.headers.via().unwrap().port, None);
    assert_eq!(register.headers.contact().unwrap().uri.as_sip().unwrap().host, v6("2001:db8::1"));
}

#[test]
fn section_4_2_a_reference_without_brackets() {
    let message = to("sip:2001:db8::10").wire();
    assert_eq!(messages::verdict(&message), Verdict::Refused(400));
    let mut story = Story::new();
    story.hears_bytes(message);
    story.says_line("SIP/2.0 400 ");
}

#[test]
fn section_4_3_a_port_that_is_part_of_the_address() {
    let uri = read(&to("sip:[2001:db8::10:5070]")).uri;
    assert_eq!((&uri.as_sip().unwrap().host, uri.as_sip().unwrap().port), (&v6("2001:db8::10:5070"), None));
}

#[test]
fn section_4_4_a_port_after_the_brackets() {
    let uri = read(&to("sip:[2001:db8::10]:5070")).uri;
    assert_eq!((&uri.as_sip().unwrap().host, uri.as_sip().unwrap().port), (&v6("2001:db8::10"), Some(5070)));
}

#[test]
fn section_4_5_received_with_brackets() {
    received("BYE", "[2001:db8::9:255]");
}

#[test]
fn section_4_5_received_without_brackets() {
    received("OPTIONS", "2001:db8::9:255");
}

fn received(method: &str, value: &str) {
    let via = format!("SIP/2.0/UDP [2001:db8::9:1];received={value};branch=z9hG4bKas3-111");
    let via = read(&request(method).with("Via", &via)).headers.via().expect("a via");
    assert_eq!(via.received(), "2001:db8::9:255".parse::<IpAddr>().ok());
    assert_eq!(via.branch(), Some("z9hG4bKas3-111".into()));
}

#[test]
fn section_4_6_addresses_in_the_body_are_not_ours_to_judge() {
    let body =
        "v=0\r\no=a 1 1 IN IP6 2001:db8::20\r\ns=-\r\nc=IN IP6 2001:db8::20\r\nt=0 0\r\nm=audio 42000 RTP/AVP 0\r\n";
    let invite = read(&request("INVITE").and("Content-Type", "application/sdp").body(body));
    assert_eq!(invite.body, body);
}

#[test]
fn section_4_7_both_families_in_one_message() {
    let bye = read(
        &request("BYE")
            .with("Via", "SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111")
            .and("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144")
            .and("Via", "SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200"),
    );
    let vias = bye.headers.vias().unwrap();
    assert_eq!(
        vias.iter().map(|via| &via.host).collect::<Vec<_>>(),
        [&v6("2001:db8::9:1"), &via_v4(), &v6("2001:db8::9:255")]
    );
    assert_eq!(vias[2].received(), "192.0.2.200".parse::<IpAddr>().ok());
}

fn via_v4() -> Host {
    Host::parse(&Bytes::from_static(b"192.0.2.1")).expect("an address")
}

#[test]
fn section_4_8_both_families_in_a_body() {
    let body = "v=0\r\no=a 1 1 IN IP4 a.example\r\ns=\r\nt=0 0\r\nm=audio 42000 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n\
                m=video 6000 RTP/AVP 31\r\nc=IN IP6 2001:db8::1\r\n";
    assert_eq!(read(&request("INVITE").body(body)).body, body);
}

#[test]
fn section_4_9_mapped_addresses() {
    let draft = request("INVITE").with("Via", "SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19");
    let draft = draft.and("Via", "SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111");
    let body = "v=0\r\no=a 1 1 IN IP6 ::ffff:192.0.2.2\r\ns=-\r\nc=IN IP6 ::ffff:192.0.2.2\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n";
    let invite = read(&draft.with("Contact", "\"Desk\" <sip:ted@[::ffff:192.0.2.2]>").body(body));
    let vias = invite.headers.vias().expect("two");
    assert_eq!((&vias[0].host, vias[0].port), (&v6("::ffff:c000:20a"), Some(19823)));
    assert_eq!((&vias[1].host, vias[1].port), (&v6("::ffff:c000:202"), None));
    assert_eq!(vias[0].to_string(), "SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19");
    assert_eq!(invite.headers.contact().unwrap().uri.as_sip().unwrap().host, v6("::ffff:c000:202"));
    assert_eq!(invite.body, body);
}

#[test]
fn section_4_10_two_colons_before_an_ipv4_tail() {
    let uri = read(&to("sip:user@[2001:db8::192.0.2.1]")).uri;
    assert_eq!(uri.as_sip().unwrap().host, v6("2001:db8::192.0.2.1"));
}

#[test]
fn section_4_10_the_third_colon_of_the_old_grammar() {
    let uri = read(&to("sip:user@[2001:db8:::192.0.2.1]")).uri;
    assert_eq!(uri.as_sip().unwrap().host, v6("2001:db8::192.0.2.1"));
    assert_eq!(uri.to_string(), "sip:user@[2001:db8::c000:201]", "what we write is of the new grammar");
    assert_eq!(messages::verdict(&to("sip:user@[2001:db8:::1]").wire()), Verdict::Refused(400));
}
