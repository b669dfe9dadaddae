//! The address guard against `data/ssrf.txt`: every notation of every address that a callout must not reach.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use crate::web::{Names, Web};
use model::{HttpFailure, HttpOutcome, HttpRequest};
use server::fetch::{FetchConfig, Fetcher};

const TABLE: &str = include_str!("data/ssrf.txt");

/// Rows that the table has at least, so that a broken reader cannot pass by reading none.
const ROWS_MIN: usize = 350;

struct Row<'a> {
    verdict: &'a str,
    url: &'a str,
    to: Vec<&'a str>,
    allow: Vec<&'a str>,
    own: Vec<SocketAddr>,
    at: Vec<SocketAddr>,
}

fn rows() -> Vec<Row<'static>> {
    let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let mut words = line.split(' ');
            let mut row = Row {
                verdict: words.next().unwrap(),
                url: words.next().unwrap(),
                to: vec![],
                allow: vec![],
                own: vec![],
                at: vec![],
            };
            for word in words {
                let (key, list) = word.split_once('=').unwrap();
                match key {
                    "to" => row.to = list.split(',').collect(),
                    "allow" => row.allow = list.split(',').collect(),
                    "own" => row.own = list.split(',').map(|own| own.parse().unwrap()).collect(),
                    "at" => row.at = list.split(',').map(|at| at.parse().unwrap()).collect(),
                    other => panic!("{other}= is not known: {line}"),
                }
            }
            row
        })
        .collect()
}

fn fetcher(row: &Row<'_>) -> Fetcher {
    let config = FetchConfig {
        allow: row.allow.iter().map(|net| net.parse().unwrap()).collect(),
        own_listeners: row.own.clone(),
        resolver: Names::always(&row.to),
        ..FetchConfig::default()
    };
    Fetcher::new(config).unwrap()
}

#[tokio::test]
async fn every_row_of_the_table_is_judged_as_it_says() {
    let rows = rows();
    assert!(rows.len() >= ROWS_MIN, "{} rows", rows.len());
    let mut wrong = Vec::new();
    for row in &rows {
        let judged = fetcher(row).judge(row.url).await;
        let right = match row.verdict {
            "open" => !row.at.is_empty() && judged.as_ref() == Ok(&row.at),
            "forbidden" => matches!(judged, Err(HttpFailure::Forbidden(_))),
            "bad" => matches!(judged, Err(HttpFailure::BadUrl(_))),
            other => panic!("no such verdict: {other}"),
        };
        if !right {
            wrong.push(format!("{} {}: {judged:?}", row.verdict, row.url));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn a_request_is_judged_like_its_url() {
    for row in rows().iter().filter(|row| row.verdict != "open") {
        let outcome = fetcher(row).fetch(HttpRequest::get(row.url, Duration::from_secs(5))).await;
        let HttpOutcome::Failed(failure) = outcome else { panic!("{}: {outcome:?}", row.url) };
        match failure {
            HttpFailure::Forbidden(text) => assert!(text.contains("`[callout] allow`"), "{text}"),
            HttpFailure::BadUrl(_) => {}
            other => panic!("{}: {other}", row.url),
        }
    }
}

/// Tells a child of this test what to fetch.
const CHILD: &str = "PASSTHRU_TEST_FETCH";

#[tokio::test]
async fn proxies_of_the_environment_are_ignored() {
    if let Ok(url) = std::env::var(CHILD) {
        let outcome = crate::web::local_fetcher().fetch(HttpRequest::get(url, Duration::from_secs(20))).await;
        assert_eq!(outcome.status(), Some(200));
        return;
    }
    const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let (wanted, proxy) = (Web::says(OK).await, Web::says(OK).await);
    // The variables count for a whole process, so one of its own has them.
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "ssrf::proxies_of_the_environment_are_ignored"]).env(CHILD, wanted.url("/"));
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        child.env(name, proxy.url("/"));
    }
    let ran = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
    assert_eq!((wanted.accepts(), proxy.accepts()), (1, 0));
}
