//! `passthru listen`: an application that answers by rules and shows what it was asked, for those who write one. Requests are
//! kept on request, and sent again by [`replay`].

mod mark;
mod received;
pub mod replay;
mod rule;
mod shown;

use core::net::{Ipv4Addr, SocketAddr};
use std::collections::{BTreeMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use jiff::tz::TimeZone;
use signature::Secrets;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::config::{Callout, Config};
use crate::fetch::Marking;
use crate::terminal::Paint;
use crate::{bind, clock, output};
use mark::Verdict;
use received::{Bytes, Received};
pub use rule::{Answer, Rule};
use shown::Exchange;

/// Bytes of a body that are taken.
const BODY_MAX: usize = 1024 * 1024;

/// Requests that are remembered, to know one that comes again.
const REMEMBERED: usize = 1_000;

/// How long requests that are under way may take to their end when the program is told to stop.
const PATIENCE: Duration = Duration::from_secs(2);

/// What `passthru listen` is told.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// The port of 127.0.0.1 to listen on.
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Where to listen instead; others than yourself can ask it if it is no loopback address.
    #[arg(long, value_name = "ADDR:PORT", conflicts_with = "port")]
    bind: Option<SocketAddr>,
    /// What is answered where no rule is for a request: STATUS [after 3s] [body TEXT].
    #[arg(long, default_value = "200")]
    answer: Answer,
    /// An answer for some requests: NAME COMPARISON [VALUE] => STATUS [after 3s] [body TEXT]. The first that is for a request counts.
    ///
    /// Comparisons: is, is-not, starts, ends, contains, matches-regex, exists, missing. A value in double quotes, as that of
    /// `digits`, may be named with them and without. The name `path` is the request's path, `header:NAME` a header field.
    #[arg(long = "rule", value_name = "RULE")]
    rules: Vec<Rule>,
    /// Verifies signatures with this secret, `whsec_…`, instead of those in `[callout] secrets`; given twice, either may fit.
    #[arg(long = "secret", value_name = "SECRET")]
    secrets: Vec<String>,
    /// Appends each request to this file as a line of JSON, to be sent again by --replay.
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,
    /// How requests are printed.
    #[arg(long, value_enum, default_value_t = Print::Text)]
    print: Print,
    /// Listens to nobody, but sends the requests that --keep has kept, in order.
    #[arg(long, value_name = "FILE", requires = "to", conflicts_with_all = ["port", "bind", "answer", "rules", "secrets", "keep"])]
    pub replay: Option<PathBuf>,
    /// Where --replay sends them: a server, or a URL whose path takes the place of theirs.
    #[arg(long, value_name = "URL", requires = "replay")]
    pub to: Option<String>,
}

/// How requests are printed.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Print {
    /// For people.
    Text,
    /// A line of JSON each.
    Json,
}

/// Answers requests until SIGINT or SIGTERM.
pub async fn serve(options: Options, config: &Config) -> Result<()> {
    let secrets = secrets(options.secrets, config)?;
    let address = options.bind.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, options.port).into());
    let setting = if options.bind.is_some() { "--bind" } else { "--port" };
    let listener =
        tokio::net::TcpListener::bind(address).await.map_err(|error| bind::refused(setting, address, &error))?;
    let keep = options.keep.as_deref().map(open).transpose()?;
    let address = listener.local_addr()?;
    if options.print == Print::Text {
        output::line(format_args!(
            "listening on http://{address}; what no rule is for gets {}. Ctrl-C ends it.\n",
            options.answer
        ));
    }
    let (stop, stopped) = watch::channel(false);
    let desk = Arc::new(Desk {
        address,
        answer: options.answer,
        rules: options.rules,
        secrets,
        print: options.print,
        paint: Paint::of_stdout(),
        zone: exotel::time::zone(&config.time_zone).unwrap_or(TimeZone::UTC),
        book: Mutex::new(Book { count: 0, last: VecDeque::new(), statuses: BTreeMap::new(), keep }),
        stopped: stopped.clone(),
    });
    let router = Router::new().fallback(answer).with_state(Arc::clone(&desk));
    let told = async move { stopped.clone().wait_for(|stop| *stop).await.map_or((), |_| ()) };
    let serving = axum::serve(listener, router).with_graceful_shutdown(told).into_future();
    let mut serving = std::pin::pin!(serving);
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        ended = &mut serving => return Ok(ended?),
        told = tokio::signal::ctrl_c() => told?,
        _ = terminate.recv() => {}
    }
    // Those who wait for an answer that is held back get it now.
    stop.send_replace(true);
    if let Ok(ended) = tokio::time::timeout(PATIENCE, serving).await {
        ended?;
    }
    if options.print == Print::Text {
        output::line(desk.book().summary(options.keep.as_deref()));
    }
    Ok(())
}

