//! A flow rings a group by its name; whose turn it is decides the switch, for all calls together, in calm weather as in storms.

use flow::Target;
use model::DialStatus;
use sim::{Phone, Units, World, with_groups_in_all_weathers};
use switch::{Group, GroupOrder};

const NUMBER: &str = "+918011112222";

const DESK: &str = "flow: desk
start: desk
nodes:
  desk: { applet: connect, to: 'group:agents', ring: 5s, on: { answered: bye, missed: bye, nobody: bye } }
  bye: { applet: hangup }";

/// In every weather: two callers, and a group of the two phones after them.
#[track_caller]
fn story(order: GroupOrder, story: impl Fn(&mut World, [Phone; 2], [Phone; 2])) {
    let members = [3, 4].map(|host| Target::Uri(format!("sip:agent@10.0.1.{host}:5060"))).into();
    with_groups_in_all_weathers(&[Group { name: "agents".into(), members, order }], |w| {
        w.publish_flow(DESK);
        let callers = ["alice", "bob"].map(|name| w.phone(name));
        let agents = ["first", "second"].map(|name| w.phone(name));
        story(w, callers, agents);
    });
}

fn over(w: &mut World, caller: &Phone) {
    caller.hangs_up();
    w.until(caller.is_free());
    w.settle();
}

#[test]
fn a_sequential_group_begins_with_its_first_member() {
    story(GroupOrder::Sequential, |w, [alice, _], [first, second]| {
        for _ in 0..2 {
            alice.dials(NUMBER);
            w.until(alice.talks_to(&first));
            over(w, &alice);
        }
        let _busy = first.rejects(486);
        alice.dials(NUMBER);
        w.until(alice.talks_to(&second));
        over(w, &alice);
        assert_eq!(w.records()[2].dialled, 2);
    });
}

#[test]
fn a_round_goes_on_where_the_last_call_left_it() {
    story(GroupOrder::RoundRobin, |w, [alice, _], [first, second]| {
        for agent in [&first, &second, &first] {
            alice.dials(NUMBER);
            w.until(alice.talks_to(agent));
            over(w, &alice);
        }
    });
}

#[test]
fn two_calls_do_not_ring_one_who_talks() {
    story(GroupOrder::LongestIdle, |w, [alice, bob], [first, second]| {
        alice.dials(NUMBER);
        w.until(alice.talks_to(&first));
        bob.dials(NUMBER);
        w.until(bob.talks_to(&second));
        assert_eq!((first.finals(), second.finals()), (vec![200], vec![200]));
        // Bob's agent has been idle for longer when the other has just ended.
        bob.hangs_up();
        w.until(second.is_free());
        w.passes(5.s());
        alice.hangs_up();
        w.until(first.is_free());
        bob.dials(NUMBER);
        w.until(bob.talks_to(&second));
        over(w, &bob);
    });
}

#[test]
fn with_everybody_talking_nobody_is_rung() {
    story(GroupOrder::LongestIdle, |w, [alice, bob], [first, second]| {
        let _busy = second.rejects(486);
        alice.dials(NUMBER);
        w.until(alice.talks_to(&first));
        bob.dials(NUMBER);
        w.passes(1.s());
        w.until(bob.is_free());
        assert_eq!(w.walk(1), ["desk -> missed", "bye"]);
        over(w, &alice);
        assert_eq!(first.finals(), [200]);
    });
}

#[test]
fn members_of_a_group_ring_together_where_the_flow_says_so() {
    story(GroupOrder::Sequential, |w, [alice, _], [first, second]| {
        w.publish_flow(&DESK.replace("ring: 5s", "ring: 5s, order: parallel"));
        let (first, second) = (first.only_rings(), second.answers_after(2.s()));
        alice.dials(NUMBER);
        w.until(first.is_rung());
        w.until(second.is_rung());
        w.until(alice.talks_to(&second));
        over(w, &alice);
        assert_eq!((first.finals(), second.finals()), (vec![487], vec![200]));
    });
}

#[test]
fn a_group_that_is_not_there_is_a_fault() {
    story(GroupOrder::Sequential, |w, [alice, _], _| {
        w.publish_flow(&DESK.replace("group:agents", "group:sales"));
        alice.dials(NUMBER);
        w.until(alice.is_free());
        w.settle();
        assert_eq!(w.walk(0), ["desk -> nobody", "bye"]);
        assert_eq!(w.faults(0), ["group:sales is not rung: there is no such group"]);
    });
}

#[test]
fn a_member_who_is_not_registered_is_a_leg_and_the_next_is_rung_in_every_order() {
    for order in [GroupOrder::Sequential, GroupOrder::RoundRobin, GroupOrder::LongestIdle] {
        for together in ["", ", order: parallel"] {
            let members = vec![Target::User("away".into()), Target::Uri("sip:agent@10.0.1.2:5060".into())];
            with_groups_in_all_weathers(&[Group { name: "agents".into(), members, order }], |w| {
                w.publish_flow(&DESK.replace("ring: 5s", &format!("ring: 5s{together}")));
                let (alice, agent) = (w.phone("alice"), w.phone("agent"));
                alice.dials(NUMBER);
                w.until(alice.talks_to(&agent));
                over(w, &alice);
                let record = w.records().remove(0);
                let parties: Vec<_> =
                    record.parties[1..].iter().map(|party| (party.number.as_str(), party.status)).collect();
                let expected =
                    [("sip:away", Some(DialStatus::Failed)), ("sip:agent@10.0.1.2:5060", Some(DialStatus::Completed))];
                assert_eq!(parties, expected, "{order:?}{together}");
                // With nobody else, all have been rung and nobody has answered.
                let _busy = agent.rejects(486);
                alice.dials(NUMBER);
                w.until(alice.is_free());
                w.settle();
                assert_eq!(w.walk(1), ["desk -> missed", "bye"], "{order:?}{together}");
            });
        }
    }
}

#[test]
fn of_a_group_without_anybody_nobody_is_dialled() {
    let group = Group { name: "agents".into(), members: Vec::new(), order: GroupOrder::Sequential };
    with_groups_in_all_weathers(&[group], |w| {
        w.publish_flow(
            &DESK.replace("nobody: bye", "nobody: sorry").replace("  bye:", "  sorry: { applet: hangup }\n  bye:"),
        );
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.until(alice.is_free());
        w.settle();
        assert_eq!(w.walk(0), ["desk -> nobody", "sorry"]);
    });
}
