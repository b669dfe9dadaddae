//! Calls that go out: the caller's rules of RFC 3261 sections 9.1, 12, 13.2, 14.1, 15 and 17.1, RFC 3311 and RFC 6086,
//! on the wire.

mod story;

use core::time::Duration;

use sip::{By, Ending, Event, Headers, Invite, NameAddr, SessionId, Target, Transport, Uri};
use story::{PEER, SDP, Said, Story, addr, host, request, response};

fn uri(text: &str) -> Uri {
    Uri::parse(&text.to_owned().into()).expect("a URI")
}

fn invite(targets: &[&str]) -> Invite {
    Invite {
        to: uri("sip:+919900000002@peer.example"),
        from: NameAddr::new(uri("sip:+918000000001@here.example")),
        targets: targets.iter().map(|target| Target { transport: Transport::Udp, addr: addr(target) }).collect(),
        others: false,
        route: Vec::new(),
        credentials: None,
        headers: Headers::default(),
        offer: SDP.into(),
        call_id: None,
    }
}

const CONTACT: &str = "Contact: <sip:carol@198.51.100.7:5062>\n";
const WITH_SDP: &str = "Contact: <sip:carol@198.51.100.7:5062>\nContent-Type: application/sdp\n";

fn call(story: &mut Story) -> (SessionId, Said) {
    let id = story.does(|endpoint, now| endpoint.invite(invite(&[PEER]), now));
    (id, story.says_line("INVITE sip:+919900000002@peer.example SIP/2.0"))
}

/// A call that was answered; the INVITE and the ACK.
fn talk(story: &mut Story) -> (SessionId, Said, Said) {
    let (id, invite) = call(story);
    story.hears(&response("200 OK", &invite, "callee", WITH_SDP, SDP));
    assert_eq!(story.event(), Event::Answered { id, sdp: Some(SDP.into()), source: host(PEER) });
    let ack = story.says_line("ACK sip:carol@198.51.100.7:5062 SIP/2.0");
    (id, invite, ack)
}

/// A request of the peer in our call.
fn within(method: &str, sequence: u32, invite: &Said, fields: &str, body: &str) -> String {
    format!(
        "{method} sip:192.0.2.1:5060 SIP/2.0\n\
         Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKin{sequence}{method}\n\
         From: <sip:+919900000002@peer.example>;tag=callee\n\
         To: {}\nCall-ID: {}\nCSeq: {sequence} {method}\n{CONTACT}{fields}Content-Length: {}\n\n{body}",
        invite.get("From"),
        invite.get("Call-ID"),
        body.len(),
    )
}

#[test]
fn a_call_from_invite_to_bye() {
    let mut story = Story::new();
    let (id, invite) = call(&mut story);
    assert_eq!(invite.path.remote, addr(PEER));
    assert!(invite.get("Via").starts_with("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK"));
    assert!(invite.get("Via").ends_with(";rport"));
    assert_eq!((invite.get("To"), invite.get("CSeq")), ("<sip:+919900000002@peer.example>", "1 INVITE"));
    assert_eq!((invite.get("Max-Forwards"), invite.get("Contact")), ("70", "<sip:192.0.2.1:5060>"));
    assert_eq!((invite.get("Content-Type"), invite.body()), ("application/sdp", SDP));
    story.hears(&response("100 Trying", &invite, "", "", ""));
    story.hears(&response("180 Ringing", &invite, "callee", CONTACT, ""));
    assert_eq!(story.event(), Event::Progress { id, status: 180, sdp: None, source: host(PEER) });
    story.hears(&response("183 Progress", &invite, "callee", WITH_SDP, SDP));
    assert_eq!(story.event(), Event::Progress { id, status: 183, sdp: Some(SDP.into()), source: host(PEER) });
    story.passes_ms(40_000);
    story.says_nothing();
    let ok = response("200 OK", &invite, "callee", WITH_SDP, SDP);
    story.hears(&ok);
    assert_eq!(story.event(), Event::Answered { id, sdp: Some(SDP.into()), source: host(PEER) });
    let ack = story.says_line("ACK sip:carol@198.51.100.7:5062 SIP/2.0");
    assert_eq!(
        (ack.get("CSeq"), ack.tag("To"), ack.path.remote),
        ("1 ACK", "callee".into(), addr("198.51.100.7:5062"))
    );
    assert_ne!(ack.branch(), invite.branch());
    story.hears(&ok);
    assert_eq!(story.says_line("ACK").text, ack.text, "the 2xx again, the ACK again");
    story.no_event();
    story.passes_ms(40_000);
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    let bye = story.says_line("BYE sip:carol@198.51.100.7:5062 SIP/2.0");
    assert_eq!((bye.get("CSeq"), bye.get("Reason")), ("2 BYE", "Q.850;cause=16"));
    assert_eq!(story.closed(), Ending { by: By::Us, status: None, cause: Some(16) });
    story.hears(&response("200 OK", &bye, "", "", ""));
    story.settles();
    story.says_nothing();
}

