//! The list of callouts, of both kinds, and what is known of each.

mod story;

use std::time::Duration;

use jiff::Timestamp;
use model::{
    Asker, Attempt, CalloutId, EventKind, HttpAnswer, HttpFailure, HttpOutcome, HttpRequest, HttpTrace, Mark, Tenant,
    Way,
};
use store::{
    ATTEMPTS_SHOWN, AttemptKind, By, CALLOUTS_A_PAGE, CalloutFilter, CalloutPlace, CalloutRow, CalloutState, Finish,
    Kept, Next, Notify, PRUNE_ROWS, Reader, Rest, Stats, StatsFilter, Store,
};
use story::*;

fn open() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, _) = Store::open(&folder.path().join("passthru.db"), "here").expect("opens");
    (store, folder)
}

fn ours() -> Tenant {
    Tenant::default()
}

fn request(call: &str, callout: u32, url: &str) -> HttpRequest {
    let asker = Asker { flow: "desk".into(), node: "ask".into(), applet: "passthru".into() };
    let mark = Some(Mark::new(sid(call), CalloutId(callout), asker));
    HttpRequest { mark, ..HttpRequest::get(url, Duration::from_secs(5)) }
}

fn attempt(call: &str, callout: u32, number: u32, outcome: HttpOutcome) -> Attempt {
    Attempt {
        call: sid(call),
        callout: CalloutId(callout),
        number,
        way: if number == 1 { Way::First } else { Way::Retry },
        began: clock(i64::from(number) * 10),
        took: Duration::from_millis(1_500),
        request: request(call, callout, "https://u:p@crm.example/route?key=1"),
        outcome,
        trace: HttpTrace { dns: Some(Duration::from_micros(7)), ..HttpTrace::default() },
    }
}

fn keep(store: &Store, attempt: Attempt) {
    let kept = Kept { tenant: ours(), kind: AttemptKind::Sync, attempt };
    wait(|done| store.writer().keep_attempt(kept, done)).expect("kept");
}

/// Owes a callout.
fn owe(store: &Store, call: &str, callout: u32, url: &str, created: Timestamp) {
    let row = Notify { call: sid(call), callout: CalloutId(callout), request: request(call, callout, url), created };
    append(store, vec![], vec![row]).expect("owed");
}

fn list(store: &Store, filter: &CalloutFilter) -> Vec<CalloutRow> {
    store.reader().callouts(&ours(), filter, 100).expect("reads").callouts
}

fn numbers(rows: &[CalloutRow]) -> Vec<u32> {
    rows.iter().map(|row| row.callout.0).collect()
}

fn failed() -> HttpOutcome {
    HttpOutcome::Failed(HttpFailure::Timeout)
}

/// Of one call: 1 was answered, 2 timed out; 3 is dead, 4 delivered, 5 waits; newest last, ten seconds apart.
fn story() -> (Store, tempfile::TempDir) {
    let (store, folder) = open();
    append(&store, vec![offered("c", BOB)], vec![]).expect("stored");
    for (callout, outcome) in [(1, answer(302)), (2, failed())] {
        let began = clock(i64::from(callout) * 10);
        keep(&store, Attempt { began, ..attempt("c", callout, 1, outcome) });
    }
    for (callout, outcome, next) in [(3, failed(), Next::Dead), (4, answer(204), Next::Delivered)] {
        let created = clock(i64::from(callout) * 10);
        owe(&store, "c", callout, "https://u:p@Reports.example/calls", created);
        let id = claim(&store, 1, created).rows[0].id;
        let attempt = Some(attempt("c", callout, 1, outcome.clone()));
        wait(|done| {
            store.writer().finish(Finish { id, outcome, next, attempt }, done, created + Duration::from_secs(2))
        })
        .expect("finished");
    }
    owe(&store, "c", 5, "https://reports.example/calls", clock(50));
    (store, folder)
}

