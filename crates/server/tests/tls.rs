//! HTTPS: who is trusted, and what is told of those who are not.
#![allow(clippy::unwrap_used, reason = "a test says so by failing")]

mod web;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use model::{HttpFailure, HttpOutcome, HttpRequest};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use server::fetch::{FetchConfig, FetchConfigError, Fetcher};
use tokio_rustls::TlsAcceptor;
use web::{Web, answer_all, local};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// A server with a certificate of its own for these names, and the file that makes it trusted.
async fn https(names: &[&str], file: &str) -> (Web, PathBuf) {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    let ca_file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(file);
    fs::write(&ca_file, cert.pem()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let web = Web::open(move |_, stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                answer_all(stream, OK).await;
            }
        }
    })
    .await;
    (web, ca_file)
}

fn get(host: &str, web: &Web) -> HttpRequest {
    HttpRequest::get(format!("https://{host}:{}/", web.at.port()), Duration::from_secs(20))
}

#[tokio::test]
async fn a_certificate_is_trusted_by_the_operators_file_alone() {
    let (web, ca_file) = https(&["crm.example", "127.0.0.1"], "trusted.pem").await;
    let trusting = Fetcher::new(FetchConfig { ca_file: Some(ca_file), ..local() }).unwrap();
    assert_eq!(trusting.fetch(get("crm.example", &web)).await.status(), Some(200));
    assert_eq!(trusting.fetch(get("crm.example.", &web)).await.status(), Some(200));
    assert_eq!(web.accepts(), 1, "one origin, one connection");
    assert_eq!(trusting.fetch(get("127.0.0.1", &web)).await.status(), Some(200));
    let other = trusting.fetch(get("other.example", &web)).await;
    assert!(matches!(other, HttpOutcome::Failed(HttpFailure::Tls(_))), "another name: {other:?}");
    let plain = Fetcher::new(local()).unwrap().fetch(get("crm.example", &web)).await;
    assert!(matches!(plain, HttpOutcome::Failed(HttpFailure::Tls(_))), "no file: {plain:?}");
}

#[test]
fn a_file_that_cannot_be_used_stops_the_start() {
    let missing = FetchConfig { ca_file: Some("/nonexistent/ca.pem".into()), ..local() };
    let Err(FetchConfigError::Tls(text)) = Fetcher::new(missing) else { panic!("made without its file") };
    assert!(text.contains("/nonexistent/ca.pem"), "{text}");
    let empty = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("empty.pem");
    fs::write(&empty, "no certificate").unwrap();
    assert!(Fetcher::new(FetchConfig { ca_file: Some(empty), ..local() }).is_err());
}
