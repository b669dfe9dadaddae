//! The example flows of the repository, compiled; one of them walked from end to end.

use std::fs;
use std::path::Path;
use std::time::Instant;

use exotel::passthru::Profile;
use flow::ledger::Ledger;
use flow::{Event, compile};
use model::DialStatus;

fn flows() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../flows");
    let mut flows: Vec<(String, String)> = fs::read_dir(folder)
        .expect("the repository has flows")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .filter(|path| !path.to_string_lossy().ends_with(".test.yaml"))
        .map(|path| (path.to_string_lossy().into_owned(), fs::read_to_string(&path).expect("it is text")))
        .collect();
    flows.sort();
    flows
}

#[test]
fn every_example_compiles_without_a_word() {
    let catalogue = applets::catalogue(Profile::default());
    let flows = flows();
    assert!(flows.len() >= 4);
    for (path, text) in flows {
        let (program, diagnostics) = compile(&text, &catalogue, 1);
        let diagnostics: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
        assert!(diagnostics.is_empty(), "{path}:\n{}", diagnostics.join("\n"));
        let program = program.expect("without diagnostics there is a program");
        assert!(path.ends_with(&format!("{}.yaml", program.name())), "{path} is named like its flow");
    }
}

/// The last word of each line that tells of a node: where the call has been.
fn nodes(lines: Vec<String>) -> Vec<String> {
    lines.iter().filter_map(|line| line.strip_prefix("at ")).map(str::to_owned).collect()
}

#[test]
fn a_call_walks_the_front_desk() {
    let (_, text) = flows().into_iter().find(|(path, _)| path.ends_with("front-desk.yaml")).expect("the issue's flow");
    let catalogue = applets::catalogue(Profile::default());
    #[expect(clippy::disallowed_methods, reason = "there is no other way to make an Instant; it is not looked at")]
    let mut call = Ledger::new(&text, &catalogue, Instant::now());
    assert_eq!(nodes(call.start()), ["hello"]);
    call.event(Event::Answered);
    assert_eq!(nodes(call.played(1)), ["menu"]);
    assert_eq!(nodes(call.press("9")), ["menu"]);
    let asked = call.press("1");
    assert!(asked.last().expect("the URL is asked").contains("&digits=%221%22 within 5s"), "{asked:?}");
    assert_eq!(nodes(asked), ["ask"]);
    assert_eq!(nodes(call.answered(4, 200, r#"{"select":"gold"}"#)), ["pick", "vip", "sales"]);
    assert_eq!(nodes(call.dialled(5, DialStatus::NoAnswer, true)), ["support"]);
    assert_eq!(nodes(call.hangs_up()), [""; 0]);
    let report = call.dialled(6, DialStatus::Completed, true);
    assert!(report.last().expect("it is reported").contains("&DialCallStatus=completed&"), "{report:?}");
    assert_eq!(call.committed(7, None), ["left by next", "at bye", "hang up NORMAL_CLEARING (16)"]);
    assert!(call.run().is_over());
}
