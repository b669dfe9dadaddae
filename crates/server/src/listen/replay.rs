//! `passthru listen --replay`: requests that were kept are sent again, in their order.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use model::{HttpOutcome, HttpRequest};
use url::{Position, Url};

use super::received::Received;
use crate::fetch::{FetchConfig, Fetcher};
use crate::terminal::{Colour, Paint, lasted, plain};
use crate::{clock, output};

/// Bytes of a line: a body of the longest kind in base64, and a URL and fields beside it.
const LINE_MAX: u64 = 4 * 1024 * 1024;

/// How long each request may take.
const BUDGET: Duration = Duration::from_secs(15);

/// Characters of a method and of a path that are shown.
const LONGEST: usize = 60;

/// Fields that belong to the connection or are the client's own.
const NOT_SENT: [&str; 9] = [
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// Sends what a file holds to a server, and says whether all of it was answered.
pub async fn send(file: &Path, to: &str) -> Result<bool> {
    let to = read(to).with_context(|| format!("--to {to}"))?;
    let shown = file.display();
    let open = File::open(file).with_context(|| format!("--replay {shown}: name a file that --keep has written"))?;
    let fetcher = Fetcher::new(FetchConfig::anywhere())?;
    let (mut reader, paint) = (BufReader::new(open), Paint::of_stdout());
    let (mut number, mut lost) = (0, 0);
    loop {
        let mut line = Vec::new();
        let length = reader.by_ref().take(LINE_MAX + 1).read_until(b'\n', &mut line)?;
        if length == 0 {
            break;
        }
        number += 1;
        ensure!(line.len() as u64 <= LINE_MAX, "--replay {shown}: line {number} has more than {LINE_MAX} bytes");
        let received: Received = serde_json::from_slice(&line)
            .with_context(|| format!("--replay {shown}: line {number} is no request that --keep has written"))?;
        let begun = clock::now().at;
        let outcome = fetcher.fetch(request(&received, &to)).await;
        let took = lasted(clock::now().at.saturating_duration_since(begun));
        let what = format!("{} {}", plain(&received.method, LONGEST), plain(received.path(), LONGEST));
        match outcome {
            HttpOutcome::Answered(answer) => {
                let colour = if answer.status == 200 { Colour::Green } else { Colour::Yellow };
                let status = paint.text(colour, &format!("-> {}", answer.status));
                output::line(format_args!("#{number}  {status}  {took}  {what}"));
            }
            HttpOutcome::Failed(failure) => {
                lost += 1;
                output::line(format_args!(
                    "#{number}  {}  {took}  {what}",
                    paint.text(Colour::Red, &format!("-> {failure}"))
                ));
            }
        }
    }
    output::line(format_args!("{number} sent, {lost} without an answer"));
    Ok(lost == 0)
}

fn read(to: &str) -> Result<Url> {
    let url = Url::parse(to).context("it is no URL; write one such as http://127.0.0.1:9000")?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        bail!("it is no URL of the web; write one such as http://127.0.0.1:9000");
    }
    Ok(url)
}

/// The same request to another server.
fn request(received: &Received, to: &Url) -> HttpRequest {
    let query = received.target().split_once('?').map(|(_, query)| query);
    let mut url = to[..Position::AfterPath].to_owned();
    if to.path() == "/" {
        url.truncate(to[..Position::BeforePath].len());
        url += received.path();
    }
    for (query, sign) in [to.query(), query].into_iter().flatten().zip(['?', '&']) {
        url.push(sign);
        url += query;
    }
    let sent = |name: &String| !NOT_SENT.iter().any(|own| name.eq_ignore_ascii_case(own));
    HttpRequest {
        method: received.method.clone(),
        headers: received.headers.iter().filter(|(name, _)| sent(name)).cloned().collect(),
        body: received.body.0.clone(),
        ..HttpRequest::get(url, BUDGET)
    }
}

#[cfg(test)]
mod tests {
    use super::super::received::Bytes;
    use super::*;

    #[test]
    fn a_request_goes_to_the_other_server_with_its_path_unless_that_has_one() {
        let rows = [
            ("http://h:9000", "/route?key=%22", "http://h:9000/route?key=%22"),
            ("http://h:9000/", "/route", "http://h:9000/route"),
            ("https://u:p@h/other", "/route?a=1", "https://u:p@h/other?a=1"),
            ("http://h/other?x=y#z", "/route?a=1", "http://h/other?x=y&a=1"),
            ("http://h?x=y", "/route", "http://h/route?x=y"),
        ];
        for (to, target, url) in rows {
            let received = Received {
                received: jiff::Timestamp::UNIX_EPOCH,
                method: "POST".to_owned(),
                url: format!("http://127.0.0.1:8000{target}"),
                headers: [("Host", "h"), ("Content-Type", "a/b"), ("x-own", "1"), ("content-length", "2")]
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .to_vec(),
                body: Bytes(b"ab".to_vec()),
            };
            let sent = request(&received, &read(to).expect("a URL"));
            assert_eq!((sent.url.as_str(), sent.method.as_str(), &sent.body[..]), (url, "POST", &b"ab"[..]), "{to}");
            let names: Vec<&str> = sent.headers.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["Content-Type", "x-own"]);
        }
        for wrong in ["h:9000", "ftp://h/", "", "mailto:a@b.example"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
