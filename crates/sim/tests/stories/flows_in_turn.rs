//! A call that goes on in other flows: `transfer`, `subflow`, `return`.

use model::EventKind;
use sim::{Units, World};

const ENTRANCE: &str = "
flow: entrance
start: notice
nodes:
  notice: { applet: subflow, flow: notice, next: ask }
  ask: { applet: gather, say: Code, max_digits: 1, on: { digits: sell, none: bye } }
  sell: { applet: transfer, flow: sales }
  bye: { applet: hangup }
";

const NOTICE: &str = "
flow: notice
start: say
nodes:
  say: { applet: greeting, say: Calls are recorded, next: back }
  back: { applet: return }
";

const SALES: &str = "
flow: sales
start: hello
nodes:
  hello: { applet: greeting, say: This is sales, next: tell }
  tell: { applet: passthru, url: 'https://crm.example/calls', async: true, next: bye }
  bye: { applet: hangup }
";

fn world() -> World {
    let mut world = World::new(1);
    world.publish_flow_beside(NOTICE);
    world.publish_flow_beside(SALES);
    world.publish_flow(ENTRANCE);
    world
}

#[test]
fn a_call_comes_back_from_a_subflow_and_goes_on_in_another_flow() {
    let mut world = world();
    let crm = world.web("https://crm.example/calls").answers(200);
    let alice = world.phone("alice");
    alice.dials("+918011112222");
    world.until(alice.is_answered());
    world.passes(2.s());
    alice.presses("7");
    world.until(alice.is_free());
    world.settle();
    let steps = ["notice => notice", "say -> next", "notice -> next", "ask -> digits", "sell => sales"];
    assert_eq!(world.walk(0)[..5], steps);
    assert_eq!(world.walk(0)[5..], ["hello -> next", "tell -> next", "bye"]);
    assert_eq!(world.faults(0), [""; 0], "each flow's prompts are found");
    let report = &crm.requested()[0];
    assert_eq!(report.decoded("digits").as_deref(), Some("\"7\""));
    assert_eq!(report.decoded("flow_id"), Some(model::FlowId::of_name("sales").to_string()));
    assert_eq!(world.records()[0].flow.as_deref(), Some("sales"));
}

#[test]
fn a_call_keeps_each_flow_as_it_was_when_it_came_there() {
    let mut world = world();
    let alice = world.phone("alice");
    alice.dials("+918011112222");
    world.until(alice.is_answered());
    world.publish_flow_beside(&NOTICE.replace("recorded", "not recorded"));
    world.publish_flow_beside(&SALES.replace("This is sales", "Sales have moved"));
    world.passes(2.s());
    alice.presses("7");
    world.until(alice.is_free());
    world.settle();
    let heard: Vec<&str> = world
        .kinds(0)
        .filter_map(|kind| if let EventKind::PlayStarted { audio } = kind { Some(audio.as_str()) } else { None })
        .collect();
    assert_eq!(heard, ["\"Calls are recorded\"", "\"Code\"", "\"Sales have moved\""]);
    assert_eq!(world.faults(0), [""; 0]);
}

#[test]
fn flows_that_hand_a_call_to_each_other_for_ever_are_ended() {
    let mut world = World::new(1);
    let to =
        |from: &str, to: &str| format!("flow: {from}\nstart: go\nnodes: {{ go: {{ applet: transfer, flow: {to} }} }}");
    world.publish_flow_beside(&to("ping", "pong"));
    world.publish_flow(&to("pong", "ping"));
    let alice = world.phone("alice");
    alice.dials("+918011112222");
    world.until(alice.is_free());
    world.settle();
    assert_eq!(world.faults(0), ["the flow passed 500 nodes in one call"]);
}
