//! A running server of its own for one test: free ports, a folder of its own, ended by its pid.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// How long anything here may take before a test fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// What must be 0 when nothing goes on.
const GAUGES: [&str; 8] = [
    "passthru_active_calls",
    "passthru_media_sessions",
    "passthru_rtp_ports",
    "passthru_callouts_in_flight",
    "passthru_sip_transactions",
    "passthru_sip_dialogs",
    "passthru_sip_sessions",
    "passthru_sip_timers",
];

/// A running server.
pub(crate) struct Server {
    child: Child,
    lines: Receiver<String>,
    log: Arc<Mutex<Vec<String>>>,
    pub(crate) sip: SocketAddr,
    pub(crate) http: SocketAddr,
    /// Until it is given to the next server.
    folder: Option<TempDir>,
}

/// A folder that no test has had before: what an earlier run left behind is in another.
pub(crate) fn folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("passthru-it-").tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("flows")).expect("a folder of flows");
    folder
}

/// A port of 127.0.0.1 that is free for UDP and TCP, as are the three after it: some programs take them as well.
///
/// Ports that the system gives away by itself are not taken, because any connection may get one before the program that
/// it is for. Tests that run at the same time have other numbers, and so other ports.
pub(crate) fn free_port() -> u16 {
    free_port_at(Ipv4Addr::LOCALHOST.into())
}

/// Such a port of another address of this machine.
pub(crate) fn free_port_at(ip: IpAddr) -> u16 {
    const FIRST: u16 = 10_000; // below those are of well-known programs
    const PORTS: u32 = 10_000; // above those are of the server's audio
    const PROCESS: u32 = 32;
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let is_free = |port| UdpSocket::bind((ip, port)).is_ok() && TcpListener::bind((ip, port)).is_ok();
    for _ in 0..1_000 {
        let number = std::process::id() * PROCESS + COUNT.fetch_add(4, Ordering::Relaxed);
        let port = FIRST + u16::try_from(number % PORTS).expect("fewer than 10,000");
        if (port..port + 4).all(is_free) {
            return port;
        }
    }
    panic!("no free port");
}

impl Server {
    /// Starts a server with further configuration, and waits until it is ready.
    pub(crate) fn start(config: &str) -> Self {
        Self::with_flows::<&str>(&[], config)
    }

    /// Starts a server with these flow documents and sounds.
    pub(crate) fn with_flows<T: AsRef<[u8]>>(flows: &[(&str, T)], config: &str) -> Self {
        Self::at(Ipv4Addr::LOCALHOST.into(), flows, config)
    }

    /// Starts such a server that hears SIP at an address of this machine.
    pub(crate) fn at<T: AsRef<[u8]>>(ip: IpAddr, flows: &[(&str, T)], config: &str) -> Self {
        let folder = folder();
        for (name, content) in flows {
            fs::write(folder.path().join("flows").join(name), content).expect("a flow");
        }
        Self::again_at(ip, folder, config)
    }

    /// Starts a server in the folder of an earlier one.
    pub(crate) fn again(folder: TempDir, config: &str) -> Self {
        Self::again_at(Ipv4Addr::LOCALHOST.into(), folder, config)
    }

    /// Starts a server whose API other machines reach, too.
    pub(crate) fn reachable() -> Self {
        Self::listening(Ipv4Addr::LOCALHOST.into(), Ipv4Addr::UNSPECIFIED, folder(), "")
    }

    fn again_at(ip: IpAddr, folder: TempDir, config: &str) -> Self {
        Self::listening(ip, Ipv4Addr::LOCALHOST, folder, config)
    }

    /// With SIP and the API at those addresses.
    fn listening(ip: IpAddr, web: Ipv4Addr, folder: TempDir, config: &str) -> Self {
        let sip = SocketAddr::from((ip, free_port_at(ip)));
        let http = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let web = SocketAddr::from((web, http.port()));
        let config = format!("sip.listen = [\"udp:{sip}\", \"tcp:{sip}\"]\nhttp.listen = \"{web}\"\n{config}");
        let child = command(folder.path(), &config).spawn().expect("it starts");
        Self::watch(child, sip, http, folder)
    }

