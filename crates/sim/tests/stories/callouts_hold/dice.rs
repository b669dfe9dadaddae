//! What is random, from a seed.

use rand_chacha::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};
use sim::Reply;

pub(crate) struct Dice(ChaCha12Rng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha12Rng::seed_from_u64(seed))
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }

    pub(crate) fn from(&mut self, first: u64, last: u64) -> u64 {
        first + self.below(last - first + 1)
    }

    pub(crate) fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }

    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).expect("few")].clone()
    }

    /// A site's answer: mostly quick, and its body says its status.
    pub(crate) fn reply(&mut self) -> Reply {
        let status = self.pick(&[200, 200, 200, 302, 404, 500, 503]);
        let ms = if self.one_in(3) { self.from(300, 4_000) } else { self.from(1, 200) };
        format!("{status}@{ms}ms:{{\"status\":{status}}}").parse().expect("a reply")
    }
}
