//! A group of parties as it is written.

use flow::Target;
use serde::{Deserialize, Serialize};

/// Several parties under one name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its name: `group:NAME` in flows.
    pub name: String,
    /// Who is in it: numbers, `sip:user`, `sip:user@host`.
    pub members: Vec<String>,
    /// Whose turn it is.
    #[serde(default)]
    pub order: Order,
}

/// Whose turn it is in a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// The first member's, always.
    #[default]
    Sequential,
    /// The turn of the one after whoever was rung last.
    RoundRobin,
    /// The turn of whoever has not been rung and has not talked for the longest time.
    LongestIdle,
}

impl Order {
    /// Its name, as it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sequential => "sequential",
            Self::RoundRobin => "round-robin",
            Self::LongestIdle => "longest-idle",
        }
    }
}

impl Group {
    /// The group as the switch knows it, or what of it cannot be.
    pub fn switched(&self) -> Result<switch::Group, String> {
        let Self { name, members, order } = self;
        if members.is_empty() {
            return Err(format!("group.members: `{name}` has none; give it some, such as [\"sip:sales\"]"));
        }
        let members = members.iter().map(|member| match Target::parse(member.trim()) {
            Target::Group(_) => Err(format!("group.members: `{member}` of `{name}` is a group; write its members out")),
            Target::Number(number) if !number.bytes().any(|b| b.is_ascii_digit()) => Err(format!(
                "group.members: `{member}` of `{name}` cannot be rung; write +918022222222, sip:user or sip:user@host"
            )),
            target => Ok(target),
        });
        let order = match order {
            Order::Sequential => switch::GroupOrder::Sequential,
            Order::RoundRobin => switch::GroupOrder::RoundRobin,
            Order::LongestIdle => switch::GroupOrder::LongestIdle,
        };
        Ok(switch::Group { name: name.clone(), members: members.collect::<Result<_, _>>()?, order })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_parties() {
        let group = |members: &[&str]| Group {
            name: "desk".into(),
            members: members.iter().map(|&member| member.to_owned()).collect(),
            order: Order::RoundRobin,
        };
        let switched = group(&["sip:sales", "+918022222222"]).switched().expect("a group");
        assert_eq!(switched.members, [Target::User("sales".into()), Target::Number("+918022222222".into())]);
        for (members, wrong) in [(&[][..], "has none"), (&["group:b"], "is a group"), (&["sales"], "cannot be rung")] {
            assert!(group(members).switched().expect_err("no group").contains(wrong), "{members:?}");
        }
    }
}
