//! Whoever last talked with a caller is rung first on its next call, where the flow or a URL says so.

use flow::Target;
use sim::{Phone, Units, World, in_all_weathers, with_groups_in_all_weathers};
use switch::{Group, GroupOrder};

const NUMBER: &str = "+918011112222";

const DESK: &str = "flow: desk
start: desk
nodes:
  desk: { applet: connect, to: ['sip:a@10.0.1.3', 'sip:b@10.0.1.4', 'sip:c@10.0.1.5'], sticky: true, ring: 5s, on: { answered: bye, missed: bye } }
  bye: { applet: hangup }";

const LIST: &str = "['sip:a@10.0.1.3', 'sip:b@10.0.1.4', 'sip:c@10.0.1.5']";

struct Desk {
    caller: Phone,
    other: Phone,
    agents: [Phone; 3],
}

impl Desk {
    fn new(w: &mut World) -> Self {
        Self::called_by(w, "+919900000001")
    }

    fn called_by(w: &mut World, caller: &str) -> Self {
        let [caller, other] = [caller, "+919900000002"].map(|name| w.phone(name));
        Self { caller, other, agents: ["a", "b", "c"].map(|name| w.phone(name)) }
    }

    /// The caller comes to talk with the third agent, since the two before it are busy.
    fn third_talks(&self, w: &mut World) {
        let [a, b, c] = &self.agents;
        let _busy = [a, b].map(|agent| agent.clone().rejects(486));
        talk(w, &self.caller, c);
        for agent in [a, b] {
            let _free = agent.clone().answers_after(0.s());
        }
    }
}

/// A call that an agent answers.
#[track_caller]
fn talk(w: &mut World, caller: &Phone, agent: &Phone) {
    caller.dials(NUMBER);
    w.until(caller.talks_to(agent));
    caller.hangs_up();
    w.until(agent.is_free());
    w.settle();
}

/// Whom the last call rang, by the user of their address.
fn rung(w: &World) -> String {
    let record = w.records().pop().expect("there was a call");
    let user = |number: &str| number.trim_start_matches("sip:").split('@').next().unwrap_or_default().to_owned();
    record.parties[1..].iter().map(|party| user(&party.number)).collect::<Vec<_>>().join(" ")
}

#[test]
fn whoever_talked_with_the_caller_is_rung_first_by_its_next_call() {
    in_all_weathers(|w| {
        w.publish_flow(DESK);
        let desk = Desk::new(w);
        let [a, _, c] = &desk.agents;
        desk.third_talks(w);
        assert_eq!(rung(w), "a b c");
        talk(w, &desk.caller, c);
        assert_eq!(rung(w), "c");
        talk(w, &desk.other, a);
        assert_eq!(rung(w), "a", "another caller is nobody's");
    });
}

#[test]
fn while_that_agent_is_busy_or_does_not_answer_the_others_are_rung_as_before() {
    in_all_weathers(|w| {
        w.publish_flow(DESK);
        let desk = Desk::new(w);
        let [a, b, c] = &desk.agents;
        desk.third_talks(w);
        let _busy = c.clone().rejects(486);
        talk(w, &desk.caller, a);
        assert_eq!(rung(w), "c a");
        // It is the one that talked last.
        let _away = a.clone().only_rings();
        talk(w, &desk.caller, b);
        assert_eq!(rung(w), "a b");
    });
}

#[test]
fn who_is_rung_first_is_rung_alone_and_the_others_together_after() {
    in_all_weathers(|w| {
        w.publish_flow(DESK);
        let desk = Desk::new(w);
        let [a, b, c] = &desk.agents;
        desk.third_talks(w);
        w.publish_flow(&DESK.replace("ring: 5s", "ring: 5s, order: parallel"));
        talk(w, &desk.caller, c);
        assert_eq!(rung(w), "c");
        let _ring = [b, c].map(|agent| agent.clone().only_rings());
        let a = a.clone().answers_after(2.s());
        desk.caller.dials(NUMBER);
        w.until(c.is_rung());
        w.passes(3.s());
        assert_eq!(rung(w), "c");
        w.until(b.is_rung());
        w.until(desk.caller.talks_to(&a));
        desk.caller.hangs_up();
        w.until(a.is_free());
        w.settle();
        assert_eq!(rung(w), "c a b");
    });
}

#[test]
fn a_member_of_a_group_is_rung_before_the_parties_and_members_ahead_of_it() {
    for order in [GroupOrder::Sequential, GroupOrder::RoundRobin, GroupOrder::LongestIdle] {
        let members = ["b@10.0.1.4", "c@10.0.1.5"].map(|user| Target::Uri(format!("sip:{user}"))).into();
        with_groups_in_all_weathers(&[Group { name: "agents".into(), members, order }], |w| {
            w.publish_flow(&DESK.replace(LIST, "['sip:a@10.0.1.3', 'group:agents']"));
            let desk = Desk::new(w);
            let [a, b, c] = &desk.agents;
            desk.third_talks(w);
            assert_eq!(rung(w), "a b c");
            talk(w, &desk.caller, c);
            assert_eq!(rung(w), "c");
            let _busy = [c, a].map(|agent| agent.clone().rejects(486));
            talk(w, &desk.caller, b);
            assert_eq!(rung(w), "c a b", "each once, {order:?}");
        });
    }
}

