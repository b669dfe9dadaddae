//! `passthru serve`: puts the threads together, publishes the flows, and runs until it is told to stop.

use core::net::SocketAddr;
use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ::media::RecordingId;
use anyhow::{Context, Result, anyhow, bail};
use api::{Access, Api, Metrics, Recordings};
use axum::serve::ListenerExt as _;
use exotel::recording::Links;
use flow::Audio;
use model::{Asker, Attempt, CallEvent, HttpRequest, Mark, Recording, SipTrace, Talk, Tenant, Way};
use rand_chacha::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};
use store::{AttemptKind, KEY_BYTES, Kept, Keys, Promise, RecordingRow, Rest, Store, Teller};
use switch::{
    CalloutKey, Limits, MediaReport, Notify, RenderKey, RequestKey, ResolveKey, StreamOrder, Switch, Unrouted,
};
use tokio::runtime::{Handle, Runtime};
use tokio::sync::Notify as Bell;
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

use crate::advice;
use crate::bind;
use crate::bots::{self, Bots};
use crate::bridge::Bridge;
use crate::clock;
use crate::config::{self, Config, Listen, Transport};
use crate::console::{Console, Flows, Warnings};
use crate::courier::Courier;
use crate::driver::{Driver, Hands, Letter};
use crate::fetch::{Asked, FetchConfig, Fetcher, LateBody};
use crate::handset::Handsets;
use crate::live::Live;
use crate::mailbox::Mailbox;
use crate::media;
use crate::names::Names;
use crate::numbering::Account;
use crate::owed;
use crate::place::Places;
use crate::post::Post;
use crate::press::{self, Press};
use crate::prune;
use crate::publish::Publisher;
use crate::recorder;
use crate::recorder::sweep::{self, Sweep};
use crate::render::Renderer;
use crate::scribe::Scribe;
use crate::site;
use crate::speech::{Cache, Espeak};
use crate::tls;
use crate::turn::{self, Turn};
use crate::unrouted;
use crate::versions::Stored;
use crate::workshop::Workshop;

/// A running server.
pub struct Server {
    /// Where SIP comes in.
    pub sip: Vec<Listen>,
    /// The switch's mailbox.
    pub letters: Mailbox<Letter>,
    /// Journal lines as they become durable.
    pub live: Live,
    /// Where the API listens.
    pub http: SocketAddr,
    switch: JoinHandle<()>,
    recorder: recorder::Running,
    store: Store,
    runtime: Runtime,
}

/// The database file of a configuration.
pub fn database(config: &Config) -> PathBuf {
    config.data.join("passthru.db")
}

