//! Replays the fuzzer's corpus on stable (see `fuzz/README.md`), each file as it is and bent in many ways.

#[path = "../../../fuzz/replay.rs"]
mod replay;
#[path = "../../../fuzz/checks/stream_session.rs"]
mod stream_session;

#[test]
fn sessions() {
    replay::replay("stream_session", 300, stream_session::check);
}
