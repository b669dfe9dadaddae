//! The server transactions: by the name that requests carry (RFC 3261 section 17.2.3), by the name that merged requests
//! share (section 8.2.2.2).

use std::time::Instant;

use bytes::Bytes;

use super::invite_server::InviteServer;
use super::server::Server;
use crate::agenda::{Owner, Planned};
use crate::arena::Arena;
use crate::fingerprint::{Fingerprint, Fingerprints, Table};
use crate::header::Via;
use crate::incoming::Incoming;
use crate::message::{Method, Response};
use crate::outlet::Outlet;
use crate::path::Path;

/// A server transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ServerId(u64);

#[derive(Debug)]
enum Machine {
    Invite(InviteServer),
    Other(Server),
}

#[derive(Debug)]
struct Entry {
    machine: Machine,
    name: Fingerprint,
    merge: Fingerprint,
    reply: Path,
    /// The usage that an INVITE belongs to: a CANCEL is for it.
    session: Option<u64>,
    planned: Planned,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Servers {
    entries: Arena<Entry>,
    names: Table<u64>,
    merges: Table<u64>,
}

impl Servers {
    /// Hands a request to the transaction that it belongs to, if there is one: a request again, or the ACK of a refusal.
    pub(crate) fn absorb(&mut self, incoming: &Incoming, out: &mut Outlet, now: Instant) -> bool {
        let Some(&key) = self.names.get(&incoming.transaction) else { return false };
        let Some(entry) = self.entries.get_mut(key) else { return false };
        let again = match &mut entry.machine {
            Machine::Invite(machine) if incoming.request.method == Method::Ack => {
                if machine.is_accepted() {
                    return false;
                }
                machine.on_ack(now);
                None
            }
            Machine::Invite(machine) => machine.on_invite(),
            Machine::Other(machine) => machine.on_request(),
        };
        if let Some(bytes) = again {
            out.send(entry.reply, bytes);
        }
        self.settle(key, out);
        true
    }

    /// Whether another copy of this request is being served that came another way.
    pub(crate) fn is_merged(&self, incoming: &Incoming) -> bool {
        self.is_served(incoming.merge)
    }

    /// Whether an INVITE of this name waits for its final response, or was accepted: after a refusal a proxy may well
    /// send it to us again, for another of our names.
    fn is_served(&self, merge: Fingerprint) -> bool {
        let entry = self.merges.get(&merge).and_then(|key| self.entries.get(*key));
        let machine = entry.map(|entry| &entry.machine);
        matches!(machine, Some(Machine::Invite(machine)) if machine.is_proceeding() || machine.is_accepted())
    }

    /// Begins a transaction.
    pub(crate) fn begin(&mut self, incoming: &Incoming, out: &mut Outlet, now: Instant) -> ServerId {
        let reliable = incoming.path.transport.is_reliable();
        let machine = if incoming.request.method == Method::Invite {
            let trying = Response::to(&incoming.request, 100).to_bytes();
            Machine::Invite(InviteServer::new(trying, reliable, now))
        } else {
            Machine::Other(Server::new(reliable))
        };
        let (name, merge, reply) = (incoming.transaction, incoming.merge, incoming.reply);
        let key = self.entries.insert_with(|_| Entry { machine, name, merge, reply, session: None, planned: None });
        self.names.insert(name, key);
        if !self.is_served(merge) {
            self.merges.insert(merge, key);
        }
        self.settle(key, out);
        ServerId(key)
    }

    /// Says whose INVITE it is.
    pub(crate) fn belongs_to(&mut self, id: ServerId, session: u64) {
        if let Some(entry) = self.entries.get_mut(id.0) {
            entry.session = Some(session);
        }
    }

    /// The INVITE that a CANCEL is for, and its usage as long as there is something to cancel (section 9.2).
    pub(crate) fn cancelled(&self, invite: Fingerprint) -> Option<Option<u64>> {
        let entry = self.entries.get(*self.names.get(&invite)?)?;
        match &entry.machine {
            Machine::Invite(machine) => Some(entry.session.filter(|_| machine.is_proceeding())),
            Machine::Other(_) => None,
        }
    }

