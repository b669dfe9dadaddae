//! Callouts that are sent again.

mod story;

use std::time::Duration;

use model::{Asker, Attempt, CallEvent, CalloutId, EventKind, HttpOutcome, HttpRequest, HttpTrace, Mark, Tenant, Way};
use store::{
    AttemptKind, AuditFilter, CalloutState, Deed, Finish, Kept, Next, Notify, OutboxFilter, OutboxRow, OutboxState,
    Replay, Replayed, Store,
};
use story::*;

fn open() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, _) = Store::open(&folder.path().join("passthru.db"), "here").expect("opens");
    append(&store, vec![offered("c", BOB), ended("c", 1)], vec![]).expect("stored");
    (store, folder)
}

fn request(callout: u32, url: &str) -> HttpRequest {
    let mark = Some(Mark::new(sid("c"), CalloutId(callout), Asker::default()));
    HttpRequest { mark, ..HttpRequest::get(url, Duration::from_secs(5)) }
}

fn owe(store: &Store, callout: u32) {
    let request = request(callout, "https://u:p@crm.example/calls");
    let row = Notify { call: sid("c"), callout: CalloutId(callout), request, created: clock(1) };
    append(store, vec![], vec![row]).expect("owed");
}

fn replay(store: &Store, callout: u32, instead: Option<HttpRequest>, second: i64) -> Replayed {
    let replay = Replay { tenant: Tenant::default(), call: sid("c"), callout: CalloutId(callout), instead, by: None };
    wait(|done| store.writer().replay(replay, done, clock(second))).expect("breaks no rule")
}

fn outbox(store: &Store) -> Vec<OutboxRow> {
    store.reader().outbox(&Tenant::default(), &OutboxFilter::default(), 99).expect("reads")
}

fn journal(store: &Store) -> Vec<CallEvent> {
    store.reader().events(&Tenant::default(), &sid("c"), 0).expect("reads")
}

/// Makes the attempt that is due, and gives the row as it was claimed.
fn run(store: &Store, outcome: HttpOutcome, next: Next, second: i64) -> OutboxRow {
    let row = claim(store, 1, clock(second)).rows.remove(0);
    finish(store, row.id, outcome, next, clock(second)).expect("ended");
    row
}

#[test]
fn a_dead_row_waits_again_with_a_fresh_allowance_and_its_tries_count_on() {
    let (store, _folder) = open();
    owe(&store, 1);
    run(&store, answer(500), Next::Retry { at: clock(10) }, 2);
    run(&store, answer(500), Next::Dead, 10);
    let Replayed::Owed { callout, event } = replay(&store, 1, None, 50) else { panic!("it is done with") };
    let url = "https://crm.example/calls".to_owned();
    assert_eq!(callout, CalloutId(1));
    assert_eq!(event.kind, EventKind::NotifyReplayed { callout, of: callout, url });
    assert_eq!(journal(&store).last(), Some(&*event), "the journal of a call that has ended says so");
    let rows = outbox(&store);
    assert_eq!((rows.len(), rows[0].state, rows[0].due), (1, OutboxState::Waiting, clock(50)));
    let row = run(&store, answer(200), Next::Delivered, 50);
    assert_eq!((row.attempt, row.earlier, row.request.mark.expect("marked").callout), (3, 2, CalloutId(1)));
    let Replayed::Owed { .. } = replay(&store, 1, None, 60) else { panic!("a delivered one can be sent again too") };
    let row = run(&store, answer(200), Next::Delivered, 60);
    assert_eq!((row.attempt, row.earlier), (4, 3));
}

#[test]
fn what_is_owed_still_is_not_sent_twice() {
    let (store, _folder) = open();
    owe(&store, 1);
    assert_eq!(replay(&store, 1, None, 2), Replayed::Busy(CalloutState::Waiting));
    let id = claim(&store, 1, clock(3)).rows[0].id;
    assert_eq!(replay(&store, 1, Some(request(1, "https://b.example/")), 3), Replayed::Busy(CalloutState::Running));
    finish(&store, id, answer(200), Next::Delivered, clock(4)).unwrap();
    assert_eq!(replay(&store, 2, None, 4), Replayed::Unknown);
    let theirs =
        Replay { tenant: Tenant("theirs".into()), call: sid("c"), callout: CalloutId(1), instead: None, by: None };
    assert_eq!(wait(|done| store.writer().replay(theirs, done, clock(5))), Ok(Replayed::Unknown));
    let nobodys =
        Replay { tenant: Tenant::default(), call: sid("nobody"), callout: CalloutId(1), instead: None, by: None };
    assert_eq!(wait(|done| store.writer().replay(nobodys, done, clock(5))), Ok(Replayed::Unknown));
}

