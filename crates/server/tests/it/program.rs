//! Receivers in other languages, as users write them: started, asked by a real call, and what they understood.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::server::{DEADLINE, free_port};

/// Where `scripts/install test` puts what comes from PyPI and npm.
pub(crate) fn installed(program: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/programs").join(program);
    assert!(path.exists(), "{} is missing: scripts/install test", path.display());
    path
}

/// Where the sources of receivers and clients are.
pub(crate) fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/programs").join(name)
}

/// A running receiver.
pub(crate) struct Receiver {
    child: Child,
    port: u16,
    told: tempfile::NamedTempFile,
}

impl Receiver {
    pub(crate) fn php() -> Self {
        Self::start(|port| {
            let mut php = Command::new("php");
            php.args(["-d", "variables_order=EGPCS", "-S", &format!("127.0.0.1:{port}")]).arg(source("receiver.php"));
            php
        })
    }

    pub(crate) fn flask() -> Self {
        Self::python("flask_receiver.py")
    }

    /// The handler that is written from the public article alone.
    pub(crate) fn seed() -> Self {
        Self::python("seed_handler.py")
    }

    /// A bot in pipecat, which gives back what it hears.
    pub(crate) fn pipecat() -> Self {
        Self::python("pipecat_bot.py")
    }

    /// A bot that is written from the published examples of messages alone.
    pub(crate) fn examples() -> Self {
        Self::python("examples_bot.py")
    }

    pub(crate) fn express() -> Self {
        Self::start(|port| {
            let mut node = Command::new("node");
            node.arg(source("express_receiver.js")).arg(port.to_string()).env("NODE_PATH", installed("node_modules"));
            node
        })
    }

    fn python(name: &str) -> Self {
        Self::start(|port| {
            let mut python = Command::new(installed("python/bin/python"));
            python.arg(source(name)).arg(port.to_string());
            python
        })
    }

    fn start(program: impl Fn(u16) -> Command) -> Self {
        let (port, told) = (free_port(), tempfile::NamedTempFile::new().expect("a file"));
        let mut command = program(port);
        command.env("TOLD", told.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("it is installed: scripts/install test");
        let mut receiver = Self { child, port, told };
        let end = Instant::now() + DEADLINE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let runs = receiver.child.try_wait().is_ok_and(|status| status.is_none());
            assert!(runs && Instant::now() < end, "the receiver never listened: {command:?}");
            std::thread::park_timeout(Duration::from_millis(50));
        }
        receiver
    }

    /// The URL that it is told at.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/calls", self.port)
    }

    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The first calls that it was told of, as it understood them.
    pub(crate) fn told(&self, count: usize) -> Vec<Value> {
        let end = Instant::now() + DEADLINE;
        loop {
            let text = fs::read_to_string(self.told.path()).expect("its file");
            let whole = text.rfind('\n').map_or("", |end| &text[..end]);
            if whole.lines().count() >= count {
                return whole.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
            }
            assert!(Instant::now() < end, "it was told: {text}");
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
