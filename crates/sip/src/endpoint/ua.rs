//! What every usage works with: the transactions below it, the queues to the outside, and the names it may give.

use core::net::SocketAddr;
use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use rand_chacha::ChaCha12Rng;
use rand_core::{Rng as _, SeedableRng as _};

use super::{Config, Event};
use crate::access::Access;
use crate::dialog::Dialog;
use crate::fingerprint::{Fingerprints, Table};
use crate::header::{MAGIC_COOKIE, Name, NameAddr, Via};
use crate::incoming::Incoming;
use crate::message::{Method, Request, Response};
use crate::outlet::Outlet;
use crate::path::Path;
use crate::transaction::clients::{self, ClientId, Clients, User};
use crate::transaction::servers::{ServerId, Servers};
use crate::transport::Transport;
use crate::uri::{Host, SipUri, Uri};

/// Bytes of randomness in a tag: at least 32 bits are asked for (RFC 3261 section 19.3).
const TAG_BYTES: usize = 8;
/// Bytes of randomness in a Call-ID.
const CALL_ID_BYTES: usize = 16;

/// Seconds after which a refused peer may try again (RFC 3261 section 21.5.4).
const RETRY_AFTER: &[u8] = b"5";

/// The core of a user agent.
#[derive(Debug)]
pub(crate) struct Ua {
    pub(crate) config: Config,
    pub(crate) access: Access,
    pub(crate) servers: Servers,
    pub(crate) clients: Clients,
    pub(crate) out: Outlet,
    pub(crate) events: VecDeque<Event>,
    pub(crate) prints: Fingerprints,
    /// The sessions of dialogs.
    dialogs: Table<u64>,
    rng: ChaCha12Rng,
}

impl Ua {
    pub(crate) fn new(config: Config, seed: [u8; 32]) -> Self {
        let mut rng = ChaCha12Rng::from_seed(seed);
        let mut secret = [0; 16];
        rng.fill_bytes(&mut secret);
        let mut nonces = [0; 32];
        rng.fill_bytes(&mut nonces);
        Self {
            access: Access::new(&config, nonces),
            config,
            servers: Servers::default(),
            clients: Clients::default(),
            out: Outlet::default(),
            events: VecDeque::new(),
            prints: Fingerprints::new(secret),
            dialogs: Table::default(),
            rng,
        }
    }

    /// A new tag.
    pub(crate) fn tag(&mut self) -> Bytes {
        let mut bytes = [0; TAG_BYTES];
        self.rng.fill_bytes(&mut bytes);
        hex(&bytes)
    }

    /// A new name of a call.
    pub(crate) fn call_id(&mut self) -> Bytes {
        let mut bytes = [0; CALL_ID_BYTES];
        self.rng.fill_bytes(&mut bytes);
        hex(&bytes)
    }

    /// A number from `least` to `most`.
    pub(crate) fn between(&mut self, least: u32, most: u32) -> u32 {
        least + self.rng.next_u32() % (most - least + 1)
    }

    pub(crate) fn emit(&mut self, event: Event) {
        self.events.push_back(event);
    }

    /// Requests of this dialog belong to that session from now on.
    pub(crate) fn enter(&mut self, dialog: &Dialog, session: u64) {
        self.dialogs.insert(dialog.name(&self.prints), session);
    }

    pub(crate) fn leave(&mut self, dialog: &Dialog) {
        self.dialogs.remove(&dialog.name(&self.prints));
    }

    /// The session of the dialog that this request names.
    pub(crate) fn session_of(&self, incoming: &Incoming) -> Option<u64> {
        let to_tag = incoming.to_tag.as_ref()?;
        let name = crate::dialog::name(&self.prints, &incoming.call_id, to_tag, &incoming.from_tag);
        self.dialogs.get(&name).copied()
    }

    pub(crate) fn dialogs(&self) -> usize {
        self.dialogs.len()
    }

    /// Where peers reach us: a Contact.
    pub(crate) fn contact(&self, path: Path) -> Bytes {
        NameAddr::new(self.contact_uri(path, None)).to_bytes()
    }

