//! Datagrams of a peer at an endpoint in the middle of calls.
#![no_main]

#[path = "../checks/sip_endpoint.rs"]
mod sip_endpoint;

libfuzzer_sys::fuzz_target!(|data: &[u8]| sip_endpoint::check(data));
