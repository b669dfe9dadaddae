//! A server without a socket: a store in a folder of its own, a switch that plays its part, and a client.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::{
    Access, Api, BoxFuture, FlowSummary, Gauge, Metrics, Recordings, Shelf, Shelved, StartFailure, Switchboard,
    Workshop,
};
use api::{Asked, Played, Publication, Script, Stride, Unpublished};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exotel::account::Account;
use exotel::passthru::Profile;
use exotel::recording::{Links, VALIDITY};
use http_body_util::BodyExt;
use jiff::Timestamp;
use model::{
    CallEvent, CallSid, CalloutId, Cause, Direction, EndedBy, EventKind, HttpFailure, HttpTrace, LegId, Recording,
    SipMessage, SipTrace, StartCall, Tenant, Way,
};
use serde_json::Value;
use store::{
    Batch, KEY_BYTES, Keys, NewKey, NewVersion, OutboxRow, Refused, Share, Store, StoreError, Welcomes, Writer,
};
use tokio::sync::{broadcast, oneshot};
use tower_service::Service;

pub(crate) const ALICE: &str = "+919900000001";
pub(crate) const CAROL: &str = "+919900000003";
pub(crate) const LINE: &str = "+918011112222";

/// The call that the switch runs.
pub(crate) const RUNNING: &str = "running";

/// The account of the v1 API, and its requests a minute.
pub(crate) const ACCOUNT: &str = "acct1";
pub(crate) const RATE_LIMIT: u32 = 50;

/// The name that the switch gives to the next call.
pub(crate) const NEXT: &str = "0f1e2d3c4b5a69788796a5b4c3d21b1f";

/// Lines that pass by before a reader has lost one.
pub(crate) const LIVE_LINES: usize = 8;

/// A line of a call that was offered so many seconds after the stories' beginning, 2027-01-15 08:00 UTC.
pub(crate) fn line(call: &str, offered: i64, second: u64, kind: EventKind) -> CallEvent {
    let (at, leg) = (Duration::from_secs(second), Some(LegId::FIRST));
    let wall = Timestamp::from_second(1_800_000_000 + offered).expect("in range") + at;
    CallEvent { call: CallSid::new(call), seq: 0, leg, at, wall, kind }
}

pub(crate) fn offered(call: &str, second: i64, from: &str) -> CallEvent {
    let (tenant, direction) = (Tenant::default(), Direction::Incoming);
    line(call, second, 0, EventKind::Offered { tenant, direction, from: from.into(), to: LINE.into() })
}

/// A call that was answered, asked a URL and ended.
pub(crate) fn whole_call(call: &str, second: i64, from: &str) -> Vec<CallEvent> {
    let (callout, method, url) = (CalloutId(1), "GET".into(), "https://crm.example/route?a=b".into());
    let took = Duration::from_millis(1250);
    let kinds = [
        EventKind::FlowStarted { flow: "reception".into(), version: 1 },
        EventKind::Answered { codec: "PCMU".into() },
        EventKind::CalloutStarted { callout, method, url },
        EventKind::CalloutEnded { callout, status: Some(200), failure: None, took, way: Way::First },
        EventKind::Ended { cause: Cause::NORMAL_CLEARING, by: EndedBy::Caller },
    ];
    let lines = kinds.into_iter().zip([0, 1, 2, 3, 5]).map(|(kind, at)| line(call, second, at, kind));
    std::iter::once(offered(call, second, from)).chain(lines).collect()
}

/// A SIP message of a leg, so many milliseconds after the call began.
pub(crate) fn sip_message(leg: u16, sent: bool, at_ms: i64, raw: &str) -> SipMessage {
    let (local, remote) = ("192.0.2.1:5060".parse().expect("one"), "192.0.2.7:5070".parse().expect("one"));
    let raw = raw.replace('\n', "\r\n").into_bytes();
    SipMessage { leg: LegId(leg), sent, at_us: at_ms * 1000, stream: leg > 0, local, remote, raw }
}

