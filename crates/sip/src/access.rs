//! Who may speak to us: by address (trusted networks and trunks) or by digest (users), and how often the others are
//! answered.

mod allowance;
mod prefix;
mod proved;

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::time::Instant;

use allowance::Allowance;
pub use prefix::{Prefix, PrefixError};

use crate::digest::{Authenticator, Verdict};
use crate::endpoint::{Config, Source};
use crate::header::{Challenge, Name};
use crate::incoming::Incoming;
use crate::message::{Request, Response};

/// The door.
#[derive(Debug)]
pub(crate) struct Access {
    trusted: Vec<Prefix>,
    trunks: Vec<(Prefix, String)>,
    passwords: BTreeMap<Vec<u8>, String>,
    realm: String,
    sha256: bool,
    secret: [u8; 32],
    authenticator: Option<Authenticator>,
    allowance: Allowance,
}

/// What the credentials of a request say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// They are this user's.
    User(String),
    /// They are right, but the nonce is not fresh.
    Stale,
    /// There are none, or wrong ones.
    Nothing,
}

impl Access {
    pub(crate) fn new(config: &Config, secret: [u8; 32]) -> Self {
        let trunks = config.trunks.iter();
        let trunks = trunks.flat_map(|trunk| trunk.prefixes.iter().map(|prefix| (*prefix, trunk.name.clone())));
        let passwords = config.users.iter().map(|user| (user.name.clone().into_bytes(), user.password.clone()));
        Self {
            trusted: config.trusted.clone(),
            trunks: trunks.collect(),
            passwords: passwords.collect(),
            realm: config.realm.clone(),
            sha256: config.sha256,
            secret,
            authenticator: None,
            allowance: Allowance::default(),
        }
    }

    /// Whom the address proves. A trunk is known by name even if its network is trusted.
    pub(crate) fn by_address(&self, ip: IpAddr) -> Option<Source> {
        let trunk = self.trunks.iter().find(|(prefix, _)| prefix.contains(ip));
        let trunk = trunk.map(|(_, name)| Source::Trunk(name.clone()));
        trunk.or_else(|| self.trusted.iter().any(|prefix| prefix.contains(ip)).then_some(Source::Trusted))
    }

    /// Whom the credentials prove. Unknown users cost the same work as wrong passwords.
    pub(crate) fn by_digest(&mut self, incoming: &Incoming, now: Instant) -> Shown {
        let request = &incoming.request;
        let Ok(shown) = request.headers.authorization() else { return Shown::Nothing };
        let passwords = &self.passwords;
        let authenticator =
            self.authenticator.get_or_insert_with(|| Authenticator::new(self.realm.clone(), self.secret, now));
        let Some(shown) = authenticator.pick(&shown) else { return Shown::Nothing };
        let Some(name) = shown.get("username") else { return Shown::Nothing };
        let password = passwords.get(&name[..]).map(|password| password.as_bytes());
        match authenticator.verify(request, shown, password, now) {
            Verdict::Accepted => {
                self.allowance.prove(incoming.path.remote.ip(), now);
                Shown::User(String::from_utf8_lossy(name).into_owned())
            }
            Verdict::Stale => Shown::Stale,
            Verdict::Refused => Shown::Nothing,
        }
    }

    /// A 401, the same for everybody (RFC 3261 section 22.2).
    pub(crate) fn challenge(&mut self, request: &Request, stale: bool, now: Instant) -> Response {
        let mut response = Response::to(request, 401);
        for challenge in self.challenges(stale, now) {
            response.headers.push(Name::WwwAuthenticate, challenge);
        }
        response
    }

    /// One challenge, or one for each algorithm that we offer, the better one first (RFC 8760 section 2.4).
    pub(crate) fn challenges(&mut self, stale: bool, now: Instant) -> impl Iterator<Item = Challenge> + use<> {
        let offered = if self.sha256 { 0 } else { 1 };
        let authenticator =
            self.authenticator.get_or_insert_with(|| Authenticator::new(self.realm.clone(), self.secret, now));
        // The last one is MD5.
        authenticator.challenges(stale, now).into_iter().skip(offered)
    }

    /// Whether this address may be answered: whom we know always, a stranger a few times a second.
    pub(crate) fn may_answer(&mut self, ip: IpAddr, now: Instant) -> bool {
        self.by_address(ip).is_some() || self.allowance.take(ip, now)
    }
}
