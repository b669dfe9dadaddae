//! The 49 points of RFC 4475, each with a message written here: what the parser says of it, and what an endpoint does.
//! A table entry is: section, outcome, message. What a point has to say beyond that is a test in the file of its section.

#[path = "../messages/mod.rs"]
mod messages;
#[path = "../story/mod.rs"]
mod story;

mod invalid;
mod meaning;
mod valid;

use bytes::Bytes;
use invalid::{JOE, SEPARATORS};
use meaning::{BARE_COOKIE, GATEWAY, ROUTED};
use messages::{Verdict, request, verdict};
use sip::{Config, Event, Message, Method, Request, User};
use story::{Story, shows, trusting};

use Outcome::{Answered, Dropped, Ignored, Refused, Rings};

/// What becomes of a message at an endpoint of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Well formed, and a call.
    Rings,
    /// Well formed, and answered so.
    Answered(u16),
    /// Well formed, and nothing to us.
    Ignored,
    /// Malformed, and answered so.
    Refused(u16),
    /// Malformed, and not to be answered.
    Dropped,
}

impl Outcome {
    fn verdict(self) -> Verdict {
        match self {
            Rings | Answered(_) | Ignored => Verdict::Parsed,
            Refused(status) => Verdict::Refused(status),
            Dropped => Verdict::Dropped,
        }
    }

    fn status(self) -> Option<u16> {
        match self {
            Answered(status) | Refused(status) => Some(status),
            Rings | Ignored | Dropped => None,
        }
    }
}

#[test]
fn section_3_1_1_valid_messages() {
    holds(
        &[("3.1.1", 13)],
        &[
            // Its To has a tag, and we never gave it.
            ("3.1.1.1", Answered(481), valid::tortuous()),
            ("3.1.1.2", Answered(501), valid::wide_characters()),
            ("3.1.1.3", Rings, valid::escapes()),
            ("3.1.1.4", Answered(200), valid::escaped_nulls()),
            ("3.1.1.5", Answered(501), valid::percent_method()),
            ("3.1.1.6", Answered(200), request("OPTIONS").with("From", "caller<sip:caller@acme.example>;tag=3").wire()),
            ("3.1.1.7", Rings, valid::long_fields()),
            ("3.1.1.8", Answered(200), valid::two_in_a_datagram()),
            ("3.1.1.9", Answered(200), valid::semicolons_in_user()),
            ("3.1.1.10", Answered(200), valid::transports()),
            ("3.1.1.11", Answered(405), valid::multipart()),
            ("3.1.1.12", Ignored, response(valid::UNUSUAL.as_bytes())),
            ("3.1.1.13", Ignored, response(b"SIP/2.0 100 ")),
        ],
    );
}

