//! Session descriptions in bodies of several parts (RFC 5621), on the wire.

mod story;

use sip::{Event, Headers, Invite, NameAddr, Target, Transport, Uri};
use story::{SDP, Story, addr, invite, lone, request, response};

const KIND: &str = "multipart/mixed;boundary=b";
const ISUP: &str = "--b\nContent-Type: application/isup;version=itu-t92+\nContent-Disposition: signal\n\nxx\n";
const OURS: &str = "--b\nContent-Type: application/sdp\n\nv=0\n\n";

/// The INVITE with this body.
fn asks(body: &str) -> String {
    let body = body.replace('\n', "\r\n");
    let invite = invite("1");
    let (head, _) = invite.split_once("\n\n").expect("a head");
    let head = head.replace("application/sdp", KIND).replace("Length: 5", &format!("Length: {}", body.len()));
    format!("{head}\n\n{body}")
}

#[test]
fn an_offer_may_be_one_of_several_parts() {
    let mut story = Story::new();
    story.hears(&asks(&format!("{ISUP}{OURS}--b--\n")));
    let Event::Invited { id, invitation } = story.event() else { panic!("an INVITE") };
    assert_eq!(invitation.offer.as_deref(), Some(SDP.as_bytes()));
    story.does(|endpoint, now| endpoint.accept(id, SDP.into(), now));
    let ok = story.says_line("SIP/2.0 200");
    assert_eq!((ok.get("Content-Type"), ok.body()), ("application/sdp", SDP));
    let update = request("UPDATE", 2, "2", &ok.tag("To"));
    story.hears(&request("ACK", 1, "a", &ok.tag("To")));
    assert_eq!(story.event(), Event::Acked { id, answer: None });
    let body = format!("{OURS}{ISUP}--b--").replace('\n', "\r\n");
    let length = format!("Content-Type: {KIND}\nContent-Length: {}\n\n{body}", body.len());
    story.hears(&update.replace("Content-Length: 0\n", &length));
    assert_eq!(story.event(), Event::Offered { id, offer: Some(SDP.into()), source: addr(story::PEER).ip() });
}

#[test]
fn an_answer_may_be_one_of_several_parts() {
    let uri = |text: &str| Uri::parse(&text.to_owned().into()).expect("a URI");
    let mut story = Story::new();
    let invite = Invite {
        to: uri("sip:+919900000002@peer.example"),
        from: NameAddr::new(uri("sip:+918000000001@here.example")),
        targets: vec![Target { transport: Transport::Udp, addr: addr(story::PEER) }],
        others: false,
        route: Vec::new(),
        credentials: None,
        headers: Headers::default(),
        offer: SDP.into(),
        call_id: None,
    };
    let id = story.does(|endpoint, now| endpoint.invite(invite, now));
    let invite = story.says_line("INVITE");
    let fields = format!("Contact: <sip:carol@198.51.100.7:5062>\nContent-Type: {KIND}\n");
    let broken = OURS.replace('\n', "\r\n");
    story.hears(&response("180 Ringing", &invite, "x", &fields, &broken));
    assert_eq!(story.event(), Event::Progress { id, status: 180, sdp: None, source: addr(story::PEER).ip() });
    let whole = format!("{OURS}{ISUP}--b--").replace('\n', "\r\n");
    story.hears(&response("183 Progress", &invite, "x", &fields, &whole));
    assert_eq!(
        story.event(),
        Event::Progress { id, status: 183, sdp: Some(SDP.into()), source: addr(story::PEER).ip() }
    );
    story.hears(&response("200 OK", &invite, "x", &fields, &whole));
    assert_eq!(story.event(), Event::Answered { id, sdp: Some(SDP.into()), source: addr(story::PEER).ip() });
}

#[test]
fn parts_that_say_nothing_to_us_are_refused() {
    let cases = [(format!("{ISUP}--b--\n"), "415"), (OURS.into(), "400"), ("xx".into(), "400")];
    for (body, status) in cases {
        let mut story = Story::new();
        story.hears(&asks(&body));
        let refused = story.says_line(&format!("SIP/2.0 {status}"));
        if status == "415" {
            assert_eq!(refused.get("Accept"), "application/sdp, multipart/mixed");
        }
        story.no_event();
    }
    let mut story = Story::new();
    story.hears(
        &asks(&format!("{ISUP}--b--\n"))
            .replace("Content-Type", "Content-Disposition: x;handling=optional\nContent-Type"),
    );
    let Event::Invited { invitation, .. } = story.event() else { panic!("an INVITE") };
    assert_eq!(invitation.offer, None);
    story.hears(&lone("OPTIONS", "2", ""));
    assert_eq!(story.says().get("Accept"), "application/sdp, multipart/mixed");
}
