//! Digits by RFC 4733, from one plane to another over a bad wire.

use media::{Command, MediaId};

use crate::wire::{Faults, Wire, ms};

const KEYS: &str = "0123456789*#ABCD";

/// Sends all keys twenty times over; tells (sent, came, come in excess).
fn send(seed: u8, faults: Faults) -> (usize, usize, bool) {
    let mut wire = Wire::new(2, seed);
    wire.link((0, MediaId(1)), (1, MediaId(1)));
    wire.faults = faults;
    let mut sent = String::new();
    for _ in 0..20 {
        wire.command(0, Command::SendDigits { id: MediaId(1), digits: KEYS.to_owned() });
        sent.push_str(KEYS);
        wire.run(ms(KEYS.len() as u64 * 180 + 300));
    }
    let came = wire.digits(1, 1);
    // What came must be what was sent with some left out: nothing double, nothing swapped.
    let mut rest = sent.chars();
    let in_order = came.chars().all(|digit| rest.any(|other| other == digit));
    (sent.len(), came.len(), !in_order)
}

#[test]
fn every_digit_comes_once_on_a_good_wire() {
    assert_eq!(send(1, Faults::default()), (320, 320, false));
}

#[test]
fn digits_survive_loss_reorder_and_duplicates() {
    // (loss in 1/1000, duplicates in 1/1000, reorder in ms, digits that must come in 1/1000)
    let table = [
        (10, 0, 0, 995),
        (0, 500, 0, 1_000),
        (0, 0, 45, 1_000),
        (10, 100, 30, 995),
        (100, 0, 0, 995),
        (300, 300, 30, 980),
    ];
    for (loss, duplicate, spread, floor) in table {
        let (mut sent, mut came) = (0, 0);
        for seed in 1..=10 {
            let faults = Faults { loss, duplicate, spread: ms(spread) };
            let (sent_now, came_now, wrong) = send(seed, faults);
            assert!(!wrong, "{loss} {duplicate} {spread}, seed {seed}: digits double or out of order");
            sent += sent_now;
            came += came_now;
        }
        assert!(came * 1_000 >= sent * floor, "{loss} {duplicate} {spread}: {came} of {sent}");
    }
}
