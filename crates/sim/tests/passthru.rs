//! The user's URL steers the call, or is only told: in calm weather and in fifty storms.

use model::{CallState, EventKind, HttpFailure};
use sim::{Site, Units, World};

const ASK: &str = r#"
flow: ask
start: hello
nodes:
  hello: { applet: greeting, say: "Welcome.", next: ask }
  ask: { applet: passthru, url: "https://crm.example/route?key=s3cret", on: { 200: yes, else: no } }
  yes: { applet: greeting, say: "Yes.", next: bye }
  no: { applet: greeting, say: "No.", next: bye }
  bye: { applet: hangup }
"#;

const URL: &str = "https://crm.example/route";

/// A call to the asking flow: what its caller heard, and what the site was asked.
fn ask(world: &mut World, site: impl Fn(Site) -> Site) -> (Vec<String>, Vec<sim::Requested>) {
    world.publish_flow(ASK);
    let site = site(world.web(URL));
    let alice = world.phone("alice");
    alice.dials("08011112222");
    world.until(alice.is_free());
    world.settle();
    (alice.heard(), site.requested())
}

#[test]
fn a_200_is_one_exit_and_the_request_is_whole() {
    World::in_all_weathers(|world| {
        let (heard, asked) = ask(world, |site| site.answers(200));
        assert_eq!(heard, ["Welcome.", "Yes."]);
        assert_eq!(asked.len(), 1, "asked once, however often packets came");
        assert_eq!(asked[0].parameter("key"), Some("s3cret"));
        assert_eq!(
            asked[0].names(),
            [
                "key",
                "CallSid",
                "CallFrom",
                "CallTo",
                "CallStatus",
                "Direction",
                "Created",
                "DialCallDuration",
                "StartTime",
                "EndTime",
                "CallType",
                "DialWhomNumber",
                "flow_id",
                "tenant_id",
                "From",
                "To",
                "CurrentTime"
            ]
        );
        assert_eq!(asked[0].parameter("CallStatus"), Some("in-progress"));
        assert_eq!(asked[0].parameter("CallTo"), Some("08011112222"));
    });
}

#[test]
fn everything_else_is_the_other_exit() {
    let ways: [fn(Site) -> Site; 6] = [
        |site| site.answers(302),
        |site| site.answers(404),
        |site| site.answers(500),
        |site| site.answers(201),
        |site| site.fails(HttpFailure::Dns("no such host".into())),
        |site| site.fails(HttpFailure::Tls("expired".into())),
    ];
    for way in ways {
        let mut world = World::new(1);
        let (heard, _) = ask(&mut world, way);
        assert_eq!(heard, ["Welcome.", "No."]);
    }
}

#[test]
fn a_site_that_never_answers_costs_five_seconds_and_no_more() {
    World::in_all_weathers(|world| {
        let (heard, _) = ask(world, Site::is_silent);
        assert_eq!(heard, ["Welcome.", "No."]);
        let took = world.journal().iter().find_map(|event| match &event.kind {
            EventKind::CalloutEnded { took, failure: Some(HttpFailure::Timeout), .. } => Some(*took),
            _ => None,
        });
        assert_eq!(took, Some(5.s()));
    });
}

#[test]
fn a_caller_who_leaves_while_the_site_thinks_cancels_the_callout() {
    World::in_all_weathers(|world| {
        world.publish_flow(ASK);
        let _site = world.web(URL).is_silent();
        let alice = world.phone("alice");
        alice.dials("08011112222");
        world.until(alice.hears("Welcome."));
        world.passes(2.s());
        alice.hangs_up();
        world.settle();
        let cancelled =
            |kind: &EventKind| matches!(kind, EventKind::CalloutEnded { failure: Some(HttpFailure::Cancelled), .. });
        assert!(world.journal().iter().any(|event| cancelled(&event.kind)), "{}", world.ladder());
    });
}

