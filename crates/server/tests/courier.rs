//! The courier against a host that is dead and another that is not.
#![allow(clippy::unwrap_used, reason = "a test says so by failing")]

mod web;

use std::sync::Arc;
use std::time::Duration;

use api::Metrics;
use model::{CallEvent, CallSid, CalloutId, Direction, EventKind, HttpRequest, LegId, Tenant};
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng as _;
use server::clock;
use server::courier::Courier;
use server::live::Live;
use store::{Batch, Notify, ORIGIN_ROWS, Store};
use tokio::sync::{Notify as Bell, oneshot};
use tokio::time::timeout;
use web::{Web, local_fetcher};

/// Longer than anything here takes, and shorter than the dead host is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_dead_host_holds_up_no_report_to_another() {
    let folder = tempfile::tempdir().unwrap();
    let now = clock::now().wall;
    let (store, _) = Store::open(&folder.path().join("x.db"), "here").unwrap();
    let (dead, mut at_dead) = Web::dead().await;
    let (alive, mut at_alive) = Web::dead().await; // what it answers plays no part
    // A call each: what one call tells a host comes in its order, one after the other.
    let call = |number: u32| CallSid::new(format!("c{number}"));
    let kind = EventKind::Offered {
        tenant: Tenant::default(),
        direction: Direction::Incoming,
        from: "+919900000001".into(),
        to: "+919900000002".into(),
    };
    let offered = |number| CallEvent {
        call: call(number),
        seq: 0,
        leg: Some(LegId::FIRST),
        at: Duration::ZERO,
        wall: now,
        kind: kind.clone(),
    };
    let report = |number, url| Notify {
        call: call(number),
        callout: CalloutId(1),
        request: HttpRequest::get(url, 2 * PATIENCE),
        created: now,
    };
    let events = (1..=501).map(offered).collect();
    let mut notify: Vec<_> = (1..=500).map(|number| report(number, dead.url("/calls"))).collect();
    notify.push(report(501, alive.url("/calls")));
    let (done, stored) = oneshot::channel();
    store
        .writer()
        .append(Batch { events, notify, ..Batch::default() }, move |result| done.send(result).unwrap())
        .unwrap();
    stored.await.unwrap().unwrap();

    let courier = Courier {
        writer: store.writer().clone(),
        fetcher: Arc::new(local_fetcher()),
        post: Arc::default(),
        bell: Arc::new(Bell::new()),
        live: Live::new(Arc::new(Metrics::default())),
    };
    tokio::spawn(courier.run(ChaCha12Rng::seed_from_u64(1)));
    timeout(PATIENCE, at_alive.recv()).await.expect("the report to the other host goes out").unwrap();
    for _ in 0..ORIGIN_ROWS {
        timeout(PATIENCE, at_dead.recv()).await.unwrap().unwrap();
    }
    assert_eq!(dead.accepts(), ORIGIN_ROWS);
}
