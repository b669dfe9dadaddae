//! A call as both profiles are shown it.

use jiff::Timestamp;
use model::{CallFacts, CallSid, Direction, FlowId, Tenant};

/// A moment.
pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// A call that rings.
pub(crate) fn ringing() -> CallFacts {
    let name = (CallSid::new("0f1e2d3c4b5a69788796a5b4c3d2187v"), Tenant::default());
    let flow = ("front-desk", FlowId::new(11111).expect("five digits"));
    let parties = ["+919900000001".into(), "+918000000002".into()];
    CallFacts::begun(name, Direction::Incoming, parties, time("2024-07-31T11:12:56.700Z"), flow)
}
