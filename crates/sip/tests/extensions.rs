//! Reliable provisional responses (RFC 3262), session timers (RFC 4028), streams and IPv6, on the wire.

mod story;

use sip::{By, Event, Headers, Invite, NameAddr, SessionId, Target, Transport, Uri};
use story::{PEER, SDP, Said, Story, addr, host, invite, request, response};

/// The peer's INVITE with further fields.
fn asks(fields: &str) -> String {
    invite("1").replace("Content-Type", &format!("{fields}Content-Type"))
}

fn prack(sequence: u32, tag: &str, rack: &str) -> String {
    request("PRACK", sequence, &format!("p{sequence}"), tag)
        .replace("Content-Length", &format!("RAck: {rack}\nContent-Length"))
}

#[test]
fn a_caller_who_insists_gets_reliable_ringing() {
    let mut story = Story::new();
    story.hears(&asks("Require: 100rel\n"));
    let id = story.invited();
    story.does(|endpoint, now| endpoint.ring(id, 180, None, now));
    let ringing = story.says_line("SIP/2.0 180");
    assert_eq!(ringing.get("Require"), "100rel");
    let rseq: u32 = ringing.get("RSeq").parse().expect("a number");
    let tag = ringing.tag("To");
    story.passes_ms(4000);
    assert_eq!(story.said_at("SIP/2.0 180"), [500, 1500, 3500]);
    story.hears(&prack(2, &tag, &format!("{} 1 INVITE", rseq + 1)));
    story.says_line("SIP/2.0 481");
    story.does(|endpoint, now| endpoint.ring(id, 183, Some(SDP.into()), now));
    story.says_nothing();
    story.hears(&prack(3, &tag, &format!("{rseq} 1 INVITE")));
    assert_eq!(story.says_line("SIP/2.0 200").get("CSeq"), "3 PRACK");
    let progress = story.says_line("SIP/2.0 183");
    assert_eq!((progress.get("RSeq"), progress.body()), (&*(rseq + 1).to_string(), SDP));
    story.does(|endpoint, now| endpoint.accept(id, SDP.into(), now));
    story.says_nothing();
    story.hears(&prack(4, &tag, &format!("{} 1 INVITE", rseq + 1)));
    story.says_line("SIP/2.0 200 OK");
    let ok = story.says_line("SIP/2.0 200 OK");
    assert_eq!((ok.get("CSeq"), ok.body()), ("1 INVITE", ""), "the answer has arrived before");
    story.hears(&request("ACK", 1, "a", &tag));
    story.event();
    story.hears(&prack(5, &tag, &format!("{} 1 INVITE", rseq + 1)));
    story.says_line("SIP/2.0 481");
}

#[test]
fn without_prack_the_call_is_refused() {
    let mut story = Story::new();
    story.hears(&asks("Supported: 100rel\n"));
    let id = story.invited();
    story.does(|endpoint, now| endpoint.ring(id, 183, Some(SDP.into()), now));
    story.says_line("SIP/2.0 183");
    story.passes_ms(31_999);
    assert_eq!(story.said_at("SIP/2.0 183"), [500, 1500, 3500, 7500, 15_500, 31_500]);
    story.passes_ms(1);
    story.says_line("SIP/2.0 504");
    let ending = story.closed();
    assert_eq!((ending.by, ending.status), (By::Timeout, Some(504)));
    story.hears(&request("ACK", 1, "1", "x"));
    story.settles();
}

#[test]
fn ringing_without_sdp_need_not_be_reliable() {
    let mut story = Story::new();
    story.hears(&asks("Supported: 100rel\n"));
    let id = story.invited();
    story.does(|endpoint, now| endpoint.ring(id, 180, None, now));
    assert!(story.says_line("SIP/2.0 180").all("RSeq").is_empty());
    story.passes_ms(5000);
    story.says_nothing();
}

#[test]
fn hanging_up_stops_the_repetitions() {
    let mut story = Story::new();
    story.hears(&asks("Require: 100rel\n"));
    let id = story.invited();
    story.does(|endpoint, now| endpoint.ring(id, 180, None, now));
    let tag = story.says().tag("To");
    story.does(|endpoint, now| endpoint.hang_up(id, 17, now));
    story.says_line("SIP/2.0 486");
    story.closed();
    story.hears(&request("ACK", 1, "1", &tag));
    story.settles();
    story.says_nothing();
}

