//! The root: routes inputs to the endpoint and to calls, and carries out what calls order. It decides nothing else.

mod start;
mod stream;
mod turn;

use core::net::{IpAddr, SocketAddr};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use callout::{Attempted, Done, Inquiries};
use flow::Target;
use media::{MediaId, Pcm, RecordingId, StreamId};
use model::{
    Attempt, CallCommand, CallFacts, CallSid, Cause, Direction, EndedBy, HttpOutcome, HttpTrace, LegEnd, LegId, Moment,
};
use rand_chacha::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};
use sip::{Endpoint, Invitation, Path, Refusal, RegistrationId, Resolution, SessionId};

use crate::call::{Call, Setup};
use crate::config::{Config, NAME_BYTES};
use crate::dialing::{self, DialKey, Dialing, Errand, Trunk, Way};
use crate::groups::Groups;
use crate::leg::{Leg, Place};
use crate::order::{
    CallKey, CalloutKey, Guise, MediaReport, Order, Output, RenderKey, RequestKey, ResolveKey, Seeker, Unrouted,
};
use crate::permit::Permit;
use crate::prompts::Published;
use crate::registering::Registering;
use crate::routing::{self, Routes, user};
use crate::talks::Talks;
pub use start::StartError;

/// The number that is shown, and further header fields.
type Shown = (String, Vec<(String, String)>);

/// The switch. See the crate's front page.
pub struct Switch {
    config: Config,
    endpoint: Endpoint,
    inquiries: Inquiries<CalloutKey>,
    dialing: Dialing,
    groups: Groups,
    talks: Talks,
    registering: Registering,
    permit: Arc<Permit>,
    ringback: Arc<Pcm>,
    flows: BTreeMap<String, Arc<Published>>,
    routes: Routes,
    calls: BTreeMap<CallKey, Call>,
    by_session: HashMap<SessionId, (CallKey, LegId)>,
    by_sid: HashMap<CallSid, CallKey>,
    /// The streams that have not ended.
    streaming: BTreeSet<StreamId>,
    /// The soonest timer of each call that has one.
    wakes: BTreeSet<(Instant, CallKey)>,
    /// What calls want done, with the worker of each.
    orders: VecDeque<(CallKey, usize, Order)>,
    next_call: u64,
    rng: ChaCha12Rng,
    outputs: VecDeque<Output>,
    panics: u64,
    /// No call is taken any more.
    leaving: bool,
    /// No call is taken until what is to be stored is stored.
    held_up: bool,
}

/// What the switch holds. All 0 when it is idle, but for the endpoint's registrations, open circuits and the counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Calls under way.
    pub calls: usize,
    /// Legs with media under way.
    pub media: usize,
    /// HTTP callouts that calls wait for.
    pub callouts: usize,
    /// Streams that have not ended.
    pub streams: usize,
    /// Origins that callouts leave alone because they failed and failed; until they are asked again, however idle the switch.
    pub circuits_open: usize,
    /// Signalling.
    pub sip: sip::Gauges,
    /// Calls that a fault of ours has ended, since the start.
    pub panics: u64,
}

impl Switch {
    /// A switch without flows. All randomness comes from `seed`.
    pub fn new(mut config: Config, seed: [u8; 32]) -> Self {
        config.media_workers = config.media_workers.max(1);
        let mut rng = ChaCha12Rng::from_seed(seed);
        let mut endpoint_seed = [0; 32];
        rng.fill_bytes(&mut endpoint_seed);
        Self {
            endpoint: Endpoint::new(config.sip.clone(), endpoint_seed),
            inquiries: Inquiries::new(callout::Limits {
                in_flight: config.limits.callouts,
                ..callout::Limits::default()
            }),
            dialing: Dialing::default(),
            groups: Groups::new(std::mem::take(&mut config.groups)),
            talks: turn::known(&mut config),
            permit: Arc::new(Permit::new(&config.dial, Arc::clone(&config.numbering))),
            registering: Registering::new(&config.trunks, &config.sip.listen),
            config,
            ringback: Arc::new(media::ringback()),
            flows: BTreeMap::new(),
            routes: Routes::default(),
            calls: BTreeMap::new(),
            by_session: HashMap::new(),
            by_sid: HashMap::new(),
            streaming: BTreeSet::new(),
            wakes: BTreeSet::new(),
            orders: VecDeque::new(),
            next_call: 0,
            rng,
            outputs: VecDeque::new(),
            panics: 0,
            leaving: false,
            held_up: false,
        }
    }

