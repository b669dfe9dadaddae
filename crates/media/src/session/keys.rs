//! One key, told once: gateways that turn tones into events often let some of the tone through as well.
//!
//! A key heard as an event and as a tone counts once when the two lie within 200 ms of each other. Each absorbs one of
//! the other kind, so a key pressed twice is still two.

use std::time::{Duration, Instant};

use crate::rtp::Key;

/// The farthest that the two tellings of one press lie apart.
const APART: Duration = Duration::from_millis(200);

#[derive(Debug, Default)]
pub(super) struct Told {
    event: Option<Key>,
    tone: Option<Key>,
}

impl Told {
    /// An event ended; returns it unless it was told as a tone.
    pub(super) fn event(&mut self, key: Key) -> Option<Key> {
        if self.tone.take_if(|tone| same(tone, &key)).is_some() {
            return None;
        }
        self.event = Some(key);
        Some(key)
    }

    /// A tone ended; returns it unless it was told as an event, or will be: one is `down`.
    pub(super) fn tone(&mut self, key: Key, down: Option<(char, Instant)>) -> Option<Key> {
        let coming = down.is_some_and(|(digit, since)| digit == key.digit && since <= key.up + APART);
        if coming || self.event.take_if(|event| same(event, &key)).is_some() {
            return None;
        }
        self.tone = Some(key);
        Some(key)
    }
}

fn same(one: &Key, other: &Key) -> bool {
    one.digit == other.digit && one.down <= other.up + APART && other.down <= one.up + APART
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy)]
    enum Way {
        Event,
        Tone,
    }
    use Way::{Event, Tone};

    type Row<'a> = (&'a str, &'a [(Way, char, u64, u64)], &'a str);

    #[test]
    fn two_tellings_of_one_press_count_once() {
        // (what, (how, key, down, up in ms) in the order in which they end, digits)
        let table: [Row<'_>; 7] = [
            ("event then tone", &[(Event, '5', 0, 100), (Tone, '5', 20, 110)], "5"),
            ("tone then event", &[(Tone, '5', 0, 40), (Event, '5', 30, 130)], "5"),
            ("199 ms apart", &[(Event, '5', 0, 100), (Tone, '5', 299, 400)], "5"),
            ("201 ms apart", &[(Event, '5', 0, 100), (Tone, '5', 301, 400)], "55"),
            ("other keys", &[(Event, '5', 0, 100), (Tone, '6', 20, 110)], "56"),
            (
                "pressed twice, both ways",
                &[(Tone, '5', 0, 100), (Event, '5', 0, 101), (Event, '5', 180, 280), (Tone, '5', 180, 285)],
                "55",
            ),
            ("pressed twice, one way", &[(Event, '5', 0, 60), (Event, '5', 120, 180)], "55"),
        ];
        let start = crate::test_epoch();
        for (name, presses, digits) in table {
            let mut told = Told::default();
            let mut out = String::new();
            for (way, digit, down, up) in presses {
                let at = |ms: &u64| start + Duration::from_millis(*ms);
                let key = Key { digit: *digit, duration: Duration::ZERO, down: at(down), up: at(up) };
                let key = match way {
                    Event => told.event(key),
                    Tone => told.tone(key, None),
                };
                out.extend(key.map(|key| key.digit));
            }
            assert_eq!(out, digits, "{name}");
        }
    }

    #[test]
    fn a_tone_under_an_event_that_is_still_down_waits_for_it() {
        let now = crate::test_epoch();
        let key = |digit| Key { digit, duration: Duration::ZERO, down: now, up: now + Duration::from_millis(40) };
        let mut told = Told::default();
        assert_eq!(told.tone(key('5'), Some(('5', now))), None);
        assert_eq!(told.event(key('5')), Some(key('5')));
        assert_eq!(told.tone(key('6'), Some(('5', now))), Some(key('6')));
    }
}
