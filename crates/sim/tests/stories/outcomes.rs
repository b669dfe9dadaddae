//! What a connect came to, as the next Passthru says it: a story for each row of the matrix (`exotel.md` 1.7), in calm weather and
//! in storms: what is lost, late, doubled or out of order changes no word of it, and of the seconds only how many.

use sim::{Phone, Requested, Units, World, in_all_weathers};

const NUMBER: &str = "+918011112222";

const DESK: &str = "flow: desk
start: desk
nodes:
  desk: { applet: connect, to: 'sip:sales@10.0.1.2:5060', ring: 20s, limit: 30s, on: { answered: report, missed: report } }
  report: { applet: passthru, url: 'http://crm.example/calls', async: true, next: bye }
  bye: { applet: hangup }";

/// Dials the desk, which behaves so; in every weather this is what is said of it when all is over.
#[track_caller]
fn desk(sales: impl Fn(Phone) -> Phone, story: impl Fn(&mut World, &Phone, &Phone), expected: &str) {
    is_said(DESK, sales, story, expected);
}

#[track_caller]
fn is_said(
    flow: &str,
    sales: impl Fn(Phone) -> Phone,
    story: impl Fn(&mut World, &Phone, &Phone),
    expected: &str,
) -> World {
    in_all_weathers(|w| {
        w.publish_flow(flow);
        let site = w.web("http://crm.example/calls").answers(200);
        let (alice, sales) = (w.phone("+919900000001"), sales(w.phone("sales")));
        alice.dials(NUMBER);
        story(w, &alice, &sales);
        w.until(alice.is_free());
        w.settle();
        let asked = site.requested();
        assert_eq!(asked.len(), 1);
        if w.is_calm() {
            assert_eq!(said(&asked[0]), expected);
        } else {
            assert_eq!(without_seconds(&said(&asked[0])), without_seconds(expected));
        }
    })
}

/// The line with `some` for how many seconds it was dialled and talked: none stays `0`.
fn without_seconds(said: &str) -> String {
    let word = |(place, word): (usize, &str)| {
        let is_some = matches!(place, 2 | 7) && word.parse().is_ok_and(|seconds: u64| seconds > 0);
        if is_some { "some".to_owned() } else { word.to_owned() }
    };
    said.split(' ').enumerate().map(word).collect::<Vec<_>>().join(" ")
}

/// All that is said of a connect to one party, in a line: `CallType DialCallStatus DialCallDuration DialWhomNumber
/// OutgoingPhoneNumber`, and of the leg `Number Type OnCallDuration CallerId CauseCode Cause DisconnectedBy`.
fn said(asked: &Requested) -> String {
    let call = ["CallType", "DialCallStatus", "DialCallDuration", "DialWhomNumber", "OutgoingPhoneNumber"];
    let leg = ["Number", "Type", "OnCallDuration", "CallerId", "CauseCode", "Cause", "DisconnectedBy"];
    let leg = leg.map(|name| format!("Legs%5B0%5D%5B{name}%5D"));
    let names = call.into_iter().chain(leg.iter().map(String::as_str));
    let values: Vec<&str> = names.map(|name| asked.parameter(name).unwrap_or("absent")).collect();
    values.join(" ").replace("sip%3Asales%4010.0.1.2%3A5060", "sales").replace("08011112222", "ours")
}

fn nothing(_: &mut World, _: &Phone, _: &Phone) {}

#[test]
fn a_flow_without_a_connect_is_an_attempt() {
    let (head, rest) = DESK.split_once("  desk: {").expect("its first node");
    let (_, reports) = rest.split_once('\n').expect("a line");
    let flow = format!("{head}{reports}").replace("start: desk", "start: report");
    let expected = "call-attempt absent 0  absent absent absent absent absent absent absent absent";
    is_said(&flow, |sales| sales, nothing, expected);
}

#[test]
fn the_callee_ends_the_conversation() {
    desk(
        |sales| sales.answers_after(12.s()),
        |w, alice, sales| {
            w.until(alice.talks_to(sales));
            w.passes(8.s());
            sales.hangs_up();
        },
        "completed completed 20 sales ours sales single 8 ours NORMAL_CLEARING 16 Callee",
    );
}

#[test]
fn the_caller_ends_the_conversation() {
    desk(
        |sales| sales.answers_after(12.s()),
        |w, alice, sales| {
            w.until(alice.talks_to(sales));
            w.passes(8.s());
            alice.hangs_up();
        },
        "completed completed 20 sales ours sales single 8 ours NORMAL_CLEARING 16 Caller",
    );
}

