//! A target's corpus without a fuzzer: each file as it is, and bent in many ways.

use std::path::Path;

/// Gives `check` every file of `fuzz/corpus/<target>` and so many mutants of each. The fuzzer makes millions; these keep
/// a careless change from getting that far.
pub(crate) fn replay(target: &str, mutants: usize, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    assert!(paths.len() >= 8, "{} holds a corpus", folder.display());
    let mut dice = Dice(1);
    for path in paths {
        let bytes = std::fs::read(&path).expect("a readable file");
        check(&bytes);
        for _ in 0..mutants {
            check(&dice.mutant(&bytes));
        }
    }
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    /// One to four changes: any byte, a byte that means something, one bit, a piece lost, doubled, or cut off.
    fn mutant(&mut self, bytes: &[u8]) -> Vec<u8> {
        const TELLING: &[u8] = b"\r\n \t:;,<>\"\\=@%[]{}|&*#!-/?0\0\x7f\x80\xff";
        let mut bent = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bent.len().max(1));
            let end = (at + 1 + self.below(16)).min(bent.len()).max(at);
            match self.below(7) {
                0 if at < bent.len() => bent[at] = self.below(256) as u8,
                1 if at < bent.len() => bent[at] = TELLING[self.below(TELLING.len())],
                2 => bent.insert(at.min(bent.len()), TELLING[self.below(TELLING.len())]),
                3 => drop(bent.drain(at.min(end)..end)),
                4 if at < bent.len() => bent.extend_from_within(at..end),
                5 if at < bent.len() => bent[at] ^= 1 << self.below(8),
                6 => bent.truncate(at),
                _ => {}
            }
        }
        bent
    }
}
