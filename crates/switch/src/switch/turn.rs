//! Whose turn it is to be rung, by what parties are at, by when they were rung, and by whom they talked with.

use std::cmp::Reverse;

use flow::Target;
use model::Moment;

use super::Switch;
use crate::config::{Config, Numbering};
use crate::groups::Arranged;
use crate::order::CallKey;
use crate::talks::Talks;

impl Switch {
    /// Says who of a group is next.
    pub(super) fn muster(&mut self, call: CallKey, group: &str, tried: &[Target], now: Moment) {
        let pick = self.groups.pick(group, tried, now.at);
        self.with_call(call, now, |call| call.on_mustered(pick, now));
    }

    /// Says in which order the targets of a list are rung.
    pub(super) fn arrange(
        &mut self,
        call: CallKey,
        (targets, share): (&[Target], bool),
        caller: Option<&str>,
        now: Moment,
    ) {
        let named: Vec<_> = targets.iter().map(|target| (target, self.name(target))).collect();
        let places = if share { self.groups.arrange(&named) } else { (0..targets.len()).collect() };
        let first = caller.and_then(|caller| self.known_by(caller, targets, now));
        if let Some((_, Some(member))) = &first {
            self.groups.rings_member(member, now.at);
        }
        self.with_call(call, now, |call| call.on_arranged(Arranged { places, first }, now));
    }

    /// A target of a list that shares calls out is rung.
    pub(super) fn rings(&mut self, target: &Target, now: Moment) {
        self.groups.rings(self.name(target), now.at);
    }

    /// A caller and a target hear each other.
    pub(super) fn talk(&mut self, caller: &str, target: &Target, now: Moment) {
        let (caller, party) = (self.config.numbering.normalise(caller), self.name(target));
        self.talks.note(&caller, &party, now.wall);
    }

    /// Whoever of the targets and of the members of groups among them last talked with a caller: its place, and which member it is.
    fn known_by(&self, caller: &str, targets: &[Target], now: Moment) -> Option<(usize, Option<Target>)> {
        let caller = self.config.numbering.normalise(caller);
        let parties = targets.iter().enumerate().flat_map(|(place, target)| match target {
            Target::Group(group) => {
                self.groups.members(group).into_iter().map(|member| (place, Some(member), member)).collect()
            }
            Target::Number(_) | Target::User(_) | Target::Uri(_) => vec![(place, None, target)],
        });
        let talked = parties.filter_map(|(place, member, party)| {
            Some((self.talks.last(&caller, &self.name(party), now.wall)?, Reverse(place), member))
        });
        let (_, Reverse(place), member) = talked.max_by_key(|(at, place, _)| (*at, *place))?;
        Some((place, member.cloned()))
    }

    fn name(&self, target: &Target) -> String {
        name(&*self.config.numbering, target)
    }
}

/// What is known of conversations from before the switch was made.
pub(super) fn known(config: &mut Config) -> Talks {
    let mut talks = Talks::new(config.sticky);
    for talk in std::mem::take(&mut config.talks) {
        let caller = config.numbering.normalise(&talk.caller);
        talks.note(&caller, &name(&*config.numbering, &Target::parse(&talk.party)), talk.at);
    }
    talks
}

/// What a target is called, however it is written.
fn name(numbering: &dyn Numbering, target: &Target) -> String {
    match target {
        Target::Number(number) => numbering.normalise(number),
        Target::User(_) | Target::Uri(_) | Target::Group(_) => target.to_string(),
    }
}
