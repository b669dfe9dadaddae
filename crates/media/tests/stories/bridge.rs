//! Two legs joined: audio both ways on arrival, our numbers, their gaps, digits, transcoding.

use core::net::SocketAddr;

use media::rtp::{Packet, TelephoneEvent};
use media::{Codec, Command, Event, MediaId, PlayId, Remote, Settings};

use crate::wire::{Came, Wire, address, ms, pcm, remote};

const A: MediaId = MediaId(1);
const B: MediaId = MediaId(2);

fn alice() -> SocketAddr {
    address("198.51.100.7:4000")
}

fn bob() -> SocketAddr {
    address("203.0.113.9:5000")
}

/// Alice and Bob, joined, each having spoken once; Bob's side as `bob` describes it.
fn bridged(bob_is: Remote) -> (Wire, SocketAddr, SocketAddr) {
    let mut wire = Wire::new(1, 1);
    let settings = Settings { inband_dtmf: false, ..Settings::default() };
    let (a, b) = (wire.open(0, 1, settings), wire.open(0, 2, settings));
    wire.command(0, Command::Connect { id: A, remote: remote(alice()) });
    wire.command(0, Command::Connect { id: B, remote: bob_is });
    wire.command(0, Command::Join { a: A, b: B });
    (wire, a, b)
}

fn numbers(came: &[Came]) -> Vec<(u16, u32)> {
    let first = came[0].rtp();
    let one = |came: &Came| {
        let packet = came.rtp();
        (packet.sequence.wrapping_sub(first.sequence), packet.timestamp.wrapping_sub(first.timestamp))
    };
    came.iter().map(one).collect()
}

#[test]
fn audio_passes_both_ways_on_arrival() {
    let (mut wire, a, b) = bridged(remote(bob()));
    for sequence in 100..150 {
        wire.speak(alice(), a, sequence, 0);
        wire.speak(bob(), b, sequence + 7_000, 0);
        wire.run(ms(20));
    }
    wire.run(ms(5));
    for (at, leg) in [(alice(), a), (bob(), b)] {
        let came = wire.take(at);
        assert_eq!(came.len(), 50);
        let expected: Vec<(u16, u32)> = (0..50).map(|number| (number, u32::from(number) * 160)).collect();
        assert_eq!(numbers(&came), expected);
        assert!(came.iter().all(|came| came.from == leg && came.rtp().payload == [0x55; 160]));
        assert_eq!(came[1].at.as_millis(), 22, "one way in, one way out, nothing in between");
        assert!(came[0].rtp().marker && !came[1].rtp().marker);
        let ours = came[0].rtp().ssrc;
        assert!(ours != 4_000 && ours != 5_000 && came.iter().all(|came| came.rtp().ssrc == ours));
    }
    assert_eq!(wire.planes[0].gauges().bridges, 1);
}

#[test]
fn loss_stays_a_gap_and_reorder_and_duplicates_are_set_right() {
    let (mut wire, a, _) = bridged(remote(bob()));
    for sequence in [10, 11, 13, 12, 12, 15, 16, 16] {
        wire.speak(alice(), a, sequence, 0);
        wire.run(ms(20));
    }
    let sequences: Vec<u16> = numbers(&wire.take(bob())).into_iter().map(|(sequence, _)| sequence).collect();
    assert_eq!(sequences, [0, 1, 3, 2, 5, 6]);
}

#[test]
fn lengths_that_cannot_be_are_not_passed_on() {
    let (mut wire, a, _) = bridged(remote(bob()));
    let payload = [0x55; 1_601];
    // (payload type, octets, passed on)
    let table = [(0, 0, false), (0, 1, true), (0, 1_600, true), (0, 1_601, false), (101, 3, false), (101, 5, false)];
    for ((payload_type, length, passes), sequence) in table.into_iter().zip(1..) {
        let timestamp = u32::from(sequence) * 160;
        let payload = &payload[..length];
        let packet = Packet { marker: false, payload_type, sequence, timestamp, ssrc: 4_000, payload };
        let mut bytes = Vec::new();
        packet.write(&mut bytes);
        wire.send(alice(), a, bytes);
        wire.run(ms(20));
        assert_eq!(wire.take(bob()).len(), usize::from(passes), "{payload_type}, {length}");
    }
}

