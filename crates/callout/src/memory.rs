//! Good answers that are kept, to stand in when a URL fails.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use model::HttpAnswer;

/// Bytes of bodies that are kept; past it, the oldest answers are forgotten.
pub const MEMORY: usize = 16 * 1024 * 1024;

/// Answers that are kept.
pub const ANSWERS: usize = 10_000;

/// The last good answers, by what they were given to.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    answers: BTreeMap<String, (Instant, HttpAnswer)>,
    ages: BTreeSet<(Instant, String)>,
    bytes: usize,
}

impl Memory {
    pub(crate) fn keep(&mut self, of: &str, answer: &HttpAnswer, now: Instant) {
        self.forget(of);
        self.bytes += answer.body.len();
        self.ages.insert((now, of.to_owned()));
        self.answers.insert(of.to_owned(), (now, answer.clone()));
        while (self.bytes > MEMORY || self.answers.len() > ANSWERS)
            && let Some((_, oldest)) = self.ages.first().cloned()
        {
            self.forget(&oldest);
        }
    }

    /// The last good answer, if it is not older than that.
    pub(crate) fn find(&self, of: &str, age: Duration, now: Instant) -> Option<HttpAnswer> {
        let (given, answer) = self.answers.get(of)?;
        (now.saturating_duration_since(*given) <= age).then(|| answer.clone())
    }

    fn forget(&mut self, of: &str) {
        if let Some((given, answer)) = self.answers.remove(of) {
            self.bytes -= answer.body.len();
            self.ages.remove(&(given, of.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(bytes: usize) -> HttpAnswer {
        HttpAnswer { body: vec![0; bytes], ..HttpAnswer::of(200) }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any instant will do: only differences are looked at")]
    fn the_last_answer_is_found_while_it_is_young_and_the_oldest_make_room() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut memory = Memory::default();
        memory.keep("a", &answer(1), at(0));
        memory.keep("a", &answer(2), at(10));
        let found = |memory: &Memory, of: &str, age, now| {
            memory.find(of, Duration::from_secs(age), at(now)).map(|answer| answer.body.len())
        };
        assert_eq!(found(&memory, "a", 60, 70), Some(2));
        assert_eq!(found(&memory, "a", 60, 71), None);
        assert_eq!(found(&memory, "b", 60, 0), None);
        memory.keep("b", &answer(MEMORY - 1), at(20));
        assert_eq!((found(&memory, "a", 60, 20), memory.bytes), (None, MEMORY - 1));
        for n in 0..ANSWERS {
            memory.keep(&n.to_string(), &answer(0), at(30));
        }
        assert_eq!((memory.answers.len(), memory.ages.len(), memory.bytes), (ANSWERS, ANSWERS, 0));
    }
}
