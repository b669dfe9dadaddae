//! Where our users' phones are (RFC 3261 section 10.3). Who registers is known by digest before this is asked.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use bytes::Bytes;

use crate::endpoint::{Config, Event};
use crate::header::{Contacts, Name, NameAddr};
use crate::incoming::Incoming;
use crate::message::Response;
use crate::path::Path;
use crate::resolve::Target;
use crate::uri::Uri;

/// Contacts that one user may have; a new one takes the place of an old one.
pub(crate) const MAX_CONTACTS: usize = 10;
/// Seconds of a binding that asks for nothing else (section 10.2.1.1 suggests an hour).
const DEFAULT_EXPIRES: u32 = 3600;
/// The longest binding; longer wishes are shortened (section 10.3).
pub(crate) const MAX_EXPIRES: u32 = 7200;
/// The shortest binding (section 10.3, step 7: Min-Expires).
const MIN_EXPIRES: u32 = 60;
/// The q of a Contact without one, in thousandths.
const FULL_Q: u16 = 1000;

/// A place where a user can be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The Request-URI to call.
    pub uri: Uri,
    /// Where to send the request.
    pub target: Target,
    /// The preference in thousandths, 0 to 1000.
    pub q: u16,
    /// For how long it is good.
    pub expires: Duration,
}

#[derive(Debug)]
struct Binding {
    uri: Uri,
    way: Path,
    q: u16,
    until: Instant,
    call_id: Bytes,
    sequence: u32,
    /// The device (RFC 5626 section 4.1).
    instance: Option<Bytes>,
}

/// The bindings.
#[derive(Debug, Default)]
pub(crate) struct Registrar {
    users: BTreeMap<String, Vec<Binding>>,
    /// When bindings end, by user.
    ends: BTreeSet<(Instant, String)>,
}

/// What a Contact of a REGISTER asks for.
struct Wish {
    uri: Uri,
    q: u16,
    seconds: u32,
    instance: Option<Bytes>,
}

impl Registrar {
    /// Answers a REGISTER of this user, and tells what has changed.
    pub(crate) fn register(
        &mut self,
        incoming: &Incoming,
        user: &str,
        config: &Config,
        now: Instant,
    ) -> (Response, Vec<Event>) {
        match self.try_register(incoming, user, config, now) {
            Ok(events) => (self.listing(incoming, user, now), events),
            Err(status) => {
                let mut response = Response::to(&incoming.request, status);
                if status == 423 {
                    response.headers.push(Name::MinExpires, MIN_EXPIRES.to_string());
                }
                (response, Vec::new())
            }
        }
    }

    fn try_register(
        &mut self,
        incoming: &Incoming,
        user: &str,
        config: &Config,
        now: Instant,
    ) -> Result<Vec<Event>, u16> {
        let headers = &incoming.request.headers;
        // Section 10.2: what is registered is a SIP or SIPS URI. Step 4: nobody registers for somebody else.
        let to = headers.to().map_err(|_| 400_u16)?;
        if to.uri.as_sip().is_none() {
            return Err(400);
        }
        if to.uri.user().is_none_or(|name| &name[..] != user.as_bytes()) {
            return Err(403);
        }
        let expires = headers.expires().unwrap_or(None);
        match headers.contacts().map_err(|_| 400_u16)? {
            Contacts::All if expires == Some(0) => self.forget_all(incoming, user),
            Contacts::All => Err(400),
            Contacts::Each(contacts) => {
                let wishes = wishes(contacts, expires)?;
                self.check(incoming, user, &wishes)?;
                let grant = |wish: Wish| {
                    let way = config.next_hop(&wish.uri, incoming.path, false);
                    self.grant(incoming, user, (wish, way), now)
                };
                let mut events: Vec<Event> = wishes.into_iter().filter_map(grant).collect();
                events.extend(core::iter::from_fn(|| self.make_room(user)));
                Ok(events)
            }
        }
    }

    /// Steps 6 and 7: all wishes are granted or none.
    fn check(&self, incoming: &Incoming, user: &str, wishes: &[Wish]) -> Result<(), u16> {
        let bindings = self.users.get(user).map_or(&[][..], |bindings| bindings);
        let wished = |binding: &&Binding| wishes.iter().any(|wish| binding.uri.equivalent(&wish.uri));
        let late = bindings.iter().filter(wished).any(|binding| is_late(binding, incoming));
        if late { Err(500) } else { Ok(()) }
    }

    fn grant(&mut self, incoming: &Incoming, user: &str, (wish, way): (Wish, Path), now: Instant) -> Option<Event> {
        let bindings = self.users.entry(user.to_owned()).or_default();
        let before = bindings.iter().position(|binding| binding.uri.equivalent(&wish.uri));
        let before = before.map(|at| bindings.remove(at));
        if let Some(before) = &before {
            self.ends.remove(&(before.until, user.to_owned()));
        }
        let Wish { uri, q, seconds, instance } = wish;
        let contact = uri.clone();
        let event = if seconds > 0 {
            let expires = Duration::from_secs(seconds.into());
            let until = now + expires;
            let (call_id, sequence) = (incoming.call_id.clone(), incoming.sequence);
            bindings.push(Binding { uri, way, q, until, call_id, sequence, instance });
            Some(Event::Registered { user: user.to_owned(), contact, expires })
        } else {
            before.map(|_| Event::Unregistered { user: user.to_owned(), contact })
        };
        self.replan(user);
        event
    }

