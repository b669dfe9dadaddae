//! The client transactions: by the branch that responses carry (RFC 3261 section 17.1.3), and by the peer that they
//! wait for, should it turn out to be unreachable.

use core::net::SocketAddr;
use std::collections::BTreeSet;
use std::time::Instant;

use super::client::Client;
use super::invite_client::{InviteClient, Reaction};
use crate::agenda::{Owner, Planned};
use crate::arena::Arena;
use crate::fingerprint::{Fingerprint, Fingerprints, Table};
use crate::header::{CSeq, Name};
use crate::message::{Method, Request, Response};
use crate::outlet::Outlet;
use crate::path::Path;
use crate::transport::Transport;

/// A client transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientId(pub(crate) u64);

/// Who sent the request and wants to know what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum User {
    /// A session.
    Session(u64),
    /// A registration with a trunk.
    Registration(u64),
    /// Nobody any more: an INVITE whose session went on to another target.
    Abandoned,
    /// Nobody: the CANCEL, of which only the INVITE's answer matters, and INVITEs that were cancelled.
    Nobody,
}

/// What became of a request.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) client: ClientId,
    pub(crate) user: User,
    /// The way that the request went.
    pub(crate) path: Path,
    pub(crate) outcome: Outcome,
}

/// News of a request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A response; with the first final one the request comes back, so that it can be sent again in another form.
    Response(Response, Option<Box<Request>>),
    /// Timer B or F: no final response in time. RFC 3261 section 8.1.3.1 reads it as 408.
    Silence(Box<Request>),
    /// The transport failed. Section 8.1.3.1 reads it as 503.
    Unreachable(Box<Request>),
}

impl Outcome {
    /// The method of the request.
    pub(crate) fn method(&self) -> Option<Method> {
        match self {
            Self::Response(response, _) => response.headers.cseq().ok().map(|cseq| cseq.method),
            Self::Silence(request) | Self::Unreachable(request) => Some(request.method.clone()),
        }
    }
}

#[derive(Debug)]
enum Machine {
    Invite(InviteClient),
    Other(Client),
}

#[derive(Debug)]
struct Entry {
    machine: Machine,
    name: Fingerprint,
    path: Path,
    user: User,
    /// Until a final response has come.
    request: Option<Box<Request>>,
    planned: Planned,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    entries: Arena<Entry>,
    names: Table<u64>,
    /// Those that wait for an answer, by peer.
    waiting: BTreeSet<(Transport, SocketAddr, u64)>,
}

impl Clients {
    /// Sends a request whose topmost Via carries `branch`.
    pub(crate) fn begin(
        &mut self,
        (request, name): (Request, Fingerprint),
        path: Path,
        user: User,
        out: &mut Outlet,
        now: Instant,
    ) -> ClientId {
        let bytes = request.to_bytes();
        out.send(path, bytes.clone());
        let reliable = path.transport.is_reliable();
        let machine = if request.method == Method::Invite {
            Machine::Invite(InviteClient::new(bytes, reliable, now))
        } else {
            Machine::Other(Client::new(bytes, reliable, now))
        };
        let request = Some(Box::new(request));
        let key = self.entries.insert_with(|_| Entry { machine, name, path, user, request, planned: None });
        self.names.insert(name, key);
        self.waiting.insert((path.transport, path.remote, key));
        self.settle(key, out);
        ClientId(key)
    }

    /// The request of a transaction that has no final response yet, and the way it went.
    pub(crate) fn pending(&self, id: ClientId) -> Option<(&Request, Path)> {
        let entry = self.entries.get(id.0)?;
        Some((entry.request.as_deref()?, entry.path))
    }

    /// A response: what it is news of. Nothing if it is stray or comes again.
    pub(crate) fn on_response(
        &mut self,
        response: Response,
        name: Fingerprint,
        out: &mut Outlet,
        now: Instant,
    ) -> Option<Delivery> {
        let key = *self.names.get(&name)?;
        let entry = self.entries.get_mut(key)?;
        let told = match &mut entry.machine {
            Machine::Other(machine) => machine.on_response(response.status, now),
            Machine::Invite(machine) => match machine.on_response(response.status, now) {
                Reaction::Tell => true,
                Reaction::Absorb => false,
                Reaction::Repeat(ack) => {
                    out.send(entry.path, ack);
                    false
                }
                Reaction::Acknowledge => {
                    if let Some(ack) = entry.request.as_ref().and_then(|invite| acknowledgement(invite, &response)) {
                        let bytes = ack.to_bytes();
                        out.send(entry.path, bytes.clone());
                        machine.acknowledged(bytes);
                    }
                    true
                }
            },
        };
        let (user, path) = (entry.user, entry.path);
        let request = if response.is_final() { self.end_waiting(key) } else { None };
        self.settle(key, out);
        told.then_some(Delivery { client: ClientId(key), user, path, outcome: Outcome::Response(response, request) })
    }

