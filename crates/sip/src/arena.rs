//! A slab whose keys are never given twice, so that a late answer cannot reach a stranger in a used place.

use slab::Slab;

/// Bits of a key that name the place; the rest is a serial number.
const PLACE_BITS: u32 = 24;
/// How many things an arena can hold.
pub(crate) const MAX_PLACES: usize = 1 << PLACE_BITS;

/// Values by key.
#[derive(Debug)]
pub(crate) struct Arena<T> {
    places: Slab<(u64, T)>,
    serial: u64,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self { places: Slab::new(), serial: 0 }
    }
}

impl<T> Arena<T> {
    /// Stores what `make` makes of its own key. The caller keeps the arena below [`MAX_PLACES`].
    pub(crate) fn insert_with(&mut self, make: impl FnOnce(u64) -> T) -> u64 {
        let place = self.places.vacant_entry();
        self.serial += 1;
        let key = self.serial << PLACE_BITS | place.key() as u64;
        place.insert((key, make(key)));
        key
    }

    /// A key of nothing, for what was over before it began.
    pub(crate) fn spent(&mut self) -> u64 {
        self.serial += 1;
        self.serial << PLACE_BITS | (MAX_PLACES as u64 - 1)
    }

    pub(crate) fn get(&self, key: u64) -> Option<&T> {
        self.places.get(place(key)).filter(|(found, _)| *found == key).map(|(_, value)| value)
    }

    pub(crate) fn get_mut(&mut self, key: u64) -> Option<&mut T> {
        self.places.get_mut(place(key)).filter(|(found, _)| *found == key).map(|(_, value)| value)
    }

    pub(crate) fn remove(&mut self, key: u64) -> Option<T> {
        self.get(key)?;
        Some(self.places.remove(place(key)).1)
    }

    /// All values, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.places.iter().map(|(_, (_, value))| value)
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }
}

fn place(key: u64) -> usize {
    (key as usize) & (MAX_PLACES - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_does_not_outlive_its_value() {
        let mut arena = Arena::default();
        let one = arena.insert_with(|key| key);
        assert_eq!(arena.get(one), Some(&one));
        assert_eq!(arena.remove(one), Some(one));
        let two = arena.insert_with(|_| 2);
        assert_eq!(place(one), place(two), "the place is used again");
        assert_eq!(arena.get(one), None);
        assert_eq!(arena.get_mut(one), None);
        assert_eq!(arena.remove(one), None);
        assert_eq!((arena.get(two), arena.len()), (Some(&2), 1));
    }
}
