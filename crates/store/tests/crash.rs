//! What was called back with `Ok` is there afterwards, however the process ended.
//!
//! The process is this test binary, run again for the one test that is ignored otherwise. It tells on its standard
//! output what became durable, and ends by SIGKILL or by a disk that refuses.

mod story;

use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use model::{CallSid, EventKind, Tenant};
use store::{Batch, CallFilter, Claimed, Finish, Next, OutboxFilter, OutboxState, Share, Store, StoreError, Writer};
use story::*;

const PATH: &str = "STORE_CRASH_PATH";
const RUN: &str = "STORE_CRASH_RUN";
const KILLS: usize = 10;

/// Jobs that the child keeps in the writer's queue.
const AHEAD: usize = 64;

/// Says one line to the parent, whole or not at all: a pipe takes short lines in one piece.
fn say(line: &str) {
    std::io::stdout().lock().write_all(format!("{line}\n").as_bytes()).expect("the parent reads");
}

/// A call with its callout in one batch; every second call is still running.
fn batch(name: &str, number: usize) -> Batch {
    let mut events = vec![offered(name, "+919900000001"), answered(name, 1)];
    if number.is_multiple_of(2) {
        events.push(ended(name, 9));
    }
    let mut owed = notify(name, 1);
    owed.request.url = format!("https://host{}.example/", number % 64); // what is left running is held against its origin
    Batch { events, notify: vec![owed], ..Batch::default() }
}

/// Delivers every second claimed row and leaves the others running.
fn deliver(writer: &Writer, claimed: Result<Claimed, StoreError>) {
    for row in claimed.into_iter().flat_map(|claimed| claimed.rows).step_by(2) {
        let end = Finish { id: row.id, outcome: answer(200), next: Next::Delivered, attempt: None };
        let on_done = move |done: Result<_, _>| {
            if done.is_ok() {
                say(&format!("delivered {}", row.call))
            }
        };
        if let Err(refused) = writer.finish(end, on_done, clock(10)) {
            return say(&format!("not taken: {}", refused.reason));
        }
    }
}

#[test]
#[ignore = "the process that the other tests of this file start and end"]
fn child() {
    let path = env::var(PATH).expect("run by the other tests");
    let run = env::var(RUN).expect("run by the other tests");
    let (store, _) = Store::open(Path::new(&path), "child").expect("opens");
    for number in 0.. {
        let name = format!("{run}-{number}");
        let job = batch(&name, number);
        let on_done = move |done: Result<_, StoreError>| match done {
            Ok(_) => say(&format!("ack {name}")),
            Err(error) => say(&format!("failed {error}")),
        };
        if let Err(refused) = store.writer().append(job, on_done) {
            return say(&format!("stopped {}", refused.reason));
        }
        if number % 16 == 15 {
            let writer = store.writer().clone();
            let owed = store.reader().owed(clock(5)).expect("reads").into_iter();
            let shares = owed.map(|owed| Share { origin: owed.origin, rows: 8 }).collect();
            if let Err(refused) = store.writer().claim(shares, move |claimed| deliver(&writer, claimed), clock(5)) {
                return say(&format!("stopped {}", refused.reason));
            }
        }
        while store.writer().waiting() > AHEAD {
            thread::yield_now();
        }
    }
}

fn start(mut command: Command, path: &Path, run: usize) -> Child {
    command.args(["child", "--exact", "--ignored", "--nocapture"]);
    command.env(PATH, path).env(RUN, run.to_string()).stdout(Stdio::piped()).spawn().expect("starts")
}

/// The words after `verb` in each whole line; the last may have been cut off.
fn said<'t>(text: &'t str, verb: &str) -> Vec<&'t str> {
    let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
    whole.lines().filter_map(|line| line.strip_prefix(verb)?.strip_prefix(' ')).collect()
}

/// Every acknowledged call is there with all that was committed together, and so is every delivery.
fn check(store: &Store, told: &str) {
    let (ours, reader) = (Tenant::default(), store.reader());
    let rows = |call: &CallSid| {
        reader.outbox(&ours, &OutboxFilter { call: Some(call.clone()), ..OutboxFilter::default() }, 9).expect("reads")
    };
    for name in said(told, "ack") {
        let call = sid(name);
        let journal = reader.events(&ours, &call, 0).expect("reads");
        let record = reader.call(&ours, &call).expect("reads").expect("acknowledged");
        assert_eq!(record.events as usize, journal.len(), "{name}");
        assert!(matches!(journal[1].kind, EventKind::Answered { .. }), "{name}");
        let ends = journal.iter().filter(|event| matches!(event.kind, EventKind::Ended { .. })).count();
        assert_eq!((ends, record.ended.is_some()), (1, true), "{name}");
        assert_eq!(rows(&call).len(), 1, "{name}");
    }
    for name in said(told, "delivered") {
        assert_eq!(rows(&sid(name))[0].state, OutboxState::Delivered, "{name}");
    }
}

/// Nothing is left half done, acknowledged or not.
fn check_whole(store: &Store) {
    let (ours, mut filter) = (Tenant::default(), CallFilter::default());
    loop {
        let page = store.reader().calls(&ours, &filter, 1000).expect("reads");
        assert!(page.calls.iter().all(|call| call.ended.is_some() && call.events >= 3));
        filter.before = page.next;
        if filter.before.is_none() {
            break;
        }
    }
    let running = OutboxFilter { state: Some(OutboxState::Running), ..OutboxFilter::default() };
    assert_eq!(store.reader().outbox(&ours, &running, 9), Ok(vec![]));
}

#[test]
fn a_process_killed_while_writing_loses_nothing_that_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let (mut told, mut taken_back) = (String::new(), 0);
    for run in 0..KILLS {
        let mut child = start(Command::new(env::current_exe().unwrap()), &path, run);
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let (mut text, mut acks) = (String::new(), 0);
        while acks < 150 + 37 * run {
            let before = text.len();
            assert_ne!(output.read_line(&mut text).unwrap(), 0, "the child ended by itself: {text}");
            acks += said(&text[before..], "ack").len();
        }
        child.kill().unwrap();
        output.read_to_string(&mut text).unwrap();
        assert!(!child.wait().unwrap().success());

        let (store, recovered) = Store::open(&path, "parent").unwrap();
        assert!(recovered.calls > 0, "half of the calls were running");
        taken_back += recovered.callouts;
        check(&store, &text);
        check_whole(&store);
        told.push_str(&text);
    }
    let (store, _) = Store::open(&path, "parent").unwrap();
    check(&store, &told);
    assert!(taken_back > 0 && !said(&told, "delivered").is_empty(), "rows were running and delivered");
}

/// `ulimit -f` makes the disk refuse to let a file grow past 2 MiB; the shell hands on the ignored signal.
#[cfg(unix)]
#[test]
fn a_disk_that_refuses_stops_the_writer_and_loses_nothing_acknowledged_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 4096; exec \"$0\" \"$@\""]).arg(env::current_exe().unwrap());
    let output = start(shell, &path, 0).wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");

    let failures = said(&text, "failed");
    assert!(!failures.is_empty() && !said(&text, "ack").is_empty(), "{text}");
    assert!(failures.iter().all(|why| why.starts_with(&*path.to_string_lossy())), "{}", failures[0]);
    assert_eq!(said(&text, "stopped").len(), 1);
    let after = text.split_once("\nfailed ").expect("looked above").1;
    assert_eq!(said(after, "ack"), [""; 0], "nothing is acknowledged after a failure");

    let (store, _) = Store::open(&path, "parent").unwrap();
    check(&store, &text);
    check_whole(&store);
}
