//! Client certificates: what is shown to an application that asks who we are (RFC 8446 section 4.3.2).

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
    /// A PEM file with the certificate, and those up to its authority.
    pub certificate: PathBuf,
    /// A PEM file with its private key.
    pub key: PathBuf,
}

/// How TLS is begun: with a certificate for some origins, without one for the others.
pub(super) struct Faces {
    plain: TlsConnector,
    known: BTreeMap<Origin, TlsConnector>,
}

impl Faces {
    pub(super) fn new(trust: &Arc<Trust>, identities: &[ClientIdentity]) -> Result<Self, String> {
        let plain = connector(trust, None)?;
        let mut known = BTreeMap::new();
        for identity in identities {
            let bad = |why: String| format!("`[[identity]]` of {}: {why}", identity.origin);
            let target = Target::parse(&identity.origin).map_err(bad)?;
            if !target.origin.tls || target.path.path() != "/" {
                return Err(bad("origin is scheme, host and port of an application: https://crm.example".into()));
            }
            let connector = connector(trust, Some(identity)).map_err(bad)?;
            if known.insert(target.origin, connector).is_some() {
                return Err(bad("there is another one of the same origin".into()));
            }
        }
        Ok(Self { plain, known })
    }

    pub(super) fn of(&self, origin: &Origin) -> &TlsConnector {
        self.known.get(origin).unwrap_or(&self.plain)
    }
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
