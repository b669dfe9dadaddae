//! What an operator may run into: files that cannot be opened, locked, damaged, or are not ours.

mod story;

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use store::{CallFilter, Store, StoreError};
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
    Connection::open(at("newer.db")).unwrap().pragma_update(None, "user_version", 7).unwrap();
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
    let batch = store::Batch { events: vec![offered("c", "a")], notify: vec![] };
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
