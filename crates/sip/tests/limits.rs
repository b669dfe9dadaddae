//! The parser's limits: what is just inside is read, what is just outside is refused, and nothing takes long.

mod messages;

use messages::{Verdict, request, verdict};
use sip::{MAX_HEADERS, MAX_LINE, MAX_MESSAGE, MAX_VIAS, Uri};

use Verdict::{Parsed, Refused};

#[test]
fn a_message_has_at_most_so_many_bytes() {
    let head = request("INVITE").wire().len();
    assert_eq!(verdict(&request("INVITE").body(&"x".repeat(MAX_MESSAGE - head)).wire()), Parsed);
    assert_eq!(verdict(&request("INVITE").body(&"x".repeat(MAX_MESSAGE - head + 1)).wire()), Refused(513));
}

#[test]
fn a_message_has_at_most_so_many_fields() {
    let with = |extra: usize| (0..extra).fold(request("INVITE"), |draft, _| draft.and("X", "y")).wire();
    assert_eq!(verdict(&with(MAX_HEADERS - 7)), Parsed);
    assert_eq!(verdict(&with(MAX_HEADERS - 6)), Refused(400));
    assert_eq!(verdict(&with(6_000)), Refused(400));
}

#[test]
fn a_line_has_at_most_so_many_bytes() {
    let with = |length: usize| request("INVITE").and("X", &"y".repeat(length - 3)).wire();
    assert_eq!(verdict(&with(MAX_LINE)), Parsed);
    assert_eq!(verdict(&with(MAX_LINE + 1)), Refused(400));
    let folded = |lines: usize| request("INVITE").and("X", &"y\r\n ".repeat(lines)).wire();
    assert_eq!(verdict(&folded(MAX_LINE / 2 - 2)), Parsed);
    assert_eq!(verdict(&folded(MAX_LINE)), Refused(400));
}

#[test]
fn a_message_has_at_most_so_many_vias() {
    let hop = "SIP/2.0/UDP a.example";
    let with = |extra: usize| request("INVITE").and("Via", &vec![hop; extra].join(",")).wire();
    assert_eq!(verdict(&with(MAX_VIAS - 1)), Parsed);
    assert_eq!(verdict(&with(MAX_VIAS)), Refused(400));
}

#[test]
fn lines_end_as_they_must() {
    let good = request("INVITE").wire();
    let text = String::from_utf8(good.to_vec()).unwrap();
    assert_eq!(verdict(&text.replacen("70\r\n", "70\n", 1).into()), Refused(400));
    assert_eq!(verdict(&text.replacen("70\r\n", "7\r0\r\n", 1).into()), Refused(400));
    assert_eq!(verdict(&good.slice(..good.len() - 2)), Refused(400), "no empty line");
    assert_eq!(verdict(&format!("\r\n\r\n{text}").into()), Parsed, "keep-alives before a message");
    assert_eq!(verdict(&text.replacen("CSeq: ", "CSeq ", 1).into()), Refused(400));
    assert_eq!(verdict(&text.replacen("CSeq: ", "C Seq: ", 1).into()), Refused(400));
}

/// A registrar compares each Contact of a request with each binding. The time is watched by the runner, which ends a
/// test that hangs.
#[test]
fn uris_of_many_parameters_are_compared_in_little_time() {
    let params: String = (0..2_000).map(|at| format!(";{at:x}")).collect();
    let uri = Uri::parse(&format!("sip:user@acme.example{params}").into()).expect("a URI");
    assert!(params.len() > MAX_LINE * 9 / 10);
    assert!((0..200).all(|_| uri.equivalent(&uri)));
}