/// Starts all threads of a server and publishes its flows.
pub fn start(config: Config) -> Result<Server> {
    let config = Arc::new(config);
    // First, as rendered prompts are kept in its folder.
    let (store, recovered) = Store::open(&database(&config), "local")?;
    if recovered.calls > 0 || recovered.callouts > 0 {
        tracing::warn!(
            calls = recovered.calls,
            callouts = recovered.callouts,
            "an earlier run ended in the middle of these"
        );
    }
    for store::Unreadable { call, why } in &recovered.unreadable {
        tracing::error!(%call, why, "an earlier run ended in the middle of this call, and its journal cannot be read");
    }
    let mut rng = ChaCha12Rng::from_seed(random()?);
    let tls = match (&config.http.tls_cert, &config.http.tls_key) {
        (Some(cert), Some(key)) => Some(tls::acceptor(cert, key)?),
        _ => None,
    };
    let (listener, http) = listen(&config)?;
    let links = config.links(recorder::key(&config.data, seed(&mut rng))?, http);
    let account = Account::new(&config).with_links(links.clone());
    let speech = Box::new(Cache::new(Espeak::default(), &config.data));
    let catalogue = Arc::new(applets::catalogue(account.profile().clone()));
    let kept = Stored { reader: store.reader().clone(), writer: store.writer().clone(), tenant: Tenant::default() };
    let publisher = Publisher::new(&config.flows, catalogue.clone(), speech, Box::new(kept));
    let flows = Flows::default();
    let (warnings, prefix) = (Warnings::default(), test_prefix(&mut rng));
    let mut press = Press {
        publisher,
        config: config.clone(),
        account: account.clone(),
        flows: flows.clone(),
        warnings: warnings.clone(),
        prefix: prefix.clone(),
    };
    // Without a setting the folder may come later.
    if config.flows.exists() || config.flows != Config::default().flows {
        std::fs::read_dir(&config.flows).map_err(|error| {
            let folder = config.flows.display();
            anyhow!("flows: {folder} cannot be read: {error}; set `flows` to the folder of flow documents")
        })?;
    }
    let first = press.publisher.look(&config);
    if press.publisher.is_empty() && !first.refused.is_empty() {
        bail!("none of these flows can run\n{}", first.refused.join("\n"));
    }
    for refusal in &first.refused {
        tracing::error!("a flow is refused, the others run\n{refusal}");
    }
    if let Some(missing) = press.publisher.missing(&config) {
        bail!("{missing}");
    }
    let (driver, letters) = Driver::bind(&config.sip.listen, config.trace.sip)?;
    let sip = driver.listening().to_vec();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("web").enable_all().build()?;
    let client = config.client().map_err(|why| anyhow!("callout.secrets: {why}"))?;
    let own_listeners = sip.iter().map(|listen| listen.address).chain([http]).collect();
    let fetcher = FetchConfig { own_listeners, ..client };
    let fetcher = Arc::new(Fetcher::new(fetcher)?);
    let metrics = Arc::new(Metrics::default());
    let live = Live::new(metrics.clone());
    let bell = Arc::new(Bell::new());
    let writer = store.writer().clone();
    let places = Places::default();
    let courier = Courier {
        reader: store.reader().clone(),
        writer: writer.clone(),
        places: places.clone(),
        fetcher: fetcher.clone(),
        post: Arc::new(Post::new(&config)),
        bell: bell.clone(),
        live: live.clone(),
    };
    runtime.spawn(courier.run(ChaCha12Rng::from_seed(seed(&mut rng))));
    runtime.spawn(prune::run(writer.clone()));
    let shelf = open_shelf(&config)?;
    // Before what is owed of recordings, as at any call's end.
    owed::settle(&writer, &account, bell.clone(), live.clone());
    let (folder, reader, live_lines) = (shelf.clone(), store.reader().clone(), live.clone());
    let sweep = Sweep { folder, reader, writer: writer.clone(), live: live_lines };
    runtime.spawn(sweep::run(sweep, config.recording.clone()));
    let recorder = record(&shelf, &store, audience(&config, &links, &letters, (&bell, &live)))?;
    let (bots, inbox) = bots::mailbox();
    let workers = workers(&config, &letters, (&metrics, &recorder.mailbox, &bots), seed(&mut rng))?;
    let deps = bots::Deps {
        fetcher: fetcher.clone(),
        letters: letters.clone(),
        workers: workers.orders.clone(),
        metrics: metrics.clone(),
    };
    bots::start(inbox, deps).context("the thread of streams")?;
    let known =
        switch::Config { talks: talks(&config, &store), ..settings(&config, &account, &sip, workers.orders.len())? };
    let switch = Switch::new(known, seed(&mut rng));
    let scribe = Scribe::new(writer, letters.clone(), bell.clone(), live.clone());
    let sounds = Arc::new(Renderer::new(fetcher.clone(), Arc::new(Espeak::default())));
    let unrouted = Arc::<unrouted::Numbers>::default();
    let mut desk = Desk {
        names: Names::new(),
        web: runtime.handle().clone(),
        fetcher,
        letters: letters.clone(),
        under_way: HashMap::new(),
        scribe,
        sounds,
        recorder: recorder.mailbox.clone(),
        bots,
        unstopped: VecDeque::new(),
        unrouted: unrouted.clone(),
    };
    letters.send(press.publication(first.published, None));
    press::warn_anew(&warnings, press.publisher.warnings(&config));
    press.note();
    let orders = press.run(letters.clone())?;
    let console = Console {
        letters: letters.clone(),
        flows: flows.clone(),
        warnings,
        advice: advice::of(&config),
        unrouted,
        writer: store.writer().clone(),
        ports: workers.held.clone(),
        places,
        bridge: Bridge::new(account.profile().clone()),
        account: account.clone(),
        rng: Mutex::new(ChaCha12Rng::from_seed(seed(&mut rng))),
    };
    let state = Api {
        reader: store.reader().clone(),
        writer: store.writer().clone(),
        bell,
        tenant: Tenant::default(),
        live: live.sender().clone(),
        switch: Arc::new(console),
        workshop: Arc::new(Workshop { catalogue, flows: flows.clone(), config: config.clone(), orders }),
        recordings: Recordings { links, shelf: Arc::new(shelf), now: || clock::now().wall },
        metrics,
        directory: directory(&config),
        account: exotel::account::Account {
            https_only: config.callout.https_only,
            ..exotel::account::Account::new(&config.account_sid, account.profile().clone())
        },
        rate_limit: config.http.rate_limit,
        access: access(&config, http),
        phones: Arc::new(Handsets::new(udp(&sip), flows, prefix)),
        settings: config.without_secrets().to_toml(),
        keys: Arc::new(Mutex::new(Keys::open(&database(&config))?)),
        random: || {
            let mut random = [0; KEY_BYTES];
            getrandom::fill(&mut random).is_ok().then_some(random)
        },
    };
    runtime.spawn(web(listener, tls, site::router().fallback_service(api::router(state))));
    let thread = std::thread::Builder::new().name("switch".into()).spawn(move || {
        if let Err(error) = turn::take(Turn::Short) {
            tracing::debug!(%error, "the system gives the switch no short turns");
        }
        if let Err(error) = driver.run(switch, &workers.orders, &mut desk) {
            tracing::error!(%error, "the switch cannot poll its sockets and ends");
        }
    })?;
    Ok(Server { http, sip, letters, live, switch: thread, recorder, store, runtime })
}

