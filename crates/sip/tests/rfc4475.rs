//! The 49 points of RFC 4475, each with a message written here. A table entry is: section, verdict, message; the
//! points that need a closer look have a test of their own below.

mod messages;

use bytes::Bytes;
use messages::{Verdict, request, verdict, wire};
use sip::{Contacts, Host, Message, Method, Name, ParseError, Uri};

use Verdict::{Dropped, Parsed, Refused};

#[test]
fn every_point_gets_its_verdict() {
    let cases = [
        ("3.1.1.1", Parsed, tortuous()),
        ("3.1.1.2", Parsed, wide_characters()),
        ("3.1.1.3", Parsed, escapes()),
        ("3.1.1.4", Parsed, escaped_nulls()),
        ("3.1.1.5", Parsed, percent_method()),
        ("3.1.1.6", Parsed, request("OPTIONS").with("From", "caller<sip:caller@acme.example>;tag=3").wire()),
        ("3.1.1.7", Parsed, long_fields()),
        ("3.1.1.8", Parsed, two_in_a_datagram()),
        ("3.1.1.9", Parsed, semicolons_in_user()),
        ("3.1.1.10", Parsed, transports()),
        ("3.1.1.11", Parsed, multipart()),
        ("3.1.1.12", Parsed, response(b"SIP/2.0 200 = 2**3 * 5**2 \xd0\xb4\xd0\xb0,\"\x01")),
        ("3.1.1.13", Parsed, response(b"SIP/2.0 100 ")),
        ("3.1.2.1", Refused(400), request("INVITE").with("Via", "SIP/2.0/UDP 192.0.2.15;;,;,,").wire()),
        ("3.1.2.1", Refused(400), request("INVITE").with("Contact", "\"Joe\" <sip:joe@acme.example>;;;;").wire()),
        ("3.1.2.2", Refused(400), request("INVITE").with("Content-Length", "9999").body("v=0\r\n").wire()),
        ("3.1.2.3", Refused(400), request("INVITE").with("Content-Length", "-999").body("v=0\r\n").wire()),
        ("3.1.2.4", Refused(400), request("REGISTER").with("CSeq", "36893488147419103232 REGISTER").wire()),
        ("3.1.2.4", Refused(400), request("REGISTER").with("Max-Forwards", "300").wire()),
        (
            "3.1.2.5",
            Dropped,
            response_with(b"SIP/2.0 503 Service Unavailable", "CSeq: 9292394834772304023312 OPTIONS\r\n"),
        ),
        ("3.1.2.6", Refused(400), request("INVITE").with("To", "\"Mr. J. User <sip:j.user@acme.example>").wire()),
        ("3.1.2.7", Refused(400), request("INVITE").line("INVITE <sip:user@acme.example> SIP/2.0").wire()),
        ("3.1.2.8", Refused(400), request("INVITE").line("INVITE sip:user@acme.example; lr SIP/2.0").wire()),
        ("3.1.2.9", Refused(400), request("INVITE").line("INVITE  sip:user@acme.example  SIP/2.0").wire()),
        ("3.1.2.10", Refused(400), request("OPTIONS").line("OPTIONS sip:user@acme.example SIP/2.0  ").wire()),
        (
            "3.1.2.11",
            Parsed,
            request("INVITE").line("INVITE sip:user@acme.example?Route=%3Csip:x.example%3E SIP/2.0").wire(),
        ),
        ("3.1.2.12", Parsed, request("INVITE").with("Date", "Fri, 01 Jan 2010 16:00:00 EST").wire()),
        (
            "3.1.2.13",
            Refused(400),
            request("REGISTER").with("Contact", "sip:user@acme.example?Route=%3Csip:x.example%3E").wire(),
        ),
        ("3.1.2.14", Refused(400), request("OPTIONS").with("To", "\"Watson\" < sip:t.watson@acme.example >").wire()),
        ("3.1.2.15", Parsed, request("OPTIONS").with("From", "Bell. Alexander <sip:a@acme.example>;tag=4").wire()),
        (
            "3.1.2.15",
            Refused(400),
            request("OPTIONS").with("From", "Bell, Alexander <sip:a@acme.example>;tag=4").wire(),
        ),
        ("3.1.2.16", Refused(505), request("OPTIONS").line("OPTIONS sip:t.watson@acme.example SIP/7.0").wire()),
        ("3.1.2.17", Refused(400), request("OPTIONS").with("CSeq", "8 INVITE").wire()),
        ("3.1.2.18", Refused(400), request("NEWMETHOD").with("CSeq", "8 INVITE").wire()),
        ("3.1.2.19", Dropped, response(b"SIP/2.0 4294967301 better not break the receiver")),
        ("3.2.1", Parsed, request("OPTIONS").with("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK").wire()),
        ("3.3.1", Refused(400), request("INVITE").without("Call-ID").without("From").without("To").wire()),
        ("3.3.2", Parsed, request("OPTIONS").line("OPTIONS nobodyKnowsThis:opaque;content SIP/2.0").wire()),
        ("3.3.3", Parsed, request("OPTIONS").line("OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0").wire()),
        ("3.3.4", Parsed, unknown_schemes()),
        (
            "3.3.5",
            Parsed,
            request("OPTIONS").and("Require", "nothingSupportsThis, nothing2").and("Proxy-Require", "x").wire(),
        ),
        ("3.3.6", Parsed, request("INVITE").and("Content-Type", "application/unknown").body("<audio/>").wire()),
        ("3.3.7", Parsed, request("REGISTER").and("Authorization", "NoOneKnowsThisScheme opaque-data=here").wire()),
        ("3.3.8", Refused(400), request("INVITE").and("Call-ID", "second@acme.example").wire()),
        ("3.3.8", Refused(400), request("INVITE").and("CSeq", "9 INVITE").wire()),
        ("3.3.8", Refused(400), request("INVITE").and("Max-Forwards", "5").wire()),
        ("3.3.8", Refused(400), request("INVITE").and("From", "<sip:other@acme.example>;tag=5").wire()),
        ("3.3.8", Refused(400), request("INVITE").and("To", "<sip:other@acme.example>").wire()),
        ("3.3.9", Refused(400), request("OPTIONS").and("Content-Length", "5").and("l", "0").body("There").wire()),
        ("3.3.10", Parsed, broadcast_via()),
        ("3.3.11", Parsed, request("OPTIONS").with("Max-Forwards", "0").wire()),
        (
            "3.3.12",
            Parsed,
            request("REGISTER").with("Contact", "sip:+19725552222@gw1.acme.example;unknownparam").wire(),
        ),
        (
            "3.3.13",
            Parsed,
            request("REGISTER").with("Contact", "<sip:+19725552222@gw1.acme.example;unknownparam>").wire(),
        ),
        (
            "3.3.14",
            Parsed,
            request("REGISTER").with("Contact", "<sip:user@acme.example?Route=%3Csip:x.example%3E>").wire(),
        ),
        ("3.3.15", Parsed, request("INVITE").and("Accept", "text/nobodyKnowsThis").body("v=0\r\n").wire()),
        ("3.4.1", Parsed, of_rfc_2543()),
    ];
    for (section, expected, message) in &cases {
        assert_eq!(verdict(message), *expected, "{section}: {}", String::from_utf8_lossy(message));
    }
    let mut sections: Vec<&str> = cases.iter().map(|(section, ..)| *section).collect();
    sections.dedup();
    assert_eq!(sections.len(), 49, "the document makes 49 points");
}

