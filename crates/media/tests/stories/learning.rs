//! Whose packets are heard and where ours go: strangers change nothing, a NAT is learned once, nobody is flooded.

use core::net::SocketAddr;

use media::{Command, Event, MediaId, Remote, Settings};

use crate::wire::{Wire, address, ms, next_port, pcm, remote};

const ID: MediaId = MediaId(1);

fn phone() -> SocketAddr {
    address("198.51.100.7:4000")
}

/// Where the leg's audio goes now.
fn goes_to(wire: &mut Wire, candidates: &[SocketAddr]) -> Vec<SocketAddr> {
    for at in candidates {
        wire.take(*at);
    }
    wire.play(0, 1, 99, vec![pcm(1, 5)], false);
    wire.run(ms(50));
    candidates.iter().copied().filter(|at| !wire.take(*at).is_empty()).collect()
}

fn stats(wire: &mut Wire) -> media::rtp::Stats {
    wire.command(0, Command::Close { id: ID });
    match wire.take_events().pop() {
        Some(Event::Closed { stats, .. }) => stats,
        other => panic!("the last event is that the leg closed, not {other:?}"),
    }
}

#[test]
fn who_is_heard_and_where_audio_goes() {
    let private = address("10.1.2.3:4000");
    let nat = address("198.51.100.7:61000");
    let other_nat = address("198.51.100.7:62000");
    let stranger = address("203.0.113.66:4000");
    let guess = address("198.51.100.7:4000");
    struct Case<'a> {
        name: &'a str,
        described: SocketAddr,
        source: Option<&'a str>,
        /// (from, sequence number)
        packets: Vec<(SocketAddr, u16)>,
        heard: u64,
        goes_to: Vec<SocketAddr>,
    }
    let run = |from: SocketAddr, numbers: core::ops::Range<u16>| numbers.map(move |number| (from, number));
    let table = [
        Case {
            name: "as described",
            described: phone(),
            source: None,
            packets: run(phone(), 0..5).collect(),
            heard: 5,
            goes_to: vec![phone()],
        },
        Case {
            name: "a stranger, however long",
            described: phone(),
            source: None,
            packets: run(stranger, 0..50).collect(),
            heard: 0,
            goes_to: vec![phone()],
        },
        Case {
            name: "another port of the host: learned with the third in sequence",
            described: phone(),
            source: None,
            packets: run(nat, 0..5).collect(),
            heard: 3,
            goes_to: vec![nat],
        },
        Case {
            name: "two are not enough",
            described: phone(),
            source: None,
            packets: run(nat, 0..2).collect(),
            heard: 0,
            goes_to: vec![phone()],
        },
        Case {
            name: "three out of sequence are not either",
            described: phone(),
            source: None,
            packets: vec![(nat, 1), (nat, 3), (nat, 5), (nat, 7)],
            heard: 0,
            goes_to: vec![phone()],
        },
        Case {
            name: "two ports in turn",
            described: phone(),
            source: None,
            packets: (0..6).flat_map(|number| [(nat, number), (other_nat, number)]).collect(),
            heard: 0,
            goes_to: vec![phone()],
        },
        Case {
            name: "learned once, not twice",
            described: phone(),
            source: None,
            packets: run(nat, 0..5).chain(run(other_nat, 0..9)).collect(),
            heard: 3,
            goes_to: vec![nat],
        },
        Case {
            name: "nothing is learned after the described address has spoken",
            described: phone(),
            source: None,
            packets: run(phone(), 0..1).chain(run(nat, 0..9)).collect(),
            heard: 1,
            goes_to: vec![phone()],
        },
        Case {
            name: "the described address is not heard once another port was learned",
            described: phone(),
            source: None,
            packets: run(nat, 0..3).chain(run(phone(), 0..5)).collect(),
            heard: 1,
            goes_to: vec![nat],
        },
        Case {
            name: "a private address from a public host: only that host",
            described: private,
            source: Some("198.51.100.7"),
            packets: run(private, 0..9).chain(run(stranger, 0..9)).chain(run(nat, 0..4)).collect(),
            heard: 2,
            goes_to: vec![nat],
        },
        Case {
            name: "a private address from a public host: before it speaks the port is a guess",
            described: private,
            source: Some("198.51.100.7"),
            packets: Vec::new(),
            heard: 0,
            goes_to: vec![guess],
        },
        Case {
            name: "a private address from a private host is an address like any other",
            described: private,
            source: Some("10.1.2.1"),
            packets: run(private, 0..2).collect(),
            heard: 2,
            goes_to: vec![private],
        },
        Case {
            name: "a public address counts, whatever host signals",
            described: phone(),
            source: Some("203.0.113.66"),
            packets: run(stranger, 0..9).chain(run(phone(), 0..2)).collect(),
            heard: 2,
            goes_to: vec![phone()],
        },
    ];
    for case in table {
        let mut wire = Wire::new(1, 1);
        let local = wire.open(0, 1, Settings::default());
        let source = case.source.map(|source| source.parse().unwrap());
        wire.command(0, Command::Connect { id: ID, remote: Remote { source, ..remote(case.described) } });
        for (from, sequence) in &case.packets {
            wire.speak(*from, local, *sequence, 0);
            wire.run(ms(5));
        }
        let everybody = [phone(), private, nat, other_nat, stranger];
        assert_eq!(goes_to(&mut wire, &everybody), case.goes_to, "{}", case.name);
        let stats = stats(&mut wire);
        assert_eq!(stats.packets_received, case.heard, "{}", case.name);
        assert_eq!(stats.packets_refused, case.packets.len() as u64 - case.heard, "{}", case.name);
    }
}

