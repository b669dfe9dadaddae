//! A whole server is asked for a call between two numbers: both are rung over real sockets, joined, and let go when the time
//! is up; and whoever asked hears of it.

use std::net::UdpSocket;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use crate::web::{Web, head};
use exotel::passthru::Profile;
use ipnet::IpNet;
use model::{CallSid, Connect, StartCall, StatusCallback, Then};
use server::bridge::Bridge;
use server::config::{self, Config};
use server::driver::Letter;
use server::serve;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A phone that takes every call. Yields its address, and the methods of the requests that it got.
fn phone() -> (String, Receiver<String>) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let at = socket.local_addr().unwrap();
    let (got, methods) = sync_channel(100);
    std::thread::spawn(move || {
        let mut buffer = [0; 65_535];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let method = request.split(' ').next().unwrap_or_default().to_owned();
            if method != "ACK" {
                let fields = ["Via: ", "From: ", "To: ", "Call-ID: ", "CSeq: "];
                let of_request = |line: &&str| fields.iter().any(|field| line.starts_with(field));
                let lines: Vec<String> = request.lines().filter(of_request).map(with_tag).collect();
                let body = if method == "INVITE" { description() } else { String::new() };
                let answer = format!(
                    "SIP/2.0 200 OK\r\n{}\r\nContact: <sip:{at}>\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
                    lines.join("\r\n"),
                    body.len()
                );
                socket.send_to(answer.as_bytes(), from).unwrap();
            }
            if got.send(method).is_err() {
                return;
            }
        }
    });
    (format!("sip:phone@{at}"), methods)
}

fn with_tag(line: &str) -> String {
    if line.starts_with("To: ") && !line.contains("tag=") { format!("{line};tag=phone") } else { line.to_owned() }
}

/// Nothing listens there: what is said is not the point.
fn description() -> String {
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n".into()
}

/// Takes reports of calls, and yields each as head and body.
async fn reports() -> (Web, mpsc::Receiver<(String, String)>) {
    let (sender, reports) = mpsc::channel(16);
    let web = Web::open(move |_, mut stream| {
        let sender = sender.clone();
        async move {
            while let Some(report) = report(&mut stream).await {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
                sender.send(report).await.unwrap();
            }
        }
    });
    (web.await, reports)
}

async fn report(stream: &mut TcpStream) -> Option<(String, String)> {
    let head = head(stream).await?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
    });
    let mut body = vec![0; length.unwrap()];
    stream.read_exact(&mut body).await.unwrap();
    Some((head, String::from_utf8(body).unwrap()))
}

/// A part of a form.
fn part<'a>(body: &'a str, name: &str) -> &'a str {
    let (_, after) =
        body.split_once(&format!("name=\"{name}\"\r\n\r\n")).unwrap_or_else(|| panic!("no {name}: {body}"));
    after.split("\r\n").next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_numbers_are_joined_and_who_asked_hears_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = config::Listen { transport: config::Transport::Udp, address: "127.0.0.1:0".parse().unwrap() };
    let loopback: IpNet = "127.0.0.0/8".parse().unwrap();
    let config = Config {
        data: folder.path().join("data"),
        flows: folder.path().join("flows"),
        sip: config::Sip { listen: vec![place], ..config::Sip::default() },
        http: config::Http { listen: "127.0.0.1:0".parse().unwrap(), ..config::Http::default() },
        callout: config::Callout { allow: vec![config::Allowed::Network(loopback)], ..config::Callout::default() },
        ..Config::default()
    };
    std::fs::create_dir_all(&config.data).unwrap();
    std::fs::create_dir_all(&config.flows).unwrap();
    let server = tokio::task::spawn_blocking(move || serve::start(config).unwrap()).await.unwrap();
    let ((alice, at_alice), (bob, at_bob)) = (phone(), phone());
    let (web, mut told) = reports().await;
    let wanted = StartCall {
        sid: CallSid::new("0f1e2d3c4b5a69788796a5b4c3d21abo"),
        from: alice,
        caller_id: "+918011112222".into(),
        ring: Duration::from_secs(30),
        limit: Some(Duration::from_secs(1)),
        custom_field: Some("order 17".into()),
        callback: Some(StatusCallback { url: web.url("/status"), answered: true, terminal: true, json: false }),
        then: Then::Connect(Connect { to: bob.clone(), wait_url: None, record: None, playback: None, ears: None }),
    };
    let joins = Bridge::new(Profile::default()).flow(&wanted).unwrap();
    let (asked, answer) = oneshot::channel();
    assert!(server.letters.send(Letter::Start(Box::new(wanted), joins, asked)));
    assert_eq!(answer.await.unwrap(), Ok(()));

    let expected = [
        ["answered", "in-progress", "in-progress", ""],
        ["answered", "in-progress", "in-progress", "in-progress"],
        ["terminal", "completed", "completed", "completed"],
    ];
    for expected in expected {
        let (head, body) = timeout(PATIENCE, told.recv()).await.unwrap().unwrap();
        assert!(head.starts_with("POST /status HTTP/1.1\r\n"), "{head}");
        let boundary = head.split("boundary=").nth(1).unwrap().lines().next().unwrap();
        assert!(
            boundary.starts_with("form-data-boundary-") && body.starts_with(&format!("--{boundary}\r\n")),
            "{body}"
        );
        let fields = ["EventType", "Status", "Legs[0][Status]", "Legs[1][Status]"].map(|name| part(&body, name));
        assert_eq!(fields, expected);
        assert_eq!((part(&body, "To"), part(&body, "PhoneNumberSid")), (&*bob, "08011112222"));
    }
    for methods in [at_alice, at_bob] {
        let heard: Vec<String> = methods.iter().take_while(|method| method != "BYE").collect();
        assert_eq!(heard, ["INVITE", "ACK"]);
    }
    server.letters.send(Letter::Stop);
    // It owns a runtime, which may not end within another's task.
    tokio::task::spawn_blocking(move || drop(server)).await.unwrap();
}
