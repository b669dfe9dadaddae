//! From a flow's target to an invitation: a registered user, a number by trunk rule, a URI whose host is found through
//! RFC 3263.

use std::collections::BTreeMap;

use bytes::Bytes;
use flow::Target;
use model::LegId;
use rand_core::Rng;
use regex_lite::Regex;
use sip::{Answer, Credentials, Headers, Host, Invite, Listen, NameAddr, Query, Resolution, SipUri, Transport, Uri};

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
    /// The numbers that go out here: any rule that matches the number as dialled or as normalised.
    pub numbers: Vec<Regex>,
    /// The number shown to those who are called, unless the flow says another.
    pub caller_id: Option<String>,
}

/// The leg that a question to the DNS is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DialKey {
    pub(crate) call: CallKey,
    pub(crate) leg: LegId,
}

/// Invitations whose way is being looked for.
pub(crate) struct Dialing {
    /// Those that we listen on, in the operator's order.
    transports: Vec<Transport>,
    under_way: BTreeMap<DialKey, (Resolution, Invite)>,
}

/// Where an invitation stands.
pub(crate) enum Way {
    /// It can go out.
    Found(Box<Invite>),
    /// These questions must be answered first.
    Asking(Vec<Query>),
    /// It leads nowhere.
    Nowhere,
}

impl Dialing {
    /// With the transports of these sockets.
    pub(crate) fn new(listen: &[Listen]) -> Self {
        let mut transports = Vec::new();
        for transport in listen.iter().map(|listen| listen.transport) {
            if !transports.contains(&transport) {
                transports.push(transport);
            }
        }
        Self { transports, under_way: BTreeMap::new() }
    }

    /// Begins to look for the way to `invite.to`, by `uri`, over IPv4.
    pub(crate) fn begin(&mut self, key: DialKey, uri: &SipUri, invite: Invite) -> Way {
        let resolution = Resolution::new(uri, &self.transports, false);
        self.proceed(key, resolution, invite)
    }

    /// Takes an answer of the DNS.
    pub(crate) fn handle_answer(
        &mut self,
        key: DialKey,
        query: &Query,
        answer: Answer,
        rng: &mut impl Rng,
    ) -> Option<Way> {
        let (mut resolution, invite) = self.under_way.remove(&key)?;
        resolution.handle_answer(query, answer, rng);
        Some(self.proceed(key, resolution, invite))
    }

    /// Nobody waits for that way any more.
    pub(crate) fn forget(&mut self, key: DialKey) {
        self.under_way.remove(&key);
    }

    fn proceed(&mut self, key: DialKey, mut resolution: Resolution, mut invite: Invite) -> Way {
        match resolution.targets() {
            Some([]) => Way::Nowhere,
            Some(targets) => {
                invite.targets = targets.to_vec();
                Way::Found(Box::new(invite))
            }
            None => {
                let queries = std::iter::from_fn(|| resolution.poll_query()).collect();
                self.under_way.insert(key, (resolution, invite));
                Way::Asking(queries)
            }
        }
    }
}

/// An invitation from `from` at `host` to a URI. Its targets are still to be found.
pub(crate) fn invite(to: Uri, from: &str, host: Host, offer: Bytes) -> Invite {
    let from = SipUri::new(Some(from.as_bytes()), host, None);
    Invite {
        to,
        from: NameAddr::new(Uri::Sip(from)),
        targets: Vec::new(),
        route: Vec::new(),
        credentials: None,
        headers: Headers::default(),
        offer,
        call_id: None,
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
