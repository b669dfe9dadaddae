//! Streams: what a leg says is given on at each tick, what an application says is heard, and ends always come.

use core::net::SocketAddr;
use std::time::Duration;

use media::rtp::Packet;
use media::{Codec, Command, Event, Fate, MAX_STREAMED, MediaId, Progress, RecordingId, StreamId, Streamed};

use crate::wire::{Wire, address, ms, pcm};

const A: MediaId = MediaId(1);
const B: MediaId = MediaId(2);
const S: StreamId = StreamId(9);

fn phone() -> SocketAddr {
    address("198.51.100.7:4000")
}

fn stream(two_way: bool) -> Command {
    Command::Stream { id: A, stream: S, two_way }
}

/// Noise, other in every packet, as µ-law.
fn voice(frame: u16) -> Vec<u8> {
    let noise = |n: u32| (u32::from(frame) * 160 + n).wrapping_mul(2_654_435_761) >> 16;
    let samples: Vec<i16> = (0..160).map(|n| (noise(n) % 20_000) as i16 - 10_000).collect();
    let mut payload = vec![0; 160];
    Codec::Pcmu.encode(&samples, &mut payload);
    payload
}

fn decoded(payload: &[u8]) -> Vec<i16> {
    let mut samples = vec![0; payload.len()];
    Codec::Pcmu.decode(payload, &mut samples);
    samples
}

fn say(wire: &mut Wire, to: SocketAddr, frame: u16) {
    let payload = voice(frame);
    let timestamp = u32::from(frame) * 160;
    let packet = Packet { marker: false, payload_type: 0, sequence: frame, timestamp, ssrc: 77, payload: &payload };
    let mut bytes = Vec::new();
    packet.write(&mut bytes);
    wire.send(phone(), to, bytes);
}

/// An application that gives back what it hears, for so many packets; what the phone heard is left on the wire.
fn echo(wire: &mut Wire, local: SocketAddr, frames: u16) {
    for frame in 0..frames {
        say(wire, local, frame);
        wire.run(ms(20));
        for (_, Streamed { samples, .. }) in std::mem::take(&mut wire.streamed) {
            wire.command(0, Command::Say { stream: S, samples });
        }
    }
}

#[test]
fn what_is_given_back_is_heard_sample_by_sample() {
    let mut wire = Wire::new(1, 1);
    let local = wire.phone(0, 1, phone());
    wire.command(0, stream(true));
    echo(&mut wire, local, 100);
    let heard: Vec<i16> = wire.take(phone()).iter().flat_map(|came| decoded(came.rtp().payload)).collect();
    let said: Vec<i16> = (0..100).flat_map(|frame| decoded(&voice(frame))).collect();
    let begin = heard.iter().position(|sample| *sample != 0).expect("something was heard");
    let lag = heard.len() - begin;
    assert!(begin < 1_000 && (14_000..16_000).contains(&lag), "{begin} {lag}");
    assert_eq!(heard[begin..], said[..lag]);
    assert_eq!(wire.planes[0].gauges().streams, 1);
}

#[test]
fn what_is_dropped_falls_silent_within_20_ms_and_without_a_click() {
    let mut wire = Wire::new(1, 1);
    wire.phone(0, 1, phone());
    wire.command(0, stream(true));
    wire.command(0, Command::Say { stream: S, samples: vec![16_000; 8_000] });
    wire.run(ms(500));
    wire.take(phone());
    wire.command(0, Command::Clear { stream: S });
    wire.run(ms(500));
    let rest = wire.take(phone());
    let last = decoded(rest.last().expect("the end of what was said").rtp().payload);
    assert!(rest.len() <= 2 && last[0] > 15_000 && last[159].abs() < 200, "{}: {last:?}", rest.len());
    let Progress { played, dropped } = wire.streamed.last().map(|(_, piece)| piece.progress).expect("told");
    assert!((3_800..4_001).contains(&played) && played.is_multiple_of(160), "{played}");
    assert_eq!(played + dropped, 8_000);
    wire.command(0, Command::Say { stream: S, samples: vec![1_000; 480] });
    wire.run(ms(200));
    assert_eq!(wire.take(phone()).len(), 3);
    assert_eq!(wire.streamed.last().map(|(_, piece)| piece.progress.played), Some(played + 480));
}

