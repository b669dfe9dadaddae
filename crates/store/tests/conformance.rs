//! What every kind of store promises, told through its public surface. A second kind is added to [`open`] alone.

mod story;

use std::ops::Deref;
use std::path::PathBuf;
use std::time::Duration;

use model::{
    CallEvent, CallState, CalloutId, Cause, Cdr, EndedBy, EventKind, HttpFailure, HttpOutcome, HttpTrace, LegEnd,
    LegId, Tenant, Way,
};
use store::{
    Backlog, CALLS_A_PAGE, CLAIM_ROWS, CallFilter, EVENTS_A_PAGE, LastTry, Next, Notify, OutboxFilter, OutboxState,
    Owed, PRUNE_ROWS, Recovered, Share, Store, StoreError,
};
use story::*;

/// A store of a test's own, that can be closed and opened again.
struct Fixture {
    store: Option<Store>,
    folder: tempfile::TempDir,
}

fn open() -> Fixture {
    let mut fixture = Fixture { store: None, folder: tempfile::tempdir().expect("a folder") };
    fixture.reopen();
    fixture
}

impl Fixture {
    fn path(&self) -> PathBuf {
        self.folder.path().join("passthru.db")
    }

    fn reopen(&mut self) -> Recovered {
        self.store = None;
        let (store, recovered) = Store::open(&self.path(), "here").expect("opens");
        self.store = Some(store);
        recovered
    }
}

impl Deref for Fixture {
    type Target = Store;

    fn deref(&self) -> &Store {
        self.store.as_ref().expect("open")
    }
}

fn recovered(epoch: i64, calls: u32, callouts: usize) -> Recovered {
    Recovered { epoch, calls, callouts, unreadable: Vec::new() }
}

fn ours() -> Tenant {
    Tenant::default()
}

fn journal(store: &Store, call: &str) -> Vec<CallEvent> {
    store.reader().events(&ours(), &sid(call), 0).expect("reads")
}

fn record(store: &Store, call: &str) -> Cdr {
    store.reader().call(&ours(), &sid(call)).expect("reads").expect("there is one")
}

/// A record as it is shown; what the fold keeps for itself is not.
fn shown(record: &Cdr) -> String {
    serde_json::to_string(record).expect("plain data")
}

fn outbox(store: &Store) -> Vec<store::OutboxRow> {
    store.reader().outbox(&ours(), &OutboxFilter::default(), CLAIM_ROWS).expect("reads")
}

