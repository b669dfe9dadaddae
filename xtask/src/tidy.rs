//! House rules that a machine can see: size, names, front matter, sleeping tests.

use std::path::{Path, PathBuf};

use anyhow::Result;

/// Lines of a file before its tests.
const LINES: usize = 700;

/// Names that say nothing: a thing lives with its noun.
const NAMELESS: &[&str] = &["utils", "util", "common", "helpers", "misc", "shared"];

/// A line a fault.
pub(crate) fn check(root: &Path, files: &[PathBuf]) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for file in files {
        let shown = file.strip_prefix(root)?.display().to_string();
        let text = std::fs::read_to_string(file)?;
        let lines = before_tests(&text).count();
        if lines > LINES && !shown.contains("/tests/") {
            faults.push(format!("{shown}: {lines} lines before tests, at most {LINES}"));
        }
        if !text.starts_with("//!") {
            faults.push(format!("{shown}: does not begin with what it is (`//! …`)"));
        }
        if file.iter().filter_map(|part| part.to_str()).any(|part| NAMELESS.contains(&part.trim_end_matches(".rs"))) {
            faults.push(format!("{shown}: its name says nothing"));
        }
        // Written in two parts so that this file does not find itself.
        if text.contains(concat!("thread::", "sleep"))
            || text.contains(concat!("time::", "sleep(")) && shown.contains("/tests/")
        {
            faults.push(format!("{shown}: sleeps; wait for the event, with a deadline"));
        }
    }
    Ok(faults)
}

/// A file's lines up to its tests.
pub(crate) fn before_tests(text: &str) -> impl Iterator<Item = &str> {
    text.lines().take_while(|line| !line.starts_with("#[cfg(test)]") && !line.starts_with("#![cfg(test)]"))
}
