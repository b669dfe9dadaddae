//! Makes the HTTP requests of calls: HTTP/1.1, never redirected, never by a proxy, only to where the [`Guard`] allows.
//!
//! One deadline holds up to the end of the answer's headers, where the status decides. Of a body no more is read than the request
//! wants, for a second at most unless it is a file. A caller waits for that of a 200 alone: another one comes [`Late`]. Connections
//! are kept for the next request to the same origin that shows the same certificate of ours, or none.

mod allowed;
mod connect;
mod connection;
mod fault;
mod guard;
mod identity;
mod late;
mod mark;
mod pool;
mod probe;
mod reach;
mod resolve;
mod target;
mod trust;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue,
    TE, TRAILER, TRANSFER_ENCODING, UPGRADE, USER_AGENT,
};
use hyper::{Method, Request, Response, StatusCode};
use ipnet::IpNet;
use model::{HttpAnswer, HttpFailure, HttpOutcome, HttpRequest, HttpTrace, Way};
use tokio::sync::Semaphore;
use tokio::time::timeout_at;

pub use allowed::Allowed;
pub use fault::TlsFault;
pub use guard::{Guard, Refusal};
pub use identity::ClientIdentity;
pub use late::{LATE_BODIES, Late, LateBody};
pub use mark::{ATTEMPT, Marking, SEQ};
pub use probe::{Probe, Seen, Times};
pub(crate) use reach::{Reached, Wire};
pub use resolve::{Addresses, Resolve, SystemResolver};

use crate::clock;
use connect::Connector;
use connection::Connection;
use identity::Face;
use pool::{Lane, Pool};
use target::{Origin, Target};

/// The longest budget of a request; a longer one is cut.
const BUDGET_MAX: Duration = Duration::from_secs(120);

/// Fields that say how a message is framed and routed: ours to set.
const OUR_FIELDS: [HeaderName; 7] = [CONNECTION, CONTENT_LENGTH, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];

/// Whether a URL can be asked at all; the error tells what is wrong with it.
pub fn check_url(url: &str) -> Result<(), String> {
    Target::parse(url).map(drop)
}

/// What a [`Fetcher`] is made from.
#[derive(Clone, Debug)]
pub struct FetchConfig {
    /// `[callout] allow`: what may be reached though it is not the public internet.
    pub allow: Vec<Allowed>,
    /// Where this server itself listens; never reached.
    pub own_listeners: Vec<SocketAddr>,
    /// `User-Agent` of each request.
    pub user_agent: String,
    /// `[callout] https_only`: nothing is asked by plain http.
    pub https_only: bool,
    /// `[callout] ca_file`: certificates to trust beside those of the public authorities, PEM.
    pub ca_file: Option<PathBuf>,
    /// `[[identity]]`: certificates that are shown to those who ask for one.
    pub identities: Vec<ClientIdentity>,
    /// Whether requests of callouts say which they are, and are signed.
    pub marking: Marking,
    /// Who finds the addresses of names.
    pub resolver: Arc<dyn Resolve>,
}

impl Default for FetchConfig {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            own_listeners: Vec::new(),
            https_only: false,
            user_agent: concat!("passthru/", env!("CARGO_PKG_VERSION")).to_owned(),
            ca_file: None,
            identities: Vec::new(),
            marking: Marking::None,
            resolver: Arc::new(SystemResolver::new()),
        }
    }
}

impl FetchConfig {
    /// For a tool that asks a URL for the one who started it: that person's own machine and network may be reached.
    pub fn anywhere() -> Self {
        let all =
            [IpNet::new_assert(Ipv4Addr::UNSPECIFIED.into(), 0), IpNet::new_assert(Ipv6Addr::UNSPECIFIED.into(), 0)];
        Self { allow: all.map(Allowed::Network).to_vec(), ..Self::default() }
    }
}

/// Why a [`Fetcher`] cannot be made; the operator's to mend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchConfigError {
    /// A file of certificates or keys cannot be used.
    #[error("{0}")]
    Tls(String),
    /// The user agent's name cannot be sent.
    #[error("`[callout] user_agent` may hold printable ASCII only")]
    UserAgent,
}

/// Makes HTTP requests. One for the whole server: it holds the connections that wait.
pub struct Fetcher {
    connector: Connector,
    pool: Arc<Pool>,
    /// Places of bodies that nobody waits for.
    late: Arc<Semaphore>,
    https_only: bool,
    user_agent: HeaderValue,
    marking: Marking,
}

/// What came of a request that a caller waits for.
#[derive(Debug)]
pub struct Asked {
    /// The answer up to what decides, or why there is none.
    pub outcome: HttpOutcome,
    /// Where the time went.
    pub trace: HttpTrace,
    /// The rest of the answer, if it had one and it was not here yet.
    pub late: Option<Late>,
}

