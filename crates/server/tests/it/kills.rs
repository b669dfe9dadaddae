//! `kill -9` with callouts under way (`trust.md` F01).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::database::Database;
use crate::server::{Server, free_port};
use crate::sipp::Sipp;
use crate::witness::Witness;

const IDENTIFY: &str = "callout.identify = true\n";

/// How often the server is killed.
const KILLS: u32 = 10;

/// What is owed at each of them at least.
const OWED: u32 = 1_000;

/// And of these under way.
const UNDER_WAY: usize = 100;

/// Reports of a call, each to an origin of its own.
const REPORTS: u8 = 8;

/// How long the receiver keeps an answer back until the kill, so that much is under way then and some has been answered.
const BUSY: Duration = Duration::from_millis(800);

/// And after it.
const QUICK: Duration = Duration::from_millis(50);

/// Answers, reports to each origin in turn, and ends.
fn reporting(witness: &Witness) -> String {
    let mut flow = "flow: reporting\nstart: answer\nnodes:\n  answer: { applet: answer, next: r1 }\n".to_owned();
    for origin in 1..=REPORTS {
        let next = if origin == REPORTS { "bye".to_owned() } else { format!("r{}", origin + 1) };
        let url = witness.url(origin, "/calls");
        writeln!(flow, "  r{origin}: {{ applet: passthru, url: '{url}', async: true, next: {next} }}").expect("text");
    }
    flow + "  bye: { applet: hangup, cause: 17 }\n"
}

#[test]
fn ten_kills_with_a_thousand_reports_owed_lose_none_and_repeat_only_what_was_under_way() {
    let witness = Witness::at(free_port(), REPORTS, BUSY);
    let mut server = Server::with_flows(&[("reporting.yaml", &reporting(&witness))], IDENTIFY);
    let mut owed_at_kills = Vec::new();
    let mut promised = BTreeSet::new();
    // How often each was under way at a kill.
    let mut under_way: BTreeMap<String, usize> = BTreeMap::new();
    let began = Instant::now();
    for kill in 0..KILLS {
        witness.holds(BUSY);
        let database = Database::of(server.folder());
        let callers = Sipp::calls(server.sip, "08011112222", "ended_17").with(&["-m", "100000", "-r", "150"]).start();
        database.until_owed(|owed| owed >= OWED + 17 * kill);
        let (running, waiting) = loop {
            database.until_under_way(|running| running >= UNDER_WAY);
            server.hold_still();
            let (running, waiting) = (database.callouts(&["running"]), database.callouts(&["waiting"]));
            // Some may have ended in between.
            if running.len() >= UNDER_WAY && running.len() + waiting.len() >= OWED as usize {
                break (running, waiting);
            }
            server.go_on();
        };
        drop((callers, database));
        let folder = server.kill();
        owed_at_kills.push((waiting.len(), running.len()));
        promised.extend(waiting.into_iter().chain(running.iter().cloned()));
        running.into_iter().for_each(|id| *under_way.entry(id).or_default() += 1);
        witness.holds(QUICK);
        server = Server::again(folder, IDENTIFY);
        Database::of(server.folder()).until_owed(|owed| owed == 0);
    }
    println!("waiting and under way at each kill: {owed_at_kills:?}; {:?} in all", began.elapsed());
    assert_eq!(owed_at_kills.len(), KILLS as usize);
    let database = Database::of(server.folder());
    assert_eq!(database.callouts(&["waiting", "running", "dead"]), BTreeSet::new());
    let tries = witness.by_id();
    let answered = |id: &String| tries.get(id).is_some_and(|tries| tries.iter().any(|it| it.answered));
    let lost: Vec<_> = promised.iter().filter(|id| !answered(id)).collect();
    assert!(lost.is_empty(), "{} of {} are lost: {lost:?}", lost.len(), promised.len());
    let delivered = database.callouts(&["delivered"]);
    let unknown: Vec<_> = tries.keys().filter(|id| !delivered.contains(*id)).collect();
    assert!(unknown.is_empty(), "told of without a row: {unknown:?}");
    let extras: usize = tries.values().map(|tries| tries.len() - 1).sum();
    println!("{} promised, {} told, {extras} told again", promised.len(), tries.len());
    for (id, tries) in &tries {
        let may = 1 + under_way.get(id).copied().unwrap_or_default();
        assert!(tries.len() <= may, "{id} was told {} times, {may} were allowed: {tries:?}", tries.len());
        for pair in tries.windows(2) {
            assert_eq!(pair[0].content, pair[1].content, "{id} has two contents");
            assert!(pair[0].attempt < pair[1].attempt, "{id}: {pair:?}");
            assert!(pair[0].ended.is_some_and(|ended| ended <= pair[1].began), "{id} is told twice at once: {pair:?}");
        }
    }
    assert!(extras > 0, "no try was under way at any kill");
}
