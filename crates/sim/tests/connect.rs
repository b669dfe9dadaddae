//! A second party: rung, joined, refused, given up; in calm weather and in fifty storms.

use expect_test::expect;
use model::{DialStatus, EventKind};
use sim::{Phone, Requested, Units, World};

const DESK: &str = r#"
flow: desk
start: sales
nodes:
  sales: { applet: connect, to: ["sip:sales@10.0.1.2:5060"], ring: 10s, on: { answered: report, missed: report, nobody: report } }
  report: { applet: passthru, url: "https://crm.example/calls", async: true, next: bye }
  bye: { applet: hangup }
"#;

/// Alice calls a desk whose one phone behaves as given; what the report says in the end.
fn call(
    world: &mut World,
    desk: &str,
    sales: impl Fn(Phone) -> Phone,
    story: impl Fn(&mut World, &Phone, &Phone),
) -> Requested {
    world.publish_flow(desk);
    let site = world.web("https://crm.example/calls").answers(200);
    let alice = world.phone("alice");
    let sales = sales(world.phone("sales"));
    alice.dials("08011112222");
    story(world, &alice, &sales);
    world.until(alice.is_free());
    world.settle();
    let asked = site.requested();
    assert_eq!(asked.len(), 1, "{}", world.ladder());
    asked[0].clone()
}

fn outcome(report: &Requested) -> [&str; 4] {
    let parameter = |name| report.parameter(name).unwrap_or("absent");
    [
        parameter("DialCallStatus"),
        parameter("CallType"),
        parameter("Legs%5B0%5D%5BCauseCode%5D"),
        parameter("Legs%5B0%5D%5BCause%5D"),
    ]
}

#[test]
fn the_caller_and_sales_hear_each_other_until_the_caller_hangs_up() {
    World::in_all_weathers(|world| {
        let report = call(
            world,
            DESK,
            |sales| sales.answers_after(4.s()),
            |world, alice, sales| {
                world.until(alice.talks_to(sales));
                world.passes(5.s());
                alice.hangs_up();
                world.until(sales.is_free());
            },
        );
        assert_eq!(outcome(&report), ["completed", "completed", "NORMAL_CLEARING", "16"]);
        assert_eq!(report.parameter("DialWhomNumber"), Some("sip%3Asales%4010.0.1.2%3A5060"));
    });
}

