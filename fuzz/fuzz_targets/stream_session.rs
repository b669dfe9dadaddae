//! What an application of a stream sends over its socket.
#![no_main]

#[path = "../checks/stream_session.rs"]
mod stream_session;

libfuzzer_sys::fuzz_target!(|data: &[u8]| stream_session::check(data));
