//! Sections 3.2 to 3.4: messages that are well formed, and ask for care in what is made of them.

use core::time::Duration;

use bytes::Bytes;
use sip::{Event, Register, Target, Transport, Uri};

use crate::messages::{request, wire};
use crate::{answer, desk, parsed_request, story};

/// A URI with a header field in it.
pub(crate) const ROUTED: &str = "sip:user@acme.example?Route=%3Csip:x.example%3E";
/// Its parameter is the URI's or the Contact's.
pub(crate) const GATEWAY: &str = "sip:+19995550100@gw1.acme.example;unknownparam";
/// A branch that claims to be unique and is not.
pub(crate) const BARE_COOKIE: &str = "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK";

/// A request with other values of these fields beside the first ones.
pub(crate) fn twice(names: &[&str]) -> Bytes {
    let others = [
        ("Call-ID", "second@acme.example"),
        ("CSeq", "59 INVITE"),
        ("Max-Forwards", "5"),
        ("From", "<sip:other@acme.example>;tag=5"),
        ("To", "<sip:other@acme.example>"),
    ];
    let others = others.iter().filter(|(name, _)| names.contains(name));
    others.fold(request("INVITE"), |draft, (name, value)| draft.and(name, value)).wire()
}

pub(crate) fn unknown_schemes() -> Bytes {
    request("REGISTER")
        .with("To", "isbn:9780000000002")
        .with("From", "<http://www.acme.example>;tag=6")
        .with("Contact", "<name:Jane>")
        .wire()
}

#[test]
fn schemes_need_not_be_known() {
    let request = parsed_request(unknown_schemes());
    assert_eq!(request.headers.to().unwrap().uri.scheme(), b"isbn");
    assert_eq!(request.headers.from().unwrap().uri, Uri::Other("http://www.acme.example".into()));
    assert_eq!(request.headers.contact().unwrap().uri.scheme(), b"name");
}

#[test]
fn parameters_belong_to_the_contact_or_to_its_uri() {
    let outside = request("REGISTER").with("Contact", "sip:1@gw1.acme.example;unknownparam").wire();
    let inside = request("REGISTER").with("Contact", "<sip:1@gw1.acme.example;unknownparam>").wire();
    let (outside, inside) = (parsed_request(outside).headers.contact(), parsed_request(inside).headers.contact());
    let (outside, inside) = (outside.unwrap(), inside.unwrap());
    assert!(outside.params.has("unknownparam") && outside.uri.as_sip().unwrap().params.is_empty());
    assert!(inside.params.is_empty() && inside.uri.as_sip().unwrap().params.has("unknownparam"));
}

#[test]
fn unknown_authorization_schemes_are_told_apart() {
    let request = parsed_request(request("REGISTER").and("Authorization", "Unheard opaque-data=here").wire());
    assert!(!request.headers.authorization().unwrap()[0].is_digest());
}

pub(crate) fn of_rfc_2543() -> Bytes {
    wire(
        "INVITE sip:hanna@acme.example SIP/2.0\nVia: SIP/2.0/UDP gw2543.acme.example\n\
         From: <sip:+19995550111@old.acme.example;user=phone>\nRecord-Route: <sip:hanna@acme.example;maddr=proxy.acme.example>\n\
         To: sip:+19995550122@proxy.acme.example;user=phone\n\
         Call-ID: 2543@old.acme.example\nCSeq: 56 INVITE\nContent-Type: application/sdp\n\nv=0\n",
    )
}

#[test]
fn section_3_2_1_a_bare_cookie_names_no_transaction() {
    let mut story = desk();
    for call_id in ["one@acme.example", "two@acme.example"] {
        let draft = request("OPTIONS").with("Via", BARE_COOKIE).with("Call-ID", call_id);
        story.hears_bytes(draft.wire());
        assert_eq!(story.says_line("SIP/2.0 200").get("Call-ID"), call_id);
    }
    for call_id in ["three@acme.example", "four@acme.example"] {
        let draft = request("INVITE").with("Via", BARE_COOKIE).with("Call-ID", call_id);
        story.hears_bytes(draft.wire());
        story.invited();
    }
}