    /// Forgets a binding that is past the limit: of those before the newest request the oldest of its phone, whose port
    /// may have changed, else the oldest of all.
    fn make_room(&mut self, user: &str) -> Option<Event> {
        let bindings = self.users.get_mut(user).filter(|bindings| bindings.len() > MAX_CONTACTS)?;
        let newest = bindings.last()?;
        let same_phone = |binding: &Binding| {
            let same_call = binding.call_id == newest.call_id;
            let before = !same_call || binding.sequence != newest.sequence;
            before && (same_call || (binding.instance.is_some() && binding.instance == newest.instance))
        };
        let gone = bindings.remove(bindings.iter().position(same_phone).unwrap_or(0));
        self.ends.remove(&(gone.until, user.to_owned()));
        self.replan(user);
        Some(Event::Unregistered { user: user.to_owned(), contact: gone.uri })
    }

    /// `Contact: *` (step 6).
    fn forget_all(&mut self, incoming: &Incoming, user: &str) -> Result<Vec<Event>, u16> {
        let Some(bindings) = self.users.get(user) else { return Ok(Vec::new()) };
        if bindings.iter().any(|binding| is_late(binding, incoming)) {
            return Err(500);
        }
        let gone = self.users.remove(user).unwrap_or_default().into_iter();
        let forget = |binding: Binding| {
            self.ends.remove(&(binding.until, user.to_owned()));
            Event::Unregistered { user: user.to_owned(), contact: binding.uri }
        };
        Ok(gone.map(forget).collect())
    }

    /// The ends of a user's bindings stand on the list, each instant once.
    fn replan(&mut self, user: &str) {
        let Some(bindings) = self.users.get(user) else { return };
        for binding in bindings {
            self.ends.insert((binding.until, user.to_owned()));
        }
        if bindings.is_empty() {
            self.users.remove(user);
        }
    }

    /// Step 8: all bindings that there are now.
    fn listing(&self, incoming: &Incoming, user: &str, now: Instant) -> Response {
        let mut response = Response::to(&incoming.request, 200);
        for binding in self.users.get(user).into_iter().flatten() {
            let mut contact = NameAddr::new(binding.uri.clone());
            contact.params.set("expires", binding.until.saturating_duration_since(now).as_secs().to_string());
            response.headers.push(Name::Contact, contact);
        }
        response
    }

    /// Forgets what has expired.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some((until, _)) = self.ends.first()
            && *until <= now
        {
            let Some((_, user)) = self.ends.pop_first() else { break };
            let Some(bindings) = self.users.get_mut(&user) else { continue };
            for gone in bindings.extract_if(.., |binding| binding.until <= now) {
                events.push(Event::Unregistered { user: user.clone(), contact: gone.uri });
            }
            if bindings.is_empty() {
                self.users.remove(&user);
            }
        }
        events
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.ends.first().map(|(until, _)| *until)
    }

    /// Where this user is, best first; of equals the one that registered last.
    pub(crate) fn contacts(&self, user: &str, now: Instant) -> Vec<Contact> {
        let bindings = self.users.get(user).into_iter().flatten().rev().filter(|binding| binding.until > now);
        let mut contacts: Vec<Contact> = bindings
            .map(|binding| Contact {
                uri: binding.uri.clone(),
                target: Target { transport: binding.way.transport, addr: binding.way.remote },
                q: binding.q,
                expires: binding.until - now,
            })
            .collect();
        contacts.sort_by_key(|contact| core::cmp::Reverse(contact.q));
        contacts
    }

    /// The users who have a phone that is registered, by name.
    pub(crate) fn users(&self, now: Instant) -> impl Iterator<Item = &str> {
        let is_there = move |bindings: &Vec<Binding>| bindings.iter().any(|binding| binding.until > now);
        self.users.iter().filter(move |(_, bindings)| is_there(bindings)).map(|(user, _)| user.as_str())
    }

    /// The ways to all phones.
    pub(crate) fn ways(&self) -> impl Iterator<Item = Path> {
        self.users.values().flatten().map(|binding| binding.way)
    }

    pub(crate) fn len(&self) -> usize {
        self.users.values().map(Vec::len).sum()
    }
}

fn wishes(contacts: Vec<NameAddr>, expires: Option<u32>) -> Result<Vec<Wish>, u16> {
    if contacts.len() > MAX_CONTACTS {
        return Err(403);
    }
    let wish = |contact: NameAddr| {
        let seconds = contact.expires().or(expires).unwrap_or(DEFAULT_EXPIRES).min(MAX_EXPIRES);
        if (1..MIN_EXPIRES).contains(&seconds) {
            return Err(423);
        }
        let (q, instance) = (contact.q().unwrap_or(FULL_Q), contact.params.get("+sip.instance"));
        Ok(Wish { uri: contact.uri, q, seconds, instance })
    };
    contacts.into_iter().map(wish).collect()
}

/// An older request of the same phone that was overtaken (step 7).
fn is_late(binding: &Binding, incoming: &Incoming) -> bool {
    binding.call_id == incoming.call_id && binding.sequence >= incoming.sequence
}