fn calls_by(story: &mut Story, transport: Transport, to: &str) -> (SessionId, Said) {
    let uri = |text: &str| Uri::parse(&text.to_owned().into()).expect("a URI");
    let invite = Invite {
        to: uri("sip:+919900000002@peer.example"),
        from: NameAddr::new(uri("sip:+918000000001@here.example")),
        targets: vec![Target { transport, addr: addr(to) }],
        route: Vec::new(),
        credentials: None,
        headers: Headers::default(),
        offer: SDP.into(),
        others: false,
        call_id: None,
    };
    let id = story.does(|endpoint, now| endpoint.invite(invite, now));
    (id, story.says_line("INVITE"))
}

fn calls(story: &mut Story) -> (SessionId, Said) {
    calls_by(story, Transport::Udp, PEER)
}

const CONTACT: &str = "Contact: <sip:carol@198.51.100.7:5062>\n";

#[test]
fn reliable_progress_is_acknowledged_once_and_in_order() {
    let mut story = Story::new();
    let (id, invite) = calls(&mut story);
    assert!(invite.get("Supported").contains("100rel"));
    let progress = |rseq: u32, tag: &str| {
        let fields = format!("{CONTACT}Require: 100rel\nRSeq: {rseq}\nContent-Type: application/sdp\n");
        response("183 Progress", &invite, tag, &fields, SDP)
    };
    story.hears(&progress(41, "one"));
    let prack = story.says_line("PRACK sip:carol@198.51.100.7:5062 SIP/2.0");
    assert_eq!((prack.get("RAck"), prack.get("CSeq"), prack.tag("To")), ("41 1 INVITE", "2 PRACK", "one".into()));
    assert_eq!(story.event(), Event::Progress { id, status: 183, sdp: Some(SDP.into()), source: host(PEER) });
    story.hears(&response("200 OK", &prack, "", "", ""));
    story.hears(&progress(41, "one"));
    story.hears(&progress(43, "one"));
    story.says_nothing();
    story.no_event();
    story.hears(&progress(42, "one"));
    let prack = story.says_line("PRACK");
    assert_eq!((prack.get("RAck"), prack.get("CSeq")), ("42 1 INVITE", "3 PRACK"));
    story.event();
    story.hears(&response("200 OK", &prack, "", "", ""));
    story.hears(&progress(7, "two"));
    let prack = story.says_line("PRACK");
    assert_eq!((prack.get("RAck"), prack.tag("To")), ("7 1 INVITE", "two".into()), "each callee counts for itself");
    story.event();
    story.hears(&response("200 OK", &prack, "", "", ""));
    story.hears(&response("200 OK", &invite, "one", CONTACT, ""));
    story.says_line("ACK");
    story.event();
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    assert_eq!(story.says_line("BYE").get("CSeq"), "4 BYE", "numbers go on after the PRACKs");
}

#[test]
fn an_interval_that_is_too_short_is_refused() {
    let mut story = Story::new();
    story.hears(&asks("Supported: timer\nSession-Expires: 30\n"));
    assert_eq!(story.says_line("SIP/2.0 422").get("Min-SE"), "90");
    story.no_event();
    let mut story = Story::new();
    story.hears(&asks("Session-Expires: 30\n"));
    story.invited();
}

/// Accepts an INVITE with these fields; the Session-Expires and Require of the 200, and its tag.
fn accepts(story: &mut Story, fields: &str) -> (SessionId, Vec<String>, String) {
    story.hears(&asks(fields));
    let id = story.invited();
    story.does(|endpoint, now| endpoint.accept(id, SDP.into(), now));
    let ok = story.says_line("SIP/2.0 200");
    let said = ["Session-Expires", "Require"].iter().flat_map(|name| ok.all(name)).map(str::to_owned).collect();
    let tag = ok.tag("To");
    story.hears(&request("ACK", 1, "a", &tag));
    story.event();
    (id, said, tag)
}

#[test]
fn the_interval_is_negotiated() {
    let cases = [
        ("", &[][..]),
        ("Supported: timer\n", &["1800;refresher=uac", "timer"]),
        ("Supported: timer\nSession-Expires: 600\n", &["600;refresher=uac", "timer"]),
        ("Supported: timer\nSession-Expires: 600;refresher=uas\n", &["600;refresher=uas"]),
        ("Session-Expires: 600\n", &["600;refresher=uas"]),
        ("Session-Expires: 30\n", &["90;refresher=uas"]),
        ("Supported: timer\nSession-Expires: 600;refresher=uac\nMin-SE: 700\n", &["700;refresher=uac", "timer"]),
    ];
    for (fields, expected) in cases {
        let (_, said, _) = accepts(&mut Story::new(), fields);
        assert_eq!(said, expected, "{fields}");
    }
}

