//! The HTTP client against `data/hostile.txt`: peers that answer slowly, endlessly, brokenly or not at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::web::{Web, head, local_fetcher};
use model::{HttpOutcome, HttpRequest};
use server::clock;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

const TABLE: &str = include_str!("data/hostile.txt");

/// Rows that the table has at least, so that a broken reader cannot pass by reading none.
const ROWS_MIN: usize = 80;

/// Past the budget: a second for the body, and what a busy machine takes.
const SLACK: Duration = Duration::from_secs(4);

/// Bytes that a peer may be able to send before the client closes: what it reads, and what the buffers of two sockets hold.
const SENT_MAX: usize = 16 * 1024 * 1024;

struct Row<'a> {
    line: &'a str,
    verdict: &'a str,
    budget: Duration,
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
enum Step {
    Read,
    Send(Vec<u8>),
    Wait(Duration),
    Drip(Duration, Vec<u8>),
    Flood(Vec<u8>),
    Hold,
    Close,
}

fn rows() -> Vec<Row<'static>> {
    let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (head, steps) = line.split_once(" | ").unwrap();
            let (verdict, budget) = head.split_once(' ').unwrap();
            Row { line, verdict, budget: Duration::from_millis(budget.parse().unwrap()), steps: steps_of(steps) }
        })
        .collect()
}

fn steps_of(text: &str) -> Vec<Step> {
    let mut words = words(text).into_iter();
    let mut steps = Vec::new();
    while let Some(word) = words.next() {
        let time = |word: String| Duration::from_millis(word.parse().unwrap());
        steps.push(match word.as_str() {
            "read" => Step::Read,
            "hold" => Step::Hold,
            "close" => Step::Close,
            "wait" => Step::Wait(time(words.next().unwrap())),
            "drip" => {
                let every = time(words.next().unwrap());
                Step::Drip(every, bytes(&words.next().unwrap()))
            }
            "flood" => Step::Flood(bytes(&words.next().unwrap())),
            word => match word.split_once("*\"") {
                Some((times, text)) => Step::Send(bytes(&format!("\"{text}")).repeat(times.parse().unwrap())),
                None => Step::Send(bytes(word)),
            },
        });
    }
    steps
}

/// Words with spaces between them, but for those in quotes.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut quoted, mut escaped) = (vec![String::new()], false, false);
    for c in text.chars() {
        let last = words.last_mut().unwrap();
        match c {
            ' ' if !quoted => words.push(String::new()),
            _ => last.push(c),
        }
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
    }
    words
}

fn bytes(quoted: &str) -> Vec<u8> {
    let text = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_else(|| panic!("{quoted}"));
    let (mut bytes, mut rest) = (Vec::new(), text.bytes());
    while let Some(byte) = rest.next() {
        let byte = match byte {
            b'\\' => match rest.next().unwrap() {
                b'r' => b'\r',
                b'n' => b'\n',
                b'0' => 0,
                b'x' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                other => other,
            },
            byte => byte,
        };
        bytes.push(byte);
    }
    bytes
}

/// Does what the row says; counts the bytes that went out.
async fn play(steps: &[Step], mut stream: TcpStream, sent: &AtomicUsize) {
    for step in steps {
        let done = match step {
            Step::Read => head(&mut stream).await.is_some(),
            Step::Send(bytes) => send(&mut stream, bytes, sent).await,
            Step::Wait(time) => {
                let mut tick = tokio::time::interval_at((clock::now().at + *time).into(), *time);
                tick.tick().await;
                true
            }
            Step::Drip(every, bytes) => {
                let mut tick = tokio::time::interval(*every);
                let mut open = true;
                for byte in bytes.chunks(1) {
                    tick.tick().await;
                    open = open && send(&mut stream, byte, sent).await;
                }
                open
            }
            Step::Flood(bytes) => {
                let piece = bytes.repeat(4_096 / bytes.len() + 1);
                while send(&mut stream, &piece, sent).await {}
                false
            }
            Step::Hold => {
                while head(&mut stream).await.is_some() {}
                false
            }
            Step::Close => false,
        };
        if !done {
            return;
        }
    }
}

async fn send(stream: &mut TcpStream, bytes: &[u8], sent: &AtomicUsize) -> bool {
    sent.fetch_add(bytes.len(), Ordering::Relaxed);
    stream.write_all(bytes).await.is_ok()
}

fn verdict(outcome: &HttpOutcome) -> String {
    match outcome {
        HttpOutcome::Failed(failure) => failure.word().to_owned(),
        HttpOutcome::Answered(answer) if answer.status != 200 && answer.body.is_empty() => answer.status.to_string(),
        HttpOutcome::Answered(answer) => {
            format!("{}+{}{}", answer.status, answer.body.len(), if answer.truncated { "..." } else { "" })
        }
    }
}

/// What is wrong with what a row came to.
async fn judge(row: Row<'static>) -> Option<String> {
    let sent = Arc::new(AtomicUsize::new(0));
    let (steps, counted) = (row.steps.clone(), Arc::clone(&sent));
    let web = Web::open(move |_, stream| {
        let (steps, sent) = (steps.clone(), Arc::clone(&counted));
        async move { play(&steps, stream, &sent).await }
    })
    .await;
    let start = clock::now();
    let outcome = local_fetcher().fetch(HttpRequest::get(web.url("/route"), row.budget)).await;
    let (found, took, sent) = (verdict(&outcome), clock::now().since(start.at), sent.load(Ordering::Relaxed));
    let wanted = row.verdict.trim_end_matches("+0");
    let right = found.trim_end_matches("+0") == wanted && took <= row.budget + SLACK && sent <= SENT_MAX;
    (!right).then(|| format!("{}\n    came to {found} after {took:?}, {sent} bytes sent: {outcome:?}", row.line))
}

#[tokio::test]
async fn every_answer_comes_to_what_its_row_says_in_time_and_in_bounds() {
    let rows = rows();
    assert!(rows.len() >= ROWS_MIN, "{} rows", rows.len());
    let judged: Vec<_> = rows.into_iter().map(|row| tokio::spawn(judge(row))).collect();
    let mut wrong = Vec::new();
    for judged in judged {
        wrong.extend(judged.await.unwrap());
    }
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
}
