//! One request on a connection of its own, looked at closely: how long each part took, and all that its answer says. For tools
//! that tell what is wrong with an application; calls are asked by [`Fetcher::fetch`].

use std::time::{Duration, Instant};

use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderName, LOCATION};
use hyper::{Response, Version};
use model::{HttpFailure, HttpRequest, HttpTrace};
use tokio::time::timeout_at;

use super::connection::Connection;
use super::fault::{self, TlsFault};
use super::target::Target;
use super::{BUDGET_MAX, Fetcher, Incoming, read};
use crate::clock;

/// What one request came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// How long each part took.
    pub times: Times,
    /// The answer, or why there is none.
    pub result: Result<Seen, HttpFailure>,
    /// What is wrong with its TLS, if that is the failure.
    pub tls: Option<TlsFault>,
}

/// How long each part of a request took; nothing of those that it did not come to, or that it had no need of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Until the name's addresses were known.
    pub name: Option<Duration>,
    /// Until the connection stood.
    pub connect: Option<Duration>,
    /// Until the TLS handshake was done.
    pub tls: Option<Duration>,
    /// From the request to the end of the answer's headers.
    pub answer: Option<Duration>,
    /// All of it, as the budget counts.
    pub total: Duration,
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The status.
    pub status: u16,
    /// `Location`.
    pub location: Option<String>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// The body's first bytes, at most the request's `body_limit`.
    pub body: Vec<u8>,
    /// Whether that was all of it, and came within a second from the headers.
    pub whole: bool,
    /// Whether the peer closes the connection behind the answer.
    pub closes: bool,
}

impl Fetcher {
    /// Makes a request on a new connection, which is not kept.
    pub async fn probe(&self, request: &HttpRequest) -> Probe {
        let begun = clock::now().at;
        let deadline = begun + request.budget.min(BUDGET_MAX);
        let mut watch = Watch { times: Times::default(), tls: None, since: begun };
        let asked = Box::pin(timeout_at(deadline.into(), self.ask_alone(request, &mut watch))).await;
        watch.times.total = clock::now().at.saturating_duration_since(begun);
        let result = match asked {
            Err(_) => Err(HttpFailure::Timeout),
            Ok(Err(failure)) => Err(failure),
            Ok(Ok((response, connection))) => Ok(see(response, connection, request.body_limit).await),
        };
        Probe { times: watch.times, result, tls: watch.tls }
    }

    async fn ask_alone(
        &self,
        request: &HttpRequest,
        watch: &mut Watch,
    ) -> Result<(Response<Incoming>, Connection), HttpFailure> {
        let target = Target::parse(&request.url).map_err(HttpFailure::BadUrl)?;
        let message = self.message(request, &target)?;
        let places = self.connector.places(&target.origin, &mut HttpTrace::default()).await?;
        let looked_up = watch.lap();
        watch.times.name = target.origin.has_name().then_some(looked_up);
        let tcp = self.connector.reach(&places, &target.origin).await?;
        watch.times.connect = Some(watch.lap());
        let mut connection = if target.origin.tls {
            let tls = self.connector.secure(tcp, &target.origin, self.connector.face(&target)).await;
            let tls = tls.map_err(|error| {
                watch.tls = Some(TlsFault::of(&error));
                HttpFailure::Tls(fault::what(&error))
            })?;
            watch.times.tls = Some(watch.lap());
            Connection::open(tls, None).await?
        } else {
            Connection::open(tcp, None).await?
        };
        let response = connection.ask(message, request.body_limit).await.map_err(|lost| lost.failure)?;
        watch.times.answer = Some(watch.lap());
        Ok((response, connection))
    }
}

/// What is known of a request that is under way.
struct Watch {
    times: Times,
    tls: Option<TlsFault>,
    since: Instant,
}

impl Watch {
    /// How long it is since the last lap.
    fn lap(&mut self) -> Duration {
        let now = clock::now().at;
        let lap = now.saturating_duration_since(self.since);
        self.since = now;
        lap
    }
}

/// The connection is held until the body has been read.
async fn see(mut response: Response<Incoming>, connection: Connection, limit: usize) -> Seen {
    let until = clock::now().at + callout::BODY_TIME;
    let field = |name: HeaderName| {
        response.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let says_close = field(CONNECTION).is_some_and(|value| value.to_ascii_lowercase().contains("close"));
    let (location, content_type) = (field(LOCATION), field(CONTENT_TYPE));
    let closes = says_close || response.version() == Version::HTTP_10;
    let status = response.status().as_u16();
    let (body, whole) = read(response.body_mut(), limit, until).await;
    drop(connection);
    Seen { status, location, content_type, body, whole, closes }
}