    /// Sends the user's response, if none was final before.
    pub(crate) fn respond(&mut self, id: ServerId, response: &Response, out: &mut Outlet, now: Instant) {
        self.respond_with(id, response.status, response.to_bytes(), out, now);
    }

    /// The same with the bytes at hand.
    pub(crate) fn respond_with(&mut self, id: ServerId, status: u16, bytes: Bytes, out: &mut Outlet, now: Instant) {
        let Some(entry) = self.entries.get_mut(id.0) else { return };
        let sent = match &mut entry.machine {
            Machine::Invite(machine) => machine.respond(status, bytes, now),
            Machine::Other(machine) => machine.respond(bytes, now),
        };
        if let Some(bytes) = sent {
            out.send(entry.reply, bytes);
        }
        self.settle(id.0, out);
    }

    /// Sends the last provisional response of an INVITE again.
    pub(crate) fn repeat(&self, id: ServerId, out: &mut Outlet) {
        let Some(entry) = self.entries.get(id.0) else { return };
        if let Machine::Invite(machine) = &entry.machine
            && let Some(bytes) = machine.repeat()
        {
            out.send(entry.reply, bytes);
        }
    }

    pub(crate) fn handle_timeout(&mut self, key: u64, out: &mut Outlet, now: Instant) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        let sent = match &mut entry.machine {
            Machine::Invite(machine) => machine.handle_timeout(now),
            Machine::Other(machine) => {
                machine.handle_timeout(now);
                None
            }
        };
        if let Some(bytes) = sent {
            out.send(entry.reply, bytes);
        }
        self.settle(key, out);
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Plans the machine's next timer, or forgets the machine if it is over.
    fn settle(&mut self, key: u64, out: &mut Outlet) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        let (wanted, over) = match &entry.machine {
            Machine::Invite(machine) => (machine.poll_timeout(), machine.is_terminated()),
            Machine::Other(machine) => (machine.poll_timeout(), machine.is_terminated()),
        };
        out.agenda.plan(Owner::Server(key), &mut entry.planned, wanted.filter(|_| !over));
        if over && let Some(entry) = self.entries.remove(key) {
            self.names.remove(&entry.name);
            if self.merges.get(&entry.merge) == Some(&key) {
                self.merges.remove(&entry.merge);
            }
        }
    }
}

/// The name of the transaction of a request with this method. An ACK belongs to its INVITE.
pub(crate) fn name(prints: &Fingerprints, incoming: &Parts<'_>, method: &Method) -> Fingerprint {
    let method = if *method == Method::Ack { &Method::Invite } else { method };
    let via = incoming.via;
    let sent_by = via.host.to_bytes();
    let port = via.port.unwrap_or_default().to_be_bytes();
    match via.unique_branch() {
        Some(branch) => prints.of(&[b"branch", &branch, &sent_by, &port, method.as_bytes()]),
        // RFC 2543: no branch to rely on, so all that a retransmission must have in common.
        None => {
            let sequence = incoming.sequence.to_be_bytes();
            let branch = via.branch().unwrap_or_default();
            let parts = [incoming.call_id, incoming.from_tag, &sequence, &branch, &sent_by, &port, method.as_bytes()];
            prints.of(&parts)
        }
    }
}

/// The name that copies of one request share, whichever way they came (section 8.2.2.2).
pub(crate) fn merge(prints: &Fingerprints, incoming: &Parts<'_>, method: &Method) -> Fingerprint {
    let sequence = incoming.sequence.to_be_bytes();
    prints.of(&[b"merge", incoming.from_tag, incoming.call_id, &sequence, method.as_bytes()])
}

/// What a request is named by.
pub(crate) struct Parts<'a> {
    pub(crate) via: &'a Via,
    pub(crate) call_id: &'a [u8],
    pub(crate) from_tag: &'a [u8],
    pub(crate) sequence: u32,
}
