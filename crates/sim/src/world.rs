//! The world: everything in it takes its turn by one clock.

mod turn;

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use exotel::passthru::Profile;
use exotel::recording::{Links, VALIDITY};
use flow::{Audio, Program};
use jiff::Timestamp;
use media::{MediaId, Pcm, Plane};
use model::{CallEvent, Cdr, HttpOutcome, Moment, StartCall, Tenant};
use regex_lite::Regex;
use switch::{
    CalloutKey, Config, Limits, Prompts, Published, RenderKey, RequestKey, ResolveKey, Routes, StartError, Switch,
};

use crate::agent::Agent;
use crate::bot::{Bot, Bots};
use crate::check;
use crate::clock;
use crate::exchange::Exchange;
use crate::ladder::Ladder;
use crate::network::{Network, Weather};
use crate::numbering::Local;
use crate::phone::{Condition, Phone};
use crate::recorder::{Heard, Recorder};
use crate::sound::Tones;
use crate::web::{Requested, Site, Web};

/// Where the switch lives.
pub(crate) const SWITCH: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 5060);

/// Where it lives in IPv6.
const SWITCH_V6: SocketAddr = SocketAddr::new(IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1)), 5060);

/// Whom text from outside a flow may have rung in a story: the third phone and those after it.
const ALLOWED: [&str; 1] = ["sip:[a-z]+@10\\.0\\.1\\.[3-9]"];

/// A story that has not come to its point after this much virtual time is stuck.
pub(crate) const PATIENCE: Duration = Duration::from_secs(600);

/// How long a commit to the outbox takes.
const COMMIT: Duration = Duration::from_millis(1);

/// How long callers are known to those who talked with them: the server's default.
const STICKY: Duration = Duration::from_hours(30 * 24);

/// Where links to recordings lead.
const RECORDINGS: &str = "https://voice.example";

/// What a world is made with.
pub(crate) struct Setup {
    pub(crate) weather: Weather,
    pub(crate) seed: u64,
    pub(crate) numbering: Local,
    /// Phones that may register, with [`PASSWORD`].
    pub(crate) users: Vec<String>,
    /// Whether numbers and names of hosts lead to the exchange. Otherwise they lead nowhere.
    pub(crate) exchange: bool,
    /// Whom text from outside a flow may have rung.
    pub(crate) dial: Vec<Regex>,
    pub(crate) groups: Vec<switch::Group>,
    /// How many streams there may be.
    pub(crate) streams: usize,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            weather: Weather::CALM,
            seed: 0,
            numbering: Local::default(),
            users: Vec::new(),
            exchange: false,
            dial: Vec::new(),
            groups: Vec::new(),
            streams: Limits::default().streams,
        }
    }
}

/// Every user's password.
pub(crate) const PASSWORD: &str = "rehearsal";

/// The whole of a rehearsal. See the crate's front page.
pub struct World {
    origin: Moment,
    now: Moment,
    shared_now: Rc<RefCell<Instant>>,
    switch: Switch,
    plane: Plane,
    media_by_address: BTreeMap<SocketAddr, MediaId>,
    media_addresses: BTreeMap<MediaId, SocketAddr>,
    next_port: u16,
    network: Network,
    phones: Vec<Phone>,
    exchange: Option<Exchange>,
    web: Web,
    names: BTreeMap<sip::Query, sip::Answer>,
    tones: Tones,
    /// What the switch will be told, and when.
    answers: BTreeMap<(Instant, u64), Answer>,
    asked: u64,
    journal: Vec<CallEvent>,
    ladder: Ladder,
    recorder: Recorder,
    bots: Bots,
    store_fails: Option<String>,
    /// How long the store takes.
    store_takes: Duration,
    /// How long it takes to speak a text for a call, and why it fails.
    speech: (Duration, Option<String>),
    /// Documents published so far.
    publications: u64,
    /// What signalling holds when nothing is going on.
    idle: sip::Gauges,
    /// Steps that time may still take.
    pub(crate) steps_left: u32,
}

enum Answer {
    Resolved(ResolveKey, sip::Query),
    Http(RequestKey, HttpOutcome),
    Committed(CalloutKey, Option<String>),
    Rendered(RenderKey, Result<Arc<Pcm>, String>),
}

impl World {
    /// A world in calm weather. The seed decides all that is random.
    pub fn new(seed: u64) -> Self {
        Self::in_weather(Weather::CALM, seed)
    }

