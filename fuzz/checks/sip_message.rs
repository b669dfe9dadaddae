//! Any bytes are read without a panic; a message that is read can be written, and is the same when it is read again.

use bytes::Bytes;
use sip::{Headers, MAX_HEADERS, MAX_LINE, MAX_MESSAGE, Message, Name, NameAddr, ParseError, Uri, Via};

pub(crate) fn check(data: &[u8]) {
    match Message::parse(Bytes::copy_from_slice(data)) {
        Ok(message) => {
            read_all(message.headers());
            write_and_read(&message);
        }
        Err(ParseError::Refuse(refusal)) => {
            read_all(&refusal.echo);
            assert!(refusal.response().to_bytes().starts_with(b"SIP/2.0 "));
        }
        Err(ParseError::Drop(_)) => {}
    }
}

/// Asks for everything, and holds what comes out against its own text.
fn read_all(headers: &Headers) {
    for via in headers.vias().unwrap_or_default() {
        assert_eq!(Via::parse(&via.to_bytes()).as_ref(), Ok(&via));
        let mut noted = via.clone();
        noted.set_received("192.0.2.1".parse().expect("an address"));
        noted.set_rport(5060);
        let noted = Via::parse(&noted.to_bytes()).expect("a Via stays one");
        assert_eq!((noted.rport(), noted.branch()), (Some(Some(5060)), via.branch()));
        let _ = (via.received(), via.rport(), via.maddr(), via.ttl());
    }
    let parties = [headers.from(), headers.to(), headers.contact()];
    let routes = headers.routes().unwrap_or_default().into_iter().chain(headers.record_routes().unwrap_or_default());
    for party in parties.into_iter().flatten().chain(routes) {
        same_party(party);
    }
    drop((headers.cseq(), headers.call_id(), headers.max_forwards(), headers.expires(), headers.min_expires()));
    drop((headers.session_expires(), headers.min_se(), headers.retry_after(), headers.rseq(), headers.rack()));
    drop((headers.reasons(), headers.reason("Q.850"), headers.content_type(), headers.allow(), headers.require()));
    drop((headers.supported(), headers.proxy_require(), headers.unsupported()));
    drop((headers.authorization(), headers.proxy_authorization()));
    drop((headers.www_authenticate(), headers.proxy_authenticate()));
}

fn same_party(party: NameAddr) {
    assert_eq!(NameAddr::parse(&party.to_bytes()).as_ref(), Ok(&party), "{party}");
    assert_eq!(Uri::parse(&party.uri.to_bytes()).as_ref(), Ok(&party.uri));
    assert!(party.uri.equivalent(&party.uri));
    let _ =
        (party.q(), party.expires(), party.uri.user(), party.uri.as_sip().map(|uri| (uri.transport(), uri.maddr())));
    let tagged = NameAddr::parse(&party.with_tag("t").to_bytes()).expect("a party stays one");
    assert_eq!(tagged.tag(), Some(Bytes::from_static(b"t")));
}

fn write_and_read(message: &Message) {
    let written = message.to_bytes();
    // What is written has full names and a Content-Length, so what was at a limit may now be past it.
    let near = |(_, value): (&Name, &Bytes)| value.len() + 512 > MAX_LINE;
    let headers = message.headers();
    if written.len() > MAX_MESSAGE || headers.len() >= MAX_HEADERS || headers.iter().any(near) {
        return;
    }
    let again = Message::parse(written).expect("what was written can be read");
    assert_eq!(without_length(again), without_length(message.clone()));
}

fn without_length(mut message: Message) -> Message {
    let headers = match &mut message {
        Message::Request(request) => &mut request.headers,
        Message::Response(response) => &mut response.headers,
    };
    headers.remove(&Name::ContentLength);
    message
}
