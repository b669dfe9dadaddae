//! Recordings: one leg, two of a bridge, what nobody takes, and ends that always come.

use std::time::Duration;

use media::{Command, Event, Fate, MAX_RECORDED, MediaId, Recorded, RecordingId};

use crate::wire::{Wire, address, ms};

const A: MediaId = MediaId(1);
const B: MediaId = MediaId(2);
const R: RecordingId = RecordingId(5);

fn record(with: Option<MediaId>, dual: bool, silence: Option<Duration>) -> Command {
    Command::Record { id: A, with, recording: R, dual, silence }
}

/// Alice speaks from the beginning, Bob from 1 s on, both until 2 s; they part at 3 s.
fn conversation(dual: bool) -> Vec<Recorded> {
    let mut wire = Wire::new(1, 1);
    let (alice, bob) = (address("198.51.100.7:4000"), address("203.0.113.9:5000"));
    let (a, b) = (wire.phone(0, 1, alice), wire.phone(0, 2, bob));
    wire.command(0, Command::Join { a: A, b: B });
    wire.command(0, record(Some(B), dual, None));
    for frame in 0..100 {
        wire.speak(alice, a, frame, 0);
        if frame >= 50 {
            wire.speak(bob, b, frame, 0);
        }
        wire.run(ms(20));
    }
    wire.run(ms(1_000));
    wire.command(0, Command::StopRecord { recording: R, fate: Fate::Keep });
    wire.command(0, Command::Close { id: A });
    assert_eq!(wire.planes[0].gauges().recordings, 0);
    wire.recorded
}

/// Seconds in which a channel is not silent, to the nearest.
fn spoken(blocks: &[Recorded], channel: usize, channels: usize) -> Vec<usize> {
    let samples: Vec<i16> = blocks.iter().flat_map(|block| &block.samples).copied().collect();
    let channel: Vec<i16> = samples.into_iter().skip(channel).step_by(channels).collect();
    channel.chunks(8_000).map(|second| second.iter().filter(|sample| **sample != 0).count() / 7_000).collect()
}

#[test]
fn a_bridge_is_recorded_on_one_time_line() {
    let mixed = conversation(false);
    assert_eq!(spoken(&mixed, 0, 1), [1, 1, 0]);
    let dual = conversation(true);
    assert_eq!((spoken(&dual, 0, 2), spoken(&dual, 1, 2)), (vec![1, 1, 0], vec![0, 1, 0]));
    for (blocks, channels) in [(mixed, 1), (dual, 2)] {
        let ends: Vec<usize> =
            blocks.iter().enumerate().filter(|(_, block)| block.end.is_some()).map(|(at, _)| at).collect();
        assert_eq!(ends, [blocks.len() - 1]);
        assert_eq!(blocks.iter().map(|block| block.samples.len()).sum::<usize>(), 24_000 * channels);
    }
}

#[test]
fn what_was_listened_to_in_vain_is_not_kept_unless_somebody_says_so() {
    let silence = Some(ms(5_000));
    let stop = Command::StopRecord { recording: R, fate: Fate::Keep };
    let rows: [(&str, Vec<Command>, Fate); 3] = [
        ("closed", vec![record(None, false, silence), Command::Close { id: A }], Fate::Discard),
        ("no such leg", vec![record(Some(B), false, silence)], Fate::Discard),
        ("stopped", vec![record(None, false, silence), stop], Fate::Keep),
    ];
    for (what, commands, fate) in rows {
        let mut wire = Wire::new(1, 1);
        wire.phone(0, 1, address("198.51.100.7:4000"));
        commands.into_iter().for_each(|command| wire.command(0, command));
        assert_eq!(wire.recorded.iter().map(|block| block.end).collect::<Vec<_>>(), [Some(fate)], "{what}");
    }
}

#[test]
fn the_end_comes_whatever_ends_it() {
    let (alice, other) = (address("198.51.100.7:4000"), RecordingId(6));
    let rows: [(&str, Vec<Command>); 4] = [
        ("closed", vec![record(None, false, None), Command::Close { id: A }]),
        (
            "stopped twice",
            vec![
                record(None, false, None),
                Command::StopRecord { recording: R, fate: Fate::Keep },
                Command::StopRecord { recording: R, fate: Fate::Keep },
            ],
        ),
        ("no such leg", vec![record(Some(B), false, None)]),
        ("asked for twice", vec![record(None, false, None), record(None, true, None), Command::Close { id: A }]),
    ];
    for (what, commands) in rows {
        let mut wire = Wire::new(1, 1);
        wire.phone(0, 1, alice);
        commands.into_iter().for_each(|command| wire.command(0, command));
        assert_eq!(
            wire.recorded,
            [Recorded { recording: R, at: 0, samples: Vec::new(), end: Some(Fate::Keep) }],
            "{what}"
        );
    }
    let mut wire = Wire::new(1, 1);
    wire.phone(0, 1, alice);
    wire.command(0, record(None, false, None));
    wire.command(0, Command::Record { id: A, with: None, recording: other, dual: false, silence: None });
    assert_eq!(wire.recorded.len(), 1, "a leg is in one recording");
    assert_eq!(wire.planes[0].gauges().recordings, 1);
}

#[test]
fn a_silent_party_is_told_of_and_its_silence_recorded() {
    let mut wire = Wire::new(1, 1);
    let alice = address("198.51.100.7:4000");
    let a = wire.phone(0, 1, alice);
    wire.command(0, record(None, false, Some(ms(2_000))));
    wire.run(ms(500));
    wire.speak(alice, a, 0, 0);
    wire.run(ms(3_500));
    let silent = wire.events.iter().find(|(_, _, event)| matches!(event, Event::Silent { .. })).expect("told").0;
    assert!((ms(2_520)..=ms(3_100)).contains(&silent), "{silent:?}");
    assert_eq!(wire.take_events(), [Event::Spoke { id: A, recording: R }, Event::Silent { id: A, recording: R }]);
    let blocks = wire.recorded.len() as u64;
    assert!((15..=18).contains(&blocks), "silence leaves as it goes: {blocks}");
}

#[test]
fn what_nobody_takes_is_lost_and_counted_but_for_its_end() {
    let mut wire = Wire::new(1, 1);
    wire.takes_recorded = false;
    wire.phone(0, 1, address("198.51.100.7:4000"));
    wire.command(0, record(None, false, None));
    // A block each 200 ms, and the window of 400 ms behind; a leg has its turn once in five sweeps of 100 ms.
    wire.stall(ms(200) * (MAX_RECORDED as u32 + 10));
    for _ in 0..6 {
        wire.command(0, Command::Trust { id: A });
        wire.stall(ms(100));
    }
    wire.command(0, Command::StopRecord { recording: R, fate: Fate::Keep });
    let plane = &mut wire.planes[0];
    let blocks: Vec<Recorded> = std::iter::from_fn(|| plane.poll_recorded()).collect();
    assert_eq!(blocks.len(), MAX_RECORDED + 1);
    let last = &blocks[MAX_RECORDED];
    assert!(last.end.is_some() && last.at > MAX_RECORDED as u64 * 1_600, "the gap shows");
    let lost = plane.gauges().recorded_lost;
    assert!((8..=11).contains(&lost), "{lost}");
}
