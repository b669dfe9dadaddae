//! Times as the wire has them (`exotel.md` 1.5): two formats in one request, in the account's zone, which is not named.

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// The zone that times are in unless the account says otherwise.
pub const DEFAULT_ZONE: &str = "Asia/Kolkata";

/// The zone of that IANA name, from the tables built into the program; `None` if there is none.
pub fn zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// `Wed, 31 Jul 2024 16:42:56`: `Created`.
pub(crate) fn long(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%a, %d %b %Y %H:%M:%S").to_string()
}

/// `2024-07-31 16:42:56`: `StartTime` and `CurrentTime`.
pub(crate) fn short(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `EndTime` of a call that has not ended, which is what every Passthru says: second 0 of Unix time.
pub(crate) fn never(zone: &TimeZone) -> String {
    short(Timestamp::UNIX_EPOCH, zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_in_their_zone() {
        let rows = [
            ("Asia/Kolkata", "2024-07-31T11:12:56Z", "Wed, 31 Jul 2024 16:42:56", "2024-07-31 16:42:56"),
            ("Asia/Kolkata", "2022-02-28T18:30:00.999Z", "Tue, 01 Mar 2022 00:00:00", "2022-03-01 00:00:00"),
            ("UTC", "2026-01-04T00:00:09Z", "Sun, 04 Jan 2026 00:00:09", "2026-01-04 00:00:09"),
            ("America/New_York", "2026-07-01T03:05:00Z", "Tue, 30 Jun 2026 23:05:00", "2026-06-30 23:05:00"),
        ];
        for (name, at, expected_long, expected_short) in rows {
            let zone = zone(name).expect("a zone");
            let at: Timestamp = at.parse().expect("a time");
            assert_eq!(long(at, &zone), expected_long);
            assert_eq!(short(at, &zone), expected_short);
        }
    }

    #[test]
    fn the_epoch_is_shown_in_the_zone() {
        let rows = [
            (DEFAULT_ZONE, "1970-01-01 05:30:00"),
            ("UTC", "1970-01-01 00:00:00"),
            ("America/New_York", "1969-12-31 19:00:00"),
        ];
        for (name, expected) in rows {
            assert_eq!(never(&zone(name).expect("a zone")), expected);
        }
    }

    #[test]
    fn an_unknown_zone_is_none() {
        assert!(zone("Asia/Atlantis").is_none());
        assert!(zone("").is_none());
    }
}
