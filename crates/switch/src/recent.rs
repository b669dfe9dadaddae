//! When parties were last rung, of the many that lists from outside name. So many are remembered; who was rung the longest
//! ago is forgotten first, and then counts as never rung.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// Parties that are remembered.
pub(crate) const REMEMBERED: usize = 10_000;

/// Who was rung when.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    when: BTreeMap<String, Instant>,
    oldest: BTreeSet<(Instant, String)>,
}

impl Recent {
    /// When that party was last rung.
    pub(crate) fn last(&self, party: &str) -> Option<Instant> {
        self.when.get(party).copied()
    }

    /// It is rung now.
    pub(crate) fn rings(&mut self, party: String, now: Instant) {
        if let Some(before) = self.when.insert(party.clone(), now) {
            self.oldest.remove(&(before, party.clone()));
        }
        self.oldest.insert((now, party));
        while self.oldest.len() > REMEMBERED {
            if let Some((_, party)) = self.oldest.pop_first() {
                self.when.remove(&party);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any instant will do as the origin of a virtual clock")]
    fn so_many_are_remembered_and_the_longest_ago_is_forgotten_first() {
        let (mut recent, start) = (Recent::default(), Instant::now());
        let at = |second: usize| start + Duration::from_secs(second as u64);
        for party in 0..REMEMBERED {
            recent.rings(party.to_string(), at(party));
        }
        recent.rings("0".into(), at(REMEMBERED));
        recent.rings("stranger".into(), at(REMEMBERED + 1));
        assert_eq!((recent.last("0"), recent.last("1")), (Some(at(REMEMBERED)), None));
        assert_eq!((recent.last("2"), recent.last("stranger")), (Some(at(2)), Some(at(REMEMBERED + 1))));
        assert_eq!((recent.when.len(), recent.oldest.len()), (REMEMBERED, REMEMBERED));
    }
}