#[test]
fn only_a_new_description_opens_learning_again() {
    let (first, second) = (address("198.51.100.7:61000"), address("198.51.100.7:62000"));
    let mut wire = Wire::new(1, 1);
    let local = wire.phone(0, 1, phone());
    (0..3).for_each(|sequence| wire.speak(first, local, sequence, 0));
    wire.run(ms(50));
    let everybody = [phone(), first, second];
    assert_eq!(goes_to(&mut wire, &everybody), [first]);
    wire.command(0, Command::Connect { id: ID, remote: remote(phone()) });
    assert_eq!(goes_to(&mut wire, &everybody), [first], "a refresh does not tear the audio");
    (0..3).for_each(|sequence| wire.speak(second, local, sequence, 0));
    wire.run(ms(50));
    assert_eq!(goes_to(&mut wire, &everybody), [second], "but it lets a NAT change its port");
    let moved = address("203.0.113.9:7000");
    wire.command(0, Command::Connect { id: ID, remote: remote(moved) });
    assert_eq!(goes_to(&mut wire, &[phone(), first, second, moved]), [moved]);
}

#[test]
fn strangers_press_no_keys_and_keep_nobody_alive() {
    let stranger = address("203.0.113.66:4000");
    let mut wire = Wire::new(1, 1);
    let local = wire.phone(0, 1, phone());
    wire.speak(phone(), local, 0, 0);
    for second in 0..40u16 {
        let event = media::rtp::TelephoneEvent { event: 1, end: true, duration: 800 }.to_bytes();
        let packet = media::rtp::Packet {
            marker: true,
            payload_type: 101,
            sequence: second,
            timestamp: u32::from(second) * 8_000,
            ssrc: u32::from(phone().port()),
            payload: &event,
        };
        let mut bytes = Vec::new();
        packet.write(&mut bytes);
        wire.send(stranger, local, bytes);
        wire.send(stranger, next_port(local), vec![0x80, 201, 0, 1, 0, 0, 0, 1]);
        wire.send(phone(), next_port(local), vec![0x80, 201, 0, 1]);
        wire.run(ms(1_000));
    }
    assert_eq!(wire.digits(0, 1), "");
    assert_eq!(wire.take_events(), [Event::TimedOut { id: ID }]);
}

