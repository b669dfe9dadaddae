//! Replays the fuzzers' corpora on stable (see `fuzz/README.md`), each file as it is and bent in many ways.

#[path = "../../../fuzz/replay.rs"]
mod replay;
#[path = "../../../fuzz/checks/sip_endpoint.rs"]
mod sip_endpoint;
#[path = "../../../fuzz/checks/sip_message.rs"]
mod sip_message;
#[path = "../../../fuzz/checks/sip_stream.rs"]
mod sip_stream;

#[test]
fn sip_messages() {
    replay::replay("sip_message", 1_000, sip_message::check);
}

#[test]
fn sip_streams() {
    replay::replay("sip_stream", 1_000, sip_stream::check);
}

#[test]
fn sip_endpoints() {
    replay::replay("sip_endpoint", 200, sip_endpoint::check);
}