    /// Begins: registers with the trunks that want that.
    pub fn start(&mut self, now: Moment) {
        let queries = self.registering.start(&mut self.endpoint, now.at);
        self.ask_registrars(queries);
        self.settle(now);
    }

    /// The users whose phones are registered, by name.
    pub fn registered(&self, now: Instant) -> Vec<String> {
        self.endpoint.users(now).map(str::to_owned).collect()
    }

    /// Takes no more calls, hangs up those under way, and ends its registrations; [`Switch::is_leaving`] says until when.
    /// Flows may still say what became of their calls.
    pub fn leave(&mut self, now: Moment) {
        self.leaving = true;
        self.registering.leave(&mut self.endpoint, now.at);
        self.with_each_call(now, |call| call.hang_up(Cause::TEMPORARY_FAILURE, EndedBy::Us, now));
        self.settle(now);
    }

    /// Learns whether what is to be stored waits too long: no more calls are taken then, and those under way go on.
    pub fn hold_up(&mut self, on: bool) {
        self.held_up = on;
    }

    /// Whether calls are still being ended, or a peer that was told that we go has not answered yet.
    pub fn is_leaving(&self) -> bool {
        let sessions = self.endpoint.gauges().sessions;
        self.calls.len() + sessions > 0 || self.registering.is_leaving(&self.endpoint)
    }

    /// Ends what [`Switch::leave`] has left: nobody is waited for any more.
    pub fn abandon(&mut self, now: Moment) {
        self.with_each_call(now, |call| call.cut(now));
        self.settle(now);
    }

    /// The trunks that we register with, and whether each has us registered.
    pub fn registrations(&self) -> impl Iterator<Item = (&str, bool)> {
        self.registering.states()
    }

    /// Makes a flow the current one of its name. Calls under way keep theirs.
    pub fn publish(&mut self, published: Arc<Published>) {
        self.flows.insert(published.program.name().to_owned(), published);
    }

    /// Says which number starts which flow, from now on.
    pub fn route(&mut self, routes: Routes) {
        self.routes = routes;
    }

    /// Takes a datagram, or one message of a stream.
    pub fn handle_message(&mut self, bytes: Bytes, path: Path, now: Moment) {
        self.endpoint.handle_message(bytes, path, now.at);
        self.settle(now);
    }

    /// Learns that a peer cannot be reached that way.
    pub fn handle_unreachable(&mut self, path: Path, now: Moment) {
        self.endpoint.handle_unreachable(path, now.at);
        self.settle(now);
    }

    /// Takes what a media worker says.
    pub fn handle_media(&mut self, report: MediaReport, now: Moment) {
        match report {
            MediaReport::Opened { id, local } => {
                self.with_call(call_of(id), now, |call| call.on_opened(id, local, now))
            }
            MediaReport::Refused { id, why } => self.with_call(call_of(id), now, |call| call.on_refused(id, &why, now)),
            MediaReport::Event(event) => self.on_media(&event, now),
        }
        self.settle(now);
    }

    /// Takes what the DNS said to [`Output::Resolve`].
    pub fn handle_resolved(&mut self, key: ResolveKey, query: &sip::Query, answer: sip::Answer, now: Moment) {
        match key.0 {
            Seeker::Leg(key) => {
                if let Some(way) = self.dialing.handle_answer(key, query, answer, &mut self.rng) {
                    self.go(key, way, now);
                }
            }
            Seeker::Registration(line) => {
                let (said, rng) = ((query, answer), &mut self.rng);
                let queries = self.registering.handle_answer(line, said, rng, &mut self.endpoint, now.at);
                self.ask_registrars(queries);
            }
        }
        self.settle(now);
    }

    /// Takes the outcome of a callout.
    pub fn handle_http(&mut self, key: RequestKey, outcome: HttpOutcome, trace: HttpTrace, now: Moment) {
        self.inquiries.handle_outcome(key, outcome, trace, now.at);
        self.settle(now);
    }

    /// Takes a sound that was made for a call, or why there is none.
    pub fn handle_rendered(&mut self, key: RenderKey, result: &Result<Arc<Pcm>, String>, now: Moment) {
        self.with_call(key.call, now, |call| call.on_rendered(key.ticket, result, now));
        self.settle(now);
    }

