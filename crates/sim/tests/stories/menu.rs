//! Prompts and keys: greeting, gather, ivr.

use expect_test::expect;
use model::{Cause, EndedBy, EventKind};
use sim::{Units, World, in_all_weathers};

const NUMBER: &str = "+918011112222";

fn gathered(w: &World) -> Vec<String> {
    let digits = |kind: &EventKind| if let EventKind::Gathered { digits } = kind { Some(digits.clone()) } else { None };
    w.kinds(0).filter_map(digits).collect()
}

fn prompts(w: &World) -> usize {
    w.kinds(0).filter(|kind| matches!(kind, EventKind::PlayStarted { .. })).count()
}

#[test]
fn a_greeting_is_heard_and_the_call_ended() {
    let calm = in_all_weathers(|w| {
        w.publish_flow(
            "flow: hi
start: hello
nodes:
  hello: { applet: greeting, say: Welcome., next: bye }
  bye: { applet: hangup, cause: USER_BUSY }",
        );
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.until(alice.is_free());
        w.settle();
        assert_eq!(alice.heard(), ["Welcome."]);
        assert_eq!(w.walk(0), ["hello -> next", "bye"]);
        let record = w.records().remove(0);
        assert_eq!((record.ended_by, record.cause), (Some(EndedBy::Us), Some(Cause::USER_BUSY)));
        assert_eq!(alice.reason().as_deref(), Some("Q.850;cause=17"));
    });
    expect![[r#"
        0.000    alice > switch    INVITE sip:+918011112222@10.0.0.1:5060  sdp 0,101
        0.001      flow            flow hi
        0.001      flow            hello: greeting
        0.001      caller          plays "Welcome."
        0.001    switch > alice    200 INVITE  sdp 0,101
        0.002    alice > switch    ACK sip:10.0.0.1:5060
        1.001      caller          played "Welcome."
        1.001      flow            hello -> next
        1.001      flow            bye: hangup
        1.001      caller          ended by us: USER_BUSY (17)
        1.001    switch > alice    BYE sip:alice@10.0.1.1:5060  Q.850;cause=17
        1.001      flow            call ended by us: USER_BUSY (17)
        1.002    alice > switch    200 BYE
    "#]]
    .assert_eq(calm.ladder());
}

/// A greeting that may be interrupted, then a number.
const ACCOUNT: &str = "flow: account
start: hello
nodes:
  hello: { applet: greeting, say: Welcome., interrupt: true, next: ask }
  ask: { applet: gather, say: Your number., max_digits: 4, timeout: 2s, repeat: 1, on: { digits: thanks, none: bye } }
  thanks: { applet: greeting, say: Thanks., next: bye }
  bye: { applet: hangup }";

#[test]
fn keys_typed_ahead_interrupt_the_greeting_and_answer_the_question() {
    let calm = in_all_weathers(|w| {
        w.publish_flow(ACCOUNT);
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.until(alice.hears("Welcome."));
        alice.presses("12#");
        w.until(alice.is_free());
        w.settle();
        assert_eq!(gathered(w), ["12"]);
        assert_eq!(w.walk(0), ["hello -> next", "ask -> digits", "thanks -> next", "bye"]);
        // In a storm the answer may arrive when the greeting is over.
        assert!(!w.is_calm() || alice.heard() == ["Welcome.", "Thanks."], "the question need not be asked");
    });
    expect![[r#"
        0.000    alice > switch    INVITE sip:+918011112222@10.0.0.1:5060  sdp 0,101
        0.001      flow            flow account
        0.001      flow            hello: greeting
        0.001      caller          plays "Welcome."
        0.001    switch > alice    200 INVITE  sdp 0,101
        0.002    alice > switch    ACK sip:10.0.0.1:5060
        0.183      caller          digit 1
        0.183      caller          stopped "Welcome."
        0.183      flow            hello -> next
        0.183      flow            ask: gather
        0.363      caller          digit 2
        0.543      caller          digit #
        0.543      flow            gathered "12"
        0.543      flow            ask -> digits
        0.543      flow            thanks: greeting
        0.543      caller          plays "Thanks."
        1.543      caller          played "Thanks."
        1.543      flow            thanks -> next
        1.543      flow            bye: hangup
        1.543      caller          ended by us: NORMAL_CLEARING (16)
        1.543    switch > alice    BYE sip:alice@10.0.1.1:5060  Q.850;cause=16
        1.543      flow            call ended by us: NORMAL_CLEARING (16)
        1.544    alice > switch    200 BYE
    "#]]
    .assert_eq(calm.ladder());
}

#[test]
fn the_most_digits_end_the_input() {
    in_all_weathers(|w| {
        w.publish_flow(ACCOUNT);
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.until(alice.hears("Your number."));
        alice.presses("1234");
        w.until(alice.hears("Thanks."));
        w.settle();
        assert_eq!(gathered(w), ["1234"]);
    });
}

#[test]
fn digits_without_a_finish_key_count_when_no_more_come() {
    in_all_weathers(|w| {
        w.publish_flow(ACCOUNT);
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.until(alice.hears("Your number."));
        alice.presses("77");
        w.until(alice.hears("Thanks."));
        w.settle();
        assert_eq!((gathered(w), prompts(w)), (vec!["77".to_owned()], 3), "asked once");
    });
}

#[test]
fn who_types_nothing_is_asked_again_and_then_given_up() {
    in_all_weathers(|w| {
        w.publish_flow(ACCOUNT);
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.until(alice.is_free());
        w.settle();
        assert_eq!((gathered(w), prompts(w)), (vec![String::new()], 3), "greeted, and asked twice");
        assert_eq!(w.walk(0), ["hello -> next", "ask -> none", "bye"]);
        let wanted = 1.s() + 2 * (1.s() + 2.s());
        let took = w.records()[0].duration.expect("it is over");
        assert!(!w.is_calm() || took.abs_diff(wanted) < 100.ms(), "{took:?}");
    });
}

#[test]
fn the_finish_key_alone_is_no_input() {
    in_all_weathers(|w| {
        w.publish_flow(ACCOUNT);
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.until(alice.hears("Your number."));
        alice.presses("#");
        w.until(alice.is_free());
        w.settle();
        assert_eq!(gathered(w), [""]);
        assert_eq!(w.walk(0), ["hello -> next", "ask -> none", "bye"]);
    });
}

/// A menu of two.
const MENU: &str = "flow: menu
start: menu
nodes:
  menu: { applet: ivr, say: Press one or two., timeout: 1s, on: { 1: sales, 2: support, none: bye, invalid: wrong } }
  sales: { applet: greeting, say: Sales., next: bye }
  support: { applet: greeting, say: Support., next: bye }
  wrong: { applet: greeting, say: That is wrong., next: menu }
  bye: { applet: hangup }";

#[test]
fn a_key_chooses_an_exit_of_the_menu() {
    for (key, heard) in [("1", "Sales."), ("2", "Support.")] {
        in_all_weathers(|w| {
            w.publish_flow(MENU);
            let alice = w.phone("alice");
            alice.dials(NUMBER);
            w.until(alice.hears("Press one or two."));
            alice.presses(key);
            w.until(alice.is_free());
            w.settle();
            assert_eq!(alice.heard(), ["Press one or two.", heard]);
            assert_eq!(w.walk(0)[0], format!("menu -> {key}"));
        });
    }
}

#[test]
fn a_wrong_key_comes_back_to_the_menu_and_no_key_leaves_it() {
    in_all_weathers(|w| {
        w.publish_flow(MENU);
        let alice = w.phone("alice");
        alice.dials(NUMBER);
        w.until(alice.hears("Press one or two."));
        alice.presses("*");
        w.until(alice.is_free());
        w.settle();
        assert_eq!(alice.heard(), ["Press one or two.", "That is wrong.", "Press one or two."]);
        assert_eq!(w.walk(0), ["menu -> invalid", "wrong -> next", "menu -> none", "bye"]);
    });
}
