//! The switch's thread: feeds the switch what comes in, and performs what it wants done.
//!
//! One `mio` poll over the SIP sockets, the [`Streams`] and a mailbox. Whatever takes time is done elsewhere (media threads, the HTTP
//! runtime, the store's writer) and comes back as a [`Letter`].

use core::net::SocketAddr;
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::media::Pcm;
use bytes::Bytes;
use flow::Audio;
use media::{RecordingId, StreamId};
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};
use model::{
    Attempt, CallCommand, CallEvent, CallSid, EventKind, HttpOutcome, HttpRequest, HttpTrace, Recording, SipTrace,
    StartCall, StreamCounts, StreamEnd, StreamFailure, Tenant,
};
use store::{Promise, Rest};
use switch::{
    CalloutKey, MediaOrder, MediaReport, Notify, Output, Published, RenderKey, RequestKey, ResolveKey, Routes,
    StartError, StreamOrder, StreamReport, Switch, Unrouted,
};
use tokio::sync::oneshot;

use crate::bind;
use crate::clock;
use crate::config::{Listen, Transport};
use crate::mailbox::{Inbox, Mailbox, mailbox};
use crate::socket;
use crate::streams::{Input, Streams};
use crate::trace::Traces;

/// Letters that may wait for the switch; senders wait when there are more.
const LETTERS: usize = 65_536;

/// The token of the mailbox; sockets count from 0, streams from where [`Streams`] says.
const MAILBOX: Token = Token(usize::MAX - 1);

/// The longest datagram: the limit of UDP itself.
const DATAGRAM: usize = 65_535;

/// Datagrams taken from one socket before letters, timers and other sockets have their turn.
const BURST: usize = 64;

/// How long the end waits for phones and trunks to say that they have heard of it: a few sendings (RFC 3261 timer E).
const FAREWELL: Duration = Duration::from_secs(2);

/// What comes to the switch from other threads.
pub enum Letter {
    /// From a media thread.
    Media(MediaReport),
    /// What the DNS said.
    Resolved(ResolveKey, sip::Query, sip::Answer),
    /// A callout's outcome.
    Http(RequestKey, HttpOutcome, HttpTrace),
    /// The outbox's word on a row: `None` if it is durable.
    Committed(CalloutKey, Option<String>),
    /// A sound for a call, or why there is none.
    Rendered(RenderKey, Result<Arc<Pcm>, String>),
    /// The file of a recording cannot be written, and why.
    RecordingFailed(RecordingId, String),
    /// What became of a stream, or what its application did.
    Stream(StreamId, StreamReport),
    /// The body of an answer whose status has decided already; it comes after its [`Letter::Http`].
    Body(Box<Rest>),
    /// Flows to publish, and which numbers they answer; then what is to be done once new calls run them.
    Publish(Vec<Arc<Published>>, Routes, Option<Box<dyn FnOnce() + Send>>),
    /// A call to begin, and the flow that joins its parties where there are two; the answer says whether it is begun.
    Start(Box<StartCall>, Option<Arc<Published>>, oneshot::Sender<Result<(), StartError>>),
    /// An order to a call; the answer says whether there is such a call.
    Command(CallCommand, oneshot::Sender<bool>),
    /// Asks what the switch holds.
    Gauges(oneshot::Sender<Held>),
    /// Asks whether a call may begin now.
    Admits(oneshot::Sender<Result<(), StartError>>),
    /// Asks for the SIP messages of a call that runs, or has ended just now.
    Trace(CallSid, oneshot::Sender<Option<Arc<SipTrace>>>),
    /// Asks which users have phones that are registered.
    Registered(oneshot::Sender<Vec<String>>),
    /// Ends the thread, after calls and registrations are ended.
    Stop,
}

/// What the switch holds.
#[derive(Debug, Default)]
pub struct Held {
    /// Calls and what belongs to them.
    pub gauges: switch::Gauges,
    /// How many streams there may be.
    pub streams_limit: usize,
    /// Trunks, and whether each has us registered.
    pub registrations: Vec<(String, bool)>,
}

