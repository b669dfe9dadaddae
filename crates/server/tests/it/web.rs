//! A user's application, as small as it can be: answers by path, and keeps what it was asked.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::server::DEADLINE;

/// A listening application.
pub(crate) struct Web {
    pub(crate) address: SocketAddr,
    asked: Receiver<String>,
}

impl Web {
    /// Answers each request target that begins with one of these paths by that status and body; 404 to others.
    pub(crate) fn answers(rules: &[(&str, u16, &str)]) -> Self {
        Self::at("127.0.0.1:0".parse().expect("an address"), rules)
    }

    /// The same at a chosen address.
    pub(crate) fn at(address: SocketAddr, rules: &[(&str, u16, &str)]) -> Self {
        let owned = |(path, status, body): &(&str, u16, &str)| ((*path).to_owned(), *status, body.as_bytes().to_vec());
        Self::serve(address, rules.iter().map(owned).collect())
    }

    /// Answers that path by a file.
    pub(crate) fn has(path: &str, file: Vec<u8>) -> Self {
        Self::serve("127.0.0.1:0".parse().expect("an address"), vec![(path.to_owned(), 200, file)])
    }

    fn serve(address: SocketAddr, rules: Vec<Rule>) -> Self {
        let listener = TcpListener::bind(address).expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (sender, asked) = sync_channel(10_000);
        let rules = Arc::new(rules);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (sender, rules) = (sender.clone(), rules.clone());
                std::thread::spawn(move || serve(stream, &rules, &sender));
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

/// A path, and the status and body that it is answered by.
type Rule = (String, u16, Vec<u8>);

fn serve(stream: TcpStream, rules: &[Rule], asked: &SyncSender<String>) {
    let mut writer = stream.try_clone().expect("a second handle");
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    while let Some(line) = lines.next() {
        let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
        while lines.next().is_some_and(|header| !header.is_empty()) {}
        let rule = rules.iter().find(|(path, ..)| target.starts_with(path));
        let (status, body) = rule.map_or((404, &b""[..]), |(_, status, body)| (*status, body));
        let kind = match body {
            [b'{', ..] => "application/json",
            [b'R', b'I', b'F', b'F', ..] => "audio/wav",
            _ => "text/plain",
        };
        let length = body.len();
        let head = format!("HTTP/1.1 {status} Said\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n");
        asked.send(target).expect("the test reads");
        let body = if line.starts_with("HEAD ") { &[] } else { body };
        if writer.write_all(&[head.as_bytes(), body].concat()).is_err() {
            return;
        }
    }
}
