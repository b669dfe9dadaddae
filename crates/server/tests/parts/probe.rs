//! A request looked at closely: which parts are timed, and what is told of a certificate.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::web::{Web, answer_all, local, local_fetcher};
use model::{HttpFailure, HttpRequest};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use server::fetch::{FetchConfig, Fetcher, Probe, TlsFault};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nhi";

/// A server whose certificate is for a name and good for these years, and the file that makes it trusted.
async fn https(name: &str, years: (i32, i32)) -> (Web, PathBuf) {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(years.0, 1, 1), date_time_ymd(years.1, 1, 1));
    showing(params, &format!("{name}-{}", years.1)).await
}

/// A server with such a certificate, and the file that makes it trusted.
async fn showing(params: CertificateParams, file: &str) -> (Web, PathBuf) {
    let key = KeyPair::generate().unwrap();
    let cert = params.self_signed(&key).unwrap();
    let ca_file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("probe-{file}.pem"));
    fs::write(&ca_file, cert.pem()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let web = Web::open(move |_, stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                answer_all(stream, OK).await;
            }
        }
    });
    (web.await, ca_file)
}

async fn probe(fetcher: &Fetcher, url: &str) -> Probe {
    fetcher.probe(&HttpRequest::get(url, Duration::from_secs(20))).await
}

#[tokio::test]
async fn each_part_that_there_was_is_timed() {
    let (web, ca_file) = https("crm.example", (2020, 4000)).await;
    let trusting = Fetcher::new(FetchConfig { ca_file: Some(ca_file), ..local() }).unwrap();
    let secure = probe(&trusting, &format!("https://crm.example:{}/", web.at.port())).await;
    let times = secure.times;
    let parts = [times.name, times.connect, times.tls, times.answer].map(|part| part.expect("it took place"));
    assert!(parts.iter().sum::<Duration>() <= times.total, "{times:?}");
    let seen = secure.result.unwrap();
    assert_eq!((seen.status, &seen.body[..], seen.whole, seen.closes), (200, &b"hi"[..], true, false));
    assert_eq!((seen.content_type.as_deref(), seen.location), (Some("text/plain"), None));

    let plain = Web::open(|_, stream| answer_all(stream, OK)).await;
    let fetcher = local_fetcher();
    for _ in 0..2 {
        let times = probe(&fetcher, &plain.url("/")).await.times;
        assert!(
            (times.name, times.tls) == (None, None) && times.connect.is_some() && times.answer.is_some(),
            "{times:?}"
        );
    }
    assert_eq!(plain.accepts(), 2, "each has a connection of its own");

    let (dead, _arrivals) = Web::dead().await;
    let silent = fetcher.probe(&HttpRequest::get(dead.url("/"), Duration::from_millis(200))).await;
    assert_eq!((silent.result, silent.times.answer), (Err(HttpFailure::Timeout), None));
    assert!(silent.times.connect.is_some() && silent.times.total >= Duration::from_millis(200));
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_told_apart() {
    // the name and years that a certificate is for, whether it is trusted, and what is wrong with it
    let rows = [
        ("crm.example", (2010, 2011), true, Some(TlsFault::Expired)),
        ("crm.example", (3990, 4000), true, Some(TlsFault::NotYetValid)),
        ("other.example", (2020, 4000), true, Some(TlsFault::OtherName)),
        ("crm.example", (2020, 4000), false, Some(TlsFault::UnknownIssuer)),
        ("crm.example", (2020, 4001), true, None),
    ];
    for (name, years, trusted, fault) in rows {
        let (web, ca_file) = https(name, years).await;
        let config = FetchConfig { ca_file: trusted.then_some(ca_file), ..local() };
        let found = probe(&Fetcher::new(config).unwrap(), &format!("https://crm.example:{}/", web.at.port())).await;
        assert_eq!(found.tls, fault, "{name} {years:?}: {:?}", found.result);
        assert_eq!(matches!(found.result, Err(HttpFailure::Tls(_))), fault.is_some(), "{:?}", found.result);
    }
    let mut params = CertificateParams::new(vec!["crm.example".to_owned()]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let (web, _) = showing(params, "authority").await;
    let found = probe(&local_fetcher(), &format!("https://crm.example:{}/", web.at.port())).await;
    assert_eq!(found.tls, Some(TlsFault::Authority));
    let Err(HttpFailure::Tls(why)) = found.result else { panic!("{:?}", found.result) };
    assert_eq!(why, "its certificate is an authority's (CA:TRUE), which no server may show as its own");
    // Web servers without TLS answer its first message like any request that they cannot read.
    let plain = Web::open(|_, mut stream| async move {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await.ok();
        stream.read_to_end(&mut Vec::new()).await.ok();
    });
    let url = plain.await.url("/").replace("http:", "https:");
    assert_eq!(probe(&local_fetcher(), &url).await.tls, Some(TlsFault::NotSpoken));
}
