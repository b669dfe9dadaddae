//! How somebody behaves who is called: `after:4s`, `after:4s talks:20s`, `busy`, `rings`, `silent`, `rejects:603`.

use std::str::FromStr;
use std::time::Duration;

use flow::Lapse;
use serde::{Deserialize, Deserializer, de};

/// How somebody behaves who is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Picks up.
    Answers {
        /// That long after it began to ring.
        after: Duration,
        /// And hangs up that long after; never, if `None`.
        talks: Option<Duration>,
    },
    /// Speaks while it rings, and picks up that long after; its answer is in a reliable 183 and is not repeated in the 200.
    Early(Duration),
    /// Speaks while it rings, and refuses that long after, with that status.
    EarlyRejects(Duration, u16),
    /// Refuses, with that status.
    Rejects(u16),
    /// Rings, and never picks up.
    Rings,
    /// Does not react at all.
    Silent,
}

/// A wait or a conversation is no longer than this: a rehearsal's patience ends at ten minutes.
type Wait = Lapse<0, 300_000>;

/// What can be written.
const FORMS: &str = "write after:4s, after:4s talks:20s, busy, rings, silent or rejects:603";

impl FromStr for Manner {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || format!("`{text}` is no way to take a call\n{FORMS}");
        let wait = |text: &str| text.parse::<Wait>().map(Wait::duration);
        match text.trim().split_once(':') {
            None => match text.trim() {
                "busy" => Ok(Self::Rejects(486)),
                "rings" => Ok(Self::Rings),
                "silent" => Ok(Self::Silent),
                _ => Err(unknown()),
            },
            Some(("rejects", status)) => match status.parse() {
                Ok(status @ 300..=699) => Ok(Self::Rejects(status)),
                _ => Err(format!("`{status}` is no status that refuses a call\nwrite one from 300 to 699")),
            },
            Some(("after", rest)) => match rest.split_once(' ') {
                None => Ok(Self::Answers { after: wait(rest)?, talks: None }),
                Some((after, more)) => match more.trim().strip_prefix("talks:") {
                    Some(talks) => Ok(Self::Answers { after: wait(after)?, talks: Some(wait(talks)?) }),
                    None => Err(unknown()),
                },
            },
            Some(_) => Err(unknown()),
        }
    }
}

impl<'de> Deserialize<'de> for Manner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Manner;
    use crate::time::Units;

    #[test]
    fn manners_are_read_as_they_are_written() {
        let rows = [
            ("after:4s", Ok(Manner::Answers { after: 4.s(), talks: None })),
            ("after:800ms talks:1m", Ok(Manner::Answers { after: 800.ms(), talks: Some(60.s()) })),
            ("busy", Ok(Manner::Rejects(486))),
            ("rejects:603", Ok(Manner::Rejects(603))),
            ("rings", Ok(Manner::Rings)),
            (" silent ", Ok(Manner::Silent)),
            ("rejects:200", Err("`200` is no status that refuses a call")),
            ("after:soon", Err("`soon` is no length of time")),
            ("after:400s", Err("400s is not within 0s and 5m")),
            ("after:4s sings:3s", Err("`after:4s sings:3s` is no way to take a call")),
            ("", Err("`` is no way to take a call")),
        ];
        for (text, expected) in rows {
            let read = text.parse::<Manner>();
            let read = read.as_ref().map_err(|error| error.lines().next().unwrap_or_default());
            assert_eq!(read, expected.as_ref().map_err(|error| *error), "{text}");
        }
    }
}