#[test]
fn callouts_of_both_kinds_are_listed_newest_first() {
    let (store, _folder) = story();
    let rows = list(&store, &CalloutFilter::default());
    let shown: Vec<_> = rows
        .iter()
        .map(|row| (row.callout.0, row.kind, row.state, row.status, row.failure.as_deref(), row.attempts))
        .collect();
    use AttemptKind::{Async, Sync};
    let expected = [
        (5, Async, CalloutState::Waiting, None, None, 0),
        (4, Async, CalloutState::Delivered, Some(204), None, 1),
        (3, Async, CalloutState::Dead, None, Some("timeout"), 1),
        (2, Sync, CalloutState::Failed, None, Some("timeout"), 1),
        (1, Sync, CalloutState::Answered, Some(302), None, 1),
    ];
    assert_eq!(shown, expected);
    let took: Vec<_> = rows.iter().map(|row| row.took.map(|took| took.as_millis())).collect();
    assert_eq!(took, [None, Some(2_000), Some(2_000), Some(1_500), Some(1_500)]);
    for row in &rows {
        assert_eq!((row.asker.flow.as_str(), row.asker.node.as_str()), ("desk", "ask"));
        assert!(!row.url.contains("u:p") && row.url.starts_with("https://"), "{}", row.url);
    }
}

#[test]
fn each_filter_narrows_both_kinds() {
    let (store, _folder) = story();
    append(&store, vec![offered("d", BOB)], vec![]).unwrap();
    owe(&store, "d", 9, "https://other.example/", clock(90));
    let all = CalloutFilter::default;
    let text = |text: &str| Some(text.to_owned());
    let rows: Vec<(CalloutFilter, Vec<u32>)> = vec![
        (CalloutFilter { call: Some(sid("c")), ..all() }, vec![5, 4, 3, 2, 1]),
        (CalloutFilter { call: Some(sid("d")), ..all() }, vec![9]),
        (CalloutFilter { call: Some(sid("nobody")), ..all() }, vec![]),
        (CalloutFilter { kind: Some(AttemptKind::Sync), ..all() }, vec![2, 1]),
        (CalloutFilter { kind: Some(AttemptKind::Async), ..all() }, vec![9, 5, 4, 3]),
        (CalloutFilter { state: Some(CalloutState::Dead), ..all() }, vec![3]),
        (CalloutFilter { state: Some(CalloutState::Waiting), ..all() }, vec![9, 5]),
        (CalloutFilter { state: Some(CalloutState::Answered), ..all() }, vec![1]),
        (CalloutFilter { state: Some(CalloutState::Failed), ..all() }, vec![2]),
        (CalloutFilter { flow: text("desk"), ..all() }, vec![9, 5, 4, 3, 2, 1]),
        (CalloutFilter { flow: text("none"), ..all() }, vec![]),
        (CalloutFilter { origin: text("https://crm.example"), ..all() }, vec![2, 1]),
        (CalloutFilter { origin: text("https://reports.example"), ..all() }, vec![5, 4, 3]),
        (CalloutFilter { status: Some(204), ..all() }, vec![4]),
        (CalloutFilter { failure: text("timeout"), ..all() }, vec![3, 2]),
        (CalloutFilter { since: Some(clock(30)), until: Some(clock(50)), ..all() }, vec![4, 3]),
        (CalloutFilter { call: Some(sid("c")), since: Some(clock(20)), until: Some(clock(40)), ..all() }, vec![3, 2]),
    ];
    for (filter, expected) in rows {
        assert_eq!(numbers(&list(&store, &filter)), expected, "{filter:?}");
    }
    let theirs = store.reader().callouts(&Tenant("theirs".into()), &all(), 9).unwrap();
    assert_eq!(theirs.callouts, []);
}

