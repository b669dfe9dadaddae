//! Client certificates: what is shown to an application that asks who we are (RFC 8446 section 4.3.2).
//!
//! A certificate is shown while a connection is made, so a connection belongs to one [`Face`], and requests that wear another
//! never run over it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::ClientConfig;
use tokio_rustls::TlsConnector;

use super::target::{Origin, Target};
use super::trust::Trust;
use crate::tls;

/// A certificate, and to whom it is shown.
#[derive(Clone, Debug)]
pub struct ClientIdentity {
    /// Scheme, host and port of the application's URLs.
    pub origin: String,
    /// How the paths of its URLs begin, part by part; empty for all of them.
    pub path: String,
    /// A PEM file with the certificate, and those up to its authority.
    pub certificate: PathBuf,
    /// A PEM file with its private key.
    pub key: PathBuf,
}

/// Who we are on a connection: one of the certificates, or nobody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Face(Option<usize>);

/// How TLS is begun: with a certificate for some URLs, without one for the others.
pub(super) struct Faces {
    plain: TlsConnector,
    known: Vec<TlsConnector>,
    /// The paths at each origin, the longest first.
    rules: BTreeMap<Origin, Vec<(String, Face)>>,
}

impl Faces {
    pub(super) fn new(trust: &Arc<Trust>, identities: &[ClientIdentity]) -> Result<Self, String> {
        let mut faces = Self { plain: connector(trust, None)?, known: Vec::new(), rules: BTreeMap::new() };
        for identity in identities {
            let bad = |why: String| format!("`[[identity]]` of {}{}: {why}", identity.origin, identity.path);
            let target = Target::parse(&identity.origin).map_err(bad)?;
            if !target.origin.tls || target.path.path() != "/" {
                return Err(bad("origin is scheme, host and port of an application: https://crm.example".into()));
            }
            if !(identity.path.is_empty() || identity.path.starts_with('/')) || identity.path.contains(['?', '#']) {
                return Err(bad("path is how the paths of its URLs begin: /calls".into()));
            }
            // As requests have it.
            let target =
                Target::parse(&format!("{}{}", identity.origin.trim_end_matches('/'), identity.path)).map_err(bad)?;
            let face = Face(Some(faces.known.len()));
            faces.known.push(connector(trust, Some(identity)).map_err(bad)?);
            let rules = faces.rules.entry(target.origin).or_default();
            let path = target.path.path().to_owned();
            if rules.iter().any(|(known, _)| known.trim_end_matches('/') == path.trim_end_matches('/')) {
                return Err(bad("there is another one of the same origin and path".into()));
            }
            rules.push((path, face));
            rules.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        }
        Ok(faces)
    }

    /// Who we are to a URL: what the longest path says that it lies below.
    pub(super) fn of(&self, origin: &Origin, path: &str) -> Face {
        let rules = self.rules.get(origin).into_iter().flatten();
        rules.filter(|(start, _)| is_below(path, start)).map(|(_, face)| *face).next().unwrap_or_default()
    }

    pub(super) fn connector(&self, face: Face) -> &TlsConnector {
        face.0.and_then(|index| self.known.get(index)).unwrap_or(&self.plain)
    }
}

/// Whether a path is that beginning or lies below it, part by part: `/calls` has `/calls/new` below it, and not `/callsign`.
fn is_below(path: &str, start: &str) -> bool {
    let start = start.trim_end_matches('/');
    path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn connector(trust: &Arc<Trust>, identity: Option<&ClientIdentity>) -> Result<TlsConnector, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::<Trust>::clone(trust));
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(ClientIdentity { certificate, key, .. }) => {
            let (chain, secret) =
                tls::identity((certificate, "certificate"), (key, "key")).map_err(|e| format!("{e:#}"))?;
            let config = builder.with_client_auth_cert(chain, secret);
            config.map_err(|error| format!("key: {} is not the key of certificate: {error}", key.display()))?
        }
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::is_below;

    #[test]
    fn a_path_is_below_another_part_by_part() {
        let rows = [
            ("/", "/", true),
            ("/calls", "/", true),
            ("/calls", "/calls", true),
            ("/calls/", "/calls", true),
            ("/calls/new", "/calls", true),
            ("/calls/new", "/calls/", true),
            ("/calls", "/calls/", true),
            ("/callsign", "/calls", false),
            ("/Calls", "/calls", false),
            ("/", "/calls", false),
            ("/x/calls", "/calls", false),
        ];
        for (path, start, below) in rows {
            assert_eq!(is_below(path, start), below, "{path} below {start}");
        }
    }
}
