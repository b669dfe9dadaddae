//! The scenarios ask, byte for byte, what a rehearsed call asks at the same stage.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use exotel::asking::{Method, Words};
use exotel::misreading::{self, Misreading};
use exotel::passthru::{self, Profile};
use exotel::recording::{Links, VALIDITY};
use exotel::scenario::{ALL, Beginning, Scenario};
use model::{CallSid, RecordingName, StreamSid};

/// Where the golden files of whole calls are: `crates/server/tests/it/golden.rs` holds calls against them.
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../server/tests/it/golden");

const SITE: &str = "http://crm.example/calls";

/// What the rehearsal that wrote the golden files began with. The API names the call that it starts before the switch has it.
fn beginning(scenario: &Scenario) -> Beginning {
    let is_named_before = scenario.name == "api-started";
    let sid = if is_named_before { "6b0512c8000000000000000000001abo" } else { "6b0512c8000564f879d27ae3c02c1abo" };
    // Names are made in the order in which they are needed: a stream's comes before that of its recording.
    let has_stream = scenario.name == "after-voicebot";
    let recording = if has_stream { "af5cc393dc1b53bb8afa5f955df55d75" } else { "db8721dac270a99de77ea9bcaf5cc393" };
    Beginning {
        sid: CallSid::new(sid),
        recording: RecordingName::parse(recording).expect("a name"),
        stream: StreamSid::new("6b0512c800db8721dac270a99de71abo"),
        created: "2026-11-24T04:30:00Z".parse().expect("a time"),
    }
}

fn profile() -> Profile {
    let links = Links::new("http://127.0.0.1:8080", [0; 32], VALIDITY);
    Profile { recordings: Some(links), ..Profile::default() }
}

fn fields(scenario: &Scenario) -> Vec<(String, String)> {
    scenario.fields(Words::Classic, &beginning(scenario), &profile())
}

fn asked(scenario: &Scenario) -> String {
    Method::Get.request(SITE, &fields(scenario), Duration::ZERO).url
}

#[test]
fn parameters_put_into_a_request_are_those_of_a_classic_passthru_byte_for_byte() {
    for scenario in &ALL {
        let beginning = beginning(scenario);
        let url = passthru::url(SITE, &scenario.facts(&beginning), &profile(), scenario.now(&beginning));
        assert_eq!(asked(scenario), url, "{}", scenario.name);
    }
}

#[test]
fn each_scenario_asks_what_the_golden_file_of_its_name_says() {
    let mut golden: BTreeSet<String> = std::fs::read_dir(GOLDEN)
        .expect("the golden files")
        .filter_map(|entry| entry.expect("an entry").file_name().to_str()?.strip_suffix(".txt").map(str::to_owned))
        .collect();
    assert_eq!(golden.len(), ALL.len(), "{golden:?}");
    for scenario in &ALL {
        let name = scenario.name.replace('-', "_");
        assert!(golden.remove(&name), "there is no golden file of {name}");
        let expected = std::fs::read_to_string(Path::new(GOLDEN).join(name).with_extension("txt")).expect("text");
        assert_eq!(asked(scenario), format!("{SITE}?{expected}"), "{}", scenario.name);
    }
    assert!(golden.is_empty(), "no scenario is named for these: {golden:?}");
}

#[test]
fn names_are_those_of_one_scenario_each() {
    let names: BTreeSet<&str> = ALL.iter().map(|scenario| scenario.name).collect();
    assert_eq!(names.len(), ALL.len());
    assert!(names.iter().all(|name| Scenario::named(name).is_some_and(|scenario| scenario.name == *name)));
}

#[test]
fn what_can_be_misread_in_a_scenario_is_what_it_has() {
    for scenario in &ALL {
        let (url, fields) = (asked(scenario), fields(scenario));
        let found: Vec<Misreading> =
            misreading::ALL.into_iter().filter(|misreading| misreading.variants(&fields).is_some()).collect();
        let mut expected = Vec::new();
        if url.contains("digits=") {
            expected.push(Misreading::QuotedDigits);
        }
        if url.contains("Legs") {
            expected.extend([Misreading::CauseAsName, Misreading::CauseCodeAsNumber]);
        }
        assert_eq!(found, expected, "{}", scenario.name);
    }
}