#[test]
fn a_listener_hears_both_and_says_nothing() {
    let mut wire = Wire::new(1, 1);
    let bob = address("203.0.113.9:5000");
    let (a, b) = (wire.phone(0, 1, phone()), wire.phone(0, 2, bob));
    wire.command(0, Command::Join { a: A, b: B });
    wire.command(0, stream(false));
    wire.command(0, Command::Say { stream: S, samples: vec![9_000; 800] });
    for frame in 0..50 {
        say(&mut wire, a, frame);
        wire.speak(bob, b, frame, 0);
        wire.run(ms(20));
    }
    let heard: Vec<i16> = wire.streamed.drain(..).flat_map(|(_, piece)| piece.samples).collect();
    let [own, other] = [decoded(&voice(30)), decoded(&[0x55; 160])];
    let both: Vec<i16> = own.iter().zip(other).map(|(one, two)| one.saturating_add(two)).collect();
    assert!(heard.windows(160).any(|window| window == both), "both at once");
    wire.take(bob);
    wire.run(ms(500));
    assert_eq!(wire.take(bob).len(), 0, "the other party hears the caller and nobody else");
    wire.command(0, Command::Unjoin { a: A, b: B });
    wire.streamed.clear();
    for frame in 75..100 {
        say(&mut wire, a, frame);
        wire.run(ms(20));
    }
    let heard: Vec<i16> = wire.streamed.drain(..).flat_map(|(_, piece)| piece.samples).collect();
    assert!(heard.windows(160).any(|window| window == decoded(&voice(90))), "and one alone when they have parted");
}

#[test]
fn the_application_waits_for_prompts_and_is_told_when_it_replied() {
    let mut wire = Wire::new(1, 1);
    let local = wire.phone(0, 1, phone());
    wire.command(0, stream(true));
    for frame in 0..50 {
        say(&mut wire, local, frame);
        wire.run(ms(20));
    }
    wire.run(ms(500));
    wire.play(0, 1, 3, vec![pcm(5, 3_000)], false);
    wire.command(0, Command::Say { stream: S, samples: vec![6_000; 480] });
    wire.run(ms(300));
    let levels: Vec<i16> = wire.take(phone()).iter().map(|came| decoded(came.rtp().payload)[100] / 1_000).collect();
    assert_eq!(levels, [3, 3, 3, 3, 3, 5, 5, 5], "one after the other");
    wire.command(0, Command::Say { stream: S, samples: vec![6_000; 480] });
    wire.run(ms(300));
    let replies: Vec<Duration> = wire
        .take_events()
        .into_iter()
        .filter_map(|event| if let Event::Replied { after, .. } = event { Some(after) } else { None })
        .collect();
    assert!(matches!(replies[..], [after] if (ms(480)..ms(560)).contains(&after)), "{replies:?}");
}

#[test]
fn both_are_recorded() {
    let mut wire = Wire::new(1, 1);
    let local = wire.phone(0, 1, phone());
    wire.command(0, stream(true));
    let recording = RecordingId(4);
    wire.command(0, Command::RecordStream { id: A, recording, dual: true });
    echo(&mut wire, local, 100);
    wire.command(0, Command::StopRecord { recording, fate: Fate::Keep });
    let samples: Vec<i16> = wire.recorded.iter().flat_map(|block| &block.samples).copied().collect();
    let channel = |channel: usize| -> Vec<i16> { samples.iter().skip(channel).step_by(2).copied().collect() };
    for (channel, lag) in [(channel(0), 0..40), (channel(1), 40..200)] {
        let place = channel.windows(160).position(|window| window == decoded(&voice(50))).expect("it is there");
        let late = (place / 8).saturating_sub(1_000);
        assert!(lag.contains(&late), "{late} ms late: {place}");
    }
}

#[test]
fn the_end_comes_once_whatever_ends_it() {
    let ends: [&[Command]; 4] = [
        &[stream(true), Command::StopStream { stream: S }, Command::StopStream { stream: S }],
        &[stream(false), Command::Close { id: A }, Command::StopStream { stream: S }],
        &[Command::Close { id: A }, stream(true)],
        &[
            stream(true),
            stream(true),
            Command::Stream { id: A, stream: StreamId(8), two_way: true },
            Command::Close { id: A },
        ],
    ];
    for commands in ends {
        let mut wire = Wire::new(1, 1);
        wire.phone(0, 1, phone());
        commands.iter().for_each(|command| wire.command(0, command.clone()));
        wire.run(ms(100));
        let ends = wire.streamed.iter().filter(|(_, piece)| piece.stream == S && piece.end).count();
        assert_eq!((ends, wire.planes[0].gauges().streams), (1, 0), "{commands:?}");
    }
}

#[test]
fn what_nobody_takes_has_a_limit_and_the_leg_rests_when_it_is_over() {
    let mut wire = Wire::new(1, 1);
    wire.phone(0, 1, phone());
    wire.takes_recorded = false;
    wire.command(0, stream(false));
    for _ in 0..MAX_STREAMED + 100 {
        wire.stall(ms(20));
        wire.command(0, Command::Trust { id: A });
    }
    let lost = wire.planes[0].gauges().streamed_lost;
    assert!((90..=100).contains(&lost), "{lost}");
    wire.command(0, Command::StopStream { stream: S });
    wire.takes_recorded = true;
    wire.run(ms(20));
    assert_eq!(wire.streamed.len(), MAX_STREAMED + 1);
    assert!(wire.streamed.last().is_some_and(|(_, piece)| piece.end));
    wire.streamed.clear();
    wire.run(ms(1_000));
    assert!(wire.streamed.is_empty());
}