impl Fetcher {
    /// A client with no connections yet.
    pub fn new(config: FetchConfig) -> Result<Self, FetchConfigError> {
        let user_agent = HeaderValue::try_from(config.user_agent).map_err(|_| FetchConfigError::UserAgent)?;
        let guard = Guard::new(config.allow, config.own_listeners);
        let connector = Connector::new(guard, config.resolver, config.ca_file.as_deref(), &config.identities)
            .map_err(FetchConfigError::Tls)?;
        let (pool, marking) = (Arc::new(Pool::new(clock::now().at)), config.marking);
        let late = Arc::new(Semaphore::new(LATE_BODIES));
        Ok(Self { connector, pool, https_only: config.https_only, late, user_agent, marking })
    }

    /// Makes a request that a caller waits for. Dropping the future ends it, its connection included. Runs on a tokio
    /// runtime.
    pub async fn fetch(&self, request: HttpRequest) -> HttpOutcome {
        self.traced(request).await.0
    }

    /// The same, with where the time went.
    pub async fn traced(&self, request: HttpRequest) -> (HttpOutcome, HttpTrace) {
        let Asked { outcome, trace, late } = self.ask(request).await;
        if let Some(late) = late {
            // It is read all the same, so that the connection may be used again.
            tokio::spawn(late.body());
        }
        (outcome, trace)
    }

    /// The same, with the body that the caller does not wait for. A copy of a request, which it says of itself, holds up no caller.
    pub async fn ask(&self, request: HttpRequest) -> Asked {
        let is_copy = request.mark.as_ref().is_some_and(|mark| mark.way == Way::Shadow);
        self.make(request, if is_copy { Lane::Copy } else { Lane::Caller }, None).await
    }

    /// Makes a request that nobody waits for, and that no caller waits behind; with where the time went. So its body is waited
    /// for, whatever the status.
    pub async fn report(&self, request: HttpRequest) -> (HttpOutcome, HttpTrace) {
        let request = HttpRequest { wants_body: true, ..request };
        let Asked { outcome, trace, .. } = self.make(request, Lane::Report, None).await;
        (outcome, trace)
    }

    /// Makes a request for a whole file that a caller waits for: its body has until the end of the budget.
    pub async fn download(&self, request: HttpRequest) -> HttpOutcome {
        let until = clock::now().at + request.budget.min(BUDGET_MAX);
        self.make(request, Lane::Caller, Some(until)).await.outcome
    }

    /// The body is read until then; without a moment, for a time that runs from the end of the headers.
    async fn make(&self, request: HttpRequest, lane: Lane, until: Option<Instant>) -> Asked {
        let deadline = clock::now().at + request.budget.min(BUDGET_MAX);
        let mut trace = HttpTrace::default();
        let visited = Box::pin(timeout_at(deadline.into(), self.visit(&request, lane, &mut trace))).await;
        let failed = |failure| (HttpOutcome::Failed(failure), None);
        let (outcome, late) = match visited {
            Err(_) => failed(HttpFailure::Timeout),
            Ok(Err(failure)) => failed(failure),
            Ok(Ok(visit)) => {
                let began = clock::now().at;
                let (answer, late) = self.answer(visit, &request, until).await;
                trace.body = Some(since(began)).filter(|_| !answer.body.is_empty());
                (HttpOutcome::Answered(answer), late)
            }
        };
        Asked { outcome, trace, late }
    }

    /// Where a URL would lead: its judged addresses. Connects to none of them.
    pub async fn judge(&self, url: &str) -> Result<Vec<SocketAddr>, HttpFailure> {
        let target = self.target(url)?;
        self.connector.places(&target.origin, &mut HttpTrace::default()).await
    }

    /// A URL that may be asked, as far as it says itself.
    fn target(&self, url: &str) -> Result<Target, HttpFailure> {
        let target = Target::parse(url).map_err(HttpFailure::BadUrl)?;
        if self.https_only && !target.origin.tls {
            let why = "its scheme is http, and `[callout] https_only` takes https alone";
            return Err(HttpFailure::BadUrl(why.to_owned()));
        }
        Ok(target)
    }

    /// Up to the end of the answer's headers.
    async fn visit(&self, request: &HttpRequest, lane: Lane, trace: &mut HttpTrace) -> Result<Visit, HttpFailure> {
        let target = self.target(&request.url)?;
        let message = self.message(request, &target)?;
        let face = self.connector.face(&target);
        let origin = target.origin;
        let seats = self.pool.seats(&origin, lane, clock::now().at);
        let seat = seats.acquire_owned().await.map_err(|_| HttpFailure::Cancelled)?;
        if let Some(mut connection) = self.pool.take(&origin, face, clock::now().at) {
            let sent = clock::now().at;
            match connection.ask(message.clone(), request.body_limit).await {
                Ok(response) => {
                    (trace.address, trace.reused) = (connection.peer, true);
                    trace.first_byte = Some(since(sent));
                    return Ok(Visit { response, connection, origin, face, _seat: seat });
                }
                // The peer may close a waiting connection at any time: RFC 9110 section 9.2.2 lets us ask again.
                Err(lost) if lost.unheard && (lost.unsent || message.method() != Method::POST) => {}
                Err(lost) => return Err(lost.failure),
            }
        }
        let mut connection = self.connector.connect(&origin, face, trace).await?;
        let sent = clock::now().at;
        match connection.ask(message, request.body_limit).await {
            Ok(response) => {
                trace.first_byte = Some(since(sent));
                Ok(Visit { response, connection, origin, face, _seat: seat })
            }
            Err(lost) => Err(lost.failure),
        }
    }

