//! Keeping ourselves registered with a trunk (RFC 3261 section 10.2).
//!
//! ```text
//! register -> Asking --2xx--> Registered --near its end--> Asking
//!             Asking --401, 407, 423--> Asking, in the form that was wanted
//!             Asking --refused, silent, unreachable at every target--> Resting --later--> Asking
//! unregister -> Asking for no time at all --any answer--> Over
//! ```

use core::time::Duration;
use std::collections::VecDeque;
use std::time::Instant;

use crate::agenda::{Owner, Planned};
use crate::dialog::Dialog;
use crate::digest::Credentials;
use crate::endpoint::{Event, Ua};
use crate::header::{Contacts, Headers, Name, NameAddr};
use crate::message::{Method, Request, Response};
use crate::path::Path;
use crate::proof::Proof;
use crate::resolve::Target;
use crate::transaction::clients::{Outcome, User};
use crate::uri::Uri;

/// Pause after the first failure; it doubles up to [`MAX_REST`] (in the manner of RFC 5626 section 4.5).
const MIN_REST: Duration = Duration::from_secs(30);
/// The longest pause after failures.
const MAX_REST: Duration = Duration::from_secs(1800);
/// Time before its end at which a registration is renewed; short ones are renewed at their half.
const MARGIN: Duration = Duration::from_secs(60);
/// Forms in which one registration is tried before it counts as refused.
const MAX_FORMS: u8 = 4;

/// A registration of ours. Never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistrationId(pub(crate) u64);

/// A registration to be kept.
#[derive(Clone, Debug)]
pub struct Register {
    /// The Request-URI: the trunk's domain.
    pub registrar: Uri,
    /// From and To: who is registered. Its user is that of our Contact.
    pub aor: Uri,
    /// Where to send it, best first.
    pub targets: Vec<Target>,
    /// What to show if the trunk asks.
    pub credentials: Option<Credentials>,
    /// What to ask for; the trunk decides.
    pub expires: Duration,
}

/// The machine.
#[derive(Debug)]
pub(crate) struct Registration {
    id: RegistrationId,
    register: Register,
    dialog: Dialog,
    /// Targets that this attempt has not tried.
    others: VecDeque<Path>,
    proof: Option<Box<Proof>>,
    forms: u8,
    rest: Duration,
    wake: Option<Instant>,
    leaving: bool,
    over: bool,
    planned: Planned,
}

impl Registration {
    /// Begins; the first REGISTER is sent.
    pub(crate) fn begin(key: u64, register: Register, ua: &mut Ua, now: Instant) -> Self {
        let (tag, call_id) = (ua.tag(), ua.call_id());
        let aor = register.aor.clone();
        let dialog = Dialog::caller(call_id, &tag, (NameAddr::new(aor.clone()), aor), Vec::new(), Path::NOWHERE);
        let mut registration = Self {
            id: RegistrationId(key),
            register,
            dialog,
            others: VecDeque::new(),
            proof: None,
            forms: 0,
            rest: MIN_REST,
            wake: None,
            leaving: false,
            over: false,
            planned: None,
        };
        registration.attempt(ua, now);
        registration
    }

    /// Takes new targets, as the DNS gives them, for the next attempt; at once if the last had nowhere to go.
    pub(crate) fn retarget(&mut self, targets: Vec<Target>, ua: &mut Ua, now: Instant) {
        let stranded = self.register.targets.is_empty() && !targets.is_empty();
        self.register.targets = targets;
        if stranded && self.wake.is_some() {
            self.attempt(ua, now);
        }
    }

    /// The way that the trunk was asked by.
    pub(crate) fn way(&self) -> Path {
        self.dialog.path
    }

    /// Registers for no time at all, then ends.
    pub(crate) fn leave(&mut self, ua: &mut Ua, now: Instant) {
        if !self.leaving {
            self.leaving = true;
            self.register.expires = Duration::ZERO;
            self.attempt(ua, now);
        }
    }

    pub(crate) fn handle_timeout(&mut self, ua: &mut Ua, now: Instant) {
        if self.wake.take_if(|wake| *wake <= now).is_some() {
            self.attempt(ua, now);
        }
    }

    /// Plans the next attempt; `true` if there will be none.
    pub(crate) fn settle(&mut self, ua: &mut Ua) -> bool {
        let wanted = self.wake.filter(|_| !self.over);
        ua.out.agenda.plan(Owner::Registration(self.id.0), &mut self.planned, wanted);
        self.over
    }