#[test]
fn pages_follow_on_each_other_though_kinds_share_moments() {
    let (store, _folder) = open();
    append(&store, vec![offered("c", BOB)], vec![]).unwrap();
    for callout in 1..=4 {
        keep(&store, Attempt { began: clock(1), ..attempt("c", callout, 1, answer(200)) });
        owe(&store, "c", callout + 10, "https://reports.example/", clock(1));
    }
    let whole = numbers(&list(&store, &CalloutFilter::default()));
    assert_eq!(whole, [14, 13, 12, 11, 4, 3, 2, 1]);
    for size in [1, 3, 4, 5] {
        let (mut paged, mut before) = (Vec::new(), None);
        loop {
            let filter = CalloutFilter { before, ..CalloutFilter::default() };
            let page = store.reader().callouts(&ours(), &filter, size).unwrap();
            assert!(page.callouts.len() <= size);
            paged.extend(numbers(&page.callouts));
            before = page.next.map(|place| place.to_string().parse::<CalloutPlace>().unwrap());
            owe(&store, "c", u32::try_from(size * 100 + paged.len()).unwrap(), "https://reports.example/", clock(2));
            if before.is_none() {
                break;
            }
        }
        let first_comers: Vec<_> = paged.into_iter().filter(|callout| *callout < 100).collect();
        assert_eq!(first_comers, whole, "pages of {size}");
    }
    for text in ["", "1", "1.0", "1.2.3", "1.0.x", "1.0.1.1"] {
        assert!(text.parse::<CalloutPlace>().is_err(), "{text:?}");
    }
}

#[test]
fn a_page_has_a_limit() {
    let (store, _folder) = open();
    append(&store, vec![offered("c", BOB)], vec![]).unwrap();
    for callout in 0..=u32::try_from(CALLOUTS_A_PAGE).unwrap() {
        let kept = Kept { tenant: ours(), kind: AttemptKind::Sync, attempt: attempt("c", callout, 1, answer(200)) };
        store.writer().keep_attempt(kept, |done| assert!(done.is_ok())).expect("taken");
    }
    append(&store, vec![], vec![]).unwrap();
    let page = store.reader().callouts(&ours(), &CalloutFilter::default(), usize::MAX).unwrap();
    assert_eq!((page.callouts.len(), page.next.is_some()), (CALLOUTS_A_PAGE, true));
}

#[test]
fn what_a_call_waited_for_is_one_callout_however_many_requests_it_took() {
    let (store, _folder) = open();
    append(&store, vec![offered("c", BOB)], vec![]).unwrap();
    keep(&store, attempt("c", 1, 1, failed()));
    keep(&store, attempt("c", 1, 2, answer(200)));
    keep(&store, attempt("c", 1, 3, HttpOutcome::Failed(HttpFailure::Cancelled)));
    keep(&store, attempt("c", 1, 3, HttpOutcome::Failed(HttpFailure::Overtaken)));
    let rows = list(&store, &CalloutFilter::default());
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!(
        (row.state, row.status, row.attempts),
        (CalloutState::Answered, Some(200), 4),
        "those that were taken back say nothing"
    );
    assert_eq!(row.took, Some(Duration::from_millis(21_500)), "from the first request to the end of the last");

    let took = Duration::from_millis(12_345);
    let failure = Some(HttpFailure::Timeout);
    let kind = EventKind::CalloutEnded { callout: CalloutId(1), status: None, failure, took, way: Way::First };
    append(&store, vec![line("c", 30, kind)], vec![]).unwrap();
    let row = list(&store, &CalloutFilter::default()).remove(0);
    assert_eq!((row.state, row.failure.as_deref(), row.took), (CalloutState::Failed, Some("timeout"), Some(took)));
}

