//! HTTPS: who is trusted, and what is told of those who are not.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::web::{Web, answer_all, local};
use model::{HttpFailure, HttpOutcome, HttpRequest};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use server::fetch::{ClientIdentity, FetchConfig, FetchConfigError, Fetcher};
use tokio_rustls::TlsAcceptor;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// A server that speaks TLS as that says, and answers 200.
async fn serves(config: ServerConfig) -> Web {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Web::open(move |_, stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                answer_all(stream, OK).await;
            }
        }
    })
    .await
}

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
    (serves(config).await, ca_file)
}

/// A server that asks its clients for a certificate of this authority, and keeps whether each showed one.
async fn demanding(authority: &rcgen::Certificate, file: &str) -> (Web, PathBuf) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["crm.example".to_owned()]).unwrap();
    let ca_file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(file);
    fs::write(&ca_file, cert.pem()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(vec![cert.der().clone()], PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap())
        .unwrap();
    (serves(config).await, ca_file)
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

#[tokio::test]
async fn a_certificate_is_shown_to_whom_it_is_for_and_to_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_cert = authority.self_signed(&key).unwrap();
    let issuer = rcgen::Issuer::new(authority, key);
    let ours = rcgen::KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new(vec!["voice.example".to_owned()]).unwrap().signed_by(&ours, &issuer).unwrap();
    fs::write(file("client.pem"), certificate.pem()).unwrap();
    fs::write(file("key.pem"), ours.serialize_pem()).unwrap();
    let (web, ca_file) = demanding(&authority_cert, "demanding.pem").await;
    let shown_to = |origin: String| ClientIdentity {
        origin,
        path: String::new(),
        certificate: file("client.pem"),
        key: file("key.pem"),
    };
    let made = |identities| FetchConfig { ca_file: Some(ca_file.clone()), identities, ..local() };
    let origin = format!("https://crm.example:{}", web.at.port());
    let knows = Fetcher::new(made(vec![shown_to(origin.clone())])).unwrap();
    assert_eq!(knows.fetch(get("crm.example", &web)).await.status(), Some(200));
    let elsewhere = Fetcher::new(made(vec![shown_to("https://crm.example".into())])).unwrap();
    for stranger in [Fetcher::new(made(Vec::new())).unwrap(), elsewhere] {
        let outcome = stranger.fetch(get("crm.example", &web)).await;
        // The server refuses after the handshake has been done for the client (RFC 8446 section 4.4.2.4).
        let HttpOutcome::Failed(HttpFailure::Tls(why)) = outcome else { panic!("{outcome:?}") };
        assert!(why.contains("our client certificate") && why.ends_with("in an `[[identity]]`"), "{why}");
    }
    let wrong = |identities: Vec<ClientIdentity>| match Fetcher::new(made(identities)) {
        Err(FetchConfigError::Tls(why)) => why,
        _ => panic!("it cannot be"),
    };
    let gone = ClientIdentity { key: file("gone.pem"), ..shown_to(origin.clone()) };
    assert!(wrong(vec![gone]).contains("gone.pem"));
    assert!(wrong(vec![shown_to("http://crm.example".into())]).contains("scheme, host and port"));
    assert!(wrong(vec![shown_to(origin.clone()), shown_to(origin.clone())]).contains("another one of the same origin"));
    for path in ["calls", "/calls?a=b", "/calls#top"] {
        let identity = ClientIdentity { path: path.into(), ..shown_to(origin.clone()) };
        assert!(wrong(vec![identity]).contains("how the paths of its URLs begin"), "{path}");
    }
    fs::write(file("key.pem"), rcgen::KeyPair::generate().unwrap().serialize_pem()).unwrap();
    assert!(wrong(vec![shown_to(origin)]).contains("is not the key"));
}

/// What a server comes to whose certificate is good from the first day of one year to that of another.
async fn dated(years: (i32, i32)) -> HttpOutcome {
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["crm.example".to_owned()]).unwrap();
    let day = |year| rcgen::date_time_ymd(year, 1, 1);
    (params.not_before, params.not_after) = (day(years.0), day(years.1));
    let cert = params.self_signed(&key).unwrap();
    fs::write(folder.path().join("ca.pem"), cert.pem()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let web = serves(config).await;
    let fetcher = Fetcher::new(FetchConfig { ca_file: Some(folder.path().join("ca.pem")), ..local() }).unwrap();
    fetcher.fetch(get("crm.example", &web)).await
}

#[tokio::test]
async fn a_certificate_is_good_in_its_time() {
    assert_eq!(dated((2020, 2999)).await.status(), Some(200));
    for years in [(2020, 2021), (2998, 2999)] {
        let outcome = dated(years).await;
        assert!(matches!(outcome, HttpOutcome::Failed(HttpFailure::Tls(_))), "{years:?}: {outcome:?}");
    }
}

