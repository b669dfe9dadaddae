//! The verifiers of `docs/verify`, each in its own language over all of `vectors.json`. Their runtimes are Debian's
//! (`scripts/install test`).
#![expect(clippy::print_stdout, reason = "a test that is left out says so")]

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn runner(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/runners").join(name)
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/verify").canonicalize().expect("the folder is there")
}

/// Runs a verifier over the vectors and holds what it says against what they expect. Where the runtime is not installed
/// that is said, and in CI it is a failure.
fn agrees(mut command: Command, package: &str) {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = match command.output() {
        Err(error) if error.kind() == ErrorKind::NotFound && std::env::var_os("CI").is_none() => {
            println!("left out: {program} is not installed; install it by: apt-get install {package}");
            return;
        }
        output => output.unwrap_or_else(|error| panic!("{program} (Debian's {package}): {error}")),
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{program}: {said}{}", String::from_utf8_lossy(&output.stderr));
    let vectors = fs::read_to_string(docs().join("vectors.json")).expect("readable");
    let vectors: Value = serde_json::from_str(&vectors).expect("JSON");
    let rows = vectors["rows"].as_array().expect("rows");
    assert_eq!(said.lines().count(), rows.len(), "{program}: {said}");
    for (row, said) in rows.iter().zip(said.lines()) {
        assert_eq!(said, row["expected"], "{program}: {}", row["what"]);
    }
}

#[test]
fn python_agrees() {
    let mut python = Command::new("python3");
    python.arg(runner("run.py")).arg(docs());
    agrees(python, "python3");
}

#[test]
fn node_agrees() {
    let mut node = Command::new("node");
    node.arg(runner("run.mjs")).arg(docs());
    agrees(node, "nodejs");
}

#[test]
fn php_agrees() {
    let mut php = Command::new("php");
    php.arg(runner("run.php")).arg(docs());
    agrees(php, "php-cli");
}

#[test]
fn ruby_agrees() {
    let mut ruby = Command::new("ruby");
    ruby.arg(runner("run.rb")).arg(docs());
    agrees(ruby, "ruby");
}

/// Go wants a module with the package in a folder of its own.
#[test]
fn go_agrees() {
    let module = tempfile::tempdir().expect("a folder");
    fs::create_dir(module.path().join("verify")).expect("a folder");
    fs::write(module.path().join("go.mod"), "module example.test/run\n\ngo 1.18\n").expect("written");
    fs::copy(runner("run.go"), module.path().join("run.go")).expect("copied");
    fs::copy(docs().join("verify.go"), module.path().join("verify/verify.go")).expect("copied");
    let mut go = Command::new("go");
    go.args(["run", "."]).arg(docs()).current_dir(module.path());
    // Neither another version of Go nor a module is fetched.
    go.envs([("GOTOOLCHAIN", "local"), ("GOPROXY", "off"), ("GOFLAGS", "-mod=mod")]);
    agrees(go, "golang-go");
}