/// The SIP messages of a call that was offered so many seconds after the stories' beginning.
pub(crate) fn sip_trace(call: &str, second: i64, messages: Vec<SipMessage>, left_out: u32) -> Arc<SipTrace> {
    let began = Timestamp::from_second(1_800_000_000 + second).expect("in range");
    Arc::new(SipTrace { call: CallSid::new(call), began, messages, left_out })
}

pub(crate) fn attempted() -> EventKind {
    EventKind::CalloutAttempted {
        callout: CalloutId(1),
        attempt: 1,
        way: Way::First,
        url: "https://crm.example/route?a=b".into(),
        status: Some(200),
        failure: None,
        took: Duration::from_millis(250),
        trace: HttpTrace { first_byte: Some(Duration::from_millis(200)), ..HttpTrace::default() },
    }
}

pub(crate) fn timed_out() -> EventKind {
    let (failure, took) = (Some(HttpFailure::Timeout), Duration::from_secs(5));
    EventKind::CalloutEnded { callout: CalloutId(1), status: None, failure, took, way: Way::First }
}

#[derive(Default)]
pub(crate) struct Switch {
    pub(crate) hung_up: Mutex<Vec<String>>,
    /// What was asked for by the v1 API.
    pub(crate) started: Mutex<Vec<StartCall>>,
    /// What it says to that instead.
    pub(crate) refuses: Mutex<Option<StartFailure>>,
    /// SIP messages of calls that run.
    pub(crate) traces: Mutex<Vec<Arc<SipTrace>>>,
    silent: AtomicBool,
    gone: AtomicBool,
    full: AtomicBool,
}

impl Switch {
    /// From now on it answers nothing.
    pub(crate) fn silence(&self) {
        self.silent.store(true, Ordering::Relaxed);
    }

    /// From now on it takes no more calls.
    pub(crate) fn fill(&self) {
        self.full.store(true, Ordering::Relaxed);
    }

    /// From now on it is not there.
    pub(crate) fn go(&self) {
        self.gone.store(true, Ordering::Relaxed);
    }

    fn answer<'a, T: Send + 'a>(&self, answer: T) -> BoxFuture<'a, T> {
        match self.silent.load(Ordering::Relaxed) {
            true => Box::pin(std::future::pending()),
            false => Box::pin(std::future::ready(answer)),
        }
    }
}

impl Switchboard for Switch {
    fn gauges(&self) -> BoxFuture<'_, Option<Vec<Gauge>>> {
        let gauge = Gauge { name: "passthru_active_calls", help: "Calls that run.", labels: Vec::new(), value: 3.0 };
        self.answer((!self.gone.load(Ordering::Relaxed)).then(|| vec![gauge]))
    }

    fn admits(&self) -> BoxFuture<'_, Option<Result<(), String>>> {
        let full = self.full.load(Ordering::Relaxed);
        let admits =
            if full { Err("as many calls as may be are under way; try again later".to_owned()) } else { Ok(()) };
        self.answer((!self.gone.load(Ordering::Relaxed)).then_some(admits))
    }

    fn registered(&self) -> BoxFuture<'_, Option<Vec<String>>> {
        self.answer((!self.gone.load(Ordering::Relaxed)).then(|| vec!["asha".to_owned()]))
    }

    fn name(&self) -> CallSid {
        CallSid::new(NEXT)
    }

    fn hang_up(&self, sid: CallSid) -> BoxFuture<'_, bool> {
        let runs = sid.as_str() == RUNNING;
        if runs {
            self.hung_up.lock().expect("nobody panicked").push(sid.to_string());
        }
        self.answer(runs)
    }

    fn start(&self, call: StartCall) -> BoxFuture<'_, Result<(), StartFailure>> {
        if let Some(why) = self.refuses.lock().expect("nobody panicked").clone() {
            return self.answer(Err(why));
        }
        self.started.lock().expect("nobody panicked").push(call);
        self.answer(Ok(()))
    }

    fn trace(&self, sid: CallSid) -> BoxFuture<'_, Option<Arc<SipTrace>>> {
        let traces = self.traces.lock().expect("nobody panicked");
        self.answer(traces.iter().find(|trace| trace.call == sid).cloned())
    }

    fn flows(&self) -> Vec<FlowSummary> {
        vec![FlowSummary {
            name: "reception".into(),
            id: Some(4711),
            version: Some(3),
            file: "reception.yaml".into(),
            nodes: 6,
            draft: false,
            numbers: vec![LINE.into()],
            diagnostics: vec!["node lookup: nothing is wired to exit `else`".into()],
        }]
    }

    fn advice(&self) -> Vec<api::Advice> {
        vec![api::Advice {
            weight: api::Weight::Hint,
            about: "trunk".into(),
            text: "There is no trunk.".into(),
            line: None,
        }]
    }
}