/// What the driver needs done by others.
pub trait Hands: Send {
    /// Asks the DNS; its answer comes back as [`Letter::Resolved`].
    fn resolve(&mut self, key: ResolveKey, query: sip::Query);
    /// Makes an HTTP request; its outcome comes back as [`Letter::Http`].
    fn fetch(&mut self, key: RequestKey, request: HttpRequest);
    /// The outcome of that request has arrived.
    fn fetched(&mut self, key: RequestKey);
    /// Drops that request.
    fn cancel(&mut self, key: RequestKey);
    /// Makes a sound; it comes back as [`Letter::Rendered`].
    fn render(&mut self, key: RenderKey, audio: Audio);
    /// Begins a file for a recording, or says why not. Never waits.
    fn record(&mut self, id: RecordingId, recording: Recording) -> Result<(), &'static str>;
    /// Has a stream opened, told of a key or ended; gives the order back if nobody takes it. Never waits.
    fn stream(&mut self, order: StreamOrder) -> Result<(), StreamOrder>;
    /// Keeps in mind that nobody answers a number that was called.
    fn unrouted(&mut self, caller: Unrouted);
    /// Writes a line of a journal.
    fn journal(&mut self, event: CallEvent);
    /// A call begins that owes a report at its end: kept with its first lines.
    fn promise(&mut self, promise: Promise);
    /// Keeps a request that ended.
    fn keep(&mut self, tenant: Tenant, attempt: Box<Attempt>);
    /// Keeps the body of such a request's answer, which came later.
    fn complete(&mut self, rest: Rest);
    /// Keeps the SIP messages of a call that is over.
    fn trace(&mut self, trace: Arc<SipTrace>);
    /// Writes a row of the outbox after the lines before it; [`Letter::Committed`] follows.
    fn commit(&mut self, key: CalloutKey, notify: Notify);
    /// Whether what was handed to the store is stored in good time.
    fn keeps_up(&mut self, now: Instant) -> bool;
    /// The inputs that came together have been worked off.
    fn rest(&mut self, now: Instant);
    /// When it is to rest again though nothing comes in.
    fn poll_timeout(&self) -> Option<Instant>;
    /// Nothing more will come.
    fn finish(&mut self);
}

/// The switch's thread, not yet running.
pub struct Driver {
    poll: Poll,
    inbox: Inbox<Letter>,
    sockets: Vec<(UdpSocket, SocketAddr)>,
    streams: Streams,
    listening: Vec<Listen>,
    by_address: HashMap<SocketAddr, usize>,
    /// Sockets that may have something to give.
    readable: BTreeSet<usize>,
    /// When to end at the latest.
    end: Option<Instant>,
    traces: Traces,
}

impl Driver {
    /// Binds the SIP sockets, and keeps the messages of calls if told so. The mailbox is for everybody who has something to tell the
    /// switch.
    pub fn bind(listen: &[Listen], trace: bool) -> io::Result<(Self, Mailbox<Letter>)> {
        let poll = Poll::new()?;
        let (letters, inbox) = mailbox(LETTERS, poll.registry(), MAILBOX)?;
        let mut sockets = Vec::new();
        let mut streams = Streams::new(poll.registry())?;
        let mut listening = Vec::new();
        for place in listen {
            let told = |error: io::Error| bind::refused("sip.listen", place, &error);
            let address = match place.transport {
                Transport::Tcp => streams.listen(place.address).map_err(told)?,
                Transport::Udp => {
                    let mut socket = socket::datagrams(place.address).map_err(told)?;
                    poll.registry().register(&mut socket, Token(sockets.len()), Interest::READABLE)?;
                    let local = socket.local_addr()?;
                    sockets.push((socket, local));
                    local
                }
            };
            listening.push(Listen { address, ..*place });
        }
        let by_address = sockets.iter().enumerate().map(|(index, (_, local))| (*local, index)).collect();
        let readable = BTreeSet::new();
        let traces = Traces::new(trace);
        Ok((Self { poll, inbox, sockets, streams, listening, by_address, readable, end: None, traces }, letters))
    }

    /// Where SIP comes in, in the order of the configuration.
    pub fn listening(&self) -> &[Listen] {
        &self.listening
    }

