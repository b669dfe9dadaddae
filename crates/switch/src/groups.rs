//! Groups of parties under one name, and whose turn it is in each. What is known of a member is shared by all calls: when
//! it was last rung or talked, and whether it talks now.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use flow::Target;

use crate::dialing::DialKey;
use crate::recent::Recent;

/// Several parties under one name: `group:NAME` in flows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Who is in it.
    pub members: Vec<Target>,
    /// Whose turn it is.
    pub order: GroupOrder,
}

/// Whose turn it is in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupOrder {
    /// The first member's, always.
    Sequential,
    /// The turn of the one after whoever was rung last.
    RoundRobin,
    /// The turn of whoever has not been rung and has not talked for the longest time. Who talks is passed over.
    LongestIdle,
}

/// All groups, and what their members have been at.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    groups: BTreeMap<String, Turn>,
    /// When each member was last rung or ended a conversation; `None` if never.
    members: BTreeMap<String, Option<Instant>>,
    /// The members that talk.
    talking: BTreeMap<DialKey, String>,
    /// When others were last rung whom lists from outside name.
    others: Recent,
}

#[derive(Debug)]
struct Turn {
    group: Group,
    /// The member after the one that was rung last.
    next: usize,
}

/// In which order the targets of a list are rung.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arranged {
    /// Their places.
    pub(crate) places: Vec<usize>,
    /// The place of whoever comes before all others; and which member of the group at that place it is.
    pub(crate) first: Option<(usize, Option<Target>)>,
}

/// What there is to ring.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pick {
    Member(Target),
    /// All who could be rung have been.
    Nobody,
    /// No group has that name.
    Unknown,
}

impl Groups {
    pub(crate) fn new(groups: Vec<Group>) -> Self {
        let members = groups.iter().flat_map(|group| &group.members).map(|member| (member.to_string(), None));
        Self {
            members: members.collect(),
            groups: groups.into_iter().map(|group| (group.name.clone(), Turn { group, next: 0 })).collect(),
            talking: BTreeMap::new(),
            others: Recent::default(),
        }
    }

    /// The member of a group to be rung now, by somebody who has tried these.
    pub(crate) fn pick(&mut self, name: &str, tried: &[Target], now: Instant) -> Pick {
        let Some(Turn { group, next }) = self.groups.get_mut(name) else { return Pick::Unknown };
        let talking: BTreeSet<&String> = self.talking.values().collect();
        let count = group.members.len();
        let open = |at: &usize| !tried.contains(&group.members[*at]);
        let idle = |at: &usize| !talking.contains(&group.members[*at].to_string());
        let since = |at: &usize| self.members.get(&group.members[*at].to_string()).copied().flatten();
        let at = match group.order {
            GroupOrder::Sequential => (0..count).find(open),
            GroupOrder::RoundRobin => (*next..*next + count).map(|at| at % count).find(open),
            GroupOrder::LongestIdle => (0..count).filter(open).filter(idle).min_by_key(since),
        };
        let Some(at) = at else { return Pick::Nobody };
        *next = (at + 1) % count;
        let member = group.members[at].clone();
        self.members.insert(member.to_string(), Some(now));
        Pick::Member(member)
    }

    /// The members of a group who may be rung now.
    pub(crate) fn members(&self, name: &str) -> Vec<&Target> {
        let Some(Turn { group, .. }) = self.groups.get(name) else { return Vec::new() };
        let talks = |member: &Target| self.talking.values().any(|name| *name == member.to_string());
        let passes_over = group.order == GroupOrder::LongestIdle;
        group.members.iter().filter(|member| !(passes_over && talks(member))).collect()
    }

    /// A member is rung out of turn.
    pub(crate) fn rings_member(&mut self, member: &Target, now: Instant) {
        self.members.insert(member.to_string(), Some(now));
    }

    /// The places of those parties in the order in which they are to be rung, the one rung the longest ago first. Each is a target
    /// and the name by which it is one and the same however it is written.
    pub(crate) fn arrange(&self, parties: &[(&Target, String)]) -> Vec<usize> {
        let last = |at: &usize| {
            let (target, name) = &parties[*at];
            let as_member = self.members.get(&target.to_string()).copied().flatten();
            as_member.max(self.others.last(name))
        };
        let mut places: Vec<usize> = (0..parties.len()).collect();
        places.sort_by_key(last);
        places
    }