    pub(crate) fn contact_uri(&self, path: Path, user: Option<Bytes>) -> Uri {
        let (host, port) = self.advertised(path.local);
        let mut uri = SipUri::new(user.as_deref(), host, Some(port));
        if path.transport == Transport::Tcp {
            uri.params.set("transport", "tcp");
        }
        uri.into()
    }

    /// Our address as peers know it.
    pub(crate) fn advertised(&self, local: SocketAddr) -> (Host, u16) {
        (self.config.advertised(local.ip()).into(), local.port())
    }

    pub(crate) fn respond(&mut self, server: ServerId, response: &Response, now: Instant) {
        self.servers.respond(server, response, &mut self.out, now);
    }

    /// Answers once and keeps no state: a request that comes again gets the same answer again (section 8.2.7).
    pub(crate) fn answer(&mut self, incoming: &Incoming, mut response: Response, now: Instant) {
        if !self.access.may_answer(incoming.path.remote.ip(), now) {
            return;
        }
        self.tag_to(incoming, &mut response);
        self.out.send(incoming.reply, response.to_bytes());
    }

    /// Answers and remembers the answer, because the request must not be obeyed twice.
    pub(crate) fn answer_once(&mut self, incoming: &Incoming, mut response: Response, now: Instant) {
        self.tag_to(incoming, &mut response);
        let server = self.servers.begin(incoming, &mut self.out, now);
        self.respond(server, &response, now);
    }

    /// Tables are full: come back later.
    pub(crate) fn overloaded(&mut self, incoming: &Incoming, now: Instant) {
        if incoming.request.method != Method::Ack {
            let mut response = Response::to(&incoming.request, 503);
            response.headers.push(Name::RetryAfter, RETRY_AFTER);
            self.answer(incoming, response, now);
        }
    }

    /// Sends a request in a new transaction.
    pub(crate) fn request(&mut self, mut request: Request, path: Path, user: User, now: Instant) -> ClientId {
        let branch = self.branch();
        request.headers.push_front(Name::Via, self.via(path, &branch));
        let name = clients::name(&self.prints, &branch, &request.method);
        self.clients.begin((request, name), path, user, &mut self.out, now)
    }

    /// Sends a request again in a new transaction: another way, or in another form.
    pub(crate) fn resend(&mut self, mut request: Request, path: Path, user: User, now: Instant) -> ClientId {
        request.headers.remove(&Name::Via);
        self.request(request, path, user, now)
    }

    /// Sends a request that has its Via already: a CANCEL has that of its INVITE.
    pub(crate) fn request_as_is(&mut self, request: Request, path: Path, user: User, now: Instant) {
        let branch = request.headers.via().ok().and_then(|via| via.branch()).unwrap_or_default();
        let name = clients::name(&self.prints, &branch, &request.method);
        self.clients.begin((request, name), path, user, &mut self.out, now);
    }

    /// Sends the ACK of a 2xx, which is in no transaction; returns its bytes, to be sent again.
    pub(crate) fn send_ack(&mut self, mut ack: Request, path: Path) -> Bytes {
        let branch = self.branch();
        ack.headers.push_front(Name::Via, self.via(path, &branch));
        let bytes = ack.to_bytes();
        self.out.send(path, bytes.clone());
        bytes
    }

    fn via(&self, path: Path, branch: &[u8]) -> Via {
        let (host, port) = self.advertised(path.local);
        Via::new(path.transport, host, Some(port), branch)
    }

    fn branch(&mut self) -> Bytes {
        let tag = self.tag();
        [MAGIC_COOKIE, &tag].concat().into()
    }

    /// Puts the tag of a response into To: the same for the same request.
    fn tag_to(&self, incoming: &Incoming, response: &mut Response) {
        if let Ok(to) = response.headers.to()
            && to.tag().is_none()
        {
            let tag = self.prints.of(&[b"tag", &incoming.transaction.to_bytes()]).to_bytes();
            response.headers.set(Name::To, to.with_tag(hex(&tag[..TAG_BYTES])));
        }
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> Bytes {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]).collect()
}
