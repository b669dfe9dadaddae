//! One SIP message, as a datagram brings it.
#![no_main]

#[path = "../checks/sip_message.rs"]
mod sip_message;

libfuzzer_sys::fuzz_target!(|data: &[u8]| sip_message::check(data));
