//! A whole number between two bounds, as a setting.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};

/// A whole number of at least `MIN` and at most `MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Count<const MIN: u32, const MAX: u32>(u32);

impl<const MIN: u32, const MAX: u32> Count<MIN, MAX> {
    /// That number, which must lie within the bounds.
    pub const fn of(number: u32) -> Self {
        assert!(number >= MIN && number <= MAX, "a default lies within its bounds");
        Self(number)
    }

    /// The number.
    pub fn number(self) -> u32 {
        self.0
    }
}

impl<'de, const MIN: u32, const MAX: u32> Deserialize<'de> for Count<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u32::deserialize(deserializer)?;
        if (MIN..=MAX).contains(&number) {
            Ok(Self(number))
        } else {
            Err(de::Error::custom(format!("{number} is not within {MIN} and {MAX}")))
        }
    }
}

impl<const MIN: u32, const MAX: u32> JsonSchema for Count<MIN, MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("Count_{MIN}_{MAX}").into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize as _;
    use serde::de::IntoDeserializer as _;
    use serde::de::value::Error;

    use super::Count;

    #[test]
    fn numbers_stay_within_their_bounds() {
        let read = |number: u32| Count::<1, 255>::deserialize(number.into_deserializer());
        for number in [1, 2, 255] {
            assert_eq!(read(number), Ok(Count::of(number)));
        }
        for number in [0, 256, u32::MAX] {
            let refused: Result<_, Error> = read(number);
            assert_eq!(refused.map_err(|e| e.to_string()), Err(format!("{number} is not within 1 and 255")));
        }
    }
}
