//! One connection that HTTP/1.1 runs over: ask, then perhaps ask again. It closes when it is dropped.

use core::net::SocketAddr;
use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use model::HttpFailure;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::clock;

/// Bytes of an answer's status line and header section. It may also have 100 fields, which is hyper's own limit.
const HEAD_MAX: usize = 32 * 1024;

/// Interim answers (1xx, RFC 9110 section 15.2) before the final one.
const INTERIM_MAX: u8 = 5;

/// One connection.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// Set as soon as a byte of an answer arrives.
    heard: Arc<AtomicBool>,
    driver: AbortHandle,
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
        let heard = Arc::new(AtomicBool::new(false));
        let wire = TokioIo::new(Wire { io, heard: Arc::clone(&heard) });
        let (sender, connection) = Builder::new()
            .max_buf_size(HEAD_MAX)
            .max_header_size(HEAD_MAX)
            .title_case_headers(true)
            .handshake(wire)
            .await
            .map_err(|error| HttpFailure::Protocol(error.to_string()))?;
        let driver = tokio::spawn(async move {
            // Whoever waits for an answer is told by the sender.
            connection.await.ok();
        })
        .abort_handle();
        let now = clock::now().at;
        Ok(Self { sender, heard, driver, peer, since: now, idle_since: now })
    }

    /// Sends a request and waits for the head of its answer.
    pub(crate) async fn ask(&mut self, mut request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Lost> {
        self.heard.store(false, Ordering::Relaxed);
        if let Err(error) = self.sender.ready().await {
            return Err(self.lost(&error, true));
        }
        let interim = Interim::count(&mut request);
        let refused = |why: String| Lost { failure: HttpFailure::Protocol(why), unsent: false, unheard: false };
        let answer = tokio::select! {
            biased;
            answer = self.sender.try_send_request(request) => answer.map_err(|error| self.lost(error.error(), error.message().is_some()))?,
            () = interim.too_many.notified() => return Err(refused(format!("more than {INTERIM_MAX} interim answers"))),
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

    fn lost(&self, error: &hyper::Error, unsent: bool) -> Lost {
        Lost { failure: HttpFailure::Protocol(explain(error)), unsent, unheard: !self.heard.load(Ordering::Relaxed) }
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

fn explain(error: &hyper::Error) -> String {
    if error.is_incomplete_message() {
        return "the connection closed before an answer".into();
    }
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// A stream that remembers whether anything came in.
struct Wire<T> {
    io: T,
    heard: Arc<AtomicBool>,
}

impl<T: AsyncRead + Unpin> AsyncRead for Wire<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.io).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.heard.store(true, Ordering::Relaxed);
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
