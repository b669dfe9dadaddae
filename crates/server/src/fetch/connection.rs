//! One connection that HTTP/1.1 runs over: ask, then perhaps ask again. It closes when it is dropped.

use core::net::SocketAddr;
use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use model::HttpFailure;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::fault;
use crate::clock;

/// Bytes of an answer's status line and header section. It may also have 100 fields, which is hyper's own limit.
const HEAD_MAX: usize = 32 * 1024;

/// Interim answers (1xx, RFC 9110 section 15.2) before the final one.
const INTERIM_MAX: u8 = 5;

/// Bytes that all heads of one answer may have, and how often over its body may come: chunks have a frame each.
const HEADS_MAX: usize = HEAD_MAX * (INTERIM_MAX as usize + 1);
const FRAMED: usize = 2;

/// How long a connection that has ended may take to say why.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// One connection.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    intake: Arc<Intake>,
    /// Says why it ended, if that is a failure.
    driver: JoinHandle<Option<HttpFailure>>,
    /// Who is at the other end.
    pub(crate) peer: Option<SocketAddr>,
    /// When it was opened.
    pub(crate) since: Instant,
    /// When it was last given back.
    pub(crate) idle_since: Instant,
}

/// A request that got no answer, and what is known of its fate.
pub(crate) struct Lost {
    pub(crate) failure: HttpFailure,
    /// Nothing of the request went out.
    pub(crate) unsent: bool,
    /// Nothing of an answer came in.
    pub(crate) unheard: bool,
}

impl Connection {
    /// Begins HTTP/1.1 on a connected stream.
    pub(crate) async fn open(
        io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: Option<SocketAddr>,
    ) -> Result<Self, HttpFailure> {
        let intake = Arc::new(Intake::default());
        let wire = TokioIo::new(Wire { io, intake: Arc::clone(&intake) });
        let (sender, connection) = Builder::new()
            .max_buf_size(HEAD_MAX)
            .max_header_size(HEAD_MAX)
            .title_case_headers(true)
            .handshake(wire)
            .await
            .map_err(|error| HttpFailure::Protocol(error.to_string()))?;
        let driver = tokio::spawn(async move { connection.await.err().map(|error| failure(&error)) });
        let now = clock::now().at;
        Ok(Self { sender, intake, driver, peer, since: now, idle_since: now })
    }

    /// Sends a request and waits for the head of its answer, whose body may have `limit` bytes.
    pub(crate) async fn ask(
        &mut self,
        mut request: Request<Full<Bytes>>,
        limit: usize,
    ) -> Result<Response<Incoming>, Lost> {
        self.intake.begin(HEADS_MAX.saturating_add(limit.saturating_mul(FRAMED)));
        if let Err(error) = self.sender.ready().await {
            return Err(self.lost(&error, true).await);
        }
        let interim = Interim::count(&mut request);
        let refused = |why: String| Lost { failure: HttpFailure::Protocol(why), unsent: false, unheard: false };
        let answer = tokio::select! {
            biased;
            answer = self.sender.try_send_request(request) => answer,
            () = interim.too_many.notified() => return Err(refused(format!("more than {INTERIM_MAX} interim answers"))),
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Err(self.lost(error.error(), error.message().is_some()).await),
        };
        // All of them may have come at once with the answer.
        if interim.seen.load(Ordering::Relaxed) > INTERIM_MAX {
            return Err(refused(format!("more than {INTERIM_MAX} interim answers")));
        }
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err(refused("it switched to another protocol, for which nobody asked".into()));
        }
        Ok(answer)
    }

    /// Whether it is known to be closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    async fn lost(&mut self, error: &hyper::Error, unsent: bool) -> Lost {
        let mut why = failure(error);
        // It may have ended before the request came to it, and then its own task alone knows why.
        if unsent && let Ok(Ok(Some(told))) = timeout(LAST_WORDS, &mut self.driver).await {
            why = told;
        }
        Lost { failure: why, unsent, unheard: !self.intake.heard.load(Ordering::Relaxed) }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// The interim answers to one request.
#[derive(Default)]
struct Interim {
    seen: AtomicU8,
    too_many: Notify,
}

