//! Takes the exit of the hour: open, closed, or a holiday.
//!
//! `hours` are days of the week with the times of each: `mon-fri 09:30-18:00`, `sat 10:00-13:00,14:00-16:00`, `sun` for
//! the whole day, `08:00-20:00` for every day. A range like `22:00-06:00` ends on the next day. `holidays` are whole
//! days: `2026-12-25`, `2026-12-24 to 2026-12-26`, or `01-26` for every year; they come before the hours. All are by the
//! clock on the wall of `zone`, which is the account's unless the node says another. The caller hears nothing of it.
//!
//! | exit | when |
//! |---|---|
//! | `open` | the call is here within the hours |
//! | `closed` | it is not |
//! | `holiday` | it is a holiday; where it is not wired, that is `closed` |
//!
//! ```yaml
//! flow: hours
//! start: now
//! nodes:
//!   now:
//!     applet: time_condition
//!     hours: ["mon-fri 09:30-18:00", "sat 10:00-13:00"]
//!     holidays: ["01-26", "2026-12-24 to 2026-12-26"]
//!     on: { open: desk, closed: later, holiday: feast }
//!   desk: { applet: connect, to: "sip:desk", on: { answered: bye, missed: later } }
//!   later: { applet: greeting, say: "We are open from half past nine.", next: bye }
//!   feast: { applet: greeting, say: "We are closed today.", next: bye }
//!   bye: { applet: hangup }
//! ```

use std::borrow::Cow;

use exotel::passthru::Profile;
use exotel::time;
use flow::{Applet, Cx, Exits, Kind, Several, Step, WithoutCaller};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use crate::calendar::{Holiday, Hours};

pub(crate) fn kind(profile: &Profile) -> Kind {
    let zone = profile.zone.clone();
    Kind::new("time_condition", include_str!("time_condition.rs"), move |settings: Settings, site| {
        let Settings { hours: Several(hours), holidays: Several(holidays), zone: own } = settings;
        if hours.is_empty() {
            site.refuse("hours", "there are no hours", Some("give it `hours: \"mon-fri 09:30-18:00\"`"));
        }
        let zone = own.map_or_else(|| zone.clone(), |zone| zone.0);
        Some(TimeCondition { hours, holidays, zone, has_holiday_exit: site.is_wired("holiday") })
    })
}

/// Takes the exit of the hour.
#[derive(Deserialize, JsonSchema)]
struct Settings {
    /// When it is open: days of the week and times, or several of them.
    hours: Several<Hours>,
    /// Days on which it is not, whatever the hours say.
    #[serde(default)]
    holidays: Several<Holiday>,
    /// The zone of the clock, by its IANA name: `Asia/Kolkata`. The account's if it is left out.
    #[serde(default)]
    zone: Option<Zone>,
}

/// A zone by its name.
#[derive(Debug)]
struct Zone(TimeZone);

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let unknown = || de::Error::custom(format!("there is no zone `{name}`\nwrite its IANA name: Asia/Kolkata"));
        time::zone(&name).map(Self).ok_or_else(unknown)
    }
}

impl JsonSchema for Zone {
    fn schema_name() -> Cow<'static, str> {
        "Zone".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "examples": [time::DEFAULT_ZONE] })
    }
}

#[derive(Debug)]
struct TimeCondition {
    hours: Vec<Hours>,
    holidays: Vec<Holiday>,
    zone: TimeZone,
    has_holiday_exit: bool,
}

impl TimeCondition {
    fn exit(&self, now: Timestamp) -> &'static str {
        let local = self.zone.to_datetime(now);
        if self.holidays.iter().any(|holiday| holiday.holds(local.date())) {
            return if self.has_holiday_exit { "holiday" } else { "closed" };
        }
        if self.hours.iter().any(|hours| hours.hold(local)) { "open" } else { "closed" }
    }
}

impl Applet for TimeCondition {
    fn enter(&self, cx: &mut Cx<'_>) -> Step {
        Step::exit(self.exit(cx.now().wall))
    }

    fn exits(&self) -> Exits {
        Exits { optional: vec!["holiday".into()], ..Exits::required(["open", "closed"]) }
    }

    fn waits(&self) -> bool {
        false
    }

    fn without_caller(&self) -> WithoutCaller {
        WithoutCaller::Works
    }
}

#[cfg(test)]
mod tests {
    use exotel::time;

    use super::TimeCondition;
    use crate::tests::{node, problems};

    fn condition(zone: &str, hours: &str, holidays: &[&str]) -> TimeCondition {
        TimeCondition {
            hours: vec![hours.parse().expect("hours")],
            holidays: holidays.iter().map(|day| day.parse().expect("a holiday")).collect(),
            zone: time::zone(zone).expect("a zone"),
            has_holiday_exit: true,
        }
    }

