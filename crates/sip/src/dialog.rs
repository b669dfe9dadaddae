//! A dialog (RFC 3261 section 12): who speaks with whom, in which order, and which way requests go.

use bytes::Bytes;

use crate::endpoint::Config;
use crate::fingerprint::{Fingerprint, Fingerprints};
use crate::header::{CSeq, HeaderError, Headers, Name, NameAddr};
use crate::message::{Method, Request, Response};
use crate::path::Path;
use crate::uri::Uri;

/// Hops that a request of ours may take (section 8.1.1.6).
pub(crate) const MAX_FORWARDS: &[u8] = b"70";
/// Routes that a dialog remembers.
pub(crate) const MAX_ROUTES: usize = 16;
/// The largest sequence number (section 8.1.1.5).
const MAX_SEQUENCE: u32 = (1 << 31) - 1;

/// The state of section 12: identifiers, sequence numbers, target and route set.
#[derive(Clone, Debug)]
pub(crate) struct Dialog {
    pub(crate) call_id: Bytes,
    pub(crate) local_tag: Bytes,
    /// Empty for peers of RFC 2543, and until a peer has answered.
    pub(crate) remote_tag: Bytes,
    /// Our From or To, tag and all.
    local: Bytes,
    /// The peer's From or To, tag and all.
    remote: Bytes,
    local_sequence: u32,
    remote_sequence: Option<u32>,
    target: Uri,
    /// In the order of Route.
    routes: Vec<NameAddr>,
    /// How the peer's messages come.
    pub(crate) near: Path,
    /// How requests go to the next hop.
    pub(crate) path: Path,
    caller: bool,
    /// The number of the last reliable provisional response that the peer sent (RFC 3262 section 4).
    pub(crate) rseq: Option<u32>,
}

impl Dialog {
    /// The callee's side, made from an INVITE (section 12.1.1). `None` if its From, To, Contact or routes are not sound.
    pub(crate) fn callee(request: &Request, local_tag: &Bytes, path: Path) -> Option<Self> {
        let headers = &request.headers;
        let remote = headers.from().ok()?;
        Some(Self {
            call_id: headers.call_id().ok()?,
            local_tag: local_tag.clone(),
            remote_tag: remote.tag().unwrap_or_default(),
            local: headers.to().ok()?.with_tag(local_tag).to_bytes(),
            remote: headers.get(&Name::From)?.clone(),
            local_sequence: 0,
            remote_sequence: Some(headers.cseq().ok()?.sequence),
            target: callers_target(headers)?,
            routes: record_routes(headers)?,
            near: path,
            path,
            caller: false,
            rseq: None,
        })
    }

    /// The caller's half of a dialog, before any answer: what an INVITE is made of.
    pub(crate) fn caller(
        call_id: Bytes,
        local_tag: &Bytes,
        (from, to): (NameAddr, Uri),
        routes: Vec<Uri>,
        path: Path,
    ) -> Self {
        Self {
            call_id,
            local_tag: local_tag.clone(),
            remote_tag: Bytes::new(),
            local: from.with_tag(local_tag).to_bytes(),
            remote: NameAddr::new(to.clone()).to_bytes(),
            local_sequence: 0,
            remote_sequence: None,
            target: to,
            routes: routes.into_iter().take(MAX_ROUTES).map(NameAddr::new).collect(),
            near: path,
            path,
            caller: true,
            rseq: None,
        }
    }

    /// The caller's side, made whole by a response (section 12.1.2).
    pub(crate) fn established(&self, response: &Response) -> Option<Self> {
        let headers = &response.headers;
        let mut routes = record_routes(headers).unwrap_or_default();
        routes.reverse();
        let target = headers.contact().map_or_else(|_| self.target.clone(), |contact| contact.uri);
        let remote_tag = headers.to().ok()?.tag().unwrap_or_default();
        Some(Self { remote_tag, remote: headers.get(&Name::To)?.clone(), target, routes, ..self.clone() })
    }

    /// The caller's side, put together from nothing but a response.
    pub(crate) fn of_response(response: &Response, path: Path) -> Option<Self> {
        let headers = &response.headers;
        let (from, to) = (headers.from().ok()?, headers.to().ok()?);
        let half = Self::caller(headers.call_id().ok()?, &from.tag()?, (from, to.uri), Vec::new(), path);
        let mut dialog = half.established(response)?;
        dialog.local_sequence = headers.cseq().ok()?.sequence;
        Some(dialog)
    }

