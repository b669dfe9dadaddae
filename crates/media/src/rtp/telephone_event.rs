//! Digits as events in the audio stream (RFC 4733 section 2): the payload, and the reader that tells each key once.
//!
//! ```text
//!   Up --event--> Down --event of the same timestamp, or the next segment of a long one--> Down
//!   Down --end bit | a newer event | silence for 3 packet times--> Up, and the key is told
//!   Up --event of a timestamp already told (retransmitted end, late update)--> Up, nothing
//! ```

use std::time::{Duration, Instant};

use crate::codec::SAMPLE_RATE;

/// The keys by their event codes (section 3.2, table 3).
const KEYS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];

/// Between updates where nothing better is known (section 2.6.1: the packet time of the audio).
const UPDATE: Duration = Duration::from_millis(20);
/// The longest interval between updates that is believed (section 2.5.1.1 recommends 50 ms).
const MAX_UPDATE: Duration = Duration::from_millis(60);
/// Updates that may be missing before the key counts as up (section 2.5.2.2).
const MISSING_UPDATES: u32 = 3;
/// An event this far before the last one told is not late but a sender that counts anew: 10 s in samples.
const MAX_LATE: u32 = 10 * SAMPLE_RATE;

/// The payload: one key, how long it is down, and whether it is up now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TelephoneEvent {
    /// 0 to 15 are the keys.
    pub event: u8,
    /// The key is up: the duration is final.
    pub end: bool,
    /// In samples, from the timestamp of the packet.
    pub duration: u16,
}

impl TelephoneEvent {
    /// Octets of the payload.
    pub const LENGTH: usize = 4;
    /// The level that we send: -10 dBm0 (section 2.3.4).
    const VOLUME: u8 = 10;

    /// Reads a payload; what follows the first event is not ours.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let [event, flags, high, low] = *payload.first_chunk::<{ Self::LENGTH }>()?;
        Some(Self { event, end: flags & 0x80 != 0, duration: u16::from_be_bytes([high, low]) })
    }

    /// The payload.
    pub fn to_bytes(self) -> [u8; Self::LENGTH] {
        let [high, low] = self.duration.to_be_bytes();
        [self.event, u8::from(self.end) << 7 | Self::VOLUME, high, low]
    }

    /// The key of an event code.
    pub fn key(event: u8) -> Option<char> {
        KEYS.get(usize::from(event)).copied()
    }

    /// The event code of a key, in any case.
    pub fn code(key: char) -> Option<u8> {
        KEYS.iter().position(|known| known.eq_ignore_ascii_case(&key)).map(|code| code as u8)
    }
}

/// A key that was pressed and is up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) digit: char,
    pub(crate) duration: Duration,
    pub(crate) down: Instant,
    pub(crate) up: Instant,
}

/// Reads a leg's events.
#[derive(Debug, Default)]
pub(crate) struct KeyReader {
    down: Option<Down>,
    /// The timestamp of the last key told.
    told: Option<u32>,
}

#[derive(Debug)]
struct Down {
    digit: char,
    event: u8,
    /// Of the running segment, and what the segments before it lasted.
    timestamp: u32,
    before: u32,
    duration: u16,
    first: Instant,
    last: Instant,
    update: Duration,
    ended: bool,
}

impl KeyReader {
    /// An event packet. Returns a key that is up by it, at most one.
    pub(crate) fn receive(&mut self, timestamp: u32, payload: &[u8], now: Instant) -> Option<Key> {
        let event = TelephoneEvent::parse(payload)?;
        let digit = TelephoneEvent::key(event.event)?;
        if self.is_told(timestamp) {
            return None;
        }
        if let Some(down) = &mut self.down
            && down.take(timestamp, event, now)
        {
            return if down.ended { self.tell() } else { None };
        }
        let before = self.tell();
        self.down = Some(Down {
            digit,
            event: event.event,
            timestamp,
            before: 0,
            duration: event.duration,
            first: now,
            last: now,
            update: UPDATE,
            ended: event.end,
        });
        // A key that is up in its first packet is told now, or, when it displaced another, by its next packet or `expire`.
        if before.is_none() && event.end { self.tell() } else { before }
    }

    /// Time passes: a key whose end was lost is up.
    pub(crate) fn expire(&mut self, now: Instant) -> Option<Key> {
        let down = self.down.as_ref()?;
        let silent = now.saturating_duration_since(down.last);
        if down.ended || silent >= down.update * MISSING_UPDATES { self.tell() } else { None }
    }

    /// A key is down: [`KeyReader::expire`] is due within a packet time.
    pub(crate) fn is_down(&self) -> bool {
        self.down.is_some()
    }

    /// The key that is down, and since when.
    pub(crate) fn down(&self) -> Option<(char, Instant)> {
        self.down.as_ref().map(|down| (down.digit, down.first))
    }

    fn is_told(&self, timestamp: u32) -> bool {
        self.told.is_some_and(|told| told.wrapping_sub(timestamp) < MAX_LATE)
    }

    fn tell(&mut self) -> Option<Key> {
        let down = self.down.take()?;
        self.told = Some(down.timestamp);
        let samples = u64::from(down.before) + u64::from(down.duration);
        let duration = Duration::from_micros(samples * 1_000_000 / u64::from(SAMPLE_RATE));
        Some(Key { digit: down.digit, duration, down: down.first, up: down.last })
    }
}

