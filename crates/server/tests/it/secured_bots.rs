//! A bot behind `wss` that wants credentials: an authority of the operator's own vouches for it, and the URL's userinfo opens it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

use crate::bots::told;
use crate::server::{Server, folder};
use crate::web::Web;

const CREDENTIALS: &str = "key:t0ken";

/// A bot that goes as soon as it is told of a call; whoever shows no credentials is turned away.
struct Bot {
    address: SocketAddr,
    /// What makes it trusted.
    authority: PathBuf,
    _folder: tempfile::TempDir,
}

impl Bot {
    fn start() -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("one");
        let folder = folder();
        let authority = folder.path().join("authority.pem");
        std::fs::write(&authority, cert.pem()).expect("written");
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("an identity");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        listener.set_nonblocking(true).expect("a mode");
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                while let Ok((tcp, _)) = listener.accept().await {
                    tokio::spawn(talk(acceptor.clone(), tcp));
                }
            });
        });
        Self { address, authority, _folder: folder }
    }
}

/// Peers that go away are none of its business: what the server makes of it is looked at.
async fn talk(acceptor: TlsAcceptor, tcp: TcpStream) -> Option<()> {
    let tls = acceptor.accept(tcp).await.ok()?;
    let mut socket = accept_hdr_async(tls, judge).await.ok()?;
    while let Some(Ok(message)) = socket.next().await {
        if message.to_text().is_ok_and(|text| text.contains(r#""event":"start""#)) {
            socket.close(None).await.ok()?;
        }
    }
    Some(())
}

#[expect(clippy::result_large_err, reason = "the library's own type")]
fn judge(request: &Request, response: Response) -> Result<Response, ErrorResponse> {
    let wanted = format!("Basic {}", STANDARD.encode(CREDENTIALS));
    if request.headers().get("authorization").is_some_and(|shown| *shown == *wanted) {
        return Ok(response);
    }
    let mut refusal = ErrorResponse::new(None);
    *refusal.status_mut() = hyper::StatusCode::UNAUTHORIZED;
    Err(refusal)
}

fn flow(url: &str, web: &Web) -> String {
    format!(
        r#"
flow: assistant
start: talk
nodes:
  talk: {{ applet: voicebot, url: "{url}", on: {{ next: good, failed: bad }} }}
  good: {{ applet: passthru, url: "{}", async: true, next: bye }}
  bad: {{ applet: passthru, url: "{}", async: true, next: bye }}
  bye: {{ applet: hangup }}
"#,
        web.url("/good"),
        web.url("/bad")
    )
}

#[test]
fn an_authority_of_the_operators_and_the_urls_credentials_open_a_bot_and_nothing_else_does() {
    let (bot, stranger) = (Bot::start(), Bot::start());
    let rows = [
        ("key:t0ken@", &bot, "/good", None),
        ("key:wrong@", &bot, "/bad", Some("3009 the handshake was answered with 401 instead of 101")),
        ("", &bot, "/bad", Some("3009 the handshake was answered with 401 instead of 101")),
        ("key:t0ken@", &stranger, "/bad", Some("3009 no connection: TLS failed: ")),
    ];
    for (userinfo, trusted, path, error) in rows {
        let web = Web::answers(&[("/", 200, "")]);
        let url = format!("wss://{userinfo}{}/ws", bot.address);
        let config = format!("[callout]\nca_file = \"{}\"\n", trusted.authority.display());
        let server = Server::with_flows(&[("bot.yaml", flow(&url, &web))], &config);
        let mut call = Command::new(env!("CARGO_BIN_EXE_passthru"));
        call.args(["call", "08011112222", "--seconds", "20", "--server", &server.sip.to_string()]);
        assert!(call.output().expect("it runs").status.success());
        let report = web.next();
        assert!(report.starts_with(path), "{userinfo}: {report}");
        assert_eq!(told(&report, "StreamUrl"), Some(format!("wss://{}/ws", bot.address)), "{report}");
        let said = told(&report, "Error");
        let as_expected = match (&said, error) {
            (None, None) => true,
            (Some(said), Some(error)) => said.starts_with(error),
            _ => false,
        };
        assert!(as_expected, "{userinfo}: {said:?}");
        let status = if error.is_none() { "completed" } else { "failed" };
        assert_eq!(told(&report, "Status").as_deref(), Some(status), "{report}");
        assert!(server.journal().iter().all(|line| !line.contains("t0ken") && !line.contains("wrong@")));
    }
}
