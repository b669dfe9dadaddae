//! A receiver that keeps its answers back for a while, and takes note of each try of each callout.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::server::DEADLINE;

/// A try, as its receiver saw it.
#[derive(Clone, Debug)]
pub(crate) struct Try {
    /// `webhook-id`.
    pub(crate) id: String,
    /// `callout-attempt`.
    pub(crate) attempt: u32,
    /// Target and body.
    pub(crate) content: String,
    pub(crate) began: Instant,
    /// When it was answered, or its connection was closed.
    pub(crate) ended: Option<Instant>,
    pub(crate) answered: bool,
}

/// The receiver, at one port of one or more addresses of this machine.
pub(crate) struct Witness {
    port: u16,
    notes: Arc<Notes>,
}

struct Notes {
    /// How long an answer is kept back, in milliseconds.
    holds: AtomicU64,
    tries: Mutex<Vec<Try>>,
    changed: Condvar,
}

impl Witness {
    /// A receiver at 127.0.0.1 and as many addresses after it as are wanted, each an origin of its own.
    pub(crate) fn at(port: u16, origins: u8, holds: Duration) -> Self {
        let (holds, tries, changed) = (AtomicU64::new(millis(holds)), Mutex::default(), Condvar::new());
        let notes = Arc::new(Notes { holds, tries, changed });
        for origin in 1..=origins {
            let address = SocketAddr::from((Ipv4Addr::new(127, 0, 0, origin), port));
            let listener = TcpListener::bind(address).expect("a free port");
            let notes = Arc::clone(&notes);
            std::thread::spawn(move || {
                for stream in listener.incoming().map_while(Result::ok) {
                    let notes = Arc::clone(&notes);
                    std::thread::spawn(move || notes.take(stream));
                }
            });
        }
        Self { port, notes }
    }

    /// Keeps the answers to requests from now on back for that long.
    pub(crate) fn holds(&self, holds: Duration) {
        self.notes.holds.store(millis(holds), Ordering::Relaxed);
    }

    /// A URL at one of its origins, from 1.
    pub(crate) fn url(&self, origin: u8, path: &str) -> String {
        format!("http://127.0.0.{origin}:{}{path}", self.port)
    }

    /// All tries so far, in the order in which they came.
    pub(crate) fn tries(&self) -> Vec<Try> {
        self.notes.lock().clone()
    }

    /// The tries of each id, in the order in which they came.
    pub(crate) fn by_id(&self) -> BTreeMap<String, Vec<Try>> {
        let mut by_id: BTreeMap<_, Vec<_>> = BTreeMap::new();
        self.tries().into_iter().for_each(|it| by_id.entry(it.id.clone()).or_default().push(it));
        by_id
    }

    /// Waits until its notes are as wanted.
    pub(crate) fn until(&self, what: &str, wanted: impl Fn(&[Try]) -> bool) {
        let tries = self.notes.lock();
        let waited = self.notes.changed.wait_timeout_while(tries, DEADLINE, |tries| !wanted(tries));
        let (tries, waited) = waited.expect("no thread of it panics");
        assert!(!waited.timed_out(), "it never came to: {what}; {} tries came", tries.len());
    }
}

impl Notes {
    fn lock(&self) -> MutexGuard<'_, Vec<Try>> {
        self.tries.lock().expect("no thread of it panics")
    }

    /// Takes the requests of a connection until either side closes it.
    fn take(&self, stream: TcpStream) {
        stream.set_nodelay(true).expect("a connection");
        let mut writer = stream.try_clone().expect("a second handle");
        let mut reader = BufReader::new(stream);
        while let Some((id, attempt, content)) = read(&mut reader) {
            let began = Instant::now();
            let number = {
                let mut tries = self.lock();
                tries.push(Try { id, attempt, content, began, ended: None, answered: false });
                self.changed.notify_all();
                tries.len() - 1
            };
            let holds = Duration::from_millis(self.holds.load(Ordering::Relaxed));
            reader.get_ref().set_read_timeout(Some(holds)).expect("a time-out");
            // Whoever waits for an answer says nothing until it is there: what can be read is the end.
            let is_over = match reader.fill_buf() {
                Err(error) => !matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
                Ok(_) => true,
            };
            let answered = !is_over && writer.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").is_ok();
            {
                let mut tries = self.lock();
                (tries[number].ended, tries[number].answered) = (Some(Instant::now()), answered);
                self.changed.notify_all();
            }
            if !answered {
                return;
            }
            reader.get_ref().set_read_timeout(None).expect("a time-out");
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).expect("not for ever")
}

/// Reads a request: its id, the number of its try, and its content.
fn read(reader: &mut BufReader<TcpStream>) -> Option<(String, u32, String)> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim_end().is_empty() {
            break;
        }
        head.push(line.trim_end().to_owned());
    }
    let field = |name: &str| {
        let fields = head.iter().filter_map(|line| line.split_once(": "));
        fields.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).next()
    };
    let mut body = vec![0; field("content-length").map_or(0, |length| length.parse().expect("a number"))];
    reader.read_exact(&mut body).ok()?;
    let attempt = field("callout-attempt")?.parse().expect("a number");
    Some((field("webhook-id")?, attempt, format!("{}\n{}", head[0], String::from_utf8_lossy(&body))))
}