    pub(crate) fn handle_timeout(&mut self, key: u64, out: &mut Outlet, now: Instant) -> Option<Delivery> {
        let entry = self.entries.get_mut(key)?;
        let (sent, over) = match &mut entry.machine {
            Machine::Invite(machine) => (machine.handle_timeout(now), machine.is_terminated()),
            Machine::Other(machine) => (machine.handle_timeout(now), machine.is_terminated()),
        };
        if let Some(bytes) = sent {
            out.send(entry.path, bytes);
        }
        let (user, path) = (entry.user, entry.path);
        let request = if over { self.end_waiting(key) } else { None };
        self.settle(key, out);
        Some(Delivery { client: ClientId(key), user, path, outcome: Outcome::Silence(request?) })
    }

    /// One of those that wait for this peer; its transaction is over. Call until there is none.
    pub(crate) fn on_unreachable(&mut self, path: Path, out: &mut Outlet) -> Option<Delivery> {
        let first = (path.transport, path.remote, 0);
        let last = (path.transport, path.remote, u64::MAX);
        let (_, _, key) = *self.waiting.range(first..=last).next()?;
        let request = self.end_waiting(key)?;
        let (user, path) = self.entries.get(key).map(|entry| (entry.user, entry.path))?;
        self.forget(key, out);
        Some(Delivery { client: ClientId(key), user, path, outcome: Outcome::Unreachable(request) })
    }

    /// Ends a transaction of which nobody wants to know any more.
    pub(crate) fn forget(&mut self, key: u64, out: &mut Outlet) {
        self.end_waiting(key);
        if let Some(mut entry) = self.entries.remove(key) {
            out.agenda.plan(Owner::Client(key), &mut entry.planned, None);
            self.names.remove(&entry.name);
        }
    }

    /// Sends an INVITE no more, and yields it for another target; whether it is answered late is still worth knowing.
    pub(crate) fn abandon(&mut self, id: ClientId, out: &mut Outlet) -> Option<Request> {
        let entry = self.entries.get_mut(id.0)?;
        entry.user = User::Abandoned;
        if let Machine::Invite(machine) = &mut entry.machine {
            machine.be_silent();
        }
        let request = entry.request.as_deref().cloned();
        self.settle(id.0, out);
        request
    }

    /// An abandoned INVITE has been cancelled: its final response has a time to come.
    pub(crate) fn disown(&mut self, id: ClientId, out: &mut Outlet, now: Instant) {
        if let Some(entry) = self.entries.get_mut(id.0) {
            entry.user = User::Nobody;
        }
        self.limit(id, out, now);
    }

    /// Lets an INVITE that was answered provisionally wait for its final response no longer than 64 T1.
    pub(crate) fn limit(&mut self, id: ClientId, out: &mut Outlet, now: Instant) {
        if let Some(Entry { machine: Machine::Invite(machine), .. }) = self.entries.get_mut(id.0) {
            machine.limit(now);
            self.settle(id.0, out);
        }
    }

    /// Whether the INVITE has had no answer at all, not even a provisional one: it cannot be cancelled yet (section 9.1).
    pub(crate) fn is_calling(&self, id: ClientId) -> bool {
        let machine = self.entries.get(id.0).map(|entry| &entry.machine);
        matches!(machine, Some(Machine::Invite(machine)) if machine.is_calling())
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    fn end_waiting(&mut self, key: u64) -> Option<Box<Request>> {
        let entry = self.entries.get_mut(key)?;
        let request = entry.request.take()?;
        self.waiting.remove(&(entry.path.transport, entry.path.remote, key));
        Some(request)
    }

    fn settle(&mut self, key: u64, out: &mut Outlet) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        let (wanted, over) = match &entry.machine {
            Machine::Invite(machine) => (machine.poll_timeout(), machine.is_terminated()),
            Machine::Other(machine) => (machine.poll_timeout(), machine.is_terminated()),
        };
        if over {
            self.forget(key, out);
        } else {
            out.agenda.plan(Owner::Client(key), &mut entry.planned, wanted);
        }
    }
}

/// The name of a client transaction: its branch and the method of CSeq (section 17.1.3).
pub(crate) fn name(prints: &Fingerprints, branch: &[u8], method: &Method) -> Fingerprint {
    prints.of(&[b"client", branch, method.as_bytes()])
}

/// The ACK of a 300 to 699 (section 17.1.1.3).
fn acknowledgement(invite: &Request, response: &Response) -> Option<Request> {
    let mut ack = sibling(invite, Method::Ack)?;
    ack.headers.set(Name::To, response.headers.get(&Name::To)?.clone());
    Some(ack)
}

/// The CANCEL of an INVITE (section 9.1).
pub(crate) fn cancellation(invite: &Request) -> Option<Request> {
    sibling(invite, Method::Cancel)
}

/// A request that shares the INVITE's topmost Via, target, route and number.
fn sibling(invite: &Request, method: Method) -> Option<Request> {
    let mut request = Request::new(method.clone(), invite.uri.clone());
    request.headers.push(Name::Via, invite.headers.get(&Name::Via)?.clone());
    for name in [Name::MaxForwards, Name::Route, Name::From, Name::To, Name::CallId] {
        request.headers.copy(&name, &invite.headers);
    }
    let sequence = invite.headers.cseq().ok()?.sequence;
    request.headers.push(Name::CSeq, CSeq { sequence, method });
    Some(request)
}
