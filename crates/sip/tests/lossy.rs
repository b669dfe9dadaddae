//! Two endpoints that call each other over a network that loses, doubles and delays: whatever happens, every session is
//! closed exactly once, last, and nothing is left.

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use bytes::Bytes;
use sip::{
    Config, Endpoint, Event, Gauges, Headers, Invite, Listen, NameAddr, Path, Refusal, SessionId, Target, Transport,
    Uri,
};

/// A small generator of its own, so that a seed means the same for ever.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Plan {
    Ring(SessionId),
    Accept(SessionId),
    Reject(SessionId),
    Modify(SessionId),
    Info(SessionId),
    HangUp(SessionId),
}

struct Side {
    endpoint: Endpoint,
    addr: SocketAddr,
    plans: BTreeSet<(Instant, Plan)>,
    open: BTreeSet<SessionId>,
    closed: BTreeSet<SessionId>,
    answered: usize,
}

impl Side {
    fn new(addr: &str, seed: u8) -> Self {
        let addr = addr.parse().expect("an address");
        let config = Config {
            listen: vec![Listen { transport: Transport::Udp, addr }],
            trusted: vec!["192.0.2.0/24".parse().expect("a prefix")],
            ..Config::default()
        };
        Self {
            endpoint: Endpoint::new(config, [seed; 32]),
            addr,
            plans: BTreeSet::new(),
            open: BTreeSet::new(),
            closed: BTreeSet::new(),
            answered: 0,
        }
    }

    fn calls(&mut self, to: SocketAddr, now: Instant) -> SessionId {
        let uri = |text: String| Uri::parse(&text.into()).expect("a URI");
        let invite = Invite {
            to: uri(format!("sip:callee@{to}")),
            from: NameAddr::new(uri(format!("sip:caller@{}", self.addr))),
            targets: vec![Target { transport: Transport::Udp, addr: to }],
            route: Vec::new(),
            credentials: None,
            headers: Headers::default(),
            offer: "v=0\r\n".into(),
            others: false,
            call_id: None,
        };
        let id = self.endpoint.invite(invite, now);
        self.open.insert(id);
        id
    }

    fn does(&mut self, plan: Plan, now: Instant) {
        match plan {
            Plan::Ring(id) => self.endpoint.ring(id, 183, Some("v=1\r\n".into()), now),
            Plan::Accept(id) => self.endpoint.accept(id, "v=1\r\n".into(), now),
            Plan::Reject(id) => self.endpoint.reject(id, Refusal::new(486), now),
            Plan::Modify(id) => self.endpoint.modify(id, "v=2\r\n".into(), now),
            Plan::Info(id) => self.endpoint.info(id, "application/dtmf", "5".into(), now),
            Plan::HangUp(id) => self.endpoint.hang_up(id, 16, now),
        }
    }

    fn hears_events(&mut self, dice: &mut Dice, now: Instant) {
        while let Some(event) = self.endpoint.poll_event() {
            let later = |dice: &mut Dice, most: u64| now + Duration::from_millis(dice.roll(most));
            match event {
                Event::Invited { id, .. } => {
                    assert!(self.open.insert(id), "an id is given once");
                    self.plans.insert((later(dice, 3000), Plan::Ring(id)));
                    let decision = if dice.roll(5) == 0 { Plan::Reject(id) } else { Plan::Accept(id) };
                    self.plans.insert((later(dice, 8000), decision));
                }
                Event::Answered { id, .. } | Event::Acked { id, .. } => {
                    assert!(self.open.contains(&id));
                    self.answered += 1;
                    self.plans.insert((later(dice, 4000), Plan::Modify(id)));
                    self.plans.insert((later(dice, 9000), Plan::Info(id)));
                    self.plans.insert((later(dice, 30_000), Plan::HangUp(id)));
                }
                Event::Offered { id, offer, .. } => {
                    assert!(self.open.contains(&id) && offer.is_some());
                    let answer = if dice.roll(4) == 0 { Err(488) } else { Ok(Some("v=3\r\n".into())) };
                    self.endpoint.answer(id, answer, now);
                }
                Event::Closed { id, .. } => {
                    assert!(self.open.remove(&id), "closed twice, or never open");
                    self.closed.insert(id);
                }
                Event::Progress { id, .. } | Event::Modified { id, .. } | Event::Digit { id, .. } => {
                    assert!(self.open.contains(&id), "nothing is told after the end");
                }
                event => panic!("unexpected: {event:?}"),
            }
        }
    }
}

