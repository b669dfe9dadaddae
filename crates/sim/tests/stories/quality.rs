//! What the journal says of the media of each party that is gone.

use model::{EventKind, LegId, MediaQuality};
use sim::{Units, World};

const NUMBER: &str = "+918011112222";

/// How the media of each party went, as far as anything was sent or came.
fn qualities(w: &World) -> Vec<(LegId, MediaQuality)> {
    let of = |event: &model::CallEvent| match &event.kind {
        EventKind::MediaEnded(quality) => Some((event.leg.expect("a party"), quality.clone())),
        _ => None,
    };
    w.journal().iter().filter_map(of).collect()
}

#[test]
fn both_parties_of_a_conversation_are_told_of_before_the_call_ends() {
    let mut w = World::new(1);
    w.publish_flow(
        "flow: desk
start: desk
nodes:
  desk: { applet: connect, to: 'sip:sales@10.0.1.2:5060', on: { answered: bye, missed: bye, nobody: bye } }
  bye: { applet: hangup }",
    );
    let (alice, sales) = (w.phone("alice"), w.phone("sales").answers_after(1.s()));
    alice.dials(NUMBER);
    w.until(sales.hears("alice"));
    w.passes(5.s());
    alice.hangs_up();
    w.settle();
    let told = qualities(&w);
    assert_eq!(
        told.iter().map(|(leg, _)| *leg).collect::<std::collections::BTreeSet<_>>(),
        [LegId(0), LegId(1)].into()
    );
    for (leg, quality) in told {
        let MediaQuality { packets_sent, packets_received, packets_lost, .. } = quality;
        assert!(packets_sent > 200 && packets_received > 200 && packets_lost == 0, "{leg}: {quality:?}");
        assert!(quality.mos.is_some_and(|mos| mos > 4.0), "{leg}: {quality:?}");
    }
}

#[test]
fn a_party_that_is_not_heard_any_more_shows_it() {
    let mut w = World::new(2);
    w.publish_flow(
        "flow: hi
start: hello
nodes:
  hello: { applet: greeting, say: Welcome., next: bye }
  bye: { applet: hangup }",
    );
    let alice = w.phone("alice");
    alice.dials(NUMBER);
    w.until(alice.is_answered());
    alice.falls_silent();
    w.until(alice.is_free());
    w.settle();
    let [(leg, quality)] = &qualities(&w)[..] else { panic!("one party") };
    assert_eq!(*leg, LegId(0));
    assert!(quality.packets_sent >= 50 && quality.packets_received < 5, "{quality:?}");
}

#[test]
fn a_party_with_no_media_either_way_is_not_told_of() {
    let mut w = World::new(3);
    w.publish_flow("flow: busy\nstart: bye\nnodes: { bye: { applet: hangup, cause: USER_BUSY } }");
    let alice = w.phone("alice");
    alice.dials(NUMBER);
    w.until(alice.is_free());
    w.settle();
    assert_eq!(qualities(&w), []);
}
