//! What a block reads and writes, over the state of its parent: values that were loaded, what became of them, a journal to
//! undo by, and the keys that are still to be loaded.

use bytes::Bytes;
use ports::{Changes, Key, Loaded};
use std::collections::{BTreeMap, BTreeSet};

/// One value: as the parent left it, if that was loaded, and as it is now.
#[derive(Clone, Debug)]
struct Slot {
    before: Option<Option<Bytes>>,
    now: Option<Bytes>,
}

/// A place in the journal to go back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark(usize);

/// Values over the state of a block's parent.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    slots: BTreeMap<Key, Slot>,
    /// What each write replaced; nothing where it made the slot.
    journal: Vec<(Key, Option<Option<Bytes>>)>,
    missing: BTreeSet<Key>,
    asked: BTreeSet<Key>,
}

impl Overlay {
    /// Takes in values that were asked for. What nobody asked for is left aside.
    pub(crate) fn load(&mut self, loaded: Loaded) {
        for (key, value) in loaded {
            if self.asked.remove(&key) && !self.slots.contains_key(&key) {
                self.slots.insert(key, Slot { before: Some(value.clone()), now: value });
            }
        }
    }

    /// Whether something that was asked for has not come.
    pub(crate) fn lacks(&self) -> bool {
        !self.asked.is_empty()
    }

    /// The present value under a key. Notes the key as missing, and says so, if it is not known.
    pub(crate) fn get(&mut self, key: Key) -> Result<Option<&Bytes>, Missing> {
        if !self.slots.contains_key(&key) {
            self.missing.insert(key);
        }
        self.slots.get(&key).map(|slot| slot.now.as_ref()).ok_or(Missing)
    }

    /// Puts a value under a key, or nothing. A key that was never loaded counts as changed whatever lay there.
    pub(crate) fn put(&mut self, key: Key, value: Option<Bytes>) {
        let slot = self.slots.get_mut(&key);
        self.journal.push((key, slot.as_ref().map(|slot| slot.now.clone())));
        match slot {
            Some(slot) => slot.now = value,
            None => drop(self.slots.insert(key, Slot { before: None, now: value })),
        }
    }

    /// Puts a value under a key under which nothing has lain so far, loaded or not.
    pub(crate) fn create(&mut self, key: Key, value: Bytes) {
        match self.slots.get(&key) {
            Some(_) => self.put(key, Some(value)),
            None => {
                self.journal.push((key, None));
                self.slots.insert(key, Slot { before: Some(None), now: Some(value) });
            }
        }
    }

    /// The place to which [`Overlay::undo`] goes back.
    pub(crate) fn mark(&self) -> Mark {
        Mark(self.journal.len())
    }

    /// Undoes every write since the mark.
    pub(crate) fn undo(&mut self, mark: Mark) {
        for (key, was) in self.journal.split_off(mark.0.min(self.journal.len())).into_iter().rev() {
            match (was, self.slots.get_mut(&key)) {
                (Some(value), Some(slot)) => slot.now = value,
                _ => drop(self.slots.remove(&key)),
            }
        }
    }

    /// The keys to be loaded, each said once.
    pub(crate) fn take_missing(&mut self) -> Vec<Key> {
        let missing = std::mem::take(&mut self.missing);
        self.asked.extend(missing.iter().copied());
        missing.into_iter().collect()
    }

    /// What is different from the parent's state, ascending by key.
    pub(crate) fn changes(&self) -> Changes {
        let changed = self.slots.iter().filter(|(_, slot)| slot.before.as_ref() != Some(&slot.now));
        changed.map(|(key, slot)| (*key, slot.now.clone())).collect()
    }
}

/// A value that is not loaded yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Missing;

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Key = [1; 32];
    const TWO: Key = [2; 32];

    fn value(byte: u8) -> Option<Bytes> {
        Some(Bytes::from(vec![byte]))
    }

    fn loaded(values: &[(Key, Option<Bytes>)]) -> Overlay {
        let mut overlay = Overlay::default();
        for (key, _) in values {
            assert_eq!(overlay.get(*key), Err(Missing));
        }
        overlay.take_missing();
        overlay.load(values.to_vec());
        overlay
    }

    #[test]
    fn a_key_is_asked_for_once() {
        let mut overlay = Overlay::default();
        assert_eq!(overlay.get(ONE), Err(Missing));
        assert_eq!(overlay.get(ONE), Err(Missing));
        assert_eq!(overlay.take_missing(), [ONE]);
        assert!(overlay.lacks());
        overlay.load(vec![(ONE, None), (TWO, value(2))]);
        assert!(!overlay.lacks());
        assert_eq!(overlay.get(ONE), Ok(None));
        assert_eq!(overlay.get(TWO), Err(Missing), "nobody had asked for it");
    }

    #[test]
    fn what_is_undone_leaves_no_change() {
        let mut overlay = loaded(&[(ONE, value(1))]);
        overlay.put(ONE, value(3));
        let mark = overlay.mark();
        overlay.put(ONE, None);
        overlay.put(TWO, value(2));
        overlay.put(TWO, value(4));
        overlay.undo(mark);
        assert_eq!(overlay.changes(), [(ONE, value(3))]);
        assert_eq!(overlay.get(TWO), Err(Missing));
        overlay.undo(Mark(0));
        assert_eq!(overlay.changes(), []);
    }

    #[test]
    fn what_is_created_and_removed_leaves_no_change() {
        let mut overlay = Overlay::default();
        overlay.create(ONE, Bytes::from_static(b"1"));
        overlay.create(TWO, Bytes::from_static(b"2"));
        overlay.put(TWO, None);
        assert_eq!(overlay.changes(), [(ONE, Some(Bytes::from_static(b"1")))]);
        overlay.undo(Mark(0));
        assert_eq!(overlay.get(ONE), Err(Missing));
    }

    #[test]
    fn only_real_changes_are_told() {
        let mut overlay = loaded(&[(TWO, value(2)), (ONE, None)]);
        overlay.put(TWO, value(2));
        overlay.put(ONE, value(1));
        overlay.put(ONE, None);
        assert_eq!(overlay.changes(), []);
        overlay.put(TWO, None);
        overlay.put(ONE, value(1));
        assert_eq!(overlay.changes(), [(ONE, value(1)), (TWO, None)]);
    }
}