    /// Runs until [`Letter::Stop`].
    pub fn run(mut self, mut switch: Switch, workers: &[Mailbox<MediaOrder>], hands: &mut dyn Hands) -> io::Result<()> {
        let mut events = Events::with_capacity(256);
        let mut buffer = vec![0; DATAGRAM];
        switch.start(clock::now());
        self.perform(&mut switch, workers, hands);
        loop {
            if self.end.is_some_and(|end| end <= clock::now().at || !switch.is_leaving()) {
                switch.abandon(clock::now());
                self.perform(&mut switch, workers, hands);
                self.traces.finish().into_iter().for_each(|trace| hands.trace(trace));
                hands.finish();
                return Ok(());
            }
            let due = [
                switch.poll_timeout(),
                self.streams.poll_timeout(),
                hands.poll_timeout(),
                self.traces.poll_timeout(),
                self.end,
            ];
            let due = due.into_iter().flatten().min();
            let timeout = due.map(|at| at.saturating_duration_since(clock::now().at));
            let timeout = if self.readable.is_empty() { timeout } else { Some(Duration::ZERO) };
            match self.poll.poll(&mut events, timeout) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            switch.hold_up(!hands.keeps_up(clock::now().at));
            for event in &events {
                match event.token() {
                    MAILBOX => {
                        self.inbox.open();
                        while let Some(letter) = self.inbox.next() {
                            if matches!(letter, Letter::Stop) {
                                self.end = Some(clock::now().at + FAREWELL);
                                switch.leave(clock::now());
                            }
                            if let Letter::Trace(call, answer) = letter {
                                drop(answer.send(self.traces.of(&call))); // whoever asked may have gone away
                                continue;
                            }
                            read(&mut switch, letter, hands);
                            self.perform(&mut switch, workers, hands);
                        }
                    }
                    token if Streams::owns(token) => {
                        self.streams.handle_event(event, clock::now().at);
                        self.hear(&mut switch, workers, hands);
                    }
                    Token(index) => drop(self.readable.insert(index)),
                }
            }
            for index in core::mem::take(&mut self.readable) {
                self.receive(index, &mut buffer, &mut switch, workers, hands);
            }
            let now = clock::now();
            if self.streams.poll_timeout().is_some_and(|at| at <= now.at) {
                self.streams.handle_timeout(|| switch.streams(), now.at);
            }
            if switch.poll_timeout().is_some_and(|at| at <= now.at) {
                switch.handle_timeout(now);
                self.perform(&mut switch, workers, hands);
            }
            self.hear(&mut switch, workers, hands);
            hands.rest(now.at);
            self.traces.rest(now.at).into_iter().for_each(|trace| hands.trace(trace));
        }
    }

    /// Works off what the streams have.
    fn hear(&mut self, switch: &mut Switch, workers: &[Mailbox<MediaOrder>], hands: &mut dyn Hands) {
        while let Some(input) = self.streams.poll_input() {
            match input {
                Input::Message(bytes, path) => {
                    let now = clock::now();
                    self.traces.heard(&bytes, path, now.at);
                    switch.handle_message(bytes, path, now);
                }
                Input::Broken(path) => switch.handle_unreachable(path, clock::now()),
            }
            self.perform(switch, workers, hands);
        }
    }

    /// Takes a burst of what a SIP socket holds.
    fn receive(
        &mut self,
        index: usize,
        buffer: &mut [u8],
        switch: &mut Switch,
        workers: &[Mailbox<MediaOrder>],
        hands: &mut dyn Hands,
    ) {
        let (socket, local) = &self.sockets[index];
        let local = *local;
        let mut came = Vec::new();
        let more = socket::read(socket, buffer, BURST, |bytes, from| came.push((Bytes::copy_from_slice(bytes), from)));
        if more {
            self.readable.insert(index);
        }
        for (bytes, remote) in came {
            let path = sip::Path { transport: sip::Transport::Udp, local, remote };
            let now = clock::now();
            self.traces.heard(&bytes, path, now.at);
            switch.handle_message(bytes, path, now);
            self.perform(switch, workers, hands);
        }
    }

