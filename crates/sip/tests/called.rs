//! Calls that come in: the callee's rules of RFC 3261 sections 8.2, 9.2, 12, 13.3, 14.2, 15 and 17.2, on the wire.

mod story;

use sip::{By, Ending, Event, Refusal, Source};
use story::{PEER, SDP, Story, host, invite, lone, request, trusting};

#[test]
fn a_call_from_ring_to_bye() {
    let mut story = Story::new();
    story.hears(&invite("1"));
    let Event::Invited { id, invitation } = story.event() else { panic!("an INVITE") };
    assert_eq!(invitation.uri.to_string(), "sip:+918000000001@192.0.2.1");
    assert_eq!(invitation.from.display.as_deref(), Some(&b"Anna"[..]));
    assert_eq!((invitation.source, invitation.offer), (Source::Trusted, Some(SDP.into())));
    story.says_nothing();
    story.does(|endpoint, now| endpoint.ring(id, 180, None, now));
    let ringing = story.says_line("SIP/2.0 180 Ringing");
    assert_eq!(ringing.path.remote, story.path.remote);
    assert_eq!(ringing.get("Contact"), "<sip:192.0.2.1:5060>");
    story.passes_ms(3000);
    story.does(|endpoint, now| endpoint.accept(id, "v=1\r\n".into(), now));
    let ok = story.says_line("SIP/2.0 200 OK");
    assert_eq!((ok.body(), ok.get("Content-Type")), ("v=1\r\n", "application/sdp"));
    assert_eq!((ok.tag("To"), ok.get("CSeq")), (ringing.tag("To"), "1 INVITE"));
    story.hears(&request("ACK", 1, "2", &ok.tag("To")));
    assert_eq!(story.event(), Event::Acked { id, answer: None });
    story.passes_ms(2000);
    story.hears(
        &request("BYE", 2, "3", &ok.tag("To")).replace("Content-Length", "Reason: Q.850;cause=16\nContent-Length"),
    );
    assert_eq!(story.says_line("SIP/2.0 200 OK").get("CSeq"), "2 BYE");
    assert_eq!(story.event(), Event::Closed { id, ending: Ending { by: By::Peer, status: None, cause: Some(16) } });
    story.hears(&request("BYE", 2, "3", &ok.tag("To")));
    story.says_line("SIP/2.0 200 OK");
    story.hears(&request("BYE", 3, "4", &ok.tag("To")));
    story.says_line("SIP/2.0 481");
    story.settles();
    story.says_nothing();
}

#[test]
fn an_invite_again_gets_the_last_provisional_again() {
    let mut story = Story::new();
    story.hears(&invite("1"));
    let id = story.invited();
    story.hears(&invite("1"));
    story.says_line("SIP/2.0 100 Trying");
    story.does(|endpoint, now| endpoint.ring(id, 183, Some(SDP.into()), now));
    story.says_line("SIP/2.0 183");
    story.hears(&invite("1"));
    assert_eq!(story.says_line("SIP/2.0 183").body(), SDP);
    story.no_event();
    story.says_nothing();
}

#[test]
fn trying_comes_after_200_ms_and_ringing_every_minute() {
    let mut story = Story::new();
    story.hears(&invite("1"));
    let id = story.invited();
    story.passes_ms(1000);
    assert_eq!(story.said_at("SIP/2.0 100"), [200]);
    story.does(|endpoint, now| endpoint.ring(id, 180, None, now));
    story.passes_ms(130_000);
    assert_eq!(story.said_at("SIP/2.0 180"), [1000, 61_000, 121_000]);
}

#[test]
fn a_success_is_repeated_until_the_ack() {
    let mut story = Story::new();
    story.hears(&invite("1"));
    let id = story.invited();
    story.does(|endpoint, now| endpoint.accept(id, SDP.into(), now));
    let ok = story.says_line("SIP/2.0 200");
    story.passes_ms(4000);
    assert_eq!(story.said_at("SIP/2.0 200"), [500, 1500, 3500]);
    story.hears(&request("ACK", 7, "2", &ok.tag("To")));
    story.passes_ms(4000);
    assert_eq!(story.said_at("SIP/2.0 200"), [7500], "an ACK of another INVITE ends nothing");
    story.hears(&request("ACK", 1, "2", &ok.tag("To")));
    assert_eq!(story.event(), Event::Acked { id, answer: None });
    story.hears(&invite("1"));
    story.passes_ms(30_000);
    story.says_nothing();
    story.no_event();
}