    /// Learns that a row for the outbox is durable, or why it could not be stored.
    pub fn handle_committed(&mut self, key: CalloutKey, failure: Option<String>, now: Moment) {
        self.with_call(key.call, now, |call| call.on_committed(key.component, failure, now));
        self.settle(now);
    }

    /// Learns that the file of a recording cannot be written, or not any further.
    pub fn handle_recording_failed(&mut self, id: RecordingId, why: &str, now: Moment) {
        self.with_call(CallKey(id.0 >> 16), now, |call| call.on_recording_failed(id, why, now));
        self.settle(now);
    }

    /// Takes an order from outside the flows. Says whether there is such a call.
    pub fn handle_command(&mut self, command: &CallCommand, now: Moment) -> bool {
        let CallCommand::Hangup { call, cause } = command;
        let Some(key) = self.by_sid.get(call).copied() else { return false };
        self.with_call(key, now, |call| call.hang_up(*cause, EndedBy::Us, now));
        self.settle(now);
        true
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Moment) {
        self.endpoint.handle_timeout(now.at);
        self.inquiries.handle_timeout(now.at);
        while let Some((at, key)) = self.wakes.first().copied()
            && at <= now.at
        {
            self.with_call(key, now, |call| call.handle_timeout(now));
        }
        self.settle(now);
    }