#[test]
fn with_a_change_it_is_a_row_of_its_own_each_time() {
    let (store, _folder) = open();
    owe(&store, 1);
    run(&store, answer(410), Next::Dead, 2);
    let mut seen = Vec::new();
    for second in [5, 6] {
        let instead = Some(request(1, "https://u:p@b.example/other"));
        let Replayed::Owed { callout, event } = replay(&store, 1, instead, second) else { panic!("it is done with") };
        assert!(callout >= CalloutId::FIRST_REPLAY && !seen.contains(&callout), "{callout}");
        let url = "https://b.example/other".to_owned();
        assert_eq!(event.kind, EventKind::NotifyReplayed { callout, of: CalloutId(1), url });
        let row = run(&store, answer(500), Next::Dead, second);
        let mark = row.request.mark.expect("marked");
        assert_eq!((row.callout, mark.callout, row.attempt), (callout, callout, 1));
        seen.push(callout);
    }
    let states: Vec<_> = outbox(&store).iter().map(|row| row.state).collect();
    assert_eq!(states, [OutboxState::Dead; 3], "the first row stays as it was");
    let record = store.reader().call(&Tenant::default(), &sid("c")).unwrap().expect("there is one");
    assert_eq!(record.callouts_failed, 1, "what was sent again is none of the call's own");
}

#[test]
fn what_a_call_waited_for_is_sent_again_as_it_was_first_asked() {
    let (store, _folder) = open();
    for (number, url) in [(1, "https://u:p@crm.example/route"), (2, "https://other.example/")] {
        let attempt = Attempt {
            call: sid("c"),
            callout: CalloutId(4),
            number,
            way: if number == 1 { Way::First } else { Way::Fallback },
            began: clock(1),
            took: Duration::from_millis(1),
            request: request(4, url),
            outcome: answer(200),
            trace: HttpTrace::default(),
        };
        let kept = Kept { tenant: Tenant::default(), kind: AttemptKind::Sync, attempt };
        wait(|done| store.writer().keep_attempt(kept, done)).unwrap();
    }
    let Replayed::Owed { callout, .. } = replay(&store, 4, None, 9) else { panic!("it is done with") };
    assert!(callout >= CalloutId::FIRST_REPLAY, "{callout}");
    let row = run(&store, answer(200), Next::Delivered, 9);
    assert_eq!((row.callout, row.request.url.as_str()), (callout, "https://u:p@crm.example/route"));
}

#[test]
fn a_row_that_is_sent_again_goes_before_others_and_does_not_mix_up_their_order() {
    let (store, _folder) = open();
    owe(&store, 1);
    run(&store, answer(410), Next::Dead, 2);
    (2..=4).for_each(|callout| owe(&store, callout));
    let second = claim(&store, 9, clock(3)).rows.remove(0);
    finish(&store, second.id, answer(500), Next::Retry { at: clock(100) }, clock(3)).unwrap();
    let Replayed::Owed { .. } = replay(&store, 1, None, 5) else { panic!("it is done with") };
    assert_eq!(run(&store, answer(200), Next::Delivered, 5).callout, CalloutId(1), "now, though 2 waits");
    let next = claim(&store, 9, clock(6));
    assert_eq!((next.rows.len(), next_due(&store)), (0, Some(clock(100))), "3 stands behind 2 as before");
    assert_eq!(run(&store, answer(200), Next::Delivered, 100).callout, CalloutId(2));
    assert_eq!(run(&store, answer(200), Next::Delivered, 100).callout, CalloutId(3));
}

#[test]
fn a_row_that_cannot_be_read_is_unknown() {
    let (store, folder) = open();
    owe(&store, 1);
    let id = claim(&store, 1, clock(2)).rows[0].id;
    let end = Finish { id, outcome: answer(410), next: Next::Dead, attempt: None };
    wait(|done| store.writer().finish(end, done, clock(2))).unwrap();
    let sql = "UPDATE outbox SET request = '{'";
    rusqlite::Connection::open(folder.path().join("passthru.db")).unwrap().execute(sql, []).unwrap();
    assert_eq!(replay(&store, 1, None, 3), Replayed::Unknown);
}

#[test]
fn who_sends_one_again_is_in_the_audit_log_if_it_is_sent() {
    let (store, _folder) = open();
    owe(&store, 1);
    let asked = |second| {
        let (call, by) = (sid("c"), Some("asha".to_owned()));
        let replay = Replay { tenant: Tenant::default(), call, callout: CalloutId(1), instead: None, by };
        wait(|done| store.writer().replay(replay, done, clock(second))).expect("breaks no rule")
    };
    assert_eq!(asked(2), Replayed::Busy(CalloutState::Waiting));
    run(&store, answer(410), Next::Dead, 3);
    asked(4);
    let log = store.reader().audit(&Tenant::default(), &AuditFilter::default(), 9).expect("reads");
    let deed = Deed::new("asha", "replay callout", "c_1").with_detail("to https://crm.example/calls".into());
    assert_eq!(log.into_iter().map(|row| row.deed).collect::<Vec<_>>(), [deed]);
}