impl Down {
    /// Takes another packet of this press; false when it is of another. Older segments change nothing.
    fn take(&mut self, timestamp: u32, event: TelephoneEvent, now: Instant) -> bool {
        let ahead = timestamp.wrapping_sub(self.timestamp);
        if ahead >= 1 << 31 {
            return ahead.wrapping_neg() < MAX_LATE;
        }
        let next_segment = ahead > 0 && !self.ended && ahead == u32::from(self.duration) && self.duration == u16::MAX;
        if event.event != self.event || (ahead > 0 && !next_segment) {
            return false;
        }
        if next_segment {
            self.before += ahead;
            self.timestamp = timestamp;
            self.duration = 0;
        }
        self.duration = self.duration.max(event.duration);
        self.ended |= event.end;
        self.update = now.saturating_duration_since(self.last).clamp(UPDATE, MAX_UPDATE);
        self.last = now;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_epoch;

    /// (at ms, timestamp, event, end, duration)
    type Row = (u64, u32, u8, bool, u16);

    /// (what, packets, digits with their durations in ms)
    type Case<'a> = (&'a str, &'a [Row], &'a [(char, u64)]);

    /// Feeds packets, then lets a second pass; tells the digits with their durations in ms.
    fn read(rows: &[Row]) -> Vec<(char, u64)> {
        let start = test_epoch();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let mut reader = KeyReader::default();
        let mut keys = Vec::new();
        let mut time = 0;
        for (ms, timestamp, event, end, duration) in rows {
            while time < *ms {
                keys.extend(reader.expire(at(time)));
                time += 20;
            }
            let payload = TelephoneEvent { event: *event, end: *end, duration: *duration }.to_bytes();
            keys.extend(reader.receive(*timestamp, &payload, at(*ms)));
        }
        keys.extend((time..time + 1_000).step_by(20).filter_map(|ms| reader.expire(at(ms))));
        assert!(!reader.is_down());
        keys.into_iter().map(|key| (key.digit, key.duration.as_millis() as u64)).collect()
    }

    #[test]
    fn payloads_and_keys_lead_back() {
        for (code, key) in KEYS.into_iter().enumerate() {
            assert_eq!(TelephoneEvent::key(code as u8), Some(key));
            assert_eq!(TelephoneEvent::code(key.to_ascii_lowercase()), Some(code as u8));
        }
        assert_eq!((TelephoneEvent::key(16), TelephoneEvent::code('e')), (None, None));
        let event = TelephoneEvent { event: 11, end: true, duration: 800 };
        assert_eq!(TelephoneEvent::parse(&event.to_bytes()), Some(event));
        assert_eq!(event.to_bytes(), [11, 0x8A, 3, 0x20]);
        assert_eq!(TelephoneEvent::parse(&[1, 2, 3]), None);
    }

    #[test]
    fn each_press_is_told_once() {
        let table: [Case<'_>; 15] = [
            ("whole", &[(0, 9, 5, false, 160), (20, 9, 5, false, 320), (40, 9, 5, true, 480)], &[('5', 60)]),
            (
                "end three times",
                &[(0, 9, 5, false, 160), (20, 9, 5, true, 320), (40, 9, 5, true, 320), (60, 9, 5, true, 320)],
                &[('5', 40)],
            ),
            ("only an end", &[(0, 9, 11, true, 800), (20, 9, 11, true, 800)], &[('#', 100)]),
            ("end lost", &[(0, 9, 5, false, 160), (20, 9, 5, false, 320)], &[('5', 40)]),
            ("end after it was given up", &[(0, 9, 5, false, 160), (400, 9, 5, true, 800)], &[('5', 20)]),
            (
                "end lost, next begins",
                &[(0, 9, 5, false, 160), (40, 900, 6, false, 160), (60, 900, 6, true, 320)],
                &[('5', 20), ('6', 40)],
            ),
            (
                "end lost, only the end of the next",
                &[(0, 9, 5, false, 160), (40, 900, 6, true, 320)],
                &[('5', 20), ('6', 40)],
            ),
            ("the same key twice", &[(0, 9, 5, true, 160), (20, 900, 5, true, 160)], &[('5', 20), ('5', 20)]),
            ("overtaken update", &[(0, 9, 5, false, 320), (20, 9, 5, false, 160), (40, 9, 5, true, 480)], &[('5', 60)]),
            (
                "an old end late",
                &[(0, 9, 5, true, 160), (20, 900, 6, false, 160), (30, 9, 5, true, 160), (40, 900, 6, true, 320)],
                &[('5', 20), ('6', 40)],
            ),
            (
                "updates each 50 ms, one lost",
                &[(0, 9, 5, false, 400), (50, 9, 5, false, 800), (150, 9, 5, true, 1_600)],
                &[('5', 200)],
            ),
            (
                "a long one in segments",
                &[(0, 9, 5, false, 65_535), (20, 9 + 65_535, 5, false, 160), (40, 9 + 65_535, 5, true, 320)],
                &[('5', 8_231)],
            ),
            ("timestamps wrap", &[(0, u32::MAX, 5, true, 160), (40, 300, 6, true, 160)], &[('5', 20), ('6', 20)]),
            ("counts anew", &[(0, 5_000_000, 5, true, 160), (40, 300, 6, true, 160)], &[('5', 20), ('6', 20)]),
            ("no key", &[(0, 9, 16, false, 160), (20, 9, 16, true, 160)], &[]),
        ];
        for (name, rows, digits) in table {
            assert_eq!(read(rows), digits, "{name}");
        }
    }
}