    fn perform(&mut self, switch: &mut Switch, workers: &[Mailbox<MediaOrder>], hands: &mut dyn Hands) {
        while let Some(output) = switch.poll_output() {
            match output {
                Output::Transmit(transmit) => self.send(&transmit),
                Output::Media { worker, order } => {
                    if !workers[worker].send(order) {
                        tracing::error!(worker, "a media thread is gone");
                    }
                }
                Output::Record { id, recording } => {
                    if let Err(why) = hands.record(id, recording) {
                        switch.handle_recording_failed(id, why, clock::now());
                    }
                }
                Output::Stream(order) => {
                    if let Err(StreamOrder::Open { id, .. }) = hands.stream(order) {
                        let end = StreamEnd::failed(StreamFailure::Stalled, StreamCounts::default());
                        switch.handle_stream(id, StreamReport::Ended(end), clock::now());
                    }
                }
                Output::Resolve { key, query } => hands.resolve(key, query),
                Output::Http { key, request } => hands.fetch(key, request),
                Output::CancelHttp { key } => hands.cancel(key),
                Output::Attempted { tenant, attempt } => hands.keep(tenant, attempt),
                Output::Render { key, audio } => hands.render(key, audio),
                Output::Registration { trunk, outcome } => tell(&trunk, outcome),
                Output::Unrouted(caller) => hands.unrouted(caller),
                Output::Signalling { call, leg, call_id, began } => self.traces.begin(call, leg, call_id, began),
                Output::Journal(event) => {
                    if matches!(event.kind, EventKind::Ended { .. }) {
                        self.traces.end(&event.call);
                    }
                    hands.journal(event);
                }
                Output::Commit { key, notify } => hands.commit(key, notify),
            }
        }
    }

    fn send(&mut self, transmit: &sip::Transmit) {
        let now = clock::now().at;
        self.traces.sent(&transmit.bytes, transmit.path, now);
        if transmit.path.transport == sip::Transport::Tcp {
            return self.streams.send(transmit, now);
        }
        let Some(index) = self.by_address.get(&transmit.path.local) else {
            return tracing::error!(local = %transmit.path.local, "no SIP socket has that address");
        };
        if let Err(error) = self.sockets[*index].0.send_to(&transmit.bytes, transmit.path.remote) {
            tracing::debug!(%error, to = %transmit.path.remote, "a SIP datagram was not sent");
        }
    }
}

fn read(switch: &mut Switch, letter: Letter, hands: &mut dyn Hands) {
    let now = clock::now();
    match letter {
        Letter::Media(report) => switch.handle_media(report, now),
        Letter::Resolved(key, query, answer) => switch.handle_resolved(key, &query, answer, now),
        Letter::Http(key, outcome, trace) => {
            hands.fetched(key);
            switch.handle_http(key, outcome, trace, now);
        }
        Letter::Body(rest) => hands.complete(*rest),
        Letter::Committed(key, failure) => switch.handle_committed(key, failure, now),
        Letter::Rendered(key, result) => switch.handle_rendered(key, &result, now),
        Letter::RecordingFailed(id, why) => switch.handle_recording_failed(id, &why, now),
        Letter::Stream(id, report) => switch.handle_stream(id, report, now),
        Letter::Publish(flows, routes, then) => {
            flows.into_iter().for_each(|flow| switch.publish(flow));
            switch.route(routes);
            then.into_iter().for_each(|then| then());
        }
        Letter::Start(wanted, flow, answer) => {
            let promise = promised(&wanted);
            let begun = switch.handle_start(*wanted, flow, now);
            // Before its first lines are handed on, so that it becomes durable with them.
            promise.filter(|_| begun.is_ok()).into_iter().for_each(|promise| hands.promise(promise));
            // Whoever asked may have gone away meanwhile; then nobody misses the answer.
            drop(answer.send(begun));
        }
        Letter::Command(command, answer) => drop(answer.send(switch.handle_command(&command, now))),
        Letter::Admits(answer) => drop(answer.send(switch.admits())),
        Letter::Registered(answer) => drop(answer.send(switch.registered(now.at))),
        Letter::Gauges(answer) => drop(answer.send(held(switch))),
        Letter::Trace(..) | Letter::Stop => {} // the driver's own
    }
}

/// What a call that begins owes at its end.
fn promised(wanted: &StartCall) -> Option<Promise> {
    let (call, custom_field) = (wanted.sid.clone(), wanted.custom_field.clone());
    wanted.callback.clone().map(|callback| Promise { call, callback, custom_field })
}

fn held(switch: &Switch) -> Held {
    let registrations = switch.registrations().map(|(trunk, good)| (trunk.to_owned(), good)).collect();
    Held { gauges: switch.gauges(), streams_limit: switch.streams_limit(), registrations }
}

/// Tells the operator how a registration goes, when that changes.
fn tell(trunk: &str, outcome: Result<Duration, Option<u16>>) {
    match outcome {
        Ok(time) => tracing::info!(trunk, seconds = time.as_secs(), "registered"),
        Err(Some(status)) => tracing::warn!(trunk, status, "not registered: the trunk refuses; it is tried again"),
        Err(None) => tracing::warn!(trunk, "not registered: the trunk does not answer; it is tried again"),
    }
}