#[test]
fn the_callee_hangs_up() {
    let mut story = Story::new();
    let (_, invite, _) = talk(&mut story);
    story.hears(&within("BYE", 1, &invite, "Reason: Q.850;cause=31\n", ""));
    story.says_line("SIP/2.0 200");
    assert_eq!(story.closed(), Ending { by: By::Peer, status: None, cause: Some(31) });
    story.settles();
}

#[test]
fn byes_may_cross() {
    let mut story = Story::new();
    let (id, invite, _) = talk(&mut story);
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    story.says_line("BYE");
    assert_eq!(story.closed().by, By::Us);
    story.hears(&within("BYE", 1, &invite, "", ""));
    story.says_line("SIP/2.0 200");
    story.passes_ms(60_000);
    story.settles();
}

#[test]
fn a_refusal_is_acknowledged_in_its_transaction() {
    let mut story = Story::new();
    let (id, invite) = call(&mut story);
    let busy = response("486 Busy Here", &invite, "callee", "Reason: Q.850;cause=17\n", "");
    story.hears(&busy);
    let ack = story.says_line("ACK sip:+919900000002@peer.example SIP/2.0");
    assert_eq!((ack.branch(), ack.tag("To"), ack.get("CSeq")), (invite.branch(), "callee".into(), "1 ACK"));
    assert_eq!(
        story.event(),
        Event::Closed { id, ending: Ending { by: By::Peer, status: Some(486), cause: Some(17) } }
    );
    story.hears(&busy);
    assert_eq!(story.says_line("ACK").text, ack.text);
    story.no_event();
    story.settles();
}

#[test]
fn nobody_answers() {
    let mut story = Story::new();
    let (_, _) = call(&mut story);
    story.passes_ms(31_999);
    assert_eq!(story.said_at("INVITE"), [500, 1500, 3500, 7500, 15_500, 31_500]);
    story.no_event();
    story.passes_ms(1);
    assert_eq!(story.closed(), Ending { by: By::Timeout, status: None, cause: None });
    story.settles();
}

#[test]
fn the_next_target_is_tried() {
    let mut story = Story::new();
    let targets = ["198.51.100.7:5060", "198.51.100.8:5060", "198.51.100.9:5060", "[2001:db8::1]:5060"];
    let id = story.does(|endpoint, now| endpoint.invite(invite(&targets), now));
    let first = story.says_line("INVITE");
    story.hears(&response("503 Service Unavailable", &first, "x", "", ""));
    assert_eq!(story.says_line("ACK").path.remote, addr(targets[0]));
    let second = story.says_line("INVITE");
    assert_eq!(second.path.remote, addr(targets[1]));
    assert_eq!(second.get("Call-ID"), first.get("Call-ID"));
    assert_ne!(second.branch(), first.branch());
    story.does(|endpoint, now| endpoint.handle_unreachable(second.path, now));
    let third = story.says_line("INVITE");
    assert_eq!(third.path.remote, addr(targets[2]));
    story.passes_ms(31_999);
    story.said_at("INVITE");
    story.passes_ms(1);
    assert_eq!(story.event(), Event::Closed { id, ending: Ending { by: By::Timeout, status: None, cause: None } });
    story.says_nothing();
    story.settles();
}

