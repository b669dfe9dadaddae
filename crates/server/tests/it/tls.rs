//! The API over TLS, asked by curl.

use std::net::TcpStream;
use std::process::Command;

use crate::server::Server;

/// A certificate of its own for this machine's loopback, and its key, as files.
pub(crate) struct Identity {
    pub(crate) cert: tempfile::NamedTempFile,
    key: tempfile::NamedTempFile,
}

impl Identity {
    pub(crate) fn new() -> Self {
        let issued = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
        let file = || tempfile::NamedTempFile::new().expect("a file");
        let identity = Self { cert: file(), key: file() };
        std::fs::write(identity.cert.path(), issued.cert.pem()).expect("written");
        std::fs::write(identity.key.path(), issued.signing_key.serialize_pem()).expect("written");
        identity
    }

    /// The lines of a configuration that name it.
    pub(crate) fn config(&self) -> String {
        format!(
            "http.tls_cert = \"{}\"\nhttp.tls_key = \"{}\"\n",
            self.cert.path().display(),
            self.key.path().display()
        )
    }
}

#[test]
fn curl_trusts_the_api_by_its_certificate_while_a_silent_peer_holds_its_connection() {
    let identity = Identity::new();
    let server = Server::start(&identity.config());
    let url = server.url("/healthz").replace("http://", "https://");
    let address = url.trim_start_matches("https://").trim_end_matches("/healthz");
    let _silent = TcpStream::connect(address).expect("it listens");
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--max-time", "60", "--cacert"]).arg(identity.cert.path()).arg(&url);
    let output = curl.output().expect("curl is installed: scripts/install test");
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("ok"), "{said}{errors}");
    let stranger = Command::new("curl").args(["-sS", "--max-time", "60", &url]).output().expect("curl runs");
    assert_eq!(stranger.status.code(), Some(60), "curl knows nobody who vouches for it");
}

#[test]
fn half_an_identity_is_one_clear_line() {
    let identity = Identity::new();
    let half = identity.config().lines().next().map(str::to_owned).unwrap_or_default();
    let (status, said) = Server::refuses(&half);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("http.tls_cert is set: set http.tls_key too"), "{said}");
    let other = identity.config().replace(&identity.key.path().display().to_string(), "/nonexistent.pem");
    let (_, said) = Server::refuses(&other);
    assert!(said.contains("http.tls_key: /nonexistent.pem holds no private key in PEM"), "{said}");
}
