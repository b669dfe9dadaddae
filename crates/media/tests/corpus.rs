//! Replays the fuzzers' corpora on stable (see `fuzz/README.md`), each file as it is and bent in many ways.

#[path = "../../../fuzz/checks/media_plane.rs"]
mod media_plane;
#[path = "../../../fuzz/replay.rs"]
mod replay;
#[path = "../../../fuzz/checks/rtp.rs"]
mod rtp;
#[path = "../../../fuzz/checks/sdp.rs"]
mod sdp;

#[test]
fn descriptions() {
    replay::replay("sdp", 300, sdp::check);
}

#[test]
fn packets() {
    replay::replay("rtp", 1_000, rtp::check);
}

#[test]
fn planes() {
    replay::replay("media_plane", 300, media_plane::check);
}
