//! One media thread: an epoll set of two sockets a leg, and the plane's shared tick by absolute deadlines.

use core::net::SocketAddr;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::io;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use api::Metrics;
use media::{Command, MediaId, Plane, Recorded};
use mio::event::Event;
use mio::{Events, Interest, Poll, Registry, Token};
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;
use switch::{MediaOrder, MediaReport};

use super::alarm::Alarm;
use super::pace::Pace;
use super::ports::{Held, Pair, Ports};
use crate::bots::{self, Bots};
use crate::clock;
use crate::mailbox::{Inbox, Mailbox, mailbox};
use crate::recorder::{self, Letter};
use crate::socket;

/// Orders that may wait for a worker. The switch waits when there are more.
const ORDERS: usize = 16_384;

/// The token of the mailbox; legs count from 0.
const MAILBOX: Token = Token(usize::MAX - 1);

/// The token of the alarm.
const ALARM: Token = Token(usize::MAX - 2);

/// The longest datagram that is looked at: RTP of any codec here is far shorter.
const DATAGRAM: usize = 2_048;

/// When the recorder is told again of an end that it had no room for, though nothing else happens.
const AGAIN: Duration = Duration::from_millis(100);

/// Datagrams taken from one socket before the others have their turn.
const BURST: usize = 32;

/// The media threads.
pub(crate) struct Workers {
    pub(crate) orders: Vec<Mailbox<MediaOrder>>,
    /// The ports that legs hold.
    pub(crate) held: Held,
}

/// Where a worker reports to.
pub(crate) type Reports = Box<dyn Fn(MediaReport) -> Result<(), MediaReport> + Send>;

/// Starts `count` media threads that share a range of ports. `reports` gives each its way back to the switch; late ticks
/// are counted in `metrics`.
pub(crate) fn start(
    count: usize,
    range: &RangeInclusive<u16>,
    seed: [u8; 32],
    (metrics, recorder, bots): (&Arc<Metrics>, &recorder::Mailbox, &Bots),
    reports: impl Fn() -> Reports,
) -> io::Result<Workers> {
    let mut rng = ChaCha12Rng::from_seed(seed);
    let mut workers = Workers { orders: Vec::new(), held: Held::default() };
    for number in 0..count {
        let poll = Poll::new()?;
        let (orders, inbox) = mailbox(ORDERS, poll.registry(), MAILBOX)?;
        let mut plane_seed = [0; 32];
        rand_core::Rng::fill_bytes(&mut rng, &mut plane_seed);
        let worker = Worker {
            alarm: Alarm::new(poll.registry(), ALARM)?,
            poll,
            inbox,
            plane: Plane::new(plane_seed),
            ports: Ports::new(range, (number, count), &workers.held, &mut rng),
            legs: slab::Slab::new(),
            by_id: HashMap::new(),
            readable: BTreeSet::new(),
            reports: reports(),
            recorder: recorder.clone(),
            bots: bots.clone(),
            streamed_lost: 0,
            unended: VecDeque::new(),
            recorded_lost: 0,
            unsent: VecDeque::new(),
            metrics: Arc::clone(metrics),
            late_ticks: 0,
        };
        workers.orders.push(orders);
        // It ends with the process: there is nothing of it to save.
        std::thread::Builder::new().name(format!("media-{number}")).spawn(move || worker.run())?;
    }
    Ok(workers)
}

struct Worker {
    poll: Poll,
    alarm: Alarm,
    inbox: Inbox<MediaOrder>,
    plane: Plane,
    ports: Ports,
    legs: slab::Slab<Leg>,
    by_id: HashMap<MediaId, usize>,
    /// Tokens of sockets that had more to give when their turn was over.
    readable: BTreeSet<usize>,
    reports: Reports,
    recorder: recorder::Mailbox,
    bots: Bots,
    /// Ends of recordings that the recorder had no room for.
    unended: VecDeque<Recorded>,
    /// Reports that the switch had no room for; sent again at the next turn, so that a worker never waits.
    unsent: VecDeque<MediaReport>,
    metrics: Arc<Metrics>,
    /// Those of the plane that `metrics` knows.
    late_ticks: u64,
    recorded_lost: u64,
    streamed_lost: u64,
}

struct Leg {
    id: MediaId,
    pair: Pair,
}

impl Worker {
    fn run(mut self) {
        let mut events = Events::with_capacity(1_024);
        let mut buffer = [0; DATAGRAM];
        let mut pace = Pace::new(clock::now().at);
        loop {
            if let Err(error) = self.wait(&mut events, &mut pace) {
                tracing::error!(%error, "a media thread cannot poll its sockets and ends");
                return;
            }
            self.tick();
            self.hand_over();
            let later = core::mem::take(&mut self.readable).into_iter().map(Token);
            for token in later.chain(events.iter().map(Event::token)) {
                match token {
                    ALARM => {}
                    MAILBOX => self.read_orders(),
                    Token(token) => self.read_socket(token, &mut buffer),
                }
                self.flush();
                // What comes in waits for what is due to go out.
                self.tick();
            }
        }
    }

    /// Waits for packets, orders, or the next tick.
    fn wait(&mut self, events: &mut Events, pace: &mut Pace) -> io::Result<()> {
        let from = clock::now().at;
        self.alarm.set(self.plane.poll_timeout(), from)?;
        let timeout = match (self.readable.is_empty(), self.unended.is_empty()) {
            (false, _) => Some(Duration::ZERO),
            (true, false) => Some(AGAIN),
            (true, true) => None,
        };
        match self.poll.poll(events, timeout) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        pace.slept(from, clock::now().at);
        Ok(())
    }

