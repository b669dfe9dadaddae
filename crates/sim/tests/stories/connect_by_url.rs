//! A URL says whom to ring, and the agents' desk hears of each party.

use model::EventKind;
use sim::{Phone, Units, World, in_all_weathers};

const NUMBER: &str = "+918011112222";

const DESK: &str = "flow: desk
start: desk
nodes:
  desk: { applet: connect, url: 'http://crm.example/agents', fallback_url: 'http://other.example/agents', events: 'http://crm.example/popup', ring: 6s, on: { answered: report, missed: report, nobody: nobody } }
  nobody: { applet: greeting, say: There is nobody., next: report }
  report: { applet: passthru, url: 'http://crm.example/calls', async: true, next: bye }
  bye: { applet: hangup }";

/// The third phone and those after it may be rung by text from outside.
fn bystanders(w: &mut World) {
    w.phone("first");
}

#[test]
fn calls_are_shared_out_equally_where_the_url_says_so() {
    for again in [false, true] {
        in_all_weathers(|w| {
            w.publish_flow(DESK);
            let body = r#"{"distribute_calls":"equally","fetch_after_attempt":AGAIN,
                "destination":{"numbers":["sip:a@10.0.1.3","sip:b@10.0.1.4","sip:c@10.0.1.5"]}}"#;
            let body = body.replace("AGAIN", if again { "true" } else { "false" });
            let _agents = w.web("http://crm.example/agents").says(200, "application/json", &body);
            let _popup = w.web("http://crm.example/popup").answers(200);
            let _calls = w.web("http://crm.example/calls").answers(200);
            let alice = w.phone("+919900000001");
            bystanders(w);
            let agents = ["a", "b", "c"].map(|name| w.phone(name));
            let talks = |w: &mut World, agent: &Phone| {
                alice.dials(NUMBER);
                w.until(alice.talks_to(agent));
                alice.hangs_up();
                w.until(agent.is_free());
                w.settle();
            };
            for agent in [0, 1, 2, 0] {
                talks(w, &agents[agent]);
            }
            // Who is busy has been rung, too: it is the turn of the others first.
            let _busy = agents[1].clone().rejects(486);
            talks(w, &agents[2]);
            talks(w, &agents[0]);
            let rung = |call: usize| {
                let record = w.records().remove(call);
                record.parties[1..].iter().map(|party| party.number.clone()).collect::<Vec<_>>()
            };
            assert_eq!([rung(4), rung(5)], [vec!["sip:b@10.0.1.4", "sip:c@10.0.1.5"], vec!["sip:a@10.0.1.3"]]);
        });
    }
}

#[test]
fn the_parties_of_a_list_are_rung_in_turn_and_the_desk_hears_of_each() {
    in_all_weathers(|w| {
        w.publish_flow(DESK);
        let _agents =
            w.web("http://crm.example/agents").says(200, "text/plain", "sip:a@10.0.1.3, sip:b@10.0.1.4, +919900000009");
        let popup = w.web("http://crm.example/popup").answers(200);
        let calls = w.web("http://crm.example/calls").answers(200);
        let alice = w.phone("+919900000001");
        bystanders(w);
        let (_busy, b) = (w.phone("a").rejects(486), w.phone("b").answers_after(1.s()));
        alice.dials(NUMBER);
        w.until(alice.talks_to(&b));
        b.hangs_up();
        w.until(alice.is_free());
        w.settle();
        assert_eq!(w.walk(0), ["desk -> answered", "report -> next", "bye"]);
        let refused = w
            .kinds(0)
            .any(|kind| matches!(kind, EventKind::Fault { what } if what.starts_with("+919900000009 is not rung")));
        assert!(refused, "no rule takes that number");
        let told: Vec<_> = popup
            .requested()
            .iter()
            .map(|asked| {
                ["DialWhomNumber", "Status", "EventType"]
                    .map(|name| asked.parameter(name).unwrap_or("absent").to_owned())
                    .join(" ")
            })
            .collect();
        let (a, b) = ("sip%3Aa%4010.0.1.3", "sip%3Ab%4010.0.1.4");
        let expected = [
            format!("{a} busy Dial"),
            format!("{a} free Terminal"),
            format!("{b} busy Dial"),
            format!("{b} busy Ringing"),
            format!("{b} busy Answered"),
            format!("{b} free Terminal"),
        ];
        assert_eq!(told, expected);
        let report = calls.requested().remove(0);
        assert_eq!(report.parameter("DialCallStatus"), Some("completed"));
        assert_eq!(report.parameter("Legs%5B1%5D%5BNumber%5D"), Some(b));
    });
}

#[test]
fn the_settings_of_an_answer_are_followed_and_the_url_is_asked_after_each_attempt() {
    in_all_weathers(|w| {
        w.publish_flow(DESK);
        let first =
            r#"{"fetch_after_attempt":true,"max_ringing_duration":2,"destination":{"numbers":["sip:a@10.0.1.3"]}}"#;
        let second = r#"{"destination":{"numbers":["sip:b@10.0.1.4"]},"outgoing_phone_number":"08044444444","custom_params":"Order=A-17"}"#;
        let agents = w.web("http://crm.example/agents").says(200, "application/json", first).says(
            200,
            "application/json",
            second,
        );
        let _popup = w.web("http://crm.example/popup").answers(200);
        let calls = w.web("http://crm.example/calls").answers(200);
        let alice = w.phone("+919900000001");
        bystanders(w);
        let (_a, b) = (w.phone("a").only_rings(), w.phone("b").answers_after(1.s()));
        alice.dials(NUMBER);
        w.until(alice.talks_to(&b));
        alice.hangs_up();
        w.settle();
        let asked = agents.requested();
        assert_eq!(asked.len(), 2);
        assert_eq!(asked[1].parameter("DialCallStatus"), Some("no-answer"));
        let report = calls.requested().remove(0);
        let leg = |name: &str| report.parameter(name).unwrap_or("absent").to_owned();
        assert_eq!(leg("Legs%5B0%5D%5BCauseCode%5D"), "RING_TIMEOUT");
        assert_eq!(leg("Legs%5B1%5D%5BCauseCode%5D"), "NORMAL_CLEARING");
        assert_eq!(leg("Legs%5B1%5D%5BCallerId%5D"), "08044444444");
        assert_eq!(leg("CallType"), "completed");
    });
}

#[test]
fn a_url_that_fails_hands_over_to_the_other_and_two_dial_nobody() {
    in_all_weathers(|w| {
        w.publish_flow(DESK);
        let _agents = w.web("http://crm.example/agents").answers(500);
        let other = w.web("http://other.example/agents").is_silent();
        let calls = w.web("http://crm.example/calls").answers(200);
        let alice = w.phone("+919900000001");
        alice.dials(NUMBER);
        w.until(alice.is_free());
        w.settle();
        assert_eq!(w.walk(0), ["desk -> nobody", "nobody -> next", "report -> next", "bye"]);
        assert_eq!(other.requested().len(), 1);
        assert_eq!(calls.requested()[0].parameter("CallType"), Some("call-attempt"));
    });
}
