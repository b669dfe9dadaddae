//! Prompts, keys and menus, in calm weather and in fifty storms.

use model::{Cause, EndedBy, EventKind};
use sim::{Units, World};

/// The exits that the only call took, `node.exit` each.
fn exits(world: &World) -> Vec<String> {
    let left = world.journal().iter().filter_map(|event| match &event.kind {
        EventKind::NodeLeft { node, exit } => Some(format!("{node}.{exit}")),
        _ => None,
    });
    left.collect()
}

const MENU: &str = r##"
flow: menu
start: hello
nodes:
  hello: { applet: greeting, say: "Welcome.", next: menu }
  menu: { applet: ivr, say: "Press one.", timeout: 3s, on: { 1: account, none: bye, invalid: menu } }
  account: { applet: gather, say: "Your number.", max_digits: 4, timeout: 3s, on: { digits: bye, none: bye } }
  bye: { applet: hangup }
"##;

#[test]
fn keys_choose_exits_and_are_gathered() {
    World::in_all_weathers(|world| {
        world.publish_flow(MENU);
        let alice = world.phone("alice");
        alice.dials("08011112222");
        world.until(alice.hears("Press one."));
        alice.presses("1");
        world.until(alice.hears("Your number."));
        alice.presses("20#");
        world.until(alice.is_free());
        assert_eq!(exits(world), ["hello.next", "menu.1", "account.digits"]);
        assert!(world.journal().iter().any(|event| event.kind == EventKind::Gathered { digits: "20".into() }));
    });
}

#[test]
fn a_key_that_leads_nowhere_asks_again() {
    World::in_all_weathers(|world| {
        world.publish_flow(MENU);
        let alice = world.phone("alice");
        alice.dials("08011112222");
        world.until(alice.hears("Press one."));
        alice.presses("9");
        world.passes(1.s());
        alice.presses("1");
        world.until(alice.hears("Your number."));
        alice.hangs_up();
        world.settle();
        assert_eq!(exits(world)[..3], ["hello.next", "menu.invalid", "menu.1"]);
    });
}

#[test]
fn silence_takes_its_exit() {
    World::in_all_weathers(|world| {
        world.publish_flow(MENU);
        let alice = world.phone("alice");
        alice.dials("08011112222");
        world.until(alice.is_free());
        assert_eq!(exits(world), ["hello.next", "menu.none"]);
        assert_eq!(world.records()[0].ended_by, Some(EndedBy::Us));
    });
}

#[test]
fn keys_typed_ahead_are_taken_by_the_next_menu() {
    World::in_all_weathers(|world| {
        world.publish_flow(MENU);
        let alice = world.phone("alice");
        alice.dials("08011112222");
        world.until(alice.is_answered());
        alice.presses("1");
        world.until(alice.hears("Your number."));
        alice.hangs_up();
        world.settle();
        assert_eq!(exits(world)[..2], ["hello.next", "menu.1"]);
    });
}

#[test]
fn a_caller_who_hangs_up_ends_the_flow_where_it_stands() {
    World::in_all_weathers(|world| {
        world.publish_flow(MENU);
        let alice = world.phone("alice");
        alice.dials("08011112222");
        world.until(alice.hears("Press one."));
        alice.hangs_up();
        world.settle();
        let record = world.records().remove(0);
        let ended = (record.ended_by, record.cause);
        assert_eq!(ended, (Some(EndedBy::Caller), Some(Cause::NORMAL_CLEARING)), "{}", world.ladder());
        assert_eq!(record.node.as_deref(), Some("menu"));
    });
}

#[test]
fn two_calls_at_once_do_not_disturb_each_other() {
    World::in_all_weathers(|world| {
        world.publish_flow(MENU);
        let (alice, bob) = (world.phone("alice"), world.phone("bob"));
        alice.dials("08011112222");
        bob.dials("08011112222");
        world.until(alice.hears("Press one."));
        alice.presses("1");
        world.until(alice.hears("Your number."));
        alice.hangs_up();
        world.until(bob.is_free());
        world.settle();
        let nodes: Vec<_> = world.records().into_iter().map(|record| record.node).collect();
        assert_eq!(nodes.len(), 2);
        assert!(nodes.contains(&Some("account".into())) && nodes.contains(&Some("bye".into())), "{nodes:?}");
    });
}

#[test]
fn a_call_finishes_on_the_version_that_it_began_with() {
    World::in_all_weathers(|world| {
        world.publish_flow(MENU);
        let (alice, bob) = (world.phone("alice"), world.phone("bob"));
        alice.dials("08011112222");
        world.until(alice.hears("Welcome."));
        world.publish_flow(&MENU.replace("Press one.", "Something new."));
        world.until(alice.hears("Press one."));
        bob.dials("08011112222");
        world.until(bob.hears("Something new."));
        assert!(!alice.heard().contains(&"Something new.".to_owned()));
    });
}

#[test]
fn a_flow_that_loops_is_ended_with_a_fault() {
    let catalogue = applets::catalogue(exotel::passthru::Profile::default());
    let round = "flow: round\nstart: a\nnodes: { a: { applet: set, vars: { x: y }, next: b }, b: { applet: set, vars: { x: z }, next: a } }";
    let (program, diagnostics) = flow::compile(round, &catalogue, 1);
    assert!(program.is_none() && diagnostics.iter().any(|found| found.message.contains("loop")), "{diagnostics:?}");
}
