//! What an operator may run into: files that cannot be opened, locked, damaged, or are not ours.

mod story;

use std::fs;
use std::path::Path;

use model::{CallState, EventKind};
use rusqlite::Connection;
use store::{CallFilter, Next, Store, StoreError};
use story::*;

fn failed(path: &Path) -> StoreError {
    Store::open(path, "here").err().expect("does not open")
}

/// A closed store with `calls` calls in it.
fn filled(path: &Path, calls: u32) {
    let (store, _) = Store::open(path, "here").expect("opens");
    for n in 0..calls {
        let name = format!("call {n}");
        append(&store, vec![offered(&name, "a"), ended(&name, 1)], vec![]).expect("writes");
    }
}

#[test]
fn each_error_names_the_file_and_the_next_step() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("file"), "x").unwrap();
    fs::write(at("garbage.db"), vec![b'x'; 8192]).unwrap();
    Connection::open(at("theirs.db")).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    filled(&at("newer.db"), 1);
    Connection::open(at("newer.db")).unwrap().pragma_update(None, "user_version", 1_000).unwrap();
    fs::create_dir(at("folder.db")).unwrap();
    let rows = [
        ("file/x.db", "set `data`"),
        ("folder.db", "set `data`"),
        ("garbage.db", "restore the file from a backup"),
        ("theirs.db", "another program's database"),
        ("newer.db", "start the newer release"),
    ];
    for (name, step) in rows {
        let said = failed(&at(name)).to_string();
        assert!(said.starts_with(&*at(name).to_string_lossy()) && said.contains(step), "{said}");
    }
    let mode: String =
        Connection::open(at("theirs.db")).unwrap().query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "delete", "another program's file is left as it is");
}

#[test]
fn a_second_process_is_refused_while_the_first_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let first = Store::open(&path, "here").unwrap();
    let error = failed(&path);
    assert!(matches!(error, StoreError::Locked { .. }), "{error}");
    drop(first);
    Store::open(&path, "here").unwrap();
}

#[test]
fn a_write_waits_while_another_program_holds_the_file_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let (store, _) = Store::open(&path, "here").unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    let batch = store::Batch { events: vec![offered("c", "a")], notify: vec![], ..store::Batch::default() };
    store.writer().append(batch, move |done| sender.send(done.map(|_| ())).unwrap()).unwrap();
    assert!(receiver.try_recv().is_err(), "not durable yet");
    assert_eq!(store.reader().call(&Default::default(), &sid("c")), Ok(None), "readers are not held up");
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(receiver.recv().unwrap(), Ok(()));
    assert!(store.reader().call(&Default::default(), &sid("c")).unwrap().is_some());
}

#[test]
fn a_damaged_page_is_an_error_and_not_a_wrong_answer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    filled(&path, 500);
    Connection::open(&path).unwrap().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[4096 * 2..].fill(0xA5);
    fs::write(&path, bytes).unwrap();
    let said = match Store::open(&path, "here") {
        Err(error) => error,
        Ok((store, _)) => store.reader().calls(&Default::default(), &CallFilter::default(), 1000).unwrap_err(),
    };
    assert!(matches!(said, StoreError::Damaged { .. }), "{said}");
}

/// Changes rows behind the store's back.
fn spoil(path: &Path, sql: &str) {
    Connection::open(path).expect("opens").execute_batch(sql).expect("changes rows");
}

