//! The endpoint: takes messages and the time, gives messages and events. It only routes: transactions, sessions and the
//! registrar keep their own state and timers.
//!
//! After each input, drain `poll_transmit` and `poll_event`; as long as something waits there, `poll_timeout` is due.

mod admit;
mod config;
mod event;
mod invited;
mod receive;
mod route;
pub(crate) mod rules;
mod ua;

use core::net::SocketAddr;
use std::collections::BTreeSet;
use std::time::Instant;

use bytes::Bytes;

pub use config::{Config, Limits, Listen, Trunk, User};
pub use event::{By, Ending, Event, Invitation, SessionId, Source};
pub(crate) use ua::Ua;

use crate::agenda::{Owner, Planned};
use crate::arena::{Arena, MAX_PLACES};
use crate::header::Name;
use crate::path::{Path, Transmit};
use crate::registrar::{Contact, Registrar};
use crate::registration::{Register, Registration, RegistrationId};
use crate::resolve::Target;
use crate::transaction::clients::{self, Delivery};
use crate::transport::Transport;
use crate::usage::{self, Invite, Refusal, Session};

/// Timers that one call of `handle_timeout` serves; the rest are due at once after it.
const MAX_TIMERS_AT_ONCE: usize = 1024;

/// A SIP user agent for many calls, without a socket.
#[derive(Debug)]
pub struct Endpoint {
    ua: Ua,
    sessions: Arena<Session>,
    registrations: Arena<Registration>,
    registrar: Registrar,
    /// When the registrar stands on the agenda.
    registrar_planned: Planned,
    /// The instant of the last input: what waits since then is due.
    now: Option<Instant>,
}

/// How much is going on; all zero when nothing is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Client and server transactions.
    pub transactions: usize,
    /// Dialogs, early ones too.
    pub dialogs: usize,
    /// Sessions, those too that only wait for a last answer.
    pub sessions: usize,
    /// Owners of a running timer.
    pub timers: usize,
    /// Contacts of registered users.
    pub bindings: usize,
}

impl Endpoint {
    /// An endpoint of this configuration. Tags, branches and nonces are drawn from `seed`, which must not be guessable.
    pub fn new(mut config: Config, seed: [u8; 32]) -> Self {
        let limits = &mut config.limits;
        limits.sessions = limits.sessions.min(MAX_PLACES - 1);
        limits.transactions = limits.transactions.min(MAX_PLACES - 1);
        Self {
            ua: Ua::new(config, seed),
            sessions: Arena::default(),
            registrations: Arena::default(),
            registrar: Registrar::default(),
            registrar_planned: None,
            now: None,
        }
    }