    /// When [`Switch::handle_timeout`] wants to be called at the latest.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let call = self.wakes.first().map(|(at, _)| *at);
        [self.endpoint.poll_timeout(), self.inquiries.poll_timeout(), call].into_iter().flatten().min()
    }

    /// The next thing the switch wants done.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The peers' ends of the streams that calls and registrations use: those must stay open.
    pub fn streams(&self) -> BTreeSet<SocketAddr> {
        self.endpoint.streams()
    }

    /// What it holds now.
    pub fn gauges(&self) -> Gauges {
        Gauges {
            calls: self.calls.len(),
            media: self.calls.values().map(Call::open_legs).sum(),
            callouts: self.inquiries.in_flight(),
            streams: self.streaming.len(),
            circuits_open: self.inquiries.circuits_open().count(),
            sip: self.endpoint.gauges(),
            panics: self.panics,
        }
    }

    /// Lets endpoint, desk and calls talk to each other until none has anything left to say.
    fn settle(&mut self, now: Moment) {
        loop {
            if let Some((call, worker, order)) = self.orders.pop_front() {
                self.carry_out(order, call, worker, now);
            } else if let Some(event) = self.endpoint.poll_event() {
                self.on_sip(event, now);
            } else if let Some(attempted) = self.inquiries.poll_attempted() {
                self.on_attempted(attempted, now);
            } else if let Some(Done { key, outcome, way, .. }) = self.inquiries.poll_done() {
                self.with_call(key.call, now, |call| call.on_callout_ended(key.component, outcome, way, now));
            } else {
                break;
            }
        }
        while let Some((key, request)) = self.inquiries.poll_request() {
            self.outputs.push_back(Output::Http { key, request });
        }
        while let Some(key) = self.inquiries.poll_cancel() {
            self.outputs.push_back(Output::CancelHttp { key });
        }
        while let Some(transmit) = self.endpoint.poll_transmit() {
            self.outputs.push_back(Output::Transmit(transmit));
        }
    }

    /// One request of a callout ended: the journal tells of it, and it is kept.
    fn on_attempted(&mut self, attempted: Attempted<CalloutKey>, now: Moment) {
        let Attempted { key, way, request, outcome, took, trace } = attempted;
        let Some(mark) = request.mark.clone() else { return };
        let began = now.wall.checked_sub(took).unwrap_or(now.wall);
        let (call, callout, number) = (mark.call, mark.callout, mark.attempt);
        let attempt = Box::new(Attempt { call, callout, number, way, began, took, request, outcome, trace });
        self.with_call(key.inquiry.call, now, |call| call.on_attempted(&attempt, now));
        self.outputs.push_back(Output::Attempted { tenant: self.config.tenant.clone(), attempt });
    }

    fn on_sip(&mut self, event: sip::Event, now: Moment) {
        use sip::Event as Sip;
        match event {
            Sip::Invited { id, invitation } => self.on_invited(id, *invitation, now),
            Sip::Acked { id, answer } => {
                self.with_leg(id, now, |call, leg| call.on_acked(leg, answer.as_deref(), now));
            }
            Sip::Offered { id, offer, source } => self.with_leg(id, now, |call, leg| {
                call.on_signalled(leg, source);
                call.on_offered(leg, offer.as_deref(), now);
            }),
            Sip::Digit { id, digit, duration } => {
                self.with_leg(id, now, |call, leg| call.on_signalled_digit(leg, digit, duration, now));
            }
            Sip::Progress { id, status, sdp, source } => self.with_leg(id, now, |call, leg| {
                call.on_signalled(leg, source);
                call.on_progress(leg, status, sdp.as_ref(), now);
            }),
            Sip::Answered { id, sdp, source } => self.with_leg(id, now, |call, leg| {
                call.on_signalled(leg, source);
                call.on_answered(leg, sdp.as_ref(), now);
            }),
            Sip::Closed { id, ending } => self.on_closed(id, &ending, now),
            Sip::Registration { id, outcome } => self.on_registration(id, outcome, now),
            Sip::Modified { .. } | Sip::Registered { .. } | Sip::Unregistered { .. } => {}
        }
    }

    fn on_registration(&mut self, id: RegistrationId, outcome: Result<Duration, Option<u16>>, now: Moment) {
        let (changed, queries) = self.registering.on_outcome(id, outcome.is_ok(), &mut self.endpoint, now.at);
        self.outputs.extend(changed.map(|trunk| Output::Registration { trunk, outcome }));
        self.ask_registrars(queries);
    }

    fn ask_registrars(&mut self, queries: Vec<(usize, sip::Query)>) {
        let ask = |(line, query)| Output::Resolve { key: ResolveKey(Seeker::Registration(line)), query };
        self.outputs.extend(queries.into_iter().map(ask));
    }

    /// A dialog is over. An invitation that did not reach anybody, or a phone of a user's that does not take it, may have
    /// another way; a refusal of 6xx speaks for the user (RFC 3261 section 21.6).
    fn on_closed(&mut self, id: SessionId, ending: &sip::Ending, now: Moment) {
        let Some((call, leg)) = self.by_session.remove(&id) else { return };
        let unheard = matches!(ending.by, sip::By::Timeout | sip::By::Unreachable) || ending.status == Some(503);
        let goes_on = unheard || ending.status.is_some_and(|status| status < 600);
        let next = self.dialing.next(DialKey { call, leg }, !unheard).filter(|_| goes_on);
        let place = next.and_then(|target| self.place(&target));
        self.with_call(call, now, |call| {
            if !place.is_some_and(|place| call.on_other_way(leg, place, now)) {
                call.on_closed(leg, leg_end(ending, leg), now);
            }
        });
    }

    fn on_media(&mut self, event: &media::Event, now: Moment) {
        use media::Event as Media;
        match event {
            Media::Digit { id, digit, duration } => {
                self.with_media(*id, now, |call, leg| call.on_digit(leg, *digit, *duration, now));
            }
            Media::PlayEnded { id, play, finished } => {
                self.with_call(call_of(*id), now, |call| call.on_play_ended(*id, *play, *finished, now));
            }
            Media::TimedOut { id } => self.with_media(*id, now, |call, leg| call.on_media_timeout(leg, now)),
            Media::Spoke { id, recording } => self.with_call(call_of(*id), now, |call| call.on_spoke(*recording)),
            Media::Silent { id, recording } => {
                self.with_call(call_of(*id), now, |call| call.on_silent(*recording, now));
            }
            Media::Replied { stream, after, .. } => {
                self.with_call(stream::call_of(*stream), now, |call| call.on_replied(*stream, *after, now));
            }
            Media::Closed { id, stats } => {
                self.with_call(call_of(*id), now, |call| call.on_media_closed(*id, stats, now));
            }
        }
    }

    /// A call comes in: finds its flow, or says why there is none.
    fn on_invited(&mut self, session: SessionId, invitation: Invitation, now: Moment) {
        match self.admits() {
            Ok(()) => {}
            Err(StartError::Leaving) => return self.reject(session, 503, Cause::TEMPORARY_FAILURE, now),
            Err(_) => return self.reject(session, 503, Cause::SWITCH_CONGESTION, now),
        }
        let dialled = routing::dialled(&self.config.trunks, &invitation);
        let to = self.config.numbering.normalise(&dialled);
        let flow = self.routes.flow(&to);
        let from = self.config.numbering.normalise(&user(&invitation.from.uri));
        let Some(published) = flow.and_then(|flow| self.flows.get(flow)).cloned() else {
            let peer = invitation.path.remote.ip();
            self.outputs.push_back(Output::Unrouted(Unrouted { from, to, peer }));
            return self.reject(session, 404, Cause::UNALLOCATED_NUMBER, now);
        };
        let mut random = [0; NAME_BYTES];
        self.rng.fill_bytes(&mut random);
        let name = (self.config.numbering.call_sid(random, now.wall), self.config.tenant.clone());
        let flow = (published.program.name(), published.program.id());
        let facts = CallFacts::begun(name, Direction::Incoming, [from, to], now.wall, flow);
        self.next_call += 1;
        let key = CallKey(self.next_call);
        let setup = self.setup(invitation.path.local.ip());
        let leg = Leg::incoming(session, media_of(key, LegId::FIRST), invitation.path.remote.ip(), invitation.offer);
        self.by_sid.insert(facts.sid.clone(), key);
        self.calls.insert(key, Call::incoming(facts, published, leg, setup, now));
        self.signals(session, (key, LegId::FIRST), now);
        self.with_call(key, now, |call| call.start(now));
    }

    /// A leg's signalling is that of a session from now on.
    fn signals(&mut self, session: SessionId, (key, leg): (CallKey, LegId), now: Moment) {
        self.by_session.insert(session, (key, leg));
        if let (Some(call), Some(call_id)) = (self.calls.get(&key), self.endpoint.call_id(session)) {
            let (call, began) = (call.sid().clone(), call.began(now));
            self.outputs.push_back(Output::Signalling { call, leg, call_id, began });
        }
    }

    fn setup(&mut self, address: IpAddr) -> Setup {
        let mut seed = [0; 32];
        self.rng.fill_bytes(&mut seed);
        let settings = media::Settings { timeout: self.config.media_timeout, ..media::Settings::default() };
        Setup {
            key: CallKey(self.next_call),
            worker: usize::try_from(self.next_call).unwrap_or(0) % self.config.media_workers,
            permit: Arc::clone(&self.permit),
            place: Place { address, public: self.config.sip.advertised(address) },
            settings,
            reporting: Arc::clone(&self.config.reporting),
            numbering: Arc::clone(&self.config.numbering),
            ringback: Arc::clone(&self.ringback),
            seed,
        }
    }

    fn reject(&mut self, session: SessionId, status: u16, cause: Cause, now: Moment) {
        let refusal = Refusal { reason: Some(cause.0), ..Refusal::new(status) };
        self.endpoint.reject(session, refusal, now.at);
    }

    fn with_leg(&mut self, id: SessionId, now: Moment, act: impl FnOnce(&mut Call, LegId)) {
        if let Some((key, leg)) = self.by_session.get(&id).copied() {
            self.with_call(key, now, |call| act(call, leg));
        }
    }

    fn with_media(&mut self, id: MediaId, now: Moment, act: impl FnOnce(&mut Call, LegId)) {
        self.with_call(call_of(id), now, |call| {
            if let Some(leg) = call.leg_of_media(id) {
                act(call, leg);
            }
        });
    }

    /// Hands a call its input, behind a wall: a panic in it ends this call and no other. Its orders
    /// wait for [`Self::settle`], so that they are carried out in the order in which they were given.
    fn with_call(&mut self, key: CallKey, now: Moment, act: impl FnOnce(&mut Call)) {
        let Some(call) = self.calls.get_mut(&key) else { return };
        if let Some(at) = call.poll_timeout() {
            self.wakes.remove(&(at, key));
        }
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| act(call))) {
            self.panics += 1;
            call.abandon(words(&panic), now);
        }
        let worker = call.worker();
        self.orders.extend(std::iter::from_fn(|| call.poll_order()).map(|order| (key, worker, order)));
        if call.is_over() {
            self.by_sid.remove(call.sid());
            for session in call.legs().iter().filter_map(|leg| leg.session) {
                self.by_session.remove(&session);
            }
            self.calls.remove(&key);
        } else if let Some(at) = call.poll_timeout() {
            self.wakes.insert((at, key));
        }
    }

    fn with_each_call(&mut self, now: Moment, act: impl Fn(&mut Call)) {
        let keys: Vec<CallKey> = self.calls.keys().copied().collect();
        keys.into_iter().for_each(|key| self.with_call(key, now, &act));
    }

    /// Looks for the way to a target.
    fn seek(&mut self, key: DialKey, target: &Target, Guise { from, headers }: Guise, now: Moment) {
        let shown = self.calls.get(&key.call).map(|call| call.called().to_owned()).unwrap_or_default();
        let way = match target {
            Target::User(user) => self.seek_user(key, user, (from.unwrap_or(shown), headers), now),
            Target::Number(number) => {
                let normalised = self.config.numbering.normalise(number);
                let trunk = dialing::trunk(&self.config.trunks, number, &normalised).cloned();
                let trunk = trunk.ok_or(Cause::NO_ROUTE_TO_DESTINATION);
                trunk.map(|trunk| {
                    let from = from.or_else(|| trunk.caller_id.clone()).unwrap_or(shown);
                    self.seek_at(key, &trunk, number, (from, headers))
                })
            }
            // The members of a group are rung, each for itself.
            Target::Group(_) => Err(Cause::NO_ROUTE_TO_DESTINATION),
            Target::Uri(_) => dialing::uri(target).ok_or(Cause::INVALID_NUMBER_FORMAT).map(|uri| {
                let resolution = Resolution::new(&uri, &self.config.sip.listen);
                let errand = Errand { to: uri.into(), from: from.unwrap_or(shown), headers, credentials: None };
                self.dialing.begin(key, errand, resolution)
            }),
        };
        match way {
            Ok(way) => self.go(key, way, now),
            Err(cause) => self.unreachable(key, cause, now),
        }
    }

    /// The way to a user's phones; or, since trunks are dialled by name as well, to the trunk of that name, which is asked for the
    /// number that the caller dialled (`exotel.md` 6).
    fn seek_user(&mut self, key: DialKey, user: &str, guise: Shown, now: Moment) -> Result<Way, Cause> {
        let contacts = self.endpoint.contacts(user, now.at);
        if contacts.is_empty() {
            let trunk = self.config.trunks.iter().find(|trunk| trunk.name == user).cloned();
            let dialled = self.calls.get(&key.call).map(|call| call.called().to_owned()).unwrap_or_default();
            return trunk.map(|trunk| self.seek_at(key, &trunk, &dialled, guise)).ok_or(Cause::SUBSCRIBER_ABSENT);
        }
        let (from, headers) = guise;
        let errand = |to| Errand { to, from: from.clone(), headers: headers.clone(), credentials: None };
        let phones: Vec<_> = contacts.into_iter().filter(|contact| self.place(&contact.target).is_some()).collect();
        Ok(self.dialing.begin_at(key, phones.into_iter().map(|phone| (errand(phone.uri), phone.target))))
    }

    /// The way to a number by a trunk.
    fn seek_at(&mut self, key: DialKey, trunk: &Trunk, number: &str, (from, headers): Shown) -> Way {
        let uri = dialing::at_trunk(trunk, number);
        let resolution = Resolution::new(&uri, &self.config.sip.listen);
        let errand = Errand { to: uri.into(), from, headers, credentials: trunk.credentials.clone() };
        self.dialing.begin(key, errand, resolution)
    }

    fn go(&mut self, key: DialKey, way: Way, now: Moment) {
        match way {
            Way::Found(target) => match self.place(&target) {
                Some(place) => self.with_call(key.call, now, |call| call.on_way(key.leg, place)),
                None => self.unreachable(key, Cause::NO_ROUTE_TO_DESTINATION, now),
            },
            Way::Asking(queries) => {
                let key = ResolveKey(Seeker::Leg(key));
                self.outputs.extend(queries.into_iter().map(|query| Output::Resolve { key, query }));
            }
            Way::Nowhere => self.unreachable(key, Cause::NO_ROUTE_TO_DESTINATION, now),
        }
    }

    /// Where the media of a leg to that target live: beside the socket that its signalling leaves from.
    fn place(&self, target: &sip::Target) -> Option<Place> {
        let address = self.config.sip.local_for(target)?.ip();
        Some(Place { address, public: self.config.sip.advertised(address) })
    }

    /// The way is found and media are open: invites.
    fn invite(&mut self, key: DialKey, offer: Bytes, now: Moment) {
        let Some((errand, targets, others)) = self.dialing.take(key) else { return };
        let Some(first) = targets.first().copied() else { return };
        let host = self.config.sip.local_for(&first).map_or_else(|| first.addr.ip(), |local| local.ip());
        let (host, shown) = (self.config.sip.advertised(host), errand.from.clone());
        let session = self.endpoint.invite(errand.invite(host, (targets, others), offer), now.at);
        self.signals(session, (key.call, key.leg), now);
        self.with_call(key.call, now, |call| call.on_inviting(key.leg, session, shown));
    }

    fn unreachable(&mut self, key: DialKey, cause: Cause, now: Moment) {
        self.with_call(key.call, now, |call| call.on_unreachable(key.leg, cause, now));
    }

    fn carry_out(&mut self, order: Order, call: CallKey, worker: usize, now: Moment) {
        match order {
            Order::Ring { session, sdp } => {
                let status = if sdp.is_some() { 183 } else { 180 };
                self.endpoint.ring(session, status, sdp, now.at);
            }
            Order::Accept { session, sdp } => self.endpoint.accept(session, sdp, now.at),
            Order::Reject { session, status, cause } => self.reject(session, status, cause, now),
            Order::Seek { leg, target, guise } => self.seek(DialKey { call, leg }, &target, guise, now),
            Order::Invite { leg, offer } => self.invite(DialKey { call, leg }, offer, now),
            Order::Muster { group, tried } => self.muster(call, &group, &tried, now),
            Order::Arrange { targets, share, caller } => {
                self.arrange(call, (&targets, share), caller.as_deref(), now);
            }
            Order::Rings { target } => self.rings(&target, now),
            Order::Engage { leg, target } => self.groups.engage(DialKey { call, leg }, &target),
            Order::Talk { caller, target } => self.talk(&caller, &target, now),
            Order::Forget { leg } => {
                self.dialing.forget(DialKey { call, leg });
                self.groups.release(DialKey { call, leg }, now.at);
            }
            Order::Answer { session, answer } => self.endpoint.answer(session, answer, now.at),
            Order::HangUp { session, cause } => self.endpoint.hang_up(session, cause.0, now.at),
            Order::Record { id, recording } => self.outputs.push_back(Output::Record { id, recording }),
            Order::Stream(order) => self.order_stream(order, now),
            Order::Media(order) => self.outputs.push_back(Output::Media { worker, order }),
            Order::Callout { component, inquiry } => {
                self.inquiries.start(CalloutKey { call, component }, *inquiry, now.at);
            }
            Order::Copy { component, request } => {
                self.inquiries.copy(CalloutKey { call, component }, *request, now.at);
            }
            Order::CancelCallout { component } => self.inquiries.cancel(CalloutKey { call, component }, now.at),
            Order::FindFlow { component, flow } => {
                let found = self.flows.get(&flow).cloned();
                self.with_call(call, now, |call| call.on_flow_found(component, found, now));
            }
            Order::Notify { component, notify } => {
                self.outputs.push_back(Output::Commit { key: CalloutKey { call, component }, notify });
            }
            Order::Render { ticket, audio } => {
                self.outputs.push_back(Output::Render { key: RenderKey { call, ticket }, audio });
            }
            Order::Journal(event) => self.outputs.push_back(Output::Journal(event)),
        }
    }
}