#[test]
fn a_silent_target_gives_way_to_the_next() {
    let mut story = Story::new();
    let targets = ["198.51.100.7:5060", "198.51.100.8:5060"];
    let id = story.does(|endpoint, now| endpoint.invite(invite(&targets), now));
    story.passes_ms(3_999);
    let mut said: Vec<Said> = (0..4).map(|_| story.says_line("INVITE")).collect();
    assert!(said.iter().all(|said| said.path.remote == addr(targets[0])));
    story.says_nothing();
    story.passes_ms(1);
    let second = story.says_line("INVITE");
    assert_eq!((second.path.remote, second.at.as_millis()), (addr(targets[1]), 4_000));
    story.hears_from(targets[1], &response("180 Ringing", &second, "b", CONTACT, ""));
    assert_eq!(story.event(), Event::Progress { id, status: 180, sdp: None, source: host(targets[1]) });

    // The first wakes up: it is told that it is too late, once.
    let first = said.remove(0);
    for _ in 0..2 {
        story.hears(&response("180 Ringing", &first, "a", CONTACT, ""));
    }
    let cancel = story.says_line("CANCEL");
    assert_eq!((cancel.branch(), cancel.path.remote), (first.branch(), addr(targets[0])));
    story.hears(&response("200 OK", &cancel, "a", "", ""));
    story.hears(&response("487 Request Terminated", &first, "a", "", ""));
    assert_eq!(story.says_line("ACK").path.remote, addr(targets[0]));
    story.says_nothing();
    story.hears_from(targets[1], &response("486 Busy Here", &second, "b", "", ""));
    story.says_line("ACK");
    assert_eq!(story.event(), Event::Closed { id, ending: Ending { by: By::Peer, status: Some(486), cause: None } });
    story.settles();
}

#[test]
fn a_target_that_was_passed_over_and_accepts_is_let_go() {
    let mut story = Story::new();
    let targets = ["198.51.100.7:5060", "198.51.100.8:5060"];
    let id = story.does(|endpoint, now| endpoint.invite(invite(&targets), now));
    let first = story.says_line("INVITE");
    story.passes_ms(4_000);
    assert_eq!(story.said_at("INVITE"), [500, 1_500, 3_500, 4_000]);
    story.hears(&response("200 OK", &first, "a", WITH_SDP, SDP));
    story.says_line("ACK sip:carol@198.51.100.7:5062");
    let bye = story.says_line("BYE sip:carol@198.51.100.7:5062");
    story.hears(&response("200 OK", &bye, "a", "", ""));
    story.no_event();
    story.passes_ms(32_000);
    assert_eq!(story.closed(), Ending { by: By::Timeout, status: None, cause: None });
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    story.passes_ms(1);
    story.said_at("INVITE");
    story.settles();
}

#[test]
fn if_there_are_others_the_last_target_gets_no_more_time() {
    let mut story = Story::new();
    let id = story.does(|endpoint, now| endpoint.invite(Invite { others: true, ..invite(&[PEER]) }, now));
    story.passes_ms(4_000);
    assert_eq!(story.said_at("INVITE"), [0, 500, 1_500, 3_500]);
    assert_eq!(story.event(), Event::Closed { id, ending: Ending { by: By::Timeout, status: None, cause: None } });
    story.settles();
}

#[test]
fn a_target_that_works_on_it_keeps_its_turn() {
    let mut story = Story::new();
    let targets = ["198.51.100.7:5060", "198.51.100.8:5060"];
    story.does(|endpoint, now| endpoint.invite(invite(&targets), now));
    let first = story.says_line("INVITE");
    story.hears(&response("100 Trying", &first, "", "", ""));
    story.passes_ms(60_000);
    story.says_nothing();
    story.no_event();
}

#[test]
fn a_call_that_cannot_be_sent() {
    let mut story = Story::new();
    for targets in [&[][..], &["[2001:db8::1]:5060"]] {
        let id = story.does(|endpoint, now| endpoint.invite(invite(targets), now));
        let ending = Ending { by: By::Unreachable, status: None, cause: None };
        assert_eq!(story.event(), Event::Closed { id, ending });
        story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    }
    let (_, invite) = call(&mut story);
    story.does(|endpoint, now| endpoint.handle_unreachable(invite.path, now));
    assert_eq!(story.closed().by, By::Unreachable);
    story.settles();
}