#[test]
fn events_of_a_source_of_their_own_are_told_once() {
    let (mut wire, a, _) = bridged(remote(bob()));
    for step in 0..7u16 {
        wire.speak(alice(), a, step, 0);
        let payload = TelephoneEvent { event: 3, end: step >= 4, duration: 160 * (step + 1).min(5) }.to_bytes();
        let packet = Packet {
            marker: step == 0,
            payload_type: 101,
            sequence: 9_000 + step,
            timestamp: 77,
            ssrc: 5,
            payload: &payload,
        };
        let mut bytes = Vec::new();
        packet.write(&mut bytes);
        wire.send(alice(), a, bytes);
        wire.run(ms(20));
    }
    wire.run(ms(500));
    assert_eq!(wire.digits(0, 1), "3");
}

#[test]
fn other_codecs_are_transcoded() {
    let (mut wire, a, b) = bridged(Remote { codec: Codec::Pcma, payload_type: 8, ..remote(bob()) });
    for sequence in 0..3 {
        wire.speak(alice(), a, sequence * 2, 0);
        wire.speak(alice(), a, sequence * 2 + 1, 18);
        wire.speak(bob(), b, sequence, 8);
        wire.run(ms(20));
    }
    // (heard by, as, what 0x55 of the other codec is in it)
    for (at, from, to) in [(bob(), Codec::Pcmu, Codec::Pcma), (alice(), Codec::Pcma, Codec::Pcmu)] {
        let (mut sample, mut code) = ([0], [0]);
        from.decode(&[0x55], &mut sample);
        to.encode(&sample, &mut code);
        let came = wire.take(at);
        assert_eq!(came.len(), 3, "what was not agreed on is not passed on");
        assert!(came.iter().all(|came| came.rtp().payload == [code[0]; 160]));
        assert!(came.iter().all(|came| came.rtp().payload_type == to.payload_type()));
    }
}

#[test]
fn an_announcement_is_heard_with_the_conversation() {
    let (mut wire, a, _) = bridged(remote(bob()));
    wire.speak(alice(), a, 0, 0);
    wire.run(ms(20));
    wire.take(bob());
    let code = |sample: i16| {
        let mut code = [0];
        Codec::Pcmu.encode(&[sample], &mut code);
        code[0]
    };
    let mut said = [0];
    Codec::Pcmu.decode(&[0x55], &mut said);
    wire.command(0, Command::Mix { id: B, play: PlayId(1), audio: vec![pcm(4, 300)] });
    for sequence in 1..10 {
        wire.speak(alice(), a, sequence, 0);
        wire.run(ms(20));
    }
    let came = wire.take(bob());
    let (alone, both, alice_only) = ([code(300); 160], [code(said[0] + 300); 160], [0x55; 160]);
    assert_eq!(came[0].rtp().payload, alone, "at once, before she goes on");
    assert!(came[1..4].iter().any(|came| came.rtp().payload == both), "the two together");
    assert!(came[4..].iter().all(|came| came.rtp().payload == alice_only), "and then she alone");
    assert!(
        wire.events.iter().any(|(.., event)| *event == Event::PlayEnded { id: B, play: PlayId(1), finished: true })
    );
}