/// Where flows are made: with all applets, a dislike of one name, and a publisher that keeps versions and writes no file.
pub(crate) struct Bench {
    catalogue: flow::Catalogue,
    writer: Writer,
    /// What it says to the next publication instead.
    pub(crate) refuses: Mutex<Option<Unpublished>>,
    /// The words of the last rehearsal.
    pub(crate) script: Mutex<Option<Script>>,
    /// Held while a rehearsal runs.
    pub(crate) stage: tokio::sync::Mutex<()>,
}

/// The flow that would not be published.
pub(crate) const UNWELCOME: &str = "unwelcome";

/// What stands in the file of the flow that is published.
pub(crate) const RECEPTION: &str = "flow: reception\nstart: bye\nnodes:\n  bye: { applet: hangup }\n";

impl Workshop for Bench {
    fn catalogue(&self) -> &flow::Catalogue {
        &self.catalogue
    }

    fn objections(&self, program: &flow::Program) -> Vec<flow::Diagnostic> {
        let start = program.node(program.start());
        (program.name() == UNWELCOME).then(|| start.error("it is not welcome here")).into_iter().collect()
    }

    fn text(&self, file: &str) -> Option<(String, Timestamp)> {
        (file == "reception.yaml").then(|| (RECEPTION.to_owned(), Timestamp::UNIX_EPOCH))
    }

    fn publish(&self, wanted: Publication) -> BoxFuture<'_, Result<u64, Unpublished>> {
        if let Some(why) = self.refuses.lock().expect("nobody panicked").take() {
            return Box::pin(std::future::ready(Err(why)));
        }
        let (program, diagnostics) = flow::compile(&wanted.document, &self.catalogue, 0);
        if program.is_none() {
            return Box::pin(std::future::ready(Err(Unpublished::Wrong(diagnostics))));
        }
        let Publication { flow, document, by, .. } = wanted;
        let (done, kept) = oneshot::channel();
        let new = NewVersion { tenant: Tenant::default(), flow, document, by: Some(by) };
        let now = Timestamp::from_second(1_800_000_000).expect("in range");
        self.writer.publish(new, move |kept| drop(done.send(kept)), now).expect("taken");
        Box::pin(async move { Ok(kept.await.expect("called back").expect("kept")) })
    }

    fn rehearse(&self, script: &Script) -> Result<Played, Vec<flow::Diagnostic>> {
        let _alone = self.stage.blocking_lock();
        let (program, diagnostics) = flow::compile(&script.document, &self.catalogue, 0);
        let program = program.ok_or(diagnostics)?;
        *self.script.lock().expect("nobody panicked") = Some(script.clone());
        let node = program.node(program.start()).name.clone();
        let fields = serde_json::Map::from_iter([("digits".to_owned(), "1".into())]);
        Ok(Played {
            walk: vec![Stride { node, exit: Some("next".into()), flow: None }],
            events: vec![offered("rehearsal", 0, ALICE)],
            ladder: "0.000 hello\n".into(),
            requests: vec![Asked { url: "https://crm.example/route".into(), method: "GET".into(), fields }],
            cause: Some(Cause::NORMAL_CLEARING),
            test: "tests: []\n".into(),
            ..Played::default()
        })
    }
}

