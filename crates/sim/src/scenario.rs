//! A rehearsal as data: who calls whom, which keys they press, what the web and applications of streams say, who can be called and
//! how they behave.

use std::collections::BTreeMap;
use std::str::FromStr;

use flow::{Lapse, Several};
use serde::{Deserialize, Deserializer, de};

use crate::cast::Who;
use crate::expectation::Expectation;
use crate::manner::Manner;
use crate::part::Part;
use crate::reply::Reply;

/// Who calls unless it is said otherwise, and whom.
pub const CALLER: &str = "+919900000001";
/// The number that is called unless another is.
pub const NUMBER: &str = "+918044444444";

/// Keys that are pressed at one step: as many as a gather takes, and its finish key.
const MOST_KEYS: usize = 256;

/// One rehearsal of a flow: what the caller, the web and those who are called do, and what is expected of it.
#[derive(Clone, Debug, Deserialize)]
pub struct Scenario {
    /// What it shows, in a sentence.
    pub name: String,
    /// The caller's number.
    #[serde(default = "caller")]
    pub caller: Who,
    /// The number that the caller dials.
    #[serde(default = "number")]
    pub dials: Who,
    /// The call is asked for by the API: the caller is rung first, and the flow runs once the caller has answered.
    #[serde(default)]
    pub started: Option<Started>,
    /// Keys, in turn: each is pressed when a step waits for keys. An empty one lets that step wait in vain.
    #[serde(default)]
    pub press: Several<Keys>,
    /// What sites say, by URL without its query. Several replies are said in turn, the last for ever.
    #[serde(default)]
    pub web: BTreeMap<String, Several<Reply>>,
    /// Who can be called: registered users by name, numbers, `sip:` URIs. Anybody else is not there.
    #[serde(default)]
    pub answer: BTreeMap<Who, Manner>,
    /// The parts of applications that streams lead to, by address without its query. Any other listens, and goes after ten seconds.
    #[serde(default)]
    pub bots: BTreeMap<String, Part>,
    /// How many streams there may be at once, if not the usual number.
    #[serde(default)]
    pub streams: Option<usize>,
    /// When the caller hangs up, counted from dialling. Otherwise the flow or somebody called ends the call.
    #[serde(default)]
    pub hangs_up: Option<Lapse<0, 600_000>>,
    /// What must come of it.
    pub expect: Expectation,
}

/// How the API asks for a call.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Started {
    /// Text that travels with the call.
    #[serde(default)]
    pub custom_field: Option<String>,
}

/// Keys of a telephone, pressed one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys(pub(crate) String);

impl FromStr for Keys {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.chars().find(|key| !"0123456789*#ABCD".contains(*key)) {
            Some(key) => Err(format!("`{key}` is no key of a telephone\nthere are 0 to 9, *, # and A to D")),
            None if text.len() > MOST_KEYS => Err(format!("these are more than {MOST_KEYS} keys")),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            name: String::new(),
            caller: caller(),
            dials: number(),
            started: None,
            press: Several::default(),
            web: BTreeMap::new(),
            answer: BTreeMap::new(),
            bots: BTreeMap::new(),
            streams: None,
            hangs_up: None,
            expect: Expectation::default(),
        }
    }
}

fn caller() -> Who {
    CALLER.parse().expect("a number")
}

fn number() -> Who {
    NUMBER.parse().expect("a number")
}
