//! `passthru rehearse` as its users meet it: the example flows' own tests, a ladder, and what is said of mistakes.

use std::path::Path;
use std::process::{Command, Output};

/// The repository, so that paths read as in its documentation.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn rehearse(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_passthru"));
    command.arg("rehearse").args(arguments).current_dir(root()).output().expect("the binary runs")
}

fn said(output: &Output) -> String {
    [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).concat()
}

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("a file in it");
    }
    folder
}

const LINE: &str = "flow: line\nstart: ask\nnodes:\n  ask: { applet: passthru, url: 'https://crm.example/a', on: { 200: bye, else: bye } }\n  bye: { applet: hangup }\n";

#[test]
fn the_tests_of_the_example_flows_pass() {
    let output = rehearse(&["flows/"]);
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("  ok    a gold customer reaches sales"), "{said}");
    let last = said.lines().last().unwrap_or_default();
    assert!(last.ends_with(" passed, 0 failed") && !last.starts_with('0'), "{said}");
    for flow in std::fs::read_dir(root().join("flows")).expect("the examples").filter_map(Result::ok) {
        let name = flow.file_name().to_string_lossy().into_owned();
        let tests = format!("flows/{}.test.yaml", name.split('.').next().unwrap_or_default());
        assert!(said.contains(&tests), "{name} has no tests");
    }
}

#[test]
fn a_flow_prints_its_ladder() {
    let web = "https://crm.example/route=302";
    let arguments = ["flows/front-desk.yaml", "--caller", "+919900000007", "--press", "1", "--web", web];
    let output = rehearse(&[&arguments[..], &["--answer", "support=after:4s"]].concat());
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    for line in
        ["menu -> 1", "CallFrom=09900000007", "web > switch      302", "ask -> else", "support > switch  200 INVITE"]
    {
        assert!(said.contains(line), "{line} is not in\n{said}");
    }
    assert!(said.contains("note: no site answers for https://crm.example/calls"), "{said}");
}

#[test]
fn a_bot_plays_the_part_that_it_is_given() {
    let bot = "wss://bot.example/ws=says:2s closes:1011@5s";
    let output = rehearse(&["flows/assistant.yaml", "--bot", bot]);
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    for line in ["wss://bot.example/ws?lang=en ended: the connection was closed with 1011", "talk -> failed"] {
        assert!(said.contains(line), "{line} is not in\n{said}");
    }
}

#[test]
fn a_failed_test_says_what_differs_and_fails_the_command() {
    let test =
        "tests: [{ name: it ends otherwise, web: { 'https://crm.example/a': 404 }, expect: { exits: { ask: 200 } } }]";
    let folder = folder(&[("line.yaml", LINE), ("line.test.yaml", test)]);
    let output = rehearse(&[&folder.path().display().to_string()]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("FAIL  it ends otherwise"), "{said}");
    assert!(said.contains("`ask` was to be left by `200`, and was left by `else`"), "{said}");
    assert!(said.contains("web > switch      404"), "the ladder is shown: {said}");
    assert!(said.ends_with("0 passed, 1 failed\n"), "{said}");
}

#[test]
fn mistakes_are_named_with_their_place_and_the_next_step() {
    let folder = folder(&[
        ("line.yaml", LINE),
        ("broken.yaml", "flow: broken\nstart: a\nnodes: { a: { applet: hangpu } }"),
        ("typo.test.yaml", "flow: line.yaml\ntests: [{ name: x, webb: {}, expect: {} }]"),
        ("empty.test.yaml", "flow: line.yaml\ntests: []"),
        ("silent.test.yaml", "flow: line.yaml\ntests: [{ name: x, expect: {} }]"),
        ("alone.test.yaml", "tests: [{ name: x, expect: { steps: [bye] } }]"),
        ("notes.txt", ""),
    ]);
    let rows = [
        ("broken.yaml", "did you mean `hangup`?"),
        ("typo.test.yaml", "did you mean `web`?"),
        ("empty.test.yaml", "it holds no tests"),
        ("silent.test.yaml", "`x` expects nothing: give it steps, exits, requests, bots or a cause"),
        ("alone.test.yaml", "there is no alone.yaml beside it; name the file with `flow:`"),
        ("gone.yaml", "hint: check the path"),
    ];
    for (file, expected) in rows {
        let output = rehearse(&[&folder.path().join(file).display().to_string()]);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(1), "{file}: {said}");
        assert!(said.contains(expected) && said.contains(file), "{file}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[test]
fn arguments_that_cannot_be_read_are_refused_with_what_can_be_written() {
    let rows = [
        (["--press", "x"], "there are 0 to 9, *, # and A to D"),
        (["--web", "https://crm.example/a"], "has no `=`"),
        (["--web", "https://crm.example/a=later"], "write 200, 200:body"),
        (["--answer", "sales=never"], "write after:4s"),
        (["--bot", "wss://bot.example/ws=sings"], "write echoes, says:3s@1s"),
        (["--caller", "a b"], "in a number or name"),
        (["--hang-up", "soon"], "write 5s, 800ms, 1m, 2h, 1d or 5"),
    ];
    for (arguments, expected) in rows {
        let output = rehearse(&[&["flows/front-desk.yaml"], &arguments[..]].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(said(&output).contains(expected), "{arguments:?}: {}", said(&output));
    }
}
