//! From an origin to a connection: look the name up, judge every address, connect to a judged one, judge who answered,
//! then TLS. A name with one bad address is refused as a whole.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use model::{HttpFailure, HttpTrace};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use crate::clock;

use super::connection::Connection;
use super::fault;
use super::guard::Guard;
use super::identity::{ClientIdentity, Face, Faces};
use super::resolve::Resolve;
use super::target::{Origin, Place, Target};
use super::trust::Trust;

/// Addresses of one name that are judged; a name with more is refused.
const ADDRESSES_MAX: usize = 64;

/// How long one address may take to accept before the next is tried. The last one has what is left of the budget.
const ADDRESS_PATIENCE: Duration = Duration::from_secs(1);

/// Makes connections.
pub(crate) struct Connector {
    guard: Guard,
    resolver: Arc<dyn Resolve>,
    faces: Faces,
}

impl Connector {
    /// A connector that trusts the public certificate authorities, and the certificates in the PEM file `ca_file`.
    pub(crate) fn new(
        guard: Guard,
        resolver: Arc<dyn Resolve>,
        ca_file: Option<&Path>,
        identities: &[ClientIdentity],
    ) -> Result<Self, String> {
        Ok(Self { guard, resolver, faces: Faces::new(&Trust::new(ca_file)?, identities)? })
    }

    /// The judged addresses of `origin`: all of them may be reached, or none.
    pub(crate) async fn places(&self, origin: &Origin, trace: &mut HttpTrace) -> Result<Vec<SocketAddr>, HttpFailure> {
        let ips = match &origin.host {
            Place::Address(ip) => vec![*ip],
            Place::Name(name) => {
                let began = clock::now().at;
                let found = self.resolver.resolve(name).await;
                trace.dns = Some(clock::now().at.saturating_duration_since(began));
                found.map_err(HttpFailure::Dns)?
            }
        };
        if ips.is_empty() || ips.len() > ADDRESSES_MAX {
            return Err(HttpFailure::Dns(format!(
                "{} addresses, between 1 and {ADDRESSES_MAX} can be used",
                ips.len()
            )));
        }
        let places: Vec<SocketAddr> = ips.into_iter().map(|ip| SocketAddr::new(ip, origin.port)).collect();
        for place in &places {
            self.guard.judge(*place, origin.name()).map_err(|refusal| HttpFailure::Forbidden(refusal.to_string()))?;
        }
        Ok(places)
    }

    /// Who we are to a URL.
    pub(crate) fn face(&self, target: &Target) -> Face {
        self.faces.of(&target.origin, target.path.path())
    }

    /// A new connection to `origin`, as that one.
    pub(crate) async fn connect(
        &self,
        origin: &Origin,
        face: Face,
        trace: &mut HttpTrace,
    ) -> Result<Connection, HttpFailure> {
        let places = self.places(origin, trace).await?;
        trace.address = places.first().copied();
        let began = clock::now().at;
        let tcp = self.reach(&places, origin).await?;
        trace.connect = Some(clock::now().at.saturating_duration_since(began));
        let peer = tcp.peer_addr().ok();
        trace.address = peer;
        if !origin.tls {
            return Connection::open(tcp, peer).await;
        }
        let began = clock::now().at;
        let tls = self.secure(tcp, origin, face).await.map_err(|error| HttpFailure::Tls(fault::told(&error)))?;
        trace.tls = Some(clock::now().at.saturating_duration_since(began));
        Connection::open(tls, peer).await
    }

    /// A connection to the first of these judged addresses that accepts.
    pub(crate) async fn reach(&self, places: &[SocketAddr], origin: &Origin) -> Result<TcpStream, HttpFailure> {
        let tcp = connect_first(places).await?;
        self.judge_peer(&tcp, origin)?;
        // Only delays answers if it fails, so there is nothing to tell.
        tcp.set_nodelay(true).ok();
        Ok(tcp)
    }

    /// TLS on a connection to `origin`, as that one.
    pub(crate) async fn secure(&self, tcp: TcpStream, origin: &Origin, face: Face) -> io::Result<TlsStream<TcpStream>> {
        let name = match &origin.host {
            Place::Name(name) => ServerName::try_from(name.clone()),
            Place::Address(ip) => Ok(ServerName::from(*ip)),
        };
        let name = name.map_err(|_| io::Error::other("no certificate can carry this host's name"))?;
        self.faces.connector(face).connect(name, tcp).await
    }

    fn judge_peer(&self, tcp: &TcpStream, origin: &Origin) -> Result<(), HttpFailure> {
        let ends = tcp.peer_addr().and_then(|peer| Ok((peer, tcp.local_addr()?)));
        let (peer, local) = ends.map_err(|error| HttpFailure::Connect(error.to_string()))?;
        self.guard.judge_peer(peer, local, origin.name()).map_err(|refusal| HttpFailure::Forbidden(refusal.to_string()))
    }
}

async fn connect_first(places: &[SocketAddr]) -> Result<TcpStream, HttpFailure> {
    let mut failed = Vec::new();
    for (index, place) in places.iter().enumerate() {
        let connecting = TcpStream::connect(place);
        let connected = if index + 1 == places.len() {
            connecting.await
        } else {
            timeout(ADDRESS_PATIENCE, connecting).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        };
        match connected {
            Ok(tcp) => return Ok(tcp),
            Err(error) => failed.push(format!("{place}: {error}")),
        }
    }
    Err(HttpFailure::Connect(failed.join("; ")))
}