/// Where calls come in by UDP.
fn udp(sip: &[Listen]) -> Option<SocketAddr> {
    sip.iter().find(|listen| listen.transport == Transport::Udp).map(|listen| listen.address)
}

/// What is dialled before a flow's name to test it, whether or not a number starts it. Nobody guesses it, so nobody else gets there.
fn test_prefix(rng: &mut ChaCha12Rng) -> String {
    format!("test-{:016x}-", rng.next_u64())
}

/// Where the API is reached from.
fn access(config: &Config, http: SocketAddr) -> Access {
    let base = url::Url::parse(&config.recording.base_url).ok();
    Access {
        loopback: http.ip().is_loopback(),
        secure: config.http.tls_cert.is_some(),
        host: base.and_then(|base| base.host_str().map(str::to_owned)),
    }
}

/// Who and what can be rung.
fn directory(config: &Config) -> api::Directory {
    let user = |user: &config::User| api::User { name: user.name.clone(), email: user.email.clone() };
    let number = |number: &config::Number| api::Number { number: number.number.clone(), flow: number.flow.clone() };
    let group = |group: &config::Group| api::Group {
        name: group.name.clone(),
        members: group.members.clone(),
        order: group.order.name().into(),
    };
    let trunk = |trunk: &config::Trunk| api::Trunk {
        name: trunk.name.clone(),
        host: trunk.host.clone(),
        numbers: trunk.numbers.clone(),
        caller_id: trunk.caller_id.clone(),
        register: trunk.register,
    };
    api::Directory {
        numbers: config.numbers.iter().map(number).collect(),
        users: config.users.iter().map(user).collect(),
        groups: config.groups.iter().map(group).collect(),
        trunks: config.trunks.iter().map(trunk).collect(),
    }
}