    /// Goes on counting where the early dialog of the same callee stopped.
    pub(crate) fn numbers_of(&mut self, early: &Self) {
        self.local_sequence = self.local_sequence.max(early.local_sequence);
        self.remote_sequence = early.remote_sequence;
    }

    /// Whether we named the call.
    pub(crate) fn is_caller(&self) -> bool {
        self.caller
    }

    /// Our From or To, tag and all.
    pub(crate) fn local(&self) -> &Bytes {
        &self.local
    }

    /// By which the peer's requests are found (section 12.2.2).
    pub(crate) fn name(&self, prints: &Fingerprints) -> Fingerprint {
        name(prints, &self.call_id, &self.local_tag, &self.remote_tag)
    }

    /// Takes the number of a request of the peer; `false` if it is out of order (section 12.2.2).
    pub(crate) fn takes(&mut self, sequence: u32) -> bool {
        let in_order = self.remote_sequence.is_none_or(|last| last < sequence);
        if in_order {
            self.remote_sequence = Some(sequence);
        }
        in_order
    }

    /// A target refresh changes where requests go (sections 12.2.1.2 and 12.2.2). `proved`: the peer may send us to an
    /// address that is not its own.
    pub(crate) fn retarget(&mut self, headers: &Headers, near: Path, proved: bool, config: &Config) {
        if let Ok(contact) = headers.contact() {
            self.target = contact.uri;
        }
        self.near = near;
        self.path = config.next_hop(self.next_hop(), near, proved);
    }

    /// The URI that names the next hop: the first route, or the target.
    pub(crate) fn next_hop(&self) -> &Uri {
        self.routes.first().map_or(&self.target, |route| &route.uri)
    }

    /// Gives a request that was refused the next number, to be sent again.
    pub(crate) fn renumber(&mut self, request: &mut Request) {
        self.local_sequence = (self.local_sequence + 1).min(MAX_SEQUENCE);
        request.headers.set(Name::CSeq, CSeq { sequence: self.local_sequence, method: request.method.clone() });
    }

    /// The next request of this dialog (section 12.2.1.1); the transaction adds the Via.
    pub(crate) fn request(&mut self, method: Method) -> Request {
        self.local_sequence = (self.local_sequence + 1).min(MAX_SEQUENCE);
        self.numbered(method, self.local_sequence)
    }

    /// A request with a number that was used before: an ACK has that of its INVITE.
    pub(crate) fn numbered(&self, method: Method, sequence: u32) -> Request {
        let strict = self.routes.first().filter(|route| route.uri.as_sip().is_some_and(|uri| !uri.is_loose()));
        let mut request = Request::new(method.clone(), strict.map_or(&self.target, |route| &route.uri).clone());
        let headers = &mut request.headers;
        headers.push(Name::MaxForwards, MAX_FORWARDS);
        for route in self.routes.iter().skip(usize::from(strict.is_some())) {
            headers.push(Name::Route, route);
        }
        if strict.is_some() {
            headers.push(Name::Route, NameAddr::new(self.target.clone()));
        }
        headers.push(Name::From, self.local.clone());
        headers.push(Name::To, self.remote.clone());
        headers.push(Name::CallId, self.call_id.clone());
        headers.push(Name::CSeq, CSeq { sequence, method });
        request
    }
}

/// The name of a dialog (section 12).
pub(crate) fn name(prints: &Fingerprints, call_id: &[u8], local_tag: &[u8], remote_tag: &[u8]) -> Fingerprint {
    prints.of(&[b"dialog", call_id, local_tag, remote_tag])
}

/// Where requests to a caller go: its Contact. Peers of RFC 2543, which send no cookie, may leave that out and mean From.
fn callers_target(headers: &Headers) -> Option<Uri> {
    match headers.contact() {
        Ok(contact) => Some(contact.uri),
        Err(HeaderError::Missing(_)) if headers.via().ok()?.unique_branch().is_none() => Some(headers.from().ok()?.uri),
        Err(_) => None,
    }
}

/// The Record-Route fields; `None` if they are not sound or too many.
fn record_routes(headers: &Headers) -> Option<Vec<NameAddr>> {
    headers.record_routes().ok().filter(|routes| routes.len() <= MAX_ROUTES)
}
