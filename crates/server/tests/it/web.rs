//! A user's application, as small as it can be: answers by path, and keeps what it was asked.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::server::DEADLINE;

/// A listening application.
pub(crate) struct Web {
    pub(crate) address: SocketAddr,
    asked: Receiver<String>,
}

impl Web {
    /// Answers each request target that begins with one of these paths by that status and body; 404 to others.
    pub(crate) fn answers(rules: &'static [(&'static str, u16, &'static str)]) -> Self {
        Self::at("127.0.0.1:0".parse().expect("an address"), rules)
    }

    /// The same at a chosen address.
    pub(crate) fn at(address: SocketAddr, rules: &'static [(&'static str, u16, &'static str)]) -> Self {
        let listener = TcpListener::bind(address).expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (sender, asked) = sync_channel(10_000);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let sender = sender.clone();
                std::thread::spawn(move || serve(stream, rules, &sender));
            }
        });
        Self { address, asked }
    }

    /// The URL of a path of it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The next request target that it was asked.
    pub(crate) fn next(&self) -> String {
        self.asked.recv_timeout(DEADLINE).expect("a request")
    }
}

fn serve(stream: TcpStream, rules: &[(&str, u16, &str)], asked: &SyncSender<String>) {
    let mut writer = stream.try_clone().expect("a second handle");
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    while let Some(line) = lines.next() {
        let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
        while lines.next().is_some_and(|header| !header.is_empty()) {}
        let rule = rules.iter().find(|(path, ..)| target.starts_with(path));
        let (status, body) = rule.map_or((404, ""), |(_, status, body)| (*status, *body));
        let kind = if body.starts_with('{') { "application/json" } else { "text/plain" };
        let answer =
            format!("HTTP/1.1 {status} Said\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        asked.send(target).expect("the test reads");
        if writer.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
