//! Calls to be stored: invented journals, and a way to wait for the writer.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::sync::mpsc::sync_channel;
use std::time::Duration;

use jiff::Timestamp;
use model::{
    CallEvent, CallSid, CalloutId, Cause, Direction, EndedBy, EventKind, HttpAnswer, HttpOutcome, HttpRequest, LegId,
    Tenant,
};
use store::{Batch, Claimed, Finish, Next, Notify, Owed, Refused, Share, Store, StoreError};

/// Longer than any disk takes; a wait past it is a failed test.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const BOB: &str = "+919900000002";

/// The wall clock of the stories, in seconds after their beginning.
pub(crate) fn clock(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).expect("in range")
}

pub(crate) fn sid(name: &str) -> CallSid {
    CallSid::new(name)
}

/// A line of a call that was offered at `clock(0)`.
pub(crate) fn line(call: &str, second: u64, kind: EventKind) -> CallEvent {
    let (at, leg) = (Duration::from_secs(second), Some(LegId::FIRST));
    CallEvent { call: sid(call), seq: 0, leg, at, wall: clock(0) + at, kind }
}

pub(crate) fn offered(call: &str, from: &str) -> CallEvent {
    line(call, 0, offer(from, Tenant::default()))
}

pub(crate) fn offer(from: &str, tenant: Tenant) -> EventKind {
    EventKind::Offered { tenant, direction: Direction::Incoming, from: from.into(), to: BOB.into() }
}

pub(crate) fn answered(call: &str, second: u64) -> CallEvent {
    line(call, second, EventKind::Answered { codec: "PCMU".into() })
}

pub(crate) fn digit(call: &str, second: u64) -> CallEvent {
    line(call, second, EventKind::Digit { digit: '5' })
}

pub(crate) fn ended(call: &str, second: u64) -> CallEvent {
    line(call, second, EventKind::Ended { cause: Cause::NORMAL_CLEARING, by: EndedBy::Caller })
}

pub(crate) fn notify(call: &str, callout: u32) -> Notify {
    let request = HttpRequest::get(format!("https://u:p@crm.example/calls?sid={call}"), Duration::from_secs(5));
    Notify { call: sid(call), callout: CalloutId(callout), request, created: clock(0) }
}

pub(crate) fn answer(status: u16) -> HttpOutcome {
    HttpOutcome::Answered(HttpAnswer::of(status))
}

/// Hands a job to the writer and waits until it calls back.
pub(crate) fn wait<T: Send + 'static, J>(
    submit: impl FnOnce(Box<dyn FnOnce(Result<T, StoreError>) + Send>) -> Result<(), Refused<J>>,
) -> Result<T, StoreError> {
    let (sender, receiver) = sync_channel(1);
    submit(Box::new(move |done| sender.send(done).expect("the test waits"))).expect("the writer takes it");
    receiver.recv_timeout(PATIENCE).expect("the writer calls back")
}

pub(crate) fn append(store: &Store, events: Vec<CallEvent>, notify: Vec<Notify>) -> Result<Vec<CallEvent>, StoreError> {
    wait(|done| store.writer().append(Batch { events, notify, ..Batch::default() }, done))
}

/// Claims what is due, that first which waits longest.
pub(crate) fn claim(store: &Store, limit: usize, now: Timestamp) -> Claimed {
    let mut left = limit;
    let share = |owed: Owed| {
        let rows = owed.due.min(left);
        left -= rows;
        Share { origin: owed.origin, rows }
    };
    let shares = owed(store, now).into_iter().map(share).collect();
    wait(|done| store.writer().claim(shares, done, now)).expect("a claim breaks no rule")
}

pub(crate) fn owed(store: &Store, now: Timestamp) -> Vec<Owed> {
    store.reader().owed(now).expect("reads")
}

/// When the first row is due that waits for nothing but the time.
pub(crate) fn next_due(store: &Store) -> Option<Timestamp> {
    owed(store, clock(0)).first().map(|owed| owed.soonest)
}

pub(crate) fn finish(
    store: &Store,
    id: i64,
    outcome: HttpOutcome,
    next: Next,
    now: Timestamp,
) -> Result<CallEvent, StoreError> {
    wait(|done| store.writer().finish(Finish { id, outcome, next, attempt: None }, done, now))
}