#[test]
fn we_cancel_while_it_rings() {
    let mut story = Story::new();
    let (id, invite) = call(&mut story);
    story.hears(&response("180 Ringing", &invite, "callee", CONTACT, ""));
    story.event();
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    let cancel = story.says_line("CANCEL sip:+919900000002@peer.example SIP/2.0");
    assert_eq!((cancel.get("Via"), cancel.get("CSeq")), (invite.get("Via"), "1 CANCEL"));
    assert_eq!((cancel.get("To"), cancel.get("Reason")), (invite.get("To"), "Q.850;cause=16"));
    assert_eq!(story.closed(), Ending { by: By::Us, status: None, cause: Some(16) });
    story.hears(&response("200 OK", &cancel, "callee", "", ""));
    story.hears(&response("487 Request Terminated", &invite, "callee", "", ""));
    story.says_line("ACK");
    story.settles();
    story.says_nothing();
}

#[test]
fn a_cancel_waits_for_a_first_answer() {
    let mut story = Story::new();
    let (id, invite) = call(&mut story);
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    assert_eq!(story.closed().by, By::Us);
    story.says_nothing();
    story.hears(&response("100 Trying", &invite, "", "", ""));
    story.says_line("CANCEL");
    story.passes_ms(70_000);
    assert_eq!(story.said_at("CANCEL").len(), 10, "timers E and F");
    story.settles();
}

#[test]
fn a_cancel_that_comes_too_late_becomes_a_bye() {
    let mut story = Story::new();
    let (id, invite) = call(&mut story);
    story.hears(&response("100 Trying", &invite, "", "", ""));
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    let cancel = story.says_line("CANCEL");
    story.closed();
    story.hears(&response("200 OK", &invite, "callee", WITH_SDP, SDP));
    story.says_line("ACK");
    let bye = story.says_line("BYE");
    story.no_event();
    story.hears(&response("200 OK", &cancel, "callee", "", ""));
    story.hears(&response("200 OK", &bye, "", "", ""));
    story.settles();
}

#[test]
fn forks_ring_and_the_first_to_accept_wins() {
    let mut story = Story::new();
    let (id, invite) = call(&mut story);
    let route = "Record-Route: <sip:198.51.100.20;lr>, <sip:198.51.100.21;lr>\n";
    for fork in ["one", "two"] {
        story.hears(&response("180 Ringing", &invite, fork, CONTACT, ""));
        assert_eq!(story.event(), Event::Progress { id, status: 180, sdp: None, source: host(PEER) });
    }
    assert_eq!(story.endpoint.gauges().dialogs, 2);
    story.hears(&response("200 OK", &invite, "two", &format!("{route}{WITH_SDP}"), SDP));
    assert_eq!(story.event(), Event::Answered { id, sdp: Some(SDP.into()), source: host(PEER) });
    let ack = story.says_line("ACK sip:carol@198.51.100.7:5062");
    assert_eq!(ack.all("Route"), ["<sip:198.51.100.21;lr>", "<sip:198.51.100.20;lr>"]);
    assert_eq!(ack.path.remote, addr("198.51.100.21:5060"));
    assert_eq!(story.endpoint.gauges().dialogs, 1);
    story.hears(&response("200 OK", &invite, "one", CONTACT, ""));
    assert_eq!(story.says_line("ACK").tag("To"), "one");
    let bye = story.says_line("BYE");
    assert_eq!((bye.tag("To"), bye.get("Reason")), ("one".into(), "Q.850;cause=26"));
    story.hears(&response("200 OK", &bye, "", "", ""));
    story.no_event();
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    assert_eq!(story.says_line("BYE").tag("To"), "two");
}