    /// Starts the demo.
    pub(crate) fn demo() -> Self {
        let folder = folder();
        let sip = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let http = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let mut demo = Command::new(env!("CARGO_BIN_EXE_passthru"));
        demo.args(["serve", "--demo"])
            .env("PASSTHRU_DATA", folder.path())
            .env("PASSTHRU_SIP_LISTEN", format!("udp:{sip}"));
        demo.env("PASSTHRU_HTTP_LISTEN", http.to_string()).env("RUST_LOG", "warn").stdout(Stdio::piped());
        let child = demo.stderr(Stdio::piped()).spawn().expect("it starts");
        Self::watch(child, sip, http, folder)
    }

    /// Waits until it is ready.
    fn watch(mut child: Child, sip: SocketAddr, http: SocketAddr, folder: TempDir) -> Self {
        let (sender, lines) = sync_channel(1_000);
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let log = Arc::new(Mutex::new(Vec::new()));
        let (kept, stderr) = (Arc::clone(&log), BufReader::new(child.stderr.take().expect("piped")));
        std::thread::spawn(move || {
            stderr.lines().map_while(Result::ok).for_each(|line| {
                eprintln!("{line}");
                kept.lock().expect("nobody panicked").push(line);
            });
        });
        let server = Self { child, lines, log, sip, http, folder: Some(folder) };
        server.until("ready");
        server
    }

    /// Starts a server that must refuse to run: its exit status, and what it said.
    pub(crate) fn refuses(config: &str) -> (Option<i32>, String) {
        Self::refuses_in(folder(), config)
    }

    /// Starts a server with a flow that it must refuse.
    pub(crate) fn refuses_flow(flow: &str, config: &str) -> (Option<i32>, String) {
        let folder = folder();
        fs::write(folder.path().join("flows/flow.yaml"), flow).expect("a flow");
        Self::refuses_in(folder, config)
    }

    fn refuses_in(folder: TempDir, config: &str) -> (Option<i32>, String) {
        let output = command(folder.path(), config).stderr(Stdio::piped()).output().expect("it starts");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.as_ref().expect("it has not been given away").path()
    }

