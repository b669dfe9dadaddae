//! The SIP messages of calls.

mod story;

use std::sync::Arc;

use model::{LegId, SipMessage, SipTrace, Tenant};
use store::Store;
use story::*;

fn open() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, _) = Store::open(&folder.path().join("passthru.db"), "here").expect("opens");
    (store, folder)
}

fn trace(call: &str, second: i64) -> Arc<SipTrace> {
    let address = "192.0.2.1:5060".parse().expect("one");
    let raw = format!("INVITE sip:{call} SIP/2.0\r\n\r\n").into_bytes();
    let message =
        SipMessage { leg: LegId(0), sent: false, at_us: 7, stream: false, local: address, remote: address, raw };
    Arc::new(SipTrace { call: sid(call), began: clock(second), messages: vec![message], left_out: 3 })
}

fn keep(store: &Store, trace: &Arc<SipTrace>) {
    wait(|done| store.writer().keep_traces(vec![trace.clone()], done)).expect("breaks no rule");
}

fn kept(store: &Store, call: &str) -> Option<SipTrace> {
    store.reader().trace(&Tenant::default(), &sid(call)).expect("reads")
}

#[test]
fn a_trace_is_kept_with_its_call_and_read_by_its_tenant_alone() {
    let (store, _folder) = open();
    append(&store, vec![offered("c", BOB), ended("c", 1)], vec![]).expect("stored");
    let trace = trace("c", 0);
    keep(&store, &trace);
    keep(&store, &trace); // by a second start, say
    assert_eq!(kept(&store, "c"), Some((*trace).clone()));
    assert_eq!(store.reader().trace(&Tenant("other".into()), &sid("c")).expect("reads"), None);
}

#[test]
fn a_trace_of_no_call_is_dropped() {
    let (store, _folder) = open();
    keep(&store, &trace("nobody", 0));
    assert_eq!(kept(&store, "nobody"), None);
}

#[test]
fn traces_of_long_ago_are_pruned_and_their_calls_stay() {
    let (store, _folder) = open();
    for (call, second) in [("old", 0), ("new", 10)] {
        append(&store, vec![offered(call, BOB), ended(call, 1)], vec![]).expect("stored");
        keep(&store, &trace(call, second));
    }
    assert_eq!(wait(|done| store.writer().prune(clock(10), done)), Ok(1));
    assert_eq!((kept(&store, "old").is_some(), kept(&store, "new").is_some()), (false, true));
    assert!(store.reader().call(&Tenant::default(), &sid("old")).expect("reads").is_some());
}
