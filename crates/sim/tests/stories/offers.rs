//! Who offers media and who answers, where peers do it late, twice or not at all (RFC 3261 sections 13.2.1 and 14).

use model::{Cause, EndedBy, EventKind, LegId};
use sim::{Describes, Phone, Units, World, in_all_weathers};

const NUMBER: &str = "+918011112222";

const DESK: &str = "flow: desk
start: desk
nodes:
  desk: { applet: connect, to: 'sip:sales@10.0.1.2:5060', ring: 6s, on: { answered: sorry, missed: bye, nobody: bye } }
  sorry: { applet: greeting, say: The line broke., next: bye }
  bye: { applet: hangup }";

/// A caller who describes its media that way, and sales; the caller has dialled.
fn desk(w: &mut World, how: Describes) -> [Phone; 2] {
    w.publish_flow(DESK);
    let phones = [w.phone("alice"), w.phone("sales")];
    phones[0].describes(how);
    phones[0].dials(NUMBER);
    phones
}

fn holds(w: &World) -> Vec<(Option<LegId>, bool)> {
    let held = |event: &model::CallEvent| match event.kind {
        EventKind::Held { on } => Some((event.leg, on)),
        _ => None,
    };
    w.journal().iter().filter_map(held).collect()
}

#[test]
fn either_side_may_ask_for_our_offer_within_the_call() {
    for party in [0, 1] {
        in_all_weathers(|w| {
            let phones = desk(w, Describes::InInvite);
            let [alice, sales] = &phones;
            w.until(alice.talks_to(sales));
            phones[party].describes(Describes::InAck);
            phones[party].holds(true);
            w.passes(4.s());
            let before = phones[party].packets();
            w.passes(1.s());
            assert_eq!(phones[party].packets(), before, "who holds hears nothing");
            phones[party].holds(false);
            w.passes(4.s());
            w.until(alice.talks_to(sales));
            alice.hangs_up();
            w.until(sales.is_free());
            w.settle();
            let leg = Some(LegId(u16::try_from(party).expect("two legs")));
            assert_eq!(holds(w), [(leg, true), (leg, false)]);
            assert_eq!(w.faults(0), [""; 0]);
        });
    }
}

#[test]
fn a_party_whose_answer_cannot_be_met_is_let_go_alone() {
    in_all_weathers(|w| {
        let [alice, sales] = desk(w, Describes::InInvite);
        w.until(alice.talks_to(&sales));
        sales.describes(Describes::Badly);
        sales.holds(false);
        w.until(sales.is_free());
        w.until(alice.hears("The line broke."));
        w.until(alice.is_free());
        w.settle();
        assert_eq!(w.walk(0), ["desk -> answered", "sorry -> next", "bye"]);
        assert_eq!(w.records()[0].faults, 1);
    });
}

#[test]
fn a_caller_may_ask_for_our_offer() {
    in_all_weathers(|w| {
        let [alice, sales] = desk(w, Describes::InAck);
        w.until(alice.talks_to(&sales));
        sales.hangs_up();
        w.until(alice.is_free());
        w.settle();
        assert_eq!(w.faults(0), [""; 0]);
    });
}

#[test]
fn a_description_that_is_repeated_in_the_ack_is_nothing_new() {
    in_all_weathers(|w| {
        let [alice, sales] = desk(w, Describes::Twice);
        w.until(alice.talks_to(&sales));
        w.passes(1.s());
        alice.hangs_up();
        w.until(sales.is_free());
        w.settle();
        assert_eq!(w.faults(0), [""; 0]);
        assert_eq!(w.records()[0].ended_by, Some(EndedBy::Caller));
    });
}

#[test]
fn a_caller_who_never_answers_our_offer_is_let_go() {
    in_all_weathers(|w| {
        let [alice, sales] = desk(w, Describes::Never);
        w.until(alice.is_free());
        w.until(sales.is_free());
        w.settle();
        assert_eq!(w.faults(0), ["the media answer of leg 0 cannot be met: no answer to our offer"]);
        let record = w.records().remove(0);
        assert_eq!((record.ended_by, record.cause), (Some(EndedBy::Us), Some(Cause::BEARER_CAPABILITY_NOT_AVAILABLE)));
    });
}

#[test]
fn a_phone_behind_a_nat_may_change_its_network() {
    in_all_weathers(|w| {
        w.publish_flow(&DESK.replace("10.0.1.2", "10.0.1.1"));
        let (sales, alice) = (w.phone("sales"), w.phone_behind_nat("alice"));
        alice.dials(NUMBER);
        w.until(alice.talks_to(&sales));
        alice.moves([203, 0, 113, 99].into());
        w.passes(4.s());
        let before = [alice.packets(), sales.packets()];
        w.passes(2.s());
        assert!(alice.packets() > before[0] && sales.packets() > before[1], "both go on hearing each other");
        w.until(alice.talks_to(&sales));
        alice.hangs_up();
        w.until(sales.is_free());
        w.settle();
        assert_eq!(w.faults(0), [""; 0]);
    });
}
