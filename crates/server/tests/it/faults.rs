//! What is promised of callouts when something fails around them: the endpoint, the database's file, the disk
//! (`trust.md` F04, F09, F10).

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::baresip::{Phone, USERS};
use crate::database::Database;
use crate::record::{fetch, until_recorded};
use crate::server::{DEADLINE, Server, free_port};
use crate::sipp::Sipp;
use crate::sound::tones;
use crate::witness::Witness;

const IDENTIFY: &str = "callout.identify = true\n";

/// How long receivers take.
const QUICK: Duration = Duration::from_millis(20);

/// From a refused report to the next try, and what that may differ by (`callout::outbox`).
const FIRST_RETRY: Duration = Duration::from_secs(5);

/// How long a report may wait for the store before its flow goes on, and the store before new calls are refused.
const STORING: Duration = Duration::from_secs(5);

/// Answers, reports at each of these URLs in turn, and ends.
fn reporting(urls: &[String]) -> String {
    let report = |(n, url): (usize, &String)| {
        let next = if n + 1 == urls.len() { "bye".to_owned() } else { format!("r{}", n + 1) };
        format!("  r{n}: {{ applet: passthru, url: '{url}', async: true, next: {next} }}\n")
    };
    let reports: String = urls.iter().enumerate().map(report).collect();
    format!(
        "flow: reporting\nstart: answer\nnodes:\n  answer: {{ applet: answer, next: r0 }}\n{reports}  bye: {{ applet: hangup, cause: 17 }}\n"
    )
}

/// A figure of `/metrics`.
fn figure(server: &Server, line: &str) -> u64 {
    let (_, metrics) = server.get("/metrics");
    let figure = metrics.lines().find_map(|found| found.strip_prefix(line)?.trim().parse().ok());
    figure.unwrap_or_default()
}

#[test]
fn reports_for_an_endpoint_that_is_down_arrive_in_order_once_it_is_back() {
    const CALLS: usize = 20;
    let port = free_port();
    let urls: Vec<_> = (1..=3).map(|n| format!("http://127.0.0.1:{port}/{n}")).collect();
    let server = Server::with_flows(&[("reporting.yaml", reporting(&urls))], IDENTIFY);
    Sipp::calls(server.sip, "08011112222", "ended_17").with(&["-m", &CALLS.to_string(), "-r", "100"]).run();
    let refused = "passthru_callouts_total{mode=\"async\",outcome=\"connect\"}";
    server.until_metric("passthru_active_calls 0");
    server.until_metric("passthru_circuits_open{mode=\"async\"} 1");
    let made = figure(&server, refused);
    let (since, busy) = (Instant::now(), server.busy());
    assert!(busy > Duration::ZERO, "it has run");
    let witness = Witness::at(port, 1, QUICK);
    witness.until("it is asked again", |tries| !tries.is_empty());
    let (waited, busy) = (since.elapsed(), server.busy() - busy);
    println!("{busy:?} of work in {waited:?} of waiting");
    assert!(waited > FIRST_RETRY / 2 && busy < waited / 4, "{busy:?} of work in {waited:?} of waiting");
    witness.until("all are told", |tries| tries.iter().filter(|it| it.answered).count() == 3 * CALLS);
    Database::of(server.folder()).until_owed(|owed| owed == 0);
    assert_eq!(figure(&server, refused), made, "nothing is asked while it is left alone");
    assert!((5..=CALLS as u64).contains(&made), "no report of those behind a call's first: {made}");
    let tries = witness.tries();
    assert_eq!(tries.len(), 3 * CALLS);
    let mut calls: Vec<&str> = tries.iter().filter_map(|it| it.id.rsplit_once('_')).map(|(call, _)| call).collect();
    calls.sort_unstable();
    calls.dedup();
    assert_eq!(calls.len(), CALLS);
    let mut again = 0;
    for call in calls {
        let mine: Vec<_> = tries.iter().filter(|it| it.id.starts_with(call)).collect();
        let order: Vec<_> = mine.iter().map(|it| (it.content.as_bytes()[5], it.attempt)).collect();
        assert!(matches!(order[..], [(b'1', 1 | 2), (b'2', 1), (b'3', 1)]), "{mine:?}");
        again += u64::from(order[0].1 - 1);
        assert!(mine.windows(2).all(|pair| pair[0].ended.is_some_and(|ended| ended <= pair[1].began)), "{mine:?}");
    }
    assert_eq!(again, made, "a try that was not made does not count");
}

