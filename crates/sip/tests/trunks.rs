//! Calls through trunks whose next hop, challenges and repetitions differ from the textbook's: what RFC 3261 sections
//! 12.2, 13.2 and 22 allow, on the wire.

mod story;

use sip::{Config, Credentials, Event, Headers, Invite, NameAddr, SessionId, Target, Transport, Uri};
use story::{HERE, SDP, Said, Story, addr, response};

const TRUNK: &str = "203.0.113.1:5060";
const OTHER: &str = "203.0.113.2:5060";
const ELSEWHERE: &str = "203.0.113.9:5060";
const CHALLENGE: &str = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\n";
const WITH_SDP: &str = "Contact: <sip:a@203.0.113.1>\nContent-Type: application/sdp\n";

/// An endpoint that knows nobody by address.
fn alone() -> Story {
    let listen = sip::Listen { transport: Transport::Udp, addr: addr(HERE) };
    Story::with(Config { listen: vec![listen], realm: "here.example".into(), ..Config::default() })
}

fn uri(text: &str) -> Uri {
    Uri::parse(&text.to_owned().into()).expect("a URI")
}

/// A call with credentials.
fn calls(story: &mut Story, targets: &[&str]) -> (SessionId, Said) {
    let invite = Invite {
        to: uri("sip:+919900000002@peer.example"),
        from: NameAddr::new(uri("sip:+918000000001@here.example")),
        targets: targets.iter().map(|to| Target { transport: Transport::Udp, addr: addr(to) }).collect(),
        others: false,
        route: Vec::new(),
        credentials: Some(Credentials { username: "u1".into(), password: "pw".into() }),
        headers: Headers::default(),
        offer: SDP.into(),
        call_id: None,
    };
    let id = story.does(|endpoint, now| endpoint.invite(invite, now));
    (id, story.says_line("INVITE"))
}

/// A request of the callee with this tag.
fn within(method: &str, sequence: u32, invite: &Said, tag: &str) -> String {
    format!(
        "{method} sip:192.0.2.1:5060 SIP/2.0\n\
         Via: SIP/2.0/UDP 203.0.113.9:5060;branch=z9hG4bKin{sequence}{method}\n\
         From: <sip:+919900000002@peer.example>;tag={tag}\n\
         To: {}\nCall-ID: {}\nCSeq: {sequence} {method}\nContent-Length: 0\n",
        invite.get("From"),
        invite.get("Call-ID"),
    )
}

#[test]
fn the_party_that_our_requests_go_to_is_the_peer_too() {
    let mut story = alone();
    let (_, invite) = calls(&mut story, &[TRUNK]);
    let fields = WITH_SDP.replace("203.0.113.1", "203.0.113.9:5060");
    story.hears_from(TRUNK, &response("200 OK", &invite, "x", &fields, SDP));
    assert_eq!(story.says_line("ACK").path.remote, addr(ELSEWHERE));
    story.event();
    story.hears_from("203.0.113.77:5060", &within("BYE", 1, &invite, "x"));
    story.says_line("SIP/2.0 401");
    story.hears_from(ELSEWHERE, &within("BYE", 2, &invite, "x"));
    story.says_line("SIP/2.0 200");
    story.closed();
    story.settles();
}

#[test]
fn an_early_callee_elsewhere_is_a_peer_too() {
    let mut story = alone();
    let (_, invite) = calls(&mut story, &[TRUNK]);
    let fields = "Contact: <sip:a@203.0.113.9:5060>\n";
    story.hears_from(TRUNK, &response("180 Ringing", &invite, "x", fields, ""));
    story.event();
    story.hears_from(ELSEWHERE, &within("OPTIONS", 1, &invite, "x"));
    story.says_line("SIP/2.0 200");
}

#[test]
fn a_target_that_rings_after_its_cancel_leaves_nothing() {
    let mut story = alone();
    let (_, first) = calls(&mut story, &[TRUNK, OTHER]);
    story.passes_ms(4000);
    let second = core::iter::from_fn(|| story.next_said()).find(|said| said.path.remote == addr(OTHER));
    let second = second.expect("an INVITE to the next target");
    story.hears_from(TRUNK, &response("100 Trying", &first, "", "", ""));
    story.says_line("CANCEL");
    story.hears_from(TRUNK, &response("180 Ringing", &first, "x", "Contact: <sip:a@203.0.113.1>\n", ""));
    story.hears_from(OTHER, &response("486 Busy", &second, "y", "", ""));
    story.closed();
    story.settles();
}