fn directory() -> api::Directory {
    let user = |name: &str, email: Option<&str>| api::User { name: name.into(), email: email.map(str::to_owned) };
    let users = vec![user("asha", None), user("ben", Some("ben@acme.example"))];
    let trunk = api::Trunk {
        name: "carrier".into(),
        host: "sip.carrier.example".into(),
        numbers: vec!["^0".into()],
        caller_id: None,
        register: false,
    };
    let group = api::Group { name: "desk".into(), members: vec!["sip:asha".into()], order: "sequential".into() };
    let numbers = vec![api::Number { number: "+918044444444".into(), flow: "front-desk".into() }];
    api::Directory { numbers, users, groups: vec![group], trunks: vec![trunk] }
}

/// Softphones that are all out of order.
struct Broken;

impl api::Phones for Broken {
    fn dial(&self, _: api::Dialling) -> Result<api::Line, String> {
        Err("it is out of order".into())
    }
}

/// The key that links are signed with.
pub(crate) const LINK_KEY: [u8; 32] = [3; 32];

/// A folder of recordings.
struct Folder(std::path::PathBuf);

impl Shelf for Folder {
    fn shelved(&self, file: &str) -> Shelved {
        match std::fs::File::open(self.0.join(file)) {
            Ok(file) => Shelved::Ready(file),
            Err(_) if self.0.join(format!("{file}.part")).exists() => Shelved::Soon,
            Err(_) => Shelved::Nowhere,
        }
    }
}

pub(crate) struct Server {
    pub(crate) switch: Arc<Switch>,
    pub(crate) bench: Arc<Bench>,
    pub(crate) live: broadcast::Sender<CallEvent>,
    pub(crate) metrics: Arc<Metrics>,
    /// The courier's.
    pub(crate) bell: Arc<tokio::sync::Notify>,
    pub(crate) key: NewKey,
    router: Router,
    store: Option<Store>,
    folder: tempfile::TempDir,
}

/// Bytes that were not given before.
fn random() -> Option<[u8; KEY_BYTES]> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut bytes = [9; KEY_BYTES];
    bytes[..8].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    Some(bytes)
}

impl Server {
    /// The moment at which everything is asked.
    pub(crate) const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

    /// One that only this machine reaches.
    pub(crate) fn open() -> Self {
        Self::open_to(Access { loopback: true, ..Access::default() })
    }