impl Interim {
    fn count(request: &mut Request<Full<Bytes>>) -> Arc<Self> {
        let interim = Arc::new(Self::default());
        let counted = Arc::clone(&interim);
        hyper::ext::on_informational(request, move |_| {
            // Past the limit nothing is added any more, so that the count does not begin anew.
            if counted.seen.load(Ordering::Relaxed) > INTERIM_MAX {
                return;
            }
            if counted.seen.fetch_add(1, Ordering::Relaxed) == INTERIM_MAX {
                counted.too_many.notify_one();
            }
        });
        interim
    }
}

fn failure(error: &hyper::Error) -> HttpFailure {
    // In TLS 1.3 a server says after the handshake what it thinks of our certificate (RFC 8446 section 4.4.2.4).
    let mut cause = error.source();
    while let Some(error) = cause {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(tls) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return HttpFailure::Tls(fault::told_of(tls));
        }
        cause = error.source();
    }
    if error.is_incomplete_message() {
        return HttpFailure::Protocol("the connection closed before an answer".into());
    }
    HttpFailure::Protocol(error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}")))
}

/// What comes in for one request: whether anything did, and how many more bytes may.
#[derive(Default)]
struct Intake {
    heard: AtomicBool,
    room: AtomicUsize,
}

impl Intake {
    fn begin(&self, room: usize) {
        self.heard.store(false, Ordering::Relaxed);
        self.room.store(room, Ordering::Relaxed);
    }

    fn is_full(&self) -> bool {
        self.heard.load(Ordering::Relaxed) && self.room.load(Ordering::Relaxed) == 0
    }

    /// Only the connection's own task notes, so nothing comes between reading the room and writing it.
    fn note(&self, bytes: usize) {
        self.heard.store(true, Ordering::Relaxed);
        self.room.store(self.room.load(Ordering::Relaxed).saturating_sub(bytes), Ordering::Relaxed);
    }
}

/// A stream that remembers whether anything came in, and takes no more than is wanted: framing without end carries no body that
/// would reach a limit.
struct Wire<T> {
    io: T,
    intake: Arc<Intake>,
}

impl<T: AsyncRead + Unpin> AsyncRead for Wire<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.intake.is_full() {
            return Poll::Ready(Err(io::Error::other("more bytes than such an answer can have")));
        }
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.io).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.intake.note(buf.filled().len() - before);
        }
        polled
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Wire<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// A server that refuses our certificate at once.
    struct Refuses;

    impl AsyncRead for Refuses {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            let alert = rustls::Error::AlertReceived(rustls::AlertDescription::CertificateRequired);
            Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, alert)))
        }
    }

    impl AsyncWrite for Refuses {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn a_certificate_that_is_refused_is_told_as_such_however_soon_that_is() {
        for turns in 0..9 {
            let mut connection = Connection::open(Refuses, None).await.unwrap_or_else(|failure| panic!("{failure}"));
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
            let request = Request::get("/").header("Host", "peer.example").body(Full::default()).unwrap();
            let Err(lost) = connection.ask(request, 1).await else { panic!("an answer after {turns}") };
            let HttpFailure::Tls(why) = lost.failure else { panic!("{} after {turns}", lost.failure) };
            assert!(why.contains("[[identity]]"), "{why}");
        }
    }

    #[tokio::test]
    async fn an_answer_takes_no_more_bytes_than_it_may_have() {
        const BUFFER: usize = 1024;
        const LIMIT: usize = 1000;
        let (ours, mut theirs) = tokio::io::duplex(BUFFER);
        let peer = tokio::spawn(async move {
            theirs.read_exact(&mut [0; 4]).await.unwrap();
            theirs.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await.unwrap();
            let mut sent = 0;
            while let Ok(more) = theirs.write(&[b'0'; BUFFER]).await {
                sent += more;
            }
            sent
        });
        let mut connection = Connection::open(ours, None).await.unwrap_or_else(|failure| panic!("{failure}"));
        let request = Request::get("/").header("Host", "peer.example").body(Full::default()).unwrap();
        let answer = connection.ask(request, LIMIT).await.unwrap_or_else(|lost| panic!("{}", lost.failure));
        let error = answer.into_body().collect().await.unwrap_err();
        assert!(format!("{:?}", error.source()).contains("more bytes than such an answer can have"), "{error:?}");
        let sent = peer.await.unwrap();
        // The last read may have been as large as the buffer of HTTP.
        let most = HEADS_MAX + FRAMED * LIMIT + HEAD_MAX + BUFFER;
        assert!((HEADS_MAX..=most).contains(&sent), "{sent} of {most}");
    }
}
