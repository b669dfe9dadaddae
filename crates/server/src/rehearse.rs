//! `passthru rehearse`: a flow played through without a phone, as the ladder of one conversation, or as the tests that
//! stand beside flows (`front-desk.test.yaml` beside `front-desk.yaml`).

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, anyhow, bail, ensure};
use flow::{Diagnostic, Program, read_document};
use serde::Deserialize;
use sim::{Local, Outgoing, STEPS, Scenario, Stage};

use crate::config::Config;
use crate::document::{self, TEST};
use crate::numbering::Account;

/// Tests of a flow, in a file beside it.
#[derive(Deserialize)]
struct Tests {
    /// The flow's file, beside this one; by default the one of the same name without `.test`.
    flow: Option<String>,
    /// The rehearsals.
    tests: Vec<Scenario>,
}

/// How the tests of some files came out.
#[derive(Debug, Default)]
pub struct Report {
    /// For a person: a line a test, and all about those that failed.
    pub text: String,
    /// Tests that came out as expected.
    pub passed: usize,
    /// Tests that did not.
    pub failed: usize,
}

/// Whether a path is rehearsed as tests: a folder or a test file. Any other is a flow.
pub fn is_tests(path: &Path) -> bool {
    path.is_dir() || path.file_name().is_some_and(|name| name.to_string_lossy().contains(TEST))
}

/// Plays one conversation. Yields its ladder, then what went wrong and who was missing, and whether nothing did.
pub fn flow(path: &Path, scenario: &Scenario, config: &Config) -> Result<(String, bool)> {
    let stage = stage(config)?;
    let program = program(path, &stage)?;
    let rehearsed = stage.rehearse(Arc::clone(&program), &beside(path, &program, &stage), scenario);
    let mut text = rehearsed.ladder;
    for stranger in &rehearsed.strangers {
        writeln!(text, "note: {stranger}; say what happens with --answer WHO=after:4s or --web URL=200")?;
    }
    for trouble in &rehearsed.troubles {
        writeln!(text, "trouble: {trouble}")?;
    }
    Ok((text, rehearsed.troubles.is_empty()))
}

/// Plays every test of these files and folders.
pub fn tests(paths: &[PathBuf], config: &Config) -> Result<Report> {
    let stage = stage(config)?;
    let mut report = Report::default();
    for path in paths {
        let files = if path.is_dir() { document::tests(path) } else { vec![path.clone()] };
        ensure!(!files.is_empty(), "{}: no tests here; they stand beside flows as NAME.test.yaml", path.display());
        for file in files {
            play(&file, &stage, &mut report)?;
        }
    }
    writeln!(report.text, "{} passed, {} failed", report.passed, report.failed)?;
    Ok(report)
}

fn play(file: &Path, stage: &Stage, report: &mut Report) -> Result<()> {
    let tests: Tests = read_document(&read(file)?).map_err(|diagnostics| refusal(file, &diagnostics))?;
    ensure!(!tests.tests.is_empty(), "{}: it holds no tests", file.display());
    let path = flow_beside(file, tests.flow.as_deref())?;
    let program = program(&path, stage)?;
    let beside = beside(&path, &program, stage);
    writeln!(report.text, "{}", file.display())?;
    for scenario in &tests.tests {
        if scenario.expect.is_empty() {
            bail!(
                "{}: `{}` expects nothing: give it steps, exits, requests, bots or a cause",
                file.display(),
                scenario.name
            );
        }
        let rehearsed = stage.rehearse(Arc::clone(&program), &beside, scenario);
        let differences = scenario.expect.judge(&rehearsed);
        if differences.is_empty() {
            report.passed += 1;
            writeln!(report.text, "  ok    {}", scenario.name)?;
        } else {
            report.failed += 1;
            writeln!(report.text, "  FAIL  {}", scenario.name)?;
            let all = [differences.join("\n").as_str(), &rehearsed.strangers.join("\n"), &rehearsed.ladder].join("\n");
            for line in all.lines().filter(|line| !line.is_empty()) {
                writeln!(report.text, "        {line}")?;
            }
        }
    }
    Ok(())
}

/// The flow that a test file is about.
fn flow_beside(file: &Path, named: Option<&str>) -> Result<PathBuf> {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = name.split(TEST).next().unwrap_or_default();
    let candidates = match named {
        Some(named) => vec![named.to_owned()],
        None => ["yaml", "yml", "json"].map(|ending| format!("{stem}.{ending}")).to_vec(),
    };
    let found = candidates.iter().map(|name| file.with_file_name(name)).find(|path| path.is_file());
    found.ok_or_else(|| {
        anyhow!("{}: there is no {} beside it; name the file with `flow:`", file.display(), candidates[0])
    })
}

fn program(path: &Path, stage: &Stage) -> Result<Arc<Program>> {
    let (program, diagnostics) = flow::compile(&read(path)?, &stage.catalogue, 1);
    program.map(Arc::new).ok_or_else(|| refusal(path, &diagnostics))
}

/// The flows of the same folder, if the program may go on in another. What does not compile is none.
pub(crate) fn beside(path: &Path, flow: &Program, stage: &Stage) -> Vec<Arc<Program>> {
    if flow.flows().next().is_none() {
        return Vec::new();
    }
    let documents = document::documents(path.parent().unwrap_or_else(|| Path::new("")));
    let others = documents.iter().filter_map(|other| program(other, stage).ok());
    others.filter(|other| other.name() != flow.name()).collect()
}

fn read(path: &Path) -> Result<String> {
    document::text(path).map_err(|why| anyhow!(why))
}

fn refusal(path: &Path, diagnostics: &[Diagnostic]) -> anyhow::Error {
    anyhow!(document::blocks(path, diagnostics))
}

pub(crate) fn stage(config: &Config) -> Result<Stage> {
    // A key that signs nothing but what is only rehearsed.
    let links = config.links([0; 32], config.http.listen);
    let profile = Account::new(config).with_links(links).profile().clone();
    let numbering = Local { country_code: profile.country_code.clone(), zone: profile.zone.clone() };
    let dial = config.dial.rules().map_err(|why| anyhow!(why))?;
    let groups = config.switch_groups().map_err(|why| anyhow!(why))?;
    let outgoing = Outgoing { dial, groups };
    Ok(Stage { catalogue: applets::catalogue(profile), numbering, outgoing, steps: STEPS })
}