#[test]
fn a_peer_that_shows_no_life_is_hung_up() {
    let mut story = Story::new();
    let (_, _, tag) = accepts(&mut story, "Supported: timer\nSession-Expires: 600;refresher=uac\n");
    story.passes_ms(500_000);
    let update = request("UPDATE", 2, "u", &tag)
        .replace("Content-Length", "Supported: timer\nSession-Expires: 600;refresher=uac\nContent-Length");
    story.hears(&update);
    assert_eq!(story.says_line("SIP/2.0 200").get("Session-Expires"), "600;refresher=uac");
    story.passes_ms(567_999);
    story.says_nothing();
    story.no_event();
    story.passes_ms(1);
    story.says_line("BYE");
    assert_eq!(story.closed().by, By::Timeout);
}

#[test]
fn we_show_life_by_update_or_reinvite() {
    let mut story = Story::new();
    let fields = "Allow: INVITE, UPDATE\nSupported: timer\nSession-Expires: 600;refresher=uas\n";
    let (id, _, _) = accepts(&mut story, fields);
    story.passes_ms(299_999);
    story.says_nothing();
    story.passes_ms(1);
    let update = story.says_line("UPDATE sip:anna@198.51.100.7:5060");
    assert_eq!((update.get("Session-Expires"), update.body()), ("600;refresher=uac", ""));
    story.hears(&response("200 OK", &update, "", "Session-Expires: 600;refresher=uac\n", ""));
    story.passes_ms(300_000);
    let update = story.says_line("UPDATE");
    story.hears(&response("491 Request Pending", &update, "", "", ""));
    story.passes_ms(4000);
    let update = story.says_line("UPDATE");
    story.hears(&response("481 Gone", &update, "", "", ""));
    assert_eq!(story.event(), Event::Closed { id, ending: sip::Ending { by: By::Peer, status: None, cause: None } });
    story.says_line("BYE");

    let mut story = Story::new();
    accepts(&mut story, "Session-Expires: 600\n");
    story.passes_ms(300_000);
    let reinvite = story.says_line("INVITE");
    assert_eq!((reinvite.get("Session-Expires"), reinvite.body()), ("600;refresher=uac", SDP));
    let with_sdp = format!("{CONTACT}Session-Expires: 600;refresher=uac\nContent-Type: application/sdp\n");
    story.hears(&response("200 OK", &reinvite, "", &with_sdp, SDP));
    story.says_line("ACK");
    story.no_event();
    story.passes_ms(300_000);
    story.says_line("INVITE");
    story.passes_ms(31_999);
    assert_eq!(story.said_at("INVITE").len(), 6);
    story.passes_ms(1);
    story.says_line("BYE");
    assert_eq!(story.closed().by, By::Timeout, "silence");
}

#[test]
fn our_calls_ask_for_a_timer() {
    let mut story = Story::new();
    let (id, first) = calls(&mut story);
    assert_eq!(first.get("Session-Expires"), "1800");
    story.hears(&response("422 Too Small", &first, "t", "Min-SE: 3600\n", ""));
    story.says_line("ACK");
    let second = story.says_line("INVITE");
    assert_eq!((second.get("Session-Expires"), second.get("Min-SE"), second.get("CSeq")), ("3600", "3600", "2 INVITE"));
    let fields = format!("{CONTACT}Allow: UPDATE\nRequire: timer\nSession-Expires: 3600;refresher=uac\n");
    story.hears(&response("200 OK", &second, "callee", &fields, ""));
    story.says_line("ACK");
    assert_eq!(story.event(), Event::Answered { id, sdp: None, source: host(PEER) });
    story.passes_ms(1_800_000);
    assert_eq!(story.says_line("UPDATE").get("Session-Expires"), "3600;refresher=uac");

    let mut story = Story::new();
    let (_, invite) = calls(&mut story);
    let fields = format!("{CONTACT}Session-Expires: 1800;refresher=uas\n");
    story.hears(&response("200 OK", &invite, "callee", &fields, ""));
    story.says_line("ACK");
    story.event();
    story.passes_ms(1_767_999);
    story.says_nothing();
    story.passes_ms(1);
    story.says_line("BYE");
    assert_eq!(story.closed().by, By::Timeout);

    let mut story = Story::new();
    let (_, invite) = calls(&mut story);
    story.hears(&response("422 Too Small", &invite, "t", "Min-SE: 999999\n", ""));
    story.says_line("ACK");
    assert_eq!(story.closed().status, Some(422));
}

