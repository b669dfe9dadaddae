//! The project's own checks and generators. `cargo xtask check` prints what it looked at, and one line a fault; `cargo xtask
//! codegen` writes the applets' pages, the schemas, and the client in TypeScript.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a command line tool")]

mod causes;
mod codegen;
mod fields;
mod floors;
mod purity;
mod tidy;
mod typescript;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};

fn main() -> Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").to_owned();
    match std::env::args().nth(1).as_deref() {
        Some("check") => check(&root),
        Some("codegen") => {
            for file in codegen::write(&root)? {
                println!("{}", file.display());
            }
            Ok(ExitCode::SUCCESS)
        }
        _ => bail!("usage: cargo xtask check | codegen"),
    }
}

fn check(root: &Path) -> Result<ExitCode> {
    let mut faults = Vec::new();
    let packages = floors::packages(root)?;
    println!("floors: {} crates", packages.len());
    faults.extend(floors::check(&packages));
    println!("purity: {}", purity::PURE.join(", "));
    faults.extend(purity::check(root, &packages)?);
    let files = rust_files(root)?;
    println!("tidy: {} files", files.len());
    faults.extend(tidy::check(root, &files)?);
    println!("{}", purity::wasm(root)?);
    for fault in &faults {
        println!("fault: {fault}");
    }
    println!("{} faults", faults.len());
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Every Rust file of the workspace, in order.
fn rust_files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![root.join("crates"), root.join("xtask"), root.join("fuzz")];
    while let Some(folder) = folders.pop() {
        if !folder.is_dir() || folder.ends_with("target") {
            continue;
        }
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
