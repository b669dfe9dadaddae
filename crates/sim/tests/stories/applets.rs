//! Every applet's example, taken from its documentation, compiled and rehearsed: calls run through the applet and leave
//! nothing behind.

use std::collections::BTreeSet;

use exotel::passthru::Profile;
use flow::Kind;
use model::EventKind;
use sim::{Units, World};

/// What callers do once they are answered, each in a call of its own: a flow with a question needs the right keys.
const CALLERS: [&str; 5] = ["", "1", "2", "9#", "1234#"];

/// What every URL of an example answers.
const BODY: &str = r#"{"select":"gold","name":"Asha"}"#;

/// The URLs that an example asks, without their queries.
fn urls(example: &str) -> BTreeSet<&str> {
    example
        .split('"')
        .filter(|text| text.starts_with("https://"))
        .map(|url| url.split('?').next().unwrap_or(url))
        .collect()
}

/// The flows that an example goes on in.
fn flows(example: &str) -> Vec<String> {
    let (program, _) = flow::compile(example, &applets::catalogue(Profile::default()), 1);
    program.iter().flat_map(|program| program.flows().map(|(_, flow)| flow.to_owned())).collect()
}

/// One call to the example: what is in its journal when all is over.
fn rehearse(example: &str, keys: &str) -> Vec<EventKind> {
    let mut world = World::new(1);
    for flow in flows(example) {
        world.publish_flow_beside(&format!("flow: {flow}\nstart: back\nnodes: {{ back: {{ applet: return }} }}"));
    }
    world.publish_flow(example);
    for url in urls(example) {
        let kind = if url.ends_with("/text") { "text/plain" } else { "application/json" };
        let _answers = world.web(url).says(200, kind, BODY);
    }
    let alice = world.phone("+919900000001");
    alice.dials("+918011112222");
    world.passes(2.s());
    alice.presses(keys);
    world.until(alice.is_free());
    world.settle();
    world.journal().iter().map(|event| event.kind.clone()).collect()
}

/// Whether the call came to a node of that kind and left it: by an exit, into another flow, or by its end.
fn runs_through(journal: &[EventKind], kind: &Kind) -> bool {
    let comes = |event: &EventKind| matches!(event, EventKind::NodeEntered { applet, .. } if *applet == kind.name());
    let leaves = |event: &EventKind| matches!(event, EventKind::NodeLeft { .. } | EventKind::FlowStarted { .. });
    let ends = kind.page().exits == "It has no exits.";
    journal.iter().position(comes).is_some_and(|came| ends || journal[came..].iter().any(leaves))
}

#[test]
fn calls_run_through_every_applet_of_the_documentation() {
    for kind in applets::catalogue(Profile::default()).kinds() {
        let journals = CALLERS.map(|keys| rehearse(&kind.page().example, keys));
        assert!(journals.iter().any(|journal| runs_through(journal, kind)), "{}: {journals:#?}", kind.name());
        let faults: Vec<&EventKind> =
            journals.iter().flatten().filter(|event| matches!(event, EventKind::Fault { .. })).collect();
        assert!(faults.is_empty(), "{}: {faults:#?}", kind.name());
    }
}