/// The name of a leg's media: the call's key and the leg's number, so that no map is needed to find either.
pub(crate) fn media_of(call: CallKey, leg: LegId) -> MediaId {
    MediaId(call.0 << 16 | u64::from(leg.0))
}

fn call_of(media: MediaId) -> CallKey {
    CallKey(media.0 >> 16)
}

fn leg_end(ending: &sip::Ending, leg: LegId) -> LegEnd {
    let cause = match (ending.cause, ending.status) {
        (Some(cause), _) => Cause(cause),
        (None, Some(status)) => Cause::from_sip(status),
        // As RFC 3261 section 8.1.3.1 reads silence, and a transport that fails.
        (None, None) => match ending.by {
            sip::By::Timeout => Cause::from_sip(408),
            sip::By::Unreachable => Cause::from_sip(503),
            sip::By::Peer | sip::By::Us | sip::By::Limit => Cause::NORMAL_CLEARING,
        },
    };
    let by = match ending.by {
        sip::By::Peer if leg == LegId::FIRST => EndedBy::Caller,
        sip::By::Peer => EndedBy::Callee,
        sip::By::Us | sip::By::Limit => EndedBy::Us,
        sip::By::Timeout | sip::By::Unreachable => EndedBy::Network,
    };
    LegEnd { cause, status: ending.status, by }
}

fn words(panic: &Box<dyn std::any::Any + Send>) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
