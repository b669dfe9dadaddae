//! Section 3.1.2: messages that are refused, and what is said of them.

use bytes::Bytes;
use sip::{Event, Framer, Message, Name, ParseError, StreamError};

use crate::meaning::ROUTED;
use crate::messages::{Draft, Verdict, request, verdict};
use crate::{answer, desk, response, response_with, story};

/// Separators that separate nothing.
pub(crate) const SEPARATORS: &str = "SIP/2.0/UDP 192.0.2.15;;,;,,";
pub(crate) const JOE: &str = "\"Joe\" <sip:joe@acme.example>;;;;";

/// Bindings that ask for longer than a number can say.
pub(crate) fn endless() -> Bytes {
    let contact = "<sip:user@host129.acme.example>;expires=280000000000000";
    request("REGISTER").with("Expires", &format!("1{}", "0".repeat(100))).with("Contact", contact).wire()
}

pub(crate) fn overlarge() -> Bytes {
    let fields = "CSeq: 9300000000000000000001 OPTIONS\r\nRetry-After: 950000000000000000000000000\r\n\
                  Warning: 1812 agent \"never mind\"\r\n";
    response_with(b"SIP/2.0 503 Service Unavailable", fields)
}

/// A request of a version to come, down to its Via.
pub(crate) fn newer() -> Bytes {
    let line = "OPTIONS sip:wagner@acme.example SIP/7.0";
    request("OPTIONS").line(line).with("Via", "SIP/7.0/UDP c.acme.example;branch=z9hG4bKkdjuw").wire()
}

#[test]
fn a_refusal_echoes_what_was_read() {
    let missing = request("INVITE").without("To").wire();
    let Err(ParseError::Refuse(refusal)) = Message::parse(missing) else { panic!("400 expected") };
    let names: Vec<_> = refusal.echo.iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(names, ["Via", "From", "Call-ID", "CSeq"]);
    let answer = refusal.response().to_bytes();
    assert!(answer.starts_with(b"SIP/2.0 400 Bad Request, expected a To\r\nVia: SIP/2.0/UDP "));
    assert!(answer.ends_with(b"\r\nContent-Length: 0\r\n\r\n"));
}

#[test]
fn what_cannot_be_answered_is_dropped() {
    for message in [
        request("ACK").with("CSeq", "8 INVITE").wire(),
        request("INVITE").without("Via").wire(),
        Bytes::from_static(b""),
        Bytes::from_static(b"\r\n\r\n"),
        Bytes::from_static(b"GET / HTTP/1.1\r\nHost: acme.example\r\n\r\n"),
        Bytes::from_static(b"INVITE"),
        Bytes::from_static(b"\xff\xfe\x00\x00"),
        response(b"SIP/2.0 99 Low"),
        response(b"SIP/2.0 700 High"),
        response(b"SIP/3.0 200 OK"),
        response(b"SIP/2.0 2000 OK"),
    ] {
        assert_eq!(verdict(&message), Verdict::Dropped, "{}", String::from_utf8_lossy(&message));
    }
}

#[test]
fn section_3_1_2_3_and_3_3_9_a_stream_without_lengths_is_over() {
    let cut = |draft: Draft| {
        let mut framer = Framer::new();
        framer.push(&draft.wire());
        framer.next()
    };
    let one = |length: &str| cut(request("INVITE").with("Content-Length", length).body("v=0\r\n"));
    assert!(matches!(one("5"), Some(Ok(_))));
    assert_eq!(one("9999"), None, "section 3.1.2.2: there may be more to come");
    assert!(matches!(one("-999"), Some(Err(StreamError::Length(_)))));
    assert!(matches!(one("five"), Some(Err(StreamError::Length(_)))));
    let two = request("OPTIONS").and("Content-Length", "5").and("l", "5").body("There");
    assert!(matches!(cut(two), Some(Err(StreamError::Length(_)))));
}

#[test]
fn section_3_1_2_4_overlarge_expiries_are_the_default() {
    let mut story = desk();
    let listed = answer(&mut story, &endless(), false).expect("an answer");
    assert!(listed.contains("Contact: <sip:user@host129.acme.example>;expires=3600\r\n"), "{listed}");
}

#[test]
fn section_3_1_2_11_header_fields_in_a_uri_are_not_the_requests() {
    let mut story = desk();
    story.hears_bytes(request("INVITE").line(&format!("INVITE {ROUTED} SIP/2.0")).wire());
    let Event::Invited { id, invitation } = story.event() else { panic!("a call") };
    assert_eq!(invitation.headers.get(&Name::Route), None);
    story.does(|endpoint, now| endpoint.accept(id, story::SDP.into(), now));
    assert!(!story.says_line("SIP/2.0 200").text.contains("x.example"));
}

#[test]
fn section_3_1_2_16_a_via_that_cannot_be_read_goes_back_as_it_came() {
    for message in [newer(), request("INVITE").with("Via", SEPARATORS).wire()] {
        let mut story = desk();
        let Ok(text) = core::str::from_utf8(&message) else { panic!("text") };
        let via = text.lines().nth(1).expect("a Via").to_owned();
        story.hears_bytes(message.clone());
        let said = story.says();
        assert_eq!(said.path.remote, story.path.remote, "to where it came from");
        assert!(said.text.contains(&via), "{via}: {}", said.text);
        story.says_nothing();
    }
}
