//! A user with several phones: each is rung by its own name, one after the other.

use sim::{Phone, Units, World};

const NUMBER: &str = "+918011112222";

const DESK: &str = "flow: desk
start: desk
nodes:
  desk: { applet: connect, to: 'sip:sales', ring: 30s, music: hold.wav, on: { answered: bye, missed: bye, nobody: bye } }
  bye: { applet: hangup }";

/// The caller has dialled the user of two phones; yields it, the phone rung first and the other.
fn desk(first: impl Fn(Phone) -> Phone) -> (World, [Phone; 3]) {
    let mut w = World::with_users(1, &["sales"]);
    w.publish_flow(DESK);
    let (alice, other, first) = (w.phone("alice"), w.phone("sales"), first(w.phone("sales")));
    w.registers(&other);
    w.registers(&first);
    alice.dials(NUMBER);
    (w, [alice, first, other])
}

#[test]
fn the_next_phone_rings_where_one_does_not_take_the_call() {
    for status in [404, 480, 486, 503] {
        let (mut w, [alice, first, other]) = desk(|first| first.rejects(status));
        w.until(alice.talks_to(&other));
        assert_eq!((first.finals(), other.finals()), (vec![status], vec![200]));
        assert!(w.ladder().contains("> sales    INVITE sip:sales@10.0.1.3:5060"), "{}", w.ladder());
        assert!(w.ladder().contains("> sales    INVITE sip:sales@10.0.1.2:5060"), "{}", w.ladder());
        other.hangs_up();
        w.until(alice.is_free());
        w.settle();
        assert_eq!(w.walk(0), ["desk -> answered", "bye"]);
    }
}

#[test]
fn the_next_phone_rings_where_one_is_silent() {
    let (mut w, [alice, _, other]) = desk(Phone::is_silent);
    w.until(alice.talks_to(&other));
    alice.hangs_up();
    w.until(other.is_free());
    w.settle();
}

#[test]
fn a_user_who_declines_is_not_rung_elsewhere() {
    let (mut w, [alice, _, other]) = desk(|first| first.rejects(603));
    w.until(alice.is_free());
    w.settle();
    assert_eq!(other.finals(), [0; 0]);
    assert_eq!(w.walk(0), ["desk -> missed", "bye"]);
}

#[test]
fn music_comes_back_while_the_next_phone_rings() {
    let (mut w, [alice, _, other]) = desk(|first| first.speaks_early_and_rejects_after(2.s(), 486));
    let other = other.answers_after(3.s());
    w.until(alice.talks_to(&other));
    assert_eq!(alice.heard(), ["sales", "hold.wav", "sales"]);
    alice.hangs_up();
    w.until(other.is_free());
    w.settle();
}

#[test]
fn each_phone_is_heard_early() {
    let (mut w, [alice, first, other]) = desk(|first| first.speaks_early_and_rejects_after(2.s(), 486));
    let other = other.speaks_early_and_answers_after(3.s());
    w.until(first.is_free());
    w.until(other.is_rung());
    let before = alice.packets();
    w.passes(2.s());
    assert!(alice.packets() > before + 90 && !alice.heard().contains(&"hold.wav".to_owned()), "{:?}", alice.heard());
    w.until(alice.talks_to(&other));
    alice.hangs_up();
    w.until(other.is_free());
    w.settle();
}