impl Server {
    /// Runs something beside the API.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(task);
    }

    /// Runs until SIGINT or SIGTERM, then stops: what is in the journal by then is durable.
    pub fn run(self) -> Result<()> {
        self.runtime.block_on(async {
            let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
            tokio::select! {
                result = tokio::signal::ctrl_c() => result,
                _ = terminate.recv() => Ok(()),
            }
        })?;
        self.letters.send(Letter::Stop);
        self.switch.join().map_err(|_| anyhow!("the switch's thread panicked"))?;
        self.recorder.stop();
        drop(self.store); // writes what waits
        self.runtime.shutdown_timeout(Duration::from_secs(1));
        Ok(())
    }
}

/// Opens the folder of recordings.
fn open_shelf(config: &Config) -> Result<recorder::Folder> {
    let path = config.recordings();
    recorder::Folder::open(&path).map_err(|error| {
        anyhow!("recording.folder: {} cannot be opened: {error}; set it to a folder of ours alone", path.display())
    })
}

/// Starts the recorder.
fn record(shelf: &recorder::Folder, store: &Store, audience: recorder::Audience) -> Result<recorder::Running> {
    let left = store.reader().unfinished_recordings()?;
    recorder::start(shelf, store.writer().clone(), &left, audience).context("the recorder")
}

/// Who hears of recordings.
fn audience(
    config: &Config,
    links: &Links,
    letters: &Mailbox<Letter>,
    (bell, live): (&Arc<Bell>, &Live),
) -> recorder::Audience {
    let (letters, bell, live) = (letters.clone(), bell.clone(), live.clone());
    let (url, links) = (config.recording.ready_url.clone(), links.clone());
    let write = move |row: &RecordingRow, callout| {
        let RecordingRow { recording, bytes, duration, .. } = row;
        let link = links.url(&recording.name, recording.record.format.is_mp3(), &recording.tenant, clock::now().wall);
        let request = exotel::recording::ready(&url, recording, (*duration, *bytes), &link);
        HttpRequest { mark: Some(Mark::new(recording.call.clone(), callout, Asker::default())), ..request }
    };
    recorder::Audience {
        on_failure: Box::new(move |id, why| {
            letters.send(Letter::RecordingFailed(id, why));
        }),
        on_owed: Arc::new(move |event| {
            live.tell([event]);
            bell.notify_one();
        }),
        teller: (!config.recording.ready_url.is_empty()).then(|| Teller(Arc::new(write))),
    }
}

/// Binds the API's port.
fn listen(config: &Config) -> Result<(std::net::TcpListener, SocketAddr)> {
    let place = || format!("http.listen {}", config.http.listen);
    let listener = std::net::TcpListener::bind(config.http.listen)
        .map_err(|error| bind::refused("http.listen", config.http.listen, &error))?;
    listener.set_nonblocking(true).with_context(place)?;
    let address = listener.local_addr().with_context(place)?;
    Ok((listener, address))
}

/// Serves the API.
async fn web(listener: std::net::TcpListener, tls: Option<TlsAcceptor>, router: axum::Router) {
    if let Err(error) = serve_web(listener, tls, router).await {
        tracing::error!(%error, "the API ends");
    }
}

async fn serve_web(
    listener: std::net::TcpListener,
    tls: Option<TlsAcceptor>,
    router: axum::Router,
) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    match tls {
        Some(acceptor) => axum::serve(tls::Shaken::new(listener, acceptor)?.tap_io(|_| {}), service).await,
        None => axum::serve(listener, service).await,
    }
}

/// When the end of a stream is brought again that there was no room for.
const AGAIN: Duration = Duration::from_millis(100);

