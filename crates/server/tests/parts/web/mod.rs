//! A web to fetch from: names that resolve as a test says, and servers on loopback that behave as badly as it wants.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use server::fetch::{Addresses, FetchConfig, Fetcher, Resolve};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Answers every name with the next list of a plan; the last list stays.
#[derive(Debug)]
pub(crate) struct Names(Mutex<VecDeque<Vec<IpAddr>>>);

impl Names {
    pub(crate) fn always(ips: &[&str]) -> Arc<Self> {
        Self::in_turn(&[ips])
    }

    pub(crate) fn in_turn(lists: &[&[&str]]) -> Arc<Self> {
        let parse = |list: &&[&str]| list.iter().map(|ip| ip.parse().unwrap()).collect();
        Arc::new(Self(Mutex::new(lists.iter().map(parse).collect())))
    }
}

impl Resolve for Names {
    fn resolve(&self, _name: &str) -> Addresses {
        let mut lists = self.0.lock().unwrap();
        let ips = if lists.len() > 1 { lists.pop_front().unwrap() } else { lists[0].clone() };
        Box::pin(async move { Ok(ips) })
    }
}

/// A server on loopback that hands each connection to `serve`, with its number from 0.
pub(crate) struct Web {
    pub(crate) at: SocketAddr,
    accepts: Arc<AtomicUsize>,
}

impl Web {
    pub(crate) async fn open<F, Fut>(serve: F) -> Self
    where
        F: Fn(usize, TcpStream) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let accepts = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&accepts);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(number, stream));
            }
        });
        Self { at, accepts }
    }

    /// A server that reads a request on each connection, sends these bytes and closes.
    pub(crate) async fn says(answer: impl Into<Vec<u8>>) -> Self {
        let answer = Arc::new(answer.into());
        Self::open(move |_, mut stream| {
            let answer = Arc::clone(&answer);
            async move {
                head(&mut stream).await;
                stream.write_all(&answer).await.ok();
            }
        })
        .await
    }

    /// A server that never answers, and what tells of each request that it has read.
    pub(crate) async fn dead() -> (Self, mpsc::Receiver<()>) {
        let (arrived, arrivals) = mpsc::channel(1024);
        let web = Self::open(move |_, mut stream| {
            let arrived = arrived.clone();
            async move {
                head(&mut stream).await;
                arrived.send(()).await.unwrap();
                head(&mut stream).await;
            }
        });
        (web.await, arrivals)
    }

    pub(crate) fn accepts(&self) -> usize {
        self.accepts.load(Ordering::SeqCst)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.at)
    }
}

/// Reads one request's head; nothing if the peer closed.
pub(crate) async fn head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        text.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8(text).unwrap())
}

/// Answers requests on one connection, each with the same text, until the peer closes.
pub(crate) async fn answer_all(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &str) {
    while head(&mut stream).await.is_some() {
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Sends `piece` again and again, one each `every`, until the peer closes.
pub(crate) async fn trickle(stream: &mut TcpStream, piece: &[u8], every: Duration) {
    let mut tick = tokio::time::interval(every);
    loop {
        tick.tick().await;
        if stream.write_all(piece).await.is_err() {
            return;
        }
    }
}

/// A client that may reach loopback.
pub(crate) fn local() -> FetchConfig {
    FetchConfig {
        allow: vec!["127.0.0.0/8".parse().unwrap()],
        resolver: Names::always(&["127.0.0.1"]),
        ..FetchConfig::default()
    }
}

pub(crate) fn local_fetcher() -> Fetcher {
    Fetcher::new(local()).unwrap()
}