    /// The party of that name is rung from a list.
    pub(crate) fn rings(&mut self, name: String, now: Instant) {
        self.others.rings(name, now);
    }

    /// A leg talks with that target.
    pub(crate) fn engage(&mut self, leg: DialKey, target: &Target) {
        let name = target.to_string();
        if self.members.contains_key(&name) {
            self.talking.insert(leg, name);
        }
    }

    /// That leg is over.
    pub(crate) fn release(&mut self, leg: DialKey, now: Instant) {
        if let Some(name) = self.talking.remove(&leg) {
            self.members.insert(name, Some(now));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::LegId;

    use super::*;
    use crate::order::CallKey;

    fn groups(order: GroupOrder) -> Groups {
        let members = ["a", "b", "c"].map(|user| Target::User(user.into())).into();
        Groups::new(vec![Group { name: "desk".into(), members, order }])
    }

    fn user(name: &str) -> Target {
        Target::User(name.into())
    }

    #[expect(clippy::disallowed_methods, reason = "any instant will do as the origin of a virtual clock")]
    fn clock() -> impl FnMut() -> Instant {
        let (start, mut second) = (Instant::now(), 0);
        move || {
            second += 1;
            start + Duration::from_secs(second)
        }
    }

    /// Who is rung by somebody whom nobody answers.
    fn all(groups: &mut Groups, now: &mut impl FnMut() -> Instant) -> String {
        let mut tried = Vec::new();
        while let Pick::Member(member) = groups.pick("desk", &tried, now()) {
            tried.push(member);
        }
        tried.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn turns_are_taken_by_the_groups_order() {
        let rows = [
            (GroupOrder::Sequential, ["sip:a", "sip:a", "sip:a", "sip:a"], "sip:a sip:b sip:c"),
            (GroupOrder::RoundRobin, ["sip:a", "sip:b", "sip:c", "sip:a"], "sip:b sip:c sip:a"),
            (GroupOrder::LongestIdle, ["sip:a", "sip:b", "sip:c", "sip:a"], "sip:b sip:c sip:a"),
        ];
        for (order, firsts, rest) in rows {
            let (mut groups, mut now) = (groups(order), clock());
            for first in firsts {
                assert_eq!(groups.pick("desk", &[], now()), Pick::Member(Target::parse(first)), "{order:?}");
            }
            assert_eq!(all(&mut groups, &mut now), rest, "{order:?}");
        }
    }

    #[test]
    fn who_talks_is_not_idle_and_has_been_idle_shortest_after() {
        let (mut groups, mut now) = (groups(GroupOrder::LongestIdle), clock());
        let leg = DialKey { call: CallKey(1), leg: LegId(1) };
        assert_eq!(groups.pick("desk", &[], now()), Pick::Member(user("a")));
        groups.engage(leg, &user("a"));
        assert_eq!(all(&mut groups, &mut now), "sip:b sip:c");
        groups.release(leg, now());
        assert_eq!(all(&mut groups, &mut now), "sip:b sip:c sip:a");
    }

    #[test]
    fn a_list_is_arranged_by_who_was_rung_the_longest_ago_in_a_list_or_a_group() {
        let (mut groups, mut now) = (groups(GroupOrder::Sequential), clock());
        let [a, b, x] = ["a", "b", "x"].map(user);
        let list = [&x, &a, &b].map(|target| (target, target.to_string()));
        assert_eq!(groups.arrange(&list), [0, 1, 2], "nobody was rung");
        groups.rings("sip:x".into(), now());
        assert_eq!(groups.arrange(&list), [1, 2, 0]);
        assert_eq!(groups.pick("desk", &[], now()), Pick::Member(a.clone()));
        assert_eq!(groups.arrange(&list), [2, 0, 1], "a was, as a member");
        groups.rings("sip:b".into(), now());
        assert_eq!(groups.arrange(&list), [0, 1, 2]);
    }

    #[test]
    fn there_may_be_no_such_group_and_nobody_in_one() {
        let mut groups =
            Groups::new(vec![Group { name: "empty".into(), members: Vec::new(), order: GroupOrder::RoundRobin }]);
        let mut now = clock();
        assert_eq!(groups.pick("desk", &[], now()), Pick::Unknown);
        assert_eq!(groups.pick("empty", &[], now()), Pick::Nobody);
        groups.engage(DialKey { call: CallKey(1), leg: LegId(1) }, &user("stranger"));
        assert!(groups.talking.is_empty(), "nobody else is kept in mind");
    }
}
