//! Prompts: at once, on the clock, one after the other, stopped, repeated, replaced.

use media::{Codec, Command, Event, MediaId, PlayId, Settings};

use crate::wire::{Wire, address, ms, pcm, remote};

const ID: MediaId = MediaId(1);

fn phone() -> core::net::SocketAddr {
    address("198.51.100.7:4000")
}

#[test]
fn the_first_packet_goes_at_once_and_the_rest_on_the_clock() {
    for begin in [0, 1, 4, 7, 12, 19, 133] {
        let mut wire = Wire::new(1, 1);
        wire.phone(0, 1, phone());
        wire.run(ms(begin));
        wire.play(0, 1, 9, vec![pcm(3, 1_000), pcm(2, 2_000)], false);
        wire.run(ms(500));
        let came = wire.take(phone());
        let times: Vec<u64> = came.iter().map(|came| came.at.as_millis() as u64 - 1).collect();
        let second = begin / 2 * 2 + 20;
        assert_eq!(times, [begin, second, second + 20, second + 40, second + 60], "{begin}");
        for (pair, number) in came.windows(2).zip(1..) {
            let (one, two) = (pair[0].rtp(), pair[1].rtp());
            assert_eq!(two.sequence, one.sequence.wrapping_add(1));
            assert_eq!(two.timestamp, one.timestamp.wrapping_add(160));
            assert_eq!((one.marker, two.marker), (number == 1, false));
            assert_eq!(one.ssrc, two.ssrc);
        }
        let mut code = [0; 2];
        Codec::Pcmu.encode(&[1_000, 2_000], &mut code);
        for (came, code) in came.iter().zip([0, 0, 0, 1, 1].map(|index| code[index])) {
            assert_eq!(came.rtp().payload, [code; 160]);
        }
        let ended = Event::PlayEnded { id: ID, play: PlayId(9), finished: true };
        assert_eq!(wire.events.last(), Some(&(ms(second + 80), 0, ended)), "{begin}: when the last 20 ms are over");
        assert_eq!(wire.planes[0].gauges().plays, 0);
    }
}

#[test]
fn a_play_is_stopped_replaced_repeated() {
    let mut wire = Wire::new(1, 1);
    wire.phone(0, 1, phone());
    wire.play(0, 1, 1, vec![pcm(1, 5)], true);
    wire.run(ms(1_000));
    assert_eq!(wire.take(phone()).len(), 51 - 1);
    assert_eq!(wire.planes[0].gauges().plays, 1);
    wire.play(0, 1, 2, vec![pcm(100, 5)], false);
    wire.command(0, Command::Stop { id: ID, play: PlayId(1) });
    wire.run(ms(100));
    assert_eq!(wire.take(phone()).len(), 5, "the clock goes on through the change");
    wire.command(0, Command::Stop { id: ID, play: PlayId(2) });
    wire.run(ms(100));
    assert_eq!(wire.take(phone()).len(), 2, "what was on the way, and 20 ms that fade");
    let ended = |play: u32| Event::PlayEnded { id: ID, play: PlayId(play), finished: false };
    assert_eq!(wire.take_events(), [ended(1), ended(2)]);
    assert_eq!(wire.planes[0].gauges().plays, 0);
}

#[test]
fn silence_between_plays_keeps_the_time_line() {
    let mut wire = Wire::new(1, 1);
    wire.phone(0, 1, phone());
    wire.play(0, 1, 1, vec![pcm(2, 5)], false);
    wire.run(ms(1_000));
    wire.play(0, 1, 2, vec![pcm(1, 5)], false);
    wire.run(ms(100));
    let came = wire.take(phone());
    let (first, last) = (came[0].rtp(), came[2].rtp());
    assert!(last.marker);
    assert_eq!(last.timestamp.wrapping_sub(first.timestamp), 8_000);
    assert_eq!(last.sequence.wrapping_sub(first.sequence), 2);
}

#[test]
fn prompts_in_a_row_do_not_run_ahead_of_the_clock() {
    let mut wire = Wire::new(1, 1);
    wire.phone(0, 1, phone());
    let mut ended = 0;
    wire.play(0, 1, 0, vec![pcm(3, 5)], false);
    while ended < 40 {
        wire.run(ms(3));
        let over = wire.take_events().len();
        ended += over as u32;
        if over > 0 {
            wire.play(0, 1, ended, vec![pcm(3, 5)], false);
        }
    }
    let came = wire.take(phone());
    let (first, last) = (&came[0], &came[came.len() - 1]);
    let media = i64::from(last.rtp().timestamp.wrapping_sub(first.rtp().timestamp)) / 8;
    let real = (last.at - first.at).as_millis() as i64;
    assert!((media - real).abs() <= 5, "{media} ms of audio in {real} ms");
}