#[test]
fn a_play_covers_the_bridge_and_the_stream_goes_on_after_it() {
    let (mut wire, a, _) = bridged(remote(bob()));
    let mut sequence = 0;
    let mut speak = |wire: &mut Wire, count: u16| {
        for _ in 0..count {
            wire.speak(alice(), a, sequence, 0);
            sequence += 1;
            wire.run(ms(20));
        }
    };
    speak(&mut wire, 5);
    wire.play(0, 2, 1, vec![pcm(5, 3_000)], false);
    speak(&mut wire, 20);
    let came = wire.take(bob());
    let sequences: Vec<u16> = numbers(&came).into_iter().map(|(sequence, _)| sequence).collect();
    assert_eq!(sequences, (0..came.len() as u16).collect::<Vec<_>>(), "one run of numbers whoever speaks");
    let markers: Vec<usize> = came.iter().enumerate().filter(|(_, came)| came.rtp().marker).map(|(at, _)| at).collect();
    assert_eq!(markers, [0, 5, 10], "Alice, the play, Alice again");
    assert!(came[5..10].iter().all(|came| came.rtp().payload != [0x55; 160]));
    let times: Vec<u32> = numbers(&came).into_iter().map(|(_, timestamp)| timestamp).collect();
    assert!(times.windows(2).all(|pair| pair[1] > pair[0]), "time never goes back: {times:?}");
    let media = f64::from(times[times.len() - 1]) / 8.0;
    let real = (came[came.len() - 1].at - came[0].at).as_millis() as f64;
    assert!((media - real).abs() < 25.0, "{media} ms of audio in {real} ms");
}

/// Alice presses a key for 100 ms.
fn press(wire: &mut Wire, a: SocketAddr, sequence: u16, event: u8) {
    for step in 0..7u16 {
        let payload = TelephoneEvent { event, end: step >= 4, duration: 160 * (step + 1).min(5) }.to_bytes();
        let packet = Packet {
            marker: step == 0,
            payload_type: 101,
            sequence: sequence + step,
            timestamp: u32::from(sequence) * 160,
            ssrc: u32::from(alice().port()),
            payload: &payload,
        };
        let mut bytes = Vec::new();
        packet.write(&mut bytes);
        wire.send(alice(), a, bytes);
        wire.run(ms(20));
    }
}

#[test]
fn digits_pass_as_events_and_are_told() {
    let (mut wire, a, _) = bridged(Remote { telephone_event: Some(96), ..remote(bob()) });
    wire.speak(alice(), a, 9, 0);
    press(&mut wire, a, 10, 7);
    wire.speak(alice(), a, 17, 0);
    wire.run(ms(20));
    let came = wire.take(bob());
    let events: Vec<&Came> = came.iter().filter(|came| came.rtp().payload_type == 96).collect();
    assert_eq!(events.len(), 7);
    assert!(events[0].rtp().marker && events.iter().all(|came| came.rtp().timestamp == events[0].rtp().timestamp));
    assert_eq!(numbers(&came)[8], (8, 8 * 160));
    assert_eq!(wire.take_events(), [Event::Digit { id: A, digit: '7', duration: ms(100) }]);
}

#[test]
fn a_long_digit_is_one_whatever_is_said_meanwhile() {
    for source in [alice().port(), 9] {
        let (mut wire, a, b) = bridged(remote(bob()));
        wire.speak(bob(), b, 1, 0);
        wire.run(ms(20));
        for step in 0..250u16 {
            let number = if source == 9 { step } else { 2 * step };
            let audio = Packet {
                marker: step == 0,
                payload_type: 0,
                sequence: number,
                timestamp: u32::from(step) * 160,
                ssrc: u32::from(alice().port()),
                payload: &[0x55; 160],
            };
            let event = TelephoneEvent { event: 5, end: step > 246, duration: 160 * (step + 1).min(248) }.to_bytes();
            let sequence = if source == 9 { step } else { number + 1 };
            let event =
                Packet { payload_type: 101, sequence, timestamp: 0, ssrc: u32::from(source), payload: &event, ..audio };
            for packet in [audio, event] {
                let mut bytes = Vec::new();
                packet.write(&mut bytes);
                wire.send(alice(), a, bytes);
            }
            wire.run(ms(20));
        }
        wire.run(ms(20));
        let (events, audio): (Vec<Came>, Vec<Came>) =
            wire.take(bob()).into_iter().partition(|came| came.rtp().payload_type == 101);
        assert_eq!((events.len(), audio.len()), (250, 250), "{source}");
        assert!(events.iter().all(|came| came.rtp().timestamp == events[0].rtp().timestamp), "{source}");
        let times: Vec<u32> = numbers(&audio).into_iter().map(|(_, timestamp)| timestamp).collect();
        if source != 9 {
            assert_eq!(times, (0..250).map(|step| step * 160).collect::<Vec<u32>>(), "the audio does not see it");
        }
    }
}