/// What signatures are verified with, if with anything.
fn secrets(given: Vec<String>, config: &Config) -> Result<Option<Secrets>> {
    let (given, place) =
        if given.is_empty() { (config.callout.secrets.clone(), "[callout] secrets") } else { (given, "--secret") };
    let callout = Callout { secrets: given, ..Callout::default() };
    match callout.marking().map_err(anyhow::Error::msg).context(place)? {
        Marking::Signed(secrets) => Ok(Some(secrets)),
        Marking::None | Marking::Named => Ok(None),
    }
}

/// The file that requests are kept in, for its owner's eyes: they hold numbers, and perhaps keys.
fn open(path: &Path) -> Result<File> {
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
    file.with_context(|| format!("--keep {}: it cannot be written; name a file in a folder of yours", path.display()))
}

/// What answering needs.
struct Desk {
    address: SocketAddr,
    answer: Answer,
    rules: Vec<Rule>,
    secrets: Option<Secrets>,
    print: Print,
    paint: Paint,
    zone: TimeZone,
    book: Mutex<Book>,
    stopped: watch::Receiver<bool>,
}

/// What has been there so far.
struct Book {
    count: u64,
    last: VecDeque<(u64, [u8; 32])>,
    statuses: BTreeMap<u16, u64>,
    keep: Option<File>,
}

impl Desk {
    fn book(&self) -> MutexGuard<'_, Book> {
        // The book is whole between any two statements, so a panic elsewhere leaves nothing half done.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to a request, and the rule that says so with its place from 1.
    fn decide(&self, received: &Received, parameters: &[(String, String)]) -> (&Answer, Option<(usize, &str)>) {
        let mut rules = self.rules.iter().zip(1..);
        match rules.find(|(rule, _)| rule.is_for(received, parameters)) {
            Some((rule, place)) => (&rule.answer, Some((place, rule.text()))),
            None => (&self.answer, None),
        }
    }
}

impl Book {
    /// Takes a request in: its number, and that of the one before it that was the same.
    fn enter(&mut self, received: &Received) -> (u64, Option<u64>) {
        self.count += 1;
        let fingerprint = received.fingerprint();
        let again = self.last.iter().find(|(_, known)| *known == fingerprint).map(|(number, _)| *number);
        if again.is_none() {
            self.last.truncate(REMEMBERED - 1);
            self.last.push_front((self.count, fingerprint));
        }
        if let Some(file) = &mut self.keep
            && let Err(error) = keep(file, received)
        {
            output::complaint(format_args!("passthru: --keep: request #{} is not kept: {error}", self.count));
        }
        (self.count, again)
    }

    fn summary(&self, keep: Option<&Path>) -> String {
        let each: Vec<String> = self.statuses.iter().map(|(status, count)| format!("{count} got {status}")).collect();
        let mut text = match self.count {
            0 => "no requests".to_owned(),
            1 => format!("1 request: {}", each.join(", ")),
            count => format!("{count} requests: {}", each.join(", ")),
        };
        if let (Some(path), true) = (keep, self.count > 0) {
            text += &format!("\nto send them again: passthru listen --replay {} --to URL", path.display());
        }
        text
    }
}