    pub(crate) fn open_to(access: Access) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("passthru.db");
        let (store, _) = Store::open(&path, "here").expect("opens");
        let keys = Keys::open(&path).expect("opens");
        let key =
            keys.create((&Tenant::default(), store::CLI), None, [7; KEY_BYTES], Timestamp::UNIX_EPOCH).expect("made");
        let (switch, metrics) = (Arc::new(Switch::default()), Arc::new(Metrics::default()));
        let live = broadcast::Sender::new(LIVE_LINES);
        let bell = Arc::new(tokio::sync::Notify::new());
        let bench = Arc::new(Bench {
            catalogue: applets::catalogue(Profile::default()),
            writer: store.writer().clone(),
            refuses: Mutex::default(),
            script: Mutex::default(),
            stage: tokio::sync::Mutex::default(),
        });
        let router = api::router(Api {
            reader: store.reader().clone(),
            writer: store.writer().clone(),
            bell: bell.clone(),
            tenant: Tenant::default(),
            live: live.clone(),
            switch: switch.clone(),
            workshop: bench.clone(),
            recordings: Recordings {
                links: Links::new("https://voice.example", LINK_KEY, VALIDITY),
                shelf: Arc::new(Folder(folder.path().to_owned())),
                now: || Self::NOW,
            },
            metrics: metrics.clone(),
            account: Account::new(ACCOUNT, Profile::default()),
            directory: directory(),
            rate_limit: RATE_LIMIT,
            access,
            phones: Arc::new(Broken),
            settings: "data = \"data\"\n".into(),
            keys: Arc::new(Mutex::new(keys)),
            random,
        });
        Self { switch, bench, live, metrics, bell, key, router, store: Some(store), folder }
    }

    /// The database file.
    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("passthru.db")
    }

    /// A link by which somebody comes in: its secret.
    pub(crate) fn link(&self, random: [u8; 32]) -> String {
        let welcomes = Welcomes::open(&self.path()).expect("opens");
        welcomes.create((&Tenant::default(), store::CLI), random, Self::NOW).expect("made")
    }

    /// Whether any file of the database holds that text.
    pub(crate) fn holds(&self, text: &str) -> bool {
        let files = std::fs::read_dir(self.folder.path()).expect("a folder");
        let mut contents = files.map(|file| std::fs::read(file.expect("a file").path()).expect("its bytes"));
        contents.any(|content| content.windows(text.len()).any(|window| window == text.as_bytes()))
    }

    /// What the store says.
    pub(crate) fn reader(&self) -> &store::Reader {
        self.store.as_ref().expect("open").reader()
    }

    /// From now on the store takes nothing more to write.
    pub(crate) fn stop_store(&mut self) {
        self.store = None;
    }

    /// Hands a job to the store's writer, and waits until it is done.
    pub(crate) async fn write<T: Send + 'static, J>(
        &self,
        submit: impl FnOnce(&Writer, Box<dyn FnOnce(Result<T, StoreError>) + Send>) -> Result<(), Refused<J>>,
    ) -> T {
        let (sender, receiver) = oneshot::channel();
        let done = Box::new(move |done| drop(sender.send(done)));
        submit(self.store.as_ref().expect("open").writer(), done).expect("taken");
        receiver.await.expect("called back").expect("done")
    }

    /// Takes reports that are due, as the courier does.
    pub(crate) async fn claim(&self, limit: usize, now: Timestamp) -> Vec<OutboxRow> {
        let owed = self.store.as_ref().expect("open").reader().owed(now).expect("read").into_iter();
        let shares = owed.map(|owed| Share { origin: owed.origin, rows: owed.due.min(limit) }).collect();
        self.write(|writer, done| writer.claim(shares, done, now)).await.rows
    }

    /// Waits until the lines are in the store.
    pub(crate) async fn store(&self, events: Vec<CallEvent>) {
        let (sender, receiver) = oneshot::channel();
        let done = move |done: Result<_, _>| sender.send(done.map(drop)).expect("the test waits");
        self.store
            .as_ref()
            .expect("open")
            .writer()
            .append(Batch { events, notify: Vec::new(), ..Batch::default() }, done)
            .expect("taken");
        receiver.await.expect("called back").expect("stored");
    }

    /// Puts a file of a recording where it is looked for.
    pub(crate) fn shelve(&self, file: &str, text: &str) {
        std::fs::write(self.folder.path().join(file), text).expect("written");
    }

    /// Waits until the recording is in the store.
    pub(crate) async fn record(&self, recording: Recording) {
        let (sender, receiver) = oneshot::channel();
        let done = move |done: Result<_, _>| sender.send(done).expect("the test waits");
        self.store.as_ref().expect("open").writer().keep_recording(recording, done).expect("taken");
        receiver.await.expect("called back").expect("stored");
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], String::new()).await
    }

    pub(crate) async fn post(&self, path: &str) -> Answer {
        self.send(Method::POST, path, &[], String::new()).await
    }

    /// Asks with the key's token.
    pub(crate) async fn by_key(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.send(method, path, &[("authorization", &self.basic())], body.to_string()).await
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().call(request).await.expect("infallible");
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.into_body().collect().await.expect("whole").to_bytes();
        Answer { status, headers, body: String::from_utf8(body.to_vec()).expect("text") }
    }

    pub(crate) async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.ask(request.body(Body::from(body)).expect("a request")).await
    }

    /// `POST` of JSON by a connection from that address.
    pub(crate) async fn post_from(&self, peer: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let peer = std::net::SocketAddr::new(peer.parse().expect("an address"), 4711);
        let request = Request::builder().method(Method::POST).uri(path).extension(ConnectInfo(peer));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.ask(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    /// The header that opens the v1 API.
    pub(crate) fn basic(&self) -> String {
        basic(&self.key.name, &self.key.token)
    }

    /// `GET` of the v1 API, behind the account.
    pub(crate) async fn v1(&self, path: &str) -> Answer {
        let path = format!("/v1/Accounts/{ACCOUNT}{path}");
        self.send(Method::GET, &path, &[("authorization", &self.basic())], String::new()).await
    }

    /// `POST` of a form to it.
    pub(crate) async fn v1_post(&self, path: &str, form: &str) -> Answer {
        let path = format!("/v1/Accounts/{ACCOUNT}{path}");
        let headers = [("authorization", &*self.basic()), ("content-type", "application/x-www-form-urlencoded")];
        self.send(Method::POST, &path, &headers, form.to_owned()).await
    }

    /// The contact centre's API, with a key.
    pub(crate) async fn v2(&self, method: Method, path: &str) -> Answer {
        let path = format!("/v2/accounts/{ACCOUNT}{path}");
        self.send(method, &path, &[("authorization", &self.basic())], String::new()).await
    }

    pub(crate) async fn get_stream(&self, path: &str) -> Stream {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let response = self.router.clone().call(request).await.expect("infallible");
        assert_eq!(
            (response.status(), &response.headers()["content-type"] == "text/event-stream"),
            (StatusCode::OK, true)
        );
        Stream(response.into_body())
    }
}

/// HTTP Basic (RFC 7617).
pub(crate) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// A stream of server-sent events.
pub(crate) struct Stream(Body);

impl Stream {
    pub(crate) async fn chunk(&mut self) -> String {
        let frame = self.0.frame().await.expect("not over").expect("whole");
        String::from_utf8(frame.into_data().expect("data").to_vec()).expect("text")
    }

    /// The next message's name and data; comments are passed over.
    pub(crate) async fn message(&mut self) -> (Option<String>, Value) {
        let mut chunk = self.chunk().await;
        while chunk.starts_with(':') {
            chunk = self.chunk().await;
        }
        let field = |name: &str| chunk.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let data = field("data: ").expect("a message has data");
        (field("event: "), serde_json::from_str(&data).expect("JSON"))
    }
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
    headers: HeaderMap,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(|value| value.to_str().expect("text").to_owned())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.body))
    }

    /// Fails unless this is that problem, and its detail says this.
    pub(crate) fn problem(&self, status: u16, kind: &str, says: &str) {
        assert_eq!(
            (self.status.as_u16(), self.header("content-type").as_deref()),
            (status, Some("application/problem+json")),
            "{}",
            self.body
        );
        let problem = self.json();
        assert_eq!(problem["type"], format!("urn:passthru:problem:{kind}"), "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
        let detail = problem["detail"].as_str().expect("a detail");
        assert!(detail.contains(says) && detail.contains("; "), "{says:?} is not in {detail:?}, or no next step");
    }
}

pub(crate) fn sids(page: &Value) -> Vec<String> {
    let calls = page["calls"].as_array().expect("calls");
    calls.iter().map(|call| call["sid"].as_str().expect("a name").to_owned()).collect()
}

pub(crate) fn next(page: &Value) -> &str {
    page["next"].as_str().expect("there is a next page")
}

/// The names of an object's members, sorted.
pub(crate) fn keys(object: &Value) -> Vec<String> {
    let mut keys: Vec<_> = object.as_object().expect("an object").keys().cloned().collect();
    keys.sort();
    keys
}