#[test]
fn the_limit_ends_the_conversation_and_the_flow_goes_on_with_the_caller() {
    desk(
        |sales| sales.answers_after(2.s()),
        |w, _, sales| w.until(sales.is_free()),
        "completed completed 32 sales ours sales single 30 ours NORMAL_CLEARING 16 Exotel",
    );
}

#[test]
fn the_caller_hangs_up_while_it_rings() {
    desk(
        Phone::only_rings,
        |w, alice, sales| {
            w.until(sales.is_rung());
            w.passes(15.s());
            alice.hangs_up();
        },
        "client-hangup canceled 0 sales ours sales single 0 ours RING_TIMEOUT 1003 Caller",
    );
}

#[test]
fn nobody_picks_up() {
    desk(Phone::only_rings, nothing, "incomplete no-answer 0 sales ours sales single 0 ours RING_TIMEOUT 1003 Exotel");
}

#[test]
fn nobody_is_there() {
    desk(Phone::is_silent, nothing, "incomplete no-answer 0 sales ours sales single 0 ours RING_TIMEOUT 1003 Exotel");
}

#[test]
fn a_person_declines() {
    desk(
        Phone::only_rings,
        |w, _, sales| {
            w.until(sales.is_rung());
            w.passes(3.s());
            sales.hangs_up();
        },
        "incomplete busy 0 sales ours sales single 0 ours USER_BUSY 17 Callee",
    );
}

#[test]
fn refusals_are_told_by_what_they_stand_for() {
    // (status, outcome, cause and who)
    let rows = [
        (486, "busy", "USER_BUSY 17 Operator"),
        (600, "busy", "USER_BUSY 17 Operator"),
        (603, "busy", "USER_BUSY 17 Operator"),
        (480, "no-answer", "NO_USER_RESPONSE 18 Operator"),
        (408, "no-answer", "RING_TIMEOUT 1003 Operator"),
        (403, "failed", "CALL_REJECTED 21 Operator"),
        (404, "failed", "UNALLOCATED_NUMBER 1 Operator"),
        (484, "failed", "INVALID_NUMBER_FORMAT 28 Operator"),
        (488, "failed", "BEARER_CAPABILITY_NOT_AVAILABLE 58 Operator"),
        (500, "failed", "TEMPORARY_FAILURE 41 Operator"),
        (502, "failed", "NETWORK_OUT_OF_ORDER 38 Operator"),
        (503, "failed", "TEMPORARY_FAILURE 41 Operator"),
    ];
    for (status, outcome, leg) in rows {
        desk(
            |sales| sales.rejects(status),
            nothing,
            &format!("incomplete {outcome} 0 sales ours sales single 0 ours {leg}"),
        );
    }
}

#[test]
fn a_cause_that_the_peer_names_counts_more_than_its_status() {
    // (status, cause in its Reason, outcome, cause and who)
    let rows = [
        (480, 17, "busy", "USER_BUSY 17 Operator"),
        (486, 1, "failed", "UNALLOCATED_NUMBER 1 Operator"),
        (503, 19, "no-answer", "NO_ANSWER 19 Operator"),
        (500, 21, "busy", "USER_BUSY 17 Operator"),
        (404, 27, "failed", "DESTINATION_OUT_OF_ORDER 27 Operator"),
        (404, 10, "failed", "NORMAL_UNSPECIFIED 31 Operator"),
    ];
    for (status, cause, outcome, leg) in rows {
        desk(
            |sales| sales.rejects_for(status, cause),
            nothing,
            &format!("incomplete {outcome} 0 sales ours sales single 0 ours {leg}"),
        );
    }
}

#[test]
fn who_cannot_be_reached_has_failed() {
    // (target, as it is told, cause)
    let rows = [
        ("sip:nobody", "sip%3Anobody", "SUBSCRIBER_ABSENT 20"),
        ("+918022222222", "08022222222", "NO_ROUTE_TO_DESTINATION 3"),
        ("sip:desk@nowhere.example", "sip%3Adesk%40nowhere.example", "NO_ROUTE_TO_DESTINATION 3"),
    ];
    for (target, whom, cause) in rows {
        let flow = DESK.replace("sip:sales@10.0.1.2:5060", target);
        let expected = format!("incomplete failed 0 {whom} ours {whom} single 0 ours {cause} Exotel");
        let calm = is_said(&flow, |sales| sales, nothing, &expected);
        assert_eq!(calm.walk(0)[0], "desk -> missed");
    }
}
