//! RTCP: when reports go, what they say, and the goodbye.

use media::rtp::Compound;
use media::{Command, Event, MediaId};

use crate::wire::{Faults, Wire, address, ms, next_port, pcm};

#[test]
fn reports_go_every_five_seconds_or_so_and_a_goodbye_at_the_end() {
    let phone = address("198.51.100.7:4000");
    let mut wire = Wire::new(1, 1);
    let local = wire.phone(0, 1, phone);
    wire.play(0, 1, 1, vec![pcm(50, 5)], true);
    for sequence in 0..5_000u16 {
        if sequence % 10 != 9 {
            wire.speak(phone, local, sequence, 0);
        }
        wire.run(ms(20));
    }
    wire.command(0, Command::Close { id: MediaId(1) });
    wire.run(ms(10));
    let sent = wire.take(phone).len() as u32;
    let came = wire.take(next_port(phone));
    assert!((14..=27).contains(&came.len()), "{} reports in 100 s", came.len());
    let pauses = came.windows(2).map(|pair| (pair[1].at - pair[0].at).as_millis() as u64);
    let pauses: Vec<u64> = pauses.take(came.len() - 2).collect();
    assert!(pauses.iter().all(|pause| (2_500..=8_100).contains(pause)), "{pauses:?}");
    assert!(pauses.iter().max() > pauses.iter().min(), "they do not beat");
    let read: Vec<Compound> = came.iter().map(|came| Compound::parse(&came.bytes, 4_000).expect("RTCP")).collect();
    for (compound, number) in read.iter().zip(1..) {
        let block = compound.block.expect("we hear the phone");
        assert!((24..=27).contains(&block.fraction_lost), "a tenth is lost: {block:?}");
        assert_eq!(compound.goodbye, number == read.len());
    }
    let last = read[read.len() - 1];
    assert_eq!(last.sender.expect("we send").packets, sent);
    assert_eq!(last.block.map(|block| (block.lost, block.highest)), Some((499, 4_998)));
}

#[test]
fn two_planes_measure_each_other() {
    let mut wire = Wire::new(2, 1);
    wire.link((0, MediaId(1)), (1, MediaId(1)));
    wire.faults = Faults { loss: 100, spread: ms(30), ..Faults::default() };
    for plane in 0..2 {
        wire.play(plane, 1, 1, vec![pcm(50, 5)], true);
    }
    wire.run(ms(60_000));
    for plane in 0..2 {
        wire.command(plane, Command::Close { id: MediaId(1) });
    }
    let closed = wire.take_events().into_iter().filter_map(|event| match event {
        Event::Closed { stats, .. } => Some(stats),
        _ => None,
    });
    let closed: Vec<_> = closed.collect();
    assert_eq!(closed.len(), 2);
    for stats in closed {
        let all = stats.packets_received + stats.packets_lost;
        assert!((2_900..=3_005).contains(&all), "{stats:?}");
        assert!((200..=400).contains(&stats.packets_lost), "{stats:?}");
        assert!((10..=60).contains(&stats.peer_loss), "{stats:?}");
        assert!((4..=20).contains(&stats.jitter.as_millis()), "{stats:?}");
        let round = stats.round_trip.expect("both reported").as_millis();
        assert!((2..=62).contains(&round), "{stats:?}");
    }
}
