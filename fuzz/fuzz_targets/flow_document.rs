//! A flow as YAML or JSON, against the catalogue of applets.
#![no_main]

#[path = "../checks/flow_document.rs"]
mod flow_document;

libfuzzer_sys::fuzz_target!(|data: &[u8]| flow_document::check(data));