#[test]
fn section_3_3_5_what_is_required_is_named() {
    let mut story = desk();
    story.hears_bytes(request("OPTIONS").and("Require", "nothing1, nothing2").and("Proxy-Require", "x").wire());
    assert_eq!(story.says_line("SIP/2.0 420").get("Unsupported"), "nothing1, nothing2");
}

#[test]
fn section_3_3_10_an_answer_with_another_hop_is_not_ours() {
    let mut story = desk();
    let uri = |text: &'static str| Uri::parse(&text.into()).expect("a URI");
    let register = Register {
        registrar: uri("sip:carrier.example"),
        aor: uri("sip:user@carrier.example"),
        targets: vec![Target { transport: Transport::Udp, addr: story.path.remote }],
        credentials: None,
        expires: Duration::from_secs(3600),
    };
    story.does(|endpoint, now| endpoint.register(register, now));
    let asked = story.says_line("REGISTER");
    let ok = story::response("200 OK", &asked, "t", "", "");
    story.hears(&ok.replacen("From:", "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1\nFrom:", 1));
    story.no_event();
    story.hears(&ok);
    assert!(matches!(story.event(), Event::Registration { outcome: Ok(_), .. }));
}

#[test]
fn sections_3_3_12_to_14_bindings_keep_what_is_theirs() {
    let cases = [
        (GATEWAY.to_owned(), "<sip:+19995550100@gw1.acme.example>;expires=3600"),
        (format!("<{GATEWAY}>"), "<sip:+19995550100@gw1.acme.example;unknownparam>;expires=3600"),
        (format!("<{ROUTED}>"), "<sip:user@acme.example?Route=%3Csip:x.example%3E>;expires=3600"),
    ];
    for (contact, binding) in cases {
        let mut story = desk();
        answer(&mut story, &request("REGISTER").with("Contact", &contact).wire(), false);
        let fetch = request("REGISTER").with("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKfetch").without("Contact");
        let fetched = answer(&mut story, &fetch.with("CSeq", "9 REGISTER").wire(), false);
        let fetched = fetched.expect("an answer");
        assert!(fetched.contains(&format!("Contact: {binding}\r\n")), "{fetched}");
    }
}

#[test]
fn section_3_3_15_what_may_be_answered() {
    for (accept, status) in [
        ("application/sdp", None),
        ("text/plain, application/*;q=0.5", None),
        ("*/*", None),
        ("text/*", Some("SIP/2.0 406 Not Acceptable")),
        ("", Some("SIP/2.0 406 Not Acceptable")),
    ] {
        let mut story = desk();
        story.hears_bytes(request("INVITE").and("Accept", accept).wire());
        match status {
            None => drop(story.invited()),
            Some(line) => {
                let refusal = story.says_line(line);
                assert!(refusal.get("Warning").starts_with("399 "), "{}", refusal.text);
            }
        }
    }
}

#[test]
fn section_3_4_1_a_peer_of_rfc_2543_is_called_back_by_its_from() {
    let mut story = desk();
    story.hears_bytes(of_rfc_2543());
    let id = story.invited();
    story.does(|endpoint, now| endpoint.accept(id, story::SDP.into(), now));
    let tag = story.says_line("SIP/2.0 200").tag("To");
    let ack = String::from_utf8(of_rfc_2543().to_vec()).expect("text").replace("INVITE", "ACK");
    story.hears(&ack.replace("proxy.acme.example;user=phone", &format!("proxy.acme.example;user=phone;tag={tag}")));
    assert!(matches!(story.event(), Event::Acked { .. }));
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    let bye = story.says_line("BYE ");
    assert_eq!(bye.get("To"), "<sip:+19995550111@old.acme.example;user=phone>", "no tag, as none was given");
}
