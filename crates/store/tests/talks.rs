//! Who talked with whom, as a switch that begins reads it.

mod story;

use model::{CallEvent, EventKind, LegId, Talk, Tenant};
use store::Store;
use story::*;

fn of(leg: u16, event: CallEvent) -> CallEvent {
    CallEvent { leg: Some(LegId(leg)), ..event }
}

fn dialled(call: &str, leg: u16, target: &str) -> CallEvent {
    of(leg, line(call, 1, EventKind::Dialled { target: target.into(), caller_id: BOB.into() }))
}

fn joined(call: &str, second: u64, with: u16) -> CallEvent {
    line(call, second, EventKind::Joined { with: LegId(with) })
}

#[test]
fn those_who_heard_each_other_talked() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, _) = Store::open(&folder.path().join("passthru.db"), "here").expect("opens");
    let rung = [dialled("a", 1, "sip:away"), dialled("a", 2, "sip:desk"), dialled("a", 3, "+919900000003")];
    let talked = [joined("a", 4, 2), joined("a", 9, 3), ended("a", 12)];
    append(&store, [&[offered("a", "+919900000001")][..], &rung, &talked].concat(), vec![]).expect("stored");
    append(&store, vec![offered("b", "+919900000004"), dialled("b", 1, "sip:away"), ended("b", 3)], vec![])
        .expect("stored");
    append(&store, vec![offered("c", "+919900000005"), dialled("c", 1, "sip:desk"), joined("c", 2, 1)], vec![])
        .expect("stored");
    let talks = |tenant: &Tenant, since| {
        let talks = store.reader().talks(tenant, clock(since)).expect("read");
        talks.into_iter().map(|Talk { caller, party, at }| (caller, party, at)).collect::<Vec<_>>()
    };
    let talk = |caller: &str, party: &str, at| (caller.to_owned(), party.to_owned(), clock(at));
    let expected = [
        talk("+919900000005", "sip:desk", 2), // still under way
        talk("+919900000001", "sip:desk", 4),
        talk("+919900000001", "+919900000003", 9),
    ];
    assert_eq!(talks(&Tenant::default(), 0), expected);
    assert_eq!(talks(&Tenant::default(), 1), [], "the calls began before");
    assert_eq!(talks(&Tenant("other".into()), 0), []);
}
