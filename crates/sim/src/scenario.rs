//! A rehearsal as data: who calls whom, which keys they press, what the web says, who can be called and how they behave.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use flow::{Catalogue, Lapse, Program, Several};
use model::{Cause, EventKind};
use serde::{Deserialize, Deserializer, de};

use crate::agent::{Act, Line};
use crate::cast::Who;
use crate::expectation::Expectation;
use crate::manner::Manner;
use crate::numbering::Local;
use crate::phone::Phone;
use crate::reply::Reply;
use crate::web::Requested;
use crate::world::{PATIENCE, World};

/// Who calls unless it is said otherwise, and whom.
pub const CALLER: &str = "+919900000001";
/// The number that is called unless another is.
pub const NUMBER: &str = "+918044444444";

/// From the moment at which a step begins to wait for keys until they are pressed: its prompt has been heard by then.
const THINKING: Duration = Duration::from_millis(1_500);

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
    /// Keys, in turn: each is pressed when a step waits for keys. An empty one lets that step wait in vain.
    #[serde(default)]
    pub press: Several<Keys>,
    /// What sites say, by URL without its query. Several replies are said in turn, the last for ever.
    #[serde(default)]
    pub web: BTreeMap<String, Several<Reply>>,
    /// Who can be called: registered users by name, numbers, `sip:` URIs. Anybody else is not there.
    #[serde(default)]
    pub answer: BTreeMap<Who, Manner>,
    /// When the caller hangs up, counted from dialling. Otherwise the flow or somebody called ends the call.
    #[serde(default)]
    pub hangs_up: Option<Lapse<0, 600_000>>,
    /// What must come of it.
    pub expect: Expectation,
}

/// Keys of a telephone, pressed one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys(String);

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
            press: Several::default(),
            web: BTreeMap::new(),
            answer: BTreeMap::new(),
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

/// What a rehearsal needs to know of the installation whose flows are rehearsed.
pub struct Stage {
    /// The applets.
    pub catalogue: Catalogue,
    /// How numbers are written.
    pub numbering: Local,
}

/// What came of a scenario.
#[derive(Clone, Debug)]
pub struct Rehearsed {
    /// What was said, a line each.
    pub ladder: String,
    /// Nodes and the exits that they were left by, `menu -> 1`, and the node where the call ended.
    pub steps: Vec<String>,
    /// What the web was asked, in order.
    pub requests: Vec<Requested>,
    /// Why the call ended; `None` if it never came to a flow.
    pub cause: Option<Cause>,
    /// What went wrong in the engine: a call that never ends, something left over, a fault in the journal.
    pub troubles: Vec<String>,
    /// Who was dialled and what was asked without being part of the scenario.
    pub strangers: Vec<String>,
}

impl Stage {
    /// Rehearses a scenario. The same one always ends in the same way.
    pub fn rehearse(&self, program: Arc<Program>, scenario: &Scenario) -> Rehearsed {
        let mut world = World::with_cast(self.numbering.clone(), &scenario.answer);
        world.publish(program);
        for (url, replies) in &scenario.web {
            replies.0.iter().fold(world.web(url), |site, reply| site.will(reply.clone()));
        }
        let caller = world.phone("caller");
        caller.agent.borrow_mut().number = Some(scenario.caller.as_str().to_owned());
        caller.dials(scenario.dials.as_str());
        if let Some(after) = scenario.hangs_up {
            caller.hangs_up_after(after.duration());
        }
        let ended = self.play(&mut world, &caller, scenario);
        let mut troubles = world.rest();
        if !ended {
            troubles.insert(0, format!("the call did not end within {} minutes", PATIENCE.as_secs() / 60));
        }
        troubles.extend(world.faults(0));
        Rehearsed {
            ladder: world.ladder().to_owned(),
            steps: world.walk(0),
            requests: world.requested().to_vec(),
            cause: world.records().first().and_then(|record| record.cause),
            troubles,
            strangers: strangers(&world, scenario),
        }
    }

    /// Lets the call run its course, and the caller press keys where they are waited for. Says whether it ended.
    fn play(&self, world: &mut World, caller: &Phone, scenario: &Scenario) -> bool {
        let limit = world.now() + PATIENCE;
        let mut keys = scenario.press.0.iter();
        let mut read = 0;
        while caller.agent.borrow().line != Line::Over {
            if !world.step(limit) {
                return false;
            }
            let waits = |kind: &EventKind| match kind {
                EventKind::NodeEntered { applet, .. } => {
                    self.catalogue.kind(applet).is_some_and(|kind| kind.hears_keys())
                }
                _ => false,
            };
            let waiting = world.journal()[read..].iter().filter(|event| waits(&event.kind)).count();
            read = world.journal().len();
            for keys in keys.by_ref().take(waiting) {
                caller.act(Act::Press(keys.0.clone()), THINKING);
            }
        }
        true
    }
}

/// Who was dialled and what was asked without being in the scenario, each once.
fn strangers(world: &World, scenario: &Scenario) -> Vec<String> {
    let known = |target: &str| {
        scenario.answer.keys().map(Who::as_str).any(|who| who == target || format!("sip:{who}") == target)
    };
    let dialled = world.kinds(0).filter_map(|kind| match kind {
        EventKind::Dialled { target, .. } if !known(target) => Some(format!("nobody answers for {target}")),
        _ => None,
    });
    let scripted = |url: &str| scenario.web.keys().any(|site| site.split(['?', '#']).next() == Some(url));
    let asked = world.requested().iter().map(Requested::address).filter(|url| !scripted(url));
    let all: BTreeSet<String> = dialled.chain(asked.map(|url| format!("no site answers for {url}"))).collect();
    all.into_iter().collect()
}
