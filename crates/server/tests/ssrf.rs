//! The address guard against `data/ssrf.txt`: every notation of every address that a callout must not reach.
#![allow(clippy::unwrap_used, reason = "a test says so by failing")]

mod web;

use std::net::SocketAddr;
use std::time::Duration;

use model::{HttpFailure, HttpOutcome, HttpRequest};
use server::fetch::{FetchConfig, Fetcher};
use web::Names;

const TABLE: &str = include_str!("data/ssrf.txt");

/// Rows that the table has at least, so that a broken reader cannot pass by reading none.
const ROWS_MIN: usize = 200;

struct Row<'a> {
    verdict: &'a str,
    url: &'a str,
    to: Vec<&'a str>,
    allow: Vec<&'a str>,
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
                at: vec![],
            };
            for word in words {
                let (key, list) = word.split_once('=').unwrap();
                match key {
                    "to" => row.to = list.split(',').collect(),
                    "allow" => row.allow = list.split(',').collect(),
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