/// What the driver's outputs become.
struct Desk {
    web: Handle,
    names: Names,
    fetcher: Arc<Fetcher>,
    letters: Mailbox<Letter>,
    under_way: HashMap<RequestKey, AbortHandle>,
    scribe: Scribe,
    sounds: Arc<Renderer>,
    recorder: recorder::Mailbox,
    bots: Bots,
    /// Ends of streams that there was no room for.
    unstopped: VecDeque<StreamOrder>,
    unrouted: Arc<unrouted::Numbers>,
}

impl Hands for Desk {
    fn resolve(&mut self, key: ResolveKey, query: sip::Query) {
        let (names, letters) = (self.names.clone(), self.letters.clone());
        self.web.spawn(async move {
            let answer = names.ask(&query).await;
            letters.send(Letter::Resolved(key, query, answer));
        });
    }

    fn fetch(&mut self, key: RequestKey, request: HttpRequest) {
        let (fetcher, letters) = (self.fetcher.clone(), self.letters.clone());
        let task = self.web.spawn(async move {
            let mark = request.mark.clone();
            let Asked { outcome, trace, late } = fetcher.ask(request).await;
            letters.send(Letter::Http(key, outcome, trace));
            let Some(late) = late else { return };
            let LateBody { body, whole, took } = late.body().await;
            if let Some(Mark { call, callout, attempt: number, way, .. }) = mark {
                let is_copy = way == Way::Shadow;
                let rest = Rest { call, callout, number, is_copy, body, truncated: !whole, took };
                letters.send(Letter::Body(Box::new(rest)));
            }
        });
        self.under_way.insert(key, task.abort_handle());
    }

    fn fetched(&mut self, key: RequestKey) {
        self.under_way.remove(&key);
    }

    fn cancel(&mut self, key: RequestKey) {
        if let Some(task) = self.under_way.remove(&key) {
            task.abort();
        }
    }

    fn render(&mut self, key: RenderKey, audio: Audio) {
        let (sounds, letters) = (self.sounds.clone(), self.letters.clone());
        self.web.spawn(async move {
            let result = sounds.render(&audio).await;
            letters.send(Letter::Rendered(key, result));
        });
    }

    fn record(&mut self, id: RecordingId, recording: Recording) -> Result<(), &'static str> {
        let sent = self.recorder.try_send(recorder::Letter::Begin(id, recording));
        sent.map_err(|_| "the recorder does not keep up")
    }

    fn stream(&mut self, order: StreamOrder) -> Result<(), StreamOrder> {
        match self.bots.try_send(bots::Letter::Order(order)) {
            Err(bots::Letter::Order(stop @ StreamOrder::Stop { .. })) => {
                self.unstopped.push_back(stop);
                Ok(())
            }
            Err(bots::Letter::Order(order)) => Err(order),
            Err(bots::Letter::Heard(_)) | Ok(()) => Ok(()),
        }
    }

    fn unrouted(&mut self, caller: Unrouted) {
        self.unrouted.note(caller, clock::now().wall);
    }

    fn journal(&mut self, event: CallEvent) {
        self.scribe.journal(event);
    }

    fn keep(&mut self, tenant: Tenant, attempt: Box<Attempt>) {
        let kind = if attempt.way == Way::Shadow { AttemptKind::Shadow } else { AttemptKind::Sync };
        self.scribe.keep(Kept { tenant, kind, attempt: *attempt });
    }

    fn complete(&mut self, rest: Rest) {
        self.scribe.complete(rest);
    }

    fn promise(&mut self, promise: Promise) {
        self.scribe.promise(promise);
    }

    fn trace(&mut self, trace: Arc<SipTrace>) {
        self.scribe.trace(trace);
    }

    fn commit(&mut self, key: CalloutKey, notify: Notify) {
        self.scribe.commit(key, notify);
    }

    fn keeps_up(&mut self, now: Instant) -> bool {
        self.scribe.keeps_up(now)
    }

    fn rest(&mut self, now: Instant) {
        for stop in std::mem::take(&mut self.unstopped) {
            // What does not go now is kept again.
            self.stream(stop).unwrap_or_default();
        }
        self.scribe.rest(now);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let again = (!self.unstopped.is_empty()).then(|| clock::now().at + AGAIN);
        [self.scribe.poll_timeout(), again].into_iter().flatten().min()
    }

    fn finish(&mut self) {
        self.scribe.flush();
    }
}