#[test]
fn one_callout_has_its_attempts_and_what_is_asked() {
    let (store, _folder) = story();
    let one = |callout| store.reader().callout(&ours(), &sid("c"), CalloutId(callout)).unwrap();
    let asked = one(1).expect("there is one");
    assert_eq!((asked.attempts.len(), asked.due), (1, None));
    assert_eq!(asked.attempts[0].attempt, Attempt { began: clock(10), ..attempt("c", 1, 1, answer(302)) });
    assert_eq!(asked.request.expect("known").url, "https://u:p@crm.example/route?key=1");
    let waiting = one(5).expect("there is one");
    assert_eq!((waiting.attempts.len(), waiting.due), (0, Some(clock(50))));
    assert_eq!(waiting.request.expect("known").url, "https://reports.example/calls");
    assert!(one(6).is_none());
    assert!(store.reader().callout(&Tenant("theirs".into()), &sid("c"), CalloutId(1)).unwrap().is_none());

    for number in 2..=u32::try_from(ATTEMPTS_SHOWN).unwrap() + 5 {
        keep(&store, attempt("c", 1, number, answer(200)));
    }
    let shown: Vec<_> = one(1).expect("there is one").attempts.iter().map(|row| row.attempt.number).collect();
    assert_eq!((shown.len(), shown[0], shown[ATTEMPTS_SHOWN - 1]), (ATTEMPTS_SHOWN, 6, 105), "the last ones, in order");
    assert_eq!(one(1).expect("there is one").row.attempts, 105);
}

#[test]
fn a_row_that_cannot_be_read_is_listed() {
    let (store, folder) = story();
    let path = folder.path().join("passthru.db");
    drop(store);
    let sql = "UPDATE outbox SET request = '{', state = 'dead' WHERE callout = 5";
    rusqlite::Connection::open(&path).unwrap().execute(sql, []).unwrap();
    let (store, _) = Store::open(&path, "here").unwrap();
    let rows = list(&store, &CalloutFilter::default());
    assert_eq!((rows[0].callout.0, rows[0].state, rows[0].url.as_str()), (5, CalloutState::Dead, ""));
    assert_eq!(store.reader().callout(&ours(), &sid("c"), CalloutId(5)).unwrap().expect("there is one").request, None);
}

#[test]
fn attempts_and_what_calls_waited_for_are_forgotten_in_time() {
    let (store, _folder) = open();
    append(&store, vec![offered("c", BOB)], vec![]).unwrap();
    for callout in 0..=u32::try_from(PRUNE_ROWS).unwrap() {
        let attempt = Attempt { began: clock(1), ..attempt("c", callout, 1, answer(200)) };
        let kept = Kept { tenant: ours(), kind: AttemptKind::Sync, attempt };
        store.writer().keep_attempt(kept, |done| assert!(done.is_ok())).expect("taken");
    }
    keep(&store, Attempt { began: clock(9), ..attempt("c", 9_999, 1, answer(200)) });
    let prune = |second| wait(|done| store.writer().prune(clock(second), done));
    assert_eq!(prune(1), Ok(0));
    assert_eq!((prune(2), prune(2), prune(2)), (Ok(2 * PRUNE_ROWS), Ok(2), Ok(0)));
    assert_eq!(numbers(&list(&store, &CalloutFilter::default())), [9_999]);
    assert_eq!(store.reader().attempts(&ours(), &sid("c")).unwrap().len(), 1);
}

#[test]
fn an_answer_is_kept_with_its_headers_and_body() {
    let (store, _folder) = open();
    append(&store, vec![offered("c", BOB)], vec![]).unwrap();
    let headers = vec![("x-a".into(), "1".into())];
    let answer = HttpAnswer { body: vec![0, 255, b'x'], headers, truncated: true, ..HttpAnswer::of(200) };
    let kept = attempt("c", 1, 1, HttpOutcome::Answered(answer));
    keep(&store, kept.clone());
    let found = store.reader().callout(&ours(), &sid("c"), CalloutId(1)).unwrap().expect("there is one");
    assert_eq!(found.attempts[0].attempt, kept);
}