#[test]
fn a_database_that_is_locked_loses_nothing_and_new_calls_are_refused_after_five_seconds() {
    let witness = Witness::at(free_port(), 1, QUICK);
    let server = Server::with_flows(&[("reporting.yaml", reporting(&[witness.url(1, "/calls")]))], IDENTIFY);
    let call = |scenario: &str| Sipp::calls(server.sip, "08011112222", scenario).run();
    call("ended_17");
    witness.until("the first call is told of", |tries| tries.len() == 1);

    let other = Connection::open(server.folder().join("data/passthru.db")).expect("a database");
    other.busy_timeout(STORING).expect("a time-out");
    other.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    let began = Instant::now();
    call("ended_17"); // it goes on though its report is not stored yet
    assert!(began.elapsed() >= STORING, "{:?}", began.elapsed());
    call("refused_503");
    server.until_logged("the database has taken nothing for five seconds: new calls are refused with 503");
    let (status, said) = server.get("/readyz");
    assert!(status == 503 && said.contains("the database takes nothing just now"), "{status} {said}");
    assert_eq!(server.get("/healthz").0, 200, "a restart would not help");
    assert_eq!(witness.tries().len(), 1, "what is not stored is not told");
    other.execute_batch("COMMIT").expect("no lock any more");

    witness.until("the call under the lock is told of", |tries| tries.len() == 2);
    server.until_metric("passthru_store_queue 0");
    assert_eq!(server.get("/readyz").0, 200);
    call("ended_17");
    witness.until("calls are taken as before", |tries| tries.len() == 3);
    server.until_metric("passthru_active_calls 0");
    assert_eq!(server.until_logged("the database takes what is written again"), 1);
    assert_eq!(server.until_logged("the database has taken nothing"), 1, "once, however long it takes");
    assert_eq!(figure(&server, "passthru_journal_lost_total"), 0);
    assert_eq!(figure(&server, "passthru_faults_total"), 1);
    let database = Database::of(server.folder());
    let ends = database.lines("ended");
    assert_eq!(ends.len(), 3, "the refused caller was no call: {ends:?}");
    assert!(database.lines("notify_committed").iter().all(|line| line["failure"].is_null()));
    let late = database.lines("fault").remove(0);
    assert!(late["what"].as_str().is_some_and(|what| what.contains("may come late")), "{late}");
}

/// A file system of its own, so small that it can be filled; gone when this is dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// At a folder; or why there can be none.
    fn at(folder: &Path) -> Result<Self, String> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"]).arg(folder);
        let output = mount.output().map_err(|error| error.to_string())?;
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(Self(folder.to_owned())) } else { Err(why) }
    }

    /// Takes all that is left of it.
    fn fill(&self) {
        let mut file = File::create(self.filler()).expect("a file");
        while file.write_all(&[0; 4096]).is_ok() {}
    }

    fn free(&self) {
        fs::remove_file(self.filler()).expect("it was filled");
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(&self.0).status());
    }
}