/// A server whose certificate is an authority's, as `openssl req -x509` makes them, good for these years; and its PEM.
async fn as_openssl_makes_it(years: (i32, i32)) -> (Web, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["crm.example".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let day = |year| rcgen::date_time_ymd(year, 1, 1);
    (params.not_before, params.not_after) = (day(years.0), day(years.1));
    let cert = params.self_signed(&key).unwrap();
    (serves(alone(cert.der().clone(), &key)).await, cert.pem())
}

/// A server that shows that certificate and none beside it.
fn alone(cert: rustls::pki_types::CertificateDer<'static>, key: &rcgen::KeyPair) -> ServerConfig {
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap()
}

/// What is wrong when a client that trusts these certificates asks that host.
async fn wrong_with(pem: &str, host: &str, web: &Web) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("ca.pem"), pem).unwrap();
    let config = FetchConfig { ca_file: Some(folder.path().join("ca.pem")), ..local() };
    match Fetcher::new(config).unwrap().fetch(get(host, web)).await {
        HttpOutcome::Answered(answer) if answer.status == 200 => None,
        HttpOutcome::Failed(HttpFailure::Tls(why)) => Some(why),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_certificate_that_the_file_holds_is_admitted_itself_for_its_names_and_its_time() {
    let (web, pem) = as_openssl_makes_it((2020, 2999)).await;
    for host in ["crm.example", "127.0.0.1"] {
        assert_eq!(wrong_with(&pem, host, &web).await, None, "{host}");
    }
    let name = "its certificate is not for other.example, only for crm.example, 127.0.0.1; write a name that it is for in the URL, or get one with that name in its subjectAltName";
    assert_eq!(wrong_with(&pem, "other.example", &web).await.as_deref(), Some(name));
    // The same names and the same kind, but another certificate.
    let (_, another) = as_openssl_makes_it((2020, 2999)).await;
    let refused = "its certificate is an authority's (CA:TRUE), which no server may show as its own; add that very certificate to `[callout] ca_file`, or make one with basicConstraints = CA:FALSE";
    assert_eq!(wrong_with(&another, "crm.example", &web).await.as_deref(), Some(refused));
    let old = "its certificate is good no longer than to 2021-01-01T00:00:00Z; renew it";
    let young = "its certificate is not good before 2998-01-01T00:00:00Z; check the clocks of the machine that made it and of this one";
    for (years, why) in [((2020, 2021), old), ((2998, 2999), young)] {
        let (web, pem) = as_openssl_makes_it(years).await;
        assert_eq!(wrong_with(&pem, "crm.example", &web).await.as_deref(), Some(why));
    }
    // One that an authority has signed which the file does not hold.
    let signed_by = |key: rcgen::KeyPair| {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        rcgen::Issuer::new(params, key)
    };
    let (issuer, key) = (signed_by(rcgen::KeyPair::generate().unwrap()), rcgen::KeyPair::generate().unwrap());
    let params = rcgen::CertificateParams::new(vec!["crm.example".to_owned()]).unwrap();
    let cert = params.signed_by(&key, &issuer).unwrap();
    let web = serves(alone(cert.der().clone(), &key)).await;
    assert_eq!(wrong_with(&cert.pem(), "crm.example", &web).await, None);
    let unknown = wrong_with(&pem, "crm.example", &web).await.unwrap();
    assert!(unknown.starts_with("no trusted authority vouches for its certificate: "), "{unknown}");
}

/// A server that answers with the name in the certificate that its client shows, and wants none.
async fn who_is_there(authority: &rcgen::Certificate, names: Vec<(Vec<u8>, &'static str)>) -> (Web, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let cert = rcgen::CertificateParams::new(vec!["crm.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.allow_unauthenticated().build().unwrap())
        .with_single_cert(vec![cert.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let (acceptor, names) = (TlsAcceptor::from(Arc::new(config)), Arc::new(names));
    let web = Web::open(move |_, stream| {
        let (acceptor, names) = (acceptor.clone(), Arc::clone(&names));
        async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
            let name = shown.map_or("nobody", |shown| names.iter().find(|(der, _)| der[..] == shown[..]).unwrap().1);
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{name}", name.len());
            answer_all(stream, &answer).await;
        }
    });
    (web.await, cert.pem())
}

#[tokio::test]
async fn paths_of_one_origin_may_be_asked_by_different_identities_that_share_no_connection() {
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_cert = authority.self_signed(&key).unwrap();
    let issuer = rcgen::Issuer::new(authority, key);
    let mut shown = Vec::new();
    for name in ["sales", "billing"] {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec![format!("{name}.example")]).unwrap();
        let cert = params.signed_by(&key, &issuer).unwrap();
        fs::write(folder.path().join(format!("{name}.pem")), cert.pem()).unwrap();
        fs::write(folder.path().join(format!("{name}-key.pem")), key.serialize_pem()).unwrap();
        shown.push((cert.der().to_vec(), name));
    }
    let (web, pem) = who_is_there(&authority_cert, shown).await;
    fs::write(folder.path().join("ca.pem"), pem).unwrap();
    let origin = format!("https://crm.example:{}", web.at.port());
    let identity = |path: &str, name: &str| ClientIdentity {
        origin: origin.clone(),
        path: path.to_owned(),
        certificate: folder.path().join(format!("{name}.pem")),
        key: folder.path().join(format!("{name}-key.pem")),
    };
    let identities = vec![identity("/crm", "sales"), identity("/crm/bills", "billing")];
    let config = FetchConfig { ca_file: Some(folder.path().join("ca.pem")), identities, ..local() };
    let fetcher = Fetcher::new(config).unwrap();
    let rows = [
        ("/", "nobody"),
        ("/crm", "sales"),
        ("/crm?path=/crm/bills", "sales"),
        ("/crm/bills/7?x=y", "billing"),
        ("/crm/billsign", "sales"),
        ("/crmx", "nobody"),
        ("/crm/bills", "billing"),
    ];
    for (path, name) in rows {
        let outcome = fetcher.fetch(HttpRequest::get(format!("{origin}{path}"), Duration::from_secs(20))).await;
        let HttpOutcome::Answered(answer) = outcome else { panic!("{path}: {outcome:?}") };
        assert_eq!(String::from_utf8_lossy(&answer.body), name, "{path}");
    }
    assert_eq!(web.accepts(), 3, "one connection for each identity and one for nobody");
}
