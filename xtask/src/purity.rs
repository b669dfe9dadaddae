//! The sans-IO line: what is left of it opens no socket, asks no clock and starts no thread. A proof, not a promise.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::floors::Package;

/// The crates left of the line.
pub(crate) const PURE: &[&str] =
    &["model", "sip", "media", "signature", "callout", "exotel", "flow", "applets", "switch", "stream", "sim"];

/// Crates that none of them may be linked with.
const BANNED_CRATES: &[&str] = &[
    "tokio",
    "mio",
    "hyper",
    "reqwest",
    "axum",
    "rusqlite",
    "tokio-postgres",
    "socket2",
    "hickory-resolver",
    "hickory-proto",
    "async-std",
    "smol",
    "polling",
];

/// Words that none of their sources may hold, and where one file is excused.
const BANNED_WORDS: &[&str] =
    &["std::net", "std::thread", "std::fs", "std::process", "std::env", "Instant::now", "SystemTime", "Timestamp::now"];

/// The rehearsal's clock needs one real instant to count virtual time from.
const EXCUSED: &str = "crates/sim/src/clock.rs";

/// A line a fault.
pub(crate) fn check(root: &Path, packages: &[Package]) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for package in packages.iter().filter(|package| PURE.contains(&package.name.as_str())) {
        let banned = BANNED_CRATES.iter().filter(|name| package.linked.contains(**name));
        faults.extend(banned.map(|name| format!("pure crate `{}` is linked with `{name}`", package.name)));
        let lib = root.join("crates").join(&package.name).join("src/lib.rs");
        let front = std::fs::read_to_string(&lib).with_context(|| lib.display().to_string())?;
        if !front.contains("#![forbid(unsafe_code)]") {
            faults.push(format!("pure crate `{}` does not forbid unsafe code", package.name));
        }
    }
    for file in crate::rust_files(root)? {
        let shown = file.strip_prefix(root)?.display().to_string();
        let pure = PURE.iter().any(|name| shown.starts_with(&format!("crates/{name}/src/")));
        if !pure || shown == EXCUSED {
            continue;
        }
        for (line, number) in crate::tidy::before_tests(&std::fs::read_to_string(&file)?).zip(1..) {
            let code = line.split("//").next().unwrap_or_default();
            let banned = BANNED_WORDS.iter().filter(|word| code.contains(**word));
            faults.extend(banned.map(|word| format!("{shown}:{number}: `{word}` in a pure crate")));
        }
    }
    Ok(faults)
}

/// Builds the pure crates for a target that has no system to ask, where that target is installed.
pub(crate) fn wasm(root: &Path) -> Result<String> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let sysroot = Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output()?;
    if !Path::new(String::from_utf8_lossy(&sysroot.stdout).trim()).is_dir() {
        return Ok(format!("{TARGET}: not installed here, its check is left out (the ban lists above are not)"));
    }
    let packages = PURE.iter().filter(|name| root.join("crates").join(name).is_dir());
    let arguments = packages.flat_map(|name| ["-p".to_owned(), format!("passthru-{name}")]);
    let status =
        Command::new(env!("CARGO")).args(["check", "--target", TARGET]).args(arguments).current_dir(root).status()?;
    ensure!(status.success(), "the pure crates do not build for {TARGET}");
    Ok(format!("{TARGET}: the pure crates build"))
}