fn workers(
    config: &Config,
    letters: &Mailbox<Letter>,
    (metrics, recorder, bots): (&Arc<Metrics>, &recorder::Mailbox, &Bots),
    seed: [u8; 32],
) -> Result<media::Workers> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let count = if config.rtp.workers == 0 { cores } else { config.rtp.workers };
    let reports = || -> media::Reports {
        let letters = letters.clone();
        Box::new(move |report| letters.try_send(Letter::Media(report)).map_err(report_of))
    };
    media::start(count, &config.rtp.ports.0, seed, (metrics, recorder, bots), reports).context("media threads")
}

/// The report that a letter of this kind holds.
fn report_of(letter: Letter) -> MediaReport {
    match letter {
        Letter::Media(report) => report,
        _ => unreachable!("what is given back is what was sent"),
    }
}

fn settings(config: &Config, account: &Account, sip: &[Listen], media_workers: usize) -> Result<switch::Config> {
    let listen = sip.iter().map(|listen| {
        let transport = match listen.transport {
            Transport::Udp => sip::Transport::Udp,
            Transport::Tcp => sip::Transport::Tcp,
        };
        sip::Listen { transport, addr: listen.address }
    });
    let prefix = |net: &ipnet::IpNet| sip::Prefix::new(net.addr(), net.prefix_len()).ok();
    Ok(switch::Config {
        tenant: Tenant::default(),
        media_workers,
        media_timeout: Duration::from_secs(config.rtp.timeout),
        limits: Limits { streams: config.stream.limit, ..Limits::default() },
        trunks: config
            .trunks
            .iter()
            .map(config::Trunk::peer)
            .collect::<Result<_, _>>()
            .map_err(|why| anyhow!("{why}"))?,
        dial: config.dial.rules().map_err(|why| anyhow!("{why}"))?,
        groups: config.switch_groups().map_err(|why| anyhow!("{why}"))?,
        sticky: config.dial.sticky(),
        talks: Vec::new(),
        sip: sip::Config {
            listen: listen.collect(),
            public_address: config.sip.public_address,
            trusted: config.sip.trusted.iter().filter_map(prefix).collect(),
            realm: "passthru".into(),
            sha256: config.sip.digest == config::Digest::Sha256,
            trunks: config.trunks.iter().map(config::Trunk::source).collect(),
            users: config
                .users
                .iter()
                .map(|user| sip::User { name: user.name.clone(), password: user.password.clone() })
                .collect(),
            ..sip::Config::default()
        },
        numbering: Arc::new(account.clone()),
        reporting: Arc::new(account.clone()),
    })
}

/// Who talked with whom before. Without it callers are not known again, and all else is as ever.
fn talks(config: &Config, store: &Store) -> Vec<Talk> {
    let since = config.dial.sticky_since(clock::now().wall);
    let talks = since.map(|since| store.reader().talks(&Tenant::default(), since));
    talks.transpose().map(Option::unwrap_or_default).unwrap_or_else(|error| {
        tracing::error!(%error, "who talked with whom cannot be read; a `sticky` connect knows nobody of before");
        Vec::new()
    })
}

fn seed(rng: &mut ChaCha12Rng) -> [u8; 32] {
    let mut seed = [0; 32];
    rng.fill_bytes(&mut seed);
    seed
}

/// 32 bytes of the system's randomness, from which all else of it comes.
pub fn random() -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("the system gives no randomness: {error}"))?;
    Ok(bytes)
}
