//! Hours of the week and holidays as flows write them: `mon-fri 09:30-18:00`, `2026-12-24 to 2026-12-26`, `01-26`.
//!
//! All by the clock on the wall: where it is put forward or back, hours begin and end when it shows them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// Minutes of a day.
const DAY: u16 = 24 * 60;

const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Days of the week, and from when to when on each. A range that ends before it begins ends on the next day.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Hours {
    days: [bool; 7],
    /// Minutes from midnight: the first that counts, and the first that does not.
    ranges: Vec<(u16, u16)>,
}

impl Hours {
    /// Whether that moment lies within them.
    pub(crate) fn hold(&self, at: DateTime) -> bool {
        let minute = minute(at.time());
        let today = usize::from(at.weekday().to_monday_zero_offset().unsigned_abs());
        self.ranges.iter().any(|(from, to)| {
            let crosses = to <= from;
            let begins = self.days[today] && *from <= minute && (crosses || minute < *to);
            begins || (crosses && self.days[(today + 6) % 7] && minute < *to)
        })
    }
}

impl FromStr for Hours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` are no hours\nwrite mon-fri 09:30-18:00, sat,sun 10:00-13:00 or sat");
        let mut words = text.split_whitespace();
        let first = words.next().ok_or_else(wrong)?;
        let (days, times) = if first.starts_with(|c: char| c.is_ascii_digit()) {
            ([true; 7], Some(first))
        } else {
            (days(first).ok_or_else(wrong)?, words.next())
        };
        if words.next().is_some() {
            return Err(wrong());
        }
        let ranges = match times {
            None => vec![(0, DAY)],
            Some(times) => times.split(',').map(|times| range(times).ok_or_else(wrong)).collect::<Result<_, _>>()?,
        };
        Ok(Self { days, ranges })
    }
}

impl fmt::Debug for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days: Vec<&str> = WEEK.iter().zip(self.days).filter(|(_, is)| *is).map(|(name, _)| *name).collect();
        write!(f, "{}", days.join(","))?;
        for (from, to) in &self.ranges {
            write!(f, " {:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)?;
        }
        Ok(())
    }
}

/// `mon-fri`, `sat`, `mon,wed,fri-sun`.
fn days(text: &str) -> Option<[bool; 7]> {
    let day = |name: &str| WEEK.iter().position(|day| day.eq_ignore_ascii_case(name));
    let mut days = [false; 7];
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (mut at, last) = (day(first)?, day(last)?);
        days[at] = true;
        while at != last {
            at = (at + 1) % 7;
            days[at] = true;
        }
    }
    Some(days)
}

/// `09:30-18:00`, `22:00-06:00`, `09:00-24:00`.
fn range(text: &str) -> Option<(u16, u16)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (clock(from)?, clock(to)?);
    (from < DAY && from != to && to > 0 || from > 0 && to == 0).then_some((from, if to == 0 { DAY } else { to }))
}

fn clock(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let good = digits(hour) && matches!(hour.len(), 1 | 2) && digits(minute) && minute.len() == 2;
    let (hour, minute): (u16, u16) = good.then(|| Some((hour.parse().ok()?, minute.parse().ok()?)))??;
    let at = hour * 60 + minute;
    (minute < 60 && at <= DAY).then_some(at)
}

fn minute(time: Time) -> u16 {
    u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs())
}

/// A holiday, or several in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Holiday {
    /// Of one year: both days belong to it.
    Once(Date, Date),
    /// Of every year, by month and day; one that ends before it begins goes on into the new year.
    Yearly((i8, i8), (i8, i8)),
}

impl Holiday {
    /// Whether that day is one.
    pub(crate) fn holds(&self, date: Date) -> bool {
        match self {
            Self::Once(first, last) => (*first..=*last).contains(&date),
            Self::Yearly(first, last) => {
                let day = (date.month(), date.day());
                if first <= last { (*first..=*last).contains(&day) } else { day >= *first || day <= *last }
            }
        }
    }
}

impl FromStr for Holiday {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is no day\nwrite 2026-12-25, 2026-12-24 to 2026-12-26, or 01-26 for each year");
        let (first, last) = text.split_once(" to ").map_or((text, text), |(first, last)| (first.trim(), last.trim()));
        if let (Some(first), Some(last)) = (day_of_year(first), day_of_year(last)) {
            return Ok(Self::Yearly(first, last));
        }
        let (first, last) = (date(first).ok_or_else(wrong)?, date(last).ok_or_else(wrong)?);
        if last < first {
            return Err(format!("`{text}` ends before it begins\nwrite the earlier day first"));
        }
        Ok(Self::Once(first, last))
    }
}

fn date(text: &str) -> Option<Date> {
    (text.len() == "2026-12-25".len()).then(|| text.parse().ok())?
}

/// `01-26`, and `02-29`, which some years have not.
fn day_of_year(text: &str) -> Option<(i8, i8)> {
    let leap = (text.len() == "01-26".len()).then(|| format!("2024-{text}"))?;
    date(&leap).map(|date| (date.month(), date.day()))
}

macro_rules! as_written {
    ($type:ty, $name:literal, $example:literal) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.trim().parse().map_err(de::Error::custom)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "examples": [$example] })
            }
        }
    };
}

as_written!(Hours, "Hours", "mon-fri 09:30-18:00");
as_written!(Holiday, "Holiday", "2026-12-25");

#[cfg(test)]
mod tests {
    use super::{Holiday, Hours};

    /// The moments of a week, in November 2026, whose 23rd is a Monday.
    fn holds(hours: &str, day: u8, time: &str) -> bool {
        let hours: Hours = hours.parse().expect("hours");
        hours.hold(format!("2026-11-{day}T{time}").parse().expect("a moment"))
    }

    #[test]
    fn hours_begin_with_their_first_minute_and_end_before_their_last() {
        let rows = [
            ("mon-fri 09:30-18:00", 23, "09:29:59", false),
            ("mon-fri 09:30-18:00", 23, "09:30:00", true),
            ("mon-fri 09:30-18:00", 27, "17:59:59", true),
            ("mon-fri 09:30-18:00", 27, "18:00:00", false),
            ("mon-fri 09:30-18:00", 28, "12:00:00", false),
            ("Mon,Wed 9:00-10:00", 25, "09:00:00", true),
            ("mon,wed 9:00-10:00", 24, "09:00:00", false),
            ("sat-mon 9:00-10:00", 29, "09:00:00", true),
            ("sat-mon 9:00-10:00", 23, "09:00:00", true),
            ("sat-mon 9:00-10:00", 24, "09:00:00", false),
            ("mon 09:00-12:00,14:00-17:00", 23, "13:00:00", false),
            ("mon 09:00-12:00,14:00-17:00", 23, "14:00:00", true),
            ("09:00-10:00", 29, "09:30:00", true),
            ("sat", 28, "00:00:00", true),
            ("sat", 28, "23:59:59", true),
            ("sat", 29, "00:00:00", false),
            ("mon 09:00-24:00", 23, "23:59:59", true),
            ("mon 09:00-00:00", 24, "00:00:00", false),
        ];
        for (hours, day, time, expected) in rows {
            assert_eq!(holds(hours, day, time), expected, "{hours} on the {day}th at {time}");
        }
    }

    #[test]
    fn a_night_belongs_to_the_day_that_it_begins_on() {
        let rows = [
            (23, "21:59:59", false),
            (23, "22:00:00", true),
            (24, "05:59:59", true),
            (24, "06:00:00", false),
            (23, "03:00:00", false),
            (28, "03:00:00", true),
            (28, "23:00:00", false),
        ];
        for (day, time, expected) in rows {
            assert_eq!(holds("mon-fri 22:00-06:00", day, time), expected, "the {day}th at {time}");
        }
        assert!(holds("sun 22:00-06:00", 23, "01:00:00"), "from Sunday into Monday");
    }

    #[test]
    fn holidays_are_days_of_one_year_or_of_each() {
        let rows = [
            ("2026-12-25", "2026-12-25", true),
            ("2026-12-25", "2027-12-25", false),
            ("2026-12-24 to 2026-12-26", "2026-12-26", true),
            ("2026-12-24 to 2026-12-26", "2026-12-27", false),
            ("01-26", "2027-01-26", true),
            ("01-26", "2027-01-27", false),
            ("12-24 to 01-02", "2026-12-31", true),
            ("12-24 to 01-02", "2027-01-02", true),
            ("12-24 to 01-02", "2027-01-03", false),
            ("02-29", "2028-02-29", true),
            ("02-29", "2027-03-01", false),
        ];
        for (holiday, date, expected) in rows {
            let holiday: Holiday = holiday.parse().expect("a holiday");
            assert_eq!(holiday.holds(date.parse().expect("a date")), expected, "{holiday:?} {date}");
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        for hours in [
            "",
            "monday 09:00-10:00",
            "mon-fri 9-18",
            "mon 09:00-09:00",
            "mon 24:00-25:00",
            "mon 24:00-06:00",
            "mon 09:60-10:00",
            "mon 09:00",
            "mon 09:00-10:00 x",
            "mon- 09:00-10:00",
            "mon 00:00-00:00",
            "09:00-10:00 mon",
            "mon 009:00-10:00",
            "mon +9:00-10:00",
        ] {
            assert!(hours.parse::<Hours>().is_err(), "{hours}");
        }
        for holiday in
            ["", "25-12-2026", "2026-13-01", "2026-02-29", "13-01", "2026-12-26 to 2026-12-24", "01-26 to 2026-01-27"]
        {
            assert!(holiday.parse::<Holiday>().is_err(), "{holiday}");
        }
    }
}