#[test]
fn we_change_the_session() {
    let mut story = Story::new();
    let (id, _, _) = talk(&mut story);
    story.does(|endpoint, now| endpoint.modify(id, "v=5\r\n".into(), now));
    let reinvite = story.says_line("INVITE sip:carol@198.51.100.7:5062 SIP/2.0");
    assert_eq!((reinvite.get("CSeq"), reinvite.body()), ("2 INVITE", "v=5\r\n"));
    story.hears(&response("100 Trying", &reinvite, "", "", ""));
    let moved = WITH_SDP.replace(":5062", ":5064");
    story.hears(&response("200 OK", &reinvite, "", &moved, "v=6\r\n"));
    let ack = story.says_line("ACK sip:carol@198.51.100.7:5064 SIP/2.0");
    assert_eq!(ack.get("CSeq"), "2 ACK");
    assert_eq!(story.event(), Event::Modified { id, answer: Ok(Some("v=6\r\n".into())) });
    story.hears(&response("200 OK", &reinvite, "", &moved, "v=6\r\n"));
    assert_eq!(story.says_line("ACK").text, ack.text);
    story.does(|endpoint, now| endpoint.modify(id, "v=7\r\n".into(), now));
    let reinvite = story.says_line("INVITE");
    story.hears(&response("488 No", &reinvite, "", "", ""));
    story.says_line("ACK");
    assert_eq!(story.event(), Event::Modified { id, answer: Err(488) });
    story.does(|endpoint, now| endpoint.modify(id, "v=8\r\n".into(), now));
    let reinvite = story.says_line("INVITE");
    story.hears(&response("481 Gone", &reinvite, "", "", ""));
    story.says_line("ACK");
    assert_eq!(story.event(), Event::Modified { id, answer: Err(481) });
    assert_eq!(story.closed().by, By::Peer);
    story.says_line("BYE");
    story.passes_ms(40_000);
    story.said_at("BYE");
    story.settles();
}

#[test]
fn glare_is_solved_by_waiting() {
    let mut story = Story::new();
    let (id, invite, _) = talk(&mut story);
    story.does(|endpoint, now| endpoint.modify(id, "v=5\r\n".into(), now));
    let ours = story.says_line("INVITE");
    story.hears(&within("INVITE", 1, &invite, "Content-Type: application/sdp\n", SDP));
    story.says_line("SIP/2.0 491");
    story.hears(&within("ACK", 1, &invite, "", "").replace("1ACK", "1INVITE"));
    story.hears(&response("491 Request Pending", &ours, "", "", ""));
    story.says_line("ACK");
    story.no_event();
    let before = story.now;
    story.passes_ms(2099);
    story.says_nothing();
    story.passes_ms(1902);
    let again = story.says_line("INVITE");
    assert_eq!(again.get("CSeq"), "3 INVITE");
    assert!(again.at >= before - story.begun + Duration::from_millis(2100));
    story.hears(&response("200 OK", &again, "", WITH_SDP, SDP));
    assert_eq!(story.event(), Event::Modified { id, answer: Ok(Some(SDP.into())) });

    let mut story = Story::new();
    let (id, tag) = story.answered();
    story.does(|endpoint, now| endpoint.modify(id, "v=5\r\n".into(), now));
    let ours = story.says_line("INVITE");
    story.hears(&response("491 Request Pending", &ours, "", "", ""));
    story.says_line("ACK");
    story.passes_ms(2001);
    assert!(!story.said_at("INVITE").is_empty());
    story.hears(&request("BYE", 9, "9", &tag));
    story.says_line("SIP/2.0 200");
    assert_eq!(story.closed().by, By::Peer);
}

#[test]
fn a_change_waits_for_its_turn() {
    let mut story = Story::new();
    story.hears(&story::invite("1"));
    let id = story.invited();
    story.does(|endpoint, now| endpoint.accept(id, SDP.into(), now));
    let tag = story.says_line("SIP/2.0 200").tag("To");
    story.does(|endpoint, now| endpoint.modify(id, "v=5\r\n".into(), now));
    story.says_nothing();
    story.hears(&request("ACK", 1, "2", &tag));
    story.event();
    story.says_line("INVITE");
    story.does(|endpoint, now| endpoint.modify(id, "v=6\r\n".into(), now));
    assert_eq!(story.event(), Event::Modified { id, answer: Err(491) });
}

