//! The times of the classic profile: two spellings, no zone, and 1970 for what is not known.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// `Created`, and `StartTime` with its kin.
const SPELLINGS: [&str; 2] = ["%a, %d %b %Y %H:%M:%S", "%Y-%m-%d %H:%M:%S"];

/// India's zone, that of all times unless the account has another: five and a half hours ahead of UTC, all year.
pub fn india() -> TimeZone {
    TimeZone::fixed(Offset::from_seconds(19_800).expect("offsets of less than a day are in range"))
}

/// The moment that a time of the classic profile names in that zone. `None` for what is no time, and for those that mean that
/// it is not known: the first second of 1970, zeros, `null`.
///
/// ```
/// use passthru_app::time::{india, moment};
///
/// let created = moment("Wed, 31 Jul 2024 16:42:56", &india());
/// assert_eq!(created, "2024-07-31T11:12:56Z".parse().ok());
/// assert_eq!(created, moment("2024-07-31 16:42:56", &india()));
/// assert_eq!(moment("1970-01-01 05:30:00", &india()), None, "as EndTime always says");
/// ```
pub fn moment(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let civil = SPELLINGS.iter().find_map(|spelling| DateTime::strptime(spelling, text).ok())?;
    let moment = zone.to_ambiguous_zoned_datetime(civil).compatible().ok()?.timestamp();
    Some(moment).filter(|moment| *moment != Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_read_in_their_zone() {
        let utc = |text: &str| Some(text.parse().expect("a time"));
        let west = TimeZone::fixed(Offset::from_hours(-5).expect("in range"));
        let rows = [
            ("Wed, 31 Jul 2024 16:42:56", india(), utc("2024-07-31T11:12:56Z")),
            ("2024-07-31 16:42:56", india(), utc("2024-07-31T11:12:56Z")),
            ("2022-03-01 00:00:00", india(), utc("2022-02-28T18:30:00Z")),
            ("2024-07-31 16:42:56", TimeZone::UTC, utc("2024-07-31T16:42:56Z")),
            ("1970-01-01 05:30:00", india(), None),
            ("1969-12-31 19:00:00", west, None),
            ("1970-01-01 05:30:01", india(), utc("1970-01-01T00:00:01Z")),
            ("0000-00-00 00:00:00", india(), None),
            ("null", india(), None),
            ("", india(), None),
            ("2024-07-31T16:42:56", india(), None),
            ("31 Jul 2024", india(), None),
        ];
        for (text, zone, expected) in rows {
            assert_eq!(moment(text, &zone), expected, "{text}");
        }
    }
}