#[test]
fn a_member_that_talks_is_passed_over_where_its_group_does_that() {
    let members = ["b@10.0.1.4", "c@10.0.1.5"].map(|user| Target::Uri(format!("sip:{user}"))).into();
    let group = Group { name: "agents".into(), members, order: GroupOrder::LongestIdle };
    with_groups_in_all_weathers(&[group], |w| {
        w.publish_flow(&DESK.replace(LIST, "'group:agents'"));
        let desk = Desk::new(w);
        let third = w.phone("+919900000003");
        let [_, b, c] = &desk.agents;
        talk(w, &desk.caller, b);
        talk(w, &desk.other, c);
        third.dials(NUMBER);
        w.until(third.talks_to(b));
        desk.caller.dials(NUMBER);
        w.until(desk.caller.talks_to(c));
        assert_eq!((b.finals(), c.finals()), (vec![200; 2], vec![200; 2]), "nobody was rung in vain");
        desk.caller.hangs_up();
        third.hangs_up();
        w.until(b.is_free());
    });
}

#[test]
fn a_caller_without_a_number_is_not_known_again() {
    for caller in ["anonymous", "Restricted", "unknown"] {
        in_all_weathers(|w| {
            w.publish_flow(DESK);
            let desk = Desk::called_by(w, caller);
            desk.third_talks(w);
            talk(w, &desk.caller, &desk.agents[0]);
            assert_eq!(rung(w), "a");
        });
    }
}

#[test]
fn after_thirty_days_it_is_forgotten() {
    in_all_weathers(|w| {
        w.publish_flow(DESK);
        let desk = Desk::new(w);
        let [a, _, c] = &desk.agents;
        desk.third_talks(w);
        w.passes((29 * 24 * 3600).s());
        talk(w, &desk.caller, c);
        assert_eq!(rung(w), "c");
        w.passes((30 * 24 * 3600).s());
        talk(w, &desk.caller, a);
        assert_eq!(rung(w), "a");
    });
}

#[test]
fn who_heard_a_whisper_alone_has_not_talked() {
    in_all_weathers(|w| {
        w.publish_flow(&DESK.replace("ring: 5s", "ring: 5s, whisper: { say: A caller from the north. }"));
        let desk = Desk::new(w);
        let [a, b, _] = &desk.agents;
        desk.caller.dials(NUMBER);
        w.until(a.is_answered());
        a.hangs_up_after(500.ms());
        w.until(desk.caller.talks_to(b));
        desk.caller.hangs_up();
        w.until(b.is_free());
        w.settle();
        talk(w, &desk.caller, b);
        assert_eq!(rung(w), "b");
    });
}

#[test]
fn a_url_says_whether_it_is_so() {
    let flow = "flow: desk
start: desk
nodes:
  desk: { applet: connect, url: 'http://crm.example/agents', ring: 5s, on: { answered: bye, missed: bye, nobody: bye } }
  bye: { applet: hangup }";
    let body = r#"{"sticky_agent":true,FURTHER"destination":{"numbers":["sip:a@10.0.1.3","sip:b@10.0.1.4","sip:c@10.0.1.5"]}}"#;
    for further in ["", r#""distribute_calls":"equally","#] {
        in_all_weathers(|w| {
            w.publish_flow(flow);
            let _agents =
                w.web("http://crm.example/agents").says(200, "application/json", &body.replace("FURTHER", further));
            let desk = Desk::new(w);
            let c = &desk.agents[2];
            desk.third_talks(w);
            talk(w, &desk.caller, c);
            talk(w, &desk.caller, c);
            assert_eq!(rung(w), "c");
        });
    }
    in_all_weathers(|w| {
        // After each attempt it is asked anew; then the agent was rung already.
        w.publish_flow(flow);
        let body = body.replace("FURTHER", r#""fetch_after_attempt":true,"#);
        let agents = w.web("http://crm.example/agents").says(200, "application/json", &body);
        let desk = Desk::new(w);
        let [a, _, c] = &desk.agents;
        talk(w, &desk.caller, a);
        w.publish_flow(DESK);
        desk.third_talks(w);
        w.publish_flow(flow);
        talk(w, &desk.caller, c);
        assert_eq!((rung(w).as_str(), agents.requested().len()), ("c", 2));
        let _busy = c.clone().rejects(486);
        talk(w, &desk.caller, a);
        assert_eq!((rung(w).as_str(), agents.requested().len()), ("c a", 4));
    });
}