fn keep(file: &mut File, received: &Received) -> io::Result<()> {
    let mut line = serde_json::to_vec(received)?;
    line.push(b'\n');
    file.write_all(&line)
}

async fn answer(State(desk): State<Arc<Desk>>, request: Request<Body>) -> Response {
    let now = clock::now();
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, BODY_MAX).collect().await {
        Ok(body) => body.to_bytes().to_vec(),
        Err(error) if error.is::<LengthLimitError>() => {
            output::complaint(format_args!(
                "passthru: a request to {} has a body of more than {BODY_MAX} bytes: 413",
                head.uri.path()
            ));
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        }
        Err(_) => return StatusCode::BAD_REQUEST.into_response(), // the peer has gone
    };
    let host = head.headers.get("host").and_then(|host| host.to_str().ok()).map(str::to_owned);
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let received = Received {
        received: now.wall,
        method: head.method.to_string(),
        url: format!("http://{}{target}", host.unwrap_or_else(|| desk.address.to_string())),
        headers: fields(&head.headers),
        body: Bytes(body),
    };
    let (number, again) = desk.book().enter(&received);
    let (parameters, unread) = received.parameters().await;
    let (answer, rule) = desk.decide(&received, &parameters);
    let mut stopped = desk.stopped.clone();
    // Whichever comes first; a stop that can no longer come is none.
    tokio::select! {
        () = tokio::time::sleep(answer.after) => {}
        Ok(_) = stopped.wait_for(|stop| *stop) => {}
    }
    let exchange = Exchange {
        number,
        received: &received,
        parameters: &parameters,
        unread: unread.as_deref(),
        verdict: Verdict::of(&received, desk.secrets.as_ref()),
        again,
        status: answer.status,
        rule,
        took: clock::now().at.saturating_duration_since(now.at),
    };
    let text = match desk.print {
        Print::Text => shown::text(&exchange, desk.paint, &desk.zone),
        Print::Json => shown::json(&exchange),
    };
    *desk.book().statuses.entry(answer.status).or_default() += 1;
    output::text(text);
    response(answer)
}

fn fields(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect()
}

fn response(answer: &Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    if answer.body.is_empty() {
        return status.into_response();
    }
    let kind = if answer.body.starts_with(['{', '[']) { "application/json" } else { "text/plain; charset=utf-8" };
    (status, [(CONTENT_TYPE, kind)], answer.body.clone()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(query: u64) -> Received {
        Received {
            received: jiff::Timestamp::UNIX_EPOCH,
            method: "GET".to_owned(),
            url: format!("http://127.0.0.1:8000/?{query}"),
            headers: Vec::new(),
            body: Bytes::default(),
        }
    }

    #[test]
    fn a_request_that_comes_again_is_known_and_no_more_are_remembered_than_said() {
        let mut book = Book { count: 0, last: VecDeque::new(), statuses: BTreeMap::new(), keep: None };
        assert_eq!(book.enter(&received(1)), (1, None));
        assert_eq!(book.enter(&received(2)), (2, None));
        assert_eq!(book.enter(&received(1)), (3, Some(1)));
        for query in 3..=REMEMBERED as u64 + 1 {
            assert_eq!(book.enter(&received(query)).1, None);
        }
        assert_eq!(book.last.len(), REMEMBERED);
        assert_eq!(book.enter(&received(2)).1, Some(2), "it is the oldest that is remembered");
        assert_eq!(book.enter(&received(1)).1, None, "it is forgotten");
    }

    #[test]
    fn the_summary_counts_answers_and_says_what_can_be_done_with_the_file() {
        let statuses = BTreeMap::from([(200, 2), (302, 1)]);
        let book = Book { count: 3, last: VecDeque::new(), statuses, keep: None };
        assert_eq!(book.summary(None), "3 requests: 2 got 200, 1 got 302");
        let text = book.summary(Some(Path::new("calls.jsonl")));
        assert!(text.ends_with("\nto send them again: passthru listen --replay calls.jsonl --to URL"), "{text}");
    }
}
