//! From a flow's target to an invitation: a registered user, a number by trunk rule, a URI whose host is found through
//! RFC 3263. The way is found first, since the address that media are bound at has to be of the family of the peer's.
//!
//! ```text
//! begin -> Asking --answers--> Found, take -> the first targets, as far as they are of one family
//!             └── nowhere            ├─ next, take -> those after them, if these could not be reached
//!                                    └─ next, take -> the user's next phone, if this one does not take the call
//! ```

use core::net::IpAddr;
use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use flow::Target;
use model::LegId;
use rand_core::Rng;
use regex_lite::Regex;
use sip::{Answer, Credentials, Headers, Invite, Name, NameAddr, Query, Resolution, SipUri, Uri};

use crate::order::CallKey;

/// A peer that carries numbers.
#[derive(Clone, Debug)]
pub struct Trunk {
    /// Its name.
    pub name: String,
    /// Where it is: the host, port and transport of the URIs that are sent to it.
    pub uri: SipUri,
    /// What to answer when it asks who we are.
    pub credentials: Option<Credentials>,
    /// Whether to register there, as the user of the credentials.
    pub register: bool,
    /// The numbers that go out here: any rule that matches the number as dialled or as normalised.
    pub numbers: Vec<Regex>,
    /// The number shown to those who are called, unless the flow says another.
    pub caller_id: Option<String>,
}

/// The leg that a way is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DialKey {
    pub(crate) call: CallKey,
    pub(crate) leg: LegId,
}

/// Whom to invite, once the way is found.
#[derive(Debug)]
pub(crate) struct Errand {
    /// Request-URI and To.
    pub(crate) to: Uri,
    /// The number that is shown.
    pub(crate) from: String,
    /// Further header fields.
    pub(crate) headers: Vec<(String, String)>,
    /// What to show if the peer asks.
    pub(crate) credentials: Option<Credentials>,
}

/// Errands whose invitation is not out, or may have to go another way.
#[derive(Default)]
pub(crate) struct Dialing {
    under_way: BTreeMap<DialKey, Search>,
}

/// What is known for one leg.
struct Search {
    errand: Errand,
    stage: Stage,
    /// The user's other phones.
    others: VecDeque<(Errand, sip::Target)>,
}

enum Stage {
    Asking(Box<Resolution>),
    /// The targets that nobody has been invited at yet.
    Found(Vec<sip::Target>),
}

/// Where an errand stands.
pub(crate) enum Way {
    /// To this target first: [`Dialing::take`] yields the invitation.
    Found(sip::Target),
    /// These questions must be answered first.
    Asking(Vec<Query>),
    /// It leads nowhere.
    Nowhere,
}

impl Dialing {
    /// Begins with a user's phones, each called by its own name at its own place.
    pub(crate) fn begin_at(&mut self, key: DialKey, phones: impl Iterator<Item = (Errand, sip::Target)>) -> Way {
        let mut others: VecDeque<_> = phones.collect();
        let Some((errand, target)) = others.pop_front() else { return Way::Nowhere };
        self.under_way.insert(key, Search { errand, stage: Stage::Found(vec![target]), others });
        Way::Found(target)
    }

    /// Begins to look for the way.
    pub(crate) fn begin(&mut self, key: DialKey, errand: Errand, resolution: Resolution) -> Way {
        self.proceed(key, errand, resolution)
    }

    /// Takes an answer of the DNS.
    pub(crate) fn handle_answer(
        &mut self,
        key: DialKey,
        query: &Query,
        answer: Answer,
        rng: &mut impl Rng,
    ) -> Option<Way> {
        match self.under_way.remove(&key)? {
            Search { errand, stage: Stage::Asking(mut resolution), .. } => {
                resolution.handle_answer(query, answer, rng);
                Some(self.proceed(key, errand, *resolution))
            }
            found => {
                self.under_way.insert(key, found);
                None
            }
        }
    }

    /// The errand, the next targets as far as they are of one family, and whether there are others.
    pub(crate) fn take(&mut self, key: DialKey) -> Option<(&Errand, Vec<sip::Target>, bool)> {
        let Search { errand, stage: Stage::Found(targets), others: phones } = self.under_way.get_mut(&key)? else {
            return None;
        };
        if targets.is_empty() {
            let (next, target) = phones.pop_front()?;
            *errand = next;
            targets.push(target);
        }
        let is_ipv4 = targets.first()?.addr.is_ipv4();
        let others = targets.iter().position(|target| target.addr.is_ipv4() != is_ipv4).unwrap_or(targets.len());
        let next = targets.drain(..others).collect();
        Some((errand, next, !(targets.is_empty() && phones.is_empty())))
    }

    /// Where to go on, as [`Dialing::take`] does: a server that was not reached has others beside it, a phone that does not
    /// take the call only the user's next one.
    pub(crate) fn next(&self, key: DialKey, reached: bool) -> Option<sip::Target> {
        let Search { stage: Stage::Found(targets), others, .. } = self.under_way.get(&key)? else { return None };
        let phone = others.front().map(|(_, target)| *target);
        targets.first().copied().filter(|_| !reached).or(phone)
    }

    /// Nobody waits for that way any more.
    pub(crate) fn forget(&mut self, key: DialKey) {
        self.under_way.remove(&key);
    }

    fn proceed(&mut self, key: DialKey, errand: Errand, mut resolution: Resolution) -> Way {
        if let Some(targets) = resolution.targets() {
            let Some(first) = targets.first().copied() else { return Way::Nowhere };
            let stage = Stage::Found(targets.to_vec());
            self.under_way.insert(key, Search { errand, stage, others: VecDeque::new() });
            return Way::Found(first);
        }
        let queries = std::iter::from_fn(|| resolution.poll_query()).collect();
        let stage = Stage::Asking(Box::new(resolution));
        self.under_way.insert(key, Search { errand, stage, others: VecDeque::new() });
        Way::Asking(queries)
    }
}

impl Errand {
    /// The invitation, from a host of ours to targets.
    pub(crate) fn invite(&self, host: IpAddr, (targets, others): (Vec<sip::Target>, bool), offer: Bytes) -> Invite {
        let from = SipUri::new(Some(self.from.as_bytes()), host.into(), None);
        let mut headers = Headers::default();
        for (name, value) in &self.headers {
            headers.push(
                Name::from_bytes(Bytes::copy_from_slice(name.as_bytes())),
                Bytes::copy_from_slice(value.as_bytes()),
            );
        }
        Invite {
            to: self.to.clone(),
            from: NameAddr::new(Uri::Sip(from)),
            targets,
            others,
            route: Vec::new(),
            credentials: self.credentials.clone(),
            headers,
            offer,
            call_id: None,
        }
    }
}

/// The first trunk that takes a number, in either form.
pub(crate) fn trunk<'a>(trunks: &'a [Trunk], dialled: &str, normalised: &str) -> Option<&'a Trunk> {
    let takes = |trunk: &&Trunk| trunk.numbers.iter().any(|rule| rule.is_match(dialled) || rule.is_match(normalised));
    trunks.iter().find(takes)
}

/// The URI of a number at a trunk.
pub(crate) fn at_trunk(trunk: &Trunk, number: &str) -> SipUri {
    SipUri { user: Some(Bytes::copy_from_slice(number.as_bytes())), ..trunk.uri.clone() }
}

/// The SIP URI that a target's text is.
pub(crate) fn uri(target: &Target) -> Option<SipUri> {
    match Uri::parse(&Bytes::from(target.to_string())) {
        Ok(Uri::Sip(uri)) if !uri.secure => Some(uri),
        _ => None,
    }
}