#[test]
fn without_ack_the_success_ends_in_a_bye() {
    let mut story = Story::new();
    story.hears(&invite("1"));
    let id = story.invited();
    story.does(|endpoint, now| endpoint.accept(id, SDP.into(), now));
    story.says_line("SIP/2.0 200");
    story.passes_ms(31_999);
    let times = story.said_at("SIP/2.0 200");
    assert_eq!(times, [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    story.no_event();
    story.passes_ms(1);
    let bye = story.says_line("BYE sip:anna@198.51.100.7:5060 SIP/2.0");
    assert_eq!(bye.get("Reason"), "Q.850;cause=102");
    assert_eq!(story.closed(), Ending { by: By::Timeout, status: None, cause: None });
    story.passes_ms(32_000);
    let times = story.said_at("BYE");
    assert_eq!(times[..4], [32_500, 33_500, 35_500, 39_500]);
    assert_eq!(times.len(), 10);
    story.settles();
}

#[test]
fn we_hang_up() {
    let mut story = Story::new();
    let (id, tag) = story.answered();
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    let bye = story.says_line("BYE sip:anna@198.51.100.7:5060 SIP/2.0");
    assert_eq!((bye.get("CSeq"), bye.tag("From"), bye.tag("To")), ("1 BYE", tag, "peer".into()));
    assert_eq!((bye.get("Call-ID"), bye.get("Max-Forwards")), ("story@peer.example", "70"));
    assert_eq!(story.closed(), Ending { by: By::Us, status: None, cause: Some(16) });
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    story.hears(&story::response("200 OK", &bye, "", "", ""));
    story.says_nothing();
    story.settles();
}

#[test]
fn we_hang_up_before_the_ack() {
    let mut story = Story::new();
    story.hears(&invite("1"));
    let id = story.invited();
    story.does(|endpoint, now| endpoint.accept(id, SDP.into(), now));
    let tag = story.says_line("SIP/2.0 200").tag("To");
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    assert_eq!(story.closed().by, By::Us);
    story.says_nothing();
    story.hears(&request("ACK", 1, "2", &tag));
    story.says_line("BYE");
    story.no_event();
}

#[test]
fn a_refusal_is_repeated_until_the_ack() {
    let mut story = Story::new();
    story.hears(&invite("1"));
    let id = story.invited();
    let headers = vec![(sip::Name::RetryAfter, "9".into())];
    let refusal = Refusal { status: 486, reason: Some(17), headers };
    story.does(|endpoint, now| endpoint.reject(id, refusal, now));
    let busy = story.says_line("SIP/2.0 486 Busy Here");
    assert_eq!((busy.get("Reason"), busy.get("Retry-After")), ("Q.850;cause=17", "9"));
    assert_eq!(story.closed(), Ending { by: By::Us, status: Some(486), cause: Some(17) });
    story.passes_ms(8000);
    assert_eq!(story.said_at("SIP/2.0 486"), [500, 1500, 3500, 7500]);
    story.hears(&invite("1"));
    story.says_line("SIP/2.0 486");
    story.hears(&request("ACK", 1, "1", &busy.tag("To")));
    story.passes_ms(1000);
    story.hears(&invite("1"));
    story.says_nothing();
    story.settles();
}

#[test]
fn causes_become_statuses() {
    for (cause, status) in [(1, "404"), (16, "480"), (17, "486"), (18, "408"), (21, "403"), (28, "484"), (34, "503")] {
        let mut story = Story::new();
        story.hears(&invite("1"));
        let id = story.invited();
        story.does(|endpoint, now| endpoint.hang_up(id, cause, now));
        let refusal = story.says_line(&format!("SIP/2.0 {status}"));
        assert_eq!(refusal.get("Reason"), format!("Q.850;cause={cause}"));
        assert_eq!(story.closed().cause, Some(cause));
    }
}

#[test]
fn a_cancel_ends_the_ringing() {
    let mut story = Story::new();
    story.hears(&invite("1"));
    let id = story.invited();
    story.does(|endpoint, now| endpoint.ring(id, 180, None, now));
    let tag = story.says_line("SIP/2.0 180").tag("To");
    let cancel = lone("CANCEL", "1", "Reason: SIP;cause=200, Q.850;cause=26\n").replace("lone-1@", "story@");
    story.hears(&cancel);
    let ok = story.says_line("SIP/2.0 200");
    assert_eq!((ok.get("CSeq"), ok.tag("To")), ("1 CANCEL", tag.clone()));
    let terminated = story.says_line("SIP/2.0 487");
    assert_eq!((terminated.get("CSeq"), terminated.tag("To")), ("1 INVITE", tag.clone()));
    assert_eq!(story.closed(), Ending { by: By::Peer, status: Some(487), cause: Some(26) });
    story.passes_ms(2000);
    assert_eq!(story.said_at("SIP/2.0 487"), [500, 1500]);
    story.hears(&cancel);
    story.says_line("SIP/2.0 200");
    story.hears(&request("ACK", 1, "1", &tag));
    story.settles();
    story.says_nothing();
}

#[test]
fn a_cancel_that_comes_too_late_or_for_nothing() {
    let mut story = Story::new();
    story.hears(&lone("CANCEL", "1", ""));
    story.says_line("SIP/2.0 481");
    let (_, _) = story.answered();
    story.hears(&lone("CANCEL", "1", "").replace("lone-1@", "story@"));
    story.says_line("SIP/2.0 200");
    story.no_event();
    story.says_nothing();
}

#[test]
fn a_bye_in_the_early_dialog_ends_the_invite() {
    let mut story = Story::new();
    story.hears(&invite("1"));
    let id = story.invited();
    story.does(|endpoint, now| endpoint.ring(id, 180, None, now));
    let tag = story.says_line("SIP/2.0 180").tag("To");
    story.hears(&request("BYE", 2, "2", &tag));
    assert_eq!(story.says_line("SIP/2.0 200").get("CSeq"), "2 BYE");
    assert_eq!(story.says_line("SIP/2.0 487").get("CSeq"), "1 INVITE");
    assert_eq!(story.closed(), Ending { by: By::Peer, status: Some(487), cause: None });
    story.hears(&request("ACK", 1, "1", &tag));
    story.settles();
}

#[test]
fn the_peer_hangs_up_before_its_ack() {
    let mut story = Story::new();
    story.hears(&invite("1"));
    let id = story.invited();
    story.does(|endpoint, now| endpoint.accept(id, SDP.into(), now));
    let tag = story.says_line("SIP/2.0 200").tag("To");
    story.hears(&request("BYE", 2, "2", &tag));
    assert_eq!(story.says_line("SIP/2.0 200").get("CSeq"), "2 BYE");
    assert_eq!(story.closed().by, By::Peer);
    story.settles();
    story.says_nothing();
}

#[test]
fn requests_that_section_8_2_refuses() {
    let cases = [
        ("FOOBAR", "", "SIP/2.0 501", "Allow"),
        ("SUBSCRIBE", "Event: x\n", "SIP/2.0 405", "Allow"),
        ("INVITE", "Contact: <sip:a@198.51.100.7>\nRequire: magic, wand\n", "SIP/2.0 420", "Unsupported"),
        ("OPTIONS", "Require: magic\n", "SIP/2.0 420", "Unsupported"),
        ("INVITE", "", "SIP/2.0 400", "To"),
        ("BYE", "", "SIP/2.0 481", "To"),
    ];
    for (at, (method, fields, status, field)) in cases.into_iter().enumerate() {
        let mut story = Story::new();
        story.hears(&lone(method, &at.to_string(), fields));
        let refusal = story.says_line(status);
        assert!(!refusal.get(field).is_empty() && refusal.get("To").contains(";tag="), "{}", refusal.text);
        story.no_event();
        story.hears(&lone(method, &at.to_string(), fields));
        assert_eq!(story.says().text, refusal.text, "the same again");
    }
    let mut story = Story::new();
    story.hears(&lone("INVITE", "1", "Contact: <sip:a@198.51.100.7>\nRequire: magic, wand\n"));
    let refusal = story.says();
    assert_eq!(refusal.get("Unsupported"), "magic, wand");
    story.passes_ms(600);
    assert_eq!(story.said_at("SIP/2.0 420"), [500], "repeated until the ACK");
}

#[test]
fn schemes_bodies_versions_and_numbers() {
    let swap = |from: &str, to: &str| invite("1").replace(from, to);
    let cases = [
        (swap("INVITE sip:+918000000001@192.0.2.1 ", "INVITE tel:+918000000001 "), None),
        (swap("INVITE sip:+918000000001@192.0.2.1 ", "INVITE http://a.example "), Some("416")),
        (swap("INVITE sip:", "INVITE sips:"), Some("416")),
        (swap("application/sdp", "text/plain"), Some("415")),
        (swap("Content-Type", "Content-Encoding: gzip\nContent-Type"), Some("415")),
        (swap("application/sdp", "text/plain\nContent-Disposition: session;handling=optional"), None),
        (swap("SIP/2.0\nVia", "SIP/7.0\nVia"), Some("505")),
        (swap("CSeq: 1 INVITE", "CSeq: 1 BYE"), Some("400")),
        (swap("Content-Length: 5", "Content-Length: -9"), Some("400")),
        (swap("Content-Length: 5", "Content-Length: 99"), Some("400")),
        (swap("Content-Length: 5\n", ""), None),
        (swap("\"Anna\"", r#""An \"n\" a""#), None),
        (swap("Max-Forwards: 70", "Max-Forwards: 0"), None),
    ];
    for (text, status) in cases {
        let mut story = Story::new();
        story.hears(&text);
        match status {
            Some(status) => {
                assert!(story.says().line().starts_with(&format!("SIP/2.0 {status}")), "{text}");
                story.no_event();
            }
            None => {
                story.invited();
            }
        }
    }
}

#[test]
fn a_name_in_latin_1_is_a_name() {
    let mut story = Story::new();
    let text = invite("1").replace('\n', "\r\n").replace("Anna", "#");
    let bytes: Vec<u8> = text.bytes().map(|byte| if byte == b'#' { 0xe9 } else { byte }).collect();
    story.hears_bytes(bytes.into());
    let Event::Invited { invitation, .. } = story.event() else { panic!("an INVITE") };
    assert_eq!(invitation.from.display.as_deref(), Some(&[0xe9][..]));
}

#[test]
fn a_merged_request_is_a_loop() {
    let mut story = Story::new();
    story.hears(&invite("1"));
    story.invited();
    story.hears(&invite("2"));
    story.says_line("SIP/2.0 482 Loop Detected");
    story.no_event();
}

#[test]
fn the_number_of_a_request_must_grow() {
    let mut story = Story::new();
    let (id, tag) = story.answered();
    story.hears(&request("OPTIONS", 5, "2", &tag));
    story.says_line("SIP/2.0 200");
    story.hears(&request("BYE", 4, "3", &tag));
    story.says_line("SIP/2.0 500");
    story.no_event();
    story.hears(&request("BYE", 6, "4", &tag));
    story.says_line("SIP/2.0 200");
    assert!(matches!(story.event(), Event::Closed { id: closed, .. } if closed == id));
}

#[test]
fn the_way_back_and_the_routes() {
    let mut story = Story::new();
    let text = invite("1").replace(
        "Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK1",
        "Via: SIP/2.0/UDP proxy.example:5070;branch=z9hG4bK1;rport, SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKx\n\
         Record-Route: <sip:198.51.100.8;lr>\n\
         Record-Route: <sip:198.51.100.9:5080;lr>",
    );
    story.hears_from("198.51.100.8:4321", &text);
    let id = story.invited();
    story.does(|endpoint, now| endpoint.accept(id, SDP.into(), now));
    let ok = story.says_line("SIP/2.0 200");
    assert_eq!(ok.path.remote.to_string(), "198.51.100.8:4321");
    assert!(ok.get("Via").contains(";received=198.51.100.8;rport=4321"), "{}", ok.get("Via"));
    assert!(ok.text.contains("10.0.0.9;branch=z9hG4bKx"));
    assert_eq!(ok.all("Record-Route"), ["<sip:198.51.100.8;lr>", "<sip:198.51.100.9:5080;lr>"]);
    story.hears(&request("ACK", 1, "2", &ok.tag("To")));
    story.event();
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    let bye = story.says_line("BYE sip:anna@198.51.100.7:5060 SIP/2.0");
    assert_eq!(bye.all("Route"), ["<sip:198.51.100.8;lr>", "<sip:198.51.100.9:5080;lr>"]);
    assert_eq!(bye.path.remote.to_string(), "198.51.100.8:5060");
}

#[test]
fn a_strict_router_is_the_target() {
    let mut story = Story::new();
    let routes = "Record-Route: <sip:198.51.100.8>, <sip:198.51.100.9;lr>\nMax-Forwards";
    story.hears(&invite("1").replace("Max-Forwards", routes));
    let id = story.invited();
    story.does(|endpoint, now| endpoint.accept(id, SDP.into(), now));
    let tag = story.says().tag("To");
    story.hears(&request("ACK", 1, "2", &tag));
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    let bye = story.says_line("BYE sip:198.51.100.8 SIP/2.0");
    assert_eq!(bye.all("Route"), ["<sip:198.51.100.9;lr>", "<sip:anna@198.51.100.7:5060>"]);
}

#[test]
fn options_tell_what_we_speak() {
    let mut story = Story::new();
    story.hears(&lone("OPTIONS", "1", ""));
    let ok = story.says_line("SIP/2.0 200");
    assert!(ok.get("Allow").contains("INVITE") && ok.get("Accept").contains("application/sdp"));
    story.no_event();
    assert_eq!(story.endpoint.gauges(), sip::Gauges::default(), "no state for OPTIONS");
}

#[test]
fn strangers_are_kept_out() {
    let mut story = Story::new();
    story.hears_from("203.0.113.5:5060", &invite("1"));
    story.says_line("SIP/2.0 401");
    story.hears_from("203.0.113.5:5060", "\r\n\r\n");
    story.hears_from("203.0.113.5:5060", "hello");
    story.hears_from("203.0.113.5:5060", &request("ACK", 1, "1", "x"));
    story.says_nothing();
    story.no_event();
    assert_eq!(story.endpoint.gauges(), sip::Gauges::default());
}

#[test]
fn an_offer_may_come_with_the_ack() {
    let mut story = Story::new();
    let bare = invite("1").split("Content-Type").next().expect("a head").to_owned();
    story.hears(&bare);
    let Event::Invited { id, invitation } = story.event() else { panic!("an INVITE") };
    assert_eq!(invitation.offer, None);
    story.does(|endpoint, now| endpoint.accept(id, SDP.into(), now));
    let tag = story.says_line("SIP/2.0 200").tag("To");
    let ack = request("ACK", 1, "2", &tag);
    story.hears(&ack.replace("Content-Length: 0\n", "Content-Type: application/sdp\n\nv=2\n"));
    assert_eq!(story.event(), Event::Acked { id, answer: Some("v=2\r\n".into()) });
}

#[test]
fn tables_have_limits() {
    let mut config = trusting();
    config.limits.sessions = 1;
    let mut story = Story::with(config);
    story.hears(&invite("1"));
    story.invited();
    story.hears(&invite("2").replace("story@", "other@"));
    assert!(!story.says_line("SIP/2.0 503").get("Retry-After").is_empty());
    let mut config = trusting();
    config.limits.transactions = 1;
    let mut story = Story::with(config);
    story.hears(&invite("1"));
    story.invited();
    story.hears(&lone("BYE", "2", ""));
    story.says_line("SIP/2.0 503");
    story.no_event();
}

#[test]
fn the_peer_changes_the_session() {
    let mut story = Story::new();
    let (id, tag) = story.answered();
    let reinvite = request("INVITE", 2, "5", &tag)
        .replace("anna@198.51.100.7", "anna@198.51.100.6")
        .replace("Content-Length: 0\n", "Content-Type: application/sdp\n\nv=3\n");
    story.hears(&reinvite);
    assert_eq!(story.event(), Event::Offered { id, offer: Some("v=3\r\n".into()), source: host(PEER) });
    story.hears(&request("INVITE", 3, "6", &tag));
    assert!(!story.says_line("SIP/2.0 500").get("Retry-After").is_empty());
    story.hears(&request("ACK", 3, "6", &tag));
    story.does(|endpoint, now| endpoint.answer(id, Ok(Some("v=4\r\n".into())), now));
    let ok = story.says_line("SIP/2.0 200");
    assert_eq!((ok.body(), ok.get("CSeq"), ok.get("Contact")), ("v=4\r\n", "2 INVITE", "<sip:192.0.2.1:5060>"));
    story.passes_ms(600);
    assert_eq!(story.said_at("SIP/2.0 200"), [500]);
    story.hears(&request("ACK", 2, "7", &tag));
    assert_eq!(story.event(), Event::Acked { id, answer: None });
    story.hears(&request("INVITE", 4, "8", &tag));
    assert_eq!(story.event(), Event::Offered { id, offer: None, source: host(PEER) });
    story.does(|endpoint, now| endpoint.answer(id, Err(488), now));
    story.says_line("SIP/2.0 488");
    story.hears(&request("ACK", 4, "8", &tag));
    story.no_event();
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    story.says_line("BYE sip:anna@198.51.100.6:5060");
}

#[test]
fn a_cancelled_reinvite_leaves_the_session() {
    let mut story = Story::new();
    let (id, tag) = story.answered();
    story.hears(&request("INVITE", 2, "5", &tag));
    assert_eq!(story.event(), Event::Offered { id, offer: None, source: host(PEER) });
    story.hears(&request("CANCEL", 2, "5", &tag));
    assert_eq!(story.says_line("SIP/2.0 200").get("CSeq"), "2 CANCEL");
    story.says_line("SIP/2.0 487");
    story.hears(&request("ACK", 2, "5", &tag));
    story.no_event();
    story.hears(&request("BYE", 3, "6", &tag));
    story.says_line("SIP/2.0 200");
    assert_eq!(story.closed().by, By::Peer);
}

/// A call that came by a stream of the peer's, from a port where nobody listens.
fn by_stream() -> (Story, sip::SessionId, sip::Path) {
    let mut story = Story::new().over_tcp();
    story.path.remote = story::addr("198.51.100.7:40000");
    let (id, _) = story.answered();
    let path = story.path;
    (story, id, path)
}

#[test]
fn a_request_whose_stream_is_gone_goes_to_the_contact() {
    let (mut story, id, gone) = by_stream();
    assert_eq!(story.endpoint.streams().into_iter().collect::<Vec<_>>(), [gone.remote]);
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    let bye = story.says_line("BYE sip:anna@198.51.100.7:5060");
    assert_eq!(bye.path, gone);
    story.does(|endpoint, now| endpoint.handle_unreachable(gone, now));
    let again = story.says_line("BYE sip:anna@198.51.100.7:5060");
    assert_eq!((again.path.remote, again.path.transport), (story::addr("198.51.100.7:5060"), gone.transport));
    assert_eq!((again.get("CSeq"), again.get("Call-ID")), (bye.get("CSeq"), bye.get("Call-ID")));
    assert_ne!(again.branch(), bye.branch());
    // Nobody is there either: it is over, once.
    story.does(|endpoint, now| endpoint.handle_unreachable(again.path, now));
    story.says_nothing();
    assert_eq!(story.closed().by, By::Us);
    story.settles();
    assert!(story.endpoint.streams().is_empty());
}

#[test]
fn a_change_whose_stream_is_gone_goes_to_the_contact() {
    let (mut story, id, gone) = by_stream();
    story.does(|endpoint, now| endpoint.modify(id, SDP.into(), now));
    assert_eq!(story.says_line("INVITE").path, gone);
    story.does(|endpoint, now| endpoint.handle_unreachable(gone, now));
    let again = story.says_line("INVITE");
    assert_eq!(again.path.remote, story::addr("198.51.100.7:5060"));
    let fields = "Contact: <sip:anna@198.51.100.7:5060>\nContent-Type: application/sdp\n";
    story.hears(&story::response("200 OK", &again, "", fields, SDP));
    story.says_line("ACK");
    assert_eq!(story.event(), Event::Modified { id, answer: Ok(Some(SDP.into())) });
}

#[test]
fn a_refused_invite_may_come_again_another_way() {
    let mut story = Story::new();
    story.hears(&invite("1"));
    let id = story.invited();
    story.does(|endpoint, now| endpoint.reject(id, Refusal::new(486), now));
    story.says_line("SIP/2.0 486");
    story.closed();
    story.hears(&invite("2"));
    let id = story.invited();
    story.hears(&invite("3"));
    story.says_line("SIP/2.0 482");
    story.hears(&invite("4"));
    story.says_line("SIP/2.0 482");
    story.does(|endpoint, now| endpoint.accept(id, SDP.into(), now));
    story.says_line("SIP/2.0 200");
    story.hears(&invite("5"));
    assert!(story.says().line().contains("482"), "an accepted one is still there");
    story.no_event();
}
