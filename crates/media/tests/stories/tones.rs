//! Digits as tones from plane to plane, through G.711 and a bad wire, beside events.

use core::net::SocketAddr;

use media::{Codec, Command, MediaId, Remote, Settings};

use crate::wire::{Faults, Wire, ms, pcm, remote};

const DIALLED: &str = "159*#D5500";

/// A peer that has not agreed on events.
fn plain(rtp: SocketAddr) -> Remote {
    Remote { telephone_event: None, ..remote(rtp) }
}

/// Plane 0 sends tones in `codec` to plane 1, which listens; tells what it heard.
fn send(codec: Codec, faults: Faults, seed: u8) -> String {
    let mut wire = Wire::new(2, seed);
    let (from, to) = (wire.open(0, 1, Settings::default()), wire.open(1, 1, Settings::default()));
    let payload_type = codec.payload_type();
    wire.command(0, Command::Connect { id: MediaId(1), remote: Remote { codec, payload_type, ..plain(to) } });
    wire.command(1, Command::Connect { id: MediaId(1), remote: plain(from) });
    wire.play(1, 1, 1, vec![pcm(1, 0)], false);
    wire.run(ms(50));
    wire.faults = faults;
    wire.command(0, Command::SendDigits { id: MediaId(1), digits: DIALLED.to_owned() });
    wire.run(ms(DIALLED.len() as u64 * 180 + 300));
    wire.digits(1, 1)
}

#[test]
fn tones_are_heard_in_both_codecs() {
    for codec in Codec::ALL {
        assert_eq!(send(codec, Faults::default(), 1), DIALLED, "{codec:?}");
    }
}

#[test]
fn tones_survive_reorder_and_duplicates() {
    for seed in 1..=20 {
        let faults = Faults { spread: ms(35), duplicate: 200, loss: 0 };
        let heard = send(Codec::Pcmu, faults, seed);
        let mut rest = DIALLED.chars();
        assert!(heard.chars().all(|digit| rest.any(|other| other == digit)), "seed {seed}: {heard}");
        assert!(heard.len() + 1 >= DIALLED.len(), "seed {seed}: {heard}");
    }
}

#[test]
fn a_leg_that_does_not_listen_hears_no_tones() {
    let mut wire = Wire::new(2, 1);
    let quiet = Settings { inband_dtmf: false, ..Settings::default() };
    let (from, to) = (wire.open(0, 1, quiet), wire.open(1, 1, quiet));
    wire.command(0, Command::Connect { id: MediaId(1), remote: plain(to) });
    wire.command(1, Command::Connect { id: MediaId(1), remote: plain(from) });
    wire.command(0, Command::SendDigits { id: MediaId(1), digits: "123".to_owned() });
    wire.run(ms(2_000));
    assert_eq!(wire.digits(1, 1), "");
}

#[test]
fn a_peer_that_suppresses_silence_is_heard_too() {
    let mut wire = Wire::new(2, 1);
    let (from, to) = (wire.open(0, 1, Settings::default()), wire.open(1, 1, Settings::default()));
    wire.command(0, Command::Connect { id: MediaId(1), remote: remote(to) });
    wire.command(1, Command::Connect { id: MediaId(1), remote: plain(from) });
    for (play, digit) in [(1, '5'), (2, '5'), (3, '8')] {
        let tone = media::Tone::key(digit).expect("a key").lasting(ms(100));
        wire.play(0, 1, play, vec![std::sync::Arc::new(media::Pcm::new("key", tone))], false);
        wire.run(ms(if play == 1 { 150 } else { 400 }));
    }
    assert_eq!(wire.digits(1, 1), "558", "a pause without packets parts keys, and ends the last one");
}

#[test]
fn who_has_agreed_on_events_is_not_listened_to() {
    for (agreed, digits) in [(None, "5"), (Some(101), "")] {
        let mut wire = Wire::new(2, 1);
        let (from, to) = (wire.open(0, 1, Settings::default()), wire.open(1, 1, Settings::default()));
        wire.command(0, Command::Connect { id: MediaId(1), remote: plain(to) });
        let peer = Remote { telephone_event: agreed, ..remote(from) };
        wire.command(1, Command::Connect { id: MediaId(1), remote: peer });
        wire.command(0, Command::SendDigits { id: MediaId(1), digits: "5".to_owned() });
        wire.run(ms(500));
        assert_eq!(wire.digits(1, 1), digits, "{agreed:?}");
    }
}