    /// Starts with the best target.
    fn attempt(&mut self, ua: &mut Ua, now: Instant) {
        self.forms = 0;
        self.proof = None;
        self.wake = None;
        self.others = ua.config.ways(&self.register.targets);
        if !self.try_next(ua, now) {
            self.fail(None, ua, now);
        }
    }

    fn try_next(&mut self, ua: &mut Ua, now: Instant) -> bool {
        let Some(path) = self.others.pop_front() else { return false };
        self.dialog.path = path;
        let mut request = self.dialog.request(Method::Register);
        request.uri = self.register.registrar.clone();
        let mut contact = NameAddr::new(ua.contact_uri(path, self.register.aor.user()));
        contact.params.set("expires", self.register.expires.as_secs().to_string());
        request.headers.push(Name::Contact, contact);
        request.headers.push(Name::Expires, self.register.expires.as_secs().to_string());
        ua.request(request, path, User::Registration(self.id.0), now);
        true
    }

    /// News of our REGISTER.
    pub(crate) fn on_outcome(&mut self, outcome: Outcome, ua: &mut Ua, now: Instant) {
        let (response, request) = match outcome {
            Outcome::Response(response, Some(request)) => (response, request),
            Outcome::Response(_, None) => return,
            Outcome::Silence(_) | Outcome::Unreachable(_) => {
                if !self.try_next(ua, now) {
                    self.fail(None, ua, now);
                }
                return;
            }
        };
        if response.is_success() {
            self.on_granted(&response, ua, now);
            return;
        }
        let again = self.try_form(&response, *request, ua, now) || (response.status == 503 && self.try_next(ua, now));
        if !again {
            self.fail(Some(response.status), ua, now);
        }
    }

    fn on_granted(&mut self, response: &Response, ua: &mut Ua, now: Instant) {
        if self.leaving {
            self.over = true;
            return;
        }
        let user = self.register.aor.user();
        let granted = granted(&response.headers, &ua.contact_uri(self.dialog.path, user));
        let granted = granted.map_or(self.register.expires, |seconds| Duration::from_secs(seconds.into()));
        self.rest = MIN_REST;
        let pause = if granted > MARGIN * 2 { granted - MARGIN } else { granted / 2 };
        self.wake = Some(now + pause.max(Duration::from_secs(1)));
        ua.emit(Event::Registration { id: self.id, outcome: Ok(granted) });
    }

    /// Sends the REGISTER again in the form that was asked for.
    fn try_form(&mut self, response: &Response, mut request: Request, ua: &mut Ua, now: Instant) -> bool {
        self.forms += 1;
        if self.forms > MAX_FORMS {
            return false;
        }
        match response.status {
            401 | 407 => {
                let Some(credentials) = &self.register.credentials else { return false };
                if !Proof::answer(&mut self.proof, response, &mut request, credentials, ua) {
                    return false;
                }
            }
            423 => {
                let Ok(Some(least)) = response.headers.min_expires() else { return false };
                self.register.expires = Duration::from_secs(least.into());
                let mut contact = NameAddr::new(ua.contact_uri(self.dialog.path, self.register.aor.user()));
                contact.params.set("expires", least.to_string());
                request.headers.set(Name::Contact, contact);
                request.headers.set(Name::Expires, least.to_string());
            }
            _ => return false,
        }
        self.dialog.renumber(&mut request);
        ua.resend(request, self.dialog.path, User::Registration(self.id.0), now);
        true
    }

    fn fail(&mut self, status: Option<u16>, ua: &mut Ua, now: Instant) {
        if self.leaving {
            self.over = true;
            return;
        }
        self.wake = Some(now + self.rest);
        self.rest = (self.rest * 2).min(MAX_REST);
        ua.emit(Event::Registration { id: self.id, outcome: Err(status) });
    }
}

/// The time that the registrar gave our Contact (section 10.2.4). One that was rewritten, by a border controller or for a
/// translator, is among the others: the least of them is early enough.
fn granted(headers: &Headers, own: &Uri) -> Option<u32> {
    let Ok(Contacts::Each(contacts)) = headers.contacts() else { return None };
    let ours = contacts.iter().find(|contact| contact.uri.equivalent(own));
    let granted = match ours {
        Some(ours) => ours.expires(),
        None => contacts.iter().filter_map(NameAddr::expires).filter(|seconds| *seconds > 0).min(),
    };
    granted.or_else(|| headers.expires().ok().flatten())
}
