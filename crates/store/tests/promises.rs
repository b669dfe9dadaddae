//! What a call owes at its end outlives the process, and is told once.

mod story;

use std::sync::{Arc, Mutex};

use model::{EventKind, HttpRequest, StatusCallback, Tenant};
use store::{Batch, OutboxFilter, Owing, Promise, Settled, Settler, Store};
use story::*;

fn promise(call: &str) -> Promise {
    let url = format!("https://u:p@crm.example/{call}");
    let callback = StatusCallback { url, answered: false, terminal: true, json: true };
    Promise { call: sid(call), callback, custom_field: Some("o-17".into()) }
}

/// Begins calls that promise something, each as its first lines are written.
fn begin(store: &Store, calls: &[&str]) {
    for call in calls {
        let batch = Batch { events: vec![offered(call, "a")], promise: Some(promise(call)), ..Batch::default() };
        wait(|done| store.writer().append(batch, done)).expect("durable");
    }
}

/// Settles what is owed: what came of it, and what the reports were written from.
fn settle(store: &Store) -> (Settled, Vec<Owing>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&seen);
    let settler = Settler(Arc::new(move |owing: &Owing, callout| {
        notes.lock().expect("nobody panics").push(owing.clone());
        HttpRequest::get(format!("{}?{}", owing.promise.callback.url, callout.0), std::time::Duration::from_secs(1))
    }));
    let settled = wait(|done| store.writer().settle(settler, done, clock(60))).expect("it breaks no rule");
    let seen = seen.lock().expect("nobody panics").clone();
    (settled, seen)
}

fn urls(store: &Store) -> Vec<String> {
    let rows = store.reader().outbox(&Tenant::default(), &OutboxFilter::default(), 10).expect("read");
    rows.into_iter().rev().map(|row| row.request.url).collect()
}

#[test]
fn what_a_call_owed_when_its_process_went_is_owed_once_after_what_it_owed_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.db");
    let open = || Store::open(&path, "here").expect("opens").0;
    let store = open();
    begin(&store, &["cut", "told", "talks"]);
    append(&store, vec![], vec![notify("cut", 1)]).expect("durable");
    let kept = Batch { notify: vec![notify("told", 1)], kept: Some(sid("told")), ..Batch::default() };
    wait(|done| store.writer().append(kept, done)).expect("durable");
    assert_eq!(settle(&store), (Settled::default(), vec![]), "all of them run");
    drop(store);

    let store = open();
    let (settled, owing) = settle(&store);
    let owed: Vec<_> = owing.iter().map(|owing| &owing.promise).collect();
    assert_eq!(owed, [&promise("cut"), &promise("talks")], "what is told is owed no more");
    assert!(owing.iter().all(|owing| owing.record.ended == Some(clock(0))), "as the start ended them");
    let told = settled.events.iter().map(|event| (event.call.clone(), event.seq, &event.kind));
    let told: Vec<_> =
        told.map(|(call, seq, kind)| (call, seq, matches!(kind, EventKind::NotifyQueued { .. }))).collect();
    assert_eq!(told, [(sid("cut"), 2, true), (sid("talks"), 2, true)]);
    let expected = [
        "crm.example/calls?sid=cut",
        "crm.example/calls?sid=told",
        "crm.example/cut?1000001",
        "crm.example/talks?1000001",
    ];
    assert_eq!(urls(&store), expected.map(|url| format!("https://u:p@{url}")));
    let due = claim(&store, 10, clock(60)).rows;
    let of_cut: Vec<_> = due.iter().filter(|row| row.call == sid("cut")).map(|row| &*row.request.url).collect();
    assert_eq!(of_cut, ["https://u:p@crm.example/calls?sid=cut"], "the end waits behind what is under way");
    drop(store);
    assert_eq!(settle(&open()), (Settled::default(), vec![]), "once is enough");
}

#[test]
fn a_promise_that_cannot_be_read_holds_up_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.db");
    drop(Store::open(&path, "here").map(|(store, _)| begin(&store, &["odd", "good"])));
    let other = rusqlite::Connection::open(&path).expect("opens");
    other.execute("UPDATE calls SET promise = '{' WHERE sid = 'odd'", []).expect("written");
    drop(other);
    let (store, _) = Store::open(&path, "here").expect("opens");
    let (settled, _) = settle(&store);
    assert_eq!(settled.unreadable.iter().map(|it| &it.call).collect::<Vec<_>>(), [&sid("odd")]);
    assert_eq!(settled.events.iter().map(|it| &it.call).collect::<Vec<_>>(), [&sid("good")]);
}
