//! Keyed 128-bit fingerprints of what names a transaction or a dialog: tables hold 16 bytes instead of strings, and
//! nobody who does not know the secret can make two names collide.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher, Hasher};

/// What a name is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint(u128);

impl Fingerprint {
    pub(crate) fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

/// Takes fingerprints.
#[derive(Clone, Debug)]
pub(crate) struct Fingerprints {
    halves: [DefaultHasher; 2],
}

impl Fingerprints {
    pub(crate) fn new(secret: [u8; 16]) -> Self {
        let half = |number: u8| {
            let mut hasher = DefaultHasher::new();
            hasher.write(&secret);
            hasher.write_u8(number);
            hasher
        };
        Self { halves: [half(0), half(1)] }
    }

    /// The fingerprint of these parts in this order.
    pub(crate) fn of(&self, parts: &[&[u8]]) -> Fingerprint {
        let [high, low] = self.halves.clone().map(|mut hasher| {
            for part in parts {
                hasher.write_usize(part.len());
                hasher.write(part);
            }
            u128::from(hasher.finish())
        });
        Fingerprint(high << 64 | low)
    }
}

/// A look-up by fingerprint.
pub(crate) type Table<V> = HashMap<Fingerprint, V, BuildHasherDefault<Fold>>;

/// Fingerprints are spread evenly already.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fold(u64);

impl Hasher for Fold {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u128(&mut self, fingerprint: u128) {
        self.0 = fingerprint as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        let prints = Fingerprints::new([7; 16]);
        let name = prints.of(&[b"ab", b"c"]);
        assert_eq!(name, prints.of(&[b"ab", b"c"]));
        for other in [&[&b"a"[..], b"bc"][..], &[b"abc"], &[b"ab", b"c", b""], &[b"c", b"ab"]] {
            assert_ne!(name, prints.of(other));
        }
        assert_ne!(name, Fingerprints::new([8; 16]).of(&[b"ab", b"c"]));
        let Fingerprint(bits) = name;
        assert_ne!(bits >> 64, bits & u128::from(u64::MAX), "the halves differ");
    }

    #[test]
    fn a_table_finds_what_it_holds() {
        let prints = Fingerprints::new([7; 16]);
        let mut table = Table::default();
        for number in 0..1000_u32 {
            table.insert(prints.of(&[&number.to_be_bytes()]), number);
        }
        for number in 0..1000_u32 {
            assert_eq!(table.get(&prints.of(&[&number.to_be_bytes()])), Some(&number));
        }
    }
}
