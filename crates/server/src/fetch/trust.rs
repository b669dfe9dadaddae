//! Whose certificates are believed: those that an authority vouches for (RFC 5280), and those that the operator's file holds
//! themselves. `openssl req -x509` makes the certificate of an authority (CA:TRUE), which no chain of trust admits as a server's.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use webpki::{EndEntityCert, KeyUsage};

/// Judges the certificates of servers.
pub(super) struct Trust {
    authorities: Arc<WebPkiServerVerifier>,
    /// What the operator's file holds: each is believed itself, too.
    held: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// The public authorities, and what the PEM file `ca_file` holds.
    pub(super) fn new(ca_file: Option<&Path>) -> Result<Arc<Self>, String> {
        let mut roots = RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        let mut held = Vec::new();
        if let Some(path) = ca_file {
            held = certificates(path)
                .and_then(|held| {
                    for certificate in &held {
                        roots.add(certificate.clone()).map_err(|error| format!("{}: {error}", path.display()))?;
                    }
                    Ok(held)
                })
                .map_err(|why| format!("`[callout] ca_file`: {why}"))?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let authorities = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        Ok(Arc::new(Self { authorities: authorities.build().map_err(|error| error.to_string())?, held }))
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "authorities and {} certificates", self.held.len())
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        stapled: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let vouched = self.authorities.verify_server_cert(leaf, chain, name, stapled, now);
        if vouched.is_err() && self.held.contains(leaf) && is_good_by_itself(leaf, now) {
            return verify_server_name(&ParsedCertificate::try_from(leaf)?, name)
                .map(|()| ServerCertVerified::assertion());
        }
        vouched
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls12_signature(message, leaf, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls13_signature(message, leaf, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

/// Whether nothing is wrong with a certificate but that nobody vouches for it, or that it is an authority's. Its time is looked
/// at before either; its names are not.
fn is_good_by_itself(leaf: &CertificateDer<'_>, now: UnixTime) -> bool {
    let alone = EndEntityCert::try_from(leaf)
        .and_then(|leaf| leaf.verify_for_usage(&[], &[], &[], now, KeyUsage::server_auth(), None, None).map(drop));
    matches!(alone, Err(webpki::Error::UnknownIssuer | webpki::Error::CaUsedAsEndEntity))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let pem = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let held: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let held = held.map_err(|error| format!("{}: {error}", path.display()))?;
    if held.is_empty() {
        return Err(format!("{} holds no certificate", path.display()));
    }
    Ok(held)
}
