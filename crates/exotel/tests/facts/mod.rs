//! A call as both profiles are shown it.

use jiff::Timestamp;
use model::{CallFacts, CallSid, Direction, FlowId, Tenant};

/// A moment.
pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// A call that rings.
pub(crate) fn ringing() -> CallFacts {
    CallFacts {
        sid: CallSid::new("0f1e2d3c4b5a69788796a5b4c3d2187v"),
        tenant: Tenant::default(),
        direction: Direction::Incoming,
        from: "+919900000001".into(),
        to: "+918000000002".into(),
        created: time("2024-07-31T11:12:56.700Z"),
        answered: false,
        answered_at: None,
        ended: false,
        ended_at: None,
        digits: None,
        dial: None,
        recording: None,
        voicemail: false,
        custom_field: None,
        flow: "front-desk".into(),
        flow_id: FlowId::new(11111).expect("five digits"),
    }
}
