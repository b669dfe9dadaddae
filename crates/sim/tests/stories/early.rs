//! What a party says while it rings is heard by the caller.

use model::EventKind;
use sim::{Phone, Units, World, in_all_weathers};

const NUMBER: &str = "+918011112222";

/// Rings sales, and support if sales does not want to.
const DESK: &str = "flow: desk
start: desk
nodes:
  desk: { applet: connect, to: ['sip:sales@10.0.1.2:5060', 'sip:support@10.0.1.3:5060'], ring: 30s, on: { answered: bye, missed: bye, nobody: bye } }
  bye: { applet: hangup }";

/// Dials the desk of two.
fn at_the_desk(w: &mut World, sales: impl Fn(Phone) -> Phone) -> [Phone; 3] {
    let alice = w.phone("+919900000001");
    let (sales, support) = (sales(w.phone("sales")), w.phone("support"));
    alice.dials(NUMBER);
    [alice, sales, support]
}

/// How often somebody was heard early.
fn early(w: &World) -> usize {
    w.journal().iter().filter(|event| event.kind == EventKind::EarlyMedia).count()
}

fn ends(w: &mut World, alice: &Phone) {
    alice.hangs_up();
    w.until(alice.is_free());
    w.settle();
}

#[test]
fn a_caller_who_is_not_answered_hears_who_rings() {
    in_all_weathers(|w| {
        w.publish_flow(DESK);
        let [alice, sales, _] = at_the_desk(w, |sales| sales.speaks_early_and_answers_after(9.s()));
        w.until(alice.hears("sales"));
        assert_eq!((alice.finals(), sales.finals()), (vec![], vec![]), "nobody is answered");
        // The answer was in the 183, and the 200 does not repeat it.
        w.until(alice.talks_to(&sales));
        assert_eq!((alice.finals(), sales.finals(), early(w)), (vec![200], vec![200], 1));
        ends(w, &alice);
    });
}

#[test]
fn music_yields_to_who_rings_and_comes_back_for_the_next() {
    in_all_weathers(|w| {
        w.publish_flow(
            &format!("{}\n  hello: {{ applet: answer, next: desk }}", DESK)
                .replace("start: desk", "start: hello")
                .replace("ring: 30s", "ring: 30s, music: hold.wav"),
        );
        let [alice, _, support] = at_the_desk(w, |sales| sales.speaks_early_and_rejects_after(9.s(), 486));
        let support = support.answers_after(9.s());
        w.until(alice.hears("sales"));
        w.until(alice.talks_to(&support));
        let heard = alice.heard();
        assert!(heard.ends_with(&["sales", "hold.wav", "support"].map(str::to_owned)), "{heard:?}");
        ends(w, &alice);
    });
}

#[test]
fn a_caller_who_gives_up_early_leaves_nothing_behind() {
    in_all_weathers(|w| {
        w.publish_flow(DESK);
        let [alice, sales, _] = at_the_desk(w, |sales| sales.speaks_early_and_answers_after(60.s()));
        w.until(alice.hears("sales"));
        alice.hangs_up();
        w.until(alice.is_free());
        w.until(sales.is_free());
        assert_eq!(alice.finals(), [487]);
        w.settle();
    });
}