#[test]
fn who_has_never_sent_gets_five_seconds_in_all() {
    let victim = address("203.0.113.66:4000");
    let mut wire = Wire::new(1, 1);
    let local = wire.phone(0, 1, phone());
    wire.play(0, 1, 1, vec![pcm(50, 5)], true);
    wire.run(ms(3_000));
    wire.command(0, Command::Connect { id: ID, remote: remote(victim) });
    wire.run(ms(10_000));
    let sent = |wire: &mut Wire| [phone(), next_port(phone()), victim, next_port(victim)].map(|at| wire.take(at).len());
    let before = sent(&mut wire);
    assert_eq!(before.iter().sum::<usize>(), 250, "another description brings no second helping: {before:?}");
    wire.command(0, Command::Connect { id: ID, remote: remote(phone()) });
    wire.speak(phone(), local, 1, 0);
    wire.run(ms(10_000));
    assert!(sent(&mut wire)[0] >= 499, "who has sent is proved");
    wire.command(0, Command::Connect { id: ID, remote: remote(victim) });
    wire.run(ms(10_000));
    assert_eq!(sent(&mut wire)[2..], [0, 0]);
}

#[test]
fn the_host_that_we_talk_sip_with_gets_all_there_is() {
    let private = address("10.1.2.3:4000");
    // (described, SIP from, that host is there, where audio goes, limited)
    let table = [
        (phone(), Some("198.51.100.7"), true, phone(), false),
        (private, Some("10.1.2.3"), true, private, false),
        (phone(), Some("198.51.100.7"), false, phone(), true),
        (phone(), Some("203.0.113.9"), true, phone(), true),
        (phone(), None, true, phone(), true),
        (private, Some("198.51.100.7"), true, phone(), true),
    ];
    for (described, source, trusted, at, limited) in table {
        let mut wire = Wire::new(1, 1);
        wire.open(0, 1, Settings::default());
        let source = source.map(|source| source.parse().unwrap());
        wire.command(0, Command::Connect { id: ID, remote: Remote { source, ..remote(described) } });
        if trusted {
            wire.command(0, Command::Trust { id: ID });
        }
        wire.play(0, 1, 1, vec![pcm(1_000, 5)], false);
        wire.run(ms(25_000));
        let came = wire.take(at).len();
        if limited {
            assert!((240..=250).contains(&came), "{described} {source:?}: {came}");
        } else {
            assert_eq!(came, 1_000, "{described} {source:?}");
        }
    }
}

#[test]
fn silence_times_out_once_but_not_on_hold() {
    let cases = [
        ("silent from the start", Remote { ..remote(phone()) }, true),
        ("it sends nothing by agreement", Remote { sending: false, ..remote(phone()) }, false),
        ("it holds us the old way", Remote { receiving: false, ..remote(phone()) }, false),
    ];
    for (name, remote, ends) in cases {
        let mut wire = Wire::new(1, 1);
        wire.open(0, 1, Settings::default());
        wire.command(0, Command::Connect { id: ID, remote });
        wire.run(ms(29_900));
        assert_eq!(wire.take_events(), [], "{name}");
        wire.run(ms(60_000));
        assert_eq!(wire.take_events().len(), usize::from(ends), "{name}");
    }
    let mut wire = Wire::new(1, 1);
    let local = wire.phone(0, 1, phone());
    for sequence in 0..4 {
        wire.run(ms(25_000));
        wire.speak(phone(), local, sequence, 13);
    }
    assert_eq!(wire.take_events(), [], "comfort noise is life");
    wire.run(ms(30_600));
    assert_eq!(wire.take_events(), [Event::TimedOut { id: ID }]);
    wire.speak(phone(), local, 5, 0);
    wire.run(ms(30_600));
    assert_eq!(wire.take_events(), [Event::TimedOut { id: ID }], "each silence is told");
    let mut wire = Wire::new(1, 1);
    let never = Settings { timeout: ms(0), ..Settings::default() };
    wire.open(0, 1, never);
    wire.command(0, Command::Connect { id: ID, remote: remote(phone()) });
    wire.run(ms(100_000));
    assert_eq!(wire.take_events(), []);
}

#[test]
fn rubbish_changes_nothing() {
    let mut wire = Wire::new(1, 1);
    let local = wire.phone(0, 1, phone());
    for length in 0..64 {
        for fill in [0x00, 0x80, 0xBF, 0xFF] {
            wire.send(phone(), local, vec![fill; length]);
            wire.send(phone(), next_port(local), vec![fill; length]);
        }
    }
    wire.run(ms(100));
    wire.send(phone(), local, vec![0x80; 4_000]);
    wire.run(ms(100));
    assert_eq!(wire.take_events(), []);
    assert_eq!(goes_to(&mut wire, &[phone()]), [phone()]);
}