#[test]
fn updates_change_and_show_life() {
    let mut story = Story::new();
    let (id, invite, _) = talk(&mut story);
    story.hears(&within("UPDATE", 1, &invite, "", ""));
    let ok = story.says_line("SIP/2.0 200");
    assert_eq!((ok.get("CSeq"), ok.get("Contact")), ("1 UPDATE", "<sip:192.0.2.1:5060>"));
    story.no_event();
    let with_offer = "Content-Type: application/sdp\n";
    story.hears(&within("UPDATE", 2, &invite, with_offer, SDP));
    assert_eq!(story.event(), Event::Offered { id, offer: Some(SDP.into()), source: host(PEER) });
    story.hears(&within("UPDATE", 3, &invite, with_offer, SDP));
    assert!(!story.says_line("SIP/2.0 500").get("Retry-After").is_empty());
    story.does(|endpoint, now| endpoint.answer(id, Ok(Some("v=9\r\n".into())), now));
    let ok = story.says_line("SIP/2.0 200");
    assert_eq!((ok.get("CSeq"), ok.body()), ("2 UPDATE", "v=9\r\n"));
    story.passes_ms(5000);
    story.says_nothing();
    story.does(|endpoint, now| endpoint.modify(id, "v=5\r\n".into(), now));
    story.says_line("INVITE");
    story.hears(&within("UPDATE", 4, &invite, with_offer, SDP));
    story.says_line("SIP/2.0 491");
}

#[test]
fn info_carries_digits_both_ways() {
    let mut story = Story::new();
    let (id, invite, _) = talk(&mut story);
    story.hears(&within("INFO", 1, &invite, "Content-Type: application/dtmf-relay\n", "Signal=#\nDuration=200\n"));
    story.says_line("SIP/2.0 200");
    assert_eq!(story.event(), Event::Digit { id, digit: '#', duration: Duration::from_millis(200) });
    story.hears(&within("INFO", 2, &invite, "Content-Type: application/dtmf\n", "7"));
    story.says_line("SIP/2.0 200");
    assert_eq!(story.event(), Event::Digit { id, digit: '7', duration: Duration::from_millis(160) });
    for (at, (kind, body, status)) in
        [("text/plain", "x", "415"), ("application/dtmf", "77", "400"), ("text/plain", "", "200")]
            .into_iter()
            .enumerate()
    {
        story.hears(&within("INFO", 3 + at as u32, &invite, &format!("Content-Type: {kind}\n"), body));
        story.says_line(&format!("SIP/2.0 {status}"));
    }
    story.no_event();
    story.does(|endpoint, now| endpoint.info(id, "application/dtmf-relay", "Signal=1\r\n".into(), now));
    let info = story.says_line("INFO sip:carol@198.51.100.7:5062");
    assert_eq!((info.get("Content-Type"), info.body()), ("application/dtmf-relay", "Signal=1\r\n"));
    story.hears(&response("415 No", &info, "", "", ""));
    story.no_event();
    story.does(|endpoint, now| endpoint.info(id, "application/dtmf-relay", "Signal=1\r\n".into(), now));
    let info = story.says_line("INFO");
    story.hears(&response("481 Gone", &info, "", "", ""));
    assert_eq!(story.closed().by, By::Peer);
    story.says_line("BYE");
}

#[test]
fn routes_and_fields_of_the_user() {
    let mut story = Story::new();
    let mut invite = invite(&[PEER]);
    invite.route = vec![uri("sip:proxy.example;lr")];
    invite.call_id = Some("chosen@here.example".into());
    invite.headers.push(sip::Name::Other("X-Flow".into()), "reception");
    story.does(|endpoint, now| endpoint.invite(invite, now));
    let said = story.says_line("INVITE sip:+919900000002@peer.example");
    assert_eq!(said.get("Route"), "<sip:proxy.example;lr>");
    assert_eq!((said.get("Call-ID"), said.get("X-Flow")), ("chosen@here.example", "reception"));
}

#[test]
fn stray_responses_are_dropped() {
    let mut story = Story::new();
    let (_, invite) = call(&mut story);
    story.hears(&response("200 OK", &invite, "x", WITH_SDP, SDP).replace("branch=z9hG4bK", "branch=z9hG4bKz"));
    story.hears(&response("200 OK", &invite, "x", WITH_SDP, SDP).replace("1 INVITE", "1 BYE"));
    story.no_event();
    story.says_nothing();
}

const CHALLENGE: &str = "Proxy-Authenticate: Digest realm=\"carrier\", nonce=\"n1\", qop=\"auth\", algorithm=SHA-256\n";