struct Net {
    sides: [Side; 2],
    flying: BTreeMap<(Instant, u64), (usize, Bytes)>,
    sent: u64,
    loss: u64,
    dice: Dice,
    now: Instant,
}

impl Net {
    fn new(seed: u64, loss: u64) -> Self {
        #[allow(clippy::disallowed_methods)] // time has to begin somewhere
        let now = Instant::now();
        let sides = [Side::new("192.0.2.1:5060", 1), Side::new("192.0.2.2:5060", 2)];
        Self { sides, flying: BTreeMap::new(), sent: 0, loss, dice: Dice(seed), now }
    }

    fn drain(&mut self) {
        for at in 0..2 {
            self.sides[at].hears_events(&mut self.dice, self.now);
            while let Some(transmit) = self.sides[at].endpoint.poll_transmit() {
                let copies = if self.dice.roll(100) < self.loss { 0 } else { 1 + u64::from(self.dice.roll(20) == 0) };
                for _ in 0..copies {
                    self.sent += 1;
                    let arrives = self.now + Duration::from_millis(1 + self.dice.roll(300));
                    self.flying.insert((arrives, self.sent), (1 - at, transmit.bytes.clone()));
                }
            }
            self.sides[at].hears_events(&mut self.dice, self.now);
        }
    }

    /// Takes the earliest thing that is to happen; false if there is none.
    fn step(&mut self) -> bool {
        let mut due: Vec<Instant> = self.flying.keys().next().map(|(at, _)| *at).into_iter().collect();
        for side in &self.sides {
            due.extend(side.endpoint.poll_timeout());
            due.extend(side.plans.first().map(|(at, _)| *at));
        }
        let Some(next) = due.into_iter().min() else { return false };
        self.now = self.now.max(next);
        while let Some(entry) = self.flying.first_entry().filter(|entry| entry.key().0 <= self.now) {
            let (to, bytes) = entry.remove();
            let [local, remote] = [self.sides[to].addr, self.sides[1 - to].addr];
            let path = Path { transport: Transport::Udp, local, remote };
            self.sides[to].endpoint.handle_message(bytes, path, self.now);
            self.drain();
        }
        for at in 0..2 {
            while let Some((_, plan)) = self.sides[at].plans.first().copied().filter(|(due, _)| *due <= self.now) {
                self.sides[at].plans.pop_first();
                self.sides[at].does(plan, self.now);
                self.drain();
            }
            if self.sides[at].endpoint.poll_timeout().is_some_and(|due| due <= self.now) {
                self.sides[at].endpoint.handle_timeout(self.now);
                self.drain();
            }
        }
        true
    }
}

fn run(seed: u64, loss: u64, calls: u64) -> usize {
    let mut net = Net::new(seed, loss);
    for _ in 0..calls {
        let from = usize::from(net.dice.roll(2) == 0);
        let (to, now) = (net.sides[1 - from].addr, net.now);
        let id = net.sides[from].calls(to, now);
        if net.dice.roll(4) == 0 {
            let when = net.now + Duration::from_millis(net.dice.roll(9000));
            net.sides[from].plans.insert((when, Plan::HangUp(id)));
        }
        net.drain();
        net.now += Duration::from_millis(net.dice.roll(500));
    }
    let mut steps = 0_u64;
    while net.step() {
        steps += 1;
        assert!(steps < 1_000_000, "seed {seed}: it never ends");
    }
    for side in &net.sides {
        assert_eq!(side.endpoint.gauges(), Gauges::default(), "seed {seed}");
        assert!(side.open.is_empty(), "seed {seed}: a session was never closed");
    }
    net.sides[0].answered + net.sides[1].answered
}

#[test]
fn without_loss_most_calls_are_answered() {
    let answered: usize = (0..10).map(|seed| run(seed, 0, 20)).sum();
    assert!(answered > 250, "{answered}");
}

#[test]
fn fifty_seeds_with_a_tenth_lost() {
    let answered: usize = (100..150).map(|seed| run(seed, 10, 10)).sum();
    assert!(answered > 500, "{answered}");
}

#[test]
fn twenty_seeds_with_half_lost() {
    let answered: usize = (200..220).map(|seed| run(seed, 50, 10)).sum();
    assert!(answered > 50, "{answered}");
}