#[test]
fn a_full_disk_drops_no_call_and_loses_nothing_and_new_calls_are_refused_until_there_is_room() {
    let folder = crate::server::folder();
    let data = folder.path().join("data");
    fs::create_dir(&data).expect("a folder");
    let disk = match SmallDisk::at(&data) {
        Ok(disk) => disk,
        Err(why) => return println!("skipped: only who may mount a file system can fill one: {why}"),
    };
    let port = free_port();
    let flow = reporting(&[format!("http://127.0.0.1:{port}/calls")]);
    fs::write(folder.path().join("flows/reporting.yaml"), flow).expect("a flow");
    let server = Server::again(folder, IDENTIFY);
    let call = |server: &Server, scenario: &str| Sipp::calls(server.sip, "08011112222", scenario).run();
    // Nobody hears the first report yet: it is promised.
    call(&server, "ended_17");
    server.until_metric("passthru_active_calls 0");
    assert_eq!((Database::of(server.folder()).owed(), server.get("/healthz").0), (1, 200));

    disk.fill();
    call(&server, "ended_17"); // it goes on though its report is not stored yet
    call(&server, "refused_503");
    server.until_logged("the database has taken nothing for five seconds: new calls are refused with 503");
    assert!(server.until_logged("free space on this disk") > 0, "the operator is told why");
    let (status, said) = server.get("/readyz");
    assert!(status == 503 && said.contains("the database takes nothing just now"), "{status} {said}");
    assert_eq!(server.get("/healthz").0, 200, "a restart would not help");
    disk.free();

    let witness = Witness::at(port, 1, QUICK);
    witness.until("what was promised before, and what waited", |tries| tries.len() == 2);
    server.until_metric("passthru_active_calls 0");
    call(&server, "ended_17");
    witness.until("calls are taken as before", |tries| tries.len() == 3);
    assert_eq!(server.get("/readyz").0, 200);
    Database::of(server.folder()).until_owed(|owed| owed == 0);
    assert_eq!(figure(&server, "passthru_journal_lost_total"), 0);
    let database = Database::of(server.folder());
    assert_eq!(database.lines("ended").len(), 3, "the refused caller was no call");
    let told: Vec<_> = witness.by_id().into_keys().collect();
    assert_eq!(told, database.callouts(&["delivered"]).into_iter().collect::<Vec<_>>(), "each once");
    drop((database, server.stop(), disk));
}

/// The first message of a mailbox, once it is in that state: its link.
fn message(server: &Server, state: &str) -> String {
    let end = Instant::now() + DEADLINE;
    loop {
        let (_, list) = server.get("/api/v1/recordings?mailbox=sales");
        if list.contains(&format!("\"state\":\"{state}\"")) {
            return list.split("\"url\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a link").to_owned();
        }
        assert!(Instant::now() < end, "it never was {state}: {list}");
        std::thread::park_timeout(Duration::from_millis(100));
    }
}

#[test]
fn a_message_whose_mp3_the_disk_has_no_room_for_is_encoded_when_it_has_after_a_restart_too() {
    const FULL: &str = "there is no room for a recording's MP3";
    const FLOW: &str = "flow: box
start: box
nodes:
  box: { applet: voicemail, mailbox: sales, record_format: mp3, next: bye }
  bye: { applet: hangup }";
    let folder = crate::server::folder();
    let recordings = folder.path().join("data/recordings");
    fs::create_dir_all(&recordings).expect("a folder");
    let disk = match SmallDisk::at(&recordings) {
        Ok(disk) => disk,
        Err(why) => return println!("skipped: only who may mount a file system can fill one: {why}"),
    };
    fs::write(folder.path().join("flows/box.yaml"), FLOW).expect("a flow");
    let server = Server::again(folder, USERS);
    let alice = Phone::calls(&server, "alice", "pcmu", &tones(&[700], 60_000));
    until_recorded(&server, 3, 1);
    disk.fill();
    server.until_logged(FULL);
    message(&server, "encoding");
    drop(alice);

    let server = Server::again(server.stop(), USERS);
    server.until_logged(FULL);
    message(&server, "encoding");
    disk.free();
    let mp3 = fetch(&message(&server, "ready"));
    let decoded = server::prompt::decode(&mp3, "x.mp3").expect("it can be played");
    assert!(decoded.samples.len() >= 3 * crate::sound::RATE, "{} samples", decoded.samples.len());
    assert_eq!(server.until_logged(FULL), 1, "once, however often it is tried");
    drop((server.stop(), disk));
}
