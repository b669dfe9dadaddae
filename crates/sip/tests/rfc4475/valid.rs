//! Section 3.1.1: messages that are valid however odd they look, and what is in them.

use bytes::Bytes;
use sip::{Contacts, Host, Message, Method, Name, Uri};

use crate::messages::{request, wire};
use crate::{answer, desk, parsed, parsed_request, response};

/// A reason phrase with reserved and with other than ASCII characters.
pub(crate) const UNUSUAL: &str = "SIP/2.0 200 = 2**3 * 5**2 \u{434}\u{432}\u{435}\u{441}\u{442}\u{438}";

pub(crate) fn tortuous() -> Bytes {
    wire(
        "INVITE sip:meera@chair-board.acme.example;unknownparam SIP/2.0\n\
         TO :\n  sip:meera@chair-board.acme.example ;   tag    = 77a\n\
         from   : \"J Rowan \\\\\\\"\"       <sip:jonas@acme.example>\n  ;\n  tag = 98b\n\
         MaX-fOrWaRdS: 0068\n\
         Call-ID: tortuous.1 \n\
         Content-Length   : 5\n\
         cseq: 0009\n  INVITE\n\
         Via  : SIP  /   2.0\n /UDP\n    192.0.2.2;branch=before3261\n\
         s :\n\
         Brand-New:   first half\n and second half\n\
         Unheard-Of-Field: ;;,,;;,;\n\
         Content-Type: application/sdp\n\
         Route:\n <sip:services.acme.example;lr;unknownwith=value;unknown-no-value>\n\
         v:  SIP  / 2.0  / TCP     axle.acme.example   ;\n  branch  =   z9hG4bKone  ,\n SIP  /    2.0   / UDP  192.168.255.111   ; branch=\n z9hG4bKtwo\n\
         m:\"In quotes \\\"\\\"\" <sip:jonas@acme.example> ; param =\n      newvalue ;\n  another ; q = 0.33\n\
         \nv=0\n",
    )
}