fn with_credentials() -> Invite {
    let credentials = sip::Credentials { username: "u1".into(), password: "pw".into() };
    Invite { credentials: Some(credentials), ..invite(&[PEER]) }
}

#[test]
fn a_trunk_asks_who_we_are() {
    let mut story = Story::new();
    let id = story.does(|endpoint, now| endpoint.invite(with_credentials(), now));
    let first = story.says_line("INVITE");
    story.hears(&response("407 Who", &first, "t", CHALLENGE, ""));
    story.says_line("ACK");
    let second = story.says_line("INVITE");
    let shown = second.get("Proxy-Authorization").to_owned();
    assert!(shown.contains("realm=\"carrier\"") && shown.contains("algorithm=SHA-256"), "{shown}");
    assert_eq!((second.get("CSeq"), second.body(), second.all("Via").len()), ("2 INVITE", SDP, 1));
    assert_ne!(second.branch(), first.branch());
    story.hears(&response("200 OK", &second, "callee", WITH_SDP, SDP));
    story.event();
    let ack = story.says_line("ACK");
    assert_eq!((ack.get("CSeq"), ack.get("Proxy-Authorization")), ("2 ACK", &*shown), "section 22.1");
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    let bye = story.says_line("BYE");
    story.hears(&response("407 Who", &bye, "", CHALLENGE, ""));
    let again = story.says_line("BYE");
    assert_eq!(again.get("CSeq"), "4 BYE");
    assert!(again.get("Proxy-Authorization").contains("carrier"));
    story.closed();
    story.hears(&response("200 OK", &again, "", "", ""));
    story.settles();
}

#[test]
fn who_asks_too_much_gets_nothing() {
    let mut story = Story::new();
    let id = story.does(|endpoint, now| endpoint.invite(with_credentials(), now));
    let first = story.says_line("INVITE");
    story.hears(&response("407 Who", &first, "t", CHALLENGE, ""));
    story.says_line("ACK");
    let second = story.says_line("INVITE");
    story.hears(&response("407 Who", &second, "t", CHALLENGE, ""));
    story.says_line("ACK");
    assert_eq!(story.event(), Event::Closed { id, ending: Ending { by: By::Peer, status: Some(407), cause: None } });
    story.says_nothing();

    for answers in [["stale=true, nonce=\"n2\"", "stale=true, nonce=\"n3\"", "stale=true, nonce=\"n4\""]] {
        story.does(|endpoint, now| endpoint.invite(with_credentials(), now));
        let mut sent = story.says_line("INVITE");
        for (at, answer) in answers.into_iter().enumerate() {
            story.hears(&response("407 Who", &sent, "t", &CHALLENGE.replace("nonce=\"n1\"", answer), ""));
            story.says_line("ACK");
            assert!(at < 3);
            sent = story.says_line("INVITE");
        }
        story.hears(&response("407 Who", &sent, "t", CHALLENGE, ""));
        story.says_line("ACK");
        assert_eq!(story.closed().status, Some(407), "three forms are enough");
    }

    story.does(|endpoint, now| endpoint.invite(with_credentials(), now));
    let first = story.says_line("INVITE");
    story.hears(&response("407 Who", &first, "t", CHALLENGE, ""));
    story.says_line("ACK");
    let second = story.says_line("INVITE");
    story.hears(&response("200 OK", &second, "callee", WITH_SDP, SDP));
    story.says_line("ACK");
    let Event::Answered { id, .. } = story.event() else { panic!("an answer") };
    story.does(|endpoint, now| endpoint.modify(id, SDP.into(), now));
    let reinvite = story.says_line("INVITE");
    story.hears(&response("407 Who", &reinvite, "", &CHALLENGE.replace("carrier", "thief"), ""));
    story.says_line("ACK");
    assert_eq!(story.event(), Event::Modified { id, answer: Err(407) }, "another realm");
    story.says_nothing();

    let (_, invite) = call(&mut story);
    story.hears(&response("401 Who", &invite, "t", &CHALLENGE.replace("Proxy", "WWW"), ""));
    story.says_line("ACK");
    assert_eq!(story.closed().status, Some(401), "no credentials, no answer");
}