#[test]
fn section_3_1_2_invalid_messages() {
    holds(
        &[("3.1.2", 19)],
        &[
            ("3.1.2.1", Refused(400), request("INVITE").with("Via", SEPARATORS).with("Contact", JOE).wire()),
            ("3.1.2.1", Refused(400), request("INVITE").with("Via", SEPARATORS).wire()),
            ("3.1.2.1", Refused(400), request("INVITE").with("Contact", JOE).wire()),
            ("3.1.2.2", Refused(400), request("INVITE").with("Content-Length", "9999").body("v=0\r\n").wire()),
            ("3.1.2.3", Refused(400), request("INVITE").with("Content-Length", "-999").body("v=0\r\n").wire()),
            ("3.1.2.3", Refused(400), request("INVITE").with("Content-Length", "five").body("v=0\r\n").wire()),
            ("3.1.2.4", Refused(400), request("REGISTER").with("CSeq", "36900000000000000000 REGISTER").wire()),
            ("3.1.2.4", Refused(400), request("REGISTER").with("Max-Forwards", "300").wire()),
            ("3.1.2.4", Answered(200), invalid::endless()),
            ("3.1.2.5", Dropped, invalid::overlarge()),
            ("3.1.2.6", Refused(400), request("INVITE").with("To", "\"Ms. J. Rao <sip:rao@acme.example>").wire()),
            ("3.1.2.7", Refused(400), request("INVITE").line("INVITE <sip:user@acme.example> SIP/2.0").wire()),
            ("3.1.2.8", Refused(400), request("INVITE").line("INVITE sip:user@acme.example; lr SIP/2.0").wire()),
            ("3.1.2.9", Refused(400), request("INVITE").line("INVITE  sip:user@acme.example  SIP/2.0").wire()),
            ("3.1.2.10", Refused(400), request("OPTIONS").line("OPTIONS sip:user@acme.example SIP/2.0  ").wire()),
            ("3.1.2.11", Rings, request("INVITE").line(&format!("INVITE {ROUTED} SIP/2.0")).wire()),
            ("3.1.2.12", Rings, request("INVITE").with("Date", "Fri, 01 Jan 2010 16:00:00 EST").wire()),
            ("3.1.2.13", Refused(400), request("REGISTER").with("Contact", ROUTED).wire()),
            (
                "3.1.2.14",
                Refused(400),
                request("OPTIONS").with("To", "\"Wagner, T.\" < sip:wagner@acme.example >").wire(),
            ),
            (
                "3.1.2.15",
                Refused(400),
                request("OPTIONS").with("From", "Meyer, A. <sip:meyer@acme.example>;tag=4").wire(),
            ),
            ("3.1.2.15", Refused(400), request("OPTIONS").with("To", "Wagner, T. <sip:wagner@acme.example>").wire()),
            ("3.1.2.16", Refused(505), invalid::newer()),
            ("3.1.2.17", Refused(400), request("OPTIONS").with("CSeq", "8 INVITE").wire()),
            ("3.1.2.18", Refused(501), request("NEWMETHOD").with("CSeq", "8 INVITE").wire()),
            ("3.1.2.19", Dropped, response(b"SIP/2.0 4294967301 beyond all bounds")),
        ],
    );
}

#[test]
fn sections_3_2_to_3_4_what_well_formed_messages_mean() {
    holds(
        &[("3.2", 1), ("3.3", 15), ("3.4", 1)],
        &[
            ("3.2.1", Answered(200), request("OPTIONS").with("Via", BARE_COOKIE).wire()),
            ("3.3.1", Refused(400), request("INVITE").without("Call-ID").without("From").without("To").wire()),
            ("3.3.2", Answered(416), request("OPTIONS").line("OPTIONS unheard:of SIP/2.0").wire()),
            ("3.3.3", Answered(416), request("OPTIONS").line("OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0").wire()),
            ("3.3.4", Answered(400), meaning::unknown_schemes()),
            (
                "3.3.5",
                Answered(420),
                request("OPTIONS").and("Require", "nothing1, nothing2").and("Proxy-Require", "x").wire(),
            ),
            (
                "3.3.6",
                Answered(415),
                request("INVITE").and("Content-Type", "application/unknown").body("<audio/>").wire(),
            ),
            ("3.3.7", Answered(401), request("REGISTER").and("Authorization", "Unheard opaque-data=here").wire()),
            ("3.3.8", Refused(400), meaning::twice(&["Call-ID", "CSeq", "Max-Forwards", "From", "To"])),
            ("3.3.8", Refused(400), meaning::twice(&["Call-ID"])),
            ("3.3.8", Refused(400), meaning::twice(&["CSeq"])),
            ("3.3.8", Refused(400), meaning::twice(&["Max-Forwards"])),
            ("3.3.8", Refused(400), meaning::twice(&["From"])),
            ("3.3.8", Refused(400), meaning::twice(&["To"])),
            (
                "3.3.9",
                Refused(400),
                request("OPTIONS").and("Content-Length", "13").and("l", "5").body("There's no way").wire(),
            ),
            (
                "3.3.10",
                Ignored,
                response_with(b"SIP/2.0 200 OK", "Via: SIP/2.0/UDP 255.255.255.255\r\nCSeq: 8 OPTIONS\r\n"),
            ),
            ("3.3.11", Answered(200), request("OPTIONS").with("Max-Forwards", "0").wire()),
            ("3.3.12", Answered(200), request("REGISTER").with("Contact", GATEWAY).wire()),
            ("3.3.13", Answered(200), request("REGISTER").with("Contact", &format!("<{GATEWAY}>")).wire()),
            ("3.3.14", Answered(200), request("REGISTER").with("Contact", &format!("<{ROUTED}>")).wire()),
            ("3.3.15", Answered(406), request("INVITE").and("Accept", "text/unheard-of").wire()),
            ("3.4.1", Rings, meaning::of_rfc_2543()),
        ],
    );
}

