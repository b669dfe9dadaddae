//! `passthru check-flow`: what is wrong with flow documents, without running them.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};

use crate::config::Config;
use crate::numbering::Account;
use crate::publish;

/// Compiles each document, those of folders included. The text names what is good; the error is all that is not.
pub fn flows(paths: &[PathBuf], config: &Config) -> Result<String> {
    let catalogue = applets::catalogue(Account::new(config).profile().clone());
    let (mut report, mut refusals) = (String::new(), String::new());
    for path in paths {
        let documents = if path.is_dir() { publish::documents(path) } else { vec![path.clone()] };
        ensure!(!documents.is_empty(), "{}: no flow documents (.yaml, .yml, .json) here", path.display());
        for document in documents {
            let text = std::fs::read_to_string(&document).with_context(|| document.display().to_string())?;
            let (program, diagnostics) = flow::compile(&text, &catalogue, 1);
            let out = if program.is_some() { &mut report } else { &mut refusals };
            if diagnostics.is_empty() {
                writeln!(out, "{}: good", document.display())?;
            } else {
                writeln!(out, "{}", publish::refusal(&document, &diagnostics))?;
            }
        }
    }
    if refusals.is_empty() { Ok(report) } else { bail!("these flows cannot run\n{refusals}") }
}
