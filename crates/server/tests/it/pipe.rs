//! Commands whose output nobody reads to its end, as in `passthru check --list | head -1`: they end quietly.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use server::output::NOBODY_READS;

use crate::server::free_port;

fn passthru(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_passthru"));
    command.args(arguments).stdin(Stdio::null());
    command
}

#[test]
fn a_command_ends_quietly_when_the_reader_of_its_output_has_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let (kept, flow) = (folder.path().join("calls.jsonl"), folder.path().join("bye.yaml"));
    let line = r#"{"received":"2026-11-24T04:30:00Z","method":"GET","url":"http://h/a","headers":[]}"#;
    std::fs::write(&kept, format!("{line}\n{line}\n")).expect("written");
    std::fs::write(&flow, "flow: bye\nstart: end\nnodes:\n  end: { applet: hangup }\n").expect("written");
    let (kept, flow) = (kept.to_str().expect("text"), flow.to_str().expect("text"));
    let nobody = format!("http://127.0.0.1:{}/", free_port());
    let rows: [&[&str]; 8] = [
        &["check", "--json", "--scenario", "busy", &nobody],
        &["check", &nobody],
        &["check", "--list"],
        &["listen", "--replay", kept, "--to", &nobody],
        &["listen", "--port", "0"],
        &["check-flow", flow],
        &["rehearse", flow],
        &["print-config"],
    ];
    for arguments in rows {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = passthru(arguments).stdout(writer).stderr(Stdio::piped()).output().expect("it runs");
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*err), (Some(NOBODY_READS), ""), "{arguments:?}");
    }
}

#[test]
fn a_listener_ends_with_its_reader() {
    let mut child =
        passthru(&["listen", "--port", "0"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    out.read_line(&mut line).expect("its first line");
    drop(out);
    let url = line.strip_prefix("listening on ").and_then(|rest| rest.split_once(';')).expect("where it listens").0;
    // What it was asked is what it cannot say any more.
    Command::new("curl")
        .args(["-sS", "--max-time", "60", url])
        .output()
        .expect("curl is installed: scripts/install test");
    let status = child.wait().expect("it ends");
    let mut err = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut err).expect("text");
    assert_eq!((status.code(), err.as_str()), (Some(NOBODY_READS), ""));
}

#[test]
fn output_that_cannot_be_written_is_one_clear_line() {
    let full = OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let output = passthru(&["print-config"]).stdout(full).stderr(Stdio::piped()).output().expect("it runs");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert!(err.starts_with("passthru: stdout cannot be written: ") && err.lines().count() == 1, "{err}");
}