#[test]
fn a_body_that_comes_late_is_kept_with_its_attempt() {
    let (store, _folder) = open();
    append(&store, vec![offered("c", BOB)], vec![]).unwrap();
    let first = HttpAnswer { truncated: true, ..HttpAnswer::of(500) };
    keep(&store, attempt("c", 1, 1, HttpOutcome::Answered(first)));
    keep(&store, attempt("c", 1, 2, HttpOutcome::Failed(HttpFailure::Cancelled)));
    let rest = |number| Rest {
        call: sid("c"),
        callout: CalloutId(1),
        number,
        is_copy: false,
        body: b"broken".to_vec(),
        truncated: false,
        took: Duration::from_millis(300),
    };
    for number in 1..=3 {
        assert_eq!(wait(|done| store.writer().complete_attempt(rest(number), done)), Ok(()), "{number}");
    }
    let found = store.reader().callout(&ours(), &sid("c"), CalloutId(1)).unwrap().expect("there is one");
    let [first, second] = &found.attempts[..] else { panic!("{:?}", found.attempts) };
    let HttpOutcome::Answered(answer) = &first.attempt.outcome else { panic!("{first:?}") };
    assert_eq!((answer.status, answer.body.as_slice(), answer.truncated), (500, &b"broken"[..], false));
    assert_eq!(first.attempt.trace.body, Some(Duration::from_millis(300)));
    // One that was taken back has no answer, and the third is not there.
    assert_eq!(second.attempt.outcome, HttpOutcome::Failed(HttpFailure::Cancelled));
}

#[test]
fn a_copy_that_ended_first_is_not_taken_for_what_was_asked() {
    let (store, _folder) = open();
    append(&store, vec![offered("c", BOB)], vec![]).unwrap();
    let late = || HttpOutcome::Answered(HttpAnswer { truncated: true, ..HttpAnswer::of(500) });
    let copy =
        Attempt { way: Way::Shadow, request: request("c", 1, "https://new.example/r"), ..attempt("c", 1, 1, late()) };
    let copy = Kept { tenant: ours(), kind: AttemptKind::Shadow, attempt: copy };
    wait(|done| store.writer().keep_attempt(copy, done)).unwrap();
    let asked = attempt("c", 1, 1, late());
    keep(&store, asked.clone());
    let rest = |is_copy, body: &[u8]| Rest {
        call: sid("c"),
        callout: CalloutId(1),
        number: 1,
        is_copy,
        body: body.to_vec(),
        truncated: false,
        took: Duration::from_millis(300),
    };
    for rest in [rest(true, b"new"), rest(false, b"old")] {
        assert_eq!(wait(|done| store.writer().complete_attempt(rest, done)), Ok(()));
    }
    let found = store.reader().callout(&ours(), &sid("c"), CalloutId(1)).unwrap().expect("there is one");
    assert_eq!(found.request.expect("it was asked").url, asked.request.url);
    let bodies: Vec<_> = found.attempts.iter().map(|row| (row.kind.as_str(), &row.attempt.outcome)).collect();
    let body = |outcome: &HttpOutcome| match outcome {
        HttpOutcome::Answered(answer) => String::from_utf8_lossy(&answer.body).into_owned(),
        HttpOutcome::Failed(failure) => panic!("{failure}"),
    };
    let bodies: Vec<_> = bodies.into_iter().map(|(kind, outcome)| (kind, body(outcome))).collect();
    assert_eq!(bodies, [("shadow", "new".to_owned()), ("sync", "old".to_owned())]);
}