#[test]
fn a_change_that_is_heard_after_the_end_leaves_nothing() {
    let mut story = alone();
    let (id, invite) = calls(&mut story, &[TRUNK]);
    story.hears_from(TRUNK, &response("200 OK", &invite, "x", WITH_SDP, SDP));
    story.says_line("ACK");
    story.event();
    story.does(|endpoint, now| endpoint.modify(id, SDP.into(), now));
    let reinvite = story.says_line("INVITE");
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    let bye = story.says_line("BYE");
    story.hears_from(TRUNK, &response("200 OK", &bye, "", "", ""));
    story.closed();
    story.hears_from(TRUNK, &response("100 Trying", &reinvite, "", "", ""));
    story.settles();
}

#[test]
fn who_is_asked_late_has_his_whole_time_again() {
    let asked = [("401 Unauthorized", CHALLENGE), ("422 Too Small", "Min-SE: 3600\n")];
    for (status, fields) in asked {
        let mut story = alone();
        let (_, first) = calls(&mut story, &[TRUNK, OTHER]);
        story.passes_ms(3900);
        while story.next_said().is_some() {}
        story.hears_from(TRUNK, &response(status, &first, "t", fields, ""));
        story.says_line("ACK");
        story.passes_ms(3999);
        assert_eq!(story.said_at("INVITE"), [3900, 4400, 5400, 7400], "{status}: by turns to the first");
        story.passes_ms(1);
        assert_eq!(story.says_line("INVITE").path.remote, addr(OTHER));
    }
}

#[test]
fn a_success_without_tag_may_come_again() {
    let mut story = alone();
    let (id, invite) = calls(&mut story, &[TRUNK]);
    let ok = response("200 OK", &invite, "", WITH_SDP, SDP);
    story.hears_from(TRUNK, &ok);
    let ack = story.says_line("ACK");
    assert_eq!(story.event(), Event::Answered { id, sdp: Some(SDP.into()), source: addr(TRUNK).ip() });
    story.hears_from(TRUNK, &ok);
    assert_eq!(story.says_line("ACK").text, ack.text);
    story.says_nothing();
    story.no_event();
}

#[test]
fn a_prack_shows_who_we_are() {
    let mut story = alone();
    let (id, invite) = calls(&mut story, &[TRUNK]);
    for (rseq, cseq) in [(1, 2), (2, 4), (3, 6), (4, 8)] {
        let fields = format!("{WITH_SDP}Require: 100rel\nRSeq: {rseq}\n");
        story.hears_from(TRUNK, &response("183 Progress", &invite, "x", &fields, SDP));
        assert_eq!(story.event(), Event::Progress { id, status: 183, sdp: Some(SDP.into()), source: addr(TRUNK).ip() });
        let prack = story.says_line("PRACK");
        assert_eq!(prack.get("CSeq"), format!("{cseq} PRACK"));
        story.hears_from(TRUNK, &response("401 Unauthorized", &prack, "", CHALLENGE, ""));
        let again = story.says_line("PRACK");
        assert_eq!((again.get("RAck"), again.get("CSeq")), (prack.get("RAck"), &*format!("{} PRACK", cseq + 1)));
        assert!(again.get("Authorization").contains("username=\"u1\""));
        story.hears_from(TRUNK, &response("200 OK", &again, "", "", ""));
    }
    story.hears_from(TRUNK, &response("200 OK", &invite, "x", WITH_SDP, SDP));
    assert_eq!(story.says_line("ACK").get("CSeq"), "1 ACK");
    story.event();
    story.does(|endpoint, now| endpoint.hang_up(id, 16, now));
    assert_eq!(story.says_line("BYE").get("CSeq"), "10 BYE");
}

#[test]
fn a_prack_that_fails_leaves_the_call_ringing() {
    for status in ["481 Gone", "500 No", "401 Unauthorized"] {
        let mut story = alone();
        let (_, invite) = calls(&mut story, &[TRUNK]);
        let fields = format!("{WITH_SDP}Require: 100rel\nRSeq: 1\n");
        story.hears_from(TRUNK, &response("183 Progress", &invite, "x", &fields, SDP));
        story.event();
        let prack = story.says_line("PRACK");
        story.hears_from(TRUNK, &response(status, &prack, "", "", ""));
        story.says_nothing();
        story.no_event();
    }
}
