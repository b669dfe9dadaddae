//! The courier against hosts that are dead and another that is not.

use std::sync::Arc;
use std::time::Duration;

use crate::web::{Web, local_fetcher};
use api::Metrics;
use callout::PER_ORIGIN;
use model::{CallEvent, CallSid, CalloutId, Direction, EventKind, HttpRequest, LegId, Tenant};
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng as _;
use server::clock;
use server::courier::Courier;
use server::live::Live;
use server::place::Places;
use store::{Batch, Notify, OutboxFilter, OutboxState, Store};
use tokio::sync::{Notify as Bell, mpsc, oneshot};
use tokio::time::timeout;

/// Longer than anything here takes, and shorter than the dead host is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A store, and a courier that delivers what it owes.
struct Owing {
    store: Store,
    courier: Courier,
    _folder: tempfile::TempDir,
}

impl Owing {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(&folder.path().join("x.db"), "here").unwrap();
        let courier = Courier {
            reader: store.reader().clone(),
            places: Places::default(),
            writer: store.writer().clone(),
            fetcher: Arc::new(local_fetcher()),
            post: Arc::default(),
            bell: Arc::new(Bell::new()),
            live: Live::new(Arc::new(Metrics::default())),
        };
        Self { store, courier, _folder: folder }
    }

    /// Owes a report to each URL. A call each: what one call tells a host comes in its order, one after the other.
    async fn owe(&self, urls: impl IntoIterator<Item = String>, name: &str) {
        let now = clock::now().wall;
        let kind = EventKind::Offered {
            tenant: Tenant::default(),
            direction: Direction::Incoming,
            from: "+919900000001".into(),
            to: "+919900000002".into(),
        };
        let (mut events, mut notify) = (Vec::new(), Vec::new());
        for (number, url) in urls.into_iter().enumerate() {
            let call = CallSid::new(format!("{name}{number}"));
            let (leg, kind) = (Some(LegId::FIRST), kind.clone());
            events.push(CallEvent { call: call.clone(), seq: 0, leg, at: Duration::ZERO, wall: now, kind });
            let request = HttpRequest::get(url, 2 * PATIENCE);
            notify.push(Notify { call, callout: CalloutId(1), request, created: now });
        }
        let (done, stored) = oneshot::channel();
        self.store
            .writer()
            .append(Batch { events, notify, ..Batch::default() }, move |result| done.send(result).unwrap())
            .unwrap();
        stored.await.unwrap().unwrap();
        self.courier.bell.notify_one();
    }

    fn deliver(&self) {
        tokio::spawn(self.courier.clone().run(ChaCha12Rng::seed_from_u64(1)));
    }
}

async fn arrival(host: &mut mpsc::Receiver<()>, what: &str) {
    timeout(PATIENCE, host.recv()).await.expect(what).unwrap();
}

#[tokio::test]
async fn a_dead_host_holds_up_no_report_to_another() {
    let owing = Owing::open();
    let (dead, mut at_dead) = Web::dead().await;
    let (alive, mut at_alive) = Web::dead().await; // what it answers plays no part
    owing.owe((0..500).map(|_| dead.url("/calls")).chain([alive.url("/calls")]), "c").await;
    owing.deliver();
    arrival(&mut at_alive, "the report to the other host goes out").await;
    for _ in 0..PER_ORIGIN {
        arrival(&mut at_dead, "as many as a host may have").await;
    }
    assert_eq!(dead.accepts(), PER_ORIGIN);
}

#[tokio::test]
async fn forty_silent_hosts_hold_up_no_report_to_another() {
    let owing = Owing::open();
    let (mut silent, mut arrivals) = (Vec::new(), Vec::new());
    for _ in 0..40 {
        let (host, arrived) = Web::dead().await;
        silent.push(host);
        arrivals.push(arrived);
    }
    owing.owe((0..40).flat_map(|_| silent.iter().map(|host| host.url("/calls"))), "silent").await;
    owing.deliver();
    for arrived in &mut arrivals {
        arrival(arrived, "each of them is asked").await;
    }
    let (alive, mut at_alive) = Web::dead().await;
    owing.owe([alive.url("/calls")], "alive").await;
    arrival(&mut at_alive, "the report to the other host goes out").await;
}

#[tokio::test]
async fn reports_that_wait_for_a_host_that_fails_spend_none_of_their_tries() {
    let owing = Owing::open();
    let failing = Web::says("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
    owing.owe((0..2 * PER_ORIGIN).map(|_| failing.url("/calls")), "c").await;
    let mut told = owing.courier.live.watch();
    owing.deliver();
    for _ in 0..PER_ORIGIN {
        timeout(PATIENCE, told.recv()).await.expect("an attempt ends").unwrap();
    }
    let rows = owing.store.reader().outbox(&Tenant::default(), &OutboxFilter::default(), 2 * PER_ORIGIN).unwrap();
    let held = rows.iter().filter(|row| row.attempt == 0).count();
    assert!(held >= PER_ORIGIN - 1, "{held}: nothing but a probe, after five seconds, can be out by now");
    assert_eq!(owing.courier.places.circuits_open(), 1);
    assert!(rows.iter().all(|row| row.state != OutboxState::Dead));
}
