//! Equal values have equal ids, counted in order of first appearance.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::prefetch::prefetch;

/// A table of distinct values, each of which is kept once.
#[derive(Debug)]
pub struct Interner<T> {
    list: Vec<T>,
    ids: HashTable<u32>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { list: Vec::new(), ids: HashTable::new() }
    }
}

impl<T: Eq + Hash> Interner<T> {
    /// Return the id of a value.
    pub fn intern(&mut self, value: T) -> u32 {
        let (list, hash) = (&self.list, FixedState::default().hash_one(&value));
        let entry = self.ids.entry(
            hash,
            |id| list[*id as usize] == value,
            |id| FixedState::default().hash_one(&list[*id as usize]),
        );
        match entry {
            Entry::Occupied(found) => *found.get(),
            Entry::Vacant(free) => {
                let id = self.list.len() as u32;
                free.insert(id);
                self.list.push(value);
                id
            }
        }
    }

    /// Return the id of a value that is known already.
    pub fn find(&self, value: &T) -> Option<u32> {
        let hash = FixedState::default().hash_one(value);
        self.ids.find(hash, |id| self.list[*id as usize] == *value).copied()
    }

    /// Return a value.
    #[inline]
    pub fn get(&self, id: u32) -> &T {
        &self.list[id as usize]
    }

    /// Ask for a value that is needed soon.
    #[inline]
    pub(crate) fn prefetch(&self, id: u32) {
        prefetch(&self.list, id);
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Say whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}
