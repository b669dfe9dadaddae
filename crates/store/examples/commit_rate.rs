//! Measures durable commits a second on a disk: one caller, and 64 callers whose jobs share commits.
//!
//! `cargo run --release -p passthru-store --example commit_rate -- FOLDER` (default: the current folder)
#![allow(clippy::print_stdout, reason = "a measurement is printed")]
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use model::{CallEvent, CallSid, CalloutId, Direction, EventKind, HttpRequest, LegId, Tenant};
use store::{Batch, Notify, Store, StoreError, Writer};

const CALLERS: usize = 64;
const GROUPED_EACH: usize = 600;
const SINGLE: usize = 3000;

/// A call that begins and owes a callout: two table rows, a line, an update, about 600 bytes.
fn job(name: &str, wall: Timestamp) -> Batch {
    let call = CallSid::new(name);
    let (from, to) = ("+919900000001".to_owned(), "+919900000002".to_owned());
    let kind = EventKind::Offered { tenant: Tenant::default(), direction: Direction::Incoming, from, to };
    let offered = CallEvent { call: call.clone(), seq: 0, leg: Some(LegId::FIRST), at: Duration::ZERO, wall, kind };
    let url =
        format!("https://crm.example/calls?CallSid={name}&CallFrom=09900000001&CallTo=09900000002&Direction=incoming");
    let request = HttpRequest::get(url, Duration::from_secs(5));
    Batch {
        events: vec![offered],
        notify: vec![Notify { call, callout: CalloutId(1), request, created: wall }],
        ..Batch::default()
    }
}

/// Writes one after the other, each waiting for its commit; gives how long each took.
fn caller(writer: &Writer, name: &str, jobs: usize, wall: Timestamp) -> Result<Vec<Duration>, StoreError> {
    let mut took = Vec::with_capacity(jobs);
    for number in 0..jobs {
        let (sender, receiver) = sync_channel(1);
        let begun = Instant::now();
        let on_done = move |done| sender.send(done).unwrap_or_default();
        writer.append(job(&format!("{name}-{number}"), wall), on_done).expect("fewer callers than the queue is long");
        receiver.recv().expect("called back")?;
        took.push(begun.elapsed());
    }
    Ok(took)
}

fn report(what: &str, mut took: Vec<Duration>, whole: Duration) {
    took.sort();
    let at = |share: usize| took[(took.len() - 1) * share / 100];
    let rate = took.len() as f64 / whole.as_secs_f64();
    println!("{what}: {rate:.0} durable jobs/s, p50 {:.2?}, p99 {:.2?}", at(50), at(99));
}

fn main() -> Result<(), StoreError> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".into());
    let folder = tempfile::tempdir_in(folder).expect("a folder that can be written");
    let wall = Timestamp::now();
    let (store, _) = Store::open(&Path::new(folder.path()).join("rate.db"), "here")?;

    let begun = Instant::now();
    report("one caller", caller(store.writer(), "single", SINGLE, wall)?, begun.elapsed());

    let begun = Instant::now();
    let took = thread::scope(|scope| {
        let start = |n| {
            scope.spawn({
                let writer = store.writer();
                move || caller(writer, &format!("c{n}"), GROUPED_EACH, wall)
            })
        };
        let callers: Vec<_> = (0..CALLERS).map(start).collect();
        let each = callers.into_iter().map(|caller| caller.join().expect("no caller panics"));
        each.collect::<Result<Vec<_>, _>>()
    })?;
    report(&format!("{CALLERS} callers"), took.concat(), begun.elapsed());
    Ok(())
}