    /// A world with other weather.
    pub fn in_weather(weather: Weather, seed: u64) -> Self {
        let dial = ALLOWED.iter().map(|rule| Regex::new(rule).expect("a rule")).collect();
        Self::with(Setup { weather, seed, dial, ..Setup::default() })
    }

    /// A world in which the network is so, and whose switch knows these groups.
    pub fn with_groups(weather: Weather, seed: u64, groups: Vec<switch::Group>) -> Self {
        Self::with(Setup { weather, seed, groups, ..Setup::default() })
    }

    /// A calm world whose switch knows these users: [`World::registers`].
    pub fn with_users(seed: u64, users: &[&str]) -> Self {
        let users = users.iter().map(|&user| user.to_owned()).collect();
        Self::with(Setup { seed, users, ..Setup::default() })
    }

    /// A calm world in which there may be so many streams.
    pub fn with_streams(seed: u64, streams: usize) -> Self {
        Self::with(Setup { seed, streams, ..Setup::default() })
    }

    pub(crate) fn with(setup: Setup) -> Self {
        let origin = clock::origin();
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&setup.seed.to_le_bytes());
        let exchange = setup.exchange.then(|| Exchange::new(setup.numbering.clone()));
        let users = setup.users.into_iter().map(|name| sip::User { name, password: PASSWORD.into() });
        let config = Config {
            tenant: Tenant::default(),
            media_workers: 1,
            media_timeout: Duration::from_secs(30),
            limits: Limits { streams: setup.streams, ..Limits::default() },
            trunks: exchange.iter().map(|_| Exchange::trunk()).collect(),
            sip: sip::Config {
                listen: [SWITCH, SWITCH_V6].map(|addr| sip::Listen { transport: sip::Transport::Udp, addr }).into(),
                trusted: ["10.0.0.0/8", "fd00::/8", "203.0.113.0/24"].map(|net| net.parse().expect("a network")).into(),
                realm: "rehearsal".into(),
                users: users.collect(),
                ..sip::Config::default()
            },
            reporting: Arc::new(setup.numbering.clone()),
            numbering: Arc::new(setup.numbering),
            dial: setup.dial,
            groups: setup.groups,
            sticky: STICKY,
            talks: Vec::new(),
        };
        Self {
            origin,
            now: origin,
            shared_now: Rc::new(RefCell::new(origin.at)),
            switch: Switch::new(config, bytes),
            plane: Plane::new(bytes),
            media_by_address: BTreeMap::new(),
            media_addresses: BTreeMap::new(),
            next_port: 20_000,
            network: Network::new(setup.weather, setup.seed),
            phones: Vec::new(),
            exchange,
            web: Web::default(),
            names: BTreeMap::new(),
            tones: Tones::default(),
            answers: BTreeMap::new(),
            asked: 0,
            journal: Vec::new(),
            ladder: Ladder::default(),
            recorder: Recorder::default(),
            bots: Bots::default(),
            store_fails: None,
            store_takes: COMMIT,
            speech: (Duration::ZERO, None),
            publications: 0,
            idle: sip::Gauges::default(),
            steps_left: u32::MAX,
        }
    }

    /// Publishes a program as the flow of every number. Its prompts become tones.
    pub fn publish(&mut self, program: impl Into<Arc<Program>>) {
        let program = program.into();
        let flow = program.name().to_owned();
        self.publish_beside(program);
        self.switch.route(Routes { default_flow: Some(flow), ..Routes::default() });
    }

    /// Publishes a program that others may go on in and no number starts.
    pub fn publish_beside(&mut self, program: impl Into<Arc<Program>>) {
        let program = program.into();
        let published = self.rendered(program);
        self.switch.publish(published);
    }

    /// A program, and tones for its prompts.
    fn rendered(&mut self, program: Arc<Program>) -> Arc<Published> {
        let sound = |audio: Audio| (audio.clone(), self.tones.render(&audio));
        let known = program.audio().into_iter().filter(|audio| !matches!(audio, Audio::Url(_)));
        let prompts: Prompts = known.map(sound).collect();
        Arc::new(Published { program, prompts })
    }

    /// Compiles a document and publishes it as the flow of every number.
    ///
    /// # Panics
    /// With all diagnostics, if it does not compile without a word.
    #[track_caller]
    pub fn publish_flow(&mut self, yaml: &str) {
        let program = self.compile(yaml);
        self.publish(program);
    }

    /// Compiles a document and publishes it as a flow that others may go on in.
    ///
    /// # Panics
    /// As [`World::publish_flow`].
    #[track_caller]
    pub fn publish_flow_beside(&mut self, yaml: &str) {
        let program = self.compile(yaml);
        self.publish_beside(program);
    }

    #[track_caller]
    fn compile(&mut self, yaml: &str) -> Program {
        self.publications += 1;
        let recordings = Some(links());
        let catalogue = applets::catalogue(Profile { recordings, ..Profile::default() });
        let (program, diagnostics) = flow::compile(yaml, &catalogue, self.publications);
        let words: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
        assert!(words.is_empty(), "{}", words.join("\n"));
        program.expect("without diagnostics there is a program")
    }

    /// A new phone; the first is at 10.0.1.1:5060, the next at 10.0.1.2:5060, and so on.
    pub fn phone(&mut self, name: &str) -> Phone {
        let host = u8::try_from(self.phones.len() + 1).expect("a world has up to 255 phones");
        self.phone_with(name, [10, 0, 1, host].into(), SWITCH)
    }

    /// A new phone in IPv6; were it the first, it would be at [fd00::1:1]:5060, the next at [fd00::1:2]:5060.
    pub fn phone_v6(&mut self, name: &str) -> Phone {
        let host = u16::try_from(self.phones.len() + 1).expect("few phones");
        self.phone_with(name, [0xfd00, 0, 0, 0, 0, 0, 1, host].into(), SWITCH_V6)
    }

    /// A new phone behind a NAT that keeps ports: it speaks of 192.168.1.5, and is seen at 203.0.113.1.
    pub fn phone_behind_nat(&mut self, name: &str) -> Phone {
        let phone = self.phone_with(name, [203, 0, 113, 1].into(), SWITCH);
        phone.agent.borrow_mut().inside = Some([192, 168, 1, 5].into());
        phone
    }

    fn phone_with(&mut self, name: &str, ip: IpAddr, server: SocketAddr) -> Phone {
        let agent = Agent::new(name, SocketAddr::new(ip, 5060), server, &self.tones);
        let phone = Phone::new(agent, Rc::clone(&self.shared_now));
        self.phones.push(phone.clone());
        phone
    }

    /// Asks the switch for a call, as the API does. One that names no flow gets the one that the server makes for it.
    ///
    /// # Panics
    /// If that flow does not compile without a word.
    #[track_caller]
    pub fn start(&mut self, wanted: StartCall) -> Result<(), StartError> {
        let made = applets::bridge::document(&wanted).map(|document| self.compile(&document));
        let made = made.map(|program| self.rendered(Arc::new(program)));
        let started = self.switch.handle_start(wanted, made, self.now);
        self.drain();
        started
    }

    /// Lets a phone register as the user that it is named after.
    #[track_caller]
    pub fn registers(&mut self, phone: &Phone) {
        phone.agent.borrow_mut().register(PASSWORD, self.now.at);
        self.until(phone.is_registered());
        // Until the transactions are forgotten: what is left then is what is held when nothing goes on.
        self.passes(Duration::from_secs(40));
        self.begin();
    }

    /// What the DNS says to a question; without this, that there is no such record.
    pub fn name(&mut self, query: sip::Query, answer: sip::Answer) {
        self.names.insert(query, answer);
    }

    /// A site of the scripted web.
    pub fn web(&mut self, url: &str) -> Site {
        self.web.site(url)
    }

    /// An application that hears calls, at the address of its WebSocket.
    pub fn bot(&mut self, url: &str) -> Bot {
        self.bots.bot(url)
    }

    /// From now on no file of a recording takes any more, for that reason.
    pub fn disk_fails(&mut self, why: &str) {
        self.recorder.failure = Some(why.to_owned());
    }

    /// What was recorded, in the order in which it began.
    pub fn recordings(&self) -> Vec<Heard> {
        self.recorder.heard(&self.tones)
    }

    /// From now on the outbox takes that long to store a row.
    pub fn store_takes(&mut self, time: Duration) {
        self.store_takes = time;
    }

    /// From now on the outbox cannot store anything, for that reason.
    pub fn store_fails(&mut self, why: &str) {
        self.store_fails = Some(why.to_owned());
    }

    /// From now on the store is stuck, or no longer.
    pub fn store_is_stuck(&mut self, stuck: bool) {
        self.switch.hold_up(stuck);
    }

    /// From now on a text that is spoken while a call waits takes that long.
    pub fn speech_takes(&mut self, time: Duration) {
        self.speech = (time, None);
    }

    /// From now on no text can be spoken while a call waits, for that reason.
    pub fn speech_fails(&mut self, why: &str) {
        self.speech = (Duration::ZERO, Some(why.to_owned()));
    }

    /// Lets time pass until the condition holds. A story that never comes to it fails with its ladder.
    #[track_caller]
    pub fn until(&mut self, condition: Condition) {
        let limit = self.now.at + PATIENCE;
        while !(condition.holds)() {
            let stuck = !self.step(limit);
            assert!(!stuck, "it never came to: {}\n{}", condition.what, self.ladder.text());
        }
    }

    /// Lets that much time pass.
    pub fn passes(&mut self, time: Duration) {
        let limit = self.now.at + time;
        while self.step(limit) {}
        self.advance(limit);
    }

    /// Tells the server to stop. It goes when everybody has heard of that, and after that much time in any case.
    pub fn stops_within(&mut self, farewell: Duration) {
        let limit = self.now.at + farewell;
        self.switch.leave(self.now);
        self.drain();
        while self.switch.is_leaving() && self.step(limit) {}
        self.switch.abandon(self.now);
        self.drain();
    }

    /// Lets everything come to rest, and checks that nothing leaked and every journal is whole.
    #[track_caller]
    pub fn settle(&mut self) {
        let troubles = self.rest();
        assert!(troubles.is_empty(), "{troubles:#?}\n{}", self.ladder.text());
    }

    /// Lets everything come to rest. Yields what does not hold then: what is left over, which journal is not whole.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        let limit = self.now.at + PATIENCE;
        while !self.is_at_rest() && self.step(limit) {}
        let mut troubles = check::journals(&self.journal);
        if !self.is_at_rest() {
            troubles.push(format!("left over: {:?} {:?}", self.switch.gauges(), self.plane.gauges()));
        }
        troubles
    }

    /// What was said, a line each: seconds, who, what.
    pub fn ladder(&self) -> &str {
        self.ladder.text()
    }

    /// The journal of all calls.
    pub fn journal(&self) -> &[CallEvent] {
        &self.journal
    }

    /// What the web was asked, scripted or not, in order.
    pub fn requested(&self) -> &[Requested] {
        &self.web.requested
    }

    /// Puts a phone behind the exchange, where a number or a URI with a host leads to it.
    pub(crate) fn connect(&mut self, target: &flow::Target, phone: Phone) {
        self.exchange.as_mut().expect("a world that was made with one").connect(target, phone);
    }

    /// Time begins here: what was said so far is forgotten, what signalling holds now is what it holds when idle.
    pub(crate) fn begin(&mut self) {
        self.origin = self.now;
        self.ladder = Ladder::default();
        self.idle = self.switch.gauges().sip;
    }

    pub(crate) fn now(&self) -> Instant {
        self.now.at
    }

    /// The wall clock.
    pub(crate) fn wall(&self) -> Timestamp {
        self.now.wall
    }

    /// The records of all calls, in the order in which they arrived.
    pub fn records(&self) -> Vec<Cdr> {
        let mut records: Vec<Cdr> = Vec::new();
        for event in &self.journal {
            match records.iter_mut().find(|cdr| cdr.sid == event.call) {
                Some(cdr) => cdr.apply(event),
                None => records.extend(Cdr::begin(event)),
            }
        }
        records
    }

    /// Whether the network is without delay, loss and disorder: only then do moments mean something.
    pub fn is_calm(&self) -> bool {
        self.network.weather() == Weather::CALM
    }

    fn is_at_rest(&self) -> bool {
        let (switch, plane) = (self.switch.gauges(), self.plane.gauges());
        let quiet = self.phones.iter().all(|phone| phone.agent.borrow().poll_timeout().is_none());
        switch.calls + switch.callouts + plane.sessions == 0
            && switch.sip == self.idle
            && quiet
            && self.answers.is_empty()
            && self.recorder.is_at_rest()
            && self.bots.is_at_rest()
            && self.network.poll_timeout().is_none()
    }
}

/// What leads to recordings in a rehearsal.
pub(crate) fn links() -> Links {
    Links::new(RECORDINGS, [0; 32], VALIDITY)
}