    /// A timer is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = Some(now);
        for _ in 0..MAX_TIMERS_AT_ONCE {
            let Some(owner) = self.ua.out.agenda.due(now) else { return };
            match owner {
                Owner::Server(key) => self.ua.servers.handle_timeout(key, &mut self.ua.out, now),
                Owner::Client(key) => {
                    if let Some(delivery) = self.ua.clients.handle_timeout(key, &mut self.ua.out, now) {
                        self.deliver(delivery, now);
                    }
                }
                Owner::Session(key) => self.with_session(key, now, |session, ua| session.handle_timeout(ua, now)),
                Owner::Registration(key) => {
                    self.with_registration(key, |registration, ua| registration.handle_timeout(ua, now));
                }
                Owner::Registrar => {
                    let events = self.registrar.handle_timeout(now);
                    events.into_iter().for_each(|event| self.ua.emit(event));
                    self.plan_registrar();
                }
            }
        }
    }

    /// The transport gave up on this peer: an ICMP error, a refused or broken connection. Requests that wait for an
    /// answer from it end as if the answer were 503 (RFC 3261 section 8.1.3.1).
    pub fn handle_unreachable(&mut self, path: Path, now: Instant) {
        self.now = Some(now);
        while let Some(delivery) = self.ua.clients.on_unreachable(path, &mut self.ua.out) {
            self.deliver(delivery, now);
        }
    }

    /// When `handle_timeout` is to be called; in the past if something waits to be fetched.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if !self.ua.out.is_empty() || !self.ua.events.is_empty() {
            return self.now;
        }
        self.ua.out.agenda.soonest()
    }

    /// The next message to be sent.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.ua.out.next()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.ua.events.pop_front()
    }

    /// Says 101 to 199 to the peer's INVITE, with an early answer if there is one.
    pub fn ring(&mut self, id: SessionId, status: u16, sdp: Option<Bytes>, now: Instant) {
        self.command(id, now, |session, ua| session.ring(status, sdp, ua, now));
    }

    /// Accepts the peer's INVITE with an answer, or with an offer if the INVITE had none.
    pub fn accept(&mut self, id: SessionId, sdp: Bytes, now: Instant) {
        self.command(id, now, |session, ua| session.accept(sdp, ua, now));
    }

    /// Refuses the peer's INVITE.
    pub fn reject(&mut self, id: SessionId, refusal: Refusal, now: Instant) {
        self.command(id, now, |session, ua| session.reject(&refusal, ua, now));
    }

    /// Calls somebody.
    pub fn invite(&mut self, invite: Invite, now: Instant) -> SessionId {
        self.now = Some(now);
        let mut ways = self.ua.config.ways(&invite.targets);
        if self.sessions.len() >= self.ua.config.limits.sessions {
            return self.stillborn(By::Limit);
        }
        let Some(first) = ways.pop_front() else { return self.stillborn(By::Unreachable) };
        // Whoever we are to show credentials to is somebody whom the operator knows.
        let proved = invite.credentials.is_some() || self.ua.access.by_address(first.remote.ip()).is_some();
        let ua = &mut self.ua;
        let begin = |key| Session::connect(key, invite, (first, ways), ua, now).proved(proved);
        let key = self.sessions.insert_with(begin);
        self.with_session(key, now, |_, _| ());
        SessionId(key)
    }

    /// Answers [`Event::Offered`]: the SDP, or a status of 300 to 699 that leaves the session as it was.
    pub fn answer(&mut self, id: SessionId, answer: Result<Option<Bytes>, u16>, now: Instant) {
        self.command(id, now, |session, ua| session.answer(answer, ua, now));
    }

    /// Offers a change to a session that stands: [`Event::Modified`] tells what came of it.
    pub fn modify(&mut self, id: SessionId, offer: Bytes, now: Instant) {
        self.command(id, now, |session, ua| session.modify(offer, ua, now));
    }

    /// Sends a body within a session that stands.
    pub fn info(&mut self, id: SessionId, content_type: &str, body: Bytes, now: Instant) {
        self.command(id, now, |session, ua| session.info(content_type, body, ua, now));
    }

    /// Ends a session in whatever state, with a Q.850 cause: BYE, CANCEL or a refusal.
    pub fn hang_up(&mut self, id: SessionId, cause: u8, now: Instant) {
        self.command(id, now, |session, ua| session.hang_up(cause, ua, now));
    }

    /// Asks the peer of an INVITE for credentials, whoever it is: 401. If they are right, the call comes again as that
    /// user's.
    pub fn challenge(&mut self, id: SessionId, now: Instant) {
        let challenges = self.ua.access.challenges(false, now);
        let headers = challenges.map(|challenge| (Name::WwwAuthenticate, challenge.to_bytes())).collect();
        self.reject(id, Refusal { headers, ..Refusal::new(401) }, now);
    }

    /// The Call-ID of a session that is not over.
    pub fn call_id(&self, id: SessionId) -> Option<Bytes> {
        self.sessions.get(id.0).map(Session::call_id)
    }

    /// Where a user is registered, best first.
    pub fn contacts(&self, user: &str, now: Instant) -> Vec<Contact> {
        self.registrar.contacts(user, now)
    }

    /// The users who are registered, by name.
    pub fn users(&self, now: Instant) -> impl Iterator<Item = &str> {
        self.registrar.users(now)
    }

    /// Registers with a trunk and stays registered.
    pub fn register(&mut self, register: Register, now: Instant) -> RegistrationId {
        self.now = Some(now);
        let ua = &mut self.ua;
        let key = self.registrations.insert_with(|key| Registration::begin(key, register, ua, now));
        self.with_registration(key, |_, _| ());
        RegistrationId(key)
    }

    /// Gives a registration new targets for its next attempt, as the DNS changes; one that had none goes at once.
    pub fn retarget(&mut self, id: RegistrationId, targets: Vec<Target>, now: Instant) {
        self.now = Some(now);
        self.with_registration(id.0, |registration, ua| registration.retarget(targets, ua, now));
    }

    /// Ends a registration: the trunk is told, nobody else is.
    pub fn unregister(&mut self, id: RegistrationId, now: Instant) {
        self.now = Some(now);
        self.with_registration(id.0, |registration, ua| registration.leave(ua, now));
    }

    /// Whether a registration is kept, or is being ended.
    pub fn keeps(&self, id: RegistrationId) -> bool {
        self.registrations.get(id.0).is_some()
    }

    /// The peers' ends of the streams that sessions speak by, that registered phones are rung by and trunks ring us by:
    /// those are to be kept, however long nothing is said.
    pub fn streams(&self) -> BTreeSet<SocketAddr> {
        let registered = self.registrar.ways().chain(self.registrations.iter().map(Registration::way));
        let sessions = self.sessions.iter().flat_map(Session::ways);
        let streams = sessions.chain(registered).filter(|way| way.transport == Transport::Tcp);
        streams.map(|way| way.remote).collect()
    }

    /// What is going on.
    pub fn gauges(&self) -> Gauges {
        Gauges {
            transactions: self.ua.servers.len() + self.ua.clients.len(),
            dialogs: self.ua.dialogs(),
            sessions: self.sessions.len(),
            timers: self.ua.out.agenda.len(),
            bindings: self.registrar.len(),
        }
    }

    /// A session that is over before it began.
    fn stillborn(&mut self, by: By) -> SessionId {
        let id = SessionId(self.sessions.spent());
        self.ua.emit(Event::Closed { id, ending: Ending { by, status: None, cause: None } });
        id
    }

    /// A command on a session that is over does nothing.
    fn command(&mut self, id: SessionId, now: Instant, run: impl FnOnce(&mut Session, &mut Ua)) {
        self.now = Some(now);
        self.with_session(id.0, now, run);
    }

    /// Lets the session do something, then plans its timers or forgets it.
    fn with_session(&mut self, key: u64, now: Instant, run: impl FnOnce(&mut Session, &mut Ua)) {
        let Some(session) = self.sessions.get_mut(key) else { return };
        run(session, &mut self.ua);
        if session.settle(&mut self.ua, now) {
            self.sessions.remove(key);
        }
    }

    fn with_registration(&mut self, key: u64, run: impl FnOnce(&mut Registration, &mut Ua)) {
        let Some(registration) = self.registrations.get_mut(key) else { return };
        run(registration, &mut self.ua);
        if registration.settle(&mut self.ua) {
            self.registrations.remove(key);
        }
    }

    fn plan_registrar(&mut self) {
        let wanted = self.registrar.poll_timeout();
        self.ua.out.agenda.plan(Owner::Registrar, &mut self.registrar_planned, wanted);
    }

    /// Tells the sender of a request what became of it.
    fn deliver(&mut self, delivery: Delivery, now: Instant) {
        match delivery.user {
            clients::User::Session(key) if self.sessions.get(key).is_none() => {
                usage::on_late_delivery(delivery, &mut self.ua, now);
            }
            clients::User::Session(key) => {
                self.with_session(key, now, |session, ua| session.on_delivery(delivery, ua, now))
            }
            clients::User::Registration(key) => self.with_registration(key, |registration, ua| {
                registration.on_outcome(delivery.outcome, ua, now);
            }),
            clients::User::Abandoned => usage::on_abandoned_delivery(delivery, &mut self.ua, now),
            clients::User::Nobody => usage::on_late_delivery(delivery, &mut self.ua, now),
        }
    }
}