    fn tick(&mut self) {
        let now = clock::now().at;
        if self.plane.poll_timeout().is_some_and(|at| at <= now) {
            self.plane.handle_timeout(now);
            self.flush();
        }
    }

    fn count_late(&mut self) {
        let late = self.plane.gauges().late_ticks;
        if late > self.late_ticks {
            self.metrics.add_rtp_late_ticks(late - self.late_ticks);
            self.late_ticks = late;
        }
    }

    fn read_orders(&mut self) {
        self.inbox.open();
        while let Some(order) = self.inbox.next() {
            match order {
                MediaOrder::Open { id, address, settings } => self.open(id, address, settings),
                MediaOrder::Command(command) => {
                    let closed = if let Command::Close { id } = &command { Some(*id) } else { None };
                    self.plane.handle_command(command, clock::now().at);
                    self.flush();
                    if let Some(id) = closed {
                        self.close(id);
                    }
                }
            }
        }
    }

    fn open(&mut self, id: MediaId, address: core::net::IpAddr, settings: media::Settings) {
        let bound = self.ports.bind(address).and_then(|mut pair| {
            register(self.poll.registry(), &mut pair, self.legs.vacant_key())?;
            Ok(pair)
        });
        match bound {
            Ok(pair) => {
                let local = SocketAddr::new(address, pair.port);
                let key = self.legs.insert(Leg { id, pair });
                self.by_id.insert(id, key);
                self.plane.handle_command(Command::Open { id, settings, local }, clock::now().at);
                self.report(MediaReport::Opened { id, local });
            }
            Err(error) => {
                tracing::error!(%error, free = self.ports.free(), "no media ports for a leg");
                self.report(MediaReport::Refused { id, why: error.to_string() });
            }
        }
    }

    fn close(&mut self, id: MediaId) {
        if let Some(key) = self.by_id.remove(&id) {
            let mut leg = self.legs.remove(key);
            // Closing a socket also takes it out of the poll; a failure here has nothing left to harm.
            for socket in [&mut leg.pair.rtp, &mut leg.pair.rtcp] {
                if let Err(error) = self.poll.registry().deregister(socket) {
                    tracing::debug!(%error, "a media socket was not registered");
                }
            }
            self.ports.release(leg.pair.port);
        }
    }

    /// Takes a burst of what a socket holds. Tokens are two a leg: RTP, then RTCP.
    fn read_socket(&mut self, token: usize, buffer: &mut [u8]) {
        let (key, rtcp) = (token / 2, token % 2 == 1);
        let Some(leg) = self.legs.get(key) else { return };
        let socket = if rtcp { &leg.pair.rtcp } else { &leg.pair.rtp };
        let more = socket::read(socket, buffer, BURST, |bytes, from| {
            self.plane.handle_packet(leg.id, from, rtcp, bytes, clock::now().at);
        });
        if more {
            self.readable.insert(token);
        }
    }

    /// Sends what the plane wants sent, and reports what it has to say.
    fn flush(&mut self) {
        while let Some(transmit) = self.plane.poll_transmit() {
            let Some(leg) = self.by_id.get(&transmit.id).and_then(|key| self.legs.get(*key)) else { continue };
            let socket = if transmit.rtcp { &leg.pair.rtcp } else { &leg.pair.rtp };
            if let Err(error) = socket.send_to(transmit.bytes, transmit.to) {
                tracing::debug!(%error, to = %transmit.to, "a media packet was not sent");
            }
        }
        self.plane.handle_sent(clock::now().at);
        self.count_late();
        self.hand_over();
        while let Some(event) = self.plane.poll_event() {
            self.unsent.push_back(MediaReport::Event(event));
        }
        while let Some(report) = self.unsent.pop_front() {
            if let Err(report) = (self.reports)(report) {
                self.unsent.push_front(report);
                break;
            }
        }
    }

    /// Gives what was recorded to the recorder. What that has no room for is lost, but for ends.
    fn hand_over(&mut self) {
        let mut lost = self.plane.gauges().recorded_lost;
        lost -= std::mem::replace(&mut self.recorded_lost, lost);
        let again = std::mem::take(&mut self.unended);
        for block in again.into_iter().chain(std::iter::from_fn(|| self.plane.poll_recorded())) {
            match self.recorder.try_send(Letter::Block(block)) {
                Err(Letter::Block(block)) if block.end.is_some() => self.unended.push_back(block),
                Err(_) => lost += 1,
                Ok(()) => {}
            }
        }
        if lost > 0 {
            self.metrics.add_recorded_lost(lost);
        }
        self.stream();
    }

    /// Gives what callers say to those who hold the sockets of streams. What they have no room for is lost.
    fn stream(&mut self) {
        let mut lost = self.plane.gauges().streamed_lost;
        lost -= std::mem::replace(&mut self.streamed_lost, lost);
        while let Some(piece) = self.plane.poll_streamed() {
            lost += u64::from(self.bots.try_send(bots::Letter::Heard(piece)).is_err());
        }
        if lost > 0 {
            self.metrics.add_streamed_lost(lost);
        }
    }

    fn report(&mut self, report: MediaReport) {
        self.unsent.push_back(report);
        self.flush();
    }
}

fn register(registry: &Registry, pair: &mut Pair, key: usize) -> io::Result<()> {
    registry.register(&mut pair.rtp, Token(2 * key), Interest::READABLE)?;
    registry.register(&mut pair.rtcp, Token(2 * key + 1), Interest::READABLE)
}