#[test]
fn attempts_are_counted_by_what_they_have_in_common() {
    let (store, _folder) = story();
    let traced = |callout, number, millis, outcome: HttpOutcome| {
        let trace = HttpTrace { first_byte: Some(Duration::from_millis(millis)), ..HttpTrace::default() };
        let took = Duration::from_millis(millis + 5);
        keep(&store, Attempt { trace, took, ..attempt("c", callout, number, outcome) });
    };
    // Two requests of one callout, ten seconds apart; and one that was not made.
    traced(20, 1, 100, answer(503));
    traced(20, 2, 300, answer(200));
    keep(
        &store,
        Attempt { took: Duration::ZERO, ..attempt("c", 21, 1, HttpOutcome::Failed(HttpFailure::CircuitOpen)) },
    );
    // One that was taken back, as another request of its callout was answered.
    let taken_back = attempt("c", 20, 3, HttpOutcome::Failed(HttpFailure::Cancelled));
    keep(&store, Attempt { began: attempt("c", 20, 1, answer(200)).began, took: Duration::from_secs(9), ..taken_back });
    let count = |by, kind, since, until| {
        store.reader().stats(&ours(), &StatsFilter { by, kind, since, until, step: None }).expect("reads")
    };

    let stats = count(By::Origin, Some(AttemptKind::Sync), None, None);
    assert_eq!((stats.attempts, stats.cut_at, stats.groups.len(), stats.groups_left), (6, None, 1, 0));
    let group = &stats.groups[0];
    assert_eq!((group.name.as_str(), group.attempts, group.waits), ("https://crm.example", 6, 4));
    assert_eq!(group.cancelled, 1, "it is among no failures and in no quantiles");
    assert_eq!(
        group.waited,
        Duration::from_millis(1_500 + 1_500 + 10_305),
        "of a callout from its first request to its last end"
    );
    let failures: Vec<_> = group.failures.iter().map(|(word, count)| (word.as_str(), *count)).collect();
    assert_eq!(failures, [("circuit-open", 1), ("timeout", 1)]);
    assert_eq!(
        group.statuses.iter().map(|(class, count)| (*class, *count)).collect::<Vec<_>>(),
        [(2, 1), (3, 1), (5, 1)]
    );
    let whole = group.whole.expect("some were made");
    assert_eq!((whole.p50, whole.p99), (Duration::from_millis(305), Duration::from_millis(1_500)));
    assert_eq!(group.first_byte.expect("measured").p50, Duration::from_millis(100));
    assert_eq!((group.dns.expect("measured").p99, group.tls), (Duration::from_micros(7), None));

    let names = |stats: Stats| stats.groups.into_iter().map(|group| group.name).collect::<Vec<_>>();
    let rows =
        [(By::Url, "https://crm.example/route"), (By::Applet, "passthru"), (By::Node, "desk/ask"), (By::Flow, "desk")];
    for (by, name) in rows {
        assert_eq!(names(count(by, None, None, None)), [name], "{by:?}");
    }
    let all = count(By::Origin, None, None, None);
    assert_eq!((all.attempts, all.groups[0].waits), (8, 4), "calls did not wait for what was owed");
    assert_eq!(count(By::Origin, None, Some(clock(20)), None).attempts, 2);
    assert_eq!(count(By::Origin, None, None, Some(clock(20))).attempts, 6);
    assert_eq!(count(By::Origin, None, Some(clock(99)), None).groups, []);
}

#[test]
fn a_reader_of_its_own_reads_beside_the_store_and_not_a_file_of_another_release() {
    let (store, folder) = story();
    let path = folder.path().join("passthru.db");
    let beside = Reader::at(&path).expect("opens");
    assert_eq!(
        beside.callouts(&ours(), &CalloutFilter::default(), 9),
        store.reader().callouts(&ours(), &CalloutFilter::default(), 9)
    );
    drop(store);
    assert_eq!(
        Reader::at(&path).expect("opens").callouts(&ours(), &CalloutFilter::default(), 9).unwrap().callouts.len(),
        5
    );
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 7).unwrap();
    let Err(error) = Reader::at(&path) else { panic!("an older file is not read") };
    assert!(error.to_string().contains("has schema 7"), "{error}");
    assert!(Reader::at(&folder.path().join("none.db")).is_err());
}