fn parsed(message: Bytes) -> Message {
    Message::parse(message).expect("a good message")
}

fn parsed_request(message: Bytes) -> sip::Request {
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

fn tortuous() -> Bytes {
    wire(
        "INVITE sip:vivekg@chair-dnrc.acme.example;unknownparam SIP/2.0\n\
         TO :\n  sip:vivekg@chair-dnrc.acme.example ;   tag    = 1918181833n\n\
         from   : \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@acme.example>\n  ;\n  tag = 98asjd8\n\
         MaX-fOrWaRdS: 0068\n\
         Call-ID: tortuous.1 \n\
         CSeq: 0009\n  INVITE\n\
         Via  : SIP  /   2.0\n /UDP\n    192.0.2.2;branch=390skdjuw\n\
         s :\n\
         NewFangledHeader:   newfangled value\n continued newfangled value\n\
         UnknownHeaderWithUnusualValue: ;;,,;;,;\n\
         Content-Type: application/sdp\n\
         Route:\n <sip:services.acme.example;lr;unknownwith=value;unknown-no-value>\n\
         v:  SIP  / 2.0  / TCP     spindle.acme.example   ;\n  branch  =   z9hG4bK9ikj8  ,\n SIP  /    2.0   / UDP  192.168.255.111   ; branch=\n z9hG4bK30239\n\
         m:\"Quoted string \\\"\\\"\" <sip:jdrosen@acme.example> ; newparam =\n      newvalue ;\n  secondparam ; q = 0.33\n\
         \nv=0\n",
    )
}

#[test]
fn tortuous_fields_come_out_straight() {
    let request = parsed_request(tortuous());
    assert_eq!(request.headers.to().unwrap().tag().unwrap(), "1918181833n");
    let from = request.headers.from().unwrap();
    assert_eq!((from.display.as_deref(), from.tag().unwrap()), (Some(&br#"J Rosenberg \""#[..]), "98asjd8".into()));
    assert_eq!(request.headers.max_forwards(), Ok(Some(68)));
    assert_eq!(request.headers.call_id().unwrap(), "tortuous.1");
    assert_eq!(request.headers.cseq().unwrap().sequence, 9);
    let branches: Vec<_> = request.headers.vias().unwrap().iter().map(|via| via.branch().unwrap()).collect();
    assert_eq!(branches, ["390skdjuw", "z9hG4bK9ikj8", "z9hG4bK30239"]);
    assert_eq!(request.headers.get(&Name::Subject).unwrap(), "");
    assert_eq!(request.headers.contact().unwrap().q(), Some(330));
    assert!(request.headers.routes().unwrap()[0].uri.as_sip().unwrap().is_loose());
    assert_eq!(request.body, "v=0\r\n", "without Content-Length the body runs to the end");
}

fn wide_characters() -> Bytes {
    let method = "!interesting-Method0123456789_*+`.%indeed'~";
    let uri =
        "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@acme.example";
    let line = format!("{method} {uri} SIP/2.0");
    let to = "\"BEL:\\\x07 NUL:\\\x00 DEL:\\\x7F\" <sip:1_unusual.URI@acme.example>";
    let from = "token1~` token2'+_ token3*%!.- <sip:mundane@acme.example>;fromParam''~+*_!.-%=\"\u{440}\u{430}\";tag=_token~1'+`*%!-.";
    request(method)
        .line(&line)
        .with("To", to)
        .with("From", from)
        .and("extensionHeader-!.%*+_`'~", "\u{fe5}\u{4e2d}")
        .wire()
}

#[test]
fn wide_characters_survive() {
    let request = parsed_request(wide_characters());
    assert!(matches!(&request.method, Method::Other(name) if name.starts_with(b"!interesting")));
    let uri = request.uri.as_sip().unwrap();
    assert_eq!(uri.user.as_ref().unwrap(), "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
    assert_eq!(uri.password.as_ref().unwrap(), "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
    assert_eq!(request.headers.to().unwrap().display.unwrap(), "BEL:\x07 NUL:\0 DEL:\x7f");
    let from = request.headers.from().unwrap();
    assert_eq!(from.display.as_ref().unwrap(), "token1~` token2'+_ token3*%!.-");
    assert_eq!(from.tag().unwrap(), "_token~1'+`*%!-.");
}

fn escapes() -> Bytes {
    request("INVITE")
        .line("INVITE sip:sips%3Auser%40acme.example@acme.example;%6C%72 SIP/2.0")
        .with("To", "sip:%75se%72@acme.example")
        .with("From", "<sip:I%20have%20spaces@acme.example>;tag=938")
        .wire()
}

#[test]
fn escapes_hide_separators() {
    let request = parsed_request(escapes());
    let uri = request.uri.as_sip().unwrap();
    assert_eq!(uri.host, Host::Name("acme.example".into()));
    assert_eq!(request.uri.user().unwrap(), "sips:user@acme.example");
    let plain = Uri::parse(&"sip:user@acme.example".into()).unwrap();
    assert!(request.headers.to().unwrap().uri.equivalent(&plain));
    assert_eq!(request.headers.from().unwrap().uri.user().unwrap(), "I have spaces");
}

fn escaped_nulls() -> Bytes {
    request("REGISTER")
        .with("From", "sip:null-%00-null@acme.example;tag=839")
        .with("Contact", "<sip:%00@host5.acme.example>, <sip:%00%00@host5.acme.example>")
        .wire()
}

#[test]
fn escaped_nulls_are_characters() {
    let request = parsed_request(escaped_nulls());
    assert_eq!(request.headers.from().unwrap().uri.user().unwrap(), "null-\0-null");
    let Ok(Contacts::Each(contacts)) = request.headers.contacts() else { panic!("two addresses") };
    assert_eq!(contacts[1].uri.user().unwrap(), "\0\0");
    assert!(!contacts[0].uri.equivalent(&contacts[1].uri));
}

fn percent_method() -> Bytes {
    request("RE%47IST%45R").with("Contact", "\"%Z%45\" <sip:resource@acme.example>").wire()
}

#[test]
fn percent_signs_outside_of_uris_mean_themselves() {
    let request = parsed_request(percent_method());
    assert_eq!(request.method, Method::Other("RE%47IST%45R".into()));
    assert_eq!(request.headers.contact().unwrap().display.unwrap(), "%Z%45");
}

fn long_fields() -> Bytes {
    let value = "value".repeat(60);
    let from =
        format!("{} <sip:{}@acme.example;{value}>;tag=12{}", "x".repeat(200), "long".repeat(80), "9".repeat(500));
    let via = format!("SIP/2.0/TCP sip33.acme.example, {}SIP/2.0/TCP h.example", "SIP/2.0/TCP h.example,".repeat(30));
    request("INVITE").with("From", &from).and("Via", &via).and(&"Unknown-".repeat(50), &value).wire()
}

#[test]
fn long_fields_are_whole() {
    let request = parsed_request(long_fields());
    assert_eq!(request.headers.vias().unwrap().len(), 33);
    assert_eq!(request.headers.from().unwrap().tag().unwrap().len(), 502);
}

fn two_in_a_datagram() -> Bytes {
    [request("REGISTER").and("Content-Length", "0").wire(), request("INVITE").wire()].concat().into()
}

#[test]
fn what_follows_a_message_in_a_datagram_is_ignored() {
    let request = parsed_request(two_in_a_datagram());
    assert_eq!((request.method, request.body.len()), (Method::Register, 0));
}

fn semicolons_in_user() -> Bytes {
    request("OPTIONS").line("OPTIONS sip:user;par=u%40example.net@acme.example SIP/2.0").wire()
}

#[test]
fn a_semicolon_before_the_at_sign_is_of_the_user() {
    let uri = parsed_request(semicolons_in_user()).uri;
    assert_eq!(uri.user().unwrap(), "user;par=u@example.net");
    assert!(uri.as_sip().unwrap().params.is_empty());
}

fn transports() -> Bytes {
    let tail =
        "SIP/2.0/SCTP t2.acme.example, SIP/2.0/TLS t3.acme.example;branch=z9hG4bKx, SIP/2.0/UNKNOWN t4.acme.example";
    request("OPTIONS").and("Via", tail).wire()
}

#[test]
fn transports_need_not_be_known() {
    let vias = parsed_request(transports()).headers.vias().unwrap();
    assert_eq!(
        vias.iter().map(|via| &via.transport[..]).collect::<Vec<_>>(),
        [&b"UDP"[..], b"SCTP", b"TLS", b"UNKNOWN"]
    );
}

fn multipart() -> Bytes {
    let body = b"--7a\r\n\r\nHello\r\n--7a\r\nContent-Type: application/octet-stream\r\n\r\n0\x82\x01\x00\n\r\xff\r\n--7a--\r\n";
    request("MESSAGE").and("Content-Type", "multipart/mixed;boundary=7a").body_bytes(body).wire()
}

#[test]
fn a_binary_body_is_kept() {
    let request = parsed_request(multipart());
    assert!(request.headers.content_type().unwrap().unwrap().is("Multipart/Mixed"));
    assert!(request.body.ends_with(b"\n\r\xff\r\n--7a--\r\n"));
}

#[test]
fn reason_phrases_are_any_bytes_or_none() {
    let odd = parsed(response(b"SIP/2.0 200 \xff \xd0\xb4"));
    assert!(matches!(odd, Message::Response(response) if response.reason == b"\xff \xd0\xb4"[..]));
    for line in [&b"SIP/2.0 100 "[..], b"SIP/2.0 100"] {
        assert!(matches!(parsed(response(line)), Message::Response(response) if response.reason.is_empty()));
    }
}

fn unknown_schemes() -> Bytes {
    request("REGISTER")
        .with("To", "isbn:2983792873")
        .with("From", "<http://www.acme.example>;tag=3234233")
        .with("Contact", "<name:John_Smith>")
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
    let request =
        parsed_request(request("REGISTER").and("Authorization", "NoOneKnowsThisScheme opaque-data=here").wire());
    assert!(!request.headers.authorization().unwrap()[0].is_digest());
}

fn broadcast_via() -> Bytes {
    let via = "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23\r\nCSeq: 8 OPTIONS\r\n";
    response_with(b"SIP/2.0 200 OK", via)
}

fn of_rfc_2543() -> Bytes {
    wire(
        "INVITE sip:UserB@acme.example SIP/2.0\nVia: SIP/2.0/UDP iftgw.acme.example\n\
         From: <sip:+13035551111@ift.acme.example;user=phone>\nTo: sip:+16505552222@ss1.acme.example;user=phone\n\
         Call-ID: 1717@ift.acme.example\nCSeq: 56 INVITE\nContent-Type: application/sdp\n\nv=0\n",
    )
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
        assert_eq!(verdict(&message), Dropped, "{}", String::from_utf8_lossy(&message));
    }
}
