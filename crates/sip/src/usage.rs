//! An INVITE usage: one session with one peer, from the INVITE to the last answer (RFC 3261 sections 13 to 15). One verb
//! a file.
//!
//! ```text
//! INVITE came -> Invited --2xx of ours--> Confirmed
//!                Invited --refusal, CANCEL, BYE--> Over
//! invite ------> Calling --2xx of the peer--> Confirmed
//!                Calling --refusal, silence, CANCEL--> Over
//!                Confirmed --BYE of ours--> Leaving --its answer, the peer's BYE--> Over
//!                Confirmed --BYE of the peer--> Over
//! ```
//! [`Event::Closed`] is told when the session is over for the user; what the protocol still owes (the ACK before our BYE,
//! the answer to it) is settled after that, unseen.

mod accept;
mod challenged;
mod close;
mod connect;
mod detour;
mod fork;
mod info;
mod modify;
mod offered;
mod prack;
mod receive;
mod refresh;
mod reject;
mod ring;
mod timers;
mod update;

use std::time::Instant;

use bytes::Bytes;

pub use connect::Invite;
pub(crate) use connect::MAX_TARGETS;
pub(crate) use receive::{on_abandoned_delivery, on_late_delivery};
pub(crate) use refresh::too_short;
pub use reject::Refusal;

use crate::agenda::{Owner, Planned};
use crate::dialog::Dialog;
use crate::digest::Credentials;
use crate::endpoint::{By, Ending, Event, SessionId, Ua};
use crate::header::{Headers, Name};
use crate::incoming::Incoming;
use crate::message::{self, Request, Response};
use crate::path::Path;
use crate::proof::Proof;
use crate::scan::Syntax;
use crate::transaction::servers::ServerId;
use accept::Success;
use connect::Calling;
use fork::Acknowledged;
use modify::Modifying;
use prack::Reliable;
use refresh::Life;
use timers::{Timer, Timers};

/// What we take, in Allow.
pub(crate) const ALLOW: &[u8] = b"INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK";
/// The extensions that we speak, in Supported.
pub(crate) const SUPPORTED: [&str; 2] = [prack::TAG, refresh::TAG];
/// The same as one value.
pub(crate) const SUPPORTED_VALUE: &str = "100rel, timer";
/// The only form of an offer or an answer.
pub(crate) const SDP: &str = "application/sdp";
/// A body that may have one among its parts.
const MIXED: &str = "multipart/mixed";
/// Both, in Accept.
pub(crate) const ACCEPT: &str = "application/sdp, multipart/mixed";

/// One session.
#[derive(Debug)]
pub(crate) struct Session {
    id: SessionId,
    phase: Phase,
    /// Of an INVITE of ours the half that we know, until a 2xx comes.
    dialog: Dialog,
    /// The peer's Contact may send us to an address that is not its own.
    proved: bool,
    /// What to show if the peer asks: only on calls of ours.
    credentials: Option<Box<Credentials>>,
    /// What was shown last: the ACK shows it too.
    proof: Option<Box<Proof>>,
    /// The ACK of the peer's last 2xx.
    acknowledged: Option<Box<Acknowledged>>,
    /// A change that we want.
    modifying: Option<Box<Modifying>>,
    /// A re-INVITE or UPDATE that waits for `answer`.
    offered: Option<Box<Pending>>,
    /// Provisional responses of ours that must arrive.
    reliable: Option<Box<Reliable>>,
    /// The agreed interval of signs of life.
    life: Option<Box<Life>>,
    /// A 2xx of ours that waits for its ACK.
    success: Option<Box<Success>>,
    /// The user wanted the end before the protocol allowed it.
    leaving: Option<u8>,
    /// [`Event::Closed`] was told.
    closed: bool,
    timers: Timers,
    planned: Planned,
}

#[derive(Debug)]
enum Phase {
    /// The peer's INVITE waits for our final response.
    Invited(Box<Pending>),
    /// Our INVITE waits for a final response.
    Calling(Box<Calling>),
    /// The session stands.
    Confirmed,
    /// Our BYE waits for its answer.
    Leaving,
    Over,
}

/// A request of the peer that our user has to answer.
#[derive(Debug)]
struct Pending {
    server: ServerId,
    request: Request,
    path: Path,
    reply: Path,
}

impl Pending {
    fn new(incoming: Incoming, server: ServerId) -> Self {
        Self { server, request: incoming.request, path: incoming.path, reply: incoming.reply }
    }
}

