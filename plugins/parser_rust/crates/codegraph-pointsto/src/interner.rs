//! Equal values have equal ids, counted in order of first appearance.

use std::hash::Hash;

use crate::program::Map;

/// A table of distinct values.
#[derive(Debug)]
pub struct Interner<T> {
    list: Vec<T>,
    ids: Map<T, u32>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { list: Vec::new(), ids: Map::default() }
    }
}

impl<T: Clone + Eq + Hash> Interner<T> {
    /// Return the id of a value.
    pub fn intern(&mut self, value: T) -> u32 {
        if let Some(id) = self.ids.get(&value) {
            return *id;
        }
        let id = self.list.len() as u32;
        self.list.push(value.clone());
        self.ids.insert(value, id);
        id
    }

    /// Return the id of a value that is known already.
    pub fn find(&self, value: &T) -> Option<u32> {
        self.ids.get(value).copied()
    }

    /// Return a value.
    #[inline]
    pub fn get(&self, id: u32) -> &T {
        &self.list[id as usize]
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
