//! Replays the fuzzers' corpora on stable (see `fuzz/README.md`), each file as it is and bent in many ways.

use std::path::Path;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};

#[path = "../../../fuzz/checks/sip_message.rs"]
mod sip_message;
#[path = "../../../fuzz/checks/sip_stream.rs"]
mod sip_stream;

/// Mutants of each file. The fuzzer makes millions; these keep a careless change from getting that far.
const MUTANTS: usize = 1_000;

#[test]
fn sip_messages() {
    replay("sip_message", sip_message::check);
}

#[test]
fn sip_streams() {
    replay("sip_stream", sip_stream::check);
}

fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    assert!(paths.len() >= 8, "{} holds a corpus", folder.display());
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for path in paths {
        let bytes = std::fs::read(&path).expect("a readable file");
        check(&bytes);
        for _ in 0..MUTANTS {
            check(&mutant(&bytes, &mut rng));
        }
    }
}

/// One to four random changes: a byte of its own, a byte that means something, a piece lost, doubled, or cut off.
fn mutant(bytes: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    const TELLING: &[u8] = b"\r\n \t:;,<>\"\\=@%[]/?&0\0\x7f\xff";
    let mut bent = bytes.to_vec();
    for _ in 0..=rng.next_u32() % 4 {
        let length = bent.len().max(1);
        let mut below = |limit: usize| rng.next_u32() as usize % limit;
        let at = below(length);
        let end = (at + 1 + below(16)).min(bent.len()).max(at);
        match below(6) {
            0 if at < bent.len() => bent[at] = below(256) as u8,
            1 if at < bent.len() => bent[at] = TELLING[below(TELLING.len())],
            2 => bent.insert(at.min(bent.len()), TELLING[below(TELLING.len())]),
            3 => drop(bent.drain(at.min(end)..end)),
            4 if at < bent.len() => bent.extend_from_within(at..end),
            5 => bent.truncate(at),
            _ => {}
        }
    }
    bent
}
