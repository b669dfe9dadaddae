//! What is promised of reports to their very end, held against 300 seeds in the real store and in virtual time: hosts that answer, fail
//! and go away for days, and processes that die with reports under way (`trust.md` 4.3: I1 to I3).

use std::collections::BTreeMap;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant};

use callout::{BACK_OFF, Bulkheads, Verdict};
use jiff::Timestamp;
use model::{
    Asker, CallEvent, CallSid, CalloutId, Direction, EventKind, HttpAnswer, HttpFailure, HttpOutcome, HttpRequest,
    LegId, Mark, Tenant,
};
use rand_chacha::ChaCha12Rng;
use rand_core::{Rng as _, SeedableRng as _};
use server::clock;
use store::{Batch, Finish, Notify, OutboxFilter, OutboxRow, OutboxState, Share, Store, StoreError};

/// Calls, each with a seed of its own.
const SEEDS: u64 = 300;

/// Stores that they share, so that commits are shared as well.
const STORES: u64 = 2;

/// Reports of a call, to one of two hosts each.
const REPORTS: u32 = 4;

/// What happens within so many seconds happens at once.
const GRAIN: i64 = 30;

/// In so many steps the process dies once.
const LIVES: u32 = 12;

/// One try of a report.
#[derive(Debug)]
struct Try {
    attempt: u32,
    content: (String, Vec<u8>),
    began: Timestamp,
    /// When it ended, and what came of it: nothing if the process died.
    ended: Option<(Timestamp, Option<HttpOutcome>)>,
}

struct World {
    folder: tempfile::TempDir,
    store: Option<Store>,
    bulkheads: Bulkheads,
    began: (Instant, Timestamp),
    now: Timestamp,
    dice: ChaCha12Rng,
    under_way: Vec<(Timestamp, OutboxRow)>,
    tries: BTreeMap<(CallSid, CalloutId), Vec<Try>>,
    deaths: usize,
}

/// Waits for the store's word.
fn stored<T: Send + 'static>(order: impl FnOnce(Box<dyn FnOnce(Result<T, StoreError>) + Send>)) -> T {
    let (done, word) = sync_channel(1);
    order(Box::new(move |result| done.send(result).unwrap()));
    word.recv().unwrap().unwrap()
}

