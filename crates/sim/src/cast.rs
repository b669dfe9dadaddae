//! Everybody who can be called in a rehearsal, by the words of the flow: `sales` is a registered user, `+918022222222` a
//! number, `sip:desk@example` a URI.

use std::str::FromStr;
use std::time::Duration;

use flow::Target;
use serde::{Deserialize, Deserializer, de};

use crate::manner::Manner;
use crate::numbering::Local;
use crate::phone::{Condition, Phone};
use crate::scenario::Scenario;
use crate::stage::Outgoing;
use crate::world::{PASSWORD, Setup, World};

/// How long a conversation lasts whose end nobody has planned: whoever was called hangs up.
const CONVERSATION: Duration = Duration::from_secs(10);

/// Somebody's number or name, as flows and callers write it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Who(String);

/// Characters of a number, name or URI.
const LONGEST: usize = 128;

impl Who {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whom a flow or a command line means by it.
    pub(crate) fn target(&self) -> Target {
        let number = self.0.strip_prefix('+').unwrap_or(&self.0);
        match Target::parse(&self.0) {
            Target::Number(_) if !number.chars().all(|c| c.is_ascii_digit()) => Target::User(self.0.clone()),
            target => target,
        }
    }
}

impl FromStr for Who {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "+*#._-@:".contains(c);
        match text.chars().find(|c| !plain(*c)) {
            Some(c) => Err(format!(
                "`{}` in a number or name\nwrite sales, +918022222222 or sip:desk@example",
                c.escape_debug()
            )),
            None if text.is_empty() || text.len() > LONGEST => {
                Err(format!("a number or name has 1 to {LONGEST} characters"))
            }
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl<'de> Deserialize<'de> for Who {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl World {
    /// A calm world with a scenario's phones, registered or behind the exchange, each behaving in its manner.
    pub(crate) fn with_cast(numbering: Local, outgoing: &Outgoing, scenario: &Scenario) -> Self {
        let cast: Vec<(Target, &Manner)> = scenario.answer.iter().map(|(who, manner)| (who.target(), manner)).collect();
        let users = cast.iter().filter_map(|(target, _)| match target {
            Target::User(user) => Some(user.clone()),
            Target::Number(_) | Target::Uri(_) | Target::Group(_) => None,
        });
        let users = users.collect();
        let Outgoing { dial, groups } = outgoing.clone();
        let usual = Setup::default();
        let streams = scenario.streams.unwrap_or(usual.streams);
        let mut world = Self::with(Setup { numbering, users, exchange: true, dial, groups, streams, ..usual });
        let mut registering = Vec::new();
        for (target, manner) in cast {
            let phone = world.phone(&name(&target)).behaves(spoken(manner));
            if let Target::User(_) = target {
                phone.agent.borrow_mut().register(PASSWORD, world.now());
                registering.push(phone);
            } else {
                world.connect(&target, phone);
            }
        }
        world.until(all_registered(registering));
        world.begin();
        world
    }
}

/// What a phone is called on the ladder.
fn name(target: &Target) -> String {
    match target {
        Target::Number(text) | Target::User(text) | Target::Group(text) => text.clone(),
        Target::Uri(uri) => uri.split([':', '@']).nth(1).unwrap_or(uri).to_owned(),
    }
}

/// Conversations end.
fn spoken(manner: &Manner) -> Manner {
    match manner {
        Manner::Answers { after, talks } => {
            Manner::Answers { after: *after, talks: Some(talks.unwrap_or(CONVERSATION)) }
        }
        other => other.clone(),
    }
}

fn all_registered(phones: Vec<Phone>) -> Condition {
    let holds = move || phones.iter().all(|phone| phone.agent.borrow().is_registered());
    Condition { what: "all phones are registered".into(), holds: Box::new(holds) }
}

#[cfg(test)]
mod tests {
    use flow::Target;

    use super::{LONGEST, Who};

    #[test]
    fn words_mean_users_numbers_and_uris() {
        let rows = [
            ("sales", Target::User("sales".into())),
            ("sip:sales", Target::User("sales".into())),
            ("+918022222222", Target::Number("+918022222222".into())),
            ("100", Target::Number("100".into())),
            ("sip:desk@partner.example", Target::Uri("sip:desk@partner.example".into())),
        ];
        for (who, meant) in rows {
            assert_eq!(who.parse::<Who>().map(|who| who.target()), Ok(meant), "{who}");
        }
        for who in ["", "a b", "a\r\n", "<a>", "\u{928}", &"1".repeat(LONGEST + 1)] {
            assert!(who.parse::<Who>().is_err(), "{who:?}");
        }
    }
}