    fn exit(condition: &TimeCondition, at: &str) -> &'static str {
        condition.exit(at.parse().expect("a time"))
    }

    #[test]
    fn the_hours_are_those_of_the_zone() {
        let rows = [
            ("Asia/Kolkata", "2026-11-23T03:59:59Z", "closed"),
            ("Asia/Kolkata", "2026-11-23T04:00:00Z", "open"),
            ("UTC", "2026-11-23T04:00:00Z", "closed"),
            ("Pacific/Auckland", "2026-11-22T20:30:00Z", "open"),
        ];
        for (zone, at, expected) in rows {
            assert_eq!(exit(&condition(zone, "mon-fri 09:30-18:00", &[]), at), expected, "{zone} {at}");
        }
    }

    #[test]
    fn hours_follow_the_clock_where_it_is_put_forward_and_back() {
        // Berlin in 2026: 02:00 becomes 03:00 on 29 March, 03:00 becomes 02:00 on 25 October.
        let day = condition("Europe/Berlin", "09:00-17:00", &[]);
        let night = condition("Europe/Berlin", "sat 22:00-02:30", &[]);
        let rows = [
            (&day, "2026-03-28T08:00:00Z", "open"),
            (&day, "2026-03-29T07:00:00Z", "open"),
            (&day, "2026-03-29T06:59:59Z", "closed"),
            (&day, "2026-10-25T07:30:00Z", "closed"),
            (&day, "2026-10-25T08:00:00Z", "open"),
            (&night, "2026-03-29T00:59:59Z", "open"),
            (&night, "2026-03-29T01:00:00Z", "closed"),
            (&night, "2026-10-25T00:29:59Z", "open"),
            (&night, "2026-10-25T00:30:00Z", "closed"),
            (&night, "2026-10-25T01:29:59Z", "open"),
            (&night, "2026-10-25T01:30:00Z", "closed"),
        ];
        for (condition, at, expected) in rows {
            assert_eq!(exit(condition, at), expected, "{condition:?} {at}");
        }
    }

    #[test]
    fn a_holiday_is_the_whole_day_of_the_zone() {
        let mut feast = condition("Asia/Kolkata", "00:00-24:00", &["01-26"]);
        let rows = [
            ("2027-01-25T18:29:59Z", "open"),
            ("2027-01-25T18:30:00Z", "holiday"),
            ("2027-01-26T18:29:59Z", "holiday"),
            ("2027-01-26T18:30:00Z", "open"),
        ];
        for (at, expected) in rows {
            assert_eq!(exit(&feast, at), expected, "{at}");
        }
        feast.has_holiday_exit = false;
        assert_eq!(exit(&feast, "2027-01-26T06:00:00Z"), "closed");
    }

    #[test]
    fn a_call_takes_the_exit_of_its_moment_and_is_not_answered() {
        // Wednesday, 03:43 in Kolkata.
        let rows = [
            ("hours: 'wed 03:43-03:44'", "open"),
            ("hours: [mon-tue, wed 09:00-18:00]", "closed"),
            ("hours: tue, zone: UTC", "open"),
            ("hours: wed, holidays: 2023-11-15", "holiday"),
            ("hours: wed, holidays: [01-26, 2023-11-14]", "open"),
        ];
        for (fields, expected) in rows {
            let mut call =
                node(&format!("applet: time_condition, {fields}, on: {{ open: end, closed: end, holiday: end }}"));
            assert_eq!(call.start()[1..3], ["at it".to_owned(), format!("left by {expected}")], "{fields}");
        }
        let mut call = node("applet: time_condition, hours: wed, holidays: 11-15, on: { open: end, closed: end }");
        assert_eq!(call.start()[2], "left by closed");
    }

    #[test]
    fn settings_are_checked() {
        let rows = [
            ("on: { open: end, closed: end }", vec!["`hours` is missing"]),
            ("hours: [], on: { open: end, closed: end }", vec!["there are no hours"]),
            ("hours: 9 to 5, on: { open: end, closed: end }", vec!["`9 to 5` are no hours"]),
            ("hours: [mon, tus], on: { open: end, closed: end }", vec!["`tus` are no hours"]),
            ("hours: mon, holidays: xmas, on: { open: end, closed: end }", vec!["`xmas` is no day"]),
            ("hours: mon, zone: Kolkata, on: { open: end, closed: end }", vec!["there is no zone `Kolkata`"]),
            ("hours: mon, on: { open: end, holiday: end }", vec!["exit `closed` not wired"]),
        ];
        for (fields, expected) in rows {
            assert_eq!(problems(&format!("applet: time_condition, {fields}")), expected, "{fields}");
        }
    }
}
