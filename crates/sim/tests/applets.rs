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

/// One call to the example: what is in its journal when all is over.
fn rehearse(example: &str, keys: &str) -> Vec<EventKind> {
    let mut world = World::new(1);
    world.publish_flow(example);
    for url in urls(example) {
        let _answers = world.web(url).says(200, "application/json", BODY);
    }
    let alice = world.phone("alice");
    alice.dials("+918011112222");
    world.passes(2.s());
    alice.presses(keys);
    world.until(alice.is_free());
    world.settle();
    world.journal().iter().map(|event| event.kind.clone()).collect()
}

/// Whether the call came to a node of that kind and left it, by an exit or by its end.
fn runs_through(journal: &[EventKind], kind: &Kind) -> bool {
    let entered = journal.iter().find_map(|event| match event {
        EventKind::NodeEntered { node, applet } if *applet == kind.name() => Some(node),
        _ => None,
    });
    let ends = kind.page().exits == "It has no exits.";
    entered.is_some_and(|entered| {
        ends || journal.iter().any(|event| matches!(event, EventKind::NodeLeft { node, .. } if node == entered))
    })
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
