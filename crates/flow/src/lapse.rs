//! A length of time as flows write it: `5s`, `800ms`, `1m`, `2h`, `1d`, or a bare number of seconds.

use std::borrow::Cow;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A length of time of at least `MIN` and at most `MAX` milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lapse<const MIN: u64, const MAX: u64>(Duration);

impl<const MIN: u64, const MAX: u64> Lapse<MIN, MAX> {
    /// That many seconds, which must lie within the bounds.
    pub const fn seconds(seconds: u64) -> Self {
        Self::millis(seconds * 1000)
    }

    /// A default in milliseconds, checked when it is compiled.
    pub const fn millis(millis: u64) -> Self {
        assert!(millis >= MIN && millis <= MAX, "a default lies within its bounds");
        Self(Duration::from_millis(millis))
    }

    /// The time as the machine takes it.
    pub fn duration(self) -> Duration {
        self.0
    }
}

impl<const MIN: u64, const MAX: u64> FromStr for Lapse<MIN, MAX> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let duration =
            parse(text).ok_or_else(|| format!("`{text}` is no length of time\nwrite 5s, 800ms, 1m, 2h, 1d or 5"))?;
        if duration < Duration::from_millis(MIN) || duration > Duration::from_millis(MAX) {
            return Err(format!("{text} is not within {} and {}", shown(MIN), shown(MAX)));
        }
        Ok(Self(duration))
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Lapse<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// As flows write it: so a default shows in the schema.
impl<const MIN: u64, const MAX: u64> Serialize for Lapse<MIN, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&shown(u64::try_from(self.0.as_millis()).unwrap_or(MAX)))
    }
}

impl<const MIN: u64, const MAX: u64> JsonSchema for Lapse<MIN, MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("Lapse_{MIN}_{MAX}").into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "number"],
            "pattern": "^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)?$",
            "x-at-least": shown(MIN),
            "x-at-most": shown(MAX),
        })
    }
}

/// Digits in front of a unit; more say nothing that a call could use.
const LONGEST_NUMBER: usize = 9;

fn parse(text: &str) -> Option<Duration> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let milliseconds_each = match unit {
        "ms" => 1.0,
        "" | "s" => 1_000.0,
        "m" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return None,
    };
    if number.len() > LONGEST_NUMBER || !number.starts_with(|c: char| c.is_ascii_digit()) || number.ends_with('.') {
        return None;
    }
    let number: f64 = number.parse().ok()?;
    Some(Duration::from_millis((number * milliseconds_each).round() as u64))
}

fn shown(milliseconds: u64) -> String {
    match milliseconds {
        0 => "0s".into(),
        d if d.is_multiple_of(86_400_000) => format!("{}d", d / 86_400_000),
        h if h.is_multiple_of(3_600_000) => format!("{}h", h / 3_600_000),
        m if m.is_multiple_of(60_000) => format!("{}m", m / 60_000),
        s if s.is_multiple_of(1_000) => format!("{}s", s / 1_000),
        ms => format!("{ms}ms"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde::Deserialize as _;
    use serde::de::IntoDeserializer as _;
    use serde::de::value::Error;

    use super::Lapse;

    fn read(text: &str) -> Result<Duration, String> {
        Lapse::<500, 60_000>::deserialize(text.into_deserializer())
            .map(Lapse::duration)
            .map_err(|error: Error| error.to_string())
    }

    #[test]
    fn times_are_read_as_they_are_written() {
        let rows = [("5s", 5_000), ("800ms", 800), ("1m", 60_000), ("5", 5_000), ("1.5s", 1_500), ("0.5", 500)];
        for (text, milliseconds) in rows {
            assert_eq!(read(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "s", "5 s", "5w", "-5s", "1e3", "five", "5s5", ".5", "5.", "1.2.3", "9999999999", "inf", "NaN"]
        {
            assert_eq!(read(text), Err(format!("`{text}` is no length of time\nwrite 5s, 800ms, 1m, 2h, 1d or 5")));
        }
    }

    #[test]
    fn times_are_written_as_they_are_read() {
        for text in ["1500ms", "5s", "1m"] {
            let lapse = Lapse::<500, 60_000>::deserialize(text.into_deserializer()).map_err(|e: Error| e.to_string());
            assert_eq!(lapse.map(|lapse| serde_json::json!(lapse)), Ok(text.into()));
        }
    }

    #[test]
    fn long_times_are_written_in_hours_and_days() {
        for text in ["90s", "90m", "1h", "36h", "1d", "7d"] {
            let lapse: Lapse<0, 604_800_000> = text.parse().expect(text);
            assert_eq!(serde_json::json!(lapse), text);
        }
        assert_eq!("8d".parse::<Lapse<0, 604_800_000>>(), Err("8d is not within 0s and 7d".into()));
    }

    #[test]
    fn times_stay_within_their_bounds() {
        for text in ["0", "499ms", "61s", "2m", "1h", "1d", "999999999d"] {
            assert_eq!(read(text), Err(format!("{text} is not within 500ms and 1m")));
        }
    }
}