#[test]
fn before_the_answer_the_caller_rings_and_may_be_turned_away_unanswered() {
    World::in_all_weathers(|world| {
        world.publish_flow(
            r#"
flow: door
start: ask
nodes:
  ask: { applet: passthru, url: "https://crm.example/route", on: { 200: busy, else: busy } }
  busy: { applet: hangup, cause: USER_BUSY }
"#,
        );
        let site = world.web(URL).answers(200).after(2.s());
        let alice = world.phone("alice");
        alice.dials("08011112222");
        world.until(alice.hears_ringing());
        world.until(alice.is_free());
        world.settle();
        assert_eq!(alice.finals(), [486]);
        assert_eq!(site.requested()[0].parameter("CallStatus"), Some("ringing"));
        assert_eq!(world.records()[0].state, CallState::Unanswered);
    });
}

#[test]
fn the_body_of_a_200_chooses_a_case() {
    for (body, heard) in [(r#"{"select":"gold"}"#, "Gold."), (r#"{"select":"tin"}"#, "Other."), ("", "Other.")] {
        let mut world = World::new(1);
        world.publish_flow(
            r#"
flow: cases
start: ask
nodes:
  ask: { applet: passthru, url: "https://crm.example/route", on: { 200: pick, else: bye } }
  pick: { applet: switch_case, on: { gold: gold, default: other } }
  gold: { applet: greeting, say: "Gold.", next: bye }
  other: { applet: greeting, say: "Other.", next: bye }
  bye: { applet: hangup }
"#,
        );
        let _site = world.web(URL).says(200, "text/plain", body);
        let alice = world.phone("alice");
        alice.dials("08011112222");
        world.until(alice.is_free());
        world.settle();
        assert_eq!(alice.heard(), [heard], "{body}");
    }
}

const REPORT: &str = r#"
flow: report
start: hello
nodes:
  hello: { applet: gather, say: "Your number.", max_digits: 2, on: { digits: report, none: report } }
  report: { applet: passthru, url: "https://crm.example/calls", async: true, next: thanks }
  thanks: { applet: greeting, say: "Thanks.", next: bye }
  bye: { applet: hangup }
"#;

#[test]
fn a_report_is_durable_before_the_flow_goes_on_and_the_caller_does_not_wait_for_the_site() {
    World::in_all_weathers(|world| {
        world.publish_flow(REPORT);
        let site = world.web("https://crm.example/calls").is_silent();
        let alice = world.phone("alice");
        alice.dials("08011112222");
        world.until(alice.hears("Your number."));
        alice.presses("42");
        world.until(alice.hears("Thanks."));
        world.until(alice.is_free());
        world.settle();
        let asked = site.requested();
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0].parameter("digits"), Some("%2242%22"));
        let place = |wanted: fn(&EventKind) -> bool| world.journal().iter().position(|event| wanted(&event.kind));
        let committed = place(|kind| matches!(kind, EventKind::NotifyCommitted { failure: None, .. }));
        let left = place(|kind| matches!(kind, EventKind::NodeLeft { node, .. } if node == "report"));
        assert!(committed.is_some() && committed < left, "{}", world.ladder());
    });
}

#[test]
fn a_report_that_cannot_be_stored_is_a_loud_fault_and_the_flow_goes_on() {
    World::in_all_weathers(|world| {
        world.publish_flow(REPORT);
        world.store_fails("the disk is full");
        let alice = world.phone("alice");
        alice.dials("08011112222");
        world.until(alice.hears("Thanks."));
        world.until(alice.is_free());
        world.settle();
        assert_eq!(world.records()[0].faults, 1, "{}", world.ladder());
    });
}

#[test]
fn variables_and_branches_decide() {
    for (caller, heard) in [("alice", "Someone."), ("vip", "Very important.")] {
        let mut world = World::new(1);
        world.publish_flow(
            r#"
flow: decide
start: note
nodes:
  note: { applet: set, vars: { who: "{{ call.from }}" }, next: who }
  who: { applet: branch, cases: [ { when: "vars.who == 'vip'", exit: vip } ], on: { vip: vip, else: other } }
  vip: { applet: greeting, say: "Very important.", next: bye }
  other: { applet: greeting, say: "Someone.", next: bye }
  bye: { applet: hangup }
"#,
        );
        let phone = world.phone(caller);
        phone.dials("08011112222");
        world.until(phone.is_free());
        world.settle();
        assert_eq!(phone.heard(), [heard]);
    }
}
