//! Call ids (`exotel.md` 1.9): 28 hex digits, then the date: two hex digits for the year since 2000, one for the month, and one
//! base-32 digit for the day, so that the last character runs to `v`.
//!
//! The contract leaves the 28 digits open. Ours are the time (10 digits, in 256ths of a second), then randomness: so ids sort by
//! time, and what a database keeps by id lands beside its last rows.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::CallSid;

/// Characters of an id.
pub const LENGTH: usize = 32;

/// Bytes of the time in an id: a unix second, and a byte of its parts.
const TIME_BYTES: usize = 5;

/// Bytes of randomness in an id.
pub const RANDOM_BYTES: usize = 9;

const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

/// The id of a call that began at `now`. The bytes must come from a source that nobody can predict: they are all that
/// keeps an id from being guessed. The date is that of `zone`; years wrap after 2255.
pub fn sid(random: [u8; RANDOM_BYTES], zone: &TimeZone, now: Timestamp) -> CallSid {
    let date = now.to_zoned_datetime(zone.clone()).date();
    let year = (date.year() - 2000).rem_euclid(256);
    let parts = now.as_nanosecond().div_euclid(1_000_000_000 / 256);
    let [.., a, b, c, d, e] = parts.to_be_bytes(); // they run out in 2106, and begin again
    let mut text = String::with_capacity(LENGTH);
    for byte in [a, b, c, d, e].into_iter().chain(random) {
        text.extend([digit(byte >> 4), digit(byte & 15)]);
    }
    let year = u8::try_from(year).expect("a remainder of 256");
    text.extend([digit(year >> 4), digit(year & 15), digit(date.month().unsigned_abs())]);
    text.push(digit(date.day().unsigned_abs()));
    CallSid::new(text)
}

/// The id that this text is, if it is one that [`sid`] could have made.
pub fn parse(text: &str) -> Option<CallSid> {
    if text.len() != LENGTH {
        return None;
    }
    let values = text.bytes().map(value).collect::<Option<Vec<u8>>>()?;
    let (day, hex) = values.split_last()?;
    let (month, digits) = hex.split_last()?;
    let (_, year) = digits.split_at(2 * (TIME_BYTES + RANDOM_BYTES));
    let is_hex = hex.iter().all(|value| *value < 16);
    let year = 2000 + i16::from(year[0]) * 16 + i16::from(year[1]);
    let is_date = Date::new(year, month.cast_signed(), day.cast_signed()).is_ok();
    (is_hex && is_date).then(|| CallSid::new(text))
}

fn digit(value: u8) -> char {
    char::from(DIGITS[usize::from(value) % DIGITS.len()])
}

fn value(digit: u8) -> Option<u8> {
    (0_u8..).zip(DIGITS).find_map(|(value, known)| (*known == digit).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{DEFAULT_ZONE, zone};

    const BYTES: [u8; RANDOM_BYTES] = [0x0f, 0x1e, 0x2d, 0x3c, 0x4b, 0x5a, 0x69, 0x78, 0x87];

    fn at(time: &str) -> CallSid {
        sid(BYTES, &zone(DEFAULT_ZONE).expect("a zone"), time.parse().expect("a time"))
    }

    #[test]
    fn the_tail_is_the_date() {
        let rows = [
            ("2022-02-21T06:00:00Z", "162l"),
            ("2022-11-03T06:00:00Z", "16b3"),
            ("2024-07-31T06:00:00Z", "187v"),
            ("2024-09-03T06:00:00Z", "1893"),
            ("2025-01-07T06:00:00Z", "1917"),
            ("2026-08-25T06:00:00Z", "1a8p"),
            ("2026-09-01T06:00:00Z", "1a91"),
            ("2026-12-31T18:29:59Z", "1acv"),
            ("2026-12-31T18:30:00Z", "1b11"), // midnight in the zone, not in UTC
        ];
        for (time, tail) in rows {
            let second = time.parse::<Timestamp>().expect("a time").as_second();
            assert_eq!(at(time).as_str(), format!("{second:08x}000f1e2d3c4b5a697887{tail}"));
        }
    }

    #[test]
    fn ids_sort_by_time() {
        let zone = zone(DEFAULT_ZONE).expect("a zone");
        let milliseconds =
            [0, 4, 8, 998, 1_000, 256_000, 946_728_000_000, 1_798_000_000_000, 1_798_000_000_004, 4_294_967_295_999];
        let mut random = [u8::MAX; RANDOM_BYTES];
        let ids = milliseconds.map(|at| {
            random[0] -= 1; // what is random would sort them the other way
            sid(random, &zone, Timestamp::from_millisecond(at).expect("in range"))
        });
        assert!(ids.is_sorted(), "{ids:?}");
    }

    #[test]
    fn every_day_of_sixty_years_makes_an_id_that_parses() {
        let zone = zone(DEFAULT_ZONE).expect("a zone");
        let mut random = BYTES;
        for day in 0_u32..60 * 365 {
            random[usize::try_from(day).expect("small") % RANDOM_BYTES] ^= day.to_le_bytes()[0];
            let now = Timestamp::from_second(946_728_000 + i64::from(day) * 86_400).expect("in range");
            let made = sid(random, &zone, now);
            assert_eq!(made.as_str().len(), LENGTH);
            assert_eq!(parse(made.as_str()), Some(made));
        }
    }

    #[test]
    fn every_random_bit_is_seen() {
        let plain = at("2026-08-25T06:00:00Z");
        let zone = zone(DEFAULT_ZONE).expect("a zone");
        for bit in 0..RANDOM_BYTES * 8 {
            let mut random = BYTES;
            random[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(sid(random, &zone, "2026-08-25T06:00:00Z".parse().expect("a time")), plain);
        }
    }

    #[test]
    fn times_out_of_the_formats_range_still_make_32_characters() {
        for time in [Timestamp::MIN, Timestamp::MAX, Timestamp::UNIX_EPOCH] {
            assert_eq!(sid(BYTES, &TimeZone::UTC, time).as_str().len(), LENGTH);
        }
    }

    #[test]
    fn what_is_no_id_is_refused() {
        let rows = [
            "",
            "0f1e2d3c4b5a69788796a5b4c3d2187",   // one short
            "0f1e2d3c4b5a69788796a5b4c3d2187v0", // one long
            "0F1e2d3c4b5a69788796a5b4c3d2187v",  // upper case
            "0g1e2d3c4b5a69788796a5b4c3d2187v",  // not hex
            "0f1e2d3c4b5a69788796a5b4c3d2180v",  // month 0
            "0f1e2d3c4b5a69788796a5b4c3d218d1",  // month 13
            "0f1e2d3c4b5a69788796a5b4c3d21870",  // day 0
            "0f1e2d3c4b5a69788796a5b4c3d2187w",  // no digit
            "0f1e2d3c4b5a69788796a5b4c3d2162t",  // 29 February of a common year
            "0f1e2d3c4b5a69788796a5b4c3d2é7v0",  // 32 characters' worth of bytes, not ASCII
            "../../../../../../etc/passwd0000",
        ];
        for text in rows {
            assert_eq!(parse(text), None, "{text}");
        }
        assert!(parse("0f1e2d3c4b5a69788796a5b4c3d2182t").is_some(), "29 February of a leap year");
    }
}