#[test]
fn tortuous_fields_come_out_straight() {
    let request = parsed_request(tortuous());
    assert_eq!(request.headers.to().unwrap().tag().unwrap(), "77a");
    let from = request.headers.from().unwrap();
    assert_eq!((from.display.as_deref(), from.tag().unwrap()), (Some(&br#"J Rowan \""#[..]), "98b".into()));
    assert_eq!(request.headers.max_forwards(), Ok(Some(68)));
    assert_eq!(request.headers.call_id().unwrap(), "tortuous.1");
    assert_eq!(request.headers.cseq().unwrap().sequence, 9);
    let branches: Vec<_> = request.headers.vias().unwrap().iter().map(|via| via.branch().unwrap()).collect();
    assert_eq!(branches, ["before3261", "z9hG4bKone", "z9hG4bKtwo"]);
    assert_eq!(request.headers.get(&Name::Subject).unwrap(), "");
    assert_eq!(request.headers.contact().unwrap().q(), Some(330));
    assert!(request.headers.routes().unwrap()[0].uri.as_sip().unwrap().is_loose());
    let odd = request.headers.get(&Name::from_bytes("unheard-of-field".into()));
    assert_eq!(odd.unwrap(), ";;,,;;,;", "what is not known has no grammar");
    assert_eq!(request.body, "v=0\r\n");
}

/// A Call-ID of all characters that it may have: none of them opens, closes or escapes anything.
const WORDS: &str = r#"word%ZK-!.*_+'@word`~)(><:\/"][?}{"#;

pub(crate) fn wide_characters() -> Bytes {
    let method = "!interesting-Method0123456789_*+`.%indeed'~";
    let uri =
        "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@acme.example";
    let line = format!("{method} {uri} SIP/2.0");
    let to = "\"BEL:\\\x07 NUL:\\\x00 DEL:\\\x7F\" <sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@acme.example>";
    let from = "token1~` token2'+_ token3*%!.- <sip:plain@acme.example>;fromParam''~+*_!.-%=\"\u{440}\u{430}\";tag=_token~1'+`*%!-.";
    request(method)
        .line(&line)
        .with("Via", "SIP/2.0/UDP host1.acme.example;branch=z9hG4bK-.!%66*_+`'~")
        .with("To", to)
        .with("From", from)
        .with("Call-ID", WORDS)
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
    assert_eq!(from.params.get("fromParam''~+*_!.-%").unwrap(), "\u{440}\u{430}");
    assert_eq!(request.headers.via().unwrap().branch().unwrap(), "z9hG4bK-.!%66*_+`'~");
    assert_eq!(request.headers.call_id().unwrap(), WORDS);
}

pub(crate) fn escapes() -> Bytes {
    request("INVITE")
        .line("INVITE sip:sips%3Auser%40acme.example@acme.example SIP/2.0")
        .with("To", "sip:%75se%72@acme.example")
        .with("From", "<sip:with%20two%20spaces@acme.example>;tag=938")
        .with("Contact", "<sip:cal%6Cer@host5.acme.example;%6C%72;n%61me=v%61lue%25%34%31>")
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
    assert_eq!(request.headers.from().unwrap().uri.user().unwrap(), "with two spaces");
    let contact = request.headers.contact().unwrap().uri;
    assert_eq!(contact.user().unwrap(), "caller");
    let contact = contact.as_sip().unwrap();
    assert!(contact.is_loose());
    assert_eq!(contact.param("name").unwrap(), "value%41", "escapes are resolved once");
    let same = Uri::parse(&"sip:caller@host5.acme.example;lr;name=value%2541".into()).unwrap();
    let other = Uri::parse(&"sip:caller@host5.acme.example;lr;name=valueA".into()).unwrap();
    assert!(contact.equivalent(same.as_sip().unwrap()) && !contact.equivalent(other.as_sip().unwrap()));
}

pub(crate) fn escaped_nulls() -> Bytes {
    request("REGISTER")
        .with("To", "sip:null-%00-null@acme.example")
        .with("From", "sip:null-%00-null@acme.example;tag=839")
        .with("Contact", "<sip:%00@host5.acme.example>")
        .and("Contact", "<sip:%00%00@host5.acme.example>")
        .wire()
}

#[test]
fn escaped_nulls_are_characters() {
    let request = parsed_request(escaped_nulls());
    assert_eq!(request.headers.from().unwrap().uri.user().unwrap(), "null-\0-null");
    let Ok(Contacts::Each(contacts)) = request.headers.contacts() else { panic!("two addresses") };
    assert_eq!(contacts[1].uri.user().unwrap(), "\0\0");
    assert!(!contacts[0].uri.equivalent(&contacts[1].uri));
    let mut story = desk();
    answer(&mut story, &escaped_nulls(), false);
    let found = story.endpoint.contacts("null-\0-null", story.now);
    assert_eq!(found.len(), 2, "both are bound, and to the whole name");
}

pub(crate) fn percent_method() -> Bytes {
    request("RE%47IST%45R")
        .with("To", "\"%Z%45\" <sip:resource@acme.example>")
        .with("Contact", "<sip:alias1@host1.acme.example>")
        .and("C%6Fntact", "<sip:alias2@host2.acme.example>")
        .and("Contact", "<sip:alias3@host3.acme.example>")
        .wire()
}

#[test]
fn percent_signs_outside_of_uris_mean_themselves() {
    let request = parsed_request(percent_method());
    assert_eq!(request.method, Method::Other("RE%47IST%45R".into()));
    assert_eq!(request.headers.to().unwrap().display.unwrap(), "%Z%45");
    assert_eq!(request.headers.all(&Name::Contact).count(), 2, "C%6Fntact is a field of its own");
}

/// Some of the ways to write the name of a Via.
const VIAS: [&str; 16] =
    ["Via", "v", "V", "ViA", "VIa", "VIA", "via", "viA", "vIa", "vIA", "V ", "v ", "V  ", "v  ", "Via ", "Via  "];

pub(crate) fn long_fields() -> Bytes {
    let value = "value".repeat(60);
    let to = format!(
        "\"A name of {} length\" <sip:user@acme.example:6000;p=very{value};long{value}=short;{value}>",
        "excessive".repeat(40)
    );
    let from = format!("sip:{}@acme.example;tag=12{};{value}={value};{value}", "long".repeat(80), "982".repeat(100));
    let draft = request("INVITE").with("To", &to).with("From", &from).with("Call-ID", &"really".repeat(60));
    let draft = draft.and(&format!("Unknown-{value}-Name"), &format!("{value};{value} = {value}"));
    let draft = (0..33).fold(draft, |draft, hop| draft.and(VIAS[hop % VIAS.len()], "SIP/2.0/TCP sip33.acme.example"));
    draft.and("Via", &format!("SIP/2.0/TCP h.example;received=192.0.2.5;branch=very{value}")).wire()
}

#[test]
fn long_fields_are_whole() {
    let request = parsed_request(long_fields());
    assert_eq!(request.headers.vias().unwrap().len(), 35);
    assert_eq!(request.headers.from().unwrap().tag().unwrap().len(), 302);
    assert_eq!(request.headers.call_id().unwrap().len(), 360);
    assert_eq!(request.headers.to().unwrap().uri.as_sip().unwrap().param("p").unwrap().len(), 304);
}

pub(crate) fn two_in_a_datagram() -> Bytes {
    [request("REGISTER").and("Content-Length", "0").wire(), request("INVITE").wire()].concat().into()
}

#[test]
fn what_follows_a_message_in_a_datagram_is_ignored() {
    let request = parsed_request(two_in_a_datagram());
    assert_eq!((request.method, request.body.len()), (Method::Register, 0));
}

pub(crate) fn semicolons_in_user() -> Bytes {
    request("OPTIONS").line("OPTIONS sip:user;par=u%40example.net@acme.example SIP/2.0").wire()
}

#[test]
fn a_semicolon_before_the_at_sign_is_of_the_user() {
    let uri = parsed_request(semicolons_in_user()).uri;
    assert_eq!(uri.user().unwrap(), "user;par=u@example.net");
    assert!(uri.as_sip().unwrap().params.is_empty());
}

pub(crate) fn transports() -> Bytes {
    let below = ["SCTP", "TLS", "UNKNOWN", "TCP"].into_iter();
    let draft = below.fold(request("OPTIONS"), |draft, transport| {
        draft.and("Via", &format!("SIP/2.0/{transport} t.acme.example;branch=z9hG4bKbelow"))
    });
    draft.wire()
}

#[test]
fn transports_need_not_be_known() {
    let vias = parsed_request(transports()).headers.vias().unwrap();
    assert_eq!(
        vias.iter().map(|via| &via.transport[..]).collect::<Vec<_>>(),
        [&b"UDP"[..], b"SCTP", b"TLS", b"UNKNOWN", b"TCP"]
    );
}

pub(crate) fn multipart() -> Bytes {
    let body = b"--7a\r\n\r\nHello\r\n--7a\r\nContent-Type: application/octet-stream\r\n\r\n0\x82\x01\x00\n\r\xff\r\n--7a--\r\n";
    let draft = request("MESSAGE").and("Content-Type", "multipart/mixed;boundary=7a");
    draft.and("Content-Length", &body.len().to_string()).body_bytes(body).wire()
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
    let unusual = parsed(response(UNUSUAL.as_bytes()));
    assert!(matches!(unusual, Message::Response(response) if response.reason == UNUSUAL.as_bytes()[12..]));
    for line in [&b"SIP/2.0 100 "[..], b"SIP/2.0 100"] {
        assert!(matches!(parsed(response(line)), Message::Response(response) if response.reason.is_empty()));
    }
}