#[test]
fn digits_become_tones_where_events_are_not_taken() {
    let mut wire = Wire::new(2, 1);
    let settings = Settings { inband_dtmf: false, ..Settings::default() };
    let (a, b) = (wire.open(0, 1, settings), wire.open(0, 2, settings));
    wire.command(0, Command::Connect { id: A, remote: remote(alice()) });
    let ears = wire.open(1, 3, Settings::default());
    wire.command(0, Command::Connect { id: B, remote: Remote { telephone_event: None, ..remote(ears) } });
    wire.command(1, Command::Connect { id: MediaId(3), remote: Remote { telephone_event: None, ..remote(b) } });
    wire.command(0, Command::Join { a: A, b: B });
    press(&mut wire, a, 10, 7);
    wire.run(ms(300));
    press(&mut wire, a, 30, 11);
    wire.run(ms(300));
    assert_eq!(wire.digits(0, 1), "7#");
    assert_eq!(wire.digits(1, 3), "7#");
}

#[test]
fn parting_and_closing_end_the_bridge() {
    let (mut wire, a, b) = bridged(remote(bob()));
    wire.command(0, Command::Unjoin { a: B, b: A });
    wire.speak(alice(), a, 1, 0);
    wire.run(ms(20));
    assert_eq!(wire.take(bob()).len(), 0);
    wire.command(0, Command::Join { a: A, b: B });
    wire.phone(0, 3, address("198.51.100.8:4000"));
    wire.command(0, Command::Join { a: A, b: MediaId(3) });
    assert_eq!(wire.planes[0].gauges().bridges, 1, "a leg has one peer");
    wire.speak(alice(), a, 2, 0);
    wire.run(ms(20));
    assert_eq!((wire.take(bob()).len(), wire.take(address("198.51.100.8:4000")).len()), (0, 1));
    wire.command(0, Command::Close { id: MediaId(3) });
    wire.speak(alice(), a, 3, 0);
    wire.speak(bob(), b, 3, 0);
    wire.run(ms(20));
    assert_eq!(wire.planes[0].gauges().bridges, 0);
    assert_eq!(wire.take(alice()).len(), 0);
}

#[test]
fn a_held_party_hears_nothing() {
    let (mut wire, a, _) = bridged(remote(bob()));
    wire.command(0, Command::Connect { id: B, remote: Remote { receiving: false, ..remote(bob()) } });
    wire.speak(alice(), a, 1, 0);
    wire.run(ms(20));
    assert_eq!(wire.take(bob()).len(), 0);
    wire.command(0, Command::Connect { id: B, remote: remote(bob()) });
    wire.speak(alice(), a, 2, 0);
    wire.run(ms(20));
    assert_eq!(wire.take(bob()).len(), 1);
}

#[test]
fn two_legs_described_as_each_other_make_no_circle() {
    let mut wire = Wire::new(1, 1);
    let (a, b) = (wire.open(0, 1, Settings::default()), wire.open(0, 2, Settings::default()));
    wire.command(0, Command::Connect { id: A, remote: remote(b) });
    wire.command(0, Command::Connect { id: B, remote: remote(a) });
    wire.command(0, Command::Join { a: A, b: B });
    wire.play(0, 1, 1, vec![pcm(3, 5)], false);
    wire.run(ms(1_000));
    assert_eq!(wire.sent(), 3);
}
