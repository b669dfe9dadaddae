//! Who talked with each caller, and when: for dials that ring whoever did so last before all others. It is all in memory, so that no dial
//! waits for it. So many pairs are remembered; the longest ago is forgotten first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Pairs of a caller and a party that are remembered.
pub(crate) const PAIRS: usize = 100_000;

/// Who talked with whom.
#[derive(Debug)]
pub(crate) struct Talks {
    /// How long a conversation counts.
    age: SignedDuration,
    when: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Timestamp>>,
    oldest: BTreeSet<(Timestamp, Arc<str>, Arc<str>)>,
}

impl Talks {
    pub(crate) fn new(age: Duration) -> Self {
        let age = SignedDuration::try_from(age).unwrap_or(SignedDuration::MAX);
        Self { age, when: BTreeMap::new(), oldest: BTreeSet::new() }
    }

    /// That party talks with the caller. One that withholds its number is nobody who could be known again.
    pub(crate) fn note(&mut self, caller: &str, party: &str, at: Timestamp) {
        if self.age.is_zero() || !is_number(caller) {
            return;
        }
        let (caller, party): (Arc<str>, Arc<str>) = (caller.into(), party.into());
        let parties = self.when.entry(Arc::clone(&caller)).or_default();
        if let Some(before) = parties.get(&party) {
            if *before >= at {
                return;
            }
            self.oldest.remove(&(*before, Arc::clone(&caller), Arc::clone(&party)));
        }
        parties.insert(Arc::clone(&party), at);
        self.oldest.insert((at, caller, party));
        while self.oldest.len() > PAIRS {
            self.forget_oldest();
        }
    }

    /// When that party last talked with the caller, unless that is too long ago.
    pub(crate) fn last(&self, caller: &str, party: &str, now: Timestamp) -> Option<Timestamp> {
        let at = *self.when.get(caller)?.get(party)?;
        (now.duration_since(at) < self.age).then_some(at)
    }

    fn forget_oldest(&mut self) {
        let Some((_, caller, party)) = self.oldest.pop_first() else { return };
        if let Some(parties) = self.when.get_mut(&caller) {
            parties.remove(&party);
            if parties.is_empty() {
                self.when.remove(&caller);
            }
        }
    }
}

/// Whether that is a telephone number, and none of the many words for a number that is withheld.
fn is_number(caller: &str) -> bool {
    let digits = caller.strip_prefix('+').unwrap_or(caller);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
    }

    #[test]
    fn the_last_time_counts_for_so_long() {
        let mut talks = Talks::new(DAY);
        talks.note("+911", "sip:a", at(5));
        talks.note("+911", "sip:a", at(0)); // heard of late
        talks.note("+911", "sip:b", at(7));
        let last = |caller, party, now| talks.last(caller, party, at(now));
        assert_eq!((last("+911", "sip:a", 9), last("+911", "sip:b", 9)), (Some(at(5)), Some(at(7))));
        assert_eq!((last("+912", "sip:a", 9), last("+911", "sip:c", 9)), (None, None));
        assert_eq!((last("+911", "sip:a", 86_404), last("+911", "sip:a", 86_405)), (Some(at(5)), None));
        assert_eq!(last("+911", "sip:a", 0), Some(at(5)), "a wall clock may be put back");
    }

    #[test]
    fn only_a_number_is_known_again() {
        for (caller, known) in
            [("+919900000001", true), ("201", true), ("", false), ("+", false), ("anonymous", false), ("sip:a", false)]
        {
            let mut talks = Talks::new(DAY);
            talks.note(caller, "sip:a", at(0));
            assert_eq!(talks.last(caller, "sip:a", at(1)).is_some(), known, "{caller}");
        }
        let mut talks = Talks::new(Duration::ZERO);
        talks.note("201", "sip:a", at(0));
        assert!(talks.oldest.is_empty(), "nobody is remembered for no time");
    }

    #[test]
    fn so_many_are_remembered_and_the_longest_ago_is_forgotten_first() {
        let mut talks = Talks::new(DAY);
        for pair in 0..PAIRS {
            talks.note(&pair.to_string(), "sip:a", at(0) + Duration::from_millis(pair as u64));
        }
        talks.note("0", "sip:a", at(1_000));
        talks.note("0", "sip:b", at(1_001));
        let last = |caller, party| talks.last(caller, party, at(1_002));
        assert_eq!(
            (last("0", "sip:a"), last("1", "sip:a"), last("0", "sip:b")),
            (Some(at(1_000)), None, Some(at(1_001)))
        );
        assert_eq!((talks.when.len(), talks.oldest.len()), (PAIRS - 1, PAIRS));
    }
}