impl Session {
    fn new(id: u64, phase: Phase, dialog: Dialog) -> Self {
        Self {
            id: SessionId(id),
            phase,
            dialog,
            proved: true,
            credentials: None,
            proof: None,
            acknowledged: None,
            modifying: None,
            offered: None,
            reliable: None,
            life: None,
            success: None,
            leaving: None,
            closed: false,
            timers: Timers::default(),
            planned: None,
        }
    }

    /// A session that an INVITE opens; its transaction has begun.
    pub(crate) fn invited(id: u64, incoming: Incoming, server: ServerId, dialog: Dialog, ua: &mut Ua) -> Self {
        ua.enter(&dialog, id);
        ua.servers.belongs_to(server, id);
        Self::new(id, Phase::Invited(Box::new(Pending::new(incoming, server))), dialog)
    }

    /// The name that its messages carry.
    pub(crate) fn call_id(&self) -> Bytes {
        self.dialog.call_id.clone()
    }

    /// Whether the peer may send us to addresses that are not its own: a trunk may, a phone may not.
    pub(crate) fn proved(mut self, proved: bool) -> Self {
        self.proved = proved;
        self
    }

    pub(crate) fn handle_timeout(&mut self, ua: &mut Ua, now: Instant) {
        while let Some(timer) = self.timers.due(now) {
            match timer {
                Timer::Ringing => self.on_still_ringing(ua, now),
                Timer::Success => self.on_success_unheard(ua, now),
                Timer::Ack => self.on_no_ack(ua, now),
                Timer::Target => self.on_target_silent(ua, now),
                Timer::Cancel => self.on_cancel_unheard(ua),
                Timer::Glare => self.ask(ua, now),
                Timer::Reliable => self.on_reliable_unheard(ua, now),
                Timer::Prack => self.on_no_prack(ua, now),
                Timer::Refresh => self.on_refresh(ua, now),
                Timer::Expiry => self.on_expired(ua, now),
            }
        }
    }

    /// Plans the soonest timer; `true` if nothing is left to do and the session can be forgotten.
    pub(crate) fn settle(&mut self, ua: &mut Ua, now: Instant) -> bool {
        let over = matches!(self.phase, Phase::Over);
        if over {
            self.drop_changes(ua, now);
            self.timers.stop_all();
            self.leave_early(ua);
            ua.leave(&self.dialog);
        }
        ua.out.agenda.plan(Owner::Session(self.id.0), &mut self.planned, self.timers.soonest());
        over
    }

    /// Tells the user, who hears nothing after the end.
    fn tell(&self, event: Event, ua: &mut Ua) {
        if !self.closed {
            ua.emit(event);
        }
    }

    /// Tells the user that it is over.
    fn close(&mut self, by: By, status: Option<u16>, cause: Option<u8>, ua: &mut Ua) {
        if !self.closed {
            self.closed = true;
            ua.emit(Event::Closed { id: self.id, ending: Ending { by, status, cause } });
        }
    }

    /// A response within the dialog: our tag in To.
    fn response(&self, request: &Request, status: u16) -> Response {
        let mut response = Response::to(request, status);
        if request.headers.to().is_ok_and(|to| to.tag().is_none()) {
            response.headers.set(Name::To, self.dialog.local().clone());
        }
        response
    }

    /// What a response that makes or refreshes the dialog holds besides (section 12.1.1).
    fn open_dialog(&self, request: &Request, reply: Path, response: &mut Response, ua: &Ua) {
        response.headers.copy(&Name::RecordRoute, &request.headers);
        response.headers.push(Name::Contact, ua.contact(reply));
        response.headers.push(Name::Allow, ALLOW);
    }
}

/// The SDP of a message, if it has one that can be read.
pub(crate) fn sdp(headers: &Headers, body: &Bytes) -> Option<Bytes> {
    find_sdp(headers, body).ok().flatten()
}

/// The SDP of a message: its body, or the first such part of it (RFC 5621).
///
/// # Errors
/// What was expected where the type or the parts of the body went wrong.
pub(crate) fn find_sdp(headers: &Headers, body: &Bytes) -> Result<Option<Bytes>, Syntax> {
    match headers.content_type().map_err(|_| Syntax("a media type"))? {
        Some(kind) if kind.is(MIXED) => message::part(&kind, body, SDP),
        Some(kind) if kind.is(SDP) && !body.is_empty() => Ok(Some(body.clone())),
        _ => Ok(None),
    }
}

/// Puts SDP into a message.
fn put_sdp(headers: &mut Headers, body: &mut Bytes, sdp: Bytes) {
    headers.set(Name::ContentType, SDP);
    *body = sdp;
}

/// The Q.850 cause that a peer gave.
fn cause_of(headers: &Headers) -> Option<u8> {
    headers.reason("Q.850")?.cause()?.try_into().ok()
}