#[test]
fn the_ladder_of_a_conversation() {
    let mut world = World::new(7);
    let report = call(
        &mut world,
        DESK,
        |sales| sales.answers_after(2.s()),
        |world, alice, sales| {
            world.until(alice.talks_to(sales));
            sales.hangs_up_after(3.s());
        },
    );
    assert_eq!(report.parameter("DialCallDuration"), Some("5"));
    expect![[r#"
        0.000    alice > switch    INVITE sip:08011112222@10.0.0.1:5060  sdp 0,101
        0.001      flow            flow desk
        0.001      flow            sales: connect
        0.001      leg 1           dials sip:sales@10.0.1.2:5060
        0.001    switch > alice    180 INVITE
        0.001    switch > sales    INVITE sip:sales@10.0.1.2:5060  sdp 0,8,101
        0.002    sales > switch    180 INVITE
        2.002    sales > switch    200 INVITE  sdp 0,101
        2.003    switch > sales    ACK sip:sales@10.0.1.2:5060
        2.003      caller          joined with leg 1
        2.003    switch > alice    200 INVITE  sdp 0,101
        2.004    alice > switch    ACK sip:10.0.0.1:5060
        5.146    sales > switch    BYE sip:10.0.0.1:5060
        5.147      caller          no longer joined with leg 1
        5.147      leg 1           ended by callee: NORMAL_CLEARING (16)
        5.147      flow            sales -> answered
        5.147      flow            report: passthru
        5.147      flow            callout 1 queued
        5.147    outbox > web      GET https://crm.example/calls?CallSid=8fc2cb7587bc78afb6d0ce0e56121abo&CallFrom=alice&CallTo=08011112222&CallStatus=completed&Direction=incoming&ForwardedFrom=null&Created=Tue%2C+24+Nov+2026+10%3A00%3A00&DialCallDuration=5&StartTime=2026-11-24+10%3A00%3A00&EndTime=1970-01-01+05%3A30%3A00&DialCallStatus=completed&CallType=completed&DialWhomNumber=sip%3Asales%4010.0.1.2%3A5060&ProcessStatus=null&flow_id=1&tenant_id=1&From=alice&To=08011112222&CurrentTime=2026-11-24+10%3A00%3A05&OutgoingPhoneNumber=08011112222&Legs%5B0%5D%5BNumber%5D=sip%3Asales%4010.0.1.2%3A5060&Legs%5B0%5D%5BType%5D=single&Legs%5B0%5D%5BOnCallDuration%5D=3&Legs%5B0%5D%5BCallerId%5D=08011112222&Legs%5B0%5D%5BCauseCode%5D=NORMAL_CLEARING&Legs%5B0%5D%5BCause%5D=16
        5.147    switch > sales    200 BYE
        5.148      flow            callout 1 is durable
        5.148      flow            report -> next
        5.148      flow            bye: hangup
        5.148      caller          ended by us: NORMAL_CLEARING (16)
        5.148      flow            call ended by us: NORMAL_CLEARING (16)
        5.148    switch > alice    BYE sip:alice@10.0.1.1:5060  Q.850;cause=16
        5.149    alice > switch    200 BYE
    "#]].assert_eq(world.ladder());
}

#[test]
fn sales_hangs_up_and_the_flow_goes_on() {
    World::in_all_weathers(|world| {
        let report = call(
            world,
            DESK,
            |sales| sales.answers_after(1.s()),
            |world, alice, sales| {
                world.until(alice.talks_to(sales));
                sales.hangs_up();
            },
        );
        assert_eq!(outcome(&report), ["completed", "completed", "NORMAL_CLEARING", "16"]);
    });
}

#[test]
fn a_busy_desk_is_reported_as_busy() {
    World::in_all_weathers(|world| {
        let report = call(world, DESK, |sales| sales.rejects("486 Busy Here"), |_, _, _| ());
        assert_eq!(outcome(&report), ["busy", "incomplete", "USER_BUSY", "17"]);
        assert_eq!(report.parameter("DialCallDuration"), Some("0"));
    });
}

#[test]
fn a_desk_that_does_not_exist_is_reported_as_failed() {
    World::in_all_weathers(|world| {
        let report = call(world, DESK, |sales| sales.rejects("404 Not Found"), |_, _, _| ());
        assert_eq!(outcome(&report)[..2], ["failed", "incomplete"]);
    });
}

#[test]
fn a_desk_that_only_rings_is_given_up_after_the_ring_time() {
    World::in_all_weathers(|world| {
        let report = call(world, DESK, Phone::only_rings, |world, _, sales| {
            world.until(sales.is_rung());
            world.until(sales.is_free());
        });
        assert_eq!(outcome(&report), ["no-answer", "incomplete", "RING_TIMEOUT", "1003"]);
    });
}

#[test]
fn a_caller_who_gives_up_is_reported_as_client_hangup() {
    World::in_all_weathers(|world| {
        let report = call(world, DESK, Phone::only_rings, |world, alice, sales| {
            world.until(sales.is_rung());
            world.passes(2.s());
            alice.hangs_up();
            world.until(sales.is_free());
        });
        assert_eq!(outcome(&report), ["canceled", "client-hangup", "RING_TIMEOUT", "1003"]);
        assert_eq!(report.parameter("DialCallDuration"), Some("0"));
    });
}

#[test]
fn several_are_rung_in_turn_and_each_is_a_leg() {
    World::in_all_weathers(|world| {
        let desk =
            DESK.replace("\"sip:sales@10.0.1.2:5060\"", "\"sip:sales@10.0.1.2:5060\", \"sip:second@10.0.1.3:5060\"");
        world.publish_flow(&desk);
        let site = world.web("https://crm.example/calls").answers(200);
        let alice = world.phone("alice");
        let _sales = world.phone("sales").rejects("486 Busy Here");
        let second = world.phone("second").answers_after(1.s());
        alice.dials("08011112222");
        world.until(alice.talks_to(&second));
        alice.hangs_up();
        world.settle();
        let asked = site.requested();
        assert_eq!(asked[0].parameter("DialCallStatus"), Some("completed"));
        assert_eq!(asked[0].parameter("Legs%5B0%5D%5BCauseCode%5D"), Some("USER_BUSY"));
        assert_eq!(asked[0].parameter("Legs%5B1%5D%5BCauseCode%5D"), Some("NORMAL_CLEARING"));
    });
}

#[test]
fn a_user_who_is_not_registered_is_nobody() {
    World::in_all_weathers(|world| {
        world.publish_flow(
            &DESK.replace("sip:sales@10.0.1.2:5060", "sip:sales").replace("nobody: report", "nobody: bye"),
        );
        let alice = world.phone("alice");
        alice.dials("08011112222");
        world.until(alice.is_free());
        world.settle();
        let nobody = |kind: &EventKind| matches!(kind, EventKind::NodeLeft { node, exit } if node == "sales" && exit == "nobody");
        assert!(world.journal().iter().any(|event| nobody(&event.kind)), "{}", world.ladder());
        let _unused = DialStatus::Failed;
    });
}

#[test]
fn keys_pressed_in_a_conversation_reach_the_other_party() {
    World::in_all_weathers(|world| {
        let _report = call(
            world,
            DESK,
            |sales| sales.answers_after(1.s()),
            |world, alice, sales| {
                world.until(alice.talks_to(sales));
                alice.presses("5");
                world.passes(2.s());
                assert_eq!(sales.received_digits(), "5", "{}", world.ladder());
                alice.hangs_up();
            },
        );
    });
}

#[test]
fn a_caller_on_hold_hears_nothing_and_comes_back() {
    World::in_all_weathers(|world| {
        let _report = call(
            world,
            DESK,
            |sales| sales.answers_after(1.s()),
            |world, alice, sales| {
                world.until(alice.talks_to(sales));
                alice.holds(true);
                world.passes(5.s());
                let before = alice.packets();
                world.passes(2.s());
                assert_eq!(alice.packets(), before, "nothing is sent to who holds");
                alice.holds(false);
                world.passes(1.s());
                world.until(alice.talks_to(sales));
                alice.hangs_up();
            },
        );
        let held = world.journal().iter().filter(|event| matches!(event.kind, EventKind::Held { .. })).count();
        assert_eq!(held, 2, "{}", world.ladder());
    });
}
