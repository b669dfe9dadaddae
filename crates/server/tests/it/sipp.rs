//! SIPp (Debian's sip-tester) as caller and as agent, by scenario files beside this one.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tempfile::NamedTempFile;

use crate::server::free_port;

/// A run of SIPp.
pub(crate) struct Sipp {
    command: Command,
    scenario: String,
    /// What it says of a call that went otherwise than written.
    errors: NamedTempFile,
}

/// A SIPp that runs until this is dropped.
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Sipp {
    /// A caller that dials a number.
    pub(crate) fn calls(server: SocketAddr, number: &str, scenario: &str) -> Self {
        let mut sipp = Self::new(scenario, server.ip());
        sipp.command.arg(server.to_string()).args(["-s", number]);
        sipp
    }

    /// An agent that is called at a port, beside the test, and sends back the audio that it hears. `join` what it gives.
    pub(crate) fn agent(port: u16, scenario: &str) -> std::thread::JoinHandle<()> {
        Self::answers((Ipv4Addr::LOCALHOST, port).into(), scenario, &["-rtp_echo"])
    }

    /// An agent that is called at an address, with further arguments.
    pub(crate) fn answers(at: SocketAddr, scenario: &str, arguments: &[&str]) -> std::thread::JoinHandle<()> {
        let mut sipp = Self::new(scenario, at.ip()).with(arguments);
        sipp.command.args(["-p", &at.port().to_string()]);
        std::thread::spawn(move || sipp.run())
    }

    fn new(scenario: &str, ip: IpAddr) -> Self {
        let mut command = Command::new("sipp");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sipp");
        command.current_dir(&folder).args(["-sf", &format!("{scenario}.xml")]);
        command.args(["-i", &ip.to_string(), "-nostdin", "-timeout", "25s", "-timeout_error", "-m", "1", "-trace_err"]);
        let errors = NamedTempFile::new().expect("a temporary file");
        command.arg("-error_file").arg(errors.path());
        Self { command, scenario: scenario.to_owned(), errors }
    }

    /// Further arguments; a later `-m` wins over the one call that is the rule.
    pub(crate) fn with(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    /// Runs to the end. Every call must go by the scenario.
    pub(crate) fn run(mut self) {
        let output = self.command.args(["-mp", &free_port().to_string()]).stdin(Stdio::null()).output();
        self.check(&output.expect("sipp is installed: scripts/install test"));
    }

    /// Runs until it is dropped, however its calls go.
    pub(crate) fn start(mut self) -> Running {
        self.command.args(["-mp", &free_port().to_string()]);
        let child = self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Running(child.expect("sipp is installed: scripts/install test"))
    }

    fn check(&self, output: &Output) {
        let screen = String::from_utf8_lossy(&output.stdout);
        let errors = std::fs::read_to_string(self.errors.path()).unwrap_or_default();
        assert!(output.status.success(), "sipp {}: {}\n{screen}\n{errors}", self.scenario, output.status);
    }
}