#[test]
fn over_a_stream_nothing_is_repeated() {
    let mut story = Story::new().over_tcp();
    let by_tcp = |text: &str| text.replace("SIP/2.0/UDP", "SIP/2.0/TCP");
    story.hears(&by_tcp(&invite("1")));
    let id = story.invited();
    story.does(|endpoint, now| endpoint.ring(id, 180, None, now));
    let ringing = story.says_line("SIP/2.0 180");
    assert_eq!(ringing.path, story.path, "answers go back on the connection");
    assert_eq!(ringing.get("Contact"), "<sip:192.0.2.1:5060;transport=tcp>");
    story.does(|endpoint, now| endpoint.accept(id, SDP.into(), now));
    let tag = story.says_line("SIP/2.0 200").tag("To");
    story.passes_ms(1000);
    assert_eq!(story.said_at("SIP/2.0 200"), [500], "a 2xx may have datagrams to cross behind the stream");
    story.hears(&by_tcp(&request("ACK", 1, "2", &tag)));
    story.event();
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    let bye = story.says_line("BYE");
    assert_eq!(bye.path, story.path);
    assert!(bye.get("Via").starts_with("SIP/2.0/TCP 192.0.2.1:5060;"));
    story.closed();
    story.passes_ms(31_000);
    story.says_nothing();
    story.hears(&response("200 OK", &bye, "", "", ""));
    story.hears(&by_tcp(&invite("9").replace("story@", "busy@")));
    let id = story.invited();
    story.does(|endpoint, now| endpoint.hang_up(id, 17, now));
    let busy = story.says_line("SIP/2.0 486");
    story.closed();
    story.passes_ms(20_000);
    story.says_nothing();
    story.hears(&by_tcp(&request("ACK", 1, "9", &busy.tag("To")).replace("story@", "busy@")));
    assert_eq!(story.endpoint.gauges(), sip::Gauges::default(), "timers I, J and K are zero");
}

#[test]
fn a_broken_connection_ends_what_waits_for_it() {
    let mut story = Story::new();
    let (id, invite) = calls_by(&mut story, Transport::Tcp, PEER);
    assert!(invite.get("Via").starts_with("SIP/2.0/TCP"));
    story.passes_ms(5000);
    story.says_nothing();
    story.does(|endpoint, now| endpoint.handle_unreachable(invite.path, now));
    let ending = sip::Ending { by: By::Unreachable, status: None, cause: None };
    assert_eq!(story.event(), Event::Closed { id, ending });
    story.settles();
}

#[test]
fn a_large_invite_tries_the_stream_first() {
    let mut story = Story::new();
    let uri = |text: &str| Uri::parse(&text.to_owned().into()).expect("a URI");
    let large = Invite {
        to: uri("sip:+919900000002@peer.example"),
        from: NameAddr::new(uri("sip:+918000000001@here.example")),
        targets: vec![Target { transport: Transport::Udp, addr: addr(PEER) }],
        route: Vec::new(),
        credentials: None,
        headers: Headers::default(),
        offer: vec![b'x'; 1200].into(),
        others: false,
        call_id: None,
    };
    story.does(|endpoint, now| endpoint.invite(large, now));
    let first = story.says_line("INVITE");
    assert_eq!((first.path.transport, first.get("Contact")), (Transport::Tcp, "<sip:192.0.2.1:5060;transport=tcp>"));
    story.does(|endpoint, now| endpoint.handle_unreachable(first.path, now));
    let second = story.says_line("INVITE");
    assert_eq!((second.path.transport, second.get("Contact")), (Transport::Udp, "<sip:192.0.2.1:5060>"));
}

#[test]
fn a_call_over_ipv6() {
    let mut config = story::trusting();
    config.trusted.push("2001:db8::/64".parse().expect("a prefix"));
    config.listen.push(sip::Listen { transport: Transport::Udp, addr: addr("[2001:db8:1::1]:5060") });
    let mut story = Story::with(config);
    story.path.local = addr("[2001:db8:1::1]:5060");
    story.path.remote = addr("[2001:db8::7]:5070");
    let v6 = |text: String| text.replace("198.51.100.7:5060", "[2001:db8::7]:5060");
    story.hears(&v6(invite("1")));
    let id = story.invited();
    story.does(|endpoint, now| endpoint.accept(id, SDP.into(), now));
    let ok = story.says_line("SIP/2.0 200");
    assert_eq!(ok.get("Contact"), "<sip:[2001:db8:1::1]:5060>");
    assert_eq!(ok.path.remote, addr("[2001:db8::7]:5060"));
    story.hears(&v6(request("ACK", 1, "2", &ok.tag("To"))));
    story.event();
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    let bye = story.says_line("BYE sip:anna@[2001:db8::7]:5060 SIP/2.0");
    assert!(bye.get("Via").starts_with("SIP/2.0/UDP [2001:db8:1::1]:5060;"), "{}", bye.get("Via"));
    story.closed();
    let (_, invite) = calls_by(&mut story, Transport::Udp, "[2001:db8::9]:5060");
    assert_eq!(invite.path.local, addr("[2001:db8:1::1]:5060"));
}

