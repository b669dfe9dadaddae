//! What must hold when a story is over: nothing leaked, and every journal tells one whole call.

use std::collections::BTreeMap;

use model::{CallEvent, CallSid, Cdr, EventKind};

/// The faults of the journals, in words; none if each begins with its offer, ends once and last, has no gap, and
/// its record adds up.
pub(crate) fn journals(events: &[CallEvent]) -> Vec<String> {
    let mut calls: BTreeMap<&CallSid, Vec<&CallEvent>> = BTreeMap::new();
    for event in events {
        calls.entry(&event.call).or_default().push(event);
    }
    calls
        .into_iter()
        .flat_map(|(call, events)| journal(&events).into_iter().map(move |fault| format!("{call}: {fault}")))
        .collect()
}

fn journal(events: &[&CallEvent]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fault = |holds: bool, what: &str| {
        if !holds {
            faults.push(what.to_owned());
        }
    };
    fault(matches!(events[0].kind, EventKind::Offered { .. }), "does not begin with its offer");
    fault(events.iter().zip(0..).all(|(event, seq)| event.seq == seq), "has a gap");
    fault(events.windows(2).all(|pair| pair[0].at <= pair[1].at), "goes back in time");
    let of_call = |event: &&&CallEvent| !event.kind.is_late();
    let ends = events.iter().filter(|event| matches!(event.kind, EventKind::Ended { .. })).count();
    fault(ends == 1, &format!("ends {ends} times"));
    let last = events.iter().rfind(of_call);
    fault(last.is_some_and(|event| matches!(event.kind, EventKind::Ended { .. })), "goes on after its end");
    let legs: Vec<_> =
        events.iter().filter(|event| matches!(event.kind, EventKind::LegEnded(_))).map(|event| event.leg).collect();
    let mut once = legs.clone();
    once.sort();
    once.dedup();
    fault(legs.len() == once.len(), "a leg ends twice");
    if let Some(cdr) = Cdr::fold(events.iter().copied()) {
        fault(cdr.billable <= cdr.duration, "bills more than it lasted");
        fault(cdr.ended.is_some_and(|ended| ended >= cdr.created), "ends before it began");
    }
    faults
}