/// Every point of these sections is made, in order, and each message has its outcome.
#[track_caller]
fn holds(sections: &[(&str, usize)], cases: &[(&str, Outcome, Bytes)]) {
    let mut points: Vec<String> = cases.iter().map(|(point, ..)| (*point).to_owned()).collect();
    points.dedup();
    let expected = sections.iter().flat_map(|(section, count)| (1..=*count).map(move |at| format!("{section}.{at}")));
    assert_eq!(points, expected.collect::<Vec<_>>());
    for (point, outcome, message) in cases {
        let text = String::from_utf8_lossy(message);
        assert_eq!(verdict(message), outcome.verdict(), "{point}: {text}");
        let mut story = desk();
        let answer = answer(&mut story, message, *outcome == Answered(401));
        let status = answer.as_ref().and_then(|answer| answer.get(8..11)?.parse().ok());
        assert_eq!(status, outcome.status(), "{point}: {text}\n{answer:?}");
        let rang = matches!(story.next_event(), Some(Event::Invited { .. }));
        assert_eq!(rang, *outcome == Rings, "{point}: {text}");
    }
}

/// An endpoint with two users, one of a name that C would cut short.
fn desk() -> Story {
    let users = ["user", "null-\0-null"].map(|name| User { name: name.into(), password: "secret".into() });
    Story::with(Config { users: users.into(), realm: "acme.example".into(), ..trusting() })
}

/// What the endpoint says to the message. A registration that is challenged is sent again with credentials.
fn answer(story: &mut Story, message: &Bytes, as_stranger: bool) -> Option<String> {
    story.hears_bytes(message.clone());
    let said = story.next_said()?;
    let Ok(Message::Request(register)) = Message::parse(message.clone()) else { return Some(said.text) };
    if register.method != Method::Register || as_stranger {
        return Some(said.text);
    }
    let name = register.headers.to().ok().and_then(|to| to.uri.user()).unwrap_or_else(|| "user".into());
    let name = core::str::from_utf8(&name).expect("a name");
    let shown = shows(&said, name, "secret", (Method::Register, &register.uri.to_string())).replace('\n', "\r\n");
    let (line, rest) = message.split_at(message.iter().position(|byte| *byte == b'\n').expect("a line") + 1);
    story.hears_bytes([line, shown.as_bytes(), rest].concat().into());
    story.next_said().map(|said| said.text)
}

fn parsed(message: Bytes) -> Message {
    Message::parse(message).expect("a good message")
}

fn parsed_request(message: Bytes) -> Request {
    match parsed(message) {
        Message::Request(request) => request,
        Message::Response(_) => panic!("a request was written"),
    }
}

/// A response with the fields that each must have.
fn response(line: &[u8]) -> Bytes {
    response_with(line, "CSeq: 8 OPTIONS\r\n")
}

fn response_with(line: &[u8], cseq: &str) -> Bytes {
    let fields = "\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKr\r\nFrom: <sip:a@acme.example>;tag=1\r\n\
                  To: <sip:b@acme.example>;tag=2\r\nCall-ID: torture\r\n";
    [line, fields.as_bytes(), cseq.as_bytes(), b"Content-Length: 0\r\n\r\n"].concat().into()
}