#[test]
fn a_public_address_is_what_peers_see() {
    let mut config = story::trusting();
    config.public_address = Some("203.0.113.200".parse().expect("an address"));
    let mut story = Story::with(config);
    let (_, invite) = calls(&mut story);
    assert!(invite.get("Via").starts_with("SIP/2.0/UDP 203.0.113.200:5060;"));
    assert_eq!(invite.get("Contact"), "<sip:203.0.113.200:5060>");
}

#[test]
fn a_prack_may_cross_the_success() {
    let mut story = Story::new();
    story.hears(&asks("Require: 100rel\n"));
    let id = story.invited();
    story.does(|endpoint, now| endpoint.ring(id, 180, None, now));
    let ringing = story.says_line("SIP/2.0 180");
    let (tag, rseq) = (ringing.tag("To"), ringing.get("RSeq").to_owned());
    story.does(|endpoint, now| endpoint.ring(id, 181, None, now));
    story.does(|endpoint, now| endpoint.accept(id, SDP.into(), now));
    let ok = story.says_line("SIP/2.0 200");
    assert_eq!((ok.get("CSeq"), ok.body()), ("1 INVITE", SDP));
    story.hears(&prack(2, &tag, &format!("{rseq} 7 INVITE")));
    story.says_line("SIP/2.0 481");
    story.hears(&prack(3, &tag, &format!("{rseq} 1 INVITE")));
    assert_eq!(story.says_line("SIP/2.0 200").get("CSeq"), "3 PRACK");
    story.says_nothing();
    story.hears(&prack(4, &tag, &format!("{rseq} 1 INVITE")));
    assert_eq!(story.says_line("SIP/2.0 481").get("CSeq"), "4 PRACK", "it was heard already");
    story.hears(&request("ACK", 1, "a", &tag));
    story.event();
    story.hears(&request("BYE", 5, "b", &tag));
    story.says_line("SIP/2.0 200");
    story.closed();
    story.settles();
    story.says_nothing();
}

#[test]
fn a_sign_of_life_that_is_too_short_is_made_longer() {
    for (allow, method) in [("Allow: INVITE, UPDATE\n", "UPDATE"), ("", "INVITE")] {
        let mut story = Story::new();
        let fields = format!("{allow}Supported: timer\nSession-Expires: 600;refresher=uas\n");
        accepts(&mut story, &fields);
        story.passes_ms(300_000);
        let first = story.says_line(method);
        story.hears(&response("422 Too Small", &first, "", "Min-SE: 1200\n", ""));
        if method == "INVITE" {
            story.says_line("ACK");
        }
        let again = story.says_line(method);
        assert_eq!((again.get("Session-Expires"), again.get("Min-SE")), ("1200;refresher=uac", "1200"));
        assert_eq!((again.all("Session-Expires").len(), again.get("CSeq")), (1, &*format!("2 {method}")));
        story.hears(&response("200 OK", &again, "", "Session-Expires: 1200;refresher=uac\n", ""));
        if method == "INVITE" {
            story.says_line("ACK");
        }
        story.passes_ms(600_000);
        let next = story.says_line(method);
        assert_eq!(next.get("Session-Expires"), "1200;refresher=uac");
        story.no_event();
    }
}

#[test]
fn a_sign_of_life_is_made_longer_once_and_not_without_end() {
    for wishes in [&["999999"][..], &["300"], &["1200", "2400"]] {
        let mut story = Story::new();
        accepts(&mut story, "Allow: INVITE, UPDATE\nSupported: timer\nSession-Expires: 600;refresher=uas\n");
        story.passes_ms(300_000);
        for wish in wishes {
            let update = story.says_line("UPDATE");
            story.hears(&response("422 Too Small", &update, "", &format!("Min-SE: {wish}\n"), ""));
        }
        story.says_nothing();
    }
}