fn rejected<T: std::fmt::Debug>(result: Result<T, StoreError>) -> String {
    match result {
        Err(StoreError::Rejected(why)) => why,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_journal_is_read_back_as_it_was_written_and_the_record_is_its_fold() {
    let failure = Some(HttpFailure::Connect("refused".into()));
    let (first, cause) = (LegId::FIRST, Cause::USER_BUSY);
    let kinds = vec![
        EventKind::FlowStarted { flow: "desk".into(), version: 3 },
        EventKind::Ringing,
        EventKind::Answered { codec: "PCMA".into() },
        EventKind::NodeEntered { node: "a".into(), applet: "ivr".into() },
        EventKind::PlayStarted { audio: "Grüß Gott, “welcome”\n\0".into() },
        EventKind::PlayEnded { audio: "x".into(), finished: false },
        EventKind::Digit { digit: '#' },
        EventKind::Gathered { digits: "12".into() },
        EventKind::NodeLeft { node: "a".into(), exit: "200".into() },
        EventKind::VariableSet { name: "n".into(), value: "v".into() },
        EventKind::CalloutStarted { callout: CalloutId(1), method: "GET".into(), url: "http://a.example".into() },
        EventKind::CalloutEnded {
            callout: CalloutId(1),
            status: None,
            failure,
            took: Duration::from_nanos(1_000_001),
            way: Way::Retry,
        },
        EventKind::NotifyQueued { callout: CalloutId(2), method: "GET".into(), url: "http://a.example".into() },
        EventKind::NotifyCommitted { callout: CalloutId(2), failure: Some("full".into()) },
        EventKind::Dialled { target: "sip:a@b.example".into(), caller_id: "+919900000003".into() },
        EventKind::Joined { with: LegId(1) },
        EventKind::Held { on: true },
        EventKind::Unjoined { with: LegId(1) },
        EventKind::LegEnded(LegEnd { cause, status: Some(486), by: EndedBy::Callee }),
        EventKind::Fault { what: "odd".into() },
        EventKind::Ended { cause, by: EndedBy::Network },
        EventKind::NotifyAttempted {
            callout: CalloutId(2),
            attempt: 1,
            status: Some(200),
            failure: None,
            last: true,
            took: Duration::ZERO,
            trace: HttpTrace::default(),
        },
    ];
    let mut store = open();
    let mut events = vec![offered("c", "+919900000001")];
    events.extend(kinds.into_iter().map(|kind| line("c", 7, kind)));
    let mut numbered = events.clone();
    numbered.iter_mut().zip(0..).for_each(|(event, seq)| event.seq = seq);
    assert_eq!(append(&store, events, vec![]), Ok(numbered.clone()));
    for _ in 0..2 {
        assert_eq!(journal(&store, "c"), numbered);
        let fold = Cdr::fold(&numbered).expect("begins with an offer");
        assert_eq!(shown(&record(&store, "c")), shown(&fold));
        assert_eq!(first, numbered[0].leg.expect("set"));
        store.reopen();
    }
}

#[test]
fn a_record_is_right_at_each_step_and_after_its_writer_forgot_it() {
    let mut store = open();
    append(&store, vec![offered("c", "a")], vec![]).unwrap();
    assert_eq!(record(&store, "c").state, CallState::Ringing);
    append(&store, vec![answered("c", 2)], vec![]).unwrap();
    assert_eq!(record(&store, "c").state, CallState::InProgress);
    rejected(append(&store, vec![answered("nobody", 2)], vec![])); // a rollback makes the writer forget
    append(&store, vec![ended("c", 9)], vec![]).unwrap();
    assert_eq!(record(&store, "c").billable, Some(Duration::from_secs(7)));
    assert_eq!(store.reopen(), recovered(2, 0, 0));
}

#[test]
fn a_batch_that_breaks_a_rule_leaves_no_trace_and_hurts_no_other() {
    let store = open();
    append(&store, vec![offered("over", "a"), ended("over", 1)], vec![notify("over", 1)]).unwrap();
    let rows = [
        (vec![answered("nobody", 1)], vec![], "no journal"),
        (vec![offered("over", "b")], vec![], "a journal already"),
        (vec![offered("x", "b"), offered("x", "b")], vec![], "a journal already"),
        (vec![answered("over", 2)], vec![], "has ended"),
        (vec![ended("over", 2)], vec![], "has ended"),
        (vec![offered("x", "b"), ended("x", 1), ended("x", 2)], vec![], "has ended"),
        (vec![offered("x", "b")], vec![notify("over", 1)], "in the outbox already"),
        (vec![offered("x", "b")], vec![notify("nobody", 1)], "no such call"),
    ];
    for (events, notify, why) in rows {
        let said = rejected(append(&store, events, notify));
        assert!(said.contains(why), "{said}");
    }
    assert_eq!(store.reader().call(&ours(), &sid("x")), Ok(None));
    assert_eq!((journal(&store, "over").len(), outbox(&store).len()), (2, 1));
    append(&store, vec![offered("x", "b")], vec![notify("x", 1)]).unwrap();
    assert_eq!(store.writer().health(), Ok(()));
}

#[test]
fn a_call_left_running_is_ended_by_the_next_start_and_only_once() {
    let mut store = open();
    append(&store, vec![offered("ringing", "a")], vec![]).unwrap();
    append(&store, vec![offered("talking", "a"), answered("talking", 5), digit("talking", 7)], vec![]).unwrap();
    append(&store, vec![offered("over", "a"), ended("over", 5)], vec![]).unwrap();
    assert_eq!(store.reopen(), recovered(2, 2, 0));
    assert_eq!(store.reopen(), recovered(3, 0, 0));
    let talking = record(&store, "talking");
    assert_eq!((talking.state, talking.cause), (CallState::Completed, Some(Cause::TEMPORARY_FAILURE)));
    assert_eq!((talking.ended_by, talking.ended), (Some(EndedBy::Us), Some(clock(7))));
    let [lasted, paid] = [7, 2].map(|seconds| Some(Duration::from_secs(seconds)));
    assert_eq!((talking.duration, talking.billable), (lasted, paid), "the time until the next start is nobody's");
    assert_eq!(record(&store, "ringing").state, CallState::Unanswered);
    assert_eq!(journal(&store, "talking").last().map(|event| (event.seq, event.wall)), Some((3, clock(7))));
    assert_eq!(journal(&store, "over").len(), 2);
}

#[test]
fn a_clock_that_jumped_back_does_not_turn_a_journal_round() {
    let store = open();
    append(&store, vec![offered("c", "a"), answered("c", 5)], vec![notify("c", 1)]).unwrap();
    let id = claim(&store, 1, clock(0)).rows[0].id;
    let attempt = finish(&store, id, answer(200), Next::Delivered, clock(-3600)).unwrap();
    assert_eq!(attempt.at, Duration::from_secs(5));
}

#[test]
fn calls_are_listed_newest_first_in_stable_pages() {
    let store = open();
    let arrive = |name: &str, second| {
        let mut event = offered(name, "a");
        event.wall = clock(second);
        append(&store, vec![event], vec![]).unwrap();
    };
    for (name, second) in [("b", 1), ("a", 1), ("d", 3), ("c", 2), ("e", 3)] {
        arrive(name, second);
    }
    let mut filter = CallFilter::default();
    let mut seen = Vec::new();
    loop {
        let page = store.reader().calls(&ours(), &filter, 2).unwrap();
        seen.extend(page.calls.iter().map(|call| call.sid.to_string()));
        arrive(&format!("late {}", seen.len()), 9);
        let Some(next) = page.next else { break };
        filter.before = Some(next.to_string().parse().unwrap());
    }
    assert_eq!(seen, ["e", "d", "c", "b", "a"]);
    for text in ["", "x.y", "12"] {
        assert!(text.parse::<store::Cursor>().is_err(), "{text}");
    }
}

#[test]
fn calls_are_found_by_each_filter() {
    let store = open();
    append(&store, vec![offered("one", "+919900000001")], vec![]).unwrap();
    let flow = line("two", 1, EventKind::FlowStarted { flow: "desk".into(), version: 1 });
    append(&store, vec![line("two", 10, offer("+919900000009", ours())), flow, answered("two", 11)], vec![]).unwrap();
    let any = CallFilter::default;
    let rows: [(CallFilter, &[&str]); 9] = [
        (any(), &["two", "one"]),
        (CallFilter { from: Some("+919900000001".into()), ..any() }, &["one"]),
        (CallFilter { to: Some(BOB.into()), ..any() }, &["two", "one"]),
        (CallFilter { to: Some("+91".into()), ..any() }, &[]),
        (CallFilter { state: Some(CallState::InProgress), ..any() }, &["two"]),
        (CallFilter { flow: Some("desk".into()), ..any() }, &["two"]),
        (CallFilter { since: Some(clock(10)), ..any() }, &["two"]),
        (CallFilter { until: Some(clock(10)), ..any() }, &["one"]),
        (CallFilter { since: Some(clock(1)), until: Some(clock(10)), ..any() }, &[]),
    ];
    for (filter, expected) in rows {
        let found = store.reader().calls(&ours(), &filter, 10).unwrap().calls;
        let found: Vec<_> = found.iter().map(|call| call.sid.as_str()).collect();
        assert_eq!(found, expected, "{filter:?}");
    }
}

#[test]
fn reads_have_limits() {
    let store = open();
    for first in (0..=CALLS_A_PAGE).step_by(100) {
        let calls = (first..(first + 100).min(CALLS_A_PAGE + 1)).map(|n| offered(&format!("call {n}"), "a"));
        append(&store, calls.collect(), vec![]).unwrap();
    }
    let page = store.reader().calls(&ours(), &CallFilter::default(), usize::MAX).unwrap();
    assert_eq!((page.calls.len(), page.next.is_some()), (CALLS_A_PAGE, true));
    assert_eq!(store.reader().calls(&ours(), &CallFilter::default(), 0).unwrap().calls.len(), 1);

    let digits = vec![line("call 0", 1, EventKind::Digit { digit: '1' }); EVENTS_A_PAGE];
    append(&store, digits, (1..=300).map(|callout| notify("call 0", callout)).collect()).unwrap();
    assert_eq!(journal(&store, "call 0").len(), EVENTS_A_PAGE);
    let rest = store.reader().events(&ours(), &sid("call 0"), u32::try_from(EVENTS_A_PAGE).unwrap()).unwrap();
    assert_eq!(rest.len(), 1);
    let rows = store.reader().outbox(&ours(), &OutboxFilter::default(), usize::MAX).unwrap();
    let before = rows.last().map(|row| row.id);
    let older = store.reader().outbox(&ours(), &OutboxFilter { before, ..OutboxFilter::default() }, 999).unwrap();
    assert_eq!((rows.len(), older.len()), (CLAIM_ROWS, 300 - CLAIM_ROWS));

    let owed = (301..=600).map(|callout| to("call 0", &format!("https://host{callout}.example/"), callout)).collect();
    append(&store, vec![], owed).unwrap();
    assert_eq!(claim(&store, usize::MAX, clock(0)).rows.len(), CLAIM_ROWS);
}

#[test]
fn what_is_another_tenants_is_not_there() {
    let store = open();
    let theirs = Tenant("theirs".into());
    append(&store, vec![line("c", 0, offer("a", theirs.clone()))], vec![notify("c", 1)]).unwrap();
    let reader = store.reader();
    for (tenant, count) in [(theirs, 1), (ours(), 0)] {
        assert_eq!(reader.calls(&tenant, &CallFilter::default(), 9).unwrap().calls.len(), count);
        assert_eq!(reader.call(&tenant, &sid("c")).unwrap().iter().count(), count);
        assert_eq!(reader.events(&tenant, &sid("c"), 0).unwrap().len(), count);
        assert_eq!(reader.outbox(&tenant, &OutboxFilter::default(), 9).unwrap().len(), count);
    }
    assert_eq!(claim(&store, 1, clock(0)).rows[0].tenant, Tenant("theirs".into()));
}

#[test]
fn a_callout_is_retried_until_delivered_and_each_attempt_is_journalled() {
    let store = open();
    let mut asked = notify("c", 4);
    asked.request.body = vec![0, 255];
    asked.request.headers = vec![("X-A".into(), "1".into())];
    append(&store, vec![offered("c", "a")], vec![asked.clone()]).unwrap();
    assert_eq!((claim(&store, 9, clock(-1)).rows, next_due(&store)), (vec![], Some(clock(0))), "not due yet");

    let claimed = claim(&store, 9, clock(0));
    let row = &claimed.rows[0];
    assert_eq!((&row.request, row.attempt, next_due(&store)), (&asked.request, 1, None));
    assert_eq!(row.origin, "https://crm.example");
    assert_eq!(row.holder, Some(("here".into(), 1)));
    assert_eq!(claim(&store, 9, clock(0)).rows, [], "an attempt is under way");

    let timeout = HttpOutcome::Failed(HttpFailure::Timeout);
    let first = finish(&store, row.id, timeout, Next::Retry { at: clock(8) }, clock(5)).unwrap();
    assert_eq!((first.seq, first.at), (1, Duration::from_secs(5)));
    assert_eq!(outbox(&store)[0].last, Some(LastTry { status: None, failure: Some(HttpFailure::Timeout) }));
    assert_eq!((claim(&store, 9, clock(7)).rows, next_due(&store)), (vec![], Some(clock(8))));
    append(&store, vec![ended("c", 6)], vec![]).unwrap();

    let again = claim(&store, 9, clock(8)).rows;
    assert_eq!((again[0].id, again[0].attempt), (row.id, 2));
    finish(&store, row.id, answer(204), Next::Delivered, clock(9)).unwrap();
    let kinds: Vec<_> = journal(&store, "c").into_iter().map(|event| (event.seq, event.kind)).collect();
    let attempted = |attempt, status, failure, last| EventKind::NotifyAttempted {
        callout: CalloutId(4),
        attempt,
        status,
        failure,
        last,
        took: Duration::ZERO,
        trace: HttpTrace::default(),
    };
    assert_eq!(kinds[1], (1, attempted(1, None, Some(HttpFailure::Timeout), false)));
    assert_eq!(kinds[3], (3, attempted(2, Some(204), None, true)));
    assert_eq!((record(&store, "c").events, record(&store, "c").callouts_failed), (4, 0));
    let row = &outbox(&store)[0];
    assert_eq!((row.state, row.attempt), (OutboxState::Delivered, 2));
    assert_eq!(row.last, Some(LastTry { status: Some(204), failure: None }));
}

#[test]
fn a_line_that_the_store_adds_to_a_running_call_does_not_collide() {
    let store = open();
    append(&store, vec![offered("c", "a")], vec![notify("c", 1)]).unwrap();
    let id = claim(&store, 1, clock(1)).rows[0].id;
    finish(&store, id, answer(200), Next::Delivered, clock(1)).unwrap();
    let mut next = answered("c", 2);
    next.seq = 1; // as counted by who does not know of the attempt
    assert_eq!(append(&store, vec![next], vec![]).unwrap()[0].seq, 2);
}

#[test]
fn a_dead_callout_stays_and_counts_as_failed() {
    let store = open();
    append(&store, vec![offered("c", "a"), ended("c", 1)], vec![notify("c", 1)]).unwrap();
    let id = claim(&store, 1, clock(1)).rows[0].id;
    finish(&store, id, answer(410), Next::Dead, clock(2)).unwrap();
    assert_eq!(record(&store, "c").callouts_failed, 1);
    assert_eq!(claim(&store, 9, clock(999)).rows, []);
    assert_eq!(wait(|done| store.writer().prune(clock(999), done)), Ok(0));
    let dead = OutboxFilter { state: Some(OutboxState::Dead), call: Some(sid("c")), before: None };
    assert_eq!(store.reader().outbox(&ours(), &dead, 9).unwrap().len(), 1);
}

#[test]
fn what_is_not_delivered_is_counted_with_the_age_of_the_oldest() {
    let store = open();
    let backlog = |waiting, dead, oldest| Backlog { waiting, dead, oldest };
    let found = || store.reader().backlog().expect("reads");
    assert_eq!(found(), Backlog::default());
    let calls = ["c1", "c2", "c3", "c4"];
    let mut owed: Vec<_> = calls.iter().zip(1..).map(|(call, callout)| notify(call, callout)).collect();
    owed.iter_mut().zip(1..).for_each(|(row, second)| row.created = clock(second));
    append(&store, calls.map(|call| offered(call, "a")).into(), owed).unwrap();
    assert_eq!(found(), backlog(4, 0, Some(clock(1))));
    let rows = claim(&store, 2, clock(9)).rows;
    assert_eq!(found(), backlog(4, 0, Some(clock(1))), "what is tried is not delivered yet");
    finish(&store, rows[0].id, answer(410), Next::Dead, clock(9)).unwrap();
    assert_eq!(found(), backlog(3, 1, Some(clock(2))));
    finish(&store, rows[1].id, answer(200), Next::Delivered, clock(9)).unwrap();
    assert_eq!(found(), backlog(2, 1, Some(clock(3))));
}

#[test]
fn an_attempt_is_ended_once_and_only_by_the_start_that_began_it() {
    let mut store = open();
    append(&store, vec![offered("c", "a"), ended("c", 1)], vec![notify("c", 1)]).unwrap();
    let delivered = |store: &Store, id| finish(store, id, answer(200), Next::Delivered, clock(3));
    let id = claim(&store, 1, clock(1)).rows[0].id;
    rejected(delivered(&store, id + 1));
    assert_eq!(store.reopen(), recovered(2, 0, 1));
    rejected(delivered(&store, id));
    let again = claim(&store, 1, clock(2)).rows;
    assert_eq!((again[0].id, again[0].attempt), (id, 2), "the attempt that died with its process counts");
    delivered(&store, id).unwrap();
    rejected(delivered(&store, id));
    assert_eq!(journal(&store, "c").len(), 3, "a refused end leaves no line");
}

#[test]
fn rows_are_claimed_soonest_due_first() {
    let store = open();
    let calls = ["c1", "c2", "c3", "c4"];
    let mut owed: Vec<_> = calls.iter().zip(1..).map(|(call, callout)| notify(call, callout)).collect();
    owed.iter_mut().zip([30, 10, 40, 20]).for_each(|(row, second)| row.created = clock(second));
    append(&store, calls.map(|call| offered(call, "a")).into(), owed).unwrap();
    let claimed = claim(&store, 2, clock(35));
    assert_eq!(claimed.rows.iter().map(|row| row.callout.0).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(next_due(&store), Some(clock(30)));
}

#[test]
fn what_a_call_tells_an_origin_comes_in_its_order() {
    let mut store = open();
    let numbers = |claimed: store::Claimed| claimed.rows.iter().map(|row| row.callout.0).collect::<Vec<_>>();
    let owed =
        vec![to("c", "https://a.example/1", 1), to("c", "https://a.example/2", 2), to("c", "https://b.example/", 3)];
    append(&store, vec![offered("c", "a")], owed).unwrap();
    append(&store, vec![], vec![to("c", "https://a.example/4", 4)]).unwrap();
    let first = claim(&store, 9, clock(1));
    assert_eq!((numbers(first.clone()), next_due(&store)), (vec![1, 3], None), "an origin each");
    finish(&store, first.rows[0].id, answer(500), Next::Retry { at: clock(9) }, clock(2)).unwrap();
    assert_eq!(claim(&store, 9, clock(8)).rows, []);
    assert_eq!(next_due(&store), Some(clock(9)), "the others stand behind the one that is retried");
    store.reopen();
    let again = claim(&store, 9, clock(9));
    assert_eq!(numbers(again.clone()), [3, 1]);
    finish(&store, again.rows[1].id, answer(410), Next::Dead, clock(9)).unwrap();
    let next = claim(&store, 9, clock(9));
    assert_eq!(numbers(next.clone()), [2]);
    finish(&store, next.rows[0].id, answer(200), Next::Delivered, clock(9)).unwrap();
    assert_eq!(numbers(claim(&store, 9, clock(9))), [4]);
}

/// A callout to that URL.
fn to(call: &str, url: &str, callout: u32) -> Notify {
    let mut row = notify(call, callout);
    row.request.url = url.into();
    row
}

#[test]
fn a_claim_takes_of_each_origin_what_it_is_told_and_no_more() {
    let store = open();
    let numbers = |rows: &[store::OutboxRow]| rows.iter().map(|row| row.callout.0).collect::<Vec<_>>();
    let spellings = ["https://dead.example/a?b", "https://u:p@DEAD.example"].into_iter().cycle();
    let call = |callout: u32| format!("c{callout}");
    let many = u32::try_from(CLAIM_ROWS).unwrap() + 4;
    let mut rows: Vec<_> = (1..=many).zip(spellings).map(|(callout, url)| to(&call(callout), url, callout)).collect();
    rows.push(to("c1", "https://alive.example/", 900));
    rows.iter_mut().filter(|row| row.callout.0 >= 900).for_each(|row| row.created = clock(5));
    append(&store, (1..=many).map(|callout| offered(&call(callout), "a")).collect(), rows).unwrap();
    let due = |origin: &str, second, due| Owed { origin: origin.into(), soonest: clock(second), due };
    let (dead, alive) = ("https://dead.example", "https://alive.example");
    assert_eq!(owed(&store, clock(0)), [due(dead, 0, CLAIM_ROWS), due(alive, 5, 0)], "as far as a claim goes");
    let take = |shares: &[(&str, usize)], second| {
        let shares = shares.iter().map(|(origin, rows)| Share { origin: (*origin).into(), rows: *rows }).collect();
        numbers(&wait(|done| store.writer().claim(shares, done, clock(second))).unwrap().rows)
    };
    assert_eq!(take(&[(dead, 3), (alive, 3), ("https://nobody.example", 3)], 4), [1, 2, 3], "what is due, in order");
    assert_eq!(take(&[(dead, 0), (alive, 3)], 5), [900]);
    assert_eq!(take(&[(alive, 3)], 5), [] as [u32; 0], "an attempt is under way");
    assert_eq!(owed(&store, clock(5)), [due(dead, 0, CLAIM_ROWS)]);
    assert_eq!(take(&[(dead, 2)], 5), [4, 5]);
    assert_eq!(owed(&store, clock(5)), [due(dead, 0, CLAIM_ROWS - 1)]);
}

#[test]
fn delivered_rows_are_pruned_by_age_in_bounded_steps_and_their_ids_not_reused() {
    let store = open();
    let count = PRUNE_ROWS + 1;
    let calls: Vec<String> = (0..count).map(|call| format!("c{call}")).collect();
    let owed = calls.iter().map(|call| notify(call, 1)).collect();
    append(&store, calls.iter().map(|call| offered(call, "a")).collect(), owed).unwrap();
    let mut highest = 0;
    for _ in 0..count.div_ceil(CLAIM_ROWS) {
        for row in claim(&store, CLAIM_ROWS, clock(0)).rows {
            finish(&store, row.id, answer(200), Next::Delivered, clock(5)).unwrap();
            highest = highest.max(row.id);
        }
    }
    let prune = |second| wait(|done| store.writer().prune(clock(second), done));
    assert_eq!((prune(5), prune(6), prune(6), prune(6)), (Ok(0), Ok(PRUNE_ROWS), Ok(1), Ok(0)));
    append(&store, vec![], vec![notify("c1", 9999)]).unwrap();
    assert!(outbox(&store)[0].id > highest);
}

#[test]
fn what_was_taken_is_done_before_the_store_closes() {
    let mut store = open();
    let (sender, receiver) = std::sync::mpsc::sync_channel(1000);
    for n in 0..1000 {
        let sender = sender.clone();
        let batch =
            store::Batch { events: vec![offered(&format!("{n}"), "a")], notify: vec![], ..store::Batch::default() };
        store.writer().append(batch, move |done| sender.send(done.is_ok()).unwrap()).unwrap();
    }
    let writer = store.writer().clone();
    store.store = None;
    assert_eq!(receiver.try_iter().filter(|done| *done).count(), 1000);
    assert!(matches!(writer.health(), Err(StoreError::Stopped(_))));
    assert!(writer.prune(clock(0), |_| panic!("refused jobs are not called back")).is_err());
    assert_eq!(store.reopen().calls, 1000);
}