impl World {
    fn new(seeds: impl Iterator<Item = u64>, number: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let began = (clock::now().at, now);
        let (dice, bulkheads) = (ChaCha12Rng::seed_from_u64(number), Bulkheads::default());
        let (under_way, tries) = (Vec::new(), BTreeMap::new());
        let mut world = Self { folder, store: None, bulkheads, began, now, dice, under_way, tries, deaths: 0 };
        world.start();
        let (mut events, mut notify) = (Vec::new(), Vec::new());
        for seed in seeds {
            let call = CallSid::new(format!("seed{seed}"));
            let (from, to) = ("+919900000001".into(), "+919900000002".into());
            let kind = EventKind::Offered { tenant: Tenant::default(), direction: Direction::Incoming, from, to };
            let leg = Some(LegId::FIRST);
            events.push(CallEvent { call: call.clone(), seq: 0, leg, at: Duration::ZERO, wall: now, kind });
            for callout in (1..=REPORTS).map(CalloutId) {
                let host = ChaCha12Rng::seed_from_u64(seed * 100 + u64::from(callout.0)).next_u32() % 2;
                let url = format!("http://h{}.example/{callout}", seed * 2 + u64::from(host));
                let mark = Some(Mark::new(call.clone(), callout, Asker::default()));
                let body = vec![b'x'; callout.0 as usize];
                let request = HttpRequest { mark, body, ..HttpRequest::get(url, Duration::from_secs(30)) };
                notify.push(Notify { call: call.clone(), callout, request, created: now });
            }
        }
        let batch = Batch { events, notify, ..Batch::default() };
        stored(|done| world.store().writer().append(batch, done).unwrap());
        world
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    fn start(&mut self) {
        let (store, _) = Store::open(&self.folder.path().join("x.db"), "here").unwrap();
        self.store = Some(store);
        self.bulkheads = Bulkheads::default();
    }

    fn at(&self, time: Timestamp) -> Instant {
        self.began.0 + Duration::try_from(time.duration_since(self.began.1)).unwrap()
    }

    /// The process dies, and another one starts.
    fn dies(&mut self) {
        self.deaths += usize::from(!self.under_way.is_empty());
        for (_, row) in std::mem::take(&mut self.under_way) {
            let tries = self.tries.get_mut(&(row.call, row.callout)).unwrap();
            tries.last_mut().unwrap().ended = Some((self.now, None));
        }
        self.store = None;
        self.start();
    }

    /// Claims what may be tried, as the courier does; false if nothing is left to do. Time goes to what comes next.
    fn step(&mut self) -> bool {
        let owed = self.store().reader().owed(self.now).unwrap();
        let due: Vec<_> = owed.iter().map(|owed| (owed.origin.as_str(), owed.due)).collect();
        let rows = self.bulkheads.share_out(&due, self.at(self.now));
        let share = |(owed, rows): (&store::Owed, &usize)| Share { origin: owed.origin.clone(), rows: *rows };
        let shares: Vec<_> = owed.iter().zip(&rows).map(share).filter(|share| share.rows > 0).collect();
        if !shares.is_empty() {
            let now = self.now;
            let claimed = stored(|done| self.store().writer().claim(shares, done, now).unwrap());
            assert_eq!(claimed.given_up, []);
            for row in claimed.rows {
                let content = (row.request.url.clone(), row.request.body.clone());
                let tried = Try { attempt: row.attempt, content, began: now, ended: None };
                self.tries.entry((row.call.clone(), row.callout)).or_default().push(tried);
                let took = Duration::from_secs((self.dice.next_u32() % 60).into());
                self.under_way.push((now + took, row));
            }
        }
        let probes = due.iter().filter_map(|(origin, _)| self.bulkheads.probe_due(origin));
        let probes = probes.map(|at| self.began.1 + at.saturating_duration_since(self.began.0));
        let ends = self.under_way.iter().map(|(end, _)| *end);
        let later = owed.iter().filter(|owed| owed.due == 0).map(|owed| owed.soonest);
        let Some(next) = ends.chain(probes).chain(later).min() else { return false };
        let next = next.max(self.now).as_second() / GRAIN * GRAIN + GRAIN;
        self.now = Timestamp::from_second(next).unwrap();
        true
    }

    /// What ended meanwhile is told to the store.
    fn end(&mut self) {
        let now = self.now;
        let (ended, goes_on) = std::mem::take(&mut self.under_way).into_iter().partition(|(end, _)| *end <= now);
        self.under_way = goes_on;
        let (done, word) = sync_channel(store::CLAIM_ROWS);
        let ended: Vec<(Timestamp, OutboxRow)> = ended;
        let count = ended.len();
        for (_, row) in ended {
            let outcome = self.outcome(&row);
            self.bulkheads.ended(&row.origin, Verdict::of(&outcome), self.at(now));
            let next = match callout::after(row.attempt, &outcome, now, &mut self.dice) {
                callout::Next::Delivered => store::Next::Delivered,
                callout::Next::Retry { at } => store::Next::Retry { at },
                callout::Next::Dead => store::Next::Dead,
            };
            let tries = self.tries.get_mut(&(row.call, row.callout)).unwrap();
            tries.last_mut().unwrap().ended = Some((now, Some(outcome.clone())));
            let done = done.clone();
            let end = Finish { id: row.id, outcome, next, attempt: None };
            self.store().writer().finish(end, move |result| done.send(result.map(drop)).unwrap(), now).unwrap();
        }
        for _ in 0..count {
            word.recv().unwrap().unwrap();
        }
    }

    /// What a host says: some are well, some are never, most are at times.
    fn outcome(&mut self, row: &OutboxRow) -> HttpOutcome {
        let host = row.origin.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        let wellness = [100, 50, 20, 5, 0][host as usize % 5];
        let status = |status| HttpOutcome::Answered(HttpAnswer::of(status));
        if self.dice.next_u32() % 100 < wellness {
            return status(200);
        }
        match self.dice.next_u32() % 40 {
            0 => status(410),
            1..=9 => status(302),
            10..=24 => status(503),
            25..=32 => HttpOutcome::Failed(HttpFailure::Timeout),
            _ => HttpOutcome::Failed(HttpFailure::Connect("refused".into())),
        }
    }

    /// The promises that are broken, and how many were delivered, given up, and tried again after a death.
    fn judge(&self) -> (Vec<String>, [usize; 3]) {
        let (mut broken, mut seen) = (Vec::new(), [0; 3]);
        let mut holds = |it_does: bool, what: String| broken.extend((!it_does).then_some(what));
        let filter = OutboxFilter::default();
        let mut rows = Vec::new();
        loop {
            let before = rows.last().map(|row: &OutboxRow| row.id);
            let page =
                self.store().reader().outbox(&Tenant::default(), &OutboxFilter { before, ..filter.clone() }, 256);
            let page = page.unwrap();
            if page.is_empty() {
                break;
            }
            rows.extend(page);
        }
        holds(rows.len() == self.tries.len(), format!("{} rows, {} were tried", rows.len(), self.tries.len()));
        let mut before: BTreeMap<(CallSid, String), Timestamp> = BTreeMap::new();
        for row in rows.iter().rev() {
            let name = format!("report {} of {}", row.callout, row.call);
            let tries = &self.tries[&(row.call.clone(), row.callout)];
            let ends: Vec<_> = tries.iter().filter_map(|tried| tried.ended.as_ref()).collect();
            holds(ends.len() == tries.len(), format!("{name} has a try that never ended: {tries:?}"));
            let died = ends.iter().filter(|(_, outcome)| outcome.is_none()).count();
            let status = ends.last().and_then(|(_, outcome)| outcome.as_ref()?.status());
            match row.state {
                OutboxState::Delivered => holds(status == Some(200), format!("{name} was not delivered: {tries:?}")),
                OutboxState::Dead => {
                    let spent = tries.len() >= BACK_OFF.len();
                    holds(spent || status == Some(410), format!("{name} was given up too soon: {tries:?}"));
                }
                _ => holds(false, format!("{name} is {:?} in the end", row.state)),
            }
            holds(tries.len() <= BACK_OFF.len() + died, format!("{name} was tried too often: {tries:?}"));
            for pair in tries.windows(2) {
                let [first, second] = pair else { continue };
                let apart = first.ended.as_ref().is_some_and(|(end, _)| *end <= second.began);
                holds(apart, format!("{name} is tried twice at once: {pair:?}"));
                holds(first.content == second.content, format!("{name} has two contents: {pair:?}"));
                holds(first.attempt < second.attempt, format!("{name} has its tries numbered wrongly: {pair:?}"));
            }
            let over = ends.last().map_or(self.now, |(end, _)| *end);
            let of = (row.call.clone(), row.origin.clone());
            if let Some(earlier) = before.insert(of, over) {
                let began = tries.first().map(|tried| tried.began);
                holds(began >= Some(earlier), format!("{name} overtakes the one before it"));
            }
            seen[0] += usize::from(row.state == OutboxState::Delivered);
            seen[1] += usize::from(row.state == OutboxState::Dead);
            seen[2] += died;
        }
        (broken, seen)
    }
}

#[test]
fn every_report_ends_delivered_or_given_up_in_its_order_and_never_twice_at_once() {
    let worlds = thread::scope(|scope| {
        let worlds: Vec<_> = (0..STORES)
            .map(|number| {
                scope.spawn(move || {
                    let mut world = World::new((0..SEEDS).filter(|seed| seed % STORES == number), number);
                    while world.step() {
                        if world.dice.next_u32().is_multiple_of(LIVES) {
                            world.dies();
                        }
                        world.end();
                    }
                    world.judge()
                })
            })
            .collect();
        worlds.into_iter().map(|world| world.join().unwrap()).collect::<Vec<_>>()
    });
    let broken: Vec<_> = worlds.iter().flat_map(|(broken, _)| broken).collect();
    assert!(broken.is_empty(), "{} promises are broken: {broken:#?}", broken.len());
    let seen = |which: usize| worlds.iter().map(|(_, seen)| seen[which]).sum::<usize>();
    println!("{} delivered, {} given up, {} tries that died with their process", seen(0), seen(1), seen(2));
    assert_eq!(seen(0) + seen(1), usize::try_from(SEEDS).unwrap() * REPORTS as usize);
    // Promises that nothing put to the test prove nothing.
    assert!(seen(0) >= 300 && seen(1) >= 100 && seen(2) >= 100, "{:?}", [0, 1, 2].map(seen));
}