#[test]
fn a_callout_that_cannot_be_read_is_given_up_and_holds_up_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let (store, _) = Store::open(&path, "here").unwrap();
    for call in ["c", "d"] {
        append(&store, vec![offered(call, "a"), ended(call, 1)], vec![notify(call, 1), notify(call, 2)]).unwrap();
    }
    append(&store, vec![], vec![notify("c", 3)]).unwrap();
    spoil(
        &path,
        "UPDATE outbox SET request = '\"https://u:p@crm.example\"' WHERE callout = 1;
         UPDATE outbox SET due = 9223372036854775807 WHERE callout = 3;
         UPDATE calls SET record = '{' WHERE sid = 'd'",
    );
    let claimed = claim(&store, 9, clock(1));
    assert_eq!(claimed.rows, [], "what a call tells comes in its order");
    let behind = claim(&store, 9, clock(1));
    assert_eq!(
        behind.rows.iter().map(|row| (row.call.as_str(), row.callout.0)).collect::<Vec<_>>(),
        [("c", 2), ("d", 2)]
    );
    assert_eq!(owed(&store, clock(1)), [], "what is never due is not waited for");
    let [first, second] = &claimed.given_up[..] else { panic!("{:?}", claimed.given_up) };
    let line = first.event.as_ref().expect("a journal that can be read");
    assert!(matches!(&line.kind, EventKind::NotifyAttempted { failure: Some(_), last: true, .. }), "{line:?}");
    assert!(!format!("{first:?}").contains("u:p"), "{first:?}");
    assert_eq!(store.reader().events(&Default::default(), &sid("c"), 2).unwrap(), std::slice::from_ref(line));
    assert_eq!(second.event, None, "a journal that cannot be read");
    let dead = Connection::open(&path).unwrap().query_row(
        "SELECT group_concat(callout || failure) FROM outbox WHERE state = 'dead'",
        [],
        |row| row.get::<_, String>(0),
    );
    assert_eq!(dead.unwrap().matches("cannot be read").count(), 2);
    assert_eq!((claim(&store, 9, clock(2)).given_up, store.writer().health()), (vec![], Ok(())));
}

#[test]
fn a_record_that_cannot_be_read_refuses_its_own_job_and_not_the_writer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let (store, _) = Store::open(&path, "here").unwrap();
    append(&store, vec![offered("c", "a"), ended("c", 1)], vec![notify("c", 1)]).unwrap();
    let id = claim(&store, 1, clock(1)).rows[0].id;
    spoil(&path, "UPDATE calls SET record = '{'");
    let error = finish(&store, id, answer(200), Next::Delivered, clock(2)).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    append(&store, vec![offered("d", "a")], vec![]).unwrap();
}

#[test]
fn a_journal_that_cannot_be_read_is_named_and_the_store_opens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let (store, _) = Store::open(&path, "here").unwrap();
    for call in ["broken", "empty", "whole"] {
        append(&store, vec![offered(call, "a"), answered(call, 1), digit(call, 2)], vec![]).unwrap();
    }
    drop(store);
    spoil(
        &path,
        "UPDATE events SET body = '{' WHERE seq = 1 AND call = (SELECT id FROM calls WHERE sid = 'broken');
         DELETE FROM events WHERE call = (SELECT id FROM calls WHERE sid = 'empty')",
    );
    let (store, recovered) = Store::open(&path, "here").unwrap();
    let passed_over: Vec<_> = recovered.unreadable.iter().map(|unreadable| unreadable.call.as_str()).collect();
    assert_eq!((recovered.calls, passed_over), (1, vec!["broken", "empty"]));
    assert_eq!(store.reader().events(&Default::default(), &sid("broken"), 2).unwrap().len(), 1, "no half an end");
    let whole = store.reader().call(&Default::default(), &sid("whole")).unwrap().unwrap();
    assert_eq!(whole.state, CallState::Completed);
}

#[test]
fn a_page_of_calls_is_without_the_records_that_cannot_be_read_and_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    filled(&path, 3); // all at the same moment, so the later name comes first
    spoil(&path, "UPDATE calls SET record = '{' WHERE sid <> 'call 0'");
    let (store, _) = Store::open(&path, "here").unwrap();
    let (mut filter, mut read, mut unreadable) = (CallFilter::default(), Vec::new(), Vec::new());
    loop {
        let page = store.reader().calls(&Default::default(), &filter, 1).unwrap();
        read.extend(page.calls.into_iter().map(|record| record.sid));
        unreadable.extend(page.unreadable.into_iter().map(|unreadable| unreadable.call));
        filter.before = page.next;
        if filter.before.is_none() {
            break;
        }
    }
    assert_eq!((read, unreadable), (vec![sid("call 0")], vec![sid("call 2"), sid("call 1")]));
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made/for/us/x.db");
    let (store, _) = Store::open(&path, "here").unwrap();
    append(&store, vec![offered("c", "a")], vec![]).unwrap();
    for name in ["x.db", "x.db-wal", "x.db-shm", "x.db.lock"] {
        let mode = fs::metadata(path.with_file_name(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}