#[test]
fn a_play_of_nothing_ends_and_one_to_nobody_takes_its_time() {
    let mut wire = Wire::new(1, 1);
    wire.phone(0, 1, phone());
    wire.play(0, 1, 1, Vec::new(), true);
    assert_eq!(wire.take_events(), [Event::PlayEnded { id: ID, play: PlayId(1), finished: true }]);
    wire.open(0, 2, Settings::default());
    wire.play(0, 2, 1, vec![pcm(10, 5)], false);
    wire.run(ms(150));
    assert_eq!(wire.take_events(), []);
    wire.run(ms(60));
    assert_eq!(wire.take_events(), [Event::PlayEnded { id: MediaId(2), play: PlayId(1), finished: true }]);
}

#[test]
fn a_held_peer_hears_nothing_and_its_play_goes_on() {
    let mut wire = Wire::new(1, 1);
    wire.phone(0, 1, phone());
    wire.play(0, 1, 1, vec![pcm(50, 5)], false);
    wire.run(ms(200));
    let hold = media::Remote { receiving: false, ..remote(phone()) };
    wire.command(0, Command::Connect { id: ID, remote: hold });
    wire.run(ms(400));
    wire.command(0, Command::Connect { id: ID, remote: remote(phone()) });
    wire.run(ms(1_000));
    let came = wire.take(phone());
    assert_eq!(came.len(), 30);
    let resumed = came.iter().find(|came| came.at > ms(500)).expect("audio after the hold").rtp();
    assert!(resumed.marker);
    assert_eq!(resumed.timestamp.wrapping_sub(came[0].rtp().timestamp) / 8, 620, "the first tick after the hold");
    assert_eq!(wire.take_events().len(), 1);
}

#[test]
fn the_codec_is_the_peers() {
    let mut wire = Wire::new(1, 1);
    wire.open(0, 1, Settings::default());
    let peer = media::Remote { codec: Codec::Pcma, payload_type: 8, ..remote(phone()) };
    wire.command(0, Command::Connect { id: ID, remote: peer });
    wire.play(0, 1, 1, vec![pcm(1, 5_000)], false);
    wire.run(ms(50));
    let mut code = [0];
    Codec::Pcma.encode(&[5_000], &mut code);
    let came = wire.take(phone());
    assert_eq!((came[0].rtp().payload_type, came[0].rtp().payload), (8, &[code[0]; 160][..]));
}

#[test]
fn late_ticks_are_counted_and_no_burst_follows_a_stall() {
    let mut wire = Wire::new(1, 1);
    wire.phone(0, 1, phone());
    wire.play(0, 1, 1, vec![pcm(500, 5)], false);
    wire.run(ms(100));
    assert_eq!(wire.planes[0].gauges().late_ticks, 0);
    wire.take(phone());
    wire.stall(ms(2_000));
    wire.run(ms(2));
    assert!(wire.take(phone()).len() <= 12);
    assert!(wire.planes[0].gauges().late_ticks >= 90);
    wire.run(ms(200));
    assert!((10..=11).contains(&wire.take(phone()).len()), "and then it goes on at its pace");
}

#[test]
fn commands_to_closed_legs_do_nothing() {
    let mut wire = Wire::new(1, 1);
    wire.phone(0, 1, phone());
    wire.play(0, 1, 1, vec![pcm(100, 5)], false);
    wire.command(0, Command::Close { id: ID });
    let events = wire.take_events();
    assert!(matches!(events[..], [Event::Closed { id: ID, stats }] if stats.packets_sent == 1), "{events:?}");
    wire.play(0, 1, 2, vec![pcm(100, 5)], false);
    wire.command(0, Command::Close { id: ID });
    wire.command(0, Command::Join { a: ID, b: ID });
    wire.command(0, Command::SendDigits { id: ID, digits: "1".to_owned() });
    wire.run(ms(100));
    assert_eq!(wire.take_events(), []);
    assert_eq!(wire.planes[0].gauges(), media::Gauges::default());
    assert_eq!(wire.planes[0].poll_timeout(), None);
}
