//! What a callout costs: requests a second over kept connections on loopback, client and server in this process.
//!
//! `cargo run --release -p passthru-server --example fetch_cost`

use std::sync::Arc;
use std::time::Duration;

use model::HttpRequest;
use server::clock;
use server::fetch::{FetchConfig, Fetcher};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const REQUESTS: usize = 100_000;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "it is a program that prints a table")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/route?CallSid=0123456789abcdef&CallFrom=%2B919900000001", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    let config = FetchConfig { allow: vec!["127.0.0.0/8".parse()?], ..FetchConfig::default() };
    let fetcher = Arc::new(Fetcher::new(config)?);
    for callers in [1, 16, 64] {
        let start = clock::now().at;
        let mut running = JoinSet::new();
        for _ in 0..callers {
            let (fetcher, url) = (Arc::clone(&fetcher), url.clone());
            running.spawn(async move {
                for _ in 0..REQUESTS / callers {
                    let outcome = fetcher.fetch(HttpRequest::get(url.as_str(), Duration::from_secs(5))).await;
                    assert_eq!(outcome.status(), Some(200), "{outcome:?}");
                }
            });
        }
        while let Some(caller) = running.join_next().await {
            caller?;
        }
        let took = clock::now().since(start);
        println!("{callers:3} callers: {:7.0} requests/s", REQUESTS as f64 / took.as_secs_f64());
    }
    Ok(())
}

async fn serve(mut stream: TcpStream) {
    let mut buffer = [0; 4096];
    while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
        if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.is_err() {
            return;
        }
    }
}
