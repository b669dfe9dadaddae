//! What the operator decides.

use core::fmt;
use core::net::{IpAddr, SocketAddr};

use crate::access::Prefix;
use crate::transport::Transport;

/// The endpoint's settings; they do not change while it lives.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Our addresses, each as peers reach it: requests of ours leave from the first that fits the peer.
    pub listen: Vec<Listen>,
    /// Written into Via, Contact and such instead of our own addresses of its family, if we are behind a translator.
    pub public_address: Option<IpAddr>,
    /// Who may call without credentials.
    pub trusted: Vec<Prefix>,
    /// The realm of our challenges.
    pub realm: String,
    /// Challenge with SHA-256 beside MD5. Phones of the field (baresip 1.0 among them) give up at an algorithm that they
    /// do not know, even if MD5 stands beside it, so the default is to ask for MD5. Whoever answers with SHA-256 is
    /// understood in either case.
    pub sha256: bool,
    /// Peers that carry numbers.
    pub trunks: Vec<Trunk>,
    /// Softphones: they register and call with a password.
    pub users: Vec<User>,
    /// How much is taken in.
    pub limits: Limits,
}

impl Config {
    /// An address of ours as peers know it.
    pub fn advertised(&self, local: IpAddr) -> IpAddr {
        let public = self.public_address.filter(|public| public.is_ipv4() == local.to_canonical().is_ipv4());
        public.unwrap_or(local).to_canonical()
    }
}

/// A socket of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen {
    /// How.
    pub transport: Transport,
    /// Where: a concrete address.
    pub addr: SocketAddr,
}

/// A peer that carries numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trunk {
    /// Its name, as in [`crate::Source::Trunk`].
    pub name: String,
    /// Calls from here are its calls and need no credentials.
    pub prefixes: Vec<Prefix>,
}

/// A user with a password.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// The name: of the digest, and the user part of the address of record.
    pub name: String,
    /// The password; never shown.
    pub password: String,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "User({}, ...)", self.name)
    }
}

/// Sizes of tables; past them the answer is 503 with Retry-After.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Sessions at a time.
    pub sessions: usize,
    /// Server transactions at a time: over UDP each call keeps two for 32 s.
    pub transactions: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { sessions: 50_000, transactions: 1_000_000 }
    }
}
