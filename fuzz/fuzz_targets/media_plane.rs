//! Datagrams on the media ports of two joined legs.
#![no_main]

#[path = "../checks/media_plane.rs"]
mod media_plane;

libfuzzer_sys::fuzz_target!(|data: &[u8]| media_plane::check(data));