    /// A new key of its v1 API, and its token.
    pub(crate) fn new_key(&self) -> (String, String) {
        let mut create = Command::new(env!("CARGO_BIN_EXE_passthru"));
        create.args(["key", "create", "--name", "test", "--config"]).arg(self.folder().join("passthru.toml"));
        let output = create.output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout);
        let last = said.lines().last().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        let (key, token) = last.split_once(' ').expect("a key, a space, a token");
        (key.to_owned(), token.to_owned())
    }

    /// What `passthru slow` says of it.
    pub(crate) fn slow(&self, more: &[&str]) -> String {
        let mut slow = Command::new(env!("CARGO_BIN_EXE_passthru"));
        slow.arg("slow").args(more).arg("--config").arg(self.folder().join("passthru.toml"));
        let output = slow.output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The URL of a path of its API.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.http)
    }

    /// `GET` of its API: status and body.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.http).expect("the API listens");
        stream.set_read_timeout(Some(DEADLINE)).expect("a time-out");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.http).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("head and body");
        (head[9..12].parse().expect("a status"), body.to_owned())
    }

    /// What its API shows at a path.
    pub(crate) fn show(&self, path: &str) -> Value {
        let (status, body) = self.get(path);
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).expect("JSON")
    }

    /// The journal of the newest call, once it has ended: each event with what it says of itself, such as `"held","on":true`.
    pub(crate) fn journal(&self) -> Vec<String> {
        let end = Instant::now() + DEADLINE;
        loop {
            let (_, calls) = self.get("/api/v1/calls?limit=1");
            let sid = calls.split("\"sid\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
            let (_, journal) = self.get(&format!("/api/v1/calls/{sid}/events"));
            if journal.contains("\"event\":\"ended\"") {
                let lines = journal.split("\"event\":").skip(1).filter_map(|line| line.split('}').next());
                return lines.map(str::to_owned).collect();
            }
            assert!(Instant::now() < end, "the call never ended: {calls} {journal}");
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }

    /// Waits until nothing of any call is left, SIP's 32 s for late retransmissions included.
    pub(crate) fn until_idle(&self) {
        let busy = |line: &&str| GAUGES.iter().any(|gauge| line.starts_with(gauge)) && !line.ends_with(" 0");
        let metrics = self.until_metrics("everything is idle", |metrics| !metrics.lines().any(|line| busy(&line)));
        assert!(GAUGES.iter().all(|gauge| metrics.contains(gauge)), "{metrics}");
    }

    /// Waits until `/metrics` has this line.
    pub(crate) fn until_metric(&self, wanted: &str) {
        self.until_metrics(wanted, |metrics| metrics.lines().any(|line| line == wanted));
    }

    /// Waits until `/metrics` is as wanted. The server says nothing when its figures change, so it is asked again.
    pub(crate) fn until_metrics(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + DEADLINE;
        loop {
            let (_, metrics) = self.get("/metrics");
            if wanted(&metrics) {
                return metrics;
            }
            assert!(Instant::now() < end, "it never came to: {what}\n{metrics}");
            std::thread::park_timeout(Duration::from_millis(200));
        }
    }

    /// Waits until it has logged these words, and gives how many lines have them.
    pub(crate) fn until_logged(&self, words: &str) -> usize {
        let end = Instant::now() + DEADLINE;
        loop {
            let log = self.log.lock().expect("nobody panicked").clone();
            let found = log.iter().filter(|line| line.contains(words)).count();
            if found > 0 {
                return found;
            }
            assert!(Instant::now() < end, "it never logged: {words}\n{}", log.join("\n"));
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }

    /// Stops all of it for that long, as a machine without time for it would.
    pub(crate) fn freeze(&self, time: Duration) {
        let end = Instant::now() + time;
        self.hold_still();
        while Instant::now() < end {
            std::thread::park_timeout(end.saturating_duration_since(Instant::now()));
        }
        self.signal("-CONT");
    }

    /// Stops all of it, for a look at what it holds in the moment before it is killed.
    pub(crate) fn hold_still(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on after that.
    pub(crate) fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, name: &str) {
        let told = Command::new("kill").args([name, &self.child.id().to_string()]).status().expect("kill is there");
        assert!(told.success());
    }

    /// The memory that it holds, in KiB: its resident set.
    pub(crate) fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok())
            .unwrap_or_else(|| panic!("no VmRSS in {status}"))
    }

    /// The processor's time that it has taken so far.
    pub(crate) fn busy(&self) -> Duration {
        const TICK: Duration = Duration::from_millis(10); // USER_HZ, the same on all of Linux (proc(5))
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("it runs");
        let (_, fields) = stat.rsplit_once(") ").expect("its name");
        let ticks = fields.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u32>().expect("a number"));
        TICK * ticks.sum::<u32>()
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn terminate(mut self) {
        self.signal("-TERM");
        assert!(self.child.wait().expect("it ended").success());
    }

    /// Asks it to end, waits until it has, and gives its folder to the next.
    pub(crate) fn stop(mut self) -> TempDir {
        let folder = self.folder.take();
        self.terminate();
        folder.expect("it has not been given away")
    }

    /// Ends it at once, as a power cut would, and gives its folder to the next.
    pub(crate) fn kill(mut self) -> TempDir {
        self.child.kill().expect("it ran");
        self.child.wait().expect("it ended");
        self.folder.take().expect("it has not been given away")
    }

    /// Waits for a line of its output that contains that text.
    pub(crate) fn until(&self, text: &str) -> String {
        let end = Instant::now() + DEADLINE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) if line.contains(text) => return line,
                Ok(_) => {}
                Err(_) => panic!("the server never said `{text}`"),
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The server in a folder, with this configuration.
fn command(folder: &Path, config: &str) -> Command {
    let file = folder.join("passthru.toml");
    fs::write(&file, format!("data = \"{0}/data\"\nflows = \"{0}/flows\"\n{config}", folder.display()))
        .expect("a configuration");
    let mut command = Command::new(env!("CARGO_BIN_EXE_passthru"));
    command
        .args(["serve", "--config"])
        .arg(&file)
        .env("RUST_LOG", "warn")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}