    fn message(&self, request: &HttpRequest, target: &Target) -> Result<Request<Full<Bytes>>, HttpFailure> {
        let refuse = |what: &str| HttpFailure::Protocol(format!("the request cannot be sent: {what}"));
        let method = match request.method.as_str() {
            "GET" => Method::GET,
            "HEAD" => Method::HEAD,
            "POST" => Method::POST,
            _ => return Err(refuse("its method is none of GET, HEAD and POST")),
        };
        let mut message = Request::new(Full::new(Bytes::copy_from_slice(&request.body)));
        *message.method_mut() = method;
        *message.uri_mut() = target.path.clone();
        let fields = message.headers_mut();
        fields.insert(HOST, target.host.clone());
        fields.insert(USER_AGENT, self.user_agent.clone());
        fields.insert(ACCEPT, HeaderValue::from_static("*/*"));
        fields.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        for (name, value) in &request.headers {
            let name = HeaderName::try_from(name.as_str()).map_err(|_| refuse("a field's name is not a token"))?;
            if OUR_FIELDS.contains(&name) {
                return Err(refuse("it sets a field that frames the message"));
            }
            let value = HeaderValue::try_from(value.as_str()).map_err(|_| refuse("a field's value breaks the line"))?;
            fields.insert(name, value);
        }
        if let Some(mark) = &request.mark {
            let (scheme, host) = (target.origin.scheme(), target.host.to_str().unwrap_or_default());
            let url = format!("{scheme}://{host}{}", target.path);
            let signed = signature::Request { method: &request.method, url: &url, body: &request.body };
            self.marking.put(fields, mark, &signed, clock::now().wall);
        }
        if let Some(basic) = &target.basic {
            fields.entry(AUTHORIZATION).or_insert_with(|| basic.clone());
        }
        Ok(message)
    }

    /// Reads what is wanted of the body. The status has decided by now, so nothing that happens here is a failure.
    async fn answer(&self, visit: Visit, request: &HttpRequest, until: Option<Instant>) -> (HttpAnswer, Option<Late>) {
        let status = visit.response.status();
        let content_type = visit.response.headers().get(CONTENT_TYPE);
        let content_type = content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let headers = visit.response.headers().iter();
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = headers.map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        let waits = status == StatusCode::OK || request.wants_body || visit.response.body().is_end_stream();
        let until = until.unwrap_or_else(|| clock::now().at + callout::BODY_TIME);
        let reading = visit.end(request.body_limit, until, Arc::clone(&self.pool));
        let (read, late) = if waits { (Some(reading.await), None) } else { self.begin(reading).await };
        let (body, whole) = read.unwrap_or_default();
        (HttpAnswer { status: status.as_u16(), content_type, body, truncated: !whole, headers }, late)
    }

    /// Reads a body that nobody waits for: what came along with the headers is here at once, the rest comes late.
    async fn begin(
        &self,
        reading: impl Future<Output = (Vec<u8>, bool)> + Send + 'static,
    ) -> (Option<(Vec<u8>, bool)>, Option<Late>) {
        let mut reading = Box::pin(reading);
        let read = tokio::select! {
            biased;
            read = &mut reading => Some(read),
            () = late::turns() => None,
        };
        if read.is_some() {
            return (read, None);
        }
        // With all places taken the connection is closed.
        let place = Arc::clone(&self.late).try_acquire_owned().ok();
        (None, place.map(|place| Late::new(reading, place)))
    }
}

fn since(began: Instant) -> Duration {
    clock::now().at.saturating_duration_since(began)
}

/// An answer whose headers are here and whose body is still on its way.
struct Visit {
    response: Response<Incoming>,
    connection: Connection,
    origin: Origin,
    face: Face,
    _seat: tokio::sync::OwnedSemaphorePermit,
}

impl Visit {
    /// Reads the body, and keeps the connection if it came to its end: what came, and whether that was all.
    async fn end(mut self, limit: usize, until: Instant, pool: Arc<Pool>) -> (Vec<u8>, bool) {
        let (body, whole) = read(self.response.body_mut(), limit, until).await;
        if whole {
            pool.put(&self.origin, self.face, self.connection, clock::now().at);
        }
        (body, whole)
    }
}

/// The body's first `limit` bytes, and whether that was all of it.
async fn read(body: &mut Incoming, limit: usize, until: Instant) -> (Vec<u8>, bool) {
    let mut kept = Vec::new();
    loop {
        match timeout_at(until.into(), body.frame()).await {
            Ok(None) => return (kept, true),
            Ok(Some(Ok(frame))) => {
                let Ok(data) = frame.into_data() else { continue };
                let room = limit - kept.len();
                kept.extend_from_slice(&data[..data.len().min(room)]);
                if data.len() > room {
                    return (kept, false);
                }
            }
            Ok(Some(Err(_))) | Err(_) => return (kept, false),
        }
    }
}