#[test]
fn a_caller_who_asks_us_gets_nothing() {
    let mut story = Story::new();
    let (id, _) = story.answered();
    story.does(|endpoint, now| endpoint.modify(id, SDP.into(), now));
    let reinvite = story.says_line("INVITE");
    story.hears(&response("407 Who", &reinvite, "", CHALLENGE, ""));
    story.says_line("ACK");
    assert_eq!(story.event(), Event::Modified { id, answer: Err(407) });
    story.says_nothing();
}

#[test]
fn changes_that_nobody_ends_do_not_stay() {
    let mut story = Story::new();
    let (id, invite, _) = talk(&mut story);
    story.does(|endpoint, now| endpoint.modify(id, SDP.into(), now));
    let reinvite = story.says_line("INVITE");
    story.hears(&response("100 Trying", &reinvite, "", "", ""));
    story.hears(&within("BYE", 1, &invite, "", ""));
    story.says_line("SIP/2.0 200");
    story.closed();
    story.settles();

    let mut story = Story::new();
    let (id, _, _) = talk(&mut story);
    story.does(|endpoint, now| endpoint.modify(id, SDP.into(), now));
    let reinvite = story.says_line("INVITE");
    story.hears(&response("100 Trying", &reinvite, "", "", ""));
    story.passes_ms(32_000);
    assert_eq!(story.event(), Event::Modified { id, answer: Err(408) });
    assert_eq!(story.closed().by, By::Timeout);
    let bye = story.says_line("BYE");
    story.hears(&within("UPDATE", 1, &reinvite, "Content-Type: application/sdp\n", SDP));
    story.says_line("SIP/2.0 481");
    story.hears(&response("200 OK", &bye, "", "", ""));
    story.settles();

    let mut story = Story::new();
    let (id, invite, _) = talk(&mut story);
    story.hears(&within("UPDATE", 1, &invite, "Content-Type: application/sdp\n", SDP));
    story.event();
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    story.says_line("SIP/2.0 487");
    let bye = story.says_line("BYE");
    story.hears(&response("200 OK", &bye, "", "", ""));
    story.closed();
    story.settles();
}

#[test]
fn a_callee_who_accepts_after_the_end_is_let_go() {
    let mut story = Story::new();
    let (id, invite, _) = talk(&mut story);
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    let bye = story.says_line("BYE");
    story.hears(&response("200 OK", &bye, "", "", ""));
    story.closed();
    story.hears(&response("200 OK", &invite, "late", CONTACT, ""));
    let ack = story.says_line("ACK sip:carol@198.51.100.7:5062 SIP/2.0");
    assert_eq!((ack.tag("To"), ack.get("CSeq"), ack.tag("From")), ("late".into(), "1 ACK", invite.tag("From")));
    let bye = story.says_line("BYE sip:carol@198.51.100.7:5062 SIP/2.0");
    assert_eq!((bye.tag("To"), bye.get("CSeq")), ("late".into(), "2 BYE"));
    story.hears(&response("200 OK", &bye, "", "", ""));
    story.settles();
}

#[test]
fn a_bye_before_the_answer_takes_the_invite_back() {
    let mut story = Story::new();
    let (id, invite) = call(&mut story);
    story.hears(&response("180 Ringing", &invite, "callee", CONTACT, ""));
    story.event();
    story.hears(&within("BYE", 7, &invite, "", ""));
    story.says_line("SIP/2.0 200");
    assert_eq!(story.says_line("CANCEL").get("Call-ID"), invite.get("Call-ID"), "it may ring elsewhere");
    let ending = Ending { by: By::Peer, status: None, cause: None };
    assert_eq!(story.event(), Event::Closed { id, ending });
    story.hears(&response("487 Request Terminated", &invite, "callee", "", ""));
    story.says_line("ACK");
    story.settles();
}

#[test]
fn a_bye_before_the_answer_that_never_comes_leaves_nothing() {
    let mut story = Story::new();
    let (_, invite) = call(&mut story);
    story.hears(&response("180 Ringing", &invite, "callee", CONTACT, ""));
    story.event();
    story.hears(&within("BYE", 7, &invite, "", ""));
    story.closed();
    story.settles();
}
